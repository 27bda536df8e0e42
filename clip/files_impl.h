/*
 * files_impl.h - what the two kinds of jobs (files_give.c, files_take.c) and
 * files.c, which has the questions, know of each other.
 */
#ifndef ORL_CLIP_FILES_IMPL_H
#define ORL_CLIP_FILES_IMPL_H

#include "clip/files.h"

enum {
	ORL_FILES_JOBS = 4,
	ORL_FILES_SELECTIONS = 2,
	ORL_FILES_LIST = 128 << 10, /* bytes of a list of URIs */
	ORL_FILES_PIECE = 32 << 10,
};

enum orl_files_step {
	ORL_FILES_FREE,
	ORL_FILES_COMING, /* the list, or the table */
	ORL_FILES_ASKED,
	ORL_FILES_RUNNING,
	ORL_FILES_READY, /* take: the list is to be given */
};

struct orl_files_job {
	struct orl_files *files; /* set while it is in use */
	enum orl_files_step step;
	bool giving;
	uint32_t question;
	struct orl_paste *in, *out; /* NULL: it has ended */
	struct orl_filelist list;
	uint8_t *text; /* list of URIs, or start and table */
	size_t n;
	/* Which file it is, and what of it is done. */
	size_t index;
	uint64_t at;
	int fd;

	/* Give: all files, open. */
	int *fds;
	bool wanted, pumping;
	size_t sent; /* of start and table */

	/* Take. */
	unsigned selection;
	uint32_t offer;
	size_t table; /* bytes */
	char folder[ORL_FILES_PATH];
	char (*names)[ORL_FILES_NAME + 1]; /* under which they were written */
	int dir;
	/* In the middle of a write(), which is to end with this. */
	bool writing;
	int err;
	char why[256];
};

struct orl_files {
	const struct orl_files_calls *calls;
	void *user;
	uint32_t last; /* question that was given */
	struct orl_files_job jobs[ORL_FILES_JOBS];
	struct {
		uint32_t offer;
		char *text; /* what came of it, NULL: nothing yet */
		size_t n;
	} lists[ORL_FILES_SELECTIONS];
};

struct orl_files_job *orl_files_job(struct orl_files *files, bool giving);
/* Ends both pastes that are still there, and frees it. */
void orl_files_fail(struct orl_files_job *job, int error, const char *why);
void orl_files_free(struct orl_files_job *job);
void orl_files_ask(struct orl_files_job *job);
/* Memory for list, names or descriptors. */
bool orl_files_room(struct orl_files_job *job);

/* The answer was yes. */
void orl_files_give_on(struct orl_files_job *job);
void orl_files_take_on(struct orl_files_job *job);
/* Take back what was written. */
void orl_files_undo(struct orl_files_job *job);
/* READY: give the list. */
void orl_files_tell(struct orl_files_job *job);

#endif

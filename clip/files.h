/*
 * files.h - files as content of a clipboard, for both programs. What programs
 * here have and want is a list of URIs; what travels is the files themselves
 * (filelist.h). Between the two are jobs: one that gives reads what a list
 * names, one that takes writes what comes into a folder and makes a list of it.
 *
 * The host is asked about each before a byte of a file travels, with names and
 * sizes, and says yes or no, and where to. Names are made safe, nothing is ever
 * overwritten, nothing is written outside of that folder, and what did not
 * come whole is taken away again. Only plain files are read.
 */
#ifndef ORL_CLIP_FILES_H
#define ORL_CLIP_FILES_H

#include "clip/filelist.h"
#include "clip/paste.h"

struct orl_files;

struct orl_files_calls {
	/*
	 * May these be given, or be taken? It is answered by
	 * orl_files_answer(), now or later.
	 */
	void (*ask)(void *user, uint32_t question, bool giving,
			const struct orl_filelist *list);
	/* The question is void: the paste has ended. */
	void (*gone)(void *user, uint32_t question);
	/* Files were written there, or why they were not, or not given. */
	void (*saved)(void *user, size_t count, const char *folder);
	void (*failed)(void *user, bool giving, const char *why);
};

/* Begins a paste of what there is to `to`, or NULL: there is none. */
typedef struct orl_paste *orl_files_fetch(void *user, struct orl_paste_end to);

/* Nothing of it is kept: `calls` and `user` are. NULL: no memory. */
struct orl_files *orl_files_create(
		const struct orl_files_calls *calls, void *user);
/* Pastes are forgotten, as by orl_paste_forget(). */
void orl_files_destroy(struct orl_files *files);

/* Fetch a list of URIs, and give the files to `to`. */
struct orl_paste *orl_files_give(struct orl_files *files,
		orl_files_fetch *fetch, void *user, struct orl_paste_end to);
/*
 * Fetch files, and give a list of them to `to`: once for each offer of that
 * selection, later again the same list.
 */
struct orl_paste *orl_files_take(struct orl_files *files, unsigned selection,
		orl_files_fetch *fetch, void *user, struct orl_paste_end to);
/* There is another offer. */
void orl_files_renew(struct orl_files *files, unsigned selection);

/* `folder`: where those that are taken go. Late answers are of no effect. */
void orl_files_answer(struct orl_files *files, uint32_t question, bool yes,
		const char *folder);
/* Pastes that can be answered at once are so here. */
void orl_files_run(struct orl_files *files);

/* ---- files_place.c: a folder of the program's own ----------------------- */

/*
 * A new one below a private one in TMPDIR or /tmp, which only this user may
 * look into. False: there is no place.
 */
bool orl_files_place(char out[static ORL_FILES_PATH]);
/* Take all of them away, with what is in them; but the newest `keep`. */
void orl_files_place_end(unsigned keep);

#endif

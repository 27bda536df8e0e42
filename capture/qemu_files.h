/*
 * qemu_files.h - files that a viewer's user has copied, for a guest: its agent
 * writes them into a folder of the guest's user. A guest's agent cannot ask
 * for files, so they are fetched when they are offered; the viewer asks its
 * user each time.
 */
#ifndef ORL_QEMU_FILES_H
#define ORL_QEMU_FILES_H

#include "capture/vdfiles.h"
#include "clip/filelist.h"
#include "clip/paste.h"

struct orl_qemu;

enum orl_qemu_files_step {
	ORL_QEMU_FILES_NONE,
	ORL_QEMU_FILES_TABLE, /* which they are still has to come */
	ORL_QEMU_FILES_START, /* of a file, is to be said */
	ORL_QEMU_FILES_ASKED, /* and the agent answers */
	ORL_QEMU_FILES_DATA,
	ORL_QEMU_FILES_WROTE,  /* all was sent: it says that it has it */
	ORL_QEMU_FILES_CANCEL, /* is to be said */
};

struct orl_qemu_files {
	bool able; /* the agent takes files */
	enum orl_qemu_files_step step;
	struct orl_paste *paste; /* NULL: all has come, or it has ended */
	struct orl_filelist list;
	uint8_t *head; /* start and table */
	size_t head_n, table;
	uint8_t bytes[ORL_VDFILES_PIECE]; /* that the agent is to be told */
	size_t n;
	size_t index;
	uint64_t at;
	uint32_t id; /* of the file; each has one of its own */
	uint64_t by;
};

/* The agent is there and takes files, or not any more. */
void orl_qemu_files_agent(struct orl_qemu *q, bool able);
/* A viewer has files, or no longer. */
void orl_qemu_files_offer(struct orl_qemu *q, bool there);
/* What the agent says of one. */
void orl_qemu_files_take(void *user, const struct orl_vdagent_piece *piece);
bool orl_qemu_files_has_news(const struct orl_qemu *q);
size_t orl_qemu_files_news(struct orl_qemu *q, uint8_t *out, size_t size);
void orl_qemu_files_run(struct orl_qemu *q, uint64_t now);
void orl_qemu_files_fini(struct orl_qemu *q);

#endif

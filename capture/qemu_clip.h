/*
 * qemu_clip.h - the clipboard of a guest, through its agent.
 *
 * The agent's messages say at their beginning how long they are, so what the
 * guest pastes is gathered first: in a file without a name, not in memory. One
 * paste each way at a time; the agent cannot tell more apart.
 */
#ifndef ORL_QEMU_CLIP_H
#define ORL_QEMU_CLIP_H

#include <stdio.h>

#include "capture/clipboard.h"
#include "capture/vdclip.h"

struct orl_qemu;

struct orl_qemu_clip {
	struct orl_board *board; /* NULL: there is none yet */
	struct orl_vdclip in;
	bool able; /* the agent knows of clipboards */
	bool crlf; /* the guest's lines end so */

	/* What a viewer offers, and what the agent is to be told of it. */
	uint32_t ours;
	bool grab, release;
	/* What the guest has. */
	uint32_t theirs;

	/* The guest pastes: gathered, then sent. */
	struct {
		enum orl_vdclip_type type; /* NONE: nothing is asked for */
		struct orl_paste *paste;   /* bytes still come */
		FILE *file;
		uint32_t size, sent;
		bool begun; /* its head has been sent */
		uint8_t last;
	} give;
	/* A viewer pastes. */
	struct {
		enum orl_vdclip_type type;
		struct orl_paste *paste;
		bool ask;  /* is still to be told */
		bool come; /* data is coming */
		bool hold; /* the viewer is slow: the agent has to wait */
		uint64_t by;
		uint8_t held;
	} take;
};

void orl_qemu_clip_init(struct orl_qemu *q);
/* The server and its transfers are gone: tell nobody anything. */
void orl_qemu_clip_fini(struct orl_qemu *q);
/* The agent can do this (capabilities), or has gone (0). */
void orl_qemu_clip_agent(struct orl_qemu *q, uint32_t caps);
void orl_qemu_clip_take(void *user, const struct orl_vdagent_piece *piece);
/* Whether something is to be said, and that: bytes in out. */
bool orl_qemu_clip_has_news(const struct orl_qemu *q);
size_t orl_qemu_clip_news(struct orl_qemu *q, uint8_t *out, size_t size);
/* In the middle of a message nothing else may be said. */
bool orl_qemu_clip_in_message(const struct orl_qemu *q);
/* Whoever does not answer is not waited for. */
void orl_qemu_clip_run(struct orl_qemu *q, uint64_t now);
uint64_t orl_qemu_clip_due(const struct orl_qemu *q);

/* As of struct orl_source_kind. */
void orl_qemu_clip_paste(struct orl_qemu *q, enum oriel_selection selection,
		const char *const *types, size_t count);
struct orl_paste *orl_qemu_clip_copy(struct orl_qemu *q,
		enum oriel_selection selection, const char *type,
		struct orl_paste_end to);

#endif

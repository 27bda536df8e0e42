/*
 * printpipe.h - what oriel-serve and oriel-ipp say to each other: packets on a
 * SOCK_SEQPACKET pair, each a kind and its fields, little endian.
 *
 * oriel-ipp reads what programs of the desktop send, so what it says is not
 * trusted either: a packet decodes into allowed values, or it is refused and
 * the helper ended.
 */
#ifndef ORL_PRINTPIPE_H
#define ORL_PRINTPIPE_H

#include <oriel/oriel.h>

enum orl_printpipe_kind {
	/* to oriel-ipp */
	ORL_PIPE_SETUP = 1, /* text: the secret part of paths */
	ORL_PIPE_PRINTER,   /* slot, queue, printer: is there, or has changed */
	ORL_PIPE_GONE,      /* slot */
	ORL_PIPE_CREDIT,    /* job, bytes: more may be sent */
	ORL_PIPE_STATUS,    /* job, state, reasons, text */
	/* to oriel-serve */
	ORL_PIPE_BEGIN,  /* job, slot, details */
	ORL_PIPE_DATA,   /* job, data */
	ORL_PIPE_END,    /* job */
	ORL_PIPE_CANCEL, /* job */
};

enum {
	ORL_PIPE_DATA_MAX = 16000,
	ORL_PIPE_PACKET_MAX = 16384,
	ORL_PIPE_QUEUE_MAX = 48,
	ORL_PIPE_SECRET_MAX = 64,
	ORL_PIPE_JOB_MAX = 0x7fffffff,
};

struct orl_printpipe {
	enum orl_printpipe_kind kind;
	uint32_t job, slot, bytes;
	enum oriel_print_state state;
	uint32_t reasons;
	char queue[ORL_PIPE_QUEUE_MAX + 1];
	char text[ORIEL_PRINT_TEXT_MAX + 1]; /* or name, or title */
	struct oriel_printer printer;        /* points to text and media */
	struct oriel_print_size media[ORIEL_PRINT_SIZES_MAX];
	struct oriel_print_job details; /* points to text */
	const uint8_t *data;            /* in the packet */
	size_t n;
};

/* 0, or -1: this is no such packet. */
int orl_printpipe_get(struct orl_printpipe *m, const uint8_t *packet, size_t n);
/* Its size; what m says must be allowed. */
size_t orl_printpipe_put(uint8_t packet[static ORL_PIPE_PACKET_MAX],
		const struct orl_printpipe *m);
/* Whether bytes are UTF-8 without control characters. */
bool orl_printpipe_text_ok(const char *text, size_t n);
/*
 * A name for a queue in letters, digits and dashes, from whatever a printer is
 * called; never empty.
 */
void orl_printpipe_queue(
		char out[static ORL_PIPE_QUEUE_MAX + 1], const char *name);

#endif

/*
 * print.h - print jobs as both ends keep them, without a link or a clock.
 *
 * A job runs from server to client. The client says how many bytes it has
 * taken and how many there may be; the server keeps what has not been taken,
 * so that a line that is lost and found loses nothing: the client says again
 * how far it is, and the server goes on from there. Neither keeps more than
 * ORL_PRINT_WINDOW bytes of a job.
 *
 * What a peer says is checked here: a negative return is the peer's fault
 * unless it is said otherwise.
 */
#ifndef ORL_REDIRECT_PRINT_H
#define ORL_REDIRECT_PRINT_H

#include "proto/env.h"
#include "proto/limits.h"
#include "proto/link.h"
#include "proto/messages.h"

/* What orl_link reports a cancel on this channel as. */
enum { ORL_MSG_print_cancel = ORL_CHANNEL_PRINT << 8 | 0xfe };

/* ---- printers, and jobs as they are described -------------------------- */

/* One printer, in memory of its own. */
struct orl_printer_kept {
	bool known;
	struct oriel_printer about; /* its pointers point into this */
	char name[ORIEL_PRINTER_NAME_MAX + 1];
	struct oriel_print_size media[ORIEL_PRINT_SIZES_MAX];
};

/* Keep what a host or a peer tells; ORIEL_EINVAL or ORIEL_EPROTO. */
int orl_printer_keep(struct orl_printer_kept *kept,
		const struct oriel_printer *printer);
int orl_printer_get(
		struct orl_printer_kept *kept, const uint8_t *data, size_t n);
void orl_printer_copy(struct orl_printer_kept *to,
		const struct orl_printer_kept *from);
/* The bytes of a `printer` message, at most ORL_PRINTER_SIZE. */
enum { ORL_PRINTER_SIZE = 384 };
size_t orl_printer_put(uint8_t out[static ORL_PRINTER_SIZE],
		const struct orl_printer_kept *kept);

/* Between the public bits and what stands in print_begin. */
int orl_print_begin_make(struct orl_print_begin *msg, uint32_t id,
		const struct oriel_print_job *job);
int orl_print_begin_read(struct oriel_print_job *job,
		char title[static ORIEL_PRINT_TITLE_MAX + 1],
		const struct orl_print_begin *msg);

bool orl_print_is_last(enum oriel_print_state state);
/* ORIEL_EINVAL: the host's own status makes no sense. */
int orl_print_status_check(const struct oriel_print_status *status);

/* ---- the server's end of a job ----------------------------------------- */

struct orl_print_out {
	const struct orl_env *env;
	uint8_t *ring; /* ORL_PRINT_WINDOW bytes: those from `taken` on */
	uint64_t taken, sent, written, limit;
	bool finished; /* the host has: written is all there is */
	bool ended;    /* print_end has been sent */
};

int orl_print_out_init(struct orl_print_out *out, const struct orl_env *env);
void orl_print_out_fini(struct orl_print_out *out);
size_t orl_print_out_room(const struct orl_print_out *out);
/* ORIEL_ELIMIT: there is no room; the host's. */
int orl_print_out_write(struct orl_print_out *out, const void *data, size_t n);
/*
 * The next bytes to send, at most ORIEL_PRINT_PIECE_MAX that lie side by side;
 * 0: none now. They count as sent.
 */
size_t orl_print_out_next(struct orl_print_out *out, const uint8_t **data,
		uint64_t *offset);
/* True once, when print_end is to be sent. */
bool orl_print_out_end(struct orl_print_out *out);
int orl_print_out_more(
		struct orl_print_out *out, uint64_t taken, uint64_t limit);
/* By a new line: what was on its way has to go again. */
int orl_print_out_again(struct orl_print_out *out, uint64_t taken,
		uint64_t limit, bool ended);
/* The same, to a client that has never heard of the job. */
void orl_print_out_begin_again(struct orl_print_out *out);
/* Whether this may be the job's status now. */
int orl_print_out_status(
		const struct orl_print_out *out, enum oriel_print_state state);

/* ---- the client's end of a job ----------------------------------------- */

struct orl_print_in {
	uint64_t received, taken, limit;
	bool accepted; /* there is a limit */
	bool ended;    /* print_end has come */
};

void orl_print_in_accept(struct orl_print_in *in);
/* print_data of n bytes from `offset`. */
int orl_print_in_data(struct orl_print_in *in, uint64_t offset, size_t n);
int orl_print_in_end(struct orl_print_in *in, uint64_t bytes);
/*
 * The host has dealt with n bytes (ORIEL_EINVAL: there are not so many). *tell:
 * the server is to be told.
 */
int orl_print_in_taken(struct orl_print_in *in, size_t n, bool *tell);

#endif

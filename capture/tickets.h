/*
 * tickets.h - files of one-time passwords, written by whoever sends people
 * to this server. One line a ticket:
 *
 *	TICKET [EXPIRES]
 *
 * TICKET is printable ASCII without blanks, EXPIRES seconds since 1970.
 * Empty lines and lines that begin with # are comments; other lines that are
 * not understood count for nothing. The first ticket that has not expired is
 * the password of the user `ticket` until it has been used: a client cannot
 * say which one it has. Using one overwrites it with # in its place, under a
 * lock and before the client is let in, so that neither a second connection,
 * a second server nor a restart accepts it again.
 */
#ifndef ORL_CAPTURE_TICKETS_H
#define ORL_CAPTURE_TICKETS_H

#include <oriel/oriel-server.h>

enum { ORL_TICKET_MAX = 256 };

struct orl_ticket {
	char text[ORL_TICKET_MAX + 1];
	uint64_t expires; /* UINT64_MAX: never */
	size_t offset;    /* of its first byte in the file */
};

/*
 * The first ticket at or behind *at that has not expired at `now`; *at moves
 * behind its line. False when there is none.
 */
bool orl_tickets_next(struct orl_ticket *out, const char *text, size_t n,
		size_t *at, uint64_t now);

/*
 * The ticket that is the password now. ORIEL_EAUTH when there is none,
 * ORIEL_EIO, ORIEL_ELIMIT; a sentence, or on success "" or a warning, in
 * why[size].
 */
int orl_tickets_pick(struct orl_ticket *out, const char *path, uint64_t now,
		char *why, size_t size);
/*
 * Use it up. ORIEL_EAUTH when it is gone or has expired since; ORIEL_EIO
 * when the file cannot be written. Only after 0 is the client let in.
 */
int orl_tickets_spend(const char *path, const char *ticket, uint64_t now,
		char *why, size_t size);

#endif

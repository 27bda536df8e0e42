/*
 * print.h - the viewer's printers, offered to this desktop by a process of
 * its own, oriel-ipp, that is started anew when it dies.
 */
#ifndef ORL_CAPTURE_PRINT_H
#define ORL_CAPTURE_PRINT_H

#include <poll.h>

#include <oriel/oriel-server.h>

#include "capture/policy.h"

enum { ORL_PRINTING_FDS = 1 };

struct orl_printing;

struct orl_printing_config {
	const char *port;        /* "0" to "65535", on 127.0.0.1 */
	const char *secret_file; /* NULL: another one each time */
	const char *hook;        /* a program that is told; NULL: none */
	const struct orl_policy *policy;
	bool json;
};

/* Returns an orl_exit; `why` is ORL_WHY_MAX bytes. */
int orl_printing_open(struct orl_printing **out,
		const struct orl_printing_config *config, char *why);
/* Jobs that are on their way are dropped: before the server is destroyed. */
void orl_printing_close(struct orl_printing *printing);
size_t orl_printing_watch(struct orl_printing *printing, struct pollfd *fds,
		uint64_t *due);
void orl_printing_run(struct orl_printing *printing, uint64_t now);

/* What the server tells, see struct oriel_server_events. */
void orl_printing_printer(struct orl_printing *printing,
		struct oriel_peer *peer, const struct oriel_printer *printer);
void orl_printing_gone(struct orl_printing *printing, struct oriel_peer *peer,
		uint32_t id);
/* The peer has left: for good, or (reason) it may come back. */
void orl_printing_left(struct orl_printing *printing,
		const struct oriel_peer *peer, int reason);
void orl_printing_ready(
		struct orl_printing *printing, struct oriel_print *print);
void orl_printing_status(struct orl_printing *printing,
		struct oriel_print *print,
		const struct oriel_print_status *status);

#endif

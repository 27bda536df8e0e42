/*
 * serve.h - oriel-serve: what its main loop and what the server tells it share.
 */
#ifndef ORL_CAPTURE_SERVE_H
#define ORL_CAPTURE_SERVE_H

#include <stdio.h>

#include "capture/capture.h"
#include "capture/company.h"
#include "capture/files.h"
#include "capture/login.h"
#include "capture/metrics.h"
#include "capture/options.h"
#include "capture/print.h"
#include "capture/sound.h"
#include "capture/stats.h"
#include "capture/usb.h"

struct serve {
	struct orl_options options;
	struct orl_identity identity;
	struct orl_login *login;
	struct orl_source *source;
	struct oriel_server *server;
	struct orl_board *board;
	struct oriel_server_events events;
	struct orl_metrics *metrics;
	struct orl_pulse *pulse;       /* NULL: sound is not from there */
	struct orl_printing *printing; /* NULL: there is none */
	struct orl_company company;
	struct orl_slots usb;
	bool had_peer;

	FILE *stats;
	int keylog, signals;
	struct orl_report report;
	uint64_t next_line;

	bool touching; /* a finger is the pointer of a source without them */
	uint32_t contact;

	uint64_t finished; /* when the source was first seen at its end */
	bool leaving;      /* goodbyes have been said */
	uint64_t leave_by;
	int status;
};

/* Its user is a struct serve. */
extern const struct oriel_server_events orl_serve_events;

/* As a string of JSON. */
void orl_serve_quote(FILE *out, const char *text);

#endif

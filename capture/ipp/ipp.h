/*
 * ipp.h - oriel-ipp: an IPP Everywhere printer for each printer beside the
 * viewer. A thread for each connection, one for the pipe to oriel-serve, and
 * one lock for what they share.
 *
 * Documents are not kept: what a connection sends goes on to oriel-serve as
 * that has room, and until then TCP holds the sender back.
 */
#ifndef ORL_IPP_H
#define ORL_IPP_H

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include <cups/cups.h>

#include "capture/printpipe.h"

enum {
	ORL_IPP_JOBS = 64, /* remembered; the oldest that have ended go first */
	ORL_IPP_CONNECTIONS = 64,
	ORL_IPP_STRANGERS = 16, /* of these, who have not shown the path */
	ORL_IPP_TIMEOUT = 60,   /* seconds that a connection may be silent */
	ORL_IPP_JOB_NAME = ORIEL_PRINT_TITLE_MAX,
	ORL_IPP_USER = 64,
	ORL_IPP_MAGIC = 5, /* bytes that tell a format */
};

/* What a document is that nobody has said anything of. */
#define ORL_IPP_ANY "application/octet-stream"

struct printer {
	bool there;
	char queue[ORL_PIPE_QUEUE_MAX + 1];
	char name[ORIEL_PRINTER_NAME_MAX + 1];
	struct oriel_printer about; /* points to name and media */
	struct oriel_print_size media[ORIEL_PRINT_SIZES_MAX];
	time_t changed;
};

struct job {
	int id;        /* 0: none */
	unsigned slot; /* of the printer, when it was made */
	char queue[ORL_PIPE_QUEUE_MAX + 1];
	char name[ORL_IPP_JOB_NAME + 1], user[ORL_IPP_USER + 1];
	struct oriel_print_job details;
	ipp_jstate_t state;
	uint32_t reasons;
	char message[ORIEL_PRINT_TEXT_MAX + 1];
	bool begun;    /* oriel-serve knows of it */
	bool incoming; /* a connection is sending it */
	bool fetched;  /* all of it has come */
	bool apart;    /* was created before its document came */
	bool asked;    /* somebody wants to know of it while it comes */
	bool heard;    /* and knows that it is over */
	uint32_t credit;
	uint64_t bytes;
	time_t created, processing, completed;
};

struct connection {
	struct orl_ipp *ipp;
	http_t *http;    /* NULL: this place is free */
	uint64_t number; /* in the order in which they came */
	bool known;      /* has shown the path */
	bool shut;       /* was sent away, and ends by itself */
};

struct orl_ipp {
	pthread_mutex_t lock;   /* of everything here */
	pthread_cond_t changed; /* a job's credit or state */
	int pipe;
	char secret[ORL_PIPE_SECRET_MAX + 1];
	time_t started;
	int patience; /* seconds, see hold_answer() */
	struct printer printers[ORIEL_PRINTERS_MAX];
	struct job jobs[ORL_IPP_JOBS];
	int last_job;
	struct connection connections[ORL_IPP_CONNECTIONS];
	uint64_t last_connection;
};

/* One request on one connection. */
struct request {
	struct orl_ipp *ipp;
	http_t *http;
	struct connection *connection;
	ipp_t *in, *out;
	char host[128];         /* as the client calls us, "127.0.0.1:8631" */
	unsigned slot;          /* of the printer that it is for */
	struct printer printer; /* a copy */
};

/* main.c: false when oriel-serve is no longer there. */
bool orl_ipp_tell(struct orl_ipp *ipp, const struct orl_printpipe *m);

/* connection.c */
/* Take it over; false: there are too many. */
bool orl_ipp_connect(struct orl_ipp *ipp, http_t *http);
/* One request of one connection; false: that is to be closed. */
bool orl_ipp_serve(struct request *r);

/* about.c */
/* All that there is to know of a printer. */
ipp_t *orl_ipp_about_printer(const struct request *r, unsigned jobs);
void orl_ipp_printer_uri(const struct request *r, char *out, size_t size);
uint32_t orl_ipp_format_of(const char *mime);
/* By what a document begins with; 0: it is none of those. */
uint32_t orl_ipp_format_by(const uint8_t *data, size_t n);
uint32_t orl_ipp_resolution_of(uint32_t bit);

/* jobs.c; the lock is held */
struct job *orl_ipp_job_find(struct orl_ipp *ipp, int id);
/* Those that were created, and never got a document, have failed. */
void orl_ipp_jobs_expire(struct orl_ipp *ipp);
/* NULL: too many are running. */
struct job *orl_ipp_job_create(struct orl_ipp *ipp);
bool orl_ipp_job_is_over(const struct job *job);
void orl_ipp_job_end(struct orl_ipp *ipp, struct job *job, ipp_jstate_t state,
		uint32_t reasons, const char *message);
/* What oriel-serve has said of one. */
void orl_ipp_job_status(struct orl_ipp *ipp, const struct orl_printpipe *m);
/* Everything of it, for r->out. */
ipp_t *orl_ipp_about_job(const struct request *r, const struct job *job);

/* request.c */
void orl_ipp_answer(struct request *r, ipp_status_t status, const char *text);
/* The attribute was not understood, or is not to be had. */
void orl_ipp_refuse(struct request *r, ipp_attribute_t *attribute);
/* NULL, and `none`: there is none of that kind. */
const char *orl_ipp_text(struct request *r, const char *name);
int orl_ipp_number(struct request *r, const char *name, int none);
/* Text fit to be shown: no control characters, valid UTF-8, cut. */
void orl_ipp_plain(char *out, size_t size, const char *text, const char *none);
/* False: it has been answered why not. */
bool orl_ipp_read_details(struct request *r, struct oriel_print_job *d);
bool orl_ipp_read_format(struct request *r, struct oriel_print_job *d);

/* ops.c: answer r->in by r->out. */
void orl_ipp_operate(struct request *r);

#endif

/*
 * print.h - printing beside the viewer. print.c is the connection's thread,
 * and all that speaks to the box; cups.c speaks to printers, from
 * threads that know nothing of either. Plain values and descriptors cross.
 */
#ifndef ORL_VIEWER_PRINT_H
#define ORL_VIEWER_PRINT_H

#include <oriel/oriel-client.h>

struct orl_logins;
struct orl_viewer;
struct orl_ui;
struct orl_prints;

enum {
	ORL_DEST_MAX = 1024,
	/* Values of what libcups looks at as `cancel`. */
	ORL_PRINT_CANCEL = 1,
	ORL_PRINT_LEAVE = 2,        /* but what is wholly there goes on */
	ORL_PRINT_CANCEL_LEAVE = 3, /* and do not wait for it to end */
};

/* A printer that was found. */
struct orl_found {
	char dest[ORL_DEST_MAX]; /* what CUPS calls it, or a URI */
	char name[ORIEL_PRINTER_NAME_MAX + 1];
	struct oriel_printer about; /* without name and media */
	struct oriel_print_size media[ORIEL_PRINT_SIZES_MAX];
};

/* A document on its way to a printer. */
struct orl_sending {
	const char *dest, *printer; /* and its name */
	const char *title;          /* without control characters */
	struct oriel_print_job details;
	int fd;            /* of the document; read from its beginning */
	const int *cancel; /* 0, or one of the above */
	struct orl_logins *logins;
	void (*tell)(void *user, enum oriel_print_state state, uint32_t reasons,
			const char *text);
	void *user;
};

/* cups.c */
/*
 * Printers: the person's default, or all. Takes seconds. Returns how many of
 * `max` were found.
 */
int orl_cups_find(struct orl_found *out, int max, bool all, const int *cancel);
/*
 * The one named, or by a URI: 1, or 0, and *why if there is something to say.
 * May wait for the person, where it wants a password.
 */
int orl_cups_find_one(struct orl_found *out, const char *name,
		struct orl_logins *logins, const int *cancel, const char **why);
/* Until it is printed, has failed or is cancelled; that is told last. */
void orl_cups_send(const struct orl_sending *s);

/* print_notes.c */
/* What is shown of a title: nothing that moves the cursor or the rest. */
void orl_prints_plain(char *out, size_t size, const char *text);
/* Tell the person, if there is a window. */
void orl_prints_note(struct orl_ui *ui, const char *title,
		enum oriel_print_state state, uint32_t reasons,
		const char *text, uint64_t bytes);

/* print.c */
int orl_prints_create(struct orl_viewer *v);
void orl_prints_destroy(struct orl_viewer *v);
/* Events of the box. */
void orl_prints_on_started(
		void *user, uint32_t id, const struct oriel_print_job *details);
void orl_prints_on_data(
		void *user, uint32_t id, const void *data, size_t bytes);
void orl_prints_on_finished(void *user, uint32_t id);
void orl_prints_on_dropped(void *user, uint32_t id, int reason);
/* The box is there. */
void orl_prints_start(struct orl_viewer *v);
/* What threads and the person have said since. */
void orl_prints_run(struct orl_viewer *v);
/* Stop every job that is on its way to a printer. Threads: any. */
void orl_prints_cancel(struct orl_viewer *v);
/* How many there are, and what has come of them. Threads: any. */
int orl_prints_count(struct orl_viewer *v, uint64_t *bytes);
/* Another session: the person is to be asked again. */
void orl_prints_forget(struct orl_viewer *v);

#endif

/*
 * viewer.h - the program: one connection, run by one thread, and in window
 * mode a second one, the main thread, that owns SDL (ui.h).
 */
#ifndef ORL_VIEWER_VIEWER_H
#define ORL_VIEWER_VIEWER_H

#include <stdatomic.h>
#include <stdio.h>

#include "client/viewer/box.h"
#include "client/viewer/options.h"
#include "client/viewer/sound.h"

struct orl_clipnet;
struct orl_deck;
struct orl_login;
struct orl_panel_login;
struct orl_prints;
struct orl_ui;
struct orl_devices;
struct orl_viewer_sound;

enum orl_answer {
	ORL_ANSWERED,
	ORL_NO_TERMINAL,
	ORL_NOT_ANSWERED, /* end of input, quit or deadline */
};

enum { ORL_SCREENS_MAX = 16 };

enum orl_exit_code {
	ORL_EXIT_OK,
	ORL_EXIT_INTERNAL,
	ORL_EXIT_USAGE,
	ORL_EXIT_CONNECT,
	ORL_EXIT_TRUST,
	ORL_EXIT_LOGIN,
	ORL_EXIT_GONE,
	ORL_EXIT_DEADLINE,
};

struct orl_viewer {
	struct orl_viewer_options options;
	char *authorities;  /* PEM of --trust=ca:FILE */
	char *secret;       /* password or ticket */
	char *print_secret; /* for the printer, if it wants one */
	uint64_t start;     /* of the program */
	struct orl_box *box;
	struct orl_ui *ui;       /* NULL when headless */
	struct orl_devices *usb; /* NULL: no devices are had */
	struct orl_viewer_sound *sound;
	/* The clipboard, with a window and where it is shared; else NULL. */
	struct orl_deck *deck;
	struct orl_clipnet *clipnet; /* its half in the connection's thread */
	struct orl_prints *prints;   /* NULL: no printer is offered */

	/* Set by orl_viewer_quit(), and the pipe is then readable. */
	atomic_bool quit;
	int quit_pipe[2];
	atomic_bool cancel; /* end this connection, not the program */

	/* ---- the connection's own, session.c ---- */
	struct orl_remote *screens[ORL_SCREENS_MAX];
	uint32_t locks;                            /* the desktop's */
	struct orl_picture *last[ORL_SCREENS_MAX]; /* of removed screens */
	FILE *stats;
	uint64_t next_stats;
	enum oriel_client_state state;
	bool ready;      /* has been READY */
	bool returning;  /* the connection is lost, and looked for */
	bool questioned; /* a question about the session is open */
	int loss;        /* why, 0: the server said that it would go */
	bool ended;      /* is IDLE again */
	int error;       /* why */
	char why[512];
	int code;          /* of exit, once something has failed; else 0 */
	uint8_t key[32];   /* the server's */
	bool secret_asked; /* the terminal has been asked for it */
	unsigned prompts;  /* of this attempt */
	unsigned attempts;
	bool wrong;   /* the last password was */
	bool refused; /* by the user, who knows why */
	/* What was said last about a failure, and which key was known. */
	char sentence[1536];
	bool key_changed;
	uint8_t old_key[32];
	bool may_input, holds_input;
	char holder[128]; /* of keyboard and pointer, "" nobody */
	uint64_t next_facts, facts_time, facts_bytes, facts_updates;
	uint64_t facts_byte_rate, facts_update_rate;
	uint64_t facts_area[ORIEL_STAT_CODECS], facts_areas[ORIEL_STAT_CODECS];
};

uint64_t orl_viewer_now(void);
/* One line on stderr. */
__attribute__((format(printf, 1, 2))) void orl_viewer_say(
		const char *format, ...);
/* The same, and keep it for the panel that explains the failure. */
__attribute__((format(printf, 2, 3))) void orl_viewer_tell(
		struct orl_viewer *v, const char *format, ...);
/* End the program in order. Threads: any. */
void orl_viewer_quit(struct orl_viewer *v);

/* session.c */
int orl_viewer_create(struct orl_viewer *v);
/* Connect, and run until the end: the program's exit code. */
int orl_viewer_run(struct orl_viewer *v);
void orl_viewer_destroy(struct orl_viewer *v);
/* The moment of --exit-after, UINT64_MAX without. */
uint64_t orl_viewer_deadline(const struct orl_viewer *v);

/* stats.c */
void orl_viewer_stats(struct orl_viewer *v, bool final);
/* For the overlay; now or a second after the last ones. */
void orl_viewer_facts(struct orl_viewer *v, uint64_t now);

/* panels.c: what is asked for in a window */
/* False: it was not answered, or the program ends. */
bool orl_panels_address(struct orl_viewer *v);
enum orl_answer orl_panels_trust(struct orl_viewer *v, const char *name,
		const uint8_t *sha256, bool *trusted);
enum orl_answer orl_panels_password(
		struct orl_viewer *v, char *out, size_t size);
/* Whether to print, without waiting: the answer comes, or it is not wanted. */
void orl_panels_print(
		struct orl_viewer *v, const char *title, const char *printer);
bool orl_panels_print_answer(struct orl_viewer *v, bool *yes);
void orl_panels_print_done(struct orl_viewer *v);
/* A name and a password for a printer; the answer is to that number alone. */
void orl_panels_login(struct orl_viewer *v, const struct orl_panel_login *q);
bool orl_panels_login_answer(struct orl_viewer *v, unsigned number, bool *yes,
		struct orl_login *login);
/* The same of files: may these be given, or written, and in which folder? */
void orl_panels_files(struct orl_viewer *v, bool giving, const char *which,
		const char *folder);
bool orl_panels_files_answer(
		struct orl_viewer *v, bool *yes, char *folder, size_t size);
/* After the end of a connection: whether to try again. */
bool orl_panels_failed(struct orl_viewer *v, int code);

/* events.c: --json, a line of it; nothing without that option. */
__attribute__((format(printf, 3, 4))) void orl_viewer_event(
		struct orl_viewer *v, const char *name, const char *format,
		...);
/* Bytes that a JSON string of `text` takes, quotes and NUL, at most. */
#define ORL_JSON_SIZE(n) ((n)*6 + 3)
const char *orl_json_quote(char *out, size_t size, const char *text);

/* png.c: pixels as FILE, FILE-1, ...; 0 or errno. */
int orl_png_write(const char *path, const struct oriel_pixels *pixels);
void orl_png_name(char *out, size_t size, const char *path, unsigned index);

/* screens.c: events of the box. */
void orl_screens_on_added(void *user, struct orl_remote *screen);
void orl_screens_on_changed(void *user, struct orl_remote *screen);
void orl_screens_on_updated(void *user, struct orl_remote *screen,
		const struct oriel_rect *rects, size_t count);
void orl_screens_on_removed(void *user, struct orl_remote *screen);
void orl_screens_on_exact(void *user, struct orl_remote *screen, bool exact);
void orl_screens_on_cursor(void *user, const struct oriel_pixels *image,
		int32_t hot_x, int32_t hot_y);
void orl_screens_on_cursor_warped(
		void *user, struct orl_remote *screen, int32_t x, int32_t y);
void orl_screens_on_locks(void *user, uint32_t locks);
void orl_screens_on_relative(void *user, bool relative);

/* headless.c: what is written at the end. */
struct orl_picture *orl_picture_of(struct orl_remote *screen);
void orl_picture_free(struct orl_picture *picture);
const struct oriel_pixels *orl_picture_pixels(const struct orl_picture *p);
bool orl_screenshot(struct orl_viewer *v);

/* trust.c */
bool orl_trust_decide(struct orl_viewer *v, const uint8_t sha256[static 32],
		bool verified);
/* After login: remember what the server asked; false: refuse it. */
bool orl_trust_confirm(struct orl_viewer *v, bool login_asked);

/* secret.c */
/* True when there is something to read before we have to end. */
bool orl_viewer_wait_for(struct orl_viewer *v, int fd);
enum orl_answer orl_terminal_ask(struct orl_viewer *v, const char *question,
		bool echo, char *out, size_t size);
/* The first line of a file, to be freed by orl_secret_wipe(). */
int orl_secret_read(char **out, const char *path);
void orl_secret_wipe(char **secret);
/* A whole file as text; 0 or errno. */
int orl_viewer_read(char **out, size_t *length, const char *path, size_t max);

#endif

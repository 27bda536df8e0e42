/*
 * options.h - what the command line and an .oriel file ask for. Options beat
 * the file. Nothing here opens a file or knows SDL, so tests call it directly.
 */
#ifndef ORL_VIEWER_OPTIONS_H
#define ORL_VIEWER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/viewer/view.h"
#include "client/viewer/viewfile.h"

/* Devices that the command line can name. */
enum { ORL_USB_PEERS = 8, ORL_USB_CHOSEN = 8 };

enum orl_trust_mode {
	ORL_TRUST_ASK,       /* on the terminal */
	ORL_TRUST_FIRST_USE, /* take and remember a key not seen before */
	ORL_TRUST_PIN,       /* this key and no other */
	ORL_TRUST_CA,        /* what this authority vouches for */
};

struct orl_trust_rule {
	enum orl_trust_mode mode;
	uint8_t pin[32];
	char ca[ORL_VIEWFILE_VALUE];
};

enum orl_exit_when {
	ORL_EXIT_NEVER,
	ORL_EXIT_LOSSLESS, /* every screen is proved exact */
	ORL_EXIT_CLOSED,   /* the server has said goodbye */
};

/* Whether the desktop is asked for the size of its window. */
enum orl_resize {
	ORL_RESIZE_DEFAULT, /* yes, but not in a kiosk */
	ORL_RESIZE_YES,
	ORL_RESIZE_NO,
};

enum orl_sound_option {
	ORL_SOUND_DEFAULT, /* on, in a window */
	ORL_SOUND_ON,
	ORL_SOUND_OFF,
	ORL_SOUND_EXACT, /* samples as they are, where the line is fast */
};

enum orl_microphone_option {
	ORL_MICROPHONE_ASK,
	ORL_MICROPHONE_ON,
	ORL_MICROPHONE_OFF,
};

/* Which printers a desktop is told of. */
enum orl_printers {
	ORL_PRINTERS_UNSAID, /* the default in a window, else none */
	ORL_PRINTERS_DEFAULT,
	ORL_PRINTERS_ALL,
	ORL_PRINTERS_NONE,
};

/* A key with these modifiers and no others. */
struct orl_combination {
	uint32_t keysym; /* X's, of the key alone; 0: none */
	bool ctrl, alt, shift, super;
};

struct orl_viewer_options {
	char file[4096]; /* an .oriel file to read first, "" is none */
	char address[ORL_VIEWFILE_VALUE];
	char title[ORL_VIEWFILE_VALUE];
	struct orl_trust_rule trust;
	const char *password_file, *ticket_file, *print_password_file;
	const char *screenshot, *stats;
	const char *sound_file; /* instead of a sound card */
	const char *folder;     /* for files from the desktop's clipboard */
	bool primary;           /* what is marked is a clipboard, too */
	enum orl_sound_option sound;
	enum orl_microphone_option microphone;
	/* Devices, or parts of their names; NULL: the default ones. */
	const char *sound_device, *microphone_device;
	uint64_t exit_after; /* ns from the start, 0 is never */
	enum orl_exit_when exit_when;
	uint32_t reconnect; /* seconds, 0 is never */
	bool reconnect_set;
	int scale; /* of panels, 1 or 2; 0 is as the display's */
	enum orl_scaling scaling;
	enum orl_resize resize;
	bool one_window;
	struct orl_combination kiosk_exit;
	bool headless, fullscreen, kiosk, json, verbose;
	bool no_sandbox;
	bool lossless; /* nothing that is not exact is shown */
	enum orl_printers printers;
	char printer[ORL_VIEWFILE_VALUE]; /* one by name, URI or file:DIR */
	bool print_always, print_pdf;
	bool keyboard_text; /* characters travel, not keys */
	/* USB; the text is argv's. */
	const char *usb_peers[ORL_USB_PEERS];
	const char *usb_chosen[ORL_USB_CHOSEN];
	size_t usb_peer_count, usb_chosen_count;
	const char *usb_auto, *usb_rules;
	bool ask; /* for an address, in a window, where none is given */
};

enum orl_viewer_result {
	ORL_OPTIONS_RUN,
	ORL_OPTIONS_HELP,
	ORL_OPTIONS_VERSION,
	ORL_OPTIONS_WRONG, /* error says why */
};

enum orl_viewer_result orl_viewer_options_parse(struct orl_viewer_options *o,
		int argc, char *const *argv, char *error, size_t size);
/*
 * Settings are read in this order, and the last counts: those of view.conf, of
 * the .oriel file, and again the command line.
 */
enum orl_viewer_result orl_viewer_options_apply(struct orl_viewer_options *o,
		const struct orl_viewfile *file, char *error, size_t size);
enum orl_viewer_result orl_viewer_options_again(struct orl_viewer_options *o,
		int argc, char *const *argv, char *error, size_t size);
/* What every run needs: an address, and options that go together. */
enum orl_viewer_result orl_viewer_options_check(
		const struct orl_viewer_options *o, char *error, size_t size);

/* As ctrl+alt+shift+q: at least one modifier, and one key. */
bool orl_combination_parse(struct orl_combination *out, const char *text);

/* "SHA256", "first-use" or "ca:FILE". */
bool orl_trust_parse(struct orl_trust_rule *rule, const char *text);
/* 64 hexadecimal digits; colons between pairs, and "sha256:", are allowed. */
bool orl_fingerprint_parse(uint8_t sha256[static 32], const char *text);

/*
 * "host:port" of an oriel:// address as it is remembered: without user, in
 * lower case, the port always there. False: it is no such address.
 */
bool orl_address_host(char *out, size_t size, const char *address);

extern const char *const orl_viewer_options_help;

#endif

/*
 * dialogs.h - what the viewer's panels say and what can be answered. Pure:
 * each is one call of its widgets (panel.h), and the answer is returned.
 */
#ifndef ORL_VIEWER_DIALOGS_H
#define ORL_VIEWER_DIALOGS_H

#include <oriel/oriel-client.h>

#include "client/viewer/logins.h"
#include "client/viewer/panel.h"
#include "client/viewer/recent.h"
#include "client/viewer/sound.h"

enum { ORL_DIALOG_TEXT = 1536 };

/* ---- questions, one at a time ---- */

enum orl_dialog_kind {
	ORL_DIALOG_NONE,
	ORL_DIALOG_PROGRESS,
	ORL_DIALOG_CONNECT,  /* which desktop: answer.text */
	ORL_DIALOG_TRUST,    /* a key not seen before */
	ORL_DIALOG_CHANGED,  /* a key that is not the one remembered */
	ORL_DIALOG_PASSWORD, /* answer.text */
	ORL_DIALOG_ERROR,
	ORL_DIALOG_LOST,  /* the placard */
	ORL_DIALOG_AGAIN, /* the same, and it is looked for */
	ORL_DIALOG_PRINT, /* title: of a job; text: the printer's name */
	ORL_DIALOG_GIVE,  /* text: which files */
	ORL_DIALOG_SAVE,  /* the same, and folder; answer.text: another */
	/* title and text as of PRINT; address: of the printer; user */
	ORL_DIALOG_LOGIN,
};

enum orl_choice {
	ORL_CHOICE_NONE, /* none yet, or no more */
	ORL_CHOICE_YES,  /* connect, trust, log in, retry */
	ORL_CHOICE_NO,
};

struct orl_dialog {
	enum orl_dialog_kind kind;
	bool locked; /* a kiosk: there is no way out */
	char title[ORL_RECENT_ADDRESS + 64];
	char text[ORL_DIALOG_TEXT];
	char address[ORL_RECENT_ADDRESS];
	char key[65], old_key[65];
	char folder[ORL_FIELD_SIZE];
	bool wrong; /* the last password was */
	/* LOGIN: */
	unsigned number; /* of the question */
	char user[ORL_LOGIN_USER_MAX + 1];
	enum orl_line line;
	bool soon; /* it was wrong just now */
	enum oriel_client_state state;
	uint64_t tried, left; /* AGAIN: seconds */

	/* The UI's own. */
	bool caps; /* Caps Lock is on */
	char problem[ORL_RECENT_ADDRESS + 128];
	struct orl_field field, name;
	struct orl_recent recent;
	int selected;
};

/* Ready to be shown: recent hosts, an empty field, the first focus. */
void orl_dialog_open(struct orl_dialog *d, struct orl_panel *p);
/* One call; d->field and with LOGIN d->name is what was typed. */
enum orl_choice orl_dialog(struct orl_dialog *d, struct orl_panel *p);

/* ---- the menu, and the bar in fullscreen ---- */

enum orl_command {
	ORL_COMMAND_NONE,
	ORL_COMMAND_KEYS, /* and the number of the sequence, orl_sequence() */
	ORL_COMMAND_FULLSCREEN,
	ORL_COMMAND_STATS,
	ORL_COMMAND_RELEASE,
	ORL_COMMAND_TAKE,
	ORL_COMMAND_STOP, /* what is being pasted */
	ORL_COMMAND_DISCONNECT,
	ORL_COMMAND_MENU_KEYS,     /* the menu's part with keys */
	ORL_COMMAND_MENU_DISPLAYS, /* and that with displays */
	ORL_COMMAND_SCALING,       /* menu.scaling */
	ORL_COMMAND_WINDOWS,       /* one for all, or one each */
	ORL_COMMAND_IDENTIFY,
	ORL_COMMAND_CHOOSE,     /* menu.display: show it, or do not */
	ORL_COMMAND_MENU_SOUND, /* the menu's part with sound */
	ORL_COMMAND_MUTE,       /* or play it again */
	ORL_COMMAND_VOLUME,     /* menu.sound.volume */
	ORL_COMMAND_SPEAK,      /* the desktop may hear it, or may not */
	ORL_COMMAND_SOUND_DEVICE,
	ORL_COMMAND_MICROPHONE_DEVICE,
	ORL_COMMAND_MENU_USB,
	ORL_COMMAND_USB,   /* menu.device: give it, or take it back */
	ORL_COMMAND_CLOSE, /* the menu itself */
	ORL_COMMAND_PRINT_CANCEL,
};

enum orl_menu_page {
	ORL_MENU_ALL,
	ORL_MENU_KEYS,
	ORL_MENU_DISPLAYS,
	ORL_MENU_SOUND,
	ORL_MENU_USB,
};

enum { ORL_MENU_DISPLAYS_MAX = 16, ORL_MENU_DEVICES_MAX = 12 };

/* A USB device in the menu. */
struct orl_menu_device {
	size_t index; /* in the table of devices */
	char name[160], state[320];
	bool given, wrong;
};

struct orl_menu {
	enum orl_menu_page page;
	bool fullscreen, stats, one;
	bool narrow;                 /* no room for two columns */
	bool pasting;                /* something large */
	bool may_input, holds_input; /* this client, keyboard and pointer */
	int scaling;                 /* an enum orl_scaling, now or as chosen */
	int sequence;                /* with ORL_COMMAND_KEYS */
	int displays, display;
	int jobs;            /* that are being printed; none: nothing of it */
	uint64_t print_size; /* what has come of them */
	char names[ORL_MENU_DISPLAYS_MAX][96];
	bool shown[ORL_MENU_DISPLAYS_MAX];
	struct orl_sound_state sound;
	int devices, device;
	struct orl_menu_device device_rows[ORL_MENU_DEVICES_MAX];
	char no_devices[160]; /* why there are none */
};

/* Which of its items is the answer that allows nothing. */
int orl_menu_not_now(const struct orl_menu *m);
enum orl_command orl_menu(struct orl_menu *m, struct orl_panel *p);
enum orl_command orl_bar(const struct orl_menu *m, struct orl_panel *p);
/* That the microphone is live. */
void orl_sign(struct orl_panel *p);
/* The number and name of a display, to be told from others. */
void orl_badge(int number, const char *name, struct orl_panel *p);
/* The usages to press in this order; how many. */
int orl_sequence(int number, const uint32_t **usages);

/* ---- the statistics overlay ---- */

enum { ORL_FACTS = 16, ORL_FACT = 64 };

struct orl_facts {
	char name[ORL_FACTS][ORL_FACT], value[ORL_FACTS][ORL_FACT];
	bool good[ORL_FACTS];
	int n;
};

struct orl_facts_of {
	struct oriel_stats stats;
	uint64_t bytes_in_1s, updates_1s; /* since a second before */
	/* Pixels by codec, in the last second that had any. */
	uint64_t area[ORIEL_STAT_CODECS];
	bool local;     /* unix: */
	uint32_t locks; /* the desktop's, enum oriel_locks */
	int screens;
	char screen_name[4][32];
	bool exact[4];
};

void orl_facts_make(struct orl_facts *out, const struct orl_facts_of *from);
void orl_overlay(const struct orl_facts *facts, struct orl_panel *p);

#endif

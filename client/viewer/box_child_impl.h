/*
 * box_child_impl.h - box_child.c has the loop and what the library says,
 * box_orders.c does what the viewer says.
 */
#ifndef ORL_VIEWER_BOX_CHILD_IMPL_H
#define ORL_VIEWER_BOX_CHILD_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include <oriel/oriel-client.h>

#include "client/viewer/box.h"
#include "client/viewer/box_clip.h"
#include "client/viewer/box_wire.h"

struct orl_boxed_waiting;
struct orl_boxed_usb;

struct orl_boxed {
	int socket; /* to the viewer */
	bool process, gone;
	pthread_t player; /* makes what is to be played */
	bool plays;
	_Atomic uint32_t playing; /* it is running */
	atomic_bool playing_ends;
	struct oriel_client *client;
	struct orl_box_ring rings[ORL_RINGS];
	struct orl_boxed_slot {
		struct oriel_screen *screen;
		struct orl_sheet sheet;
		struct orl_sheet old; /* until the viewer knows of the new */
	} slots[ORL_BOX_SLOTS];
	struct orl_box_clip clip;
	struct orl_boxed_job {
		uint32_t number; /* 0: free */
		uint32_t id;     /* the library's */
	} jobs[ORL_BOX_JOBS];
	uint32_t last_job;
	struct orl_boxed_usb *usb[ORL_BOX_USB];
	char why[128]; /* the last socket could not be had */
	/* What came while something else was waited for, oldest first. */
	struct orl_boxed_waiting *first, **last;
};

/* box_child.c */
/* Waits while the viewer takes nothing more. */
void orl_boxed_tell(struct orl_boxed *b, struct orl_box_message *m);
/* Bytes for a ring, before the message that tells of them; waits for room. */
void orl_boxed_put(struct orl_boxed *b, enum orl_box_ring_id ring,
		const void *data, size_t n);
/* What the viewer answers with `id`, a file with it; false: it is gone. */
bool orl_boxed_answer(struct orl_boxed *b, enum orl_box_id id,
		struct orl_box_message *m, int *file);
void orl_boxed_stats(struct orl_boxed *b);
extern const struct oriel_client_events orl_boxed_events;
/* Hooks of oriel_client_config. */
int orl_boxed_socket(void *user, int *out, unsigned attempt, bool reached,
		char *why, size_t size);
void *orl_boxed_picture(void *user, struct oriel_screen *screen, int32_t width,
		int32_t height);
void orl_boxed_drawing(void *user, struct oriel_screen *screen, bool begins);

/* box_child_sound.c */
void orl_boxed_sound(void *user, bool on);
void orl_boxed_microphone(void *user, bool wanted);
void orl_boxed_voice(struct orl_boxed *b, const struct orl_box_voice *order);
/* Before the jail, where no thread can be begun. */
bool orl_boxed_play_begin(struct orl_boxed *b);
void orl_boxed_play_end(struct orl_boxed *b);

/* box_child_clip.c: only if the viewer shares one. */
void orl_boxed_clip_init(
		struct orl_boxed *b, struct oriel_client_events *events);

/* box_child_print.c */
void orl_boxed_print_events(struct oriel_client_events *events);
void orl_boxed_print(struct orl_boxed *b, const struct orl_box_message *m);

/* box_child_usb.c */
void orl_boxed_usb_events(struct oriel_client_events *events);
void orl_boxed_usb(struct orl_boxed *b, const struct orl_box_message *m);
void orl_boxed_usb_end(struct orl_boxed *b);

/* box_orders.c */
void orl_boxed_order(struct orl_boxed *b, const struct orl_box_message *m);

#endif

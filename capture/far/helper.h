/*
 * helper.h - what the helpers of far sources have in common: their end of the
 * conversation with oriel-serve, as far.h has it.
 *
 * A helper is for one connection. Whatever goes wrong ends it, with a sentence
 * that says so: orl_helper_end() does not return.
 */
#ifndef ORL_FAR_HELPER_H
#define ORL_FAR_HELPER_H

#include <pthread.h>

#include "capture/capture.h"
#include "capture/far.h"

/* What oriel-serve wants; NULL where that cannot be. */
struct orl_helper_ops {
	void (*key)(void *user, uint32_t usage, uint32_t keysym, bool down);
	/* buttons as in struct oriel_pointer */
	void (*mouse)(void *user, int32_t x, int32_t y, uint32_t buttons);
	void (*motion)(void *user, int32_t dx, int32_t dy, uint32_t buttons);
	void (*wheel)(void *user, int32_t right, int32_t up);
	void (*character)(void *user, uint32_t c);
	void (*locks)(void *user, uint32_t locks);
	void (*listen)(void *user, bool on);
	void (*size)(void *user, int32_t width, int32_t height);
	/* UTF-8; the text is the callee's to free. */
	void (*paste)(void *user, char *text, size_t n);
	/* A FRAME has been answered; for who does not wait for that. */
	void (*answered)(void *user);
	/* Let go of all that is down: this is the end. */
	void (*leave)(void *user);
};

struct orl_helper {
	const struct orl_helper_ops *ops;
	void *user;
	struct orl_far_config config;

	pthread_mutex_t lock; /* of what is sent */
	uint32_t *pixels;     /* XRGB8888, width * height */
	int32_t width, height;
	struct oriel_rect rects[ORL_FAR_RECTS];
	size_t rect_count;
	bool unanswered; /* a SCREEN or FRAME */
	bool has_ear;    /* a thread of its own hears */
	pthread_cond_t answer;

	char *paste;
	size_t paste_size;
	struct orl_far_message in;
};

/*
 * Take the configuration, and at most `memory` bytes of addresses from now
 * on; give up all capabilities, but the one that reaches a socket by its path.
 * Returns 0, or -1 when nobody has started this as a helper.
 */
int orl_helper_start(struct orl_helper *h, const struct orl_helper_ops *ops,
		void *user, uint64_t memory);
/* That one as well, and system calls. Before a byte is read of the server. */
void orl_helper_confine(struct orl_helper *h);
/* Say why, with an orl_exit, and end this process. Threads: any. */
void orl_helper_end(struct orl_helper *h, int status, const char *format, ...)
		__attribute__((format(printf, 3, 4), noreturn));
/* A sentence for the log; from level 1 on also for who looks. */
void orl_helper_say(struct orl_helper *h, int level, const char *format, ...)
		__attribute__((format(printf, 3, 4)));

/*
 * The screen has this size now; its pixels are black, and are in h->pixels.
 * Waits for the answer.
 */
void orl_helper_screen(struct orl_helper *h, int32_t width, int32_t height);
/* These pixels have changed. */
void orl_helper_damage(struct orl_helper *h, int32_t x, int32_t y,
		int32_t width, int32_t height);
/* Is one still looked at? */
bool orl_helper_busy(struct orl_helper *h);
/* All of an update is there. Returns false when nothing has changed. */
bool orl_helper_frame(struct orl_helper *h);
/* width * height of ARGB8888; NULL hides it. */
void orl_helper_cursor(struct orl_helper *h, const uint32_t *pixels,
		int32_t width, int32_t height, int32_t hot_x, int32_t hot_y);
void orl_helper_pointer(struct orl_helper *h, int32_t x, int32_t y);
void orl_helper_lights(struct orl_helper *h, uint32_t locks);
void orl_helper_relative(struct orl_helper *h, bool relative);
/* The desktop's clipboard, UTF-8; too much of it is not sent. */
void orl_helper_cut(struct orl_helper *h, const char *text, size_t n);
/*
 * n frames of sound, as they came, all at one time. NULL: silence from here
 * on. Threads: any, one at a time.
 */
void orl_helper_sound(struct orl_helper *h, uint32_t rate, uint32_t channels,
		const int16_t *samples, size_t n);
/* Of 256. */
void orl_helper_volume(struct orl_helper *h, uint32_t left, uint32_t right);
/*
 * What to do with a certificate of this SHA-256: returns when it is trusted.
 * Not for ORL_FAR_TRUST_CA.
 */
void orl_helper_judge(struct orl_helper *h, const uint8_t sha256[static 32]);

/*
 * Have a thread of its own hear what is asked, from now on. What reports
 * pictures then needs a lock of the caller's around it.
 */
void orl_helper_listen(struct orl_helper *h);
/* Do what has been asked; ends with oriel-serve. */
void orl_helper_hear(struct orl_helper *h);
/* Wait until the SCREEN or FRAME has been answered. */
void orl_helper_wait(struct orl_helper *h);

#endif

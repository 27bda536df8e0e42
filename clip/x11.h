/*
 * x11.h - the selections of an X server, both ways: what its programs have to
 * be pasted, and programs that paste what we have.
 *
 * A connection and a hidden window of its own, by XCB: no global handlers, no
 * locks, and an X server that goes away is a return value. Nothing waits for
 * another program: what needs its answer is a job, which goes on when that has
 * come, or ends when it does not. Bytes go in pieces of at most ORL_XCLIP_PIECE
 * (INCR where there are more), and only as fast as they are taken.
 *
 * Types are MIME types, see types.h. One thread; calls are made from
 * orl_xclip_run() only.
 */
#ifndef ORL_CLIP_X11_H
#define ORL_CLIP_X11_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ORL_XCLIP_PIECE = 64 << 10,
	ORL_XCLIP_TYPES = 16,
	ORL_XCLIP_SELECTIONS = 2, /* CLIPBOARD, PRIMARY */
};

struct orl_xclip;     /* one X server */
struct orl_xclip_job; /* a paste on its way */

struct orl_xclip_calls {
	/*
	 * A program has copied something: fetch it as one of these types. Or
	 * there is nothing to be had (count 0): secret when it is a password.
	 */
	void (*changed)(void *user, unsigned selection,
			const char *const *types, size_t count, bool secret);
	/* A program pastes what is on offer: write it, or fail. */
	void (*wanted)(void *user, struct orl_xclip_job *job,
			unsigned selection, const char *type);
	/* There is room to write again. */
	void (*ready)(void *user, struct orl_xclip_job *job);
	/* What is fetched comes, at least so many bytes; ask for more(). */
	void (*begun)(void *user, struct orl_xclip_job *job, uint64_t least);
	/* The piece that was asked for; at most 2 ORL_XCLIP_PIECE. */
	void (*data)(void *user, struct orl_xclip_job *job, const void *data,
			size_t n);
	/* A job is over, by the other program; ok: all was fetched. */
	void (*ended)(void *user, struct orl_xclip_job *job, bool ok);
};

/*
 * Connect; display NULL is that of $DISPLAY. NULL and *why where it cannot be.
 */
struct orl_xclip *orl_xclip_open(const char *display, bool primary,
		const struct orl_xclip_calls *calls, void *user,
		const char **why);
void orl_xclip_close(struct orl_xclip *x);

int orl_xclip_fd(const struct orl_xclip *x);
/* When run() is to be called though nothing can be read. */
uint64_t orl_xclip_due(const struct orl_xclip *x);
/* Do what there is to do; false: the X server is gone. */
bool orl_xclip_run(struct orl_xclip *x, uint64_t now);

/* Have this to be pasted; count 0: no longer. */
void orl_xclip_offer(struct orl_xclip *x, unsigned selection,
		const char *const *types, size_t count);
/* Fetch what another program has: NULL when it has not, or too much is done. */
struct orl_xclip_job *orl_xclip_fetch(
		struct orl_xclip *x, unsigned selection, const char *type);
/* One piece more. */
void orl_xclip_more(struct orl_xclip_job *job);

/* After `wanted`: takes what there is room for, and returns how much. */
size_t orl_xclip_write(struct orl_xclip_job *job, const void *data, size_t n);
/* All has been written. The job is no longer the caller's. */
void orl_xclip_finish(struct orl_xclip_job *job);
/* It is not had, or wanted, any more; either direction. Ends it. */
void orl_xclip_fail(struct orl_xclip_job *job);

void orl_xclip_set_data(struct orl_xclip_job *job, void *data);
void *orl_xclip_data(const struct orl_xclip_job *job);

#endif

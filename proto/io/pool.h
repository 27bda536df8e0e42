/*
 * pool.h - worker threads that somebody asked for.
 *
 * A job is pure: it works on memory that nobody else touches until it is
 * done, and its end is reported in the loop thread.
 */
#ifndef ORL_PROTO_IO_POOL_H
#define ORL_PROTO_IO_POOL_H

#include "proto/io/loop.h"

struct orl_pool;

struct orl_job {
	void (*work)(struct orl_job *job); /* in a worker, or in submit */
	void (*done)(struct orl_job *job); /* in the loop thread; or NULL */
	/* The pool's own. */
	struct orl_node node;
	struct orl_pool_run *run; /* the orl_pool_run() that waits for it */
};

/*
 * workers 0: orl_pool_submit() works in the caller, done is deferred. The
 * workers block all signals: those are the host's.
 */
int orl_pool_create(
		struct orl_pool **out, struct orl_loop *loop, unsigned workers);
/*
 * Finishes what is running, drops what is queued, joins the workers. No done
 * is called any more, so the jobs may be freed. Before the loop's end.
 */
void orl_pool_destroy(struct orl_pool *pool);
unsigned orl_pool_workers(const struct orl_pool *pool);
void orl_pool_submit(struct orl_pool *pool, struct orl_job *job);
/*
 * Run n jobs side by side, the caller working too, and return when all are
 * finished; their done is not called. This is how slices are coded: they go
 * before what is queued. May be called from a worker's job as well.
 */
void orl_pool_run(struct orl_pool *pool, struct orl_job *const *jobs, size_t n);

#endif

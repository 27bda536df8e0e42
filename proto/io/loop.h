/*
 * loop.h - one pollable descriptor: watches, timers, deferred calls, wake-ups.
 *
 * With epoll the descriptor nests in any other loop. Without (ORL_NO_EPOLL,
 * or a system that has none) orl_loop_fd() is ORIEL_ENOTSUP and
 * orl_loop_wait() is the way; both variants are built and tested.
 *
 * Everything but orl_loop_wake(), orl_loop_post() and orl_loop_unpost()
 * belongs to the loop thread. Callbacks run inside orl_loop_dispatch() only.
 */
#ifndef ORL_PROTO_IO_LOOP_H
#define ORL_PROTO_IO_LOOP_H

#include "proto/env.h"

struct orl_loop;

int orl_loop_create(struct orl_loop **out, const struct orl_env *env);
/* Runs what is deferred, then ends. Watches and timers must be stopped. */
void orl_loop_destroy(struct orl_loop *loop);

const struct orl_env *orl_loop_env(const struct orl_loop *loop);
/* The descriptor, or ORIEL_ENOTSUP. Threads: any. */
int orl_loop_fd(const struct orl_loop *loop);
/*
 * Do what is ready for about `budget` ns (0: until nothing is, but at most
 * ORL_LOOP_ROUNDS times around); never blocks. 0 all done, 1 work is left
 * (the descriptor stays readable). Not from inside a callback.
 */
enum { ORL_LOOP_ROUNDS = 16 };
int orl_loop_dispatch(struct orl_loop *loop, uint64_t budget);
/* Wait up to timeout_ms (-1: for ever), then dispatch. EINTR is a wake-up. */
int orl_loop_wait(struct orl_loop *loop, int timeout_ms);
/* Make the descriptor readable. Threads: any; async-signal-safe. */
void orl_loop_wake(struct orl_loop *loop);
/* How often something was found ready; for tests and statistics. */
uint64_t orl_loop_wakeups(const struct orl_loop *loop);
/* How often the kernel's timer was set; for tests. */
uint64_t orl_loop_arms(const struct orl_loop *loop);

enum { ORL_READ = 1, ORL_WRITE = 2 };

struct orl_watch {
	void (*ready)(struct orl_watch *watch, unsigned events);
	/* The loop's own. */
	struct orl_loop *loop;
	struct orl_node node;
	int fd;
	unsigned events;
};

/*
 * Call watch->ready when the descriptor is ready; level triggered. Errors and
 * hang-ups are reported as what is watched for; with events 0 nothing is. A
 * call may come late, so the descriptor should be non-blocking. Start and
 * change fail with ORIEL_EINVAL for what cannot be watched, ORIEL_ENOMEM.
 */
int orl_watch_start(struct orl_loop *loop, struct orl_watch *watch, int fd,
		unsigned events);
int orl_watch_change(struct orl_watch *watch, unsigned events);
/* Harmless when not started; the watch may then be freed at once. */
void orl_watch_stop(struct orl_watch *watch);

struct orl_timer {
	void (*fire)(struct orl_timer *timer);
	struct orl_loop *loop;
	struct orl_node node;
	uint64_t at;
};

/*
 * Fire once at `at` (env clock; UINT64_MAX: never), replacing an earlier at.
 * Moving a timer that is not the first, or to a later time, costs no system
 * call. The timer starts as zeros but for `fire`.
 */
void orl_timer_set(struct orl_loop *loop, struct orl_timer *timer, uint64_t at);
void orl_timer_stop(struct orl_timer *timer);

/*
 * A call before dispatch returns (outside of dispatch: before the next one
 * does, and the descriptor becomes readable); queued twice, it runs once.
 */
struct orl_deferred {
	void (*run)(struct orl_deferred *deferred);
	struct orl_node node;
	bool queued;
};
void orl_loop_defer(struct orl_loop *loop, struct orl_deferred *deferred);
void orl_loop_undefer(struct orl_deferred *deferred);

/*
 * A call in the loop thread, asked for by any thread; posted again before it
 * ran, it runs once. From the loop thread: a call in the next round, when
 * others have had their turn.
 */
struct orl_posted {
	void (*run)(struct orl_posted *posted);
	struct orl_node node;
	bool queued;
};
void orl_loop_post(struct orl_loop *loop, struct orl_posted *posted);
/* Take it back; afterwards it will not run. Harmless when not queued. */
void orl_loop_unpost(struct orl_loop *loop, struct orl_posted *posted);

#endif

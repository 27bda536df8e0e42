/*
 * test_loop.c - the loop: order, stopping anything anywhere, and how often
 * the kernel is asked. test_loop_poll.c builds it again on the other backend.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/io/host.h"
#include "proto/io/loop.h"

#define MS 1000000u

struct world {
	struct orl_env env;
	struct orl_loop *loop;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	assert_int_equal(orl_host_env(&w->env, NULL), 0);
	assert_int_equal(orl_loop_create(&w->loop, &w->env), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	orl_loop_destroy(w->loop);
	free(w);
	return 0;
}

static void pair(int fd[2])
{
	assert_int_equal(
			socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd),
			0);
}

struct reader {
	struct orl_watch watch;
	struct orl_loop *loop;
	struct reader *victim; /* stopped and freed when this one runs */
	unsigned calls, events;
	bool keep; /* do not read what is there */
};

static void reader_ready(struct orl_watch *watch, unsigned events)
{
	struct reader *r = orl_container(watch, struct reader, watch);
	char c[8];
	r->calls++;
	r->events = events;
	if (!r->keep && (events & ORL_READ))
		assert_true(read(watch->fd, c, sizeof(c)) >= 0);
	if (r->victim) {
		orl_watch_stop(&r->victim->watch);
		close(r->victim->watch.fd);
		free(r->victim);
		r->victim = NULL;
	}
}

static void watch_is_level_triggered(void **state)
{
	struct world *w = *state;
	struct reader r = { .watch.ready = reader_ready, .keep = true };
	int fd[2];
	pair(fd);
	assert_int_equal(
			orl_watch_start(w->loop, &r.watch, fd[0], ORL_READ), 0);
	assert_int_equal(orl_watch_start(w->loop, &r.watch, fd[0], ORL_READ),
			ORIEL_ESTATE);
	assert_int_equal(orl_loop_dispatch(w->loop, 0), 0);
	assert_int_equal(r.calls, 0);
	assert_int_equal(write(fd[1], "x", 1), 1);
	assert_int_equal(orl_loop_dispatch(w->loop, 0), 0);
	assert_int_equal(orl_loop_dispatch(w->loop, 0), 0);
	assert_int_equal(r.calls, 2);
	r.keep = false;
	orl_loop_dispatch(w->loop, 0);
	orl_loop_dispatch(w->loop, 0);
	assert_int_equal(r.calls, 3);
	assert_int_equal(r.events, ORL_READ);
	assert_int_equal(orl_watch_change(&r.watch, ORL_READ | ORL_WRITE), 0);
	orl_loop_dispatch(w->loop, 0);
	assert_int_equal(r.events, ORL_WRITE);
	orl_watch_stop(&r.watch);
	orl_watch_stop(&r.watch);
	orl_loop_dispatch(w->loop, 0);
	assert_int_equal(r.calls, 4);
	close(fd[0]);
	assert_int_equal(orl_watch_start(w->loop, &r.watch, fd[0], ORL_READ),
			ORIEL_EINVAL);
	close(fd[1]);
}

/* A hang-up must reach readers, and must not spin those who do not read. */
static void hangup_is_seen_by_readers_only(void **state)
{
	struct world *w = *state;
	struct reader r = { .watch.ready = reader_ready };
	int fd[2];
	pair(fd);
	assert_int_equal(orl_watch_start(w->loop, &r.watch, fd[0], 0), 0);
	close(fd[1]);
	uint64_t before = orl_loop_wakeups(w->loop);
	assert_int_equal(orl_loop_wait(w->loop, 5), 0);
	assert_int_equal(r.calls, 0);
	assert_int_equal(orl_loop_wakeups(w->loop), before);
	assert_int_equal(orl_watch_change(&r.watch, ORL_READ), 0);
	orl_loop_dispatch(w->loop, 0);
	assert_int_equal(r.calls, 1);
	assert_int_equal(orl_watch_change(&r.watch, 0), 0);
	orl_loop_dispatch(w->loop, 0);
	assert_int_equal(r.calls, 1);
	orl_watch_stop(&r.watch);
	close(fd[0]);
}

/* Both are ready in one batch; whichever comes first frees the other. */
static void watch_freed_in_the_same_batch(void **state)
{
	struct world *w = *state;
	for (int round = 0; round < 2; round++) {
		struct reader *r[2];
		int fd[2][2];
		for (int i = 0; i < 2; i++) {
			pair(fd[i]);
			r[i] = calloc(1, sizeof(*r[i]));
			r[i]->watch.ready = reader_ready;
			assert_int_equal(orl_watch_start(w->loop, &r[i]->watch,
							 fd[i][0], ORL_READ),
					0);
			assert_int_equal(write(fd[i][1], "x", 1), 1);
		}
		r[round]->victim = r[!round];
		/* The victim may have had its turn already; that is fine. */
		orl_loop_dispatch(w->loop, 0);
		assert_int_equal(r[round]->calls, 1);
		orl_watch_stop(&r[round]->watch);
		close(fd[round][0]);
		close(fd[0][1]);
		close(fd[1][1]);
		free(r[round]);
	}
}

static void watch_that_frees_itself(struct orl_watch *watch, unsigned events)
{
	struct reader *r = orl_container(watch, struct reader, watch);
	(void)events;
	orl_watch_stop(watch);
	close(watch->fd);
	free(r);
}

static void watch_freed_by_itself(void **state)
{
	struct world *w = *state;
	struct reader *r = calloc(1, sizeof(*r));
	int fd[2];
	pair(fd);
	r->watch.ready = watch_that_frees_itself;
	assert_int_equal(orl_watch_start(w->loop, &r->watch, fd[0], ORL_READ),
			0);
	close(fd[1]);
	orl_loop_dispatch(w->loop, 0);
	orl_loop_dispatch(w->loop, 0);
}

/* ---- timers ------------------------------------------------------------ */

static uint64_t fake_now(void *user)
{
	return *(uint64_t *)user;
}

struct alarm {
	struct orl_timer timer;
	unsigned *order, place;
	struct orl_timer *stops;
};

static void alarm_fire(struct orl_timer *timer)
{
	struct alarm *a = orl_container(timer, struct alarm, timer);
	a->place = ++*a->order;
	if (a->stops)
		orl_timer_stop(a->stops);
}

static void timers_fire_in_order(void **state)
{
	uint64_t clock = 1000 * (uint64_t)MS;
	struct oriel_hooks hooks = {
		.size = sizeof(hooks), .user = &clock, .now = fake_now
	};
	struct orl_env env;
	struct orl_loop *loop;
	unsigned order = 0;
	struct alarm a[5] = { 0 };
	static const uint8_t at[5] = { 30, 10, 50, 20, 40 };
	(void)state;
	assert_int_equal(orl_host_env(&env, &hooks), 0);
	assert_int_equal(orl_loop_create(&loop, &env), 0);
	for (int i = 0; i < 5; i++) {
		a[i].timer.fire = alarm_fire;
		a[i].order = &order;
		orl_timer_set(loop, &a[i].timer, clock + at[i]);
	}
	a[3].stops = &a[0].timer; /* due at the same time, and yet stopped */
	orl_timer_set(loop, &a[2].timer, UINT64_MAX);
	orl_loop_dispatch(loop, 0);
	assert_int_equal(order, 0);
	clock += 35;
	orl_loop_dispatch(loop, 0);
	assert_int_equal(order, 2);
	assert_int_equal(a[1].place, 1);
	assert_int_equal(a[3].place, 2);
	assert_int_equal(a[0].place, 0);
	clock += 100;
	orl_loop_dispatch(loop, 0);
	orl_loop_dispatch(loop, 0);
	assert_int_equal(order, 3);
	assert_int_equal(a[4].place, 3);
	assert_int_equal(a[2].place, 0);
	orl_loop_destroy(loop);
}

static void timer_wakes_the_wait(void **state)
{
	struct world *w = *state;
	unsigned order = 0;
	struct alarm a = { .timer.fire = alarm_fire, .order = &order };
	uint64_t at = orl_now(&w->env) + 5 * MS;
	orl_timer_set(w->loop, &a.timer, at);
	while (!order)
		assert_true(orl_loop_wait(w->loop, -1) >= 0);
	assert_true(orl_now(&w->env) >= at);
	/* One wake-up, and silence afterwards. */
	uint64_t before = orl_loop_wakeups(w->loop);
	orl_loop_wait(w->loop, 20);
	assert_int_equal(orl_loop_wakeups(w->loop), before);
}

/* Pushing a keep-alive back for every message must not cost a call each. */
static void timer_moved_later_is_free(void **state)
{
	struct world *w = *state;
	unsigned order = 0;
	struct alarm a = { .timer.fire = alarm_fire, .order = &order };
	struct alarm b = a;
	uint64_t now = orl_now(&w->env);
	orl_timer_set(w->loop, &a.timer, now + 1000 * (uint64_t)MS);
	uint64_t arms = orl_loop_arms(w->loop);
	for (unsigned i = 0; i < 100; i++)
		orl_timer_set(w->loop, &a.timer,
				now + (1001 + i) * (uint64_t)MS);
	orl_timer_set(w->loop, &b.timer, now + 5000 * (uint64_t)MS);
	orl_timer_stop(&b.timer);
	assert_int_equal(orl_loop_arms(w->loop), arms);
	orl_timer_stop(&a.timer);
	assert_int_equal(order, 0);
}

/* ---- deferred and posted ----------------------------------------------- */

struct later {
	struct orl_deferred deferred;
	struct orl_loop *loop;
	struct later *next;
	unsigned runs;
};

static void later_run(struct orl_deferred *deferred)
{
	struct later *l = orl_container(deferred, struct later, deferred);
	l->runs++;
	if (l->next)
		orl_loop_defer(l->loop, &l->next->deferred);
}

static void deferred_runs_once_and_chains(void **state)
{
	struct world *w = *state;
	struct later b = { .deferred.run = later_run, .loop = w->loop };
	struct later a = {
		.deferred.run = later_run, .loop = w->loop, .next = &b
	};
	struct later never = a;
	orl_loop_defer(w->loop, &a.deferred);
	orl_loop_defer(w->loop, &a.deferred);
	orl_loop_defer(w->loop, &never.deferred);
	orl_loop_undefer(&never.deferred);
	/* Outside of dispatch it must wake the host's loop up. */
	if (orl_loop_fd(w->loop) >= 0) {
		struct pollfd p = { orl_loop_fd(w->loop), POLLIN, 0 };
		assert_int_equal(poll(&p, 1, 0), 1);
	}
	assert_int_equal(orl_loop_wait(w->loop, -1), 0);
	assert_int_equal(a.runs, 1);
	assert_int_equal(b.runs, 1);
	assert_int_equal(never.runs, 0);
	uint64_t before = orl_loop_wakeups(w->loop);
	orl_loop_wait(w->loop, 0);
	assert_int_equal(orl_loop_wakeups(w->loop), before);
}

/* One that defers itself for ever must not keep dispatch from returning. */
static void deferred_for_ever_comes_back(void **state)
{
	struct world *w = *state;
	struct later a = { .deferred.run = later_run, .loop = w->loop };
	a.next = &a;
	orl_loop_defer(w->loop, &a.deferred);
	assert_int_equal(orl_loop_dispatch(w->loop, 0), 1);
	unsigned runs = a.runs;
	assert_true(runs > 0);
	orl_loop_dispatch(w->loop, 1);
	assert_true(a.runs > runs);
	orl_loop_undefer(&a.deferred);
}

enum { POSTERS = 4, POSTS = 2000 };

struct post {
	struct orl_posted posted;
	unsigned *count; /* loop thread only */
};

struct poster {
	pthread_t thread;
	struct orl_loop *loop;
	struct post posts[POSTS];
};

static void post_run(struct orl_posted *posted)
{
	++*orl_container(posted, struct post, posted)->count;
}

static void *post_all(void *arg)
{
	struct poster *p = arg;
	for (int i = 0; i < POSTS; i++)
		orl_loop_post(p->loop, &p->posts[i].posted);
	return NULL;
}

static void posts_from_threads_all_arrive(void **state)
{
	struct world *w = *state;
	struct poster *p = calloc(POSTERS, sizeof(*p));
	unsigned count = 0;
	for (int t = 0; t < POSTERS; t++) {
		p[t].loop = w->loop;
		for (int i = 0; i < POSTS; i++) {
			p[t].posts[i].posted.run = post_run;
			p[t].posts[i].count = &count;
		}
		assert_int_equal(pthread_create(&p[t].thread, NULL, post_all,
						 &p[t]),
				0);
	}
	/* -1: a wake-up that got lost would hang here. */
	while (count < POSTERS * POSTS)
		assert_true(orl_loop_wait(w->loop, -1) >= 0);
	for (int t = 0; t < POSTERS; t++)
		pthread_join(p[t].thread, NULL);
	assert_int_equal(count, POSTERS * POSTS);
	free(p);
}

static void post_can_be_taken_back(void **state)
{
	struct world *w = *state;
	unsigned count = 0;
	struct post a = { .posted.run = post_run, .count = &count };
	struct post b = a;
	orl_loop_post(w->loop, &a.posted);
	orl_loop_post(w->loop, &a.posted);
	orl_loop_post(w->loop, &b.posted);
	orl_loop_unpost(w->loop, &b.posted);
	orl_loop_unpost(w->loop, &b.posted);
	assert_int_equal(orl_loop_dispatch(w->loop, 0), 0);
	assert_int_equal(count, 1);
}

static void wake_is_seen_once(void **state)
{
	struct world *w = *state;
	uint64_t before = orl_loop_wakeups(w->loop);
	orl_loop_wake(w->loop);
	orl_loop_wake(w->loop);
	assert_int_equal(orl_loop_wait(w->loop, -1), 0);
	assert_int_equal(orl_loop_wakeups(w->loop), before + 1);
	orl_loop_wait(w->loop, 2);
	assert_int_equal(orl_loop_wakeups(w->loop), before + 1);
}

/* The whole loop inside another one, as a host has it. */
static void descriptor_nests(void **state)
{
	struct world *w = *state;
	unsigned order = 0;
	struct alarm a = { .timer.fire = alarm_fire, .order = &order };
	if (orl_loop_fd(w->loop) < 0) {
		assert_int_equal(orl_loop_fd(w->loop), ORIEL_ENOTSUP);
		return;
	}
	struct pollfd p = { orl_loop_fd(w->loop), POLLIN, 0 };
	assert_int_equal(poll(&p, 1, 0), 0);
	orl_loop_wake(w->loop);
	assert_int_equal(poll(&p, 1, 0), 1);
	orl_loop_dispatch(w->loop, 0);
	assert_int_equal(poll(&p, 1, 0), 0);
	orl_timer_set(w->loop, &a.timer, orl_now(&w->env) + 2 * MS);
	assert_int_equal(poll(&p, 1, 10000), 1);
	orl_loop_dispatch(w->loop, 0);
	assert_int_equal(order, 1);
	assert_int_equal(poll(&p, 1, 0), 0);
}

static void nap(struct orl_watch *watch, unsigned events)
{
	struct reader *r = orl_container(watch, struct reader, watch);
	(void)events;
	r->calls++;
	usleep(2000);
}

/* Out of time after the first: the rest is done next time, none is lost. */
static void budget_ends_a_batch(void **state)
{
	struct world *w = *state;
	struct reader r[3];
	int fd[3][2];
	for (int i = 0; i < 3; i++) {
		pair(fd[i]);
		r[i] = (struct reader){ .watch.ready = nap };
		assert_int_equal(orl_watch_start(w->loop, &r[i].watch, fd[i][0],
						 ORL_READ),
				0);
		assert_int_equal(write(fd[i][1], "x", 1), 1);
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(orl_loop_dispatch(w->loop, MS), i < 2);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(r[i].calls, 1);
		orl_watch_stop(&r[i].watch);
		close(fd[i][0]);
		close(fd[i][1]);
	}
}

struct nested {
	struct orl_deferred deferred;
	struct orl_loop *loop;
	int result;
};

static void dispatch_inside(struct orl_deferred *deferred)
{
	struct nested *n = orl_container(deferred, struct nested, deferred);
	n->result = orl_loop_dispatch(n->loop, 0);
}

static void dispatch_is_not_reentrant(void **state)
{
	struct world *w = *state;
	struct nested n = { .deferred.run = dispatch_inside, .loop = w->loop };
	orl_loop_defer(w->loop, &n.deferred);
	orl_loop_dispatch(w->loop, 0);
	assert_int_equal(n.result, ORIEL_ESTATE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(watch_is_level_triggered),
		TEST(hangup_is_seen_by_readers_only),
		TEST(watch_freed_in_the_same_batch),
		TEST(watch_freed_by_itself),
		TEST(timers_fire_in_order),
		TEST(timer_wakes_the_wait),
		TEST(timer_moved_later_is_free),
		TEST(deferred_runs_once_and_chains),
		TEST(deferred_for_ever_comes_back),
		TEST(posts_from_threads_all_arrive),
		TEST(post_can_be_taken_back),
		TEST(wake_is_seen_once),
		TEST(descriptor_nests),
		TEST(budget_ends_a_batch),
		TEST(dispatch_is_not_reentrant),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

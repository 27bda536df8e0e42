/*
 * loop.c - one descriptor for everything that can happen.
 *
 * Two backends, chosen when compiled: epoll, where the timer is a timerfd and
 * other threads wake through an eventfd, all inside one epoll descriptor; and
 * poll(), where the timer is the timeout and waking goes through a pipe. The
 * backend fills `batch` with what is ready; everything above that is shared.
 *
 * A callback may stop and free any watch, also one that is ready in the same
 * batch: stopping takes it out of the batch.
 */
#include "proto/io/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#ifndef ORL_NO_EPOLL
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#endif

#define NEVER UINT64_MAX

enum {
	BATCH = 64,  /* events taken from the kernel at a time */
	PASSES = 64, /* of deferred calls that defer further ones */
};

struct ready {
	struct orl_watch *watch; /* NULL: stopped meanwhile */
	unsigned events;
};

struct orl_loop {
	const struct orl_env *env;
	struct orl_node watches, timers, deferred;
	uint64_t wakeups, arms;
	struct ready *batch;
	size_t batch_i, batch_n;
	bool dispatching;
	bool woken;  /* by ourselves, for what was deferred outside dispatch */
	int wake_fd; /* what orl_loop_wake() writes to */

	pthread_mutex_t lock; /* of the two below */
	struct orl_node posted;
	bool posted_wake; /* a wake-up for it is on its way */

#ifndef ORL_NO_EPOLL
	int epoll_fd, timer_fd;
	uint64_t armed; /* when timer_fd goes off, NEVER: not at all */
	struct ready room[BATCH];
#else
	int pipe_fd; /* the reading end */
	struct pollfd *fds;
	size_t watch_n, cap;
#endif
};

static uint64_t first_timer(const struct orl_loop *loop)
{
	if (orl_list_empty(&loop->timers))
		return NEVER;
	return orl_container(loop->timers.next, struct orl_timer, node)->at;
}

#ifndef ORL_NO_EPOLL
/* ---- epoll ------------------------------------------------------------- */

static int backend_watch(struct orl_watch *watch, int op, unsigned events)
{
	struct epoll_event e = { .data.ptr = watch };
	if (events & ORL_READ)
		e.events |= EPOLLIN;
	if (events & ORL_WRITE)
		e.events |= EPOLLOUT;
	if (epoll_ctl(watch->loop->epoll_fd, op, watch->fd, &e) == 0)
		return 0;
	return errno == ENOMEM || errno == ENOSPC ? ORIEL_ENOMEM : ORIEL_EINVAL;
}

/*
 * The kernel reports hang-ups even to those who watch for nothing, which
 * would spin; so a watch for nothing is not in the epoll set at all.
 */
static int backend_change(struct orl_watch *watch, unsigned events)
{
	if (!watch->events)
		return backend_watch(watch, EPOLL_CTL_ADD, events);
	return backend_watch(
			watch, events ? EPOLL_CTL_MOD : EPOLL_CTL_DEL, events);
}

static int backend_start(struct orl_watch *watch, unsigned events)
{
	return events ? backend_watch(watch, EPOLL_CTL_ADD, events) : 0;
}

static void backend_stop(struct orl_watch *watch)
{
	/* Fails when the descriptor is closed already, and then is gone. */
	if (watch->events)
		(void)backend_watch(watch, EPOLL_CTL_DEL, 0);
}

/*
 * Only ever set to an earlier time: a timer that moved away costs one idle
 * wake-up at most, whereas following every move would cost a system call for
 * every message that pushes a keep-alive back. Relative, since the clock of
 * the timers may be anything.
 */
static void backend_arm(struct orl_loop *loop)
{
	uint64_t at = first_timer(loop);
	if (at >= loop->armed)
		return;
	uint64_t now = orl_now(loop->env);
	uint64_t wait = at > now ? at - now : 1;
	if (wait > (uint64_t)INT32_MAX * 1000000000u)
		wait = (uint64_t)INT32_MAX * 1000000000u;
	struct itimerspec spec = {
		.it_value.tv_sec = (time_t)(wait / 1000000000u),
		.it_value.tv_nsec = (long)(wait % 1000000000u),
	};
	if (timerfd_settime(loop->timer_fd, 0, &spec, NULL) == 0)
		loop->armed = at;
	loop->arms++;
}

static int backend_wait(struct orl_loop *loop, int timeout_ms)
{
	struct epoll_event e[BATCH];
	int n = epoll_wait(loop->epoll_fd, e, BATCH, timeout_ms);
	loop->batch_i = loop->batch_n = 0;
	if (n < 0)
		return errno == EINTR ? 0 : ORIEL_EIO;
	for (int i = 0; i < n; i++) {
		void *p = e[i].data.ptr;
		if (p == &loop->timer_fd) {
			loop->armed = NEVER;
			continue;
		}
		if (p == &loop->wake_fd)
			continue;
		struct ready *r = &loop->batch[loop->batch_n++];
		r->watch = p;
		r->events = 0;
		if (e[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP))
			r->events |= ORL_READ;
		if (e[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
			r->events |= ORL_WRITE;
	}
	return n;
}

/*
 * Edge triggered, so that neither has to be read: each write and each expiry
 * is reported once.
 */
static bool add_own(struct orl_loop *loop, int *fd)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };
	e.data.ptr = fd;
	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, *fd, &e) == 0;
}

static int backend_open(struct orl_loop *loop)
{
	loop->batch = loop->room;
	loop->armed = NEVER;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->timer_fd = timerfd_create(
			CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (loop->epoll_fd < 0 || loop->timer_fd < 0 || loop->wake_fd < 0)
		return ORIEL_EIO;
	if (!add_own(loop, &loop->timer_fd) || !add_own(loop, &loop->wake_fd))
		return ORIEL_EIO;
	return 0;
}

static void backend_close(struct orl_loop *loop)
{
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	if (loop->timer_fd >= 0)
		close(loop->timer_fd);
	if (loop->wake_fd >= 0)
		close(loop->wake_fd);
}

int orl_loop_fd(const struct orl_loop *loop)
{
	return loop->epoll_fd;
}

#else
/* ---- poll -------------------------------------------------------------- */

static int backend_change(struct orl_watch *watch, unsigned events)
{
	(void)watch;
	(void)events;
	return 0;
}

/* Room is made here, where it may fail, for one more watch and the pipe. */
static int backend_start(struct orl_watch *watch, unsigned events)
{
	struct orl_loop *loop = watch->loop;
	size_t need = loop->watch_n + 2;
	(void)events;
	if (fcntl(watch->fd, F_GETFD) < 0)
		return ORIEL_EINVAL;
	if (need > loop->cap) {
		size_t cap = need * 2;
		void *p = orl_resize(
				loop->env, loop->fds, cap, sizeof(*loop->fds));
		if (!p)
			return ORIEL_ENOMEM;
		loop->fds = p;
		p = orl_resize(loop->env, loop->batch, cap,
				sizeof(*loop->batch));
		if (!p)
			return ORIEL_ENOMEM;
		loop->batch = p;
		loop->cap = cap;
	}
	loop->watch_n++;
	return 0;
}

static void backend_stop(struct orl_watch *watch)
{
	watch->loop->watch_n--;
}

static void backend_arm(struct orl_loop *loop)
{
	(void)loop;
}

/* As poll() counts, rounded up so that a timer is due when it returns. */
static int timeout_until(const struct orl_loop *loop, int timeout_ms)
{
	uint64_t at = first_timer(loop);
	if (at == NEVER || timeout_ms == 0)
		return timeout_ms;
	uint64_t now = orl_now(loop->env);
	uint64_t ms = at > now ? (at - now - 1) / 1000000u + 1 : 0;
	if (timeout_ms >= 0 && ms > (uint64_t)timeout_ms)
		return timeout_ms;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

static void empty_pipe(const struct orl_loop *loop)
{
	char bin[64];
	while (read(loop->pipe_fd, bin, sizeof(bin)) == sizeof(bin))
		;
}

static int backend_wait(struct orl_loop *loop, int timeout_ms)
{
	struct pollfd *fds = loop->fds;
	size_t n = 1;

	loop->batch_i = loop->batch_n = 0;
	fds[0] = (struct pollfd){ .fd = loop->pipe_fd, .events = POLLIN };
	ORL_EACH (node, &loop->watches) {
		struct orl_watch *w =
				orl_container(node, struct orl_watch, node);
		if (!w->events)
			continue;
		fds[n] = (struct pollfd){ .fd = w->fd };
		if (w->events & ORL_READ)
			fds[n].events |= POLLIN;
		if (w->events & ORL_WRITE)
			fds[n].events |= POLLOUT;
		loop->batch[n++].watch = w;
	}
	int got = poll(fds, (nfds_t)n, timeout_until(loop, timeout_ms));
	if (got < 0)
		return errno == EINTR ? 0 : ORIEL_EIO;
	if (fds[0].revents)
		empty_pipe(loop);
	for (size_t i = 1; i < n; i++) {
		struct ready *r = &loop->batch[loop->batch_n];
		short bad = POLLERR | POLLHUP | POLLNVAL;
		if (!fds[i].revents)
			continue;
		r->watch = loop->batch[i].watch;
		r->events = 0;
		if (fds[i].revents & (POLLIN | bad))
			r->events |= ORL_READ;
		if (fds[i].revents & (POLLOUT | bad))
			r->events |= ORL_WRITE;
		loop->batch_n++;
	}
	/* A due timer makes the wait a wake-up too, as a timerfd would. */
	return got ? got : first_timer(loop) <= orl_now(loop->env);
}

static int backend_open(struct orl_loop *loop)
{
	int fd[2];
	loop->pipe_fd = loop->wake_fd = -1;
	loop->cap = 16;
	loop->fds = orl_alloc(loop->env, loop->cap, sizeof(*loop->fds));
	loop->batch = orl_alloc(loop->env, loop->cap, sizeof(*loop->batch));
	if (!loop->fds || !loop->batch)
		return ORIEL_ENOMEM;
	if (pipe(fd) != 0)
		return ORIEL_EIO;
	loop->pipe_fd = fd[0];
	loop->wake_fd = fd[1];
	for (int i = 0; i < 2; i++) {
		if (fcntl(fd[i], F_SETFL, O_NONBLOCK) < 0 ||
				fcntl(fd[i], F_SETFD, FD_CLOEXEC) < 0)
			return ORIEL_EIO;
	}
	return 0;
}

static void backend_close(struct orl_loop *loop)
{
	if (loop->pipe_fd >= 0)
		close(loop->pipe_fd);
	if (loop->wake_fd >= 0)
		close(loop->wake_fd);
	orl_free(loop->env, loop->fds);
	orl_free(loop->env, loop->batch);
}

int orl_loop_fd(const struct orl_loop *loop)
{
	(void)loop;
	return ORIEL_ENOTSUP;
}
#endif

/* ---- watches ----------------------------------------------------------- */

int orl_watch_start(struct orl_loop *loop, struct orl_watch *watch, int fd,
		unsigned events)
{
	if (watch->loop)
		return ORIEL_ESTATE;
	watch->loop = loop;
	watch->fd = fd;
	int err = backend_start(watch, events);
	if (err) {
		watch->loop = NULL;
		return err;
	}
	watch->events = events;
	orl_list_append(&loop->watches, &watch->node);
	return 0;
}

int orl_watch_change(struct orl_watch *watch, unsigned events)
{
	if (!watch->loop)
		return ORIEL_ESTATE;
	if (watch->events == events)
		return 0;
	int err = backend_change(watch, events);
	if (!err)
		watch->events = events;
	return err;
}

void orl_watch_stop(struct orl_watch *watch)
{
	struct orl_loop *loop = watch->loop;
	if (!loop)
		return;
	for (size_t i = loop->batch_i; i < loop->batch_n; i++) {
		if (loop->batch[i].watch == watch)
			loop->batch[i].watch = NULL;
	}
	backend_stop(watch);
	orl_list_remove(&watch->node);
	watch->loop = NULL;
	watch->events = 0;
}

/* ---- timers ------------------------------------------------------------ */

/* A sorted list: timers are few, and most are put near the end. */
void orl_timer_set(struct orl_loop *loop, struct orl_timer *timer, uint64_t at)
{
	struct orl_node *after;
	if (timer->loop && timer->at == at)
		return;
	orl_timer_stop(timer);
	if (at == NEVER)
		return;
	after = loop->timers.prev;
	while (after != &loop->timers &&
			orl_container(after, struct orl_timer, node)->at > at)
		after = after->prev;
	timer->at = at;
	timer->loop = loop;
	orl_list_append(after->next, &timer->node);
	if (!loop->dispatching)
		backend_arm(loop);
}

void orl_timer_stop(struct orl_timer *timer)
{
	if (!timer->loop)
		return;
	orl_list_remove(&timer->node);
	timer->loop = NULL;
}

/* A timer set to the past by a timer waits for the next round. */
static void run_timers(struct orl_loop *loop)
{
	struct orl_node due;
	if (orl_list_empty(&loop->timers))
		return;
	uint64_t now = orl_now(loop->env);
	orl_list_init(&due);
	while (first_timer(loop) <= now) {
		struct orl_node *node = loop->timers.next;
		orl_list_remove(node);
		orl_list_append(&due, node);
	}
	/* Those that are due stay "set", so that a callback can stop them. */
	while (!orl_list_empty(&due)) {
		struct orl_timer *t =
				orl_container(due.next, struct orl_timer, node);
		orl_timer_stop(t);
		t->fire(t);
	}
}

/* ---- deferred and posted calls ----------------------------------------- */

void orl_loop_defer(struct orl_loop *loop, struct orl_deferred *deferred)
{
	if (deferred->queued)
		return;
	deferred->queued = true;
	orl_list_append(&loop->deferred, &deferred->node);
	if (!loop->dispatching && !loop->woken) {
		loop->woken = true;
		orl_loop_wake(loop);
	}
}

void orl_loop_undefer(struct orl_deferred *deferred)
{
	if (!deferred->queued)
		return;
	deferred->queued = false;
	orl_list_remove(&deferred->node);
}

/* True when some are left, because they keep deferring each other. */
static bool run_deferred(struct orl_loop *loop)
{
	for (unsigned pass = 0; pass < PASSES; pass++) {
		struct orl_node now;
		if (orl_list_empty(&loop->deferred))
			return false;
		now = loop->deferred;
		now.next->prev = now.prev->next = &now;
		orl_list_init(&loop->deferred);
		while (!orl_list_empty(&now)) {
			struct orl_deferred *d = orl_container(
					now.next, struct orl_deferred, node);
			orl_loop_undefer(d);
			d->run(d);
		}
	}
	return !orl_list_empty(&loop->deferred);
}

void orl_loop_wake(struct orl_loop *loop)
{
	/* Eight bytes for an eventfd; a pipe does not mind them. */
	uint64_t one = 1;
	int kept = errno;
	ssize_t n = write(loop->wake_fd, &one, sizeof(one));
	(void)n; /* full is as good as written */
	errno = kept;
}

void orl_loop_post(struct orl_loop *loop, struct orl_posted *posted)
{
	bool wake = false;
	pthread_mutex_lock(&loop->lock);
	if (!posted->queued) {
		posted->queued = true;
		orl_list_append(&loop->posted, &posted->node);
		wake = !loop->posted_wake;
		loop->posted_wake = true;
	}
	pthread_mutex_unlock(&loop->lock);
	if (wake)
		orl_loop_wake(loop);
}

void orl_loop_unpost(struct orl_loop *loop, struct orl_posted *posted)
{
	pthread_mutex_lock(&loop->lock);
	if (posted->queued) {
		posted->queued = false;
		orl_list_remove(&posted->node);
	}
	pthread_mutex_unlock(&loop->lock);
}

/*
 * Only those that are there at the beginning: what they post belongs to the
 * next round. They may be taken back by each other, hence one at a time.
 */
static void run_posted(struct orl_loop *loop)
{
	struct orl_node *mark, end = { NULL, NULL };
	pthread_mutex_lock(&loop->lock);
	loop->posted_wake = false;
	if (orl_list_empty(&loop->posted)) {
		pthread_mutex_unlock(&loop->lock);
		return;
	}
	mark = &end;
	orl_list_append(&loop->posted, mark);
	for (;;) {
		struct orl_node *node = loop->posted.next;
		orl_list_remove(node);
		if (node == mark)
			break;
		struct orl_posted *p =
				orl_container(node, struct orl_posted, node);
		p->queued = false;
		pthread_mutex_unlock(&loop->lock);
		p->run(p);
		pthread_mutex_lock(&loop->lock);
	}
	pthread_mutex_unlock(&loop->lock);
}

static bool any_posted(struct orl_loop *loop)
{
	pthread_mutex_lock(&loop->lock);
	bool any = !orl_list_empty(&loop->posted);
	pthread_mutex_unlock(&loop->lock);
	return any;
}

/* ---- dispatch ---------------------------------------------------------- */

static void run_batch(struct orl_loop *loop, uint64_t until)
{
	while (loop->batch_i < loop->batch_n) {
		struct ready r = loop->batch[loop->batch_i++];
		if (r.watch && (r.events & r.watch->events))
			r.watch->ready(r.watch, r.events & r.watch->events);
		if (until != NEVER && orl_now(loop->env) >= until)
			return;
	}
}

/* One time around: what is ready, due, posted and deferred. */
static int round_once(struct orl_loop *loop, int timeout_ms, uint64_t until,
		bool *more)
{
	int n = 1;
	*more = false;
	/* What the last dispatch had no time for comes first. */
	if (loop->batch_i >= loop->batch_n) {
		n = backend_wait(loop, timeout_ms);
		if (n < 0)
			return n;
		if (n > 0)
			loop->wakeups++;
	}
	loop->dispatching = true;
	loop->woken = false;
	run_posted(loop);
	run_timers(loop);
	run_batch(loop, until);
	*more = run_deferred(loop);
	loop->dispatching = false;
	if (*more)
		orl_loop_wake(loop);
	/*
	 * What was posted meanwhile woke us already, and what is still
	 * readable stays so: neither needs another look to be found.
	 */
	*more = *more || loop->batch_i < loop->batch_n || n >= BATCH ||
		any_posted(loop);
	backend_arm(loop);
	return n;
}

static int dispatch(struct orl_loop *loop, int timeout_ms, uint64_t budget)
{
	uint64_t until = budget ? orl_now(loop->env) + budget : NEVER;
	bool more = false;
	for (int i = 0; i < ORL_LOOP_ROUNDS; i++) {
		int n = round_once(loop, timeout_ms, until, &more);
		if (n < 0)
			return n;
		if (!more)
			return 0;
		if (until != NEVER && orl_now(loop->env) >= until)
			return 1;
		timeout_ms = 0;
	}
	return 1;
}

int orl_loop_dispatch(struct orl_loop *loop, uint64_t budget)
{
	if (loop->dispatching)
		return ORIEL_ESTATE;
	return dispatch(loop, 0, budget);
}

int orl_loop_wait(struct orl_loop *loop, int timeout_ms)
{
	if (loop->dispatching)
		return ORIEL_ESTATE;
	return dispatch(loop, timeout_ms, 0);
}

const struct orl_env *orl_loop_env(const struct orl_loop *loop)
{
	return loop->env;
}

uint64_t orl_loop_wakeups(const struct orl_loop *loop)
{
	return loop->wakeups;
}

uint64_t orl_loop_arms(const struct orl_loop *loop)
{
	return loop->arms;
}

int orl_loop_create(struct orl_loop **out, const struct orl_env *env)
{
	struct orl_loop *loop = orl_alloc(env, 1, sizeof(*loop));
	if (!loop)
		return ORIEL_ENOMEM;
	loop->env = env;
	orl_list_init(&loop->watches);
	orl_list_init(&loop->timers);
	orl_list_init(&loop->deferred);
	orl_list_init(&loop->posted);
	pthread_mutex_init(&loop->lock, NULL);
	int err = backend_open(loop);
	if (err) {
		orl_loop_destroy(loop);
		return err;
	}
	*out = loop;
	return 0;
}

void orl_loop_destroy(struct orl_loop *loop)
{
	if (!loop)
		return;
	loop->dispatching = true;
	run_posted(loop);
	(void)run_deferred(loop);
	backend_close(loop);
	pthread_mutex_destroy(&loop->lock);
	orl_free(loop->env, loop);
}

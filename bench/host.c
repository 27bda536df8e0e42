/*
 * host.c - oriel-bench-host: the servers of some of a crowd's sessions, in one
 * thread, as the host of virtual machines would have them: each desktop has a
 * server of its own on a port of its own, and is given rectangles of a
 * framebuffer that is not counted as the server's memory. The crowd is
 * standard input. Frames carry the time at which they were due, so that a host
 * that is too busy to present in time does not look fresh.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <oriel/oriel-server.h>

#include "bench/crowd.h"
#include "bench/frames.h"
#include "bench/mark.h"
#include "bench/stage.h"

enum {
	MS = 1000000,
	BUDGET = 4 * MS,    /* of one server before the others get a turn */
	SECOND = 1000 * MS, /* a clock's */
	BETWEEN = 33 * MS,  /* the last frame and the first again */
	IDLE = 20,          /* ms between looks at `start` */
	EVENTS = 64,
};

struct desk {
	struct oriel_server *server;
	struct oriel_display *display;
	struct crowd_session *session;
	const struct frames *frames;
	bool still;
	uint32_t *picture;
	uint32_t next; /* frame */
	uint64_t base; /* that its times count from */
	uint64_t due;
};

struct host {
	struct crowd *crowd;
	struct frames frames[CROWD_WORKS];
	struct desk *desk;
	uint32_t first, n;
	int epoll, timer;
	uint64_t armed;
	char *certificate, *private_key;
};

static void ask(void *user, struct oriel_auth *auth)
{
	struct host *h = user;
	if (oriel_auth_use_verifier(auth, h->crowd->verifier))
		oriel_auth_reject(auth, "no password");
}

static void let_in(void *user, struct oriel_auth *auth)
{
	(void)user;
	oriel_auth_accept(auth, ORIEL_MAY_SEE);
}

/* ---- what the desktops do */

static int patch(struct desk *d, int32_t x, int32_t y, int32_t width,
		int32_t height, uint64_t time)
{
	size_t stride = (size_t)d->frames->width;
	const struct oriel_pixels pixels = { d->picture + (size_t)y * stride +
							     x,
		width, height, d->frames->width * 4, ORIEL_FORMAT_XRGB8888 };
	return oriel_display_patch(d->display, &pixels, x, y, time);
}

/* A small block that changes every second, as the last digit of a clock. */
static int tick(struct desk *d)
{
	int32_t x = d->frames->width - 8 * MARK_SIDE, y = MARK_SIDE;
	size_t stride = (size_t)d->frames->width;
	mark_draw(d->picture + (size_t)y * stride + x, stride, d->next);
	d->next = (d->next + 1) % MARK_NUMBERS;
	return patch(d, x, y, MARK_SIDE, MARK_SIDE, d->due);
}

static int next_frame(struct desk *d, struct crowd *c)
{
	const struct frame *frame = &d->frames->frame[d->next];
	double cpu = stage_thread_cpu();
	int err = 0;
	frames_apply(d->frames, d->next, d->picture, (size_t)d->frames->width);
	c->player += (uint64_t)((stage_thread_cpu() - cpu) * 1e9);
	for (uint32_t k = 0; !err && k < frame->rects; k++) {
		const struct frame_rect *r = &d->frames->rect[frame->first + k];
		err = patch(d, r->x, r->y, r->width, r->height, d->due);
	}
	d->next++;
	return err;
}

static int present(struct desk *d, struct crowd *c)
{
	struct crowd_session *s = d->session;
	int err = d->still ? tick(d) : next_frame(d, c);
	if (s->presented < CROWD_FRAMES) {
		s->due[s->presented] = d->due;
		s->presented++;
	}
	if (d->still) {
		d->due += SECOND;
	} else {
		/* At the end it begins again. */
		const struct frames *f = d->frames;
		if (d->next == f->n) {
			d->base += f->frame[f->n - 1].time + BETWEEN;
			d->next = 0;
		}
		d->due = d->base + f->frame[d->next].time;
	}
	return err ? err : oriel_server_dispatch(d->server, BUDGET);
}

/* The picture at which its user begins. */
static int begin(struct desk *d)
{
	const struct frames *f = d->frames;
	uint64_t length = f->frame[f->n - 1].time + BETWEEN;
	uint64_t at = (uint64_t)(d->session->phase * (double)length);
	do
		frames_apply(f, d->next++, d->picture, (size_t)f->width);
	while (!d->still && d->next < f->n && f->frame[d->next].time < at);
	if (d->still)
		at = (uint64_t)(d->session->phase * SECOND);
	d->base = (uint64_t)0 - at;
	return patch(d, 0, 0, f->width, f->height, 0);
}

static void go(struct host *h, uint64_t start)
{
	for (uint32_t i = 0; i < h->n; i++) {
		struct desk *d = &h->desk[i];
		const struct frames *f = d->frames;
		d->base += start;
		if (!d->still && d->next == f->n) {
			d->base += f->frame[f->n - 1].time + BETWEEN;
			d->next = 0;
		}
		d->due = d->base + (d->still ? SECOND : f->frame[d->next].time);
	}
}

/* ---- all of them */

static int open_desk(struct host *h, struct desk *d)
{
	static const struct oriel_server_events events = {
		.size = sizeof(events),
		.auth_wanted = ask,
		.auth_proved = let_in,
	};
	const struct frames *f = d->frames;
	struct oriel_server_config config = { .size = sizeof(config),
		.events = &events,
		.user = h,
		.certificate = h->certificate,
		.private_key = h->private_key };
	struct oriel_display_config display = {
		.size = sizeof(display), .width = f->width, .height = f->height
	};
	char address[64] = "";
	/* Shared: a guest's memory is not the server's. */
	void *map = mmap(NULL, (size_t)f->width * (size_t)f->height * 4,
			PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			0);
	if (map == MAP_FAILED)
		return ORIEL_ENOMEM;
	d->picture = map;
	int err = oriel_server_create(&d->server, &config);
	err = err ? err
		  : oriel_display_create(&d->display, d->server, &display);
	err = err ? err
		  : oriel_server_listen(d->server, "tcp://127.0.0.1:0", address,
				    sizeof(address));
	if (err)
		return err;
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = d };
	if (epoll_ctl(h->epoll, EPOLL_CTL_ADD, oriel_server_fd(d->server),
			    &event))
		return ORIEL_EIO;
	err = begin(d);
	const char *colon = strrchr(address, ':');
	if (!err && colon)
		d->session->port = (uint32_t)strtoul(colon + 1, NULL, 10);
	return err;
}

/* The time that the first of the desktops is due. */
static uint64_t earliest(const struct host *h)
{
	uint64_t least = UINT64_MAX;
	for (uint32_t i = 0; i < h->n; i++)
		if (h->desk[i].due < least)
			least = h->desk[i].due;
	return least;
}

static void arm(struct host *h, uint64_t time)
{
	struct itimerspec t = { .it_value = { (time_t)(time / SECOND),
						(long)(time % SECOND) } };
	if (time == h->armed)
		return;
	h->armed = time;
	(void)timerfd_settime(h->timer, TFD_TIMER_ABSTIME, &t, NULL);
}

static int serve_once(struct host *h, int ms)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(h->epoll, events, EVENTS, ms);
	for (int i = 0; i < n; i++) {
		struct desk *d = events[i].data.ptr;
		int err = d ? oriel_server_dispatch(d->server, BUDGET) : 0;
		if (err < 0)
			return err;
	}
	return 0;
}

static int run(struct host *h)
{
	int err = 0;
	while (err >= 0 && !h->crowd->start)
		err = serve_once(h, IDLE);
	go(h, h->crowd->start);
	/* It is ended by a signal: looking for one would cost time. */
	while (err >= 0) {
		arm(h, earliest(h));
		err = serve_once(h, -1);
		for (uint32_t i = 0; err >= 0 && i < h->n; i++)
			if (h->desk[i].due <= stage_now())
				err = present(&h->desk[i], h->crowd);
	}
	return err;
}

static unsigned long option(int argc, char **argv, const char *name)
{
	size_t n = strlen(name);
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], name, n) == 0)
			return strtoul(argv[i] + n, NULL, 10);
	return 0;
}

static int prepare(struct host *h)
{
	struct crowd *c = h->crowd;
	struct rlimit files;
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	h->epoll = epoll_create1(EPOLL_CLOEXEC);
	h->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	h->desk = calloc(h->n, sizeof(*h->desk));
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	if (h->epoll < 0 || h->timer < 0 || !h->desk ||
			epoll_ctl(h->epoll, EPOLL_CTL_ADD, h->timer, &event))
		return ORIEL_EIO;
	int err = oriel_server_make_pair(
			&h->certificate, &h->private_key, "bench");
	if (!err && !c->verified) {
		err = oriel_make_verifier(c->verifier, sizeof(c->verifier),
				CROWD_PASSWORD);
		c->verified = err >= 0;
	}
	return err < 0 ? err : 0;
}

static int open_all(struct host *h)
{
	struct crowd *c = h->crowd;
	int err = prepare(h);
	for (uint32_t i = 0; !err && i < h->n; i++) {
		struct desk *d = &h->desk[i];
		d->session = &c->session[h->first + i];
		uint32_t work = d->session->work;
		struct frames *f = &h->frames[work];
		if (!f->map && frames_open(f, c->work[work].path))
			return ORIEL_EIO;
		d->frames = f;
		d->still = c->work[work].still;
		err = open_desk(h, d);
	}
	return err;
}

int main(int argc, char **argv)
{
	struct host h = { .crowd = crowd_map(STDIN_FILENO) };
	signal(SIGPIPE, SIG_IGN);
	h.first = (uint32_t)option(argc, argv, "--first=");
	h.n = (uint32_t)option(argc, argv, "--sessions=");
	if (!h.crowd || h.crowd->magic != CROWD_MAGIC || !h.n ||
			h.n > CROWD_MAX || h.first >= h.crowd->n ||
			h.n > h.crowd->n - h.first) {
		fprintf(stderr, "oriel-bench-host: to be started by "
				"oriel-bench density\n");
		return 2;
	}
	int err = open_all(&h);
	err = err ? err : run(&h);
	if (err < 0) {
		fprintf(stderr, "oriel-bench-host: %s\n", oriel_strerror(err));
		h.crowd->failed = true;
		return 1;
	}
	return 0;
}

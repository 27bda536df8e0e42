/*
 * prop_session.c - whatever a host does with its displays, a client ends up
 * with the same picture, proved exact, and never needs a reset.
 *
 * Random submits, patches, scrolls, moves, sizes, cursors, notices, second
 * displays and reconnects, over TLS and unix sockets with small buffers and a
 * client that stops now and then. With a second thread that types, looks and
 * acknowledges meanwhile. PROP_SEED= and PROP_ROUNDS= choose.
 */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codecs/classify.h"
#include "tests/pair.h"

enum { SIDE = 300, DISPLAYS = 3, STEPS_TO_EXACT = 20000 };

/* What the host has on a display, and what the client has of it. */
struct desk {
	struct oriel_display *display; /* NULL: not there */
	uint32_t id;                   /* that it has, or had */
	int32_t width, height;
	uint32_t *pixels; /* width words a row */
	struct oriel_screen *screen;
};

struct world {
	uint64_t seed;
	struct oriel_server *server;
	struct oriel_client *client;
	struct oriel_peer *peer;
	struct desk desks[DISPLAYS];
	char address[160], *certificate, *private_key;
	bool tls, thin, cut;
	enum oriel_client_state state;
	unsigned paused;                  /* steps that the client sleeps */
	uint64_t resets, proofs, painted; /* cells that were lossy */
	unsigned joins;

	/* The second thread looks at this one. */
	pthread_mutex_t lock;
	struct oriel_screen *looked_at;
	atomic_bool stop;
};

static uint32_t rnd(struct world *w, uint32_t n)
{
	w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(w->seed >> 33) % n;
}

/* ---- the hosts --------------------------------------------------------- */

static void on_wanted(void *user, struct oriel_auth *auth)
{
	(void)user;
	assert_int_equal(oriel_auth_use_password(auth, "password"), 0);
}

static void on_proved(void *user, struct oriel_auth *auth)
{
	(void)user;
	oriel_auth_accept(auth, ORIEL_MAY_SEE | ORIEL_MAY_INPUT);
}

static void on_joined(void *user, struct oriel_peer *peer)
{
	struct world *w = user;

	w->peer = peer;
	w->joins++;
}

static void count(struct world *w, const struct oriel_stats *s)
{
	w->resets += s->resets;
	w->painted += s->decisions[ORL_WHY_LARGE] + s->decisions[ORL_WHY_AGAIN];
}

static void on_left(void *user, struct oriel_peer *peer, int reason)
{
	struct world *w = user;
	struct oriel_stats s = { .size = sizeof(s) };

	(void)reason;
	oriel_peer_stats(peer, &s);
	count(w, &s);
	if (w->peer == peer)
		w->peer = NULL;
}

static const struct oriel_server_events server_events = {
	.size = sizeof(server_events),
	.auth_wanted = on_wanted,
	.auth_proved = on_proved,
	.peer_joined = on_joined,
	.peer_left = on_left,
};

static void on_state(void *user, enum oriel_client_state state, int error,
		const char *text)
{
	struct world *w = user;

	w->state = state;
	if (error && !w->cut)
		fail_msg("the session ended: %s", text);
}

static void on_trust(void *user, const uint8_t sha256[32], bool verified)
{
	struct world *w = user;

	(void)sha256;
	(void)verified;
	oriel_client_trust(w->client, true);
}

static void on_login(void *user)
{
	struct world *w = user;

	assert_int_equal(oriel_client_login(w->client, NULL, "password"), 0);
}

static void on_added(void *user, struct oriel_screen *screen)
{
	struct world *w = user;

	/* It may have gone at the server, or be another one by now. */
	for (int i = 0; i < DISPLAYS; i++)
		if (w->desks[i].display &&
				w->desks[i].id == oriel_screen_id(screen))
			w->desks[i].screen = screen;
	if (w->desks[0].screen != screen)
		return;
	pthread_mutex_lock(&w->lock);
	w->looked_at = screen;
	pthread_mutex_unlock(&w->lock);
}

static void on_removed(void *user, struct oriel_screen *screen)
{
	struct world *w = user;

	pthread_mutex_lock(&w->lock);
	if (w->looked_at == screen)
		w->looked_at = NULL;
	pthread_mutex_unlock(&w->lock);
	for (int i = 0; i < DISPLAYS; i++)
		if (w->desks[i].screen == screen)
			w->desks[i].screen = NULL;
}

static const struct oriel_client_events client_events = {
	.size = sizeof(client_events),
	.state = on_state,
	.trust_wanted = on_trust,
	.login_wanted = on_login,
	.screen_added = on_added,
	.screen_removed = on_removed,
};

/* ---- steps ------------------------------------------------------------- */

static bool same(const struct desk *d)
{
	struct oriel_pixels got;

	oriel_screen_pixels(d->screen, &got);
	if (got.width != d->width || got.height != d->height)
		return false;
	return memcmp(got.data, d->pixels,
			       (size_t)d->width * (size_t)d->height * 4) == 0;
}

static void step(struct world *w, int wait)
{
	assert_true(oriel_server_wait(w->server, wait) >= 0);
	if (w->paused)
		w->paused--;
	else
		assert_true(oriel_client_wait(w->client, 0) >= 0);
}

static bool all_exact(const struct world *w)
{
	struct oriel_stats s = { .size = sizeof(s) };
	unsigned there = 0;

	for (int i = 0; i < DISPLAYS; i++) {
		const struct desk *d = &w->desks[i];
		if (!d->display != !d->screen)
			return false;
		if (!d->display)
			continue;
		there++;
		if (!oriel_screen_is_exact(d->screen) || !same(d))
			return false;
	}
	if (!w->peer)
		return false;
	oriel_peer_stats(w->peer, &s);
	return s.exact || !there;
}

static void until_exact(struct world *w)
{
	for (int i = 0; i < STEPS_TO_EXACT; i++) {
		if (all_exact(w)) {
			w->proofs++;
			return;
		}
		step(w, 1);
	}
	fail_msg("not exact after %d steps", STEPS_TO_EXACT);
}

/* A unix: line with buffers of some size. */
static void plug(struct world *w)
{
	int fd[2], size = 2048 << rnd(w, 6);

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	for (int i = 0; i < 2; i++)
		setsockopt(fd[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	assert_int_equal(oriel_server_adopt(w->server, fd[0]), 0);
	assert_int_equal(oriel_client_adopt(w->client, fd[1], NULL), 0);
}

static void connect_client(struct world *w)
{
	if (w->tls)
		assert_int_equal(
				oriel_client_connect(w->client, w->address), 0);
	else
		plug(w);
	for (int i = 0; w->state != ORIEL_CLIENT_READY || !w->peer; i++) {
		step(w, 1);
		if (i > 5000)
			fail_msg("no session");
	}
}

static void cut_line(struct world *w)
{
	w->cut = true;
	oriel_client_disconnect(w->client);
	for (int i = 0; w->state != ORIEL_CLIENT_IDLE || w->peer; i++) {
		w->paused = 0;
		step(w, 1);
		if (i > 5000)
			fail_msg("the session does not end");
	}
	w->cut = false;
}

/* ---- what a host does -------------------------------------------------- */

static void submit(struct world *w, struct desk *d, const struct oriel_rect *r)
{
	struct oriel_frame_config cfg = { .size = sizeof(cfg),
		.flags = ORIEL_FRAME_VOLATILE,
		.pixels = { d->pixels, d->width, d->height, d->width * 4,
				ORIEL_FORMAT_XRGB8888 } };
	struct oriel_frame *frame;

	assert_int_equal(oriel_frame_create(&frame, w->server, &cfg), 0);
	assert_int_equal(oriel_display_submit(d->display, frame, r, r ? 1 : 0),
			0);
	oriel_frame_unref(frame);
}

static struct oriel_rect any_rect(struct world *w, const struct desk *d)
{
	struct oriel_rect r = { (int32_t)rnd(w, (uint32_t)d->width),
		(int32_t)rnd(w, (uint32_t)d->height), 0, 0 };

	r.width = 1 + (int32_t)rnd(w, (uint32_t)(d->width - r.x));
	r.height = 1 + (int32_t)rnd(w, (uint32_t)(d->height - r.y));
	return r;
}

static void fill(struct world *w, struct desk *d, struct oriel_rect r)
{
	uint32_t kind = rnd(w, 4), colour = rnd(w, 1 << 24);

	for (int32_t y = r.y; y < r.y + r.height; y++)
		for (int32_t x = r.x; x < r.x + r.width; x++) {
			uint32_t *p = &d->pixels[y * d->width + x];
			*p = kind == 0   ? colour
			     : kind == 1 ? ((uint32_t)(x / 3 ^ y / 5) & 1) *
							     colour
			     : kind == 2 ? rnd(w, 1 << 24)
					 : (uint32_t)(x * 2 + y * 3) % 256 *
							     0x010101;
		}
}

static void scroll(struct world *w, struct desk *d)
{
	int32_t dy = 1 + (int32_t)rnd(w, 30);

	if (dy >= d->height)
		return;
	memmove(d->pixels, d->pixels + dy * d->width,
			(size_t)(d->height - dy) * (size_t)d->width * 4);
	submit(w, d, NULL);
}

static void patch(struct world *w, struct desk *d)
{
	struct oriel_rect r = any_rect(w, d);

	fill(w, d, r);
	struct oriel_pixels p = { d->pixels + r.y * d->width + r.x, r.width,
		r.height, d->width * 4, ORIEL_FORMAT_XRGB8888 };
	assert_int_equal(oriel_display_patch(d->display, &p, r.x, r.y, 0), 0);
}

static void new_size(struct world *w, struct desk *d)
{
	d->width = 1 + (int32_t)rnd(w, SIDE);
	d->height = 1 + (int32_t)rnd(w, SIDE);
	memset(d->pixels, 0, SIDE * SIDE * 4); /* black at first */
}

static void resize(struct world *w, struct desk *d)
{
	int32_t x = (int32_t)rnd(w, 100);

	if (rnd(w, 3)) {
		new_size(w, d);
		assert_int_equal(oriel_display_resize(d->display, x, 7,
						 d->width, d->height),
				0);
		return;
	}
	assert_int_equal(oriel_display_resize(
					 d->display, x, 9, d->width, d->height),
			0);
}

static void set_cursor(struct world *w)
{
	static uint32_t image[32 * 32];
	struct oriel_pixels p = { image, 32, 32, 128, ORIEL_FORMAT_ARGB8888 };

	for (int i = 0; i < 32 * 32; i++)
		image[i] = rnd(w, 3) * 0x7f;
	assert_int_equal(oriel_server_set_cursor(w->server,
					 rnd(w, 4) ? &p : NULL, 3, 3),
			0);
}

static void toggle_display(struct world *w)
{
	struct desk *d = &w->desks[1 + rnd(w, DISPLAYS - 1)];
	struct oriel_display_config cfg = { .size = sizeof(cfg) };

	if (d->display) {
		oriel_display_destroy(d->display);
		d->display = NULL;
		return;
	}
	new_size(w, d);
	cfg.width = d->width;
	cfg.height = d->height;
	assert_int_equal(oriel_display_create(&d->display, w->server, &cfg), 0);
	d->id = oriel_display_id(d->display);
	for (int i = 0; i < DISPLAYS; i++)
		assert_true(&w->desks[i] == d || !w->desks[i].display ||
				w->desks[i].id != d->id);
}

static void act(struct world *w)
{
	struct desk *d = &w->desks[rnd(w, DISPLAYS)];
	uint32_t what = rnd(w, 100);

	if (!d->display)
		d = &w->desks[0];
	if (what < 35) {
		struct oriel_rect r = any_rect(w, d);
		fill(w, d, r);
		submit(w, d, &r);
	} else if (what < 55) {
		patch(w, d);
	} else if (what < 70) {
		scroll(w, d);
	} else if (what < 76) {
		resize(w, d);
	} else if (what < 84) {
		set_cursor(w);
	} else if (what < 88) {
		oriel_server_notice(w->server, (int)rnd(w, 3), "listen");
	} else if (what < 92) {
		toggle_display(w);
	} else if (what < 96) {
		w->paused = rnd(w, 100);
	} else if (what < 97) {
		cut_line(w);
		connect_client(w);
	} else {
		oriel_display_warp_cursor(d->display, 3, 4);
	}
}

/* ---- worlds ------------------------------------------------------------ */

enum { UNIX, TLS, THIN }; /* the line: THIN has room for JPEG at most */

static void init(struct world *w, uint64_t seed, int line, uint32_t workers)
{
	const bool tls = line != UNIX;
	struct oriel_server_config cfg = { .size = sizeof(cfg),
		.events = &server_events,
		.user = w,
		.workers = workers,
		.max_bandwidth = line == THIN ? 1 << 18 : 0 };
	struct oriel_client_config ccfg = {
		.size = sizeof(ccfg), .events = &client_events, .user = w
	};
	struct oriel_display_config screen = { .size = sizeof(screen) };
	char listen[100] = "tcp://127.0.0.1:0", actual[128];

	memset(w, 0, sizeof(*w));
	pthread_mutex_init(&w->lock, NULL);
	w->seed = seed;
	w->tls = tls;
	w->thin = line == THIN;
	if (tls) {
		assert_int_equal(oriel_server_make_pair(&w->certificate,
						 &w->private_key, "test"),
				0);
		cfg.certificate = w->certificate;
		cfg.private_key = w->private_key;
	} else {
		snprintf(listen, sizeof(listen), "unix:/tmp/oriel-prop-%d.sock",
				(int)getpid());
	}
	assert_int_equal(oriel_server_create(&w->server, &cfg), 0);
	assert_int_equal(oriel_server_listen(w->server, listen, actual,
					 sizeof(actual)),
			0);
	assert_int_equal(oriel_client_create(&w->client, &ccfg), 0);
	snprintf(w->address, sizeof(w->address), "%s%s", tls ? "oriel" : "",
			actual + (tls ? strlen("tcp") : 0));
	for (int i = 0; i < DISPLAYS; i++) {
		w->desks[i].pixels = calloc(SIDE * SIDE, 4);
		assert_non_null(w->desks[i].pixels);
	}
	new_size(w, &w->desks[0]);
	screen.width = w->desks[0].width;
	screen.height = w->desks[0].height;
	assert_int_equal(oriel_display_create(&w->desks[0].display, w->server,
					 &screen),
			0);
}

static void fini(struct world *w)
{
	struct oriel_stats s = { .size = sizeof(s) };

	oriel_peer_stats(w->peer, &s);
	count(w, &s);
	assert_int_equal(w->resets, 0);
	if (w->thin)
		assert_true(w->painted > 0);
	else if (!w->tls)
		assert_int_equal(w->painted, 0);
	oriel_client_destroy(w->client);
	oriel_server_destroy(w->server);
	for (int i = 0; i < DISPLAYS; i++)
		free(w->desks[i].pixels);
	oriel_text_free(w->certificate);
	oriel_text_free(w->private_key);
	pthread_mutex_destroy(&w->lock);
}

static long number(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text ? atol(text) : otherwise;
}

/* What a thin line has no room for: every history has it once. */
static void photograph(struct world *w)
{
	struct desk *d = &w->desks[0];

	d->width = d->height = SIDE;
	assert_int_equal(oriel_display_resize(d->display, 0, 0, SIDE, SIDE), 0);
	until_exact(w);
	for (uint32_t i = 0; i < SIDE * SIDE; i++)
		d->pixels[i] = rnd(w, 1 << 24);
	submit(w, d, NULL);
	until_exact(w);
}

static void live(struct world *w, long rounds)
{
	connect_client(w);
	photograph(w);
	for (long i = 0; i < rounds; i++) {
		act(w);
		for (uint32_t k = rnd(w, 6); k--;)
			step(w, 0);
		if (rnd(w, 60) == 0)
			until_exact(w);
	}
	until_exact(w);
}

static void every_history_ends_in_the_same_picture(void **state)
{
	long seed = number("PROP_SEED", (long)(pair_clock() % 1000000));
	long rounds = number("PROP_ROUNDS", 250);

	(void)state;
	static const char *const lines[] = { "unix", "tls", "thin" };
	for (unsigned i = 0; i < 6; i++) {
		struct world w;
		print_message("seed %ld, %s, %u workers\n", seed + i,
				lines[i % 3], i / 3 * 3);
		init(&w, (uint64_t)seed + i, (int)(i % 3), i / 3 * 3);
		live(&w, rounds);
		fini(&w);
	}
}

/* ---- two threads ------------------------------------------------------- */

/* What a window's thread does, as fast as it can. */
static void *look(void *arg)
{
	struct world *w = arg;
	uint32_t sum = 0, i = 0;

	while (!atomic_load(&w->stop)) {
		struct oriel_key key = { .usage = 0x070004 + i % 20,
			.down = ++i & 1 };
		struct oriel_pointer motion = { .x = (int32_t)(i % 300) };
		int err = oriel_client_key(w->client, &key);
		err |= oriel_client_pointer(w->client, &motion);
		sum += (uint32_t)err;
		if (i % 50 == 0)
			oriel_client_release_all(w->client);
		pthread_mutex_lock(&w->lock);
		if (w->looked_at) {
			struct oriel_pixels p;
			oriel_screen_acquire(w->looked_at, &p);
			for (int32_t y = 0; y < p.height; y++)
				sum += ((const uint32_t *)p.data)[y * p.width];
			oriel_screen_release(w->looked_at);
			oriel_screen_shown(w->looked_at, 0);
		}
		pthread_mutex_unlock(&w->lock);
		usleep(500);
	}
	return sum == 1 ? arg : NULL;
}

static void a_second_thread_may_look_and_type(void **state)
{
	long seed = number("PROP_SEED", (long)(pair_clock() % 1000000));
	pthread_t thread;
	struct world w;

	(void)state;
	print_message("seed %ld, two threads\n", seed);
	init(&w, (uint64_t)seed, UNIX, 0);
	assert_int_equal(pthread_create(&thread, NULL, look, &w), 0);
	live(&w, number("PROP_ROUNDS", 250));
	atomic_store(&w.stop, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_history_ends_in_the_same_picture),
		cmocka_unit_test(a_second_thread_may_look_and_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_hostile.c - a server and a client in trouble: memory that runs out
 * anywhere, peers that do not read, do not answer or lie, and hosts that end
 * things inside callbacks. Time is the test's own.
 */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include <oriel/oriel-client.h>

#include "server/server.h"
#include "tests/fuzz/session.h"

enum { WIDTH = 200, HEIGHT = 120, MS = 1000000 };

struct box {
	uint64_t now;
	long allocs, live, fail_at; /* fail_at < 0: never */
	bool for_ever;
	size_t bytes, most;

	struct oriel_server *server;
	struct oriel_display *displays[3];
	struct oriel_client *client;
	struct oriel_screen *screen;
	enum oriel_client_state state;
	int error;
	unsigned joins, leaves, wanted, sizes;
	int32_t width, height; /* the last size asked for */
	bool ended, destroy_all;
	const char *tls, *tls_key; /* certificate and key; NULL: unix */
};

static uint32_t picture[WIDTH * HEIGHT];

/* ---- the world --------------------------------------------------------- */

static bool fails(struct box *b)
{
	long n = b->allocs++;

	return b->fail_at >= 0 &&
	       (n == b->fail_at || (b->for_ever && n > b->fail_at));
}

static void *on_alloc(void *user, size_t n)
{
	struct box *b = user;

	if (fails(b))
		return NULL;
	size_t *p = malloc(n + 16);
	assert_non_null(p);
	p[0] = n;
	b->live++;
	b->bytes += n;
	if (b->bytes > b->most)
		b->most = b->bytes;
	return p + 2;
}

static void on_release(void *user, void *ptr)
{
	struct box *b = user;

	if (!ptr)
		return;
	size_t *p = (size_t *)ptr - 2;
	b->live--;
	b->bytes -= p[0];
	free(p);
}

static void *on_resize(void *user, void *ptr, size_t n)
{
	void *fresh = on_alloc(user, n);

	if (!fresh || !ptr)
		return fresh;
	size_t old = ((size_t *)ptr)[-2];
	memcpy(fresh, ptr, old < n ? old : n);
	on_release(user, ptr);
	return fresh;
}

static uint64_t on_now(void *user)
{
	return ((struct box *)user)->now;
}

/* ---- the hosts --------------------------------------------------------- */

static void on_wanted(void *user, struct oriel_auth *auth)
{
	(void)user;
	if (oriel_auth_use_none(auth) < 0)
		oriel_auth_reject(auth, "no");
}

static void on_trust(void *user, const uint8_t sha256[32], bool verified)
{
	struct box *b = user;

	(void)sha256;
	(void)verified;
	oriel_client_trust(b->client, true);
}

static void on_proved(void *user, struct oriel_auth *auth)
{
	(void)user;
	oriel_auth_accept(auth,
			ORIEL_MAY_SEE | ORIEL_MAY_INPUT | ORIEL_MAY_RESIZE);
}

static void on_joined(void *user, struct oriel_peer *peer)
{
	struct box *b = user;

	(void)peer;
	b->joins++;
}

static void on_left(void *user, struct oriel_peer *peer, int reason)
{
	struct box *b = user;

	(void)peer;
	(void)reason;
	b->leaves++;
}

static void on_frame_wanted(void *user, struct oriel_display *display)
{
	struct box *b = user;

	(void)display;
	b->wanted++;
	for (size_t i = 0; b->destroy_all && i < ORL_COUNT(b->displays); i++) {
		oriel_display_destroy(b->displays[i]);
		b->displays[i] = NULL;
	}
}

static void on_size(void *user, struct oriel_display *display, int32_t width,
		int32_t height)
{
	struct box *b = user;

	(void)display;
	b->sizes++;
	b->width = width;
	b->height = height;
}

static const struct oriel_server_events server_events = {
	.size = sizeof(server_events),
	.auth_wanted = on_wanted,
	.auth_proved = on_proved,
	.peer_joined = on_joined,
	.peer_left = on_left,
	.frame_wanted = on_frame_wanted,
	.resize_wanted = on_size,
};

static void on_state(void *user, enum oriel_client_state state, int error,
		const char *text)
{
	struct box *b = user;

	(void)text;
	b->state = state;
	b->error = error;
	b->ended |= state == ORIEL_CLIENT_IDLE;
}

static void on_added(void *user, struct oriel_screen *screen)
{
	((struct box *)user)->screen = screen;
}

static void on_removed(void *user, struct oriel_screen *screen)
{
	struct box *b = user;

	if (b->screen == screen)
		b->screen = NULL;
}

static const struct oriel_client_events client_events = {
	.size = sizeof(client_events),
	.state = on_state,
	.trust_wanted = on_trust,
	.screen_added = on_added,
	.screen_removed = on_removed,
};

static struct oriel_hooks hooks_of(struct box *b)
{
	return (struct oriel_hooks){ .size = sizeof(struct oriel_hooks),
		.user = b,
		.alloc = on_alloc,
		.resize = on_resize,
		.release = on_release,
		.log = no_log,
		.now = on_now };
}

static int make_server(struct box *b, const struct oriel_server_config *extra)
{
	struct oriel_hooks hooks = hooks_of(b);
	struct oriel_server_config cfg = { .size = sizeof(cfg) };

	if (extra)
		cfg = *extra;
	cfg.events = &server_events;
	cfg.user = b;
	cfg.hooks = &hooks;
	return oriel_server_create(&b->server, &cfg);
}

static int add_display(struct box *b, size_t i)
{
	struct oriel_display_config cfg = {
		.size = sizeof(cfg), .width = WIDTH, .height = HEIGHT
	};

	return oriel_display_create(&b->displays[i], b->server, &cfg);
}

static int make_client(struct box *b)
{
	struct oriel_hooks hooks = hooks_of(b);
	struct oriel_client_config cfg = { .size = sizeof(cfg),
		.events = &client_events,
		.user = b,
		.hooks = &hooks };

	return oriel_client_create(&b->client, &cfg);
}

/* Two ends of a line, the first adopted by the server. */
static int plug(struct box *b, int *out)
{
	int fd[2], small = 4096;

	assert_int_equal(
			socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd),
			0);
	setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	int err = oriel_server_adopt(b->server, fd[0]);
	if (err) {
		close(fd[0]);
		close(fd[1]);
		return err;
	}
	*out = fd[1];
	return 0;
}

static void step(struct box *b)
{
	b->now += 5 * MS;
	assert_true(oriel_server_dispatch(b->server, 0) >= 0);
	if (b->client)
		assert_true(oriel_client_dispatch(b->client, 0) >= 0);
}

static void paint(uint32_t seed)
{
	for (int i = 0; i < WIDTH * HEIGHT; i++)
		picture[i] = ((uint32_t)(i / 9) * 2654435761u ^ seed) >>
			     (i % WIDTH < WIDTH / 2 ? 28 : 8);
}

static int patch(struct box *b, size_t i)
{
	struct oriel_pixels p = { picture, WIDTH, HEIGHT, WIDTH * 4,
		ORIEL_FORMAT_XRGB8888 };

	return oriel_display_patch(b->displays[i], &p, 0, 0, 0);
}

static void fini(struct box *b)
{
	oriel_client_destroy(b->client);
	oriel_server_destroy(b->server);
	assert_int_equal(b->live, 0);
}

/* A client by hand, that logs in and says what a test makes it say. */
static int raw_peer(struct box *b)
{
	uint8_t out[256];
	struct orl_wr w = { out, sizeof(out), 0 };
	int fd;

	assert_int_equal(plug(b, &fd), 0);
	orl_put_client_hello(&w, &(struct orl_client_hello){ .oldest = 1,
						 .newest = 1,
						 .max_pixels = 1 << 26 });
	say(fd, ORL_MSG_client_hello, out, w.n);
	w.n = 0;
	orl_put_login(&w, &(struct orl_login){
					  .method = { (const uint8_t *)"PEER",
							  4 } });
	say(fd, ORL_MSG_login, out, w.n);
	return fd;
}

static struct oriel_peer *first_peer(const struct box *b)
{
	return orl_container(b->server->peers.next, struct oriel_peer, node);
}

/* ---- memory ------------------------------------------------------------ */

/* Join them: by a pair of sockets, or by TLS over the loopback. */
static int join_ends(struct box *b)
{
	char address[160], url[200];
	int fd;

	if (!b->tls) {
		int err = plug(b, &fd);
		if (err)
			return err;
		err = oriel_client_adopt(b->client, fd, NULL);
		if (err)
			close(fd);
		return err;
	}
	int err = oriel_server_listen(b->server, "tcp://127.0.0.1:0", address,
			sizeof(address));
	snprintf(url, sizeof(url), "oriel%.150s", address + strlen("tcp"));
	return err ? err : oriel_client_connect(b->client, url);
}

/* True when all of it worked; else it ended in a clean error. */
static bool live_a_life(struct box *b)
{
	static uint32_t arrow[16 * 16] = { 0xff00ff00 };
	struct oriel_pixels cursor = { arrow, 16, 16, 64,
		ORIEL_FORMAT_ARGB8888 };
	bool exact = false;
	struct oriel_server_config cfg = { .size = sizeof(cfg),
		.flags = ORIEL_SERVER_OPEN,
		.certificate = b->tls,
		.private_key = b->tls_key };
	int err = make_server(b, &cfg);

	if (!err)
		err = make_client(b);
	if (!err)
		err = add_display(b, 0);
	if (!err)
		err = join_ends(b);
	for (unsigned i = 0; i < 200 && !err && !b->ended && !exact; i++) {
		if (i == 8)
			err = oriel_server_set_cursor(b->server, &cursor, 0, 0);
		if (i == 10)
			err = oriel_display_resize(b->displays[0], 0, 0, WIDTH,
					HEIGHT - 1);
		if (i == 12)
			err = oriel_display_resize(
					b->displays[0], 0, 0, WIDTH, HEIGHT);
		if (i == 15)
			err = patch(b, 0);
		step(b);
		exact = i > 15 && b->screen && oriel_screen_is_exact(b->screen);
	}
	if (!exact && b->fail_at < 0)
		fail_msg("not exact without a failure: %d", err);
	if (err && err != ORIEL_ENOMEM)
		fail_msg("error %d at allocation %ld", err, b->fail_at);
	oriel_client_destroy(b->client);
	oriel_server_destroy(b->server);
	if (b->live)
		fail_msg("%ld blocks lost at allocation %ld", b->live,
				b->fail_at);
	return exact;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	for (int i = 0; i < WIDTH * HEIGHT; i++)
		picture[i] = (uint32_t)(i / 7 % 5) * 0x334455 & 0xffffff;
	struct box all = { .now = 1, .fail_at = -1 };
	assert_true(live_a_life(&all));
	assert_true(all.allocs > 40);
	for (int for_ever = 0; for_ever < 2; for_ever++)
		for (long n = 0; n < all.allocs; n++) {
			struct box b = {
				.now = 1, .fail_at = n, .for_ever = for_ever
			};
			live_a_life(&b);
		}
}

static void every_allocation_may_fail_under_tls(void **state)
{
	char *certificate, *key;

	(void)state;
	assert_int_equal(oriel_server_make_pair(&certificate, &key, "test"), 0);
	struct box all = {
		.now = 1, .fail_at = -1, .tls = certificate, .tls_key = key
	};
	assert_true(live_a_life(&all));
	for (long n = 0; n < all.allocs; n++) {
		struct box b = { .now = 1,
			.fail_at = n,
			.for_ever = n & 1,
			.tls = certificate,
			.tls_key = key };
		live_a_life(&b);
	}
	oriel_text_free(certificate);
	oriel_text_free(key);
}

/* Whatever it lacks, pictures of the size that stays are still taken. */
static void a_resize_that_fails_changes_nothing(void **state)
{
	static const uint32_t large[4 * WIDTH * HEIGHT];
	const struct oriel_pixels all = { large, 2 * WIDTH, 2 * HEIGHT,
		8 * WIDTH, ORIEL_FORMAT_XRGB8888 };
	struct box b = { .now = 1, .fail_at = -1 };
	int failures = 0, err;

	(void)state;
	assert_int_equal(make_server(&b, NULL), 0);
	assert_int_equal(add_display(&b, 0), 0);
	int fd = raw_peer(&b);
	while (!b.joins)
		step(&b);
	do {
		b.fail_at = b.allocs + failures++;
		err = oriel_display_resize(
				b.displays[0], 0, 0, 2 * WIDTH, 2 * HEIGHT);
		b.fail_at = -1;
		assert_int_equal(oriel_display_patch(
						 b.displays[0], &all, 0, 0, 0),
				err ? ORIEL_EINVAL : 0);
		paint((uint32_t)failures);
		assert_int_equal(patch(&b, 0), 0);
		step(&b);
		hear(fd);
	} while (err == ORIEL_ENOMEM);
	assert_int_equal(err, 0);
	assert_true(failures > 4);
	close(fd);
	fini(&b);
}

/* ---- peers ------------------------------------------------------------- */

static void who_does_not_read_costs_little(void **state)
{
	struct box b = { .now = 1, .fail_at = -1 };
	static uint32_t arrow[64 * 64];
	struct oriel_pixels cursor = { arrow, 64, 64, 256,
		ORIEL_FORMAT_ARGB8888 };
	int fd, deaf[3];

	(void)state;
	assert_int_equal(make_server(&b, NULL), 0);
	assert_int_equal(add_display(&b, 0), 0);
	for (int i = 0; i < 3; i++)
		deaf[i] = raw_peer(&b);
	assert_int_equal(make_client(&b), 0);
	assert_int_equal(plug(&b, &fd), 0);
	assert_int_equal(oriel_client_adopt(b.client, fd, NULL), 0);
	while (b.joins < 4)
		step(&b);
	for (int i = 0; i < 20; i++)
		step(&b);
	size_t before = b.most = b.bytes;
	for (uint32_t i = 0; i < 400; i++) {
		paint(i);
		for (size_t k = 0; k < ORL_COUNT(arrow); k++)
			arrow[k] = i * 2654435761u * (uint32_t)k | 0xff000000;
		assert_int_equal(patch(&b, 0), 0);
		assert_int_equal(oriel_server_set_cursor(
						 b.server, &cursor, 1, 1),
				0);
		for (int k = 0; k < 20; k++)
			oriel_display_warp_cursor(b.displays[0], k, (int32_t)i);
		step(&b);
	}
	/* Three that are deaf, three parts and three shapes; and scratch. */
	assert_true(b.most - before < 8u << 20);
	assert_int_equal(b.leaves, 0);
	for (int i = 0; i < 200 && !oriel_screen_is_exact(b.screen); i++)
		step(&b);
	assert_true(oriel_screen_is_exact(b.screen));
	for (int i = 0; i < 3; i++)
		close(deaf[i]);
	for (int i = 0; i < 20; i++)
		step(&b);
	assert_int_equal(b.leaves, 3);
	fini(&b);
}

static void who_does_not_answer_is_sent_no_more(void **state)
{
	struct box b = { .now = 1, .fail_at = -1 };

	(void)state;
	assert_int_equal(make_server(&b, NULL), 0);
	assert_int_equal(add_display(&b, 0), 0);
	int fd = raw_peer(&b);
	while (!b.joins)
		step(&b);
	struct oriel_peer *peer = first_peer(&b);
	for (uint32_t i = 0; i < 200; i++) {
		paint(i);
		assert_int_equal(patch(&b, 0), 0);
		b.now += 50 * MS;
		step(&b);
		hear(fd);
	}
	uint64_t updates = peer->stats.updates;
	assert_in_range(updates, 1, 6);
	/* Nor does it keep anybody busy. */
	uint64_t wakeups = orl_loop_wakeups(b.server->loop);
	for (int i = 0; i < 100; i++)
		step(&b);
	assert_true(orl_loop_wakeups(b.server->loop) - wakeups < 20);
	assert_int_equal(peer->stats.updates, updates);
	close(fd);
	fini(&b);
}

static void say_checked(int fd, uint32_t serial, unsigned rows)
{
	uint8_t out[512], bytes[256] = { 1 };
	struct orl_wr w = { out, sizeof(out), 0 };

	orl_put_checked(&w,
			&(struct orl_checked){ .serial = serial,
					.rows = { bytes, (uint16_t)rows } });
	say(fd, ORL_MSG_checked, out, w.n);
}

static void say_ack(int fd, uint32_t frame)
{
	uint8_t out[64];
	struct orl_wr w = { out, sizeof(out), 0 };

	orl_put_ack(&w, &(struct orl_ack){ .frame = frame });
	say(fd, ORL_MSG_ack, out, w.n);
}

static void a_liar_gets_one_refresh_in_two_seconds(void **state)
{
	struct box b = { .now = 1, .fail_at = -1 };

	(void)state;
	assert_int_equal(make_server(&b, NULL), 0);
	assert_int_equal(add_display(&b, 0), 0);
	int fd = raw_peer(&b);
	while (!b.joins)
		step(&b);
	struct oriel_peer *peer = first_peer(&b);
	uint64_t start = b.now;
	while (b.now - start < (uint64_t)10000 * MS) {
		step(&b);
		hear(fd);
		say_ack(fd, peer->next_frame);
		struct orl_pane *pane = orl_container(
				peer->panes.next, struct orl_pane, by_peer);
		if (pane->waiting)
			say_checked(fd, pane->serial, pane->asked_rows);
	}
	assert_in_range(peer->stats.resets, 3, 6);
	assert_false(orl_check_is_exact(peer));
	/* As many values as were asked for, or it is no answer. */
	struct orl_pane *pane = orl_container(
			peer->panes.next, struct orl_pane, by_peer);
	for (int i = 0; i < 1000 && !pane->waiting; i++) {
		step(&b);
		hear(fd);
		say_ack(fd, peer->next_frame);
	}
	assert_true(pane->waiting);
	say_checked(fd, pane->serial, pane->asked_rows + 1);
	for (int i = 0; i < 5; i++)
		step(&b);
	assert_int_equal(b.leaves, 1);
	close(fd);
	fini(&b);
}

static void acks_of_the_future_end_it(void **state)
{
	struct box b = { .now = 1, .fail_at = -1 };

	(void)state;
	assert_int_equal(make_server(&b, NULL), 0);
	int fd = raw_peer(&b);
	while (!b.joins)
		step(&b);
	say_ack(fd, 7);
	for (int i = 0; i < 5; i++)
		step(&b);
	assert_int_equal(b.leaves, 1);
	close(fd);
	fini(&b);
}

static void no_more_peers_than_were_asked_for(void **state)
{
	struct box b = { .now = 1, .fail_at = -1 };
	struct oriel_server_config cfg = { .size = sizeof(cfg),
		.max_peers = 2 };
	int fd[4];

	(void)state;
	assert_int_equal(make_server(&b, &cfg), 0);
	for (int i = 0; i < 3; i++)
		fd[i] = raw_peer(&b);
	for (int i = 0; i < 10; i++)
		step(&b);
	assert_int_equal(b.joins, 2);
	close(fd[0]);
	for (int i = 0; i < 10; i++)
		step(&b);
	fd[3] = raw_peer(&b);
	for (int i = 0; i < 10; i++)
		step(&b);
	assert_int_equal(b.joins, 3);
	for (int i = 1; i < 4; i++)
		close(fd[i]);
	fini(&b);
}

static void who_grabs_and_lets_go_drops_nobody(void **state)
{
	struct box b = { .now = 1, .fail_at = -1 };
	uint8_t give[4096], *p = give;

	(void)state;
	for (uint8_t i = 0; p + 5 <= give + sizeof(give); i ^= 1, p += 5)
		memcpy(p, (uint8_t[]){ 2, 0, 0, 0x11, i }, 5);
	assert_int_equal(make_server(&b, NULL), 0);
	int deaf = raw_peer(&b), grabs = raw_peer(&b);
	while (b.joins < 2)
		step(&b);
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(send(grabs, give, (size_t)(p - give), 0),
				p - give);
		oriel_server_set_locks(b.server, i);
		oriel_server_set_relative(b.server, i & 1);
		step(&b);
		hear(grabs);
	}
	assert_int_equal(b.leaves, 0);
	close(deaf);
	close(grabs);
	fini(&b);
}

static void say_resize(int fd, uint16_t width, uint16_t height)
{
	uint8_t out[64];
	struct orl_wr w = { out, sizeof(out), 0 };

	orl_put_resize(&w, &(struct orl_resize){ .width = width,
					   .height = height,
					   .scale = 100 });
	say(fd, ORL_MSG_resize, out, w.n);
}

static void sizes_are_asked_for_four_times_a_second(void **state)
{
	struct box b = { .now = 1, .fail_at = -1 };

	(void)state;
	assert_int_equal(make_server(&b, NULL), 0);
	assert_int_equal(add_display(&b, 0), 0);
	int fd = raw_peer(&b);
	while (!b.joins)
		step(&b);
	/* What no display can have is not even asked for. */
	say_resize(fd, ORL_DISPLAY_SIDE_MAX, ORL_DISPLAY_SIDE_MAX);
	for (int i = 0; i < 100; i++)
		step(&b);
	assert_int_equal(b.sizes, 0);
	say_resize(fd, 100, 99);
	step(&b);
	step(&b);
	assert_int_equal(b.sizes, 1);
	for (uint16_t i = 1; i <= 400; i++) {
		say_resize(fd, i, 100);
		step(&b); /* 5 ms */
		hear(fd);
	}
	assert_in_range(b.sizes, 8, 10);
	for (int i = 0; i < 60; i++)
		step(&b);
	assert_int_equal(b.width, 400);
	/* A wish does not outlive its display. */
	say_resize(fd, 7, 7);
	step(&b);
	oriel_display_destroy(b.displays[0]);
	for (int i = 0; i < 60; i++)
		step(&b);
	assert_int_equal(b.width, 400);
	assert_int_equal(b.leaves, 0);
	close(fd);
	fini(&b);
}

/* ---- hosts ------------------------------------------------------------- */

static void displays_may_end_when_a_frame_is_wanted(void **state)
{
	struct box b = { .now = 1, .fail_at = -1 };
	int fd;

	(void)state;
	assert_int_equal(make_server(&b, NULL), 0);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(add_display(&b, i), 0);
	assert_int_equal(make_client(&b), 0);
	assert_int_equal(plug(&b, &fd), 0);
	assert_int_equal(oriel_client_adopt(b.client, fd, NULL), 0);
	b.destroy_all = true;
	for (int i = 0; i < 100; i++)
		step(&b);
	assert_int_equal(b.wanted, 1);
	assert_null(b.screen);
	fini(&b);
}

static void hidden_screens_want_no_frames(void **state)
{
	struct box b = { .now = 1, .fail_at = -1 };
	int fd;

	(void)state;
	assert_int_equal(make_server(&b, NULL), 0);
	assert_int_equal(add_display(&b, 0), 0);
	assert_int_equal(make_client(&b), 0);
	assert_int_equal(plug(&b, &fd), 0);
	assert_int_equal(oriel_client_adopt(b.client, fd, NULL), 0);
	for (int i = 0; i < 100; i++)
		step(&b);
	assert_true(oriel_display_wanted(b.displays[0]));
	oriel_screen_set_visible(b.screen, false);
	for (int i = 0; i < 10; i++)
		step(&b);
	unsigned wanted = b.wanted;
	for (int i = 0; i < 5; i++) {
		paint((uint32_t)i);
		assert_int_equal(patch(&b, 0), 0);
		step(&b);
	}
	assert_int_equal(b.wanted, wanted);
	assert_false(oriel_display_wanted(b.displays[0]));
	fini(&b);
}

static void texts_of_any_length_are_said(void **state)
{
	struct box b = { .now = 1, .fail_at = -1 };
	struct oriel_display_config cfg = { .size = sizeof(cfg),
		.width = 32,
		.height = 32,
		.name = "sixty-three bytes and then a character that is longer"
			" than one\xc3\xa4\xc3\xa4" };
	char text[600];
	int fd;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + 511, "\xe2\x82\xac", 4);
	assert_int_equal(make_server(&b, NULL), 0);
	assert_int_equal(oriel_display_create(&b.displays[0], b.server, &cfg),
			0);
	assert_int_equal(make_client(&b), 0);
	assert_int_equal(plug(&b, &fd), 0);
	assert_int_equal(oriel_client_adopt(b.client, fd, NULL), 0);
	for (int i = 0; i < 50 && !b.screen; i++)
		step(&b);
	oriel_server_notice(b.server, 9, text);
	oriel_server_notice(b.server, -9, NULL);
	for (int i = 0; i < 20; i++)
		step(&b);
	assert_int_equal(b.state, ORIEL_CLIENT_READY);
	assert_int_equal(strlen(oriel_screen_name(b.screen)), 64);
	fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_may_fail),
		cmocka_unit_test(every_allocation_may_fail_under_tls),
		cmocka_unit_test(a_resize_that_fails_changes_nothing),
		cmocka_unit_test(who_does_not_read_costs_little),
		cmocka_unit_test(who_does_not_answer_is_sent_no_more),
		cmocka_unit_test(a_liar_gets_one_refresh_in_two_seconds),
		cmocka_unit_test(acks_of_the_future_end_it),
		cmocka_unit_test(no_more_peers_than_were_asked_for),
		cmocka_unit_test(who_grabs_and_lets_go_drops_nobody),
		cmocka_unit_test(sizes_are_asked_for_four_times_a_second),
		cmocka_unit_test(displays_may_end_when_a_frame_is_wanted),
		cmocka_unit_test(hidden_screens_want_no_frames),
		cmocka_unit_test(texts_of_any_length_are_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * fuzz_server.c - a whole server against a client that says anything, before
 * login and after. Covers: server/peer.c server/login.c server/input.c
 * server/check.c
 */
#include "tests/fuzz/session.h"

#include <oriel/oriel-server.h>

enum { WIDTH = 70, HEIGHT = 50 };

static uint32_t pixels[WIDTH * HEIGHT];

static void on_wanted(void *user, struct oriel_auth *auth)
{
	(void)user;
	if (strcmp(oriel_auth_name(auth), "nobody") == 0 ||
			oriel_auth_use_verifier(auth,
					"SCRAM-SHA-256$100000:"
					"MDEyMzQ1Njc4OWFiY2RlZg==$"
					"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
					":AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=") <
					0)
		oriel_auth_reject(auth, "no");
}

static void on_proved(void *user, struct oriel_auth *auth)
{
	(void)user;
	if (strcmp(oriel_auth_name(auth), "banned") == 0)
		oriel_auth_reject(auth, "not you");
	else
		oriel_auth_accept(auth, ORIEL_MAY_SEE | ORIEL_MAY_INPUT |
						ORIEL_MAY_RESIZE);
}

static void on_resize(void *user, struct oriel_display *display, int32_t width,
		int32_t height)
{
	(void)user;
	if (width <= WIDTH && height <= HEIGHT &&
			oriel_display_resize(display, 0, 0, width, height) < 0)
		abort();
}

static void on_key(void *user, struct oriel_peer *peer,
		const struct oriel_key *key)
{
	(void)user;
	if (!oriel_peer_name(peer) || !key)
		abort();
}

static void on_pointer(void *user, struct oriel_peer *peer,
		const struct oriel_pointer *pointer)
{
	(void)user;
	(void)peer;
	if (!(pointer->flags & ORIEL_POINTER_RELATIVE) &&
			(pointer->x < 0 || pointer->x >= WIDTH ||
					pointer->y < 0 || pointer->y >= HEIGHT))
		abort();
}

static void on_text(void *user, struct oriel_peer *peer, const char *text)
{
	(void)user;
	(void)peer;
	if (!orl_utf8_ok((const uint8_t *)text, strlen(text)))
		abort();
}

static const struct oriel_server_events events = {
	.size = sizeof(events),
	.auth_wanted = on_wanted,
	.auth_proved = on_proved,
	.resize_wanted = on_resize,
	.key = on_key,
	.pointer = on_pointer,
	.text = on_text,
};

/* The picture changes, as long as it still has this size. */
static void paint(struct oriel_display *display, uint8_t seed)
{
	struct oriel_pixels part = { pixels, 16, 16, WIDTH * 4,
		ORIEL_FORMAT_XRGB8888 };

	for (int i = 0; i < 16 * WIDTH; i++)
		pixels[i] = (uint32_t)(i / 3 * seed);
	int err = oriel_display_patch(display, &part, seed % 40, seed % 30, 0);
	if (err && err != ORIEL_EINVAL)
		abort();
}

static void log_in(int fd)
{
	uint8_t out[256];
	struct orl_wr w = { out, sizeof(out), 0 };
	struct orl_client_hello hello = { .oldest = 1, .newest = 1,
		.max_pixels = 1 << 26 };

	orl_put_client_hello(&w, &hello);
	say(fd, ORL_MSG_client_hello, out, w.n);
	w.n = 0;
	orl_put_login(&w, &(struct orl_login){
					  .method = { (const uint8_t *)"PEER", 4 } });
	say(fd, ORL_MSG_login, out, w.n);
}

static void step(struct oriel_server *server, int fd)
{
	for (int i = 0; i < 3; i++) {
		if (oriel_server_dispatch(server, 0) < 0)
			abort();
		hear(fd);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oriel_hooks hooks = { .size = sizeof(hooks), .log = no_log,
		.random = no_random };
	struct oriel_server_config cfg = { .size = sizeof(cfg),
		.events = &events, .hooks = &hooks };
	struct oriel_display_config screen = { .size = sizeof(screen),
		.width = WIDTH, .height = HEIGHT };
	struct oriel_server *server;
	struct oriel_display *display;
	int fd[2];

	if (size < 1)
		return 0;
	if (oriel_server_create(&server, &cfg) < 0 ||
			oriel_display_create(&display, server, &screen) < 0 ||
			socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
					fd) < 0 ||
			oriel_server_adopt(server, fd[0]) < 0)
		abort();
	if (data[0] & MODE_READY)
		log_in(fd[1]);
	step(server, fd[1]);
	struct orl_rd r = rd_init(data + 1, size - 1);
	if (data[0] & MODE_RAW) {
		if (send(fd[1], r.p, size - 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			hear(fd[1]);
		r.p = r.end;
	}
	while (r.p != r.end && !r.bad) {
		uint16_t id = rd_U16(&r, 0, UINT16_MAX);
		uint16_t n = rd_U16(&r, 0, UINT16_MAX);
		const uint8_t *payload = rd_take(&r, n);
		if (!payload)
			break;
		if (id == RECORD_HOST)
			paint(display, n ? payload[0] : 1);
		else if (id != RECORD_STEP)
			say(fd[1], id, payload, n);
		step(server, fd[1]);
	}
	step(server, fd[1]);
	close(fd[1]);
	step(server, fd[1]);
	oriel_server_destroy(server);
	return 0;
}

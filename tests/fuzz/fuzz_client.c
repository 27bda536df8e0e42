/*
 * fuzz_client.c - a whole client against a server that says anything, before
 * login and after. Covers: client/session.c client/screen.c client/login.c
 */
#include "tests/fuzz/session.h"

#include <oriel/oriel-client.h>

#include "proto/auth.h"
#include "proto/caps.h"
#include "proto/io/host.h"

struct host {
	struct oriel_client *client;
	struct oriel_screen *screen;
};

static void on_login(void *user)
{
	struct host *h = user;

	if (oriel_client_login(h->client, NULL, "pencil") < 0)
		oriel_client_disconnect(h->client);
}

static void on_added(void *user, struct oriel_screen *screen)
{
	struct host *h = user;

	h->screen = screen;
}

static void on_removed(void *user, struct oriel_screen *screen)
{
	struct host *h = user;

	if (h->screen == screen)
		h->screen = NULL;
}

/* Look at every pixel that is said to have changed. */
static void on_updated(void *user, struct oriel_screen *screen,
		const struct oriel_rect *rects, size_t count)
{
	struct oriel_pixels p;
	uint32_t sum = 0;

	(void)user;
	oriel_screen_pixels(screen, &p);
	for (size_t i = 0; i < count; i++)
		for (int32_t y = rects[i].y; y < rects[i].y + rects[i].height;
				y++)
			for (int32_t x = rects[i].x;
					x < rects[i].x + rects[i].width; x++)
				sum |= ((const uint32_t *)p.data)[y * p.width +
								  x];
	if (sum >> 24)
		abort();
	oriel_screen_shown(screen, 0);
}

static void on_cursor(void *user, const struct oriel_pixels *image,
		int32_t hot_x, int32_t hot_y)
{
	(void)user;
	if (image && (hot_x >= image->width || hot_y >= image->height))
		abort();
}

static const struct oriel_client_events events = {
	.size = sizeof(events),
	.login_wanted = on_login,
	.screen_added = on_added,
	.screen_removed = on_removed,
	.screen_updated = on_updated,
	.cursor = on_cursor,
};

static void say_hello(int fd, const char *methods)
{
	uint8_t out[512];
	struct orl_wr w = { out, sizeof(out), 0 };

	orl_put_server_hello(&w,
			&(struct orl_server_hello){ .version = 1,
					.caps = ORL_CAP(JPEG) | ORL_CAP(VP8),
					.methods = { (const uint8_t *)methods,
							(uint32_t)strlen(
									methods) } });
	say(fd, ORL_MSG_server_hello, out, w.n);
}

static void say_welcome(int fd, const uint8_t *proof, size_t n)
{
	static const uint8_t session[16];
	uint8_t out[ORL_BLOB_MAX + 64];
	struct orl_wr w = { out, sizeof(out), 0 };

	orl_put_welcome(&w, &(struct orl_welcome){ .rights = 0x1ff,
					    .epoch = 1,
					    .session = { session, 16 },
					    .proof = { proof, (uint32_t)n } });
	say(fd, ORL_MSG_welcome, out, w.n);
}

static void step(struct oriel_client *client, int fd)
{
	for (int i = 0; i < 3; i++) {
		if (oriel_client_dispatch(client, 0) < 0)
			abort();
		hear(fd);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oriel_hooks hooks = {
		.size = sizeof(hooks), .log = no_log, .random = no_random
	};
	struct host host = { NULL, NULL };
	/* Small screens only: what is looked for is not in large ones. */
	struct oriel_client_config cfg = { .size = sizeof(cfg),
		.events = &events,
		.user = &host,
		.hooks = &hooks,
		.max_pixels = 1 << 16 };
	int fd[2];

	if (size < 1)
		return 0;
	if (oriel_client_create(&host.client, &cfg) < 0 ||
			socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
					fd) < 0 ||
			oriel_client_adopt(host.client, fd[0], NULL) < 0)
		abort();
	step(host.client, fd[1]);
	if (data[0] & MODE_READY) {
		say_hello(fd[1], "PEER");
		step(host.client, fd[1]);
		say_welcome(fd[1], NULL, 0);
	} else if (data[0] & MODE_SCRAM) {
		say_hello(fd[1], ORL_METHOD_PLAIN);
	}
	step(host.client, fd[1]);
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
		if (id == RECORD_HOST && host.screen)
			oriel_screen_shown(host.screen, 1);
		else if (id != RECORD_STEP)
			say(fd[1], id, payload, n);
		step(host.client, fd[1]);
	}
	step(host.client, fd[1]);
	close(fd[1]);
	step(host.client, fd[1]);
	oriel_client_destroy(host.client);
	return 0;
}

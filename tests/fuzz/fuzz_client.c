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

/* Jobs with an odd number are wanted, the rest are refused. */
static void on_print(
		void *user, uint32_t job, const struct oriel_print_job *details)
{
	struct host *h = user;
	const struct oriel_print_status no = { .size = sizeof(no),
		.state = ORIEL_PRINT_FAILED };

	if (!orl_utf8_ok((const uint8_t *)details->title,
			    strlen(details->title)) ||
			details->first > details->last ||
			(job & 1 ? oriel_client_print_accept(h->client, job)
				 : oriel_client_print_status(
						   h->client, job, &no)) < 0)
		abort();
}

static void on_print_data(
		void *user, uint32_t job, const void *data, size_t bytes)
{
	struct host *h = user;

	(void)data;
	/* Of every fourth it takes nothing, and so runs full. */
	if (job & 2 && oriel_client_print_taken(h->client, job, bytes) < 0)
		abort();
}

static void on_print_finished(void *user, uint32_t job)
{
	struct host *h = user;
	const struct oriel_print_status done = { .size = sizeof(done),
		.state = ORIEL_PRINT_DONE };

	if (oriel_client_print_status(h->client, job, &done) < 0)
		abort();
}

static void set_printer(struct oriel_client *client)
{
	static const struct oriel_print_size paper = { 21000, 29700 };
	const struct oriel_printer printer = { .size = sizeof(printer),
		.name = "p",
		.formats = 7,
		.colours = 1,
		.sides = 1,
		.qualities = 2,
		.resolutions = 4,
		.media = &paper,
		.n_media = 1 };

	if (oriel_client_set_printer(client, &printer) < 0)
		abort();
}

/* Listen and speak, as much as the bytes say. */
static void make_sound(
		struct oriel_client *client, const uint8_t *data, size_t n)
{
	const struct oriel_sound_format format = { 48000, 2 };
	int16_t samples[2 * 2000];

	oriel_client_hear(client, samples, n > 1 ? data[1] * 7u : 480);
	if (n > 2 && oriel_client_speak(client, &format,
				     data[2] & 1 ? samples : NULL, 480) > 0)
		abort();
	if (n > 3)
		oriel_client_listen(client, data[3] & 1);
}

static const struct oriel_client_events events = {
	.size = sizeof(events),
	.login_wanted = on_login,
	.screen_added = on_added,
	.screen_removed = on_removed,
	.screen_updated = on_updated,
	.cursor = on_cursor,
	.print_started = on_print,
	.print_data = on_print_data,
	.print_finished = on_print_finished,
};

static void say_hello(int fd, const char *methods)
{
	uint8_t out[512];
	struct orl_wr w = { out, sizeof(out), 0 };

	orl_put_server_hello(&w,
			&(struct orl_server_hello){ .version = 1,
					.caps = ORL_CAP(JPEG) | ORL_CAP(OPUS) |
						ORL_CAP(PCM) | ORL_CAP(PRINT) |
						ORL_CAP(VP8),
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
		.max_pixels = 1 << 16,
		.flags = ORIEL_CLIENT_SOUND | ORIEL_CLIENT_SOUND_PCM };
	int fd[2];

	if (size < 1)
		return 0;
	if (oriel_client_create(&host.client, &cfg) < 0 ||
			socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
					fd) < 0 ||
			oriel_client_adopt(host.client, fd[0], NULL) < 0)
		abort();
	set_printer(host.client);
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
		if (id == RECORD_HOST && n && payload[0] == 's')
			make_sound(host.client, payload, n);
		else if (id == RECORD_HOST && host.screen)
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

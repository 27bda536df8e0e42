/*
 * hello-client.c - connect, wait until the picture is exact, write it down.
 *
 *	cc examples/hello-client.c -o hello-client \
 *		$(pkg-config --cflags --libs oriel-client)
 *	./hello-client unix:hello.socket > hello.ppm
 *
 * It knows no password and trusts no key that it has not been told of, so it
 * is for unix: sockets of the same user.
 */
#include <stdio.h>
#include <stdlib.h>

#include <oriel/oriel-client.h>

struct hello {
	struct oriel_client *client;
	int error;
	bool done;
};

static void state(void *user, enum oriel_client_state state, int error,
		const char *text)
{
	struct hello *hello = user;

	if (state != ORIEL_CLIENT_IDLE)
		return;
	if (error)
		fprintf(stderr, "hello-client: %s\n", text);
	hello->error = error;
	hello->done = true;
}

static void write_ppm(const struct oriel_pixels *p)
{
	printf("P6\n%d %d\n255\n", p->width, p->height);
	for (int32_t y = 0; y < p->height; y++) {
		const uint32_t *row =
				(const void *)((const char *)p->data +
						(size_t)y * (size_t)p->stride);
		for (int32_t x = 0; x < p->width; x++) {
			putchar(row[x] >> 16 & 255);
			putchar(row[x] >> 8 & 255);
			putchar(row[x] & 255);
		}
	}
}

static void exact(void *user, struct oriel_screen *screen, bool exact)
{
	struct hello *hello = user;
	struct oriel_pixels pixels;

	if (!exact)
		return;
	oriel_screen_pixels(screen, &pixels);
	write_ppm(&pixels);
	oriel_client_disconnect(hello->client);
}

int main(int argc, char **argv)
{
	static const struct oriel_client_events events = {
		.size = sizeof(events),
		.state = state,
		.screen_exact = exact,
	};
	struct hello hello = { .client = NULL };
	struct oriel_client_config cfg = { .size = sizeof(cfg),
		.name = "hello",
		.events = &events,
		.user = &hello };
	int err = oriel_client_create(&hello.client, &cfg);

	if (!err)
		err = oriel_client_connect(hello.client,
				argc > 1 ? argv[1] : "unix:hello.socket");
	while (err >= 0 && !hello.done)
		err = oriel_client_wait(hello.client, -1);
	oriel_client_destroy(hello.client);
	if (err < 0)
		fprintf(stderr, "hello-client: %s\n", oriel_strerror(err));
	return err < 0 || hello.error || fflush(stdout) ? EXIT_FAILURE
							: EXIT_SUCCESS;
}

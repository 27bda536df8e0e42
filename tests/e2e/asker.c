/*
 * asker.c - a client that asks for something and waits for what comes of it.
 *
 *	asker ADDRESS size WIDTH HEIGHT	the first screen is to have this size
 *	asker ADDRESS touch X Y		a finger comes down there, and goes up
 *
 * It knows no password, so it is for unix: sockets of the same user. It ends
 * well when the screen has that size and is exact, or the finger was sent; and
 * badly after 20 seconds. What it sees it says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <oriel/oriel-client.h>

struct asker {
	struct oriel_client *client;
	const char *what;
	int32_t a, b;
	bool asked, done;
};

static void act(struct asker *k, struct oriel_screen *screen)
{
	struct oriel_touch touch = { .display = oriel_screen_id(screen),
		.contact = 7,
		.phase = ORIEL_TOUCH_DOWN,
		.x = k->a,
		.y = k->b };

	k->asked = true;
	if (!strcmp(k->what, "size")) {
		if (oriel_screen_resize(screen, k->a, k->b) < 0)
			fputs("asker: it cannot be asked\n", stderr);
		return;
	}
	if (oriel_client_touch(k->client, &touch) < 0)
		fputs("asker: it cannot be touched\n", stderr);
	touch.phase = ORIEL_TOUCH_UP;
	if (oriel_client_touch(k->client, &touch) < 0)
		fputs("asker: it cannot be let go\n", stderr);
}

static void exact(void *user, struct oriel_screen *screen, bool exact)
{
	struct asker *k = user;
	struct oriel_rect r = oriel_screen_rect(screen);

	if (!exact)
		return;
	printf("%s %d x %d\n", oriel_screen_name(screen), r.width, r.height);
	fflush(stdout);
	if (!k->asked)
		act(k, screen);
	if (r.width == k->a && r.height == k->b)
		k->done = true;
}

static void state(void *user, enum oriel_client_state state, int error,
		const char *text)
{
	(void)user;
	if (state == ORIEL_CLIENT_IDLE && error)
		fprintf(stderr, "asker: %s\n", text);
}

int main(int argc, char **argv)
{
	static const struct oriel_client_events events = {
		.size = sizeof(events),
		.state = state,
		.screen_exact = exact,
	};
	struct asker k = { .client = NULL };
	struct oriel_client_config cfg = { .size = sizeof(cfg),
		.name = "asker",
		.events = &events,
		.user = &k };
	time_t end = time(NULL) + 20;

	if (argc != 5)
		return 2;
	k.what = argv[2];
	k.a = atoi(argv[3]);
	k.b = atoi(argv[4]);
	if (oriel_client_create(&k.client, &cfg) < 0 ||
			oriel_client_connect(k.client, argv[1]) < 0)
		return 1;
	while (!k.done && time(NULL) < end &&
			oriel_client_wait(k.client, 200) >= 0)
		/* A finger has nothing to wait for but its way there. */
		if (k.asked && !strcmp(k.what, "touch") && !k.done) {
			k.done = true;
			for (int i = 0; i < 5; i++)
				oriel_client_wait(k.client, 100);
		}
	oriel_client_destroy(k.client);
	return !k.done;
}

/*
 * fingers.c ADDRESS - a client without a window: it tells of the displays that
 * there are, and points and touches as it is told.
 *
 * A line on standard input is a command; each is answered with "ok" once the
 * server has been sent it. A display is named as the server names it.
 *
 *	point DISPLAY X Y BUTTONS
 *	down|move|up CONTACT DISPLAY X Y
 *	size DISPLAY WIDTH HEIGHT
 *
 * At the end of the input it leaves, whatever it holds. Standard output has
 * "display NAME ID WIDTHxHEIGHT+X+Y" for each that comes or changes, and
 * "gone NAME".
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <oriel/oriel-client.h>

enum { SCREENS = 16 };

static struct oriel_client *client;
static struct oriel_screen *screens[SCREENS];
static bool ready, ended;

static void on_state(void *user, enum oriel_client_state state, int error,
		const char *text)
{
	(void)user;
	ready = state == ORIEL_CLIENT_READY;
	if (ready)
		oriel_client_take(client, true);
	if (error) {
		fprintf(stderr, "fingers: %s\n", text);
		ended = true;
	}
}

static void tell(void *user, struct oriel_screen *screen)
{
	struct oriel_rect r = oriel_screen_rect(screen);

	(void)user;
	screens[oriel_screen_id(screen)] = screen;
	printf("display %s %u %dx%d+%d+%d\n", oriel_screen_name(screen),
			(unsigned)oriel_screen_id(screen), r.width, r.height,
			r.x, r.y);
}

static void on_removed(void *user, struct oriel_screen *screen)
{
	(void)user;
	screens[oriel_screen_id(screen)] = NULL;
	printf("gone %s\n", oriel_screen_name(screen));
}

static struct oriel_screen *find(const char *name)
{
	for (int i = 0; i < SCREENS; i++)
		if (screens[i] && strcmp(oriel_screen_name(screens[i]), name) ==
						  0)
			return screens[i];
	return NULL;
}

static int touch(const char *phase, struct oriel_screen *screen,
		unsigned contact, int x, int y)
{
	struct oriel_touch event = {
		.display = oriel_screen_id(screen),
		.contact = contact,
		.phase = *phase == 'd'   ? ORIEL_TOUCH_DOWN
			 : *phase == 'm' ? ORIEL_TOUCH_MOVED
					 : ORIEL_TOUCH_UP,
		.x = x,
		.y = y,
	};

	return oriel_client_touch(client, &event);
}

static int obey(const char *line)
{
	char word[8] = "", name[65] = "";
	int x, y;
	unsigned n;
	struct oriel_screen *screen;

	if (sscanf(line, "point %64s %d %d %u", name, &x, &y, &n) == 4) {
		screen = find(name);
		return screen ? oriel_client_pointer(client,
						&(struct oriel_pointer){
								.display = oriel_screen_id(
										screen),
								.x = x,
								.y = y,
								.buttons = n })
			      : ORIEL_EINVAL;
	}
	if (sscanf(line, "size %64s %d %d", name, &x, &y) == 3) {
		screen = find(name);
		return screen ? oriel_screen_resize(screen, x, y)
			      : ORIEL_EINVAL;
	}
	if (sscanf(line, "%7s %u %64s %d %d", word, &n, name, &x, &y) == 5) {
		screen = find(name);
		return screen ? touch(word, screen, n, x, y) : ORIEL_EINVAL;
	}
	return ORIEL_EINVAL;
}

/* The lines that have come; false at the end. */
static bool listen_to(int fd)
{
	static char text[4096];
	static size_t have;
	ssize_t n = read(fd, text + have, sizeof(text) - 1 - have);
	char *end;

	if (n <= 0)
		return false;
	have += (size_t)n;
	text[have] = 0;
	while ((end = strchr(text, '\n')) != NULL) {
		int err;

		*end = 0;
		err = obey(text);
		printf("%s\n", err ? oriel_strerror(err) : "ok");
		have -= (size_t)(end + 1 - text);
		memmove(text, end + 1, have + 1);
	}
	return true;
}

int main(int argc, char **argv)
{
	static const struct oriel_client_events events = {
		.size = sizeof(events),
		.state = on_state,
		.screen_added = tell,
		.screen_changed = tell,
		.screen_removed = on_removed,
	};
	struct oriel_client_config config = { .size = sizeof(config),
		.events = &events };

	if (argc != 2 || oriel_client_create(&client, &config) < 0 ||
			oriel_client_connect(client, argv[1]) < 0)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (!ended) {
		struct pollfd fds[2] = { { oriel_client_fd(client), POLLIN, 0 },
			{ ready ? 0 : -1, POLLIN, 0 } };

		if (poll(fds, 2, -1) < 0)
			break;
		if (fds[1].revents && !listen_to(0))
			break;
		if (oriel_client_dispatch(client, 0) < 0)
			break;
	}
	/* What was asked for is to go out before it leaves. */
	for (int i = 0; i < 10 && !ended; i++)
		oriel_client_wait(client, 10);
	oriel_client_destroy(client);
	return ended;
}

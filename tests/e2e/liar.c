/*
 * liar.c - a virtual machine that lies: called org.qemu on a bus, with one
 * console, and whoever listens to that is told what its argument says.
 *
 *	liar ADDRESS WHAT
 *
 * It says `listened` for each listener, and at the end of what it tells `told`.
 * Its screen is 64 x 48 and each word of it 0x00123456, unless told otherwise.
 * Some lies are the guest's own, on the channel of its agent.
 */
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-bus.h>

#include "tests/e2e/liar_sound.h"

enum { WIDTH = 64, HEIGHT = 48, X8R8G8B8 = 0x20020888, MANY = 20000 };
enum { BIG = 4000, TIMED = 200, TIMED_W = 1280, TIMED_H = 720 };

#define ROOT "/org/qemu/Display1"
#define LISTENER "org.qemu.Display1.Listener"

static sd_bus *peer;
static const char *what;
static uint32_t pixels[4 * WIDTH * HEIGHT];
static int handed = -1, channel = -1;

static bool lies(const char *lie)
{
	return strcmp(what, lie) == 0;
}

static int get_number(sd_bus *bus, const char *path, const char *interface,
		const char *property, sd_bus_message *reply, void *user,
		sd_bus_error *error)
{
	(void)bus;
	(void)path;
	(void)interface;
	(void)user;
	(void)error;
	if (lies("types"))
		return sd_bus_message_append(reply, "u", 0);
	if (lies("told"))
		return sd_bus_message_append(reply, "u", 16384);
	return sd_bus_message_append(reply, "u",
			!strcmp(property, "Width")    ? WIDTH
			: !strcmp(property, "Height") ? HEIGHT
						      : 0);
}

static int get_text(sd_bus *bus, const char *path, const char *interface,
		const char *property, sd_bus_message *reply, void *user,
		sd_bus_error *error)
{
	(void)bus;
	(void)path;
	(void)interface;
	(void)user;
	(void)error;
	return sd_bus_message_append(reply, "s",
			strcmp(property, "Type") ? "liar" : "Graphic");
}

static int get_ids(sd_bus *bus, const char *path, const char *interface,
		const char *property, sd_bus_message *reply, void *user,
		sd_bus_error *error)
{
	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)user;
	(void)error;
	if (lies("many")) {
		uint32_t ids[64];

		for (uint32_t i = 0; i < 64; i++)
			ids[i] = i;
		return sd_bus_message_append_array(
				reply, 'u', ids, sizeof(ids));
	}
	return sd_bus_message_append(reply, "au", 1, 0);
}

/* Keep the end of a line that we are handed. */
static int keep(sd_bus_message *m, int *to)
{
	int fd;

	if (sd_bus_message_read(m, "h", &fd) >= 0)
		*to = dup(fd);
	return sd_bus_reply_method_return(m, "");
}

static int on_register(sd_bus_message *m, void *user, sd_bus_error *error)
{
	(void)user;
	(void)error;
	return keep(m, &handed);
}

static int get_channel(sd_bus *bus, const char *path, const char *interface,
		const char *property, sd_bus_message *reply, void *user,
		sd_bus_error *error)
{
	(void)bus;
	(void)path;
	(void)interface;
	(void)user;
	(void)error;
	return strcmp(property, "Name") ? sd_bus_message_append(reply, "b", 1)
					: sd_bus_message_append(reply, "s",
							  "com.redhat.spice.0");
}

static int on_channel(sd_bus_message *m, void *user, sd_bus_error *error)
{
	(void)user;
	(void)error;
	return keep(m, &channel);
}

static int get_slots(sd_bus *bus, const char *path, const char *interface,
		const char *property, sd_bus_message *reply, void *user,
		sd_bus_error *error)
{
	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)user;
	(void)error;
	return sd_bus_message_append(reply, "i", 4);
}

static int on_touch(sd_bus_message *m, void *user, sd_bus_error *error)
{
	uint32_t kind;
	uint64_t slot;
	double x, y;

	(void)user;
	(void)error;
	if (sd_bus_message_read(m, "utdd", &kind, &slot, &x, &y) >= 0)
		printf("finger %u %u %.0f %.0f\n", kind, (unsigned)slot, x, y);
	fflush(stdout);
	return sd_bus_reply_method_return(m, "");
}

static const sd_bus_vtable fingers[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("MaxSlots", "i", get_slots, 0, 0),
	SD_BUS_METHOD("SendEvent", "utdd", "", on_touch,
			SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static int on_mouse(sd_bus_message *m, void *user, sd_bus_error *error)
{
	uint32_t a = 0, b = 0;

	(void)user;
	(void)error;
	sd_bus_message_read(m, "u", &a);
	if (strcmp(sd_bus_message_get_member(m), "SetAbsPosition") == 0)
		sd_bus_message_read(m, "u", &b);
	printf("mouse %s %u %u\n", sd_bus_message_get_member(m), a, b);
	fflush(stdout);
	return sd_bus_reply_method_return(m, "");
}

static int get_absolute(sd_bus *bus, const char *path, const char *interface,
		const char *property, sd_bus_message *reply, void *user,
		sd_bus_error *error)
{
	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)user;
	(void)error;
	return sd_bus_message_append(reply, "b", 1);
}

static const sd_bus_vtable mouse[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("IsAbsolute", "b", get_absolute, 0, 0),
	SD_BUS_METHOD("Press", "u", "", on_mouse, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Release", "u", "", on_mouse, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("SetAbsPosition", "uu", "", on_mouse,
			SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable chardev[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Name", "s", get_channel, 0, 0),
	SD_BUS_PROPERTY("FEOpened", "b", get_channel, 0, 0),
	SD_BUS_METHOD("Register", "h", "", on_channel,
			SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static int get_wrong_ids(sd_bus *bus, const char *path, const char *interface,
		const char *property, sd_bus_message *reply, void *user,
		sd_bus_error *error)
{
	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)user;
	(void)error;
	return sd_bus_message_append(reply, "as", 1, "zero");
}

static const sd_bus_vtable wrong_machine[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("ConsoleIDs", "as", get_wrong_ids, 0, 0),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable machine[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("ConsoleIDs", "au", get_ids, 0, 0),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable console[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Width", "u", get_number, 0, 0),
	SD_BUS_PROPERTY("Height", "u", get_number, 0, 0),
	SD_BUS_PROPERTY("Type", "s", get_text, 0, 0),
	SD_BUS_PROPERTY("Label", "s", get_text, 0, 0),
	SD_BUS_METHOD("RegisterListener", "h", "", on_register,
			SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

/* ---- what it tells ----------------------------------------------------- */

static int ignore(sd_bus_message *m, void *user, sd_bus_error *error)
{
	(void)m;
	(void)user;
	(void)error;
	return 0;
}

/* What it has to say goes out before the next. */
static void say(sd_bus_message *m)
{
	sd_bus_call_async(peer, NULL, m, ignore, NULL, 0);
	sd_bus_flush(peer);
	sd_bus_message_unref(m);
	while (sd_bus_process(peer, NULL) > 0)
		;
}

static sd_bus_message *begin(const char *method)
{
	sd_bus_message *m = NULL;

	if (sd_bus_message_new_method_call(peer, &m, NULL, ROOT "/Listener",
			    LISTENER, method) < 0)
		exit(1);
	return m;
}

static void scanout(uint32_t w, uint32_t h, uint32_t stride, uint32_t format,
		size_t bytes)
{
	sd_bus_message *m = begin("Scanout");

	sd_bus_message_append(m, "uuuu", w, h, stride, format);
	sd_bus_message_append_array(m, 'y', pixels, bytes);
	say(m);
}

static void update(int32_t x, int32_t y, int32_t w, int32_t h, uint32_t stride,
		size_t bytes)
{
	sd_bus_message *m = begin("Update");

	sd_bus_message_append(m, "iiiiuu", x, y, w, h, stride, X8R8G8B8);
	sd_bus_message_append_array(m, 'y', pixels, bytes);
	say(m);
}

static void cursor(int32_t w, int32_t h, size_t bytes)
{
	sd_bus_message *m = begin("CursorDefine");

	sd_bus_message_append(m, "iiii", w, h, 0, 0);
	sd_bus_message_append_array(m, 'y', pixels, bytes);
	say(m);
}

/* A screen that takes most of what a message can be. */
static void big(void)
{
	sd_bus_message *m = begin("Scanout");
	void *data;

	sd_bus_message_append(m, "uuuu", BIG, BIG, BIG * 4, X8R8G8B8);
	if (sd_bus_message_append_array_space(
			    m, 'y', (size_t)BIG * BIG * 4, &data) < 0)
		exit(1);
	memset(data, 0x55, (size_t)BIG * BIG * 4);
	say(m);
}

static int on_reply(sd_bus_message *m, void *user, sd_bus_error *error)
{
	(void)m;
	(void)error;
	*(bool *)user = true;
	return 0;
}

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* Whole screens, one after the other, each answered before the next. */
static void timed(void)
{
	double worst = 0, sum = 0;

	for (uint32_t i = 0; i < TIMED; i++) {
		sd_bus_message *m = begin("Update");
		bool answered = false;
		uint32_t *data;
		double before;

		sd_bus_message_append(m, "iiiiuu", 0, 0, TIMED_W, TIMED_H,
				TIMED_W * 4, X8R8G8B8);
		if (sd_bus_message_append_array_space(m, 'y',
				    TIMED_W * TIMED_H * 4, (void **)&data) < 0)
			exit(1);
		for (uint32_t k = 0; k < TIMED_W * TIMED_H; k++)
			data[k] = k * (i + 1) * 2654435761u >> 8;
		before = now_ms();
		if (sd_bus_call_async(peer, NULL, m, on_reply, &answered, 0) <
				0)
			exit(1);
		sd_bus_message_unref(m);
		while (!answered)
			if (sd_bus_process(peer, NULL) == 0)
				sd_bus_wait(peer, 100000);
		before = now_ms() - before;
		worst = before > worst ? before : worst;
		sum += before;
	}
	printf("answered %d whole screens of %d x %d: mean %.2f ms, worst %.2f "
	       "ms\n",
			TIMED, TIMED_W, TIMED_H, sum / TIMED, worst);
	scanout(WIDTH, HEIGHT, WIDTH * 4, X8R8G8B8, WIDTH * HEIGHT * 4);
}

static void tell(void)
{
	if (lies("patient")) {
		sigset_t set;
		int number;

		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		/* An update needs a screen; its first one is all of it. */
		sd_bus_message *m = begin("Scanout");
		void *data;

		sd_bus_message_append(m, "uuuu", TIMED_W, TIMED_H, TIMED_W * 4,
				X8R8G8B8);
		if (sd_bus_message_append_array_space(
				    m, 'y', TIMED_W * TIMED_H * 4, &data) < 0)
			exit(1);
		memset(data, 0, TIMED_W * TIMED_H * 4);
		say(m);
		puts("told");
		fflush(stdout);
		sigwait(&set, &number);
		timed();
	}
	if (lies("off")) {
		say(begin("Disable"));
		puts("told");
		fflush(stdout);
		return;
	}
	scanout(WIDTH, HEIGHT, WIDTH * 4, X8R8G8B8, WIDTH * HEIGHT * 4);
	if (!strcmp(what, "outside")) {
		update(60, 40, 8, 16, 32, 512);
		update(1000000, -1000000, 8, 8, 32, 256);
	} else if (!strcmp(what, "short")) {
		update(0, 0, 8, 8, 32, 255);
	} else if (!strcmp(what, "stride")) {
		update(0, 0, 8, 8, 28, 256);
	} else if (!strcmp(what, "large")) {
		scanout(16384, 16384, 65536, X8R8G8B8, 64);
		scanout(UINT32_MAX, UINT32_MAX, 0, X8R8G8B8, 0);
	} else if (!strcmp(what, "format")) {
		scanout(WIDTH, HEIGHT, WIDTH * 2, 0x10020565,
				WIDTH * HEIGHT * 2);
	} else if (!strcmp(what, "pointers")) {
		for (uint32_t i = 0; i < MANY; i++) {
			pixels[0] = i | 0xff000000;
			cursor(32, 32, 32 * 32 * 4);
		}
		cursor(-1, 7, 4);
	} else if (!strcmp(what, "flapping")) {
		for (unsigned i = 0; i < MANY / 10; i++)
			scanout(32 + i % 2 * 32, 24 + i % 2 * 24, 256, X8R8G8B8,
					48 * 256);
	} else if (lies("big")) {
		big();
		scanout(WIDTH, HEIGHT, WIDTH * 4, X8R8G8B8, WIDTH * HEIGHT * 4);
	} else if (lies("dmabuf")) {
		sd_bus_message *m = begin("ScanoutDMABUF");

		sd_bus_message_append(m, "huuuutb", 0, 64, 48, 256, 0x34325258,
				UINT64_C(0), 0);
		say(m);
	} else if (!strcmp(what, "nonsense")) {
		sd_bus_message *m = begin("Scanout");

		sd_bus_message_append(m, "s", "a screen");
		say(m);
	}
	if (!strcmp(what, "hangup"))
		peer = (sd_bus_close_unref(peer), NULL);
	puts("told");
	fflush(stdout);
}

/* ---- the guest's agent ------------------------------------------------- */

static void speak(const void *data, size_t size)
{
	const uint8_t *p = data;

	while (size) {
		ssize_t n = send(channel, p, size, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		p += n;
		size -= (size_t)n;
	}
}

/* Once, when it has been handed the channel. */
static void agent_begin(void)
{
	static const uint32_t caps[] = { 1, 28, 1, 6, 0, 0, 8, 1, 1 << 1 };
	static const uint32_t huge[] = { 1, UINT32_MAX, 1, 4, 0, 0,
		UINT32_MAX };
	static uint8_t garbage[1 << 20];

	puts("channel");
	fflush(stdout);
	if (lies("agent"))
		speak(caps, sizeof(caps));
	if (lies("agent-huge"))
		speak(huge, sizeof(huge));
	memset(garbage, lies("agent-garbage") ? 0xff : 0, sizeof(garbage));
	if (lies("agent-garbage") || lies("agent-huge"))
		for (int i = 0; i < 64; i++)
			speak(garbage, sizeof(garbage));
	if (lies("agent-caps"))
		for (int i = 0; i < MANY; i++)
			speak(caps, sizeof(caps));
}

/* What is said to it: each message is less than a chunk. */
static void agent_hear(void)
{
	static uint32_t words[512];
	ssize_t n = recv(channel, words, sizeof(words), MSG_DONTWAIT);
	size_t at = 0, all = n > 0 ? (size_t)n / 4 : 0;

	for (; at + 7 <= all; at += 2 + words[at + 1] / 4) {
		printf("heard %u\n", words[at + 3]);
		if (words[at + 3] == 2 && at + 11 <= all) {
			uint32_t h = words[at + 9], w = words[at + 10];

			printf("monitors %u x %u\n", w, h);
			if (w <= 128 && h <= 96)
				scanout(w, h, w * 4, X8R8G8B8, w * h * 4);
		}
	}
	fflush(stdout);
}

static void listened(void)
{
	if (peer)
		sd_bus_close_unref(peer);
	peer = NULL;
	puts("listened");
	fflush(stdout);
	if (sd_bus_new(&peer) < 0 || sd_bus_set_fd(peer, handed, handed) < 0 ||
			sd_bus_set_server(peer, 1, SD_ID128_NULL) < 0 ||
			sd_bus_set_anonymous(peer, 1) < 0 ||
			sd_bus_start(peer) < 0)
		exit(1);
	handed = -1;
	while (sd_bus_is_ready(peer) == 0) {
		sd_bus_process(peer, NULL);
		sd_bus_wait(peer, 100000);
	}
	tell();
}

int main(int argc, char **argv)
{
	sd_bus *bus = NULL;

	if (argc != 3)
		return 2;
	what = argv[2];
	/* For sigwait(); it may come early. */
	if (lies("patient")) {
		sigset_t set;

		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		sigprocmask(SIG_BLOCK, &set, NULL);
	}
	for (size_t i = 0; i < sizeof(pixels) / sizeof(pixels[0]); i++)
		pixels[i] = 0x00123456;
	if (sd_bus_new(&bus) < 0 || sd_bus_set_address(bus, argv[1]) < 0 ||
			sd_bus_set_bus_client(bus, 1) < 0 ||
			sd_bus_start(bus) < 0 ||
			sd_bus_add_object_vtable(bus, NULL, ROOT "/VM",
					"org.qemu.Display1.VM",
					lies("types") ? wrong_machine : machine,
					NULL) < 0 ||
			sd_bus_add_object_vtable(bus, NULL, ROOT "/Console_0",
					"org.qemu.Display1.Console", console,
					NULL) < 0 ||
			sd_bus_add_object_manager(bus, NULL, ROOT) < 0 ||
			(lies("sounds") && liar_sound(bus) < 0) ||
			(!strncmp(what, "agent", 5) &&
					sd_bus_add_object_vtable(bus, NULL,
							ROOT "/Chardev_vdag",
							"org.qemu.Display1."
							"Chardev",
							chardev, NULL) < 0) ||
			(lies("fingers") &&
					sd_bus_add_object_vtable(bus, NULL,
							ROOT "/Console_0",
							"org.qemu.Display1."
							"MultiTouch",
							fingers, NULL) < 0) ||
			sd_bus_add_object_vtable(bus, NULL, ROOT "/Console_0",
					"org.qemu.Display1.Mouse", mouse,
					NULL) < 0 ||
			sd_bus_request_name(bus, "org.qemu", 0) < 0)
		return 1;
	if (lies("mute"))
		pause();
	for (;;) {
		int r = sd_bus_process(bus, NULL), p = 0;

		if (peer) {
			p = sd_bus_process(peer, NULL);
			if (p < 0)
				peer = (sd_bus_unref(peer), NULL);
		}
		if (r < 0)
			return 0;
		if (handed >= 0)
			listened();
		if (channel >= 0 && peer) {
			static bool begun;

			if (!begun)
				agent_begin();
			begun = true;
			agent_hear();
		}
		if (!r && p <= 0)
			sd_bus_wait(bus, 10000);
	}
}

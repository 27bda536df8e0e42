/*
 * liar.c - a virtual machine that lies: called org.qemu on a bus, with one
 * console, and whoever listens to that is told what its argument says.
 *
 *	liar ADDRESS WHAT
 *
 * It says `listened` for each listener, and at the end of what it tells `told`.
 * Its screen is 64 x 48 and each word of it 0x00123456, unless told otherwise.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <systemd/sd-bus.h>

enum { WIDTH = 64, HEIGHT = 48, X8R8G8B8 = 0x20020888, MANY = 20000 };

#define ROOT "/org/qemu/Display1"
#define LISTENER "org.qemu.Display1.Listener"

static sd_bus *peer;
static const char *what;
static uint32_t pixels[4 * WIDTH * HEIGHT];
static int handed = -1;

static int get_number(sd_bus *bus, const char *path, const char *interface,
		const char *property, sd_bus_message *reply, void *user,
		sd_bus_error *error)
{
	(void)bus;
	(void)path;
	(void)interface;
	(void)user;
	(void)error;
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
	return sd_bus_message_append(reply, "au", 1, 0);
}

static int on_register(sd_bus_message *m, void *user, sd_bus_error *error)
{
	int fd;

	(void)user;
	(void)error;
	if (sd_bus_message_read(m, "h", &fd) >= 0)
		handed = dup(fd);
	return sd_bus_reply_method_return(m, "");
}

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
static void send(sd_bus_message *m)
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
	send(m);
}

static void update(int32_t x, int32_t y, int32_t w, int32_t h, uint32_t stride,
		size_t bytes)
{
	sd_bus_message *m = begin("Update");

	sd_bus_message_append(m, "iiiiuu", x, y, w, h, stride, X8R8G8B8);
	sd_bus_message_append_array(m, 'y', pixels, bytes);
	send(m);
}

static void cursor(int32_t w, int32_t h, size_t bytes)
{
	sd_bus_message *m = begin("CursorDefine");

	sd_bus_message_append(m, "iiii", w, h, 0, 0);
	sd_bus_message_append_array(m, 'y', pixels, bytes);
	send(m);
}

static void tell(void)
{
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
	} else if (!strcmp(what, "nonsense")) {
		sd_bus_message *m = begin("Scanout");

		sd_bus_message_append(m, "s", "a screen");
		send(m);
	}
	if (!strcmp(what, "hangup"))
		peer = (sd_bus_close_unref(peer), NULL);
	puts("told");
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
	for (size_t i = 0; i < sizeof(pixels) / sizeof(pixels[0]); i++)
		pixels[i] = 0x00123456;
	if (sd_bus_new(&bus) < 0 || sd_bus_set_address(bus, argv[1]) < 0 ||
			sd_bus_set_bus_client(bus, 1) < 0 ||
			sd_bus_start(bus) < 0 ||
			sd_bus_add_object_vtable(bus, NULL, ROOT "/VM",
					"org.qemu.Display1.VM", machine,
					NULL) < 0 ||
			sd_bus_add_object_vtable(bus, NULL, ROOT "/Console_0",
					"org.qemu.Display1.Console", console,
					NULL) < 0 ||
			sd_bus_request_name(bus, "org.qemu", 0) < 0)
		return 1;
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
		if (!r && p <= 0)
			sd_bus_wait(bus, 10000);
	}
}

/*
 * liar_sound.c - the sound card of the virtual machine that lies: each of its
 * listeners gets a process of its own, in which a guest opens and closes its
 * card a hundred times a second for three seconds, in forms that there are not
 * as well, and lies about sizes and numbers. Then it plays 440 Hz for three;
 * the one that records dies while it does.
 */
#include "tests/e2e/liar_sound.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define AUDIO "org.qemu.Display1.Audio"
#define ROOT "/org/qemu/Display1"

enum { STORM = 300, STEP_MS = 10, TONE = 300, RATE = 44100 };

static sd_bus *bus;
static const char *path, *interface;

static int ignore(sd_bus_message *m, void *user, sd_bus_error *error)
{
	(void)m;
	(void)user;
	(void)error;
	return 0;
}

static void say(sd_bus_message *m)
{
	if (sd_bus_call_async(bus, NULL, m, ignore, NULL, 0) < 0 ||
			sd_bus_flush(bus) < 0)
		_exit(1);
	sd_bus_message_unref(m);
	while (sd_bus_process(bus, NULL) > 0)
		;
}

static sd_bus_message *begin(const char *method)
{
	sd_bus_message *m = NULL;

	if (sd_bus_message_new_method_call(
			    bus, &m, NULL, path, interface, method) < 0)
		_exit(1);
	return m;
}

static void init(uint64_t id, uint8_t bits, bool is_float, uint32_t rate,
		uint8_t channels)
{
	sd_bus_message *m = begin("Init");

	sd_bus_message_append(m, "tybbuyuub", id, bits, 1, is_float, rate,
			channels, bits / 8 * channels,
			bits / 8 * channels * rate, 0);
	say(m);
}

static void enable(uint64_t id, bool on)
{
	sd_bus_message *m = begin("SetEnabled");

	sd_bus_message_append(m, "tb", id, on);
	say(m);
}

static void fini(uint64_t id)
{
	sd_bus_message *m = begin("Fini");

	sd_bus_message_append(m, "t", id);
	say(m);
}

static void with_bytes(const char *method, uint64_t id, const void *p, size_t n)
{
	sd_bus_message *m = begin(method);

	sd_bus_message_append(m, "t", id);
	if (strcmp(method, "SetVolume") == 0)
		sd_bus_message_append(m, "b", 0);
	sd_bus_message_append_array(m, 'y', p, n);
	say(m);
}

static void read_some(uint64_t id, uint64_t n)
{
	sd_bus_message *m = begin("Read");

	sd_bus_message_append(m, "tt", id, n);
	say(m);
}

static void pause_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* What is to be ignored, and what is to be survived. */
static void lie(bool out, uint64_t id)
{
	static const uint8_t bytes[(1 << 20) + 4];

	init(id + 1, 0, false, 48000, 2);
	init(id + 1, 255, true, UINT32_MAX, 255);
	init(id, 16, false, 44100, 0); /* of one that is open */
	init(id, 32, true, 8000, 8);
	for (uint64_t k = 100; k < 110; k++)
		init(k, 16, false, 48000, 2);
	for (uint64_t k = 100; k < 110; k++)
		fini(k);
	if (out) {
		with_bytes("Write", id + 7, bytes, 64);
		with_bytes("Write", id, bytes, 0);
		with_bytes("Write", id, bytes, 7);
		with_bytes("Write", id, bytes, sizeof(bytes));
		with_bytes("SetVolume", id, bytes, 0);
	} else {
		read_some(id + 7, 64);
		read_some(id, 0);
		read_some(id, 7);
		read_some(id, UINT64_MAX);
	}
}

static void storm(bool out)
{
	uint8_t bytes[400] = { 0 };

	for (uint64_t i = 0; i < STORM; i++) {
		uint64_t id = i % 3;
		init(id, i % 2 ? 16 : 32, false, i % 5 ? 44100 : 48000, 2);
		enable(id, true);
		if (i % 50 == 0)
			lie(out, id);
		if (out)
			with_bytes("Write", id, bytes, sizeof(bytes));
		else
			read_some(id, sizeof(bytes));
		enable(id, false);
		fini(id);
		pause_ms(STEP_MS);
	}
	puts(out ? "stormed out" : "stormed in");
	fflush(stdout);
}

static void tone(void)
{
	int16_t samples[2 * RATE / 100];
	unsigned at = 0;

	init(1, 16, false, RATE, 2);
	enable(1, true);
	for (int i = 0; i < TONE; i++) {
		for (int k = 0; k < RATE / 100; k++, at++)
			samples[2 * k] = samples[2 * k + 1] =
					(int16_t)(12000 *
							sin(6.283185307 * 440 *
									at /
									RATE));
		with_bytes("Write", 1, samples, sizeof(samples));
		pause_ms(10);
	}
	enable(1, false);
	fini(1);
}

/* Nobody says that it does not listen any more. */
static void die_recording(void)
{
	init(1, 16, false, RATE, 2);
	enable(1, true);
	pause_ms(500);
	puts("died recording");
	fflush(stdout);
}

static int on_register(sd_bus_message *m, void *user, sd_bus_error *error)
{
	bool out = strcmp(sd_bus_message_get_member(m),
				   "RegisterOutListener") == 0;
	int fd;

	(void)user;
	(void)error;
	if (sd_bus_message_read(m, "h", &fd) < 0)
		return -1;
	if (fork() != 0)
		return sd_bus_reply_method_return(m, "");
	path = out ? ROOT "/AudioOutListener" : ROOT "/AudioInListener";
	interface = out ? AUDIO "OutListener" : AUDIO "InListener";
	fd = dup(fd);
	if (sd_bus_new(&bus) < 0 || sd_bus_set_fd(bus, fd, fd) < 0 ||
			sd_bus_set_server(bus, 1, SD_ID128_NULL) < 0 ||
			sd_bus_set_anonymous(bus, 1) < 0 ||
			sd_bus_start(bus) < 0)
		_exit(1);
	while (sd_bus_is_ready(bus) == 0) {
		sd_bus_process(bus, NULL);
		sd_bus_wait(bus, 100000);
	}
	storm(out);
	if (out)
		tone();
	else
		die_recording();
	_exit(0);
}

static const sd_bus_vtable audio[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("RegisterOutListener", "h", "", on_register,
			SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RegisterInListener", "h", "", on_register,
			SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

int liar_sound(sd_bus *main_bus)
{
	return sd_bus_add_object_vtable(
			main_bus, NULL, ROOT "/Audio", AUDIO, audio, NULL);
}

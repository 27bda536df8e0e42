/*
 * device_live.c - devices that people press, hear and see: a mouse that nobody
 * moves; a headset (USB Audio 1.0: stereo out, mono in, 48 kHz); a camera (USB
 * Video 1.1: 160 x 120, uncompressed). What the headset hears is a tone of 1
 * kHz, what the camera sees are frames of one brightness each, counted up.
 */
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "tests/e2e/device.h"

/* ---- a mouse ----------------------------------------------------------- */

static const uint8_t mouse_configuration[] = { 9, 2, 34, 0, 1, 1, 0, 0x80, 50,
	9, 4, 0, 0, 1, 3, 1, 2, 0, 9, 0x21, 0x11, 1, 0, 1, 0x22, 52, 0, 7, 5,
	0x81, 3, 8, 0, 7 };
/* Three buttons, X, Y and a wheel. */
static const uint8_t report[52] = { 5, 1, 9, 2, 0xa1, 1, 9, 1, 0xa1, 0, 5, 9,
	0x19, 1, 0x29, 3, 0x15, 0, 0x25, 1, 0x95, 3, 0x75, 1, 0x81, 2, 0x95, 1,
	0x75, 5, 0x81, 1, 5, 1, 9, 0x30, 9, 0x31, 9, 0x38, 0x15, 0x81, 0x25,
	0x7f, 0x75, 8, 0x95, 3, 0x81, 6, 0xc0, 0xc0 };

static bool mouse_control(uint8_t *out, size_t *n,
		const struct usb_redir_control_packet_header *h,
		const uint8_t *data)
{
	(void)data;
	if (h->request == 6 && h->value >> 8 == 0x22) {
		memcpy(out, report, sizeof(report));
		*n = sizeof(report);
		return true;
	}
	memset(out, 0, 4);
	*n = 4;
	return h->requesttype == 0xa1 && h->request == 1;
}

const struct device_kind device_mouse = { .name = "mouse",
	.speed = usb_redir_speed_full,
	.configuration = mouse_configuration,
	.n = sizeof(mouse_configuration),
	.control = mouse_control };

/* ---- a headset --------------------------------------------------------- */

#define LE2(v) (v) & 255, (v) >> 8
#define LE4(v) LE2((v)&0xffff), LE2((v) >> 16)
#define HZ48 0x80, 0xbb, 0

static const uint8_t headset_configuration[] = { 9, 2,
	LE2(9 + 9 + 10 + 12 + 9 + 12 + 9 + 2 * (9 + 9 + 7 + 11 + 9 + 7)), 3, 1,
	0, 0x80, 50,
	/* Control: terminals 1 (USB) to 2 (speaker), 3 (microphone) to 4. */
	9, 4, 0, 0, 0, 1, 1, 0, 0, 10, 0x24, 1, 0, 1, LE2(10 + 12 + 9 + 12 + 9),
	2, 1, 2, 12, 0x24, 2, 1, 1, 1, 0, 2, 3, 0, 0, 0, 9, 0x24, 3, 2, 1, 3, 0,
	1, 0, 12, 0x24, 2, 3, 1, 2, 0, 1, 0, 0, 0, 0, 9, 0x24, 3, 4, 1, 1, 0, 3,
	0,
	/* Out. */
	9, 4, 1, 0, 0, 1, 2, 0, 0, 9, 4, 1, 1, 1, 1, 2, 0, 0, 7, 0x24, 1, 1, 1,
	1, 0, 11, 0x24, 2, 1, 2, 2, 16, 1, HZ48, 9, 5, 1, 9, LE2(192), 1, 0, 0,
	7, 0x25, 1, 0, 0, 0, 0,
	/* In. */
	9, 4, 2, 0, 0, 1, 2, 0, 0, 9, 4, 2, 1, 1, 1, 2, 0, 0, 7, 0x24, 1, 4, 1,
	1, 0, 11, 0x24, 2, 1, 1, 2, 16, 1, HZ48, 9, 5, 0x82, 5, LE2(96), 1, 0,
	0, 7, 0x25, 1, 0, 0, 0, 0 };

static int record;
static unsigned heard; /* samples of the tone so far */

static void headset_open(const char *path)
{
	record = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
	if (record < 0)
		device_die(path);
}

static void headset_out(const uint8_t *data, size_t n)
{
	if (write(record, data, n) < 0)
		device_die("write");
}

static size_t headset_in(uint8_t *data, size_t room)
{
	const double step = 2 * 3.14159265358979 * 1000 / 48000;

	for (size_t i = 0; i + 2 <= room; i += 2, heard++) {
		int v = (int)(8000 * sin(step * (heard % 48)));
		data[i] = (uint8_t)v;
		data[i + 1] = (uint8_t)((unsigned)v >> 8);
	}
	return room;
}

const struct device_kind device_headset = { .name = "headset",
	.speed = usb_redir_speed_full,
	.configuration = headset_configuration,
	.n = sizeof(headset_configuration),
	.open = headset_open,
	.iso_in = headset_in,
	.iso_out = headset_out };

/* ---- a camera ---------------------------------------------------------- */

enum {
	WIDTH = 160,
	HEIGHT = 120,
	FRAME = WIDTH * HEIGHT * 2,
	INTERVAL = 1000000, /* of 100 ns */
	HEAD = 2,           /* of each packet */
	PACKET = 800,
};

static const uint8_t camera_configuration[] = { 9, 2,
	LE2(9 + 8 + 9 + 13 + 17 + 9 + 9 + 14 + 27 + 30 + 9 + 7), 2, 1, 0, 0x80,
	50, 8, 11, 0, 2, 14, 3, 0, 0, /* one function */
	/* Control: camera 1 to USB 2. */
	9, 4, 0, 0, 0, 14, 1, 0, 0, 13, 0x24, 1, LE2(0x0110), LE2(13 + 17 + 9),
	LE4(6000000), 1, 1, 17, 0x24, 2, 1, LE2(0x0201), 0, 0, LE2(0), LE2(0),
	LE2(0), 2, LE2(0), 9, 0x24, 3, 2, LE2(0x0101), 0, 1, 0,
	/* Streaming: nothing, or YUY2. */
	9, 4, 1, 0, 0, 14, 2, 0, 0, 14, 0x24, 1, 1, LE2(14 + 27 + 30), 0x81, 0,
	2, 0, 0, 0, 1, 0, 27, 0x24, 4, 1, 1, 'Y', 'U', 'Y', '2', 0, 0, 0x10, 0,
	0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71, 16, 1, 0, 0, 0, 0, 30, 0x24, 5,
	1, 0, LE2(WIDTH), LE2(HEIGHT), LE4(FRAME * 8 * 10), LE4(FRAME * 8 * 10),
	LE4(FRAME), LE4(INTERVAL), 1, LE4(INTERVAL), 9, 4, 1, 1, 1, 14, 2, 0, 0,
	7, 5, 0x81, 5, LE2(PACKET), 1 };

static uint8_t probe[26];
static size_t frame_at;
static uint8_t frame_number, frame_flag;

static void camera_reset(void)
{
	frame_at = 0;
}

/* Probe and commit are all that it understands. */
static bool camera_control(uint8_t *out, size_t *n,
		const struct usb_redir_control_packet_header *h,
		const uint8_t *data)
{
	static const uint8_t only[26] = { 0, 0, 1, 1, LE4(INTERVAL), 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, LE4(FRAME), LE4(PACKET) };

	if (h->index != 1 || (h->value != 0x0100 && h->value != 0x0200))
		return false;
	memcpy(probe, only, sizeof(probe));
	if (h->requesttype == 0x21)
		return data != NULL;
	if (h->request == 0x85) { /* length */
		out[0] = sizeof(probe);
		out[1] = 0;
		*n = 2;
	} else if (h->request == 0x86) { /* what can be done */
		out[0] = 3;
		*n = 1;
	} else {
		memcpy(out, probe, sizeof(probe));
		*n = sizeof(probe);
	}
	return true;
}

static size_t camera_in(uint8_t *data, size_t room)
{
	size_t n = FRAME - frame_at;

	n = n < room - HEAD ? n : room - HEAD;
	data[0] = HEAD;
	data[1] = (uint8_t)(0x80 | frame_flag);
	/* Grey, as bright as its number. */
	for (size_t i = 0; i < n; i++)
		data[HEAD + i] = (frame_at + i) % 2 ? 128 : frame_number;
	frame_at += n;
	if (frame_at == FRAME) {
		data[1] |= 2;
		frame_at = 0;
		frame_flag ^= 1;
		frame_number++;
	}
	return HEAD + n;
}

const struct device_kind device_camera = { .name = "camera",
	.speed = usb_redir_speed_full,
	.configuration = camera_configuration,
	.n = sizeof(camera_configuration),
	.reset = camera_reset,
	.control = camera_control,
	.iso_in = camera_in };

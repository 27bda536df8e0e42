/*
 * usb.h - USB devices of this machine for the desktop. A thread of their own
 * (usb_host.c, usb_local.c) has the devices, the connection's thread (usb.c)
 * the session; between them are plain values and bytes, under one lock.
 */
#ifndef ORL_VIEWER_USB_H
#define ORL_VIEWER_USB_H

#include <pthread.h>
#include <stdatomic.h>

#include <oriel/oriel.h>

struct orl_viewer;
struct orl_device_local;      /* libusb's part */
struct orl_device_local_host; /* one device of it, held */

enum { ORL_DEVICE_SEEN_MAX = 32, ORL_DEVICE_TEXT = 160 };

/* What the devices' thread does with it. */
enum orl_device_host_state {
	ORL_DEVICE_ABSENT, /* a free place in the table */
	ORL_DEVICE_SEEN,   /* it is plugged in here */
	ORL_DEVICE_HELD,   /* it is ours; nothing is made of it yet */
	ORL_DEVICE_PIPED,  /* bytes flow */
	ORL_DEVICE_PULLED, /* it has gone; the session is to say so */
};

/* What the session has made of it. */
enum orl_device_link_state {
	ORL_DEVICE_UNLINKED,
	ORL_DEVICE_OFFERED,
	ORL_DEVICE_QUEUED, /* the desktop has no place now */
	ORL_DEVICE_LINKED, /* bytes may flow */
	ORL_DEVICE_ENDED,  /* until the devices' thread has let go of it */
};

struct orl_device_bytes {
	uint8_t *p;
	size_t at, n, capacity;
};

struct orl_device {
	enum orl_device_host_state host;
	enum orl_device_link_state link;
	bool wanted;    /* by the user, or a rule */
	bool fresh;     /* nobody has asked the rules for it yet */
	bool recalled;  /* it was looked for in what is remembered */
	bool late;      /* it was plugged in while we ran */
	bool unplugged; /* there is no such device any more */
	char why[ORL_DEVICE_TEXT * 2]; /* what stands in its way, or "" */
	struct oriel_usb_info info;
	char port[32], serial[64];
	const char *peer;             /* path of a socket, NULL: libusb's */
	uint64_t bytes_in, bytes_out; /* to and from the device */
	struct orl_device_bytes to_desktop, to_device;
	size_t consumed; /* of to_device, and not told yet */

	/* The devices' thread alone. */
	int fd; /* of a peer, or -1 */
	struct orl_device_local_host *local;
	uint64_t again; /* when a peer that was not there is tried again */

	/* The connection's thread alone. */
	uint32_t usb; /* the box's number, 0: none */
};

struct orl_devices {
	struct orl_viewer *viewer;
	pthread_mutex_t lock;
	struct orl_device devices[ORL_DEVICE_SEEN_MAX];
	const char *rules;         /* of this machine's administrator */
	const char *automatic;     /* rules of what is offered by itself */
	const char *const *chosen; /* VENDOR:PRODUCT, offered as well */
	size_t chosen_count;
	char trouble[ORL_DEVICE_TEXT]; /* why there are none */
	atomic_bool quit, posted;
	int wake[2];
	pthread_t thread;
	bool running;
	struct orl_device_local *local;
	bool may; /* the session has said what we may: usb.c */
};

/* ---- usb.c, the connection's thread ---- */

/* With what the options say; NULL when nothing is to be had. */
struct orl_devices *orl_devices_create(struct orl_viewer *v);
/* Gives everything back. */
void orl_devices_destroy(struct orl_devices *u);
/* After each wait: do what there is to do. */
void orl_devices_work(struct orl_viewer *v);
/* Events of the box. */
void orl_devices_on_rights(struct orl_viewer *v);
void orl_devices_on_answered(void *user, uint32_t usb,
		enum oriel_usb_answer answer, const char *why);
void orl_devices_on_data(void *user, uint32_t usb, const void *data, size_t n);
void orl_devices_on_writable(void *user, uint32_t usb);
void orl_devices_on_detached(void *user, uint32_t usb, const char *why);

/* ---- any thread ---- */

/* Give it to the desktop, or take it back, and remember that. */
void orl_devices_want(struct orl_devices *u, size_t index, bool wanted);

/* ---- usb_memory.c ---- */

enum { ORL_USB_MEMORY_MAX = 32 << 10, ORL_USB_MEMORY_LINE = 192 };

/* Lines of a text, without their ends. */
bool orl_usb_memory_has(const char *text, size_t n, const char *line);
/* The text with that line, or without; its length, 0: there is no room. */
size_t orl_usb_memory_set(char *out, size_t size, const char *text, size_t n,
		const char *line, bool there);
void orl_usb_memory_line(char *out, size_t size, const uint8_t key[static 32],
		const struct oriel_usb_info *info, const char *serial);
/* The same of the file. */
bool orl_usb_remembered(const char *line);
void orl_usb_remember(const char *line, bool given);

/* ---- usb_host.c ---- */

bool orl_devices_start(struct orl_devices *u);
void orl_devices_stop(struct orl_devices *u);
/* Have the devices' thread look. Threads: any. */
void orl_devices_wake(struct orl_devices *u);
/* Have the connection's thread look. Threads: any. */
void orl_devices_post(struct orl_devices *u);
bool orl_devices_put(struct orl_device_bytes *b, const void *data, size_t n);
void orl_devices_take(struct orl_device_bytes *b, size_t n);
void orl_devices_forget(struct orl_device_bytes *b);
/* A free place, under the lock, or NULL. */
struct orl_device *orl_devices_place(struct orl_devices *u);

/* ---- usb_local.c: libusb; the devices' thread, which holds no lock ---- */

/* NULL, and u->trouble, when there is none. */
struct orl_device_local *orl_devices_local_create(struct orl_devices *u);
void orl_devices_local_destroy(struct orl_device_local *l);
struct pollfd;
size_t orl_devices_local_watch(struct orl_device_local *l, struct pollfd *fds,
		size_t size, int *timeout_ms);
/* Do what is ready: devices come and go, transfers complete. */
void orl_devices_local_run(struct orl_device_local *l);
/* Hold the device; false and `why` when that cannot be. */
bool orl_devices_local_open(struct orl_device_local *l, size_t index, char *why,
		size_t size);
/* Have it speak usbredir, through to_desktop and to_device. */
bool orl_devices_local_pipe(struct orl_device_local *l, size_t index);
/* Move bytes; false when it cannot go on. */
bool orl_devices_local_move(struct orl_device_local *l, size_t index);
void orl_devices_local_close(struct orl_device_local *l, size_t index);

#endif

/*
 * usb_none.c - stands for usb_local.c where libusb is not: there are no
 * devices but those behind sockets.
 */
#include <stdio.h>

#include "client/viewer/usb.h"

struct orl_device_local *orl_devices_local_create(struct orl_devices *u)
{
	snprintf(u->trouble, sizeof(u->trouble),
			"this viewer was built without libusb");
	return NULL;
}

void orl_devices_local_destroy(struct orl_device_local *l)
{
	(void)l;
}

size_t orl_devices_local_watch(struct orl_device_local *l, struct pollfd *fds,
		size_t size, int *timeout_ms)
{
	(void)l;
	(void)fds;
	(void)size;
	(void)timeout_ms;
	return 0;
}

void orl_devices_local_run(struct orl_device_local *l)
{
	(void)l;
}

bool orl_devices_local_open(struct orl_device_local *l, size_t index, char *why,
		size_t size)
{
	(void)l;
	(void)index;
	(void)why;
	(void)size;
	return false;
}

bool orl_devices_local_pipe(struct orl_device_local *l, size_t index)
{
	(void)l;
	(void)index;
	return false;
}

bool orl_devices_local_move(struct orl_device_local *l, size_t index)
{
	(void)l;
	(void)index;
	return false;
}

void orl_devices_local_close(struct orl_device_local *l, size_t index)
{
	(void)l;
	(void)index;
}

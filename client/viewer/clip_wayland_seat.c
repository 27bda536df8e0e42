/*
 * clip_wayland_seat.c - the keyboard and the pointer, for the serials that come
 * with keys and clicks: a compositor lets nobody set a selection without one.
 */
#include <unistd.h>

#include "client/viewer/clip_wayland.h"

/* ---- the keyboard ------------------------------------------------------- */

static void on_keymap(void *user, struct wl_keyboard *keyboard, uint32_t format,
		int32_t fd, uint32_t size)
{
	(void)user;
	(void)keyboard;
	(void)format;
	(void)size;
	close(fd);
}

static void on_focus(void *user, struct wl_keyboard *keyboard, uint32_t serial,
		struct wl_surface *surface, struct wl_array *keys)
{
	(void)keyboard;
	(void)surface;
	(void)keys;
	orl_wayland_act(user, serial);
}

static void on_unfocus(void *user, struct wl_keyboard *keyboard,
		uint32_t serial, struct wl_surface *surface)
{
	(void)user;
	(void)keyboard;
	(void)serial;
	(void)surface;
}

static void on_key(void *user, struct wl_keyboard *keyboard, uint32_t serial,
		uint32_t time, uint32_t key, uint32_t state)
{
	(void)keyboard;
	(void)time;
	(void)key;
	(void)state;
	orl_wayland_act(user, serial);
}

static void on_modifiers(void *user, struct wl_keyboard *keyboard,
		uint32_t serial, uint32_t depressed, uint32_t latched,
		uint32_t locked, uint32_t group)
{
	(void)user;
	(void)keyboard;
	(void)serial;
	(void)depressed;
	(void)latched;
	(void)locked;
	(void)group;
}

static void on_repeat(void *user, struct wl_keyboard *keyboard, int32_t rate,
		int32_t delay)
{
	(void)user;
	(void)keyboard;
	(void)rate;
	(void)delay;
}

static const struct wl_keyboard_listener keyboard_calls = {
	.keymap = on_keymap,
	.enter = on_focus,
	.leave = on_unfocus,
	.key = on_key,
	.modifiers = on_modifiers,
	.repeat_info = on_repeat,
};

/* ---- the pointer -------------------------------------------------------- */

static void on_pointer_enter(void *user, struct wl_pointer *pointer,
		uint32_t serial, struct wl_surface *surface, wl_fixed_t x,
		wl_fixed_t y)
{
	(void)user;
	(void)pointer;
	(void)serial;
	(void)surface;
	(void)x;
	(void)y;
}

static void on_pointer_leave(void *user, struct wl_pointer *pointer,
		uint32_t serial, struct wl_surface *surface)
{
	(void)user;
	(void)pointer;
	(void)serial;
	(void)surface;
}

static void on_pointer_motion(void *user, struct wl_pointer *pointer,
		uint32_t time, wl_fixed_t x, wl_fixed_t y)
{
	(void)user;
	(void)pointer;
	(void)time;
	(void)x;
	(void)y;
}

static void on_button(void *user, struct wl_pointer *pointer, uint32_t serial,
		uint32_t time, uint32_t button, uint32_t state)
{
	(void)pointer;
	(void)time;
	(void)button;
	(void)state;
	orl_wayland_act(user, serial);
}

static void on_axis(void *user, struct wl_pointer *pointer, uint32_t time,
		uint32_t axis, wl_fixed_t value)
{
	(void)user;
	(void)pointer;
	(void)time;
	(void)axis;
	(void)value;
}

static const struct wl_pointer_listener pointer_calls = {
	.enter = on_pointer_enter,
	.leave = on_pointer_leave,
	.motion = on_pointer_motion,
	.button = on_button,
	.axis = on_axis,
};

static void on_capabilities(void *user, struct wl_seat *seat, uint32_t caps)
{
	struct orl_wayland *w = user;

	if (caps & WL_SEAT_CAPABILITY_KEYBOARD && !w->keyboard) {
		w->keyboard = wl_seat_get_keyboard(seat);
		wl_keyboard_add_listener(w->keyboard, &keyboard_calls, w);
	}
	if (caps & WL_SEAT_CAPABILITY_POINTER && !w->pointer) {
		w->pointer = wl_seat_get_pointer(seat);
		wl_pointer_add_listener(w->pointer, &pointer_calls, w);
	}
}

static void on_seat_name(void *user, struct wl_seat *seat, const char *name)
{
	(void)user;
	(void)seat;
	(void)name;
}

static const struct wl_seat_listener seat_calls = {
	.capabilities = on_capabilities,
	.name = on_seat_name,
};

void orl_wayland_seat(struct orl_wayland *w)
{
	wl_seat_add_listener(w->seat, &seat_calls, w);
}

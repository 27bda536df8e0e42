/*
 * clip_wayland.c - the clipboard of a Wayland compositor, for SDL knows only
 * text. A compositor tells of the selection whoever has the keyboard: so this
 * uses SDL's own connection, by a queue of its own and in the clipboard's
 * thread, with a seat, a keyboard (whose serials prove that somebody is there)
 * a pointer, and a data device of its own. Bytes go through pipes.
 */
#include "client/viewer/clip_wayland.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <oriel/oriel.h>

#include <SDL2/SDL_syswm.h>

#include "clip/types.h"

enum {
	SEAT_VERSION = 4, /* the first without anything that we do not know */
	MANAGER_VERSION = 3,
};

/* The name of what has been offered here, so that it is known again. */
static const char mark[] = "application/x-oriel-view";

static struct orl_wayland *of(struct orl_board *board)
{
	return (struct orl_wayland *)(void *)board;
}

/* ---- what others have copied -------------------------------------------- */

static void offer_end(struct orl_wayland_offer *offer)
{
	if (offer->proxy)
		wl_data_offer_destroy(offer->proxy);
	memset(offer, 0, sizeof(*offer));
}

static void on_type(void *user, struct wl_data_offer *proxy, const char *name)
{
	struct orl_wayland *w = user;
	struct orl_wayland_offer *o = &w->coming;
	bool latin1;
	const char *type = orl_type_of_target(name, &latin1);
	unsigned rank = orl_target_rank(name);
	size_t i = 0;

	if (proxy != o->proxy)
		return;
	o->secret = o->secret || orl_target_is_secret(name);
	o->ours = o->ours || strcmp(name, mark) == 0;
	if (!type || strlen(name) >= ORL_WAYLAND_NAME)
		return;
	while (i < o->count && o->types[i].type != type)
		i++;
	if (i == ORL_WAYLAND_TYPES ||
			(i < o->count && o->types[i].rank <= rank))
		return;
	o->types[i].type = type;
	o->types[i].latin1 = latin1;
	o->types[i].rank = rank;
	snprintf(o->types[i].name, ORL_WAYLAND_NAME, "%s", name);
	if (i == o->count)
		o->count++;
}

static void on_source_actions(
		void *user, struct wl_data_offer *proxy, uint32_t actions)
{
	(void)user;
	(void)proxy;
	(void)actions;
}

static const struct wl_data_offer_listener offer_calls = {
	.offer = on_type,
	.source_actions = on_source_actions,
	.action = on_source_actions,
};

static void on_data_offer(void *user, struct wl_data_device *device,
		struct wl_data_offer *proxy)
{
	struct orl_wayland *w = user;

	(void)device;
	offer_end(&w->coming);
	w->coming.proxy = proxy;
	wl_data_offer_add_listener(proxy, &offer_calls, w);
}

static void on_selection(void *user, struct wl_data_device *device,
		struct wl_data_offer *proxy)
{
	struct orl_wayland *w = user;
	const char *types[ORL_WAYLAND_TYPES];

	(void)device;
	offer_end(&w->current);
	if (proxy && proxy == w->coming.proxy) {
		w->current = w->coming;
		memset(&w->coming, 0, sizeof(w->coming));
	}
	if (w->current.ours)
		return;
	if (w->current.secret)
		w->current.count = 0;
	for (size_t i = 0; i < w->current.count; i++)
		types[i] = w->current.types[i].type;
	/* It is told again with each focus, which is no copy. */
	orl_deck_copied(w->deck, 0, types, w->current.count, w->current.secret);
}

/* Nothing is dragged here. */
static void on_enter(void *user, struct wl_data_device *device, uint32_t serial,
		struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y,
		struct wl_data_offer *proxy)
{
	struct orl_wayland *w = user;

	(void)device;
	(void)serial;
	(void)surface;
	(void)x;
	(void)y;
	if (proxy && proxy == w->coming.proxy)
		offer_end(&w->coming);
}

static void on_leave(void *user, struct wl_data_device *device)
{
	(void)user;
	(void)device;
}

static void on_motion(void *user, struct wl_data_device *device, uint32_t time,
		wl_fixed_t x, wl_fixed_t y)
{
	(void)user;
	(void)device;
	(void)time;
	(void)x;
	(void)y;
}

static const struct wl_data_device_listener device_calls = {
	.data_offer = on_data_offer,
	.enter = on_enter,
	.leave = on_leave,
	.motion = on_motion,
	.drop = on_leave,
	.selection = on_selection,
};

/* ---- programs that paste what we have ----------------------------------- */

static void on_target(
		void *user, struct wl_data_source *source, const char *name)
{
	(void)user;
	(void)source;
	(void)name;
}

static void on_send(void *user, struct wl_data_source *source, const char *name,
		int fd)
{
	struct orl_wayland *w = user;
	bool latin1;
	const char *type = orl_type_of_target(name, &latin1);
	struct orl_pipe *job = orl_pipe_new(w, fd, true);

	if (!job)
		return;
	if (type && source == w->source)
		job->paste = orl_deck_fetch(w->deck, 0, type,
				(struct orl_paste_end){ &orl_pipe_ops, job });
	if (!job->paste)
		orl_pipe_end(job);
}

static void on_cancelled(void *user, struct wl_data_source *source)
{
	struct orl_wayland *w = user;

	if (w->source == source)
		w->source = NULL;
	wl_data_source_destroy(source);
}

static void on_nothing(void *user, struct wl_data_source *source)
{
	(void)user;
	(void)source;
}

static void on_action(
		void *user, struct wl_data_source *source, uint32_t action)
{
	(void)user;
	(void)source;
	(void)action;
}

static const struct wl_data_source_listener source_calls = {
	.target = on_target,
	.send = on_send,
	.cancelled = on_cancelled,
	.dnd_drop_performed = on_nothing,
	.dnd_finished = on_nothing,
	.action = on_action,
};

static void wayland_offer(struct orl_board *board, unsigned selection,
		const char *const *types, size_t count)
{
	struct orl_wayland *w = of(board);
	struct wl_data_source *old = w->source;

	if (selection)
		return;
	w->source = NULL;
	if (count) {
		w->source = wl_data_device_manager_create_data_source(
				w->manager);
		wl_data_source_add_listener(w->source, &source_calls, w);
		/* First: Weston fetches that at once, whoever wants it. */
		wl_data_source_offer(w->source, mark);
	}
	for (size_t i = 0; i < count; i++) {
		const char *const *names = orl_targets_of(types[i]);

		if (!names)
			wl_data_source_offer(w->source, types[i]);
		/* Programs of Wayland know their own names. */
		for (; names && *names; names++)
			if (strcmp(*names, "STRING") != 0 &&
					!orl_target_is_gnome(*names))
				wl_data_source_offer(w->source, *names);
	}
	/* The old one goes when the compositor says so. */
	if (count || old) {
		/*
		 * One act allows one selection: Weston drops the next in
		 * silence, and would go on offering what was copied before.
		 */
		w->late = w->serial == w->taken;
		w->taken = w->serial;
		wl_data_device_set_selection(w->device, w->source, w->serial);
	}
	wl_display_flush(w->display);
}

void orl_wayland_act(struct orl_wayland *w, uint32_t serial)
{
	w->serial = serial;
	if (!w->late || serial == w->taken)
		return;
	w->late = false;
	w->taken = serial;
	wl_data_device_set_selection(w->device, w->source, serial);
	wl_display_flush(w->display);
}

static struct orl_paste *wayland_fetch(struct orl_board *board,
		unsigned selection, const char *type, struct orl_paste_end to)
{
	struct orl_wayland *w = of(board);
	const struct orl_wayland_offer *o = &w->current;
	struct orl_pipe *job;
	int fds[2];
	size_t i = 0;

	while (i < o->count && strcmp(o->types[i].type, type) != 0)
		i++;
	if (selection || i == o->count || o->types[i].latin1 || pipe(fds) < 0)
		return NULL;
	wl_data_offer_receive(o->proxy, o->types[i].name, fds[1]);
	wl_display_flush(w->display);
	close(fds[1]);
	job = orl_pipe_new(w, fds[0], false);
	if (!job)
		return NULL;
	job->paste = orl_paste_create(
			(struct orl_paste_end){ &orl_pipe_ops, job }, to);
	if (!job->paste) {
		orl_pipe_end(job);
		return NULL;
	}
	job->wanted = true;
	snprintf(job->name, sizeof(job->name), "%s", o->types[i].name);
	return job->paste;
}

/* ---- the connection ------------------------------------------------------ */

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void on_global(void *user, struct wl_registry *registry, uint32_t name,
		const char *interface, uint32_t version)
{
	struct orl_wayland *w = user;

	if (!w->seat && strcmp(interface, wl_seat_interface.name) == 0) {
		w->seat = wl_registry_bind(registry, name, &wl_seat_interface,
				least(version, SEAT_VERSION));
		orl_wayland_seat(w);
	} else if (!w->manager &&
			strcmp(interface, wl_data_device_manager_interface
							  .name) == 0) {
		w->manager = wl_registry_bind(registry, name,
				&wl_data_device_manager_interface,
				least(version, MANAGER_VERSION));
	}
}

static void on_global_gone(
		void *user, struct wl_registry *registry, uint32_t name)
{
	(void)user;
	(void)registry;
	(void)name;
}

static const struct wl_registry_listener registry_calls = {
	.global = on_global,
	.global_remove = on_global_gone,
};

static void wayland_close(struct orl_board *board)
{
	struct orl_wayland *w = of(board);

	if (w->reading)
		wl_display_cancel_read(w->display);
	for (size_t i = 0; i < ORL_PIPES; i++)
		if (w->jobs[i].w)
			orl_pipe_over(&w->jobs[i], ORIEL_ECLOSED);
	/* The process ends: what SDL's connection has goes with it. */
	free(w);
}

static struct orl_board *wayland_open(
		struct orl_deck *deck, void *native, const char **why)
{
	struct orl_wayland *w = calloc(1, sizeof(*w));
	struct wl_display *wrapper;

	*why = "its compositor has none";
	if (!w)
		return NULL;
	w->board.kind = &orl_board_wayland;
	w->deck = deck;
	w->display = native;
	w->queue = wl_display_create_queue(w->display);
	wrapper = wl_proxy_create_wrapper(w->display);
	if (w->queue && wrapper) {
		wl_proxy_set_queue((struct wl_proxy *)wrapper, w->queue);
		w->registry = wl_display_get_registry(wrapper);
		wl_registry_add_listener(w->registry, &registry_calls, w);
		wl_display_roundtrip_queue(w->display, w->queue);
	}
	if (wrapper)
		wl_proxy_wrapper_destroy(wrapper);
	if (!w->seat || !w->manager) {
		free(w);
		return NULL;
	}
	w->device = wl_data_device_manager_get_data_device(w->manager, w->seat);
	wl_data_device_add_listener(w->device, &device_calls, w);
	wl_display_flush(w->display);
	return &w->board;
}

static size_t wayland_watch(
		struct orl_board *board, struct pollfd *fds, uint64_t *due)
{
	struct orl_wayland *w = of(board);

	/* From here until run() others wait for us to read: it is soon. */
	while (wl_display_prepare_read_queue(w->display, w->queue) != 0)
		wl_display_dispatch_queue_pending(w->display, w->queue);
	w->reading = true;
	wl_display_flush(w->display);
	fds[0] = (struct pollfd){ .fd = wl_display_get_fd(w->display),
		.events = POLLIN };
	for (size_t i = 0; i < ORL_PIPES; i++) {
		const struct orl_pipe *job = &w->jobs[i];

		fds[1 + i] = (struct pollfd){ .fd = -1 };
		if (!job->w || !job->wanted)
			continue;
		fds[1 + i].fd = job->fd;
		fds[1 + i].events = job->out ? POLLOUT : POLLIN;
		if (job->by < *due)
			*due = job->by;
	}
	return 1 + ORL_PIPES;
}

static bool wayland_run(struct orl_board *board, uint64_t now)
{
	struct orl_wayland *w = of(board);
	struct pollfd fds[1 + ORL_PIPES];

	w->now = now;
	fds[0] = (struct pollfd){ .fd = wl_display_get_fd(w->display),
		.events = POLLIN };
	for (size_t i = 0; i < ORL_PIPES; i++)
		fds[1 + i] = (struct pollfd){ .fd = w->jobs[i].w ? w->jobs[i].fd
								 : -1,
			.events = w->jobs[i].out ? POLLOUT : POLLIN };
	poll(fds, 1 + ORL_PIPES, 0);
	if (w->reading && fds[0].revents)
		wl_display_read_events(w->display);
	else if (w->reading)
		wl_display_cancel_read(w->display);
	w->reading = false;
	wl_display_dispatch_queue_pending(w->display, w->queue);
	for (size_t i = 0; i < ORL_PIPES; i++)
		if (w->jobs[i].w && w->jobs[i].fd == fds[1 + i].fd)
			orl_pipe_run(&w->jobs[i], fds[1 + i].revents, now);
	return wl_display_get_error(w->display) == 0;
}

const struct orl_board_kind orl_board_wayland = {
	.open = wayland_open,
	.close = wayland_close,
	.watch = wayland_watch,
	.run = wayland_run,
	.offer = wayland_offer,
	.fetch = wayland_fetch,
};

void *orl_wayland_display(SDL_Window *window)
{
	SDL_SysWMinfo info;

	SDL_VERSION(&info.version);
	if (!window || !SDL_GetWindowWMInfo(window, &info) ||
			info.subsystem != SDL_SYSWM_WAYLAND)
		return NULL;
	return info.info.wl.display;
}

/*
 * clip_wayland.c - the clipboard of a Wayland compositor, for SDL knows only
 * text. A compositor tells of the selection whoever has the keyboard: so this
 * uses SDL's own connection, by a queue of its own and in the clipboard's
 * thread, with a seat, a keyboard (whose serials prove that somebody is there)
 * a pointer, and a data device of its own. Bytes go through pipes.
 *
 * Weston (10) gives bytes to the last of a program's data devices only, and
 * that is SDL's: a pipe is then closed before anything has come. wl-paste, as a
 * program of its own, gets them where it is installed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <SDL2/SDL_syswm.h>
#include <wayland-client.h>

#include "client/viewer/clipboard.h"
#include "clip/types.h"

enum {
	JOBS = 8,
	PIECE = 64 << 10,
	TYPES = 16,
	NAME = 128,
	SEAT_VERSION = 4, /* the first without anything that we do not know */
	MANAGER_VERSION = 3,
};

#define PATIENCE UINT64_C(10000000000)

/* The name of what has been offered here, so that it is known again. */
static const char mark[] = "application/x-oriel-view";

/* What somebody has copied; `names` are the compositor's. */
struct offer {
	struct wl_data_offer *proxy;
	size_t count;
	struct {
		const char *type;
		char name[NAME];
		bool latin1;
		unsigned rank;
	} types[TYPES];
	bool secret, ours;
};

/* A pipe. */
struct job {
	struct wayland *w; /* NULL: free */
	int fd;
	bool out;    /* we write */
	bool wanted; /* in: a piece is; out: somebody waits to write */
	struct orl_paste *paste;
	uint64_t by;
	char name[NAME]; /* in: of what is read, until some of it has come */
	pid_t child;     /* in: wl-paste, or 0 */
};

struct wayland {
	struct orl_board board;
	struct orl_deck *deck;
	struct wl_display *display;
	struct wl_event_queue *queue;
	struct wl_registry *registry;
	struct wl_seat *seat;
	struct wl_keyboard *keyboard;
	struct wl_pointer *pointer;
	struct wl_data_device_manager *manager;
	struct wl_data_device *device;
	struct wl_data_source *source; /* what we offer; NULL: nothing */
	struct offer coming, current;
	uint32_t serial; /* of the last thing that somebody did */
	uint32_t taken;  /* the serial that `source` was offered with */
	bool late;       /* it has to be offered again, with another one */
	uint64_t now;
	bool reading; /* prepared to: must read, or say that it does not */
	struct job jobs[JOBS];
};

static struct wayland *of(struct orl_board *board)
{
	return (struct wayland *)(void *)board;
}

/* ---- pipes as ends of pastes -------------------------------------------- */

static void job_end(struct job *job)
{
	close(job->fd);
	if (job->child) {
		kill(job->child, SIGKILL);
		waitpid(job->child, NULL, 0);
	}
	*job = (struct job){ .fd = -1 };
}

static struct job *job_new(struct wayland *w, int fd, bool out)
{
	for (size_t i = 0; i < JOBS; i++) {
		struct job *job = &w->jobs[i];

		if (job->w)
			continue;
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		*job = (struct job){
			.w = w, .fd = fd, .out = out, .by = w->now + PATIENCE
		};
		return job;
	}
	close(fd);
	return NULL;
}

static int64_t job_write(void *end, const void *p, size_t n)
{
	struct job *job = end;
	ssize_t k = write(job->fd, p, n);

	if (k < 0 && errno != EAGAIN && errno != EINTR)
		return ORIEL_EIO;
	k = k < 0 ? 0 : k;
	job->wanted = (size_t)k < n;
	job->by = job->w->now + PATIENCE;
	return k;
}

static void job_finish(void *end)
{
	job_end(end);
}

static void job_used(void *end, size_t n, bool empty)
{
	struct job *job = end;

	(void)n;
	job->wanted = empty;
	job->by = job->w->now + PATIENCE;
}

static void job_fail(void *end, int error, const char *why)
{
	(void)error;
	(void)why;
	job_end(end);
}

static const struct orl_paste_ops ops = {
	.write = job_write,
	.finish = job_finish,
	.used = job_used,
	.fail = job_fail,
};

/* It is over, by the other end of the pipe or for want of it. */
static void job_over(struct job *job, int error)
{
	struct orl_paste *paste = job->paste;
	const void *end = job;

	job_end(job);
	orl_paste_ended(paste, end, error,
			"the program that has it does not give it");
}

/* Nothing came: see the top of this file. */
static bool try_program(struct job *job)
{
	extern char **environ;
	posix_spawn_file_actions_t actions;
	char program[] = "wl-paste", bare[] = "-n", type[] = "-t";
	char *argv[] = { program, bare, type, job->name, NULL };
	int fds[2], err;

	if (!job->name[0] || job->child || pipe2(fds, O_CLOEXEC) < 0)
		return false;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(
			&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	err = posix_spawnp(&job->child, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	if (err) {
		job->child = 0;
		close(fds[0]);
		return false;
	}
	close(job->fd);
	job->fd = fds[0];
	fcntl(job->fd, F_SETFL, fcntl(job->fd, F_GETFL) | O_NONBLOCK);
	return true;
}

static void job_read(struct job *job)
{
	static uint8_t bytes[PIECE];
	ssize_t n = read(job->fd, bytes, sizeof(bytes));

	if (n > 0) {
		job->wanted = false;
		job->name[0] = 0;
		orl_paste_data(job->paste, bytes, (size_t)n);
	} else if (n == 0) {
		if (!try_program(job))
			job_over(job, 0);
	} else if (errno != EAGAIN && errno != EINTR) {
		job_over(job, ORIEL_EIO);
	}
	explicit_bzero(bytes, n > 0 ? (size_t)n : 0);
}

static void run_job(struct job *job, short revents, uint64_t now)
{
	if (job->wanted && now >= job->by) {
		job_over(job, ORIEL_ETIMEOUT);
	} else if (!job->wanted || !revents) {
		return;
	} else if (!job->out) {
		job_read(job);
	} else {
		job->wanted = false;
		orl_paste_ready(job->paste);
	}
}

/* ---- what others have copied -------------------------------------------- */

static void offer_end(struct offer *offer)
{
	if (offer->proxy)
		wl_data_offer_destroy(offer->proxy);
	memset(offer, 0, sizeof(*offer));
}

static void on_type(void *user, struct wl_data_offer *proxy, const char *name)
{
	struct wayland *w = user;
	struct offer *o = &w->coming;
	bool latin1;
	const char *type = orl_type_of_target(name, &latin1);
	unsigned rank = orl_target_rank(name);
	size_t i = 0;

	if (proxy != o->proxy)
		return;
	o->secret = o->secret || orl_target_is_secret(name);
	o->ours = o->ours || strcmp(name, mark) == 0;
	if (!type || strlen(name) >= NAME)
		return;
	while (i < o->count && o->types[i].type != type)
		i++;
	if (i == TYPES || (i < o->count && o->types[i].rank <= rank))
		return;
	o->types[i].type = type;
	o->types[i].latin1 = latin1;
	o->types[i].rank = rank;
	snprintf(o->types[i].name, NAME, "%s", name);
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
	struct wayland *w = user;

	(void)device;
	offer_end(&w->coming);
	w->coming.proxy = proxy;
	wl_data_offer_add_listener(proxy, &offer_calls, w);
}

static void on_selection(void *user, struct wl_data_device *device,
		struct wl_data_offer *proxy)
{
	struct wayland *w = user;
	const char *types[TYPES];

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
	struct wayland *w = user;

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
	struct wayland *w = user;
	bool latin1;
	const char *type = orl_type_of_target(name, &latin1);
	struct job *job = job_new(w, fd, true);

	if (!job)
		return;
	if (type && source == w->source)
		job->paste = orl_deck_fetch(w->deck, 0, type,
				(struct orl_paste_end){ &ops, job });
	if (!job->paste)
		job_end(job);
}

static void on_cancelled(void *user, struct wl_data_source *source)
{
	struct wayland *w = user;

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
	struct wayland *w = of(board);
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
		else
			for (; *names; names++)
				if (strcmp(*names, "STRING") != 0)
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

static void act(struct wayland *w, uint32_t serial)
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
	struct wayland *w = of(board);
	const struct offer *o = &w->current;
	struct job *job;
	int fds[2];
	size_t i = 0;

	while (i < o->count && strcmp(o->types[i].type, type) != 0)
		i++;
	if (selection || i == o->count || o->types[i].latin1 || pipe(fds) < 0)
		return NULL;
	wl_data_offer_receive(o->proxy, o->types[i].name, fds[1]);
	wl_display_flush(w->display);
	close(fds[1]);
	job = job_new(w, fds[0], false);
	if (!job)
		return NULL;
	job->paste = orl_paste_create((struct orl_paste_end){ &ops, job }, to);
	if (!job->paste) {
		job_end(job);
		return NULL;
	}
	job->wanted = true;
	snprintf(job->name, sizeof(job->name), "%s", o->types[i].name);
	return job->paste;
}

/* ---- the keyboard, for its serials --------------------------------------- */

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
	act(user, serial);
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
	act(user, serial);
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

/* ---- and the pointer, for the same ---------------------------------------- */

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
	act(user, serial);
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
	struct wayland *w = user;

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

/* ---- the connection ------------------------------------------------------ */

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void on_global(void *user, struct wl_registry *registry, uint32_t name,
		const char *interface, uint32_t version)
{
	struct wayland *w = user;

	if (!w->seat && strcmp(interface, wl_seat_interface.name) == 0) {
		w->seat = wl_registry_bind(registry, name, &wl_seat_interface,
				least(version, SEAT_VERSION));
		wl_seat_add_listener(w->seat, &seat_calls, w);
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
	struct wayland *w = of(board);

	if (w->reading)
		wl_display_cancel_read(w->display);
	for (size_t i = 0; i < JOBS; i++)
		if (w->jobs[i].w)
			job_over(&w->jobs[i], ORIEL_ECLOSED);
	/* The process ends: what SDL's connection has goes with it. */
	free(w);
}

static struct orl_board *wayland_open(
		struct orl_deck *deck, void *native, const char **why)
{
	struct wayland *w = calloc(1, sizeof(*w));
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
	struct wayland *w = of(board);

	/* From here until run() others wait for us to read: it is soon. */
	while (wl_display_prepare_read_queue(w->display, w->queue) != 0)
		wl_display_dispatch_queue_pending(w->display, w->queue);
	w->reading = true;
	wl_display_flush(w->display);
	fds[0] = (struct pollfd){ .fd = wl_display_get_fd(w->display),
		.events = POLLIN };
	for (size_t i = 0; i < JOBS; i++) {
		const struct job *job = &w->jobs[i];

		fds[1 + i] = (struct pollfd){ .fd = -1 };
		if (!job->w || !job->wanted)
			continue;
		fds[1 + i].fd = job->fd;
		fds[1 + i].events = job->out ? POLLOUT : POLLIN;
		if (job->by < *due)
			*due = job->by;
	}
	return 1 + JOBS;
}

static bool wayland_run(struct orl_board *board, uint64_t now)
{
	struct wayland *w = of(board);
	struct pollfd fds[1 + JOBS];

	w->now = now;
	fds[0] = (struct pollfd){ .fd = wl_display_get_fd(w->display),
		.events = POLLIN };
	for (size_t i = 0; i < JOBS; i++)
		fds[1 + i] = (struct pollfd){ .fd = w->jobs[i].w ? w->jobs[i].fd
								 : -1,
			.events = w->jobs[i].out ? POLLOUT : POLLIN };
	poll(fds, 1 + JOBS, 0);
	if (w->reading && fds[0].revents)
		wl_display_read_events(w->display);
	else if (w->reading)
		wl_display_cancel_read(w->display);
	w->reading = false;
	wl_display_dispatch_queue_pending(w->display, w->queue);
	for (size_t i = 0; i < JOBS; i++)
		if (w->jobs[i].w && w->jobs[i].fd == fds[1 + i].fd)
			run_job(&w->jobs[i], fds[1 + i].revents, now);
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

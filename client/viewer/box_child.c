/*
 * box_child.c - the process that has the connection: the client library, its
 * loop, and what the library says told to the viewer. Before the first byte
 * of the connection it shuts itself in (jail.h).
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/viewer/box_child.h"
#include "client/viewer/box_child_impl.h"
#include "client/viewer/jail.h"
#include "client/viewer/view.h"

struct orl_boxed_waiting {
	struct orl_boxed_waiting *next;
	struct orl_box_message m;
};

/* ---- talking to the viewer --------------------------------------------- */

static bool wait_socket(const struct orl_boxed *b, short events, int ms)
{
	struct pollfd fd = { .fd = b->socket, .events = events };
	int n = poll(&fd, 1, ms);
	/* Who waits for nothing is told only that nobody is there. */
	if (n > 0 && !events)
		return false;
	return n >= 0 || errno == EINTR;
}

void orl_boxed_tell(struct orl_boxed *b, struct orl_box_message *m)
{
	int err = ORIEL_ELIMIT;
	while (!b->gone && err == ORIEL_ELIMIT) {
		err = orl_box_send(b->socket, m, NULL, 0);
		if (err == ORIEL_ELIMIT && !wait_socket(b, POLLOUT, -1))
			err = ORIEL_ECLOSED;
	}
	if (err)
		b->gone = true;
}

void orl_boxed_put(struct orl_boxed *b, enum orl_box_ring_id id,
		const void *data, size_t n)
{
	struct orl_box_ring *ring = &b->rings[id];
	int err = ORIEL_ELIMIT;
	while (!b->gone && err) {
		err = orl_box_ring_put(ring, data, n);
		if (err == ORIEL_ELIMIT)
			b->gone = !wait_socket(b, 0, 1);
		else if (err)
			b->gone = true;
	}
}

bool orl_boxed_answer(struct orl_boxed *b, enum orl_box_id id,
		struct orl_box_message *m, int *file)
{
	while (!b->gone) {
		int got = orl_box_receive(b->socket, m, ORL_BOX_DOWN, file, 1);
		if (got > 0 && m->id == id)
			return true;
		if (got > 0) {
			struct orl_boxed_waiting *w = malloc(sizeof(*w));
			if (!w)
				break;
			w->next = NULL;
			w->m = *m;
			*b->last = w;
			b->last = &w->next;
		} else if (got < 0 || !wait_socket(b, POLLIN, -1)) {
			break;
		}
	}
	b->gone = true;
	return false;
}

/* What the last message but this one has left. */
static void do_waiting(struct orl_boxed *b)
{
	while (b->first) {
		struct orl_boxed_waiting *w = b->first;
		b->first = w->next;
		if (!b->first)
			b->last = &b->first;
		if (!b->gone)
			orl_boxed_order(b, &w->m);
		explicit_bzero(w, sizeof(*w));
		free(w);
	}
}

/* ---- what the library says --------------------------------------------- */

void orl_boxed_stats(struct orl_boxed *b)
{
	struct orl_box_message m = { .id = ORL_BOX_STATS };
	struct oriel_stats stats = { .size = sizeof(stats) };
	struct rusage u;
	oriel_client_stats(b->client, &stats);
	memcpy(m.u.stats.stats, &stats, sizeof(stats));
	if (b->process && getrusage(RUSAGE_SELF, &u) == 0) {
		m.u.stats.user_us = (int64_t)u.ru_utime.tv_sec * 1000000 +
				    u.ru_utime.tv_usec;
		m.u.stats.system_us = (int64_t)u.ru_stime.tv_sec * 1000000 +
				      u.ru_stime.tv_usec;
		m.u.stats.rss = (int64_t)u.ru_maxrss * 1024;
	}
	orl_boxed_tell(b, &m);
}

static void on_state(void *user, enum oriel_client_state state, int error,
		const char *text)
{
	struct orl_boxed *b = user;
	struct orl_box_message m = { .id = ORL_BOX_STATE };
	orl_boxed_stats(b);
	m.u.state.state = state;
	m.u.state.error = error;
	m.u.state.login_asked = oriel_client_login_asked(b->client);
	ORL_BOX_TEXT(m.u.state.text, text);
	ORL_BOX_TEXT(m.u.state.name, oriel_client_server_name(b->client));
	orl_boxed_tell(b, &m);
}

static void on_trust_wanted(void *user, const uint8_t sha256[32], bool verified)
{
	struct orl_box_message m = { .id = ORL_BOX_TRUST_WANTED };
	m.u.trust_wanted.verified = verified;
	memcpy(m.u.trust_wanted.sha256, sha256, 32);
	orl_boxed_tell(user, &m);
}

static void on_login_wanted(void *user)
{
	struct orl_box_message m = { .id = ORL_BOX_LOGIN_WANTED };
	orl_boxed_tell(user, &m);
}

static void on_rights(void *user, uint32_t rights)
{
	struct orl_box_message m = { .id = ORL_BOX_RIGHTS };
	m.u.rights.rights = rights;
	orl_boxed_tell(user, &m);
}

static void on_owner(void *user, bool yours, const char *name)
{
	struct orl_box_message m = { .id = ORL_BOX_OWNER };
	m.u.owner.yours = yours;
	ORL_BOX_TEXT(m.u.owner.name, name);
	orl_boxed_tell(user, &m);
}

static void on_notice(void *user, int level, const char *text)
{
	struct orl_box_message m = { .id = ORL_BOX_NOTICE };
	m.u.notice.level = level;
	ORL_BOX_TEXT(m.u.notice.text, text);
	orl_boxed_tell(user, &m);
}

static void on_cursor(void *user, const struct oriel_pixels *image,
		int32_t hot_x, int32_t hot_y)
{
	struct orl_boxed *b = user;
	struct orl_box_message m = { .id = ORL_BOX_CURSOR };
	if (image && image->width > 0 && image->height > 0) {
		size_t row = (size_t)image->width * 4;
		m.u.cursor.width = image->width;
		m.u.cursor.height = image->height;
		m.u.cursor.hot_x = hot_x;
		m.u.cursor.hot_y = hot_y;
		for (int32_t y = 0; y < image->height; y++)
			orl_boxed_put(b, ORL_RING_CURSOR,
					(const char *)image->data +
							(ptrdiff_t)y * image->stride,
					row);
	}
	orl_boxed_tell(b, &m);
}

static void on_locks(void *user, uint32_t locks)
{
	struct orl_box_message m = { .id = ORL_BOX_LOCKS };
	m.u.locks.locks = locks & 7;
	orl_boxed_tell(user, &m);
}

static void on_relative(void *user, bool relative)
{
	struct orl_box_message m = { .id = ORL_BOX_RELATIVE };
	m.u.relative.relative = relative;
	orl_boxed_tell(user, &m);
}

static void on_log(void *user, enum oriel_log_level level, const char *topic,
		const char *text)
{
	struct orl_box_message m = { .id = ORL_BOX_LOG };
	m.u.log.level = level;
	ORL_BOX_TEXT(m.u.log.topic, topic);
	ORL_BOX_TEXT(m.u.log.text, text);
	orl_boxed_tell(user, &m);
}

/* ---- screens ----------------------------------------------------------- */

static struct orl_boxed_slot *slot_of(
		struct orl_boxed *b, struct oriel_screen *screen)
{
	struct orl_boxed_slot *slot = oriel_screen_data(screen);
	for (int i = 0; i < ORL_BOX_SLOTS && !slot; i++)
		if (!b->slots[i].screen)
			slot = &b->slots[i];
	if (slot) {
		slot->screen = screen;
		oriel_screen_set_data(screen, slot);
	}
	return slot;
}

static int number_of(const struct orl_boxed *b, struct oriel_screen *screen)
{
	const struct orl_boxed_slot *slot = oriel_screen_data(screen);
	return (int)(slot - b->slots);
}

/* As it is now, whether it is new or not. */
static void on_screen(void *user, struct oriel_screen *screen)
{
	struct orl_boxed *b = user;
	struct orl_box_message m = { .id = ORL_BOX_SCREEN };
	struct oriel_rect r = oriel_screen_rect(screen);
	struct orl_box_screen *s = &m.u.screen;
	s->slot = number_of(b, screen);
	s->id = oriel_screen_id(screen);
	s->x = r.x;
	s->y = r.y;
	s->width = r.width;
	s->height = r.height;
	ORL_BOX_TEXT(s->name, oriel_screen_name(screen));
	orl_sheet_free(&b->slots[s->slot].old);
	orl_boxed_tell(b, &m);
}

static void on_screen_updated(void *user, struct oriel_screen *screen,
		const struct oriel_rect *rects, size_t count)
{
	struct orl_boxed *b = user;
	struct orl_box_message m = { .id = ORL_BOX_UPDATED };
	struct orl_view_damaged all = { .n = 0 };
	_Static_assert((int)ORL_DAMAGE_RECTS == (int)ORL_BOX_RECTS,
			"a message has room for them");
	for (size_t i = 0; i < count; i++)
		orl_view_damage(&all, rects[i]);
	m.u.updated.slot = number_of(b, screen);
	m.u.updated.n = (int64_t)all.n;
	memcpy(m.u.updated.rects, all.rects, all.n * sizeof(all.rects[0]));
	if (all.n)
		orl_boxed_tell(b, &m);
}

static void on_screen_removed(void *user, struct oriel_screen *screen)
{
	struct orl_boxed *b = user;
	struct orl_box_message m = { .id = ORL_BOX_REMOVED };
	int i = number_of(b, screen);
	m.u.removed.slot = i;
	orl_boxed_tell(b, &m);
	orl_sheet_free(&b->slots[i].sheet);
	orl_sheet_free(&b->slots[i].old);
	b->slots[i].screen = NULL;
}

static void on_screen_exact(void *user, struct oriel_screen *screen, bool exact)
{
	struct orl_box_message m = { .id = ORL_BOX_EXACT };
	m.u.exact.slot = number_of(user, screen);
	m.u.exact.exact = exact;
	orl_boxed_tell(user, &m);
}

static void on_cursor_warped(
		void *user, struct oriel_screen *screen, int32_t x, int32_t y)
{
	struct orl_box_message m = { .id = ORL_BOX_WARPED };
	m.u.warped.slot = number_of(user, screen);
	m.u.warped.x = x;
	m.u.warped.y = y;
	orl_boxed_tell(user, &m);
}

const struct oriel_client_events orl_boxed_events = {
	.size = sizeof(orl_boxed_events),
	.state = on_state,
	.trust_wanted = on_trust_wanted,
	.login_wanted = on_login_wanted,
	.rights = on_rights,
	.owner = on_owner,
	.notice = on_notice,
	.screen_added = on_screen,
	.screen_changed = on_screen,
	.screen_updated = on_screen_updated,
	.screen_removed = on_screen_removed,
	.screen_exact = on_screen_exact,
	.cursor = on_cursor,
	.cursor_warped = on_cursor_warped,
	.locks = on_locks,
	.relative = on_relative,
	.sound = orl_boxed_sound,
	.microphone_wanted = orl_boxed_microphone,
};

/* ---- what the library asks for ----------------------------------------- */

int orl_boxed_socket(void *user, int *out, unsigned attempt, bool reached,
		char *why, size_t size)
{
	struct orl_boxed *b = user;
	struct orl_box_message m = { .id = ORL_BOX_ASK_SOCKET };
	int file;
	m.u.ask_socket.attempt = attempt;
	m.u.ask_socket.reached = reached;
	orl_boxed_tell(b, &m);
	if (!orl_boxed_answer(b, ORL_BOX_SOCKET, &m, &file))
		return ORIEL_EIO;
	snprintf(why, size, "%s", m.u.socket.why);
	ORL_BOX_TEXT(b->why, m.u.socket.why);
	if (file < 0)
		return m.u.socket.error ? (int)m.u.socket.error : ORIEL_EIO;
	*out = file;
	return 0;
}

void *orl_boxed_picture(void *user, struct oriel_screen *screen, int32_t width,
		int32_t height)
{
	struct orl_boxed *b = user;
	struct orl_boxed_slot *slot = slot_of(b, screen);
	struct orl_box_message m = { .id = ORL_BOX_ASK_SHEET };
	int file;
	if (!slot)
		return NULL;
	m.u.ask_sheet.slot = slot - b->slots;
	m.u.ask_sheet.width = width;
	m.u.ask_sheet.height = height;
	orl_boxed_tell(b, &m);
	if (!orl_boxed_answer(b, ORL_BOX_SHEET, &m, &file) || file < 0)
		return NULL;
	orl_sheet_free(&slot->old);
	slot->old = slot->sheet;
	memset(&slot->sheet, 0, sizeof(slot->sheet));
	int err = orl_sheet_map(&slot->sheet, file, width, height);
	close(file);
	return err ? NULL : slot->sheet.pixels;
}

void orl_boxed_drawing(void *user, struct oriel_screen *screen, bool begins)
{
	struct orl_boxed_slot *slot = oriel_screen_data(screen);
	(void)user;
	if (begins)
		orl_sheet_write(&slot->sheet);
	else
		orl_sheet_write_end(&slot->sheet);
}

/* ---- the process ------------------------------------------------------- */

static char *read_authorities(int file, size_t n)
{
	char *text = malloc(n + 1);
	size_t at = 0;
	while (text && at < n) {
		ssize_t got = pread(file, text + at, n - at, (off_t)at);
		if (got <= 0)
			break;
		at += (size_t)got;
	}
	if (text)
		text[at] = 0;
	return text;
}

static int create_client(struct orl_boxed *b, const struct orl_box_setup *setup,
		const char *authorities, unsigned workers)
{
	const struct oriel_hooks hooks = {
		.size = sizeof(hooks),
		.user = b,
		.log = on_log,
		.log_level = (enum oriel_log_level)setup->level,
	};
	struct oriel_client_events events = orl_boxed_events;
	if (setup->wants & ORL_BOX_CLIPBOARD)
		orl_boxed_clip_init(b, &events);
	if (setup->wants & ORL_BOX_PRINT)
		orl_boxed_print_events(&events);
	if (setup->wants & ORL_BOX_DEVICES)
		orl_boxed_usb_events(&events);
	const struct oriel_client_config config = {
		.size = sizeof(config),
		.name = setup->name,
		.events = &events,
		.user = b,
		.hooks = &hooks,
		.authorities = authorities,
		.reconnect = (uint32_t)setup->reconnect,
		.flags = (uint32_t)setup->flags,
		.workers = workers,
		/* The viewer has rules, and watches over them itself. */
		.usb_rules = "-1,-1,-1,-1,1",
		.socket = orl_boxed_socket,
		.picture = orl_boxed_picture,
		.drawing = orl_boxed_drawing,
	};
	return oriel_client_create(&b->client, &config);
}

static int begin_sound(struct orl_boxed *b, const struct orl_box_setup *setup)
{
	bool wanted = setup->flags & ORIEL_CLIENT_SOUND;
	return !wanted || orl_boxed_play_begin(b) ? 0 : ORIEL_ENOMEM;
}

/*
 * Half jailed, so that the threads that decode and play are so as well. The
 * client that was made before has had opened what libraries open once: the one
 * that lives is another one.
 */
static int create_jailed(struct orl_boxed *b, struct orl_jail *jail,
		const struct orl_box_setup *setup, const char *authorities,
		unsigned workers, int64_t *failed)
{
	oriel_client_destroy(b->client);
	b->client = NULL;
	*failed = orl_jail_begin(jail);
	if (*failed)
		return 0;
	int err = create_client(b, setup, authorities, workers);
	if (!err)
		err = begin_sound(b, setup);
	if (!err)
		*failed = orl_jail_finish(jail);
	return err;
}

/* All that needs more than the jail allows; then the jail. */
static bool prepare(struct orl_boxed *b)
{
	struct orl_box_message m;
	struct orl_jail jail = { .step = "" };
	char *authorities = NULL;
	int files[2] = { -1, -1 };
	int got;
	while ((got = orl_box_receive(b->socket, &m, ORL_BOX_DOWN, files, 2)) ==
			0)
		if (!wait_socket(b, POLLIN, -1))
			return false;
	if (got < 0 || m.id != ORL_BOX_SETUP || files[0] < 0 ||
			orl_rings_map(b->rings, files[0]) != 0)
		return false;
	const struct orl_box_setup setup = m.u.setup;
	if (files[1] >= 0)
		authorities = read_authorities(
				files[1], (size_t)setup.authorities);
	/* One that decodes, while another listens and speaks. */
	const unsigned workers = sysconf(_SC_NPROCESSORS_ONLN) > 1;
	const bool shut = setup.jail && b->process;
	int64_t failed = 0;
	int err = create_client(b, &setup, authorities, shut ? 0 : workers);
	if (!err && shut)
		err = create_jailed(b, &jail, &setup, authorities, workers,
				&failed);
	else if (!err)
		err = begin_sound(b, &setup);
	free(authorities);
	close(files[0]);
	if (files[1] >= 0)
		close(files[1]);
	m = (struct orl_box_message){ .id = ORL_BOX_JAILED };
	if (err)
		failed = err == ORIEL_ENOMEM ? -ENOMEM : -EINVAL;
	m.u.jailed.error = failed;
	m.u.jailed.landlock = jail.landlock;
	ORL_BOX_TEXT(m.u.jailed.step, jail.step);
	orl_boxed_tell(b, &m);
	return !failed;
}

static void serve(struct orl_boxed *b)
{
	struct pollfd fds[] = {
		{ .fd = b->socket, .events = POLLIN },
		{ .fd = oriel_client_fd(b->client), .events = POLLIN },
	};
	struct orl_box_message m;
	while (!b->gone) {
		int file, got;
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		while (!b->gone && (got = orl_box_receive(b->socket, &m,
						    ORL_BOX_DOWN, &file, 1))) {
			b->gone |= got < 0;
			if (got > 0)
				orl_boxed_order(b, &m);
			if (got > 0 && file >= 0)
				close(file);
			do_waiting(b);
		}
		explicit_bzero(&m, sizeof(m));
		if (!b->gone && oriel_client_dispatch(b->client, 0) < 0)
			break;
		do_waiting(b);
	}
}

int orl_box_child(int socket, bool process)
{
	struct orl_boxed *b = calloc(1, sizeof(*b));
	if (!b)
		return 1;
	b->socket = socket;
	b->process = process;
	b->last = &b->first;
	bool ready = prepare(b);
	if (ready)
		serve(b);
	b->gone = true;
	/* A process has nothing to give back; the viewer's own has. */
	if (!process) {
		orl_boxed_play_end(b);
		do_waiting(b);
		orl_box_clip_reset(&b->clip);
		oriel_client_destroy(b->client);
		orl_boxed_usb_end(b);
		for (int i = 0; i < ORL_BOX_SLOTS; i++) {
			orl_sheet_free(&b->slots[i].sheet);
			orl_sheet_free(&b->slots[i].old);
		}
		orl_rings_unmap(b->rings);
		close(socket);
		free(b);
	}
	return ready ? 0 : 1;
}

static void close_others(void)
{
#if defined(SYS_close_range) || defined(CLOSE_RANGE_CLOEXEC)
	if (close_range(ORL_BOX_FILE + 1, ~0u, 0) == 0)
		return;
#endif
	for (int fd = ORL_BOX_FILE + 1; fd < 1024; fd++)
		close(fd);
}

int orl_box_child_main(void)
{
	int type = 0;
	socklen_t n = sizeof(type);
	if (getsockopt(ORL_BOX_FILE, SOL_SOCKET, SO_TYPE, &type, &n) != 0 ||
			type != SOCK_SEQPACKET) {
		fputs("oriel-view: " ORL_BOX_ARGUMENT
		      " is how oriel-view starts a part of itself\n",
				stderr);
		return 2;
	}
	/* The viewer may be killed while this decodes without an end. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	close_others();
	_exit(orl_box_child(ORL_BOX_FILE, true));
}

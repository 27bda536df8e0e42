/*
 * box_any.h - a box whose process is the test, and any message that such a
 * process may send: of the right size, and with values that are allowed, at
 * the edges of it, or neither.
 */
#ifndef ORL_TESTS_BOX_ANY_H
#define ORL_TESTS_BOX_ANY_H

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/viewer/box_impl.h"

struct any_field {
	int kind; /* 1 a number, 2 a text, 3 bytes, 4 rectangles */
	size_t size;
	int64_t least, most;
};

/* clang-format off */
#define MESSAGE(direction, NAME, name, fields) \
	static const struct any_field name##_any[] = { fields { 0, 0, 0, 0 } };
#define RING(direction, NAME, size)
#define NUMBER(name, least, most) { 1, 8, least, most },
#define TEXT(name, size) { 2, size, 0, 0 },
#define BYTES(name, size) { 3, size, 0, 0 },
#define RECTS(name) { 4, sizeof(struct oriel_rect[ORL_BOX_RECTS]), 0, 0 },
#include "client/viewer/box_wire.def"
/* clang-format on */

static const struct any_row {
	enum orl_box_direction direction;
	const struct any_field *fields;
} any_rows[ORL_BOX_IDS] = {
#define MESSAGE(direction, NAME, name, fields) \
	[ORL_BOX_##NAME] = { ORL_BOX_##direction, name##_any },
#define RING(direction, NAME, size)
#include "client/viewer/box_wire.def"
};

/* Where randomness comes from: 64 bits a call. */
struct any_source {
	uint64_t (*next)(struct any_source *source);
};

static inline int64_t any_number(
		struct any_source *s, const struct any_field *f)
{
	uint64_t how = s->next(s),
		 span = (uint64_t)f->most - (uint64_t)f->least + 1;
	switch (how % 8) {
	case 0:
		return f->least;
	case 1:
		return f->most;
	case 2: /* not allowed, unless everything is */
		return (int64_t)((uint64_t)f->most + 1);
	case 3:
		return (int64_t)((uint64_t)f->least + s->next(s) % 4);
	default:
		return (int64_t)((uint64_t)f->least +
				 (span ? s->next(s) % span : s->next(s)));
	}
}

static inline void any_message(
		struct any_source *s, struct orl_box_message *m, uint64_t id)
{
	char *at = (char *)&m->u;
	memset(m, 0, sizeof(*m));
	m->id = id;
	for (const struct any_field *f = any_rows[id].fields; f->kind; f++) {
		if (f->kind == 1) {
			int64_t number = any_number(s, f);
			memcpy(at, &number, sizeof(number));
		} else if (f->kind == 4) {
			struct oriel_rect r[ORL_BOX_RECTS];
			for (size_t i = 0; i < ORL_BOX_RECTS; i++) {
				uint64_t v = s->next(s);
				r[i] = (struct oriel_rect){ (int32_t)(v & 0x3f),
					(int32_t)(v >> 8 & 0x3f),
					(int32_t)(v >> 16 & 0x1f),
					(int32_t)(v >> 24 & 0x1f) };
				if (v >> 60 == 0)
					r[i].width = (int32_t)(v >> 20);
			}
			memcpy(at, r, sizeof(r));
		} else {
			/* A text has its NUL, now and then. */
			for (size_t i = 0; i + 8 <= f->size; i += 8) {
				uint64_t v = s->next(s);
				memcpy(at + i, &v, 8);
			}
			if (f->kind == 2 && s->next(s) % 8)
				at[f->size - 1] = 0;
		}
		at += f->size;
	}
}

/* ---- a box that the test talks to -------------------------------------- */

struct any_seen {
	unsigned ended, screens, events, pastes, jobs, devices;
	bool sounds, mic_wanted;
	struct orl_box *box;
	struct any_pasted { /* where pastes from the desktop go */
		struct any_seen *seen;
		struct orl_paste *paste;
	} pasted[8];
};

static void any_state(void *user, enum oriel_client_state state, int error,
		const char *text)
{
	struct any_seen *seen = user;
	(void)error;
	if (strlen(text) > 512)
		abort();
	seen->events++;
	seen->ended += state == ORIEL_CLIENT_IDLE;
}

static void any_trust(void *user, const uint8_t sha256[32], bool verified)
{
	(void)sha256;
	(void)verified;
	((struct any_seen *)user)->events++;
}

static void any_void(void *user)
{
	((struct any_seen *)user)->events++;
}

static void any_uint(void *user, uint32_t value)
{
	(void)value;
	((struct any_seen *)user)->events++;
}

static void any_bool(void *user, bool value)
{
	(void)value;
	((struct any_seen *)user)->events++;
}

static void any_sound(void *user, bool on)
{
	((struct any_seen *)user)->sounds = on;
	any_bool(user, on);
}

static void any_microphone(void *user, bool wanted)
{
	((struct any_seen *)user)->mic_wanted = wanted;
	any_bool(user, wanted);
}

static void any_owner(void *user, bool yours, const char *name)
{
	(void)yours;
	if (strlen(name) > 263)
		abort();
	((struct any_seen *)user)->events++;
}

static void any_notice(void *user, int level, const char *text)
{
	if (level < 0 || level > 2 || strlen(text) > 519)
		abort();
	((struct any_seen *)user)->events++;
}

/* Its picture is there, and as large as it says. */
static void any_look(struct orl_remote *screen)
{
	struct oriel_rect r = orl_remote_rect(screen);
	struct oriel_pixels p;
	volatile uint32_t first, last;
	orl_remote_acquire(screen, &p);
	if (!p.data || p.width != r.width || p.height != r.height)
		abort();
	first = ((const uint32_t *)p.data)[0];
	last = ((const uint32_t *)p.data)[(size_t)p.width * (size_t)p.height -
					  1];
	(void)first;
	(void)last;
	(void)orl_remote_release(screen);
}

static void any_added(void *user, struct orl_remote *screen)
{
	struct any_seen *seen = user;
	any_look(screen);
	if (++seen->screens > ORL_BOX_SLOTS)
		abort();
}

static void any_changed(void *user, struct orl_remote *screen)
{
	(void)user;
	any_look(screen);
}

static void any_updated(void *user, struct orl_remote *screen,
		const struct oriel_rect *rects, size_t count)
{
	struct oriel_rect r = orl_remote_rect(screen);
	(void)user;
	for (size_t i = 0; i < count; i++)
		if (rects[i].x < 0 || rects[i].y < 0 || rects[i].width < 0 ||
				rects[i].height < 0 ||
				rects[i].x + rects[i].width > r.width ||
				rects[i].y + rects[i].height > r.height)
			abort();
}

static void any_removed(void *user, struct orl_remote *screen)
{
	any_look(screen);
	((struct any_seen *)user)->screens--;
}

static void any_exact(void *user, struct orl_remote *screen, bool exact)
{
	(void)screen;
	any_bool(user, exact);
}

static void any_cursor(void *user, const struct oriel_pixels *image,
		int32_t hot_x, int32_t hot_y)
{
	(void)hot_x;
	(void)hot_y;
	if (image && (image->width < 1 || image->width > 256 ||
				     image->height < 1 || image->height > 256))
		abort();
	((struct any_seen *)user)->events++;
}

static void any_warped(
		void *user, struct orl_remote *screen, int32_t x, int32_t y)
{
	(void)screen;
	(void)x;
	(void)y;
	((struct any_seen *)user)->events++;
}

static void any_log(void *user, enum oriel_log_level level, const char *topic,
		const char *text)
{
	(void)level;
	if (strlen(topic) > 31 || strlen(text) > 511)
		abort();
	((struct any_seen *)user)->events++;
}

/* ---- USB --------------------------------------------------------------- */

static void any_answered(void *user, uint32_t device,
		enum oriel_usb_answer answer, const char *why)
{
	struct any_seen *seen = user;
	if (!device || device > 2 || strlen(why) > 263)
		abort();
	if (answer == ORIEL_USB_REFUSED && !seen->devices--)
		abort();
	seen->events++;
}

static void any_usb_data(
		void *user, uint32_t device, const void *data, size_t n)
{
	struct any_seen *seen = user;
	volatile uint8_t last = ((const uint8_t *)data)[n - 1];
	(void)last;
	if (!device)
		abort();
	if (++seen->events & 1)
		orl_box_usb_consumed(seen->box, device, n);
}

static void any_writable(void *user, uint32_t device)
{
	struct any_seen *seen = user;
	if (!orl_box_usb_room(seen->box, device))
		abort();
}

static void any_detached(void *user, uint32_t device, const char *why)
{
	struct any_seen *seen = user;
	if (!device || (why && strlen(why) > 263) || !seen->devices--)
		abort();
}

/* Two devices, 1 and 2. */
static inline void any_attach(struct orl_box *box, struct any_seen *seen)
{
	const struct oriel_usb_info info = { .size = sizeof(info),
		.vendor = 0x1234,
		.product = 0x5678,
		.interface_count = 1,
		.interfaces = { { 8, 6, 80 } },
		.name = "any" };
	uint32_t device;
	atomic_store(&box->ready, true);
	atomic_store(&box->rights, ORIEL_MAY_USB);
	for (unsigned i = 1; i <= 2; i++)
		if (orl_box_usb_attach(box, &device, &info) != 0 || device != i)
			abort();
	seen->devices = 2;
	atomic_store(&box->ready, false);
	atomic_store(&box->rights, 0);
}

/* ---- printing ---------------------------------------------------------- */

static void any_started(
		void *user, uint32_t job, const struct oriel_print_job *details)
{
	struct any_seen *seen = user;
	if (!job || details->printer != 2 || details->format != 1 ||
			strlen(details->title) > 263)
		abort();
	/* Every second one is wanted. */
	if (++seen->events & 1 && orl_box_print_accept(seen->box, job) != 0)
		abort();
	seen->jobs++;
}

static void any_print_data(void *user, uint32_t job, const void *data, size_t n)
{
	struct any_seen *seen = user;
	volatile uint8_t last = ((const uint8_t *)data)[n - 1];
	(void)last;
	if (++seen->events & 1 && orl_box_print_taken(seen->box, job, n) != 0)
		abort();
}

static void any_printed(void *user, uint32_t job)
{
	const struct oriel_print_status done = {
		.size = sizeof(done), .state = ORIEL_PRINT_DONE, .text = ""
	};
	struct any_seen *seen = user;
	if (++seen->events & 1) {
		if (orl_box_print_status(seen->box, job, &done) != 0)
			abort();
		seen->jobs--;
	}
}

static void any_dropped(void *user, uint32_t job, int reason)
{
	if (!job || reason > 0 || !((struct any_seen *)user)->jobs--)
		abort();
}

static const struct orl_box_events any_events = {
	.state = any_state,
	.trust_wanted = any_trust,
	.login_wanted = any_void,
	.rights = any_uint,
	.owner = any_owner,
	.notice = any_notice,
	.screen_added = any_added,
	.screen_changed = any_changed,
	.screen_updated = any_updated,
	.screen_removed = any_removed,
	.screen_exact = any_exact,
	.cursor = any_cursor,
	.cursor_warped = any_warped,
	.locks = any_uint,
	.relative = any_bool,
	.sound = any_sound,
	.microphone_wanted = any_microphone,
	.log = any_log,
	.print_started = any_started,
	.print_data = any_print_data,
	.print_finished = any_printed,
	.print_dropped = any_dropped,
	.usb_answered = any_answered,
	.usb_data = any_usb_data,
	.usb_writable = any_writable,
	.usb_detached = any_detached,
};

/* ---- the clipboard ----------------------------------------------------- */

static void any_used(void *end, size_t n, bool empty)
{
	(void)empty;
	((struct any_seen *)end)->events += n > 0;
}

static void any_gone(struct any_seen *seen)
{
	if (!seen->pastes--)
		abort();
}

static void any_fail(void *end, int error, const char *why)
{
	if (error >= 0 || strlen(why) > 255)
		abort();
	any_gone(end);
}

static int64_t any_write(void *end, const void *data, size_t n)
{
	struct any_seen *seen = ((struct any_pasted *)end)->seen;
	volatile uint8_t last = n ? ((const uint8_t *)data)[n - 1] : 0;
	(void)last;
	seen->events++;
	return seen->events & 1 ? (int64_t)n : (int64_t)(n / 2);
}

static void any_pasted(void *end)
{
	struct any_pasted *pasted = end;
	pasted->paste = NULL;
	any_gone(pasted->seen);
}

static void any_not_pasted(void *end, int error, const char *why)
{
	if (error >= 0 || strlen(why) > 255)
		abort();
	any_pasted(end);
}

/* The program that pastes takes what has come and was not taken yet. */
static inline void any_take(struct any_seen *seen)
{
	for (size_t i = 0; i < 8; i++)
		while (seen->pasted[i].paste)
			orl_paste_ready(seen->pasted[i].paste);
}

static const struct orl_paste_ops any_from = {
	.used = any_used,
	.fail = any_fail,
};
static const struct orl_paste_ops any_to = {
	.write = any_write,
	.finish = any_pasted,
	.fail = any_not_pasted,
};

static void any_offered(void *user, unsigned selection,
		const char *const *types, size_t count)
{
	struct any_seen *seen = user;
	if (selection > 1 || count > ORL_DUCT_TYPES)
		abort();
	for (size_t i = 0; i < count; i++)
		if (!*types[i] || strlen(types[i]) > ORIEL_TYPE_MAX ||
				strchr(types[i], ' '))
			abort();
	for (size_t i = 0; count && i < 8; i++) {
		struct any_pasted *pasted = &seen->pasted[i];
		if (pasted->paste)
			continue;
		pasted->seen = seen;
		pasted->paste = orl_box_clipboard_fetch(seen->box, selection,
				types[0],
				(struct orl_paste_end){ &any_to, pasted });
		seen->pastes += pasted->paste != NULL;
		return;
	}
}

static struct orl_paste *any_wanted(void *user, unsigned selection,
		const char *type, struct orl_paste_end to)
{
	static const uint8_t bytes[100000];
	struct any_seen *seen = user;
	if (selection > 1 || !*type)
		abort();
	struct orl_paste *paste = orl_paste_create(
			(struct orl_paste_end){ &any_from, seen }, to);
	if (!paste)
		return NULL;
	seen->pastes++;
	orl_paste_data(paste, bytes, sizeof(bytes));
	return paste;
}

static void any_note(void *user, int kind, int value, const char *text)
{
	(void)text;
	if (kind || value >= 0)
		abort();
	((struct any_seen *)user)->events++;
}

static const struct orl_duct_calls any_clipboard = {
	.offered = any_offered,
	.wanted = any_wanted,
	.note = any_note,
};

/* The process's end of its socket, and of its rings; NULL: not possible. */
static inline struct orl_box *any_box(struct any_seen *seen, int *process,
		struct orl_box_ring rings[static ORL_RINGS])
{
	const struct orl_box_config config = {
		.events = &any_events,
		.user = seen,
		.name = "test",
		.log_level = ORIEL_LOG_INFO,
		.wants = ORL_BOX_CLIPBOARD | ORL_BOX_PRINT | ORL_BOX_DEVICES,
		.jail = true,
	};
	struct orl_box *box = NULL;
	int ends[2], file;
	if (orl_box_create(&box, &config) != 0 ||
			socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
					ends) != 0 ||
			orl_rings_create(&file) != 0 ||
			orl_rings_map(box->rings, file) != 0 ||
			orl_rings_map(rings, file) != 0)
		abort();
	close(file);
	box->socket = ends[0];
	box->begun = true;
	seen->box = box;
	any_attach(box, seen);
	const struct oriel_print_size a4 = { 21000, 29700 };
	const struct oriel_printer printer = { .size = sizeof(printer),
		.id = 2,
		.name = "any",
		.formats = ORIEL_PRINT_PWG,
		.media = &a4,
		.n_media = 1 };
	if (orl_box_set_printer(box, &printer) != 0)
		abort();
	orl_box_clipboard(box, &any_clipboard, seen);
	ORL_BOX_TEXT(box->address, "unix:/nonexistent/socket");
	*process = ends[1];
	return box;
}

#endif

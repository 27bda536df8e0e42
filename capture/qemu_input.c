/*
 * qemu_input.c - what peers type and point at, as calls to the machine.
 *
 * The keyboards and mice that QEMU plays hold 16 events and lose what comes
 * then, so keys and buttons go one by one, with time for the guest to fetch
 * them; motion waits for them and is merged meanwhile. Presses are refused
 * when half of the queue is full: the releases of all that is down fit into
 * the other half.
 */
#include "capture/qemu.h"
#include "capture/qemu_keys.h"

enum {
	KEY_MS = 8,
	BUTTON_MS = 4,
	UNANSWERED_MAX = 32,
	NOTCH = 120,
	MAX_NOTCHES = 16, /* of one event */
	MAX_MOTION = 4096,
	/* QEMU's numbers of what is turned, not pressed. */
	WHEEL_UP = 3,
	WHEEL_DOWN = 4,
	WHEEL_LEFT = 7,
	WHEEL_RIGHT = 8,
};

/* Modifiers of org.qemu.Display1.Keyboard. */
enum { LIGHT_SCROLL = 1, LIGHT_NUM = 2, LIGHT_CAPS = 4 };

/* Buttons of struct oriel_pointer, as QEMU numbers them. */
static const uint8_t buttons[] = { 0, 2, 1, 5, 6 };

static const struct {
	uint32_t lock;
	uint8_t key;
} lock_keys[] = {
	{ ORIEL_LOCK_CAPS, 0x3a },
	{ ORIEL_LOCK_NUM, 0x45 },
	{ ORIEL_LOCK_SCROLL, 0x46 },
};

#define EACH(i, list) \
	for (size_t i = 0; i < sizeof(list) / sizeof((list)[0]); i++)

/* ---- calls ------------------------------------------------------------- */

static int on_answer(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu *q = user;

	(void)error;
	if (q->input.unanswered)
		q->input.unanswered--;
	/* A pointer that has just become another kind is no error. */
	if (sd_bus_message_is_method_error(
			    m, "org.freedesktop.DBus.Error.NoReply") ||
			sd_bus_message_is_method_error(m,
					"org.freedesktop.DBus.Error.Timeout"))
		orl_qemu_say(q, 1, "the virtual machine does not answer");
	return 0;
}

static void call(struct orl_qemu *q, const struct orl_qemu_event *e,
		sd_bus_message_handler_t handler)
{
	const char *path = e->console->path;
	int r = 0;

	switch (e->kind) {
	case ORL_QEMU_KEY:
	case ORL_QEMU_BUTTON:
		r = sd_bus_call_method_async(q->bus.bus, NULL, q->owner, path,
				e->kind == ORL_QEMU_KEY
						? "org.qemu.Display1.Keyboard"
						: "org.qemu.Display1.Mouse",
				e->down ? "Press" : "Release", handler, q, "u",
				e->code);
		break;
	case ORL_QEMU_MOVE:
		r = sd_bus_call_method_async(q->bus.bus, NULL, q->owner, path,
				"org.qemu.Display1.Mouse", "SetAbsPosition",
				handler, q, "uu", (uint32_t)e->x,
				(uint32_t)e->y);
		break;
	case ORL_QEMU_MOTION:
		r = sd_bus_call_method_async(q->bus.bus, NULL, q->owner, path,
				"org.qemu.Display1.Mouse", "RelMotion", handler,
				q, "ii", e->x, e->y);
		break;
	case ORL_QEMU_FINGER:
		r = sd_bus_call_method_async(q->bus.bus, NULL, q->owner, path,
				"org.qemu.Display1.MultiTouch", "SendEvent",
				handler, q, "utdd", (uint32_t)e->finger,
				(uint64_t)e->code, (double)e->x, (double)e->y);
		break;
	}
	if (r >= 0 && handler)
		q->input.unanswered++;
}

/* ---- the queue --------------------------------------------------------- */

static struct orl_qemu_event *last(struct orl_qemu_input *in)
{
	if (!in->count)
		return NULL;
	return &in->queue[(in->first + in->count - 1) % ORL_QEMU_QUEUE];
}

static bool put(struct orl_qemu *q, const struct orl_qemu_event *e)
{
	struct orl_qemu_input *in = &q->input;
	bool release = e->kind == ORL_QEMU_FINGER
				       ? e->finger == ORL_QEMU_FINGER_END
				       : e->kind <= ORL_QEMU_BUTTON && !e->down;

	if (in->count >= (release ? ORL_QEMU_QUEUE : ORL_QEMU_QUEUE / 2))
		return false;
	in->count++;
	*last(in) = *e;
	return true;
}

void orl_qemu_input_run(struct orl_qemu *q, uint64_t now)
{
	struct orl_qemu_input *in = &q->input;

	while (in->count && q->bus.bus && now >= in->next &&
			in->unanswered < UNANSWERED_MAX) {
		const struct orl_qemu_event *e = &in->queue[in->first];
		bool wheel = e->kind == ORL_QEMU_BUTTON &&
			     (e->code == WHEEL_UP || e->code == WHEEL_DOWN ||
					     e->code >= WHEEL_LEFT);

		call(q, e, on_answer);
		if (e->kind == ORL_QEMU_KEY)
			in->next = now + KEY_MS * ORL_MSEC;
		else if (e->kind == ORL_QEMU_BUTTON && !(wheel && e->down))
			in->next = now + BUTTON_MS * ORL_MSEC;
		in->first = (in->first + 1) % ORL_QEMU_QUEUE;
		in->count--;
	}
}

void orl_qemu_input_due(const struct orl_qemu *q, uint64_t *due)
{
	const struct orl_qemu_input *in = &q->input;

	if (in->count && in->unanswered < UNANSWERED_MAX && in->next < *due)
		*due = in->next;
}

void orl_qemu_input_fini(struct orl_qemu *q)
{
	struct orl_qemu_input *in = &q->input;
	struct orl_qemu_event e = { .kind = ORL_QEMU_KEY,
		.console = &q->consoles[0] };

	/* Nothing is left of a machine that went, or was never found. */
	if (!q->bus.bus || !q->console_count || q->wrong[0])
		return;
	for (e.code = 0; e.code < 256; e.code++)
		if (in->keys[e.code])
			call(q, &e, NULL);
	e.kind = ORL_QEMU_BUTTON;
	e.console = in->at ? in->at : e.console;
	EACH(i, buttons)
	{
		e.code = buttons[i];
		if (in->buttons >> i & 1)
			call(q, &e, NULL);
	}
	e.kind = ORL_QEMU_FINGER;
	e.finger = ORL_QEMU_FINGER_END;
	EACH(i, in->fingers)
	{
		e.code = (uint32_t)i;
		e.console = in->fingers[i].at;
		if (in->fingers[i].down && e.console->slots)
			call(q, &e, NULL);
	}
	sd_bus_flush(q->bus.bus);
}

void orl_qemu_input_forget(struct orl_qemu *q)
{
	q->input = (struct orl_qemu_input){ .count = 0 };
}

/* ---- keys -------------------------------------------------------------- */

static void press(struct orl_qemu *q, uint8_t code, bool down)
{
	struct orl_qemu_event e = { .kind = ORL_QEMU_KEY,
		.console = &q->consoles[0],
		.down = down,
		.code = code };

	if (q->input.keys[code] != down && put(q, &e))
		q->input.keys[code] = down;
}

void orl_qemu_on_key(struct orl_qemu *q, const struct oriel_key *key)
{
	uint8_t code = orl_qemu_key(key->usage);

	if (!code)
		return;
	press(q, code, key->down);
	orl_qemu_input_run(q, orl_now());
}

void orl_qemu_on_text(struct orl_qemu *q)
{
	if (!q->input.text_refused)
		fputs("qemu: characters without a key cannot be typed into a "
		      "virtual machine\n",
				stderr);
	q->input.text_refused = true;
}

void orl_qemu_lights(struct orl_qemu *q, uint32_t modifiers)
{
	uint32_t locks = 0;

	if (modifiers & LIGHT_CAPS)
		locks |= ORIEL_LOCK_CAPS;
	if (modifiers & LIGHT_NUM)
		locks |= ORIEL_LOCK_NUM;
	if (modifiers & LIGHT_SCROLL)
		locks |= ORIEL_LOCK_SCROLL;
	q->input.locks = locks;
	q->input.deaf = false;
	if (q->server)
		oriel_server_set_locks(q->server, locks);
}

void orl_qemu_on_locks(struct orl_qemu *q, uint32_t locks)
{
	struct orl_qemu_input *in = &q->input;

	/* A guest that sets no lights would be toggled back and forth. */
	if (locks == in->locks || in->deaf)
		return;
	EACH(i, lock_keys)
	{
		if (!((locks ^ in->locks) & lock_keys[i].lock))
			continue;
		in->deaf = true;
		press(q, lock_keys[i].key, true);
		press(q, lock_keys[i].key, false);
	}
	orl_qemu_input_run(q, orl_now());
}

/* ---- the pointer ------------------------------------------------------- */

static void press_button(
		struct orl_qemu *q, struct orl_qemu_console *c, uint32_t code)
{
	struct orl_qemu_event e = { .kind = ORL_QEMU_BUTTON,
		.console = c,
		.down = true,
		.code = code };

	if (!put(q, &e))
		return;
	e.down = false;
	put(q, &e);
}

static void set_buttons(
		struct orl_qemu *q, struct orl_qemu_console *c, uint32_t now)
{
	struct orl_qemu_input *in = &q->input;

	EACH(i, buttons)
	{
		struct orl_qemu_event e = { .kind = ORL_QEMU_BUTTON,
			.console = c,
			.down = (now >> i & 1) != 0,
			.code = buttons[i] };

		if (((now ^ in->buttons) >> i & 1) && put(q, &e))
			in->buttons ^= 1u << i;
	}
}

/* Notches of a wheel; the rest of one waits for the next event. */
static void turn(struct orl_qemu *q, struct orl_qemu_console *c, int32_t *rest,
		int16_t amount, uint32_t positive, uint32_t negative)
{
	int32_t notches;

	*rest += amount;
	notches = *rest / NOTCH;
	*rest -= notches * NOTCH;
	for (int32_t i = 0; i < MAX_NOTCHES && i < notches; i++)
		press_button(q, c, positive);
	for (int32_t i = 0; i < MAX_NOTCHES && i < -notches; i++)
		press_button(q, c, negative);
}

static int32_t clamp(int64_t v, int32_t low, int32_t high)
{
	return (int32_t)(v < low ? low : v > high ? high : v);
}

/* Whole pixels of motion; the rest of one waits for the next event. */
static int32_t whole(int32_t *rest, int32_t more)
{
	/* 64 bits: the peer chose `more`. */
	int64_t sum = (int64_t)*rest + more;
	int64_t pixels = sum / 256;

	*rest = (int32_t)(sum - pixels * 256);
	return clamp(pixels, -MAX_MOTION, MAX_MOTION);
}

/* The pointer goes by (dx, dy) to where in->x and in->y say. */
static void move(struct orl_qemu *q, struct orl_qemu_console *c, int32_t dx,
		int32_t dy)
{
	struct orl_qemu_input *in = &q->input;
	struct orl_qemu_event *before = last(in);
	struct orl_qemu_event e = { .kind = c->absolute ? ORL_QEMU_MOVE
							: ORL_QEMU_MOTION,
		.console = c,
		.x = in->x,
		.y = in->y };

	if (!c->absolute) {
		e.x = dx;
		e.y = dy;
	}
	if (!c->absolute && !dx && !dy)
		return;
	if (!before || before->kind != e.kind || before->console != c) {
		put(q, &e);
	} else if (c->absolute) {
		*before = e;
	} else {
		before->x = clamp((int64_t)before->x + dx, -MAX_MOTION,
				MAX_MOTION);
		before->y = clamp((int64_t)before->y + dy, -MAX_MOTION,
				MAX_MOTION);
	}
}

static struct orl_qemu_console *under(struct orl_qemu *q, uint32_t display)
{
	for (size_t i = 0; i < q->console_count; i++)
		if (oriel_display_id(q->consoles[i].display) == display)
			return &q->consoles[i];
	return &q->consoles[0];
}

static void point(struct orl_qemu *q, const struct oriel_pointer *p)
{
	struct orl_qemu_input *in = &q->input;
	struct orl_qemu_console *c = under(q, p->display);
	int32_t dx, dy, x = in->x, y = in->y;

	/* The guest may want it the other way than the client has it. */
	if (p->flags & ORIEL_POINTER_RELATIVE) {
		c = in->at ? in->at : c;
		dx = whole(&in->rest_x, p->x);
		dy = whole(&in->rest_y, p->y);
		in->x = clamp((int64_t)x + dx, 0, c->width - 1);
		in->y = clamp((int64_t)y + dy, 0, c->height - 1);
	} else {
		in->x = clamp(p->x, 0, c->width - 1);
		in->y = clamp(p->y, 0, c->height - 1);
		dx = in->x - x;
		dy = in->y - y;
	}
	if (dx || dy || c != in->at) {
		in->moved = orl_now();
		move(q, c, dx, dy);
	}
	in->at = c;
	set_buttons(q, c, p->buttons);
	turn(q, c, &in->wheel_y, p->wheel_y, WHEEL_UP, WHEEL_DOWN);
	turn(q, c, &in->wheel_x, p->wheel_x, WHEEL_RIGHT, WHEEL_LEFT);
	orl_qemu_input_run(q, orl_now());
}

void orl_qemu_on_pointer(struct orl_qemu *q, const struct oriel_pointer *p)
{
	struct oriel_pointer with = *p;

	q->input.held = p->buttons;
	/* A finger that is the pointer holds its first button. */
	if (q->input.fingers[0].down && !q->input.fingers[0].at->slots)
		with.buttons |= 1;
	point(q, &with);
}

/* ---- fingers ----------------------------------------------------------- */

/* Where no finger is taken the first one is the pointer. */
static void point_at(struct orl_qemu *q, const struct oriel_touch *t)
{
	struct orl_qemu_input *in = &q->input;
	struct oriel_pointer p = {
		.display = t->display, .x = t->x, .y = t->y, .buttons = in->held
	};

	if (in->fingers[0].down ? in->fingers[0].contact != t->contact
				: t->phase != ORIEL_TOUCH_DOWN)
		return;
	in->fingers[0].down = t->phase != ORIEL_TOUCH_UP;
	in->fingers[0].contact = t->contact;
	in->fingers[0].at = under(q, t->display);
	p.buttons |= in->fingers[0].down;
	point(q, &p);
}

/* The slot of a finger that is down, or one for it, or -1. */
static int slot_of(const struct orl_qemu_input *in, const struct oriel_touch *t,
		int32_t slots)
{
	int empty = -1;

	for (int i = 0; i < slots; i++) {
		if (in->fingers[i].down && in->fingers[i].contact == t->contact)
			return i;
		if (!in->fingers[i].down && empty < 0)
			empty = i;
	}
	return t->phase == ORIEL_TOUCH_DOWN ? empty : -1;
}

void orl_qemu_on_touch(struct orl_qemu *q, const struct oriel_touch *t)
{
	struct orl_qemu_input *in = &q->input;
	struct orl_qemu_console *c = under(q, t->display);
	struct orl_qemu_event e = { .kind = ORL_QEMU_FINGER,
		.console = c,
		.x = clamp(t->x, 0, c->width - 1),
		.y = clamp(t->y, 0, c->height - 1) };
	struct orl_qemu_event *before = last(in);
	int slot = slot_of(in, t, c->slots);

	if (!c->slots) {
		point_at(q, t);
		return;
	}
	if (slot < 0)
		return;
	e.code = (uint32_t)slot;
	e.finger = !in->fingers[slot].down      ? ORL_QEMU_FINGER_BEGIN
		   : t->phase == ORIEL_TOUCH_UP ? ORL_QEMU_FINGER_END
						: ORL_QEMU_FINGER_UPDATE;
	/* Motion that has not gone yet is where the finger is now. */
	if (before && before->kind == e.kind && before->code == e.code &&
			before->finger == ORL_QEMU_FINGER_UPDATE &&
			e.finger == ORL_QEMU_FINGER_UPDATE)
		*before = e;
	else if (!put(q, &e))
		return;
	in->fingers[slot].down = e.finger != ORL_QEMU_FINGER_END;
	in->fingers[slot].contact = t->contact;
	in->fingers[slot].at = c;
	orl_qemu_input_run(q, orl_now());
}

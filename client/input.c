/*
 * input.c - keys, pointer and touch, from any thread to the line.
 *
 * Callers queue and wake the loop; the loop sends. While the line is busy
 * motion merges into the motion before it; keys, buttons and wheel never do.
 * Acks ride along: what shows that a picture arrived is worth no packet of
 * its own when input is leaving anyway.
 */
#include "client/client.h"

#include <string.h>

enum {
	KEY_PAGE = 0x070000,
	KEY_PAGE_SIZE = 256,
	/* More than this unsent on the control channel: the line is busy. */
	BUSY_BYTES = 256,
	RETRY_MS = 4,
};

static void on_posted(struct orl_posted *post)
{
	struct orl_input_queue *q =
			orl_container(post, struct orl_input_queue, post);
	struct oriel_client *c = orl_container(q, struct oriel_client, queue);

	pthread_mutex_lock(&q->lock);
	q->posted = false;
	pthread_mutex_unlock(&q->lock);
	orl_input_flush(c);
}

int orl_input_init(struct oriel_client *c)
{
	struct orl_input_queue *q = &c->queue;

	pthread_mutex_init(&q->lock, NULL);
	q->post.run = on_posted;
	q->ring = orl_alloc(&c->env, ORL_INPUT_QUEUE, sizeof(*q->ring));
	return q->ring ? 0 : ORIEL_ENOMEM;
}

void orl_input_fini(struct oriel_client *c)
{
	if (!c->queue.post.run)
		return; /* init was not reached */
	orl_free(&c->env, c->queue.ring);
	pthread_mutex_destroy(&c->queue.lock);
}

void orl_input_open(struct oriel_client *c, bool open, uint32_t rights)
{
	struct orl_input_queue *q = &c->queue;

	pthread_mutex_lock(&q->lock);
	if (!open || !q->ready)
		q->n = 0;
	q->ready = open;
	q->rights = rights;
	if (!open)
		q->lost = false;
	if (!open || !(rights & ORIEL_MAY_INPUT))
		memset(q->keys, 0, sizeof(q->keys));
	pthread_mutex_unlock(&q->lock);
	if (!open) {
		memset(c->keys, 0, sizeof(c->keys));
		c->n_others = 0;
		c->buttons = 0;
		c->input_seq = 0;
		memset(c->sent, 0, sizeof(c->sent));
	}
}

/* ---- queueing, any thread ---------------------------------------------- */

/* Whether `in` only moves the pointer on from `last`. */
static bool merges(const struct orl_input *last, const struct orl_input *in)
{
	const struct oriel_pointer *a = &last->u.pointer, *b = &in->u.pointer;

	return last->motion && in->motion && a->display == b->display &&
	       a->flags == b->flags;
}

/*
 * A press or release stays where it happened: only what follows it and
 * changes no button merges, and never into it.
 */
static void classify(struct orl_input_queue *q, struct orl_input *in)
{
	const struct oriel_pointer *p = &in->u.pointer;

	if (in->kind == ORL_INPUT_RELEASE)
		q->buttons = 0;
	if (in->kind != ORL_INPUT_POINTER)
		return;
	in->motion = p->buttons == q->buttons && !p->wheel_x && !p->wheel_y;
	q->buttons = p->buttons;
}

static void set_bit(uint8_t keys[static 32], uint32_t usage, bool down)
{
	uint32_t id = usage - KEY_PAGE;

	if (id >= KEY_PAGE_SIZE)
		return;
	if (down)
		keys[id / 8] |= (uint8_t)(1u << id % 8);
	else
		keys[id / 8] &= (uint8_t) ~(1u << id % 8);
}

/*
 * What is down now, told or not. A key that goes up while it is nobody's
 * business is up all the same.
 */
static void keep(struct orl_input_queue *q, const struct orl_input *in, int err)
{
	bool counts = !err || err == ORIEL_ELIMIT;

	if (in->kind == ORL_INPUT_KEY && (counts || !in->u.key.down))
		set_bit(q->keys, in->u.key.usage, in->u.key.down);
	if (in->kind == ORL_INPUT_RELEASE)
		memset(q->keys, 0, sizeof(q->keys));
	if (in->kind == ORL_INPUT_LOCKS)
		q->locks = in->u.locks;
	q->lost = q->lost || err == ORIEL_ELIMIT;
}

static int32_t sum(int32_t a, int32_t b)
{
	int64_t s = (int64_t)a + b;

	return s > INT32_MAX   ? INT32_MAX
	       : s < INT32_MIN ? INT32_MIN
			       : (int32_t)s;
}

/*
 * What only says how a screen is now: room is kept for one of each, and a
 * newer one takes the place of an older. A `shown` that was lost would stop a
 * server that waits for it.
 */
static bool replaces(struct orl_input_queue *q, const struct orl_input *in)
{
	if (in->kind < ORL_INPUT_SHOWN)
		return false;
	for (unsigned i = 0; i < q->n; i++) {
		struct orl_input *old =
				&q->ring[(q->first + i) % ORL_INPUT_QUEUE];
		if (old->kind != in->kind ||
				old->u.screen.screen != in->u.screen.screen)
			continue;
		*old = *in;
		return true;
	}
	return false;
}

static int push(struct oriel_client *c, struct orl_input *in, uint32_t rights)
{
	struct orl_input_queue *q = &c->queue;
	bool wake = false;
	int err = 0;

	pthread_mutex_lock(&q->lock);
	classify(q, in);
	struct orl_input *last =
			&q->ring[(q->first + q->n + ORL_INPUT_QUEUE - 1) %
					ORL_INPUT_QUEUE];
	if (!q->ready) {
		err = ORIEL_ESTATE;
	} else if ((q->rights & rights) != rights) {
		err = ORIEL_EDENIED;
	} else if (q->n && merges(last, in)) {
		struct oriel_pointer *p = &last->u.pointer;
		bool relative = p->flags & ORIEL_POINTER_RELATIVE;
		int32_t x = relative ? p->x : 0, y = relative ? p->y : 0;
		*p = in->u.pointer;
		p->x = sum(p->x, x);
		p->y = sum(p->y, y);
	} else if (replaces(q, in)) {
		/* it is told in the old one's place */
	} else if (q->n >= (in->kind < ORL_INPUT_SHOWN ? ORL_INPUT_ROOM
						       : ORL_INPUT_QUEUE)) {
		err = ORIEL_ELIMIT;
	} else {
		q->ring[(q->first + q->n++) % ORL_INPUT_QUEUE] = *in;
	}
	keep(q, in, err);
	if (!err && !q->posted)
		wake = q->posted = true;
	pthread_mutex_unlock(&q->lock);
	if (wake)
		orl_loop_post(c->loop, &q->post);
	return err;
}

int oriel_client_key(struct oriel_client *c, const struct oriel_key *key)
{
	if (!c || !key)
		return ORIEL_EINVAL;
	return push(c,
			&(struct orl_input){
					.kind = ORL_INPUT_KEY, .u.key = *key },
			ORIEL_MAY_INPUT);
}

int oriel_client_pointer(
		struct oriel_client *c, const struct oriel_pointer *pointer)
{
	if (!c || !pointer || pointer->display >= ORL_DISPLAYS_MAX ||
			pointer->flags & ~(uint32_t)ORIEL_POINTER_RELATIVE)
		return ORIEL_EINVAL;
	return push(c,
			&(struct orl_input){ .kind = ORL_INPUT_POINTER,
					.u.pointer = *pointer },
			ORIEL_MAY_INPUT);
}

int oriel_client_touch(struct oriel_client *c, const struct oriel_touch *touch)
{
	if (!c || !touch || touch->display >= ORL_DISPLAYS_MAX ||
			touch->phase > ORIEL_TOUCH_UP)
		return ORIEL_EINVAL;
	return push(c,
			&(struct orl_input){ .kind = ORL_INPUT_TOUCH,
					.u.touch = *touch },
			ORIEL_MAY_INPUT);
}

int oriel_client_text(struct oriel_client *c, const char *text)
{
	struct orl_input in = { .kind = ORL_INPUT_TEXT };

	if (!c || !text)
		return ORIEL_EINVAL;
	size_t n = strlen(text);
	if (n >= sizeof(in.u.text) || !orl_utf8_ok((const uint8_t *)text, n))
		return ORIEL_EINVAL;
	memcpy(in.u.text, text, n + 1);
	return push(c, &in, ORIEL_MAY_INPUT);
}

void oriel_client_set_locks(struct oriel_client *c, uint32_t locks)
{
	/* Told again with the next state, when this one cannot be. */
	(void)push(c,
			&(struct orl_input){ .kind = ORL_INPUT_LOCKS,
					.u.locks = locks & 7 },
			ORIEL_MAY_INPUT);
}

void oriel_client_release_all(struct oriel_client *c)
{
	/* Without a session nothing is held: the server lets go of all. */
	(void)push(c, &(struct orl_input){ .kind = ORL_INPUT_RELEASE },
			ORIEL_MAY_INPUT);
}

void oriel_client_take(struct oriel_client *c, bool take)
{
	(void)push(c,
			&(struct orl_input){ .kind = ORL_INPUT_TAKE,
					.u.take = take },
			ORIEL_MAY_INPUT);
}

void oriel_screen_shown(struct oriel_screen *s, uint64_t time)
{
	struct orl_input in = { .kind = ORL_INPUT_SHOWN };

	in.u.screen.screen = s->id;
	in.u.screen.time = time ? time : orl_now(&s->client->env);
	(void)push(s->client, &in, 0);
}

void oriel_screen_set_visible(struct oriel_screen *s, bool visible)
{
	struct orl_input in = { .kind = ORL_INPUT_VISIBLE };

	in.u.screen.screen = s->id;
	in.u.screen.visible = visible;
	/* While the line is lost nothing is queued; then it is told later. */
	atomic_store(&s->hidden, !visible);
	(void)push(s->client, &in, 0);
}

/* ---- sending, loop thread ---------------------------------------------- */

static uint32_t stamp(struct oriel_client *c, uint64_t time)
{
	uint32_t seq = ++c->input_seq;

	c->sent[seq % ORL_SENT].seq = seq;
	c->sent[seq % ORL_SENT].time = time;
	return seq;
}

static void note_other(struct oriel_client *c, uint32_t usage, bool down)
{
	unsigned i;

	for (i = 0; i < c->n_others && c->others[i] != usage; i++)
		;
	if (down && i < ORL_OTHER_KEYS) {
		c->others[i] = usage;
		c->n_others += i == c->n_others;
	} else if (!down && i < c->n_others) {
		c->others[i] = c->others[--c->n_others];
	}
}

static int send_key(struct oriel_client *c, const struct oriel_key *key)
{
	uint64_t time = key->time ? key->time : orl_now(&c->env);
	struct orl_key msg = { .usage = key->usage,
		.down = key->down,
		.keysym = key->keysym,
		.time = (uint32_t)(time / 1000) };

	set_bit(c->keys, key->usage, key->down);
	if (key->usage - KEY_PAGE >= KEY_PAGE_SIZE)
		note_other(c, key->usage, key->down);
	msg.seq = stamp(c, time);
	return ORL_CLIENT_PUT(c, key, &msg);
}

static int send_pointer(struct oriel_client *c, const struct oriel_pointer *p)
{
	uint64_t time = p->time ? p->time : orl_now(&c->env);
	struct orl_pointer msg = {
		.display = (uint8_t)p->display,
		.flags = (uint8_t)p->flags,
		.x = p->x,
		.y = p->y,
		.buttons = p->buttons,
		.wheel_x = (uint16_t)p->wheel_x,
		.wheel_y = (uint16_t)p->wheel_y,
		.time = (uint32_t)(time / 1000),
	};

	c->buttons = p->buttons;
	msg.seq = stamp(c, time);
	return ORL_CLIENT_PUT(c, pointer, &msg);
}

static int send_touch(struct oriel_client *c, const struct oriel_touch *t)
{
	uint64_t time = t->time ? t->time : orl_now(&c->env);
	struct orl_touch msg = { .display = (uint8_t)t->display,
		.contact = t->contact,
		.phase = (uint8_t)t->phase,
		.x = t->x,
		.y = t->y,
		.time = (uint32_t)(time / 1000) };

	msg.seq = stamp(c, time);
	return ORL_CLIENT_PUT(c, touch, &msg);
}

static int send_text(struct oriel_client *c, const char *text)
{
	struct orl_text msg = { .text = { (const uint8_t *)text,
						(uint32_t)strlen(text) } };

	msg.seq = stamp(c, orl_now(&c->env));
	return ORL_CLIENT_PUT(c, text, &msg);
}

static int send_held(struct oriel_client *c)
{
	struct orl_held msg = { .seq = c->input_seq,
		.keys = { c->keys, sizeof(c->keys) },
		.buttons = c->buttons,
		.locks = (uint8_t)c->locks };

	return ORL_CLIENT_PUT(c, held, &msg);
}

/* `held` knows one page of keys: those of others go up one by one. */
static int send_others_up(struct oriel_client *c)
{
	int err = 0;

	while (c->n_others && !err)
		err = send_key(c, &(struct oriel_key){ .usage = c->others[0] });
	return err;
}

/* Everything has gone that was queued: mend what was not. */
static int send_lost(struct oriel_client *c)
{
	struct orl_input_queue *q = &c->queue;

	pthread_mutex_lock(&q->lock);
	bool lost = q->lost && !q->n && q->ready && q->rights & ORIEL_MAY_INPUT;
	if (lost) {
		memcpy(c->keys, q->keys, sizeof(c->keys));
		c->buttons = q->buttons;
		c->locks = q->locks;
		q->lost = false;
	}
	pthread_mutex_unlock(&q->lock);
	if (!lost)
		return 0;
	int err = send_others_up(c);
	return err ? err : send_held(c);
}

static int send_screen(struct oriel_client *c, const struct orl_input *in)
{
	struct oriel_screen *s = orl_screen_find(c, in->u.screen.screen);
	struct orl_visible msg;

	if (!s)
		return 0;
	if (in->kind == ORL_INPUT_SHOWN) {
		s->paced = true;
		orl_screen_was_shown(s, in->u.screen.time);
		return 0;
	}
	msg = (struct orl_visible){ .display = (uint8_t)s->id,
		.visible = in->u.screen.visible };
	return ORL_CLIENT_PUT(c, visible, &msg);
}

static int send_one(struct oriel_client *c, const struct orl_input *in)
{
	struct orl_take take;

	switch (in->kind) {
	case ORL_INPUT_KEY:
		return send_key(c, &in->u.key);
	case ORL_INPUT_POINTER:
		return send_pointer(c, &in->u.pointer);
	case ORL_INPUT_TOUCH:
		return send_touch(c, &in->u.touch);
	case ORL_INPUT_TEXT:
		return send_text(c, in->u.text);
	case ORL_INPUT_LOCKS:
		c->locks = in->u.locks;
		return send_held(c);
	case ORL_INPUT_RELEASE:
		if (send_others_up(c) < 0)
			return ORIEL_ECLOSED;
		memset(c->keys, 0, sizeof(c->keys));
		c->buttons = 0;
		return send_held(c);
	case ORL_INPUT_TAKE:
		take.take = in->u.take;
		return ORL_CLIENT_PUT(c, take, &take);
	case ORL_INPUT_SHOWN:
	case ORL_INPUT_VISIBLE:
		return send_screen(c, in);
	}
	return 0;
}

/* The next thing queued, as long as the line is not busy. */
static bool next(struct oriel_client *c, struct orl_input *in)
{
	struct orl_input_queue *q = &c->queue;
	bool busy = orl_link_queued(orl_conn_link(c->conn),
				    1u << ORL_CHANNEL_CONTROL) > BUSY_BYTES;

	pthread_mutex_lock(&q->lock);
	bool more = q->n > 0;
	if (more && !busy) {
		*in = q->ring[q->first];
		q->first = (q->first + 1) % ORL_INPUT_QUEUE;
		q->n--;
	}
	pthread_mutex_unlock(&q->lock);
	if (more && busy)
		orl_timer_set(c->loop, &c->retry,
				orl_now(&c->env) +
						(uint64_t)RETRY_MS * 1000000);
	return more && !busy;
}

void orl_input_flush(struct oriel_client *c)
{
	struct orl_input in;
	bool any = false, input = false;

	while (c->conn && !c->ending && next(c, &in)) {
		if (send_one(c, &in) < 0)
			return;
		any = true;
		input |= in.kind <= ORL_INPUT_TEXT;
	}
	if (!c->conn || c->ending || send_lost(c) < 0)
		return;
	if (input)
		orl_screen_send_acks(c);
	if (any && c->conn) {
		orl_conn_kick(c->conn);
		orl_again_busy(c);
	}
}

void orl_input_retry(struct orl_timer *timer)
{
	orl_input_flush(orl_container(timer, struct oriel_client, retry));
}

void orl_input_echo(struct oriel_client *c, uint32_t seq, uint64_t shown)
{
	/* The oldest input that this update is the first to show. */
	for (unsigned n = ORL_SENT; n--;) {
		uint32_t i = seq - n;
		if (c->sent[i % ORL_SENT].seq != i ||
				!c->sent[i % ORL_SENT].time)
			continue;
		if (c->sent[i % ORL_SENT].time < shown)
			c->echoes[c->n_echoes++ % ORL_CLIENT_LATENCIES] =
					shown - c->sent[i % ORL_SENT].time;
		c->sent[i % ORL_SENT].time = 0;
	}
}

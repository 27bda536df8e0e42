/*
 * box_clip.c - see box_clip.h. A paste has at most ORL_BOX_CLIP_WINDOW bytes
 * in the ring or unused at the other end, so the ring has room for all of
 * them; what is said of one that has ended meanwhile is of no use, but its
 * bytes are taken out of the ring.
 */
#include "client/viewer/box_clip.h"

#include <string.h>

enum what {
	TYPE,   /* text: one more type of the offer that comes */
	OFFER,  /* id: serial, value: selection, total: the newest seen */
	FETCH,  /* id, value: selection, text: type */
	BEGIN,  /* id, value: kind, total */
	DATA,   /* id, value: bytes, which are in the ring */
	FINISH, /* id */
	FAIL,   /* id, value: error, text: why */
	USED,   /* id, value: bytes */
	NOTE,   /* id: kind, value, text */
};

enum { PIECE = 32 << 10 };

_Static_assert(sizeof(struct orl_box_clip_up) ==
				sizeof(struct orl_box_clip_down),
		"the same both ways");

static void say(struct orl_box_clip *clip, enum what what, uint32_t id,
		int64_t value, uint64_t total, const char *text)
{
	struct orl_box_message m = { .id = clip->viewer ? ORL_BOX_CLIP_DOWN
							: ORL_BOX_CLIP_UP };
	struct orl_box_clip_down *c = &m.u.clip_down;
	c->what = (int64_t)what;
	c->id = id;
	c->value = value;
	c->total = total > INT64_MAX ? 0 : (int64_t)total;
	ORL_BOX_TEXT(c->text, text ? text : "");
	clip->tell(clip->teller, &m);
}

/* ---- ends of pastes that are this one ---------------------------------- */

static struct orl_box_through *through_new(
		struct orl_box_clip *clip, uint32_t id, bool out)
{
	for (size_t i = 0; i < ORL_BOX_CLIP_PASTES; i++) {
		struct orl_box_through *t = &clip->pastes[i];
		if (t->id)
			continue;
		*t = (struct orl_box_through){
			.clip = clip, .id = id, .out = out
		};
		return t;
	}
	return NULL;
}

static struct orl_box_through *find(struct orl_box_clip *clip, int64_t id)
{
	for (size_t i = 0; id && i < ORL_BOX_CLIP_PASTES; i++)
		if (clip->pastes[i].id == id)
			return &clip->pastes[i];
	return NULL;
}

static int begin(void *user, enum orl_paste_total kind, uint64_t total)
{
	struct orl_box_through *t = user;
	say(t->clip, BEGIN, t->id, (int64_t)kind, total, NULL);
	return 0;
}

static int64_t write_through(void *user, const void *data, size_t n)
{
	struct orl_box_through *t = user;
	const uint8_t *p = data;
	size_t done = 0;
	while (done < n) {
		size_t k = ORL_BOX_CLIP_WINDOW - t->on_way;
		k = k < n - done ? k : n - done;
		k = k < PIECE ? k : PIECE;
		if (!k || !t->clip->out->bytes ||
				orl_box_ring_put(t->clip->out, p + done, k))
			break;
		t->on_way += k;
		done += k;
		say(t->clip, DATA, t->id, (int64_t)k, 0, NULL);
	}
	t->waiting = done < n;
	return (int64_t)done;
}

static void finish(void *user)
{
	struct orl_box_through *t = user;
	say(t->clip, FINISH, t->id, 0, 0, NULL);
	t->id = 0;
}

static void fail(void *user, int error, const char *why)
{
	struct orl_box_through *t = user;
	say(t->clip, FAIL, t->id, error, 0, why);
	t->id = 0;
}

static void used(void *user, size_t n, bool empty)
{
	struct orl_box_through *t = user;
	(void)empty;
	if (!n)
		return;
	t->on_way -= n;
	say(t->clip, USED, t->id, (int64_t)n, 0, NULL);
}

static const struct orl_paste_ops ops = {
	.begin = begin,
	.write = write_through,
	.finish = finish,
	.used = used,
	.fail = fail,
};

/* ---- what the other end says ------------------------------------------- */

/* As the protocol has them: no space, nothing that is not ASCII. */
static bool type_ok(const char *type)
{
	size_t n = 0;
	for (; type[n]; n++)
		if (type[n] <= ' ' || type[n] > '~')
			return false;
	return n > 0 && n <= ORIEL_TYPE_MAX;
}

static int on_type(struct orl_box_clip *clip, const char *type)
{
	if (clip->n_types == ORL_DUCT_TYPES || !type_ok(type))
		return ORIEL_EPROTO;
	memcpy(clip->types[clip->n_types++], type, strlen(type) + 1);
	return 0;
}

static int on_offer(
		struct orl_box_clip *clip, const struct orl_box_clip_down *m)
{
	const char *types[ORL_DUCT_TYPES];
	size_t n = clip->n_types;
	clip->n_types = 0;
	if (m->value < 0 || m->value >= ORIEL_SELECTIONS)
		return ORIEL_EPROTO;
	clip->seen[m->value] = (uint32_t)m->id;
	/* Two crossed: the process's holds, and the viewer will hear of it. */
	if (!clip->viewer && m->total != clip->made[m->value])
		return 0;
	for (size_t i = 0; i < n; i++)
		types[i] = clip->types[i];
	if (clip->calls)
		clip->calls->offered(clip->user, (unsigned)m->value, types, n);
	return 0;
}

static int on_fetch(
		struct orl_box_clip *clip, const struct orl_box_clip_down *m)
{
	uint32_t id = (uint32_t)m->id;
	/* Numbers of the viewer are odd, of the process even. */
	if (m->value < 0 || m->value >= ORIEL_SELECTIONS || !type_ok(m->text) ||
			!id || (id & 1) == (uint32_t)clip->viewer ||
			find(clip, id))
		return ORIEL_EPROTO;
	struct orl_box_through *t =
			clip->calls ? through_new(clip, id, true) : NULL;
	if (t)
		t->paste = clip->calls->wanted(clip->user, (unsigned)m->value,
				m->text, (struct orl_paste_end){ &ops, t });
	if (t && t->paste)
		return 0;
	if (t)
		t->id = 0;
	say(clip, FAIL, id, ORIEL_ESTATE, 0, "it is no longer to be had");
	return 0;
}

static int on_data(struct orl_box_clip *clip, struct orl_box_through *t,
		const struct orl_box_clip_down *m)
{
	uint8_t bytes[PIECE];
	size_t n = (size_t)m->value;
	if (m->value < 1 || m->value > PIECE || !clip->in->bytes ||
			orl_box_ring_get(clip->in, bytes, n) != 0)
		return ORIEL_EPROTO;
	int err = 0;
	if (!t) {
		say(clip, USED, (uint32_t)m->id, m->value, 0, NULL);
	} else if (t->out || n > ORL_BOX_CLIP_WINDOW - t->on_way) {
		err = ORIEL_EPROTO;
	} else {
		t->begun = true;
		t->on_way += n;
		orl_paste_data(t->paste, bytes, n);
	}
	explicit_bzero(bytes, n);
	return err;
}

static int on_begin(
		struct orl_box_through *t, const struct orl_box_clip_down *m)
{
	if (t->out || t->begun || m->value < ORL_PASTE_UNKNOWN ||
			m->value > ORL_PASTE_EXACT)
		return ORIEL_EPROTO;
	t->begun = true;
	orl_paste_begun(t->paste, (enum orl_paste_total)m->value,
			(uint64_t)m->total);
	return 0;
}

/* Those that were cut short may go on. */
static void go_on(struct orl_box_clip *clip)
{
	for (size_t i = 0; i < ORL_BOX_CLIP_PASTES; i++) {
		struct orl_box_through *t = &clip->pastes[i];
		if (!t->id || !t->waiting || t->on_way >= ORL_BOX_CLIP_WINDOW)
			continue;
		t->waiting = false;
		orl_paste_ready(t->paste);
	}
}

static int on_paste(
		struct orl_box_through *t, const struct orl_box_clip_down *m)
{
	struct orl_paste *paste = t->paste;
	switch ((enum what)m->what) {
	case BEGIN:
		return on_begin(t, m);
	case FINISH:
		if (t->out)
			return ORIEL_EPROTO;
		t->id = 0;
		orl_paste_came(paste);
		return 0;
	case FAIL:
		if (m->value >= 0)
			return ORIEL_EPROTO;
		t->id = 0;
		orl_paste_ended(paste, t, (int)m->value, m->text);
		return 0;
	case USED:
		if (!t->out || m->value < 1 || (size_t)m->value > t->on_way)
			return ORIEL_EPROTO;
		t->on_way -= (size_t)m->value;
		return 0;
	default:
		return ORIEL_EPROTO;
	}
}

static int on_note(struct orl_box_clip *clip, const struct orl_box_clip_down *m)
{
	if (!clip->viewer || m->id != ORL_BOX_CLIP_REFUSED || m->value >= 0)
		return ORIEL_EPROTO;
	if (clip->calls)
		clip->calls->note(
				clip->user, (int)m->id, (int)m->value, m->text);
	return 0;
}

int orl_box_clip_take(
		struct orl_box_clip *clip, const struct orl_box_clip_down *m)
{
	struct orl_box_through *t = find(clip, m->id);
	int err = 0;
	switch ((enum what)m->what) {
	case TYPE:
		return on_type(clip, m->text);
	case OFFER:
		return on_offer(clip, m);
	case FETCH:
		return on_fetch(clip, m);
	case NOTE:
		return on_note(clip, m);
	case DATA:
		err = on_data(clip, t, m);
		break;
	default:
		if (t)
			err = on_paste(t, m);
		break;
	}
	if (!err)
		go_on(clip);
	return err;
}

/* ---- what this end says ------------------------------------------------ */

void orl_box_clip_offer(struct orl_box_clip *clip, unsigned selection,
		const char *const *types, size_t count)
{
	for (size_t i = 0; i < count && i < ORL_DUCT_TYPES; i++)
		if (type_ok(types[i]))
			say(clip, TYPE, 0, 0, 0, types[i]);
	say(clip, OFFER, ++clip->made[selection], selection,
			clip->seen[selection], NULL);
}

struct orl_paste *orl_box_clip_fetch(struct orl_box_clip *clip,
		unsigned selection, const char *type, struct orl_paste_end to)
{
	uint32_t id = (clip->last += 2) | (uint32_t)clip->viewer;
	struct orl_box_through *t =
			type_ok(type) ? through_new(clip, id, false) : NULL;
	if (!t)
		return NULL;
	t->paste = orl_paste_create((struct orl_paste_end){ &ops, t }, to);
	if (!t->paste) {
		t->id = 0;
		return NULL;
	}
	say(clip, FETCH, id, selection, 0, type);
	return t->paste;
}

void orl_box_clip_note(struct orl_box_clip *clip, int kind, int value,
		const char *text)
{
	say(clip, NOTE, (uint32_t)kind, value, 0, text);
}

void orl_box_clip_reset(struct orl_box_clip *clip)
{
	for (size_t i = 0; i < ORL_BOX_CLIP_PASTES; i++) {
		struct orl_box_through *t = &clip->pastes[i];
		bool there = t->id != 0;
		t->id = 0;
		if (there)
			orl_paste_ended(t->paste, t, ORIEL_ECLOSED, "");
	}
	memset(clip->made, 0, sizeof(clip->made));
	memset(clip->seen, 0, sizeof(clip->seen));
	clip->n_types = 0;
	clip->last = 0;
}

/*
 * clipboard.c - see clipboard.h: offers with their serials, and transfers.
 *
 * Nothing is touched after a call to the host that the host may have ended by
 * then: a call is the last that is done with a transfer, and whoever ends all
 * of them looks at the list anew each time.
 */
#include "redirect/clipboard.h"

#include <string.h>

#include "redirect/clipboard_impl.h"

/* By the code of clip_refused; the first is not one. */
static const int errors[] = { ORIEL_EIO, ORIEL_ESTATE, ORIEL_EDENIED,
	ORIEL_ELIMIT, ORIEL_ENOTSUP, ORIEL_EIO, ORIEL_ETIMEOUT, ORIEL_ENOMEM };

enum { CODE_FAILED = 5 };

static uint8_t code_of(int error)
{
	for (unsigned i = 1; i < ORL_COUNT(errors); i++)
		if (errors[i] == error)
			return (uint8_t)i;
	return CODE_FAILED;
}

void orl_clip_sent(struct orl_clip *clip, int error)
{
	clip->calls->sent(clip->user, error);
}

/* The part of a sentence that fits, cut between characters. */
static struct orl_view sentence(const char *why)
{
	size_t n = why ? strlen(why) : 0;

	if (n > 256)
		for (n = 256; n && ((unsigned char)why[n] & 0xc0) == 0x80;)
			n--;
	if (n && !orl_utf8_ok((const uint8_t *)why, n))
		n = 0;
	return (struct orl_view){ (const uint8_t *)why, (uint32_t)n };
}

void orl_clip_send_refused(struct orl_clip *clip, uint32_t stream, int error,
		const char *why)
{
	struct orl_clip_refused msg = {
		.stream = stream, .code = code_of(error), .why = sentence(why)
	};

	ORL_CLIP_PUT(clip, clip_refused, &msg);
}

/* ---- types ------------------------------------------------------------- */

static bool type_ok(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] <= ' ' || p[i] > '~')
			return false;
	return n > 0 && n <= ORIEL_TYPE_MAX;
}

int orl_clip_types_join(char out[static ORL_CLIP_TYPES_TEXT + 1],
		const char *const *types, size_t count)
{
	size_t at = 0;

	if (count > ORIEL_TYPES_MAX)
		return ORIEL_EINVAL;
	for (size_t i = 0; i < count; i++) {
		size_t n = strlen(types[i]);
		if (!type_ok(types[i], n) ||
				at + !!at + n > ORL_CLIP_TYPES_TEXT)
			return ORIEL_EINVAL;
		if (at)
			out[at++] = ' ';
		memcpy(out + at, types[i], n);
		at += n;
	}
	out[at] = 0;
	return 0;
}

/*
 * Cut text at its spaces; the result points into it. Returns how many, or
 * ORIEL_EPROTO.
 */
static int split(char *text, const char *types[static ORIEL_TYPES_MAX])
{
	int count = 0;

	if (!*text)
		return 0;
	for (char *p = text, *space; p; p = space) {
		space = strchr(p, ' ');
		if (space)
			*space++ = 0;
		if (count == ORIEL_TYPES_MAX || !type_ok(p, strlen(p)))
			return ORIEL_EPROTO;
		types[count++] = p;
	}
	return count;
}

static bool has_type(const char *types, const char *type)
{
	size_t n = strlen(type);

	for (const char *p = types; p; p = strchr(p, ' ')) {
		p += *p == ' ';
		if (strncmp(p, type, n) == 0 && (p[n] == ' ' || !p[n]))
			return n > 0;
	}
	return false;
}

/* ---- offers ------------------------------------------------------------ */

/* Send the newest of ours when the one before has been seen. */
static void flush(struct orl_clip *clip, enum oriel_selection s)
{
	struct orl_clip_board *ours = &clip->ours[s];
	uint32_t seen = clip->theirs[s].serial;

	if (!ours->due || ours->unseen || !clip->link)
		return;
	if (ours->serial == UINT32_MAX || seen == UINT32_MAX) {
		orl_clip_sent(clip, ORIEL_ELIMIT); /* one each ms for 50 days */
		return;
	}
	ours->serial = (seen > ours->serial ? seen : ours->serial) + 1;
	ours->due = false;
	ours->current = ours->unseen = true;
	clip->theirs[s].current = false;
	struct orl_clip_offer msg = { .selection = (uint8_t)s,
		.serial = ours->serial,
		.types = { (const uint8_t *)ours->types,
				(uint32_t)strlen(ours->types) } };
	ORL_CLIP_PUT(clip, clip_offer, &msg);
}

int orl_clip_put_up(struct orl_clip *clip, enum oriel_selection selection,
		const char *types)
{
	struct orl_clip_board *ours;

	if ((unsigned)selection >= ORIEL_SELECTIONS)
		return ORIEL_EINVAL;
	/* Whether it may be told or not, what they offered holds no more. */
	clip->theirs[selection].current = false;
	if (!clip->link || !clip->out)
		return 0;
	ours = &clip->ours[selection];
	/* To take back what was never told is nothing to tell. */
	if (!*types && !*ours->types)
		return 0;
	memcpy(ours->types, types, strlen(types) + 1);
	ours->current = false;
	ours->due = true;
	flush(clip, selection);
	return 0;
}

/* Nothing of theirs is on offer any more. */
static void forget_theirs(struct orl_clip *clip, enum oriel_selection s)
{
	struct orl_clip_board *theirs = &clip->theirs[s];
	bool told = theirs->current && *theirs->types;

	theirs->current = false;
	theirs->types[0] = 0;
	if (told)
		clip->calls->offered(clip->user, s, NULL, 0);
}

static int on_offer(struct orl_clip *clip, const void *data, size_t n)
{
	struct orl_clip_offer msg;
	char text[ORL_CLIP_TYPES_TEXT + 1];
	const char *types[ORIEL_TYPES_MAX];
	int err = orl_get_clip_offer(data, n, &msg), count;

	if (err)
		return err;
	enum oriel_selection s = (enum oriel_selection)msg.selection;
	struct orl_clip_board *ours = &clip->ours[s],
			      *theirs = &clip->theirs[s];
	uint32_t top = ours->serial > theirs->serial ? ours->serial
						     : theirs->serial;
	/* It knows of no serial but ours, and makes the next. */
	if (msg.serial <= theirs->serial || msg.serial - 1 > top)
		return ORIEL_EPROTO;
	memcpy(text, msg.types.p, msg.types.n);
	text[msg.types.n] = 0;
	count = split(text, types);
	if (count < 0)
		return count;

	theirs->serial = msg.serial;
	struct orl_clip_seen seen = { .selection = msg.selection,
		.serial = msg.serial };
	ORL_CLIP_PUT(clip, clip_seen, &seen);
	if (!clip->in) {
		if (count)
			orl_clip_send_refused(clip, 0, ORIEL_EDENIED,
					"the clipboard is not shared with you "
					"now: another viewer has the keyboard, "
					"or the policy does not allow it");
		return 0;
	}
	/* Ours is as new, or is about to be newer: they will hear of it. */
	if (ours->due || msg.serial < ours->serial ||
			(msg.serial == ours->serial &&
					clip->ids.role == ORL_SERVER))
		return 0;
	theirs->current = true;
	memcpy(theirs->types, msg.types.p, msg.types.n);
	theirs->types[msg.types.n] = 0;
	ours->current = false;
	ours->types[0] = 0;
	clip->calls->offered(clip->user, s, types, (size_t)count);
	return 0;
}

static int on_seen(struct orl_clip *clip, const void *data, size_t n)
{
	struct orl_clip_seen msg;
	int err = orl_get_clip_seen(data, n, &msg);

	if (err)
		return err;
	struct orl_clip_board *ours = &clip->ours[msg.selection];
	if (!ours->unseen || msg.serial != ours->serial)
		return ORIEL_EPROTO;
	ours->unseen = false;
	flush(clip, (enum oriel_selection)msg.selection);
	return 0;
}

/* ---- transfers --------------------------------------------------------- */

static uint32_t id_of(const struct oriel_transfer *t)
{
	return t->giving ? t->u.out.id : t->u.in.id;
}

static struct oriel_transfer *find(
		const struct orl_clip *clip, bool giving, uint32_t id)
{
	ORL_EACH (node, &clip->transfers) {
		struct oriel_transfer *t = orl_container(
				node, struct oriel_transfer, node);
		if (t->giving == giving && id_of(t) == id)
			return t;
	}
	return NULL;
}

static bool is_full(const struct orl_clip *clip, bool giving)
{
	unsigned n = 0;

	ORL_EACH (node, &clip->transfers)
		n += orl_container(node, struct oriel_transfer, node)->giving ==
		     giving;
	return n >= ORL_CLIP_TRANSFERS;
}

static struct oriel_transfer *create(struct orl_clip *clip, bool giving,
		enum oriel_selection selection, struct orl_view type)
{
	struct oriel_transfer *t = orl_alloc(clip->env, 1, sizeof(*t));

	if (!t)
		return NULL;
	t->clip = clip;
	t->giving = giving;
	t->selection = selection;
	t->limit = ORL_CLIP_LIMIT;
	memcpy(t->type, type.p, type.n);
	orl_list_append(&clip->transfers, &t->node);
	return t;
}

void orl_clip_destroy(struct oriel_transfer *t)
{
	orl_list_remove(&t->node);
	orl_free(t->clip->env, t);
}

/* It is over, and not by the host's own doing. */
static void over(struct oriel_transfer *t, int error, const char *why)
{
	struct orl_clip *clip = t->clip;

	t->over = true;
	orl_list_remove(&t->node);
	clip->calls->ended(clip->user, t, error, why);
	orl_free(clip->env, t);
}

/* Tell the other end that no more is wanted, or will come. */
void orl_clip_send_cancel(struct orl_clip *clip, uint32_t id)
{
	orl_clip_sent(clip,
			orl_link_cancel(clip->link, ORL_CHANNEL_CLIPBOARD, id));
}

static void too_large(struct oriel_transfer *t)
{
	orl_clip_send_cancel(t->clip, t->u.in.id);
	over(t, ORIEL_ELIMIT, "it is larger than is allowed");
}

/* What a request is refused for at once, or 0. */
static int examine(const struct orl_clip *clip,
		const struct orl_clip_request *msg, const char *type,
		const char **why)
{
	const struct orl_clip_board *ours = &clip->ours[msg->selection];

	if (!clip->out) {
		*why = "this clipboard is not shared with you now";
		return ORIEL_EDENIED;
	}
	if (!ours->current || ours->due || msg->serial != ours->serial) {
		*why = "something else has been copied since";
		return ORIEL_ESTATE;
	}
	if (!has_type(ours->types, type)) {
		*why = "it is not offered as that";
		return ORIEL_ENOTSUP;
	}
	if (is_full(clip, true)) {
		*why = "too much is being pasted already; try again later";
		return ORIEL_ENOMEM;
	}
	return 0;
}

static int on_request(struct orl_clip *clip, const void *data, size_t n)
{
	struct orl_clip_request msg;
	char type[ORIEL_TYPE_MAX + 1];
	const char *why = "";
	int err = orl_get_clip_request(data, n, &msg);

	if (!err)
		err = orl_stream_ids_opened(&clip->ids, msg.stream);
	if (err)
		return err;
	if (!type_ok((const char *)msg.type.p, msg.type.n) ||
			msg.serial > clip->ours[msg.selection].serial)
		return ORIEL_EPROTO;
	memcpy(type, msg.type.p, msg.type.n);
	type[msg.type.n] = 0;
	err = examine(clip, &msg, type, &why);
	struct oriel_transfer *t =
			err ? NULL
			    : create(clip, true,
					      (enum oriel_selection)
							      msg.selection,
					      msg.type);
	if (!t) {
		orl_clip_send_refused(clip, msg.stream,
				err ? err : ORIEL_ENOMEM, why);
		return 0;
	}
	orl_stream_out_init(&t->u.out, msg.stream, msg.window);
	clip->calls->wanted(clip->user, t);
	return 0;
}

/*
 * The transfer that a message is about: NULL with *err 0 when it is no longer,
 * or ORIEL_EPROTO.
 */
static struct oriel_transfer *named(
		const struct orl_clip *clip, bool giving, uint32_t id, int *err)
{
	struct oriel_transfer *t = find(clip, giving, id);

	*err = t ? 0 : orl_stream_ids_gone(&clip->ids, id);
	return t;
}

static int on_begin(struct orl_clip *clip, const void *data, size_t n)
{
	struct orl_clip_begin msg;
	int err = orl_get_clip_begin(data, n, &msg);

	if (err)
		return err;
	struct oriel_transfer *t = named(clip, false, msg.stream, &err);
	if (!t)
		return err;
	if (t->begun)
		return ORIEL_EPROTO;
	t->begun = true;
	t->u.in.limit = t->limit;
	if (orl_stream_in_size(&t->u.in, (enum orl_stream_size)msg.size,
			    msg.total) < 0)
		too_large(t);
	else
		clip->calls->begun(clip->user, t);
	return 0;
}

static int on_data(struct orl_clip *clip, const void *data, size_t n)
{
	struct orl_clip_data msg;
	int err = orl_get_clip_data(data, n, &msg);

	if (err)
		return err;
	struct oriel_transfer *t = named(clip, false, msg.stream, &err);
	if (!t)
		return err;
	if (!t->begun)
		return ORIEL_EPROTO;
	err = orl_stream_came(&t->u.in, msg.data.n);
	if (err == ORIEL_ELIMIT) {
		too_large(t);
		return 0;
	}
	if (!err && msg.data.n)
		clip->calls->data(clip->user, t, msg.data.p, msg.data.n);
	return err;
}

static int on_end(struct orl_clip *clip, const void *data, size_t n)
{
	struct orl_clip_end msg;
	int err = orl_get_clip_end(data, n, &msg);

	if (err)
		return err;
	struct oriel_transfer *t = named(clip, false, msg.stream, &err);
	if (!t)
		return err;
	err = t->begun ? orl_stream_in_end(&t->u.in) : ORIEL_EPROTO;
	if (!err)
		over(t, 0, "");
	return err;
}

static int on_more(struct orl_clip *clip, const void *data, size_t n)
{
	struct orl_clip_more msg;
	bool ready;
	int err = orl_get_clip_more(data, n, &msg);

	if (err)
		return err;
	struct oriel_transfer *t = named(clip, true, msg.stream, &err);
	if (!t)
		return err;
	err = orl_stream_allow(&t->u.out, msg.bytes, &ready);
	if (!err && ready)
		clip->calls->ready(clip->user, t);
	return err;
}

static int on_refused(struct orl_clip *clip, const void *data, size_t n)
{
	struct orl_clip_refused msg;
	char why[256 + 1];
	int err = orl_get_clip_refused(data, n, &msg);

	if (err)
		return err;
	memcpy(why, msg.why.p, msg.why.n);
	why[msg.why.n] = 0;
	if (!msg.stream) {
		clip->calls->refused(clip->user, errors[msg.code], why);
		return 0;
	}
	struct oriel_transfer *t = named(clip, false, msg.stream, &err);
	if (t)
		over(t, errors[msg.code], why);
	return err;
}

static int on_cancel(struct orl_clip *clip, const void *data, size_t n)
{
	struct orl_cancel msg;
	int err = orl_get_cancel(data, n, &msg);

	if (err)
		return err;
	struct oriel_transfer *t = find(clip, true, msg.stream);
	if (t) {
		/* What is queued of it is dropped; they ignore the answer. */
		orl_clip_send_cancel(clip, msg.stream);
		over(t, ORIEL_ECLOSED, "");
		return 0;
	}
	t = named(clip, false, msg.stream, &err);
	if (t)
		over(t, ORIEL_EIO, "");
	return err;
}

int orl_clip_message(
		struct orl_clip *clip, uint16_t id, const void *data, size_t n)
{
	switch (id) {
	case ORL_MSG_clip_offer:
		return on_offer(clip, data, n);
	case ORL_MSG_clip_seen:
		return on_seen(clip, data, n);
	case ORL_MSG_clip_request:
		return on_request(clip, data, n);
	case ORL_MSG_clip_begin:
		return on_begin(clip, data, n);
	case ORL_MSG_clip_data:
		return on_data(clip, data, n);
	case ORL_MSG_clip_end:
		return on_end(clip, data, n);
	case ORL_MSG_clip_more:
		return on_more(clip, data, n);
	case ORL_MSG_clip_refused:
		return on_refused(clip, data, n);
	case ORL_MSG_CLIP_CANCEL:
		return on_cancel(clip, data, n);
	default:
		return ORIEL_EPROTO;
	}
}

/* ---- life -------------------------------------------------------------- */

void orl_clip_init(struct orl_clip *clip, const struct orl_env *env,
		enum orl_role role, const struct orl_clip_calls *calls,
		void *user)
{
	memset(clip, 0, sizeof(*clip));
	clip->env = env;
	clip->calls = calls;
	clip->user = user;
	orl_stream_ids_init(&clip->ids, role);
	orl_list_init(&clip->transfers);
}

void orl_clip_begin(struct orl_clip *clip, struct orl_link *link)
{
	clip->link = link;
	clip->in = clip->out = false;
	orl_stream_ids_init(&clip->ids, clip->ids.role);
	memset(clip->ours, 0, sizeof(clip->ours));
	memset(clip->theirs, 0, sizeof(clip->theirs));
}

static struct oriel_transfer *first(const struct orl_clip *clip, bool giving)
{
	ORL_EACH (node, &clip->transfers) {
		struct oriel_transfer *t = orl_container(
				node, struct oriel_transfer, node);
		if (t->giving == giving)
			return t;
	}
	return NULL;
}

void orl_clip_end(struct orl_clip *clip, int error)
{
	if (!clip->link)
		return;
	clip->link = NULL;
	clip->in = clip->out = false;
	while (!orl_list_empty(&clip->transfers))
		over(orl_container(clip->transfers.next, struct oriel_transfer,
				     node),
				error, "the connection has ended");
	for (int s = 0; s < ORIEL_SELECTIONS; s++)
		forget_theirs(clip, (enum oriel_selection)s);
}

void orl_clip_fini(struct orl_clip *clip)
{
	clip->link = NULL;
	while (!orl_list_empty(&clip->transfers))
		orl_clip_destroy(orl_container(clip->transfers.next,
				struct oriel_transfer, node));
}

void orl_clip_allow(struct orl_clip *clip, bool in, bool out)
{
	static const char why[] = "the clipboard is shared no longer";
	struct oriel_transfer *t;
	bool no_in = clip->in && !in, no_out = clip->out && !out;

	if (!clip->link)
		return;
	clip->in = in;
	clip->out = out;
	for (int s = 0; s < ORIEL_SELECTIONS; s++) {
		struct orl_clip_board *ours = &clip->ours[s];

		if (no_in)
			forget_theirs(clip, (enum oriel_selection)s);
		if (!no_out || !*ours->types)
			continue;
		ours->types[0] = 0;
		ours->due = true;
		flush(clip, (enum oriel_selection)s);
	}
	while (no_in && (t = first(clip, false)) != NULL) {
		orl_clip_send_cancel(clip, t->u.in.id);
		over(t, ORIEL_EDENIED, why);
	}
	while (no_out && (t = first(clip, true)) != NULL) {
		orl_clip_send_refused(clip, t->u.out.id, ORIEL_EDENIED, why);
		over(t, ORIEL_EDENIED, why);
	}
}

int orl_clip_request(struct oriel_transfer **out, struct orl_clip *clip,
		enum oriel_selection selection, const char *type)
{
	if ((unsigned)selection >= ORIEL_SELECTIONS ||
			!type_ok(type, strlen(type)))
		return ORIEL_EINVAL;
	const struct orl_clip_board *theirs = &clip->theirs[selection];
	if (!clip->link || !theirs->current)
		return ORIEL_ESTATE;
	if (!clip->in)
		return ORIEL_EDENIED;
	if (!has_type(theirs->types, type))
		return ORIEL_ENOTSUP;
	if (is_full(clip, false))
		return ORIEL_ELIMIT;
	uint32_t id = orl_stream_ids_next(&clip->ids);
	if (!id)
		return ORIEL_ELIMIT;
	struct orl_view view = { (const uint8_t *)type,
		(uint32_t)strlen(type) };
	struct oriel_transfer *t = create(clip, false, selection, view);
	if (!t)
		return ORIEL_ENOMEM;
	orl_stream_in_init(&t->u.in, id, ORL_STREAM_WINDOW, t->limit);
	struct orl_clip_request msg = { .stream = id,
		.selection = (uint8_t)selection,
		.serial = theirs->serial,
		.window = ORL_STREAM_WINDOW,
		.type = view };
	ORL_CLIP_PUT(clip, clip_request, &msg);
	*out = t;
	return 0;
}

void orl_clip_refuse(struct orl_clip *clip, int error, const char *why)
{
	if (clip->link)
		orl_clip_send_refused(clip, 0, error, why);
}

/*
 * qemu_clip.c - see qemu_clip.h.
 */
#include "capture/qemu_clip.h"

#include <string.h>
#include <sys/epoll.h>

#include "capture/qemu.h"
#include "clip/types.h"

#define PATIENCE (10 * ORL_SEC)

/* Of one of our chunks, without its header. */
enum { PIECE = ORL_VDAGENT_CHUNK - 8 };

static struct orl_qemu_clip *of(struct orl_qemu *q)
{
	return &q->clip;
}

/* ---- the guest pastes: an end that gathers ------------------------------ */

static void give_end(struct orl_qemu_clip *c)
{
	if (c->give.file)
		fclose(c->give.file);
	memset(&c->give, 0, sizeof(c->give));
}

/* It is told that there is nothing. */
static void give_nothing(struct orl_qemu_clip *c)
{
	if (c->give.file)
		fclose(c->give.file);
	c->give.file = NULL;
	c->give.paste = NULL;
	c->give.size = 0;
	c->give.type = ORL_VDCLIP_TYPES; /* NONE, once that has been said */
}

static int64_t gather(void *end, const void *data, size_t n)
{
	struct orl_qemu_clip *c = of(end);
	uint8_t wide[2 * 4096];
	const uint8_t *p = data;

	for (size_t at = 0; at < n;) {
		size_t k = n - at < 4096 ? n - at : 4096, m = k;
		const uint8_t *from = p + at;

		if (c->crlf && c->give.type == ORL_VDCLIP_TEXT) {
			m = orl_crlf_from_lf(wide, &c->give.last, from, k);
			from = wide;
		}
		if (m > UINT32_MAX - 64 - c->give.size)
			return ORIEL_ELIMIT;
		if (fwrite(from, 1, m, c->give.file) != m)
			return ORIEL_EIO;
		c->give.size += (uint32_t)m;
		at += k;
	}
	return (int64_t)n;
}

static void gathered(void *end)
{
	struct orl_qemu_clip *c = of(end);

	c->give.paste = NULL;
	if (fseek(c->give.file, 0, SEEK_SET) != 0)
		give_nothing(c);
}

static void not_gathered(void *end, int error, const char *why)
{
	(void)error;
	(void)why;
	give_nothing(of(end));
}

static const struct orl_paste_ops gatherer = {
	.write = gather, .finish = gathered, .fail = not_gathered
};

static void on_requested(void *user, enum orl_vdclip_type type)
{
	struct orl_qemu *q = user;
	struct orl_qemu_clip *c = of(q);
	const char *mime = orl_vdclip_mime(type);

	if (c->give.type)
		return; /* one at a time; it asks again */
	c->give.type = type;
	c->give.file = mime && c->board && c->ours >> type & 1 ? tmpfile()
							       : NULL;
	if (c->give.file)
		c->give.paste = orl_board_fetch(c->board,
				ORIEL_SELECTION_CLIPBOARD, mime,
				(struct orl_paste_end){ &gatherer, q });
	if (!c->give.paste)
		give_nothing(c);
}

/* ---- a viewer pastes: an end that has it -------------------------------- */

static void take_end(struct orl_qemu_clip *c)
{
	memset(&c->take, 0, sizeof(c->take));
}

static void used(void *end, size_t n, bool empty)
{
	struct orl_qemu_clip *c = of(end);

	(void)n;
	c->take.hold = !empty;
	c->take.by = orl_now() + PATIENCE;
}

/* The viewer does not want it; what still comes is dropped. */
static void not_taken(void *end, int error, const char *why)
{
	struct orl_qemu_clip *c = of(end);

	(void)error;
	(void)why;
	c->take.paste = NULL;
	c->take.hold = false;
	if (!c->take.come)
		take_end(c);
}

static const struct orl_paste_ops taker = { .used = used, .fail = not_taken };

static void on_begun(void *user, enum orl_vdclip_type type, uint32_t total)
{
	struct orl_qemu_clip *c = of(user);
	struct orl_paste *paste = c->take.paste;

	c->take.come = true;
	if (!paste)
		return;
	if (type != c->take.type) {
		c->take.paste = NULL;
		orl_paste_failed(
				paste, ORIEL_EIO, "the guest does not give it");
		return;
	}
	orl_paste_begun(paste, ORL_PASTE_AT_LEAST, c->crlf ? 0 : total);
}

static void on_data(void *user, const uint8_t *p, size_t n)
{
	struct orl_qemu_clip *c = of(user);
	uint8_t narrow[4096 + 1];

	while (n && c->take.paste) {
		size_t k = n < 4096 ? n : 4096, m = k;
		const uint8_t *from = p;

		if (c->crlf && c->take.type == ORL_VDCLIP_TEXT) {
			m = orl_lf_from_crlf(narrow, &c->take.held, p, k);
			from = narrow;
		}
		if (m)
			orl_paste_data(c->take.paste, from, m);
		p += k;
		n -= k;
	}
}

static void on_came(void *user)
{
	struct orl_qemu_clip *c = of(user);
	struct orl_paste *paste = c->take.paste;
	bool held = c->take.held && paste;

	if (held)
		orl_paste_data(paste, "\r", 1);
	paste = c->take.paste;
	take_end(c);
	if (paste)
		orl_paste_came(paste);
}

static void on_grabbed(void *user, uint32_t types)
{
	struct orl_qemu_clip *c = of(user);
	const char *mimes[ORL_VDCLIP_TYPES];
	size_t n = 0;

	/* What it gives back may be what it had before we offered. */
	if (!types && !c->theirs)
		return;
	c->theirs = types;
	if (types)
		c->ours = 0;
	for (unsigned i = 1; i < ORL_VDCLIP_TYPES; i++)
		if (types >> i & 1 && orl_vdclip_mime(i))
			mimes[n++] = orl_vdclip_mime(i);
	if (c->board)
		orl_board_copied(c->board, ORIEL_SELECTION_CLIPBOARD, mimes, n,
				false);
}

static const struct orl_vdclip_calls calls = {
	.grabbed = on_grabbed,
	.requested = on_requested,
	.begun = on_begun,
	.data = on_data,
	.came = on_came,
};

void orl_qemu_clip_take(void *user, const struct orl_vdagent_piece *piece)
{
	struct orl_qemu_clip *c = of(user);

	if (c->able)
		orl_vdclip_take(&c->in, piece);
}

/* ---- what the agent is told --------------------------------------------- */

bool orl_qemu_clip_in_message(const struct orl_qemu *q)
{
	return q->clip.give.begun;
}

static bool can_give(const struct orl_qemu_clip *c)
{
	return c->give.type && !c->give.paste;
}

bool orl_qemu_clip_has_news(const struct orl_qemu *q)
{
	const struct orl_qemu_clip *c = &q->clip;

	return c->able && (c->grab || c->release || c->take.ask || can_give(c));
}

static size_t news_of_data(struct orl_qemu_clip *c, uint8_t *out, size_t size)
{
	enum orl_vdclip_type type = c->give.type;
	uint8_t *p = out + 8;
	size_t n;

	if (type == ORL_VDCLIP_TYPES)
		type = ORL_VDCLIP_NONE;
	if (!c->give.begun) {
		n = orl_vdclip_put_data(out, size, c->in.selections, type,
				c->give.size);
		c->give.begun = c->give.size > 0;
		if (!c->give.begun)
			give_end(c);
		return n;
	}
	n = c->give.size - c->give.sent;
	n = n < PIECE ? n : PIECE;
	/* A file that became shorter: the length has been promised. */
	size_t got = fread(p, 1, n, c->give.file);
	memset(p + got, 0, n - got);
	for (int i = 0; i < 4; i++) {
		out[i] = i == 0; /* the agent's port */
		out[4 + i] = (uint8_t)(n >> i * 8);
	}
	c->give.sent += (uint32_t)n;
	if (c->give.sent == c->give.size)
		give_end(c);
	return n + 8;
}

size_t orl_qemu_clip_news(struct orl_qemu *q, uint8_t *out, size_t size)
{
	struct orl_qemu_clip *c = of(q);

	if (c->give.begun)
		return news_of_data(c, out, size);
	if (c->grab) {
		c->grab = false;
		return orl_vdclip_put_grab(
				out, size, c->in.selections, c->ours);
	}
	if (c->release) {
		c->release = false;
		return orl_vdclip_put_release(out, size, c->in.selections);
	}
	if (c->take.ask) {
		c->take.ask = false;
		return orl_vdclip_put_request(
				out, size, c->in.selections, c->take.type);
	}
	return news_of_data(c, out, size);
}

/* ---- life --------------------------------------------------------------- */

void orl_qemu_clip_init(struct orl_qemu *q)
{
	of(q)->in.calls = &calls;
	of(q)->in.user = q;
}

void orl_qemu_clip_fini(struct orl_qemu *q)
{
	struct orl_qemu_clip *c = of(q);

	c->board = NULL;
	orl_paste_forget(c->take.paste);
	orl_paste_forget(c->give.paste);
	take_end(c);
	give_end(c);
}

void orl_qemu_clip_agent(struct orl_qemu *q, uint32_t caps)
{
	struct orl_qemu_clip *c = of(q);
	struct orl_paste *take = c->take.paste, *give = c->give.paste;
	bool able = caps & ORL_VDCLIP_BY_DEMAND;

	c->in.selections = caps & ORL_VDCLIP_SELECTION;
	c->crlf = caps & ORL_VDCLIP_CRLF;
	if (able && c->able)
		return; /* it says so again */
	c->able = able;
	take_end(c);
	if (take)
		orl_paste_failed(take, ORIEL_ECLOSED,
				"the guest's agent is gone");
	c->give.paste = NULL;
	if (give)
		orl_paste_dropped(give);
	give_end(c);
	on_grabbed(q, 0);
	/* One that comes late hears what there is. */
	c->grab = able && c->ours;
	c->release = false;
	orl_qemu_files_agent(q, able && !(caps & ORL_VDFILES_DISABLED));
}

void orl_qemu_clip_run(struct orl_qemu *q, uint64_t now)
{
	struct orl_qemu_clip *c = of(q);
	struct orl_paste *paste = c->take.paste;

	if (!c->take.by || now < c->take.by)
		return;
	c->take.by = 0;
	c->take.paste = NULL;
	c->take.hold = false;
	if (!c->take.come)
		take_end(c);
	if (paste)
		orl_paste_failed(paste, ORIEL_ETIMEOUT,
				"the guest does not give it");
}

uint64_t orl_qemu_clip_due(const struct orl_qemu *q)
{
	const struct orl_qemu_agent *a = &q->agent;
	const struct orl_qemu_clip *c = &q->clip;
	bool say = a->known &&
		   (orl_qemu_clip_has_news(q) || orl_qemu_files_has_news(q)) &&
		   !(a->events & EPOLLOUT);
	bool hear = !c->take.hold && !(a->events & EPOLLIN);

	/* What happened since the agent was looked after. */
	if (a->fd >= 0 && (say || hear))
		return 0;
	uint64_t by = c->take.by ? c->take.by : ORL_NEVER;
	if (a->again && a->again < by)
		by = a->again;
	return q->files.by && q->files.by < by ? q->files.by : by;
}

void orl_qemu_clip_paste(struct orl_qemu *q, enum oriel_selection selection,
		const char *const *types, size_t count)
{
	struct orl_qemu_clip *c = of(q);
	bool files;

	if (selection != ORIEL_SELECTION_CLIPBOARD)
		return;
	c->release = c->ours && !count;
	c->ours = 0;
	for (size_t i = 0; i < count; i++)
		c->ours |= 1u << orl_vdclip_type_of(types[i]);
	files = false;
	for (size_t i = 0; i < count; i++)
		files = files || strcmp(types[i], ORL_TYPE_FILES) == 0;
	c->ours &= ~1u;
	c->grab = c->ours;
	if (c->ours)
		c->theirs = 0;
	orl_qemu_files_offer(q, files);
	orl_qemu_agent_run(q);
}

struct orl_paste *orl_qemu_clip_copy(struct orl_qemu *q,
		enum oriel_selection selection, const char *type,
		struct orl_paste_end to)
{
	struct orl_qemu_clip *c = of(q);
	enum orl_vdclip_type t = orl_vdclip_type_of(type);

	if (selection != ORIEL_SELECTION_CLIPBOARD || !c->able ||
			!(c->theirs >> t & 1) || !t || c->take.type ||
			c->take.come)
		return NULL;
	struct orl_paste *paste = orl_paste_create(
			(struct orl_paste_end){ &taker, q }, to);
	if (!paste)
		return NULL;
	c->take.type = t;
	c->take.paste = paste;
	c->take.ask = true;
	c->take.by = orl_now() + PATIENCE;
	orl_qemu_agent_run(q);
	return paste;
}

/*
 * printpipe.c - packets between oriel-serve and oriel-ipp. Pure; a cursor that
 * has failed stays failed, and is asked once, at the end.
 */
#include "capture/printpipe.h"

#include <string.h>

/* ---- text -------------------------------------------------------------- */

static size_t sequence(const unsigned char *p, size_t n)
{
	uint32_t c = p[0];
	size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc2 ? 1 : 0;
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };

	if (c < 0x80)
		return c >= 0x20 && c != 0x7f;
	if (!more || more >= n || c > 0xf4)
		return 0;
	c &= 0x3fu >> more;
	for (size_t i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ||
			c < 0xa0)
		return 0;
	return more + 1;
}

bool orl_printpipe_text_ok(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;

	while (n) {
		size_t step = sequence(p, n);

		if (!step)
			return false;
		p += step;
		n -= step;
	}
	return true;
}

void orl_printpipe_queue(
		char out[static ORL_PIPE_QUEUE_MAX + 1], const char *name)
{
	size_t n = 0;

	for (; *name && n < ORL_PIPE_QUEUE_MAX - 4; name++) {
		char c = *name;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			out[n++] = c;
		else if (n && out[n - 1] != '-')
			out[n++] = '-';
	}
	while (n && out[n - 1] == '-')
		n--;
	out[n] = 0;
	if (!n)
		memcpy(out, "printer", 8);
}

/* ---- reading ----------------------------------------------------------- */

struct reader {
	const uint8_t *p, *end;
	bool bad;
};

static uint32_t number(struct reader *r, unsigned n, uint32_t lo, uint32_t hi)
{
	uint32_t v = 0;

	if (r->bad || (size_t)(r->end - r->p) < n) {
		r->bad = true;
		return lo;
	}
	for (unsigned i = 0; i < n; i++)
		v |= (uint32_t)r->p[i] << 8 * i;
	r->p += n;
	if (v < lo || v > hi) {
		r->bad = true;
		return lo;
	}
	return v;
}

static void text(struct reader *r, char *out, size_t max)
{
	size_t n = number(r, 2, 0, (uint32_t)max);

	out[0] = 0;
	if (r->bad || (size_t)(r->end - r->p) < n ||
			!orl_printpipe_text_ok((const char *)r->p, n)) {
		r->bad = true;
		return;
	}
	memcpy(out, r->p, n);
	out[n] = 0;
	r->p += n;
}

static bool name_ok(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n && !name[n];
}

static void get_printer(struct reader *r, struct orl_printpipe *m)
{
	struct oriel_printer *p = &m->printer;

	m->slot = number(r, 1, 0, ORIEL_PRINTERS_MAX - 1);
	text(r, m->queue, ORL_PIPE_QUEUE_MAX);
	r->bad |= !name_ok(m->queue);
	text(r, m->text, ORIEL_PRINTER_NAME_MAX);
	*p = (struct oriel_printer){ .size = sizeof(*p),
		.id = m->slot,
		.name = m->text,
		.media = m->media };
	p->standard = number(r, 1, 0, 1);
	p->formats = number(r, 1, 1, 7);
	p->colours = number(r, 1, 1, 3);
	p->sides = number(r, 1, 1, 7);
	p->qualities = number(r, 1, 1, 7);
	p->resolutions = number(r, 1, 1, 127);
	p->margin_x = (int32_t)number(r, 2, 0, 5000);
	p->margin_y = (int32_t)number(r, 2, 0, 5000);
	p->state = (enum oriel_print_state)number(r, 1, 0, ORIEL_PRINT_STOPPED);
	p->reasons = number(r, 2, 0, (ORIEL_PRINT_OTHER << 1) - 1);
	p->n_media = number(r, 1, 1, ORIEL_PRINT_SIZES_MAX);
	p->usual = number(r, 1, 0, p->n_media - 1);
	for (uint32_t i = 0; i < p->n_media; i++) {
		m->media[i].width = (int32_t)number(r, 4, 1000, 200000);
		m->media[i].length = (int32_t)number(r, 4, 1000, 200000);
	}
}

static uint32_t bit(struct reader *r, uint32_t most)
{
	uint32_t v = number(r, 1, 0, most);

	r->bad |= (v & (v - 1)) != 0;
	return v;
}

static void get_begin(struct reader *r, struct orl_printpipe *m)
{
	struct oriel_print_job *d = &m->details;

	m->slot = number(r, 1, 0, ORIEL_PRINTERS_MAX - 1);
	text(r, m->text, ORIEL_PRINT_TITLE_MAX);
	*d = (struct oriel_print_job){
		.size = sizeof(*d), .printer = m->slot, .title = m->text
	};
	d->format = bit(r, ORIEL_PRINT_PDF);
	r->bad |= !d->format;
	d->colour = bit(r, ORIEL_PRINT_COLOUR);
	d->side = bit(r, ORIEL_PRINT_SHORT_EDGE);
	d->quality = bit(r, ORIEL_PRINT_HIGH);
	d->copies = number(r, 2, 1, 999);
	d->resolution = number(r, 2, 0, 2400);
	d->media.width = (int32_t)number(r, 4, 0, 200000);
	d->media.length = (int32_t)number(r, 4, 0, 200000);
	d->first = number(r, 4, 0, INT32_MAX);
	d->last = number(r, 4, d->first, d->first ? INT32_MAX : 0);
}

int orl_printpipe_get(struct orl_printpipe *m, const uint8_t *packet, size_t n)
{
	struct reader r = { packet, packet + n, false };

	memset(m, 0, sizeof(*m));
	m->kind = (enum orl_printpipe_kind)number(
			&r, 1, ORL_PIPE_SETUP, ORL_PIPE_CANCEL);
	if (m->kind >= ORL_PIPE_CREDIT)
		m->job = number(&r, 4, 1, ORL_PIPE_JOB_MAX);
	switch (m->kind) {
	case ORL_PIPE_SETUP:
		text(&r, m->text, ORL_PIPE_SECRET_MAX);
		r.bad |= !name_ok(m->text);
		break;
	case ORL_PIPE_PRINTER:
		get_printer(&r, m);
		break;
	case ORL_PIPE_GONE:
		m->slot = number(&r, 1, 0, ORIEL_PRINTERS_MAX - 1);
		break;
	case ORL_PIPE_CREDIT:
		m->bytes = number(&r, 4, 1, 1 << 20);
		break;
	case ORL_PIPE_STATUS:
		m->state = (enum oriel_print_state)number(
				&r, 1, 0, ORIEL_PRINT_FAILED);
		m->reasons = number(&r, 2, 0, (ORIEL_PRINT_OTHER << 1) - 1);
		text(&r, m->text, ORIEL_PRINT_TEXT_MAX);
		break;
	case ORL_PIPE_BEGIN:
		get_begin(&r, m);
		break;
	case ORL_PIPE_DATA:
		m->data = r.p;
		m->n = (size_t)(r.end - r.p);
		r.bad |= !m->n || m->n > ORL_PIPE_DATA_MAX;
		r.p = r.end;
		break;
	case ORL_PIPE_END:
	case ORL_PIPE_CANCEL:
	default:
		break;
	}
	return r.bad || r.p != r.end ? -1 : 0;
}

/* ---- writing ----------------------------------------------------------- */

struct writer {
	uint8_t *p;
	size_t n;
};

static void put(struct writer *w, unsigned n, uint32_t v)
{
	for (unsigned i = 0; i < n; i++)
		w->p[w->n++] = (uint8_t)(v >> 8 * i);
}

static void put_text(struct writer *w, const char *s, size_t max)
{
	size_t n = s ? strlen(s) : 0;

	if (n > max || !orl_printpipe_text_ok(s, n))
		n = 0;
	put(w, 2, (uint32_t)n);
	if (n)
		memcpy(w->p + w->n, s, n);
	w->n += n;
}

static void put_printer(struct writer *w, const struct orl_printpipe *m)
{
	const struct oriel_printer *p = &m->printer;

	put(w, 1, m->slot);
	put_text(w, m->queue, ORL_PIPE_QUEUE_MAX);
	put_text(w, p->name, ORIEL_PRINTER_NAME_MAX);
	put(w, 1, p->standard);
	put(w, 1, p->formats);
	put(w, 1, p->colours);
	put(w, 1, p->sides);
	put(w, 1, p->qualities);
	put(w, 1, p->resolutions);
	put(w, 2, (uint32_t)p->margin_x);
	put(w, 2, (uint32_t)p->margin_y);
	put(w, 1, p->state);
	put(w, 2, p->reasons);
	put(w, 1, p->n_media);
	put(w, 1, p->usual);
	for (uint32_t i = 0; i < p->n_media; i++) {
		put(w, 4, (uint32_t)p->media[i].width);
		put(w, 4, (uint32_t)p->media[i].length);
	}
}

static void put_begin(struct writer *w, const struct orl_printpipe *m)
{
	const struct oriel_print_job *d = &m->details;

	put(w, 1, m->slot);
	put_text(w, d->title, ORIEL_PRINT_TITLE_MAX);
	put(w, 1, d->format);
	put(w, 1, d->colour);
	put(w, 1, d->side);
	put(w, 1, d->quality);
	put(w, 2, d->copies);
	put(w, 2, d->resolution);
	put(w, 4, (uint32_t)d->media.width);
	put(w, 4, (uint32_t)d->media.length);
	put(w, 4, d->first);
	put(w, 4, d->last);
}

size_t orl_printpipe_put(uint8_t packet[static ORL_PIPE_PACKET_MAX],
		const struct orl_printpipe *m)
{
	struct writer w = { packet, 0 };

	put(&w, 1, m->kind);
	if (m->kind >= ORL_PIPE_CREDIT)
		put(&w, 4, m->job);
	switch (m->kind) {
	case ORL_PIPE_SETUP:
		put_text(&w, m->text, ORL_PIPE_SECRET_MAX);
		break;
	case ORL_PIPE_PRINTER:
		put_printer(&w, m);
		break;
	case ORL_PIPE_GONE:
		put(&w, 1, m->slot);
		break;
	case ORL_PIPE_CREDIT:
		put(&w, 4, m->bytes);
		break;
	case ORL_PIPE_STATUS:
		put(&w, 1, m->state);
		put(&w, 2, m->reasons);
		put_text(&w, m->text, ORIEL_PRINT_TEXT_MAX);
		break;
	case ORL_PIPE_BEGIN:
		put_begin(&w, m);
		break;
	case ORL_PIPE_DATA:
		memcpy(w.p + w.n, m->data, m->n);
		w.n += m->n;
		break;
	case ORL_PIPE_END:
	case ORL_PIPE_CANCEL:
	default:
		break;
	}
	return w.n;
}

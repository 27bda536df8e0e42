/*
 * print.c - the state of print jobs, and printers as they are told of. Pure:
 * both ends use it, and tests and fuzzers run both ends of it against each
 * other.
 */
#include "redirect/print.h"

#include <string.h>

/* ---- printers ---------------------------------------------------------- */

enum {
	MARGIN_MAX = 5000,
	PAPER_MIN = 1000,
	PAPER_MAX = 200000,
	REASONS = (ORIEL_PRINT_OTHER << 1) - 1,
	COPIES_MAX = 999,
	RESOLUTION_MAX = 2400,
};

static bool some(uint32_t bits, uint32_t all)
{
	return bits && !(bits & ~all);
}

static bool within(int32_t v, int32_t least, int32_t most)
{
	return v >= least && v <= most;
}

static bool text_ok(const char *text, size_t max)
{
	size_t n = text ? strlen(text) : 0;

	return n <= max && orl_utf8_ok((const uint8_t *)text, n);
}

static bool printer_ok(const struct oriel_printer *p)
{
	if (p->id >= ORIEL_PRINTERS_MAX || !p->name ||
			!text_ok(p->name, ORIEL_PRINTER_NAME_MAX) ||
			!some(p->formats, 7) || !some(p->colours, 3) ||
			!some(p->sides, 7) || !some(p->qualities, 7) ||
			!some(p->resolutions, 127) ||
			p->reasons & ~(uint32_t)REASONS ||
			p->state > ORIEL_PRINT_STOPPED || !p->media ||
			!p->n_media || p->n_media > ORIEL_PRINT_SIZES_MAX ||
			p->usual >= p->n_media ||
			!within(p->margin_x, 0, MARGIN_MAX) ||
			!within(p->margin_y, 0, MARGIN_MAX))
		return false;
	for (uint32_t i = 0; i < p->n_media; i++)
		if (!within(p->media[i].width, PAPER_MIN, PAPER_MAX) ||
				!within(p->media[i].length, PAPER_MIN,
						PAPER_MAX))
			return false;
	return true;
}

int orl_printer_keep(
		struct orl_printer_kept *kept, const struct oriel_printer *p)
{
	if (!p || p->size != sizeof(*p) || !printer_ok(p))
		return ORIEL_EINVAL;
	memset(kept, 0, sizeof(*kept));
	kept->known = true;
	kept->about = *p;
	memcpy(kept->name, p->name, strlen(p->name));
	memcpy(kept->media, p->media, p->n_media * sizeof(*p->media));
	kept->about.name = kept->name;
	kept->about.media = kept->media;
	return 0;
}

void orl_printer_copy(struct orl_printer_kept *to,
		const struct orl_printer_kept *from)
{
	*to = *from;
	to->about.name = to->name;
	to->about.media = to->media;
}

int orl_printer_get(
		struct orl_printer_kept *kept, const uint8_t *data, size_t n)
{
	struct orl_printer msg;
	int err = orl_get_printer(data, n, &msg);

	if (err || !msg.media.n || msg.usual >= msg.media.n)
		return ORIEL_EPROTO;
	memset(kept, 0, sizeof(*kept));
	for (unsigned i = 0; i < msg.media.n; i++) {
		struct orl_print_size size;

		orl_at_print_size(&msg.media, i, &size);
		kept->media[i].width = (int32_t)size.width;
		kept->media[i].length = (int32_t)size.length;
	}
	memcpy(kept->name, msg.name.p, msg.name.n);
	kept->known = true;
	kept->about = (struct oriel_printer){
		.size = sizeof(kept->about),
		.id = msg.printer,
		.name = kept->name,
		.standard = msg.standard,
		.formats = msg.formats,
		.colours = msg.colours,
		.sides = msg.sides,
		.qualities = msg.qualities,
		.resolutions = msg.resolutions,
		.margin_x = msg.margin_x,
		.margin_y = msg.margin_y,
		.media = kept->media,
		.n_media = msg.media.n,
		.usual = msg.usual,
		.state = (enum oriel_print_state)msg.state,
		.reasons = msg.reasons,
	};
	return 0;
}

size_t orl_printer_put(uint8_t out[static ORL_PRINTER_SIZE],
		const struct orl_printer_kept *kept)
{
	const struct oriel_printer *p = &kept->about;
	uint8_t media[ORIEL_PRINT_SIZES_MAX * 8];
	struct orl_wr list = { media, sizeof(media), 0 };
	struct orl_wr w = { out, ORL_PRINTER_SIZE, 0 };

	for (uint32_t i = 0; i < p->n_media; i++)
		orl_put_print_size(&list,
				&(struct orl_print_size){
						(uint32_t)p->media[i].width,
						(uint32_t)p->media[i].length });
	orl_put_printer(&w,
			&(struct orl_printer){
					.printer = (uint8_t)p->id,
					.standard = p->standard,
					.formats = (uint8_t)p->formats,
					.colours = (uint8_t)p->colours,
					.sides = (uint8_t)p->sides,
					.qualities = (uint8_t)p->qualities,
					.resolutions = (uint8_t)p->resolutions,
					.margin_x = (uint16_t)p->margin_x,
					.margin_y = (uint16_t)p->margin_y,
					.state = (uint8_t)p->state,
					.reasons = (uint16_t)p->reasons,
					.usual = (uint8_t)p->usual,
					.name = { (const uint8_t *)p->name,
							(uint32_t)strlen(
									p->name) },
					.media = { media,
							(uint16_t)p->n_media },
			});
	return w.n;
}

/* ---- what is to be printed --------------------------------------------- */

/* One bit as its number, from 1 on; 0 for none. -1: there are several. */
static int number_of(uint32_t bit, int most)
{
	for (int i = 0; i < most; i++)
		if (bit == 1u << i)
			return i + 1;
	return bit ? -1 : 0;
}

static uint32_t bit_of(unsigned number)
{
	return number ? 1u << (number - 1) : 0;
}

int orl_print_begin_make(struct orl_print_begin *msg, uint32_t id,
		const struct oriel_print_job *job)
{
	int format, colour, side, quality;

	if (!job || job->size != sizeof(*job))
		return ORIEL_EINVAL;
	const struct oriel_print_size *m = &job->media;
	format = number_of(job->format, 3);
	colour = number_of(job->colour, 2);
	side = number_of(job->side, 3);
	quality = number_of(job->quality, 3);
	if (format < 1 || colour < 0 || side < 0 || quality < 0 ||
			job->printer >= ORIEL_PRINTERS_MAX ||
			job->copies > COPIES_MAX ||
			job->resolution > RESOLUTION_MAX ||
			!text_ok(job->title, ORIEL_PRINT_TITLE_MAX) ||
			!within(m->width, 0, PAPER_MAX) ||
			!job->first != !job->last || job->first > job->last ||
			!within(m->length, 0, PAPER_MAX))
		return ORIEL_EINVAL;
	*msg = (struct orl_print_begin){
		.job = id,
		.printer = (uint8_t)job->printer,
		.format = (uint8_t)(format - 1),
		.copies = (uint16_t)(job->copies ? job->copies : 1),
		.colour = (uint8_t)colour,
		.sides = (uint8_t)side,
		.quality = (uint8_t)quality,
		.resolution = (uint16_t)job->resolution,
		.width = (uint32_t)m->width,
		.length = (uint32_t)m->length,
		.first = job->first,
		.last = job->last,
		.title = { (const uint8_t *)job->title,
				(uint32_t)(job->title ? strlen(job->title)
						      : 0) },
	};
	return 0;
}

int orl_print_begin_read(struct oriel_print_job *job,
		char title[static ORIEL_PRINT_TITLE_MAX + 1],
		const struct orl_print_begin *msg)
{
	if (!msg->first != !msg->last || msg->first > msg->last)
		return ORIEL_EPROTO;
	if (msg->title.n)
		memcpy(title, msg->title.p, msg->title.n);
	title[msg->title.n] = 0;
	*job = (struct oriel_print_job){
		.size = sizeof(*job),
		.printer = msg->printer,
		.format = bit_of(msg->format + 1u),
		.title = title,
		.copies = msg->copies,
		.colour = bit_of(msg->colour),
		.side = bit_of(msg->sides),
		.quality = bit_of(msg->quality),
		.resolution = msg->resolution,
		.media = { (int32_t)msg->width, (int32_t)msg->length },
		.first = msg->first,
		.last = msg->last,
	};
	return 0;
}

bool orl_print_is_last(enum oriel_print_state state)
{
	return state >= ORIEL_PRINT_DONE;
}

int orl_print_status_check(const struct oriel_print_status *status)
{
	return status && status->size == sizeof(*status) &&
					       (unsigned)status->state <=
							       ORIEL_PRINT_FAILED &&
					       !(status->reasons &
							       ~(uint32_t)REASONS) &&
					       text_ok(status->text,
							       ORIEL_PRINT_TEXT_MAX)
			       ? 0
			       : ORIEL_EINVAL;
}

/* ---- the server's end -------------------------------------------------- */

int orl_print_out_init(struct orl_print_out *out, const struct orl_env *env)
{
	*out = (struct orl_print_out){ .env = env };
	out->ring = orl_alloc(env, ORL_PRINT_WINDOW, 1);
	return out->ring ? 0 : ORIEL_ENOMEM;
}

void orl_print_out_fini(struct orl_print_out *out)
{
	orl_free(out->env, out->ring);
	out->ring = NULL;
}

size_t orl_print_out_room(const struct orl_print_out *out)
{
	return ORL_PRINT_WINDOW - (size_t)(out->written - out->taken);
}

int orl_print_out_write(struct orl_print_out *out, const void *data, size_t n)
{
	const uint8_t *p = data;

	if (out->finished)
		return ORIEL_ESTATE;
	if (n > orl_print_out_room(out))
		return ORIEL_ELIMIT;
	while (n) {
		size_t at = (size_t)(out->written % ORL_PRINT_WINDOW);
		size_t run = ORL_PRINT_WINDOW - at;

		if (run > n)
			run = n;
		memcpy(out->ring + at, p, run);
		out->written += run;
		p += run;
		n -= run;
	}
	return 0;
}

size_t orl_print_out_next(struct orl_print_out *out, const uint8_t **data,
		uint64_t *offset)
{
	uint64_t end = orl_min64(out->written, out->limit);
	size_t at = (size_t)(out->sent % ORL_PRINT_WINDOW);
	uint64_t n = ORL_PRINT_WINDOW - at;

	if (out->sent >= end)
		return 0;
	n = orl_min64(n, end - out->sent);
	n = orl_min64(n, ORIEL_PRINT_PIECE_MAX);
	*data = out->ring + at;
	*offset = out->sent;
	out->sent += n;
	return (size_t)n;
}

bool orl_print_out_end(struct orl_print_out *out)
{
	if (!out->finished || out->ended || out->sent < out->written ||
			!out->limit)
		return false;
	out->ended = true;
	return true;
}

int orl_print_out_more(
		struct orl_print_out *out, uint64_t taken, uint64_t limit)
{
	if (taken < out->taken || taken > out->sent || limit < out->limit ||
			limit - taken > ORL_PRINT_WINDOW)
		return ORIEL_EPROTO;
	out->taken = taken;
	out->limit = limit;
	return 0;
}

int orl_print_out_again(struct orl_print_out *out, uint64_t taken,
		uint64_t limit, bool ended)
{
	if (ended && (!out->ended || taken != out->written))
		return ORIEL_EPROTO;
	int err = orl_print_out_more(out, taken, limit);
	if (err)
		return err;
	out->sent = taken;
	out->ended = ended;
	return 0;
}

void orl_print_out_begin_again(struct orl_print_out *out)
{
	out->sent = out->limit = 0;
	out->ended = false;
}

int orl_print_out_status(
		const struct orl_print_out *out, enum oriel_print_state state)
{
	return state == ORIEL_PRINT_DONE && !out->ended ? ORIEL_EPROTO : 0;
}

/* ---- the client's end -------------------------------------------------- */

void orl_print_in_accept(struct orl_print_in *in)
{
	if (in->accepted)
		return;
	in->accepted = true;
	in->limit = ORL_PRINT_WINDOW;
}

int orl_print_in_data(struct orl_print_in *in, uint64_t offset, size_t n)
{
	if (in->ended || !n || offset != in->received ||
			n > in->limit - in->received)
		return ORIEL_EPROTO;
	in->received += n;
	return 0;
}

int orl_print_in_end(struct orl_print_in *in, uint64_t bytes)
{
	if (in->ended || !in->accepted || bytes != in->received)
		return ORIEL_EPROTO;
	in->ended = true;
	return 0;
}

int orl_print_in_taken(struct orl_print_in *in, size_t n, bool *tell)
{
	if (n > in->received - in->taken)
		return ORIEL_EINVAL;
	in->taken += n;
	/* Not for every piece; but the last ones are not waited for. */
	*tell = in->taken + ORL_PRINT_WINDOW - in->limit >=
		ORL_PRINT_WINDOW / 4;
	if (*tell)
		in->limit = in->taken + ORL_PRINT_WINDOW;
	return 0;
}

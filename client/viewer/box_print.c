/*
 * box_print.c - printing, as the viewer has it of its process. Printers are
 * kept, for the next process is to be told of them, too. Jobs have numbers
 * that the process gives, each a higher one; what it says of a job must be of
 * one that is there, for a printer that was told of, and no more bytes than a
 * window at a time after the viewer has said yes.
 */
#include <string.h>

#include "client/viewer/box_impl.h"

enum { WINDOW = 256 << 10, PIECE = ORIEL_PRINT_PIECE_MAX };

static struct orl_box_job *find_job(struct orl_box *box, int64_t number)
{
	for (size_t i = 0; number && i < ORL_BOX_JOBS; i++)
		if (box->jobs[i].number == number)
			return &box->jobs[i];
	return NULL;
}

/* ---- what the viewer says ---------------------------------------------- */

int orl_box_set_printer(struct orl_box *box, const struct oriel_printer *about)
{
	struct orl_box_message *m;
	if (about->id >= ORIEL_PRINTERS_MAX || !about->n_media ||
			about->n_media > ORIEL_PRINT_SIZES_MAX ||
			about->usual >= about->n_media ||
			strlen(about->name) > ORIEL_PRINTER_NAME_MAX)
		return ORIEL_EINVAL;
	m = &box->printers[about->id];
	memset(m, 0, sizeof(*m));
	m->id = ORL_BOX_PRINTER;
	m->u.printer = (struct orl_box_printer){
		.printer = about->id,
		.standard = about->standard,
		.formats = about->formats,
		.colours = about->colours,
		.sides = about->sides,
		.qualities = about->qualities,
		.resolutions = about->resolutions,
		.margin_x = about->margin_x,
		.margin_y = about->margin_y,
		.n_media = about->n_media,
		.usual = about->usual,
		.state = (int64_t)about->state,
		.reasons = about->reasons,
	};
	ORL_BOX_TEXT(m->u.printer.name, about->name);
	memcpy(m->u.printer.media, about->media,
			about->n_media * sizeof(*about->media));
	orl_box_insist(box, m);
	return 0;
}

void orl_box_tell_printers(struct orl_box *box)
{
	for (int i = 0; i < ORIEL_PRINTERS_MAX; i++)
		if (box->printers[i].id)
			orl_box_insist(box, &box->printers[i]);
}

int orl_box_print_accept(struct orl_box *box, uint32_t number)
{
	struct orl_box_message m = { .id = ORL_BOX_PRINT_ACCEPT };
	struct orl_box_job *job = find_job(box, number);
	if (!job)
		return ORIEL_ESTATE;
	job->accepted = true;
	m.u.print_accept.job = number;
	orl_box_insist(box, &m);
	return 0;
}

int orl_box_print_taken(struct orl_box *box, uint32_t number, size_t bytes)
{
	struct orl_box_message m = { .id = ORL_BOX_PRINT_TAKEN };
	struct orl_box_job *job = find_job(box, number);
	if (!job)
		return ORIEL_ESTATE;
	if (bytes > job->there)
		return ORIEL_EINVAL;
	job->there -= bytes;
	m.u.print_taken.job = number;
	m.u.print_taken.bytes = (int64_t)bytes;
	orl_box_insist(box, &m);
	return 0;
}

int orl_box_print_status(struct orl_box *box, uint32_t number,
		const struct oriel_print_status *status)
{
	struct orl_box_message m = { .id = ORL_BOX_PRINT_STATUS };
	struct orl_box_job *job = find_job(box, number);
	if (!job || (status->state == ORIEL_PRINT_DONE && !job->ended))
		return ORIEL_ESTATE;
	m.u.print_status.job = number;
	m.u.print_status.state = (int64_t)status->state;
	m.u.print_status.reasons = status->reasons;
	ORL_BOX_TEXT(m.u.print_status.text, status->text);
	if (status->state >= ORIEL_PRINT_DONE)
		job->number = 0;
	orl_box_insist(box, &m);
	return 0;
}

/* ---- what the process says --------------------------------------------- */

/* At most one of them, of those that there are. */
static bool one_of(int64_t bit, int64_t bits)
{
	return !(bit & (bit - 1)) && !(bit & ~bits);
}

static int on_started(
		struct orl_box *box, const struct orl_box_print_started *s)
{
	const struct orl_box_printer *to = &box->printers[s->printer].u.printer;
	const struct oriel_print_job details = {
		.size = sizeof(details),
		.printer = (uint32_t)s->printer,
		.format = (uint32_t)s->format,
		.title = s->title,
		.copies = (uint32_t)s->copies,
		.colour = (uint32_t)s->colour,
		.side = (uint32_t)s->side,
		.quality = (uint32_t)s->quality,
		.resolution = (uint32_t)s->resolution,
		.media = { (int32_t)s->width, (int32_t)s->length },
		.first = (uint32_t)s->first,
		.last = (uint32_t)s->last,
	};
	struct orl_box_job *job = NULL;
	if (!box->printers[s->printer].id || !one_of(s->format, to->formats) ||
			!one_of(s->colour,
					ORIEL_PRINT_GREY |
							ORIEL_PRINT_COLOUR) ||
			!one_of(s->side, 7) || !one_of(s->quality, 7) ||
			!s->width != !s->length ||
			(s->width && s->width < 1000) ||
			(s->length && s->length < 1000) ||
			!s->first != !s->last || s->first > s->last ||
			s->job <= box->last_job)
		return ORIEL_EPROTO;
	for (size_t i = 0; i < ORL_BOX_JOBS && !job; i++)
		if (!box->jobs[i].number)
			job = &box->jobs[i];
	if (!job)
		return ORIEL_EPROTO;
	*job = (struct orl_box_job){ .number = (uint32_t)s->job };
	box->last_job = (uint32_t)s->job;
	box->events.print_started(box->user, job->number, &details);
	return 0;
}

static int on_data(struct orl_box *box, const struct orl_box_print_data *data)
{
	uint8_t bytes[PIECE];
	size_t n = (size_t)data->bytes;
	struct orl_box_job *job = find_job(box, data->job);
	if (orl_box_ring_get(&box->rings[ORL_RING_PRINT], bytes, n) != 0 ||
			data->job > box->last_job)
		return ORIEL_EPROTO;
	if (!job) /* the viewer has ended it meanwhile */
		return 0;
	if (!job->accepted || job->ended || n > WINDOW - job->there)
		return ORIEL_EPROTO;
	job->there += n;
	box->events.print_data(box->user, job->number, bytes, n);
	return 0;
}

static int on_end(struct orl_box *box, int64_t number, bool finished,
		int64_t reason)
{
	struct orl_box_job *job = find_job(box, number);
	uint32_t id = (uint32_t)number;
	if (number > box->last_job)
		return ORIEL_EPROTO;
	if (!job)
		return 0;
	if (finished && (!job->accepted || job->ended))
		return ORIEL_EPROTO;
	job->ended = finished;
	if (finished) {
		box->events.print_finished(box->user, id);
	} else {
		job->number = 0;
		box->events.print_dropped(box->user, id, (int)reason);
	}
	return 0;
}

int orl_box_on_print(struct orl_box *box, const struct orl_box_message *m)
{
	if (!(box->wants & ORL_BOX_PRINT))
		return ORIEL_EPROTO;
	switch (m->id) {
	case ORL_BOX_PRINT_STARTED:
		return on_started(box, &m->u.print_started);
	case ORL_BOX_PRINT_DATA:
		return on_data(box, &m->u.print_data);
	case ORL_BOX_PRINT_FINISHED:
		return on_end(box, m->u.print_finished.job, true, 0);
	default:
		return on_end(box, m->u.print_dropped.job, false,
				m->u.print_dropped.reason);
	}
}

void orl_box_drop_jobs(struct orl_box *box)
{
	for (size_t i = 0; i < ORL_BOX_JOBS; i++) {
		uint32_t number = box->jobs[i].number;
		box->jobs[i].number = 0;
		if (number)
			box->events.print_dropped(
					box->user, number, ORIEL_ECLOSED);
	}
}

void orl_box_forget_jobs(struct orl_box *box)
{
	memset(box->jobs, 0, sizeof(box->jobs));
	box->last_job = 0;
}

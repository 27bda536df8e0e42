/*
 * box_child_print.c - printing, in the process that has the connection: jobs
 * of the client library told to the viewer, by numbers that are never used
 * twice, so that what crosses concerns nobody else's job.
 */
#include <string.h>

#include "client/viewer/box_child_impl.h"

static struct orl_boxed_job *of_id(struct orl_boxed *b, uint32_t id)
{
	for (size_t i = 0; i < ORL_BOX_JOBS; i++)
		if (b->jobs[i].number && b->jobs[i].id == id)
			return &b->jobs[i];
	return NULL;
}

static struct orl_boxed_job *of_number(struct orl_boxed *b, int64_t number)
{
	for (size_t i = 0; number && i < ORL_BOX_JOBS; i++)
		if (b->jobs[i].number == number)
			return &b->jobs[i];
	return NULL;
}

/* ---- what the library says --------------------------------------------- */

static void on_started(
		void *user, uint32_t id, const struct oriel_print_job *details)
{
	struct orl_boxed *b = user;
	struct orl_box_message m = { .id = ORL_BOX_PRINT_STARTED };
	struct orl_boxed_job *job = NULL;
	for (size_t i = 0; i < ORL_BOX_JOBS && !job; i++)
		if (!b->jobs[i].number)
			job = &b->jobs[i];
	if (!job) {
		const struct oriel_print_status full = { .size = sizeof(full),
			.state = ORIEL_PRINT_FAILED,
			.reasons = ORIEL_PRINT_TOO_MUCH,
			.text = "too many jobs are being printed" };
		if (oriel_client_print_status(b->client, id, &full) < 0)
			return; /* gone already */
		return;
	}
	*job = (struct orl_boxed_job){ ++b->last_job, id };
	m.u.print_started = (struct orl_box_print_started){
		.job = job->number,
		.printer = details->printer,
		.format = details->format,
		.copies = details->copies,
		.colour = details->colour,
		.side = details->side,
		.quality = details->quality,
		.resolution = details->resolution,
		.width = details->media.width,
		.length = details->media.length,
		.first = details->first,
		.last = details->last,
	};
	ORL_BOX_TEXT(m.u.print_started.title, details->title);
	orl_boxed_tell(b, &m);
}

static void on_data(void *user, uint32_t id, const void *data, size_t n)
{
	struct orl_boxed *b = user;
	struct orl_box_message m = { .id = ORL_BOX_PRINT_DATA };
	const struct orl_boxed_job *job = of_id(b, id);
	if (!job)
		return;
	orl_boxed_put(b, ORL_RING_PRINT, data, n);
	m.u.print_data.job = job->number;
	m.u.print_data.bytes = (int64_t)n;
	orl_boxed_tell(b, &m);
}

static void on_finished(void *user, uint32_t id)
{
	struct orl_box_message m = { .id = ORL_BOX_PRINT_FINISHED };
	const struct orl_boxed_job *job = of_id(user, id);
	if (!job)
		return;
	m.u.print_finished.job = job->number;
	orl_boxed_tell(user, &m);
}

static void on_dropped(void *user, uint32_t id, int reason)
{
	struct orl_box_message m = { .id = ORL_BOX_PRINT_DROPPED };
	struct orl_boxed_job *job = of_id(user, id);
	if (!job)
		return;
	m.u.print_dropped.job = job->number;
	m.u.print_dropped.reason = reason;
	job->number = 0;
	orl_boxed_tell(user, &m);
}

void orl_boxed_print_events(struct oriel_client_events *events)
{
	events->print_started = on_started;
	events->print_data = on_data;
	events->print_finished = on_finished;
	events->print_dropped = on_dropped;
}

/* ---- what the viewer says ---------------------------------------------- */

static void on_printer(struct orl_boxed *b, const struct orl_box_printer *order)
{
	struct orl_box_message m = { .id = ORL_BOX_LOG };
	struct oriel_print_size media[ORIEL_PRINT_SIZES_MAX];
	const struct oriel_printer about = {
		.size = sizeof(about),
		.id = (uint32_t)order->printer,
		.name = order->name,
		.standard = order->standard,
		.formats = (uint32_t)order->formats,
		.colours = (uint32_t)order->colours,
		.sides = (uint32_t)order->sides,
		.qualities = (uint32_t)order->qualities,
		.resolutions = (uint32_t)order->resolutions,
		.margin_x = (int32_t)order->margin_x,
		.margin_y = (int32_t)order->margin_y,
		.media = media,
		.n_media = (uint32_t)order->n_media,
		.usual = (uint32_t)order->usual,
		.state = (enum oriel_print_state)order->state,
		.reasons = (uint32_t)order->reasons,
	};
	_Static_assert(sizeof(order->media) == sizeof(media), "as many");
	memcpy(media, order->media, sizeof(media));
	if (!oriel_client_set_printer(b->client, &about))
		return;
	m.u.log.level = ORIEL_LOG_ERROR;
	ORL_BOX_TEXT(m.u.log.topic, "print");
	ORL_BOX_TEXT(m.u.log.text, "a printer of this name or kind cannot be "
				   "told of");
	orl_boxed_tell(b, &m);
}

/* Of a job that has ended meanwhile nobody wants to know. */
static void on_status(
		struct orl_boxed *b, const struct orl_box_print_status *order)
{
	struct orl_boxed_job *job = of_number(b, order->job);
	const struct oriel_print_status status = {
		.size = sizeof(status),
		.state = (enum oriel_print_state)order->state,
		.reasons = (uint32_t)order->reasons,
		.text = order->text,
	};
	if (!job)
		return;
	uint32_t id = job->id;
	if (status.state >= ORIEL_PRINT_DONE)
		job->number = 0;
	(void)!oriel_client_print_status(b->client, id, &status);
}

void orl_boxed_print(struct orl_boxed *b, const struct orl_box_message *m)
{
	const struct orl_boxed_job *job;
	switch (m->id) {
	case ORL_BOX_PRINTER:
		on_printer(b, &m->u.printer);
		break;
	case ORL_BOX_PRINT_ACCEPT:
		job = of_number(b, m->u.print_accept.job);
		if (job)
			(void)!oriel_client_print_accept(b->client, job->id);
		break;
	case ORL_BOX_PRINT_TAKEN:
		job = of_number(b, m->u.print_taken.job);
		if (job)
			(void)!oriel_client_print_taken(b->client, job->id,
					(size_t)m->u.print_taken.bytes);
		break;
	default:
		on_status(b, &m->u.print_status);
		break;
	}
}

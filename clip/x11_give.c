/*
 * x11_give.c - programs that paste what we have. What fits is given at once,
 * more in pieces (INCR), each when the one before has been read.
 */
#include <stdlib.h>
#include <string.h>

#include "clip/x11_impl.h"

static void answer(struct orl_xclip *x, xcb_window_t requestor,
		xcb_atom_t selection, xcb_atom_t target, xcb_atom_t property,
		xcb_timestamp_t time)
{
	const xcb_selection_notify_event_t e = {
		.response_type = XCB_SELECTION_NOTIFY,
		.time = time,
		.requestor = requestor,
		.selection = selection,
		.target = target,
		.property = property,
	};

	_Static_assert(sizeof(e) <= 32, "an event");
	char bytes[32] = { 0 };
	memcpy(bytes, &e, sizeof(e));
	xcb_send_event(x->c, 0, requestor, XCB_EVENT_MASK_NO_EVENT, bytes);
}

static void put(struct orl_xclip_job *job, xcb_atom_t type, uint8_t format,
		const void *data, size_t n)
{
	xcb_change_property(job->x->c, XCB_PROP_MODE_REPLACE, job->requestor,
			job->property, type, format,
			(uint32_t)(n / (format / 8)), data);
}

static void tell(const struct orl_xclip_job *job, xcb_atom_t property)
{
	struct orl_xclip *x = job->x;

	answer(x, job->requestor, x->selections[job->selection].atom,
			job->target, property, job->time);
}

/* ---- what needs no bytes ----------------------------------------------- */

static void give_targets(struct orl_xclip_job *job)
{
	struct orl_xclip *x = job->x;
	const struct orl_xclip_selection *s = &x->selections[job->selection];
	xcb_atom_t atoms[2 + ORL_XCLIP_TYPES + 8];
	size_t n = 0;

	atoms[n++] = x->atoms[ATOM_TARGETS];
	atoms[n++] = x->atoms[ATOM_TIMESTAMP];
	for (size_t i = 0; i < s->count; i++) {
		const char *const *names = orl_targets_of(s->types[i]);

		/* An atom is there for as long as the X server is. */
		if (orl_content_of(s->types[i]) < 0)
			continue;
		if (!names) {
			atoms[n++] = orl_xclip_intern(x, s->types[i]);
			continue;
		}
		while (*names &&
				n < sizeof(atoms) / sizeof(atoms[0]) -
								ORL_XCLIP_TYPES)
			atoms[n++] = orl_xclip_intern(x, *names++);
	}
	put(job, XCB_ATOM_ATOM, 32, atoms, n * 4);
	tell(job, job->property);
}

/* ---- bytes ------------------------------------------------------------- */

static void end(struct orl_xclip_job *job)
{
	const uint32_t nothing = XCB_EVENT_MASK_NO_EVENT;

	if (job->told)
		xcb_change_window_attributes(job->x->c, job->requestor,
				XCB_CW_EVENT_MASK, &nothing);
	xcb_flush(job->x->c);
}

/* It is more than fits: say so, and how much there is at least. */
static void begin_pieces(struct orl_xclip_job *job)
{
	const uint32_t mask = XCB_EVENT_MASK_PROPERTY_CHANGE |
			      XCB_EVENT_MASK_STRUCTURE_NOTIFY;
	uint32_t least = (uint32_t)job->n;

	if (job->told)
		return;
	job->told = true;
	xcb_change_window_attributes(
			job->x->c, job->requestor, XCB_CW_EVENT_MASK, &mask);
	put(job, job->x->atoms[ATOM_INCR], 32, &least, 4);
	tell(job, job->property);
	xcb_flush(job->x->c);
	orl_xclip_patience(job);
}

/* The requestor waits: give it what there is, or the end; false: that was it. */
static bool flush(struct orl_xclip_job *job)
{
	bool all = job->kind == ORL_XCLIP_GIVEN;
	size_t n = job->n;

	if (!job->open || (!n && !all))
		return true;
	put(job, job->target, 8, job->buffer, n);
	xcb_flush(job->x->c);
	job->open = false;
	job->n = 0;
	orl_xclip_patience(job);
	if (n)
		return true;
	end(job);
	orl_xclip_job_free(job);
	return false;
}

static size_t keep(struct orl_xclip_job *job, const uint8_t *p, size_t n)
{
	size_t room = ORL_XCLIP_BUFFER - job->n;

	n = n < room ? n : room;
	if (job->gnome && room < 64)
		return 0;
	if (job->gnome) {
		n = n < (room - 4) / 2 ? n : (room - 4) / 2;
		job->n += orl_gnome_from_uris(
				&job->lines, job->buffer + job->n, p, n);
	} else if (job->latin1) {
		job->n += orl_latin1_from(
				&job->state, job->buffer + job->n, p, n);
	} else {
		memcpy(job->buffer + job->n, p, n);
		job->n += n;
	}
	return n;
}

size_t orl_xclip_write(struct orl_xclip_job *job, const void *data, size_t n)
{
	const uint8_t *p = data;
	size_t done;

	if (job->kind != ORL_XCLIP_GIVE)
		return n;
	done = keep(job, p, n);
	flush(job);
	done += keep(job, p + done, n - done);
	job->waiting = done < n;
	if (job->waiting)
		begin_pieces(job);
	return done;
}

void orl_xclip_forget(struct orl_xclip_selection *s)
{
	if (s->kept)
		explicit_bzero(s->kept, s->kept_n);
	free(s->kept);
	s->kept = NULL;
	s->kept_type = NULL;
}

/* All of it was given at once. */
static void keep_given(struct orl_xclip_job *job)
{
	struct orl_xclip_selection *s = &job->x->selections[job->selection];

	/* By then it may have been another offer. */
	if (job->latin1 || strcmp(job->type, ORL_TYPE_FILES) == 0 ||
			!s->owned || job->offer != s->since)
		return;
	orl_xclip_forget(s);
	s->kept = job->buffer;
	s->kept_n = job->n;
	s->kept_type = job->type;
	s->kept_until = job->x->now + ORL_XCLIP_KEEP;
	job->buffer = NULL;
}

static bool give_kept(struct orl_xclip_job *job, const char *type)
{
	struct orl_xclip_selection *s = &job->x->selections[job->selection];
	struct orl_latin1 state = { 0, 0 };
	uint8_t *narrow;

	if (!s->kept || s->kept_type != type || job->x->now >= s->kept_until)
		return false;
	if (!job->latin1) {
		put(job, job->target, 8, s->kept, s->kept_n);
	} else {
		narrow = malloc(s->kept_n + 1);
		if (!narrow)
			return false;
		put(job, job->target, 8, narrow,
				orl_latin1_from(&state, narrow, s->kept,
						s->kept_n));
		free(narrow);
	}
	tell(job, job->property);
	orl_xclip_job_free(job);
	return true;
}

void orl_xclip_finish(struct orl_xclip_job *job)
{
	if (job->kind != ORL_XCLIP_GIVE)
		return;
	job->kind = ORL_XCLIP_GIVEN;
	if (job->told) {
		flush(job);
		return;
	}
	put(job, job->target, 8, job->buffer, job->n);
	tell(job, job->property);
	end(job);
	keep_given(job);
	orl_xclip_job_free(job);
}

void orl_xclip_fail(struct orl_xclip_job *job)
{
	if (job->kind == ORL_XCLIP_TAKE) {
		xcb_delete_property(job->x->c, job->x->window, job->property);
	} else if (job->kind == ORL_XCLIP_GIVE) {
		/* Of what has begun there is no way to say that it failed. */
		if (!job->told)
			tell(job, XCB_NONE);
		end(job);
	} else {
		return;
	}
	xcb_flush(job->x->c);
	orl_xclip_job_free(job);
}

/* ---- events ------------------------------------------------------------ */

/* The type of ours that a target means, or NULL. */
static const char *type_wanted(const struct orl_xclip_selection *s,
		const char *target, bool *latin1)
{
	const char *type = orl_type_of_target(target, latin1);

	for (size_t i = 0; type && i < s->count; i++)
		if (strcmp(s->types[i], type) == 0)
			return s->types[i];
	return NULL;
}

static struct orl_xclip_job *giving(struct orl_xclip *x, xcb_window_t requestor,
		xcb_atom_t property)
{
	for (size_t i = 0; i < ORL_XCLIP_JOBS; i++) {
		struct orl_xclip_job *job = &x->jobs[i];

		if ((job->kind == ORL_XCLIP_GIVE ||
				    job->kind == ORL_XCLIP_GIVEN) &&
				job->requestor == requestor &&
				(!property || job->property == property))
			return job;
	}
	return NULL;
}

static void give(struct orl_xclip_job *job)
{
	struct orl_xclip *x = job->x;
	const struct orl_xclip_selection *s = &x->selections[job->selection];
	char name[128];
	const char *type;

	if (job->target == x->atoms[ATOM_TARGETS]) {
		give_targets(job);
		orl_xclip_job_free(job);
		return;
	}
	if (job->target == x->atoms[ATOM_TIMESTAMP]) {
		put(job, XCB_ATOM_INTEGER, 32, &s->since, 4);
		tell(job, job->property);
		orl_xclip_job_free(job);
		return;
	}
	orl_xclip_name(x, job->target, name);
	type = type_wanted(s, name, &job->latin1);
	job->gnome = orl_target_is_gnome(name);
	/* TEXT is whatever the owner likes. */
	if (strcmp(name, "TEXT") == 0)
		job->target = orl_xclip_intern(x, "UTF8_STRING");
	if (type && give_kept(job, type))
		return;
	job->type = type;
	job->offer = s->since;
	job->buffer = type ? malloc(ORL_XCLIP_BUFFER) : NULL;
	if (!job->buffer) {
		tell(job, XCB_NONE);
		orl_xclip_job_free(job);
		return;
	}
	x->calls->wanted(x->user, job, job->selection, type);
}

void orl_xclip_on_request(
		struct orl_xclip *x, const xcb_selection_request_event_t *e)
{
	xcb_atom_t property = e->property ? e->property : e->target;
	struct orl_xclip_job *job, *old = giving(x, e->requestor, property);
	unsigned i = 0;

	/* It asks again for where it has not read yet: it starts over. */
	if (old)
		orl_xclip_job_over(old, false);
	while (i < ORL_XCLIP_SELECTIONS &&
			x->selections[i].atom != e->selection)
		i++;
	job = i < ORL_XCLIP_SELECTIONS && x->selections[i].owned
			      ? orl_xclip_job_new(x, ORL_XCLIP_GIVE)
			      : NULL;
	if (!job) {
		answer(x, e->requestor, e->selection, e->target, XCB_NONE,
				e->time);
		return;
	}
	job->selection = i;
	job->requestor = e->requestor;
	job->property = property;
	job->target = e->target;
	job->time = e->time;
	give(job);
}

void orl_xclip_on_taken(struct orl_xclip *x, xcb_window_t requestor,
		xcb_atom_t property)
{
	struct orl_xclip_job *job = giving(x, requestor, property);

	if (!job || !job->told)
		return;
	job->open = true;
	if (!flush(job) || job->kind != ORL_XCLIP_GIVE || !job->waiting)
		return;
	job->waiting = false;
	x->calls->ready(x->user, job);
}

void orl_xclip_on_window_gone(struct orl_xclip *x, xcb_window_t window)
{
	struct orl_xclip_job *job;

	while ((job = giving(x, window, 0)) != NULL)
		orl_xclip_job_over(job, false);
}

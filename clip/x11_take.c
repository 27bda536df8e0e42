/*
 * x11_take.c - fetching what other programs have copied: first as what it can
 * be had (TARGETS), later the bytes, in pieces.
 */
#include <stdlib.h>
#include <string.h>

#include "clip/x11_impl.h"

static void convert(struct orl_xclip_job *job)
{
	struct orl_xclip *x = job->x;
	const struct orl_xclip_selection *s = &x->selections[job->selection];

	xcb_delete_property(x->c, x->window, job->property);
	xcb_convert_selection(x->c, x->window, s->atom, job->target,
			job->property,
			s->time ? s->time : XCB_TIME_CURRENT_TIME);
	xcb_flush(x->c);
}

/* ---- as what it can be had --------------------------------------------- */

void orl_xclip_look_no_more(struct orl_xclip *x, unsigned selection)
{
	for (size_t i = 0; i < ORL_XCLIP_JOBS; i++)
		if (x->jobs[i].kind == ORL_XCLIP_LOOK &&
				x->jobs[i].selection == selection)
			orl_xclip_job_free(&x->jobs[i]);
}

void orl_xclip_look(struct orl_xclip *x, unsigned selection)
{
	struct orl_xclip_job *job = NULL;

	/* One question at a time; what an older one brings is dropped. */
	orl_xclip_look_no_more(x, selection);
	job = orl_xclip_job_new(x, ORL_XCLIP_LOOK);
	if (!job)
		return;
	job->selection = selection;
	job->target = x->atoms[ATOM_TARGETS];
	convert(job);
}

/* Keep the best name that the program has for each type. */
static void add_target(struct orl_xclip_selection *s, xcb_atom_t target,
		const char *name)
{
	bool latin1;
	const char *type = orl_type_of_target(name, &latin1);
	unsigned rank = orl_target_rank(name);
	size_t i = 0;

	if (!type)
		return;
	while (i < s->n_theirs && s->theirs[i].type != type)
		i++;
	if (i == ORL_XCLIP_TYPES ||
			(i < s->n_theirs && s->theirs[i].rank <= rank))
		return;
	s->theirs[i].type = type;
	s->theirs[i].target = target;
	s->theirs[i].latin1 = latin1;
	s->theirs[i].rank = rank;
	if (i == s->n_theirs)
		s->n_theirs++;
}

static void read_targets(struct orl_xclip_job *job)
{
	struct orl_xclip *x = job->x;
	struct orl_xclip_selection *s = &x->selections[job->selection];
	xcb_get_property_reply_t *r = xcb_get_property_reply(x->c,
			xcb_get_property(x->c, 1, x->window, job->property,
					XCB_ATOM_ANY, 0, ORL_XCLIP_TARGETS),
			NULL);
	const char *types[ORL_XCLIP_TYPES];
	bool secret = false;
	size_t n = 0, selection = job->selection;

	orl_xclip_job_free(job);
	s->n_theirs = 0;
	if (r && r->format == 32)
		n = (size_t)xcb_get_property_value_length(r) / 4;
	for (size_t i = 0; i < n; i++) {
		xcb_atom_t target =
				((xcb_atom_t *)xcb_get_property_value(r))[i];
		char name[128];

		orl_xclip_name(x, target, name);
		secret = secret || orl_target_is_secret(name);
		add_target(s, target, name);
	}
	free(r);
	if (secret)
		s->n_theirs = 0;
	for (size_t i = 0; i < s->n_theirs; i++)
		types[i] = s->theirs[i].type;
	x->calls->changed(x->user, (unsigned)selection, types, s->n_theirs,
			secret);
}

/* ---- bytes ------------------------------------------------------------- */

struct orl_xclip_job *orl_xclip_fetch(
		struct orl_xclip *x, unsigned selection, const char *type)
{
	const struct orl_xclip_selection *s = &x->selections[selection];
	struct orl_xclip_job *job;
	size_t i = 0;

	while (i < s->n_theirs && strcmp(s->theirs[i].type, type) != 0)
		i++;
	if (i == s->n_theirs)
		return NULL;
	job = orl_xclip_job_new(x, ORL_XCLIP_TAKE);
	if (!job)
		return NULL;
	job->selection = selection;
	job->target = s->theirs[i].target;
	job->latin1 = s->theirs[i].latin1;
	convert(job);
	return job;
}

void orl_xclip_more(struct orl_xclip_job *job)
{
	if (job->kind == ORL_XCLIP_TAKE)
		job->wanted = true;
}

static struct orl_xclip_job *taking(struct orl_xclip *x, xcb_atom_t property)
{
	for (size_t i = 0; i < ORL_XCLIP_JOBS; i++) {
		struct orl_xclip_job *job = &x->jobs[i];

		if ((job->kind == ORL_XCLIP_TAKE ||
				    job->kind == ORL_XCLIP_LOOK) &&
				job->property == property)
			return job;
	}
	return NULL;
}

void orl_xclip_on_notify(
		struct orl_xclip *x, const xcb_selection_notify_event_t *e)
{
	struct orl_xclip_job *job = NULL;

	for (size_t i = 0; i < ORL_XCLIP_JOBS && !job; i++) {
		struct orl_xclip_job *j = &x->jobs[i];

		if ((j->kind == ORL_XCLIP_TAKE || j->kind == ORL_XCLIP_LOOK) &&
				j->target == e->target && !j->there &&
				!j->incr &&
				x->selections[j->selection].atom ==
						e->selection &&
				(!e->property || e->property == j->property))
			job = j;
	}
	if (!job)
		return;
	if (job->kind == ORL_XCLIP_LOOK) {
		/* One that does not say what it has has nothing for us. */
		read_targets(job);
		return;
	}
	if (!e->property) {
		orl_xclip_job_over(job, false);
		return;
	}
	xcb_get_property_reply_t *r = xcb_get_property_reply(x->c,
			xcb_get_property(x->c, 0, x->window, job->property,
					XCB_ATOM_ANY, 0, 1),
			NULL);
	uint64_t least =
			r ? r->bytes_after + (uint64_t)xcb_get_property_value_length(
							     r)
			  : 0;
	orl_xclip_patience(job);
	job->incr = r && r->type == x->atoms[ATOM_INCR];
	if (job->incr) {
		least = 0;
		if (r->format == 32 && xcb_get_property_value_length(r) == 4)
			memcpy(&least, xcb_get_property_value(r), 4);
		xcb_delete_property(x->c, x->window, job->property);
	} else {
		job->there = true;
	}
	free(r);
	x->calls->begun(x->user, job, least);
}

void orl_xclip_on_value(struct orl_xclip *x, xcb_atom_t property)
{
	struct orl_xclip_job *job = taking(x, property);

	if (!job || !job->incr || job->there)
		return;
	job->there = true;
	job->at = 0;
	orl_xclip_patience(job);
}

static void give_host(struct orl_xclip_job *job, const uint8_t *p, size_t n)
{
	struct orl_xclip *x = job->x;
	uint8_t wide[2 * ORL_XCLIP_PIECE];

	if (job->latin1) {
		n = orl_latin1_to(wide, p, n);
		p = wide;
	}
	x->calls->data(x->user, job, p, n);
}

/* One piece of what is in the property. */
static void read_piece(struct orl_xclip_job *job)
{
	struct orl_xclip *x = job->x;
	xcb_get_property_reply_t *r = xcb_get_property_reply(x->c,
			xcb_get_property(x->c, 0, x->window, job->property,
					XCB_ATOM_ANY, job->at,
					ORL_XCLIP_PIECE / 4),
			NULL);
	size_t n = r && r->format == 8
				   ? (size_t)xcb_get_property_value_length(r)
				   : 0;
	bool bad = !r || (r->type && r->format != 8), last;
	bool empty = !job->at && !n;

	last = !r || !r->bytes_after;
	orl_xclip_patience(job);
	job->at += ORL_XCLIP_PIECE / 4;
	if (last) {
		job->there = false;
		xcb_delete_property(x->c, x->window, job->property);
	}
	/* INCR ends with a piece that has nothing in it. */
	bool over = bad || (last && (!job->incr || empty));
	if (n && !bad) {
		job->wanted = false;
		give_host(job, xcb_get_property_value(r), n);
	}
	free(r);
	if (over && job->kind == ORL_XCLIP_TAKE)
		orl_xclip_job_over(job, !bad);
}

void orl_xclip_pump(struct orl_xclip *x)
{
	for (size_t i = 0; i < ORL_XCLIP_JOBS; i++) {
		struct orl_xclip_job *job = &x->jobs[i];

		/* One piece each: others have their turn, and events. */
		if (job->kind == ORL_XCLIP_TAKE && job->there && job->wanted)
			read_piece(job);
	}
}

/*
 * x11.c - see x11.h: the connection, who owns what, events and time.
 */
#include "clip/x11.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clip/x11_impl.h"

/* Programs that copy set a selection several times in a row. */
#define SETTLE (15 * ORL_XCLIP_MS)

/* ---- atoms ------------------------------------------------------------- */

xcb_atom_t orl_xclip_intern(struct orl_xclip *x, const char *name)
{
	xcb_intern_atom_reply_t *r = xcb_intern_atom_reply(x->c,
			xcb_intern_atom(x->c, 0, (uint16_t)strlen(name), name),
			NULL);
	xcb_atom_t atom = r ? r->atom : XCB_ATOM_NONE;

	free(r);
	return atom;
}

void orl_xclip_name(struct orl_xclip *x, xcb_atom_t atom, char out[static 128])
{
	xcb_get_atom_name_reply_t *r = xcb_get_atom_name_reply(
			x->c, xcb_get_atom_name(x->c, atom), NULL);
	int n = r ? xcb_get_atom_name_name_length(r) : 0;

	out[0] = 0;
	if (n > 0 && n < 128) {
		memcpy(out, xcb_get_atom_name_name(r), (size_t)n);
		out[n] = 0;
	}
	free(r);
}

static bool intern_all(struct orl_xclip *x)
{
	static const char *const names[] = { "CLIPBOARD", "TARGETS",
		"TIMESTAMP", "INCR", "ATOM_PAIR", "ORIEL_CLOCK" };
	bool all = true;

	for (size_t i = 0; i < ATOMS; i++) {
		char name[32];

		snprintf(name, sizeof(name), "ORIEL_%u",
				(unsigned)(i - ATOM_FIRST_PROPERTY));
		x->atoms[i] = orl_xclip_intern(
				x, i < ATOM_FIRST_PROPERTY ? names[i] : name);
		all = all && x->atoms[i];
	}
	return all;
}

/* ---- jobs -------------------------------------------------------------- */

void orl_xclip_patience(struct orl_xclip_job *job)
{
	job->by = job->x->now + ORL_XCLIP_PATIENCE;
}

/* One that no job has, and none had for a while. */
static xcb_atom_t next_property(struct orl_xclip *x)
{
	for (;;) {
		size_t i = 0;

		x->property = (x->property + 1) % ORL_XCLIP_PROPERTIES;
		xcb_atom_t atom = x->atoms[ATOM_FIRST_PROPERTY + x->property];
		while (i < ORL_XCLIP_JOBS &&
				(x->jobs[i].kind == ORL_XCLIP_FREE ||
						x->jobs[i].property != atom))
			i++;
		if (i == ORL_XCLIP_JOBS)
			return atom;
	}
}

struct orl_xclip_job *orl_xclip_job_new(
		struct orl_xclip *x, enum orl_xclip_kind kind)
{
	for (size_t i = 0; i < ORL_XCLIP_JOBS; i++) {
		struct orl_xclip_job *job = &x->jobs[i];

		if (job->kind != ORL_XCLIP_FREE)
			continue;
		*job = (struct orl_xclip_job){
			.x = x, .kind = kind, .property = next_property(x)
		};
		orl_xclip_patience(job);
		return job;
	}
	return NULL;
}

void orl_xclip_job_free(struct orl_xclip_job *job)
{
	free(job->buffer);
	job->buffer = NULL;
	job->kind = ORL_XCLIP_FREE;
}

void orl_xclip_job_over(struct orl_xclip_job *job, bool ok)
{
	struct orl_xclip *x = job->x;
	bool told = job->kind == ORL_XCLIP_TAKE || job->kind == ORL_XCLIP_GIVE;

	/* The host may not end what has ended, but may begin another. */
	job->kind = ORL_XCLIP_GIVEN;
	if (told)
		x->calls->ended(x->user, job, ok);
	orl_xclip_job_free(job);
}

void orl_xclip_set_data(struct orl_xclip_job *job, void *data)
{
	job->data = data;
}

void *orl_xclip_data(const struct orl_xclip_job *job)
{
	return job->data;
}

/* ---- who owns what ----------------------------------------------------- */

/* Selections are owned from a moment of the X server's clock: ask for it. */
static void ask_time(struct orl_xclip *x)
{
	xcb_change_property(x->c, XCB_PROP_MODE_APPEND, x->window,
			x->atoms[ATOM_CLOCK], XCB_ATOM_INTEGER, 8, 0, NULL);
}

static void on_time(struct orl_xclip *x, xcb_timestamp_t time)
{
	for (size_t i = 0; i < ORL_XCLIP_SELECTIONS; i++) {
		struct orl_xclip_selection *s = &x->selections[i];

		if (!s->owning)
			continue;
		s->owning = false;
		s->owned = true;
		s->since = time;
		s->look_at = ORL_XCLIP_NEVER;
		xcb_set_selection_owner(x->c, x->window, s->atom, time);
	}
}

void orl_xclip_offer(struct orl_xclip *x, unsigned selection,
		const char *const *types, size_t count)
{
	struct orl_xclip_selection *s = &x->selections[selection];

	if (!s->watched)
		return;
	orl_xclip_forget(s);
	s->count = 0;
	for (size_t i = 0; i < count && s->count < ORL_XCLIP_TYPES; i++)
		snprintf(s->types[s->count++], sizeof(s->types[0]), "%s",
				types[i]);
	if (s->count) {
		/* It is newer than what somebody is being asked about. */
		s->look_at = ORL_XCLIP_NEVER;
		orl_xclip_look_no_more(x, selection);
		s->owning = true;
		ask_time(x);
	} else {
		s->owning = false;
		if (s->owned)
			xcb_set_selection_owner(
					x->c, XCB_NONE, s->atom, s->since);
		s->owned = false;
	}
	xcb_flush(x->c);
}

static void on_owner(struct orl_xclip *x,
		const xcb_xfixes_selection_notify_event_t *e)
{
	for (unsigned i = 0; i < ORL_XCLIP_SELECTIONS; i++) {
		struct orl_xclip_selection *s = &x->selections[i];

		if (!s->watched || s->atom != e->selection)
			continue;
		if (e->owner == x->window) {
			s->owner = e->owner;
			s->n_theirs = 0;
			s->look_at = ORL_XCLIP_NEVER;
			return;
		}
		/* Given back by us is no news. */
		bool ours = s->owner == x->window && !e->owner && !s->owned;
		s->owned = false;
		orl_xclip_forget(s);
		s->owner = e->owner;
		s->time = e->selection_timestamp;
		s->n_theirs = 0;
		if (e->owner)
			s->look_at = x->now + SETTLE;
		else
			s->look_at = ORL_XCLIP_NEVER;
		if (!e->owner && !ours && !s->owning)
			x->calls->changed(x->user, i, NULL, 0, false);
		return;
	}
}

/* ---- events ------------------------------------------------------------ */

static void on_property(
		struct orl_xclip *x, const xcb_property_notify_event_t *e)
{
	if (e->window != x->window) {
		if (e->state == XCB_PROPERTY_DELETE)
			orl_xclip_on_taken(x, e->window, e->atom);
	} else if (e->atom == x->atoms[ATOM_CLOCK]) {
		on_time(x, e->time);
	} else if (e->state == XCB_PROPERTY_NEW_VALUE) {
		orl_xclip_on_value(x, e->atom);
	}
}

static void on_event(struct orl_xclip *x, const xcb_generic_event_t *e)
{
	const void *any = e;
	uint8_t type = e->response_type & 0x7f;

	if (!type) {
		const xcb_generic_error_t *error = any;
		if (error->error_code == XCB_WINDOW)
			orl_xclip_on_window_gone(x, error->resource_id);
	} else if (type == XCB_SELECTION_REQUEST) {
		orl_xclip_on_request(x, any);
	} else if (type == XCB_SELECTION_NOTIFY) {
		orl_xclip_on_notify(x, any);
	} else if (type == XCB_PROPERTY_NOTIFY) {
		on_property(x, any);
	} else if (type == XCB_DESTROY_NOTIFY) {
		const xcb_destroy_notify_event_t *d = any;
		orl_xclip_on_window_gone(x, d->window);
	} else if (type == x->fixes_event + XCB_XFIXES_SELECTION_NOTIFY) {
		on_owner(x, any);
	}
}

int orl_xclip_fd(const struct orl_xclip *x)
{
	return xcb_get_file_descriptor(x->c);
}

/* Whether it is the other program's turn. */
static bool waits(const struct orl_xclip_job *job)
{
	switch (job->kind) {
	case ORL_XCLIP_LOOK:
		return true;
	case ORL_XCLIP_TAKE:
		return !job->there;
	case ORL_XCLIP_GIVE:
	case ORL_XCLIP_GIVEN:
		return job->told && !job->open;
	default:
		return false;
	}
}

uint64_t orl_xclip_due(const struct orl_xclip *x)
{
	uint64_t due = ORL_XCLIP_NEVER;

	for (size_t i = 0; i < ORL_XCLIP_SELECTIONS; i++) {
		const struct orl_xclip_selection *s = &x->selections[i];

		if (s->look_at < due)
			due = s->look_at;
		if (s->kept && s->kept_until < due)
			due = s->kept_until;
	}
	for (size_t i = 0; i < ORL_XCLIP_JOBS; i++) {
		const struct orl_xclip_job *job = &x->jobs[i];

		if (job->kind == ORL_XCLIP_TAKE && job->wanted && job->there)
			return 0;
		if (waits(job) && job->by < due)
			due = job->by;
	}
	return due;
}

static void run_timers(struct orl_xclip *x)
{
	for (unsigned i = 0; i < ORL_XCLIP_SELECTIONS; i++) {
		struct orl_xclip_selection *s = &x->selections[i];

		if (s->kept && x->now >= s->kept_until)
			orl_xclip_forget(s);
		if (x->now < s->look_at)
			continue;
		s->look_at = ORL_XCLIP_NEVER;
		orl_xclip_look(x, i);
	}
	for (size_t i = 0; i < ORL_XCLIP_JOBS; i++) {
		struct orl_xclip_job *job = &x->jobs[i];

		if (!waits(job) || x->now < job->by)
			continue;
		if (job->kind == ORL_XCLIP_LOOK)
			x->calls->changed(x->user, job->selection, NULL, 0,
					false);
		orl_xclip_job_over(job, false);
	}
}

bool orl_xclip_run(struct orl_xclip *x, uint64_t now)
{
	xcb_generic_event_t *e;

	x->now = now;
	while (!x->gone && (e = xcb_poll_for_event(x->c)) != NULL) {
		on_event(x, e);
		free(e);
	}
	if (!x->gone && xcb_connection_has_error(x->c))
		x->gone = true;
	if (x->gone) {
		for (size_t i = 0; i < ORL_XCLIP_JOBS; i++)
			orl_xclip_job_over(&x->jobs[i], false);
		return false;
	}
	run_timers(x);
	orl_xclip_pump(x);
	xcb_flush(x->c);
	/* Replies that were waited for may have brought events along. */
	while ((e = xcb_poll_for_queued_event(x->c)) != NULL) {
		on_event(x, e);
		free(e);
	}
	xcb_flush(x->c);
	return true;
}

/* ---- beginning and end ------------------------------------------------- */

static bool has_fixes(struct orl_xclip *x)
{
	const xcb_query_extension_reply_t *fixes =
			xcb_get_extension_data(x->c, &xcb_xfixes_id);

	if (!fixes || !fixes->present)
		return false;
	xcb_xfixes_query_version_reply_t *r = xcb_xfixes_query_version_reply(
			x->c, xcb_xfixes_query_version(x->c, 2, 0), NULL);
	bool ok = r && r->major_version >= 1;
	free(r);
	x->fixes_event = fixes->first_event;
	return ok;
}

static void make_window(struct orl_xclip *x)
{
	const xcb_screen_t *screen =
			xcb_setup_roots_iterator(xcb_get_setup(x->c)).data;
	const uint32_t mask = XCB_EVENT_MASK_PROPERTY_CHANGE;

	x->window = xcb_generate_id(x->c);
	xcb_create_window(x->c, 0, x->window, screen->root, -10, -10, 1, 1, 0,
			XCB_WINDOW_CLASS_INPUT_ONLY, XCB_COPY_FROM_PARENT,
			XCB_CW_EVENT_MASK, &mask);
}

/* From now on, and what there is already. */
static void watch(struct orl_xclip *x, unsigned i, xcb_atom_t atom)
{
	struct orl_xclip_selection *s = &x->selections[i];

	s->atom = atom;
	s->watched = true;
	xcb_xfixes_select_selection_input(x->c, x->window, atom,
			XCB_XFIXES_SELECTION_EVENT_MASK_SET_SELECTION_OWNER |
					XCB_XFIXES_SELECTION_EVENT_MASK_SELECTION_WINDOW_DESTROY |
					XCB_XFIXES_SELECTION_EVENT_MASK_SELECTION_CLIENT_CLOSE);
	xcb_get_selection_owner_reply_t *r = xcb_get_selection_owner_reply(
			x->c, xcb_get_selection_owner(x->c, atom), NULL);
	if (r && r->owner) {
		s->owner = r->owner;
		s->look_at = 0;
	}
	free(r);
}

struct orl_xclip *orl_xclip_open(const char *display, bool primary,
		const struct orl_xclip_calls *calls, void *user,
		const char **why)
{
	struct orl_xclip *x = calloc(1, sizeof(*x));

	*why = "out of memory";
	if (!x)
		return NULL;
	x->calls = calls;
	x->user = user;
	for (size_t i = 0; i < ORL_XCLIP_SELECTIONS; i++)
		x->selections[i].look_at = ORL_XCLIP_NEVER;
	x->c = xcb_connect(display, NULL);
	*why = "it cannot be connected to";
	if (xcb_connection_has_error(x->c)) {
		orl_xclip_close(x);
		return NULL;
	}
	*why = "it has no XFIXES extension";
	if (!has_fixes(x) || !intern_all(x)) {
		orl_xclip_close(x);
		return NULL;
	}
	make_window(x);
	watch(x, 0, x->atoms[ATOM_CLIPBOARD]);
	if (primary)
		watch(x, 1, XCB_ATOM_PRIMARY);
	xcb_flush(x->c);
	return x;
}

void orl_xclip_close(struct orl_xclip *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < ORL_XCLIP_JOBS; i++)
		orl_xclip_job_free(&x->jobs[i]);
	for (size_t i = 0; i < ORL_XCLIP_SELECTIONS; i++)
		orl_xclip_forget(&x->selections[i]);
	xcb_disconnect(x->c);
	free(x);
}

/*
 * box_events.c - what the process says. Each message has been checked for
 * ranges; here it is checked against what was said before, and then becomes
 * an event. A process that breaks the rules is ended.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/viewer/box_impl.h"

enum { STALE_MS = 2000 };

static struct orl_remote *find_slot(struct orl_box *box, int64_t slot)
{
	for (int i = 0; i < ORL_BOX_SLOTS; i++) {
		struct orl_remote *r = &box->remotes[i];
		if (r->used && !r->stale && r->slot == slot)
			return r;
	}
	return NULL;
}

static void remove_remote(struct orl_box *box, struct orl_remote *r)
{
	box->events.screen_removed(box->user, r);
	orl_sheet_free(&r->sheet);
	pthread_mutex_destroy(&r->lock);
	memset(r, 0, sizeof(*r));
}

static void set_exact(struct orl_box *box, struct orl_remote *r, bool exact)
{
	if (r->exact == exact)
		return;
	r->exact = exact;
	box->events.screen_exact(box->user, r, exact);
}

/* ---- screens ----------------------------------------------------------- */

/* Pixels of all displays, were this one of that size. */
static uint64_t pixels_with(struct orl_box *box, int64_t slot, uint64_t pixels)
{
	for (int i = 0; i < ORL_BOX_SLOTS; i++) {
		const struct orl_remote *r = find_slot(box, i);
		const struct orl_sheet *s = box->pending[i].head
							    ? &box->pending[i]
					    : r ? &r->sheet
						: NULL;
		if (s && i != slot)
			pixels += (uint64_t)s->width * (uint64_t)s->height;
	}
	return pixels;
}

/* Memory for a picture, which becomes the screen's by SCREEN. */
static int on_ask_sheet(
		struct orl_box *box, const struct orl_box_ask_sheet *ask)
{
	struct orl_box_message m = { .id = ORL_BOX_SHEET };
	struct orl_sheet *sheet = &box->pending[ask->slot];
	int32_t width = (int32_t)ask->width, height = (int32_t)ask->height;
	int file = -1;
	if (sheet->head || pixels_with(box, ask->slot,
					   (uint64_t)width * (uint64_t)height) >
					   ORL_BOX_PIXELS)
		return ORIEL_EPROTO;
	int err = orl_sheet_create(sheet, &file, width, height);
	if (!err)
		m.u.sheet.bytes = (int64_t)sheet->bytes;
	int sent = orl_box_hand(box, &m, &file, err ? 0 : 1);
	if (!err)
		close(file);
	return sent == ORIEL_ECLOSED ? 0 : sent;
}

/* A display that was there before the process crashed is the same one. */
static struct orl_remote *find_stale(struct orl_box *box, int64_t id)
{
	for (int i = 0; i < ORL_BOX_SLOTS; i++) {
		struct orl_remote *r = &box->remotes[i];
		if (r->used && r->stale && r->id == id)
			return r;
	}
	return NULL;
}

static struct orl_remote *find_free(struct orl_box *box)
{
	for (int i = 0; i < ORL_BOX_SLOTS; i++)
		if (!box->remotes[i].used)
			return &box->remotes[i];
	return NULL;
}

/* The memory that was asked for last, or that it has already. */
static bool fits(const struct orl_box *box, const struct orl_remote *r,
		const struct orl_box_screen *screen)
{
	const struct orl_sheet *s = &box->pending[screen->slot];
	if (!s->head && r)
		s = &r->sheet;
	return s->head && s->width == screen->width &&
	       s->height == screen->height;
}

static void take_pending(struct orl_remote *r, struct orl_sheet *pending)
{
	if (!pending->head)
		return;
	pthread_mutex_lock(&r->lock);
	orl_sheet_free(&r->sheet);
	r->sheet = *pending;
	pthread_mutex_unlock(&r->lock);
	memset(pending, 0, sizeof(*pending));
}

static struct orl_remote *add_remote(struct orl_box *box)
{
	struct orl_remote *r = find_free(box);
	/* Those of a crash may have taken all places for a while. */
	if (!r)
		orl_box_drop_stale(box);
	if (!r)
		r = find_free(box);
	if (!r)
		return NULL;
	pthread_mutex_init(&r->lock, NULL);
	r->box = box;
	r->used = true;
	return r;
}

static int on_screen(struct orl_box *box, const struct orl_box_screen *screen)
{
	struct orl_remote *r = find_slot(box, screen->slot);
	if ((r && r->id != screen->id) || !fits(box, r, screen))
		return ORIEL_EPROTO;
	if (!r)
		r = find_stale(box, screen->id);
	bool added = !r, back = r && r->stale;
	if (!r)
		r = add_remote(box);
	if (!r)
		return ORIEL_EPROTO;
	r->stale = false;
	r->slot = (int)screen->slot;
	r->id = (uint32_t)screen->id;
	r->rect = (struct oriel_rect){ (int32_t)screen->x, (int32_t)screen->y,
		(int32_t)screen->width, (int32_t)screen->height };
	ORL_BOX_TEXT(r->name, screen->name);
	take_pending(r, &box->pending[screen->slot]);
	if (back && r->hidden)
		orl_remote_tell_visible(r);
	if (added)
		box->events.screen_added(box->user, r);
	else
		box->events.screen_changed(box->user, r);
	return 0;
}

static int on_updated(
		struct orl_box *box, const struct orl_box_updated *updated)
{
	struct orl_remote *r = find_slot(box, updated->slot);
	if (!r)
		return ORIEL_EPROTO;
	for (int i = 0; i < updated->n; i++) {
		const struct oriel_rect *rect = &updated->rects[i];
		if (rect->x + rect->width > r->rect.width ||
				rect->y + rect->height > r->rect.height)
			return ORIEL_EPROTO;
	}
	box->events.screen_updated(
			box->user, r, updated->rects, (size_t)updated->n);
	return 0;
}

static int on_cursor(struct orl_box *box, const struct orl_box_cursor *cursor)
{
	uint32_t pixels[256 * 256];
	struct oriel_pixels image = { pixels, (int32_t)cursor->width,
		(int32_t)cursor->height, (int32_t)cursor->width * 4,
		ORIEL_FORMAT_ARGB8888 };
	size_t n = (size_t)cursor->width * (size_t)cursor->height * 4;
	if (orl_box_ring_get(&box->rings[ORL_RING_CURSOR], pixels, n) != 0)
		return ORIEL_EPROTO;
	box->events.cursor(box->user, n ? &image : NULL, (int32_t)cursor->hot_x,
			(int32_t)cursor->hot_y);
	return 0;
}

static int on_one_screen(struct orl_box *box, const struct orl_box_message *m)
{
	struct orl_remote *r;
	switch (m->id) {
	case ORL_BOX_REMOVED:
		r = find_slot(box, m->u.removed.slot);
		if (r)
			remove_remote(box, r);
		break;
	case ORL_BOX_EXACT:
		r = find_slot(box, m->u.exact.slot);
		if (r)
			set_exact(box, r, m->u.exact.exact);
		break;
	default:
		r = find_slot(box, m->u.warped.slot);
		if (r)
			box->events.cursor_warped(box->user, r,
					(int32_t)m->u.warped.x,
					(int32_t)m->u.warped.y);
		break;
	}
	return r ? 0 : ORIEL_EPROTO;
}

void orl_box_strand(struct orl_box *box)
{
	for (int i = 0; i < ORL_BOX_SLOTS; i++) {
		struct orl_remote *r = &box->remotes[i];
		orl_sheet_free(&box->pending[i]);
		if (!r->used)
			continue;
		r->stale = true;
		/* Whoever was writing will not say that he has done so. */
		if (r->sheet.head)
			atomic_store(&r->sheet.head->writing, 0);
		set_exact(box, r, false);
	}
}

void orl_box_drop_stale(struct orl_box *box)
{
	for (int i = 0; i < ORL_BOX_SLOTS; i++)
		if (box->remotes[i].used && box->remotes[i].stale)
			remove_remote(box, &box->remotes[i]);
}

/* ---- the connection ---------------------------------------------------- */

void orl_box_silence(struct orl_box *box)
{
	bool sounds = box->sounds, wanted = box->mic_wanted;
	box->sounds = box->mic_wanted = false;
	if (wanted)
		box->events.microphone_wanted(box->user, false);
	if (sounds)
		box->events.sound(box->user, false);
}

void orl_box_finish(struct orl_box *box, int error, const char *text)
{
	orl_box_strand(box);
	orl_box_drop_stale(box);
	orl_box_drop_jobs(box);
	orl_box_drop_usb(box);
	orl_box_silence(box);
	orl_box_clip_reset(&box->clip);
	box->begun = box->mending = false;
	box->mend_at = box->stale_at = 0;
	box->state = ORIEL_CLIENT_IDLE;
	atomic_store(&box->ready, false);
	orl_box_line_over(box);
	box->events.state(box->user, ORIEL_CLIENT_IDLE, error, text);
}

/* While it is mended nobody is told how far an attempt has got. */
static int state_of_mending(
		struct orl_box *box, const struct orl_box_state *state)
{
	bool final = box->leaving || state->error == ORIEL_EAUTH ||
		     state->error == ORIEL_EDENIED ||
		     orl_box_now() >= box->mend_until;
	if (state->state != ORIEL_CLIENT_IDLE)
		return 0;
	if (final)
		orl_box_finish(box, (int)state->error, state->text);
	else
		orl_box_lost(box, state->text);
	return 0;
}

static int on_state(struct orl_box *box, const struct orl_box_state *state)
{
	bool ready = state->state == ORIEL_CLIENT_READY;
	atomic_store(&box->ready, ready);
	box->login_asked = state->login_asked;
	ORL_BOX_TEXT(box->server_name, state->name);
	if (box->mending && !ready)
		return state_of_mending(box, state);
	if (state->state == ORIEL_CLIENT_IDLE) {
		orl_box_finish(box, (int)state->error, state->text);
		return 0;
	}
	if (ready) {
		orl_box_line_ready(box);
		if (box->mending)
			box->stale_at = orl_box_now() + STALE_MS;
		box->mending = false;
		box->was_ready = true;
		box->mends = 0;
		box->crashed = false;
	}
	box->state = (enum oriel_client_state)state->state;
	box->events.state(
			box->user, box->state, (int)state->error, state->text);
	return 0;
}

static void on_trust_wanted(
		struct orl_box *box, const struct orl_box_trust_wanted *wanted)
{
	memcpy(box->asked_pin, wanted->sha256, sizeof(box->asked_pin));
	/* The same key is trusted unasked when it is come back to. */
	if (box->mending && box->pinned &&
			memcmp(box->pin, wanted->sha256, sizeof(box->pin)) == 0)
		orl_box_trust(box, true);
	else
		box->events.trust_wanted(
				box->user, wanted->sha256, wanted->verified);
}

/* Bytes of a struct with a bool: any of them but 0 and 1 would be undefined. */
static void on_stats(struct orl_box *box, const struct orl_box_stats *stats)
{
	uint8_t bytes[sizeof(struct oriel_stats)];
	struct oriel_stats s;
	memcpy(bytes, stats->stats, sizeof(bytes));
	bool exact = bytes[offsetof(struct oriel_stats, exact)] == 1;
	memset(bytes + offsetof(struct oriel_stats, exact), 0, sizeof(bool));
	memcpy(&s, bytes, sizeof(s));
	s.size = sizeof(s);
	s.exact = exact;
	s.congestion[sizeof(s.congestion) - 1] = '\0';
	for (char *p = s.congestion; *p; p++)
		if (*p <= ' ' || *p > '~')
			*p = '?';
	box->stats = s;
	box->usage = (struct orl_box_usage){ (double)stats->user_us / 1e6,
		(double)stats->system_us / 1e6, (uint64_t)stats->rss };
	box->stats_serial++;
}

static int on_jailed(struct orl_box *box, const struct orl_box_jailed *jailed)
{
	struct orl_box_message m = { .id = ORL_BOX_CONNECT };
	char why[256];
	if (box->jailed)
		return ORIEL_EPROTO;
	if (jailed->error) {
		snprintf(why, sizeof(why),
				"its process cannot be shut in: %s: %s; "
				"--sandbox=off does without",
				jailed->step, strerror((int)-jailed->error));
		box->mend_until = 0;
		orl_box_finish(box, ORIEL_ENOTSUP, why);
		return 0;
	}
	box->jailed = true;
	if (box->jail)
		snprintf(why, sizeof(why), "shut in by seccomp%s",
				jailed->landlock ? " and Landlock" : "");
	else
		snprintf(why, sizeof(why), "off");
	if (box->log_level >= ORIEL_LOG_INFO)
		box->events.log(box->user, ORIEL_LOG_INFO, "sandbox", why);
	orl_box_tell_printers(box);
	ORL_BOX_TEXT(m.u.connect.address, box->address);
	(void)orl_box_order(box, &m);
	return 0;
}

static void on_log(struct orl_box *box, const struct orl_box_log *log)
{
	if (log->level <= (int64_t)box->log_level)
		box->events.log(box->user, (enum oriel_log_level)log->level,
				log->topic, log->text);
}

static int on_clip(struct orl_box *box, const struct orl_box_clip_up *up)
{
	struct orl_box_clip_down m;
	if (!(box->wants & ORL_BOX_CLIPBOARD))
		return ORIEL_EPROTO;
	memcpy(&m, up, sizeof(m));
	int err = orl_box_clip_take(&box->clip, &m);
	explicit_bzero(&m, sizeof(m));
	return err;
}

static int on_other(struct orl_box *box, const struct orl_box_message *m)
{
	switch (m->id) {
	case ORL_BOX_TRUST_WANTED:
		on_trust_wanted(box, &m->u.trust_wanted);
		return 0;
	case ORL_BOX_LOGIN_WANTED:
		box->events.login_wanted(box->user);
		return 0;
	case ORL_BOX_RIGHTS:
		atomic_store(&box->rights, (uint32_t)m->u.rights.rights);
		box->events.rights(box->user, (uint32_t)m->u.rights.rights);
		return 0;
	case ORL_BOX_OWNER:
		box->events.owner(box->user, m->u.owner.yours, m->u.owner.name);
		return 0;
	case ORL_BOX_NOTICE:
		box->events.notice(box->user, (int)m->u.notice.level,
				m->u.notice.text);
		return 0;
	case ORL_BOX_LOCKS:
		box->events.locks(box->user, (uint32_t)m->u.locks.locks);
		return 0;
	case ORL_BOX_RELATIVE:
		box->events.relative(box->user, m->u.relative.relative);
		return 0;
	case ORL_BOX_SOUND:
		box->sounds = m->u.sound.on;
		box->events.sound(box->user, box->sounds);
		return 0;
	case ORL_BOX_MICROPHONE:
		box->mic_wanted = m->u.microphone.wanted;
		box->events.microphone_wanted(box->user, box->mic_wanted);
		return 0;
	case ORL_BOX_PRINT_STARTED:
	case ORL_BOX_PRINT_DATA:
	case ORL_BOX_PRINT_FINISHED:
	case ORL_BOX_PRINT_DROPPED:
		return orl_box_on_print(box, m);
	case ORL_BOX_USB_ANSWERED:
	case ORL_BOX_USB_DATA:
	case ORL_BOX_USB_TAKEN:
	case ORL_BOX_USB_DETACHED:
		return orl_box_on_usb(box, m);
	case ORL_BOX_CLIP_UP:
		return on_clip(box, &m->u.clip_up);
	case ORL_BOX_LOG:
		on_log(box, &m->u.log);
		return 0;
	case ORL_BOX_STATS:
		on_stats(box, &m->u.stats);
		return 0;
	default:
		return ORIEL_EPROTO;
	}
}

int orl_box_event(struct orl_box *box, struct orl_box_message *m)
{
	if (!box->jailed && m->id != ORL_BOX_JAILED && m->id != ORL_BOX_LOG)
		return ORIEL_EPROTO;
	switch (m->id) {
	case ORL_BOX_JAILED:
		return on_jailed(box, &m->u.jailed);
	case ORL_BOX_STATE:
		return on_state(box, &m->u.state);
	case ORL_BOX_ASK_SOCKET:
		return orl_box_give_socket(box, &m->u.ask_socket);
	case ORL_BOX_ASK_SHEET:
		return on_ask_sheet(box, &m->u.ask_sheet);
	case ORL_BOX_SCREEN:
		return on_screen(box, &m->u.screen);
	case ORL_BOX_UPDATED:
		return on_updated(box, &m->u.updated);
	case ORL_BOX_REMOVED:
	case ORL_BOX_EXACT:
	case ORL_BOX_WARPED:
		return on_one_screen(box, m);
	case ORL_BOX_CURSOR:
		return on_cursor(box, &m->u.cursor);
	default:
		return on_other(box, m);
	}
}

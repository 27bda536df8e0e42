/*
 * box_verbs.c - what the viewer wants of its connection, as messages. They
 * are sent at once from whatever thread; what the socket has no room for
 * waits, because the process is busy, or because it wants to be waited for.
 * So there is a limit, and input is the first that is dropped.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "client/viewer/box_impl.h"

enum {
	INPUT_MAX = 1024, /* messages that wait */
	ALL_MAX = 2048,
	HAND_MS = 2000,
};

struct orl_box_queued {
	struct orl_box_queued *next;
	size_t size;
	struct orl_box_message m; /* as many bytes of it as there are */
};

static bool is_input(uint64_t id)
{
	return id == ORL_BOX_KEY || id == ORL_BOX_POINTER ||
	       id == ORL_BOX_TOUCH || id == ORL_BOX_CHARACTERS;
}

static int keep(struct orl_box_queue *q, const struct orl_box_message *m)
{
	size_t size = orl_box_size(m->id);
	struct orl_box_queued *item;
	if (q->n >= (is_input(m->id) ? INPUT_MAX : ALL_MAX))
		return ORIEL_ELIMIT;
	item = malloc(offsetof(struct orl_box_queued, m) + size);
	if (!item)
		return ORIEL_ENOMEM;
	item->next = NULL;
	item->size = size;
	memcpy(&item->m, m, size);
	if (!q->first)
		q->last = &q->first;
	*q->last = item;
	q->last = &item->next;
	q->n++;
	return 0;
}

static void drop_first(struct orl_box_queue *q)
{
	struct orl_box_queued *item = q->first;
	q->first = item->next;
	q->n--;
	explicit_bzero(&item->m, item->size);
	free(item);
}

/* The lock is held. */
static void flush(struct orl_box *box)
{
	struct orl_box_queue *q = &box->queue;
	struct orl_box_message all_up = { .id = ORL_BOX_RELEASE_ALL };
	while (q->first) {
		int err = orl_box_send(box->socket, &q->first->m, NULL, 0);
		if (err == ORIEL_ELIMIT)
			return;
		drop_first(q);
	}
	if (box->lost && orl_box_send(box->socket, &all_up, NULL, 0) !=
					 ORIEL_ELIMIT)
		box->lost = false;
}

int orl_box_order(struct orl_box *box, const struct orl_box_message *m)
{
	int err = ORIEL_ESTATE;
	bool waits = false;
	pthread_mutex_lock(&box->lock);
	if (box->socket >= 0) {
		flush(box);
		err = box->queue.first ? ORIEL_ELIMIT
				       : orl_box_send(box->socket, m, NULL, 0);
		if (err == ORIEL_ELIMIT) {
			err = keep(&box->queue, m);
			waits = true;
		}
		box->lost |= err && is_input(m->id);
	}
	pthread_mutex_unlock(&box->lock);
	if (waits)
		orl_box_wake(box);
	/* That it is gone is told by an event. */
	return err == ORIEL_ECLOSED ? ORIEL_ESTATE : err;
}

int orl_box_hand(struct orl_box *box, const struct orl_box_message *m,
		const int *files, size_t n_files)
{
	uint64_t until = orl_box_now() + HAND_MS;
	struct pollfd fd = { .fd = box->socket, .events = POLLOUT };
	int err;
	while ((err = orl_box_send(box->socket, m, files, n_files)) ==
					ORIEL_ELIMIT &&
			orl_box_now() < until)
		(void)poll(&fd, 1, 100);
	return err;
}

bool orl_box_waits(struct orl_box *box)
{
	pthread_mutex_lock(&box->lock);
	bool waits = box->socket >= 0 && (box->queue.first || box->lost);
	pthread_mutex_unlock(&box->lock);
	return waits;
}

void orl_box_flush(struct orl_box *box)
{
	pthread_mutex_lock(&box->lock);
	if (box->socket >= 0)
		flush(box);
	pthread_mutex_unlock(&box->lock);
}

void orl_box_forget(struct orl_box *box)
{
	pthread_mutex_lock(&box->lock);
	while (box->queue.first)
		drop_first(&box->queue);
	box->lost = false;
	pthread_mutex_unlock(&box->lock);
}

void orl_box_insist(struct orl_box *box, const struct orl_box_message *m)
{
	int err = orl_box_order(box, m);
	if (err && err != ORIEL_ESTATE)
		atomic_store(&box->full, true);
}

/* ---- the connection ---------------------------------------------------- */

void orl_box_trust(struct orl_box *box, bool trusted)
{
	struct orl_box_message m = { .id = ORL_BOX_TRUST };
	m.u.trust.trusted = trusted;
	box->pinned = trusted;
	memcpy(box->pin, box->asked_pin, sizeof(box->pin));
	(void)orl_box_order(box, &m);
}

int orl_box_login(struct orl_box *box, const char *name, const char *password)
{
	struct orl_box_message m = { .id = ORL_BOX_LOGIN };
	struct orl_box_login *l = &m.u.login;
	/* One that does not fit is not the right one either. */
	if ((name && strlen(name) >= sizeof(l->name)) ||
			(password && strlen(password) >= sizeof(l->password)))
		return ORIEL_EINVAL;
	l->named = name != NULL;
	l->given = password != NULL;
	ORL_BOX_TEXT(l->name, name ? name : "");
	ORL_BOX_TEXT(l->password, password ? password : "");
	int err = orl_box_order(box, &m);
	explicit_bzero(&m, sizeof(m));
	return err;
}

/* ---- input ------------------------------------------------------------- */

static int send_input(struct orl_box *box, const struct orl_box_message *m)
{
	if (!atomic_load(&box->ready))
		return ORIEL_ESTATE;
	if (!(atomic_load(&box->rights) & ORIEL_MAY_INPUT))
		return ORIEL_EDENIED;
	return orl_box_order(box, m);
}

static int64_t time_of(uint64_t time)
{
	return time > INT64_MAX ? 0 : (int64_t)time;
}

int orl_box_key(struct orl_box *box, const struct oriel_key *key)
{
	struct orl_box_message m = { .id = ORL_BOX_KEY };
	m.u.key = (struct orl_box_key){ .usage = key->usage,
		.down = key->down,
		.keysym = key->keysym,
		.time = time_of(key->time) };
	/* It is up, whoever has the keyboard then. */
	return key->down ? send_input(box, &m) : orl_box_order(box, &m);
}

int orl_box_pointer(struct orl_box *box, const struct oriel_pointer *pointer)
{
	struct orl_box_message m = { .id = ORL_BOX_POINTER };
	m.u.pointer = (struct orl_box_pointer){ .display = pointer->display,
		.flags = pointer->flags,
		.x = pointer->x,
		.y = pointer->y,
		.buttons = pointer->buttons,
		.wheel_x = pointer->wheel_x,
		.wheel_y = pointer->wheel_y,
		.time = time_of(pointer->time) };
	return send_input(box, &m);
}

int orl_box_touch(struct orl_box *box, const struct oriel_touch *touch)
{
	struct orl_box_message m = { .id = ORL_BOX_TOUCH };
	m.u.touch = (struct orl_box_touch){ .display = touch->display,
		.contact = touch->contact,
		.phase = (int64_t)touch->phase,
		.x = touch->x,
		.y = touch->y,
		.time = time_of(touch->time) };
	return send_input(box, &m);
}

int orl_box_characters(struct orl_box *box, const char *text)
{
	struct orl_box_message m = { .id = ORL_BOX_CHARACTERS };
	if (strlen(text) >= sizeof(m.u.characters.text))
		return ORIEL_EINVAL;
	ORL_BOX_TEXT(m.u.characters.text, text);
	return send_input(box, &m);
}

void orl_box_set_locks(struct orl_box *box, uint32_t locks)
{
	struct orl_box_message m = { .id = ORL_BOX_LOCKS_HERE };
	m.u.locks_here.locks = locks;
	(void)orl_box_order(box, &m);
}

void orl_box_release_all(struct orl_box *box)
{
	struct orl_box_message m = { .id = ORL_BOX_RELEASE_ALL };
	(void)orl_box_order(box, &m);
}

void orl_box_take(struct orl_box *box, bool take)
{
	struct orl_box_message m = { .id = ORL_BOX_TAKE };
	m.u.take.take = take;
	(void)orl_box_order(box, &m);
}

/* ---- displays ---------------------------------------------------------- */

int orl_remote_resize(struct orl_remote *remote, int32_t width, int32_t height)
{
	struct orl_box_message m = { .id = ORL_BOX_RESIZE };
	if (remote->stale || !atomic_load(&remote->box->ready))
		return ORIEL_ESTATE;
	m.u.resize.slot = remote->slot;
	m.u.resize.width = width;
	m.u.resize.height = height;
	return orl_box_order(remote->box, &m);
}

void orl_remote_shown(struct orl_remote *remote, uint64_t time)
{
	struct orl_box_message m = { .id = ORL_BOX_SHOWN };
	m.u.shown.slot = remote->slot;
	m.u.shown.time = time_of(time);
	if (!remote->stale)
		(void)orl_box_order(remote->box, &m);
}

void orl_remote_tell_visible(struct orl_remote *remote)
{
	struct orl_box_message m = { .id = ORL_BOX_VISIBLE };
	bool hidden;
	/* Another thread may say another thing meanwhile: the last holds. */
	do {
		hidden = remote->hidden;
		m.u.visible.slot = remote->slot;
		m.u.visible.visible = !hidden;
		(void)orl_box_order(remote->box, &m);
	} while (hidden != remote->hidden);
}

void orl_remote_set_visible(struct orl_remote *remote, bool visible)
{
	remote->hidden = !visible;
	if (!remote->stale)
		orl_remote_tell_visible(remote);
}

/* ---- pictures ---------------------------------------------------------- */

void orl_remote_acquire(struct orl_remote *remote, struct oriel_pixels *out)
{
	pthread_mutex_lock(&remote->lock);
	const struct orl_sheet *s = &remote->sheet;
	*out = (struct oriel_pixels){ s->pixels, s->width, s->height,
		s->width * 4, ORIEL_FORMAT_XRGB8888 };
	if (s->head)
		orl_sheet_read(&remote->sheet);
}

bool orl_remote_release(struct orl_remote *remote)
{
	bool whole = !remote->sheet.head || orl_sheet_read_end(&remote->sheet);
	pthread_mutex_unlock(&remote->lock);
	return whole;
}

/*
 * duct.c - see duct.h. Messages are a head and bytes, one after the other; who
 * runs takes all that has come, and works on it without the lock.
 */
#include "clip/duct.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <oriel/oriel.h>

enum kind {
	FETCH,  /* id, value: selection, bytes: type */
	BEGIN,  /* id, value: kind, bytes: total */
	DATA,   /* id, bytes */
	FINISH, /* id */
	FAIL,   /* id, value: error, bytes: why */
	USED,   /* id, value: bytes */
	NOTE,   /* id: kind, value, bytes: text */
};

struct head {
	uint32_t kind, id;
	int32_t value;
	uint32_t n;
};

struct queue {
	uint8_t *p;
	size_t n, room;
};

struct offer {
	bool news;
	uint32_t serial; /* of its maker's */
	uint32_t seen;   /* the newest of the other end that he knew of */
	size_t count;
	char types[ORL_DUCT_TYPES][ORL_DUCT_TEXT];
};

/* A paste that goes through, at one end of the duct. */
struct through {
	struct orl_duct_end *end;
	uint32_t id; /* 0: free */
	bool out;    /* its bytes leave here */
	bool waiting;
	size_t on_way; /* bytes that the other end has not used */
	struct orl_paste *paste;
};

struct orl_duct_end {
	struct orl_duct *duct;
	unsigned which;
	const struct orl_duct_calls *calls;
	void *user;
	uint32_t last; /* id that was given */
	uint32_t made[ORL_DUCT_SELECTIONS], seen[ORL_DUCT_SELECTIONS];
	struct through pastes[ORL_DUCT_PASTES];
};

struct orl_duct {
	pthread_mutex_t lock; /* of what follows */
	struct {
		bool open, woken;
		bool full; /* the other one waits for room here */
		struct queue queue;
		struct offer offers[ORL_DUCT_SELECTIONS];
	} side[2]; /* what side[i] has been sent */
	struct orl_duct_end ends[2];
};

/* ---- queues ------------------------------------------------------------ */

static bool grow(struct queue *q, size_t more)
{
	size_t room = q->room ? q->room : 4096;
	uint8_t *p;

	while (room < q->n + more)
		room *= 2;
	if (room == q->room)
		return true;
	/* Not by realloc: what was here may be secret. */
	p = malloc(room);
	if (!p)
		return false;
	if (q->n)
		memcpy(p, q->p, q->n);
	if (q->p)
		explicit_bzero(q->p, q->room);
	free(q->p);
	q->p = p;
	q->room = room;
	return true;
}

/* Call it without the lock. */
static void wake(struct orl_duct *duct, unsigned which)
{
	struct orl_duct_end *end = &duct->ends[which];
	bool call;

	pthread_mutex_lock(&duct->lock);
	call = duct->side[which].open && !duct->side[which].woken;
	duct->side[which].woken = true;
	pthread_mutex_unlock(&duct->lock);
	if (call)
		end->calls->wake(end->user);
}

/* False: there is no room, or no memory. */
static bool send(struct orl_duct_end *end, const struct head *head,
		const void *data, bool always)
{
	struct orl_duct *duct = end->duct;
	unsigned other = !end->which;
	struct queue *q = &duct->side[other].queue;
	bool ok;

	pthread_mutex_lock(&duct->lock);
	ok = duct->side[other].open &&
	     (always || q->n + head->n + sizeof(*head) <= ORL_DUCT_MAX);
	if (!ok && duct->side[other].open)
		duct->side[other].full = true;
	ok = ok && grow(q, sizeof(*head) + head->n);
	if (ok) {
		memcpy(q->p + q->n, head, sizeof(*head));
		if (head->n)
			memcpy(q->p + q->n + sizeof(*head), data, head->n);
		q->n += sizeof(*head) + head->n;
	}
	pthread_mutex_unlock(&duct->lock);
	if (ok)
		wake(duct, other);
	return ok;
}

static bool send_text(struct orl_duct_end *end, enum kind kind, uint32_t id,
		int value, const char *text, bool always)
{
	size_t n = text ? strlen(text) : 0;
	struct head head = { (uint32_t)kind, id, value, 0 };

	head.n = (uint32_t)(n < ORL_DUCT_TEXT ? n : ORL_DUCT_TEXT - 1);
	return send(end, &head, text, always);
}

/* ---- ends of pastes that are the duct ---------------------------------- */

static struct through *through_new(
		struct orl_duct_end *end, uint32_t id, bool out)
{
	for (size_t i = 0; i < ORL_DUCT_PASTES; i++) {
		if (end->pastes[i].id)
			continue;
		end->pastes[i] = (struct through){
			.end = end, .id = id, .out = out
		};
		return &end->pastes[i];
	}
	return NULL;
}

static int begin(void *user, enum orl_paste_total kind, uint64_t total)
{
	struct through *t = user;
	struct head head = { BEGIN, t->id, (int32_t)kind, sizeof(total) };

	return send(t->end, &head, &total, true) ? 0 : ORIEL_ENOMEM;
}

static int64_t write_through(void *user, const void *p, size_t n)
{
	struct through *t = user;
	size_t room = ORL_DUCT_WINDOW - t->on_way, k = n < room ? n : room;
	struct head head = { DATA, t->id, 0, (uint32_t)k };

	if (k && !send(t->end, &head, p, false))
		k = 0;
	t->on_way += k;
	t->waiting = k < n;
	return (int64_t)k;
}

static void finish(void *user)
{
	struct through *t = user;

	send_text(t->end, FINISH, t->id, 0, NULL, true);
	t->id = 0;
}

static void fail(void *user, int error, const char *why)
{
	struct through *t = user;

	send_text(t->end, FAIL, t->id, error, why, true);
	t->id = 0;
}

static void used(void *user, size_t n, bool empty)
{
	struct through *t = user;

	(void)empty;
	if (n)
		send_text(t->end, USED, t->id, (int)n, NULL, true);
}

static const struct orl_paste_ops ops = {
	.begin = begin,
	.write = write_through,
	.finish = finish,
	.used = used,
	.fail = fail,
};

/* ---- messages ---------------------------------------------------------- */

static void on_fetch(struct orl_duct_end *end, const struct head *head,
		const char *type)
{
	struct through *t = through_new(end, head->id, true);

	if (t)
		t->paste = end->calls->wanted(end->user, (unsigned)head->value,
				type, (struct orl_paste_end){ &ops, t });
	if (t && t->paste)
		return;
	if (t)
		t->id = 0;
	send_text(end, FAIL, head->id, ORIEL_ESTATE,
			"it is no longer to be had", true);
}

static void on_paste(struct orl_duct_end *end, const struct head *head,
		const uint8_t *p, struct through *t)
{
	struct orl_paste *paste = t->paste;
	char why[ORL_DUCT_TEXT] = "";
	uint64_t total = 0;

	switch (head->kind) {
	case BEGIN:
		memcpy(&total, p, sizeof(total));
		orl_paste_begun(paste, (enum orl_paste_total)head->value,
				total);
		break;
	case DATA:
		orl_paste_data(paste, p, head->n);
		break;
	case FINISH:
		t->id = 0;
		orl_paste_came(paste);
		break;
	case USED:
		t->on_way -= (size_t)head->value;
		break;
	default:
		memcpy(why, p, head->n);
		t->id = 0;
		orl_paste_ended(paste, t, head->value, why);
		break;
	}
	(void)end;
}

static void on_message(struct orl_duct_end *end, const struct head *head,
		const uint8_t *p)
{
	char text[ORL_DUCT_TEXT] = "";

	if (head->kind == FETCH || head->kind == NOTE)
		memcpy(text, p, head->n);
	if (head->kind == FETCH) {
		on_fetch(end, head, text);
		return;
	}
	if (head->kind == NOTE) {
		end->calls->note(end->user, (int)head->id, head->value, text);
		return;
	}
	for (size_t i = 0; i < ORL_DUCT_PASTES; i++)
		if (end->pastes[i].id == head->id) {
			on_paste(end, head, p, &end->pastes[i]);
			return;
		}
}

static void tell_offers(struct orl_duct_end *end, const struct offer *offers)
{
	for (unsigned s = 0; s < ORL_DUCT_SELECTIONS; s++) {
		const char *types[ORL_DUCT_TYPES];

		if (!offers[s].news)
			continue;
		end->seen[s] = offers[s].serial;
		/* Two crossed: that of end 0 holds, and end 1 will hear. */
		if (!end->which && offers[s].seen != end->made[s])
			continue;
		for (size_t i = 0; i < offers[s].count; i++)
			types[i] = offers[s].types[i];
		end->calls->offered(end->user, s, types, offers[s].count);
	}
}

/* Those that were cut short may go on. */
static void go_on(struct orl_duct_end *end)
{
	for (size_t i = 0; i < ORL_DUCT_PASTES; i++) {
		struct through *t = &end->pastes[i];

		if (!t->id || !t->waiting || t->on_way >= ORL_DUCT_WINDOW)
			continue;
		t->waiting = false;
		orl_paste_ready(t->paste);
	}
}

void orl_duct_run(struct orl_duct_end *end)
{
	struct orl_duct *duct = end->duct;
	struct offer offers[ORL_DUCT_SELECTIONS];
	struct queue q;
	bool full;

	pthread_mutex_lock(&duct->lock);
	duct->side[end->which].woken = false;
	full = duct->side[end->which].full;
	duct->side[end->which].full = false;
	q = duct->side[end->which].queue;
	duct->side[end->which].queue = (struct queue){ NULL, 0, 0 };
	memcpy(offers, duct->side[end->which].offers, sizeof(offers));
	for (unsigned s = 0; s < ORL_DUCT_SELECTIONS; s++)
		duct->side[end->which].offers[s].news = false;
	pthread_mutex_unlock(&duct->lock);
	if (full)
		wake(duct, !end->which);

	tell_offers(end, offers);
	for (size_t at = 0; at < q.n;) {
		struct head head;

		memcpy(&head, q.p + at, sizeof(head));
		at += sizeof(head);
		on_message(end, &head, q.p + at);
		at += head.n;
	}
	go_on(end);
	if (q.p)
		explicit_bzero(q.p, q.room);
	free(q.p);
}

void orl_duct_offer(struct orl_duct_end *end, unsigned selection,
		const char *const *types, size_t count)
{
	struct orl_duct *duct = end->duct;
	struct offer *offer = &duct->side[!end->which].offers[selection];

	pthread_mutex_lock(&duct->lock);
	offer->news = true;
	offer->serial = ++end->made[selection];
	offer->seen = end->seen[selection];
	offer->count = 0;
	for (size_t i = 0; i < count && offer->count < ORL_DUCT_TYPES; i++)
		if (strlen(types[i]) < ORL_DUCT_TEXT)
			snprintf(offer->types[offer->count++], ORL_DUCT_TEXT,
					"%s", types[i]);
	pthread_mutex_unlock(&duct->lock);
	wake(duct, !end->which);
}

struct orl_paste *orl_duct_fetch(struct orl_duct_end *end, unsigned selection,
		const char *type, struct orl_paste_end to)
{
	/* Numbers of one end are even, of the other odd. */
	uint32_t id = (end->last += 2) | end->which;
	struct through *t = through_new(end, id, false);

	if (!t)
		return NULL;
	t->paste = orl_paste_create((struct orl_paste_end){ &ops, t }, to);
	if (t->paste && send_text(end, FETCH, id, (int)selection, type, false))
		return t->paste;
	/* Nobody has heard of it. */
	t->id = 0;
	orl_paste_forget(t->paste);
	return NULL;
}

void orl_duct_note(struct orl_duct_end *end, int kind, int value,
		const char *text, bool always)
{
	send_text(end, NOTE, (uint32_t)kind, value, text, always);
}

/* ---- beginning and end ------------------------------------------------- */

struct orl_duct *orl_duct_create(void)
{
	struct orl_duct *duct = calloc(1, sizeof(*duct));

	if (duct)
		pthread_mutex_init(&duct->lock, NULL);
	return duct;
}

struct orl_duct_end *orl_duct_open(struct orl_duct *duct, unsigned which,
		const struct orl_duct_calls *calls, void *user)
{
	struct orl_duct_end *end = &duct->ends[which];

	pthread_mutex_lock(&duct->lock);
	*end = (struct orl_duct_end){
		.duct = duct, .which = which, .calls = calls, .user = user
	};
	duct->side[which].open = true;
	duct->side[which].woken = false;
	pthread_mutex_unlock(&duct->lock);
	return end;
}

void orl_duct_close(struct orl_duct_end *end)
{
	struct orl_duct *duct;

	if (!end)
		return;
	duct = end->duct;
	for (size_t i = 0; i < ORL_DUCT_PASTES; i++) {
		struct through *t = &end->pastes[i];

		if (t->id)
			orl_paste_cancel(t->paste, ORIEL_ECLOSED, "");
	}
	pthread_mutex_lock(&duct->lock);
	duct->side[end->which].open = false;
	duct->side[end->which].queue.n = 0;
	pthread_mutex_unlock(&duct->lock);
}

void orl_duct_destroy(struct orl_duct *duct)
{
	if (!duct)
		return;
	for (unsigned i = 0; i < 2; i++) {
		struct queue *q = &duct->side[i].queue;

		if (q->p)
			explicit_bzero(q->p, q->room);
		free(q->p);
	}
	pthread_mutex_destroy(&duct->lock);
	free(duct);
}

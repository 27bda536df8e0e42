/*
 * decode.c - decoding beside the loop, for hosts that want threads for it.
 *
 * One message of pictures is worked on at a time, and all of that channel that
 * come after it wait: so canvas and layers see them in the order of the
 * stream, and nobody else touches either while a worker does. Input, sound and
 * what else there is go on meanwhile. What waits is bounded: a peer that sends
 * more than is decoded in time is decoded in the loop, which reads no more
 * until that is done.
 */
#include "client/client.h"

#include <string.h>

enum { HELD_MAX = 4 << 20 }; /* bytes */

struct orl_task {
	struct orl_job job;
	struct orl_node node;
	struct oriel_client *client;
	struct orl_decoding d;
	uint16_t id;
	int err;
	bool worked;    /* with the lock: the worker is done with it */
	bool completed; /* what it came to is known, or of no interest */
	uint8_t bytes[];
};

/* A message that waits. */
struct held {
	struct orl_node node;
	uint64_t came;
	uint16_t id;
	size_t n;
	uint8_t data[];
};

int orl_decode_init(struct oriel_client *c, unsigned workers)
{
	struct orl_decode *q = &c->decode;

	orl_list_init(&q->held);
	orl_list_init(&q->tasks);
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->worked, NULL);
	q->ready = true;
	return workers ? orl_pool_create(&q->pool, c->loop, workers) : 0;
}

void orl_decode_fini(struct oriel_client *c)
{
	struct orl_decode *q = &c->decode;

	if (!q->ready)
		return;
	orl_decode_drop(c);
	orl_pool_destroy(q->pool);
	ORL_EACH_SAFE (node, after, &q->tasks)
		orl_free(&c->env, orl_container(node, struct orl_task, node));
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->worked);
}

/* ---- working ----------------------------------------------------------- */

static int do_now(struct oriel_client *c, struct orl_decoding *d)
{
	const uint64_t started = orl_now(&c->env);
	int err = d->work(d);

	d->took = orl_now(&c->env) - started;
	return err;
}

static int account(struct oriel_client *c, struct orl_decoding *d, int err)
{
	d->screen->decode_time += d->took;
	c->stats.codec_time += d->took;
	return d->finish ? d->finish(d, err) : err;
}

static void work(struct orl_job *job)
{
	struct orl_task *t = orl_container(job, struct orl_task, job);
	struct orl_decode *q = &t->client->decode;

	t->err = do_now(t->client, &t->d);
	pthread_mutex_lock(&q->lock);
	t->worked = true;
	pthread_cond_signal(&q->worked);
	pthread_mutex_unlock(&q->lock);
}

static void pump(struct oriel_client *c)
{
	struct orl_decode *q = &c->decode;

	while (!q->running && !orl_list_empty(&q->held)) {
		struct held *h = orl_container(q->held.next, struct held, node);
		orl_list_remove(&h->node);
		q->held_bytes -= h->n;
		q->came = h->came;
		orl_session_dispatch(c, h->id, h->data, h->n);
		q->came = 0;
		orl_free(&c->env, h);
	}
}

static void complete(struct orl_task *t)
{
	struct oriel_client *c = t->client;

	t->completed = true;
	c->decode.running = NULL;
	orl_session_answer(c, t->id, account(c, &t->d, t->err));
}

static void done(struct orl_job *job)
{
	struct orl_task *t = orl_container(job, struct orl_task, job);
	struct oriel_client *c = t->client;

	if (!t->completed) {
		complete(t);
		pump(c);
	}
	orl_list_remove(&t->node);
	orl_free(&c->env, t);
}

static void wait_for(struct orl_task *t)
{
	struct orl_decode *q = &t->client->decode;

	pthread_mutex_lock(&q->lock);
	while (!t->worked)
		pthread_cond_wait(&q->worked, &q->lock);
	pthread_mutex_unlock(&q->lock);
}

int orl_decode_go(struct oriel_client *c, const struct orl_decoding *what)
{
	struct orl_decode *q = &c->decode;
	struct orl_decoding d = *what;

	if (!q->pool || q->settling)
		return account(c, &d, do_now(c, &d));
	struct orl_task *t = orl_alloc(&c->env, 1, sizeof(*t) + d.n);
	if (!t)
		return account(c, &d, do_now(c, &d));
	memcpy(t->bytes, d.bytes, d.n);
	t->client = c;
	t->d = d;
	t->d.bytes = t->bytes;
	t->id = q->id;
	t->job = (struct orl_job){ .work = work, .done = done };
	orl_list_append(&q->tasks, &t->node);
	q->running = t;
	orl_pool_submit(q->pool, &t->job);
	return 0;
}

/* ---- waiting ----------------------------------------------------------- */

/* All that is held, before anything else. */
static void settle(struct oriel_client *c)
{
	struct orl_decode *q = &c->decode;

	q->settling = true;
	if (q->running) {
		wait_for(q->running);
		complete(q->running);
	}
	pump(c);
	q->settling = false;
}

bool orl_decode_holds(struct oriel_client *c, uint16_t id, const uint8_t *data,
		size_t n)
{
	struct orl_decode *q = &c->decode;

	q->id = id;
	if (!q->running || id >> 8 != ORL_CHANNEL_DISPLAY)
		return false;
	struct held *h = q->held_bytes + n <= HELD_MAX
					 ? orl_alloc(&c->env, 1, sizeof(*h) + n)
					 : NULL;
	if (!h) {
		settle(c);
		q->id = id;
		return false;
	}
	h->came = orl_now(&c->env);
	h->id = id;
	h->n = n;
	memcpy(h->data, data, n);
	orl_list_append(&q->held, &h->node);
	q->held_bytes += n;
	return true;
}

uint64_t orl_decode_came(const struct oriel_client *c)
{
	return c->decode.came ? c->decode.came : orl_now(&c->env);
}

void orl_decode_drop(struct oriel_client *c)
{
	struct orl_decode *q = &c->decode;

	if (!q->ready)
		return;
	if (q->running) {
		wait_for(q->running);
		q->running->completed = true;
		/* What it has taken goes; its screen may be gone next. */
		(void)!account(c, &q->running->d, 0);
		q->running = NULL;
	}
	ORL_EACH_SAFE (node, after, &q->held) {
		orl_list_remove(node);
		orl_free(&c->env, orl_container(node, struct held, node));
	}
	q->held_bytes = 0;
}

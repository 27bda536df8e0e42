/*
 * clipboard_ends.h - the two ends of a clipboard over two links, and hosts that
 * do what a test says and keep what they are told. For test_clipboard*.c.
 */
#ifndef ORL_TEST_CLIPBOARD_ENDS_H
#define ORL_TEST_CLIPBOARD_ENDS_H

#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/io/host.h"
#include "redirect/clipboard.h"

#define TEXT "text/plain;charset=utf-8"

static const uint64_t S = 1000000000;

/* One end and its host. */
struct side {
	struct orl_env env;
	struct oriel_hooks hooks;
	long live, fail_at;
	struct orl_link *link;
	struct orl_clip clip;
	int broken; /* the link is to end */

	/* What the host does. */
	const char *content; /* given to who wants it */
	size_t content_n, given;
	enum oriel_total kind;
	bool hold; /* uses nothing up */
	int refuse_with;
	uint64_t limit;

	/* What it was told. */
	unsigned offers, begun, ready, ended, refused;
	char types[200];
	int error;
	char why[300];
	size_t got;
	uint32_t sum;
	struct oriel_transfer *wanted;
};

static void *on_alloc(void *user, size_t n)
{
	struct side *s = user;
	if (s->fail_at && --s->fail_at == 0)
		return NULL;
	s->live++;
	return malloc(n);
}

static void *on_resize(void *user, void *ptr, size_t n)
{
	struct side *s = user;
	if (s->fail_at && --s->fail_at == 0)
		return NULL;
	s->live += !ptr;
	return realloc(ptr, n);
}

static void on_release(void *user, void *ptr)
{
	struct side *s = user;
	s->live -= ptr != NULL;
	free(ptr);
}

static void on_offered(void *user, enum oriel_selection selection,
		const char *const *types, size_t count)
{
	struct side *s = user;
	size_t n = 0;
	s->offers++;
	s->types[0] = 0;
	for (size_t i = 0; i < count; i++)
		n += (size_t)snprintf(s->types + n, sizeof(s->types) - n, "%s|",
				types[i]);
	assert_true((unsigned)selection < ORIEL_SELECTIONS);
}

static void on_refused(void *user, int error, const char *why)
{
	struct side *s = user;
	s->refused++;
	s->error = error;
	snprintf(s->why, sizeof(s->why), "%s", why);
}

static void give(struct side *s, struct oriel_transfer *t)
{
	while (s->given < s->content_n) {
		int64_t n = oriel_transfer_write(t, s->content + s->given,
				s->content_n - s->given);
		if (n < 0) {
			oriel_transfer_refuse(t, (int)n, "failed");
			s->wanted = NULL;
			return;
		}
		s->given += (size_t)n;
		if (!n)
			return;
	}
	s->wanted = NULL;
	oriel_transfer_finish(t);
}

static void on_wanted(void *user, struct oriel_transfer *t)
{
	struct side *s = user;
	if (s->refuse_with || !s->content) {
		oriel_transfer_refuse(t, s->refuse_with, "no, danke: \xc3\xbc");
		return;
	}
	s->wanted = t;
	s->given = 0;
	oriel_transfer_set_limit(t, s->limit);
	int err = oriel_transfer_begin(t, s->kind, s->content_n);
	if (err) {
		s->wanted = NULL;
		oriel_transfer_refuse(t, err, "too much");
		return;
	}
	give(s, t);
}

static void on_begun(void *user, struct oriel_transfer *t)
{
	struct side *s = user;
	s->begun++;
	assert_non_null(oriel_transfer_type(t));
}

static void on_data(void *user, struct oriel_transfer *t, const void *data,
		size_t n)
{
	struct side *s = user;
	for (size_t i = 0; i < n; i++)
		s->sum = s->sum * 31 + ((const uint8_t *)data)[i];
	s->got += n;
	if (!s->hold)
		oriel_transfer_used(t, n);
}

static void on_ready(void *user, struct oriel_transfer *t)
{
	struct side *s = user;
	s->ready++;
	give(s, t);
}

static void on_ended(void *user, struct oriel_transfer *t, int error,
		const char *why)
{
	struct side *s = user;
	s->ended++;
	s->error = error;
	snprintf(s->why, sizeof(s->why), "%s", why);
	if (s->wanted == t)
		s->wanted = NULL;
	/* What has ended can be ended without harm. */
	oriel_transfer_cancel(t);
	oriel_transfer_refuse(t, ORIEL_EIO, NULL);
	oriel_transfer_finish(t);
	oriel_transfer_used(t, 1);
}

static void on_sent(void *user, int error)
{
	struct side *s = user;
	if (error && !s->broken)
		s->broken = error;
}

static const struct orl_clip_calls calls = {
	.offered = on_offered,
	.refused = on_refused,
	.wanted = on_wanted,
	.begun = on_begun,
	.data = on_data,
	.ready = on_ready,
	.ended = on_ended,
	.sent = on_sent,
};

static int on_message(void *user, uint16_t id, const uint8_t *data, size_t n)
{
	struct side *s = user;
	return orl_clip_message(&s->clip, id, data, n);
}

static const struct orl_link_calls link_calls = { on_message };

static void begin(struct side *s, enum orl_role role)
{
	memset(s, 0, sizeof(*s));
	s->hooks = (struct oriel_hooks){ .size = sizeof(s->hooks),
		.user = s,
		.alloc = on_alloc,
		.resize = on_resize,
		.release = on_release };
	assert_int_equal(orl_host_env(&s->env, &s->hooks), 0);
	assert_int_equal(orl_link_create(&s->link, &s->env, role, &link_calls,
					 s, S),
			0);
	orl_link_open(s->link);
	orl_clip_init(&s->clip, &s->env, role, &calls, s);
	orl_clip_begin(&s->clip, s->link);
	orl_clip_allow(&s->clip, true, true);
}

static void end(struct side *s)
{
	orl_clip_end(&s->clip, ORIEL_ECLOSED);
	orl_clip_fini(&s->clip);
	orl_link_destroy(s->link);
	assert_int_equal(s->live, 0);
}

static struct side client, server;

static void begin_both(void)
{
	begin(&client, ORL_CLIENT);
	begin(&server, ORL_SERVER);
}

static void end_both(void)
{
	end(&client);
	end(&server);
}

/* One way, a chunk at a time, until nothing is left or it ends. */
static int pass(struct side *from, struct side *to)
{
	uint8_t b[1 << 15];
	size_t n;
	int err = 0;
	while (!err && (n = orl_link_drain(from->link, b, sizeof(b), 16384,
					ORL_CHANNELS_ALL, S)))
		err = orl_link_feed(to->link, b, n, S);
	return err;
}

static int settle(void)
{
	int err = 0;
	for (int i = 0; i < 2000 && !err; i++) {
		err = pass(&client, &server);
		if (!err)
			err = pass(&server, &client);
		if (!orl_link_ready(client.link, ORL_CHANNELS_ALL) &&
				!orl_link_ready(server.link, ORL_CHANNELS_ALL))
			break;
	}
	return err ? err : client.broken ? client.broken : server.broken;
}

static void put_up(struct side *s, const char *types)
{
	assert_int_equal(orl_clip_put_up(&s->clip, ORIEL_SELECTION_CLIPBOARD,
					 types),
			0);
}

static struct oriel_transfer *ask(struct side *s, const char *type)
{
	struct oriel_transfer *t = NULL;
	assert_int_equal(orl_clip_request(&t, &s->clip,
					 ORIEL_SELECTION_CLIPBOARD, type),
			0);
	return t;
}

#endif

/*
 * test_clipboard.c - streams, and the clipboard of two ends over two links:
 * offers that cross, pastes of every kind, rights that go, memory that runs
 * out, and an end that breaks the rules.
 */
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

/* ---- offers ------------------------------------------------------------ */

static void the_newest_offer_holds(void **state)
{
	struct oriel_transfer *t;
	(void)state;
	begin_both();
	put_up(&server, TEXT " image/png");
	assert_int_equal(settle(), 0);
	assert_string_equal(client.types, TEXT "|image/png|");
	put_up(&client, "text/html");
	/* At once: what was there is no longer. */
	assert_int_equal(orl_clip_request(&t, &client.clip, 0, TEXT),
			ORIEL_ESTATE);
	assert_int_equal(settle(), 0);
	assert_string_equal(server.types, "text/html|");
	assert_int_equal(orl_clip_request(&t, &server.clip, 0, TEXT),
			ORIEL_ENOTSUP);
	assert_int_equal(orl_clip_request(&t, &server.clip, 1, TEXT),
			ORIEL_ESTATE);
	assert_int_equal(orl_clip_request(&t, &server.clip, 0, ""),
			ORIEL_EINVAL);
	put_up(&client, "");
	assert_int_equal(settle(), 0);
	assert_string_equal(server.types, "");
	end_both();
}

static void offers_that_cross_end_the_same_way(void **state)
{
	struct oriel_transfer *t;
	(void)state;
	begin_both();
	put_up(&server, "image/png");
	put_up(&client, "text/html");
	assert_int_equal(settle(), 0);
	/* The server's, at both ends. */
	assert_string_equal(client.types, "image/png|");
	assert_int_equal(server.offers, 0);
	assert_int_equal(orl_clip_request(&t, &server.clip, 0, "text/html"),
			ORIEL_ESTATE);
	server.content = "x";
	server.content_n = 1;
	ask(&client, "image/png");
	assert_int_equal(settle(), 0);
	assert_int_equal(client.error, 0);
	assert_int_equal(client.got, 1);
	end_both();
}

static void a_thousand_offers_are_a_few(void **state)
{
	char types[64];
	struct orl_link_stats stats;
	(void)state;
	begin_both();
	for (int i = 0; i < 1000; i++) {
		snprintf(types, sizeof(types), "x/%d", i);
		put_up(&client, types);
	}
	assert_int_equal(settle(), 0);
	assert_string_equal(server.types, "x/999|");
	orl_link_stats(client.link, &stats);
	assert_int_equal(stats.messages_out, 2);
	end_both();
}

static void types_are_checked(void **state)
{
	char out[ORL_CLIP_TYPES_TEXT + 1], name[ORIEL_TYPE_MAX + 2];
	const char *many[ORIEL_TYPES_MAX + 1];
	const char *bad[] = { "a b", "", "gr\xc3\xbc", name };
	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	for (size_t i = 0; i < ORL_COUNT(bad); i++)
		assert_int_equal(orl_clip_types_join(out, &bad[i], 1),
				ORIEL_EINVAL);
	name[ORIEL_TYPE_MAX] = 0;
	for (size_t i = 0; i < ORL_COUNT(many); i++)
		many[i] = "a/b";
	assert_int_equal(orl_clip_types_join(out, many, ORIEL_TYPES_MAX), 0);
	assert_int_equal(orl_clip_types_join(out, many, ORIEL_TYPES_MAX + 1),
			ORIEL_EINVAL);
	for (size_t i = 0; i < ORL_COUNT(many); i++)
		many[i] = name;
	assert_int_equal(orl_clip_types_join(out, many, 16), 0);
	assert_int_equal(orl_clip_types_join(out, many, 17), ORIEL_EINVAL);
}

/* ---- pastes ------------------------------------------------------------ */

static uint32_t sum_of(const char *p, size_t n)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum = sum * 31 + (uint8_t)p[i];
	return sum;
}

static void bytes_arrive_as_they_are(void **state)
{
	static const size_t sizes[] = { 0, 1, 16384, 16385, 262144, 262145,
		3000000 };
	char *big = malloc(3000000);
	(void)state;
	for (size_t i = 0; i < 3000000; i++)
		big[i] = (char)(i * 7 + i / 251);
	for (size_t i = 0; i < ORL_COUNT(sizes) * 3; i++) {
		size_t n = sizes[i / 3];
		begin_both();
		client.content = big;
		client.content_n = n;
		client.kind = (enum oriel_total)(i % 3);
		put_up(&client, "image/png");
		assert_int_equal(settle(), 0);
		ask(&server, "image/png");
		assert_int_equal(settle(), 0);
		assert_int_equal(server.begun, 1);
		assert_int_equal(server.ended, 1);
		assert_int_equal(server.error, 0);
		assert_int_equal(server.got, n);
		assert_int_equal(server.sum, sum_of(big, n));
		end_both();
	}
	free(big);
}

static void who_does_not_read_holds_its_window(void **state)
{
	char *big = calloc(1, 1 << 20);
	(void)state;
	begin_both();
	server.content = big;
	server.content_n = 1 << 20;
	client.hold = true;
	put_up(&server, "image/png " TEXT);
	assert_int_equal(settle(), 0);
	struct oriel_transfer *t = ask(&client, "image/png");
	assert_int_equal(settle(), 0);
	assert_int_equal(client.got, ORL_STREAM_WINDOW);
	assert_int_equal(orl_link_queued(server.link, ORL_CHANNELS_ALL), 0);
	/* Others pass meanwhile. */
	put_up(&server, TEXT);
	assert_int_equal(settle(), 0);
	assert_string_equal(client.types, TEXT "|");
	client.hold = false;
	oriel_transfer_used(t, client.got);
	assert_int_equal(settle(), 0);
	assert_int_equal(client.got, 1 << 20);
	assert_int_equal(client.error, 0);
	end_both();
	free(big);
}

static void either_end_may_stop_half_way(void **state)
{
	char *big = calloc(1, 1 << 20);
	(void)state;
	for (int who = 0; who < 2; who++) {
		begin_both();
		server.content = big;
		server.content_n = 1 << 20;
		client.hold = true;
		put_up(&server, "image/png");
		assert_int_equal(settle(), 0);
		struct oriel_transfer *t = ask(&client, "image/png");
		assert_int_equal(settle(), 0);
		if (who)
			oriel_transfer_cancel(t);
		else
			oriel_transfer_refuse(
					server.wanted, ORIEL_ETIMEOUT, "slow");
		assert_int_equal(settle(), 0);
		assert_int_equal(server.ended, who);
		assert_int_equal(client.ended, !who);
		if (!who) {
			assert_int_equal(client.error, ORIEL_ETIMEOUT);
			assert_string_equal(client.why, "slow");
		}
		/* And the next paste is as any. */
		client.hold = false;
		client.got = 0;
		ask(&client, "image/png");
		assert_int_equal(settle(), 0);
		assert_int_equal(client.got, 1 << 20);
		end_both();
	}
	free(big);
}

static void refusals_say_why(void **state)
{
	static const int codes[] = { ORIEL_ESTATE, ORIEL_EDENIED, ORIEL_ELIMIT,
		ORIEL_ENOTSUP, ORIEL_EIO, ORIEL_ETIMEOUT };
	(void)state;
	begin_both();
	put_up(&client, TEXT);
	assert_int_equal(settle(), 0);
	for (size_t i = 0; i < ORL_COUNT(codes); i++) {
		client.refuse_with = codes[i];
		ask(&server, TEXT);
		assert_int_equal(settle(), 0);
		assert_int_equal(server.error, codes[i]);
		assert_string_equal(server.why, "no, danke: \xc3\xbc");
	}
	orl_clip_refuse(&server.clip, ORIEL_EDENIED, "only text");
	assert_int_equal(settle(), 0);
	assert_int_equal(client.refused, 1);
	assert_string_equal(client.why, "only text");
	end_both();
}

static void limits_hold_at_both_ends(void **state)
{
	char big[5000] = { 0 };
	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		begin_both();
		client.content = big;
		client.content_n = sizeof(big);
		client.kind = (enum oriel_total)kind;
		put_up(&client, TEXT);
		assert_int_equal(settle(), 0);
		oriel_transfer_set_limit(ask(&server, TEXT), 4999);
		assert_int_equal(settle(), 0);
		assert_int_equal(server.error, ORIEL_ELIMIT);
		oriel_transfer_set_limit(ask(&server, TEXT), 5000);
		assert_int_equal(settle(), 0);
		assert_int_equal(server.error, 0);
		client.limit = 4999;
		ask(&server, TEXT);
		assert_int_equal(settle(), 0);
		assert_int_equal(server.error, ORIEL_ELIMIT);
		end_both();
	}
}

static void four_at_a_time(void **state)
{
	struct oriel_transfer *t;
	char *big = calloc(1, 1 << 20);
	(void)state;
	begin_both();
	server.content = big;
	server.content_n = 1 << 20;
	client.hold = true;
	put_up(&server, TEXT);
	assert_int_equal(settle(), 0);
	for (int i = 0; i < ORL_CLIP_TRANSFERS; i++)
		ask(&client, TEXT);
	assert_int_equal(orl_clip_request(&t, &client.clip, 0, TEXT),
			ORIEL_ELIMIT);
	assert_int_equal(settle(), 0);
	/* Memory of all of them: the windows, while nobody reads. */
	assert_true(client.got <= ORL_CLIP_TRANSFERS * ORL_STREAM_WINDOW);
	end_both();
	free(big);
}

/* ---- rights and ends --------------------------------------------------- */

static void rights_that_go_end_what_they_allowed(void **state)
{
	char *big = calloc(1, 1 << 20);
	struct oriel_transfer *t;
	(void)state;
	begin_both();
	server.content = client.content = big;
	server.content_n = client.content_n = 1 << 20;
	server.hold = client.hold = true;
	put_up(&server, TEXT);
	assert_int_equal(settle(), 0);
	ask(&client, TEXT);
	assert_int_equal(settle(), 0);
	orl_clip_allow(&server.clip, true, false);
	assert_int_equal(server.ended, 1);
	assert_int_equal(settle(), 0);
	assert_int_equal(client.error, ORIEL_EDENIED);
	assert_string_equal(client.types, "");
	/* What is offered now is not told. */
	put_up(&server, "image/png");
	assert_int_equal(settle(), 0);
	assert_string_equal(client.types, "");

	put_up(&client, TEXT);
	assert_int_equal(settle(), 0);
	ask(&server, TEXT);
	assert_int_equal(settle(), 0);
	orl_clip_allow(&server.clip, false, false);
	assert_string_equal(server.types, "");
	assert_int_equal(orl_clip_request(&t, &server.clip, 0, TEXT),
			ORIEL_ESTATE);
	assert_int_equal(settle(), 0);
	assert_int_equal(client.ended, 2);
	assert_int_equal(client.error, ORIEL_ECLOSED);
	/* And who does not know is told. */
	put_up(&client, "text/html");
	assert_int_equal(settle(), 0);
	assert_int_equal(client.refused, 1);
	assert_int_equal(client.error, ORIEL_EDENIED);
	end_both();
	free(big);
}

static void a_link_that_ends_ends_all(void **state)
{
	char *big = calloc(1, 1 << 20);
	(void)state;
	begin_both();
	server.content = big;
	server.content_n = 1 << 20;
	client.hold = true;
	put_up(&server, TEXT);
	assert_int_equal(settle(), 0);
	struct oriel_transfer *t = ask(&client, TEXT);
	ask(&client, TEXT);
	assert_int_equal(settle(), 0);
	oriel_transfer_set_data(t, &client);
	assert_ptr_equal(oriel_transfer_data(t), &client);
	orl_clip_end(&client.clip, ORIEL_ECLOSED);
	assert_int_equal(client.ended, 2);
	assert_int_equal(client.error, ORIEL_ECLOSED);
	assert_string_equal(client.types, "");
	assert_int_equal(orl_clip_request(&t, &client.clip, 0, TEXT),
			ORIEL_ESTATE);
	put_up(&client, TEXT);
	/* Over another link all of it begins afresh. */
	end(&server);
	begin(&server, ORL_SERVER);
	orl_link_destroy(client.link);
	assert_int_equal(orl_link_create(&client.link, &client.env, ORL_CLIENT,
					 &link_calls, &client, S),
			0);
	orl_link_open(client.link);
	orl_clip_begin(&client.clip, client.link);
	orl_clip_allow(&client.clip, true, true);
	put_up(&client, TEXT);
	assert_int_equal(settle(), 0);
	assert_string_equal(server.types, TEXT "|");
	end_both();
	free(big);
}

static void memory_runs_out_anywhere(void **state)
{
	static char content[40000];
	unsigned done = 0, failed = 0;
	(void)state;
	for (int who = 0; who < 2; who++)
		for (long at = 1; at < 60; at++) {
			struct oriel_transfer *t;
			begin_both();
			client.content = content;
			client.content_n = sizeof(content);
			*(who ? &client.fail_at : &server.fail_at) = at;
			put_up(&client, TEXT);
			int err = settle();
			if (!err)
				err = orl_clip_request(
						&t, &server.clip, 0, TEXT);
			if (!err)
				err = settle();
			if (!err && server.ended && !server.error) {
				assert_int_equal(server.got, sizeof(content));
				done++;
			} else {
				failed++;
			}
			end_both();
		}
	assert_true(done > 0 && failed > 0);
}

/* ---- an end that breaks the rules --------------------------------------- */

/* A message of the other end's, as bytes behind its id. */
static int say(struct side *s, uint16_t id, const char *bytes, size_t n)
{
	return orl_clip_message(&s->clip, id, bytes, n);
}
#define SAY(s, name, bytes) say(s, ORL_MSG_##name, bytes, sizeof(bytes) - 1)

static void offers_out_of_order_are_errors(void **state)
{
	(void)state;
	begin_both();
	/* Nothing was made yet: it can only be 1. */
	assert_int_equal(SAY(&server, clip_offer, "\0\2\0\0\0\0\0"),
			ORIEL_EPROTO);
	assert_int_equal(SAY(&server, clip_offer, "\0\1\0\0\0\3\0a/b"), 0);
	assert_int_equal(SAY(&server, clip_offer, "\0\1\0\0\0\3\0a/b"),
			ORIEL_EPROTO);
	assert_int_equal(SAY(&server, clip_offer, "\0\xff\xff\xff\xff\0\0"),
			ORIEL_EPROTO);
	assert_int_equal(SAY(&server, clip_offer, "\0\2\0\0\0\4\0a/b "),
			ORIEL_EPROTO);
	assert_int_equal(SAY(&server, clip_offer, "\0\2\0\0\0\4\0a\nb "),
			ORIEL_EPROTO);
	/* Nothing was offered that could be seen. */
	assert_int_equal(SAY(&server, clip_seen, "\0\1\0\0\0"), ORIEL_EPROTO);
	put_up(&server, TEXT);
	assert_int_equal(SAY(&server, clip_seen, "\0\1\0\0\0"), ORIEL_EPROTO);
	assert_int_equal(SAY(&server, clip_seen, "\0\2\0\0\0"), 0);
	assert_int_equal(SAY(&server, clip_seen, "\0\2\0\0\0"), ORIEL_EPROTO);
	end_both();
}

static void streams_that_are_not_there_are_errors(void **state)
{
	(void)state;
	begin_both();
	put_up(&server, TEXT);
	/* Even, zero, of an offer there never was, of a type that is none. */
	assert_int_equal(SAY(&server, clip_request,
					 "\2\0\0\0\0\1\0\0\0\0\4\0\0\3\0a/b"),
			ORIEL_EPROTO);
	assert_int_equal(SAY(&server, clip_request,
					 "\0\0\0\0\0\1\0\0\0\0\4\0\0\3\0a/b"),
			ORIEL_EPROTO);
	assert_int_equal(SAY(&server, clip_request,
					 "\1\0\0\0\0\2\0\0\0\0\4\0\0\3\0a/b"),
			ORIEL_EPROTO);
	assert_int_equal(SAY(&server, clip_request,
					 "\3\0\0\0\0\1\0\0\0\0\4\0\0\3\0a b"),
			ORIEL_EPROTO);
	/* One that was: refused, for it is no type of the offer. */
	assert_int_equal(SAY(&server, clip_request,
					 "\5\0\0\0\0\1\0\0\0\0\4\0\0\3\0a/b"),
			0);
	assert_int_equal(SAY(&server, clip_request,
					 "\5\0\0\0\0\1\0\0\0\0\4\0\0\3\0a/b"),
			ORIEL_EPROTO);
	/* What was asked for may be cancelled late; no other. */
	assert_int_equal(SAY(&server, CLIP_CANCEL, "\5\0\0\0"), 0);
	assert_int_equal(SAY(&server, clip_more, "\3\0\0\0\1\0\0\0"), 0);
	assert_int_equal(SAY(&server, CLIP_CANCEL, "\7\0\0\0"), ORIEL_EPROTO);
	assert_int_equal(SAY(&server, clip_more, "\7\0\0\0\1\0\0\0"),
			ORIEL_EPROTO);
	assert_int_equal(SAY(&server, clip_data, "\2\0\0\0x"), ORIEL_EPROTO);
	assert_int_equal(SAY(&server, clip_end, "\2\0\0\0"), ORIEL_EPROTO);
	assert_int_equal(SAY(&server, clip_begin, "\2\0\0\0\0\0\0\0\0\0\0\0\0"),
			ORIEL_EPROTO);
	assert_int_equal(SAY(&server, clip_refused, "\2\0\0\0\1\0\0"),
			ORIEL_EPROTO);
	assert_int_equal(say(&server, 0x0577, "", 0), ORIEL_EPROTO);
	end_both();
}

static void a_paste_that_breaks_its_word_is_an_error(void **state)
{
	static const uint8_t pieces[4 + 16384] = { 2 };
	(void)state;
	for (int i = 0; i < 6; i++) {
		begin(&server, ORL_SERVER);
		assert_int_equal(SAY(&server, clip_offer, "\0\1\0\0\0\3\0a/b"),
				0);
		server.hold = true;
		ask(&server, "a/b");
		if (i == 0) /* data before begin */
			assert_int_equal(SAY(&server, clip_data, "\2\0\0\0x"),
					ORIEL_EPROTO);
		if (i == 1)
			assert_int_equal(SAY(&server, clip_end, "\2\0\0\0"),
					ORIEL_EPROTO);
		if (i < 2) {
			end(&server);
			continue;
		}
		assert_int_equal(SAY(&server, clip_begin,
						 "\2\0\0\0\2\2\0\0\0\0\0\0\0"),
				0);
		if (i == 2) /* twice */
			assert_int_equal(SAY(&server, clip_begin,
							 "\2\0\0\0\2\2\0\0\0\0"
							 "\0\0\0"),
					ORIEL_EPROTO);
		if (i == 3) /* more than promised */
			assert_int_equal(SAY(&server, clip_data, "\2\0\0\0xyz"),
					ORIEL_EPROTO);
		if (i == 4) /* less */
			assert_int_equal(SAY(&server, clip_end, "\2\0\0\0"),
					ORIEL_EPROTO);
		if (i == 5) { /* credit that was never used */
			put_up(&server, TEXT);
			assert_int_equal(SAY(&server, clip_more,
							 "\2\0\0\0\1\0\0\0"),
					0);
		}
		end(&server);
	}
	/* More than the window, from one that is not stopped. */
	begin(&server, ORL_SERVER);
	assert_int_equal(SAY(&server, clip_offer, "\0\1\0\0\0\3\0a/b"), 0);
	server.hold = true;
	ask(&server, "a/b");
	assert_int_equal(SAY(&server, clip_begin, "\2\0\0\0\0\0\0\0\0\0\0\0\0"),
			0);
	for (int i = 0; i < ORL_STREAM_WINDOW / 16384; i++)
		assert_int_equal(orl_clip_message(&server.clip,
						 ORL_MSG_clip_data, pieces,
						 sizeof(pieces)),
				0);
	assert_int_equal(SAY(&server, clip_data, "\2\0\0\0x"), ORIEL_EPROTO);
	end(&server);
}

static void hosts_are_told_of_their_mistakes(void **state)
{
	(void)state;
	begin_both();
	client.content = "x";
	client.content_n = 1;
	put_up(&client, TEXT);
	assert_int_equal(settle(), 0);
	struct oriel_transfer *t = ask(&server, TEXT);
	assert_int_equal(oriel_transfer_begin(t, ORIEL_TOTAL_EXACT, 1),
			ORIEL_ESTATE);
	assert_int_equal(oriel_transfer_write(t, "x", 1), ORIEL_ESTATE);
	oriel_transfer_finish(t);
	oriel_transfer_refuse(t, ORIEL_EIO, "");
	assert_int_equal(oriel_transfer_done(t), 0);
	assert_int_equal(oriel_transfer_total(t), 0);
	assert_int_equal(oriel_transfer_selection(t), 0);
	assert_string_equal(oriel_transfer_type(t), TEXT);
	oriel_transfer_used(t, 1000);
	assert_int_equal(settle(), 0);
	assert_int_equal(server.error, 0);
	assert_int_equal(orl_clip_put_up(&client.clip, 2, TEXT), ORIEL_EINVAL);
	end_both();
}

/* ---- streams ----------------------------------------------------------- */

static void numbers_go_up_and_say_whose_they_are(void **state)
{
	struct orl_stream_ids c, s;
	(void)state;
	orl_stream_ids_init(&c, ORL_CLIENT);
	orl_stream_ids_init(&s, ORL_SERVER);
	assert_int_equal(orl_stream_ids_gone(&c, 1), ORIEL_EPROTO);
	assert_int_equal(orl_stream_ids_next(&c), 1);
	assert_int_equal(orl_stream_ids_next(&c), 3);
	assert_int_equal(orl_stream_ids_next(&s), 2);
	assert_int_equal(orl_stream_ids_opened(&s, 3), 0);
	assert_int_equal(orl_stream_ids_opened(&s, 1), ORIEL_EPROTO);
	assert_int_equal(orl_stream_ids_opened(&s, 4), ORIEL_EPROTO);
	assert_int_equal(orl_stream_ids_gone(&s, 1), 0);
	assert_int_equal(orl_stream_ids_gone(&s, 5), ORIEL_EPROTO);
	assert_int_equal(orl_stream_ids_gone(&s, 0), ORIEL_EPROTO);
	c.mine = UINT32_MAX - 2;
	assert_int_equal(orl_stream_ids_next(&c), UINT32_MAX);
	assert_int_equal(orl_stream_ids_next(&c), 0);
}

static void credit_comes_back_by_halves(void **state)
{
	struct orl_stream_in in;
	struct orl_stream_out out;
	bool ready;
	(void)state;
	orl_stream_in_init(&in, 2, 1000, 5000);
	assert_int_equal(orl_stream_came(&in, 1001), ORIEL_EPROTO);
	assert_int_equal(orl_stream_came(&in, 1000), 0);
	assert_int_equal(orl_stream_used(&in, 499), 0);
	assert_int_equal(orl_stream_used(&in, 1), 500);
	assert_int_equal(orl_stream_used(&in, UINT32_MAX), 500);
	assert_int_equal(in.credit, 1000);
	orl_stream_out_init(&out, 2, 1000);
	assert_int_equal(orl_stream_allow(&out, 1, &ready), ORIEL_EPROTO);
	out.credit = 0;
	assert_int_equal(orl_stream_allow(&out, 1000, &ready), 0);
	assert_false(ready);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_offer_holds),
		cmocka_unit_test(offers_that_cross_end_the_same_way),
		cmocka_unit_test(a_thousand_offers_are_a_few),
		cmocka_unit_test(types_are_checked),
		cmocka_unit_test(bytes_arrive_as_they_are),
		cmocka_unit_test(who_does_not_read_holds_its_window),
		cmocka_unit_test(either_end_may_stop_half_way),
		cmocka_unit_test(refusals_say_why),
		cmocka_unit_test(limits_hold_at_both_ends),
		cmocka_unit_test(four_at_a_time),
		cmocka_unit_test(rights_that_go_end_what_they_allowed),
		cmocka_unit_test(a_link_that_ends_ends_all),
		cmocka_unit_test(memory_runs_out_anywhere),
		cmocka_unit_test(offers_out_of_order_are_errors),
		cmocka_unit_test(streams_that_are_not_there_are_errors),
		cmocka_unit_test(a_paste_that_breaks_its_word_is_an_error),
		cmocka_unit_test(hosts_are_told_of_their_mistakes),
		cmocka_unit_test(numbers_go_up_and_say_whose_they_are),
		cmocka_unit_test(credit_comes_back_by_halves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

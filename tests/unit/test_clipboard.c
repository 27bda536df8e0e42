/*
 * test_clipboard.c - the clipboard of two ends over two links: offers that
 * cross, pastes of every kind, rights that go, memory that runs out.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/clipboard_ends.h"

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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

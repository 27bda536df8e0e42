/*
 * test_clipboard_rules.c - streams, and a clipboard whose other end breaks the
 * rules, or whose host does.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/clipboard_ends.h"

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
		cmocka_unit_test(offers_out_of_order_are_errors),
		cmocka_unit_test(streams_that_are_not_there_are_errors),
		cmocka_unit_test(a_paste_that_breaks_its_word_is_an_error),
		cmocka_unit_test(hosts_are_told_of_their_mistakes),
		cmocka_unit_test(numbers_go_up_and_say_whose_they_are),
		cmocka_unit_test(credit_comes_back_by_halves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

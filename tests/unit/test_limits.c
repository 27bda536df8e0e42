/*
 * test_limits.c - every number of limits.h holds: what is exactly as large is
 * taken, what is one larger is not. Most are shown here, at the decoder or
 * the place that keeps them; the others have a test that is named:
 *
 *	ORL_TRANSACTIONS_MAX            field of part and commit, here
 *	ORL_PART_DATA_MAX ..COPIES_MAX  here
 *	ORL_CURSOR_DATA_MAX             here
 *	ORL_RESIZE_PAUSE_MS             test_hostile, sizes_are_asked_for_...
 *	ORL_FINGERS_MAX, ORL_OTHER_KEYS test_session, input_arrives_once_...
 *	ORL_CHUNK_MAX, ORL_CHUNK_HEAD   test_link, bad_chunks_end_the_link
 *	ORL_MESSAGE_MAX_...             test_link, a_message_has_a_limit
 *	ORL_CREDIT_CONTROL              test_link, a_flood_of_pings_ends_it
 *	ORL_SCRAM_...                   test_scram, and here for the client
 *	ORL_LOGIN_SECONDS               tests/e2e/hostile.sh, slow-loris
 *	ORL_UNPROVED_...                test_throttle; hostile.sh, half-open
 *	ORL_LOGIN_DELAY_MAX_S           test_throttle, failures_double_the_wait
 *	ORL_KEEPALIVE.., SILENCE_SECONDS test_link, silence_is_probed_...
 *	ORL_PROBE_SECONDS, LOST_SECONDS tests/e2e/reconnect.sh
 *	ORL_PIECE_MAX                   reserved
 */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include <oriel/oriel-server.h>

#include "codecs/canvas.h"
#include "codecs/cursor.h"
#include "proto/auth.h"
#include "proto/io/host.h"
#include "proto/limits.h"
#include "proto/messages.h"

static uint8_t zeros[1 << 19], bytes[1 << 19];

/* Encode a message, decode it again: the decoder's word. */
#define GOES(name, ...) \
	(__extension__({ \
		struct orl_wr w = { bytes, sizeof(bytes), 0 }; \
		struct orl_##name v = { __VA_ARGS__ }, out; \
		orl_put_##name(&w, &v); \
		assert_true(wr_ok(&w)); \
		orl_get_##name(bytes, w.n, &out) == 0; \
	}))

#define DISPLAY(...) \
	GOES(display, .width = 1, .height = 1, .scale = 100, .slices = 1, \
			__VA_ARGS__)
#define SHAPE(...) GOES(cursor_shape, .width = 1, .height = 1, __VA_ARGS__)
/* What is overridden comes second, which the compiler would point out. */
#pragma GCC diagnostic ignored "-Woverride-init"

static void displays_have_numbers_and_sides(void **state)
{
	(void)state;
	assert_true(DISPLAY(.display = ORL_DISPLAYS_MAX - 1));
	assert_false(DISPLAY(.display = ORL_DISPLAYS_MAX));
	assert_true(DISPLAY(.width = ORL_DISPLAY_SIDE_MAX));
	assert_false(DISPLAY(.width = ORL_DISPLAY_SIDE_MAX + 1));
	assert_true(DISPLAY(.height = ORL_DISPLAY_SIDE_MAX));
	assert_false(DISPLAY(.height = ORL_DISPLAY_SIDE_MAX + 1));
}

static void a_canvas_has_so_many_pixels(void **state)
{
	const int32_t side = ORL_DISPLAY_SIDE_MAX;
	const int32_t rows = ORL_DISPLAY_PIXELS_MAX / ORL_DISPLAY_SIDE_MAX;
	struct orl_canvas c;
	struct orl_env env;

	(void)state;
	assert_int_equal(orl_host_env(&env, NULL), 0);
	assert_int_equal(orl_canvas_init(&c, &env, side, rows, 1), 0);
	orl_canvas_fini(&c);
	assert_int_equal(orl_canvas_init(&c, &env, side, rows + 1, 1),
			ORIEL_EINVAL);
}

static void parts_are_so_long(void **state)
{
	/* Any record that is allowed will do. */
	uint8_t *blocks = calloc(ORL_PART_BLOCKS_MAX + 1, 7);
	uint8_t *copies = calloc(ORL_PART_COPIES_MAX + 1, 12);

	(void)state;
	assert_non_null(blocks);
	assert_non_null(copies);
	assert_true(GOES(part, .transaction = ORL_TRANSACTIONS_MAX - 1));
	assert_false(GOES(part, .transaction = ORL_TRANSACTIONS_MAX));
	assert_true(GOES(commit, .transaction = ORL_TRANSACTIONS_MAX - 1));
	assert_false(GOES(commit, .transaction = ORL_TRANSACTIONS_MAX));
	assert_true(GOES(part, .data = { zeros, ORL_PART_DATA_MAX }));
	assert_false(GOES(part, .data = { zeros, ORL_PART_DATA_MAX + 1 }));
	for (size_t i = 0; i <= ORL_PART_BLOCKS_MAX; i++)
		memcpy(blocks + i * 7, (uint8_t[]){ 0, 0, 0, 0, 1, 1, 1 }, 7);
	for (size_t i = 0; i <= ORL_PART_COPIES_MAX; i++)
		memcpy(copies + i * 12 + 4, (uint8_t[]){ 1, 0, 1, 0 }, 4);
	assert_true(GOES(part, .blocks = { blocks, ORL_PART_BLOCKS_MAX }));
	assert_false(GOES(part, .blocks = { blocks, ORL_PART_BLOCKS_MAX + 1 }));
	assert_true(GOES(part, .copies = { copies, ORL_PART_COPIES_MAX }));
	assert_false(GOES(part, .copies = { copies, ORL_PART_COPIES_MAX + 1 }));
	free(blocks);
	free(copies);
}

static void cursors_are_so_large(void **state)
{
	(void)state;
	assert_true(SHAPE(.slot = ORL_CURSOR_SLOTS - 1));
	assert_false(SHAPE(.slot = ORL_CURSOR_SLOTS));
	assert_true(SHAPE(.width = ORL_CURSOR_SIDE_MAX));
	assert_false(SHAPE(.width = ORL_CURSOR_SIDE_MAX + 1));
	assert_true(SHAPE(.height = ORL_CURSOR_SIDE_MAX));
	assert_false(SHAPE(.height = ORL_CURSOR_SIDE_MAX + 1));
	assert_true(SHAPE(.data = { zeros, ORL_CURSOR_DATA_MAX }));
	assert_false(SHAPE(.data = { zeros, ORL_CURSOR_DATA_MAX + 1 }));
}

static void names_and_blobs_are_so_long(void **state)
{
	(void)state;
	memset(zeros, 'x', ORL_NAME_MAX + 1);
	assert_true(GOES(client_hello, .oldest = 1, .newest = 1,
			.max_pixels = 1, .name = { zeros, ORL_NAME_MAX }));
	assert_false(GOES(client_hello, .oldest = 1, .newest = 1,
			.max_pixels = 1, .name = { zeros, ORL_NAME_MAX + 1 }));
	memset(zeros, 0, ORL_NAME_MAX + 1);
	assert_true(GOES(login, .blob = { zeros, ORL_BLOB_MAX }));
	assert_false(GOES(login, .blob = { zeros, ORL_BLOB_MAX + 1 }));
	assert_true(GOES(challenge, .blob = { zeros, ORL_BLOB_MAX }));
	assert_false(GOES(challenge, .blob = { zeros, ORL_BLOB_MAX + 1 }));
}

/* A verifier that a client would have to refuse is refused by the server. */
static bool verifier_goes(uint32_t iterations, unsigned salt)
{
	struct orl_verifier v = { .iterations = iterations, .salt_n = salt },
			    out;
	char text[400];

	return orl_verifier_format(&v, text, sizeof(text)) > 0 &&
	       orl_verifier_parse(&out, text) == 0;
}

static void keys_are_derived_so_long(void **state)
{
	(void)state;
	assert_true(verifier_goes(ORL_SCRAM_ITERATIONS_MIN, 16));
	assert_false(verifier_goes(ORL_SCRAM_ITERATIONS_MIN - 1, 16));
	assert_true(verifier_goes(ORL_SCRAM_ITERATIONS_MAX, 16));
	assert_false(verifier_goes(ORL_SCRAM_ITERATIONS_MAX + 1, 16));
	assert_true(verifier_goes(
			ORL_SCRAM_ITERATIONS_MIN, ORL_SCRAM_SALT_MIN));
	assert_false(verifier_goes(
			ORL_SCRAM_ITERATIONS_MIN, ORL_SCRAM_SALT_MIN - 1));
	assert_true(verifier_goes(
			ORL_SCRAM_ITERATIONS_MIN, ORL_SCRAM_SALT_MAX));
}

/* What a server shows: 16 displays, and so many pixels of all together. */
static void a_desktop_is_so_large(void **state)
{
	struct oriel_server_config cfg = { .size = sizeof(cfg) };
	struct oriel_display_config d = { .size = sizeof(d),
		.width = ORL_DISPLAY_SIDE_MAX,
		.height = ORL_DISPLAY_PIXELS_MAX / ORL_DISPLAY_SIDE_MAX };
	struct oriel_display *displays[ORL_DISPLAYS_MAX + 1];
	struct oriel_server *server;

	(void)state;
	assert_int_equal(oriel_server_create(&server, &cfg), 0);
	/* Two of the largest are all that there may be. */
	for (int i = 0; i < 2; i++)
		assert_int_equal(oriel_display_create(&displays[i], server, &d),
				0);
	d.width = d.height = 1;
	assert_int_equal(oriel_display_create(&displays[2], server, &d),
			ORIEL_ELIMIT);
	assert_int_equal(oriel_display_resize(displays[1], 0, 0, 1, 1), 0);
	for (int i = 2; i < ORL_DISPLAYS_MAX; i++)
		assert_int_equal(oriel_display_create(&displays[i], server, &d),
				0);
	assert_int_equal(oriel_display_create(&displays[ORL_DISPLAYS_MAX],
					 server, &d),
			ORIEL_ELIMIT);
	/* 14 pixels are elsewhere: there is no room for the largest again. */
	assert_int_equal(oriel_display_resize(displays[1], 0, 0,
					 ORL_DISPLAY_SIDE_MAX,
					 ORL_DISPLAY_PIXELS_MAX /
							 ORL_DISPLAY_SIDE_MAX),
			ORIEL_ELIMIT);
	oriel_server_destroy(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(displays_have_numbers_and_sides),
		cmocka_unit_test(a_canvas_has_so_many_pixels),
		cmocka_unit_test(parts_are_so_long),
		cmocka_unit_test(cursors_are_so_large),
		cmocka_unit_test(names_and_blobs_are_so_long),
		cmocka_unit_test(keys_are_derived_so_long),
		cmocka_unit_test(a_desktop_is_so_large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_cursor.c - cursor pictures there and back, and what is refused. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "codecs/cursor.h"
#include "proto/io/host.h"

static uint32_t seed = 7;

static uint32_t word(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed ^ seed >> 13;
}

static void comes_back_whole(void **state)
{
	static const int32_t sizes[][2] = { { 1, 1 }, { 256, 256 }, { 256, 1 },
		{ 1, 256 }, { 24, 24 }, { 33, 17 } };
	static uint32_t in[256 * 260], out[256 * 256];
	static uint8_t data[ORL_CURSOR_DATA_MAX];
	struct orl_env env;
	(void)state;
	assert_int_equal(orl_host_env(&env, NULL), 0);
	for (size_t i = 0; i < ORL_COUNT(in); i++)
		in[i] = word();
	for (size_t i = 0; i < ORL_COUNT(sizes); i++) {
		const int32_t w = sizes[i][0], h = sizes[i][1];
		const size_t stride = (size_t)w + 4;
		size_t n = 0;
		assert_int_equal(orl_cursor_encode(&env, in, stride, w, h, data,
						 sizeof(data), &n),
				0);
		assert_int_equal(orl_cursor_decode(out, w, h, data, n), 0);
		for (int32_t y = 0; y < h; y++)
			assert_memory_equal(out + y * w,
					in + (size_t)y * stride, (size_t)w * 4);
		/* Neither another size nor a part, nor more than it. */
		assert_int_equal(
				orl_cursor_decode(out, w, h % 256 + 1, data, n),
				ORIEL_EPROTO);
		assert_int_equal(orl_cursor_decode(out, w, h, data, n - 1),
				ORIEL_EPROTO);
		if (n < sizeof(data)) {
			data[n] = 0;
			assert_int_equal(orl_cursor_decode(out, w, h, data,
							 n + 1),
					ORIEL_EPROTO);
		}
	}
}

static void sizes_are_bounded(void **state)
{
	static uint32_t in[256 * 256];
	static uint8_t data[ORL_CURSOR_DATA_MAX + 1];
	struct orl_env env;
	size_t n = 99;
	(void)state;
	assert_int_equal(orl_host_env(&env, NULL), 0);
	for (size_t i = 0; i < ORL_COUNT(in); i++)
		in[i] = word();
	static const int32_t bad[][2] = { { 0, 1 }, { 1, 0 }, { 257, 1 },
		{ 1, 257 }, { -1, 1 }, { 1, INT32_MIN } };
	for (size_t i = 0; i < ORL_COUNT(bad); i++) {
		assert_int_equal(orl_cursor_encode(&env, in, 300, bad[i][0],
						 bad[i][1], data, sizeof(data),
						 &n),
				ORIEL_EINVAL);
		assert_int_equal(orl_cursor_decode(in, bad[i][0], bad[i][1],
						 data, 10),
				ORIEL_EPROTO);
	}
	assert_int_equal(orl_cursor_encode(&env, in, 3, 4, 4, data,
					 sizeof(data), &n),
			ORIEL_EINVAL);
	assert_int_equal(orl_cursor_encode(&env, in, 256, 256, 256, data, 1000,
					 &n),
			ORIEL_ELIMIT);
	assert_int_equal(n, 99);
	assert_int_equal(orl_cursor_decode(in, 256, 256, data, sizeof(data)),
			ORIEL_EPROTO);
	assert_int_equal(orl_cursor_decode(in, 1, 1, data, 0), ORIEL_EPROTO);
}

static void two_frames_and_skipped_ones_are_refused(void **state)
{
	const uint8_t half[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	uint8_t data[200];
	uint32_t out[4];
	(void)state;
	size_t n = ZSTD_compress(data, sizeof(data), half, 8, 1);
	assert_false(ZSTD_isError(n));
	assert_int_equal(orl_cursor_decode(out, 2, 1, data, n), 0);
	assert_int_equal(out[0], 0x04030201);
	const size_t m = ZSTD_compress(data + n, sizeof(data) - n, half, 8, 1);
	assert_int_equal(orl_cursor_decode(out, 2, 2, data, n + m),
			ORIEL_EPROTO);
	memmove(data + 8, data, n);
	memcpy(data, "\x50\x2a\x4d\x18\0\0\0\0", 8);
	assert_int_equal(orl_cursor_decode(out, 2, 1, data, n + 8),
			ORIEL_EPROTO);
}

static void *no_memory(void *user, size_t bytes)
{
	(void)user;
	(void)bytes;
	return NULL;
}

static void out_of_memory_is_said(void **state)
{
	struct orl_env env;
	uint32_t pixel = 5;
	uint8_t data[100];
	size_t n;
	(void)state;
	assert_int_equal(orl_host_env(&env, NULL), 0);
	env.hooks.alloc = no_memory;
	assert_int_equal(orl_cursor_encode(&env, &pixel, 1, 1, 1, data,
					 sizeof(data), &n),
			ORIEL_ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back_whole),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(two_frames_and_skipped_ones_are_refused),
		cmocka_unit_test(out_of_memory_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

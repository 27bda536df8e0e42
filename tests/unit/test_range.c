/* test_range.c - the arithmetic coder: exact, tight, sticky. */
#include "tests/unit/unit.h"

#include <string.h>

#include "codecs/range.h"

enum { N = 5000 };

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

/* Probabilities from one end of the scale to the other. */
static uint32_t odds(uint32_t *seed)
{
	static const uint32_t p[] = { 1, 2, 100, 32768, 65000, 65535 };
	return next(seed) & 1 ? p[next(seed) % ORL_COUNT(p)]
			      : 1 + next(seed) % 65535;
}

static size_t encode(uint8_t *out, size_t cap, uint32_t seed, int n)
{
	struct orl_range r = orl_range_encoder(out, cap);
	for (int i = 0; i < n; i++) {
		uint32_t p = odds(&seed);
		/* Now and then what is least likely: long carries. */
		unsigned bit = next(&seed) % 65536 >= p;
		orl_range_code(&r, false, p, bit);
	}
	return orl_range_finish(&r);
}

static void what_is_coded_comes_back(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed < 400; seed++) {
		uint8_t out[N * 3];
		int n = (int)(seed < 100 ? seed : seed * 11);
		uint32_t s = seed;
		size_t size = encode(out, sizeof(out), seed, n);
		assert_true(size <= sizeof(out));
		struct orl_range r = orl_range_decoder(out, size);
		for (int i = 0; i < n; i++) {
			uint32_t p = odds(&s);
			unsigned bit = next(&s) % 65536 >= p;
			assert_int_equal(orl_range_code(&r, true, p, 0), bit);
		}
		assert_true(orl_range_done(&r));
	}
}

static void nothing_takes_no_bytes(void **state)
{
	(void)state;
	uint8_t out[4];
	struct orl_range r = orl_range_encoder(out, 0);
	assert_int_equal(orl_range_finish(&r), 0);
	r = orl_range_decoder(out, 0);
	assert_true(orl_range_done(&r));
	/* Nor do a few likely decisions. */
	r = orl_range_encoder(out, sizeof(out));
	for (int i = 0; i < 20; i++)
		orl_range_code(&r, false, 65000, 0);
	assert_int_equal(orl_range_finish(&r), 0);
}

static void never_writes_past_its_room(void **state)
{
	(void)state;
	uint8_t full[N], part[N];
	size_t size = encode(full, sizeof(full), 77, 2000);
	assert_true(size > 100 && size < sizeof(full));
	for (size_t cap = 0; cap < size; cap++) {
		memset(part, 0xa5, sizeof(part));
		assert_true(encode(part, cap, 77, 2000) == SIZE_MAX);
		for (size_t i = cap; i < cap + 16; i++)
			assert_int_equal(part[i], 0xa5);
	}
	assert_true(encode(part, size, 77, 2000) == size);
	assert_memory_equal(part, full, size);
}

static void tells_too_short_and_too_long(void **state)
{
	(void)state;
	uint8_t out[N];
	size_t size = encode(out, sizeof(out) - 1, 5, 3000);
	out[size] = 0;
	for (size_t n = size + 1; n > size - 20; n--) {
		uint32_t seed = 5;
		struct orl_range r = orl_range_decoder(out, n);
		for (int i = 0; i < 3000; i++) {
			(void)orl_range_code(&r, true, odds(&seed), 0);
			(void)next(&seed);
		}
		/* A few bytes may go missing unseen, not more, none extra. */
		if (n == size)
			assert_true(orl_range_done(&r));
		if (n + ORL_RANGE_OVER < size)
			assert_false(orl_range_done(&r));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_coded_comes_back),
		cmocka_unit_test(nothing_takes_no_bytes),
		cmocka_unit_test(never_writes_past_its_room),
		cmocka_unit_test(tells_too_short_and_too_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

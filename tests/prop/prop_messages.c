/*
 * prop_messages.c - the encoding is canonical: what decodes encodes to the
 * same bytes, so no message has a second spelling. Random valid messages,
 * their prefixes, their neighbours, and single faults in every field.
 */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/sample.h"

static uint64_t seed;
static uint8_t data[SAMPLE_MAX], again[SAMPLE_MAX];

static bool has_tail(const struct orl_message *m)
{
	return m->fields[m->n_fields - 1].kind == ORL_TAIL;
}

/* Decode a copy of exactly n bytes, so that a sanitizer sees the end. */
static int decode(const struct orl_message *m, size_t n, size_t *again_n)
{
	uint8_t *copy = malloc(n ? n : 1);
	assert_non_null(copy);
	memcpy(copy, data, n);
	int err = sample_again(m->id, copy, n, again, again_n);
	free(copy);
	return err;
}

static void same(const struct orl_message *m, size_t n)
{
	size_t again_n = 0;
	int err = decode(m, n, &again_n);
	if (err)
		fail_msg("%s of %zu bytes: %d", m->name, n, err);
	assert_int_equal(again_n, n);
	assert_memory_equal(again, data, n);
}

/* Refused, or the one spelling of something else. */
static bool refused_or_same(const struct orl_message *m, size_t n)
{
	size_t again_n = 0;
	int err = decode(m, n, &again_n);
	if (err == ORIEL_EPROTO)
		return true;
	assert_int_equal(err, 0);
	assert_int_equal(again_n, n);
	assert_memory_equal(again, data, n);
	return false;
}

static void what_decodes_encodes_to_itself(void **state)
{
	struct rng r = { seed };
	(void)state;
	for (size_t k = 0; k < orl_n_messages; k++) {
		const struct orl_message *m = &orl_messages[k];
		same(m, sample_make(&r, m, data, SAMPLE_LEAST));
		same(m, sample_make(&r, m, data, SAMPLE_MOST));
		for (int i = 0; i < 200; i++)
			same(m, sample_make(&r, m, data, SAMPLE_SMALL));
		for (int i = 0; i < 5; i++)
			same(m, sample_make(&r, m, data, SAMPLE_LARGE));
	}
}

static void a_prefix_is_refused(void **state)
{
	struct rng r = { seed + 1 };
	(void)state;
	for (size_t k = 0; k < orl_n_messages; k++) {
		const struct orl_message *m = &orl_messages[k];
		for (int i = 0; i < 10; i++) {
			size_t n = sample_make(&r, m, data, SAMPLE_SMALL);
			while (n--)
				if (!refused_or_same(m, n))
					assert_true(has_tail(m));
		}
		size_t n = sample_make(&r, m, data, SAMPLE_LARGE);
		for (int i = 0; n && i < 50; i++)
			if (!refused_or_same(m, rng_below(&r, n)))
				assert_true(has_tail(m));
		/* And a byte too many. */
		n = sample_make(&r, m, data, SAMPLE_MOST);
		data[n] = 0;
		assert_true(refused_or_same(m, n + 1));
	}
}

static void a_flipped_bit_is_refused_or_means_something_else(void **state)
{
	struct rng r = { seed + 2 };
	unsigned refused = 0;
	(void)state;
	for (size_t k = 0; k < orl_n_messages; k++) {
		const struct orl_message *m = &orl_messages[k];
		for (int i = 0; i < 20; i++) {
			size_t n = sample_make(&r, m, data, SAMPLE_SMALL);
			for (size_t bit = 0; bit < 8 * n; bit++) {
				uint8_t flip = (uint8_t)(1u << bit % 8);
				data[bit / 8] ^= flip;
				refused += refused_or_same(m, n);
				data[bit / 8] ^= flip;
			}
		}
	}
	assert_true(refused > 1000);
}

static void noise_is_refused_or_canonical(void **state)
{
	struct rng r = { seed + 3 };
	(void)state;
	for (size_t k = 0; k < orl_n_messages; k++) {
		for (int i = 0; i < 200; i++) {
			size_t n = rng_below(&r, 80);
			for (size_t j = 0; j < n; j++)
				data[j] = (uint8_t)(rng_below(&r, 2)
								    ? rng_next(&r)
								    : 0);
			refused_or_same(&orl_messages[k], n);
		}
	}
}

/* Every bound of every field, of records too, is one that is kept. */
static void one_fault_is_enough(void **state)
{
	struct rng r = { seed + 4 };
	unsigned made = 0;
	(void)state;
	for (size_t k = 0; k < orl_n_messages; k++) {
		const struct orl_message *m = &orl_messages[k];
		for (size_t i = 0; i < m->n_fields; i++) {
			const struct orl_message *rec = m->fields[i].rec;
			int subs = rec ? (int)rec->n_fields : 0;
			for (int sub = -1; sub < subs; sub++) {
				for (int fault = SAMPLE_BELOW;
						fault <= SAMPLE_NO_TEXT;
						fault++) {
					size_t none;
					size_t n = sample_make_wrong(&r, m,
							data, i, sub,
							(enum sample_fault)
									fault);
					if (!n)
						continue;
					made++;
					if (decode(m, n, &none) != ORIEL_EPROTO)
						fail_msg("%s.%s %d %d", m->name,
								m->fields[i].name,
								sub, fault);
				}
			}
		}
	}
	assert_true(made > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_decodes_encodes_to_itself),
		cmocka_unit_test(a_prefix_is_refused),
		cmocka_unit_test(
				a_flipped_bit_is_refused_or_means_something_else),
		cmocka_unit_test(noise_is_refused_or_canonical),
		cmocka_unit_test(one_fault_is_enough),
	};
	seed = rng_seed(5910);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

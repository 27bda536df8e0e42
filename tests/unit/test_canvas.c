/* test_canvas.c - the canvas's rules, its frozen format, hostile sections. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "codecs/canvas.h"
#include "proto/io/host.h"

static struct orl_env env;

static int setup(void **state)
{
	(void)state;
	return orl_host_env(&env, NULL);
}

static void make(struct orl_canvas *c, int32_t w, int32_t h, unsigned slices)
{
	assert_int_equal(orl_canvas_init(c, &env, w, h, slices), 0);
}

/* Text-like in the left half, a picture in the right one. */
static void draw(struct orl_canvas *c, uint32_t seed)
{
	for (int32_t y = 0; y < c->height; y++)
		for (int32_t x = 0; x < c->width; x++) {
			uint32_t v = 0xffffff;
			seed = seed * 1664525U + 1013904223U;
			if (x >= c->width / 2)
				v = (uint32_t)(x * 3) << 16 |
				    (uint32_t)(y * 5 & 255) << 8 | (seed >> 29);
			else if (y % 12 < 8 && (x * 7 ^ y * 5) % 9 < 3)
				v = 0x202020U * ((uint32_t)(x + y) % 3);
			c->pixels[(size_t)y * c->stride + (size_t)x] =
					v & 0xffffff;
		}
}

static void all_exact(struct orl_canvas *c)
{
	memset(c->exact, 1, (size_t)c->cols * (size_t)c->rows);
}

static void sizes_are_checked(void **state)
{
	(void)state;
	struct orl_canvas c;
	static const struct {
		int32_t w, h;
		unsigned slices;
	} bad[] = { { 0, 1, 1 }, { 1, 0, 1 }, { -1, 5, 1 }, { 16385, 1, 1 },
		{ 16384, 4097, 1 }, { 8, 8, 0 }, { 8, 8, 3 }, { 8, 8, 8 } };
	for (size_t i = 0; i < ORL_COUNT(bad); i++)
		assert_int_equal(orl_canvas_init(&c, &env, bad[i].w, bad[i].h,
						 bad[i].slices),
				ORIEL_EINVAL);
	make(&c, 33, 17, 4);
	assert_int_equal(c.cols, 3);
	assert_int_equal(c.rows, 2);
	assert_int_equal(orl_canvas_slice(&c, 1), 2);
	assert_false(orl_canvas_is_exact(&c));
	all_exact(&c);
	assert_true(orl_canvas_is_exact(&c));
	orl_canvas_spoil(&c, 1, 1, 2, 1);
	assert_int_equal(c.exact[3], 1);
	assert_int_equal(c.exact[4], 0);
	assert_int_equal(c.exact[5], 0);
	orl_canvas_reset(&c);
	assert_int_equal(c.exact[0], 0);
	orl_canvas_fini(&c);
	orl_canvas_fini(&c);
	orl_canvas_fini(NULL);
}

static int budget;

static void *scarce(void *user, size_t bytes)
{
	(void)user;
	return budget-- > 0 ? malloc(bytes) : NULL;
}

static void memory_may_run_out(void **state)
{
	(void)state;
	struct orl_env poor = env;
	struct orl_canvas c;
	struct orl_block_op b = { 0, 0, 2, 2, ORL_OP_RES };
	uint8_t out[4096];
	size_t lengths[ORL_SLICES_MAX + 1], n;
	poor.hooks.alloc = scarce;
	for (int i = 0; i < 7; i++) {
		budget = i;
		assert_int_equal(orl_canvas_init(&c, &poor, 32, 32, 4),
				ORIEL_ENOMEM);
	}
	budget = 7;
	assert_int_equal(orl_canvas_init(&c, &poor, 32, 32, 4), 0);
	assert_int_equal(orl_canvas_begin(&c, NULL, 0, &b, 1), ORIEL_ENOMEM);
	budget = 1;
	assert_int_equal(orl_canvas_begin(&c, NULL, 0, &b, 1), 0);
	assert_int_equal(orl_canvas_encode(&c, &b, 1, out, sizeof(out), lengths,
					 &n),
			ORIEL_ENOMEM);
	budget = 1;
	assert_int_equal(orl_canvas_encode(&c, &b, 1, out, sizeof(out), lengths,
					 &n),
			ORIEL_ENOMEM);
	budget = 1;
	assert_int_equal(orl_canvas_encode(&c, &b, 1, out, sizeof(out), lengths,
					 &n),
			0);
	orl_canvas_fini(&c);
}

static void bad_parts_change_nothing(void **state)
{
	(void)state;
	struct orl_canvas c;
	make(&c, 100, 70, 2); /* 7 x 5 cells, slices from rows 0 and 3 */
	draw(&c, 1);
	all_exact(&c);
	uint32_t *before = malloc(100 * 70 * 4);
	memcpy(before, c.pixels, 100 * 70 * 4);
	static const struct orl_copy_op copies[][2] = {
		{ { 0, 0, 0, 4, 0, 0 } },
		{ { 0, 0, 4, 0, 0, 0 } },
		{ { 97, 0, 4, 4, 0, 0 } },
		{ { 0, 67, 4, 4, 0, 0 } },
		{ { 0, 0, 4, 4, 97, 0 } },
		{ { 0, 0, 4, 4, 0, 67 } },
		{ { 65535, 0, 1, 1, 0, 0 } },
		{ { 0, 0, 65535, 65535, 65535, 65535 } },
		{ { 10, 10, 4, 4, 0, 0 }, { 13, 13, 1, 1, 0, 0 } },
	};
	for (size_t i = 0; i < ORL_COUNT(copies); i++)
		assert_int_equal(orl_canvas_begin(&c, copies[i],
						 copies[i][1].width ? 2 : 1,
						 NULL, 0),
				ORIEL_EPROTO);
	static const struct orl_block_op blocks[][2] = {
		{ { 0, 0, 0, 1, ORL_OP_RES } },
		{ { 0, 0, 1, 0, ORL_OP_RES } },
		{ { 6, 0, 2, 1, ORL_OP_RES } },
		{ { 0, 4, 1, 2, ORL_OP_RES } },
		{ { 65535, 65535, 1, 1, ORL_OP_RES } },
		{ { 0, 0, 1, 1, 0 } },
		{ { 0, 0, 1, 1, ORL_OP_ZSTD } },
		{ { 0, 0, 1, 1, ORL_OP_LZ4 } },
		{ { 0, 0, 1, 1, 255 } },
		{ { 0, 2, 1, 2, ORL_OP_HCX } }, /* two slices */
		{ { 0, 0, 3, 3, ORL_OP_HCX }, { 2, 2, 1, 1, ORL_OP_RES } },
	};
	for (size_t i = 0; i < ORL_COUNT(blocks); i++)
		assert_int_equal(orl_canvas_begin(&c, NULL, 0, blocks[i],
						 blocks[i][1].cols ? 2 : 1),
				ORIEL_EPROTO);
	/* Too much area, though each alone would do. */
	struct orl_copy_op whole = { 0, 0, 100, 70, 0, 0 };
	struct orl_block_op one = { 6, 4, 1, 1, ORL_OP_RES };
	assert_int_equal(
			orl_canvas_begin(&c, &whole, 1, &one, 1), ORIEL_EPROTO);
	/* Too many. */
	assert_int_equal(orl_canvas_begin(&c, &whole, ORL_PART_COPIES_MAX + 1,
					 NULL, 0),
			ORIEL_EPROTO);
	assert_int_equal(orl_canvas_begin(&c, NULL, 0, &one,
					 ORL_PART_BLOCKS_MAX + 1),
			ORIEL_EPROTO);
	assert_memory_equal(before, c.pixels, 100 * 70 * 4);
	assert_true(orl_canvas_is_exact(&c));
	free(before);
	orl_canvas_fini(&c);
}

/* Against the plainest way there is: a second picture. */
static void copies_read_before_they_write(void **state)
{
	(void)state;
	static const struct orl_copy_op lists[][3] = {
		{ { 0, 3, 64, 40, 0, 0 } }, /* down */
		{ { 0, 0, 64, 40, 0, 3 } }, /* up */
		{ { 5, 5, 40, 40, 0, 5 } }, /* right */
		{ { 0, 5, 40, 40, 7, 5 } }, /* left */
		{ { 0, 0, 16, 16, 16, 0 }, { 16, 0, 16, 16, 0, 0 } },
		{ { 0, 0, 9, 9, 20, 20 }, { 20, 20, 9, 9, 40, 30 },
				{ 40, 30, 9, 9, 0, 0 } },
	};
	for (size_t i = 0; i < ORL_COUNT(lists); i++) {
		struct orl_canvas a, b;
		size_t n = 0;
		make(&a, 64, 48, 1);
		make(&b, 64, 48, 1);
		draw(&a, 3);
		draw(&b, 3);
		for (; n < 3 && lists[i][n].width; n++) {
			const struct orl_copy_op *o = &lists[i][n];
			for (int y = 0; y < o->height; y++)
				for (int x = 0; x < o->width; x++)
					b.pixels[(o->y + y) * 64 + o->x + x] =
							a.pixels[(o->from_y + y) * 64 +
									o->from_x +
									x];
		}
		assert_int_equal(orl_canvas_begin(&a, lists[i], n, NULL, 0), 0);
		assert_memory_equal(a.pixels, b.pixels, 64 * 48 * 4);
		orl_canvas_fini(&a);
		orl_canvas_fini(&b);
	}
}

static void copies_carry_exactness(void **state)
{
	(void)state;
	struct orl_canvas c;
	make(&c, 60, 60, 1); /* 4 x 4 cells, the last ones of 12 pixels */
	all_exact(&c);
	orl_canvas_spoil(&c, 1, 0, 1, 1);
	/* From a cell that is not exact, in part. */
	struct orl_copy_op o = { 32, 32, 4, 4, 14, 2 };
	assert_int_equal(orl_canvas_begin(&c, &o, 1, NULL, 0), 0);
	assert_int_equal(c.exact[2 * 4 + 2], 0);
	assert_int_equal(c.usable[2 * 4 + 2], 0);
	/* Exact pixels into part of it do not mend it, */
	o = (struct orl_copy_op){ 32, 32, 16, 15, 0, 32 };
	assert_int_equal(orl_canvas_begin(&c, &o, 1, NULL, 0), 0);
	assert_int_equal(c.exact[2 * 4 + 2], 0);
	/* all of it does, also by two copies, but only from now on. */
	struct orl_copy_op two[2] = { { 32, 32, 16, 9, 0, 32 },
		{ 32, 41, 16, 7, 3, 20 } };
	assert_int_equal(orl_canvas_begin(&c, two, 2, NULL, 0), 0);
	assert_int_equal(c.exact[2 * 4 + 2], 1);
	assert_int_equal(c.usable[2 * 4 + 2], 0);
	/* A cell at the edge is whole with fewer pixels. */
	orl_canvas_spoil(&c, 3, 3, 1, 1);
	o = (struct orl_copy_op){ 48, 48, 12, 12, 0, 20 };
	assert_int_equal(orl_canvas_begin(&c, &o, 1, NULL, 0), 0);
	assert_int_equal(c.exact[15], 1);
	/* An exact cell that gets exact pixels in part stays so. */
	o = (struct orl_copy_op){ 1, 1, 3, 3, 40, 40 };
	assert_int_equal(orl_canvas_begin(&c, &o, 1, NULL, 0), 0);
	assert_int_equal(c.exact[0], 1);
	assert_int_equal(c.usable[0], 0);
	assert_int_equal(c.usable[4], 1);
	orl_canvas_fini(&c);
}

static void hash_sees_exact_pixels_alone(void **state)
{
	(void)state;
	struct orl_canvas c;
	make(&c, 40, 20, 1);
	/* XXH3-64 of nothing, and of 16 black pixels in 4 rows of 16. */
	assert_true(orl_canvas_hash(&c, 0) == 0x2D06800538D394C2U);
	c.exact[1] = 1;
	uint64_t black = orl_canvas_hash(&c, 0);
	c.pixels[3] = 0x123456;
	assert_true(orl_canvas_hash(&c, 0) == black);
	c.pixels[16] = 0x123456;
	assert_true(orl_canvas_hash(&c, 0) != black);
	c.pixels[16] = 0xab000000; /* X does not count */
	assert_true(orl_canvas_hash(&c, 0) == black);
	orl_canvas_fini(&c);
}

static const struct orl_block_op mixed[] = {
	{ 0, 0, 2, 2, ORL_OP_HCX },
	{ 2, 0, 2, 2, ORL_OP_RES },
	{ 0, 2, 4, 1, ORL_OP_HCX },
};

/* One part on a fresh canvas of 59 x 45. */
static size_t sections(uint8_t *out, size_t cap, size_t lengths[], size_t *n)
{
	struct orl_canvas c;
	size_t size = 0;
	make(&c, 59, 45, 2);
	draw(&c, 9);
	assert_int_equal(orl_canvas_begin(&c, NULL, 0, mixed, 2), 0);
	assert_int_equal(orl_canvas_encode(&c, mixed, 2, out, cap, lengths, n),
			0);
	for (size_t i = 0; i < *n; i++)
		size += lengths[i];
	orl_canvas_fini(&c);
	return size;
}

static int decode(const uint8_t *data, size_t size, const size_t *lengths,
		size_t n)
{
	struct orl_canvas c;
	/* A copy without slack, so that reading too far is found. */
	uint8_t *exact = malloc(size + !size);
	memcpy(exact, data, size);
	make(&c, 59, 45, 2);
	assert_int_equal(orl_canvas_begin(&c, NULL, 0, mixed, 2), 0);
	int err = orl_canvas_decode(&c, mixed, 2, exact, size, lengths, n);
	assert_true(err == 0 || err == ORIEL_EPROTO);
	/* Whatever came: nothing outside of the blocks. */
	for (int i = 32 * 59; i < 45 * 59; i++)
		assert_int_equal(c.pixels[i], 0);
	orl_canvas_fini(&c);
	free(exact);
	return err;
}

static void broken_sections_do_no_harm(void **state)
{
	(void)state;
	uint8_t out[16384];
	size_t lengths[ORL_SLICES_MAX + 1], n, cut[ORL_SLICES_MAX + 1];
	size_t size = sections(out, sizeof(out), lengths, &n), by_chance = 0;
	assert_int_equal(n, 2);
	assert_int_equal(decode(out, size, lengths, n), 0);
	/*
	 * Each section shortened to every length. One of contexts may decode
	 * by chance: then the bytes that are left are all used.
	 */
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < lengths[i]; k++) {
			uint8_t less[16384];
			size_t at = i ? lengths[0] : 0;
			memcpy(cut, lengths, sizeof(cut));
			cut[i] = k;
			memcpy(less, out, at + k);
			memcpy(less + at + k, out + at + lengths[i],
					size - at - lengths[i]);
			int err = decode(less, size - lengths[i] + k, cut, n);
			if (i)
				assert_int_equal(err, ORIEL_EPROTO);
			by_chance += !err;
		}
	assert_true(by_chance < lengths[0] / 4);
	/* Every bit turned over. */
	for (size_t i = 0; i < size * 8; i++) {
		out[i / 8] ^= (uint8_t)(1 << i % 8);
		(void)decode(out, size, lengths, n);
		out[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	/* Lengths that do not add up, sections too few and too many. */
	memcpy(cut, lengths, sizeof(cut));
	cut[2] = 0;
	assert_int_equal(decode(out, size, cut, 3), ORIEL_EPROTO);
	assert_int_equal(decode(out, size, cut, 1), ORIEL_EPROTO);
	assert_int_equal(decode(out, size, cut, 0), ORIEL_EPROTO);
	assert_int_equal(decode(out, size - 1, cut, 2), ORIEL_EPROTO);
	cut[0] = SIZE_MAX;
	assert_int_equal(decode(out, size, cut, 2), ORIEL_EPROTO);
	cut[0] = lengths[0] + 1;
	assert_int_equal(decode(out, size, cut, 2), ORIEL_EPROTO);
}

static void too_little_room_is_told(void **state)
{
	(void)state;
	uint8_t out[16384];
	size_t lengths[ORL_SLICES_MAX + 1], n;
	size_t size = sections(out, sizeof(out), lengths, &n);
	for (size_t cap = 0; cap < size; cap += cap < 64 ? 1 : 7) {
		struct orl_canvas c;
		make(&c, 59, 45, 2);
		draw(&c, 9);
		uint8_t *tight = malloc(cap + !cap);
		assert_int_equal(orl_canvas_begin(&c, NULL, 0, mixed, 2), 0);
		assert_int_equal(orl_canvas_encode(&c, mixed, 2, tight, cap,
						 lengths, &n),
				ORIEL_ELIMIT);
		free(tight);
		orl_canvas_fini(&c);
	}
}

/* The format is frozen: these bytes may only change with the protocol. */
static void format_is_as_it_was(void **state)
{
	(void)state;
	struct orl_canvas c;
	uint8_t out[16384];
	size_t lengths[ORL_SLICES_MAX + 1], n, size = 0;
	uint32_t sum = 2166136261U;
	make(&c, 150, 90, 2);
	for (uint32_t i = 0; i < 4; i++) {
		struct orl_block_op b = { (uint16_t)i, (uint16_t)(i / 2 * 3), 6,
			3, ORL_OP_HCX };
		assert_int_equal(orl_canvas_begin(&c, NULL, 0, &b, 1), 0);
		draw(&c, i);
		assert_int_equal(orl_canvas_encode(&c, &b, 1, out, sizeof(out),
						 lengths, &n),
				0);
		for (size_t k = 0; k < lengths[0]; k++)
			sum = (sum ^ out[k]) * 16777619U;
		size += lengths[0];
	}
	assert_int_equal(n, 1);
	assert_int_equal(size, 6284);
	assert_int_equal(sum, 0xdfda4c4a);
	orl_canvas_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_checked),
		cmocka_unit_test(memory_may_run_out),
		cmocka_unit_test(bad_parts_change_nothing),
		cmocka_unit_test(copies_read_before_they_write),
		cmocka_unit_test(copies_carry_exactness),
		cmocka_unit_test(hash_sees_exact_pixels_alone),
		cmocka_unit_test(broken_sections_do_no_harm),
		cmocka_unit_test(too_little_room_is_told),
		cmocka_unit_test(format_is_as_it_was),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}

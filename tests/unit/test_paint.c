/* test_paint.c - the pattern: the same pixels always, damage that is true. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "capture/paint.h"

enum { DAMAGE = ORL_TINY_COUNT + 16, FRAMES = 100 };

static struct oriel_rect damage[DAMAGE];

static struct orl_paint canvas(int32_t width, int32_t height)
{
	struct orl_paint p = { NULL, width, height, damage, 0, DAMAGE };

	p.pixels = calloc((size_t)width * (size_t)height, 4);
	assert_non_null(p.pixels);
	return p;
}

static size_t bytes(const struct orl_paint *p)
{
	return (size_t)p->width * (size_t)p->height * 4;
}

static uint64_t sum(const struct orl_paint *p)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < bytes(p) / 4; i++)
		h = (h ^ p->pixels[i]) * 1099511628211u;
	return h;
}

/* Copy what is damaged from one to the other; it must be inside. */
static void follow(struct orl_paint *to, const struct orl_paint *from)
{
	for (size_t i = 0; i < from->damage_count; i++) {
		const struct oriel_rect *r = &from->damage[i];

		assert_true(r->x >= 0 && r->y >= 0 && r->width > 0 &&
				r->height > 0 &&
				r->x + r->width <= from->width &&
				r->y + r->height <= from->height);
		for (int32_t y = r->y; y < r->y + r->height; y++) {
			size_t at = (size_t)y * (size_t)from->width +
				    (size_t)r->x;

			memcpy(to->pixels + at, from->pixels + at,
					(size_t)r->width * 4);
		}
	}
}

static void damage_covers_every_change(void **state)
{
	static const int32_t sizes[][2] = { { 320, 200 }, { 333, 177 },
		{ 1, 1 }, { 17, 23 }, { 64, 25 }, { 5, 300 }, { 300, 5 } };

	(void)state;
	for (int kind = 0; kind < ORL_PATTERNS; kind++)
		for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]);
				s++) {
			struct orl_paint a = canvas(sizes[s][0], sizes[s][1]);
			struct orl_paint b = canvas(sizes[s][0], sizes[s][1]);
			uint32_t frames = kind == ORL_PATTERN_TINY ? 4 : FRAMES;

			for (uint32_t n = 0; n < frames; n++) {
				orl_paint_frame(&a, (enum orl_pattern)kind, n);
				follow(&b, &a);
				assert_memory_equal(
						a.pixels, b.pixels, bytes(&a));
			}
			free(a.pixels);
			free(b.pixels);
		}
}

/* A change of these is a change of every recorded number. */
static void pixels_are_the_same_everywhere(void **state)
{
	static const uint64_t expected[ORL_PATTERNS] = {
		0xcdf98e943019071au,
		0x56de5eaeecb79c46u,
		0x40e963b680f9f5b9u,
		0x4467f488a2d57021u,
		0x78c19dc3f290645au,
	};

	(void)state;
	for (int kind = 0; kind < ORL_PATTERNS; kind++) {
		struct orl_paint p = canvas(320, 200);

		for (uint32_t n = 0; n < 20; n++)
			orl_paint_frame(&p, (enum orl_pattern)kind, n);
		assert_int_equal(sum(&p), expected[kind]);
		free(p.pixels);
	}
}

static void patterns_do_what_their_names_say(void **state)
{
	struct orl_paint p = canvas(1280, 720);

	(void)state;
	orl_paint_frame(&p, ORL_PATTERN_STATIC, 0);
	assert_int_equal(p.damage_count, 1);
	orl_paint_frame(&p, ORL_PATTERN_STATIC, 1);
	assert_int_equal(p.damage_count, 0);
	orl_paint_frame(&p, ORL_PATTERN_TINY, 1);
	assert_true(p.damage_count >= ORL_TINY_COUNT);
	orl_paint_frame(&p, ORL_PATTERN_VIDEO, 1);
	assert_int_equal(p.damage[0].width, 1280);
	free(p.pixels);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damage_covers_every_change),
		cmocka_unit_test(pixels_are_the_same_everywhere),
		cmocka_unit_test(patterns_do_what_their_names_say),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

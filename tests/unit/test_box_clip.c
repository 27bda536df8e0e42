/*
 * test_box_clip.c - the clipboard between the viewer and its process: bytes
 * that come as they were, both ways, from a process that keeps the rules; and
 * one that does not, and is ended.
 */
#include "tests/unit/unit.h"

#include "client/viewer/box_impl.h"
#include "tests/box_any.h"
#include "tests/rng.h"

enum { ALL = 3 << 20, PIECE = 60000 };

/* Both ends of one paste are the test. */
struct both {
	struct rng rng;
	struct orl_paste *giving, *taking;
	uint8_t *bytes, *got;
	size_t given, taken;
	bool may, finished;
	int error;
};

static void used(void *end, size_t n, bool empty)
{
	struct both *b = end;
	(void)n;
	b->may |= empty;
}

static int64_t take(void *end, const void *data, size_t n)
{
	struct both *b = end;
	n = rng_below(&b->rng, n + 1);
	assert_true(b->taken + n <= ALL);
	memcpy(b->got + b->taken, data, n);
	b->taken += n;
	return (int64_t)n;
}

static void finish(void *end)
{
	struct both *b = end;
	b->finished = true;
	b->taking = NULL;
}

static void failed(void *end, int error, const char *why)
{
	struct both *b = end;
	(void)why;
	b->error = error;
	b->giving = NULL;
	b->taking = NULL;
}

static const struct orl_paste_ops ops = {
	.write = take, .finish = finish, .used = used, .fail = failed
};

static int64_t take_nothing(void *end, const void *data, size_t n)
{
	(void)end;
	(void)data;
	(void)n;
	return 0;
}

static const struct orl_paste_ops full = {
	.write = take_nothing, .finish = finish, .used = used, .fail = failed
};

static struct orl_paste *give(void *user, unsigned selection, const char *type,
		struct orl_paste_end to)
{
	struct both *b = user;
	assert_int_equal(selection, 1);
	assert_string_equal(type, "image/png");
	b->giving = orl_paste_create((struct orl_paste_end){ &ops, b }, to);
	b->may = true;
	return b->giving;
}

static unsigned offers;

static void offered(void *user, unsigned selection, const char *const *types,
		size_t count)
{
	(void)user;
	assert_int_equal(selection, 1);
	assert_int_equal(count, 2);
	assert_string_equal(types[1], "image/png");
	offers++;
}

static const struct orl_duct_calls calls = { .offered = offered,
	.wanted = give };
static const char *const types[] = { "text/html", "image/png" };

static void to_viewer(void *teller, struct orl_box_message *m)
{
	assert_int_equal(orl_box_send(*(int *)teller, m, NULL, 0), 0);
}

struct pair_of {
	struct any_seen seen;
	struct orl_box *box;
	struct orl_box_ring rings[ORL_RINGS];
	struct orl_box_clip clip; /* the process's */
	int process;
};

static void begin(struct pair_of *p, struct both *b)
{
	memset(p, 0, sizeof(*p));
	p->box = any_box(&p->seen, &p->process, p->rings);
	p->box->jailed = true;
	p->clip.calls = &calls;
	p->clip.user = b;
	p->clip.tell = to_viewer;
	p->clip.teller = &p->process;
	p->clip.in = &p->rings[ORL_RING_CLIP_DOWN];
	p->clip.out = &p->rings[ORL_RING_CLIP_UP];
	orl_box_clipboard(p->box, &calls, b);
}

static void end(struct pair_of *p)
{
	orl_box_clip_reset(&p->clip);
	close(p->process);
	orl_rings_unmap(p->rings);
	orl_box_destroy(p->box);
}

static void pump(struct pair_of *p)
{
	struct orl_box_message m;
	int file;
	assert_int_equal(orl_box_wait(p->box, 0), 0);
	while (orl_box_receive(p->process, &m, ORL_BOX_DOWN, &file, 1) > 0)
		if (m.id == ORL_BOX_CLIP_DOWN)
			assert_int_equal(orl_box_clip_take(&p->clip,
							 &m.u.clip_down),
					0);
}

static void paste(bool to_the_viewer)
{
	struct both b = { .rng = { rng_seed(21) } };
	struct pair_of p;
	b.bytes = malloc(ALL);
	b.got = malloc(ALL);
	assert_true(b.bytes && b.got);
	for (size_t i = 0; i < ALL; i++)
		b.bytes[i] = (uint8_t)rng_next(&b.rng);
	begin(&p, &b);
	offers = 0;
	if (to_the_viewer)
		orl_box_clip_offer(&p.clip, 1, types, 2);
	else
		orl_box_clipboard_offer(p.box, 1, types, 2);
	pump(&p);
	assert_int_equal(offers, 1);
	struct orl_paste_end to = { &ops, &b };
	b.taking = to_the_viewer ? orl_box_clipboard_fetch(
						   p.box, 1, "image/png", to)
				 : orl_box_clip_fetch(
						   &p.clip, 1, "image/png", to);
	assert_non_null(b.taking);
	for (int i = 0; i < 100000 && !b.finished; i++) {
		pump(&p);
		size_t n = ALL - b.given < PIECE ? ALL - b.given : PIECE;
		if (b.giving && b.may && n) {
			b.may = false;
			b.given += n;
			orl_paste_data(b.giving, b.bytes + b.given - n, n);
		} else if (b.giving && b.may) {
			struct orl_paste *over = b.giving;
			b.giving = NULL;
			orl_paste_came(over);
		}
		if (b.taking)
			orl_paste_ready(b.taking);
	}
	assert_true(b.finished);
	assert_int_equal(b.error, 0);
	assert_int_equal(b.taken, ALL);
	assert_memory_equal(b.bytes, b.got, ALL);
	assert_true(p.box->begun);
	end(&p);
	free(b.bytes);
	free(b.got);
}

static void bytes_come_as_they_were(void **state)
{
	(void)state;
	paste(true);
	paste(false);
}

/* Of two that cross the process's holds, at both ends. */
static void offers_that_cross(void **state)
{
	struct both b = { .rng = { rng_seed(22) } };
	struct pair_of p;
	(void)state;
	begin(&p, &b);
	offers = 0;
	orl_box_clip_offer(&p.clip, 1, types, 2);
	orl_box_clipboard_offer(p.box, 1, types, 2);
	pump(&p);
	assert_int_equal(offers, 1);
	orl_box_clipboard_offer(p.box, 1, types, 2);
	pump(&p);
	assert_int_equal(offers, 2);
	end(&p);
}

/* Its pastes end with the process. */
static void a_process_that_goes_takes_its_pastes(void **state)
{
	struct both b = { .rng = { rng_seed(23) } };
	struct pair_of p;
	(void)state;
	begin(&p, &b);
	b.taking = orl_box_clipboard_fetch(p.box, 1, "image/png",
			(struct orl_paste_end){ &ops, &b });
	assert_non_null(b.taking);
	shutdown(p.process, SHUT_RDWR);
	while (p.box->begun)
		assert_int_equal(orl_box_wait(p.box, 10), 0);
	assert_int_equal(b.error, ORIEL_ECLOSED);
	assert_null(orl_box_clipboard_fetch(p.box, 1, "image/png",
			(struct orl_paste_end){ &ops, &b }));
	end(&p);
}

/* Each after what a process may well say; the viewer has asked for 3. */
static void lies_end_it(void **state)
{
	static const struct lie {
		struct orl_box_clip_up m;
		unsigned times; /* the last of them is the lie */
	} lies[] = {
		{ { 1, 1, 2, 0, "" }, 1 },           /* no such selection */
		{ { 0, 0, 0, 0, "text plain" }, 1 }, /* no type */
		{ { 0, 0, 0, 0, "a/b" }, 17 },       /* too many types */
		{ { 2, 5, 1, 0, "image/png" }, 1 },  /* the viewer's number */
		{ { 2, 8, 1, 0, "image/png" }, 2 },  /* twice the same */
		{ { 2, 0, 1, 0, "image/png" }, 1 },  /* no number */
		{ { 3, 3, 1, 9, "" }, 2 },           /* it begins twice */
		{ { 3, 3, 9, 9, "" }, 1 },           /* no such kind */
		{ { 4, 3, 0, 0, "" }, 1 },           /* no bytes at all */
		{ { 4, 3, 32769, 0, "" }, 1 },       /* more than a piece */
		{ { 4, 3, 32768, 0, "" }, 5 },       /* more than the window */
		{ { 4, 9, 32768, 0, "" }, 65 },      /* not in the ring */
		{ { 6, 3, 0, 0, "" }, 1 },           /* failed without error */
		{ { 7, 3, 1, 0, "" }, 1 },           /* used what it gives */
		{ { 8, 0, 5, 0, "" }, 1 },           /* a note that is none */
		{ { 8, 1, -5, 0, "" }, 1 },
	};
	static const uint8_t bytes[1 << 21];
	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct both b = { .rng = { rng_seed(24) } };
		struct orl_box_message m = { .id = ORL_BOX_CLIP_UP };
		struct pair_of p;
		begin(&p, &b);
		b.taking = orl_box_clipboard_fetch(p.box, 1, "image/png",
				(struct orl_paste_end){ &full, &b });
		assert_non_null(b.taking);
		assert_int_equal(orl_box_ring_put(p.clip.out, bytes,
						 sizeof(bytes)),
				0);
		m.u.clip_up = lies[i].m;
		for (unsigned k = 0; k < lies[i].times; k++) {
			if (!p.box->begun)
				fail_msg("lie %zu: ended by what is none", i);
			assert_int_equal(orl_box_send(p.process, &m, NULL, 0),
					0);
			assert_int_equal(orl_box_wait(p.box, 0), 0);
		}
		if (p.box->begun)
			fail_msg("lie %zu was believed", i);
		assert_int_equal(p.seen.ended, 1);
		assert_null(b.taking);
		end(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_come_as_they_were),
		cmocka_unit_test(offers_that_cross),
		cmocka_unit_test(a_process_that_goes_takes_its_pastes),
		cmocka_unit_test(lies_end_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

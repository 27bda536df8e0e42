/*
 * test_clip.c - what both programs share of the clipboard: names of types,
 * Latin-1, pastes whose ends are of different speed, and the duct between two
 * threads.
 */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <oriel/oriel.h>

#include "clip/duct.h"
#include "clip/types.h"

/* ---- types ------------------------------------------------------------- */

static void targets_stand_for_types(void **state)
{
	static const char *const texts[] = { "UTF8_STRING", "STRING", "TEXT",
		"text/plain", ORL_TYPE_TEXT };
	bool latin1;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		assert_string_equal(orl_type_of_target(texts[i], &latin1),
				ORL_TYPE_TEXT);
		assert_int_equal(latin1, i == 1);
	}
	assert_true(orl_target_rank("UTF8_STRING") < orl_target_rank("STRING"));
	assert_string_equal(
			orl_type_of_target("image/png", &latin1), "image/png");
	/* What nobody has thought about is not passed on. */
	assert_null(orl_type_of_target("application/x-anything", &latin1));
	/* Lists stand for files, whose bytes are another's to make. */
	assert_string_equal(orl_type_of_target("text/uri-list", &latin1),
			ORL_TYPE_FILES);
	assert_null(orl_type_of_target(ORL_TYPE_FILES, &latin1));
	assert_true(orl_target_rank("text/uri-list") <
			orl_target_rank("x-special/gnome-copied-files"));
	assert_true(orl_target_is_gnome(orl_targets_of(ORL_TYPE_FILES)[1]));
	assert_null(orl_targets_of("image/png"));
	assert_int_equal(orl_content_of(ORL_TYPE_FILES), ORL_CONTENT_FILES);
	assert_int_equal(orl_content_of("text/html"), ORL_CONTENT_HTML);
	assert_int_equal(orl_content_of("text/html2"), -1);
	assert_int_equal(orl_content_named("image", 5), ORL_CONTENT_IMAGE);
	assert_int_equal(orl_content_named("imag", 4), -1);
	assert_true(orl_target_is_secret("x-kde-passwordManagerHint"));
	assert_false(orl_target_is_secret("UTF8_STRING"));
}

static void latin1_is_converted_in_pieces(void **state)
{
	static const char utf8[] = "gr\xc3\xbc\xc3\x9f \xe2\x82\xac "
				   "\xf0\x9f\x98\x80!";
	uint8_t out[64], back[128];

	(void)state;
	for (size_t step = 1; step < sizeof(utf8); step++) {
		struct orl_latin1 latin1 = { 0, 0 };
		size_t n = 0;
		for (size_t at = 0; at < sizeof(utf8) - 1; at += step) {
			size_t k = sizeof(utf8) - 1 - at;
			n += orl_latin1_from(&latin1, out + n,
					(const uint8_t *)utf8 + at,
					k < step ? k : step);
		}
		assert_int_equal(n, 9);
		assert_memory_equal(out, "gr\xfc\xdf ? ?!", 9);
	}
	size_t n = orl_latin1_to(back, out, 9);
	assert_int_equal(n, 11);
	assert_memory_equal(back, "gr\xc3\xbc\xc3\x9f ? ?!", 11);
}

/* ---- pastes ------------------------------------------------------------ */

/* An end that takes so much at a time, or has bytes to give. */
struct end {
	size_t room, got, credit;
	unsigned used, finished, failed, begun;
	int error, write_error;
	bool empty;
	uint32_t sum;
};

static int on_begin(void *user, enum orl_paste_total kind, uint64_t total)
{
	struct end *e = user;

	(void)kind;
	e->begun++;
	return total > 1000000 ? ORIEL_ELIMIT : 0;
}

static int64_t on_write(void *user, const void *p, size_t n)
{
	struct end *e = user;
	size_t k = n < e->room ? n : e->room;

	if (e->write_error)
		return e->write_error;
	for (size_t i = 0; i < k; i++)
		e->sum = e->sum * 31 + ((const uint8_t *)p)[i];
	e->room -= k;
	e->got += k;
	return (int64_t)k;
}

static void on_finish(void *user)
{
	((struct end *)user)->finished++;
}

static void on_used(void *user, size_t n, bool empty)
{
	struct end *e = user;

	e->used++;
	e->credit += n;
	e->empty = empty;
}

static void on_fail(void *user, int error, const char *why)
{
	struct end *e = user;

	assert_non_null(why);
	e->failed++;
	e->error = error;
}

static const struct orl_paste_ops ops = {
	.begin = on_begin,
	.write = on_write,
	.finish = on_finish,
	.used = on_used,
	.fail = on_fail,
};

static struct end from, to;

static struct orl_paste *begin(void)
{
	memset(&from, 0, sizeof(from));
	memset(&to, 0, sizeof(to));
	return orl_paste_create((struct orl_paste_end){ &ops, &from },
			(struct orl_paste_end){ &ops, &to });
}

static void what_waits_is_kept_and_counted(void **state)
{
	static uint8_t data[1000];
	uint32_t sum = 0;
	struct orl_paste *p = begin();

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 13);
	for (int k = 0; k < 10; k++)
		for (size_t i = 0; i < sizeof(data); i++)
			sum = sum * 31 + data[i];
	orl_paste_begun(p, ORL_PASTE_EXACT, 10000);
	assert_true(from.empty);
	for (int k = 0; k < 10; k++) {
		to.room = k % 3 ? 0 : 500;
		orl_paste_data(p, data, sizeof(data));
		assert_int_equal(from.credit, to.got);
		assert_false(from.empty);
	}
	orl_paste_came(p);
	while (!to.finished) {
		to.room = 777;
		orl_paste_ready(p);
	}
	assert_int_equal(to.got, 10000);
	assert_int_equal(to.sum, sum);
	assert_int_equal(from.failed + to.failed, 0);
}

static void each_end_hears_of_the_other(void **state)
{
	static const uint8_t much[ORL_PASTE_ROOM + 1];
	struct orl_paste *p = begin();

	(void)state;
	orl_paste_begun(p, ORL_PASTE_AT_LEAST, 1000001);
	assert_int_equal(from.error, ORIEL_ELIMIT);
	assert_int_equal(to.error, ORIEL_ELIMIT);

	p = begin();
	orl_paste_failed(p, ORIEL_ETIMEOUT, "slow");
	assert_int_equal(from.failed, 0);
	assert_int_equal(to.error, ORIEL_ETIMEOUT);

	p = begin();
	orl_paste_ended(p, &to, ORIEL_ECLOSED, "");
	assert_int_equal(from.error, ORIEL_ECLOSED);
	assert_int_equal(to.failed, 0);

	p = begin();
	to.write_error = ORIEL_EIO;
	orl_paste_data(p, "x", 1);
	assert_int_equal(from.error, ORIEL_EIO);
	assert_int_equal(to.error, ORIEL_EIO);

	/* One that gives more than it may. */
	p = begin();
	orl_paste_data(p, much, sizeof(much));
	assert_int_equal(from.error, ORIEL_ENOMEM);
	assert_int_equal(to.failed, 1);

	/* It is gone after all has come, and before all was taken. */
	p = begin();
	orl_paste_data(p, much, 10);
	orl_paste_came(p);
	orl_paste_dropped(p);
	assert_int_equal(from.failed, 0);
	p = begin();
	orl_paste_data(p, much, 10);
	orl_paste_came(p);
	to.write_error = ORIEL_EIO;
	orl_paste_ready(p);
	assert_int_equal(from.failed, 0);
	assert_int_equal(to.failed, 1);
}

/* ---- the duct ---------------------------------------------------------- */

enum { TOTAL = 5000000, PIECE = 7001 };

/* A thread's side: an end, woken by a condition. */
struct side {
	struct orl_duct_end *end;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool woken, quit;

	/* The one that gives. */
	struct orl_paste *out;
	size_t given;
	bool go, stop;
	unsigned failed;

	/* The one that takes. */
	struct orl_paste *in;
	size_t got;
	uint32_t sum;
	bool finished;
	unsigned offers, notes, budget;
	char type[64], note[64];
	int error;
};

static uint8_t byte_at(size_t i)
{
	return (uint8_t)(i * 7 + i / 1021);
}

static void side_wake(void *user)
{
	struct side *s = user;

	pthread_mutex_lock(&s->lock);
	s->woken = true;
	pthread_cond_signal(&s->cond);
	pthread_mutex_unlock(&s->lock);
}

static void side_wait(struct side *s)
{
	pthread_mutex_lock(&s->lock);
	while (!s->woken)
		pthread_cond_wait(&s->cond, &s->lock);
	s->woken = false;
	pthread_mutex_unlock(&s->lock);
}

static void give_used(void *user, size_t n, bool empty)
{
	struct side *s = user;

	(void)n;
	s->go = empty;
}

static void give_fail(void *user, int error, const char *why)
{
	struct side *s = user;

	(void)why;
	s->failed++;
	s->error = error;
	s->out = NULL;
}

static const struct orl_paste_ops giver = { .used = give_used,
	.fail = give_fail };

static void give(struct side *s)
{
	uint8_t piece[PIECE];

	while (s->out && s->go) {
		size_t n = TOTAL - s->given < PIECE ? TOTAL - s->given : PIECE;
		for (size_t i = 0; i < n; i++)
			piece[i] = byte_at(s->given + i);
		s->given += n;
		if (!n) {
			struct orl_paste *p = s->out;
			s->out = NULL;
			orl_paste_came(p);
			return;
		}
		orl_paste_data(s->out, piece, n);
	}
}

static struct orl_paste *side_wanted(void *user, unsigned selection,
		const char *type, struct orl_paste_end end)
{
	struct side *s = user;

	if (strcmp(type, "a/b") != 0 || selection != 1)
		return NULL;
	s->given = 0;
	s->out = orl_paste_create((struct orl_paste_end){ &giver, s }, end);
	orl_paste_begun(s->out, ORL_PASTE_EXACT, TOTAL);
	return s->out;
}

static void side_offered(void *user, unsigned selection,
		const char *const *types, size_t count)
{
	struct side *s = user;

	assert_int_equal(selection, 1);
	s->offers++;
	snprintf(s->type, sizeof(s->type), "%s", count ? types[0] : "");
}

static void side_note(void *user, int kind, int value, const char *text)
{
	struct side *s = user;

	s->notes += (unsigned)(kind + value);
	snprintf(s->note, sizeof(s->note), "%s", text);
	if (kind == 100)
		s->quit = true;
}

static const struct orl_duct_calls side_calls = {
	.offered = side_offered,
	.wanted = side_wanted,
	.note = side_note,
	.wake = side_wake,
};

static void *run_giver(void *user)
{
	struct side *s = user;

	while (!s->quit) {
		orl_duct_run(s->end);
		give(s);
		if (!s->quit)
			side_wait(s);
	}
	orl_duct_close(s->end);
	return NULL;
}

static int64_t take_write(void *user, const void *p, size_t n)
{
	struct side *s = user;
	size_t k = n < 3000 ? n : 3000;

	/* Every other time it takes less than there is. */
	k = s->budget++ & 1 ? k : n;
	for (size_t i = 0; i < k; i++)
		assert_int_equal(((const uint8_t *)p)[i], byte_at(s->got + i));
	s->got += k;
	return (int64_t)k;
}

static void take_finish(void *user)
{
	((struct side *)user)->finished = true;
}

static void take_fail(void *user, int error, const char *why)
{
	struct side *s = user;

	(void)why;
	s->error = error;
	s->failed++;
}

static const struct orl_paste_ops taker = {
	.write = take_write, .finish = take_finish, .fail = take_fail
};

static struct side a, b;
static struct orl_duct *duct;
static pthread_t thread;

static void start(void)
{
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	pthread_mutex_init(&a.lock, NULL);
	pthread_cond_init(&a.cond, NULL);
	pthread_mutex_init(&b.lock, NULL);
	pthread_cond_init(&b.cond, NULL);
	duct = orl_duct_create();
	a.end = orl_duct_open(duct, 0, &side_calls, &a);
	b.end = orl_duct_open(duct, 1, &side_calls, &b);
	assert_int_equal(pthread_create(&thread, NULL, run_giver, &b), 0);
}

static void stop(void)
{
	orl_duct_note(a.end, 100, 0, "", false);
	pthread_join(thread, NULL);
	orl_duct_close(a.end);
	orl_duct_destroy(duct);
}

static struct orl_paste *fetch(const char *type)
{
	return orl_duct_fetch(
			a.end, 1, type, (struct orl_paste_end){ &taker, &a });
}

static void bytes_go_through_two_threads(void **state)
{
	(void)state;
	start();
	struct orl_paste *p = fetch("a/b");
	assert_non_null(p);
	while (!a.finished) {
		side_wait(&a);
		orl_duct_run(a.end);
		/* One that is slow: what waits is asked for again. */
		for (int i = 0; i < 50 && !a.finished && a.got < TOTAL; i++)
			orl_paste_ready(p);
		if (!a.finished && a.got == TOTAL)
			orl_paste_ready(p);
	}
	assert_int_equal(a.got, TOTAL);
	stop();
}

static void what_is_not_had_is_refused(void **state)
{
	(void)state;
	start();
	assert_non_null(fetch("c/d"));
	while (!a.failed) {
		side_wait(&a);
		orl_duct_run(a.end);
	}
	assert_int_equal(a.error, ORIEL_ESTATE);
	stop();
}

static void the_other_end_hears_of_a_cancel(void **state)
{
	(void)state;
	start();
	struct orl_paste *p = fetch("a/b");
	while (a.got < 100000) {
		side_wait(&a);
		orl_duct_run(a.end);
		for (int i = 0; i < 9; i++)
			orl_paste_ready(p);
	}
	orl_paste_cancel(p, ORIEL_ECLOSED, "");
	assert_int_equal(a.failed, 1);
	stop();
	assert_int_equal(b.failed, 1);
}

static void only_the_newest_offer_is_told(void **state)
{
	static const char *const first[] = { "x/y" };
	static const char *const last[] = { "p/q" };

	(void)state;
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	pthread_mutex_init(&a.lock, NULL);
	pthread_cond_init(&a.cond, NULL);
	pthread_mutex_init(&b.lock, NULL);
	pthread_cond_init(&b.cond, NULL);
	duct = orl_duct_create();
	a.end = orl_duct_open(duct, 0, &side_calls, &a);
	b.end = orl_duct_open(duct, 1, &side_calls, &b);
	for (int i = 0; i < 1000; i++)
		orl_duct_offer(a.end, 1, first, 1);
	orl_duct_offer(a.end, 1, last, 1);
	orl_duct_note(a.end, 2, 3, "gr\xc3\xbc", false);
	orl_duct_run(b.end);
	assert_int_equal(b.offers, 1);
	assert_string_equal(b.type, "p/q");
	assert_int_equal(b.notes, 5);
	assert_string_equal(b.note, "gr\xc3\xbc");
	/* They cross: end 1 hears of the other, that does not of its own. */
	b.offers = 0;
	orl_duct_offer(a.end, 1, first, 1);
	orl_duct_offer(b.end, 1, last, 1);
	orl_duct_run(a.end);
	orl_duct_run(b.end);
	assert_int_equal(a.offers, 0);
	assert_int_equal(b.offers, 1);
	orl_duct_offer(b.end, 1, last, 1);
	orl_duct_run(a.end);
	assert_int_equal(a.offers, 1);
	/* One that does not listen does not cost more and more. */
	for (int i = 0; i < 100000; i++)
		orl_duct_note(a.end, 0, 1, "0123456789012345678901234567890",
				false);
	/* What it has to know it hears all the same. */
	orl_duct_note(a.end, 1, 0, "must be", true);
	b.notes = 0;
	orl_duct_run(b.end);
	assert_true(b.notes > 1000 && b.notes < 100000);
	assert_string_equal(b.note, "must be");
	orl_duct_close(b.end);
	assert_null(fetch("a/b"));
	orl_duct_close(a.end);
	orl_duct_destroy(duct);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_stand_for_types),
		cmocka_unit_test(latin1_is_converted_in_pieces),
		cmocka_unit_test(what_waits_is_kept_and_counted),
		cmocka_unit_test(each_end_hears_of_the_other),
		cmocka_unit_test(bytes_go_through_two_threads),
		cmocka_unit_test(what_is_not_had_is_refused),
		cmocka_unit_test(the_other_end_hears_of_a_cancel),
		cmocka_unit_test(only_the_newest_offer_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

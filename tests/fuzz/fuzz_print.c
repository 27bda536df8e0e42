/*
 * fuzz_print.c - printing as both ends keep it: any bytes as a printer and as
 * a job, then the two ends of one against each other, with lines that break
 * and peers that lie in between. Covers: redirect/print.c
 */
#include <stdlib.h>
#include <string.h>

#include "redirect/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *on_alloc(void *user, size_t bytes)
{
	(void)user;
	return calloc(1, bytes);
}

static void on_release(void *user, void *ptr)
{
	(void)user;
	free(ptr);
}

/* What is taken for a printer is one: it can be told again, as it was. */
static void try_printer(const uint8_t *data, size_t size)
{
	struct orl_printer_kept got, kept;
	uint8_t again[ORL_PRINTER_SIZE];

	if (orl_printer_get(&got, data, size) < 0)
		return;
	if (orl_printer_keep(&kept, &got.about) < 0 ||
			orl_printer_put(again, &kept) != size ||
			memcmp(again, data, size) != 0)
		abort();
}

static void try_job(const uint8_t *data, size_t size)
{
	struct orl_print_begin msg, made;
	struct oriel_print_job job;
	char title[ORIEL_PRINT_TITLE_MAX + 1];

	if (orl_get_print_begin(data, size, &msg) < 0 ||
			orl_print_begin_read(&job, title, &msg) < 0)
		return;
	if (orl_print_begin_make(&made, msg.job, &job) < 0 ||
			made.format != msg.format || made.sides != msg.sides ||
			made.copies != msg.copies || made.last != msg.last)
		abort();
}

struct ends {
	struct orl_print_out out;
	struct orl_print_in in;
	uint64_t held;
};

static uint8_t byte_of(uint64_t i)
{
	return (uint8_t)(i * 131 + (i >> 11));
}

static void write_some(struct ends *e, size_t n)
{
	static uint8_t bytes[65536];

	if (n > orl_print_out_room(&e->out)) {
		if (orl_print_out_write(&e->out, bytes, n) == 0)
			abort();
		return;
	}
	for (size_t i = 0; i < n; i++)
		bytes[i] = byte_of(e->out.written + i);
	if (orl_print_out_write(&e->out, bytes, n) < 0 && !e->out.finished)
		abort();
}

static void carry(struct ends *e)
{
	const uint8_t *p;
	uint64_t offset;
	size_t n = orl_print_out_next(&e->out, &p, &offset);

	if (n && (offset != e->in.received || p[0] != byte_of(offset) ||
				 p[n - 1] != byte_of(offset + n - 1) ||
				 orl_print_in_data(&e->in, offset, n) < 0))
		abort();
	e->held += n;
	if (orl_print_out_end(&e->out) &&
			orl_print_in_end(&e->in, e->out.written) < 0)
		abort();
}

/* Anything may be said: a lie is refused, or changes nothing that matters. */
static void lie(struct ends *e, uint64_t a, uint64_t b, unsigned how)
{
	struct ends was = *e;
	struct orl_print_in in = e->in;
	struct orl_print_out out = e->out;

	(void)orl_print_in_data(&in, a, (size_t)b);
	(void)orl_print_in_end(&in, a);
	if (in.received < was.in.received || in.received > in.limit)
		abort();
	if (how & 1)
		(void)orl_print_out_more(&out, a, b);
	else
		(void)orl_print_out_again(&out, a, b, how & 2);
	if (out.taken > out.written || out.sent > out.written ||
			out.written - out.taken > ORL_PRINT_WINDOW ||
			out.taken > out.sent)
		abort();
}

static void step(struct ends *e, uint8_t op, uint64_t a, uint64_t b)
{
	bool tell = false;

	switch (op % 8) {
	case 0:
	case 1:
		write_some(e, (size_t)(a & 0xffff));
		break;
	case 2:
	case 3:
		carry(e);
		break;
	case 4:
		a = e->held ? a % e->held + 1 : 1;
		if (orl_print_in_taken(&e->in, (size_t)a, &tell) < 0) {
			if (e->held)
				abort();
			break;
		}
		e->held -= a;
		break;
	case 5:
		orl_print_in_accept(&e->in);
		tell = true;
		break;
	case 6: /* the line breaks, and is there again */
		if (orl_print_out_again(&e->out, e->in.received, e->in.limit,
				    e->in.ended) < 0)
			abort();
		break;
	default:
		lie(e, a, b, op >> 3);
	}
	if (tell && orl_print_out_more(&e->out, e->in.received, e->in.limit) <
					0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct orl_env env;
	struct ends e;

	try_printer(data, size);
	try_job(data, size);
	memset(&env, 0, sizeof(env));
	memset(&e, 0, sizeof(e));
	env.hooks.alloc = on_alloc;
	env.hooks.release = on_release;
	if (orl_print_out_init(&e.out, &env) < 0)
		return 0;
	for (size_t at = 0; at + 5 <= size; at += 5) {
		uint64_t a = orl_le(data + at + 1, 2);
		uint64_t b = orl_le(data + at + 1, 4);

		step(&e, data[at], a, b);
		if (data[at] == 0xff)
			e.out.finished = true;
	}
	orl_print_out_fini(&e.out);
	return 0;
}

/*
 * selftest.c - see selftest.h.
 */
#include "bench/selftest.h"

#include <math.h>
#include <stdio.h>

#include "bench/cell.h"

enum { DELAY_MS = 50, BLOCK = 8 };

struct test {
	const char *link;
	int defect;
	struct result result;
};

static int run(struct test *t, const struct frames *f, const char *path,
		const char *programs)
{
	struct link_spec link;
	char why[200];
	result_init(&t->result);
	if (link_parse(&link, t->link, why, sizeof(why))) {
		fprintf(stderr, "oriel-bench: %s\n", why);
		return -1;
	}
	const struct cell cell = { .peer = peer_find("oriel"),
		.link = &link,
		.cc = "cubic",
		.programs = programs,
		.frames_path = path,
		.frames = f,
		.seed = 1,
		.tail = 6,
		.defect = t->defect };
	if (cell_run(&t->result, &cell)) {
		fprintf(stderr, "oriel-bench: %s\n", t->result.error);
		return -1;
	}
	return 0;
}

int self_test(const struct frames *f, const char *frames_path,
		const char *programs)
{
	struct test plain = { .link = "lan" };
	struct test slow = { .link = "lan,down-delay=50150us" };
	struct test defect = { .link = "lan", .defect = BLOCK };
	int code = 1;
	if (run(&plain, f, frames_path, programs) ||
			run(&slow, f, frames_path, programs) ||
			run(&defect, f, frames_path, programs))
		goto done;
	double delay = slow.result.stale_p50_ms - plain.result.stale_p50_ms;
	bool delay_found = fabs(delay - DELAY_MS) < 0.2 * DELAY_MS;
	bool clean = plain.result.still_wrong < 1;
	const struct result *r = &defect.result;
	bool found = !(r->still_wrong < BLOCK * BLOCK) &&
		     r->still_wrong <= BLOCK * BLOCK &&
		     !(r->still_wrong_x < f->width / 2) &&
		     r->still_wrong_right <= f->width / 2 + BLOCK;
	printf("delay: %d ms more on the link, %.1f ms found: %s\n", DELAY_MS,
			delay, delay_found ? "ok" : "FAILED");
	printf("defect: %d wrong pixels made, %.0f found at %.0f,%.0f: %s\n",
			BLOCK * BLOCK, r->still_wrong, r->still_wrong_x,
			r->still_wrong_y, found ? "ok" : "FAILED");
	printf("without a defect %.0f found: %s\n", plain.result.still_wrong,
			clean ? "ok" : "FAILED");
	code = delay_found && found && clean ? 0 : 1;
done:
	result_fini(&plain.result);
	result_fini(&slow.result);
	result_fini(&defect.result);
	return code;
}

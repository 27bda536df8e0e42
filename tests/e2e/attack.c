/*
 * attack.c - hostile peers for a real server and a real viewer, one case a
 * line: case, what the victim did, what it cost.
 *
 *	attack [--slow] serve HOST:PORT PID PASSWORD-FILE
 *	attack [--slow] view PATH-OF-ORIEL-VIEW PASSWORD-FILE
 *
 * A case fails when the victim did something else than is written in the
 * table, when it has died, or has used more memory than bounded here; and of
 * a server, when a client that behaves sees nothing any more. The times that
 * are printed are for people. ATTACK_SEED= chooses the randomness, and
 * ATTACK_CASE= one case.
 */
#include "tests/e2e/attack.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/io/crypto.h"
#include "proto/io/host.h"

bool attack_slow;

uint32_t attack_random(struct attack *a, uint32_t n)
{
	a->seed = a->seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(a->seed >> 33) % n;
}

int main(int argc, char **argv)
{
	static struct attack a;
	const char *seed = getenv("ATTACK_SEED");

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	a.seed = seed ? strtoull(seed, NULL, 0) : raw_ms();
	printf("seed %llu\n", (unsigned long long)a.seed);
	if (argc > 1 && strcmp(argv[1], "--slow") == 0) {
		attack_slow = true;
		argc--;
		argv++;
	}
	if (argc == 5 && strcmp(argv[1], "serve") == 0)
		return attack_serve(&a, argc - 2, argv + 2);
	if (argc == 4 && strcmp(argv[1], "view") == 0)
		return attack_view(&a, argc - 2, argv + 2);
	fprintf(stderr, "attack: see attack.c\n");
	return 2;
}

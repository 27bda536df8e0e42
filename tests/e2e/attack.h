/*
 * attack.h - what the two halves of attack.c share: a table of cases, and the
 * victim's memory and time by /proc.
 */
#ifndef ORL_TESTS_E2E_ATTACK_H
#define ORL_TESTS_E2E_ATTACK_H

#include "tests/e2e/raw.h"

struct attack {
	struct orl_tls_context *tls;
	struct sockaddr_in to;
	const char *password;
	unsigned who; /* a stranger's number, another for each */
	uint64_t seed;
	struct raw r;
};

struct attack_case {
	const char *name;
	const char *(*run)(struct attack *a); /* what the victim did */
	const char *expected;                 /* it begins with this */
	bool slow;                            /* only when asked for */
};

extern bool attack_slow;
uint32_t attack_random(struct attack *a, uint32_t n);

/* attack_serve.c: against a server at argv[0], of process argv[1]. */
int attack_serve(struct attack *a, int argc, char **argv);
/* attack_view.c: against the viewer argv[0]. */
int attack_view(struct attack *a, int argc, char **argv);
extern const struct attack_case attack_serve_cases[];

#endif

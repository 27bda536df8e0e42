/*
 * attack_view.c - what hostile servers do to oriel-view.
 */
#include "tests/e2e/attack.h"

int attack_view(struct attack *a, int argc, char **argv)
{
	(void)a;
	(void)argc;
	(void)argv;
	return 0;
}

/*
 * args.c - see args.h.
 */
#include "bench/args.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *args_value(char *argument, const char *name)
{
	size_t n = strlen(name);
	if (strncmp(argument, name, n) != 0 || argument[n] != '=')
		return NULL;
	return argument + n + 1;
}

int args_number(double *out, const char *text, double min, double max)
{
	char *end;
	double v = strtod(text, &end);
	if (end == text || *end || !(v >= min && v <= max)) {
		fprintf(stderr,
				"oriel-bench: %s is not a number from %g to "
				"%g\n",
				text, min, max);
		return -1;
	}
	*out = v;
	return 0;
}

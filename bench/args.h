/*
 * args.h - command lines, as the parts of oriel-bench read them: --name=value.
 * What is wrong is said on stderr.
 */
#ifndef ORL_BENCH_ARGS_H
#define ORL_BENCH_ARGS_H

/* What stands behind --name= when this is that option, or NULL. */
char *args_value(char *argument, const char *name);
/* -1, and a line, when it is no number from min to max. */
int args_number(double *out, const char *text, double min, double max);

#endif

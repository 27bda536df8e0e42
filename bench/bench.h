/*
 * bench.h - the subcommands of oriel-bench. Each gets its own arguments with
 * its name first and returns the exit code.
 */
#ifndef ORL_BENCH_BENCH_H
#define ORL_BENCH_BENCH_H

int bench_codecs(int argc, char **argv);
int bench_links(int argc, char **argv);
int bench_run(int argc, char **argv);
int bench_report(int argc, char **argv);
int bench_density(int argc, char **argv);
int bench_record(int argc, char **argv);

#endif

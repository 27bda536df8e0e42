/*
 * main.c - oriel-bench: one program, a subcommand for each kind of
 * measurement.
 */
#include "bench/bench.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{ "codecs", bench_codecs },
		{ "links", bench_links },
		{ "run", bench_run },
		{ "report", bench_report },
		{ "density", bench_density },
		{ "record", bench_record },
	};
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands);
			i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "usage: oriel-bench codecs [--json] [--ours] "
			"[--slices=N] [--op=hcx|res] FILE...\n"
			"       oriel-bench links [--verify|--netem] "
			"[--json] [--seed=N] [--file=FILE] [LINK...]\n"
			"       oriel-bench run --trace=FILE --link=LINK "
			"--peer=NAME --out=DIR ...\n"
			"       oriel-bench density --trace=FILE --out=DIR "
			"...\n"
			"       oriel-bench report DIR\n"
			"       oriel-bench record DISPLAY|vnc:HOST:PORT "
			"FILE.mkv\n");
	return 2;
}

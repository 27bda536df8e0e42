/*
 * main.c - oriel-bench: one program, a subcommand for each kind of
 * measurement.
 */
#include "bench/bench.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <oriel/oriel.h>

static void usage(FILE *out)
{
	fprintf(out, "usage: oriel-bench run --trace=FILE|--session=FILE.sh "
		     "--link=LINK --peer=NAME --out=DIR ...\n"
		     "       oriel-bench density --trace=FILE --out=DIR ...\n"
		     "       oriel-bench report [--mixed] DIR\n"
		     "       oriel-bench links [--verify|--netem] [--json] "
		     "[--seed=N] [--congestion=NAME] [--file=FILE]\n"
		     "           [LINK...]\n"
		     "       oriel-bench record [--fps=N] [--seconds=S] "
		     "[--small] [--password-file=FILE]\n"
		     "           DISPLAY|vnc:HOST:PORT|qemu:HOST:PORT "
		     "FILE.mkv\n"
		     "       oriel-bench codecs [--json] [--ours] "
		     "[--slices=N] [--op=hcx|res] FILE...\n"
		     "       oriel-bench --version\n");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
		bool helps; /* by itself */
	} commands[] = {
		{ "run", bench_run, true },
		{ "density", bench_density, true },
		{ "report", bench_report, false },
		{ "links", bench_links, false },
		{ "record", bench_record, false },
		{ "codecs", bench_codecs, false },
	};
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("oriel-bench %u.%u.%u\n", ORIEL_VERSION >> 16,
				ORIEL_VERSION >> 8 & 0xff,
				ORIEL_VERSION & 0xff);
		return 0;
	}
	bool help = argc > 1 && strcmp(argv[argc - 1], "--help") == 0;
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands);
			i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		if (argc > 2 && help && !commands[i].helps)
			break;
		return commands[i].run(argc - 1, argv + 1);
	}
	if (argc > 1 && !help)
		fprintf(stderr, "oriel-bench: %s? ", argv[1]);
	usage(help ? stdout : stderr);
	return help ? 0 : 2;
}

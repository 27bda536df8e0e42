/*
 * list.c - oriel-bench links: lists the links, checks them, or says what tc
 * would make of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/links.h"
#include "bench/netns.h"
#include "bench/verify.h"

enum { FILE_MAX = 65536 };

struct list {
	bool verify, netem, json;
	uint64_t seed;
	const char *congestion, *file;
	int worst; /* exit code */
	int (*each)(const struct list *l, const struct link_spec *link);
};

static int usage(void)
{
	fprintf(stderr, "usage: oriel-bench links [--verify|--netem] "
			"[--json] [--seed=N] [--congestion=NAME] [--file=FILE] "
			"[LINK...]\n");
	return 2;
}

static void show_way(const char *name, const struct shaper_config *w)
{
	printf(",\"%s\":{\"bits_a_second\":%llu,\"delay_us\":%llu,"
	       "\"jitter_us\":%llu,\"loss\":%g,\"reorder\":%g,"
	       "\"gemodel\":[%g,%g,%g,%g],\"queue_bytes\":%llu}",
			name, (unsigned long long)w->rate,
			(unsigned long long)w->delay_us,
			(unsigned long long)w->jitter_us, w->loss, w->reorder,
			w->ge_p, w->ge_r, w->ge_bad, w->ge_good,
			(unsigned long long)w->queue_bytes);
}

/* What is described consists of characters that need no escaping. */
static void show_json(const struct link_spec *link, const char *text)
{
	printf("{\"link\":\"%s\",\"description\":\"%s\",\"rtt_ms\":%.3f",
			link->name, text, (double)link_rtt_us(link) / 1e3);
	show_way("down", &link->way[LINK_DOWN]);
	show_way("up", &link->way[LINK_UP]);
	printf(",\"steps\":%zu,\"flow\":%s,\"netem\":%s}\n", link->n_steps,
			link->flow ? "true" : "false",
			link->netem ? "true" : "false");
}

static int show(const struct list *l, const struct link_spec *link)
{
	char text[1024];
	(void)link_describe(link, text, sizeof(text));
	if (l->json)
		show_json(link, text);
	else
		printf("%-8s %s\n", link->name, text);
	return 0;
}

static int verify(const struct list *l, const struct link_spec *link)
{
	char why[256];
	int err = verify_link(link, l->seed, l->congestion, l->json, why,
			sizeof(why));
	if (err < 0)
		fprintf(stderr, "oriel-bench: %s: %s\n", link->name, why);
	return err;
}

static void print_command(const struct shaper_config *way, const char *when,
		enum link_way which, bool change)
{
	static const char *const sides[] = { "server", "client" };
	struct link_command c;
	link_netem(&c, way, NETNS_DEVICE, change);
	printf("%s\t%s:", when, sides[which]);
	for (int i = 0; i < c.argc; i++)
		printf(" %s", c.argv[i]);
	putchar('\n');
}

static int netem(const struct list *l, const struct link_spec *link)
{
	char when[64];
	(void)l;
	printf("# %s: %s\n", link->name, link->text);
	for (unsigned i = 0; i < LINK_WAYS; i++)
		print_command(&link->way[i], "0 s", i, false);
	for (size_t i = 0; i < link->n_steps; i++) {
		snprintf(when, sizeof(when), "%.3f s",
				(double)link->steps[i].at_ms / 1e3);
		for (unsigned k = 0; k < LINK_WAYS; k++)
			print_command(&link->steps[i].way[k], when, k, true);
	}
	return 0;
}

/* One that is wrong does not end it, one that cannot be made does. */
static int each(void *user, const struct link_spec *link)
{
	struct list *l = user;
	int err = l->each(l, link);
	l->worst = err ? 1 : l->worst;
	return err < 0 ? err : 0;
}

static int from_text(struct list *l, const char *text)
{
	struct link_spec link;
	char why[256];
	if (link_parse(&link, text, why, sizeof(why)) < 0) {
		fprintf(stderr, "oriel-bench: %s\n", why);
		return 2;
	}
	return each(l, &link);
}

static int from_file(struct list *l)
{
	static char text[FILE_MAX];
	char why[256] = "";
	FILE *f = fopen(l->file, "r");
	if (!f) {
		perror(l->file);
		return 2;
	}
	size_t n = fread(text, 1, sizeof(text), f);
	bool whole = feof(f) && !ferror(f);
	fclose(f);
	if (!whole) {
		fprintf(stderr, "oriel-bench: %s: not a file of links\n",
				l->file);
		return 2;
	}
	int err = link_parse_file(text, n, each, l, why, sizeof(why));
	if (why[0]) {
		fprintf(stderr, "oriel-bench: %s: %s\n", l->file, why);
		return 2;
	}
	return err;
}

static bool option(struct list *l, const char *text)
{
	char *end;
	if (strcmp(text, "--verify") == 0 || strcmp(text, "--netem") == 0) {
		l->verify |= text[2] == 'v';
		l->netem |= text[2] == 'n';
		return !(l->verify && l->netem);
	}
	if (strcmp(text, "--json") == 0) {
		l->json = true;
		return true;
	}
	if (strncmp(text, "--seed=", 7) == 0) {
		l->seed = strtoull(text + 7, &end, 0);
		return text[7] && !*end;
	}
	if (strncmp(text, "--congestion=", 13) == 0) {
		l->congestion = text + 13;
		return text[13] && strlen(text + 13) < 16;
	}
	l->file = strncmp(text, "--file=", 7) == 0 ? text + 7 : NULL;
	return l->file != NULL;
}

int bench_links(int argc, char **argv)
{
	struct list l = { .seed = 1, .congestion = "cubic" };
	int i = 1;
	for (; i < argc && argv[i][0] == '-'; i++)
		if (!option(&l, argv[i])) {
			fprintf(stderr, "oriel-bench: links %s? ", argv[i]);
			return usage();
		}
	l.each = l.verify ? verify : l.netem ? netem : show;
	if ((l.file && i < argc) || (l.netem && l.json))
		return usage();
	if (l.verify && !l.json)
		verify_heading();
	int err = l.file ? from_file(&l) : 0;
	for (int k = i; k < argc && !err; k++)
		err = from_text(&l, argv[k]);
	const struct link_name *n = link_names;
	for (; !l.file && i == argc && n->name && !err; n++)
		err = from_text(&l, n->name);
	return err > 0 ? err : l.worst;
}

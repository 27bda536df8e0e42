/*
 * fuzz_links.c - any bytes as the description of a link and as a file of
 * links: a sentence, or a link whose values are all in bounds and which both
 * the emulator and tc can be told.
 */
#include <stdlib.h>
#include <string.h>

#include "bench/links.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is)
{
	if (!is)
		abort();
}

static void share(double x)
{
	must(x >= 0 && x <= 1);
}

static void check_way(const struct shaper_config *w)
{
	struct link_command c;
	must(!w->rate || (w->rate >= 1000 && w->rate <= 100000000000));
	must(w->delay_us <= 60000000 && w->jitter_us <= w->delay_us);
	must(!w->queue_bytes || w->queue_bytes >= 3000);
	share(w->loss);
	share(w->reorder);
	share(w->ge_p);
	share(w->ge_r);
	share(w->ge_bad);
	share(w->ge_good);
	link_netem(&c, w, "oriel0", false);
	must(c.argc > 8 && c.argc <= LINK_ARGS && !c.argv[c.argc]);
	for (int i = 0; i < c.argc; i++)
		must(c.argv[i][0] && strlen(c.argv[i]) < LINK_ARG - 1);
}

static int check(void *user, const struct link_spec *l)
{
	char text[256];
	(void)user;
	must(l->name[0] && memchr(l->name, 0, sizeof(l->name)));
	must(memchr(l->text, 0, sizeof(l->text)) && l->n_steps <= LINK_STEPS);
	for (unsigned i = 0; i < LINK_WAYS; i++)
		check_way(&l->way[i]);
	for (size_t i = 0; i < l->n_steps; i++) {
		must(!i || l->steps[i].at_ms > l->steps[i - 1].at_ms);
		must(l->steps[i].at_ms <= 3660000);
		for (unsigned k = 0; k < LINK_WAYS; k++)
			check_way(&l->steps[i].way[k]);
	}
	must(link_describe(l, text, sizeof(text)) == strlen(text));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct link_spec link;
	char why[160] = "", *text = malloc(size + 1);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	if (link_parse(&link, text, why, sizeof(why)) == 0)
		(void)check(NULL, &link);
	else
		must(why[0] && memchr(why, 0, sizeof(why)));
	free(text);
	why[0] = 0;
	if (link_parse_file((const char *)data, size, check, NULL, why,
			    sizeof(why)) != 0)
		must(strncmp(why, "line ", 5) == 0);
	return 0;
}

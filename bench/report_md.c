/*
 * report_md.c - the report's tables as Markdown.
 */
#include <math.h>
#include <string.h>

#include "bench/report.h"

enum { CELL = 160, CONDITIONS = 960 };

static void table(FILE *out, const struct group *g)
{
	fputs("| peer |", out);
	for (size_t i = 0; i < n_figures; i++)
		if (!figures[i].detail && report_has(g, &figures[i]))
			fprintf(out, " %s %s |", figures[i].name,
					figures[i].unit);
	fputs("\n|---|", out);
	for (size_t i = 0; i < n_figures; i++)
		if (!figures[i].detail && report_has(g, &figures[i]))
			fputs("---:|", out);
	putc('\n', out);
	for (size_t k = 0; k < g->n; k++) {
		const struct row *row = &g->rows[k];
		fprintf(out, "| %s |", row->label);
		if (!row->n)
			fprintf(out, " %s |", row->error ? row->error : "-");
		for (size_t i = 0; row->n && i < n_figures; i++) {
			char text[CELL];
			struct spread s = report_spread(row, &figures[i]);
			if (figures[i].detail || !report_has(g, &figures[i]))
				continue;
			report_cell(text, sizeof(text), &s, &figures[i]);
			fprintf(out, " %s", text);
			struct spread b = g->base ? report_spread(g->base,
								    &figures[i])
						  : s;
			if (!i && row != g->base && b.median > 0)
				fprintf(out, " \xc3\x97%.1f",
						s.median / b.median);
			fputs(" |", out);
		}
		putc('\n', out);
	}
	putc('\n', out);
}

int report_markdown(FILE *out, const struct report *r)
{
	for (size_t i = 0; i < r->n_machines; i++)
		fprintf(out, "%s%s\n", i ? "; " : "", r->machines[i]);
	if (r->n_machines > 1)
		fputs("\n**Runs of different machines: times and CPU cannot be "
		      "compared between them.**\n",
				out);
	if (r->disturbed)
		fprintf(out,
				"\n**%zu runs were disturbed: their times do "
				"not "
				"stand.**\n",
				r->disturbed);
	for (size_t i = 0; i < r->n_groups; i++) {
		const struct result *f = r->groups[i].first;
		char conditions[CONDITIONS];
		report_conditions(conditions, sizeof(conditions), f);
		fprintf(out, "\n### %s: %s (%s), %s, %s\n\n", f->trace, f->link,
				f->link_text, f->cc, conditions);
		table(out, &r->groups[i]);
	}
	report_density_markdown(out, r);
	return fflush(out) || ferror(out) ? -1 : 0;
}

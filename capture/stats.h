/*
 * stats.h - what the server has done, summed over its peers, as text.
 *
 * The JSON keys are stable: bench scripts and the project's own tests read
 * them. New ones may be added, none ever changes meaning.
 */
#ifndef ORL_STATS_H
#define ORL_STATS_H

#include "capture/capture.h"

enum { ORL_STATS_TEXT = 16384 }; /* room for either form */

/* Counters are sums, times the worst, `exact` holds for all. */
struct orl_tally {
	struct oriel_stats sum;
	uint32_t count;
};

struct orl_report {
	struct orl_tally gone, here; /* peers that have left, and the others */
	uint64_t start, now;
	struct orl_source_cpu source;
	struct orl_source_counts counts;
	uint64_t cpu_user, cpu_sys; /* of the process, source included, ns */
	uint64_t max_rss;           /* bytes */
	bool final;
};

void orl_tally_add(struct orl_tally *tally, const struct oriel_stats *stats);

/* Fill in cpu_user, cpu_sys, max_rss and now. */
void orl_report_process(struct orl_report *report);

/* One line and its newline into out[size]. Returns its length. */
size_t orl_report_json(const struct orl_report *report, char *out, size_t size);
/* The text exposition format 0.0.4. */
size_t orl_report_metrics(
		const struct orl_report *report, char *out, size_t size);

#endif

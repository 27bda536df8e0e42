/*
 * stats.c - sum the peers' statistics and print them.
 *
 * Counters of peers that have left are kept, so that no number ever goes
 * down. What describes a moment (latency, exact) is that of the peers that
 * are here; after the last has left, of those that were.
 */
#include "capture/stats.h"

#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>

static const char *const channels[ORIEL_STAT_CHANNELS] = { "control", "sound",
	"cursor", "display", "usb", "clipboard", "print" };

struct text {
	char *p;
	size_t n, size;
};

static void __attribute__((format(printf, 2, 3)))
put(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->p + t->n, t->size - t->n, format, args);
	va_end(args);
	if (n > 0)
		t->n += (size_t)n < t->size - t->n ? (size_t)n
						   : t->size - t->n - 1;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void add_counters(struct oriel_stats *sum, const struct oriel_stats *s)
{
	sum->bytes_in += s->bytes_in;
	sum->bytes_out += s->bytes_out;
	for (int i = 0; i < ORIEL_STAT_CHANNELS; i++) {
		sum->channel_in[i] += s->channel_in[i];
		sum->channel_out[i] += s->channel_out[i];
	}
	sum->updates += s->updates;
	sum->frames_shown += s->frames_shown;
	sum->frames_skipped += s->frames_skipped;
	sum->skipped_link += s->skipped_link;
	sum->skipped_client += s->skipped_client;
	sum->codec_time += s->codec_time;
	sum->codec_cells += s->codec_cells;
	for (int i = 0; i < ORIEL_STAT_DECISIONS; i++)
		sum->decisions[i] += s->decisions[i];
	sum->copied_bytes += s->copied_bytes;
	sum->checks += s->checks;
	sum->resets += s->resets;
}

void orl_tally_add(struct orl_tally *tally, const struct oriel_stats *stats)
{
	struct oriel_stats *sum = &tally->sum;
	bool first = tally->count++ == 0;

	add_counters(sum, stats);
	sum->rtt = most(sum->rtt, stats->rtt);
	sum->min_rtt = most(sum->min_rtt, stats->min_rtt);
	sum->bandwidth += stats->bandwidth;
	sum->latency_p50 = most(sum->latency_p50, stats->latency_p50);
	sum->latency_p95 = most(sum->latency_p95, stats->latency_p95);
	sum->latency_p99 = most(sum->latency_p99, stats->latency_p99);
	sum->exact = (first || sum->exact) && stats->exact;
	if (first)
		sum->lossless_after = stats->lossless_after;
	else if (!sum->lossless_after || !stats->lossless_after)
		sum->lossless_after = 0;
	else
		sum->lossless_after = most(
				sum->lossless_after, stats->lossless_after);
	memcpy(sum->congestion, stats->congestion, sizeof(sum->congestion));
	sum->congestion[sizeof(sum->congestion) - 1] = 0;
}

/* Counters of all; the moment of those that are here, if any are. */
static void total(struct oriel_stats *out, const struct orl_report *report)
{
	if (report->here.count) {
		*out = report->here.sum;
		add_counters(out, &report->gone.sum);
	} else {
		*out = report->gone.sum;
	}
}

static uint64_t ns_of(struct timeval tv)
{
	return (uint64_t)tv.tv_sec * ORL_SEC + (uint64_t)tv.tv_usec * 1000;
}

void orl_report_process(struct orl_report *report)
{
	struct rusage usage = { .ru_maxrss = 0 };

	getrusage(RUSAGE_SELF, &usage);
	report->cpu_user = ns_of(usage.ru_utime);
	report->cpu_sys = ns_of(usage.ru_stime);
	report->max_rss = (uint64_t)usage.ru_maxrss * 1024;
	report->now = orl_now();
}

static double seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

static double ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

/*
 * What is the server's of the process's time. The kernel samples how that is
 * divided, the source is measured: what is more than the one has of it comes
 * off the other, so that the sum is right.
 */
static void own_cpu(const struct orl_report *r, uint64_t *user, uint64_t *sys)
{
	uint64_t over_user = r->source.user, over_sys = r->source.sys;

	*user = r->cpu_user - least(r->cpu_user, over_user);
	*sys = r->cpu_sys - least(r->cpu_sys, over_sys);
	over_user -= least(r->cpu_user, over_user);
	over_sys -= least(r->cpu_sys, over_sys);
	*user -= least(*user, over_sys);
	*sys -= least(*sys, over_user);
}

static void put_channels(struct text *t, const char *key,
		const uint64_t values[static ORIEL_STAT_CHANNELS],
		const uint64_t *more)
{
	put(t, "\"%s\":{", key);
	for (int i = 0; i < ORIEL_STAT_CHANNELS; i++)
		put(t, "%s\"%s\":%llu", i ? "," : "", channels[i],
				(unsigned long long)(values[i] +
						     (more ? more[i] : 0)));
	put(t, "},");
}

static const char *const decisions[ORIEL_STAT_DECISIONS] = {
	[ORIEL_DECISION_FLAT] = "flat",
	[ORIEL_DECISION_COLOURS] = "colours",
	[ORIEL_DECISION_FORETOLD] = "foretold",
	[ORIEL_DECISION_STROKES] = "strokes",
	[ORIEL_DECISION_BESIDE] = "beside",
	[ORIEL_DECISION_HISTORY] = "history",
	[ORIEL_DECISION_PICTURE] = "picture",
	[ORIEL_DECISION_LARGE] = "large",
	[ORIEL_DECISION_AGAIN] = "again",
	[ORIEL_DECISION_SHARPER] = "sharper",
};

static void put_decisions(struct text *t, const struct oriel_stats *s)
{
	const char *comma = "";

	put(t, "\"decisions\":{");
	for (int i = 0; i < ORIEL_STAT_DECISIONS; i++) {
		if (!decisions[i])
			continue;
		put(t, "%s\"%s\":%llu", comma, decisions[i],
				(unsigned long long)s->decisions[i]);
		comma = ",";
	}
	put(t, "},");
}

#define U(value) ((unsigned long long)(value))

size_t orl_report_json(const struct orl_report *report, char *out, size_t size)
{
	const struct orl_source_cpu *source = &report->source;
	struct text t = { out, 0, size };
	uint64_t user, sys;
	struct oriel_stats s;

	total(&s, report);
	own_cpu(report, &user, &sys);
	put(&t, "{\"t\":%.3f,\"bytes_in\":%llu,\"bytes_out\":%llu,",
			seconds(report->now - report->start), U(s.bytes_in),
			U(s.bytes_out));
	put_channels(&t, "channels", s.channel_out, s.channel_in);
	put_channels(&t, "channels_in", s.channel_in, NULL);
	put(&t,
			"\"updates\":%llu,\"frames_shown\":%llu,"
			"\"frames_skipped\":%llu,\"skipped_link\":%llu,"
			"\"skipped_client\":%llu,",
			U(s.updates), U(s.frames_shown), U(s.frames_skipped),
			U(s.skipped_link), U(s.skipped_client));
	put(&t,
			"\"cpu_user_s\":%.6f,\"cpu_sys_s\":%.6f,"
			"\"source_cpu_s\":%.6f,\"source_setup_cpu_s\":%.6f,"
			"\"max_rss_bytes\":%llu,",
			seconds(user), seconds(sys),
			seconds(source->user + source->sys),
			seconds(source->setup_user + source->setup_sys),
			U(report->max_rss));
	put(&t,
			"\"source_updates\":%llu,\"source_bytes\":%llu,"
			"\"source_copied_bytes\":%llu,",
			U(report->counts.updates), U(report->counts.received),
			U(report->counts.copied));
	put(&t, "\"latency_ms\":{\"p50\":%.3f,\"p95\":%.3f,\"p99\":%.3f},",
			ms(s.latency_p50), ms(s.latency_p95),
			ms(s.latency_p99));
	put(&t, "\"exact\":%s,", s.exact ? "true" : "false");
	if (s.lossless_after)
		put(&t, "\"lossless_after_ms\":%.3f,", ms(s.lossless_after));
	else
		put(&t, "\"lossless_after_ms\":null,");
	put_decisions(&t, &s);
	put(&t,
			"\"peers\":%u,\"resets\":%llu,\"checks\":%llu,"
			"\"copied_bytes\":%llu,\"codec_s\":%.6f,"
			"\"codec_cells\":%llu,\"rtt_ms\":%.3f,\"min_rtt_ms\":%."
			"3f,"
			"\"bandwidth\":%llu,\"congestion\":\"%s\"",
			report->here.count, U(s.resets), U(s.checks),
			U(s.copied_bytes), seconds(s.codec_time),
			U(s.codec_cells), ms(s.rtt), ms(s.min_rtt),
			U(s.bandwidth), s.congestion);
	put(&t, "%s}\n", report->final ? ",\"final\":true" : "");
	return t.n;
}

static void head(struct text *t, const char *name, const char *type,
		const char *help)
{
	put(t, "# HELP oriel_%s %s\n# TYPE oriel_%s %s\n", name, help, name,
			type);
}

static void counter(struct text *t, const char *name, uint64_t value,
		const char *help)
{
	head(t, name, "counter", help);
	put(t, "oriel_%s %llu\n", name, U(value));
}

static void gauge(struct text *t, const char *name, double value,
		const char *help)
{
	head(t, name, "gauge", help);
	put(t, "oriel_%s %.9g\n", name, value);
}

static void put_moment(struct text *t, const struct orl_report *report,
		const struct oriel_stats *s)
{
	static const char *const quantiles[] = { "0.5", "0.95", "0.99" };
	const uint64_t latency[] = { s->latency_p50, s->latency_p95,
		s->latency_p99 };

	gauge(t, "peers", report->here.count, "Clients that are connected.");
	gauge(t, "exact", s->exact, "Whether all hold the exact picture.");
	gauge(t, "rtt_seconds", seconds(s->rtt), "Round trip, the worst.");
	gauge(t, "bandwidth_bytes", (double)s->bandwidth,
			"Estimated bytes a second, all clients.");
	gauge(t, "max_rss_bytes", (double)report->max_rss,
			"Most memory that was resident.");
	head(t, "latency_seconds", "gauge", "Capture to shown, the worst.");
	for (int i = 0; i < 3; i++)
		put(t, "oriel_latency_seconds{quantile=\"%s\"} %.9g\n",
				quantiles[i], seconds(latency[i]));
}

size_t orl_report_metrics(
		const struct orl_report *report, char *out, size_t size)
{
	struct text t = { out, 0, size };
	uint64_t user, sys;
	struct oriel_stats s;

	total(&s, report);
	own_cpu(report, &user, &sys);
	put_moment(&t, report, &s);
	head(&t, "channel_bytes_total", "counter", "Bytes by channel.");
	for (int i = 0; i < ORIEL_STAT_CHANNELS; i++)
		put(&t,
				"oriel_channel_bytes_total{channel=\"%s\","
				"direction=\"in\"} %llu\n"
				"oriel_channel_bytes_total{channel=\"%s\","
				"direction=\"out\"} %llu\n",
				channels[i], U(s.channel_in[i]), channels[i],
				U(s.channel_out[i]));
	counter(&t, "bytes_in_total", s.bytes_in, "Bytes received.");
	counter(&t, "bytes_out_total", s.bytes_out, "Bytes sent.");
	counter(&t, "updates_total", s.updates, "Commits sent.");
	counter(&t, "frames_shown_total", s.frames_shown, "Frames shown.");
	counter(&t, "frames_skipped_total", s.frames_skipped,
			"Frames replaced before they went.");
	counter(&t, "checks_total", s.checks, "Exactness checks.");
	counter(&t, "resets_total", s.resets, "Checks that failed.");
	counter(&t, "copied_bytes_total", s.copied_bytes, "Pixels copied.");
	head(&t, "cpu_seconds_total", "counter", "CPU time.");
	put(&t,
			"oriel_cpu_seconds_total{mode=\"user\"} %.6f\n"
			"oriel_cpu_seconds_total{mode=\"system\"} %.6f\n",
			seconds(user), seconds(sys));
	return t.n;
}

/*
 * stats.c - the statistics line. Its keys keep their meaning for ever; new
 * ones may be added. What is not known yet is null.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

#include "client/viewer/ui.h"

static const char *const channels[ORIEL_STAT_CHANNELS] = {
	"control",
	"sound",
	"cursor",
	"display",
	"usb",
	"clipboard",
	"print",
};

static void put_ms(FILE *f, const char *key, uint64_t ns)
{
	if (ns)
		fprintf(f, "\"%s\":%.3f", key, (double)ns / 1e6);
	else
		fprintf(f, "\"%s\":null", key);
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* Of the viewer, and of the process that has its connection. */
static void put_usage(FILE *f, const struct orl_box_usage *more)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	fprintf(f,
			"\"cpu_user_s\":%.6f,\"cpu_sys_s\":%.6f,"
			"\"max_rss_bytes\":%" PRIu64 ",",
			seconds(u.ru_utime) + more->user_s,
			seconds(u.ru_stime) + more->system_s,
			(uint64_t)u.ru_maxrss * 1024 + more->rss);
}

static void put_channels(FILE *f, const char *key, const uint64_t *values,
		const uint64_t *more)
{
	fprintf(f, "\"%s\":{", key);
	for (int i = 0; i < ORIEL_STAT_CHANNELS; i++)
		fprintf(f, "%s\"%s\":%" PRIu64, i ? "," : "", channels[i],
				values[i] + (more ? more[i] : 0));
	fputs("},", f);
}

static void put_areas(FILE *f, const uint64_t area[static ORIEL_STAT_CODECS])
{
	static const char *const names[] = { [ORIEL_CODEC_COPY] = "copy",
		[ORIEL_CODEC_HCX] = "hcx",
		[ORIEL_CODEC_RES] = "res",
		[ORIEL_CODEC_JPEG] = "jpeg",
		[ORIEL_CODEC_VIDEO] = "video",
		[ORIEL_CODEC_PREVIEW] = "preview" };

	fputs(",\"pixels\":", f);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		fprintf(f, "%s\"%s\":%" PRIu64, i ? "," : "{", names[i],
				area[i]);
	fputc('}', f);
}

void orl_viewer_stats(struct orl_viewer *v, bool final)
{
	char quoted[ORL_JSON_SIZE(16)];
	struct oriel_stats s;
	struct orl_box_usage usage;
	FILE *f = v->stats;
	orl_box_refresh(v->box);
	orl_box_stats(v->box, &s, &usage);
	fprintf(f,
			"{\"t\":%.3f,\"bytes_in\":%" PRIu64
			",\"bytes_out\":%" PRIu64 ",",
			(double)(orl_viewer_now() - v->start) / 1e9, s.bytes_in,
			s.bytes_out);
	put_channels(f, "channels", s.channel_in, s.channel_out);
	put_channels(f, "channels_in", s.channel_in, NULL);
	fprintf(f,
			"\"updates\":%" PRIu64 ",\"frames_shown\":%" PRIu64
			",\"frames_skipped\":%" PRIu64 ",",
			s.updates, s.frames_shown, s.frames_skipped);
	put_usage(f, &usage);
	fputs("\"latency_ms\":{", f);
	put_ms(f, "p50", s.latency_p50);
	fputc(',', f);
	put_ms(f, "p95", s.latency_p95);
	fputc(',', f);
	put_ms(f, "p99", s.latency_p99);
	fprintf(f, "},\"exact\":%s,", s.exact ? "true" : "false");
	put_ms(f, "lossless_after_ms", s.lossless_after);
	fprintf(f, ",\"checks\":%" PRIu64 ",\"resets\":%" PRIu64 ",", s.checks,
			s.resets);
	put_ms(f, "rtt_ms", s.rtt);
	fputc(',', f);
	put_ms(f, "input_ms", s.input_p50);
	fprintf(f, ",\"rate\":%" PRIu64 ",\"codec_s\":%.6f,\"congestion\":%s",
			s.bandwidth, (double)s.codec_time / 1e9,
			orl_json_quote(quoted, sizeof(quoted), s.congestion));
	put_areas(f, s.codec_area);
	fputs(",\"sound\":{", f);
	put_ms(f, "delay_ms", s.sound_delay);
	fputc(',', f);
	put_ms(f, "store_ms", s.sound_store);
	fprintf(f,
			",\"packets\":%" PRIu64 ",\"concealed_ms\":%" PRIu64
			",\"gaps\":%" PRIu64 ",\"skipped_ms\":%" PRIu64
			",\"drift_ppm\":%" PRId64 ",\"starved\":%u}",
			s.sound_packets, s.sound_concealed / 48, s.sound_gaps,
			s.sound_skipped / 48, s.sound_drift,
			orl_box_starved(v->box));
	fputs(final ? ",\"final\":true}\n" : "}\n", f);
	fflush(f);
}

/* What was decoded since the last time, unless that is nothing. */
static void note_areas(struct orl_viewer *v, const struct oriel_stats *s)
{
	uint64_t now[ORIEL_STAT_CODECS], all = 0;
	for (int i = 0; i < ORIEL_STAT_CODECS; i++) {
		uint64_t before = v->facts_area[i];
		now[i] = s->codec_area[i] -
			 (s->codec_area[i] < before ? 0 : before);
		all += now[i];
	}
	memcpy(v->facts_area, s->codec_area, sizeof(v->facts_area));
	if (all)
		memcpy(v->facts_areas, now, sizeof(now));
}

void orl_viewer_facts(struct orl_viewer *v, uint64_t now)
{
	struct orl_facts_of f = { .stats.size = sizeof(f.stats) };
	orl_box_stats(v->box, &f.stats, NULL);
	if (now >= v->next_facts) {
		if (f.stats.bytes_in < v->facts_bytes ||
				f.stats.updates < v->facts_updates)
			v->facts_bytes = v->facts_updates = 0;
		double passed = (double)(now - v->facts_time) / 1e9;
		v->facts_byte_rate =
				(uint64_t)((double)(f.stats.bytes_in -
							   v->facts_bytes) /
						passed);
		v->facts_update_rate =
				(uint64_t)((double)(f.stats.updates -
							   v->facts_updates) /
								passed +
						0.5);
		note_areas(v, &f.stats);
		v->facts_bytes = f.stats.bytes_in;
		v->facts_updates = f.stats.updates;
		v->facts_time = now;
		v->next_facts = now + 1000000000;
	}
	f.bytes_in_1s = v->facts_byte_rate;
	f.updates_1s = v->facts_update_rate;
	f.locks = v->locks;
	memcpy(f.area, v->facts_areas, sizeof(f.area));
	f.local = strncmp(v->options.address, "unix:", 5) == 0;
	for (int i = 0; i < ORL_SCREENS_MAX && f.screens < 4; i++) {
		const struct orl_remote *s = v->screens[i];
		if (!s)
			continue;
		snprintf(f.screen_name[f.screens], sizeof(f.screen_name[0]),
				"%s", orl_remote_name(s));
		f.exact[f.screens++] = orl_remote_is_exact(s);
	}
	orl_ui_facts(v->ui, &f);
}

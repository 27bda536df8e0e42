/*
 * overlay.c - statistics in words, for the corner of a window. The rows are
 * always the same, so that the panel keeps its size.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/viewer/dialogs.h"
#include "client/viewer/text.h"

__attribute__((format(printf, 4, 5))) static void fact(struct orl_facts *f,
		const char *name, bool good, const char *format, ...)
{
	va_list args;
	if (f->n == ORL_FACTS)
		return;
	snprintf(f->name[f->n], ORL_FACT, "%s", orl_text(name));
	va_start(args, format);
	vsnprintf(f->value[f->n], ORL_FACT, format, args);
	va_end(args);
	f->good[f->n++] = good;
}

static const char *ms(char out[static 24], uint64_t ns)
{
	if (ns)
		snprintf(out, 24, "%.1f ms", (double)ns / 1e6);
	else
		snprintf(out, 24, "\u2013");
	return out;
}

static const char *rate(char out[static 24], uint64_t bytes)
{
	double bits = (double)bytes * 8;
	if (bits >= 1e6)
		snprintf(out, 24, "%.1f Mbit/s", bits / 1e6);
	else
		snprintf(out, 24, "%.0f kbit/s", bits / 1e3);
	return out;
}

static void facts_of_link(struct orl_facts *f, const struct orl_facts_of *from)
{
	const struct oriel_stats *s = &from->stats;
	char a[24], b[24];
	fact(f, "Receiving", false, _("%s, %" PRIu64 " updates/s"),
			rate(a, from->bytes_in_1s), from->updates_1s);
	fact(f, "Link", false, _("%s, %s round trip"),
			s->bandwidth ? rate(a, s->bandwidth) : "\u2013",
			ms(b, s->rtt));
	if (from->local)
		fact(f, "Transport", false, "%s", _("local socket"));
	else
		fact(f, "Transport", false, "TCP, TLS 1.3, %s",
				s->congestion[0] ? s->congestion : "\u2013");
}

static const char *locks(uint32_t on)
{
	static const char *const names[8] = { N_("none"), "Caps", "Num",
		"Caps, Num", "Scroll", "Caps, Scroll", "Num, Scroll",
		"Caps, Num, Scroll" };
	return orl_text(names[on & 7]);
}

static void fact_of_codecs(struct orl_facts *f, const struct orl_facts_of *from)
{
	static const char *const names[] = {
		[ORIEL_CODEC_HCX] = "HCX",
		[ORIEL_CODEC_RES] = "RES",
		[ORIEL_CODEC_COPY] = N_("moved"),
		[ORIEL_CODEC_JPEG] = "JPEG",
		[ORIEL_CODEC_PREVIEW] = N_("preview"),
	};
	char text[ORL_FACT] = "";
	uint64_t all = 0;
	size_t n = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		all += from->area[i];
	for (size_t i = 0; all && i < sizeof(names) / sizeof(*names); i++) {
		uint64_t percent = (from->area[i] * 100 + all / 2) / all;
		if (from->area[i] && n < sizeof(text))
			n += (size_t)snprintf(text + n, sizeof(text) - n,
					"%s%s %" PRIu64 " %%", n ? ", " : "",
					orl_text(names[i]), percent);
	}
	fact(f, "Coded by area", false, "%s", all ? text : "\u2013");
}

/* What was shown before it was exact, since the beginning. */
static void fact_of_lossy(struct orl_facts *f, const struct oriel_stats *s)
{
	const uint64_t *cells = s->decisions;
	uint64_t large = cells[ORIEL_DECISION_LARGE];
	uint64_t again = cells[ORIEL_DECISION_AGAIN];
	uint64_t all = large + again;

	if (all)
		fact(f, "Lossy at first", false,
				_("large changes %" PRIu64
				  " %%, frequent ones %" PRIu64 " %%"),
				(large * 100 + all / 2) / all,
				(again * 100 + all / 2) / all);
}

void orl_facts_make(struct orl_facts *out, const struct orl_facts_of *from)
{
	const struct oriel_stats *s = &from->stats;
	char a[24], b[24];
	out->n = 0;
	fact(out, "Capture to glass", false, "%s, p99 %s",
			ms(a, s->latency_p50), ms(b, s->latency_p99));
	fact(out, "Input to picture", false, "%s", ms(a, s->input_p50));
	facts_of_link(out, from);
	fact_of_codecs(out, from);
	fact_of_lossy(out, s);
	fact(out, "Frames shown", false, "%" PRIu64, s->frames_shown);
	fact(out, "Frames skipped", false,
			_("%" PRIu64 " (link %" PRIu64 ", viewer %" PRIu64 ")"),
			s->frames_skipped, s->skipped_link, s->skipped_client);
	fact(out, "Checks", false, _("%" PRIu64 ", %" PRIu64 " failed"),
			s->checks, s->resets);
	if (s->sound_packets) {
		/* From capture to the device. */
		fact(out, "Sound delay", false, _("%s, speed %+d ppm"),
				ms(a, s->sound_delay), (int)s->sound_drift);
		fact(out, "Sound made up", false, _("%s, %" PRIu64 " gaps"),
				ms(a, s->sound_concealed * 1000000 / 48),
				s->sound_gaps);
	}
	fact(out, "Lock keys", false, "%s", locks(from->locks));
	for (int i = 0; i < from->screens && i < 4; i++) {
		char name[48];
		snprintf(name, sizeof(name), "%s%s%s", _("Picture"),
				from->screens > 1 ? " " : "",
				from->screens > 1 ? from->screen_name[i] : "");
		fact(out, name, from->exact[i], "%s",
				from->exact[i] ? _("exact")
					       : _("not exact yet"));
	}
}

void orl_overlay(const struct orl_facts *facts, struct orl_panel *p)
{
	p->y = 12 * p->scale;
	for (int i = 0; i < facts->n; i++)
		orl_panel_fact(p, facts->name[i], facts->value[i],
				facts->good[i]);
	p->y += 2 * p->scale;
}

/*
 * density.c - oriel-bench density: how many desktops one processor serves. For
 * each kind of work, and for a mix of them, more and more sessions are run
 * until they are late or the processor is full; each number of them is a line
 * in OUT/results.jsonl, and not measured again.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "bench/args.h"
#include "bench/bench.h"
#include "bench/cell.h"
#include "bench/crowd.h"
#include "bench/peers.h"
#include "bench/proc.h"
#include "bench/store.h"

enum { LIST = 16, PATH = 1024, NAME = 32 };

#define STILL "idle"

/* A kind of work: number 0 stands still, the others are traces. */
struct kind {
	const char *trace;
	char name[NAME], hash[17];
};

struct options {
	const char *traces[CROWD_WORKS];
	size_t n_traces;
	char *mix;
	uint32_t sessions[LIST];
	size_t n_sessions;
	bool one, each, json, only_mix;
	struct frames_excerpt excerpt;
	double measure, limit;
	int repeats;
	const char *out;
	char programs[PATH];
};

/* What a curve is of: a kind, or a mix. */
struct load {
	char name[RESULT_TEXT];
	double share[CROWD_WORKS];
};

struct survey {
	const struct options *o;
	struct store store;
	struct kind kind[CROWD_WORKS];
	struct crowd_work work[CROWD_WORKS];
	size_t works;
	struct load load[CROWD_WORKS + 1];
	size_t loads;
	char machine[RESULT_TEXT], version[RESULT_TEXT];
	size_t measured, known, failed;
	size_t at, most; /* of points, if no curve ends early */
};

/* ---- options */

static void usage(void)
{
	fputs("usage: oriel-bench density --trace=FILE[,FILE]... "
	      "[--mix=NAME:SHARE,... [--only-mix]]\n"
	      "           [--sessions=N,...] [--processes=one|each|both] "
	      "[--seconds=S] [--from=S]\n"
	      "           [--measure=S] [--limit=MS] [--repeats=N] "
	      "[--out=DIR] [--programs=DIR]\n"
	      "           [--json]\n",
			stdout);
}

static int too_many(const char *what)
{
	fprintf(stderr, "oriel-bench: too many of %s\n", what);
	return -1;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static int add_sessions(struct options *o, char *text)
{
	char *rest;
	double n = 0;
	for (char *word = strtok_r(text, ",", &rest); word;
			word = strtok_r(NULL, ",", &rest)) {
		if (o->n_sessions == LIST)
			return too_many("--sessions");
		if (args_number(&n, word, 1, CROWD_MAX))
			return -1;
		o->sessions[o->n_sessions++] = (uint32_t)n;
	}
	qsort(o->sessions, o->n_sessions, sizeof(*o->sessions), by_size);
	return 0;
}

static int add_traces(struct options *o, char *text)
{
	char *rest;
	for (char *name = strtok_r(text, ",", &rest); name;
			name = strtok_r(NULL, ",", &rest)) {
		if (o->n_traces == CROWD_WORKS - 1)
			return too_many("--trace");
		o->traces[o->n_traces++] = name;
	}
	return 0;
}

static int processes(struct options *o, const char *text)
{
	o->one = strcmp(text, "one") == 0 || strcmp(text, "both") == 0;
	o->each = strcmp(text, "each") == 0 || strcmp(text, "both") == 0;
	if (o->one || o->each)
		return 0;
	fprintf(stderr, "oriel-bench: --processes=%s: one, each or both\n",
			text);
	return -1;
}

static int parse_one(struct options *o, char *a)
{
	char *v;
	double n = 0;
	if ((v = args_value(a, "--trace")))
		return add_traces(o, v);
	if ((v = args_value(a, "--sessions")))
		return add_sessions(o, v);
	if ((v = args_value(a, "--processes")))
		return processes(o, v);
	if ((v = args_value(a, "--seconds")))
		return args_number(&o->excerpt.seconds, v, 0.2, 3600);
	if ((v = args_value(a, "--from")))
		return args_number(&o->excerpt.from, v, 0, 36000);
	if ((v = args_value(a, "--measure")))
		return args_number(&o->measure, v, 1, CROWD_SECONDS);
	if ((v = args_value(a, "--limit")))
		return args_number(&o->limit, v, 1, 10000);
	if ((v = args_value(a, "--repeats"))) {
		int err = args_number(&n, v, 1, 1000);
		o->repeats = (int)n;
		return err;
	}
	if ((v = args_value(a, "--mix"))) {
		o->mix = v;
		return 0;
	}
	if ((v = args_value(a, "--out"))) {
		o->out = v;
		return 0;
	}
	if ((v = args_value(a, "--programs"))) {
		snprintf(o->programs, sizeof(o->programs), "%s", v);
		return 0;
	}
	if (strcmp(a, "--json") == 0)
		o->json = true;
	else if (strcmp(a, "--only-mix") == 0)
		o->only_mix = true;
	else {
		fprintf(stderr,
				"oriel-bench: %s? see oriel-bench density "
				"--help\n",
				a);
		return -1;
	}
	return 0;
}

static int parse(struct options *o, int argc, char **argv)
{
	static const uint32_t usual[] = { 1, 5, 10, 20, 40, 60, 100 };
	*o = (struct options){ .repeats = 1,
		.measure = 10,
		.limit = 52,
		.one = true,
		.each = true,
		.out = "bench-results" };
	programs_find(o->programs, sizeof(o->programs));
	for (int i = 1; i < argc; i++)
		if (parse_one(o, argv[i]))
			return -1;
	if (!o->n_sessions) {
		memcpy(o->sessions, usual, sizeof(usual));
		o->n_sessions = sizeof(usual) / sizeof(*usual);
	}
	if (!o->n_traces || (o->only_mix && !o->mix)) {
		fprintf(stderr,
				"oriel-bench: no %s, see oriel-bench density "
				"--help\n",
				o->n_traces ? "--mix" : "--trace=FILE");
		return -1;
	}
	return 0;
}

/* ---- what is measured */

static int add_kind(struct survey *s, const char *trace)
{
	struct kind *k = &s->kind[s->works];
	struct crowd_work *w = &s->work[s->works];
	const char *slash = strrchr(trace, '/');
	k->trace = trace;
	w->still = !s->works;
	file_hash(k->hash, trace);
	if (!*k->hash) {
		fprintf(stderr, "oriel-bench: cannot read %s\n", trace);
		return -1;
	}
	snprintf(k->name, sizeof(k->name), "%.31s",
			w->still ? STILL
			: slash  ? slash + 1
				 : trace);
	k->name[strcspn(k->name, ".")] = 0;
	s->works++;
	return store_frames(&s->store, w->path, sizeof(w->path), trace, k->hash,
			&s->o->excerpt);
}

static int add_mix(struct survey *s, char *text)
{
	struct load *l = &s->load[s->loads];
	char *rest;
	double sum = 0;
	size_t n = 0;
	for (const char *p = text; *p && n + 2 < sizeof(l->name); p++) {
		l->name[n++] = *p;
		if (*p == ',') /* a line may break there */
			l->name[n++] = ' ';
	}
	for (char *word = strtok_r(text, ",", &rest); word;
			word = strtok_r(NULL, ",", &rest)) {
		size_t k = 0;
		char *colon = strchr(word, ':');
		if (colon)
			*colon = 0;
		while (k < s->works && strcmp(s->kind[k].name, word) != 0)
			k++;
		if (k == s->works) {
			fprintf(stderr,
					"oriel-bench: --mix: no trace is named "
					"%s\n",
					word);
			return -1;
		}
		if (!colon || args_number(&l->share[k], colon + 1, 0, 1e6)) {
			fprintf(stderr, "oriel-bench: --mix: say NAME:SHARE\n");
			return -1;
		}
		sum += l->share[k];
	}
	if (!(sum > 0)) {
		fprintf(stderr, "oriel-bench: --mix: of nothing\n");
		return -1;
	}
	s->loads++;
	return 0;
}

static int prepare(struct survey *s)
{
	static const char *const names[] = { "oriel-bench-host",
		"oriel-bench-sink" };
	const struct options *o = s->o;
	char path[PATH], hash[17];
	machine_name(s->machine, sizeof(s->machine));
	for (size_t i = 0; i < 2; i++) {
		programs_path(path, sizeof(path), o->programs, names[i]);
		file_hash(hash, path);
		if (!*hash || access(path, X_OK)) {
			fprintf(stderr,
					"oriel-bench: %s is not installed "
					"(make programs)\n",
					names[i]);
			return -1;
		}
		size_t n = strlen(s->version);
		snprintf(s->version + n, sizeof(s->version) - n, "%s%.8s",
				i ? "/" : "oriel-bench-host ", hash);
	}
	if (add_kind(s, o->traces[0]))
		return -1;
	for (size_t i = 0; i < o->n_traces; i++)
		if (add_kind(s, o->traces[i]))
			return -1;
	for (size_t i = 0; i < s->works && !o->only_mix; i++) {
		struct load *l = &s->load[s->loads++];
		snprintf(l->name, sizeof(l->name), "%s", s->kind[i].name);
		l->share[i] = 1;
	}
	return o->mix ? add_mix(s, o->mix) : 0;
}

static void describe(struct result *r, const struct survey *s,
		const struct load *l, bool one, uint32_t n, int repeat)
{
	const struct options *o = s->o;
	time_t now = time(NULL);
	char text[4 * RESULT_TEXT], hashes[RESULT_TEXT] = "";
	size_t used = 0;
	for (size_t k = 0; k < s->works; k++)
		if (l->share[k] > 0)
			used += (size_t)snprintf(hashes + used,
					sizeof(hashes) - used, "%s%g*%s",
					used ? " " : "", l->share[k],
					k ? s->kind[k].hash : STILL);
	snprintf(r->peer, sizeof(r->peer), "oriel-push");
	snprintf(r->version, sizeof(r->version), "%s", s->version);
	snprintf(r->settings, sizeof(r->settings), "%s",
			one ? "one process for all" : "a process for each");
	snprintf(r->trace, sizeof(r->trace), "%s", l->name);
	snprintf(r->trace_hash, sizeof(r->trace_hash), "%s", hashes);
	snprintf(r->link, sizeof(r->link), "loopback");
	snprintf(r->mode, sizeof(r->mode), "density");
	snprintf(r->machine, sizeof(r->machine), "%s", s->machine);
	(void)strftime(r->when, sizeof(r->when), "%Y-%m-%dT%H:%M:%SZ",
			gmtime(&now));
	r->method = RESULT_METHOD;
	r->repeat = repeat;
	r->from_s = o->excerpt.from;
	r->seconds = o->excerpt.seconds;
	r->sessions = n;
	r->limit_ms = o->limit;
	int length = snprintf(text, sizeof(text),
			"density|%d|%s|%s|%s|%g|%g|%g|%u|%d|%s", RESULT_METHOD,
			r->version, r->settings, r->trace_hash, r->from_s,
			r->seconds, o->measure, (unsigned)n, repeat,
			r->machine);
	size_t size = (size_t)length < sizeof(text) ? (size_t)length
						    : sizeof(text) - 1;
	snprintf(r->key, sizeof(r->key), "%016llx",
			(unsigned long long)XXH3_64bits(text, size));
}

/* ---- measuring */

static void progress(const struct survey *s, const struct result *r)
{
	fprintf(stderr, "[%zu of at most %zu] %s, %s, %.0f sessions #%.0f: ",
			s->at, s->most, r->trace, r->settings, r->sessions,
			r->repeat);
	if (*r->error)
		fprintf(stderr, "FAILED, %s", r->error);
	else
		fprintf(stderr,
				"%.2f ms CPU a second each, %.0f %% of a "
				"processor, %.1f MB each, stale "
				"%.1f/%.1f/%.1f ms",
				r->session_cpu_ms, 100 * r->server_share,
				r->session_mb, r->stale_p50_ms, r->stale_p95_ms,
				r->stale_p99_ms);
	if (*r->disturbed)
		fprintf(stderr, " [disturbed: %s]", r->disturbed);
	fputc('\n', stderr);
}

/* One number of sessions once. -1: no sense in going on. */
static int once(struct survey *s, const struct load *l, struct result *r,
		bool one)
{
	const struct result *before = store_find(&s->store, r->key);
	const struct crowd_plan plan = { .programs = s->o->programs,
		.work = s->work,
		.works = s->works,
		.share = l->share,
		.sessions = (uint32_t)r->sessions,
		.one = one,
		.seconds = s->o->measure };
	s->at++;
	if (before) {
		s->known++;
		r->stale_p95_ms = before->stale_p95_ms;
		r->server_share = before->server_share;
		return 0;
	}
	(void)crowd_run(r, &plan);
	if (bench_interrupted)
		return -1;
	s->measured++;
	s->failed += *r->error != 0;
	progress(s, r);
	return store_save(&s->store, r);
}

/* More and more, until there is no more to learn. */
static int curve(struct survey *s, const struct load *l, bool one)
{
	const struct options *o = s->o;
	bool full = false;
	for (size_t i = 0; i < o->n_sessions && !full; i++) {
		int late = 0;
		for (int repeat = 1; repeat <= o->repeats; repeat++) {
			struct result r;
			result_init(&r);
			describe(&r, s, l, one, o->sessions[i], repeat);
			int err = once(s, l, &r, one);
			late += *r.error || r.stale_p95_ms > o->limit ||
				r.server_share > 0.97;
			result_fini(&r);
			if (err)
				return -1;
		}
		full = 2 * late > o->repeats;
		if (full)
			s->most -= (o->n_sessions - i - 1) * (size_t)o->repeats;
	}
	return 0;
}

static int all(struct survey *s)
{
	s->most = s->loads * ((size_t)s->o->one + s->o->each) *
		  s->o->n_sessions * (size_t)s->o->repeats;
	for (size_t i = 0; i < s->loads; i++)
		for (int each = 0; each < 2; each++)
			if ((each ? s->o->each : s->o->one) &&
					curve(s, &s->load[i], !each))
				return -1;
	return 0;
}

int bench_density(int argc, char **argv)
{
	static struct options o;
	struct survey *s = calloc(1, sizeof(*s));
	int code = 2;
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		usage();
		code = 0;
		goto done;
	}
	if (!s || parse(&o, argc, argv))
		goto done;
	bench_catch_signals();
	s->o = &o;
	code = 1;
	if (store_open(&s->store, o.out, o.json) || prepare(s))
		goto done;
	if (!all(s))
		code = s->failed ? 1 : 0;
	if (s->known)
		fprintf(stderr,
				"oriel-bench: %zu of %zu measurements were in "
				"%s already\n",
				s->known, s->known + s->measured, o.out);
	if (s->failed)
		fprintf(stderr, "oriel-bench: %zu measurements failed\n",
				s->failed);
	if (bench_interrupted)
		fprintf(stderr, "oriel-bench: interrupted; the same command "
				"goes on from here\n");
done:
	if (s) {
		for (size_t i = 0; i < s->works; i++)
			unlink(s->work[i].path);
		store_close(&s->store);
	}
	free(s);
	return code;
}

/*
 * run.c - oriel-bench run: measures every combination of peers, traces, links
 * and congestion controls that is asked for, peers interleaved, and appends a
 * line of JSON for each to OUT/results.jsonl. What is there already is not
 * measured again: a run that was interrupted goes on where it was.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/args.h"
#include "bench/bench.h"
#include "bench/cell.h"
#include "bench/proc.h"
#include "bench/selftest.h"
#include "bench/stage.h"
#include "bench/store.h"

enum { LIST = 32, PATH = 1024 };

struct options {
	const char *traces[LIST]; /* and sessions */
	bool live[LIST];          /* which of them are that */
	struct link_spec links[LIST];
	const struct peer *peers[LIST];
	const char *cc[LIST];
	size_t n_traces, n_links, n_peers, n_cc;
	struct frames_excerpt excerpt;
	int repeats;
	double tail;
	bool slow_motion, json, self_test, cold;
	int width, height; /* of live sessions */
	const char *out;
	char programs[PATH];
};

struct matrix {
	const struct options *o;
	struct store store;
	char machine[RESULT_TEXT];
	char versions[LIST][RESULT_TEXT];
	char missing[LIST][RESULT_TEXT]; /* "" when the peer is there */
	bool warm[LIST];
	char hashes[LIST][17];
	struct frames frames; /* of `trace` */
	size_t trace;
	char frames_path[PATH];
	size_t total, at, measured, failed, known; /* from before */
	size_t left;
	double spent; /* seconds, for those measured */
};

/* One combination, by index. */
struct choice {
	size_t trace, link, cc, peer;
	int repeat;
};

/* ---- options */

static void usage(void)
{
	fputs("usage: oriel-bench run --trace=FILE[,FILE]|--session=FILE.sh "
	      "[--link=LINK]...\n"
	      "           [--peer=NAME,...] [--size=WxH]\n"
	      "           [--cc=cubic|bbr,...] [--repeats=N] [--seconds=S] "
	      "[--from=S] [--out=DIR]\n"
	      "           [--slow-motion] [--tail=S] [--programs=DIR] [--cold] "
	      "[--json]\n"
	      "       oriel-bench run --self-test --trace=FILE\n"
	      "       oriel-bench run --list\n",
			stdout);
}

static int list_all(void)
{
	puts("peers:");
	for (const struct peer *p = peers; p->name; p++)
		printf("  %-18s %s\n      server %s\n      client %s\n",
				p->name, p->about, p->server, p->client);
	puts("links:");
	for (const struct link_name *l = link_names; l->name; l++)
		printf("  %-18s %s\n      %s\n", l->name, l->about, l->text);
	return 0;
}

static int add_link(struct options *o, const char *text)
{
	char why[200];
	if (o->n_links == LIST || link_parse(&o->links[o->n_links], text, why,
						  sizeof(why))) {
		fprintf(stderr, "oriel-bench: --link=%s: %s\n", text,
				o->n_links == LIST ? "too many" : why);
		return -1;
	}
	o->n_links++;
	return 0;
}

static bool is_link_name(const char *text, size_t n)
{
	for (const struct link_name *l = link_names; l->name; l++)
		if (strlen(l->name) == n && memcmp(l->name, text, n) == 0)
			return true;
	return false;
}

/* Names with commas between them, or one description. */
static int add_links(struct options *o, char *text)
{
	char *rest;
	for (const char *p = text; *p; p += p[strcspn(p, ",")] != 0) {
		size_t n = strcspn(p, ",");
		if (!is_link_name(p, n))
			return add_link(o, text);
		p += n;
		if (!*p)
			break;
	}
	for (char *name = strtok_r(text, ",", &rest); name;
			name = strtok_r(NULL, ",", &rest))
		if (add_link(o, name))
			return -1;
	return 0;
}

static int add_list(struct options *o, char *text, char kind)
{
	char *rest;
	for (char *name = strtok_r(text, ",", &rest); name;
			name = strtok_r(NULL, ",", &rest)) {
		bool work = kind == 't' || kind == 's';
		size_t *n = work          ? &o->n_traces
			    : kind == 'p' ? &o->n_peers
					  : &o->n_cc;
		if (*n == LIST) {
			fprintf(stderr, "oriel-bench: too many of %s\n", name);
			return -1;
		}
		if (work) {
			o->traces[*n] = name;
			o->live[*n] = kind == 's';
		} else if (kind == 'c') {
			o->cc[*n] = name;
		} else if (!(o->peers[*n] = peer_find(name))) {
			fprintf(stderr,
					"oriel-bench: no peer %s, see "
					"oriel-bench run --list\n",
					name);
			return -1;
		}
		++*n;
	}
	return 0;
}

static int size(struct options *o, const char *text)
{
	int used = 0;
	if (sscanf(text, "%4dx%4d%n", &o->width, &o->height, &used) == 2 &&
			!text[used] && o->width >= 320 && o->height >= 200)
		return 0;
	fprintf(stderr, "oriel-bench: --size=%s: say 1280x720\n", text);
	return -1;
}

static int parse_one(struct options *o, char *a)
{
	char *v;
	double n = 0;
	if ((v = args_value(a, "--trace")))
		return add_list(o, v, 't');
	if ((v = args_value(a, "--session")))
		return add_list(o, v, 's');
	if ((v = args_value(a, "--size")))
		return size(o, v);
	if ((v = args_value(a, "--peer")))
		return add_list(o, v, 'p');
	if ((v = args_value(a, "--cc")))
		return add_list(o, v, 'c');
	if ((v = args_value(a, "--link")))
		return add_links(o, v);
	if ((v = args_value(a, "--seconds")))
		return args_number(&o->excerpt.seconds, v, 0.2, 3600);
	if ((v = args_value(a, "--from")))
		return args_number(&o->excerpt.from, v, 0, 36000);
	if ((v = args_value(a, "--tail")))
		return args_number(&o->tail, v, 2, 600);
	if ((v = args_value(a, "--repeats"))) {
		int err = args_number(&n, v, 1, 1000);
		o->repeats = (int)n;
		return err;
	}
	if ((v = args_value(a, "--out"))) {
		o->out = v;
		return 0;
	}
	if ((v = args_value(a, "--programs"))) {
		snprintf(o->programs, sizeof(o->programs), "%s", v);
		return 0;
	}
	if (strcmp(a, "--slow-motion") == 0)
		o->slow_motion = true;
	else if (strcmp(a, "--json") == 0)
		o->json = true;
	else if (strcmp(a, "--cold") == 0)
		o->cold = true;
	else if (strcmp(a, "--self-test") == 0)
		o->self_test = true;
	else {
		fprintf(stderr, "oriel-bench: %s? see oriel-bench run --help\n",
				a);
		return -1;
	}
	return 0;
}

static int parse(struct options *o, int argc, char **argv)
{
	o->repeats = 1;
	o->tail = 6;
	o->width = 1280;
	o->height = 720;
	o->out = "bench-results";
	programs_find(o->programs, sizeof(o->programs));
	for (int i = 1; i < argc; i++)
		if (parse_one(o, argv[i]))
			return -1;
	if (!o->n_traces) {
		fprintf(stderr, "oriel-bench: no --trace=FILE and no "
				"--session=FILE, see oriel-bench run --help\n");
		return -1;
	}
	if (!o->n_links && add_link(o, "lan"))
		return -1;
	if (!o->n_peers)
		o->peers[o->n_peers++] = peer_find("oriel");
	if (!o->n_cc)
		o->cc[o->n_cc++] = "cubic";
	return 0;
}

/* ---- what is measured */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static void describe(struct result *r, const struct matrix *m,
		const struct choice *c)
{
	const struct options *o = m->o;
	const struct link_spec *link = &o->links[c->link];
	time_t now = time(NULL);
	snprintf(r->peer, sizeof(r->peer), "%s", o->peers[c->peer]->name);
	snprintf(r->version, sizeof(r->version), "%s", m->versions[c->peer]);
	peer_settings(r->settings, sizeof(r->settings), o->peers[c->peer]);
	snprintf(r->trace, sizeof(r->trace), "%s",
			base_name(o->traces[c->trace]));
	r->trace[strcspn(r->trace, ".")] = 0;
	snprintf(r->trace_hash, sizeof(r->trace_hash), "%s",
			m->hashes[c->trace]);
	snprintf(r->link, sizeof(r->link), "%s", link->name);
	(void)link_describe(link, r->link_text, sizeof(r->link_text));
	snprintf(r->cc, sizeof(r->cc), "%s", o->cc[c->cc]);
	snprintf(r->mode, sizeof(r->mode), "%s",
			o->slow_motion ? "slow motion" : "as recorded");
	snprintf(r->machine, sizeof(r->machine), "%s", m->machine);
	(void)strftime(r->when, sizeof(r->when), "%Y-%m-%dT%H:%M:%SZ",
			gmtime(&now));
	r->method = RESULT_METHOD;
	r->tail_s = o->tail;
	r->repeat = c->repeat;
	r->from_s = o->excerpt.from;
	r->seconds = o->excerpt.seconds;
	if (o->live[c->trace]) {
		snprintf(r->mode, sizeof(r->mode), "live, %d x %d", o->width,
				o->height);
		r->from_s = r->seconds = 0;
	}
	result_key(r, link_hash(link));
}

/* ---- measuring */

static int use_trace(struct matrix *m, size_t trace)
{
	if (m->frames.map && m->trace == trace)
		return 0;
	frames_close(&m->frames);
	if (*m->frames_path)
		unlink(m->frames_path);
	m->trace = trace;
	if (store_frames(&m->store, m->frames_path, sizeof(m->frames_path),
			    m->o->traces[trace], m->hashes[trace],
			    &m->o->excerpt))
		return -1;
	return frames_open(&m->frames, m->frames_path);
}

static void progress(const struct matrix *m, const struct result *r)
{
	double left = m->measured ? m->spent / (double)m->measured *
						      (double)(m->total - m->at)
				  : NAN; /* if none of them is there already */
	fprintf(stderr, "[%zu/%zu] %s %s %s %s #%.0f: ", m->at, m->total,
			r->trace, r->link, r->cc, r->peer, r->repeat);
	if (*r->error)
		fprintf(stderr, "FAILED, %s", r->error);
	else if (isfinite(r->inputs))
		fprintf(stderr,
				"%.2f MB, input to picture %.0f/%.0f ms, "
				"freeze %.0f ms, %s",
				r->bytes_down * 1e-6, r->input_p50_ms,
				r->input_p95_ms, r->freeze_ms,
				isfinite(r->exact_ms) ? "exact" : "not exact");
	else
		fprintf(stderr,
				"%.2f MB, %.0f of %.0f frames, stale %.0f/%.0f "
				"ms, %.1f dB, %s",
				r->bytes_down * 1e-6, r->shown, r->frames,
				r->stale_p50_ms, r->stale_p95_ms, r->psnr,
				isfinite(r->exact_ms) ? "exact" : "not exact");
	if (*r->disturbed)
		fprintf(stderr, " [disturbed: %s]", r->disturbed);
	if (isfinite(left) && m->left)
		fprintf(stderr, " (%.0f min left)", ceil(left / 60));
	fputc('\n', stderr);
}

static int measure(struct matrix *m, const struct choice *c, struct result *r)
{
	const struct options *o = m->o;
	struct cell cell = { .peer = o->peers[c->peer],
		.link = &o->links[c->link],
		.cc = o->cc[c->cc],
		.programs = o->programs,
		.frames_path = m->frames_path,
		.frames = &m->frames,
		.seed = (uint64_t)c->repeat,
		.tail = o->tail,
		.slow_motion = o->slow_motion };
	if (o->live[c->trace]) {
		cell.frames = NULL;
		cell.session = o->traces[c->trace];
		r->width = cell.width = o->width;
		r->height = cell.height = o->height;
		return live_run(r, &cell);
	}
	r->width = m->frames.width;
	r->height = m->frames.height;
	return cell_run(r, &cell);
}

/* Why it cannot be measured, or "". */
static void why_not(char out[static RESULT_TEXT], const struct matrix *m,
		const struct choice *c)
{
	*out = 0;
	if (*m->missing[c->peer])
		snprintf(out, RESULT_TEXT, "%s", m->missing[c->peer]);
	else if (m->o->live[c->trace] &&
			m->o->peers[c->peer]->kind == PEER_PUSHED)
		snprintf(out, RESULT_TEXT,
				"%s is given frames: it has no display for "
				"the programs of a session",
				m->o->peers[c->peer]->name);
}

/* Of a peer's first run the programs would have to be read from the disk. */
static void warm_up(struct matrix *m, const struct choice *c)
{
	struct result r;
	m->warm[c->peer] = true;
	fprintf(stderr, "oriel-bench: warming up %s\n",
			m->o->peers[c->peer]->name);
	result_init(&r);
	(void)measure(m, c, &r);
	result_fini(&r);
}

/* -1: no sense in going on. */
static int one(struct matrix *m, const struct choice *c)
{
	struct result r;
	int err = 0;
	m->at++;
	result_init(&r);
	describe(&r, m, c);
	if (store_has(&m->store, r.key)) {
		m->known++;
		goto done;
	}
	why_not(r.error, m, c);
	if (!*r.error) {
		if (!m->o->live[c->trace] && (err = use_trace(m, c->trace)))
			goto done;
		if (!m->o->cold && !m->warm[c->peer])
			warm_up(m, c);
		uint64_t start = stage_now();
		if (!bench_interrupted)
			(void)measure(m, c, &r);
		m->spent += 1e-9 * (double)(stage_now() - start);
		m->measured++;
		m->left--;
	}
	if (bench_interrupted) {
		err = -1;
		goto done;
	}
	m->failed += *r.error != 0;
	progress(m, &r);
	err = store_save(&m->store, &r);
done:
	result_fini(&r);
	return err;
}

/* For the time that is left. */
static int count(struct matrix *m, const struct choice *c)
{
	struct result r;
	result_init(&r);
	describe(&r, m, c);
	char why[RESULT_TEXT];
	why_not(why, m, c);
	m->left += !store_has(&m->store, r.key) && !*why;
	return 0;
}

static int each(struct matrix *m,
		int (*call)(struct matrix *m, const struct choice *c))
{
	const struct options *o = m->o;
	for (size_t t = 0; t < o->n_traces; t++)
		for (int repeat = 1; repeat <= o->repeats; repeat++)
			for (size_t l = 0; l < o->n_links; l++)
				for (size_t c = 0; c < o->n_cc; c++)
					for (size_t p = 0; p < o->n_peers; p++)
						if (call(m, &(struct choice){ t,
									    l,
									    c,
									    p,
									    repeat }))
							return -1;
	return 0;
}

static int all(struct matrix *m)
{
	const struct options *o = m->o;
	m->total = o->n_traces * o->n_links * o->n_cc * o->n_peers *
		   (size_t)o->repeats;
	(void)each(m, count);
	return each(m, one);
}

static int prepare(struct matrix *m)
{
	const struct options *o = m->o;
	machine_name(m->machine, sizeof(m->machine));
	for (size_t i = 0; i < o->n_traces; i++) {
		file_hash(m->hashes[i], o->traces[i]);
		if (!*m->hashes[i]) {
			fprintf(stderr, "oriel-bench: cannot read %s\n",
					o->traces[i]);
			return -1;
		}
	}
	for (size_t i = 0; i < o->n_peers; i++) {
		if (peer_installed(o->peers[i], o->programs, m->missing[i],
				    sizeof(m->missing[i])))
			fprintf(stderr, "oriel-bench: %s: %s\n",
					o->peers[i]->name, m->missing[i]);
		else
			peer_version(m->versions[i], sizeof(m->versions[i]),
					o->peers[i], o->programs);
	}
	return 0;
}

int bench_run(int argc, char **argv)
{
	struct options *o = calloc(1, sizeof(*o));
	struct matrix *m = calloc(1, sizeof(*m));
	int code = 2;
	if (!o || !m)
		goto done;
	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		code = list_all();
		goto done;
	}
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		code = 0;
		usage();
		goto done;
	}
	if (parse(o, argc, argv))
		goto done;
	bench_catch_signals();
	code = 1;
	m->o = o;
	if (store_open(&m->store, o->out, o->json) || prepare(m))
		goto done;
	if (o->self_test && o->live[0]) {
		fprintf(stderr, "oriel-bench: --self-test wants a --trace\n");
		code = 2;
	} else if (o->self_test) {
		code = use_trace(m, 0) ? 1
				       : self_test(&m->frames, m->frames_path,
							 o->programs);
	} else if (!all(m)) {
		code = m->failed ? 1 : 0;
		if (m->known)
			fprintf(stderr,
					"oriel-bench: %zu of %zu runs were in "
					"%s already\n",
					m->known, m->total, o->out);
		if (m->failed)
			fprintf(stderr, "oriel-bench: %zu of %zu runs failed\n",
					m->failed, m->total);
	}
	if (bench_interrupted)
		fprintf(stderr, "oriel-bench: interrupted; the same command "
				"goes on from here\n");
	if (*m->frames_path)
		unlink(m->frames_path);
done:
	if (m) {
		frames_close(&m->frames);
		store_close(&m->store);
	}
	free(o);
	free(m);
	return code;
}

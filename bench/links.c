/*
 * links.c - the table of links, and the parser of what describes one.
 */
#include "bench/links.h"

#include <stdarg.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "proto/base.h"

enum {
	ITEM_MAX = 64,
	CHANGES = LINK_STEPS,
	QUEUE_LEAST = 3000,    /* two packets, or none would follow another */
	DELAY_MOST = 60000000, /* us */
	SCRIPT_MOST = 3600000, /* ms */
};

static const double rate_least = 1e3, rate_most = 1e11;
static const double queue_most = 1e9;

const struct link_name link_names[] = {
	{ "lan", "rate=1gbit,rtt=300us,queue=10ms", "an office" },
	{ "campus", "rate=100mbit,rtt=10ms,queue=50ms", "a few buildings" },
	{ "wan", "rate=20mbit,rtt=40ms,queue=100ms", "a long way" },
	{ "dsl", "down=4mbit,up=1mbit,rtt=60ms,queue=200ms", "old copper" },
	{ "t1", "rate=1500kbit,rtt=70ms,queue=200ms", "a leased line" },
	{ "4g", "down=20mbit,up=5mbit,rtt=50ms,jitter=10ms,queue=200ms",
			"a telephone" },
	{ "lossy", "rate=10mbit,rtt=80ms,queue=100ms,loss=1%",
			"1 % lost at random each way" },
	{ "burst", "rate=10mbit,rtt=80ms,queue=100ms,gemodel=0.2525%/25%",
			"1 % lost, four in a row" },
	{ "geo", "down=10mbit,up=2mbit,rtt=600ms,queue=300ms",
			"a satellite far up" },
	{ "sat", "down=2mbit,up=1mbit,rtt=300ms,queue=400ms,loss=0.1%",
			"a slow satellite" },
	{ "step",
			"rate=20mbit,rtt=40ms,queue=100ms,10s:rate=2mbit,"
			"20s:rate=20mbit",
			"20, 2 and again 20 Mbit/s" },
	{ "outage", "rate=20mbit,rtt=40ms,queue=100ms,10s:cut=3s",
			"3 s of nothing" },
	{ "shared", "rate=20mbit,rtt=40ms,queue=100ms,flow=on",
			"a TCP cubic flow beside" },
	{ NULL, NULL, NULL },
};

enum key {
	RATE,
	RTT,
	DELAY,
	JITTER,
	QUEUE,
	LOSS,
	REORDER,
	GEMODEL,
	FLOW,
	CUT,
	BY,
};

static const struct key_info {
	const char *name;
	enum key key;
	unsigned ways; /* bits */
	bool both_only, now, later;
} keys[] = {
	{ "rate", RATE, 3, false, true, true },
	{ "down", RATE, 1, true, true, true },
	{ "up", RATE, 2, true, true, true },
	{ "rtt", RTT, 3, true, true, false },
	{ "delay", DELAY, 3, false, true, true },
	{ "jitter", JITTER, 3, false, true, true },
	{ "queue", QUEUE, 3, false, true, false },
	{ "loss", LOSS, 3, false, true, true },
	{ "reorder", REORDER, 3, false, true, true },
	{ "gemodel", GEMODEL, 3, false, true, true },
	{ "flow", FLOW, 3, true, true, true },
	{ "cut", CUT, 3, false, false, true },
	{ "by", BY, 3, true, true, false },
};

static const struct unit {
	const char *name;
	double factor;
} rate_units[] = { { "", 1 }, { "bit", 1 }, { "kbit", 1e3 }, { "mbit", 1e6 },
	{ "gbit", 1e9 }, { NULL, 0 } },
  time_units[] = { { "us", 1 }, { "ms", 1e3 }, { "s", 1e6 }, { NULL, 0 } },
  size_units[] = { { "b", 1 }, { "kb", 1e3 }, { "mb", 1e6 }, { NULL, 0 } },
  share_units[] = { { "", 1 }, { "%", 0.01 }, { NULL, 0 } };

/* What an item says. */
struct change {
	uint64_t at_ms;
	enum key key;
	unsigned ways;
	double value[4]; /* us, bits a second, bytes, shares */
	bool in_time;    /* of a queue */
};

struct parse {
	struct link_spec *out;
	double queue_us[LINK_WAYS]; /* negative: given in bytes */
	struct change changes[CHANGES];
	size_t n_changes;
	char *why;
	size_t cap;
};

ORL_PRINTF(2, 3)
static int wrong(const struct parse *p, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(p->why, p->cap, format, args);
	va_end(args);
	return -1;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits, with a fraction or without; strtod() also takes "inf", hexadecimal
 * and a comma. */
static const char *number(double *out, const char *text)
{
	double value = 0, place = 1;
	int n = 0;
	for (; is_digit(*text) && n < 15; text++, n++)
		value = value * 10 + (*text - '0');
	if (n && *text == '.')
		for (text++; is_digit(*text) && n < 18; text++, n++)
			value += (*text - '0') * (place /= 10);
	*out = value;
	return n && !is_digit(*text) ? text : NULL;
}

/* A number and its unit up to `end`. */
static bool quantity(double *out, const char *text, const struct unit *units,
		char end)
{
	const char *unit = number(out, text);
	const char *stop = unit && end ? strchr(unit, end) : NULL;
	size_t n = stop ? (size_t)(stop - unit) : unit ? strlen(unit) : 0;
	for (; unit && units->name; units++)
		if (strlen(units->name) == n &&
				strncmp(unit, units->name, n) == 0) {
			*out *= units->factor;
			return true;
		}
	return false;
}

static bool share(double *out, const char *text, char end)
{
	return quantity(out, text, share_units, end) && *out <= 1;
}

static bool gemodel(double out[static 4], const char *text)
{
	out[2] = 1;
	out[3] = 0;
	for (size_t i = 0; i < 4; i++) {
		if (!share(&out[i], text, '/'))
			return false;
		text = strchr(text, '/');
		if (!text)
			return i >= 1;
		text++;
	}
	return false;
}

static bool value_of(struct change *c, const char *text)
{
	double *v = c->value;
	switch (c->key) {
	case RATE:
		return quantity(v, text, rate_units, 0) && *v >= rate_least &&
		       *v <= rate_most;
	case RTT:
	case DELAY:
	case JITTER:
	case CUT:
		return quantity(v, text, time_units, 0) && *v <= DELAY_MOST;
	case QUEUE:
		c->in_time = quantity(v, text, time_units, 0);
		if (c->in_time)
			return *v <= DELAY_MOST;
		return quantity(v, text, size_units, 0) && *v >= QUEUE_LEAST &&
		       *v <= queue_most;
	case LOSS:
	case REORDER:
		return share(v, text, 0);
	case GEMODEL:
		return gemodel(v, text);
	case FLOW:
		*v = strcmp(text, "on") == 0;
		return *v > 0 || strcmp(text, "off") == 0;
	case BY:
		*v = strcmp(text, "netem") == 0;
		return *v > 0 || strcmp(text, "tun") == 0;
	}
	return false;
}

/* What a change means for one way of what the link is then. */
static void apply_way(struct shaper_config *w, const struct change *c)
{
	const double *v = c->value;
	switch (c->key) {
	case RATE:
		w->rate = (uint64_t)*v;
		break;
	case RTT:
		w->delay_us = (uint32_t)*v / 2;
		break;
	case DELAY:
		w->delay_us = (uint32_t)*v;
		break;
	case JITTER:
		w->jitter_us = (uint32_t)*v;
		break;
	case QUEUE:
		w->queue_bytes = c->in_time ? 0 : (uint32_t)*v;
		break;
	case LOSS:
		w->loss = *v;
		break;
	case REORDER:
		w->reorder = *v;
		break;
	case GEMODEL:
		w->ge_p = v[0];
		w->ge_r = v[1];
		w->ge_bad = v[2];
		w->ge_good = v[3];
		break;
	case CUT:
		w->cut = *v > 0;
		break;
	case FLOW:
	case BY:
		break;
	}
}

static void apply(struct shaper_config way[static LINK_WAYS], bool *flow,
		const struct change *c)
{
	for (unsigned i = 0; i < LINK_WAYS; i++)
		if (c->ways & 1u << i)
			apply_way(&way[i], c);
	if (c->key == FLOW)
		*flow = c->value[0] > 0;
}

/* By time; of the same time, as they were given. */
static int later(struct parse *p, const struct change *c)
{
	size_t i = p->n_changes;
	if (i == CHANGES)
		return wrong(p, "a link has at most %d changes", CHANGES);
	p->n_changes++;
	for (; i && p->changes[i - 1].at_ms > c->at_ms; i--)
		p->changes[i] = p->changes[i - 1];
	p->changes[i] = *c;
	return 0;
}

static int at_once(struct parse *p, const struct change *c)
{
	apply(p->out->way, &p->out->flow, c);
	if (c->key == BY)
		p->out->netem = c->value[0] > 0;
	for (unsigned i = 0; c->key == QUEUE && i < LINK_WAYS; i++)
		if (c->ways & 1u << i)
			p->queue_us[i] = c->in_time ? c->value[0] : -1;
	return 0;
}

static const struct key_info *key_of(const char *text, unsigned *ways)
{
	static const char *const prefixes[] = { "down-", "up-" };
	*ways = 3;
	for (unsigned i = 0; i < ORL_COUNT(prefixes); i++) {
		size_t n = strlen(prefixes[i]);
		if (strncmp(text, prefixes[i], n) == 0) {
			*ways = 1u << i;
			text += n;
			break;
		}
	}
	for (size_t i = 0; i < ORL_COUNT(keys); i++)
		if (strcmp(text, keys[i].name) == 0 &&
				(*ways == 3 || !keys[i].both_only)) {
			*ways &= keys[i].ways;
			return &keys[i];
		}
	return NULL;
}

static int item(struct parse *p, char *text)
{
	struct change c = { 0 };
	char whole[ITEM_MAX], *colon = strchr(text, ':');
	memcpy(whole, text, strlen(text) + 1);
	if (colon) {
		double at;
		*colon = 0;
		if (!quantity(&at, text, time_units, 0) ||
				at / 1e3 > SCRIPT_MOST)
			return wrong(p, "'%s': not a time up to an hour",
					whole);
		c.at_ms = (uint64_t)(at / 1e3);
		text = colon + 1;
	}
	char *value = strchr(text, '=');
	if (!value)
		return wrong(p, "'%s': neither a link nor KEY=VALUE", whole);
	*value++ = 0;
	const struct key_info *key = key_of(text, &c.ways);
	if (!key)
		return wrong(p, "'%s': no such key of a link", whole);
	c.key = key->key;
	if (colon ? !key->later : !key->now)
		return wrong(p,
				colon ? "'%s': cannot happen later"
				      : "'%s': needs TIME: before it",
				whole);
	if (!value_of(&c, value))
		return wrong(p, "'%s': not a value that it can have", whole);
	if (!colon)
		return at_once(p, &c);
	int err = later(p, &c);
	if (err || c.key != CUT)
		return err;
	/* An outage is two changes: it ends, too. */
	c.at_ms += (uint64_t)(c.value[0] / 1e3);
	c.value[0] = 0;
	return later(p, &c);
}

static const struct link_name *known(const char *name)
{
	const struct link_name *l = link_names;
	while (l->name && strcmp(l->name, name) != 0)
		l++;
	return l->name ? l : NULL;
}

static int items(struct parse *p, const char *text)
{
	for (bool first = true;; first = false) {
		char one[ITEM_MAX];
		size_t n = strcspn(text, ",");
		if (n >= sizeof(one))
			return wrong(p, "'%.20s...': too long", text);
		memcpy(one, text, n);
		one[n] = 0;
		const struct link_name *link = first ? known(one) : NULL;
		int err = link ? items(p, link->text) : item(p, one);
		if (err || !text[n])
			return err;
		text += n + 1;
	}
}

static int check_ways(const struct parse *p,
		const struct shaper_config way[static LINK_WAYS])
{
	for (unsigned i = 0; i < LINK_WAYS; i++)
		if (way[i].jitter_us > way[i].delay_us)
			return wrong(p, "the jitter is longer than the delay");
	return 0;
}

/* Of a rate without a bound there is no queue. */
static void settle_queue(struct parse *p, unsigned i)
{
	struct shaper_config *w = &p->out->way[i];
	if (p->queue_us[i] < 0)
		return;
	double bytes = p->queue_us[i] * (double)w->rate / 8e6;
	if (w->rate && bytes < QUEUE_LEAST)
		bytes = QUEUE_LEAST;
	w->queue_bytes = (uint32_t)(bytes > queue_most ? queue_most : bytes);
}

static int settle(struct parse *p)
{
	struct link_spec *out = p->out;
	for (unsigned i = 0; i < LINK_WAYS; i++)
		settle_queue(p, i);
	int err = check_ways(p, out->way);
	for (size_t i = 0; !err && i < p->n_changes; i++) {
		const struct change *c = &p->changes[i];
		struct link_step *s = &out->steps[out->n_steps];
		if (out->n_steps && s[-1].at_ms == c->at_ms) {
			s--;
		} else {
			memcpy(s->way, out->n_steps ? s[-1].way : out->way,
					sizeof(s->way));
			s->flow = out->n_steps ? s[-1].flow : out->flow;
			s->at_ms = c->at_ms;
			out->n_steps++;
		}
		apply(s->way, &s->flow, c);
	}
	for (size_t i = 0; !err && i < out->n_steps; i++)
		err = check_ways(p, out->steps[i].way);
	return err;
}

int link_parse(struct link_spec *out, const char *text, char *why, size_t cap)
{
	struct parse p = {
		.out = out, .why = why, .cap = cap, .queue_us = { 100e3, 100e3 }
	};
	memset(out, 0, sizeof(*out));
	if (strlen(text) >= sizeof(out->text))
		return wrong(&p, "a link has less than %d characters",
				LINK_TEXT);
	for (const char *c = text; *c; c++)
		if (*c < '!' || *c > '~')
			return wrong(&p, "a character that no link has");
	const struct link_name *link = known(text);
	snprintf(out->text, sizeof(out->text), "%s", link ? link->text : text);
	snprintf(out->name, sizeof(out->name), "%s",
			link ? link->name : "custom");
	int err = items(&p, text);
	return err ? err : settle(&p);
}

static bool is_name(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_digit(text[i]) && text[i] != '-' &&
				(text[i] < 'a' || text[i] > 'z'))
			return false;
	return n > 0 && n < sizeof(((struct link_spec *)0)->name);
}

static const char *trim(const char *from, const char **to)
{
	while (from < *to && (*from == ' ' || *from == '\t'))
		from++;
	while (from < *to && strchr(" \t\r", (*to)[-1]))
		--*to;
	return from;
}

/* `NAME = DESCRIPTION`, or nothing: 1. */
static int parse_line(struct link_spec *out, const char *from, const char *to,
		char *why, size_t cap)
{
	char text[LINK_TEXT];
	const char *hash = memchr(from, '#', (size_t)(to - from));
	to = hash ? hash : to;
	from = trim(from, &to);
	if (from == to)
		return 1;
	const char *equal = memchr(from, '=', (size_t)(to - from));
	const char *name_end = equal ? equal : to;
	const char *name = trim(from, &name_end);
	size_t n = (size_t)(name_end - name);
	if (!equal || !is_name(name, n)) {
		snprintf(why, cap, "not NAME = DESCRIPTION");
		return -1;
	}
	from = trim(equal + 1, &to);
	if ((size_t)(to - from) >= sizeof(text) ||
			memchr(from, 0, (size_t)(to - from))) {
		snprintf(why, cap, "not a description of a link");
		return -1;
	}
	memcpy(text, from, (size_t)(to - from));
	text[to - from] = 0;
	int err = link_parse(out, text, why, cap);
	memcpy(out->name, name, n);
	out->name[n] = 0;
	return err;
}

int link_parse_file(const char *text, size_t length,
		int (*each)(void *user, const struct link_spec *link),
		void *user, char *why, size_t cap)
{
	const char *end = text + length;
	for (unsigned line = 1; text < end; line++) {
		struct link_spec link;
		char reason[128];
		const char *to = memchr(text, '\n', (size_t)(end - text));
		to = to ? to : end;
		int err = parse_line(&link, text, to, reason, sizeof(reason));
		if (err < 0) {
			snprintf(why, cap, "line %u: %s", line, reason);
			return err;
		}
		if (!err)
			err = each(user, &link);
		else
			err = 0;
		if (err)
			return err;
		text = to + 1;
	}
	return 0;
}

uint64_t link_rtt_us(const struct link_spec *link)
{
	return (uint64_t)link->way[LINK_DOWN].delay_us +
	       link->way[LINK_UP].delay_us;
}

double link_burst_loss(const struct shaper_config *w)
{
	double bad = w->ge_p > 0 ? w->ge_p / (w->ge_p + w->ge_r) : 0;
	return bad * w->ge_bad + (1 - bad) * w->ge_good;
}

static void bits(uint64_t *out, double v)
{
	memcpy(out, &v, sizeof(*out));
}

static size_t list_way(uint64_t *out, const struct shaper_config *w)
{
	const uint64_t whole[] = { w->rate, w->delay_us, w->jitter_us,
		w->queue_bytes, w->cut };
	const double shares[] = { w->loss, w->ge_p, w->ge_r, w->ge_bad,
		w->ge_good, w->reorder };
	size_t n = ORL_COUNT(whole);
	memcpy(out, whole, sizeof(whole));
	for (size_t i = 0; i < ORL_COUNT(shares); i++)
		bits(&out[n++], shares[i]);
	return n;
}

uint64_t link_hash(const struct link_spec *link)
{
	/* Field by field: what is between them is anything. */
	uint64_t all[(LINK_STEPS + 1) * 32];
	size_t n = 0;
	for (size_t i = 0; i <= link->n_steps; i++) {
		const struct link_step *s = i ? &link->steps[i - 1] : NULL;
		all[n++] = s ? s->at_ms : link->netem;
		all[n++] = s ? s->flow : link->flow;
		for (unsigned k = 0; k < LINK_WAYS; k++)
			n += list_way(&all[n], s ? &s->way[k] : &link->way[k]);
	}
	return XXH3_64bits(all, n * sizeof(*all));
}

ORL_PRINTF(4, 5)
static void add(char *out, size_t cap, size_t *n, const char *format, ...)
{
	va_list args;
	if (*n + 1 >= cap)
		return;
	va_start(args, format);
	int more = vsnprintf(out + *n, cap - *n, format, args);
	va_end(args);
	*n += more > 0 ? (size_t)more : 0;
	*n = *n < cap ? *n : cap - 1;
}

/* Field by field: what is between them is anything. */
static bool same(const struct shaper_config *a, const struct shaper_config *b)
{
	return a->rate == b->rate && a->delay_us == b->delay_us &&
	       a->jitter_us == b->jitter_us &&
	       a->queue_bytes == b->queue_bytes && a->cut == b->cut &&
	       !(a->loss < b->loss || a->loss > b->loss) &&
	       !(a->reorder < b->reorder || a->reorder > b->reorder) &&
	       !(a->ge_p < b->ge_p || a->ge_p > b->ge_p) &&
	       !(a->ge_r < b->ge_r || a->ge_r > b->ge_r) &&
	       !(a->ge_bad < b->ge_bad || a->ge_bad > b->ge_bad) &&
	       !(a->ge_good < b->ge_good || a->ge_good > b->ge_good);
}

static void describe_way(const struct shaper_config *w, const char *name,
		char *out, size_t cap, size_t *n)
{
	if (w->rate)
		add(out, cap, n, "%s%.6g Mbit/s, %.4g ms, queue %.6g KB", name,
				(double)w->rate / 1e6, w->delay_us / 1e3,
				w->queue_bytes / 1e3);
	else
		add(out, cap, n, "%sno bound, %.4g ms", name,
				w->delay_us / 1e3);
	if (w->jitter_us)
		add(out, cap, n, ", jitter %.4g ms", w->jitter_us / 1e3);
	if (w->loss > 0)
		add(out, cap, n, ", loss %.4g %%", w->loss * 100);
	if (w->ge_p > 0 || w->ge_good > 0)
		add(out, cap, n,
				", bursts of loss %.4g %% "
				"(%.4g/%.4g/%.4g/%.4g)",
				100 * link_burst_loss(w), 100 * w->ge_p,
				100 * w->ge_r, 100 * w->ge_bad,
				100 * w->ge_good);
	if (w->reorder > 0)
		add(out, cap, n, ", reordered %.4g %%", w->reorder * 100);
	if (w->cut)
		add(out, cap, n, ", cut");
}

/* Both ways, or the one that is not what it was. */
static void describe_ways(const struct shaper_config *w,
		const struct shaper_config *was, char *out, size_t cap,
		size_t *n)
{
	static const char *const names[] = { "down ", "up " };
	bool first = true;
	if (same(&w[LINK_DOWN], &w[LINK_UP])) {
		if (!was || !same(w, was))
			describe_way(w, "", out, cap, n);
		return;
	}
	for (unsigned i = 0; i < LINK_WAYS; i++) {
		if (was && same(&w[i], &was[i]))
			continue;
		add(out, cap, n, "%s", first ? "" : "; ");
		describe_way(&w[i], names[i], out, cap, n);
		first = false;
	}
}

size_t link_describe(const struct link_spec *link, char *out, size_t cap)
{
	const struct shaper_config *was = link->way;
	bool flow = link->flow;
	size_t n = 0;
	if (cap)
		out[0] = 0;
	add(out, cap, &n, "rtt %.4g ms; ", (double)link_rtt_us(link) / 1e3);
	describe_ways(link->way, NULL, out, cap, &n);
	if (link->netem)
		add(out, cap, &n, "; by netem");
	if (flow)
		add(out, cap, &n, "; a cubic flow beside");
	for (size_t i = 0; i < link->n_steps; i++) {
		const struct link_step *s = &link->steps[i];
		add(out, cap, &n, "; from %.4g s ", (double)s->at_ms / 1e3);
		describe_ways(s->way, was, out, cap, &n);
		if (s->flow != flow)
			add(out, cap, &n, "%s cubic flow",
					s->flow ? "a" : "no");
		was = s->way;
		flow = s->flow;
	}
	return n;
}

ORL_PRINTF(2, 3)
static void arg(struct link_command *c, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(c->text[c->argc], LINK_ARG, format, args);
	va_end(args);
	c->argv[c->argc] = c->text[c->argc];
	c->argv[++c->argc] = NULL;
}

static void percent(struct link_command *c, double share)
{
	arg(c, "%.7g%%", share * 100);
}

/* One loss model at a time: loss beside Gilbert-Elliott is more loss in both
 * of its states. */
static void netem_loss(struct link_command *c, const struct shaper_config *w)
{
	if (w->cut) {
		arg(c, "loss");
		arg(c, "random");
		percent(c, 1);
	} else if (w->ge_p > 0 || w->ge_good > 0) {
		arg(c, "loss");
		arg(c, "gemodel");
		percent(c, w->ge_p);
		percent(c, w->ge_r);
		percent(c, 1 - (1 - w->ge_bad) * (1 - w->loss));
		percent(c, 1 - (1 - w->ge_good) * (1 - w->loss));
	} else if (w->loss > 0) {
		arg(c, "loss");
		arg(c, "random");
		percent(c, w->loss);
	}
}

void link_netem(struct link_command *out, const struct shaper_config *way,
		const char *device, bool change)
{
	enum { FULL = 1500, NO_BOUND = 1000000 };
	out->argc = 0;
	arg(out, "tc");
	arg(out, "qdisc");
	arg(out, "%s", change ? "change" : "add");
	arg(out, "dev");
	arg(out, "%s", device);
	arg(out, "root");
	arg(out, "netem");
	arg(out, "limit");
	uint64_t on_the_way = (uint64_t)((double)way->rate *
					 ((double)way->delay_us +
							 way->jitter_us) /
					 8e6);
	arg(out, "%llu",
			(unsigned long long)(way->rate && way->queue_bytes
							     ? (way->queue_bytes +
									       on_the_way) / FULL +
									       1
							     : NO_BOUND));
	if (way->delay_us) {
		arg(out, "delay");
		arg(out, "%uus", way->delay_us);
		if (way->jitter_us)
			arg(out, "%uus", way->jitter_us);
	}
	netem_loss(out, way);
	/* netem reorders what it delays. */
	if (way->reorder > 0 && way->delay_us) {
		arg(out, "reorder");
		percent(out, way->reorder);
	}
	if (way->rate) {
		arg(out, "rate");
		arg(out, "%llubit", (unsigned long long)way->rate);
	}
}

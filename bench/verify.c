/*
 * verify.c - whether a link is what it is said to be: the time to the other
 * end and back, what it carries each way when it is given more than it can,
 * how much is missing then, and whether its script happens.
 *
 * Programs of our own send and receive inside the namespaces. Arrivals are
 * timed by the kernel, so that a busy machine does not make a link slow; what
 * is missing is compared with what the emulator says it dropped, and what it
 * says it lost with what the seed says it should have.
 */
#include "bench/verify.h"

#include <math.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/netns.h"
#include "bench/probe.h"
#include "bench/shaper.h"
#include "proto/base.h"

#define SECOND UINT64_C(1000000000)
#define MS UINT64_C(1000000)

enum {
	PROBES = 240, /* their median is known well enough under jitter */
	PROBES_STEADY = 40,
	BLASTS = 3,
	PAYLOAD = NETNS_MTU - 28,
	RECEIVE_BUFFER = 1 << 25,
	BINS = 60000,    /* ten minutes of a script */
	SETTLE_MS = 300, /* after a change */
	EDGE_MS = 20,    /* an outage is sharper */
	LEAST_MS = 100,  /* to say what a rate was, and as many packets */
	LEAST = 10,
	AFTER_MS = 3000, /* how long to look at the last */
	FLOW_WARM_MS = 3000,
	FLOW_MS = 5000,
	PRIORITY = 5, /* of the sender: under the emulator's */
};

static const double tolerance = 0.05, flow_share = 0.8;

/* What the processes inside tell. */
struct findings {
	_Atomic bool ready;
	_Atomic uint64_t sent, received, bytes;
	uint64_t first, last; /* arrivals, of the real-time clock */
	uint64_t start;       /* of the bins */
	uint64_t bins[BINS];
};

struct verify {
	const struct link_spec *link;
	const char *congestion;
	bool json;
	struct netns net;
	char *why; /* if the link cannot be made again */
	size_t cap;
	struct findings *found;
	uint64_t seed;
	double rtt_ms;
	double rate[LINK_WAYS]; /* bits a second */
	uint64_t lost[LINK_WAYS], should_lose[LINK_WAYS];
	unsigned unknown;      /* pieces of the script */
	uint64_t blast_lost;   /* in the last blast */
	bool exact[LINK_WAYS]; /* nothing is missing but what was counted */
};

static uint64_t clock_ns(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static void sleep_ns(uint64_t ns)
{
	struct timespec t = { (time_t)(ns / SECOND), (long)(ns % SECOND) };
	(void)nanosleep(&t, NULL);
}

/* A UDP socket that hears what is sent to `side` and says when. */
static int listener(enum netns_side side)
{
	struct sockaddr_in a = probe_address(side);
	int on = 1, bytes = RECEIVE_BUFFER;
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) < 0)
		_exit(1);
	(void)setsockopt(s, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	if (setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)))
		(void)setsockopt(s, SOL_SOCKET, SO_RCVBUF, &bytes,
				sizeof(bytes));
	return s;
}

static void end_process(pid_t pid)
{
	if (pid <= 0)
		return;
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

/* Starts what waits at one end, and waits until it does. */
static pid_t start(struct verify *v, enum netns_side side,
		void (*run)(struct findings *f, enum netns_side side))
{
	struct findings *f = v->found;
	f->ready = false;
	pid_t pid = netns_fork(&v->net, side);
	if (pid == 0) {
		run(f, side);
		_exit(0);
	}
	for (int i = 0; pid > 0 && !f->ready && i < 1000; i++)
		sleep_ns(5 * MS);
	return pid;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x, y;
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

static void probe(struct verify *v)
{
	const struct shaper_config *way = v->link->way;
	bool steady = !way[LINK_DOWN].jitter_us && !way[LINK_UP].jitter_us;
	uint64_t rtt_us = link_rtt_us(v->link);
	uint64_t rtt = probe_rtt(&v->net, steady ? PROBES_STEADY : PROBES,
			rtt_us * 1500 + 20 * MS, rtt_us <= NETNS_SHORT_US);
	v->rtt_ms = (double)rtt / 1e6;
}

static uint64_t arrival(struct msghdr *m)
{
	struct timespec t = { 0, 0 };
	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h))
		if (h->cmsg_level == SOL_SOCKET &&
				h->cmsg_type == SCM_TIMESTAMPNS)
			memcpy(&t, CMSG_DATA(h), sizeof(t));
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static void receive(struct findings *f, enum netns_side side)
{
	char text[PAYLOAD];
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(struct timespec))];
	} c;
	int s = listener(side);
	f->ready = true;
	for (;;) {
		struct iovec io = { text, sizeof(text) };
		struct msghdr m = { .msg_iov = &io,
			.msg_iovlen = 1,
			.msg_control = &c,
			.msg_controllen = sizeof(c) };
		ssize_t n = recvmsg(s, &m, 0);
		if (n != PAYLOAD)
			continue;
		uint64_t at = arrival(&m);
		uint64_t bin = (at - f->start) / (VERIFY_BIN_MS * MS);
		f->first = f->received ? f->first : at;
		f->last = at;
		if (at >= f->start && bin < BINS)
			f->bins[bin] += NETNS_MTU;
		f->received++;
	}
}

/* Full packets at a rate, for so long. */
static void send_at(struct findings *f, enum netns_side to, double rate,
		uint64_t ns)
{
	struct sockaddr_in a = probe_address(to);
	char text[PAYLOAD] = { 0 };
	struct sched_param priority = { .sched_priority = PRIORITY };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* Or on a busy machine the link would not be full. */
	(void)sched_setscheduler(0, SCHED_RR, &priority);
	double every = NETNS_MTU * 8e9 / rate;
	uint64_t begin = clock_ns(CLOCK_MONOTONIC), now = begin, n = 0;
	for (; now - begin < ns; now = clock_ns(CLOCK_MONOTONIC)) {
		if ((double)n * every > (double)(now - begin)) {
			sleep_ns(every > 1e5 ? (uint64_t)every / 4 : 25000);
			continue;
		}
		if (sendto(s, text, sizeof(text), 0, (struct sockaddr *)&a,
				    sizeof(a)) == PAYLOAD)
			f->sent++;
		n++;
	}
}

static const struct shaper_counters *counters(const struct verify *v,
		enum link_way way,
		struct shaper_counters both[static LINK_WAYS])
{
	netns_counters(&v->net, &both[LINK_DOWN], &both[LINK_UP]);
	return &both[way];
}

/* Until all that was offered is somewhere, or nothing moves. */
static void drain(const struct verify *v, enum link_way way)
{
	struct shaper_counters both[LINK_WAYS];
	const struct shaper_config *w = &v->link->way[way];
	uint64_t most = (uint64_t)w->delay_us * 2000 + SECOND +
			(w->rate ? w->queue_bytes * 8 * SECOND / w->rate : 0);
	uint64_t begin = clock_ns(CLOCK_MONOTONIC);
	while (clock_ns(CLOCK_MONOTONIC) - begin < most) {
		const struct shaper_counters *c = counters(v, way, both);
		if (c->offered_packets == c->tail_drops + c->losses +
							  c->cut_losses +
							  c->delivered_packets)
			break;
		sleep_ns(10 * MS);
	}
	/* And the receiver has read it. */
	uint64_t seen;
	do {
		seen = v->found->received;
		sleep_ns(50 * MS);
	} while (v->found->received != seen);
}

/* Sends more than the link can carry; false when packets went missing that
 * nobody counted. */
static bool blast(struct verify *v, enum link_way way, double rate, uint64_t ns)
{
	struct shaper_counters was[LINK_WAYS], is[LINK_WAYS];
	struct findings *f = v->found;
	enum netns_side to = way == LINK_DOWN ? NETNS_CLIENT : NETNS_SERVER;
	f->sent = f->received = 0;
	f->first = f->last = 0;
	f->start = clock_ns(CLOCK_REALTIME);
	memset(f->bins, 0, sizeof(f->bins));
	pid_t receiver = start(v, to, receive);
	const struct shaper_counters *a = counters(v, way, was);
	pid_t sender = netns_fork(&v->net,
			to == NETNS_CLIENT ? NETNS_SERVER : NETNS_CLIENT);
	if (sender == 0) {
		send_at(f, to, rate, ns);
		_exit(0);
	}
	if (sender > 0)
		(void)waitpid(sender, NULL, 0);
	drain(v, way);
	end_process(receiver);
	const struct shaper_counters *b = counters(v, way, is);
	v->blast_lost = b->losses - a->losses;
	/* netem keeps what it drops to itself. */
	if (v->link->netem)
		return f->received > 0;
	return f->sent && b->offered_packets - a->offered_packets == f->sent &&
	       b->write_errors == 0 &&
	       f->sent - f->received == b->tail_drops - a->tail_drops +
							b->losses - a->losses +
							b->cut_losses -
							a->cut_losses;
}

static void load(struct verify *v, enum link_way way)
{
	const struct findings *f = v->found;
	const struct shaper_config *w = &v->link->way[way];
	struct shaper_counters both[LINK_WAYS];
	uint64_t rates[BLASTS];
	v->exact[way] = true;
	for (int i = 0; i < BLASTS; i++) {
		v->exact[way] &= blast(v, way,
				w->rate ? 1.1 * (double)w->rate : 1e8, SECOND);
		/* What was lost took its time on the link, too. */
		uint64_t n = f->received + v->blast_lost;
		rates[i] = f->last > f->first && n
					   ? (n - 1) * NETNS_MTU * 8 * SECOND /
							     (f->last - f->first)
					   : 0;
	}
	qsort(rates, BLASTS, sizeof(rates[0]), by_size);
	v->rate[way] = (double)rates[BLASTS / 2];
	const struct shaper_counters *c = counters(v, way, both);
	v->lost[way] = c->losses;
	v->should_lose[way] = shaper_losses(
			w, netns_seed(v->seed, way), c->accepted_packets);
	if (v->link->netem)
		v->should_lose[way] = v->lost[way];
}

static bool near(double is, double should)
{
	return is >= should * (1 - tolerance) && is <= should * (1 + tolerance);
}

/* The share that gets through, on the average. */
static double through(const struct shaper_config *w)
{
	return (1 - w->loss) * (1 - link_burst_loss(w));
}

/* As text, or as JSON: whichever is not wanted is not printed. */
__attribute__((format(printf, 2, 3))) static void put(
		bool wanted, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (wanted)
		vprintf(format, args);
	va_end(args);
}

static bool print_way(const struct verify *v, enum link_way way)
{
	const struct shaper_config *w = &v->link->way[way];
	bool ok = v->exact[way] && v->lost[way] == v->should_lose[way];
	double rate = (double)w->rate;
	if (v->link->netem)
		rate *= through(w);
	if (w->rate)
		ok &= near(v->rate[way], rate);
	put(!v->json, "  %8.3f of %8.3f  %4llu of %4llu%s", v->rate[way] / 1e6,
			rate / 1e6, (unsigned long long)v->lost[way],
			(unsigned long long)v->should_lose[way],
			v->exact[way] ? " " : "+");
	put(v->json,
			",\"%s\":{\"mbit\":%.3f,\"mbit_wanted\":%.3f,"
			"\"lost\":%llu,\"lost_wanted\":%llu,"
			"\"all_counted\":%s}",
			way == LINK_DOWN ? "down" : "up", v->rate[way] / 1e6,
			rate / 1e6, (unsigned long long)v->lost[way],
			(unsigned long long)v->should_lose[way],
			v->exact[way] ? "true" : "false");
	return ok;
}

/* ---- scripts */

enum verify_answer verify_piece(const uint64_t *bins, size_t n,
		const struct verify_piece *p, double *is, double *should)
{
	const struct shaper_config *w = p->way;
	uint64_t delay = w->delay_us / 1000, jitter = w->jitter_us / 1000;
	uint64_t bytes = 0;
	/* What netem has queued still comes. */
	bool sharp = w->cut && !p->netem;
	uint64_t edge = EDGE_MS + jitter;
	uint64_t first = p->from + delay + (sharp ? edge : SETTLE_MS);
	uint64_t last = p->to + delay;
	last = (w->cut ? last - orl_min64(last, edge) : last) / VERIFY_BIN_MS;
	first = first / VERIFY_BIN_MS + 1;
	last = orl_min64(last, n);
	*is = *should = w->cut ? 0 : (double)w->rate * through(w);
	if (last <= first || p->flow || (!w->cut && !w->rate))
		return VERIFY_UNKNOWN;
	uint64_t ms = (last - first) * VERIFY_BIN_MS;
	double packet = NETNS_MTU * 8e3 / (double)ms;
	if (!w->cut && (ms < LEAST_MS || *should < LEAST * packet))
		return VERIFY_UNKNOWN;
	for (uint64_t i = first; i < last; i++)
		bytes += bins[i];
	*is = (double)bytes * 8e3 / (double)ms;
	if (w->cut)
		return bytes ? VERIFY_WRONG : VERIFY_OK;
	return near(*is, *should) || fabs(*is - *should) <= packet
			       ? VERIFY_OK
			       : VERIFY_WRONG;
}

static const struct shaper_config *way_at(
		const struct link_spec *l, size_t i, enum link_way way)
{
	return i ? &l->steps[i - 1].way[way] : &l->way[way];
}

/* Piece i of the script, from one of its steps to the next. */
static bool piece(struct verify *v, enum link_way way, size_t i, uint64_t end)
{
	const struct link_spec *l = v->link;
	const struct verify_piece p = { i ? l->steps[i - 1].at_ms : 0,
		i < l->n_steps ? l->steps[i].at_ms : end, way_at(l, i, way),
		i ? l->steps[i - 1].flow : l->flow, l->netem };
	double is, should;
	enum verify_answer a =
			verify_piece(v->found->bins, BINS, &p, &is, &should);
	bool known = a != VERIFY_UNKNOWN;
	v->unknown += !known;
	put(!v->json && known, "  %.3f of %.3f", is / 1e6, should / 1e6);
	put(!v->json && !known, "  ? of %.3f", should / 1e6);
	put(v->json, "%s{\"from_ms\":%llu,\"mbit\":", i ? "," : "",
			(unsigned long long)p.from);
	put(v->json && known, "%.3f", is / 1e6);
	put(v->json && !known, "null");
	put(v->json, ",\"mbit_wanted\":%.3f}", should / 1e6);
	return a != VERIFY_WRONG;
}

/* A script happens once to a link. */
static bool make_again(struct verify *v)
{
	netns_down(&v->net);
	if (!netns_up(&v->net, v->link, v->seed, v->congestion, v->why, v->cap))
		return true;
	fprintf(stderr, "oriel-bench: %s: %s\n", v->link->name, v->why);
	return false;
}

static bool follow(struct verify *v, enum link_way way)
{
	const struct link_spec *l = v->link;
	uint64_t end = l->steps[l->n_steps - 1].at_ms + AFTER_MS, most = 0;
	bool ok = true;
	for (size_t i = 0; i <= l->n_steps; i++)
		most = orl_max64(most, way_at(l, i, way)->rate);
	netns_go(&v->net);
	ok &= blast(v, way, most ? 1.1 * (double)most : 1e8, end * MS);
	put(!v->json, "%-8s script, %s", l->name,
			way == LINK_DOWN ? "down" : "up");
	put(v->json, ",\"script_%s\":[", way == LINK_DOWN ? "down" : "up");
	for (size_t i = 0; i <= l->n_steps; i++)
		ok &= piece(v, way, i, end);
	put(!v->json, " Mbit/s  %s\n", ok ? "ok" : "FAIL");
	put(v->json, "]");
	return ok;
}

/* What a script changes: what of it can be seen in how much arrives, and what
 * is not looked at. */
enum { SEEN_DOWN, SEEN_UP, RATE, DELAY, JITTER, ORDER, LOSS, FLOW, CHANGES };

static void changes_of(bool out[static CHANGES], const struct link_spec *l)
{
	memset(out, 0, CHANGES * sizeof(*out));
	for (size_t i = 1; i <= l->n_steps; i++) {
		out[FLOW] |= l->steps[i - 1].flow;
		for (unsigned k = 0; k < LINK_WAYS; k++) {
			const struct shaper_config *a = way_at(l, i - 1, k);
			const struct shaper_config *b = way_at(l, i, k);
			double lost = fabs(through(a) - through(b));
			out[k] |= a->rate != b->rate || a->cut != b->cut ||
				  lost > 2 * tolerance;
			out[DELAY] |= a->delay_us != b->delay_us;
			out[JITTER] |= a->jitter_us != b->jitter_us;
			out[ORDER] |= fabs(a->reorder - b->reorder) > 0;
			out[LOSS] |= lost > 0 && lost <= 2 * tolerance;
		}
	}
}

static void say_unchecked(
		const struct verify *v, const bool change[static CHANGES])
{
	static const char *const names[] = { "rate", "delay", "jitter",
		"reordering", "loss", "flow" };
	const char *separator = "";
	bool any = v->unknown > 0;
	for (size_t i = RATE; i < CHANGES; i++)
		any |= change[i];
	put(!v->json && any, "%-8s script, NOT checked: ", v->link->name);
	put(v->json, ",\"unchecked\":[");
	for (size_t i = RATE; i < CHANGES; i++)
		if (change[i]) {
			put(!v->json, "%s%s", separator, names[i - RATE]);
			put(v->json, "%s\"%s\"", separator, names[i - RATE]);
			separator = v->json ? "," : ", ";
		}
	put(!v->json && v->unknown, "%swhat is marked ?", separator);
	put(!v->json && any, "\n");
	put(v->json, "]");
}

static bool script(struct verify *v)
{
	bool change[CHANGES], made = true, ok = true;
	changes_of(change, v->link);
	/* Beside a flow from the beginning on nothing can be told. */
	change[RATE] = v->link->flow && (change[SEEN_DOWN] || change[SEEN_UP]);
	for (unsigned k = 0; k < LINK_WAYS && !v->link->flow; k++) {
		if (!change[k])
			continue;
		if (!made && !make_again(v))
			return false;
		ok &= follow(v, k);
		made = false;
	}
	say_unchecked(v, change);
	return ok;
}

static bool follow_flow(struct verify *v)
{
	double rate = (double)v->link->way[LINK_DOWN].rate;
	struct shaper_counters was[LINK_WAYS], is_now[LINK_WAYS];
	(void)counters(v, LINK_DOWN, was);
	netns_go(&v->net);
	sleep_ns(FLOW_WARM_MS * MS);
	uint64_t bytes = netns_flow_bytes(&v->net);
	sleep_ns(FLOW_MS * MS);
	bytes = netns_flow_bytes(&v->net) - bytes;
	(void)counters(v, LINK_DOWN, is_now);
	/* None of it may be taken for a peer's. */
	uint64_t others = 0;
	for (unsigned k = 0; k < LINK_WAYS; k++)
		others += is_now[k].offered_bytes - was[k].offered_bytes;
	double is = (double)bytes * 8e3 / FLOW_MS;
	bool ok = is >= flow_share * rate && is <= rate && !others;
	put(!v->json,
			"%-8s flow alone  %.3f of %.3f Mbit/s, %llu bytes of "
			"others  %s\n",
			v->link->name, is / 1e6, rate / 1e6,
			(unsigned long long)others, ok ? "ok" : "FAIL");
	put(v->json,
			",\"flow\":{\"mbit\":%.3f,\"mbit_wanted\":%.3f,"
			"\"others_bytes\":%llu}",
			is / 1e6, rate / 1e6, (unsigned long long)others);
	return ok;
}

static bool print_late(const struct verify *v)
{
	struct shaper_counters c[LINK_WAYS];
	netns_counters(&v->net, &c[LINK_DOWN], &c[LINK_UP]);
	uint64_t n = c[0].delivered_packets + c[1].delivered_packets;
	double mean = n ? (double)(c[0].late_ns_sum + c[1].late_ns_sum) / 1e3 /
						      (double)n
			: 0;
	double most = (double)orl_max64(c[0].late_ns_max, c[1].late_ns_max) /
		      1e3;
	put(!v->json, "  %4.0f %6.0f", mean, most);
	put(v->json, ",\"late_us_mean\":%.1f,\"late_us_max\":%.1f", mean, most);
	return n > 0;
}

static bool check(struct verify *v)
{
	const struct link_spec *l = v->link;
	double rtt = (double)link_rtt_us(l) / 1e3;
	probe(v);
	load(v, LINK_DOWN);
	load(v, LINK_UP);
	bool ok = rtt > 0 ? near(v->rtt_ms, rtt) : v->rtt_ms > 0;
	put(!v->json, "%-8s %7.3f of %7.3f", l->name, v->rtt_ms, rtt);
	/* Names have no characters that JSON would want escaped. */
	put(v->json,
			"{\"link\":\"%s\",\"rtt_ms\":%.3f,"
			"\"rtt_ms_wanted\":%.3f",
			l->name, v->rtt_ms, rtt);
	ok &= print_way(v, LINK_DOWN);
	ok &= print_way(v, LINK_UP);
	ok &= print_late(v);
	put(!v->json, "  %s\n", ok ? "ok" : "FAIL");
	if (l->flow)
		ok &= follow_flow(v);
	if (l->n_steps)
		ok &= script(v);
	put(v->json, ",\"ok\":%s}\n", ok ? "true" : "false");
	return ok;
}

void verify_heading(void)
{
	printf("%-8s %-18s  %-20s  %-13s  %-20s  %-13s  %s\n", "link",
			"round trip, ms", "down, Mbit/s", "lost", "up, Mbit/s",
			"lost", "late, us: mean, most");
}

int verify_link(const struct link_spec *link, uint64_t seed,
		const char *congestion, bool json, char *why, size_t cap)
{
	struct verify v = { .link = link,
		.congestion = congestion,
		.seed = seed,
		.json = json,
		.why = why,
		.cap = cap };
	v.found = mmap(NULL, sizeof(*v.found), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (v.found == MAP_FAILED) {
		snprintf(why, cap, "no memory");
		return -1;
	}
	int err = netns_up(&v.net, link, seed, congestion, why, cap);
	bool ok = !err && check(&v);
	netns_down(&v.net);
	(void)munmap(v.found, sizeof(*v.found));
	fflush(stdout);
	return err ? -1 : !ok;
}

/*
 * sink.c - oriel-bench-sink: the clients of a crowd, all in one thread. Each
 * does TLS and the login as any client does, and acknowledges what comes
 * without decoding it (sink_screen.c). The crowd is standard input. Only some
 * log in at the same time: a key takes its time to derive.
 */
#include "bench/sink.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <oriel/oriel-client.h>

#include "bench/crowd.h"
#include "bench/stage.h"

enum { EVENTS = 64, IDLE = 20, AT_ONCE = 4 };

struct visitor {
	struct oriel_client *client;
	struct crowd_session *session;
	struct sinks *all;
	bool connected;
};

struct sinks {
	struct crowd *crowd;
	struct visitor *visitor;
	uint32_t joining; /* not ready yet */
	uint32_t next;
	int epoll;
	int error;
};

void sink_commit(void *user, uint32_t captured, uint64_t received)
{
	struct visitor *v = user;
	struct crowd_session *s = v->session;
	if (!v->all->crowd->start || s->commits == CROWD_COMMITS)
		return;
	s->commit[s->commits] = (struct crowd_commit){ received, captured };
	s->commits++;
}

void sink_exact(void *user)
{
	struct visitor *v = user;
	if (v->session->ready)
		return;
	v->session->ready = true;
	v->all->joining--;
}

static void on_state(void *user, enum oriel_client_state state, int error,
		const char *text)
{
	struct visitor *v = user;
	if (state != ORIEL_CLIENT_IDLE || v->all->crowd->stop)
		return;
	fprintf(stderr, "oriel-bench-sink: a session ended: %s\n",
			*text ? text : oriel_strerror(error));
	v->all->error = error ? error : ORIEL_ECLOSED;
}

static void on_trust(void *user, const uint8_t sha256[32], bool verified)
{
	struct visitor *v = user;
	(void)sha256;
	(void)verified;
	oriel_client_trust(v->client, true);
}

static void on_login(void *user)
{
	struct visitor *v = user;
	int err = oriel_client_login(v->client, NULL, CROWD_PASSWORD);
	if (err)
		v->all->error = err;
}

static int join(struct sinks *all, struct visitor *v)
{
	static const struct oriel_client_events events = {
		.size = sizeof(events),
		.state = on_state,
		.trust_wanted = on_trust,
		.login_wanted = on_login,
	};
	struct oriel_client_config config = { .size = sizeof(config),
		.name = "oriel-bench-sink",
		.events = &events,
		.user = v };
	char address[64];
	snprintf(address, sizeof(address), "oriel://127.0.0.1:%u",
			(unsigned)v->session->port);
	int err = oriel_client_create(&v->client, &config);
	err = err ? err : oriel_client_connect(v->client, address);
	if (err)
		return err;
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = v };
	if (epoll_ctl(all->epoll, EPOLL_CTL_ADD, oriel_client_fd(v->client),
			    &event))
		return ORIEL_EIO;
	all->joining++;
	return 0;
}

static void count_bytes(struct sinks *all)
{
	for (uint32_t i = 0; i < all->next; i++) {
		struct oriel_stats s = { .size = sizeof(s) };
		oriel_client_stats(all->visitor[i].client, &s);
		all->visitor[i].session->bytes = s.bytes_in;
	}
}

static int run(struct sinks *all)
{
	struct crowd *c = all->crowd;
	uint64_t next_count = 0;
	while (!c->stop && !all->error) {
		struct epoll_event events[EVENTS];
		while (all->next < c->n && all->joining < AT_ONCE &&
				c->session[all->next].port) {
			int err = join(all, &all->visitor[all->next++]);
			if (err)
				return err;
		}
		int n = epoll_wait(all->epoll, events, EVENTS, IDLE);
		for (int i = 0; i < n; i++) {
			struct visitor *v = events[i].data.ptr;
			int err = oriel_client_dispatch(v->client, 0);
			if (err < 0)
				return err;
		}
		if (stage_now() >= next_count) {
			count_bytes(all);
			next_count = stage_now() + 100000000;
		}
	}
	return all->error;
}

int main(void)
{
	struct sinks all = { .crowd = crowd_map(STDIN_FILENO) };
	struct rlimit files;
	signal(SIGPIPE, SIG_IGN);
	if (!all.crowd || all.crowd->magic != CROWD_MAGIC ||
			all.crowd->n > CROWD_MAX) {
		fprintf(stderr, "oriel-bench-sink: to be started by "
				"oriel-bench density\n");
		return 2;
	}
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	all.epoll = epoll_create1(EPOLL_CLOEXEC);
	all.visitor = calloc(all.crowd->n, sizeof(*all.visitor));
	int err = all.epoll < 0 || !all.visitor ? ORIEL_ENOMEM : 0;
	for (uint32_t i = 0; !err && i < all.crowd->n; i++) {
		all.visitor[i].session = &all.crowd->session[i];
		all.visitor[i].all = &all;
	}
	err = err ? err : run(&all);
	if (err < 0) {
		fprintf(stderr, "oriel-bench-sink: %s\n", oriel_strerror(err));
		all.crowd->failed = true;
		return 1;
	}
	return 0;
}

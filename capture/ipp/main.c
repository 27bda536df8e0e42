/*
 * main.c - oriel-ipp: started by oriel-serve, with a pipe to it as descriptor
 * 3 and a listening socket as descriptor 4. It ends when the pipe does.
 *
 * It is the one program of the server's side that reads IPP, and so it has
 * nothing: no files, no network but that socket, no environment.
 */
#include "capture/ipp/ipp.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/confine.h"

enum { PIPE = 3, LISTENER = 4, PATIENCE = 15 };

/* ---- the pipe ---------------------------------------------------------- */

bool orl_ipp_tell(struct orl_ipp *ipp, const struct orl_printpipe *m)
{
	static uint8_t packet[ORL_PIPE_PACKET_MAX]; /* under the lock */
	size_t n = orl_printpipe_put(packet, m);
	ssize_t sent;

	do {
		sent = send(ipp->pipe, packet, n, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent >= 0;
}

static void set_printer(struct orl_ipp *ipp, const struct orl_printpipe *m)
{
	struct printer *p = &ipp->printers[m->slot];

	p->there = true;
	memcpy(p->queue, m->queue, sizeof(p->queue));
	memcpy(p->name, m->text, sizeof(p->name));
	memcpy(p->media, m->media, sizeof(p->media));
	p->about = m->printer;
	p->about.name = p->name;
	p->about.media = p->media;
	p->changed = time(NULL);
}

static void hear(struct orl_ipp *ipp, const struct orl_printpipe *m)
{
	struct job *job;

	switch (m->kind) {
	case ORL_PIPE_SETUP:
		memcpy(ipp->secret, m->text, sizeof(ipp->secret));
		break;
	case ORL_PIPE_PRINTER:
		set_printer(ipp, m);
		break;
	case ORL_PIPE_GONE:
		ipp->printers[m->slot].there = false;
		break;
	case ORL_PIPE_CREDIT:
		job = orl_ipp_job_find(ipp, (int)m->job);
		if (job)
			job->credit += m->bytes;
		pthread_cond_broadcast(&ipp->changed);
		break;
	case ORL_PIPE_STATUS:
		orl_ipp_job_status(ipp, m);
		break;
	default:
		break;
	}
}

static void *run_pipe(void *user)
{
	static uint8_t packet[ORL_PIPE_PACKET_MAX];
	static struct orl_printpipe m;
	struct orl_ipp *ipp = user;

	for (;;) {
		ssize_t n = recv(ipp->pipe, packet, sizeof(packet), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(0); /* oriel-serve has ended, or ended us */
		if (orl_printpipe_get(&m, packet, (size_t)n) < 0)
			continue;
		pthread_mutex_lock(&ipp->lock);
		hear(ipp, &m);
		pthread_mutex_unlock(&ipp->lock);
	}
}

static int run(struct orl_ipp *ipp)
{
	for (;;) {
		struct pollfd fd = { .fd = LISTENER, .events = POLLIN };
		http_t *http;

		if (poll(&fd, 1, -1) < 0 && errno != EINTR)
			return 1;
		if (!(fd.revents & POLLIN))
			continue;
		http = httpAcceptConnection(LISTENER, 1);
		if (http && !orl_ipp_connect(ipp, http))
			httpClose(http);
	}
}

/*
 * What a hostile document could make of this process stays in it. Before a
 * byte is read and a thread is made.
 */
static int confine(void)
{
	const struct rlimit files = { 128, 128 }, none = { 0, 0 };
	int err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_NOFILE, &files);
	setrlimit(RLIMIT_FSIZE, &none);
	setrlimit(RLIMIT_CORE, &none);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	/* The library looks for what it says in the user's language. */
	httpInitialize();
	(void)cupsLangDefault();
	err = orl_confine_capabilities(0);
	return err ? err : orl_confine_reader();
}

/* A number that one before us gave away is not to be that of another job. */
static bool choose_numbers(struct orl_ipp *ipp)
{
	uint32_t random;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return false;
	ipp->last_job = (int)(random % (ORL_PIPE_JOB_MAX / 2)) + 1;
	return true;
}

int main(int argc, char **argv)
{
	static struct orl_ipp ipp = { .pipe = PIPE, .patience = PATIENCE };
	struct sockaddr_storage name;
	socklen_t n = sizeof(name);
	pthread_t thread;
	int err;

	(void)argv;
	if (argc != 1 || getsockname(PIPE, (struct sockaddr *)&name, &n) < 0 ||
			name.ss_family != AF_UNIX) {
		fprintf(stderr, "oriel-ipp is started by oriel-serve "
				"--print, not by hand; see oriel-serve(1)\n");
		return 2;
	}
	if (!choose_numbers(&ipp)) {
		fprintf(stderr, "oriel-ipp: there is no randomness\n");
		return 1;
	}
	err = confine();
	if (err) {
		fprintf(stderr, "oriel-ipp cannot give up its rights: %s\n",
				strerror(-err));
		return 1;
	}
	ipp.started = time(NULL);
	pthread_mutex_init(&ipp.lock, NULL);
	pthread_cond_init(&ipp.changed, NULL);
	if (pthread_create(&thread, NULL, run_pipe, &ipp) != 0)
		return 1;
	return run(&ipp);
}

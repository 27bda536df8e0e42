/*
 * fuzz_ipp.c - any bytes as a connection to oriel-ipp, whose printer is
 * "/secret/q": HTTP and IPP are read by libcups, and what is behind that is
 * ours. Whatever comes, oriel-serve hears only what it would take, in an order
 * that makes sense; otherwise it would end the helper.
 * Covers: capture/ipp/{connection,request,ops,jobs,about}.c
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "capture/ipp/ipp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	REQUESTS = 8, /* their answers fit into the socket */
	INPUT_MAX = 65536,
	CREDIT = 1000,
	JOBS = 16,
};

static struct orl_ipp ipp = { .pipe = -1, .secret = "secret" };
static int listener = -1;
static enum { UNKNOWN, BEGUN, ENDED } said[JOBS];

#define MUST(what) \
	do { \
		if (!(what)) \
			abort(); \
	} while (0)

/* In place of oriel-serve. The lock is held. */
bool orl_ipp_tell(struct orl_ipp *from, const struct orl_printpipe *m)
{
	static uint8_t packet[ORL_PIPE_PACKET_MAX];
	static struct orl_printpipe got;
	size_t n = orl_printpipe_put(packet, m);
	struct job *job = orl_ipp_job_find(from, (int)m->job);

	MUST(n <= sizeof(packet) && orl_printpipe_get(&got, packet, n) == 0);
	MUST(job && m->job < JOBS && got.job == m->job && got.kind == m->kind);
	switch (got.kind) {
	case ORL_PIPE_BEGIN:
		MUST(said[got.job] == UNKNOWN &&
				got.details.format &
						from->printers[got.slot]
								.about.formats);
		said[got.job] = BEGUN;
		job->credit = CREDIT;
		break;
	case ORL_PIPE_DATA:
		MUST(said[got.job] == BEGUN && got.n && got.n <= CREDIT);
		job->credit += (uint32_t)got.n;
		break;
	case ORL_PIPE_END:
	case ORL_PIPE_CANCEL:
		MUST(said[got.job] == BEGUN);
		said[got.job] = ENDED;
		got.state = got.kind == ORL_PIPE_END ? ORIEL_PRINT_DONE
						     : ORIEL_PRINT_CANCELLED;
		got.kind = ORL_PIPE_STATUS;
		orl_ipp_job_status(from, &got);
		break;
	case ORL_PIPE_SETUP:
	case ORL_PIPE_PRINTER:
	case ORL_PIPE_GONE:
	case ORL_PIPE_CREDIT:
	case ORL_PIPE_STATUS:
	default:
		abort();
	}
	return true;
}

static void set_printer(struct printer *p, const char *queue, uint32_t formats)
{
	*p = (struct printer){ .there = true, .name = "A <printer>" };
	memcpy(p->queue, queue, strlen(queue) + 1);
	p->media[0] = (struct oriel_print_size){ 21000, 29700 };
	p->media[1] = (struct oriel_print_size){ 12345, 23456 };
	p->about = (struct oriel_printer){ .standard = true,
		.formats = formats,
		.colours = ORIEL_PRINT_GREY | ORIEL_PRINT_COLOUR,
		.sides = ORIEL_PRINT_ONE_SIDE | ORIEL_PRINT_LONG_EDGE,
		.qualities = ORIEL_PRINT_NORMAL | ORIEL_PRINT_DRAFT,
		.resolutions = ORIEL_PRINT_300 | ORIEL_PRINT_600,
		.n_media = 2,
		.reasons = ORIEL_PRINT_NO_PAPER };
}

static void begin(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	if (listener < 0) {
		listener = socket(AF_UNIX, SOCK_STREAM, 0);
		/* Without a name: the kernel gives it an abstract one. */
		MUST(listener >= 0 &&
				bind(listener, (struct sockaddr *)&at,
						sizeof(at.sun_family)) == 0);
		MUST(listen(listener, 1) == 0);
		pthread_mutex_init(&ipp.lock, NULL);
		pthread_cond_init(&ipp.changed, NULL);
	}
	memset(said, 0, sizeof(said));
	memset(ipp.jobs, 0, sizeof(ipp.jobs));
	ipp.last_job = 0;
	ipp.started = time(NULL);
	set_printer(&ipp.printers[0], "q",
			ORIEL_PRINT_PWG | ORIEL_PRINT_JPEG | ORIEL_PRINT_PDF);
	set_printer(&ipp.printers[3], "r", ORIEL_PRINT_JPEG);
	set_printer(&ipp.printers[4], "gone", ORIEL_PRINT_JPEG);
	ipp.printers[4].there = false;
}

static http_t *connect_with(const uint8_t *data, size_t size, int *fd)
{
	struct sockaddr_un at;
	socklen_t n = sizeof(at);
	size_t done = 0;
	http_t *http;

	MUST(getsockname(listener, (struct sockaddr *)&at, &n) == 0);
	*fd = socket(AF_UNIX, SOCK_STREAM, 0);
	MUST(*fd >= 0 && connect(*fd, (struct sockaddr *)&at, n) == 0);
	while (done < size) {
		ssize_t sent = send(*fd, data + done, size - done,
				MSG_DONTWAIT | MSG_NOSIGNAL);
		MUST(sent > 0);
		done += (size_t)sent;
	}
	MUST(shutdown(*fd, SHUT_WR) == 0);
	http = httpAcceptConnection(listener, 1);
	MUST(http);
	httpBlocking(http, 1);
	return http;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct connection c = { .ipp = &ipp };
	bool more = true;
	int fd;

	if (size > INPUT_MAX)
		return 0;
	begin();
	c.http = connect_with(data, size, &fd);
	for (int i = 0; i < REQUESTS && more; i++) {
		struct request r = {
			.ipp = &ipp, .http = c.http, .connection = &c
		};

		more = orl_ipp_serve(&r);
		ippDelete(r.in);
		ippDelete(r.out);
	}
	httpClose(c.http);
	close(fd);
	for (int i = 0; i < ORL_IPP_JOBS; i++) {
		const struct job *job = &ipp.jobs[i];

		if (!job->id)
			continue;
		MUST(orl_printpipe_text_ok(job->name, strlen(job->name)));
		MUST(orl_printpipe_text_ok(job->user, strlen(job->user)));
		MUST(!job->incoming && said[job->id] != BEGUN);
	}
	return 0;
}

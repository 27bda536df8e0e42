/*
 * trace.c - play a recorded desktop as a virtual machine would push it.
 *
 * The recording is unpacked first, in a process of its own: what decoding
 * costs in time and memory is not the server's, and a broken file breaks
 * nothing but that process. Playing then is one scattered read a rectangle,
 * straight into the framebuffer, and is measured apart as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/rects.h"
#include "capture/screen.h"
#include "capture/unpack.h"

static const struct orl_unpack_limits limits = {
	.bytes = UINT64_C(8) << 30,
	.side = 8192,
	.frames = 1 << 20,
	.progress = true,
};

struct trace {
	struct orl_source source;
	struct orl_screen screen;
	int fd;
	uint64_t at;   /* in the file, behind next's rectangles */
	uint32_t left; /* frames, next included */
	struct orl_unpacked_frame next;
	struct oriel_rect *rects; /* next's */
	size_t rects_max;
	uint64_t start; /* when the first client was ready; 0: not yet */
	struct orl_source_cpu cpu;
};

static struct trace *of(struct orl_source *source)
{
	return (struct trace *)(void *)source;
}

static uint64_t ns_of(struct timeval tv)
{
	return (uint64_t)tv.tv_sec * ORL_SEC + (uint64_t)tv.tv_usec * 1000;
}

/* By the scheduler's own clock; getrusage() counts in ticks. */
static uint64_t thread_time(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * ORL_SEC + (uint64_t)ts.tv_nsec;
}

/* ---- unpacking --------------------------------------------------------- */

/* A file without a name. */
static int temporary(void)
{
	const char *folder = getenv("TMPDIR");
	char path[PATH_MAX];
	int fd, n;

	if (!folder || folder[0] != '/')
		folder = "/tmp";
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	n = snprintf(path, sizeof(path), "%s/oriel-XXXXXX", folder);
	if (n < 0 || (size_t)n >= sizeof(path))
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static _Noreturn void child(int fd, int out, const char *path)
{
	char why[ORL_WHY_MAX] = "";
	int err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	err = orl_unpack_file(fd, path, &limits, why, sizeof(why));
	if (err && write(out, why, strlen(why)) < 0)
		err = ORIEL_EIO;
	_exit(err ? 1 : 0);
}

/* Returns 0, or -1 and a sentence in text[size]. */
static int unpack(struct trace *t, const char *path, char *text, size_t size)
{
	struct rusage usage = { .ru_maxrss = 0 };
	int ends[2], status = 0;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		snprintf(text, size, "%s", strerror(errno));
		return -1;
	}
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		child(t->fd, ends[1], path);
	close(ends[1]);
	while (pid > 0 && n < size - 1) {
		got = read(ends[0], text + n, size - 1 - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	text[n] = 0;
	close(ends[0]);
	while (pid > 0 && wait4(pid, &status, 0, &usage) < 0 && errno == EINTR)
		;
	t->cpu.setup_user = ns_of(usage.ru_utime);
	t->cpu.setup_sys = ns_of(usage.ru_stime);
	if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (!n)
		snprintf(text, size, "%s",
				pid < 0 ? strerror(errno)
				: WIFSIGNALED(status)
						? "the decoder crashed on it"
						: "the decoder gave up");
	return -1;
}

/* ---- playing ----------------------------------------------------------- */

static int get(struct trace *t, void *p, size_t n)
{
	if (pread(t->fd, p, n, (off_t)t->at) != (ssize_t)n)
		return ORIEL_EIO;
	t->at += n;
	return 0;
}

/* Learn when the next frame is due, and where it differs. */
static int look_ahead(struct trace *t)
{
	int err;

	if (!t->left)
		return 0;
	err = get(t, &t->next, sizeof(t->next));
	if (!err && t->next.rects > t->rects_max)
		err = ORIEL_EIO;
	if (!err)
		err = get(t, t->rects, t->next.rects * sizeof(*t->rects));
	for (uint32_t i = 0; i < t->next.rects && !err; i++) {
		const struct oriel_rect *r = &t->rects[i];

		/* Who wrote it has read a file from strangers. */
		if (r->x < 0 || r->y < 0 || r->width < 1 || r->height < 1 ||
				r->width > t->screen.width - r->x ||
				r->height > t->screen.height - r->y)
			err = ORIEL_EIO;
	}
	return err;
}

/* Put the next frame's rectangles into the framebuffer. */
static int paint(struct trace *t)
{
	uint64_t before = thread_time();
	int err = 0;

	for (uint32_t i = 0; i < t->next.rects && !err; i++)
		err = orl_unpack_read_rect(t->fd, &t->at, t->screen.pixels,
				t->screen.width, &t->rects[i]);
	t->left--;
	/* Next to all of it is the kernel's copying. */
	t->cpu.sys += thread_time() - before;
	return err;
}

static void trace_close(struct orl_source *source)
{
	struct trace *t = of(source);

	orl_screen_fini(&t->screen);
	if (t->fd >= 0)
		close(t->fd);
	free(t->rects);
	free(t);
}

static int prepare(struct trace *t)
{
	struct orl_unpacked_head head;
	int err = get(t, &head, sizeof(head));

	if (err)
		return err;
	if (head.magic != ORL_UNPACK_MAGIC || head.width < 1 ||
			head.height < 1 || head.width > limits.side ||
			head.height > limits.side || !head.frames)
		return ORIEL_EIO;
	t->left = head.frames;
	t->rects_max = ((size_t)head.width / ORL_TILE + 1) *
		       ((size_t)head.height / ORL_TILE + 1);
	t->rects = calloc(t->rects_max, sizeof(*t->rects));
	if (!t->rects)
		return ORIEL_ENOMEM;
	err = orl_screen_init(&t->screen, head.width, head.height);
	if (!err)
		err = look_ahead(t);
	if (!err)
		err = paint(t);
	t->cpu.user = t->cpu.sys = 0; /* that was not playing */
	if (!err)
		err = look_ahead(t);
	fprintf(stderr, "trace: %d x %d, %u frames differ, %.1f s\n",
			head.width, head.height, head.frames,
			(double)head.end / 1e9);
	return err;
}

static int trace_open(struct orl_source **out, const char *argument, char *why)
{
	struct trace *t = calloc(1, sizeof(*t));
	char reason[ORL_WHY_MAX / 2];
	int err;

	if (!t) {
		snprintf(why, ORL_WHY_MAX, "trace: out of memory");
		return ORL_EXIT_INTERNAL;
	}
	t->source.kind = &orl_source_trace;
	t->fd = -1;
	if (!*argument || access(argument, R_OK) < 0) {
		snprintf(why, ORL_WHY_MAX, "trace:%.100s: %s", argument,
				*argument ? strerror(errno)
					  : "a file's name is missing");
		trace_close(&t->source);
		return ORL_EXIT_USAGE;
	}
	t->fd = temporary();
	if (t->fd < 0) {
		snprintf(why, ORL_WHY_MAX, "trace: no temporary file: %s",
				strerror(errno));
		trace_close(&t->source);
		return ORL_EXIT_SOURCE;
	}
	err = unpack(t, argument, reason, sizeof(reason));
	if (!err) {
		err = prepare(t);
		snprintf(reason, sizeof(reason), "%s", oriel_strerror(err));
	}
	if (err) {
		snprintf(why, ORL_WHY_MAX, "trace:%.100s: %s", argument,
				reason);
		trace_close(&t->source);
		return ORL_EXIT_SOURCE;
	}
	*out = &t->source;
	return ORL_EXIT_OK;
}

static int trace_attach(struct orl_source *source, struct oriel_server *server)
{
	return orl_screen_attach(&of(source)->screen, server);
}

static size_t trace_watch(
		struct orl_source *source, struct pollfd *fds, uint64_t *due)
{
	struct trace *t = of(source);

	(void)fds;
	if (t->start && t->left && t->start + t->next.time < *due)
		*due = t->start + t->next.time;
	return 0;
}

static int trace_run(struct orl_source *source, uint64_t now, char *why)
{
	struct trace *t = of(source);

	while (t->start && t->left && now >= t->start + t->next.time) {
		/* What is late because of the server counts as latency. */
		uint64_t due = t->start + t->next.time;
		int err = paint(t);

		if (!err) {
			err = orl_screen_submit(&t->screen, t->rects,
					t->next.rects, due);
			if (err)
				return err;
			err = look_ahead(t);
		}
		if (err) {
			snprintf(why, ORL_WHY_MAX,
					"trace: the temporary file cannot be "
					"read any more");
			return ORIEL_ECLOSED;
		}
	}
	return 0;
}

static void trace_peers(struct orl_source *source, uint32_t count)
{
	struct trace *t = of(source);

	if (count && !t->start)
		t->start = orl_now();
}

static bool trace_finished(const struct orl_source *source)
{
	const struct trace *t = (const void *)source;

	return t->start && !t->left;
}

static void trace_cpu(
		const struct orl_source *source, struct orl_source_cpu *out)
{
	*out = ((const struct trace *)(const void *)source)->cpu;
}

const struct orl_source_kind orl_source_trace = {
	.name = "trace",
	.help = ":FILE             a recorded desktop, played once from when\n"
		"                         the first client is ready",
	.open = trace_open,
	.close = trace_close,
	.attach = trace_attach,
	.watch = trace_watch,
	.run = trace_run,
	.peers = trace_peers,
	.finished = trace_finished,
	.cpu = trace_cpu,
};

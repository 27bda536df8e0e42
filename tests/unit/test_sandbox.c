/*
 * test_sandbox.c - the system calls that a server needs once it has been made
 * are those that EMBEDDING.md names: any other ends it here.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <oriel/oriel-client.h>
#include <oriel/oriel-server.h>

/* Those of dispatch, sorted; they stand in EMBEDDING.md in this order. */
/* clang-format off */
#define SERVING(X) \
	X(accept4) X(brk) X(clock_gettime) X(close) X(epoll_ctl) \
	X(epoll_wait) X(fcntl) X(fstat) X(fstatfs) X(futex) X(getpeername) \
	X(getpid) X(getrandom) X(getsockname) X(getsockopt) X(ioctl) \
	X(madvise) X(mmap) X(mprotect) X(mremap) X(munmap) X(newfstatat) \
	X(pread64) X(read) X(recvfrom) X(sendto) X(setsockopt) X(shutdown) \
	X(timerfd_settime) X(write)
/* clang-format on */

static const char *const names[] = {
#define X(name) #name,
	SERVING(X)
#undef X
};

static void the_list_is_the_documents(void **state)
{
	char want[1000] = "", text[100000];
	FILE *f = fopen("EMBEDDING.md", "r");
	size_t n = 0;

	(void)state;
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = 0;
	fclose(f);
	/* Lines are broken anywhere, and it is a quotation. */
	for (char *p = text; *p; p++)
		if (!strchr(" >\n", *p))
			text[n++] = *p;
		else if (n && text[n - 1] != ' ')
			text[n++] = ' ';
	text[n] = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		strcat(want, i ? " " : "");
		strcat(want, names[i]);
	}
	if (!strstr(text, want))
		fail_msg("EMBEDDING.md does not have: %s", want);
}

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && \
		!defined(__SANITIZE_THREAD__)

/* The last frame, an odd one, is that which has pixels. */
enum { FRAMES = 9, LAST = 0x123456 };
/* Workers code bands, which only a large display has. */
enum { SMALL = 256, LARGE = 2048 };

/* ---- the server, a process of its own ---------------------------------- */

struct host {
	struct oriel_server *server;
	struct oriel_display *display;
	int32_t side;
	int fds[2];
	struct oriel_frame *frames[2]; /* read, and mapped */
	uint32_t *pixels;              /* of both */
	unsigned n;
};

static void on_wanted(void *user, struct oriel_auth *auth)
{
	(void)user;
	if (oriel_auth_use_password(auth, "correct horse") < 0)
		oriel_auth_reject(auth, "no");
}

static void on_proved(void *user, struct oriel_auth *auth)
{
	(void)user;
	oriel_auth_accept(auth, ORIEL_MAY_SEE | ORIEL_MAY_INPUT);
}

/* Each time another picture, the last of them known to the client. */
static void on_frame(void *user, struct oriel_display *display)
{
	struct host *h = user;
	bool last = h->n++ >= FRAMES;

	for (uint32_t i = 0; i < (uint32_t)(h->side * h->side); i++)
		h->pixels[i] = last ? LAST : (i / 7 + h->n) * 2654435761u;
	if (h->n > FRAMES + 2)
		return;
	if (oriel_display_submit(display, h->frames[h->n % 2], NULL, 0) < 0)
		abort();
}

/* A frame in a file: the second is sealed. */
static struct oriel_frame *frame_in(struct host *h, int i)
{
	struct oriel_frame *frame = NULL;
	struct oriel_frame_config cfg = { .size = sizeof(cfg),
		.pixels = { NULL, h->side, h->side, h->side * 4,
				ORIEL_FORMAT_XRGB8888 } };

	if (oriel_memory_create(&cfg.memory, h->server, h->fds[i],
			    (uint64_t)h->side * (uint64_t)h->side * 4) < 0 ||
			oriel_frame_create(&frame, h->server, &cfg) < 0)
		abort();
	oriel_memory_unref(cfg.memory);
	return frame;
}

/* A guest sets a mode: frames and memory go and come. */
static void on_key(void *user, struct oriel_peer *peer,
		const struct oriel_key *key)
{
	struct host *h = user;
	struct oriel_pixels arrow = { h->pixels, 16, 16, h->side * 4,
		ORIEL_FORMAT_ARGB8888 };

	(void)key;
	for (int i = 0; i < 2; i++) {
		oriel_frame_unref(h->frames[i]);
		h->frames[i] = frame_in(h, i);
	}
	if (oriel_display_resize(h->display, 1, 1, h->side, h->side) < 0 ||
			oriel_display_submit(
					h->display, h->frames[1], NULL, 0) < 0)
		abort();
	oriel_server_notice(h->server, 0, "a key");
	if (oriel_server_set_cursor(h->server, &arrow, 0, 0) < 0)
		oriel_peer_close(peer, "no memory");
}

static const struct oriel_server_events events = {
	.size = sizeof(events),
	.auth_wanted = on_wanted,
	.auth_proved = on_proved,
	.frame_wanted = on_frame,
	.key = on_key,
};

static void make_frames(struct host *h)
{
	size_t size = (size_t)h->side * (size_t)h->side * 4;

	for (int i = 0; i < 2; i++) {
		int fd = memfd_create("f", MFD_CLOEXEC | MFD_ALLOW_SEALING);

		if (fd < 0 || ftruncate(fd, (off_t)size) < 0 ||
				(i && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) <
								0))
			abort();
		if (i) /* only that one is filled: the other stays black */
			h->pixels = mmap(NULL, size, PROT_READ | PROT_WRITE,
					MAP_SHARED, fd, 0);
		h->fds[i] = fd;
		h->frames[i] = frame_in(h, i);
	}
}

static void forbidden(int signal, siginfo_t *info, void *context)
{
	char text[60];

	(void)signal;
	(void)context;
	int n = snprintf(text, sizeof(text), "system call %d: not allowed\n",
			info->si_syscall);
	(void)!write(2, text, (size_t)n);
	/* exit_group is not allowed either: a fault ends it. */
	raise(SIGKILL);
}

static int forbid_the_rest(void)
{
	static const unsigned allowed[] = {
#define X(name) SYS_##name,
		SERVING(X)
#undef X
				SYS_rt_sigreturn,
		SYS_kill, SYS_tgkill, SYS_gettid, SYS_rt_sigprocmask
	};
	enum { N = sizeof(allowed) / sizeof(allowed[0]) };
	struct sock_filter filter[N + 5];
	struct sigaction act = { .sa_sigaction = forbidden,
		.sa_flags = SA_SIGINFO };
	unsigned n = 0;

	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr));
	for (unsigned i = 0; i < N; i++)
		filter[n++] = (struct sock_filter)BPF_JUMP(
				BPF_JMP | BPF_JEQ | BPF_K, allowed[i],
				(uint8_t)(N - i), 0);
	filter[n++] = (struct sock_filter)BPF_STMT(
			BPF_RET | BPF_K, SECCOMP_RET_TRAP);
	filter[n++] = (struct sock_filter)BPF_STMT(
			BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { (unsigned short)n, filter };
	sigaction(SIGSYS, &act, NULL);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0,
			       0) < 0 || syscall(SYS_seccomp,
							 SECCOMP_SET_MODE_FILTER,
							 SECCOMP_FILTER_FLAG_TSYNC,
							 &program)
			       ? -1
			       : 0;
}

static void serve(int out, unsigned workers, bool unfiltered)
{
	struct host h = { .side = workers ? LARGE : SMALL };
	struct oriel_server_config cfg = { .size = sizeof(cfg),
		.events = &events,
		.user = &h,
		.workers = workers };
	struct oriel_display_config screen = {
		.size = sizeof(screen), .width = h.side, .height = h.side
	};
	char address[200] = "", *certificate = NULL, *key = NULL;

	if (oriel_server_make_pair(&certificate, &key, "test") < 0)
		abort();
	cfg.certificate = certificate;
	cfg.private_key = key;
	if (oriel_server_create(&h.server, &cfg) < 0 ||
			oriel_server_listen(h.server, "tcp://127.0.0.1:0",
					address, sizeof(address)) < 0 ||
			oriel_display_create(&h.display, h.server, &screen) < 0)
		abort();
	make_frames(&h);
	if (write(out, address, sizeof(address)) != sizeof(address))
		abort();
	if (!unfiltered && forbid_the_rest() < 0)
		abort();
	for (;;)
		if (oriel_server_wait(h.server, -1) < 0)
			raise(SIGKILL);
}

/* ---- the client -------------------------------------------------------- */

struct guest {
	struct oriel_client *client;
	bool ended, seen;
	unsigned cursors;
};

static void on_state(void *user, enum oriel_client_state state, int error,
		const char *text)
{
	struct guest *g = user;

	(void)error;
	(void)text;
	g->ended = state == ORIEL_CLIENT_IDLE;
}

static void on_trust(void *user, const uint8_t sha256[32], bool verified)
{
	struct guest *g = user;

	(void)sha256;
	(void)verified;
	oriel_client_trust(g->client, true);
}

static void on_login(void *user)
{
	struct guest *g = user;

	assert_int_equal(oriel_client_login(g->client, NULL, "correct horse"),
			0);
}

static void on_updated(void *user, struct oriel_screen *screen,
		const struct oriel_rect *rects, size_t count)
{
	struct guest *g = user;
	struct oriel_pixels got;

	(void)rects;
	(void)count;
	oriel_screen_pixels(screen, &got);
	g->seen |= *(const uint32_t *)got.data == LAST;
	oriel_screen_shown(screen, 0);
}

static void on_cursor(void *user, const struct oriel_pixels *image,
		int32_t hot_x, int32_t hot_y)
{
	struct guest *g = user;

	(void)image;
	(void)hot_x;
	(void)hot_y;
	g->cursors++;
}

static const struct oriel_client_events client_events = {
	.size = sizeof(client_events),
	.state = on_state,
	.trust_wanted = on_trust,
	.login_wanted = on_login,
	.screen_updated = on_updated,
	.cursor = on_cursor,
};

/* Step until something holds; the server must live all the time. */
#define UNTIL(condition) \
	for (int i = 0; !(condition); i++) { \
		assert_true(oriel_client_wait(g.client, 10) >= 0); \
		assert_int_equal(waitpid(server, &status, WNOHANG), 0); \
		assert_true(i < 30000); \
	}

static void run(unsigned workers)
{
	struct guest g = { .client = NULL };
	struct oriel_client_config cfg = {
		.size = sizeof(cfg), .events = &client_events, .user = &g
	};
	struct oriel_key key = { .usage = 0x070004, .down = true };
	char address[200], url[240];
	int ends[2], status;

	assert_int_equal(pipe(ends), 0);
	pid_t server = fork();
	assert_true(server >= 0);
	if (!server)
		serve(ends[1], workers, getenv("UNFILTERED"));
	assert_int_equal(read(ends[0], address, sizeof(address)),
			sizeof(address));
	snprintf(url, sizeof(url), "oriel://%s", address + strlen("tcp://"));
	assert_int_equal(oriel_client_create(&g.client, &cfg), 0);
	/* A login, then a resumption. */
	for (unsigned round = 0; round < 2; round++) {
		assert_int_equal(oriel_client_connect(g.client, url), 0);
		UNTIL(g.seen);
		assert_int_equal(oriel_client_key(g.client, &key), 0);
		UNTIL(g.cursors);
		oriel_client_disconnect(g.client);
		UNTIL(g.ended);
		g.seen = false;
	}
	oriel_client_destroy(g.client);
	kill(server, SIGKILL);
	assert_int_equal(waitpid(server, &status, 0), server);
	close(ends[0]);
	close(ends[1]);
}

static void dispatch_needs_no_other_call(void **state)
{
	(void)state;
	run(0);
}

static void workers_need_no_other_call(void **state)
{
	(void)state;
	run(2);
}

#else

static void dispatch_needs_no_other_call(void **state)
{
	(void)state;
	skip(); /* a sanitizer makes calls of its own */
}

static void workers_need_no_other_call(void **state)
{
	(void)state;
	skip();
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_list_is_the_documents),
		cmocka_unit_test(dispatch_needs_no_other_call),
		cmocka_unit_test(workers_need_no_other_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

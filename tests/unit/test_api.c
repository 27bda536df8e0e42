/*
 * test_api.c - what oriel.h and EMBEDDING.md promise to the program that the
 * libraries live in: its threads, signals, descriptors and time are its own.
 */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/pair.h"

enum { WIDTH = 320, HEIGHT = 192, BYTES = WIDTH * HEIGHT * 4 };

static uint32_t picture[WIDTH * HEIGHT];

static void paint(uint32_t seed)
{
	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
		picture[i] = (i % WIDTH / 9 * (i / WIDTH / 7) + seed) *
					     2654435761u &
			     0xffffff;
}

static struct oriel_frame *frame_of(struct pair *p, const void *pixels)
{
	struct oriel_frame_config cfg = { .size = sizeof(cfg),
		.pixels = { pixels, WIDTH, HEIGHT, WIDTH * 4,
				ORIEL_FORMAT_XRGB8888 } };
	struct oriel_frame *frame = NULL;

	assert_int_equal(oriel_frame_create(&frame, p->server, &cfg), 0);
	return frame;
}

static void submit(struct pair *p)
{
	struct oriel_frame *frame = frame_of(p, picture);

	assert_int_equal(oriel_display_submit(p->display, frame, NULL, 0), 0);
	oriel_frame_unref(frame);
}

static void until_exact(struct pair *p)
{
	PAIR_UNTIL(p, pair_shows(p, picture) &&
					oriel_screen_is_exact(p->screen));
}

/* A whole session, so that whatever is made late has been made. */
static void session(struct pair *p, unsigned flags,
		const struct oriel_server_config *extra)
{
	pair_init(p);
	pair_start(p, flags, extra);
	pair_display(p, WIDTH, HEIGHT);
	pair_connect(p);
	paint(1);
	submit(p);
	until_exact(p);
}

/* Entries of a folder of /proc/self; fn hears of each. */
static unsigned each(const char *path, void (*fn)(const char *name))
{
	DIR *dir = opendir(path);
	unsigned n = 0;

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		if (e->d_name[0] == '.' || atoi(e->d_name) == dirfd(dir))
			continue;
		n++;
		if (fn)
			fn(e->d_name);
	}
	closedir(dir);
	return n;
}

static void *stay(void *user)
{
	pthread_mutex_lock(user);
	pthread_mutex_unlock(user);
	return NULL;
}

static void no_thread_unless_asked(void **state)
{
	struct pair p;
	pthread_mutex_t end = PTHREAD_MUTEX_INITIALIZER;
	pthread_t first;

	(void)state;
	/* With the first thread a sanitizer may start one of its own. */
	pthread_mutex_lock(&end);
	assert_int_equal(pthread_create(&first, NULL, stay, &end), 0);
	const unsigned before = each("/proc/self/task", NULL);
	for (unsigned workers = 0; workers < 4; workers += 3) {
		struct oriel_server_config cfg = { .size = sizeof(cfg),
			.workers = workers };
		session(&p, PAIR_TCP, &cfg);
		assert_int_equal(each("/proc/self/task", NULL),
				before + workers);
		pair_fini(&p);
		/* A thread that was joined is gone from there a little later. */
		for (int i = 0; i < 20000 &&
				each("/proc/self/task", NULL) != before;
				i++)
			usleep(1000);
		assert_int_equal(each("/proc/self/task", NULL), before);
	}
	pthread_mutex_unlock(&end);
	pthread_join(first, NULL);
}

/*
 * Every callback of the pair asserts that it is inside dispatch; here is
 * everything that a host can call from outside.
 */
static void no_callback_outside_dispatch(void **state)
{
	struct oriel_display_config more = {
		.size = sizeof(more), .width = 64, .height = 64
	};
	struct oriel_stats stats = { .size = sizeof(stats) };
	struct oriel_display *second = NULL;
	struct oriel_pixels whole = { picture, WIDTH, HEIGHT, WIDTH * 4,
		ORIEL_FORMAT_XRGB8888 };
	struct oriel_pixels arrow = { picture, 16, 16, WIDTH * 4,
		ORIEL_FORMAT_ARGB8888 };
	struct oriel_key key = { .usage = 0x070004, .down = true };
	struct oriel_rect all = { 0, 0, WIDTH, HEIGHT };
	int ends[2];
	struct pair p;

	(void)state;
	session(&p, PAIR_TCP, NULL);
	assert_int_equal(oriel_client_key(p.client, &key), 0);
	for (unsigned round = 0; round < 20; round++) {
		struct oriel_frame *frame = frame_of(&p, picture);
		assert_int_equal(
				oriel_display_submit(p.display, frame, &all, 1),
				0);
		oriel_frame_unref(frame);
		assert_int_equal(
				oriel_display_patch(p.display, &whole, 0, 0, 0),
				0);
		oriel_display_wanted(p.display);
		assert_int_equal(oriel_display_resize(p.display, 1, 1,
						 WIDTH - 1, HEIGHT),
				0);
		assert_int_equal(oriel_display_resize(p.display, 0, 0, WIDTH,
						 HEIGHT),
				0);
		assert_int_equal(oriel_display_create(&second, p.server, &more),
				0);
		oriel_display_warp_cursor(second, 3, 3);
		oriel_display_destroy(second);
		assert_int_equal(oriel_server_set_cursor(p.server,
						 round % 2 ? NULL : &arrow, 1,
						 1),
				0);
		oriel_server_notice(p.server, 0, "hello");
		oriel_server_set_locks(p.server, round % 8);
		oriel_server_set_relative(p.server, round % 2);
		oriel_server_wake(p.server);
		assert_int_equal(oriel_server_listen(p.server,
						 "tcp://127.0.0.1:0", NULL, 0),
				0);
		assert_int_equal(
				socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK,
						0, ends),
				0);
		assert_int_equal(oriel_server_adopt(p.server, ends[0]), 0);
		close(ends[1]);
		if (!p.peer)
			continue; /* it was closed in the round before */
		oriel_peer_stats(p.peer, &stats);
		oriel_peer_set_rights(p.peer, ORIEL_MAY_SEE);
		oriel_peer_set_rights(p.peer, ORIEL_MAY_SEE | ORIEL_MAY_INPUT);
		if (round == 10)
			oriel_peer_close(p.peer, "enough");
	}
	assert_int_equal(p.leaves, 0);
	PAIR_UNTIL(&p, p.leaves == 1 && p.state == ORIEL_CLIENT_IDLE);
	/* And the client's. */
	assert_int_equal(oriel_client_connect(p.client, p.address), 0);
	oriel_client_disconnect(p.client);
	PAIR_UNTIL(&p, oriel_client_connect(p.client, p.address) == 0);
	PAIR_UNTIL(&p, p.peer && p.state == ORIEL_CLIENT_READY);
	assert_int_equal(oriel_client_key(p.client, &key), 0);
	oriel_client_disconnect(p.client);
	pair_fini(&p);
}

/* ---- what is read and copied ------------------------------------------- */

/*
 * The frame is on pages that may not be touched, but for those of the damage:
 * to read anything else would end the test.
 */
static void only_the_damage_is_read(void **state)
{
	enum { ROWS = 48, FROM = 64 };
	struct pair p;
	struct oriel_stats stats = { .size = sizeof(stats) };
	struct oriel_rect r = { 100, FROM + 3, 7, ROWS - 5 };
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	(void)state;
	session(&p, 0, NULL);
	/* Each row on a page of its own. */
	const int32_t wide = (int32_t)page / 4;
	const size_t bytes = (size_t)HEIGHT * page;
	uint8_t *guarded = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(guarded != MAP_FAILED && wide >= WIDTH);
	for (int y = 0; y < HEIGHT; y++)
		memcpy(guarded + (size_t)y * page, picture + y * WIDTH,
				WIDTH * 4);
	struct oriel_frame_config cfg = { .size = sizeof(cfg),
		.pixels = { guarded, WIDTH, HEIGHT, (int32_t)page,
				ORIEL_FORMAT_XRGB8888 } };
	struct oriel_frame *frame = NULL;
	assert_int_equal(oriel_frame_create(&frame, p.server, &cfg), 0);
	for (int32_t y = r.y; y < r.y + r.height; y++)
		for (int32_t x = r.x; x < r.x + r.width; x++) {
			uint32_t v = picture[y * WIDTH + x] ^= 0x00ff00;
			memcpy(guarded + (size_t)y * page + (size_t)x * 4, &v,
					4);
		}
	oriel_peer_stats(p.peer, &stats);
	uint64_t copied = stats.copied_bytes;
	/* Not one pixel in submit. */
	assert_int_equal(mprotect(guarded, bytes, PROT_NONE), 0);
	assert_int_equal(oriel_display_submit(p.display, frame, &r, 1), 0);
	oriel_peer_stats(p.peer, &stats);
	assert_int_equal(stats.copied_bytes, copied);
	/* Rows of the damage in dispatch, in whole cells. */
	assert_int_equal(
			mprotect(guarded + FROM * page, ROWS * page, PROT_READ),
			0);
	until_exact(&p);
	oriel_peer_stats(p.peer, &stats);
	/* Columns 96 to 111, of the rows. */
	assert_int_equal(stats.copied_bytes - copied, 16 * ROWS * 4);
	oriel_frame_unref(frame);
	pair_fini(&p);
	munmap(guarded, bytes);
}

struct memory {
	size_t live, most;
};

static void *count_alloc(void *user, size_t n)
{
	struct memory *m = user;
	size_t *p = malloc(n + 16);

	if (!p)
		return NULL;
	*p = n;
	m->live += n;
	m->most = m->live > m->most ? m->live : m->most;
	return p + 2;
}

static void count_release(void *user, void *ptr)
{
	struct memory *m = user;

	if (!ptr)
		return;
	m->live -= ((size_t *)ptr)[-2];
	free((size_t *)ptr - 2);
}

static void *count_resize(void *user, void *ptr, size_t n)
{
	void *p = count_alloc(user, n);

	if (p && ptr) {
		size_t old = ((size_t *)ptr)[-2];
		memcpy(p, ptr, old < n ? old : n);
		count_release(user, ptr);
	}
	return p;
}

static void count_end(void *user)
{
	++*(unsigned *)user;
}

/* A client that reads nothing: the host does not wait, nor does it pay. */
static void a_stopped_client_costs_nothing(void **state)
{
	struct memory memory = { 0, 0 };
	struct oriel_hooks hooks = { .size = sizeof(hooks),
		.user = &memory,
		.alloc = count_alloc,
		.resize = count_resize,
		.release = count_release };
	struct oriel_server_config cfg = { .size = sizeof(cfg),
		.hooks = &hooks };
	struct oriel_stats stats = { .size = sizeof(stats) };
	struct pair p;
	unsigned released = 0;
	uint32_t noise = 1;

	(void)state;
	session(&p, PAIR_TCP, &cfg);
	size_t before = memory.live, full = 0;
	uint64_t copied = 0;
	for (unsigned i = 0; i < 600; i++) {
		struct oriel_frame_config f = { .size = sizeof(f),
			.pixels = { picture, WIDTH, HEIGHT, WIDTH * 4,
					ORIEL_FORMAT_XRGB8888 },
			.release = count_end,
			.user = &released };
		struct oriel_frame *frame = NULL;
		for (unsigned k = 0; k < WIDTH * HEIGHT; k++) {
			noise = noise * 1664525 + 1013904223;
			picture[k] = noise >> 8;
		}
		assert_int_equal(oriel_frame_create(&frame, p.server, &f), 0);
		assert_int_equal(
				oriel_display_submit(p.display, frame, NULL, 0),
				0);
		oriel_frame_unref(frame);
		/* One frame at most is held, whatever the client does. */
		assert_true(released + 1 >= i);
		p.in_server = true;
		assert_true(oriel_server_dispatch(p.server, 0) >= 0);
		p.in_server = false;
		oriel_peer_stats(p.peer, &stats);
		if (i == 300) {
			copied = stats.copied_bytes;
			full = memory.live;
		}
	}
	/* The socket's buffer has long been full. */
	assert_int_equal(stats.copied_bytes, copied);
	assert_true(memory.live <= full);
	assert_true(full < before + (4 << 20));
	until_exact(&p);
	pair_fini(&p);
	assert_int_equal(released, 600);
	assert_int_equal(memory.live, 0);
}

/* ---- handles ----------------------------------------------------------- */

static void handles_are_independent(void **state)
{
	struct pair a, b, c;

	(void)state;
	session(&a, PAIR_TCP, NULL);
	session(&b, PAIR_TCP, NULL);
	for (uint32_t round = 2; round < 6; round++) {
		paint(round);
		submit(&a);
		submit(&b);
		pair_step(&b);
		until_exact(&a);
		until_exact(&b);
	}
	paint(7);
	submit(&a);
	submit(&b);
	pair_step(&a);
	pair_fini(&b); /* in the middle of something */
	until_exact(&a);
	session(&c, PAIR_TCP, NULL);
	paint(8);
	submit(&a);
	pair_fini(&c);
	until_exact(&a);
	pair_fini(&a);
}

static void *in_a_thread(void *user)
{
	static const uint32_t colour = 0x336699;
	struct pair p;
	uint32_t *own = malloc(BYTES);

	for (int i = 0; i < WIDTH * HEIGHT; i++)
		own[i] = colour;
	for (int round = 0; round < 3; round++) {
		pair_init(&p);
		pair_start(&p, PAIR_TCP, NULL);
		pair_display(&p, WIDTH, HEIGHT);
		pair_connect(&p);
		struct oriel_frame *frame = frame_of(&p, own);
		assert_int_equal(
				oriel_display_submit(p.display, frame, NULL, 0),
				0);
		oriel_frame_unref(frame);
		PAIR_UNTIL(&p, pair_shows(&p, own));
		pair_fini(&p);
	}
	free(own);
	++*(unsigned *)user;
	return NULL;
}

/* No lock is shared, and none is needed: for the thread sanitizer. */
static void handles_in_threads_of_their_own(void **state)
{
	pthread_t threads[3];
	unsigned done[3] = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, in_a_thread,
						 &done[i]),
				0);
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(done[i], 1);
	}
}

/* ---- the process ------------------------------------------------------- */

static void signals_are_the_hosts(void **state)
{
	struct sigaction before[NSIG], after;
	sigset_t mask, later;
	struct pair p;

	(void)state;
	signal(SIGPIPE, SIG_DFL);
	for (int s = 1; s < NSIG; s++)
		if (sigaction(s, NULL, &before[s]) < 0)
			before[s].sa_handler = SIG_ERR;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	struct oriel_server_config cfg = { .size = sizeof(cfg), .workers = 2 };
	for (unsigned tls = 0; tls < 2; tls++) {
		session(&p, tls ? PAIR_TCP : 0, &cfg);
		/* The client goes while much is on its way: EPIPE, no signal. */
		for (uint32_t i = 0; i < 20; i++) {
			paint(i);
			submit(&p);
		}
		oriel_client_destroy(p.client);
		p.client = NULL;
		p.in_server = true;
		while (p.peer) {
			paint(7);
			submit(&p);
			assert_true(oriel_server_wait(p.server, 10) >= 0);
		}
		p.in_server = false;
		pair_fini(&p);
	}
	for (int s = 1; s < NSIG; s++) {
		if (before[s].sa_handler == SIG_ERR)
			continue;
		assert_int_equal(sigaction(s, NULL, &after), 0);
		assert_ptr_equal(after.sa_handler, before[s].sa_handler);
		assert_int_equal(after.sa_flags, before[s].sa_flags);
	}
	pthread_sigmask(SIG_SETMASK, NULL, &later);
	for (int s = 1; s < NSIG; s++)
		assert_int_equal(sigismember(&mask, s), sigismember(&later, s));
}

static void keep(const char *name)
{
	if (atoi(name) > 2)
		fcntl(atoi(name), F_SETFD, FD_CLOEXEC);
}

static void closes_on_exec(const char *name)
{
	int fd = atoi(name);
	char path[64], to[200] = "";

	if (fd < 3)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (readlink(path, to, sizeof(to) - 1) < 0)
		to[0] = 0;
	if (!(fcntl(fd, F_GETFD) & FD_CLOEXEC))
		fail_msg("%d, %s, would be inherited", fd, to);
}

/* A child that only closes, or execs, takes nothing away and gets nothing. */
static void a_host_may_fork(void **state)
{
	struct pair p;
	int status;

	(void)state;
	/* What whoever runs the tests has left open is not ours. */
	each("/proc/self/fd", keep);
	for (unsigned tls = 0; tls < 2; tls++) {
		session(&p, tls ? PAIR_TCP : 0, NULL);
		int fd = memfd_create("frame", MFD_CLOEXEC);
		struct oriel_memory *memory = NULL;
		assert_int_equal(ftruncate(fd, 4096), 0);
		assert_int_equal(oriel_memory_create(
						 &memory, p.server, fd, 4096),
				0);
		each("/proc/self/fd", closes_on_exec);
		for (unsigned kind = 0; kind < 3; kind++) {
			pid_t child = fork();
			assert_true(child >= 0);
			if (!child && kind == 1)
				execl("/bin/true", "true", (char *)NULL);
			if (!child) {
				for (int i = 3; kind && i < 100; i++)
					close(i);
				_exit(0);
			}
			paint(10 + kind);
			submit(&p);
			until_exact(&p);
			assert_int_equal(waitpid(child, &status, 0), child);
			assert_int_equal(status, 0);
			paint(20 + kind);
			submit(&p);
			until_exact(&p);
		}
		oriel_memory_unref(memory);
		close(fd);
		pair_fini(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_thread_unless_asked),
		cmocka_unit_test(no_callback_outside_dispatch),
		cmocka_unit_test(only_the_damage_is_read),
		cmocka_unit_test(a_stopped_client_costs_nothing),
		cmocka_unit_test(handles_are_independent),
		cmocka_unit_test(handles_in_threads_of_their_own),
		cmocka_unit_test(signals_are_the_hosts),
		cmocka_unit_test(a_host_may_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

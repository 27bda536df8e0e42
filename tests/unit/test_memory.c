/*
 * test_memory.c - frames in files of memory whose other holder writes while
 * they are read, and cuts them short.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/pair.h"

enum { WIDTH = 300, HEIGHT = 170, STRIDE = WIDTH * 4 + 52, OFFSET = 4096 + 12 };
enum { SIZE = OFFSET + STRIDE * HEIGHT };

/* A framebuffer as a guest has it: writable, and its file's to cut. */
struct guest {
	int fd;
	uint8_t *bytes;
	size_t size;
};

static void guest_init(struct guest *g, size_t size, bool sealed)
{
	g->size = size;
	g->fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_true(g->fd >= 0);
	assert_int_equal(ftruncate(g->fd, (off_t)size), 0);
	g->bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, g->fd,
			0);
	assert_true(g->bytes != MAP_FAILED);
	if (sealed)
		assert_int_equal(fcntl(g->fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
}

static void guest_fini(struct guest *g)
{
	munmap(g->bytes, g->size);
	close(g->fd);
}

static void guest_paint(struct guest *g, uint32_t seed)
{
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++) {
			uint32_t v = (x / 9 * (y / 7) + seed) * 2654435761u;
			memcpy(g->bytes + OFFSET + y * STRIDE + x * 4, &v, 4);
		}
}

/* What a client is to show: without what is in the fourth byte. */
static const uint32_t *guest_picture(const struct guest *g, bool swapped)
{
	static uint32_t picture[WIDTH * HEIGHT];

	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
		uint32_t v;
		memcpy(&v,
				g->bytes + OFFSET + i / WIDTH * STRIDE +
						i % WIDTH * 4,
				4);
		picture[i] = swapped ? (v & 0xff00) | (v & 0xff) << 16 |
							     (v >> 16 & 0xff)
				     : v & 0xffffff;
	}
	return picture;
}

static struct oriel_frame *frame_in(struct pair *p, struct oriel_memory *memory,
		enum oriel_format format)
{
	struct oriel_frame_config cfg = { .size = sizeof(cfg),
		.flags = ORIEL_FRAME_VOLATILE,
		.pixels = { NULL, WIDTH, HEIGHT, STRIDE, format },
		.memory = memory,
		.offset = OFFSET };
	struct oriel_frame *frame = NULL;

	assert_int_equal(oriel_frame_create(&frame, p->server, &cfg), 0);
	return frame;
}

static void submit(struct pair *p, struct oriel_frame *frame)
{
	assert_int_equal(oriel_display_submit(p->display, frame, NULL, 0), 0);
}

static struct oriel_memory *memory_of(struct pair *p, const struct guest *g)
{
	struct oriel_memory *memory = NULL;

	assert_int_equal(oriel_memory_create(&memory, p->server, g->fd, SIZE),
			0);
	return memory;
}

static void start(struct pair *p, const struct oriel_server_config *extra)
{
	pair_init(p);
	pair_start(p, 0, extra);
	pair_display(p, WIDTH, HEIGHT);
	pair_connect(p);
}

static int try_fd(struct pair *p, int fd, uint64_t size)
{
	struct oriel_memory *memory = NULL;
	int err = oriel_memory_create(&memory, p->server, fd, size);

	assert_int_equal(!err, memory != NULL);
	oriel_memory_unref(memory);
	return err;
}

static void what_is_no_memory_is_refused(void **state)
{
	struct guest plain, sealed;
	struct pair p;
	struct oriel_memory *none = NULL;
	char link[64];
	int ends[2], disk;

	(void)state;
	pair_init(&p);
	pair_start(&p, 0, NULL);
	guest_init(&plain, SIZE, false);
	guest_init(&sealed, SIZE, true);
	const int fds[] = { plain.fd, sealed.fd };
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(try_fd(&p, fds[i], SIZE), 0);
		assert_int_equal(try_fd(&p, fds[i], 1), 0);
		assert_int_equal(try_fd(&p, fds[i], 0), ORIEL_EINVAL);
		assert_int_equal(try_fd(&p, fds[i], SIZE + 1), ORIEL_EINVAL);
		assert_int_equal(try_fd(&p, fds[i], INT64_MAX), ORIEL_EINVAL);
		assert_int_equal(try_fd(&p, fds[i], UINT64_MAX), ORIEL_EINVAL);
	}
	assert_int_equal(oriel_memory_create(NULL, p.server, plain.fd, 1),
			ORIEL_EINVAL);
	assert_int_equal(oriel_memory_create(&none, NULL, plain.fd, 1),
			ORIEL_EINVAL);
	assert_int_equal(try_fd(&p, -1, 1), ORIEL_EINVAL);
	assert_int_equal(try_fd(&p, 1 << 20, 1), ORIEL_EINVAL);
	/* The same file, but not to be read, or not to be used at all. */
	snprintf(link, sizeof(link), "/proc/self/fd/%d", plain.fd);
	const int modes[] = { O_WRONLY, O_PATH };
	for (size_t i = 0; i < 2; i++) {
		int fd = open(link, modes[i] | O_CLOEXEC);
		assert_true(fd >= 0);
		assert_int_equal(try_fd(&p, fd, 1), ORIEL_EINVAL);
		close(fd);
	}
	/* What a read might wait for. */
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(try_fd(&p, ends[0], 1), ORIEL_ENOTSUP);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(try_fd(&p, ends[0], 1), ORIEL_ENOTSUP);
	close(ends[0]);
	close(ends[1]);
	disk = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	assert_true(disk >= 0);
	assert_int_equal(try_fd(&p, disk, 1), ORIEL_ENOTSUP);
	close(disk);
	disk = open("/dev/shm", O_RDONLY | O_CLOEXEC);
	if (disk >= 0)
		assert_int_equal(try_fd(&p, disk, 1), ORIEL_ENOTSUP);
	close(disk);
	guest_fini(&plain);
	guest_fini(&sealed);
	pair_fini(&p);
}

static void only_what_stays_long_enough_is_mapped(void **state)
{
	struct guest g;
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_start(&p, 0, NULL);
	for (unsigned seals = 0; seals < 16; seals++) {
		guest_init(&g, SIZE, false);
		assert_int_equal(
				fcntl(g.fd, F_ADD_SEALS,
						seals & ~(unsigned)F_SEAL_WRITE),
				0);
		struct oriel_memory *memory = memory_of(&p, &g);
		assert_int_equal(oriel_memory_is_mapped(memory),
				!!(seals & F_SEAL_SHRINK));
		oriel_memory_unref(memory);
		guest_fini(&g);
	}
	/* A hole in huge pages may have nothing to be filled with. */
	g.fd = memfd_create(
			"huge", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB);
	if (g.fd >= 0 && ftruncate(g.fd, 1 << 30) == 0 &&
			fcntl(g.fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0) {
		struct oriel_memory *memory = memory_of(&p, &g);
		assert_false(oriel_memory_is_mapped(memory));
		oriel_memory_unref(memory);
	}
	if (g.fd >= 0)
		close(g.fd);
	pair_fini(&p);
}

static void frames_are_shown_from_memory(void **state)
{
	struct guest g;
	struct pair p;

	(void)state;
	start(&p, NULL);
	for (unsigned kind = 0; kind < 4; kind++) {
		bool sealed = kind & 1, swapped = kind & 2;
		guest_init(&g, SIZE, sealed);
		struct oriel_memory *memory = memory_of(&p, &g);
		/* The descriptor has done its work. */
		close(g.fd);
		g.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		assert_int_equal(oriel_memory_is_mapped(memory), sealed);
		struct oriel_frame *frame = frame_in(&p, memory,
				swapped ? ORIEL_FORMAT_XBGR8888
					: ORIEL_FORMAT_XRGB8888);
		oriel_memory_unref(memory);
		guest_paint(&g, kind);
		submit(&p, frame);
		PAIR_UNTIL(&p, pair_shows(&p, guest_picture(&g, swapped)) &&
						oriel_screen_is_exact(
								p.screen));
		/* One pixel each, in places where rows and cells end. */
		for (int32_t i = 0; i < 30; i++) {
			int32_t x = i % 3 * (WIDTH - 1) / 2;
			int32_t y = i % 5 * (HEIGHT - 1) / 4;
			struct oriel_rect r = { x, y, 1, 1 };
			g.bytes[OFFSET + y * STRIDE + x * 4 + i % 3] ^= 0x55;
			assert_int_equal(oriel_display_submit(p.display, frame,
							 &r, 1),
					0);
			PAIR_UNTIL(&p, pair_shows(&p, guest_picture(&g,
								      swapped)));
		}
		assert_int_equal(p.failed, 0);
		oriel_frame_unref(frame);
		guest_fini(&g);
	}
	pair_fini(&p);
}

static void frames_must_be_inside(void **state)
{
	struct guest g;
	struct pair p;
	struct oriel_frame *frame = NULL;
	uint32_t plain[4] = { 0 };

	(void)state;
	pair_init(&p);
	pair_start(&p, 0, NULL);
	guest_init(&g, 1 << 20, true);
	struct oriel_memory *memory = NULL;
	assert_int_equal(oriel_memory_create(&memory, p.server, g.fd, 1 << 20),
			0);
	const struct {
		int32_t width, height, stride;
		uint64_t offset;
		int err;
	} cases[] = {
		{ 512, 512, 2048, 0, 0 },
		{ 512, 512, 2048, 1, ORIEL_EINVAL },
		{ 1, 1, 4, (1 << 20) - 4, 0 },
		{ 1, 1, 4, (1 << 20) - 3, ORIEL_EINVAL },
		{ 1, 1, 4, 1 << 20, ORIEL_EINVAL },
		{ 1, 1, 4, (1 << 20) + 1, ORIEL_EINVAL },
		{ 1, 1, 4, UINT64_MAX, ORIEL_EINVAL },
		{ 1, 1, 4, UINT64_MAX - 3, ORIEL_EINVAL },
		{ 512, 512, 2048, UINT64_MAX - (1 << 20) + 1, ORIEL_EINVAL },
		/* A stride counts between rows only. */
		{ 1, 1, INT32_MAX, 0, 0 },
		{ 1, 2, INT32_MAX, 0, ORIEL_EINVAL },
		{ 1, 2, (1 << 20) - 4, 0, 0 },
		{ 1, 2, (1 << 20) - 3, 0, ORIEL_EINVAL },
		{ 16384, 16384, INT32_MAX, 0, ORIEL_EINVAL },
		{ 16384, 1, INT32_MAX, 0, 0 },
		{ 16385, 1, INT32_MAX, 0, ORIEL_EINVAL },
		{ 1, 16385, 4, 0, ORIEL_EINVAL },
		{ 2, 1, 7, 0, ORIEL_EINVAL },
		{ 1, 1, 0, 0, ORIEL_EINVAL },
		{ 1, 1, -4, 0, ORIEL_EINVAL },
		{ 1, 1, INT32_MIN, 0, ORIEL_EINVAL },
		{ 0, 1, 4, 0, ORIEL_EINVAL },
		{ 1, 0, 4, 0, ORIEL_EINVAL },
		{ -1, -1, 4, 0, ORIEL_EINVAL },
		{ INT32_MIN, INT32_MIN, INT32_MIN, 0, ORIEL_EINVAL },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct oriel_frame_config cfg = { .size = sizeof(cfg),
			.pixels = { NULL, cases[i].width, cases[i].height,
					cases[i].stride,
					ORIEL_FORMAT_XRGB8888 },
			.memory = memory,
			.offset = cases[i].offset };
		int err = oriel_frame_create(&frame, p.server, &cfg);
		if (err != cases[i].err)
			fail_msg("case %zu: %d", i, err);
		if (!err)
			oriel_frame_unref(frame);
		cfg.pixels.data = plain; /* in two places at once */
		assert_int_equal(oriel_frame_create(&frame, p.server, &cfg),
				ORIEL_EINVAL);
	}
	/* The memory of another server. */
	struct oriel_server *other = NULL;
	struct oriel_server_config two = { .size = sizeof(two) };
	assert_int_equal(oriel_server_create(&other, &two), 0);
	struct oriel_frame_config cfg = { .size = sizeof(cfg),
		.pixels = { NULL, 1, 1, 4, ORIEL_FORMAT_XRGB8888 },
		.memory = memory };
	assert_int_equal(oriel_frame_create(&frame, other, &cfg), ORIEL_EINVAL);
	oriel_server_destroy(other);
	oriel_memory_unref(memory);
	guest_fini(&g);
	pair_fini(&p);
}

/* A program compiled with another version of the header. */
static void structs_of_other_versions(void **state)
{
	struct {
		struct oriel_frame_config cfg;
		uint64_t later;
	} longer = { .later = 0 };
	struct oriel_frame *frame = NULL;
	uint32_t pixel = 1;
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_start(&p, 0, NULL);
	struct oriel_frame_config cfg = {
		.pixels = { &pixel, 1, 1, 4, ORIEL_FORMAT_XRGB8888 },
		.memory = (void *)(uintptr_t)1, /* behind its end */
		.offset = 77
	};
	cfg.size = offsetof(struct oriel_frame_config, memory);
	assert_int_equal(oriel_frame_create(&frame, p.server, &cfg), 0);
	oriel_frame_unref(frame);
	cfg.size--;
	assert_int_equal(oriel_frame_create(&frame, p.server, &cfg),
			ORIEL_EINVAL);
	cfg.size = 0;
	assert_int_equal(oriel_frame_create(&frame, p.server, &cfg),
			ORIEL_EINVAL);
	longer.cfg.size = sizeof(longer);
	longer.cfg.pixels = cfg.pixels;
	assert_int_equal(oriel_frame_create(&frame, p.server, &longer.cfg), 0);
	oriel_frame_unref(frame);
	longer.later = (uint64_t)1 << 63; /* asks for what is not known */
	assert_int_equal(oriel_frame_create(&frame, p.server, &longer.cfg),
			ORIEL_EINVAL);
	/* The events as they were before frame_failed. */
	struct oriel_server_events events = {
		.size = offsetof(struct oriel_server_events, frame_failed)
	};
	struct oriel_server_config old = { .size = sizeof(old),
		.events = &events };
	struct oriel_server *server = NULL;
	assert_int_equal(oriel_server_create(&server, &old), 0);
	oriel_server_destroy(server);
	events.size -= sizeof(void *);
	assert_int_equal(oriel_server_create(&server, &old), ORIEL_EINVAL);
	pair_fini(&p);
}

struct log {
	unsigned lines;
	char last[300];
};

static void on_log(void *user, enum oriel_log_level level, const char *topic,
		const char *text)
{
	struct log *log = user;

	(void)level;
	(void)topic;
	log->lines++;
	snprintf(log->last, sizeof(log->last), "%s", text);
}

static void a_file_cut_short_is_an_error(void **state)
{
	struct guest g;
	struct pair p;
	struct log log = { .lines = 0 };
	struct oriel_hooks hooks = { .size = sizeof(hooks),
		.user = &log,
		.log = on_log,
		.log_level = ORIEL_LOG_WARN };
	struct oriel_server_config extra = { .size = sizeof(extra),
		.hooks = &hooks };
	static uint32_t before[WIDTH * HEIGHT];

	(void)state;
	start(&p, &extra);
	guest_init(&g, SIZE, false);
	struct oriel_memory *memory = memory_of(&p, &g);
	struct oriel_frame *frame = frame_in(&p, memory, ORIEL_FORMAT_XRGB8888);
	guest_paint(&g, 1);
	submit(&p, frame);
	PAIR_UNTIL(&p, pair_shows(&p, guest_picture(&g, false)));
	memcpy(before, guest_picture(&g, false), sizeof(before));

	/* Nothing of it is left: nothing changes, and it is said once. */
	assert_int_equal(ftruncate(g.fd, 0), 0);
	for (unsigned i = 1; i <= 10; i++) {
		submit(&p, frame);
		PAIR_UNTIL(&p, p.failed == i);
		assert_int_equal(p.failure, ORIEL_EIO);
	}
	assert_true(pair_shows(&p, before));
	assert_int_equal(log.lines, 1);
	assert_non_null(strstr(log.last, "F_SEAL_SHRINK"));

	/* Half of it: rows that are there are shown, others stay. */
	assert_int_equal(ftruncate(g.fd, OFFSET + 80 * STRIDE), 0);
	submit(&p, frame);
	PAIR_UNTIL(&p, p.failed == 11);
	memset(before, 0, 80 * WIDTH * 4);
	PAIR_UNTIL(&p, pair_shows(&p, before) &&
					oriel_screen_is_exact(p.screen));

	/* It grows again: all is well. */
	assert_int_equal(ftruncate(g.fd, SIZE), 0);
	guest_paint(&g, 2);
	submit(&p, frame);
	PAIR_UNTIL(&p, pair_shows(&p, guest_picture(&g, false)) &&
					oriel_screen_is_exact(p.screen));
	assert_int_equal(p.failed, 11);

	/* A patch looks at what is pending, outside of dispatch. */
	uint32_t dot = 0x123456;
	struct oriel_pixels pixels = { &dot, 1, 1, 4, ORIEL_FORMAT_XRGB8888 };
	assert_int_equal(ftruncate(g.fd, 1), 0);
	submit(&p, frame);
	assert_int_equal(oriel_display_patch(p.display, &pixels, 0, 0, 0), 0);
	assert_int_equal(p.failed, 11);
	PAIR_UNTIL(&p, p.failed == 12);

	/* And who has been told nothing may end it all. */
	submit(&p, frame);
	assert_int_equal(oriel_display_patch(p.display, &pixels, 0, 0, 0), 0);
	oriel_display_destroy(p.display);
	p.display = NULL;
	for (int i = 0; i < 5; i++)
		pair_step(&p);
	assert_int_equal(p.failed, 12);
	oriel_frame_unref(frame);
	oriel_memory_unref(memory);
	guest_fini(&g);
	pair_fini(&p);
}

static void a_sealed_file_is_not_cut(void **state)
{
	struct guest g;
	struct pair p;

	(void)state;
	start(&p, NULL);
	guest_init(&g, SIZE, true);
	struct oriel_memory *memory = memory_of(&p, &g);
	struct oriel_frame *frame = frame_in(&p, memory, ORIEL_FORMAT_XRGB8888);
	guest_paint(&g, 1);
	assert_int_equal(ftruncate(g.fd, 0), -1);
	assert_int_equal(errno, EPERM);
	/* Longer is allowed, and a hole is black. */
	assert_int_equal(ftruncate(g.fd, SIZE * 2), 0);
	assert_int_equal(fallocate(g.fd,
					 FALLOC_FL_PUNCH_HOLE |
							 FALLOC_FL_KEEP_SIZE,
					 8192, 65536),
			0);
	submit(&p, frame);
	PAIR_UNTIL(&p, pair_shows(&p, guest_picture(&g, false)) &&
					oriel_screen_is_exact(p.screen));
	assert_int_equal(p.failed, 0);
	oriel_frame_unref(frame);
	oriel_memory_unref(memory);
	guest_fini(&g);
	pair_fini(&p);
}

struct vandal {
	struct guest *guest;
	bool cuts;
	atomic_bool stop;
};

/* Writes all the time, and lets the file be short and long. */
static void *wreck(void *user)
{
	struct vandal *v = user;
	uint32_t n = 1;

	while (!atomic_load(&v->stop)) {
		for (unsigned i = 0; i < 2000; i++) {
			n = n * 1664525 + 1013904223;
			if (!v->cuts)
				v->guest->bytes[OFFSET + n % (SIZE - OFFSET)] =
						(uint8_t)(n >> 24);
		}
		if (v->cuts && (ftruncate(v->guest->fd, (off_t)(n % SIZE)) <
							       0 ||
					       ftruncate(v->guest->fd, SIZE) <
							       0))
			abort();
	}
	return NULL;
}

static void while_it_is_read(bool sealed, bool cuts, unsigned workers)
{
	struct guest g;
	struct pair p;
	struct vandal v = { .guest = &g, .cuts = cuts };
	struct log log = { .lines = 0 };
	struct oriel_hooks hooks = { .size = sizeof(hooks),
		.user = &log,
		.log = on_log,
		.log_level = ORIEL_LOG_ERROR };
	struct oriel_server_config extra = {
		.size = sizeof(extra), .workers = workers, .hooks = &hooks
	};
	struct oriel_stats stats = { .size = sizeof(stats) };
	pthread_t thread;

	start(&p, &extra);
	guest_init(&g, SIZE, sealed);
	struct oriel_memory *memory = memory_of(&p, &g);
	struct oriel_frame *frame = frame_in(&p, memory, ORIEL_FORMAT_XRGB8888);
	guest_paint(&g, 1);
	assert_int_equal(pthread_create(&thread, NULL, wreck, &v), 0);
	for (unsigned i = 0; i < 100 || (cuts && !p.failed); i++) {
		submit(&p, frame);
		pair_step(&p);
	}
	atomic_store(&v.stop, true);
	pthread_join(thread, NULL);
	guest_paint(&g, 2);
	submit(&p, frame);
	PAIR_UNTIL(&p, pair_shows(&p, guest_picture(&g, false)) &&
					oriel_screen_is_exact(p.screen));
	/* The client's picture was the encoder's all along. */
	oriel_peer_stats(p.peer, &stats);
	assert_int_equal(stats.resets, 0);
	assert_int_equal(log.lines, 0);
	oriel_frame_unref(frame);
	oriel_memory_unref(memory);
	guest_fini(&g);
	pair_fini(&p);
}

static void a_guest_may_write_while_it_is_read(void **state)
{
	(void)state;
	while_it_is_read(true, false, 0);
	while_it_is_read(false, false, 0);
	while_it_is_read(true, false, 2);
}

static void a_guest_may_cut_while_it_is_read(void **state)
{
	(void)state;
	while_it_is_read(false, true, 0);
}

/* Memory that can run out. */
struct heap {
	bool empty;
	int live;
};

static void *heap_resize(void *user, void *ptr, size_t n)
{
	struct heap *h = user;

	if (h->empty)
		return NULL;
	h->live += !ptr;
	return realloc(ptr, n);
}

static void *heap_alloc(void *user, size_t n)
{
	return heap_resize(user, NULL, n);
}

static void heap_release(void *user, void *ptr)
{
	struct heap *h = user;

	h->live -= ptr != NULL;
	free(ptr);
}

static void nothing_is_left_to_be_had(void **state)
{
	struct guest g;
	struct pair p;
	struct heap heap = { .empty = false };
	struct oriel_hooks hooks = { .size = sizeof(hooks),
		.user = &heap,
		.alloc = heap_alloc,
		.resize = heap_resize,
		.release = heap_release };
	struct oriel_server_config extra = { .size = sizeof(extra),
		.hooks = &hooks };
	struct rlimit limit, few;

	(void)state;
	start(&p, &extra);
	for (unsigned sealed = 0; sealed < 2; sealed++) {
		guest_init(&g, SIZE, sealed);
		guest_paint(&g, sealed);
		const int free_fd = dup(g.fd);
		close(free_fd);
		heap.empty = true;
		assert_int_equal(try_fd(&p, g.fd, SIZE), ORIEL_ENOMEM);
		heap.empty = false;
		/* It has let go of what it had by then. */
		assert_int_equal(fcntl(free_fd, F_GETFD), -1);
		/* No descriptor: only the mapped one needs none. */
		assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
		few = limit;
		few.rlim_cur = (rlim_t)free_fd;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		int err = try_fd(&p, g.fd, SIZE);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		assert_int_equal(err, sealed ? 0 : ORIEL_ELIMIT);

		struct oriel_memory *memory = memory_of(&p, &g);
		struct oriel_frame_config cfg = { .size = sizeof(cfg),
			.pixels = { NULL, WIDTH, HEIGHT, STRIDE,
					ORIEL_FORMAT_XRGB8888 },
			.memory = memory,
			.offset = OFFSET };
		struct oriel_frame *frame = NULL;
		heap.empty = true;
		assert_int_equal(oriel_frame_create(&frame, p.server, &cfg),
				ORIEL_ENOMEM);
		heap.empty = false;
		assert_null(frame);
		frame = frame_in(&p, memory, ORIEL_FORMAT_XRGB8888);
		oriel_memory_unref(memory);
		/* What is read needs a place to be read to. */
		heap.empty = true;
		err = oriel_display_submit(p.display, frame, NULL, 0);
		heap.empty = false;
		assert_int_equal(err, sealed ? 0 : ORIEL_ENOMEM);
		submit(&p, frame);
		PAIR_UNTIL(&p, pair_shows(&p, guest_picture(&g, false)));
		oriel_frame_unref(frame);
		guest_fini(&g);
	}
	pair_fini(&p);
	assert_int_equal(heap.live, 0);
}

/* References that live longer than all else. */
static void memory_may_outlive_the_server(void **state)
{
	struct guest g;
	struct pair p;

	(void)state;
	for (unsigned sealed = 0; sealed < 2; sealed++) {
		start(&p, NULL);
		guest_init(&g, SIZE, sealed);
		struct oriel_memory *memory = memory_of(&p, &g);
		struct oriel_frame *frame =
				frame_in(&p, memory, ORIEL_FORMAT_XRGB8888);
		submit(&p, frame);
		pair_fini(&p);
		assert_ptr_equal(oriel_memory_ref(memory), memory);
		oriel_memory_unref(memory);
		oriel_memory_unref(memory);
		oriel_frame_unref(frame);
		guest_fini(&g);
	}
	assert_null(oriel_memory_ref(NULL));
	oriel_memory_unref(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_memory_is_refused),
		cmocka_unit_test(only_what_stays_long_enough_is_mapped),
		cmocka_unit_test(frames_are_shown_from_memory),
		cmocka_unit_test(frames_must_be_inside),
		cmocka_unit_test(structs_of_other_versions),
		cmocka_unit_test(a_file_cut_short_is_an_error),
		cmocka_unit_test(a_sealed_file_is_not_cut),
		cmocka_unit_test(a_guest_may_write_while_it_is_read),
		cmocka_unit_test(a_guest_may_cut_while_it_is_read),
		cmocka_unit_test(nothing_is_left_to_be_had),
		cmocka_unit_test(memory_may_outlive_the_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

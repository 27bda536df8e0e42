/*
 * prop_api.c - numbers of a guest that a host passes on unseen: rectangles,
 * sizes, strides, offsets and formats are an error or clipped, and what is
 * accepted is read where it is and nowhere else.
 *
 * Each frame ends where a page begins that may not be touched, so that one byte
 * too many ends the test. PROP_SEED= and PROP_ROUNDS= choose.
 */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/limits.h"
#include "tests/pair.h"

__extension__ typedef __int128 wide;

static uint64_t seed;
static unsigned rounds = 20000;

static uint32_t any(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

/* Nobody has been thrown out for what the host was told. */
static void end(struct pair *p)
{
	PAIR_UNTIL(p, p->screen && oriel_screen_is_exact(p->screen));
	assert_int_equal(p->state, ORIEL_CLIENT_READY);
	assert_int_equal(p->joins, 1);
	assert_int_equal(p->leaves, 0);
	pair_fini(p);
}

/* What is likely to be wrong somewhere: edges of types, limits and sizes. */
static int32_t lie(int32_t truth)
{
	static const int32_t edges[] = { 0, INT32_MAX, INT32_MIN,
		ORL_DISPLAY_SIDE_MAX, -ORL_DISPLAY_SIDE_MAX, 1 << 16, 1 << 24,
		1 << 30, -(1 << 30) };

	switch (any(6)) {
	case 0:
	case 1:
		return truth;
	case 2:
		return truth + (int32_t)any(5) - 2;
	case 3:
	case 4:
		return (int32_t)((uint32_t)edges[any(9)] + any(5) - 2);
	default:
		return (int32_t)(any(1 << 16) << 16 | any(1 << 16));
	}
}

static struct oriel_rect lying_rect(int32_t width, int32_t height)
{
	return (struct oriel_rect){ lie(0), lie(0), lie(width), lie(height) };
}

/* Memory of n bytes, with nothing behind it. */
struct block {
	void *map;
	uint8_t *bytes;
	size_t mapped, n;
};

static void block_init(struct block *b, size_t n)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t whole = (n + page - 1) / page * page;

	b->n = n;
	b->mapped = whole + page;
	b->map = mmap(NULL, b->mapped, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(b->map != MAP_FAILED);
	b->bytes = (uint8_t *)b->map + whole - n;
	assert_int_equal(mprotect((uint8_t *)b->map + whole, page, PROT_NONE),
			0);
}

static void block_fini(struct block *b)
{
	munmap(b->map, b->mapped);
}

static void paint(uint8_t *bytes, int32_t width, int32_t height, int32_t stride,
		uint32_t *want)
{
	uint32_t colour = any(1 << 24);

	for (int32_t i = 0; i < width * height; i++) {
		want[i] = (colour ^ (uint32_t)(i % 5 * 0x10203)) & 0xffffff;
		memcpy(bytes + (ptrdiff_t)(i / width) * stride +
						(ptrdiff_t)(i % width) * 4,
				&want[i], 4);
	}
}

static void rectangles_are_clipped(void **state)
{
	enum { WIDTH = 203, HEIGHT = 101, STRIDE = WIDTH * 4 + 20 };
	enum { BYTES = STRIDE * (HEIGHT - 1) + WIDTH * 4 };
	static uint32_t want[WIDTH * HEIGHT];
	struct pair p;
	struct block block;
	struct oriel_memory *memory = NULL;
	struct oriel_frame *frames[2] = { NULL, NULL };

	(void)state;
	pair_init(&p);
	pair_start(&p, 0, NULL);
	pair_display(&p, WIDTH, HEIGHT);
	pair_connect(&p);
	block_init(&block, BYTES);
	/* The file ends with the last pixel: to read on is to fail. */
	int fd = memfd_create("frame", MFD_CLOEXEC);
	assert_int_equal(ftruncate(fd, BYTES), 0);
	assert_int_equal(oriel_memory_create(&memory, p.server, fd, BYTES), 0);
	struct oriel_frame_config cfg = { .size = sizeof(cfg),
		.flags = ORIEL_FRAME_VOLATILE,
		.pixels = { block.bytes, WIDTH, HEIGHT, STRIDE,
				ORIEL_FORMAT_XRGB8888 } };
	assert_int_equal(oriel_frame_create(&frames[0], p.server, &cfg), 0);
	cfg.pixels.data = NULL;
	cfg.memory = memory;
	assert_int_equal(oriel_frame_create(&frames[1], p.server, &cfg), 0);
	for (unsigned round = 0; round < rounds / 20; round++) {
		struct oriel_rect r[20];
		size_t n = any(20) + 1;
		bool in_file = any(2);
		paint(block.bytes, WIDTH, HEIGHT, STRIDE, want);
		assert_int_equal(pwrite(fd, block.bytes, BYTES, 0), BYTES);
		for (size_t i = 0; i < n; i++)
			r[i] = lying_rect(WIDTH, HEIGHT);
		assert_int_equal(oriel_display_submit(p.display,
						 frames[in_file], r, n),
				0);
		if (any(4) == 0)
			pair_step(&p);
		if (any(100) == 0) {
			r[0] = (struct oriel_rect){ 0, 0, WIDTH, HEIGHT };
			assert_int_equal(oriel_display_submit(p.display,
							 frames[in_file], r, n),
					0);
			PAIR_UNTIL(&p, pair_shows(&p, want));
		}
	}
	/* A million of them: time and nothing else. */
	enum { MILLION = 1000000 };
	struct oriel_rect *many = malloc(MILLION * sizeof(*many));
	for (size_t i = 0; i < MILLION; i++)
		many[i] = lying_rect(WIDTH, HEIGHT);
	many[any(MILLION)] = (struct oriel_rect){ INT32_MIN / 2, INT32_MIN / 2,
		INT32_MAX, INT32_MAX };
	paint(block.bytes, WIDTH, HEIGHT, STRIDE, want);
	assert_int_equal(oriel_display_submit(
					 p.display, frames[0], many, MILLION),
			0);
	assert_int_equal(oriel_display_submit(p.display, frames[0], NULL, 1),
			ORIEL_EINVAL);
	PAIR_UNTIL(&p, pair_shows(&p, want) && oriel_screen_is_exact(p.screen));
	assert_int_equal(p.failed, 0);
	free(many);
	oriel_frame_unref(frames[0]);
	oriel_frame_unref(frames[1]);
	oriel_memory_unref(memory);
	close(fd);
	end(&p);
	block_fini(&block);
}

static int sane(const struct oriel_pixels *p)
{
	if (p->width < 1 || p->height < 1 || p->width > ORL_DISPLAY_SIDE_MAX ||
			p->height > ORL_DISPLAY_SIDE_MAX ||
			(int64_t)p->stride < (int64_t)p->width * 4)
		return ORIEL_EINVAL;
	if (p->format == ORIEL_FORMAT_XRGB2101010)
		return ORIEL_ENOTSUP;
	return p->format < ORIEL_FORMAT_XRGB8888 ||
					       p->format > ORIEL_FORMAT_XBGR8888
			       ? ORIEL_EINVAL
			       : 0;
}

/* An oracle that has numbers enough decides what fits. */
static void frames_are_inside_their_memory(void **state)
{
	enum { SIZE = 100000 };
	struct pair p;
	unsigned accepted = 0;
	int err;

	(void)state;
	pair_init(&p);
	pair_start(&p, 0, NULL);
	pair_display(&p, 64, 64);
	pair_connect(&p);
	for (unsigned round = 0; round < rounds; round++) {
		struct oriel_memory *memory = NULL;
		struct oriel_frame *frame = NULL;
		int fd = memfd_create("frame", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		assert_int_equal(ftruncate(fd, SIZE), 0);
		if (any(2))
			assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK),
					0);
		uint64_t size = any(3) ? SIZE : (uint64_t)(int64_t)lie(SIZE);
		err = oriel_memory_create(&memory, p.server, fd, size);
		assert_int_equal(err,
				size > 0 && size <= SIZE ? 0 : ORIEL_EINVAL);
		close(fd);
		if (err)
			continue;
		int32_t width = lie(64), height = lie(64);
		/* Rows that are far apart are read in another way. */
		int32_t stride = (int32_t)((uint32_t)width * 4);
		stride = any(3) ? lie(stride)
				: (int32_t)((uint32_t)stride + any(4000));
		struct oriel_frame_config cfg = { .size = sizeof(cfg),
			.pixels = { NULL, width, height, stride,
					(enum oriel_format)(
							any(8) ? any(6) : 1) },
			.memory = memory,
			.offset = any(2) ? 0 : (uint64_t)(int64_t)lie(SIZE) };
		int want = sane(&cfg.pixels);
		if (!want && (wide)cfg.offset + (wide)(height - 1) * cfg.pixels.stride +
								(wide)width * 4 >
						(wide)size)
			want = ORIEL_EINVAL;
		err = oriel_frame_create(&frame, p.server, &cfg);
		if (err != want)
			fail_msg("%d x %d, stride %d, format %d, at %llu of "
				 "%llu: %d, not %d",
					(int)width, (int)height,
					(int)cfg.pixels.stride,
					(int)cfg.pixels.format,
					(unsigned long long)cfg.offset,
					(unsigned long long)size, err, want);
		oriel_memory_unref(memory);
		if (err)
			continue;
		accepted++;
		/* All of it is read. */
		if (accepted % 4 == 0 && (int64_t)width * height < 20000) {
			assert_int_equal(oriel_display_resize(p.display, 0, 0,
							 width, height),
					0);
			assert_int_equal(oriel_display_submit(p.display, frame,
							 NULL, 0),
					0);
			pair_step(&p);
		}
		oriel_frame_unref(frame);
	}
	assert_true(accepted > rounds / 200);
	assert_int_equal(p.failed, 0);
	end(&p);
}

static void patches_and_cursors(void **state)
{
	enum { WIDTH = 120, HEIGHT = 90 };
	struct pair p;
	struct block block;
	unsigned accepted = 0;

	(void)state;
	pair_init(&p);
	pair_start(&p, 0, NULL);
	pair_display(&p, WIDTH, HEIGHT);
	pair_connect(&p);
	for (unsigned round = 0; round < rounds; round++) {
		int32_t width = lie((int32_t)any(WIDTH) + 1);
		int32_t height = lie((int32_t)any(HEIGHT) + 1);
		int32_t x = lie(0), y = lie(0);
		struct oriel_pixels pixels = { NULL, width, height,
			lie((int32_t)((uint32_t)width * 4)),
			(enum oriel_format)(any(4) ? 1 + any(4) : any(8)) };
		int want = sane(&pixels);
		int64_t n = want ? 4
				 : (int64_t)(height - 1) * pixels.stride +
							    (int64_t)width * 4;
		if (n > 1 << 20)
			continue; /* it would be allowed to read all of it */
		block_init(&block, (size_t)n);
		pixels.data = block.bytes;
		if (x < 0 || y < 0 || width < 1 || height < 1 ||
				(int64_t)x + width > WIDTH ||
				(int64_t)y + height > HEIGHT)
			want = ORIEL_EINVAL;
		assert_int_equal(oriel_display_patch(
						 p.display, &pixels, x, y, 0),
				want);
		accepted += !want;
		int err = oriel_server_set_cursor(
				p.server, &pixels, lie(0), lie(0));
		bool small = sane(&pixels) == 0 &&
			     width <= ORL_CURSOR_SIDE_MAX &&
			     height <= ORL_CURSOR_SIDE_MAX &&
			     pixels.format == ORIEL_FORMAT_ARGB8888;
		assert_int_equal(err, small ? 0 : ORIEL_EINVAL);
		block_fini(&block);
		if (round % 50 == 0)
			pair_step(&p);
	}
	assert_true(accepted > rounds / 200);
	end(&p);
}

static void sizes_of_displays(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_start(&p, 0, NULL);
	pair_display(&p, 10, 10);
	pair_connect(&p);
	for (unsigned round = 0; round < rounds; round++) {
		int32_t width = lie(10), height = lie(10);
		bool fits = width >= 1 && height >= 1 &&
			    width <= ORL_DISPLAY_SIDE_MAX &&
			    height <= ORL_DISPLAY_SIDE_MAX &&
			    (int64_t)width * height <= ORL_DISPLAY_PIXELS_MAX;
		if (fits && (int64_t)width * height > 100000)
			continue; /* allowed, and dear */
		assert_int_equal(oriel_display_resize(p.display, lie(0), lie(0),
						 width, height),
				fits ? 0 : ORIEL_EINVAL);
		struct oriel_display_config cfg = { .size = sizeof(cfg),
			.x = lie(0),
			.y = lie(0),
			.width = width,
			.height = height,
			.scale_percent = (uint32_t)lie(100) };
		bool scale = !cfg.scale_percent ||
			     (cfg.scale_percent >= 50 &&
					     cfg.scale_percent <= 500);
		struct oriel_display *d = NULL;
		assert_int_equal(oriel_display_create(&d, p.server, &cfg),
				fits && scale ? 0 : ORIEL_EINVAL);
		oriel_display_warp_cursor(p.display, lie(0), lie(0));
		oriel_display_destroy(d);
		if (round % 50 == 0)
			pair_step(&p);
	}
	end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rectangles_are_clipped),
		cmocka_unit_test(frames_are_inside_their_memory),
		cmocka_unit_test(patches_and_cursors),
		cmocka_unit_test(sizes_of_displays),
	};

	seed = getenv("PROP_SEED") ? strtoull(getenv("PROP_SEED"), NULL, 0)
				   : (uint64_t)pair_clock();
	if (getenv("PROP_ROUNDS"))
		rounds = (unsigned)atoi(getenv("PROP_ROUNDS"));
	printf("PROP_SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

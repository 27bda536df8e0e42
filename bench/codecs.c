/*
 * codecs.c - oriel-bench codecs: bytes and time of our codecs and of others
 * on pictures and recorded desktops.
 *
 * Every picture is taken as an update of the one before: the cells that
 * differ, less what only moved, gathered into blocks. Ours keep their
 * contexts and are decoded and compared pixel by pixel; the prototype gets the
 * same blocks; the other codecs get the blocks of an update stacked into one
 * picture. The first picture, all of it, is counted apart.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/bench.h"
#include "bench/rivals.h"
#include "bench/trace.h"
#include "codecs/canvas.h"
#include "codecs/classify.h"
#include "codecs/motion.h"

enum { STACK = 64 /* the width of a stack of blocks */ };

enum row {
	OURS,
	OURS_HCX, /* of these, and of their pixels */
	OURS_RES,
	PROTOTYPE,
	PROTOTYPE_HCX,
	PROTOTYPE_RES,
	FIRST_RIVAL,
	PNG = FIRST_RIVAL,
	WEBP,
	ZSTD1,
	ZSTD3,
	QOI,
	ROWS,
};

static const char *const row_names[ROWS] = { "oriel", "oriel hcx", "oriel res",
	"prototype", "prototype hcx", "prototype res", "png 6", "webp z1",
	"zstd 1", "zstd 3", "qoi" };

static size_t (*const rivals[ROWS])(
		uint8_t *out, size_t cap, const struct picture *p) = {
	[PNG] = rival_png,
	[WEBP] = rival_webp,
	[ZSTD1] = rival_zstd1,
	[ZSTD3] = rival_zstd3,
	[QOI] = rival_qoi,
};

struct result {
	uint64_t bytes, pixels;
	double encode, decode; /* seconds; decode 0: not measured */
	double worst;          /* encode, of one update */
};

struct bench {
	const char *name;
	bool json, only_ours;
	unsigned slices, force;
	struct orl_env env;
	struct orl_canvas sent, shown; /* the server's and the client's */
	struct orl_motion *motion;
	struct prototype *prototype;
	uint32_t *target_base, *target; /* two rows and more above */
	uint32_t *moved;                /* what copies make of `sent` */
	uint32_t *stack;
	uint8_t *dirty, *out;
	size_t cap;
	struct orl_copy_op copies[ORL_MOTION_COPIES];
	struct orl_block_op blocks[ORL_PART_BLOCKS_MAX];
	size_t n_copies, n_blocks;
	uint64_t updates;
	struct result results[2][ROWS]; /* the first picture, the others */
};

static void *host_alloc(void *user, size_t n)
{
	(void)user;
	return malloc(n);
}

static void *host_resize(void *user, void *ptr, size_t n)
{
	(void)user;
	return realloc(ptr, n);
}

static void host_release(void *user, void *ptr)
{
	(void)user;
	free(ptr);
}

static double cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void count(struct result *r, size_t bytes, size_t pixels, double encode,
		double decode)
{
	r->bytes += bytes;
	r->pixels += pixels;
	r->encode += encode;
	r->decode += decode;
	if (encode > r->worst)
		r->worst = encode;
}

struct box {
	int32_t x, y, width, height;
};

static struct box box_of(
		const struct orl_canvas *c, const struct orl_block_op *b)
{
	int32_t x = b->col * ORL_CELL, y = b->row * ORL_CELL;
	return (struct box){ x, y, orl_min32(b->cols * ORL_CELL, c->width - x),
		orl_min32(b->rows * ORL_CELL, c->height - y) };
}

static void copy_box(uint32_t *to, size_t to_stride, const uint32_t *from,
		size_t from_stride, struct box b)
{
	for (int32_t y = 0; y < b.height; y++)
		memcpy(to + (size_t)y * to_stride,
				from + (size_t)y * from_stride,
				(size_t)b.width * sizeof(*to));
}

/* Leaves in dirty[] what the copies do not make right. */
static void find_moves(struct bench *b)
{
	struct orl_canvas *c = &b->sent;
	size_t stride = c->stride;
	b->n_copies = orl_motion_search(b->motion, c->pixels, b->target, stride,
			c->width, c->height, b->dirty, c->exact, b->copies,
			ORL_MOTION_COPIES);
	if (!b->n_copies)
		return;
	memcpy(b->moved, c->pixels,
			stride * (size_t)c->height * sizeof(*b->moved));
	for (size_t i = 0; i < b->n_copies; i++) {
		const struct orl_copy_op *o = &b->copies[i];
		copy_box(b->moved + o->y * stride + o->x, stride,
				c->pixels + o->from_y * stride + o->from_x,
				stride,
				(struct box){ o->x, o->y, o->width,
						o->height });
	}
	memset(b->dirty, 0, (size_t)c->cols * (size_t)c->rows);
	(void)orl_damage(b->moved, stride, c->width, c->height, b->dirty,
			b->target, stride * sizeof(*b->target), false, 0, 0,
			c->width, c->height);
}

static int code_ours(struct bench *b, struct result *results)
{
	struct orl_canvas *c = &b->sent;
	size_t lengths[ORL_SLICES_MAX + 1], n = 0, size = 0, pixels[2] = { 0 };
	int err = orl_canvas_begin(
			c, b->copies, b->n_copies, b->blocks, b->n_blocks);
	if (err == ORIEL_EPROTO && b->n_copies) {
		fprintf(stderr, "oriel-bench: a part does not fit\n");
		return err;
	}
	for (size_t i = 0; i < b->n_blocks; i++) {
		struct box box = box_of(c, &b->blocks[i]);
		size_t at = (size_t)box.y * c->stride + (size_t)box.x;
		copy_box(c->pixels + at, c->stride, b->target + at, c->stride,
				box);
		pixels[b->blocks[i].op == ORL_OP_RES] +=
				(size_t)(box.width * box.height);
	}
	double start = cpu_seconds();
	err = err ? err
		  : orl_canvas_encode(c, b->blocks, b->n_blocks, b->out, b->cap,
				    lengths, &n);
	double encoded = cpu_seconds();
	for (size_t i = 0; !err && i < n; i++)
		size += lengths[i];
	err = err ? err
		  : orl_canvas_begin(&b->shown, b->copies, b->n_copies,
				    b->blocks, b->n_blocks);
	double begun = cpu_seconds();
	err = err ? err
		  : orl_canvas_decode(&b->shown, b->blocks, b->n_blocks, b->out,
				    size, lengths, n);
	if (err) {
		fprintf(stderr, "oriel-bench: %s\n", oriel_strerror(err));
		return err;
	}
	count(&results[OURS], size, pixels[0] + pixels[1], encoded - start,
			cpu_seconds() - begun);
	size_t res = pixels[1] ? lengths[n - 1] : 0;
	count(&results[OURS_HCX], size - res, pixels[0], 0, 0);
	count(&results[OURS_RES], res, pixels[1], 0, 0);
	if (memcmp(b->shown.pixels, b->target,
			    c->stride * (size_t)c->height *
					    sizeof(*b->target)) != 0) {
		fprintf(stderr,
				"oriel-bench: %s: picture %" PRIu64
				" was not decoded as it was coded\n",
				b->name, b->updates);
		return ORIEL_EPROTO;
	}
	return 0;
}

static void code_prototype(struct bench *b, struct result *results)
{
	struct prototype *t = b->prototype;
	size_t pixels[2] = { 0 }, bytes[2] = { 0 }, stride = b->sent.stride;
	double start = cpu_seconds();
	prototype_begin(t, b->out);
	for (size_t i = 0; i < b->n_blocks; i++) {
		struct box box = box_of(&b->sent, &b->blocks[i]);
		struct picture p = { b->target + (size_t)box.y * stride +
						     (size_t)box.x,
			stride, box.width, box.height };
		bool res = b->blocks[i].op == ORL_OP_RES;
		pixels[res] += (size_t)(box.width * box.height);
		if (res)
			prototype_res_block(t, &p);
		else
			prototype_block(t, &p);
	}
	bytes[0] = prototype_end(t);
	bytes[0] = pixels[0] ? bytes[0] : 0;
	bytes[1] = prototype_res_end(t, b->out, b->cap);
	count(&results[PROTOTYPE], bytes[0] + bytes[1], pixels[0] + pixels[1],
			cpu_seconds() - start, 0);
	count(&results[PROTOTYPE_HCX], bytes[0], pixels[0], 0, 0);
	count(&results[PROTOTYPE_RES], bytes[1], pixels[1], 0, 0);
}

/* The blocks on top of each other; the first picture as it is. */
static struct picture stack_up(struct bench *b)
{
	struct picture p = { b->target, b->sent.stride, b->sent.width,
		b->sent.height };
	int32_t y = 0;
	if (!b->updates)
		return p;
	for (size_t i = 0; i < b->n_blocks; i++) {
		struct box box = box_of(&b->sent, &b->blocks[i]);
		const uint32_t *from = b->target +
				       (size_t)box.y * b->sent.stride +
				       (size_t)box.x;
		for (int32_t x = 0; x < box.width; x += STACK) {
			struct box piece = { 0, 0,
				orl_min32(STACK, box.width - x), box.height };
			uint32_t *to = b->stack + (size_t)y * STACK;
			memset(to, 0, sizeof(*to) * STACK * (size_t)box.height);
			copy_box(to, STACK, from + x, b->sent.stride, piece);
			y += box.height;
		}
	}
	return (struct picture){ b->stack, STACK, STACK, y };
}

static void code_rivals(struct bench *b, struct result *results, size_t pixels)
{
	struct picture p = stack_up(b);
	for (int i = FIRST_RIVAL; i < ROWS && p.height; i++) {
		double start = cpu_seconds();
		/* WebP's pictures end at 16383 rows: code piece by piece. */
		size_t bytes = 0;
		for (int32_t y = 0; y < p.height; y += 16000) {
			struct picture piece = p;
			piece.pixels += (size_t)y * p.stride;
			piece.height = orl_min32(16000, p.height - y);
			bytes += rivals[i](b->out, b->cap, &piece);
		}
		count(&results[i], bytes, pixels, cpu_seconds() - start, 0);
	}
}

static int one_picture(struct bench *b, const uint32_t *pixels)
{
	struct orl_canvas *c = &b->sent;
	static const uint32_t cell_bytes[2] = { 1, 1 };
	struct result *results = b->results[b->updates > 0];
	size_t cells = (size_t)c->cols * (size_t)c->rows;
	uint64_t before = results[OURS].pixels;
	memset(b->dirty, 0, cells);
	size_t n = orl_damage(b->target, c->stride, c->width, c->height,
			b->dirty, pixels, c->stride * sizeof(*pixels), false, 0,
			0, c->width, c->height);
	if (b->updates && !n)
		return 0;
	b->n_copies = 0;
	if (b->updates)
		find_moves(b);
	else
		memset(b->dirty, 1, cells);
	b->n_blocks = orl_plan_blocks(c, b->target, c->stride, b->dirty,
			cell_bytes, UINT64_MAX, b->force, NULL, b->blocks,
			ORL_PART_BLOCKS_MAX);
	int err = code_ours(b, results);
	if (err)
		return err;
	if (!b->only_ours) {
		code_prototype(b, results);
		code_rivals(b, results,
				(size_t)(results[OURS].pixels - before));
	}
	b->updates++;
	return 0;
}

static void print(const struct bench *b)
{
	for (int part = 0; part < 2; part++)
		for (int i = 0; i < ROWS; i++) {
			const struct result *r = &b->results[part][i];
			const char *what = part ? "updates" : "first";
			if (!r->pixels)
				continue;
			double ns = 1e9 / (double)r->pixels;
			if (b->json)
				printf("{\"input\":\"%s\",\"part\":\"%s\","
				       "\"codec\":\"%s\",\"bytes\":%" PRIu64
				       ",\"pixels\":%" PRIu64
				       ",\"encode_ns_per_pixel\":%.3f,"
				       "\"decode_ns_per_pixel\":%.3f,"
				       "\"encode_worst_ms\":%.3f}\n",
						b->name, what, row_names[i],
						r->bytes, r->pixels,
						r->encode * ns, r->decode * ns,
						r->worst * 1e3);
			else
				printf("%-16s %-8s %-14s %11" PRIu64
				       " %11" PRIu64 " %8.1f %8.1f %8.1f\n",
						b->name, what, row_names[i],
						r->bytes, r->pixels,
						r->encode * ns, r->decode * ns,
						r->worst * 1e3);
		}
	fflush(stdout);
}

static int begin(struct bench *b, int32_t width, int32_t height)
{
	size_t area = (size_t)width * (size_t)height;
	size_t cells;
	b->env.hooks = (struct oriel_hooks){ .alloc = host_alloc,
		.resize = host_resize,
		.release = host_release };
	int err = orl_canvas_init(&b->sent, &b->env, width, height, b->slices);
	err = err ? err
		  : orl_canvas_init(&b->shown, &b->env, width, height,
				    b->slices);
	err = err ? err : orl_motion_create(&b->motion, &b->env);
	if (err)
		return err;
	cells = (size_t)b->sent.cols * (size_t)b->sent.rows;
	b->cap = area * 5 + (1 << 20);
	b->prototype = prototype_create();
	b->target_base = calloc(area + 2 * (size_t)width + 8, 4);
	b->moved = calloc(area, 4);
	b->stack = calloc(cells * 4, ORL_CELL * STACK);
	b->dirty = calloc(cells, 1);
	b->out = malloc(b->cap);
	if (!b->prototype || !b->target_base || !b->moved || !b->stack ||
			!b->dirty || !b->out)
		return ORIEL_ENOMEM;
	b->target = b->target_base + 2 * (size_t)width + 4;
	return 0;
}

static void end(struct bench *b)
{
	orl_canvas_fini(&b->sent);
	orl_canvas_fini(&b->shown);
	orl_motion_destroy(b->motion);
	prototype_destroy(b->prototype);
	free(b->target_base);
	free(b->moved);
	free(b->stack);
	free(b->dirty);
	free(b->out);
	free(b);
}

static int one_file(const char *path, const struct bench *options)
{
	struct bench *b = malloc(sizeof(*b));
	struct trace *t = trace_open(path);
	const uint32_t *pixels;
	const char *slash = strrchr(path, '/');
	int64_t time;
	int err = ORIEL_ENOMEM;
	if (!b || !t) {
		free(b);
		trace_close(t);
		return ORIEL_EINVAL;
	}
	*b = *options;
	b->name = slash ? slash + 1 : path;
	err = begin(b, trace_width(t), trace_height(t));
	while (!err && (pixels = trace_next(t, &time)) != NULL)
		err = one_picture(b, pixels);
	if (!err)
		print(b);
	end(b);
	trace_close(t);
	return err;
}

int bench_codecs(int argc, char **argv)
{
	struct bench *options = calloc(1, sizeof(*options));
	int status = 0, files = 0;
	if (!options)
		return 1;
	options->slices = 1;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			options->json = true;
		else if (strcmp(argv[i], "--ours") == 0)
			options->only_ours = true;
		else if (strncmp(argv[i], "--slices=", 9) == 0)
			options->slices = (unsigned)atoi(argv[i] + 9);
		else if (strcmp(argv[i], "--op=hcx") == 0)
			options->force = ORL_OP_HCX;
		else if (strcmp(argv[i], "--op=res") == 0)
			options->force = ORL_OP_RES;
		else if (argv[i][0] == '-' && !status) {
			fprintf(stderr,
					"oriel-bench: codecs %s? see "
					"oriel-bench --help\n",
					argv[i]);
			status = 2;
		}
	}
	if (!options->json && !status)
		printf("%-16s %-8s %-14s %11s %11s %8s %8s %8s\n", "input",
				"part", "codec", "bytes", "pixels", "enc ns/px",
				"dec ns/px", "worst ms");
	for (int i = 1; i < argc && !status; i++) {
		if (argv[i][0] == '-')
			continue;
		files++;
		if (one_file(argv[i], options))
			status = 1;
	}
	if (!files && !status) {
		fprintf(stderr, "oriel-bench: codecs of which FILE?\n");
		status = 2;
	}
	free(options);
	return status;
}

/*
 * seeds_codecs.c - writes the seeds of fuzz_hcx, fuzz_res and fuzz_canvas:
 * small pictures of each kind, coded. Run it in the top folder after a change
 * of the format, with the corpus folders in place.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codecs/canvas.h"
#include "proto/io/host.h"

static struct orl_env env;

static void save(const char *path, const uint8_t *data, size_t n)
{
	char name[256];
	snprintf(name, sizeof(name), "tests/fuzz/corpus/%s", path);
	FILE *f = fopen(name, "wb");
	if (!f || fwrite(data, 1, n, f) != n || fclose(f) != 0) {
		perror(name);
		exit(1);
	}
	printf("%s: %zu bytes\n", name, n);
}

static void draw(struct orl_canvas *c, const char *kind)
{
	uint32_t noise = 7;
	for (int32_t y = 0; y < c->height; y++)
		for (int32_t x = 0; x < c->width; x++) {
			uint32_t v = 0xeeeeee;
			noise = noise * 1664525U + 1013904223U;
			if (strcmp(kind, "text") == 0)
				v = y % 11 < 7 && (x * 5 ^ y * 3) % 7 < 2
						    ? 0x101010U * (uint32_t)(x % 3)
						    : v;
			else if (strcmp(kind, "gradient") == 0)
				v = (uint32_t)(x * 2) << 16 |
				    (uint32_t)(y * 3 & 255) << 8 |
				    (uint32_t)(x + y) / 4;
			else if (strcmp(kind, "noise") == 0)
				v = noise >> 8;
			c->pixels[(size_t)y * c->stride + (size_t)x] = v;
		}
}

static size_t code(struct orl_canvas *c, const struct orl_block_op *blocks,
		size_t n, uint8_t *out, size_t cap, size_t *lengths,
		size_t *n_lengths)
{
	size_t size = 0;
	if (orl_canvas_encode(c, blocks, n, out, cap, lengths, n_lengths))
		exit(1);
	for (size_t i = 0; i < *n_lengths; i++)
		size += lengths[i];
	return size;
}

static void contexts(const char *kind, int32_t w, int32_t h)
{
	struct orl_canvas c;
	struct orl_block_op b = { .rows = 1, .op = ORL_OP_HCX };
	uint8_t out[65536] = { (uint8_t)(w - 1), (uint8_t)(h - 17) };
	size_t size = 4, lengths[ORL_SLICES_MAX + 1], n;
	char path[64];
	if (orl_canvas_init(&c, &env, w, h, 1))
		exit(1);
	b.cols = (uint8_t)c.cols;
	for (int i = 0; i < 2; i++) {
		if (orl_canvas_begin(&c, NULL, 0, &b, 1))
			exit(1);
		draw(&c, kind);
		size_t more = code(&c, &b, 1, out + size, sizeof(out) - size,
				lengths, &n);
		if (!i) {
			out[2] = (uint8_t)more;
			out[3] = (uint8_t)(more >> 8);
		}
		size += more;
		b.row = 1;
		b.rows = (uint8_t)(c.rows - 1);
	}
	snprintf(path, sizeof(path), "fuzz_hcx/%s-%dx%d", kind, w, h);
	save(path, out, size);
	orl_canvas_fini(&c);
}

static void residuals(const char *kind, int32_t w, int32_t h, int right)
{
	struct orl_canvas c;
	uint8_t out[65536] = { (uint8_t)(w - 1), (uint8_t)(h - 1),
		(uint8_t)right };
	size_t lengths[ORL_SLICES_MAX + 1], n;
	char path[64];
	if (orl_canvas_init(&c, &env, w, h, 1))
		exit(1);
	int left = c.cols - right;
	struct orl_block_op b[2] = {
		{ 0, 0, (uint8_t)left, (uint8_t)c.rows, ORL_OP_RES },
		{ (uint16_t)left, 0, (uint8_t)right, (uint8_t)c.rows,
				ORL_OP_RES },
	};
	size_t n_blocks = right ? 2 : 1;
	if (orl_canvas_begin(&c, NULL, 0, b, n_blocks))
		exit(1);
	draw(&c, kind);
	size_t size = 3 + code(&c, b, n_blocks, out + 3, sizeof(out) - 3,
					  lengths, &n);
	snprintf(path, sizeof(path), "fuzz_res/%s-%dx%d", kind, w, h);
	save(path, out, size);
	orl_canvas_fini(&c);
}

/* Two parts, the second with copies, as fuzz_canvas.c reads them. */
static void parts(const char *name, int32_t w, int32_t h, unsigned slices,
		const struct orl_copy_op *copies, uint8_t n_copies)
{
	struct orl_canvas c;
	uint8_t out[65536] = { (uint8_t)(w - 1), (uint8_t)(h - 1),
		(uint8_t)(slices / 2) };
	size_t size = 3, lengths[ORL_SLICES_MAX + 1], n;
	char path[64];
	if (orl_canvas_init(&c, &env, w, h, slices))
		exit(1);
	struct orl_block_op b[3] = {
		{ 0, 0, (uint8_t)c.cols, 1, ORL_OP_HCX },
		{ 0, 1, 1, 1, ORL_OP_RES },
		{ 0, (uint16_t)(c.rows - 1), (uint8_t)c.cols, 1, ORL_OP_HCX },
	};
	for (int part = 0; part < 2; part++) {
		uint8_t copied = part ? n_copies : 0;
		if (orl_canvas_begin(&c, copies, copied, b, 3))
			exit(1);
		draw(&c, part ? "text" : "gradient");
		out[size++] = copied;
		out[size++] = 3;
		for (int i = 0; i < copied; i++) {
			out[size++] = (uint8_t)copies[i].x;
			out[size++] = (uint8_t)copies[i].y;
			out[size++] = (uint8_t)copies[i].width;
			out[size++] = (uint8_t)copies[i].height;
			out[size++] = (uint8_t)copies[i].from_x;
			out[size++] = (uint8_t)copies[i].from_y;
		}
		for (int i = 0; i < 3; i++) {
			out[size++] = (uint8_t)b[i].col;
			out[size++] = (uint8_t)b[i].row;
			out[size++] = b[i].cols;
			out[size++] = b[i].rows;
			out[size++] = b[i].op;
		}
		uint8_t sections[8192];
		size_t more = code(&c, b, 3, sections, sizeof(sections),
				lengths, &n);
		out[size++] = (uint8_t)n;
		for (size_t i = 0; i < n; i++) {
			out[size++] = (uint8_t)lengths[i];
			out[size++] = (uint8_t)(lengths[i] >> 8);
		}
		memcpy(out + size, sections, more);
		size += more;
	}
	snprintf(path, sizeof(path), "fuzz_canvas/%s", name);
	save(path, out, size);
	orl_canvas_fini(&c);
}

/* Parts that fail one check each, as fuzz_canvas.c reads them. */
static void rejected(void)
{
	/* clang-format off */
	static const uint8_t bytes[] = {
		39, 39, 0,                                 /* 40 x 40 */
		1, 0, 0, 0, 0, 4, 0, 0,                    /* an empty copy */
		2, 0, 0, 0, 8, 8, 9, 9, 7, 7, 8, 8, 9, 9,  /* overlapping */
		3, 0, 0, 0, 8, 8, 9, 9, 8, 8, 8, 8, 0, 0,  /* crossing */
		20, 20, 8, 8, 16, 16, 0,
		0, 1, 9, 9, 9, 9, 1,                       /* outside */
		0, 1, 0, 0, 1, 1, 7,                       /* no such op */
		0, 2, 0, 0, 2, 2, 2, 1, 1, 1, 1, 1,        /* overlapping */
		1, 1, 0, 0, 40, 40, 0, 0, 0, 0, 1, 1, 1,   /* too much area */
		0, 1, 0, 0, 1, 1, 1, 0,                    /* no section */
		0, 1, 0, 0, 1, 1, 1, 2, 0, 0, 0, 0,        /* one too many */
		0, 1, 0, 0, 1, 1, 2, 1, 4, 0, 1, 2, 3, 4,  /* too short */
		0, 1, 0, 0, 1, 1, 2, 1, 8, 0, 9, 0, 0, 0, 0, 0, 0, 0,
		0, 1, 0, 0, 1, 1, 2, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	};
	/* clang-format on */
	save("fuzz_canvas/rejected", bytes, sizeof(bytes));
}

int main(void)
{
	static const struct orl_copy_op scroll = { 0, 16, 40, 20, 0, 17 };
	static const struct orl_copy_op swap[2] = { { 0, 0, 8, 8, 20, 20 },
		{ 20, 20, 8, 8, 0, 0 } };
	static const struct orl_copy_op whole = { 16, 16, 16, 16, 0, 0 };
	if (orl_host_env(&env, NULL))
		return 1;
	contexts("text", 96, 64);
	contexts("gradient", 67, 33);
	contexts("noise", 20, 18);
	contexts("flat", 80, 50);
	residuals("text", 64, 40, 0);
	residuals("gradient", 97, 33, 3);
	residuals("noise", 17, 20, 1);
	residuals("flat", 128, 96, 2);
	parts("scroll", 40, 60, 1, &scroll, 1);
	parts("swap", 50, 64, 2, swap, 2);
	parts("whole-cell", 60, 70, 4, &whole, 1);
	rejected();
	return 0;
}

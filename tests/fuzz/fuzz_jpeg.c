/*
 * fuzz_jpeg.c - any bytes as a picture of the lossy layer, as it is and with
 * its entropy-coded bytes replaced by the input's, painted on a canvas of
 * which some cells are exact: those must stay what they were.
 *
 * Input: width, height, scale (2 bits) and kind, then the JPEG.
 */
#include <stdlib.h>
#include <string.h>

#include "codecs/jpeg.h"
#include "codecs/layer.h"
#include "proto/io/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIDE = 96, GENERATION = 7 };

struct target {
	struct orl_canvas canvas;
	struct orl_jpeg *jpeg;
	uint32_t *small;
	unsigned scale;
	int32_t width, height; /* of the smaller picture */
};

static void take(struct target *t, const uint8_t *data, size_t n)
{
	struct orl_canvas *c = &t->canvas;
	/* A copy without slack, so that reading too far is found. */
	uint8_t *bytes = malloc(n + !n);

	memcpy(bytes, data, n);
	int err = orl_jpeg_decode(
			t->jpeg, bytes, n, t->small, t->width, t->height);
	free(bytes);
	if (err && err != ORIEL_EPROTO)
		abort();
	if (!err)
		orl_layer_paint_small(c, GENERATION,
				(struct oriel_rect){
						0, 0, c->width, c->height },
				t->small, t->scale,
				t->small + (size_t)(t->width * t->height));
	for (int32_t y = 0; y < c->height; y++)
		for (int32_t x = 0; x < c->width; x++) {
			uint32_t v = c->pixels[(size_t)y * c->stride +
					       (size_t)x];
			bool odd = (x / ORL_CELL + y / ORL_CELL) & 1;
			if (v >> 24 || (odd && v))
				abort();
		}
}

/* One of ours of that size, its scan from `data`. */
static void dress(struct target *t, const uint8_t *data, size_t n)
{
	const uint8_t *coded;
	size_t length, head = 0;

	if (orl_jpeg_encode(t->jpeg, t->small, (size_t)t->width, t->width,
			    t->height, 80, n & 1, &coded, &length))
		abort();
	for (size_t i = 2; i + 1 < length && !head; i += 2 + coded[i + 3])
		if (coded[i + 1] == 0xda)
			head = i + 2 + coded[i + 3];
		else if (coded[i + 2])
			i += (size_t)coded[i + 2] << 8;
	if (!head)
		abort();
	uint8_t *whole = malloc(head + 2 * n + 2);
	memcpy(whole, coded, head);
	for (size_t i = 0; i < n; i++) {
		whole[head++] = data[i];
		if (data[i] == 0xff)
			whole[head++] = 0;
	}
	whole[head++] = 0xff;
	whole[head++] = 0xd9;
	take(t, whole, head);
	free(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct orl_env env;
	struct target t;

	if (size < 3 || orl_host_env(&env, NULL))
		return 0;
	int32_t width = data[0] % SIDE + 1, height = data[1] % SIDE + 1;
	t.scale = 1u << (data[2] & 3);
	t.width = orl_layer_small(width, t.scale);
	t.height = orl_layer_small(height, t.scale);
	t.small = calloc((size_t)(t.width * t.height + 2 * width),
			sizeof(*t.small));
	if (!t.small || orl_jpeg_create(&t.jpeg, &env) ||
			orl_canvas_init(&t.canvas, &env, width, height, 1))
		abort();
	for (int32_t row = 0; row < t.canvas.rows; row++)
		for (int32_t col = row & 1; col < t.canvas.cols; col += 2)
			if (orl_layer_open(&t.canvas,
					    &(struct orl_cells){
							    col, row, 1, 1 },
					    GENERATION))
				abort();
	take(&t, data + 3, size - 3);
	if (data[2] & 4)
		dress(&t, data + 3, size - 3);
	orl_canvas_fini(&t.canvas);
	orl_jpeg_destroy(t.jpeg);
	free(t.small);
	return 0;
}

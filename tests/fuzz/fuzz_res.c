/*
 * fuzz_res.c - a section of residuals from any bytes, and the pixels of the
 * input as a picture that must come back from being coded.
 *
 * Input: width, height, the first block's columns, then the section.
 */
#include <stdlib.h>
#include <string.h>

#include "codecs/canvas.h"
#include "proto/io/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(struct orl_canvas *a, struct orl_canvas *b,
		const struct orl_block_op *blocks, size_t n_blocks,
		const uint8_t *data, size_t size)
{
	size_t pixels = a->stride * (size_t)a->height, length, n;
	size_t cap = pixels * 4 + 4096;
	uint8_t *out = malloc(cap);
	if (!out)
		return;
	for (size_t i = 0; i < pixels; i++)
		a->pixels[i] = !size ? 0
				     : (uint32_t)data[i % size] << 16 |
							       (uint32_t)data[(i * 7 + 3) %
									       size]
									       << 8 |
							       data[(i / 5) % size];
	if (orl_canvas_begin(a, NULL, 0, blocks, n_blocks) ||
			orl_canvas_begin(b, NULL, 0, blocks, n_blocks) ||
			orl_canvas_encode(a, blocks, n_blocks, out, cap,
					&length, &n) ||
			orl_canvas_decode(b, blocks, n_blocks, out, length,
					&length, n))
		abort();
	if (memcmp(a->pixels, b->pixels, pixels * sizeof(*a->pixels)) != 0)
		abort();
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct orl_env env;
	struct orl_canvas a, b;
	if (size < 3 || orl_host_env(&env, NULL) != 0)
		return 0;
	int32_t width = data[0] % 128 + 1, height = data[1] % 96 + 1;
	if (orl_canvas_init(&a, &env, width, height, 1) != 0 ||
			orl_canvas_init(&b, &env, width, height, 1) != 0)
		return 0;
	uint8_t cols = (uint8_t)(data[2] % a.cols);
	struct orl_block_op blocks[2] = {
		{ .cols = (uint8_t)(a.cols - cols),
				.rows = (uint8_t)a.rows,
				.op = ORL_OP_RES },
		{ .col = (uint16_t)(a.cols - cols),
				.cols = cols,
				.rows = (uint8_t)a.rows,
				.op = ORL_OP_RES },
	};
	size_t n_blocks = cols ? 2 : 1;
	data += 3;
	size -= 3;
	/* A copy without slack, so that reading too far is found. */
	uint8_t *section = malloc(size + !size);
	memcpy(section, data, size);
	int err = orl_canvas_begin(&b, NULL, 0, blocks, n_blocks);
	if (!err)
		err = orl_canvas_decode(
				&b, blocks, n_blocks, section, size, &size, 1);
	if (err && err != ORIEL_EPROTO)
		abort();
	free(section);
	round_trip(&a, &b, blocks, n_blocks, data, size);
	orl_canvas_fini(&a);
	orl_canvas_fini(&b);
	return 0;
}

/*
 * fuzz_hcx.c - one section of contexts from any bytes: two parts, the second
 * beside what the first drew. What decodes must also survive being coded
 * again: the same pixels come back.
 *
 * Input: width, height, then the section of the upper half and of the lower.
 */
#include <stdlib.h>
#include <string.h>

#include "codecs/canvas.h"
#include "proto/io/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const struct orl_canvas *c, const struct orl_env *env,
		const struct orl_block_op *block)
{
	struct orl_canvas a, b;
	size_t bytes = c->stride * (size_t)c->height * sizeof(*c->pixels);
	size_t cap = bytes * 2 + 64, length, n;
	uint8_t *out = malloc(cap);
	if (!out || orl_canvas_init(&a, env, c->width, c->height, 1) ||
			orl_canvas_init(&b, env, c->width, c->height, 1))
		abort();
	memcpy(a.pixels, c->pixels, bytes);
	if (orl_canvas_begin(&a, NULL, 0, block, 1) ||
			orl_canvas_begin(&b, NULL, 0, block, 1) ||
			orl_canvas_encode(
					&a, block, 1, out, cap, &length, &n) ||
			orl_canvas_decode(&b, block, 1, out, length, &length,
					n) ||
			memcmp(a.pixels, b.pixels, bytes) != 0)
		abort();
	orl_canvas_fini(&a);
	orl_canvas_fini(&b);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct orl_env env;
	struct orl_canvas c;
	if (size < 4 || orl_host_env(&env, NULL) != 0)
		return 0;
	int32_t width = data[0] % 96 + 1, height = data[1] % 64 + 17;
	size_t first = (data[2] | (size_t)data[3] << 8) % (size - 3);
	data += 4;
	size -= 4;
	if (orl_canvas_init(&c, &env, width, height, 1) != 0)
		return 0;
	struct orl_block_op block = {
		.cols = (uint8_t)c.cols, .rows = 1, .op = ORL_OP_HCX
	};
	for (int i = 0; i < 2; i++) {
		size_t n = i ? size - first : first;
		/* A copy without slack, so that reading too far is found. */
		uint8_t *section = malloc(n + !n);
		memcpy(section, i ? data + first : data, n);
		if (i) {
			block.row = 1;
			block.rows = (uint8_t)(c.rows - 1);
		}
		int err = orl_canvas_begin(&c, NULL, 0, &block, 1);
		if (!err)
			err = orl_canvas_decode(
					&c, &block, 1, section, n, &n, 1);
		if (err && err != ORIEL_EPROTO)
			abort();
		free(section);
	}
	block = (struct orl_block_op){ .cols = (uint8_t)c.cols,
		.rows = (uint8_t)c.rows,
		.op = ORL_OP_HCX };
	again(&c, &env, &block);
	orl_canvas_fini(&c);
	return 0;
}

/*
 * fuzz_canvas.c - whole parts from any bytes on a small canvas: copies,
 * blocks and sections. Bytes that decode must leave what canvas.h promises.
 *
 * Input: width, height, slices (2 bits), then parts: number of copies and of
 * blocks, 6 bytes for a copy, 5 for a block, and for each section two bytes
 * of length and its bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "codecs/canvas.h"
#include "proto/io/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *p, *end;
};

static unsigned byte(struct input *in)
{
	return in->p < in->end ? *in->p++ : 0;
}

static void one_part(struct orl_canvas *c, struct input *in)
{
	struct orl_copy_op copies[4];
	struct orl_block_op blocks[16];
	size_t lengths[ORL_SLICES_MAX + 1], n = 0, size = 0;
	unsigned n_copies = byte(in) & 3, n_blocks = byte(in) & 15;
	for (unsigned i = 0; i < n_copies; i++) {
		copies[i].x = (uint16_t)byte(in);
		copies[i].y = (uint16_t)byte(in);
		copies[i].width = (uint16_t)byte(in);
		copies[i].height = (uint16_t)byte(in);
		copies[i].from_x = (uint16_t)byte(in);
		copies[i].from_y = (uint16_t)byte(in);
	}
	for (unsigned i = 0; i < n_blocks; i++) {
		blocks[i].col = (uint16_t)byte(in);
		blocks[i].row = (uint16_t)byte(in);
		blocks[i].cols = (uint8_t)byte(in);
		blocks[i].rows = (uint8_t)byte(in);
		blocks[i].op = (uint8_t)byte(in);
	}
	if (orl_canvas_begin(c, copies, n_copies, blocks, n_blocks))
		return;
	unsigned want = byte(in) % (ORL_SLICES_MAX + 2);
	for (; n < want; n++) {
		lengths[n] = byte(in);
		lengths[n] |= (size_t)byte(in) << 8;
		size += lengths[n];
	}
	size_t left = (size_t)(in->end - in->p);
	size = size < left ? size : left;
	/* A copy without slack, so that reading too far is found. */
	uint8_t *sections = malloc(size + !size);
	memcpy(sections, in->p, size);
	in->p += size;
	int err = orl_canvas_decode(
			c, blocks, n_blocks, sections, size, lengths, n);
	free(sections);
	if (err && err != ORIEL_EPROTO)
		abort();
	for (unsigned i = 0; !err && i < n_blocks; i++)
		if (!c->exact[blocks[i].row * c->cols + blocks[i].col])
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	struct orl_env env;
	struct orl_canvas c;
	int32_t width = (int32_t)byte(&in) % 160 + 1;
	int32_t height = (int32_t)byte(&in) % 160 + 1;
	if (orl_host_env(&env, NULL) != 0 ||
			orl_canvas_init(&c, &env, width, height,
					1U << (byte(&in) % 3)) != 0)
		return 0;
	while (in.p < in.end)
		one_part(&c, &in);
	for (size_t i = 0; i < (size_t)(width * height); i++)
		if (c.pixels[i] >> 24)
			abort();
	for (int32_t row = 0; row < c.rows; row++)
		(void)orl_canvas_hash(&c, row);
	orl_canvas_fini(&c);
	return 0;
}

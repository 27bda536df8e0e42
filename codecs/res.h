/*
 * res.h - predicted residuals: the lossless codec for photographs.
 *
 * The section of a part holds all of its RES blocks. Each pixel gives three
 * bytes, for green, red and blue:
 *
 *	G = green    R = (red - green + 128) & 255    B likewise from blue
 *	byte = (X - predict(W, N, NW)) & 255          for X = G, R, B
 *	predict = W + N - NW, not under min(W, N) and not over max(W, N)
 *
 * W, N and NW are the same channel of the pixels to the left, above, and above
 * to the left. A block is coded by itself: above its first row every channel
 * counts as 128, and left of its first column W and NW count as N.
 *
 * The bytes of one channel, of all RES blocks in the part's order, each block
 * in raster order, are one plane. A plane is compressed to one zstd frame
 * (RFC 8878) that states its content size and needs no dictionary. (Our
 * encoder: level 1, window 128 KiB. A decoder writes straight into the plane
 * and so needs no window.) The section is:
 *
 *	u32  length of the frame of G, little endian
 *	u32  length of the frame of R
 *	     the frames of G, R and B; that of B takes the rest
 */
#ifndef ORL_CODECS_RES_H
#define ORL_CODECS_RES_H

#include "codecs/canvas.h"

int orl_res_create(struct orl_res **out, const struct orl_env *env);
void orl_res_destroy(const struct orl_env *env, struct orl_res *res);

/* The bytes of scratch memory that this many pixels need. */
static inline size_t orl_res_scratch(size_t pixels)
{
	return 3 * (pixels + ORL_CELL);
}

/*
 * Code all RES blocks of a part, which lie in the canvas and have `pixels`
 * pixels together, at least one. Encoding sets *length; ORIEL_ELIMIT when it
 * does not fit, ORIEL_EPROTO when a section is not what an encoder makes.
 * Threads: any, one for each res and scratch.
 */
int orl_res_encode(struct orl_res *res, const struct orl_canvas *c,
		const struct orl_block_op *blocks, size_t n_blocks,
		size_t pixels, uint8_t *scratch, uint8_t *out, size_t cap,
		size_t *length);
int orl_res_decode(struct orl_res *res, const struct orl_canvas *c,
		const struct orl_block_op *blocks, size_t n_blocks,
		size_t pixels, uint8_t *scratch, const uint8_t *data,
		size_t size);

#endif

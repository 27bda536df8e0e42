/*
 * hcx.h - hashed contexts: the lossless codec for text and interfaces.
 */
#ifndef ORL_CODECS_HCX_H
#define ORL_CODECS_HCX_H

#include "codecs/canvas.h"
#include "codecs/range.h"

/* Fresh contexts, or NULL when there is no memory. */
struct orl_hcx *orl_hcx_create(const struct orl_env *env);
void orl_hcx_destroy(const struct orl_env *env, struct orl_hcx *h);
void orl_hcx_reset(struct orl_hcx *h);

/*
 * Code one block, which lies in one band and in the canvas; reads the pixels
 * and `usable` of the canvas in this band alone. Decoding writes the block's
 * pixels and returns early once the section has been found too short.
 * Threads: any, one for each h.
 */
void orl_hcx_encode(struct orl_hcx *h, struct orl_range *r,
		const struct orl_canvas *c, const struct orl_block_op *b);
void orl_hcx_decode(struct orl_hcx *h, struct orl_range *r,
		const struct orl_canvas *c, const struct orl_block_op *b);

#endif

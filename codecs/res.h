/*
 * res.h - predicted residuals: the lossless codec for photographs.
 */
#ifndef ORL_CODECS_RES_H
#define ORL_CODECS_RES_H

#include "codecs/canvas.h"

int orl_res_create(struct orl_res **out, const struct orl_env *env);
void orl_res_destroy(const struct orl_env *env, struct orl_res *res);

/* The bytes of scratch memory that this many pixels need. */
size_t orl_res_scratch(size_t pixels);

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

/*
 * anchors.h - by how much did the content of a picture move? The first half
 * of the motion search; motion.h has the whole.
 */
#ifndef ORL_CODECS_ANCHORS_H
#define ORL_CODECS_ANCHORS_H

#include "codecs/canvas.h"

enum {
	/* Fewer are chance. Half of 24, as half of the rows vote. */
	ORL_ANCHOR_VOTES = 12,
};

/* Where content of `now` stood in `old`, relative to where it is. */
struct orl_vector {
	int16_t x, y;
};

struct orl_anchors; /* tables, about 900 KiB */

int orl_anchors_create(struct orl_anchors **out, const struct orl_env *env);
void orl_anchors_destroy(struct orl_anchors *a);

/*
 * Compare the content of two pictures in the cells that are dirty and next to
 * dirty ones. Afterwards orl_anchors_best() has the vectors.
 */
void orl_anchors_match(struct orl_anchors *a, const uint32_t *old,
		const uint32_t *now, size_t stride, int32_t width,
		int32_t height, const uint8_t *dirty);

/* The vector with the most votes, and how many; 0: none has enough. */
uint32_t orl_anchors_best(const struct orl_anchors *a, struct orl_vector *out);

/* Forget this vector, and the votes of what the copies explain. */
void orl_anchors_settle(struct orl_anchors *a, struct orl_vector vector,
		const struct orl_copy_op *copies, size_t n);

#endif

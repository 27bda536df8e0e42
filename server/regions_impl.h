/*
 * regions_impl.h - what regions.c and candidates.c have in common.
 */
#ifndef ORL_SERVER_REGIONS_IMPL_H
#define ORL_SERVER_REGIONS_IMPL_H

#include "server/regions.h"

enum {
	SIDE = 96, /* pixels, the least of a region */
	TILE = 4,  /* cells */
};

struct orl_region_cell {
	uint32_t begun, last; /* ms; of the run */
	uint8_t run, pictures;
};

/* candidates.c; times in ms. Mark the tiles that have hot cells in `tile`. */
void orl_regions_mark(struct orl_regions *r, uint32_t now);
/* All tiles that stand together with this one, unmarked, as a box of tiles. */
struct oriel_rect orl_regions_flood(struct orl_regions *r, int32_t first);
/* What stands in a box of tiles, and what it is like. */
enum orl_region_reason orl_regions_measure(const struct orl_regions *r,
		struct oriel_rect tiles, uint32_t now,
		struct orl_region_candidate *out);
/* Where this tick has the candidate's edges, exact to the pixel. */
void orl_regions_note_edges(const struct orl_regions *r, const uint32_t *pixels,
		struct orl_region_candidate *c);
/* Where most ticks had them. */
struct oriel_rect orl_regions_voted(const struct orl_regions *r,
		const struct orl_region_candidate *c);
/* The one of the last tick that is about there, or a new one; NULL: full. */
struct orl_region_candidate *orl_regions_remember(struct orl_regions *r,
		const struct orl_region_candidate *found);
/* Those that the tick has not seen again. */
void orl_regions_forget_unseen(struct orl_regions *r);

#endif

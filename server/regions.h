/*
 * regions.h - where on a display a video plays.
 *
 * Told by time alone: what changes often, again and again, without having
 * moved there from elsewhere, and looks like a picture. A scrolled page, a
 * dragged window and a blinking cursor are none of this. Pure: changed cells,
 * pictures and times in, rectangles out, exact to the pixel column.
 *
 * Use: orl_regions_change() for cells as they change, orl_regions_tick() when
 * a picture is whole, orl_regions_still() at orl_regions_deadline().
 */
#ifndef ORL_SERVER_REGIONS_H
#define ORL_SERVER_REGIONS_H

#include "codecs/canvas.h"
#include "codecs/motion.h"

enum { ORL_REGIONS_MAX = 4, ORL_REGION_EDGES = 9 };

struct orl_region {
	uint32_t id;                       /* counts up, 0 is none */
	struct oriel_rect rect;            /* pixels */
	uint64_t opened, changed, resized; /* times */
	uint32_t frames;                   /* that changed it */
};

/* What a look at the picture came to; the last one is kept for statistics. */
enum orl_region_reason {
	ORL_REGION_QUIET,  /* nothing changes often */
	ORL_REGION_SMALL,  /* less than 96 x 96 does */
	ORL_REGION_SPARSE, /* scattered */
	ORL_REGION_TEXT,   /* does not look like a picture */
	ORL_REGION_UNSURE, /* its bounds are not the same yet */
	ORL_REGION_FULL,   /* there are as many as may be */
	ORL_REGION_OPENED,
	ORL_REGION_MOVED,
	ORL_REGION_RESIZED,
	ORL_REGION_STILL, /* closed: nothing changes any more */
	ORL_REGION_REASONS,
};

struct orl_region_cell;

/* Something that may become a region. */
struct orl_region_candidate {
	int32_t col, row, end_col, end_row; /* cells */
	/* Where the last ticks had its left, upper, right and lower edge. */
	int32_t edge[ORL_REGION_EDGES][4];
	unsigned ticks; /* that it has been there */
	bool seen;
};

struct orl_regions {
	const struct orl_env *env;
	int32_t width, height, cols, rows, tile_cols, tile_rows;
	uint8_t *changed; /* cells, since the last tick */
	struct orl_region_cell *cell;
	uint8_t *picture; /* tiles: 1 text, 2 picture */
	uint32_t *looked; /* tiles: when, in ms */
	uint8_t *tile;    /* scratch: flood */
	uint32_t *before; /* the picture of the last tick, while warm */
	uint32_t *stack;  /* scratch: flood */
	size_t n_changed;
	uint64_t warm_until, watch_until;
	struct orl_region_candidate candidate[ORL_REGIONS_MAX];
	unsigned n_candidates;
	struct orl_region region[ORL_REGIONS_MAX];
	unsigned n;
	uint32_t next_id;
	uint32_t version; /* counts changes of the list */
	enum orl_region_reason reason;
	uint32_t count[ORL_REGION_REASONS];
};

int orl_regions_init(struct orl_regions *r, const struct orl_env *env,
		int32_t width, int32_t height);
void orl_regions_fini(struct orl_regions *r);

/* A cell has other pixels than before. */
static inline void orl_regions_change(
		struct orl_regions *r, int32_t col, int32_t row)
{
	uint8_t *c = &r->changed[(ptrdiff_t)row * r->cols + col];

	r->n_changed += !*c;
	*c = 1;
}

/*
 * The picture is whole, at `now` (ns). `pixels` has rows of `width` words. True
 * when the list of regions is another one than before.
 */
bool orl_regions_tick(struct orl_regions *r, uint64_t now,
		const uint32_t *pixels, struct orl_motion *motion);
/* Close what is still; true when something was. */
bool orl_regions_still(struct orl_regions *r, uint64_t now);
/* When something may be, UINT64_MAX: nothing is open. */
uint64_t orl_regions_deadline(const struct orl_regions *r);
/* How often a cell has changed, without a pause; 0 to 255. */
unsigned orl_regions_run(const struct orl_regions *r, int32_t col, int32_t row);
/* How long ago it last did, in ms. */
uint32_t orl_regions_since(const struct orl_regions *r, int32_t col,
		int32_t row, uint64_t now);
/* Whether pixels have the soft shades of a picture; looks at every 4th row. */
bool orl_region_soft(const uint32_t *pixels, size_t stride, int32_t width,
		int32_t height);
/*
 * Pictures have just changed: whether they go on to do so should be seen, also
 * when nobody has room for them.
 */
static inline bool orl_regions_watching(
		const struct orl_regions *r, uint64_t now)
{
	return now < r->watch_until;
}
/* Close all: the display shows something else. */
void orl_regions_clear(struct orl_regions *r);

#endif

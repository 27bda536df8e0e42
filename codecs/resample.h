/*
 * resample.h - stereo sound at another speed: a queue that is filled at one
 * rate and emptied at another, which may change from call to call.
 *
 * A windowed sinc of 32 taps, between whose 128 phases is interpolated. At
 * exactly the same rate samples come out as they went in. Nothing allocates
 * and no table is made anew when the rate changes, so that the thread of a
 * sound card may change it 100 times a second; that is why it is not one of
 * the libraries.
 */
#ifndef ORL_CODECS_RESAMPLE_H
#define ORL_CODECS_RESAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ORL_RESAMPLE_TAPS = 32,
	ORL_RESAMPLE_PHASES = 128,
	ORL_RESAMPLE_ROOM = 8192, /* frames */
};

struct orl_resample {
	float table[ORL_RESAMPLE_PHASES + 1][ORL_RESAMPLE_TAPS];
	float queue[2 * (ORL_RESAMPLE_ROOM + ORL_RESAMPLE_TAPS)];
	size_t n; /* frames in the queue, those before the next included */
	uint32_t phase; /* of 2^32, beyond the frame that is next */
};

/*
 * Ready for rates about in : out, 8000 to 192000 each; what does not fit into
 * the lower one's band is filtered out.
 */
void orl_resample_init(struct orl_resample *r, uint32_t in, uint32_t out);
/* Forget what is queued. */
void orl_resample_clear(struct orl_resample *r);
/* Frames that can be pushed. */
size_t orl_resample_room(const struct orl_resample *r);
/* Frames pushed, and not yet played. */
size_t orl_resample_level(const struct orl_resample *r);
/* Stereo frames; no more than there is room for. */
void orl_resample_push(struct orl_resample *r, const float *frames, size_t n);
/*
 * Up to n frames, `step` / 2^32 pushed ones for each; how many there were.
 * Half the taps stay behind: 0.3 ms.
 */
size_t orl_resample_pull(
		struct orl_resample *r, float *frames, size_t n, uint64_t step);

/* The step from one rate to another. */
static inline uint64_t orl_resample_step(uint32_t in, uint32_t out)
{
	return ((uint64_t)in << 32) / out;
}

#endif

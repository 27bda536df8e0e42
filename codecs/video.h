/*
 * video.h - moving regions through the libraries that code video.
 *
 * An encoder is the table that hosts know as well, struct oriel_encoder; ours
 * are tables of the same kind. A decoder is given the size before anything
 * else, and refuses a stream that says another one before the library it wraps
 * has taken memory for it. What a decoder gets from outside may be anything:
 * an error says so, and the decoder waits for a keyframe.
 */
#ifndef ORL_CODECS_VIDEO_H
#define ORL_CODECS_VIDEO_H

#include <oriel/oriel-server.h>

#include "codecs/yuv.h"
#include "proto/limits.h"

/* Whether it is built in, both ways. */
bool orl_video_known(enum oriel_video codec);
/*
 * Ours, or NULL when there is none. The `user` of its create is the orl_env,
 * not const by the table's type alone.
 */
const struct oriel_encoder *orl_video_encoder(enum oriel_video codec);

struct orl_decoder;

/* A size as in orl_yuv: even. ORIEL_ENOTSUP: no such codec here. */
int orl_decoder_create(struct orl_decoder **out, const struct orl_env *env,
		enum oriel_video codec, int32_t width, int32_t height);
void orl_decoder_destroy(struct orl_decoder *d);

/*
 * One frame. *out are the decoder's own planes, good until the next call.
 * ORIEL_EPROTO when it is not a frame of this stream; ORIEL_ENOMEM.
 */
int orl_decoder_decode(struct orl_decoder *d, const uint8_t *data, size_t n,
		struct orl_yuv *out);

/* What a codec adds to the above; see vp8.c and h264.c. */
struct orl_decoder_calls {
	int (*create)(void **state, const struct orl_env *env, int32_t width,
			int32_t height);
	void (*destroy)(void *state);
	/* Whether the library may see it: sizes and structure are right. */
	bool (*allowed)(const uint8_t *data, size_t n, int32_t width,
			int32_t height, bool *keyframe);
	int (*decode)(void *state, const uint8_t *data, size_t n,
			struct orl_yuv *out);
};

extern const struct oriel_encoder orl_vp8_encoder;
extern const struct orl_decoder_calls orl_vp8_decoder;
/* Where OpenH264 is. */
extern const struct oriel_encoder orl_h264_encoder;
extern const struct orl_decoder_calls orl_h264_decoder;

#endif

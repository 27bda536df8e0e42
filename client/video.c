/*
 * video.c - moving pictures: frames are decoded as they come and painted into
 * the lossy layer, seen when their transaction is committed.
 *
 * What a server may make us hold is bounded: all videos of a screen have
 * together no more pixels than the screen. A frame that can not be decoded
 * ends no session; the server is asked for one that needs no other.
 */
#include "client/client.h"

#include "codecs/layer.h"

void orl_screen_video_drop(struct oriel_screen *s)
{
	for (unsigned i = 0; i < ORL_VIDEOS_MAX; i++) {
		orl_decoder_destroy(s->videos[i].decoder);
		s->videos[i] = (struct orl_video){ .decoder = NULL };
	}
}

static struct orl_video *find(struct oriel_client *c, uint8_t display,
		uint8_t stream, struct oriel_screen **screen)
{
	struct oriel_screen *s = orl_screen_find(c, display);

	if (!s || !s->videos[stream].decoder)
		return NULL;
	*screen = s;
	return &s->videos[stream];
}

static bool fits(const struct oriel_screen *s, struct oriel_rect r)
{
	return r.x <= s->canvas.width - r.width &&
	       r.y <= s->canvas.height - r.height;
}

/* Whether this one is allowed, beside those that are open. */
static bool has_room(const struct oriel_screen *s, struct oriel_rect r)
{
	int64_t left = (int64_t)s->canvas.width * s->canvas.height;

	for (unsigned i = 0; i < ORL_VIDEOS_MAX; i++)
		left -= (int64_t)s->videos[i].rect.width *
			s->videos[i].rect.height;
	return (int64_t)r.width * r.height <= left;
}

int orl_screen_video_open(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_video_open msg;
	int err = orl_get_video_open(d, n, &msg);
	struct oriel_screen *s = err ? NULL : orl_screen_find(c, msg.display);

	if (!s || !(c->caps & orl_cap_of_video(msg.codec)))
		return ORIEL_EPROTO;
	struct orl_video *v = &s->videos[msg.stream];
	const struct oriel_rect r = { msg.x, msg.y, msg.width, msg.height };
	if (v->decoder || !fits(s, r) || !has_room(s, r))
		return ORIEL_EPROTO;
	struct orl_decoder *decoder = NULL;
	err = orl_decoder_create(&decoder, &c->env, (enum oriel_video)msg.codec,
			(msg.width + 1) & ~1, (msg.height + 1) & ~1);
	if (err)
		return err;
	*v = (struct orl_video){ .decoder = decoder,
		.colour = (enum orl_colour)msg.colour,
		.generation = msg.generation,
		.rect = r };
	return 0;
}

int orl_screen_video_move(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_video_move msg;
	struct oriel_screen *s = NULL;
	int err = orl_get_video_move(d, n, &msg);
	struct orl_video *v = err ? NULL : find(c, msg.display, msg.stream, &s);

	if (!v)
		return ORIEL_EPROTO;
	v->rect.x = msg.x;
	v->rect.y = msg.y;
	return fits(s, v->rect) ? 0 : ORIEL_EPROTO;
}

int orl_screen_video_close(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_video_close msg;
	struct oriel_screen *s = NULL;
	int err = orl_get_video_close(d, n, &msg);
	struct orl_video *v = err ? NULL : find(c, msg.display, msg.stream, &s);

	if (!v)
		return ORIEL_EPROTO;
	orl_decoder_destroy(v->decoder);
	*v = (struct orl_video){ .decoder = NULL };
	return 0;
}

/* Its cells of the generation become the transaction's; the others stay. */
static int claim(struct oriel_screen *s, const struct orl_video *v,
		unsigned transaction)
{
	const int32_t col = v->rect.x / ORL_CELL, row = v->rect.y / ORL_CELL;
	const int32_t end_col = (v->rect.x + v->rect.width - 1) / ORL_CELL + 1;
	const int32_t end_row = (v->rect.y + v->rect.height - 1) / ORL_CELL + 1;
	const uint64_t area =
			(uint64_t)v->rect.width * (uint64_t)v->rect.height;
	uint64_t cells = area / (ORL_CELL * ORL_CELL);

	/* What a transaction decodes is no more than the display. */
	s->pictured[transaction] += cells;
	if (s->pictured[transaction] >
			(uint64_t)s->canvas.cols * (uint64_t)s->canvas.rows)
		return ORIEL_EPROTO;
	for (int32_t y = row; y < end_row; y++)
		for (int32_t x = col; x < end_col; x++)
			if (orl_layer_takes(&s->canvas, x, y, v->generation) &&
					!orl_screen_claim(s, transaction, x, y,
							1, 1))
				return ORIEL_EPROTO;
	s->client->stats.codec_area[ORIEL_CODEC_VIDEO] += area;
	s->client->stats.codec_cells += cells;
	s->decode_cells += cells;
	return 0;
}

static int paint(struct oriel_screen *s, const struct orl_video *v,
		const struct orl_yuv *yuv)
{
	const struct oriel_rect r = v->rect;
	const struct orl_env *env = &s->client->env;
	uint32_t *row = orl_alloc(env, (size_t)r.width, sizeof(*row));

	if (!row)
		return ORIEL_ENOMEM;
	for (int32_t y = 0; y < r.height; y++) {
		orl_yuv_to_row(row, yuv, v->colour, 0, y, r.width);
		orl_layer_paint(&s->canvas, v->generation,
				(struct oriel_rect){ r.x, r.y + y, r.width, 1 },
				row, (size_t)r.width);
	}
	orl_free(env, row);
	return 0;
}

static int decode_frame(struct orl_decoding *d)
{
	struct orl_video *v = d->of.frame.video;
	struct orl_yuv yuv;
	int err = orl_decoder_decode(v->decoder, d->bytes, d->n, &yuv);

	return err ? err : paint(d->screen, v, &yuv);
}

/* Of one that is damaged nothing is painted until there is a keyframe. */
static int end_frame(struct orl_decoding *d, int err)
{
	struct oriel_client *c = d->screen->client;
	struct orl_video *v = d->of.frame.video;
	struct orl_video_lost lost = { .display = d->of.frame.display,
		.stream = d->of.frame.stream,
		.number = d->of.frame.number };

	if (err != ORIEL_EPROTO)
		return err;
	v->lost = true;
	orl_log(&c->env, ORIEL_LOG_WARN, "screen",
			"frame %u of a video could not be decoded; another is "
			"asked for",
			(unsigned)lost.number);
	if (c->conn && ORL_CLIENT_PUT(c, video_lost, &lost) == 0)
		orl_conn_kick(c->conn);
	return 0;
}

int orl_screen_video_frame(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_video_frame msg;
	struct oriel_screen *s = NULL;
	int err = orl_get_video_frame(d, n, &msg);
	struct orl_video *v = err ? NULL : find(c, msg.display, msg.stream, &s);

	/* One connection brings every frame, in order. */
	if (!v || msg.number != v->next ||
			(msg.reference != msg.number &&
					msg.reference + 1 != msg.number))
		return ORIEL_EPROTO;
	v->next++;
	err = claim(s, v, msg.transaction);
	if (err)
		return err;
	if (!s->first_byte[msg.transaction])
		s->first_byte[msg.transaction] = orl_decode_came(c);
	s->bytes[msg.transaction] += n;
	orl_screen_set_exact(s, false);
	if (msg.reference != msg.number && v->lost)
		return 0;
	v->lost = false;
	return orl_decode_go(c, &(struct orl_decoding){ .screen = s,
						.bytes = msg.data.p,
						.n = msg.data.n,
						.work = decode_frame,
						.finish = end_frame,
						.of.frame = { v, msg.number,
								msg.display,
								msg.stream } });
}

/*
 * picture.c - the lossy layer at the client: cells that leave the exact
 * picture, and JPEGs that are painted there until they come back.
 */
#include "client/client.h"

#include "codecs/layer.h"

int orl_screen_lossy(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_cells_lossy msg;
	struct orl_area area;
	int err = orl_get_cells_lossy(d, n, &msg);
	struct oriel_screen *s = err ? NULL : orl_screen_find(c, msg.display);

	if (!s)
		return ORIEL_EPROTO;
	uint64_t left = (uint64_t)s->canvas.cols * (uint64_t)s->canvas.rows;
	for (unsigned i = 0; i < msg.areas.n; i++) {
		orl_at_area(&msg.areas, i, &area);
		uint64_t n_cells = (uint64_t)area.cols * area.rows;
		if (n_cells > left)
			return ORIEL_EPROTO;
		left -= n_cells;
		struct orl_cells cells = { area.col, area.row, area.cols,
			area.rows };
		if (!orl_cells_fit(&s->canvas, &cells))
			return ORIEL_EPROTO;
		err = orl_layer_open(&s->canvas, &cells, msg.generation);
		if (err)
			return err;
	}
	orl_screen_set_exact(s, false);
	return 0;
}

/* Its cells of the generation become the transaction's; the others stay. */
static bool claim(struct oriel_screen *s, const struct orl_picture *msg)
{
	const int32_t end = msg->col + msg->cols;
	uint64_t painted = 0;

	for (int32_t row = msg->row; row < msg->row + msg->rows; row++)
		for (int32_t col = msg->col; col < end; col++) {
			if (!orl_layer_takes(&s->canvas, col, row,
					    msg->generation))
				continue;
			if (!orl_screen_claim(s, msg->transaction, col, row, 1,
					    1))
				return false;
			painted++;
		}
	unsigned codec =
			msg->scale > 1 ? ORIEL_CODEC_PREVIEW : ORIEL_CODEC_JPEG;
	s->client->stats.codec_area[codec] += painted * ORL_CELL * ORL_CELL;
	s->client->stats.codec_cells += painted;
	if (msg->reason < ORIEL_STAT_DECISIONS)
		s->client->stats.decisions[msg->reason] += painted;
	s->decode_cells += painted;
	return true;
}

static int decode_picture(struct orl_decoding *d)
{
	struct oriel_screen *s = d->screen;
	struct oriel_client *c = s->client;
	const struct oriel_rect r = d->of.picture.rect;
	const unsigned scale = d->of.picture.scale;
	int32_t width = orl_layer_small(r.width, scale);
	int32_t height = orl_layer_small(r.height, scale);
	size_t pixels = (size_t)width * (size_t)height;

	if (pixels > ORL_PICTURE_PIXELS_MAX)
		return ORIEL_EPROTO;
	int err = c->jpeg ? 0 : orl_jpeg_create(&c->jpeg, &c->env);
	if (err)
		return err;
	uint32_t *small = orl_alloc(
			&c->env, pixels + 2 * (size_t)r.width, sizeof(*small));
	if (!small)
		return ORIEL_ENOMEM;
	err = orl_jpeg_decode(c->jpeg, d->bytes, d->n, small, width, height);
	if (!err)
		orl_layer_paint_small(&s->canvas, d->of.picture.generation, r,
				small, scale, small + pixels);
	orl_free(&c->env, small);
	return err;
}

int orl_screen_picture(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_picture msg;
	int err = orl_get_picture(d, n, &msg);
	struct oriel_screen *s = err ? NULL : orl_screen_find(c, msg.display);

	if (!s || (msg.scale & (msg.scale - 1)))
		return ORIEL_EPROTO;
	struct orl_cells cells = { msg.col, msg.row, msg.cols, msg.rows };
	unsigned t = msg.transaction;
	if (!orl_cells_fit(&s->canvas, &cells))
		return ORIEL_EPROTO;
	/* What a transaction decodes is no more than the display. */
	s->pictured[t] += (uint64_t)msg.cols * msg.rows;
	if (s->pictured[t] > (uint64_t)s->canvas.cols * (uint64_t)s->canvas
									.rows ||
			!claim(s, &msg))
		return ORIEL_EPROTO;
	if (!s->first_byte[t])
		s->first_byte[t] = orl_decode_came(c);
	s->bytes[t] += n;
	orl_screen_set_exact(s, false);
	return orl_decode_go(c,
			&(struct orl_decoding){ .screen = s,
					.bytes = msg.data.p,
					.n = msg.data.n,
					.work = decode_picture,
					.of.picture = { orl_cells_rect(&s->canvas,
									&cells),
							msg.generation,
							msg.scale } });
}

/*
 * update.c - what is sent next, to whom.
 *
 * A pane's update is a transaction: all cells that are dirty when it begins,
 * sent in parts as the link has room, made visible by one commit. Nothing is
 * coded before the socket can take it; what is not coded yet is read from the
 * shadow when its turn comes, so that it is never older than it has to be.
 * `sent` changes only with what is queued in the same call: the encoder's
 * picture and the client's can not part.
 */
#include "server/server.h"

#include <string.h>

enum {
	/*
	 * A part is planned to at most this, a quarter of what may be: HCX can
	 * cost more than its running mean told.
	 */
	PART_PLAN_MAX = ORL_PART_DATA_MAX / 4,
	BLOCKS = 2048, /* of one part */
	/* What a cell of RES costs at most: its planes, as they are. */
	RES_CELL = 3 * ORL_CELL * ORL_CELL + 64,
	OVERDUE_MAX = 2,
	VIDEO_TRANSACTION = 1, /* of frames, when another one is open */
	SMALL_UPDATE = 1300,   /* a commit under this may be acked in a batch */
};

static const uint64_t MS = 1000000;

/* ---- one part ---------------------------------------------------------- */

/* The pixels of a cell, as a rectangle. */
static struct oriel_rect cell_rect(
		const struct orl_canvas *c, int32_t col, int32_t row)
{
	struct oriel_rect r = { col * ORL_CELL, row * ORL_CELL, ORL_CELL,
		ORL_CELL };

	r.width = orl_min32(r.width, c->width - r.x);
	r.height = orl_min32(r.height, c->height - r.y);
	return r;
}

/* Whether the peer has what the shadow has, exactly or for the moment. */
static bool cell_is_right(const struct orl_pane *pane, int32_t col, int32_t row)
{
	const struct orl_canvas *c = &pane->sent;
	struct oriel_rect r = cell_rect(c, col, row);
	const uint32_t *a = c->pixels + (size_t)r.y * c->stride + r.x;
	const uint32_t *b = pane->display->shadow +
			    (size_t)r.y * (size_t)pane->display->width + r.x;

	if (!c->exact[row * c->cols + col] && !pane->lossy[row * c->cols + col])
		return false;
	for (int32_t y = 0; y < r.height; y++) {
		if (memcmp(a, b, (size_t)r.width * 4) != 0)
			return false;
		a += c->stride;
		b += pane->display->width;
	}
	return true;
}

/* Leave out of `todo` what is right already; how many cells are left? */
static size_t prune(struct orl_pane *pane)
{
	size_t left = 0;

	for (int32_t row = 0; row < pane->sent.rows; row++)
		for (int32_t col = 0; col < pane->sent.cols; col++) {
			uint8_t *c = &pane->todo[row * pane->sent.cols + col];
			if (*c && cell_is_right(pane, col, row))
				*c = 0;
			left += *c;
		}
	return left;
}

/* The one copy of changed pixels that a peer costs. */
static void copy_blocks(struct orl_pane *pane,
		const struct orl_block_op *blocks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		orl_pane_copy(pane,
				&(struct orl_cells){ blocks[i].col,
						blocks[i].row, blocks[i].cols,
						blocks[i].rows },
				0);
}

/* Put a part into the link; takes lists that were laid out by the caller. */
static int send_part(struct orl_pane *pane, const struct orl_copy_op *copies,
		size_t n_copies, const struct orl_block_op *blocks,
		size_t n_blocks, const size_t *lengths, size_t n_lengths,
		size_t bytes)
{
	struct oriel_peer *peer = pane->peer;
	uint8_t copy_bytes[ORL_MOTION_COPIES * 12], block_bytes[BLOCKS * 7];
	uint8_t section_bytes[ORL_SLICES_MAX * 4];
	struct orl_wr cw = { copy_bytes, sizeof(copy_bytes), 0 };
	struct orl_wr bw = { block_bytes, sizeof(block_bytes), 0 };
	struct orl_wr sw = { section_bytes, sizeof(section_bytes), 0 };
	uint8_t head[sizeof(copy_bytes) + sizeof(block_bytes) +
			sizeof(section_bytes) + 16];
	struct orl_wr hw = { head, sizeof(head), 0 };
	struct orl_buf *tail = NULL;

	for (size_t i = 0; i < n_copies; i++)
		orl_put_copy(&cw, &(struct orl_copy){ copies[i].x, copies[i].y,
						  copies[i].width,
						  copies[i].height,
						  copies[i].from_x,
						  copies[i].from_y });
	for (size_t i = 0; i < n_blocks; i++)
		orl_put_block(&bw,
				&(struct orl_block){ blocks[i].col,
						blocks[i].row, blocks[i].cols,
						blocks[i].rows, blocks[i].op });
	for (size_t i = 0; i + 1 < n_lengths; i++)
		orl_put_section(&sw,
				&(struct orl_section){ (uint32_t)lengths[i] });
	struct orl_part part = {
		.display = (uint8_t)pane->display->id,
		.copies = { copy_bytes, (uint16_t)n_copies },
		.blocks = { block_bytes, (uint16_t)n_blocks },
		.sections = { section_bytes,
				(uint16_t)(n_lengths ? n_lengths - 1 : 0) },
	};
	orl_put_part(&hw, &part);
	if (bytes) {
		tail = orl_buf_create(&peer->server->env, bytes);
		if (!tail)
			return orl_peer_sent(peer, ORIEL_ENOMEM);
		memcpy(tail->data, peer->server->scratch, bytes);
	}
	int err = orl_link_send(orl_conn_link(peer->conn),
			&(struct orl_send){ .id = ORL_MSG_part,
					.head = head,
					.head_n = hw.n,
					.tail = tail });
	orl_buf_unref(tail);
	pane->open_bytes += hw.n + bytes;
	return orl_peer_sent(peer, err);
}

/* A copy was compared with the shadow: cells all in it need not be again. */
static void copied(struct orl_pane *pane, const struct orl_copy_op *o)
{
	const struct orl_canvas *c = &pane->sent;
	int32_t end_x = o->x + o->width, end_y = o->y + o->height;
	int32_t col = (o->x + ORL_CELL - 1) / ORL_CELL;
	int32_t row = (o->y + ORL_CELL - 1) / ORL_CELL;
	/* The last cells may be cut by the picture's end. */
	int32_t end_col = end_x == c->width ? c->cols : end_x / ORL_CELL;
	int32_t end_row = end_y == c->height ? c->rows : end_y / ORL_CELL;

	memset(pane->unchecked + o->y / ORL_CELL, 1,
			(size_t)((end_y - 1) / ORL_CELL - o->y / ORL_CELL + 1));
	if (col < end_col)
		for (; row < end_row; row++)
			memset(pane->todo + row * c->cols + col, 0,
					(size_t)(end_col - col));
}

/* What only moved, as a part of copies; part of every transaction's start. */
static int send_copies(struct orl_pane *pane)
{
	struct orl_copy_op copies[ORL_MOTION_COPIES];
	const struct oriel_display *d = pane->display;
	struct orl_canvas *c = &pane->sent;

	/* What is being encoded is in `sent` and not yet at the peer. */
	if (c->stride != (size_t)d->width || orl_video_busy(pane))
		return 0;
	size_t n = orl_motion_search(pane->peer->server->motion, c->pixels,
			d->shadow, c->stride, d->width, d->height, pane->todo,
			orl_lossy_sources(pane), copies, ORL_MOTION_COPIES);
	if (n && orl_canvas_begin(c, copies, n, NULL, 0) < 0)
		n = 0; /* a copy that would be refused is not sent */
	orl_lossy_copied(pane, copies, n);
	if (!n)
		return 0;
	for (size_t i = 0; i < n; i++)
		copied(pane, &copies[i]);
	pane->moved = true;
	return send_part(pane, copies, n, NULL, 0, NULL, 0, 0);
}

/* Fold what a part cost into the running means. */
static void learn(struct orl_pane *pane, const struct orl_block_op *blocks,
		size_t n_blocks, const size_t *lengths, size_t n_lengths)
{
	size_t cells[2] = { 0, 0 }, bytes[2] = { 0, 0 };

	for (size_t i = 0; i < n_blocks; i++)
		cells[blocks[i].op == ORL_OP_RES] +=
				(size_t)blocks[i].cols * blocks[i].rows;
	for (size_t i = 0; i < n_lengths; i++)
		bytes[i + 1 == n_lengths && cells[1]] += lengths[i];
	for (unsigned k = 0; k < 2; k++) {
		if (!cells[k])
			continue;
		/* A larger part says more, but never everything. */
		uint64_t weight = orl_min64(cells[k], 128);
		uint64_t mean = (bytes[k] + cells[k] - 1) / cells[k];
		pane->cell_bytes[k] =
				(uint32_t)((pane->cell_bytes[k] * (256 - weight) +
							   mean * weight) /
						256);
		if (!pane->cell_bytes[k])
			pane->cell_bytes[k] = 1;
		pane->peer->stats.codec_cells += cells[k];
	}
}

/* One section, coded by whoever has time. */
struct section_job {
	struct orl_job job;
	struct orl_canvas *canvas;
	const struct orl_block_op *blocks;
	size_t n_blocks;
	unsigned section;
	uint8_t *out;
	size_t length;
	int err;
};

static void code_section(struct orl_job *job)
{
	struct section_job *s = orl_container(job, struct section_job, job);

	s->err = orl_canvas_encode_section(s->canvas, s->blocks, s->n_blocks,
			s->section, s->out, ORL_PART_DATA_MAX, &s->length);
}

/* As orl_canvas_encode(), with the sections side by side. */
static int encode_together(struct orl_pane *pane,
		const struct orl_block_op *blocks, size_t n, size_t *lengths,
		size_t *n_lengths)
{
	struct oriel_server *server = pane->peer->server;
	struct section_job sections[ORL_SLICES_MAX + 1];
	struct orl_job *jobs[ORL_SLICES_MAX + 1];
	size_t n_jobs = 0, bytes = 0;

	for (unsigned i = 0; i <= ORL_SLICES_MAX; i++) {
		if (!orl_canvas_has_section(&pane->sent, blocks, n, i))
			continue;
		sections[n_jobs] = (struct section_job){
			.job = { .work = code_section },
			.canvas = &pane->sent,
			.blocks = blocks,
			.n_blocks = n,
			.section = i,
			.out = server->scratch + n_jobs * ORL_PART_DATA_MAX,
		};
		jobs[n_jobs] = &sections[n_jobs].job;
		n_jobs++;
	}
	orl_pool_run(server->pool, jobs, n_jobs);
	for (size_t i = 0; i < n_jobs; i++) {
		if (sections[i].err)
			return sections[i].err;
		if (sections[i].length > ORL_PART_DATA_MAX - bytes)
			return ORIEL_ELIMIT;
		memmove(server->scratch + bytes, sections[i].out,
				sections[i].length);
		bytes += lengths[i] = sections[i].length;
	}
	*n_lengths = n_jobs;
	return 0;
}

static int encode(struct orl_pane *pane, const struct orl_block_op *blocks,
		size_t n, size_t *lengths, size_t *n_lengths)
{
	struct oriel_server *server = pane->peer->server;

	if (orl_pool_workers(server->pool))
		return encode_together(pane, blocks, n, lengths, n_lengths);
	return orl_canvas_encode(&pane->sent, blocks, n, server->scratch,
			ORL_PART_DATA_MAX, lengths, n_lengths);
}

/*
 * What cells of each class are taken to cost. Pictures never so little that
 * more of them are planned than ORL_PART_DATA_MAX holds at their dearest: a
 * gradient that costs next to nothing may be followed by noise.
 */
static void price(const struct orl_pane *pane, uint64_t budget,
		uint32_t cell_bytes[static 2])
{
	const uint64_t least = (budget * RES_CELL + ORL_PART_DATA_MAX - 1) /
			       ORL_PART_DATA_MAX;

	cell_bytes[ORL_CLASS_TEXT] = pane->cell_bytes[ORL_CLASS_TEXT];
	cell_bytes[ORL_CLASS_PICTURE] = (uint32_t)orl_max64(
			pane->cell_bytes[ORL_CLASS_PICTURE], least);
}

static int send_blocks(struct orl_pane *pane, uint64_t budget)
{
	struct orl_block_op blocks[BLOCKS];
	struct oriel_server *server = pane->peer->server;
	const struct oriel_display *d = pane->display;
	struct orl_canvas *c = &pane->sent;
	size_t lengths[ORL_SLICES_MAX + 1], n_lengths = 0, bytes = 0;
	uint64_t started = orl_now(&server->env);
	unsigned force = started < pane->force_res_until ? ORL_OP_RES : 0;
	uint32_t cell_bytes[2];

	budget = orl_min64(budget, PART_PLAN_MAX);
	price(pane, budget, cell_bytes);
	size_t n = orl_plan_blocks(c, d->shadow, (size_t)d->width, pane->todo,
			cell_bytes, budget, force, pane->peer->stats.decisions,
			blocks, BLOCKS);
	if (!n)
		return 0;
	if (orl_canvas_begin(c, NULL, 0, blocks, n) < 0)
		return orl_peer_sent(pane->peer, ORIEL_ESTATE);
	copy_blocks(pane, blocks, n);
	int err = encode(pane, blocks, n, lengths, &n_lengths);
	pane->peer->stats.codec_time += orl_now(&server->env) - started;
	if (err == ORIEL_ELIMIT) {
		/*
		 * Pixels made to be dear: nothing of this was sent, so start
		 * afresh and keep to the codec that has a bound for a while.
		 * At once: `sent` is ahead of the peer.
		 */
		pane->force_res_until = started + 5000 * MS;
		pane->cell_bytes[ORL_CLASS_TEXT] = RES_CELL;
		pane->last_reset = 0;
		orl_check_reset(pane, "a part was too large");
		return 0;
	}
	if (err)
		return orl_peer_sent(pane->peer, err);
	for (size_t i = 0; i < n_lengths; i++)
		bytes += lengths[i];
	learn(pane, blocks, n, lengths, n_lengths);
	return send_part(pane, NULL, 0, blocks, n, lengths, n_lengths, bytes);
}

/* ---- transactions ------------------------------------------------------ */

static int announce(struct orl_pane *pane)
{
	const struct oriel_display *d = pane->display;
	struct oriel_peer *peer = pane->peer;

	if ((int64_t)d->width * d->height > peer->max_pixels) {
		orl_peer_end(peer, ORIEL_ELIMIT,
				"the desktop is larger than the client allows");
		return ORIEL_ELIMIT;
	}
	struct orl_display msg = {
		.display = (uint8_t)d->id,
		.x = d->x,
		.y = d->y,
		.width = (uint16_t)d->width,
		.height = (uint16_t)d->height,
		.scale = (uint16_t)d->scale,
		.slices = (uint8_t)d->slices,
		.name = orl_peer_text(d->name, 64),
	};
	pane->announced = pane->known = true;
	return ORL_PEER_PUT(peer, display, &msg);
}

static bool has(const uint8_t *map, size_t n)
{
	return memchr(map, 1, n) != NULL;
}

/* Frames that were replaced before their turn, and what held them up. */
static void count_skipped(struct orl_pane *pane)
{
	struct oriel_stats *stats = &pane->peer->stats;
	uint64_t frames = pane->display->frames;

	if (frames > pane->frames_seen + 1) {
		uint64_t skipped = frames - pane->frames_seen - 1;
		stats->frames_skipped += skipped;
		if (pane->behind)
			stats->skipped_client += skipped;
		else
			stats->skipped_link += skipped;
	}
	pane->frames_seen = frames;
	pane->behind = false;
}

/* Begin a transaction; false when there is nothing to send. */
static bool begin(struct orl_pane *pane)
{
	struct oriel_display *d = pane->display;

	orl_display_refresh(d);
	orl_video_tick(d);
	orl_video_follow(pane);
	if (!pane->any_dirty || pane->peer->state != ORL_PEER_READY)
		return false;
	memcpy(pane->todo, pane->dirty, orl_pane_cells(pane));
	memset(pane->dirty, 0, orl_pane_cells(pane));
	pane->any_dirty = false;
	count_skipped(pane);
	prune(pane);
	orl_video_plan(pane, pane->todo);
	const size_t left = prune(pane);
	orl_video_look(pane);
	if (!left && !orl_video_waits(pane))
		return false;
	pane->open = true;
	pane->refining = false;
	pane->open_bytes = 0;
	pane->moved = false;
	/* A still picture is not late for who has only just come. */
	pane->time = orl_max64(d->time, pane->since);
	if (send_copies(pane) < 0)
		return true;
	if (prune(pane))
		orl_lossy_plan(pane);
	return true;
}

/* Begin one that makes what is there better; false when all is well. */
static bool refine(struct orl_pane *pane)
{
	if (!orl_lossy_refine(pane))
		return false;
	pane->open = pane->refining = true;
	pane->moved = false;
	pane->open_bytes = 0;
	return true;
}

/* There is news: what is refined so far will do. */
static void give_up(struct orl_pane *pane)
{
	memset(pane->todo, 0, orl_pane_cells(pane));
	memset(pane->paint, 0, orl_pane_cells(pane));
}

/* For tests: what the peer is believed to have is made wrong. */
static void falsify(struct orl_pane *pane)
{
	struct orl_canvas *c = &pane->sent;

	for (size_t i = 0; i < orl_pane_cells(pane); i++)
		if (c->exact[i]) {
			int32_t row = (int32_t)i / c->cols;
			c->pixels[(size_t)(row * ORL_CELL) * c->stride +
					(size_t)((int32_t)i % c->cols *
							ORL_CELL)] ^= 0x010101;
			pane->unchecked[row] = 1;
			return;
		}
}

/* `frames`: it is of those alone; NULL: it is what was open. */
static int commit(struct orl_pane *pane, const struct orl_video_sent *frames)
{
	struct oriel_peer *peer = pane->peer;
	uint64_t now = orl_now(&peer->server->env);
	/* What is refined is what the desktop shows now. */
	uint64_t time = frames           ? frames->time
			: pane->refining ? now
					 : pane->time;
	const size_t bytes = frames ? frames->bytes : pane->open_bytes;
	struct orl_commit msg = {
		.display = (uint8_t)pane->display->id,
		.transaction = frames ? VIDEO_TRANSACTION : 0,
		.frame = ++peer->next_frame,
		.input_seq = orl_input_seen(peer, pane->time),
		.time = (uint32_t)(time / 1000),
		.refined = pane->refining && !frames,
	};
	struct orl_commit_note *note = &peer->commits[msg.frame % ORL_COMMITS];

	if (!frames)
		pane->open = false;
	*note = (struct orl_commit_note){ .frame = msg.frame,
		.refined = pane->refining && !frames,
		.video = frames ? (uint8_t)frames->codec : 0,
		.cells = frames ? frames->cells : 0,
		.captured = time,
		.queued = now };
	orl_pace_commit(&peer->pace, msg.frame, now, bytes < SMALL_UPDATE);
	peer->stats.updates++;
	pane->since_check++;
	if (peer->server->test_desync &&
			peer->stats.updates == peer->server->test_desync)
		falsify(pane);
	orl_check_later(pane, now);
	if (pane->refining && orl_canvas_is_exact(&pane->sent))
		pane->check_at = now; /* it was still before */
	return ORL_PEER_PUT(peer, commit, &msg);
}

/*
 * Frames are a transaction of their own, so that a video goes on while another
 * one is open for long. Only when that has moved things about they are a part
 * of it, and those that follow wait for its end.
 */
static int send_video(struct orl_pane *pane)
{
	struct orl_video_sent sent = { .bytes = 0 };
	/* What the last one moved is there by now. */
	const bool inside = pane->open && pane->moved;
	int err = orl_video_send(pane, inside ? 0 : VIDEO_TRANSACTION, &sent);

	if (inside)
		pane->open_bytes += sent.bytes;
	else if (!err && sent.frames)
		err = commit(pane, &sent);
	return err;
}

/* The same between the parts of one that is open; whether there was any. */
static bool go_on(struct orl_pane *pane)
{
	orl_display_refresh(pane->display);
	orl_video_tick(pane->display);
	if (pane->moved)
		return false;
	orl_video_look(pane);
	return orl_video_waits(pane) && send_video(pane) == 0;
}

/* Send something of this pane; false when there is nothing. */
static bool produce(struct orl_pane *pane, uint64_t budget, uint64_t now)
{
	bool any = false;

	if (pane->reset_at && now >= pane->reset_at)
		orl_check_reset(pane, "the picture differed");
	if (!pane->announced) {
		if (announce(pane) < 0)
			return false;
		any = true;
	}
	if (!pane->visible)
		return any;
	if (pane->open && pane->refining &&
			(pane->any_dirty || pane->display->pending))
		give_up(pane);
	if (pane->open && go_on(pane))
		return true;
	if (!pane->open && !begin(pane)) {
		if (pane->peer->state == ORL_PEER_READY &&
				orl_video_waits(pane))
			return send_video(pane) == 0;
		if (!refine(pane))
			return orl_check_send(pane, now) || any;
	}
	if (pane->peer->state != ORL_PEER_READY)
		return false;
	if (send_video(pane) < 0)
		return false;
	size_t cells = orl_pane_cells(pane);
	if (!pane->open_bytes && !has(pane->todo, cells) &&
			!has(pane->paint, cells)) {
		pane->open = false; /* frames were all there was */
		return true;
	}
	if (has(pane->todo, cells)) {
		if (send_blocks(pane, budget) < 0)
			return false;
	} else if (orl_lossy_send(pane, budget) < 0) {
		return false;
	}
	if (pane->open && !has(pane->todo, cells) && !has(pane->paint, cells) &&
			commit(pane, NULL) < 0)
		return false;
	if (!pane->open && pane->since_check >= 64)
		orl_check_send(pane, now);
	return true;
}

/* The peer has room and this display has nothing for it. */
static void hunger(struct orl_pane *pane)
{
	struct oriel_display *d = pane->display;
	struct oriel_server *server = d->server;

	if (!pane->visible)
		return;
	pane->hungry = true;
	if (d->asked || !server->events.frame_wanted)
		return;
	d->asked = true;
	server->events.frame_wanted(server->user, d);
}

bool orl_update_produce(void *user, uint64_t budget)
{
	struct oriel_peer *peer = user;
	uint64_t now = orl_now(&peer->server->env);

	orl_peer_tell(peer, 0);
	if (peer->state != ORL_PEER_READY || !(peer->rights & ORIEL_MAY_SEE))
		return false;
	ORL_EACH (node, &peer->panes)
		orl_container(node, struct orl_pane, by_peer)->hungry = false;
	if (orl_cursor_send(peer))
		return true;
	if (peer->state != ORL_PEER_READY)
		return false;
	if (orl_pace_overdue(&peer->pace, now,
			    orl_rate_min_rtt(orl_conn_rate(peer->conn))) >=
			OVERDUE_MAX) {
		ORL_EACH (node, &peer->panes)
			orl_container(node, struct orl_pane, by_peer)->behind =
					true;
		return false;
	}
	ORL_EACH_SAFE (node, after, &peer->panes) {
		struct orl_pane *pane =
				orl_container(node, struct orl_pane, by_peer);
		if (produce(pane, budget, now)) {
			/* The others come before this one does again. */
			orl_list_remove(&pane->by_peer);
			orl_list_append(&peer->panes, &pane->by_peer);
			orl_check_arm(peer);
			/* There is room for news, though it is used. */
			if (pane->refining)
				hunger(pane);
			return true;
		}
		if (peer->state != ORL_PEER_READY)
			return false;
	}
	orl_check_arm(peer);
	/* The host may answer by ending any display. */
	for (uint32_t id = 0; id < ORL_DISPLAYS_MAX; id++) {
		struct orl_pane *pane = orl_pane_find(peer, id);
		if (pane && peer->state == ORL_PEER_READY)
			hunger(pane);
	}
	return false;
}

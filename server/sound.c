/*
 * sound.c - sound to peers. The host writes from any thread into a ring; the
 * loop makes packets of it, once for each way that some peer gets it, and
 * queues them, to be dropped where the line does not take them in time.
 *
 * A stream is announced to a peer by its first packet, so that what is silent
 * costs nothing.
 */
#include "server/server.h"

#include <string.h>

#define MS UINT64_C(1000000)

enum {
	SILENCE_MS = 200, /* of zeros, until nothing is sent any more */
	LATE_MS = 150,    /* after capture, what has not left is dropped */
	JUMP_MS = 40,     /* a capture time so far off begins anew */
	SMOOTH = 32,      /* of a smaller difference, a part of this is taken */
	WRITE_MAX = 2048, /* frames of one record */
	LOOK_MS = 1000,
	/* Bytes a second that a line makes at least. */
	THIN_BELOW = 3000000 / 8,
	NORMAL_FROM = 4500000 / 8,
	EXACT_FROM = 8000000 / 8, /* of a new line, 10 are supposed */
	EXACT_BELOW = 5000000 / 8,
	/* A round trip of less than this. */
	EXACT_RTT_MS = 5,
	EXACT_RTT_MOST_MS = 8, /* until it is given up again */
};

/* What the ring holds: this, and samples. */
struct written {
	uint64_t time;   /* of the first frame */
	uint32_t frames; /* 0: silence from here on */
};

static const struct {
	uint8_t codec;
	uint16_t frames;
	uint32_t bits[2]; /* a second: mono, stereo */
} ways[] = {
	[ORL_SOUND_NORMAL] = { ORL_SOUND_OPUS, 480, { 80000, 128000 } },
	[ORL_SOUND_THIN] = { ORL_SOUND_OPUS, 960, { 40000, 64000 } },
	[ORL_SOUND_EXACT] = { ORL_SOUND_PCM, 480, { 0, 0 } },
};

static uint64_t length(const struct oriel_sound *sound, size_t frames)
{
	return (uint64_t)frames * 1000000000 / sound->rate;
}

static struct orl_sound_form form_of(
		const struct oriel_sound *sound, unsigned way)
{
	return (struct orl_sound_form){ .codec = ways[way].codec,
		.channels = (uint8_t)sound->channels,
		.frames = ways[way].frames };
}

/* ---- who hears it ------------------------------------------------------ */

static bool hears(const struct oriel_peer *peer)
{
	return peer->state == ORL_PEER_READY && peer->rights & ORIEL_MAY_HEAR &&
	       peer->caps & ORL_CAP(OPUS) && !peer->sound.deaf;
}

uint8_t orl_sound_way_for(
		uint8_t way, bool pcm, uint64_t rate, uint64_t min_rtt)
{
	bool exact = way == ORL_SOUND_EXACT;

	if (pcm && rate >= (exact ? EXACT_BELOW : EXACT_FROM) &&
			min_rtt < (exact ? EXACT_RTT_MOST_MS : EXACT_RTT_MS) *
							MS)
		return ORL_SOUND_EXACT;
	if (rate < THIN_BELOW)
		return ORL_SOUND_THIN;
	return way == ORL_SOUND_THIN && rate < NORMAL_FROM ? ORL_SOUND_THIN
							   : ORL_SOUND_NORMAL;
}

static void choose_way(struct oriel_peer *peer, uint64_t now)
{
	if (peer->sound.looked && now < peer->sound.looked + LOOK_MS * MS)
		return;
	peer->sound.looked = now;
	struct orl_conn_stats line;
	orl_conn_stats(peer->conn, &line);
	uint8_t way = orl_sound_way_for(peer->sound.way,
			(peer->caps & ORL_CAP(PCM)) != 0, line.rate,
			line.min_rtt);
	if (way == peer->sound.way)
		return;
	peer->sound.way = way;
	peer->sound.known = 0;
}

void orl_sound_changed(struct oriel_server *server)
{
	bool wanted = false;

	ORL_EACH (node, &server->peers)
		wanted |= hears(orl_container(node, struct oriel_peer, node));
	ORL_EACH (node, &server->sounds)
		atomic_store(&orl_container(node, struct oriel_sound, node)
						->wanted,
				wanted);
	if (wanted == server->heard)
		return;
	server->heard = wanted;
	if (server->events.sound_wanted)
		server->events.sound_wanted(server->user, wanted);
}

int orl_sound_listen(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_listen msg;
	int err = orl_get_listen(data, n, &msg);

	if (err)
		return err;
	peer->sound.deaf = !msg.on;
	peer->sound.known = 0;
	orl_sound_changed(peer->server);
	return 0;
}

/* ---- what they are sent ------------------------------------------------ */

static int announce(struct oriel_peer *peer, const struct oriel_sound *sound)
{
	struct orl_sound_form form = form_of(sound, peer->sound.way);
	struct orl_sound_open open = { .stream = (uint8_t)sound->id,
		.codec = form.codec,
		.channels = form.channels,
		.frames = form.frames };
	struct orl_sound_volume volume = { .stream = (uint8_t)sound->id,
		.left = (uint16_t)sound->left,
		.right = (uint16_t)sound->right };

	peer->sound.known |= (uint8_t)(1U << sound->id);
	int err = ORL_PEER_PUT(peer, sound_open, &open);
	return err ? err : ORL_PEER_PUT(peer, sound_volume, &volume);
}

static void send_packet(struct oriel_sound *sound, unsigned way,
		struct orl_buf *packet, uint64_t expires)
{
	ORL_EACH_SAFE (node, after, &sound->server->peers) {
		struct oriel_peer *peer =
				orl_container(node, struct oriel_peer, node);
		if (!hears(peer) || peer->sound.way != way)
			continue;
		if (!(peer->sound.known >> sound->id & 1) &&
				announce(peer, sound) < 0)
			continue;
		int err = orl_link_send(orl_conn_link(peer->conn),
				&(struct orl_send){ .id = ORL_MSG_sound,
						.tail = packet,
						.expires = expires });
		/* A line that is full has no room for late sound either. */
		if (err != ORIEL_ELIMIT && orl_peer_sent(peer, err) < 0)
			continue;
		orl_conn_kick(peer->conn);
	}
}

/* All who know it hear this of it. */
static void tell(struct oriel_sound *sound, bool closed)
{
	struct orl_sound_pause pause = { .stream = (uint8_t)sound->id,
		.closed = closed };

	ORL_EACH_SAFE (node, after, &sound->server->peers) {
		struct oriel_peer *peer =
				orl_container(node, struct oriel_peer, node);
		if (!hears(peer) || !(peer->sound.known >> sound->id & 1))
			continue;
		if (closed)
			peer->sound.known &= (uint8_t) ~(1U << sound->id);
		if (ORL_PEER_PUT(peer, sound_pause, &pause) == 0)
			orl_conn_kick(peer->conn);
	}
}

static void packet(struct oriel_sound *sound, unsigned way, uint64_t now)
{
	const struct orl_env *env = &sound->server->env;
	struct orl_sound_lane *lane = &sound->lanes[way];
	uint8_t data[ORL_SOUND_PACKET_MAX];
	int n = orl_sound_encode(lane->encoder, lane->samples, data);

	lane->fill = 0;
	if (n <= 0 || now > lane->time + LATE_MS * MS)
		return;
	struct orl_sound msg = { .stream = (uint8_t)sound->id,
		.serial = lane->serial++,
		.time = (uint32_t)(lane->time / 1000),
		.data = { data, (uint32_t)n } };
	struct orl_wr w = { NULL, 0, 0 };
	orl_put_sound(&w, &msg);
	struct orl_buf *buf = orl_buf_create(env, w.n);
	if (!buf)
		return; /* it is lost, as any packet may be */
	w = (struct orl_wr){ buf->data, w.n, 0 };
	orl_put_sound(&w, &msg);
	/* A host may name a time to come; that makes nothing last longer. */
	send_packet(sound, way, buf, orl_min64(lane->time, now) + LATE_MS * MS);
	orl_buf_unref(buf);
}

/* ---- what is made of what was written ---------------------------------- */

/* Only those ways that somebody gets it in have an encoder. */
static void open_lanes(struct oriel_sound *sound, uint64_t now)
{
	bool used[ORL_SOUND_WAYS] = { false };

	ORL_EACH (node, &sound->server->peers) {
		struct oriel_peer *peer =
				orl_container(node, struct oriel_peer, node);
		if (!hears(peer))
			continue;
		choose_way(peer, now);
		used[peer->sound.way] = true;
	}
	for (unsigned i = 0; i < ORL_SOUND_WAYS; i++) {
		struct orl_sound_lane *lane = &sound->lanes[i];
		struct orl_sound_form form = form_of(sound, i);
		if (used[i] == (lane->encoder != NULL))
			continue;
		orl_sound_encoder_destroy(lane->encoder);
		lane->encoder = NULL;
		lane->fill = 0;
		if (used[i] && orl_sound_encoder_create(&lane->encoder,
					       &sound->server->env, &form,
					       ways[i].bits[form.channels - 1],
					       false) < 0)
			lane->encoder = NULL; /* tried again with the next */
	}
}

/* n stereo frames of 48 kHz, captured at `time`, to all lanes. */
static void fill_lanes(struct oriel_sound *sound, const float *frames, size_t n,
		uint64_t time, uint64_t now)
{
	for (unsigned way = 0; way < ORL_SOUND_WAYS; way++) {
		struct orl_sound_lane *lane = &sound->lanes[way];
		size_t whole = ways[way].frames, done = 0;

		while (lane->encoder && done < n) {
			size_t k = whole - lane->fill;
			k = k < n - done ? k : n - done;
			if (!lane->fill)
				lane->time = time +
					     done * 1000000000 / ORL_SOUND_RATE;
			for (size_t i = 0; i < k; i++)
				for (size_t c = 0; c < sound->channels; c++)
					lane->samples[(lane->fill + i) *
									sound->channels +
							c] =
							frames[2 * (done + i) +
									c];
			lane->fill += k;
			done += k;
			if (lane->fill == whole)
				packet(sound, way, now);
		}
	}
}

/* The clock of what writes: smooth, unless it has jumped. */
static uint64_t clock_of(
		struct oriel_sound *sound, uint64_t time, size_t frames)
{
	int64_t off = (int64_t)(time - sound->next);

	if (!sound->next || off > JUMP_MS * (int64_t)MS ||
			off < -JUMP_MS * (int64_t)MS) {
		sound->next = time;
		for (unsigned i = 0; i < ORL_SOUND_WAYS; i++)
			sound->lanes[i].fill = 0;
	} else {
		sound->next += (uint64_t)(off / SMOOTH);
	}
	uint64_t at = sound->next;
	sound->next += length(sound, frames);
	return at;
}

static void samples(struct oriel_sound *sound, const struct written *w,
		const int16_t *in, uint64_t now)
{
	float frames[2 * 512];
	uint64_t time = clock_of(sound, w->time, w->frames);

	for (uint32_t i = 0; i < w->frames;) {
		size_t n = 0;
		uint64_t at = time + length(sound, i);
		for (; n < 512 && i < w->frames; n++, i++)
			for (size_t c = 0; c < 2; c++)
				frames[2 * n + c] =
						(float)in[i * sound->channels +
								(c < sound->channels ? c
										     : 0)] /
						32768.0F;
		if (!sound->speed) {
			fill_lanes(sound, frames, n, at, now);
			continue;
		}
		orl_resample_push(sound->speed, frames, n);
		do {
			n = orl_resample_pull(sound->speed, frames, 512,
					orl_resample_step(sound->rate,
							ORL_SOUND_RATE));
			fill_lanes(sound, frames, n, at, now);
			at += n * 1000000000 / ORL_SOUND_RATE;
		} while (n == 512);
	}
	sound->paused = false;
}

/* What has been begun is made a packet, with silence at its end. */
static void finish(struct oriel_sound *sound, uint64_t now)
{
	for (unsigned way = 0; way < ORL_SOUND_WAYS; way++) {
		struct orl_sound_lane *lane = &sound->lanes[way];
		size_t c = sound->channels;

		if (!lane->encoder || !lane->fill)
			continue;
		memset(lane->samples + lane->fill * c, 0,
				(ways[way].frames - lane->fill) * c *
						sizeof(*lane->samples));
		packet(sound, way, now);
	}
	sound->next = 0;
}

static void on_written(struct orl_posted *post)
{
	struct oriel_sound *sound =
			orl_container(post, struct oriel_sound, post);
	struct {
		struct written w;
		int16_t samples[2 * WRITE_MAX];
	} r;
	uint64_t now = orl_now(&sound->server->env);

	open_lanes(sound, now);
	while (orl_ring_peek(&sound->ring, &r.w, sizeof(r.w))) {
		orl_ring_take(&sound->ring, &r, sizeof(r));
		if (r.w.frames) {
			samples(sound, &r.w, r.samples, now);
			continue;
		}
		finish(sound, now);
		if (!sound->paused)
			tell(sound, false);
		sound->paused = true;
	}
}

/* ---- the host ---------------------------------------------------------- */

int oriel_sound_create(struct oriel_sound **out, struct oriel_server *server,
		const struct oriel_sound_format *format)
{
	unsigned id = 0;

	if (!out || !server || !format || format->rate < 8000 ||
			format->rate > 192000 || format->channels < 1 ||
			format->channels > 2)
		return ORIEL_EINVAL;
	while (id < ORL_SOUND_STREAMS && server->sounds_used >> id & 1)
		id++;
	if (id == ORL_SOUND_STREAMS)
		return ORIEL_ELIMIT;
	struct oriel_sound *sound = orl_alloc(&server->env, 1, sizeof(*sound));
	if (!sound)
		return ORIEL_ENOMEM;
	if (format->rate != ORL_SOUND_RATE) {
		sound->speed = orl_alloc(
				&server->env, 1, sizeof(*sound->speed));
		if (!sound->speed) {
			orl_free(&server->env, sound);
			return ORIEL_ENOMEM;
		}
		orl_resample_init(sound->speed, format->rate, ORL_SOUND_RATE);
	}
	sound->server = server;
	sound->id = id;
	sound->rate = format->rate;
	sound->channels = format->channels;
	sound->left = sound->right = 256;
	sound->post.run = on_written;
	sound->resting = sound->paused = true;
	sound->silent = sound->rate;
	atomic_store(&sound->wanted, server->heard);
	server->sounds_used |= 1U << id;
	orl_list_append(&server->sounds, &sound->node);
	*out = sound;
	return 0;
}

void oriel_sound_destroy(struct oriel_sound *sound)
{
	if (!sound)
		return;
	struct oriel_server *server = sound->server;
	orl_loop_unpost(server->loop, &sound->post);
	tell(sound, true);
	server->sounds_used &= ~(1U << sound->id);
	orl_list_remove(&sound->node);
	for (unsigned i = 0; i < ORL_SOUND_WAYS; i++)
		orl_sound_encoder_destroy(sound->lanes[i].encoder);
	orl_free(&server->env, sound->speed);
	orl_free(&server->env, sound);
}

/* Frames at the end of it that are zeros. */
static size_t quiet_end(const int16_t *samples, size_t frames, size_t channels)
{
	size_t n = frames * channels;

	while (n && !samples[n - 1])
		n--;
	return frames - (n + channels - 1) / channels;
}

static int pass_on(struct oriel_sound *sound, const int16_t *samples,
		size_t frames, uint64_t time)
{
	struct written w = { .time = time, .frames = (uint32_t)frames };

	return orl_ring_put(&sound->ring, &w, sizeof(w), samples,
			       frames * sound->channels * sizeof(*samples))
			       ? 0
			       : ORIEL_ELIMIT;
}

int oriel_sound_write(struct oriel_sound *sound, const int16_t *samples,
		size_t frames, uint64_t time)
{
	int err = 0;

	if (!sound || (!samples && frames))
		return ORIEL_EINVAL;
	if (!atomic_load_explicit(&sound->wanted, memory_order_relaxed))
		return 0;
	size_t quiet = quiet_end(samples, frames, sound->channels);
	sound->silent = quiet == frames ? sound->silent + frames : quiet;
	bool rest = !frames ||
		    sound->silent >= (size_t)sound->rate * SILENCE_MS / 1000;
	if (rest && sound->resting)
		return 0;
	if (!time)
		time = orl_now(&sound->server->env) - length(sound, frames);
	sound->resting = rest;
	for (size_t i = 0; i < frames && !err; i += WRITE_MAX) {
		size_t n = frames - i < WRITE_MAX ? frames - i : WRITE_MAX;
		err = pass_on(sound, samples + i * sound->channels, n,
				time + length(sound, i));
	}
	if (rest && pass_on(sound, samples, 0, time) < 0)
		sound->resting = false; /* said with what comes next */
	orl_loop_post(sound->server->loop, &sound->post);
	return err;
}

void oriel_sound_set_volume(
		struct oriel_sound *sound, uint32_t left, uint32_t right)
{
	struct orl_sound_volume msg = { .stream = (uint8_t)sound->id };

	sound->left = left < 256 ? left : 256;
	sound->right = right < 256 ? right : 256;
	msg.left = (uint16_t)sound->left;
	msg.right = (uint16_t)sound->right;
	ORL_EACH_SAFE (node, after, &sound->server->peers) {
		struct oriel_peer *peer =
				orl_container(node, struct oriel_peer, node);
		if (hears(peer) && peer->sound.known >> sound->id & 1 &&
				ORL_PEER_PUT(peer, sound_volume, &msg) == 0)
			orl_conn_kick(peer->conn);
	}
}

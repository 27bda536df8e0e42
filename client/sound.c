/*
 * sound.c - what the desktop lets us hear, and what our microphone says.
 *
 * An ear for each stream takes packets here and gives samples to whatever
 * thread the host hears in; see codecs/ear.h. A microphone's samples come from
 * any thread through a ring, and are encoded in the loop.
 */
#include "client/sound.h"

#include <string.h>

#include "client/client.h"

#define MS UINT64_C(1000000)

enum {
	SLICE = 480,
	WRITE_MAX = 2048, /* frames of one record */
	MIC_FRAMES = 960, /* 20 ms */
	MIC_BITS = 32000,
	MIC_LATE_MS = 150,
	JUMP_MS = 40,
	SMOOTH = 32,
};

/* What the microphone's ring holds: this, and samples. */
struct spoken {
	uint64_t time; /* of the first frame */
	uint32_t rate, channels;
	uint32_t frames; /* 0: it is off */
};

static void on_posted(struct orl_posted *post);

int orl_sound_init(struct oriel_client *c, uint32_t flags)
{
	if (!(flags & ORIEL_CLIENT_SOUND))
		return 0;
	struct orl_client_sound *s = orl_alloc(&c->env, 1, sizeof(*s));
	if (!s)
		return ORIEL_ENOMEM;
	c->sound = s;
	s->client = c;
	s->post.run = on_posted;
	atomic_store(&s->refuses, ORIEL_ESTATE);
	c->offered |= ORL_CAP(OPUS);
	if (flags & ORIEL_CLIENT_SOUND_PCM)
		c->offered |= ORL_CAP(PCM);
	return 0;
}

void orl_sound_fini(struct oriel_client *c)
{
	struct orl_client_sound *s = c->sound;

	if (!s)
		return;
	for (unsigned i = 0; i < ORL_SOUND_STREAMS; i++)
		orl_ear_destroy(s->ears[i]);
	orl_sound_encoder_destroy(s->encoder);
	orl_free(&c->env, s->speed);
	orl_free(&c->env, s);
	c->sound = NULL;
}

/* ---- hearing ----------------------------------------------------------- */

static void say_whether(struct oriel_client *c)
{
	bool any = false;

	for (unsigned i = 0; i < ORL_SOUND_STREAMS; i++)
		any |= c->sound->heard[i];
	if (any == c->sound->told)
		return;
	c->sound->told = any;
	if (c->events.sound)
		c->events.sound(c->user, any);
}

int orl_sound_on_open(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_sound_open msg;
	int err = orl_get_sound_open(d, n, &msg);

	if (err)
		return err;
	struct orl_sound_form form = { msg.codec, msg.channels, msg.frames };
	if (!orl_sound_form_ok(&form) ||
			(form.codec == ORL_SOUND_PCM &&
					!(c->caps & ORL_CAP(PCM))))
		return ORIEL_EPROTO;
	if (!c->sound->ears[msg.stream]) {
		struct orl_ear *ear;
		err = orl_ear_create(&ear, &c->env);
		if (err)
			return err;
		c->sound->ears[msg.stream] = ear;
	}
	c->sound->forms[msg.stream] = form;
	orl_ear_open(c->sound->ears[msg.stream], &form);
	return 0;
}

/* The server's clock of now, as far as is known. */
static uint64_t their_time(
		const struct oriel_client *c, uint64_t now, uint32_t us)
{
	uint64_t guess = (now + (uint64_t)c->clock_offset) / 1000;

	return (guess + (uint64_t)(int64_t)(int32_t)(us - (uint32_t)guess)) *
	       1000;
}

int orl_sound_on_packet(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_client_sound *s = c->sound;
	struct orl_sound msg;
	struct orl_conn_stats line;
	uint64_t now = orl_now(&c->env);
	int err = orl_get_sound(d, n, &msg);

	if (err)
		return err;
	const struct orl_sound_form *form = &s->forms[msg.stream];
	if (!form->codec || !orl_sound_packet_ok(form, msg.data.p, msg.data.n))
		return ORIEL_EPROTO;
	orl_conn_stats(c->conn, &line);
	s->rtt = line.min_rtt;
	orl_ear_packet(s->ears[msg.stream], msg.serial,
			their_time(c, now, msg.time), now, line.min_rtt,
			msg.data.p, msg.data.n);
	s->heard[msg.stream] = true;
	say_whether(c);
	return 0;
}

int orl_sound_on_pause(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_client_sound *s = c->sound;
	struct orl_sound_pause msg;
	int err = orl_get_sound_pause(d, n, &msg);

	if (err)
		return err;
	if (!s->forms[msg.stream].codec)
		return ORIEL_EPROTO;
	if (msg.closed) {
		s->forms[msg.stream].codec = 0;
		orl_ear_close(s->ears[msg.stream]);
	} else {
		orl_ear_pause(s->ears[msg.stream]);
	}
	s->heard[msg.stream] = false;
	say_whether(c);
	return 0;
}

int orl_sound_on_volume(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_sound_volume msg;
	int err = orl_get_sound_volume(d, n, &msg);

	if (err)
		return err;
	if (!c->sound->forms[msg.stream].codec)
		return ORIEL_EPROTO;
	orl_ear_volume(c->sound->ears[msg.stream], msg.left, msg.right);
	return 0;
}

static void hear_nothing(struct oriel_client *c)
{
	struct orl_client_sound *s = c->sound;

	for (unsigned i = 0; i < ORL_SOUND_STREAMS; i++) {
		if (s->forms[i].codec)
			orl_ear_close(s->ears[i]);
		s->forms[i].codec = 0;
		s->heard[i] = false;
	}
	say_whether(c);
}

bool oriel_client_hear(
		struct oriel_client *client, int16_t *samples, size_t frames)
{
	struct orl_client_sound *s = client->sound;
	float mixed[2 * SLICE];
	uint64_t now = orl_now(&client->env);
	bool any = false;

	memset(samples, 0, 2 * frames * sizeof(*samples));
	for (size_t i = 0; s && i < frames; i += SLICE) {
		size_t n = frames - i < SLICE ? frames - i : SLICE;
		bool here = false;

		memset(mixed, 0, sizeof(mixed));
		for (unsigned k = 0; k < ORL_SOUND_STREAMS; k++) {
			struct orl_ear *ear = s->ears[k];
			if (ear)
				here |= orl_ear_hear(ear, mixed, n,
						now + (uint64_t)i * 1000000000 /
										ORL_SOUND_RATE);
		}
		if (here)
			orl_sound_to_16(samples + 2 * i, mixed, n, 2);
		any |= here;
	}
	return any;
}

void oriel_client_listen(struct oriel_client *client, bool on)
{
	struct orl_client_sound *s = client->sound;

	if (!s || atomic_exchange(&s->deaf, !on) == !on)
		return;
	orl_loop_post(client->loop, &s->post);
}

static void tell_listen(struct oriel_client *c)
{
	struct orl_client_sound *s = c->sound;
	bool deaf = atomic_load(&s->deaf);
	struct orl_listen msg = { .on = !deaf };

	if (deaf == s->told_deaf)
		return;
	s->told_deaf = deaf;
	if (deaf)
		hear_nothing(c);
	if (ORL_CLIENT_PUT(c, listen, &msg) == 0)
		orl_conn_kick(c->conn);
}

uint64_t oriel_client_sound_delay(const struct oriel_client *client)
{
	const struct orl_client_sound *s = client->sound;

	for (unsigned i = 0; s && i < ORL_SOUND_STREAMS; i++) {
		struct orl_ear_counts n;
		if (!s->ears[i])
			continue;
		orl_ear_counts(s->ears[i], &n);
		if (n.playing)
			return n.delay + atomic_load(&s->rtt) / 2;
	}
	return 0;
}

void orl_sound_stats(const struct oriel_client *c, struct oriel_stats *out)
{
	const struct orl_client_sound *s = c->sound;

	for (unsigned i = 0; s && i < ORL_SOUND_STREAMS; i++) {
		struct orl_ear_counts n;
		if (!s->ears[i])
			continue;
		orl_ear_counts(s->ears[i], &n);
		if (n.playing && !out->sound_delay) {
			out->sound_store = n.delay;
			out->sound_delay = n.delay + atomic_load(&s->rtt) / 2;
			out->sound_drift = n.drift;
		}
		out->sound_packets += n.packets;
		out->sound_concealed += n.concealed;
		out->sound_gaps += n.gaps;
		out->sound_skipped += n.skipped;
	}
}

/* ---- speaking ---------------------------------------------------------- */

int orl_sound_on_mic(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_mic_wanted msg;
	int err = orl_get_mic_wanted(d, n, &msg);

	if (err)
		return err;
	c->sound->mic_wanted = msg.on;
	if (c->events.microphone_wanted)
		c->events.microphone_wanted(c->user, msg.on);
	return 0;
}

int oriel_client_speak(struct oriel_client *client,
		const struct oriel_sound_format *format, const int16_t *samples,
		size_t frames)
{
	struct orl_client_sound *s = client->sound;
	struct spoken w = { .frames = 0 };
	bool full = false;

	if (!s)
		return ORIEL_ENOTSUP;
	int err = atomic_load(&s->refuses);
	if (err)
		return err;
	if (samples && (!format || format->rate < 8000 ||
				       format->rate > 192000 ||
				       format->channels < 1 ||
				       format->channels > 2))
		return ORIEL_EINVAL;
	if (!samples) {
		full = !orl_ring_put(&s->mic, &w, sizeof(w), NULL, 0);
		frames = 0;
	} else if (!frames) {
		return 0;
	}
	uint64_t now = orl_now(&client->env);
	for (size_t i = 0; i < frames && !full; i += WRITE_MAX) {
		size_t n = frames - i < WRITE_MAX ? frames - i : WRITE_MAX;
		w = (struct spoken){ .rate = format->rate,
			.channels = format->channels,
			.frames = (uint32_t)n,
			.time = now - (uint64_t)(frames - i) * 1000000000 /
						      format->rate };
		full = !orl_ring_put(&s->mic, &w, sizeof(w),
				samples + i * format->channels,
				n * format->channels * sizeof(*samples));
	}
	orl_loop_post(client->loop, &s->post);
	return full ? ORIEL_ELIMIT : 0;
}

static void mic_pause(struct oriel_client *c, bool closed)
{
	struct orl_client_sound *s = c->sound;
	struct orl_mic_pause msg = { .closed = closed };

	if (!s->speaking || (s->mic_paused && !closed))
		return;
	s->mic_paused = true;
	s->speaking = !closed;
	if (closed)
		s->fill = 0;
	if (ORL_CLIENT_PUT(c, mic_pause, &msg) == 0)
		orl_conn_kick(c->conn);
}

static bool mic_open(struct oriel_client *c)
{
	struct orl_client_sound *s = c->sound;
	const struct orl_sound_form form = { ORL_SOUND_OPUS, 1, MIC_FRAMES };
	struct orl_mic_open msg = { form.codec, form.channels, form.frames };

	if (s->speaking)
		return true;
	orl_sound_encoder_destroy(s->encoder);
	s->encoder = NULL;
	if (orl_sound_encoder_create(
			    &s->encoder, &c->env, &form, MIC_BITS, true) < 0)
		return false;
	s->speaking = true;
	s->mic_paused = false;
	s->fill = 0;
	s->next = 0;
	if (ORL_CLIENT_PUT(c, mic_open, &msg) < 0)
		return false;
	orl_conn_kick(c->conn);
	return true;
}

static void mic_packet(struct oriel_client *c, uint64_t now)
{
	struct orl_client_sound *s = c->sound;
	uint8_t data[ORL_SOUND_PACKET_MAX], head[8 + ORL_SOUND_OPUS_MAX];
	int n = orl_sound_encode(s->encoder, s->samples, data);

	s->fill = 0;
	if (n <= 0) {
		mic_pause(c, false);
		return;
	}
	s->mic_paused = false;
	struct orl_mic msg = { .serial = s->serial++,
		.time = (uint32_t)(s->time / 1000),
		.data = { data, (uint32_t)n } };
	struct orl_wr w = { head, sizeof(head), 0 };
	orl_put_mic(&w, &msg);
	int err = orl_link_send(orl_conn_link(c->conn),
			&(struct orl_send){ .id = ORL_MSG_mic,
					.head = head,
					.head_n = w.n,
					.expires = now + MIC_LATE_MS * MS });
	if (err != ORIEL_ELIMIT && orl_session_sent(c, err) < 0)
		return;
	orl_conn_kick(c->conn);
}

static void mic_frames(struct oriel_client *c, const float *frames, size_t n,
		uint64_t time, uint64_t now)
{
	struct orl_client_sound *s = c->sound;

	for (size_t i = 0; i < n && c->conn && !c->ending; i++) {
		if (!s->fill)
			s->time = time + i * 1000000000 / ORL_SOUND_RATE;
		s->samples[s->fill++] = frames[2 * i];
		if (s->fill == MIC_FRAMES)
			mic_packet(c, now);
	}
}

static bool set_speed(struct oriel_client *c, uint32_t rate)
{
	struct orl_client_sound *s = c->sound;

	if (!s->speed)
		s->speed = orl_alloc(&c->env, 1, sizeof(*s->speed));
	if (!s->speed)
		return false;
	if (s->rate != rate)
		orl_resample_init(s->speed, rate, ORL_SOUND_RATE);
	s->rate = rate;
	return true;
}

static void spoken(struct oriel_client *c, const struct spoken *w,
		const int16_t *in, uint64_t now)
{
	struct orl_client_sound *s = c->sound;
	float frames[2 * 512];
	int64_t off = (int64_t)(w->time - s->next);

	if (!mic_open(c) || !set_speed(c, w->rate))
		return;
	if (!s->next || off > JUMP_MS * (int64_t)MS ||
			off < -JUMP_MS * (int64_t)MS) {
		s->next = w->time;
		s->fill = 0;
	} else {
		s->next += (uint64_t)(off / SMOOTH);
	}
	uint64_t at = s->next;
	s->next += (uint64_t)w->frames * 1000000000 / w->rate;
	for (uint32_t i = 0; i < w->frames;) {
		size_t n = 0;
		for (; n < 512 && i < w->frames; n++, i++) {
			const int16_t *p = in + i * w->channels;
			int32_t sum = w->channels == 2 ? p[0] + p[1] : 2 * p[0];
			frames[2 * n] = frames[2 * n + 1] =
					(float)sum / 65536.0F;
		}
		orl_resample_push(s->speed, frames, n);
		do {
			n = orl_resample_pull(s->speed, frames, 512,
					orl_resample_step(w->rate,
							ORL_SOUND_RATE));
			mic_frames(c, frames, n, at, now);
			at += n * 1000000000 / ORL_SOUND_RATE;
		} while (n == 512);
	}
}

static void on_posted(struct orl_posted *post)
{
	struct orl_client_sound *s =
			orl_container(post, struct orl_client_sound, post);
	struct oriel_client *c = s->client;
	struct {
		struct spoken w;
		int16_t samples[2 * WRITE_MAX];
	} r;
	uint64_t now = orl_now(&c->env);

	if (s->open)
		tell_listen(c);
	while (orl_ring_peek(&s->mic, &r.w, sizeof(r.w))) {
		orl_ring_take(&s->mic, &r, sizeof(r));
		if (atomic_load(&s->refuses) || !c->conn || c->ending)
			continue;
		if (r.w.frames)
			spoken(c, &r.w, r.samples, now);
		else
			mic_pause(c, true);
	}
}

/* ---- the session ------------------------------------------------------- */

void orl_sound_session(struct oriel_client *c, bool open)
{
	struct orl_client_sound *s = c->sound;

	if (!s)
		return;
	bool able = open && c->caps & ORL_CAP(OPUS);
	bool may = c->rights & ORIEL_MAY_SPEAK;
	if (!able) {
		s->told_deaf = false;
		if (s->mic_wanted && c->events.microphone_wanted)
			c->events.microphone_wanted(c->user, false);
		s->mic_wanted = false;
	}
	if (!able || !may)
		s->speaking = false;
	s->open = able;
	atomic_store(&s->refuses, !open   ? ORIEL_ESTATE
				  : !able ? ORIEL_ENOTSUP
				  : !may  ? ORIEL_EDENIED
					  : 0);
	if (!able || !(c->rights & ORIEL_MAY_HEAR))
		hear_nothing(c);
	if (able)
		tell_listen(c);
}

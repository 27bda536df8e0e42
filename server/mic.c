/*
 * mic.c - the microphone of the peer that owns input. What others send is
 * dropped: they may not know yet that they own it no longer.
 *
 * Packets go into one ear, which the host listens to from a thread of its
 * own; see codecs/ear.h.
 */
#include "server/server.h"

#include <string.h>

enum { SLICE = 480 };

static bool is_heard(const struct oriel_peer *peer)
{
	return peer->server->mic && peer->server->mic_of == peer;
}

/* Whose it is may have changed: so may what is heard. */
void orl_mic_changed(struct oriel_server *server)
{
	struct oriel_peer *peer = server->owner;

	if (!server->mic)
		return;
	if (peer && (!peer->sound.speaks || peer->state != ORL_PEER_READY ||
				    !(peer->rights & ORIEL_MAY_SPEAK)))
		peer = NULL;
	if (peer == server->mic_of)
		return;
	struct oriel_peer *old = server->mic_of;
	server->mic_of = peer;
	orl_ear_close(server->mic);
	if (old && server->events.sound_in)
		server->events.sound_in(server->user, old, false);
	/* The host may have ended it. */
	if (!peer || server->mic_of != peer)
		return;
	orl_ear_open(server->mic, &peer->sound.form);
	if (server->events.sound_in)
		server->events.sound_in(server->user, peer, true);
}

int orl_mic_send_wanted(struct oriel_peer *peer)
{
	const struct oriel_server *server = peer->server;
	struct orl_mic_wanted msg = {
		.on = server->mic_wanted && server->owner == peer &&
		      peer->rights & ORIEL_MAY_SPEAK,
	};

	if (!(peer->caps & ORL_CAP(OPUS)) || msg.on == peer->sound.told_mic)
		return 0;
	peer->sound.told_mic = msg.on;
	return ORL_PEER_PUT(peer, mic_wanted, &msg);
}

int orl_mic_open(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_mic_open msg;
	int err = orl_get_mic_open(data, n, &msg);

	if (err)
		return err;
	struct orl_sound_form form = { msg.codec, msg.channels, msg.frames };
	if (!orl_sound_form_ok(&form) ||
			(form.codec == ORL_SOUND_PCM &&
					!(peer->caps & ORL_CAP(PCM))))
		return ORIEL_EPROTO;
	if (!peer->server->mic && peer->server->events.sound_in) {
		struct orl_ear *ear;
		err = orl_ear_create(&ear, &peer->server->env);
		if (err)
			return err;
		peer->server->mic = ear;
	}
	peer->sound.speaks = true;
	peer->sound.form = form;
	peer->sound.last = 0;
	peer->sound.time = UINT64_C(1) << 32;
	if (is_heard(peer))
		orl_ear_open(peer->server->mic, &form);
	else
		orl_mic_changed(peer->server);
	return 0;
}

int orl_mic_packet(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_mic msg;
	struct orl_conn_stats line;
	int err = orl_get_mic(data, n, &msg);

	if (err)
		return err;
	/* It was switched off for it, by a change of rights. */
	if (!peer->sound.speaks)
		return 0;
	if (!orl_sound_packet_ok(&peer->sound.form, msg.data.p, msg.data.n))
		return ORIEL_EPROTO;
	/* Its clock means nothing here, but how it goes on does. */
	peer->sound.time += (uint64_t)(int64_t)(int32_t)(msg.time -
							 peer->sound.last);
	peer->sound.last = msg.time;
	if (!is_heard(peer))
		return 0;
	orl_conn_stats(peer->conn, &line);
	orl_ear_packet(peer->server->mic, msg.serial, peer->sound.time * 1000,
			orl_now(&peer->server->env), line.min_rtt, msg.data.p,
			msg.data.n);
	return 0;
}

int orl_mic_pause(struct oriel_peer *peer, const uint8_t *data, size_t n)
{
	struct orl_mic_pause msg;
	int err = orl_get_mic_pause(data, n, &msg);

	if (err)
		return err;
	if (msg.closed) {
		peer->sound.speaks = false;
		orl_mic_changed(peer->server);
	} else if (is_heard(peer)) {
		orl_ear_pause(peer->server->mic);
	}
	return 0;
}

void oriel_server_want_microphone(struct oriel_server *server, bool wanted)
{
	if (server->mic_wanted == wanted)
		return;
	server->mic_wanted = wanted;
	ORL_EACH_SAFE (node, after, &server->peers)
		orl_peer_tell(orl_container(node, struct oriel_peer, node),
				ORL_FACT_MIC);
}

bool oriel_server_hear(struct oriel_server *server,
		const struct oriel_sound_format *format, int16_t *samples,
		size_t frames)
{
	float mixed[2 * SLICE];
	size_t channels = format->channels;
	bool any = false;

	memset(samples, 0, frames * channels * sizeof(*samples));
	struct orl_ear *mic = server->mic;
	if (!mic || format->rate < 8000 || format->rate > 192000)
		return false;
	orl_ear_rate(mic, format->rate);
	for (size_t i = 0; i < frames; i += SLICE) {
		size_t n = frames - i < SLICE ? frames - i : SLICE;
		memset(mixed, 0, sizeof(mixed));
		any |= orl_ear_hear(mic, mixed, n,
				orl_now(&server->env) +
						(uint64_t)i * 1000000000 /
								format->rate);
		orl_sound_to_16(samples + i * channels, mixed, n, channels);
	}
	return any;
}

/*
 * test_voices.c - server and client with sound between them: what a thread
 * writes is heard in another, by who may and wants to; what is silent costs
 * nothing; a microphone is heard while it is wanted, allowed and the owner's.
 */
#include "tests/unit/unit.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <oriel/oriel-client.h>
#include <oriel/oriel-server.h>

#include "proto/base.h"
#include "server/server.h"

enum { FRAMES = 480, SOUND = 1 /* channel */ };

static const struct oriel_sound_format stereo = { 48000, 2 };

struct room {
	struct oriel_server *server;
	struct oriel_client *client, *deaf;
	struct oriel_peer *peer; /* the client's, as the server knows it */
	struct oriel_sound *sound;
	uint32_t rights;
	bool wanted, heard, mic_wanted, speaks, ready;
	unsigned joined;
	pthread_t thread;
	atomic_bool ends, silent;
};

static uint64_t now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void on_proved(void *user, struct oriel_auth *auth)
{
	struct room *r = user;
	oriel_auth_accept(auth, r->rights);
}

static void on_joined(void *user, struct oriel_peer *peer)
{
	struct room *r = user;
	if (!r->joined++)
		r->peer = peer;
}

static void on_wanted(void *user, bool wanted)
{
	struct room *r = user;
	assert_true(r->wanted != wanted);
	r->wanted = wanted;
}

static void on_sound_in(void *user, struct oriel_peer *peer, bool on)
{
	struct room *r = user;
	assert_ptr_equal(peer, r->peer);
	assert_true(r->speaks != on);
	r->speaks = on;
}

static void on_state(void *user, enum oriel_client_state state, int error,
		const char *text)
{
	struct room *r = user;
	(void)text;
	assert_int_equal(error, 0);
	r->ready = state == ORIEL_CLIENT_READY;
}

static void on_sound(void *user, bool on)
{
	struct room *r = user;
	assert_true(r->heard != on);
	r->heard = on;
}

static void on_mic_wanted(void *user, bool wanted)
{
	struct room *r = user;
	assert_true(r->mic_wanted != wanted);
	r->mic_wanted = wanted;
}

static const struct oriel_server_events server_events = {
	.size = sizeof(server_events),
	.auth_proved = on_proved,
	.peer_joined = on_joined,
	.sound_wanted = on_wanted,
	.sound_in = on_sound_in,
};
static const struct oriel_client_events client_events = {
	.size = sizeof(client_events),
	.state = on_state,
	.sound = on_sound,
	.microphone_wanted = on_mic_wanted,
};

static void join(struct room *r, struct oriel_client **out, uint32_t flags)
{
	struct oriel_client_config cfg = { .size = sizeof(cfg),
		.events = out == &r->client ? &client_events : NULL,
		.user = r,
		.flags = flags };
	int fd[2];

	assert_int_equal(
			socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd),
			0);
	assert_int_equal(oriel_client_create(out, &cfg), 0);
	assert_int_equal(oriel_server_adopt(r->server, fd[0]), 0);
	assert_int_equal(oriel_client_adopt(*out, fd[1], NULL), 0);
}

static void step(struct room *r)
{
	assert_true(oriel_server_wait(r->server, 1) >= 0);
	assert_true(oriel_client_wait(r->client, 1) >= 0);
	if (r->deaf)
		assert_true(oriel_client_dispatch(r->deaf, 0) >= 0);
}

#define UNTIL(r, condition) \
	do { \
		uint64_t until_end = now() + 100000000000u; \
		while (!(condition)) { \
			step(r); \
			if (now() > until_end) \
				fail_msg("timed out: %s", #condition); \
		} \
	} while (0)

static void begin(struct room *r, uint32_t rights, uint32_t flags)
{
	struct oriel_server_config cfg = {
		.size = sizeof(cfg), .events = &server_events, .user = r
	};

	memset(r, 0, sizeof(*r));
	r->rights = rights;
	assert_int_equal(oriel_server_create(&r->server, &cfg), 0);
	assert_int_equal(oriel_sound_create(&r->sound, r->server, &stereo), 0);
	join(r, &r->client, flags);
	UNTIL(r, r->ready && r->joined);
}

static void end(struct room *r)
{
	oriel_client_destroy(r->client);
	oriel_client_destroy(r->deaf);
	oriel_server_destroy(r->server);
}

static void tone(int16_t *out, unsigned *at, size_t channels)
{
	for (int i = 0; i < FRAMES; i++, (*at)++)
		for (size_t c = 0; c < channels; c++)
			out[(size_t)i * channels + c] =
					(int16_t)(12000 *
							sin(6.283185307 * 440 *
									*at /
									48000));
}

/* A sound card that plays, or is silent. */
static void *play(void *user)
{
	struct room *r = user;
	unsigned at = 0;
	int16_t samples[2 * FRAMES];
	uint64_t next = now();

	while (!atomic_load(&r->ends)) {
		tone(samples, &at, 2);
		if (atomic_load(&r->silent))
			memset(samples, 0, sizeof(samples));
		assert_true(oriel_sound_write(r->sound, samples, FRAMES, 0) <=
				0);
		next += 10000000;
		struct timespec ts = { (time_t)(next / 1000000000),
			(long)(next % 1000000000) };
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
	}
	return NULL;
}

/* Until so many frames of the tone have been heard, so loud. */
static void hear_at(struct room *r, unsigned least, double gain)
{
	uint64_t next = now(), limit = next + 100000000000u;
	unsigned loud = 0;

	while (loud < least) {
		int16_t out[2 * FRAMES];
		step(r);
		assert_true(now() < limit);
		if (now() < next)
			continue;
		next += 10000000;
		oriel_client_hear(r->client, out, FRAMES);
		double power = 0;
		for (int i = 0; i < 2 * FRAMES; i++)
			power += (double)out[i] * out[i];
		power = sqrt(power / (2 * FRAMES));
		assert_true(power < 13000);
		loud += power > 7500 * gain && power < 9500 * gain ? FRAMES : 0;
	}
}

static void hear(struct room *r, unsigned least)
{
	hear_at(r, least, 1);
}

static uint64_t bytes(struct oriel_client *client)
{
	struct oriel_stats s = { .size = sizeof(s) };
	oriel_client_stats(client, &s);
	return s.channel_in[SOUND];
}

static void sound_is_heard_by_who_wants_it(void **state)
{
	static const uint32_t flags[] = { ORIEL_CLIENT_SOUND,
		ORIEL_CLIENT_SOUND | ORIEL_CLIENT_SOUND_PCM };
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct room r;
		begin(&r, ORIEL_MAY_SEE | ORIEL_MAY_HEAR, flags[i]);
		/* One that knows nothing of sound is not troubled. */
		join(&r, &r.deaf, 0);
		UNTIL(&r, r.joined == 2 && r.wanted);
		pthread_create(&r.thread, NULL, play, &r);
		hear(&r, 24000);
		assert_true(r.heard);
		/* Who wants it exactly gets it so on a line like this one. */
		assert_int_equal(r.peer->sound.way,
				i ? ORL_SOUND_EXACT : ORL_SOUND_NORMAL);
		assert_int_equal(
				r.sound->lanes[ORL_SOUND_EXACT].encoder != NULL,
				i);
		assert_in_range(oriel_client_sound_delay(r.client), 1,
				2000000000);
		/* Silence ends it, and then costs nothing. */
		atomic_store(&r.silent, true);
		UNTIL(&r, !r.heard);
		uint64_t before = bytes(r.client);
		assert_true(before > 2000);
		for (uint64_t stop = now() + 300000000; now() < stop;)
			step(&r);
		assert_int_equal(bytes(r.client), before);
		/* Who is deaf is sent nothing, and nobody is asked to play. */
		oriel_client_listen(r.client, false);
		UNTIL(&r, !r.wanted);
		atomic_store(&r.silent, false);
		for (uint64_t stop = now() + 300000000; now() < stop;)
			step(&r);
		assert_int_equal(bytes(r.client), before);
		oriel_client_listen(r.client, true);
		UNTIL(&r, r.wanted);
		hear(&r, 12000);
		/* A right that is taken is missed at once. */
		oriel_peer_set_rights(r.peer, ORIEL_MAY_SEE);
		UNTIL(&r, !r.heard);
		oriel_peer_set_rights(r.peer, ORIEL_MAY_SEE | ORIEL_MAY_HEAR);
		hear(&r, 12000);
		assert_int_equal(bytes(r.deaf), 0);
		atomic_store(&r.ends, true);
		pthread_join(r.thread, NULL);
		oriel_sound_destroy(r.sound);
		UNTIL(&r, !r.heard);
		end(&r);
	}
}

static uint64_t played(struct oriel_client *client)
{
	struct oriel_stats s = { .size = sizeof(s) };
	oriel_client_stats(client, &s);
	return s.sound_packets;
}

/* Packets that were made, in whatever way. */
static unsigned made(const struct room *r)
{
	unsigned n = 0;
	for (int i = 0; i < ORL_SOUND_WAYS; i++)
		n += r->sound->lanes[i].serial;
	return n;
}

/* Each packet is made once, however many hear it. */
static void listeners_share_an_encoder(void **state)
{
	struct room r;
	int16_t out[2 * FRAMES];
	(void)state;
	begin(&r, ORIEL_MAY_SEE | ORIEL_MAY_HEAR, ORIEL_CLIENT_SOUND);
	join(&r, &r.deaf, ORIEL_CLIENT_SOUND);
	UNTIL(&r, r.joined == 2 && r.wanted);
	pthread_create(&r.thread, NULL, play, &r);
	for (uint64_t next = now(), limit = next + 100000000000u;
			played(r.client) < 200 || played(r.deaf) < 200;) {
		step(&r);
		assert_true(now() < limit);
		if (now() < next)
			continue;
		next += 10000000;
		oriel_client_hear(r.client, out, FRAMES);
		oriel_client_hear(r.deaf, out, FRAMES);
	}
	/* What was dropped or is on its way as well. */
	assert_in_range(made(&r), 200, 390);
	atomic_store(&r.ends, true);
	pthread_join(r.thread, NULL);
	end(&r);
}

enum { N = ORL_SOUND_NORMAL, T = ORL_SOUND_THIN, E = ORL_SOUND_EXACT };

static void a_line_gets_what_it_takes(void **state)
{
	static const struct {
		uint8_t before, after;
		bool pcm;
		double mbit, rtt; /* a second, ms */
	} cases[] = {
		/* Opus of 10 ms, below 3 Mbit/s of 20 ms, from 4.5 not. */
		{ N, N, false, 1000, 0.1 },
		{ N, N, false, 3.01, 40 },
		{ N, T, false, 2.99, 40 },
		{ N, T, false, 0, 0 },
		{ T, T, false, 4.49, 40 },
		{ T, N, false, 4.51, 40 },
		/* PCM from 8 Mbit/s below 5 ms, to who offers it. */
		{ N, N, true, 7.9, 0.1 },
		{ N, E, true, 8.1, 0.1 },
		{ T, E, true, 8.1, 4.9 },
		{ N, N, true, 1000, 5.1 },
		{ T, N, true, 1000, 5.1 },
		/* And until 5, or 8 ms. */
		{ E, E, true, 5.1, 7.9 },
		{ E, N, true, 4.9, 0.1 },
		{ E, N, true, 1000, 8.1 },
		{ E, T, true, 2.9, 40 },
		{ E, N, false, 1000, 0.1 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
				orl_sound_way_for(cases[i].before, cases[i].pcm,
						(uint64_t)(cases[i].mbit *
								125000),
						(uint64_t)(cases[i].rtt * 1e6)),
				cases[i].after);
}

static void write_at(struct room *r, uint64_t time)
{
	static unsigned at;
	int16_t samples[4 * FRAMES];
	tone(samples, &at, 2);
	tone(samples + 2 * FRAMES, &at, 2);
	assert_true(oriel_sound_write(r->sound, samples, 2 * FRAMES, time) <=
			0);
	assert_true(oriel_server_dispatch(r->server, 0) >= 0);
}

/* Bytes of sound that the server has let go. */
static uint64_t left(const struct room *r)
{
	struct orl_link_stats s;
	orl_link_stats(orl_conn_link(r->peer->conn), &s);
	return s.bytes_out[SOUND];
}

static void pause_ms(int ms)
{
	struct timespec ts = { 0, ms * 1000000L };
	nanosleep(&ts, NULL);
}

/*
 * What leaves of ten packets, captured so long ago, that waited this long for
 * a client that did not read. False: it took too long for that to be told.
 */
static bool waited(struct room *r, int64_t ago_ms, int wait_ms, uint64_t *bytes)
{
	/* Credit is used up; and what waits for more is too late by then. */
	for (int i = 0; i < 50; i++)
		write_at(r, now());
	pause_ms(200);
	uint64_t start = now(), before = left(r);
	for (int i = 0; i < 5; i++)
		write_at(r, (uint64_t)((int64_t)now() - ago_ms * 1000000));
	assert_int_equal(left(r), before);
	pause_ms(wait_ms);
	for (int i = 0; i < 10; i++)
		step(r);
	*bytes = left(r) - before;
	return now() - start < 140000000;
}

static void what_is_late_counts_from_its_capture(void **state)
{
	enum { PACKET = 4 * FRAMES }; /* one of them may have begun to leave */
	struct room r;
	uint64_t bytes;
	bool told = false;
	(void)state;
	begin(&r, ORIEL_MAY_SEE | ORIEL_MAY_HEAR,
			ORIEL_CLIENT_SOUND | ORIEL_CLIENT_SOUND_PCM);
	UNTIL(&r, r.wanted);
	for (int i = 0; i < 20 && !told; i++)
		/* Up to 40 ms are taken for a clock that is not steady. */
		told = waited(&r, 135, 70, &bytes) && bytes < 2 * PACKET;
	assert_true(told);
	for (int i = 0; i < 20; i++)
		if (waited(&r, 0, 70, &bytes)) {
			assert_true(bytes > 5 * PACKET);
			break;
		}
	/* A time to come makes nothing wait for longer. */
	(void)waited(&r, -3600000, 200, &bytes);
	assert_true(bytes < 2 * PACKET);
	end(&r);
}

/* A host's clock that is set, ahead and back again. */
static void a_clock_that_jumps_stops_nothing(void **state)
{
	static const int seconds[] = { 3600, 0, -3600, 0, 5, -5, 0, 86400, 0 };
	struct room r;
	(void)state;
	begin(&r, ORIEL_MAY_SEE | ORIEL_MAY_HEAR, ORIEL_CLIENT_SOUND);
	UNTIL(&r, r.wanted);
	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		unsigned before = made(&r);
		int16_t out[2 * FRAMES];
		for (int k = 0; k < 10; k++) {
			write_at(&r, (uint64_t)((int64_t)now() +
						     seconds[i] * INT64_C(1000000000)));
			step(&r);
			oriel_client_hear(r.client, out, FRAMES);
		}
		/* What was captured long ago is late, all else is sent. */
		if (seconds[i] >= 0)
			assert_true(made(&r) >= before + 5);
		else
			assert_int_equal(made(&r), before);
	}
	pthread_create(&r.thread, NULL, play, &r);
	hear(&r, 12000);
	atomic_store(&r.ends, true);
	pthread_join(r.thread, NULL);
	end(&r);
}

/* How loud the desktop has it, before it is heard and while it is. */
static void the_desktops_volume_is_heard(void **state)
{
	struct room r;
	(void)state;
	begin(&r, ORIEL_MAY_SEE | ORIEL_MAY_HEAR, ORIEL_CLIENT_SOUND);
	UNTIL(&r, r.wanted);
	oriel_sound_set_volume(r.sound, 64, 64);
	pthread_create(&r.thread, NULL, play, &r);
	hear_at(&r, 12000, 0.25);
	oriel_sound_set_volume(r.sound, 256, 256);
	hear_at(&r, 12000, 1);
	oriel_sound_set_volume(r.sound, 128, 128);
	hear_at(&r, 12000, 0.5);
	atomic_store(&r.ends, true);
	pthread_join(r.thread, NULL);
	end(&r);
}

static void a_microphone_is_heard_while_all_agree(void **state)
{
	struct room r;
	int16_t voice[FRAMES], out[2 * FRAMES];
	unsigned at = 0, loud = 0;
	(void)state;
	begin(&r, ORIEL_MAY_SEE | ORIEL_MAY_INPUT, ORIEL_CLIENT_SOUND);
	tone(voice, &at, 1);
	const struct oriel_sound_format mono = { 48000, 1 };
	oriel_server_want_microphone(r.server, true);
	assert_int_equal(oriel_client_speak(r.client, &mono, voice, FRAMES),
			ORIEL_EDENIED);
	for (int i = 0; i < 50; i++)
		step(&r);
	assert_false(r.mic_wanted);
	oriel_peer_set_rights(r.peer,
			ORIEL_MAY_SEE | ORIEL_MAY_INPUT | ORIEL_MAY_SPEAK);
	UNTIL(&r, r.mic_wanted);
	uint64_t next = now(), limit = next + 100000000000u;
	while (loud < 24000) {
		assert_true(now() < limit);
		step(&r);
		if (now() < next)
			continue;
		next += 10000000;
		tone(voice, &at, 1);
		assert_true(oriel_client_speak(r.client, &mono, voice,
					    FRAMES) <= 0);
		oriel_server_hear(r.server, &stereo, out, FRAMES);
		double power = 0;
		for (int i = 0; i < 2 * FRAMES; i++)
			power += (double)out[i] * out[i];
		power = sqrt(power / (2 * FRAMES));
		loud += power > 6500 && power < 10500 ? FRAMES : 0;
	}
	assert_true(r.speaks);
	/* It is the owner's. */
	oriel_client_take(r.client, false);
	UNTIL(&r, !r.speaks && !r.mic_wanted);
	oriel_client_take(r.client, true);
	UNTIL(&r, r.speaks && r.mic_wanted);
	assert_int_equal(oriel_client_speak(r.client, NULL, NULL, 0), 0);
	UNTIL(&r, !r.speaks);
	assert_int_equal(oriel_client_speak(r.client, &mono, voice, FRAMES), 0);
	UNTIL(&r, r.speaks);
	oriel_peer_set_rights(r.peer, ORIEL_MAY_SEE | ORIEL_MAY_INPUT);
	UNTIL(&r, !r.speaks && !r.mic_wanted);
	assert_int_equal(oriel_client_speak(r.client, &mono, voice, FRAMES),
			ORIEL_EDENIED);
	oriel_client_disconnect(r.client);
	UNTIL(&r, !r.ready);
	assert_int_equal(oriel_client_speak(r.client, &mono, voice, FRAMES),
			ORIEL_ESTATE);
	assert_false(oriel_client_hear(r.client, out, FRAMES));
	end(&r);
}

static void nonsense_from_the_host_is_an_error(void **state)
{
	static const struct oriel_sound_format wrong[] = { { 7999, 2 },
		{ 192001, 2 }, { 48000, 0 }, { 48000, 3 } };
	struct oriel_sound *more[4];
	struct room r;
	int16_t some[20] = { 0 };
	(void)state;
	begin(&r, ORIEL_MAY_SEE, ORIEL_CLIENT_SOUND);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(oriel_sound_create(
						 &more[0], r.server, &wrong[i]),
				ORIEL_EINVAL);
		if (wrong[i].channels != 0)
			assert_true(oriel_client_speak(r.client, &wrong[i],
						    some, 5) < 0);
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(
				oriel_sound_create(&more[i], r.server, &stereo),
				0);
	assert_int_equal(oriel_sound_create(&more[3], r.server, &stereo),
			ORIEL_ELIMIT);
	/* 100 times a second is nothing to speak of. */
	for (int i = 0; i < 500; i++) {
		oriel_sound_destroy(more[0]);
		assert_int_equal(
				oriel_sound_create(&more[0], r.server, &stereo),
				0);
		assert_int_equal(oriel_sound_write(more[0], some, 10, 0), 0);
		if (i % 50 == 0)
			step(&r);
	}
	assert_int_equal(oriel_sound_write(NULL, some, 10, 0), ORIEL_EINVAL);
	assert_int_equal(oriel_sound_write(more[0], NULL, 10, 0), ORIEL_EINVAL);
	end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_is_heard_by_who_wants_it),
		cmocka_unit_test(listeners_share_an_encoder),
		cmocka_unit_test(a_line_gets_what_it_takes),
		cmocka_unit_test(what_is_late_counts_from_its_capture),
		cmocka_unit_test(a_clock_that_jumps_stops_nothing),
		cmocka_unit_test(the_desktops_volume_is_heard),
		cmocka_unit_test(a_microphone_is_heard_while_all_agree),
		cmocka_unit_test(nonsense_from_the_host_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

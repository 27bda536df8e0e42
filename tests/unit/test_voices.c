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
#include "server/sound.h"

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

/* Until so many frames of the tone have been heard. */
static void hear(struct room *r, unsigned least)
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
		loud += power > 7500 && power < 9500 ? FRAMES : 0;
	}
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

/* Each packet is made once, however many hear it. */
static void listeners_share_an_encoder(void **state)
{
	struct room r;
	unsigned made = 0;
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
	for (int i = 0; i < ORL_SOUND_WAYS; i++)
		made += r.sound->lanes[i].serial;
	/* What was dropped or is on its way as well. */
	assert_in_range(made, 200, 390);
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
		cmocka_unit_test(a_microphone_is_heard_while_all_agree),
		cmocka_unit_test(nonsense_from_the_host_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

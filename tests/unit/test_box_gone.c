/*
 * test_box_gone.c - one of the viewer and its process has gone: what the other
 * still believes, and whether it waits.
 */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "client/viewer/box_child_impl.h"
#include "client/viewer/box_impl.h"
#include "tests/box_any.h"

/* Whether it is looked for or not: who allowed one to listen allowed one. */
static void sound_ends_with_its_process(void **state)
{
	(void)state;
	for (int again = 0; again < 2; again++) {
		struct any_seen seen = { 0 };
		struct orl_box_ring rings[ORL_RINGS];
		struct orl_box_message m = { .id = ORL_BOX_SOUND,
			.u.sound = { 1 } };
		int process;
		struct orl_box *box = any_box(&seen, &process, rings);
		box->jailed = true;
		box->was_ready = again;
		box->reconnect = 30;
		assert_int_equal(orl_box_event(box, &m), 0);
		m = (struct orl_box_message){ .id = ORL_BOX_MICROPHONE,
			.u.microphone = { 1 } };
		assert_int_equal(orl_box_event(box, &m), 0);
		assert_true(seen.sounds && seen.mic_wanted);
		orl_box_lost(box, "crashed");
		assert_int_equal(box->begun, again);
		assert_false(seen.sounds);
		assert_false(seen.mic_wanted);
		close(process);
		orl_rings_unmap(rings);
		orl_box_destroy(box);
	}
}

/* How often it is told whether a display is seen; *m is the last time. */
static unsigned told_visible(int process, struct orl_box_message *m)
{
	struct orl_box_message any;
	unsigned n = 0;
	int file;
	while (orl_box_receive(process, &any, ORL_BOX_DOWN, &file, 1) > 0) {
		if (file >= 0)
			close(file);
		if (any.id != ORL_BOX_VISIBLE)
			continue;
		*m = any;
		n++;
	}
	return n;
}

static void what_nobody_sees_is_told_to_the_next_process(void **state)
{
	struct any_seen seen = { 0 };
	struct orl_box_ring rings[ORL_RINGS];
	struct orl_box_message m = { 0 };
	int process;
	struct orl_box *box = any_box(&seen, &process, rings);
	(void)state;
	box->jailed = true;
	for (int round = 0; round < 3; round++) {
		struct orl_box_message sheet = { .id = ORL_BOX_ASK_SHEET,
			.u.ask_sheet = { 3 + round, 64, 48 } };
		struct orl_box_message screen = { .id = ORL_BOX_SCREEN,
			.u.screen = { 3 + round, 1, 0, 0, 64, 48, "a" } };
		/* It has crashed. */
		if (round)
			orl_box_strand(box);
		if (round == 2) /* it is seen again, and nobody there */
			orl_remote_set_visible(&box->remotes[0], true);
		assert_int_equal(told_visible(process, &m), 0);
		assert_int_equal(orl_box_event(box, &sheet), 0);
		assert_int_equal(orl_box_event(box, &screen), 0);
		assert_int_equal(told_visible(process, &m), round == 1);
		if (round == 0) {
			orl_remote_set_visible(&box->remotes[0], false);
			assert_int_equal(told_visible(process, &m), 1);
		}
		assert_int_equal(m.u.visible.slot, round ? 4 : 3);
		assert_false(m.u.visible.visible);
	}
	assert_int_equal(seen.screens, 1);
	close(process);
	orl_rings_unmap(rings);
	orl_box_destroy(box);
}

/* Where it is a thread of the viewer's, that waits for it to end. */
static void who_waits_for_room_sees_that_nobody_reads(void **state)
{
	struct orl_boxed *b = calloc(1, sizeof(*b));
	static const uint8_t bytes[1024];
	int ends[2], file;
	(void)state;
	assert_non_null(b);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	assert_int_equal(orl_rings_create(&file), 0);
	assert_int_equal(orl_rings_map(b->rings, file), 0);
	close(file);
	b->socket = ends[0];
	while (orl_box_ring_put(&b->rings[ORL_RING_CURSOR], bytes,
			       sizeof(bytes)) == 0)
		;
	close(ends[1]);
	orl_boxed_put(b, ORL_RING_CURSOR, bytes, sizeof(bytes));
	assert_true(b->gone);
	close(ends[0]);
	orl_rings_unmap(b->rings);
	free(b);
}

static atomic_bool enough;

static void *tell_all_the_time(void *box)
{
	for (bool on = false; !atomic_load(&enough); on = !on) {
		orl_box_listen(box, on);
		/* So that it is not too much for who reads. */
		nanosleep(&(struct timespec){ 0, 20000 }, NULL);
	}
	return NULL;
}

/* The window's thread may mute at any time; the process hears that later. */
static void nothing_is_told_before_the_beginning(void **state)
{
	struct any_seen seen = { 0 };
	const struct orl_box_config config = {
		.events = &any_events, .user = &seen, .name = "test"
	};
	struct orl_box *box;
	pthread_t other;
	(void)state;
	assert_int_equal(orl_box_create(&box, &config), 0);
	seen.box = box;
	assert_int_equal(pthread_create(&other, NULL, tell_all_the_time, box),
			0);
	for (int i = 0; i < 300; i++) {
		box->asked = 0; /* of sockets; more often than a person can */
		assert_int_equal(orl_box_connect(box, "unix:/nonexistent/it"),
				0);
		while (box->begun)
			orl_box_wait(box, 100);
		assert_false(orl_box_crashed(box));
	}
	atomic_store(&enough, true);
	pthread_join(other, NULL);
	orl_box_destroy(box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_ends_with_its_process),
		cmocka_unit_test(what_nobody_sees_is_told_to_the_next_process),
		cmocka_unit_test(who_waits_for_room_sees_that_nobody_reads),
		cmocka_unit_test(nothing_is_told_before_the_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_box_gone.c - one of the viewer and its process has gone: what the other
 * still believes, and whether it waits.
 */
#include "tests/unit/unit.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_ends_with_its_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

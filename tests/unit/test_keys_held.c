/*
 * test_keys_held.c - what went down goes up: keys of every page, and what did not fit into the client's queue.
 */
#include "tests/unit/unit.h"

#include <string.h>

#include "client/client.h"
#include "tests/pair.h"

enum { A = 0x070004, PLAY = 0x0c00cd, NEXT = 0x0c00b5 };

static void start(struct pair *p)
{
	pair_init(p);
	pair_start(p, 0, NULL);
	pair_display(p, 400, 200);
	pair_connect(p);
	PAIR_UNTIL(p, p->owner);
}

static int key(struct pair *p, uint32_t usage, bool down)
{
	return oriel_client_key(p->client,
			&(struct oriel_key){ .usage = usage, .down = down });
}

static void media_keys_go_up_as_well(void **state)
{
	struct pair p;

	(void)state;
	start(&p);
	assert_int_equal(key(&p, PLAY, true), 0);
	assert_int_equal(key(&p, PLAY, true), 0);
	assert_int_equal(key(&p, NEXT, true), 0);
	PAIR_UNTIL(&p, p.keys == 2);
	oriel_client_release_all(p.client);
	PAIR_UNTIL(&p, p.keys == 4);
	assert_false(p.last_key.down);
	/* Without a word from the client. */
	assert_int_equal(key(&p, PLAY, true), 0);
	PAIR_UNTIL(&p, p.keys == 5);
	oriel_client_disconnect(p.client);
	PAIR_UNTIL(&p, p.leaves);
	assert_int_equal(p.keys, 6);
	assert_int_equal(p.last_key.usage, PLAY);
	assert_false(p.last_key.down);
	pair_fini(&p);
}

/* A hand has no more: the host hears of no key that could not go up again. */
static void a_peer_holds_no_more_than_it_may(void **state)
{
	struct pair p;

	(void)state;
	start(&p);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(key(&p, 0x0c0100 + i, true), 0);
	assert_int_equal(key(&p, A, true), 0);
	PAIR_UNTIL(&p, p.last_key.usage == A);
	assert_int_equal(p.keys, ORL_OTHER_KEYS + 1);
	oriel_client_disconnect(p.client);
	PAIR_UNTIL(&p, p.leaves);
	assert_int_equal(p.keys, 2 * (ORL_OTHER_KEYS + 1));
	pair_fini(&p);
}

static void a_full_queue_loses_no_release(void **state)
{
	struct pair p;
	int err = 0;

	(void)state;
	start(&p);
	assert_int_equal(key(&p, A, true), 0);
	PAIR_UNTIL(&p, p.keys == 1);
	/* Nobody sends meanwhile. */
	for (int i = 0; i < 4 * ORL_INPUT_QUEUE && !err; i++)
		err = key(&p, A + 1, i % 2 == 0);
	assert_int_equal(err, ORIEL_ELIMIT);
	assert_int_equal(key(&p, A, false), ORIEL_ELIMIT);
	assert_int_equal(key(&p, A + 1, false), ORIEL_ELIMIT);
	assert_int_equal(key(&p, A + 2, true), ORIEL_ELIMIT);
	PAIR_UNTIL(&p, p.last_key.usage == A + 2 && p.last_key.down);
	int keys = (int)p.keys;
	oriel_client_release_all(p.client);
	PAIR_UNTIL(&p, !p.last_key.down);
	/* It was the only one. */
	assert_int_equal(p.last_key.usage, A + 2);
	assert_int_equal(p.keys, keys + 1);
	pair_fini(&p);
}

/* Rights that come in between mend nothing of it. */
static void a_full_queue_is_mended_whatever_rights_come(void **state)
{
	struct pair p;
	int err = 0;

	(void)state;
	start(&p);
	assert_int_equal(key(&p, A, true), 0);
	PAIR_UNTIL(&p, p.keys == 1);
	for (int i = 0; i < 4 * ORL_INPUT_QUEUE && !err; i++)
		err = key(&p, A + 1, i % 2 == 0);
	assert_int_equal(err, ORIEL_ELIMIT);
	assert_int_equal(key(&p, A, false), ORIEL_ELIMIT);
	assert_int_equal(key(&p, A + 2, true), ORIEL_ELIMIT);
	orl_input_open(p.client, true, p.client->rights);
	PAIR_UNTIL(&p, p.last_key.usage == A + 2 && p.last_key.down);
	pair_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(media_keys_go_up_as_well),
		cmocka_unit_test(a_peer_holds_no_more_than_it_may),
		cmocka_unit_test(a_full_queue_loses_no_release),
		cmocka_unit_test(a_full_queue_is_mended_whatever_rights_come),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_again.c - a session that is lost: it comes back, by token, login or
 * question; it ends when its server, its host or its time say so; nothing of
 * the old one is left on the server.
 */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/client.h"
#include "proto/io/conn_impl.h"
#include "server/server.h"
#include "tests/pair.h"

enum { WIDTH = 203, HEIGHT = 111, A = 0x070004 };
static uint32_t picture[WIDTH * HEIGHT];
static const uint8_t token_key[32] = { 7 };

static void submit(struct pair *p, uint32_t seed)
{
	struct oriel_frame_config cfg = { .size = sizeof(cfg),
		.pixels = { picture, WIDTH, HEIGHT, WIDTH * 4,
				ORIEL_FORMAT_XRGB8888 } };
	struct oriel_frame *frame;

	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
		picture[i] = (i / 7 * 2654435761u + seed * 0x10101) & 0xffffff;
	assert_int_equal(oriel_frame_create(&frame, p->server, &cfg), 0);
	assert_int_equal(oriel_display_submit(p->display, frame, NULL, 0), 0);
	oriel_frame_unref(frame);
}

static void until_exact(struct pair *p)
{
	PAIR_UNTIL(p, p->screen && p->state == ORIEL_CLIENT_READY &&
					pair_shows(p, picture) &&
					oriel_screen_is_exact(p->screen));
}

/* Connected, exact, with a token. */
static void begin(struct pair *p, uint32_t seconds)
{
	const struct oriel_server_config cfg = {
		.size = sizeof(cfg), .token_key = token_key, .max_peers = 1
	};

	pair_init(p);
	p->reconnect = seconds;
	pair_start(p, PAIR_TCP, &cfg);
	pair_display(p, WIDTH, HEIGHT);
	submit(p, 1);
	pair_connect(p);
	until_exact(p);
	PAIR_UNTIL(p, p->client->kept.valid);
	p->user[0] = 0;
	p->logins = p->trusts = 0;
}

/* As a reset on the way does. */
static void cut(struct pair *p)
{
	assert_int_equal(shutdown(p->client->conn->socket, SHUT_RDWR), 0);
	PAIR_UNTIL(p, p->state == ORIEL_CLIENT_RECONNECTING);
}

static void restart(struct pair *p, bool new_key)
{
	const struct oriel_server_config cfg = { .size = sizeof(cfg),
		.token_key = token_key };

	pair_restart(p, new_key, &cfg);
	pair_display(p, WIDTH, HEIGHT);
	submit(p, 3);
}

static void it_comes_back_by_its_token(void **state)
{
	const struct oriel_key down = { .usage = A, .down = true };
	struct pair p;

	(void)state;
	begin(&p, 60);
	struct oriel_screen *screen = p.screen;
	assert_int_equal(oriel_client_key(p.client, &down), 0);
	PAIR_UNTIL(&p, p.keys == 1);
	for (uint32_t round = 1; round <= 3; round++) {
		cut(&p);
		/* What there was can still be looked at, and not typed on. */
		assert_true(pair_shows(&p, picture));
		assert_false(oriel_screen_is_exact(p.screen));
		assert_int_equal(oriel_client_key(p.client, &down),
				ORIEL_ESTATE);
		assert_int_equal(oriel_client_connect(p.client, p.address),
				ORIEL_ESTATE);
		submit(&p, 10 + round);
		until_exact(&p);
		assert_ptr_equal(p.screen, screen);
		PAIR_UNTIL(&p, p.joins == round + 1 && p.leaves == round);
	}
	PAIR_UNTIL(&p, p.owner);
	/* Nobody was asked, and no key stays down. */
	assert_int_equal(p.logins, 0);
	assert_int_equal(p.trusts, 0);
	assert_string_equal(p.user, "");
	assert_int_equal(p.keys, 2);
	assert_false(p.last_key.down);
	assert_int_equal(p.losses, 3);
	pair_fini(&p);
}

static void the_old_one_goes_although_it_looks_alive(void **state)
{
	const struct oriel_key down = { .usage = A, .down = true };
	struct pair p;

	(void)state;
	begin(&p, 60);
	assert_int_equal(oriel_client_key(p.client, &down), 0);
	PAIR_UNTIL(&p, p.keys == 1);
	struct oriel_peer *old = p.peer;
	/* The server hears of no end: this keeps the connection open. */
	int held = dup(p.client->conn->socket);
	assert_true(held >= 0);
	p.in_client = true;
	orl_session_lost(p.client, ORIEL_ETIMEOUT, "silent");
	p.in_client = false;
	/* There is room for one, and it is this one's. */
	PAIR_UNTIL(&p, p.joins == 2 && p.leaves == 1);
	until_exact(&p);
	assert_ptr_not_equal(p.peer, old);
	assert_int_equal(orl_peer_count_ready(p.server), 1);
	assert_ptr_equal(p.server->owner, p.peer);
	assert_false(p.last_key.down);
	assert_int_equal(p.keys, 2);
	close(held);
	pair_fini(&p);
}

static struct oriel_auth *late;

static void keep_proved(void *user, struct oriel_auth *auth)
{
	(void)user;
	late = oriel_auth_ref(auth);
}

/* A host may take its time; what the old one held goes up in dispatch. */
static void it_may_be_let_in_at_any_time(void **state)
{
	const struct oriel_key down = { .usage = A, .down = true };
	struct pair p;

	(void)state;
	begin(&p, 60);
	assert_int_equal(oriel_client_key(p.client, &down), 0);
	PAIR_UNTIL(&p, p.keys == 1);
	p.server->events.auth_proved = keep_proved;
	late = NULL;
	int held = dup(p.client->conn->socket);
	assert_true(held >= 0);
	p.in_client = true;
	orl_session_lost(p.client, ORIEL_ETIMEOUT, "silent");
	p.in_client = false;
	PAIR_UNTIL(&p, late);
	oriel_auth_accept(late, p.rights);
	assert_int_equal(p.keys, 1);
	PAIR_UNTIL(&p, p.joins == 2 && p.leaves == 1);
	assert_int_equal(p.keys, 2);
	assert_false(p.last_key.down);
	assert_ptr_equal(p.server->owner, p.peer);
	assert_int_equal(orl_peer_count_ready(p.server), 1);
	until_exact(&p);
	oriel_auth_unref(late);
	close(held);
	pair_fini(&p);
}

static void what_was_not_heard_of_is_replaced_too(void **state)
{
	struct orl_resumption_kept token;
	struct pair p;

	(void)state;
	begin(&p, 60);
	token = p.client->kept;
	/* The same token twice: the welcome of the first use was lost. */
	for (unsigned round = 1; round <= 2; round++) {
		int held = dup(p.client->conn->socket);
		assert_true(held >= 0);
		p.client->kept = token;
		p.in_client = true;
		orl_session_lost(p.client, ORIEL_ETIMEOUT, "silent");
		p.in_client = false;
		PAIR_UNTIL(&p, p.joins == round + 1 && p.leaves == round);
		until_exact(&p);
		assert_int_equal(orl_peer_count_ready(p.server), 1);
		close(held);
	}
	assert_int_equal(p.logins, 0);
	pair_fini(&p);
}

static void a_token_that_is_refused_costs_a_login(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, 60);
	p.client->kept.sealed[20] ^= 1;
	cut(&p);
	until_exact(&p);
	assert_int_equal(p.logins, 1);
	assert_string_equal(p.user, "oriel");
	/* With a proof that is wrong as well. */
	PAIR_UNTIL(&p, p.client->kept.valid);
	p.client->kept.key[3] ^= 1;
	cut(&p);
	until_exact(&p);
	assert_int_equal(p.logins, 2);
	/* Expired here, it is not even shown. */
	PAIR_UNTIL(&p, p.client->kept.valid);
	p.client->kept.until = 1;
	cut(&p);
	until_exact(&p);
	assert_int_equal(p.logins, 3);
	assert_int_equal(p.trusts, 0);
	/* A wrong password is the host's to think about. */
	PAIR_UNTIL(&p, p.client->kept.valid);
	p.client->kept.valid = false;
	p.password = "wrong";
	cut(&p);
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_IDLE);
	assert_int_equal(p.error, ORIEL_EAUTH);
	assert_null(p.screen);
	pair_fini(&p);
}

static void a_long_session_gets_new_tokens(void **state)
{
	struct orl_resumption_kept first;
	struct pair p;

	(void)state;
	begin(&p, 60);
	first = p.client->kept;
	p.in_server = true;
	p.peer->delay.fire(&p.peer->delay);
	p.in_server = false;
	PAIR_UNTIL(&p, memcmp(p.client->kept.sealed, first.sealed, 64) != 0);
	cut(&p);
	until_exact(&p);
	assert_int_equal(p.logins, 0);
	/* Which ends the one before it. */
	PAIR_UNTIL(&p, p.joins == 2 && p.client->kept.valid);
	p.client->kept = first;
	cut(&p);
	until_exact(&p);
	assert_int_equal(p.logins, 1);
	pair_fini(&p);
}

static void on_a_unix_socket_it_logs_in_again(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	p.reconnect = 60;
	pair_start(&p, 0, NULL);
	pair_display(&p, WIDTH, HEIGHT);
	submit(&p, 1);
	pair_connect(&p);
	until_exact(&p);
	pair_stop(&p);
	PAIR_UNTIL(&p, p.losses > 1);
	restart(&p, false);
	until_exact(&p);
	assert_false(p.client->kept.valid);
	pair_fini(&p);
}

static void a_restarted_server_is_found(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, 60);
	pair_stop(&p);
	PAIR_UNTIL(&p, p.losses > 1); /* refused, at least once */
	restart(&p, false);
	until_exact(&p);
	assert_int_equal(p.logins, 0);
	/* One that shuts down in order is waited for, too. */
	oriel_server_shutdown(p.server, "a new version");
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_RECONNECTING && !p.peer);
	assert_int_equal(p.error, 0);
	assert_string_equal(p.why, "a new version");
	pair_stop(&p);
	restart(&p, false);
	until_exact(&p);
	assert_int_equal(p.logins, 0);
	assert_int_equal(p.trusts, 0);
	pair_fini(&p);
}

static void on_relative(void *user, bool relative)
{
	const struct pair *p = user;

	*(bool *)p->data = relative;
}

/* The one before may have wanted another kind of motion. */
static void each_server_says_how_its_pointer_moves(void **state)
{
	bool relative = false;
	struct pair p;

	(void)state;
	begin(&p, 60);
	p.data = &relative;
	p.client->events.relative = on_relative;
	oriel_server_set_relative(p.server, true);
	PAIR_UNTIL(&p, relative);
	pair_stop(&p);
	restart(&p, false);
	until_exact(&p);
	PAIR_UNTIL(&p, !relative);
	pair_fini(&p);
}

static void another_key_is_asked_about(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, 60);
	struct orl_resumption_kept token = p.client->kept;
	pair_stop(&p);
	restart(&p, true);
	until_exact(&p);
	assert_int_equal(p.trusts, 1);
	/* The token is not that server's: it was not shown to it. */
	assert_int_equal(p.logins, 1);
	assert_memory_not_equal(token.pin, p.client->kept.pin, 32);
	pair_stop(&p);
	restart(&p, true);
	p.distrust = true;
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_IDLE);
	assert_int_equal(p.error, ORIEL_ETLS);
	assert_int_equal(p.trusts, 2);
	pair_fini(&p);
}

static void it_gives_up_in_time(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, 1);
	pair_stop(&p);
	PAIR_UNTIL(&p, p.losses);
	uint64_t lost = pair_clock();
	assert_true(pair_shows(&p, picture));
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_IDLE);
	assert_true(pair_clock() - lost >= 900000000u);
	assert_int_equal(p.error, ORIEL_EIO);
	assert_null(p.screen);
	/* And can be used again. */
	restart(&p, false);
	pair_connect(&p);
	until_exact(&p);
	pair_fini(&p);
}

static void its_host_may_end_it_anywhere(void **state)
{
	struct pair p;

	(void)state;
	/* Between two tries. */
	begin(&p, 60);
	pair_stop(&p);
	PAIR_UNTIL(&p, p.losses > 1 && !p.client->conn);
	oriel_client_disconnect(p.client);
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_IDLE);
	assert_int_equal(p.error, 0);
	assert_false(p.client->kept.valid);
	assert_null(p.screen);
	pair_fini(&p);
	/* When it is told. */
	begin(&p, 60);
	p.leave_when_lost = true;
	assert_int_equal(shutdown(p.client->conn->socket, SHUT_RDWR), 0);
	PAIR_UNTIL(&p, p.losses && p.state == ORIEL_CLIENT_IDLE);
	assert_int_equal(p.error, 0);
	pair_fini(&p);
	/* When a line is there, but no session yet. */
	begin(&p, 60);
	cut(&p);
	PAIR_UNTIL(&p, p.client->conn);
	oriel_client_disconnect(p.client);
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_IDLE);
	assert_false(p.client->kept.valid);
	pair_fini(&p);
	/* And the handle may go at any time. */
	begin(&p, 60);
	cut(&p);
	pair_fini(&p);
	begin(&p, 60);
	cut(&p);
	PAIR_UNTIL(&p, p.client->conn);
	pair_fini(&p);
}

static void an_end_is_no_loss(void **state)
{
	struct pair p;

	(void)state;
	/* A server that says done. */
	begin(&p, 60);
	oriel_peer_close(p.peer, "done");
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_IDLE);
	assert_int_equal(p.error, 0);
	assert_int_equal(p.losses, 0);
	/* The host's own goodbye. */
	pair_connect(&p);
	oriel_client_disconnect(p.client);
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_IDLE && !p.peer);
	assert_int_equal(p.losses, 0);
	pair_fini(&p);
	/* One that is not let in again. */
	begin(&p, 60);
	p.reject = "not today";
	cut(&p);
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_IDLE);
	assert_int_equal(p.error, ORIEL_EDENIED);
	pair_fini(&p);
	/* Who did not ask for it. */
	begin(&p, 0);
	assert_int_equal(shutdown(p.client->conn->socket, SHUT_RDWR), 0);
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_IDLE);
	assert_int_equal(p.losses, 0);
	pair_fini(&p);
}

static const struct orl_pane *pane_of(const struct pair *p)
{
	return orl_container(p->peer->panes.next, struct orl_pane, by_peer);
}

static void screens_are_as_they_were_left(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, 60);
	cut(&p);
	/* Said while nobody hears it. */
	oriel_screen_set_visible(p.screen, false);
	PAIR_UNTIL(&p, p.joins == 2 && !pane_of(&p)->visible);
	oriel_screen_set_visible(p.screen, true);
	until_exact(&p);
	/* Another size: what there was is of no use. */
	cut(&p);
	oriel_display_destroy(p.display);
	pair_display(&p, WIDTH + 1, HEIGHT + 2);
	PAIR_UNTIL(&p, p.screen && oriel_screen_rect(p.screen).width ==
							WIDTH + 1);
	/* Gone. */
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_READY);
	cut(&p);
	oriel_display_destroy(p.display);
	p.display = NULL;
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_READY && !p.screen);
	pair_fini(&p);
}

static void a_screen_that_has_not_come_back_takes_no_parts(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, 60);
	p.screen->stale = true; /* as if this server had not named it again */
	submit(&p, 2);
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_IDLE);
	assert_int_equal(p.error, ORIEL_EPROTO);
	pair_fini(&p);
}

/* ---- memory that runs out ---------------------------------------------- */

struct memory {
	long live, fail_at;
};

static void *take(void *user, size_t n)
{
	struct memory *m = user;

	if (m->fail_at && --m->fail_at == 0)
		return NULL;
	m->live++;
	return malloc(n);
}

static void *retake(void *user, void *at, size_t n)
{
	struct memory *m = user;

	if (m->fail_at && --m->fail_at == 0)
		return NULL;
	m->live += !at;
	return realloc(at, n);
}

static void give(void *user, void *at)
{
	struct memory *m = user;

	m->live -= at != NULL;
	free(at);
}

static void without_memory_it_ends_in_order(void **state)
{
	struct memory m = { 0, 0 };
	const struct oriel_hooks hooks = { .size = sizeof(hooks),
		.user = &m,
		.alloc = take,
		.resize = retake,
		.release = give };
	const struct oriel_server_config cfg = { .size = sizeof(cfg),
		.token_key = token_key };
	unsigned ended = 0, back = 0;
	bool reached = false;
	struct pair p;

	(void)state;
	for (long n = 1; !reached; n += 1 + n / 8) {
		pair_init(&p);
		p.reconnect = 60;
		p.hooks = &hooks;
		pair_start(&p, PAIR_TCP, &cfg);
		pair_display(&p, WIDTH, HEIGHT);
		submit(&p, 1);
		pair_connect(&p);
		until_exact(&p);
		PAIR_UNTIL(&p, p.client->kept.valid);
		m.fail_at = n;
		assert_int_equal(
				shutdown(p.client->conn->socket, SHUT_RDWR), 0);
		PAIR_UNTIL(&p, p.losses);
		PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_IDLE ||
						(p.state == ORIEL_CLIENT_READY &&
								p.screen &&
								oriel_screen_is_exact(
										p.screen)));
		if (p.state == ORIEL_CLIENT_IDLE)
			ended++;
		else
			back++;
		reached = m.fail_at > 0;
		m.fail_at = 0;
		pair_fini(&p);
		assert_int_equal(m.live, 0);
	}
	assert_true(ended > 0);
	assert_true(back > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_comes_back_by_its_token),
		cmocka_unit_test(the_old_one_goes_although_it_looks_alive),
		cmocka_unit_test(it_may_be_let_in_at_any_time),
		cmocka_unit_test(what_was_not_heard_of_is_replaced_too),
		cmocka_unit_test(a_token_that_is_refused_costs_a_login),
		cmocka_unit_test(a_long_session_gets_new_tokens),
		cmocka_unit_test(on_a_unix_socket_it_logs_in_again),
		cmocka_unit_test(a_restarted_server_is_found),
		cmocka_unit_test(each_server_says_how_its_pointer_moves),
		cmocka_unit_test(another_key_is_asked_about),
		cmocka_unit_test(it_gives_up_in_time),
		cmocka_unit_test(its_host_may_end_it_anywhere),
		cmocka_unit_test(an_end_is_no_loss),
		cmocka_unit_test(screens_are_as_they_were_left),
		cmocka_unit_test(
				a_screen_that_has_not_come_back_takes_no_parts),
		cmocka_unit_test(without_memory_it_ends_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

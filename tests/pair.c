/*
 * pair.c - see pair.h.
 */
#include "tests/pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/io/host.h"
#include "tests/unit/unit.h"

/* Callbacks run inside dispatch, and nowhere else. */
static struct pair *in_server(void *user)
{
	struct pair *p = user;

	assert_true(p->in_server);
	return p;
}

static struct pair *in_client(void *user)
{
	struct pair *p = user;

	assert_true(p->in_client);
	return p;
}

static void on_wanted(void *user, struct oriel_auth *auth)
{
	struct pair *p = in_server(user);
	int err;

	snprintf(p->user, sizeof(p->user), "%s", oriel_auth_name(auth));
	if (p->retained) {
		p->kept = oriel_auth_ref(auth);
		return;
	}
	if (p->verify_none)
		err = oriel_auth_use_none(auth);
	else if (p->known)
		err = oriel_auth_use_password(auth, p->known);
	else
		err = ORIEL_EDENIED;
	if (err)
		oriel_auth_reject(auth, "no such user");
}

static void on_proved(void *user, struct oriel_auth *auth)
{
	struct pair *p = in_server(user);

	if (p->reject)
		oriel_auth_reject(auth, p->reject);
	else
		oriel_auth_accept(auth, p->rights);
}

static void on_joined(void *user, struct oriel_peer *peer)
{
	struct pair *p = in_server(user);

	p->peer = peer;
	p->joins++;
}

static void on_left(void *user, struct oriel_peer *peer, int reason)
{
	struct pair *p = in_server(user);

	if (p->peer == peer)
		p->peer = NULL;
	p->leaves++;
	p->left = reason;
}

static void on_frame_wanted(void *user, struct oriel_display *display)
{
	struct pair *p = in_server(user);

	(void)display;
	p->wanted++;
}

static void on_key(void *user, struct oriel_peer *peer,
		const struct oriel_key *key)
{
	struct pair *p = in_server(user);

	p->keys++;
	p->last_key = *key;
	if (p->close_on_key)
		oriel_peer_close(peer, "no keys");
}

static void on_pointer(void *user, struct oriel_peer *peer,
		const struct oriel_pointer *pointer)
{
	struct pair *p = in_server(user);

	(void)peer;
	p->last_pointer = *pointer;
}

static void on_touch(void *user, struct oriel_peer *peer,
		const struct oriel_touch *touch)
{
	struct pair *p = in_server(user);

	(void)peer;
	p->touches++;
	p->last_touch = *touch;
}

static void on_text(void *user, struct oriel_peer *peer, const char *text)
{
	struct pair *p = in_server(user);

	(void)peer;
	p->texts++;
	snprintf(p->last_text, sizeof(p->last_text), "%s", text);
}

static void on_failed(void *user, struct oriel_display *display, int error)
{
	struct pair *p = in_server(user);

	assert_ptr_equal(display, p->display);
	p->failed++;
	p->failure = error;
}

static const struct oriel_server_events server_events = {
	.size = sizeof(server_events),
	.auth_wanted = on_wanted,
	.auth_proved = on_proved,
	.peer_joined = on_joined,
	.peer_left = on_left,
	.frame_wanted = on_frame_wanted,
	.key = on_key,
	.pointer = on_pointer,
	.touch = on_touch,
	.text = on_text,
	.frame_failed = on_failed,
};

static void on_state(void *user, enum oriel_client_state state, int error,
		const char *text)
{
	struct pair *p = in_client(user);

	p->state = state;
	p->error = error;
	p->losses += state == ORIEL_CLIENT_RECONNECTING;
	if (state == ORIEL_CLIENT_RECONNECTING && p->leave_when_lost)
		oriel_client_disconnect(p->client);
	snprintf(p->why, sizeof(p->why), "%s", text);
}

static void on_trust(void *user, const uint8_t sha256[32], bool verified)
{
	struct pair *p = in_client(user);

	(void)verified;
	memcpy(p->pin, sha256, sizeof(p->pin));
	p->trusts++;
	oriel_client_trust(p->client, !p->distrust);
}

static void on_login(void *user)
{
	struct pair *p = in_client(user);

	p->logins++;
	if (oriel_client_login(p->client, NULL, p->password) < 0)
		oriel_client_disconnect(p->client);
}

static void on_added(void *user, struct oriel_screen *screen)
{
	struct pair *p = in_client(user);

	p->screen = screen;
}

static void on_removed(void *user, struct oriel_screen *screen)
{
	struct pair *p = in_client(user);

	if (p->screen == screen)
		p->screen = NULL;
}

static void on_updated(void *user, struct oriel_screen *screen,
		const struct oriel_rect *rects, size_t count)
{
	struct pair *p = in_client(user);

	(void)screen;
	(void)rects;
	p->updates += count > 0;
	p->unshown = p->slow > 0;
	p->updated_at = pair_clock();
}

static void on_cursor(void *user, const struct oriel_pixels *image,
		int32_t hot_x, int32_t hot_y)
{
	struct pair *p = in_client(user);

	(void)hot_x;
	(void)hot_y;
	p->cursors++;
	p->cursor_shown = image != NULL;
}

static void on_owner(void *user, bool yours, const char *name)
{
	struct pair *p = in_client(user);

	(void)name;
	p->owner = yours;
}

static void on_locks(void *user, uint32_t locks)
{
	struct pair *p = in_client(user);

	p->locks = locks;
}

static const struct oriel_client_events client_events = {
	.size = sizeof(client_events),
	.state = on_state,
	.trust_wanted = on_trust,
	.login_wanted = on_login,
	.owner = on_owner,
	.screen_added = on_added,
	.screen_removed = on_removed,
	.screen_updated = on_updated,
	.cursor = on_cursor,
	.locks = on_locks,
};

void pair_init(struct pair *p)
{
	memset(p, 0, sizeof(*p));
	p->password = p->known = "correct horse";
	p->rights = ORIEL_MAY_SEE | ORIEL_MAY_INPUT;
}

void pair_start(struct pair *p, unsigned flags,
		const struct oriel_server_config *extra)
{
	struct oriel_server_config cfg = { .size = sizeof(cfg) };
	struct oriel_client_config ccfg = { .size = sizeof(ccfg),
		.name = "test client",
		.events = &p->client_events,
		.user = p,
		.reconnect = p->reconnect,
		.flags = p->flags,
		.hooks = p->hooks };
	char listen[128] = "tcp://127.0.0.1:0", actual[128];

	if (p->configure)
		p->configure(&ccfg);
	p->server_events = server_events;
	p->client_events = client_events;
	if (p->amend)
		p->amend(&p->server_events, &p->client_events);

	if (extra)
		cfg = *extra;
	cfg.events = &p->server_events;
	cfg.user = p;
	cfg.flags |= (flags & PAIR_OPEN ? ORIEL_SERVER_OPEN : 0) |
		     (flags & PAIR_LOSSLESS ? ORIEL_SERVER_LOSSLESS : 0);
	if (flags & PAIR_TCP) {
		assert_int_equal(oriel_server_make_pair(&p->certificate,
						 &p->private_key, "test"),
				0);
		cfg.certificate = p->certificate;
		cfg.private_key = p->private_key;
	} else {
		snprintf(listen, sizeof(listen), "unix:/tmp/oriel-test-%d.sock",
				(int)getpid());
	}
	assert_int_equal(oriel_server_create(&p->server, &cfg), 0);
	assert_int_equal(oriel_server_listen(p->server, listen, actual,
					 sizeof(actual)),
			0);
	snprintf(p->listening, sizeof(p->listening), "%s", actual);
	assert_int_equal(oriel_client_create(&p->client, &ccfg), 0);
	if (flags & PAIR_TCP)
		snprintf(p->address, sizeof(p->address), "oriel://%s",
				actual + strlen("tcp://"));
	else
		snprintf(p->address, sizeof(p->address), "%s", actual);
}

void pair_stop(struct pair *p)
{
	oriel_server_destroy(p->server);
	p->server = NULL;
	p->peer = NULL;
	p->display = NULL;
}

void pair_restart(struct pair *p, bool new_key,
		const struct oriel_server_config *extra)
{
	struct oriel_server_config cfg = { .size = sizeof(cfg) };

	if (extra)
		cfg = *extra;
	if (new_key) {
		oriel_text_free(p->certificate);
		oriel_text_free(p->private_key);
		assert_int_equal(oriel_server_make_pair(&p->certificate,
						 &p->private_key, "test"),
				0);
	}
	cfg.events = &p->server_events;
	cfg.user = p;
	cfg.certificate = p->certificate;
	cfg.private_key = p->private_key;
	assert_int_equal(oriel_server_create(&p->server, &cfg), 0);
	assert_int_equal(oriel_server_listen(p->server, p->listening, NULL, 0),
			0);
}

void pair_display(struct pair *p, int32_t width, int32_t height)
{
	struct oriel_display_config cfg = { .size = sizeof(cfg),
		.name = "test",
		.width = width,
		.height = height };

	assert_int_equal(oriel_display_create(&p->display, p->server, &cfg), 0);
}

void pair_connect(struct pair *p)
{
	assert_int_equal(oriel_client_connect(p->client, p->address), 0);
	PAIR_UNTIL(p, p->state == ORIEL_CLIENT_READY && p->peer);
}

void pair_fini(struct pair *p)
{
	oriel_auth_unref(p->kept);
	oriel_client_destroy(p->client);
	oriel_server_destroy(p->server);
	oriel_text_free(p->certificate);
	oriel_text_free(p->private_key);
}

void pair_step(struct pair *p)
{
	if (p->server) {
		p->in_server = true;
		assert_true(oriel_server_wait(p->server, 1) >= 0);
		p->in_server = false;
	}
	if (p->unshown && p->screen && pair_clock() - p->updated_at > p->slow) {
		oriel_screen_shown(p->screen, 0);
		p->unshown = false;
	}
	p->in_client = true;
	assert_true(oriel_client_wait(p->client, p->server ? 0 : 1) >= 0);
	p->in_client = false;
}

uint64_t pair_clock(void)
{
	struct orl_env env;

	assert_int_equal(orl_host_env(&env, NULL), 0);
	return orl_now(&env);
}

bool pair_shows(const struct pair *p, const uint32_t *pixels)
{
	struct oriel_pixels got;

	if (!p->screen)
		return false;
	oriel_screen_pixels(p->screen, &got);
	return memcmp(got.data, pixels,
			       (size_t)got.width * (size_t)got.height * 4) == 0;
}

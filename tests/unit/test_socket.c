/*
 * test_socket.c - addresses as people write them, and listeners that get,
 * keep and give up their names.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/io/conn.h"
#include "proto/io/host.h"
#include "proto/io/socket.h"

static void addresses_are_parsed(void **state)
{
	static const struct {
		const char *text, *user, *host;
		uint16_t port;
	} good[] = {
		{ "oriel://desk", "", "desk", 5910 },
		{ "oriel://desk/", "", "desk", 5910 },
		{ "oriel://desk.example:7000", "", "desk.example", 7000 },
		{ "oriel://ann@desk:1", "ann", "desk", 1 },
		{ "oriel://a%40b%C3%a9@desk", "a@b\xc3\xa9", "desk", 5910 },
		{ "oriel://192.0.2.1:65535", "", "192.0.2.1", 65535 },
		{ "oriel://[2001:db8::1]", "", "2001:db8::1", 5910 },
		{ "oriel://u@[fe80::1%eth0]:99", "u", "fe80::1%eth0", 99 },
	};
	static const char *const bad[] = { "", "oriel", "oriel:", "oriel://",
		"oriel:///", "oriel://@desk", "oriel://a@", "oriel://a@b@c",
		"oriel://desk:", "oriel://desk:0", "oriel://desk:65536",
		"oriel://desk:+1", "oriel://desk:1x", "oriel://desk:999999",
		"oriel://[::1", "oriel://[]", "oriel://[::1]5", "oriel://[a]",
		"oriel://[::1]:", "oriel://::1", "oriel://de sk",
		"oriel://desk/path", "oriel://a%4@desk", "oriel://a%zz@desk",
		"oriel://a%00@desk", "oriel://a%0a@desk", "oriel://a\x01@desk",
		"oriel://*", "http://desk", "unix:", "desk", "ORIEL://desk" };
	struct orl_address a;
	(void)state;
	for (size_t i = 0; i < ORL_COUNT(good); i++) {
		if (orl_address_parse(&a, good[i].text) != 0)
			fail_msg("%s", good[i].text);
		assert_false(a.local);
		assert_string_equal(a.user, good[i].user);
		assert_string_equal(a.host, good[i].host);
		assert_int_equal(a.port, good[i].port);
	}
	for (size_t i = 0; i < ORL_COUNT(bad); i++) {
		if (orl_address_parse(&a, bad[i]) != ORIEL_EINVAL)
			fail_msg("%s", bad[i]);
	}
	assert_int_equal(orl_address_parse(&a, "unix:/run/x y"), 0);
	assert_true(a.local);
	assert_string_equal(a.path, "/run/x y");
}

static void long_addresses_are_refused(void **state)
{
	struct orl_address a;
	char text[400];
	(void)state;
	/* Prefix, most bytes that fit, whether they stand before an '@'. */
	static const struct {
		const char *prefix, *suffix;
		size_t most;
	} cases[] = { { "unix:", "", 107 }, { "oriel://", "", 255 },
		{ "oriel://", "@h", 64 } };
	for (size_t i = 0; i < ORL_COUNT(cases); i++) {
		for (size_t over = 0; over < 2; over++) {
			char fill[300] = "";
			memset(fill, 'a', cases[i].most + over);
			snprintf(text, sizeof(text), "%s%s%s", cases[i].prefix,
					fill, cases[i].suffix);
			assert_int_equal(orl_address_parse(&a, text),
					over ? ORIEL_EINVAL : 0);
		}
	}
}

/* ---- listeners --------------------------------------------------------- */

struct world {
	struct orl_env env;
	struct orl_loop *loop;
	char dir[64], path[96], address[128];
	int logged;
};

static void count_log(void *user, enum oriel_log_level level, const char *topic,
		const char *text)
{
	struct world *w = user;
	(void)level;
	(void)topic;
	(void)text;
	w->logged++;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct oriel_hooks hooks = { .size = sizeof(hooks),
		.user = w,
		.log = count_log,
		.log_level = ORIEL_LOG_WARN };
	assert_int_equal(orl_host_env(&w->env, &hooks), 0);
	assert_int_equal(orl_loop_create(&w->loop, &w->env), 0);
	strcpy(w->dir, "/tmp/oriel-test-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->path, sizeof(w->path), "%s/socket", w->dir);
	snprintf(w->address, sizeof(w->address), "unix:%s", w->path);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	orl_loop_destroy(w->loop);
	unlink(w->path);
	assert_int_equal(rmdir(w->dir), 0);
	free(w);
	return 0;
}

struct door {
	struct orl_listener listener;
	int sockets[64], n;
	bool close; /* at the first */
};

static void take(struct orl_listener *listener, int socket)
{
	struct door *d = orl_container(listener, struct door, listener);
	d->sockets[d->n++] = socket;
	if (d->close)
		orl_listener_close(listener);
}

static int call(const char *address, const char **why)
{
	struct orl_address a = { .host = "" };
	int fd = -1;
	if (strncmp(address, "unix:", 5) == 0) {
		assert_int_equal(orl_address_parse(&a, address), 0);
	} else {
		char text[160];
		snprintf(text, sizeof(text), "oriel%s", strchr(address, ':'));
		assert_int_equal(orl_address_parse(&a, text), 0);
	}
	int err = orl_socket_connect(&fd, &a, 0, why);
	return err ? err : fd;
}

static void tcp_takes_a_free_port(void **state)
{
	static const char *const addresses[] = { "tcp://127.0.0.1:0",
		"tcp://[::1]:0", "tcp://localhost:0", "tcp://:0", "tcp://*:0" };
	struct world *w = *state;
	for (size_t i = 0; i < ORL_COUNT(addresses); i++) {
		struct door d = { .listener.accepted = take };
		char to[128];
		int err = orl_listener_open(
				&d.listener, w->loop, &w->env, addresses[i]);
		if (err && strchr(addresses[i], '['))
			continue; /* a machine without IPv6 */
		assert_int_equal(err, 0);
		unsigned port = (unsigned)atoi(
				strrchr(d.listener.address, ':') + 1);
		assert_in_range(port, 1, 65535);
		assert_int_equal(d.listener.loopback, i < 3);
		assert_false(d.listener.local);
		snprintf(to, sizeof(to), "tcp://%s:%u",
				i == 1 ? "[::1]" : "127.0.0.1", port);
		int fd = call(to, NULL);
		assert_true(fd >= 0);
		while (!d.n)
			orl_loop_wait(w->loop, -1);
		struct orl_peer_name name;
		assert_int_equal(orl_socket_peer(&name, d.sockets[0]), 0);
		/* Also through a socket that speaks both families. */
		assert_string_equal(
				name.network, i == 1 ? "::/64" : "127.0.0.1");
		assert_true(name.loopback);
		assert_true(fcntl(d.sockets[0], F_GETFL) & O_NONBLOCK);
		assert_true(fcntl(d.sockets[0], F_GETFD) & FD_CLOEXEC);
		close(fd);
		close(d.sockets[0]);
		orl_listener_close(&d.listener);
		orl_listener_close(&d.listener);
	}
}

static void taken_port_is_an_error(void **state)
{
	struct world *w = *state;
	struct door d = { .listener.accepted = take }, e = d;
	assert_int_equal(orl_listener_open(&d.listener, w->loop, &w->env,
					 "tcp://127.0.0.1:0"),
			0);
	assert_int_equal(orl_listener_open(&e.listener, w->loop, &w->env,
					 d.listener.address),
			ORIEL_EIO);
	assert_int_equal(w->logged, 1);
	assert_int_equal(orl_listener_open(&e.listener, w->loop, &w->env,
					 "http://x"),
			ORIEL_EINVAL);
	assert_int_equal(orl_listener_open(&e.listener, w->loop, &w->env,
					 "tcp://x:y"),
			ORIEL_EINVAL);
	assert_int_equal(orl_listener_open(&e.listener, w->loop, &w->env,
					 "unix:"),
			ORIEL_EINVAL);
	orl_listener_close(&d.listener);
}

static void unix_socket_is_private(void **state)
{
	struct world *w = *state;
	struct door d = { .listener.accepted = take };
	struct stat st;
	const char *why = NULL;
	mode_t mask = umask(0);
	assert_int_equal(orl_listener_open(&d.listener, w->loop, &w->env,
					 w->address),
			0);
	assert_int_equal(umask(mask), 0); /* nobody changed it */
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(d.listener.local);
	int fd = call(w->address, NULL);
	assert_true(fd >= 0);
	orl_loop_wait(w->loop, -1);
	assert_int_equal(d.n, 1);
	struct orl_peer_name name;
	assert_int_equal(orl_socket_peer(&name, d.sockets[0]), 0);
	assert_true(name.uid == (int64_t)geteuid());
	close(fd);
	close(d.sockets[0]);
	orl_listener_close(&d.listener);
	assert_int_equal(stat(w->path, &st), -1);
	assert_int_equal(call(w->address, &why), ORIEL_EIO);
	assert_string_equal(why, "there is no such socket");
}

static void stale_socket_is_replaced(void **state)
{
	struct world *w = *state;
	struct door d = { .listener.accepted = take }, e = d;
	struct stat st;
	/* As a server that was killed leaves it. */
	assert_int_equal(orl_listener_open(&d.listener, w->loop, &w->env,
					 w->address),
			0);
	d.listener.path[0] = 0;
	orl_listener_close(&d.listener);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(orl_listener_open(&d.listener, w->loop, &w->env,
					 w->address),
			0);
	/* One that is alive stays. */
	assert_int_equal(orl_listener_open(&e.listener, w->loop, &w->env,
					 w->address),
			ORIEL_EIO);
	/* A name that somebody else has taken over is not unlinked. */
	assert_int_equal(unlink(w->path), 0);
	assert_int_equal(orl_listener_open(&e.listener, w->loop, &w->env,
					 w->address),
			0);
	orl_listener_close(&d.listener);
	assert_int_equal(stat(w->path, &st), 0);
	orl_listener_close(&e.listener);
	assert_int_equal(stat(w->path, &st), -1);
}

static void other_files_stay(void **state)
{
	struct world *w = *state;
	struct door d = { .listener.accepted = take };
	struct stat st;
	FILE *f = fopen(w->path, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(orl_listener_open(&d.listener, w->loop, &w->env,
					 w->address),
			ORIEL_EIO);
	assert_int_equal(stat(w->path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void closed_while_accepting(void **state)
{
	struct world *w = *state;
	struct door d = { .listener.accepted = take, .close = true };
	int fd[2];
	assert_int_equal(orl_listener_open(&d.listener, w->loop, &w->env,
					 w->address),
			0);
	for (int i = 0; i < 2; i++)
		fd[i] = call(w->address, NULL);
	orl_loop_wait(w->loop, -1);
	orl_loop_wait(w->loop, 0);
	assert_int_equal(d.n, 1);
	close(d.sockets[0]);
	close(fd[0]);
	close(fd[1]);
}

/* Out of descriptors: a pause, not a spin, and afterwards it goes on. */
static void no_descriptors_pauses(void **state)
{
	struct world *w = *state;
	struct door d = { .listener.accepted = take };
	struct rlimit kept, low;
	assert_int_equal(orl_listener_open(&d.listener, w->loop, &w->env,
					 w->address),
			0);
	int fd = call(w->address, NULL);
	assert_true(fd >= 0);
	getrlimit(RLIMIT_NOFILE, &kept);
	low = kept;
	low.rlim_cur = (rlim_t)fd + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	uint64_t begin = orl_now(&w->env), before = orl_loop_wakeups(w->loop);
	while (orl_now(&w->env) - begin < 250000000)
		orl_loop_wait(w->loop, 50);
	setrlimit(RLIMIT_NOFILE, &kept);
	assert_int_equal(d.n, 0);
	assert_true(w->logged > 0);
	assert_true(orl_loop_wakeups(w->loop) - before <= 12);
	while (!d.n)
		orl_loop_wait(w->loop, -1);
	close(d.sockets[0]);
	close(fd);
	orl_listener_close(&d.listener);
}

static void connecting_ends_after_the_last_address(void **state)
{
	struct orl_address a = { .host = "127.0.0.1", .port = 1 };
	const char *why = NULL;
	int fd = -1;
	(void)state;
	assert_int_equal(orl_socket_connect(&fd, &a, 1, &why), ORIEL_ECLOSED);
	assert_string_equal(why, "no address is left to try");
	strcpy(a.host, "no-such-host.invalid");
	/* Nor is there another to try where there is no name. */
	assert_int_equal(orl_socket_connect(&fd, &a, 0, &why), ORIEL_ECLOSED);
	assert_non_null(strstr(why, "name"));
	assert_int_equal(fd, -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_parsed),
		cmocka_unit_test(long_addresses_are_refused),
		TEST(tcp_takes_a_free_port),
		TEST(taken_port_is_an_error),
		TEST(unix_socket_is_private),
		TEST(stale_socket_is_replaced),
		TEST(other_files_stay),
		TEST(closed_while_accepting),
		TEST(no_descriptors_pauses),
		cmocka_unit_test(connecting_ends_after_the_last_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_conn.c - two conns in one loop, over real sockets: what arrives, when
 * pictures are asked for, and every way to end.
 */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/io/conn.h"
#include "proto/io/host.h"

#define MS UINT64_C(1000000)

enum { TEXT = 0x0070, PICTURE = 0x0370, FILE_DATA = 0x0570 };

struct side;

struct world {
	struct orl_env env;
	struct orl_loop *loop;
	struct orl_tls_context *server_tls, *client_tls;
	struct side *server, *client;
};

/* One end, and what happened to it. */
struct side {
	struct world *world;
	struct orl_conn *conn;
	unsigned secured, messages, produced, closed;
	int error;
	char why[320];
	uint64_t bytes;       /* of messages */
	uint64_t left;        /* produce: bytes of picture still to be made */
	uint64_t most_queued; /* seen by produce */
	uint8_t last[64];
	bool wait;           /* do not start when secured */
	bool open;           /* open the link when secured */
	const char *destroy; /* in which callback */
	int result;          /* of message */
};

static void maybe_destroy(struct side *s, const char *where)
{
	if (s->destroy && strcmp(s->destroy, where) == 0) {
		orl_conn_destroy(s->conn);
		s->conn = NULL;
	}
}

static void on_secured(void *user)
{
	struct side *s = user;
	s->secured++;
	if (s->open)
		orl_link_open(orl_conn_link(s->conn));
	if (!s->wait)
		orl_conn_start(s->conn);
	maybe_destroy(s, "secured");
}

static int on_message(void *user, uint16_t id, const uint8_t *data, size_t n)
{
	struct side *s = user;
	(void)id;
	s->messages++;
	s->bytes += n;
	memcpy(s->last, data, n < sizeof(s->last) ? n : sizeof(s->last));
	maybe_destroy(s, "message");
	return s->result;
}

static void send_one(struct side *s, uint16_t id, const void *data, size_t n)
{
	struct orl_send send = { .id = id, .head = data, .head_n = n };
	assert_int_equal(orl_link_send(orl_conn_link(s->conn), &send), 0);
}

static bool on_produce(void *user, uint64_t budget)
{
	static const uint8_t picture[16000];
	struct side *s = user;
	size_t n = sizeof(picture);
	struct orl_link *link = orl_conn_link(s->conn);
	assert_true(budget >= 1300);
	assert_int_equal(orl_link_queued(link, ORL_CHANNELS_PICTURE), 0);
	if (!s->left)
		return false;
	s->produced++;
	if (n > budget)
		n = (size_t)budget;
	if (n > s->left)
		n = (size_t)s->left;
	s->left -= n;
	send_one(s, PICTURE, picture, n);
	maybe_destroy(s, "produce");
	return true;
}

static void on_closed(void *user, int error, const char *why)
{
	struct side *s = user;
	s->closed++;
	s->error = error;
	strncpy(s->why, why, sizeof(s->why) - 1);
	maybe_destroy(s, "closed");
}

static const struct orl_conn_calls plain_calls = {
	.secured = on_secured, .message = on_message, .closed = on_closed
};
static const struct orl_conn_calls picture_calls = { .secured = on_secured,
	.message = on_message,
	.produce = on_produce,
	.closed = on_closed };

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char *cert, *key;
	assert_int_equal(orl_host_env(&w->env, NULL), 0);
	assert_int_equal(orl_loop_create(&w->loop, &w->env), 0);
	assert_int_equal(orl_tls_make_pair(&w->env, "localhost", &cert, &key),
			0);
	struct orl_tls_config server = {
		.server = true, .certificate = cert, .private_key = key
	};
	struct orl_tls_config client = { .authorities = cert };
	assert_int_equal(orl_tls_context_create(
					 &w->server_tls, &w->env, &server),
			0);
	assert_int_equal(orl_tls_context_create(
					 &w->client_tls, &w->env, &client),
			0);
	orl_free(&w->env, cert);
	orl_free(&w->env, key);
	w->server = calloc(1, sizeof(*w->server));
	w->client = calloc(1, sizeof(*w->client));
	w->server->world = w->client->world = w;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	orl_conn_destroy(w->server->conn);
	orl_conn_destroy(w->client->conn);
	orl_loop_destroy(w->loop);
	orl_tls_context_destroy(w->server_tls);
	orl_tls_context_destroy(w->client_tls);
	free(w->server);
	free(w->client);
	free(w);
	return 0;
}

/* ---- sockets ----------------------------------------------------------- */

struct door {
	struct orl_listener listener;
	int socket;
};

static void door_accepted(struct orl_listener *listener, int socket)
{
	orl_container(listener, struct door, listener)->socket = socket;
}

/* fd[0] the client's, still connecting perhaps; fd[1] the server's. */
static void tcp_pair(struct world *w, int fd[2])
{
	struct door door = { .listener.accepted = door_accepted, .socket = -1 };
	struct orl_address a = { .host = "127.0.0.1" };
	assert_int_equal(orl_listener_open(&door.listener, w->loop, &w->env,
					 "tcp://127.0.0.1:0"),
			0);
	a.port = (uint16_t)atoi(strrchr(door.listener.address, ':') + 1);
	assert_int_equal(orl_socket_connect(&fd[0], &a, 0, NULL), 0);
	while (door.socket < 0)
		orl_loop_wait(w->loop, -1);
	fd[1] = door.socket;
	orl_listener_close(&door.listener);
}

static void make(struct world *w, struct side *s, int fd, bool tls,
		bool pictures)
{
	bool server = s == w->server;
	struct orl_conn_config config = { .role = server ? ORL_SERVER
							 : ORL_CLIENT,
		.tls = !tls     ? NULL
		       : server ? w->server_tls
				: w->client_tls,
		.host = "localhost",
		.calls = pictures ? &picture_calls : &plain_calls,
		.user = s };
	assert_int_equal(orl_conn_create(&s->conn, w->loop, &w->env, fd,
					 &config),
			0);
}

static void make_pair(struct world *w, bool tls, bool pictures)
{
	int fd[2];
	if (tls)
		tcp_pair(w, fd);
	else
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	make(w, w->client, fd[0], tls, false);
	make(w, w->server, fd[1], tls, pictures);
}

static bool both_secured(const struct world *w)
{
	return w->client->secured && w->server->secured;
}

static bool both_closed(const struct world *w)
{
	return w->client->closed && w->server->closed;
}

static bool client_has_all(const struct world *w)
{
	return !w->server->left && w->server->produced &&
	       w->client->messages >= w->server->produced;
}

/* Ten seconds is for a machine that is very busy. */
static void run_until(struct world *w, bool (*done)(const struct world *))
{
	uint64_t end = orl_now(&w->env) + 100000 * MS;
	while (!done(w)) {
		assert_true(orl_loop_wait(w->loop, 1000) >= 0);
		assert_true(orl_now(&w->env) < end);
	}
}

static void run_for(struct world *w, unsigned ms)
{
	uint64_t end = orl_now(&w->env) + ms * MS, now;
	while ((now = orl_now(&w->env)) < end)
		orl_loop_wait(w->loop, (int)((end - now) / MS) + 1);
	/* What came while somebody else had the processor. */
	orl_loop_wait(w->loop, 0);
}

/* Until nothing has happened for a while. */
static void settle(struct world *w)
{
	uint64_t before;
	do {
		before = orl_loop_wakeups(w->loop);
		run_for(w, 30);
	} while (orl_loop_wakeups(w->loop) != before);
}

/* ---- tests ------------------------------------------------------------- */

static void messages_cross(void **state)
{
	struct world *w = *state;
	for (int tls = 0; tls < 2; tls++) {
		make_pair(w, tls, false);
		run_until(w, both_secured);
		send_one(w->client, TEXT, "ping", 4);
		orl_conn_kick(w->client->conn);
		send_one(w->server, TEXT, "pong!", 5);
		orl_conn_kick(w->server->conn);
		settle(w);
		assert_int_equal(w->server->messages, 1);
		assert_memory_equal(w->server->last, "ping", 4);
		assert_int_equal(w->client->messages, 1);
		assert_memory_equal(w->client->last, "pong!", 5);

		struct orl_conn_stats a, b;
		orl_conn_stats(w->client->conn, &a);
		orl_conn_stats(w->server->conn, &b);
		assert_true(a.bytes_out == b.bytes_in);
		assert_true(a.bytes_in == b.bytes_out);
		assert_true(a.bytes_out > 4);
		assert_int_equal(a.records_out, 1);
		assert_true(orl_conn_is_loopback(w->client->conn));
		if (tls) {
			assert_true(a.congestion[0] != 0);
			assert_true(a.rtt > 0);
			assert_memory_equal(orl_conn_address(w->server->conn),
					"127.0.0.1:", 10);
			assert_string_equal(orl_conn_network(w->server->conn),
					"127.0.0.1");
			assert_true(orl_tls_peer_verified(
					orl_conn_tls(w->client->conn)));
			assert_true(orl_conn_uid(w->server->conn) == -1);
		} else {
			assert_true(orl_conn_uid(w->server->conn) ==
					(int64_t)geteuid());
			assert_null(orl_conn_tls(w->server->conn));
			assert_memory_equal(orl_conn_address(w->server->conn),
					"unix (uid ", 10);
		}
		/* Nothing to do: nothing is done, no timer, no poll. */
		uint64_t before = orl_loop_wakeups(w->loop);
		run_for(w, 200);
		assert_true(orl_loop_wakeups(w->loop) == before);

		orl_conn_destroy(w->client->conn);
		w->client->conn = NULL;
		settle(w);
		assert_int_equal(w->server->closed, 1);
		assert_int_equal(w->server->error, tls ? ORIEL_ECLOSED : 0);
		orl_conn_destroy(w->server->conn);
		memset(w->client, 0, sizeof(*w->client));
		memset(w->server, 0, sizeof(*w->server));
		w->server->world = w->client->world = w;
	}
}

/* A key may have to be trusted before a byte of the link passes. */
static void nothing_passes_before_start(void **state)
{
	struct world *w = *state;
	w->client->wait = true;
	make_pair(w, true, false);
	send_one(w->client, TEXT, "secret", 6);
	run_until(w, both_secured);
	send_one(w->server, TEXT, "early", 5);
	orl_conn_kick(w->server->conn);
	orl_conn_kick(w->client->conn);
	settle(w);
	assert_int_equal(w->server->messages, 0);
	assert_int_equal(w->client->messages, 0);
	orl_conn_start(w->client->conn);
	orl_conn_start(w->client->conn);
	settle(w);
	assert_int_equal(w->server->messages, 1);
	assert_int_equal(w->client->messages, 1);
}

static void no_plain_text_on_a_network(void **state)
{
	struct world *w = *state;
	int fd[2];
	struct orl_conn *conn = NULL;
	struct orl_conn_config config = { .role = ORL_SERVER,
		.calls = &plain_calls };
	tcp_pair(w, fd);
	assert_int_equal(orl_conn_create(&conn, w->loop, &w->env, fd[1],
					 &config),
			ORIEL_EINVAL);
	assert_int_equal(orl_conn_create(&conn, w->loop, &w->env, -1, &config),
			ORIEL_EINVAL);
	assert_null(conn);
	/* It stayed ours. */
	assert_int_equal(close(fd[0]), 0);
	assert_int_equal(close(fd[1]), 0);
}

static void refused_connection_says_so(void **state)
{
	struct world *w = *state;
	struct orl_address a = { .host = "127.0.0.1" };
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t n = sizeof(in);
	int fd, taken = socket(AF_INET, SOCK_STREAM, 0);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* A port that is bound, so nobody else's, and not listened on. */
	assert_int_equal(bind(taken, (struct sockaddr *)&in, n), 0);
	assert_int_equal(getsockname(taken, (struct sockaddr *)&in, &n), 0);
	a.port = ntohs(in.sin_port);
	assert_int_equal(orl_socket_connect(&fd, &a, 0, NULL), 0);
	make(w, w->client, fd, true, false);
	settle(w);
	assert_int_equal(w->client->closed, 1);
	assert_int_equal(w->client->error, ORIEL_EIO);
	assert_string_equal(w->client->why,
			"localhost: the connection was refused");
	assert_int_equal(w->client->secured, 0);
	close(taken);
}

static void stranger_is_turned_away(void **state)
{
	struct world *w = *state;
	int fd[2];
	tcp_pair(w, fd);
	make(w, w->server, fd[1], true, false);
	assert_int_equal(write(fd[0], "SSH-2.0-OpenSSH_9\r\n", 19), 19);
	settle(w);
	assert_int_equal(w->server->closed, 1);
	assert_int_equal(w->server->error, ORIEL_ETLS);
	assert_string_equal(w->server->why, "the other end does not speak TLS");
	close(fd[0]);
}

/* All of it arrives, and pictures are made one at a time. */
static void pictures_flow(void **state)
{
	struct world *w = *state;
	for (int tls = 0; tls < 2; tls++) {
		w->server->left = 6 << 20;
		w->server->open = w->client->open = true;
		make_pair(w, tls, true);
		run_until(w, client_has_all);
		assert_int_equal(w->client->bytes, 6 << 20);
		settle(w);
		orl_conn_destroy(w->client->conn);
		orl_conn_destroy(w->server->conn);
		memset(w->client, 0, sizeof(*w->client));
		memset(w->server, 0, sizeof(*w->server));
		w->server->world = w->client->world = w;
	}
}

/*
 * A client that does not read: what is made stays within what the socket and
 * the window take, and then nothing happens any more until it reads.
 */
static void pictures_wait_for_the_socket(void **state)
{
	struct world *w = *state;
	w->client->wait = true;
	w->server->open = w->client->open = true;
	make_pair(w, true, true);
	w->server->left = 64 << 20;
	settle(w);
	uint64_t made = (64 << 20) - w->server->left;
	assert_true(made > 0);
	/* The credit of the channel is the most; usually it is less. */
	assert_true(made <= ORL_CREDIT_DISPLAY);
	orl_conn_kick(w->server->conn);
	settle(w);
	uint64_t before = orl_loop_wakeups(w->loop);
	run_for(w, 100);
	assert_true(orl_loop_wakeups(w->loop) - before <= 3);
	w->server->left = 1 << 20;
	orl_conn_start(w->client->conn);
	run_until(w, client_has_all);
	assert_true(w->client->bytes == made + (1 << 20));
}

/* Bulk is behind pictures, and yet arrives; both ways at once. */
static void bulk_flows_beside_pictures(void **state)
{
	struct world *w = *state;
	static uint8_t piece[16000];
	w->server->open = w->client->open = true;
	w->server->left = 3 << 20;
	make_pair(w, true, true);
	run_until(w, both_secured);
	send_one(w->server, FILE_DATA, piece, sizeof(piece));
	send_one(w->client, FILE_DATA, piece, sizeof(piece));
	orl_conn_kick(w->server->conn);
	orl_conn_kick(w->client->conn);
	run_until(w, client_has_all);
	settle(w);
	assert_true(w->client->bytes == (3 << 20) + sizeof(piece));
	assert_true(w->server->bytes == sizeof(piece));
}

static void many_small_messages_share_records(void **state)
{
	struct world *w = *state;
	struct orl_conn_stats stats;
	make_pair(w, true, false);
	run_until(w, both_secured);
	for (int i = 0; i < 100; i++) {
		send_one(w->client, TEXT, "0123456789", 10);
		orl_conn_kick(w->client->conn);
	}
	settle(w);
	assert_int_equal(w->server->messages, 100);
	orl_conn_stats(w->client->conn, &stats);
	assert_true(stats.records_out <= 2);
}

static void goodbye_is_heard(void **state)
{
	struct world *w = *state;
	for (int tls = 0; tls < 2; tls++) {
		make_pair(w, tls, false);
		run_until(w, both_secured);
		/* Unread bytes must not turn the close into a reset. */
		send_one(w->client, TEXT, "hello", 5);
		orl_conn_kick(w->client->conn);
		send_one(w->server, TEXT, "bye", 3);
		orl_conn_finish(w->server->conn, ORIEL_EAUTH);
		orl_conn_finish(w->server->conn, ORIEL_EIO);
		assert_int_equal(w->server->closed, 0);
		while (!w->client->closed)
			orl_loop_wait(w->loop, -1);
		assert_int_equal(w->client->error, 0);
		assert_memory_equal(w->client->last, "bye", 3);
		orl_conn_destroy(w->client->conn);
		while (!w->server->closed)
			orl_loop_wait(w->loop, -1);
		settle(w);
		assert_int_equal(w->server->closed, 1);
		assert_int_equal(w->client->closed, 1);
		assert_int_equal(w->server->error, ORIEL_EAUTH);
		orl_conn_destroy(w->server->conn);
		memset(w->client, 0, sizeof(*w->client));
		memset(w->server, 0, sizeof(*w->server));
		w->server->world = w->client->world = w;
	}
}

static bool server_closed(const struct world *w)
{
	return w->server->closed > 0;
}

/* The other end neither reads nor closes; a second later it is over. */
static void goodbye_does_not_wait_for_ever(void **state)
{
	struct world *w = *state;
	w->client->wait = true;
	make_pair(w, true, false);
	run_until(w, both_secured);
	orl_conn_finish(w->server->conn, ORIEL_EDENIED);
	uint64_t begin = orl_now(&w->env);
	run_until(w, server_closed);
	assert_true(orl_now(&w->env) - begin >= 1000 * MS);
	assert_int_equal(w->server->error, ORIEL_EDENIED);
}

static void finish_before_it_is_secured(void **state)
{
	struct world *w = *state;
	make_pair(w, true, false);
	orl_conn_finish(w->server->conn, ORIEL_ETIMEOUT);
	run_until(w, both_closed);
	assert_int_equal(w->server->error, ORIEL_ETIMEOUT);
	assert_int_equal(w->server->closed, 1);
	assert_true(w->client->error < 0);
	assert_true(w->client->why[0] != 0);
}

static void garbage_ends_the_conn(void **state)
{
	struct world *w = *state;
	int fd[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	make(w, w->server, fd[1], false, false);
	assert_int_equal(write(fd[0], "\xff\xff\xff\xff\xff", 5), 5);
	settle(w);
	assert_int_equal(w->server->closed, 1);
	assert_int_equal(w->server->error, ORIEL_EPROTO);
	close(fd[0]);
}

static void handler_error_ends_the_conn(void **state)
{
	struct world *w = *state;
	make_pair(w, true, false);
	run_until(w, both_secured);
	w->server->result = ORIEL_EDENIED;
	send_one(w->client, TEXT, "a", 1);
	send_one(w->client, TEXT, "b", 1);
	orl_conn_kick(w->client->conn);
	run_until(w, both_closed);
	assert_int_equal(w->server->messages, 1);
	assert_int_equal(w->server->error, ORIEL_EDENIED);
}

/* More queued on channel 0 than any peer that reads would leave there. */
static void deaf_peer_ends_the_conn(void **state)
{
	struct world *w = *state;
	static uint8_t text[4000];
	int err = 0;
	make_pair(w, true, false);
	run_until(w, both_secured);
	struct orl_send send = { .id = TEXT, .head = text, .head_n = 4000 };
	for (int i = 0; i < 100 && !err; i++)
		err = orl_link_send(orl_conn_link(w->server->conn), &send);
	assert_int_equal(err, ORIEL_ELIMIT);
	orl_conn_kick(w->server->conn);
	run_until(w, server_closed);
	assert_int_equal(w->server->error, ORIEL_ELIMIT);
}

static void destroyed_in_any_callback(void **state)
{
	static const char *const where[] = { "secured", "message", "produce",
		"closed" };
	struct world *w = *state;
	for (size_t i = 0; i < ORL_COUNT(where) * 2; i++) {
		struct side *victim = i & 1 ? w->client : w->server;
		struct side *other = i & 1 ? w->server : w->client;
		victim->destroy = where[i / 2];
		if (i == 5)
			continue; /* clients do not paint */
		w->server->open = w->client->open = true;
		w->server->left = 100000;
		make_pair(w, true, i / 2 == 2);
		if (i / 2 != 0) {
			run_until(w, both_secured);
			if (i / 2 == 1) {
				/* Both in one record; only one is told. */
				send_one(other, TEXT, "a", 1);
				send_one(other, TEXT, "b", 1);
				orl_conn_kick(other->conn);
			} else if (i / 2 == 3) {
				orl_conn_destroy(other->conn);
				other->conn = NULL;
			}
		}
		settle(w);
		assert_null(victim->conn);
		assert_int_equal(victim->closed, i / 2 == 3);
		if (i / 2 == 1)
			assert_int_equal(victim->messages, 1);
		if (i / 2 != 3)
			assert_int_equal(other->closed, 1);
		orl_conn_destroy(other->conn);
		memset(w->client, 0, sizeof(*w->client));
		memset(w->server, 0, sizeof(*w->server));
		w->server->world = w->client->world = w;
	}
}

static void *scarce_alloc(void *user, size_t bytes)
{
	int *left = user;
	return (*left)-- > 0 ? malloc(bytes) : NULL;
}

static void *scarce_resize(void *user, void *ptr, size_t bytes)
{
	int *left = user;
	return (*left)-- > 0 ? realloc(ptr, bytes) : NULL;
}

static void plain_release(void *user, void *ptr)
{
	(void)user;
	free(ptr);
}

/* Whichever allocation fails, it is said, and nothing is left behind. */
static void no_memory_is_an_error(void **state)
{
	int left = 0;
	struct oriel_hooks hooks = { .size = sizeof(hooks),
		.user = &left,
		.alloc = scarce_alloc,
		.resize = scarce_resize,
		.release = plain_release };
	struct orl_env env;
	unsigned failures = 0;
	bool made = false;
	(void)state;
	assert_int_equal(orl_host_env(&env, &hooks), 0);
	for (int n = 0; !made; n++) {
		struct orl_loop *loop = NULL;
		struct orl_tls_context *tls = NULL;
		struct orl_conn *conn = NULL;
		struct orl_tls_config client = { 0 };
		struct orl_conn_config config = {
			.role = ORL_CLIENT, .host = "x", .calls = &plain_calls
		};
		int fd[2];
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
		left = n;
		int err = orl_loop_create(&loop, &env);
		if (!err)
			err = orl_tls_context_create(&tls, &env, &client);
		config.tls = tls;
		if (!err)
			err = orl_conn_create(
					&conn, loop, &env, fd[0], &config);
		made = !err;
		if (err) {
			assert_int_equal(err, ORIEL_ENOMEM);
			assert_null(conn);
			close(fd[0]);
			failures++;
		}
		orl_conn_destroy(conn);
		orl_tls_context_destroy(tls);
		orl_loop_destroy(loop);
		close(fd[1]);
		assert_in_range(n, 0, 50);
	}
	assert_true(failures >= 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(messages_cross),
		TEST(nothing_passes_before_start),
		TEST(no_plain_text_on_a_network),
		TEST(refused_connection_says_so),
		TEST(stranger_is_turned_away),
		TEST(pictures_flow),
		TEST(pictures_wait_for_the_socket),
		TEST(bulk_flows_beside_pictures),
		TEST(many_small_messages_share_records),
		TEST(goodbye_is_heard),
		TEST(goodbye_does_not_wait_for_ever),
		TEST(finish_before_it_is_secured),
		TEST(garbage_ends_the_conn),
		TEST(handler_error_ends_the_conn),
		TEST(deaf_peer_ends_the_conn),
		TEST(destroyed_in_any_callback),
		cmocka_unit_test(no_memory_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

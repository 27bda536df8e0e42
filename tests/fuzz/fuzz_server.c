/*
 * fuzz_server.c - a whole server against a client that says anything, before
 * login and after. Covers: server/peer.c server/login.c server/input.c
 * server/check.c
 *
 * Time is the harness's, and passes as the records say. What only a client
 * that listens can say is said for the input: a proof that is right
 * (MODE_SCRAM) and the answer to a check (RECORD_ANSWER, n = 1 for one that
 * lies).
 */
#include "tests/fuzz/session.h"

#include <oriel/oriel-server.h>

#include "proto/auth.h"
#include "proto/base64.h"
#include "proto/caps.h"
#include "proto/io/host.h"
#include "server/server.h"

enum { WIDTH = 70, HEIGHT = 50 };

static uint32_t pixels[WIDTH * HEIGHT];

/* What the server said and is still of use. */
struct ear {
	uint8_t buf[1 << 16];
	size_t n;
	uint8_t challenge[ORL_BLOB_MAX];
	size_t challenge_n;
	uint8_t check[4096];
	size_t check_n;
	uint8_t hello[1024];
	size_t hello_n;
};

/* The key of everybody who logs in with a proof: there is no password. */
static const uint8_t client_key[32] = { 1, 2, 3 };
static uint64_t clock_ns;

static uint64_t on_now(void *user)
{
	(void)user;
	return clock_ns;
}

static void on_wanted(void *user, struct oriel_auth *auth)
{
	const struct orl_env *env = user;
	struct orl_verifier v = { .iterations = ORL_SCRAM_ITERATIONS,
		.salt_n = ORL_SCRAM_SALT };
	char text[320];

	if (env->crypto->sha256(client_key, 32, v.stored_key) < 0 ||
			orl_verifier_format(&v, text, sizeof(text)) < 0)
		abort();
	if (strcmp(oriel_auth_name(auth), "nobody") == 0 ||
			oriel_auth_use_verifier(auth, text) < 0)
		oriel_auth_reject(auth, "no");
}

static void on_proved(void *user, struct oriel_auth *auth)
{
	(void)user;
	if (strcmp(oriel_auth_name(auth), "banned") == 0)
		oriel_auth_reject(auth, "not you");
	else
		oriel_auth_accept(auth, ORIEL_MAY_SEE | ORIEL_MAY_INPUT |
							ORIEL_MAY_RESIZE |
							ORIEL_MAY_HEAR |
							ORIEL_MAY_SPEAK |
							ORIEL_MAY_PRINT);
}

static void on_resize(void *user, struct oriel_display *display, int32_t width,
		int32_t height)
{
	(void)user;
	if (width <= WIDTH && height <= HEIGHT &&
			oriel_display_resize(display, 0, 0, width, height) < 0)
		abort();
}

static void on_key(void *user, struct oriel_peer *peer,
		const struct oriel_key *key)
{
	(void)user;
	if (!oriel_peer_name(peer) || !key)
		abort();
}

static void on_pointer(void *user, struct oriel_peer *peer,
		const struct oriel_pointer *pointer)
{
	(void)user;
	(void)peer;
	if (!(pointer->flags & ORIEL_POINTER_RELATIVE) &&
			(pointer->x < 0 || pointer->x >= WIDTH ||
					pointer->y < 0 || pointer->y >= HEIGHT))
		abort();
}

static void on_text(void *user, struct oriel_peer *peer, const char *text)
{
	(void)user;
	(void)peer;
	if (!orl_utf8_ok((const uint8_t *)text, strlen(text)))
		abort();
}

/* One job at a time, on whatever printer was told of last. */
static struct {
	struct oriel_print *job;
	struct oriel_peer *peer;
	uint32_t printer, format;
} printing;

/*
 * Sessions cannot be resumed here, without TLS; so that what may be said of
 * jobs then is said, each is taken for one that resumes itself.
 */
static void on_joined(void *user, struct oriel_peer *peer)
{
	(void)user;
	peer->resumed = true;
	memcpy(peer->origin, peer->session, sizeof(peer->origin));
}

static void on_printer(void *user, struct oriel_peer *peer,
		const struct oriel_printer *p)
{
	(void)user;
	if (!p->n_media || p->usual >= p->n_media || !p->formats ||
			!orl_utf8_ok((const uint8_t *)p->name, strlen(p->name)))
		abort();
	printing.peer = peer;
	printing.printer = p->id;
	printing.format = p->formats & -p->formats;
}

static void on_printer_gone(void *user, struct oriel_peer *peer, uint32_t id)
{
	(void)user;
	(void)id;
	if (printing.peer == peer)
		printing.peer = NULL;
}

static void on_print_ready(void *user, struct oriel_print *print)
{
	(void)user;
	if (!oriel_print_room(print))
		abort();
}

static void on_print_status(void *user, struct oriel_print *print,
		const struct oriel_print_status *status)
{
	(void)user;
	if (print != printing.job)
		abort();
	if (status->state >= ORIEL_PRINT_DONE)
		printing.job = NULL;
}

/* 0: the job ends, 255: it is dropped; else it begins, or goes on. */
static void print(uint8_t pieces)
{
	const struct oriel_print_job job = { .size = sizeof(job),
		.printer = printing.printer,
		.format = printing.format,
		.title = "t" };
	static const uint8_t piece[4096];

	if (!printing.job &&
			(!printing.peer || oriel_print_create(&printing.job,
							   printing.peer,
							   &job) < 0))
		return;
	for (int i = 0; pieces != 255 && i < pieces; i++)
		if (oriel_print_write(printing.job, piece, sizeof(piece)) < 0)
			return;
	if (pieces == 255) {
		oriel_print_destroy(printing.job);
		printing.job = NULL;
	} else if (!pieces && oriel_print_finish(printing.job) == 0) {
		return;
	}
}

static void on_sound_in(void *user, struct oriel_peer *peer, bool on)
{
	(void)user;
	if (on && !(oriel_peer_rights(peer) & ORIEL_MAY_SPEAK))
		abort();
}

/* Something is heard of the desktop, and of the microphone. */
static void make_sound(struct oriel_server *server, struct oriel_sound *sound)
{
	const struct oriel_sound_format format = { 44100, 1 };
	int16_t samples[960];

	for (int i = 0; i < 480; i++)
		samples[i] = (int16_t)(i * 50);
	if (oriel_sound_write(sound, samples, 480, clock_ns) > 0)
		abort();
	oriel_server_want_microphone(server, true);
	oriel_server_hear(server, &format, samples, 960);
}

static const struct oriel_server_events events = {
	.sound_in = on_sound_in,
	.size = sizeof(events),
	.auth_wanted = on_wanted,
	.auth_proved = on_proved,
	.peer_joined = on_joined,
	.resize_wanted = on_resize,
	.key = on_key,
	.pointer = on_pointer,
	.text = on_text,
	.printer = on_printer,
	.printer_gone = on_printer_gone,
	.print_ready = on_print_ready,
	.print_status = on_print_status,
};

/* The picture changes, as long as it still has this size. */
static void paint(struct oriel_display *display, uint8_t seed)
{
	struct oriel_pixels part = { pixels, 16, 16, WIDTH * 4,
		ORIEL_FORMAT_XRGB8888 };

	for (int i = 0; i < 16 * WIDTH; i++)
		pixels[i] = (uint32_t)(i / 3 * seed);
	int err = oriel_display_patch(display, &part, seed % 40, seed % 30, 0);
	if (err && err != ORIEL_EINVAL)
		abort();
}

/* ---- what is heard ----------------------------------------------------- */

static void keep(uint8_t *to, size_t *to_n, size_t cap, const uint8_t *p,
		size_t n)
{
	*to_n = n < cap ? n : 0;
	memcpy(to, p, *to_n);
}

static void heard(struct ear *e, uint16_t id, const uint8_t *p, size_t n)
{
	if (id == ORL_MSG_check)
		keep(e->check, &e->check_n, sizeof(e->check), p, n);
	if (id == ORL_MSG_challenge)
		keep(e->challenge, &e->challenge_n, sizeof(e->challenge), p, n);
	if (id == ORL_MSG_server_hello)
		keep(e->hello, &e->hello_n, sizeof(e->hello), p, n);
}

/* Messages of one chunk are enough: what is long is a picture. */
static void listen_to(struct ear *e, int fd)
{
	size_t at = 0;
	ssize_t got;

	while ((got = recv(fd, e->buf + e->n, sizeof(e->buf) - e->n,
				MSG_DONTWAIT)) > 0) {
		e->n += (size_t)got;
		for (at = 0; e->n - at >= 4;) {
			const uint8_t *p = e->buf + at;
			size_t n = p[0] | (size_t)p[1] << 8;
			if (e->n - at < 3 + n)
				break;
			if (n && !(p[2] & 8))
				heard(e, (uint16_t)((p[2] & 7) << 8 | p[3]),
						p + 4, n - 1);
			at += 3 + n;
		}
		memmove(e->buf, e->buf + at, e->n - at);
		e->n -= at;
	}
}

static void step(struct oriel_server *server, struct ear *e, int fd)
{
	for (int i = 0; i < 3; i++) {
		clock_ns += 1000000;
		if (oriel_server_dispatch(server, 0) < 0)
			abort();
		listen_to(e, fd);
	}
}

/* ---- what has to be right to be heard ---------------------------------- */

static size_t say_hello(int fd, uint8_t *out, size_t size)
{
	struct orl_wr w = { out, size, 0 };
	struct orl_client_hello hello = { .oldest = 1,
		.newest = 1,
		.caps = ORL_CAP(OPUS) | ORL_CAP(PCM) | ORL_CAP(PRINT),
		.max_pixels = 1 << 26 };

	orl_put_client_hello(&w, &hello);
	say(fd, ORL_MSG_client_hello, out, w.n);
	return w.n;
}

static void say_login(
		int fd, const char *method, uint8_t step_no, const char *blob)
{
	uint8_t out[1500];
	struct orl_wr w = { out, sizeof(out), 0 };

	orl_put_login(&w,
			&(struct orl_login){
					.method = { (const uint8_t *)method,
							(uint32_t)strlen(
									method) },
					.step = step_no,
					.blob = { (const uint8_t *)blob,
							(uint32_t)strlen(
									blob) } });
	say(fd, ORL_MSG_login, out, w.n);
}

/* 32 bytes as text. */
static void base64_of(char out[static 45], const uint8_t data[static 32])
{
	out[orl_base64_put(out, data, 32)] = 0;
}

/* A login that knows client_key instead of a password. */
static void log_in_scram(const struct orl_env *env, struct oriel_server *server,
		struct ear *e, int fd)
{
	uint8_t hellos[2048], stored[32], signature[32], hash[32];
	char bare[128], text[ORL_BLOB_MAX + 1], final[512], all[2048], code[45];
	struct orl_wr w = { hellos, sizeof(hellos), 0 };
	struct orl_challenge msg;

	wr_U16(&w, ORL_MSG_client_hello);
	w.n += say_hello(fd, hellos + w.n, sizeof(hellos) - w.n);
	step(server, e, fd);
	wr_U16(&w, ORL_MSG_server_hello);
	wr_raw(&w, e->hello, e->hello_n);
	if (!wr_ok(&w) || env->crypto->sha256(hellos, w.n, hash) < 0)
		abort();
	base64_of(code, hash);
	snprintf(bare, sizeof(bare), "n=me,r=0123456789abcdefghij,h=%s", code);
	snprintf(all, sizeof(all), "n,,%s", bare);
	say_login(fd, ORL_METHOD_PLAIN, 0, all);
	step(server, e, fd);
	if (orl_get_challenge(e->challenge, e->challenge_n, &msg) < 0)
		return;
	memcpy(text, msg.blob.p, msg.blob.n);
	text[msg.blob.n] = 0;
	snprintf(final, sizeof(final), "c=biws,%.*s",
			(int)orl_min64(strcspn(text, ","), 300), text);
	int n = snprintf(all, sizeof(all), "%s,%s,%s", bare, text, final);
	if (env->crypto->sha256(client_key, 32, stored) < 0 ||
			env->crypto->hmac(stored, 32, all, (size_t)n,
					signature) < 0)
		abort();
	for (int i = 0; i < 32; i++)
		signature[i] ^= client_key[i];
	base64_of(code, signature);
	snprintf(all, sizeof(all), "%s,p=%s", final, code);
	say_login(fd, ORL_METHOD_PLAIN, 1, all);
}

/* The values asked for are the right ones. */
static void answer_check(const struct ear *e, int fd, bool lie)
{
	struct orl_check msg;
	uint8_t out[4200];
	struct orl_wr w = { out, sizeof(out), 0 };

	if (orl_get_check(e->check, e->check_n, &msg) < 0)
		return;
	orl_put_checked(&w, &(struct orl_checked){ .display = msg.display,
					    .serial = msg.serial,
					    .rows = msg.rows });
	if (lie && w.n)
		out[w.n - 1] ^= 1;
	say(fd, ORL_MSG_checked, out, w.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oriel_hooks hooks = { .size = sizeof(hooks),
		.log = no_log,
		.random = no_random,
		.now = on_now };
	struct orl_env env;
	struct oriel_server_config cfg = { .size = sizeof(cfg),
		.events = &events,
		.user = &env,
		.hooks = &hooks };
	struct oriel_display_config screen = {
		.size = sizeof(screen), .width = WIDTH, .height = HEIGHT
	};
	struct oriel_server *server;
	struct oriel_display *display;
	const struct oriel_sound_format mono = { 48000, 1 };
	struct oriel_sound *sound;
	static struct ear ear;
	uint8_t out[64];
	int fd[2];

	if (size < 1)
		return 0;
	clock_ns = 1000000000;
	memset(&ear, 0, sizeof(ear));
	memset(&printing, 0, sizeof(printing));
	if (orl_host_env(&env, &hooks) < 0 ||
			oriel_server_create(&server, &cfg) < 0 ||
			oriel_display_create(&display, server, &screen) < 0 ||
			oriel_sound_create(&sound, server, &mono) < 0 ||
			socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
					fd) < 0 ||
			oriel_server_adopt(server, fd[0]) < 0)
		abort();
	if (data[0] & MODE_SCRAM) {
		log_in_scram(&env, server, &ear, fd[1]);
	} else if (data[0] & MODE_READY) {
		say_hello(fd[1], out, sizeof(out));
		say_login(fd[1], "PEER", 0, "");
	}
	step(server, &ear, fd[1]);
	struct orl_rd r = rd_init(data + 1, size - 1);
	if (data[0] & MODE_RAW) {
		if (send(fd[1], r.p, size - 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			listen_to(&ear, fd[1]);
		r.p = r.end;
	}
	while (r.p != r.end && !r.bad) {
		uint16_t id = rd_U16(&r, 0, UINT16_MAX);
		uint16_t n = rd_U16(&r, 0, UINT16_MAX);
		const uint8_t *payload = rd_take(&r, n);
		if (!payload)
			break;
		if (id == RECORD_HOST && n == 2)
			make_sound(server, sound);
		else if (id == RECORD_HOST)
			paint(display, n ? payload[0] : 1);
		else if (id == RECORD_ANSWER)
			answer_check(&ear, fd[1], n == 1);
		else if (id == RECORD_PRINT)
			print(n ? payload[0] : 0);
		else if (id == RECORD_STEP)
			clock_ns += 250000000;
		else
			say(fd[1], id, payload, n);
		step(server, &ear, fd[1]);
	}
	step(server, &ear, fd[1]);
	close(fd[1]);
	step(server, &ear, fd[1]);
	oriel_server_destroy(server);
	return 0;
}

/*
 * attack_view.c - what hostile servers do to oriel-view, and what is expected
 * of it: it ends its session with a sentence, or lives and ends when it is
 * asked to, in bounded memory.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zstd.h>

#include "proto/link.h"
#include "tests/e2e/attack.h"

/*
 * Two pictures and scratch of all displays together, ORL_DESKTOP_PIXELS_MAX:
 * 1.5 GiB. Nothing here comes near it but what says so.
 */
enum { MEMORY_MAX_MIB = 160, DESKTOP_MAX_MIB = 1700, END_MS = 40000 };
enum { NO_LOGIN = 1, NO_TLS = 2, LARGE = 4 };

static struct orl_tls_context *server_tls;
static uint8_t pin[32];
static const char *password;
static char address[64], noise[1 << 17];

struct view_case {
	const char *name;
	void (*run)(struct attack *a);
	unsigned flags;
	int code; /* exit status */
	const char *sentence;
};

/* ---- an ordinary beginning --------------------------------------------- */

static bool hello(struct attack *a, const char *methods)
{
	uint16_t id;
	const uint8_t *data;
	size_t n;

	return raw_hear(&a->r, &id, &data, &n, 5000) == RAW_MESSAGE &&
	       id == ORL_MSG_client_hello &&
	       RAW_SAY(&a->r, server_hello, .version = 1,
			       .methods = { (const uint8_t *)methods,
					       (uint32_t)strlen(methods) });
}

static bool let_in(struct attack *a)
{
	uint16_t id;
	const uint8_t *data;
	size_t n;

	return hello(a, "NONE") &&
	       raw_hear(&a->r, &id, &data, &n, 5000) == RAW_MESSAGE &&
	       id == ORL_MSG_login &&
	       RAW_SAY(&a->r, welcome, .rights = 0x3ff, .epoch = 1,
			       .session = { pin, 16 });
}

static bool show(struct attack *a, unsigned id, unsigned width, unsigned height)
{
	return RAW_SAY(&a->r, display, .display = (uint8_t)id,
			.width = (uint16_t)width, .height = (uint16_t)height,
			.scale = 100, .slices = 1,
			.name = { (const uint8_t *)"bad", 3 });
}

/* Again and again, for `ms` or until the credit is used up. */
static unsigned bomb(struct attack *a, uint16_t id, const uint8_t *bytes,
		size_t n, int ms)
{
	static uint8_t out[1 << 20];
	size_t each = raw_chunks(out, id, bytes, n), in = 1, spent = 0;
	uint64_t end = raw_ms() + (uint64_t)ms;
	size_t credit = id >> 8 ? 3 << 20 : SIZE_MAX;
	unsigned sent = 0;

	for (; (in + 1) * each <= 16384; in++)
		memcpy(out + in * each, out, each);
	while (raw_ms() < end && spent + in * (n + 1) < credit) {
		if (!raw_write(&a->r, out, in * each, (int)(end - raw_ms())) ||
				strcmp(raw_fate(&a->r, 0), "stays"))
			break;
		spent += in * (n + 1);
		sent += (unsigned)in;
	}
	return sent;
}

static void commit(struct attack *a, unsigned transaction, uint32_t frame)
{
	RAW_SAY(&a->r, commit, .display = 0,
			.transaction = (uint8_t)transaction, .frame = frame);
}

/* ---- before login ------------------------------------------------------ */

static void says_nothing(struct attack *a)
{
	if (a->r.tls)
		raw_fate(&a->r, 2500);
	else
		usleep(2500000);
}

static void drips(struct attack *a)
{
	static const uint8_t byte[] = { 200, 0, 0, 2 };

	for (unsigned i = 0; i < 12; i++) {
		raw_write(&a->r, byte + (i < 4 ? i : 0), 1, 100);
		usleep(250000);
	}
}

static void garbage(struct attack *a)
{
	send(a->r.fd, noise, sizeof(noise), MSG_NOSIGNAL);
	usleep(200000);
}

static void bad_chunk(struct attack *a)
{
	raw_write(&a->r, "\0\0\0\0", 4, 1000);
}

static void early_picture(struct attack *a)
{
	show(a, 0, 640, 480);
}

static void large_hello(struct attack *a)
{
	raw_say(&a->r, ORL_MSG_server_hello, noise, ORL_MESSAGE_MAX_EARLY + 1);
}

static void unknown_version(struct attack *a)
{
	RAW_SAY(&a->r, server_hello, .version = 9);
}

static void challenge(struct attack *a, const char *iterations)
{
	static const char proof[] =
			"v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
	uint16_t id;
	const uint8_t *data;
	size_t n;
	struct orl_login login;
	char blob[512];

	if (!hello(a, ORL_METHOD_PLUS) ||
			raw_hear(&a->r, &id, &data, &n, 5000) != RAW_MESSAGE ||
			orl_get_login(data, n, &login) < 0)
		return;
	/* "p=tls-exporter,,n=oriel,r=NONCE,h=HASH" */
	const char *first = (const char *)login.blob.p;
	const char *r = memmem(first, login.blob.n, ",r=", 3);
	if (!r)
		return;
	int len = snprintf(blob, sizeof(blob),
			"r=%.*sabcdefghijklmnopqrstuvwxyz1234,s=%s,i=%s",
			(int)strcspn(r + 3, ","), r + 3,
			"AAAAAAAAAAAAAAAAAAAAAA==", iterations);
	RAW_SAY(&a->r, challenge, .method = login.method,
			.blob = { (const uint8_t *)blob, (uint32_t)len });
	/* It derives a key, or refuses to. */
	if (raw_hear(&a->r, &id, &data, &n, 8000) == RAW_MESSAGE &&
			id == ORL_MSG_login)
		RAW_SAY(&a->r, welcome, .rights = 1, .epoch = 1,
				.session = { pin, 16 },
				.proof = { (const uint8_t *)proof,
						sizeof(proof) - 1 });
}

static void few_rounds(struct attack *a)
{
	challenge(a, "4096");
}

static void many_rounds(struct attack *a)
{
	challenge(a, "4294967295");
}

static void most_rounds(struct attack *a)
{
	challenge(a, "5000000");
}

/* ---- after login ------------------------------------------------------- */

static void huge_display(struct attack *a)
{
	show(a, 0, 16384, 16384);
}

/* As large as one may be, and touched by copies. */
static void many_displays(struct attack *a)
{
	for (unsigned id = 0; id < 16; id++) {
		static const uint8_t copy[12] = { 0, 0, 0, 0, 0, 0x20, 0, 0x1f,
			0, 0, 1, 0 };
		if (!show(a, id, 8193, 8190))
			return;
		RAW_SAY(&a->r, part, .display = (uint8_t)id,
				.copies = { copy, 1 });
		RAW_SAY(&a->r, commit, .display = (uint8_t)id);
	}
}

static void size_bomb(struct attack *a)
{
	for (unsigned i = 0; i < 100; i++)
		if (!RAW_SAY(&a->r, display, .width = 8192, .height = 8192,
				    .scale = 100, .slices = 4))
			return;
}

/* 1024 disjoint copies of all there is, each reading what others write. */
static void copy_bomb(struct attack *a)
{
	static uint8_t copies[1024 * 12];
	struct orl_wr w = { copies, sizeof(copies), 0 };

	show(a, 0, 8192, 8192);
	for (unsigned i = 0; i < 1024; i++)
		orl_put_copy(&w, &(struct orl_copy){ (uint16_t)(i % 32 * 256),
						 (uint16_t)(i / 32 * 256), 256,
						 256,
						 (uint16_t)((i + 7) % 32 * 256),
						 (uint16_t)((i / 32 + 5) % 32 *
								 256) });
	for (uint32_t i = 0; i < 12; i++) {
		if (!RAW_SAY(&a->r, part, .copies = { copies, 1024 }))
			return;
		commit(a, 0, i);
	}
}

static void copies_outside(struct attack *a)
{
	uint8_t copy[12];
	struct orl_wr w = { copy, sizeof(copy), 0 };

	show(a, 0, 64, 64);
	orl_put_copy(&w, &(struct orl_copy){ 0, 0, 64, 64, 1, 0 });
	RAW_SAY(&a->r, part, .copies = { copy, 1 });
}

/* More in a transaction than the display has. */
static void copies_without_end(struct attack *a)
{
	uint8_t copy[12];
	struct orl_wr w = { copy, sizeof(copy), 0 };

	show(a, 0, 64, 64);
	orl_put_copy(&w, &(struct orl_copy){ 0, 0, 64, 64, 0, 0 });
	RAW_SAY(&a->r, part, .copies = { copy, 1 });
	RAW_SAY(&a->r, part, .copies = { copy, 1 });
}

static void block(struct attack *a, unsigned op)
{
	uint8_t bytes[7];
	struct orl_wr w = { bytes, sizeof(bytes), 0 };

	show(a, 0, 1024, 1024);
	orl_put_block(&w, &(struct orl_block){ 0, 0, 64, 64, (uint8_t)op });
	RAW_SAY(&a->r, part, .blocks = { bytes, 1 },
			.data = { (const uint8_t *)noise, 100000 });
}

static void hcx_noise(struct attack *a)
{
	block(a, 1);
	commit(a, 0, 1);
}

static void res_noise(struct attack *a)
{
	block(a, 2);
}

static void unknown_op(struct attack *a)
{
	block(a, 4);
}

static void lossy_everywhere(struct attack *a)
{
	static uint8_t areas[1024 * 8], bytes[9000];
	struct orl_wr w = { areas, sizeof(areas), 0 };

	show(a, 0, 8192, 8192);
	for (unsigned i = 0; i < 1024; i++)
		orl_put_area(&w, &(struct orl_area){ 0, 0, 16, 16 });
	w = (struct orl_wr){ bytes, sizeof(bytes), 0 };
	orl_put_cells_lossy(&w, &(struct orl_cells_lossy){ .generation = 1,
						.areas = { areas, 1024 } });
	bomb(a, ORL_MSG_cells_lossy, bytes, w.n, 2000);
}

static void lossy_outside(struct attack *a)
{
	uint8_t area[8];
	struct orl_wr w = { area, sizeof(area), 0 };

	show(a, 0, 64, 64);
	orl_put_area(&w, &(struct orl_area){ 1, 0, 4, 4 });
	RAW_SAY(&a->r, cells_lossy, .generation = 1, .areas = { area, 1 });
}

static void lossy_too_often(struct attack *a)
{
	uint8_t areas[2 * 8];
	struct orl_wr w = { areas, sizeof(areas), 0 };

	show(a, 0, 64, 64);
	for (unsigned i = 0; i < 2; i++)
		orl_put_area(&w, &(struct orl_area){ 0, 0, 4, 4 });
	RAW_SAY(&a->r, cells_lossy, .generation = 1, .areas = { areas, 2 });
}

/* Which it does not say it has in force. */
static void picture_unasked(struct attack *a)
{
	show(a, 0, 64, 64);
	RAW_SAY(&a->r, picture, .generation = 1, .cols = 4, .rows = 4,
			.scale = 1, .data = { (uint8_t *)noise, 1000 });
}

/* One after the other: more unanswered ones than 64 KiB end it. */
static void false_checks(struct attack *a)
{
	static uint8_t rows[512 * 8];
	uint64_t end = raw_ms() + 1500;

	show(a, 0, 8192, 8192);
	while (raw_ms() < end &&
			RAW_SAY(&a->r, check, .frame = 77,
					.rows = { rows, 512 }) &&
			strcmp(raw_fate(&a->r, 20), "stays") == 0)
		;
}

static void check_outside(struct attack *a)
{
	static uint8_t rows[1024 * 8];

	show(a, 0, 64, 64);
	RAW_SAY(&a->r, check, .rows = { rows, 1024 });
}

static void commits_anyhow(struct attack *a)
{
	show(a, 0, 640, 480);
	for (uint32_t i = 0; i < 5000; i++)
		commit(a, i % 8, attack_random(a, UINT32_MAX));
	raw_fate(&a->r, 300);
}

static void commit_of_nothing(struct attack *a)
{
	commit(a, 0, 1);
}

static void cursor(struct attack *a, size_t pixels, unsigned hot)
{
	size_t n = pixels * 4, cap = ZSTD_compressBound(n);
	uint8_t *raw = calloc(n, 1), *packed = malloc(cap);

	n = ZSTD_compress(packed, cap, raw, n, 3);
	RAW_SAY(&a->r, cursor_shape, .width = 256, .height = 256,
			.hot_x = (uint16_t)hot,
			.data = { packed, (uint32_t)n });
	free(raw);
	free(packed);
}

/* A kilobyte or so that becomes 256 MiB. */
static void cursor_bomb(struct attack *a)
{
	cursor(a, 64 << 20, 0);
}

static void cursor_hot(struct attack *a)
{
	cursor(a, 65536, 256);
}

static void cursor_empty(struct attack *a)
{
	RAW_SAY(&a->r, cursor_use, .shown = true, .slot = 9);
}

static void cursor_flood(struct attack *a)
{
	for (unsigned i = 0; i < 2000; i++)
		cursor(a, 65536, 0);
}

static void flood(struct attack *a)
{
	static const uint8_t owner[] = { 0, 4, 0, 'e', 'v', 'i', 'l' };

	show(a, 0, 640, 480);
	bomb(a, ORL_MSG_owner, owner, sizeof(owner), 2000);
}

static void notices(struct attack *a)
{
	uint8_t notice[300];

	memset(notice, 'x', sizeof(notice));
	memcpy(notice, (uint8_t[]){ 1, 0x29, 1 }, 3);
	bomb(a, ORL_MSG_notice, notice, sizeof(notice), 2000);
}

static void pings(struct attack *a)
{
	static uint8_t ping[12];

	bomb(a, ORL_MSG_ping, ping, sizeof(ping), 2000);
}

/* Asks for answers and reads none of them. */
static void never_reads(struct attack *a)
{
	static uint8_t ping[12], out[15 * 1000 + 64];
	size_t each = raw_chunks(out, ORL_MSG_ping, ping, sizeof(ping));
	int small = 4096;

	setsockopt(a->r.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (size_t i = 1; i < 1000; i++)
		memcpy(out + i * each, out, each);
	for (unsigned i = 0; i < 1000; i++)
		if (!raw_write(&a->r, out, 1000 * each, 500))
			break;
}

/* Half of a channel's credit is the most. */
static void large_message(struct attack *a)
{
	raw_say(&a->r, 0x150, noise, ORL_CREDIT_SOUND / 2 + 1);
}

static void shrinks_under_it(struct attack *a)
{
	for (unsigned i = 0; i < 500; i++) {
		show(a, 0, 1 + attack_random(a, 900),
				1 + attack_random(a, 900));
		commit(a, 0, i);
	}
	raw_fate(&a->r, 300);
}

static const struct view_case cases[] = {
	{ "says nothing", says_nothing, NO_TLS, 3, "" },
	{ "no TLS", garbage, NO_TLS, 3, "TLS" },
	{ "TLS, then nothing", says_nothing, NO_LOGIN, 3, "" },
	{ "a byte now and then", drips, NO_LOGIN, 3, "" },
	{ "records flipped", garbage, NO_LOGIN, 3, "" },
	{ "bad chunk", bad_chunk, NO_LOGIN, 3, "protocol" },
	{ "picture before login", early_picture, NO_LOGIN, 3, "protocol" },
	{ "hello of 4097 bytes", large_hello, NO_LOGIN, 3, "protocol" },
	{ "unknown version", unknown_version, NO_LOGIN, 3, "protocol version" },
	{ "4096 rounds of key derivation", few_rounds, NO_LOGIN, 5, "" },
	{ "2^32 - 1 rounds", many_rounds, NO_LOGIN, 3, "protocol" },
	{ "5000000 rounds, false proof", most_rounds, NO_LOGIN, 5, "" },
	{ "display of 268 million pixels", huge_display, 0, 6, "limit" },
	{ "16 displays of 67 million", many_displays, LARGE, 6, "limit" },
	{ "100 times 67 million pixels", size_bomb, LARGE, 0, NULL },
	{ "COPY bomb: 8 * 10^8 pixels", copy_bomb, LARGE, 0, NULL },
	{ "copies from outside", copies_outside, 0, 6, "protocol" },
	{ "copies without end", copies_without_end, 0, 6, "protocol" },
	{ "HCX of noise", hcx_noise, 0, 6, "protocol" },
	{ "RES of noise", res_noise, 0, 6, "protocol" },
	{ "unknown block", unknown_op, 0, 6, "protocol" },
	{ "all lossy, again and again", lossy_everywhere, LARGE, 0, NULL },
	{ "lossy outside", lossy_outside, 0, 6, "protocol" },
	{ "lossy twice at once", lossy_too_often, 0, 6, "protocol" },
	{ "a picture, not offered", picture_unasked, 0, 6, "protocol" },
	{ "checks that cannot hold", false_checks, LARGE, 0, NULL },
	{ "check outside", check_outside, 0, 6, "protocol" },
	{ "commits in any order", commits_anyhow, 0, 0, NULL },
	{ "commit of no display", commit_of_nothing, 0, 6, "protocol" },
	{ "cursor of 67 million pixels", cursor_bomb, 0, 6, "protocol" },
	{ "cursor's hot spot outside", cursor_hot, 0, 6, "protocol" },
	{ "cursor that was never sent", cursor_empty, 0, 6, "protocol" },
	{ "2000 cursors", cursor_flood, 0, 0, NULL },
	{ "flood of owners", flood, 0, 0, NULL },
	{ "flood of notices", notices, 0, 0, NULL },
	{ "flood of pings", pings, 0, 6, "limit" },
	{ "never reads, and asks", never_reads, 0, 6, "limit" },
	{ "message longer than its channel", large_message, 0, 6, "protocol" },
	{ "sizes that change", shrinks_under_it, 0, 0, NULL },
	{ NULL, NULL, 0, 0, NULL },
};

/* ---- the victim -------------------------------------------------------- */

static int listen_anywhere(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t n = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&sin, n) < 0 || listen(fd, 4) < 0 ||
			getsockname(fd, (struct sockaddr *)&sin, &n) < 0)
		return -1;
	snprintf(address, sizeof(address), "oriel://127.0.0.1:%u",
			ntohs(sin.sin_port));
	return fd;
}

static pid_t start(const struct view_case *c, const char *viewer, FILE *log)
{
	char trust[80] = "--trust=", *p = trust + strlen(trust);
	char file[256];

	snprintf(file, sizeof(file), "--password-file=%s", password);
	for (unsigned i = 0; i < sizeof(pin); i++)
		p += sprintf(p, "%02x", pin[i]);
	pid_t pid = fork();
	if (pid)
		return pid;
	dup2(fileno(log), 2);
	execl(viewer, viewer, "--headless", trust, file,
			c->code == 3 && !*c->sentence ? "--exit-after=2"
						      : "--exit-after=120",
			address, NULL);
	_exit(127);
}

/* Its exit status, -1 when it would not end. */
static int finish(pid_t pid, struct rusage *use, bool asked)
{
	int status;

	if (asked)
		kill(pid, SIGTERM);
	for (uint64_t end = raw_ms() + END_MS; raw_ms() < end; usleep(5000))
		if (wait4(pid, &status, WNOHANG, use) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status)
						 : 1000 + WTERMSIG(status);
	kill(pid, SIGKILL);
	wait4(pid, &status, 0, use);
	return -1;
}

static bool judge(const struct view_case *c, int status, const char *sentence,
		const struct rusage *use)
{
	long rss = use->ru_maxrss >> 10;
	long most = c->flags & LARGE ? DESKTOP_MAX_MIB : MEMORY_MAX_MIB;

	if (status != c->code) {
		printf("FAIL: exit %d\n", status);
		return false;
	}
	if (c->sentence && (!*sentence || !strstr(sentence, c->sentence))) {
		printf("FAIL: no sentence about: %s\n", c->sentence);
		return false;
	}
	if (rss > most) {
		printf("FAIL: %ld MiB, more than %ld\n", rss, most);
		return false;
	}
	return true;
}

/* It has worked on all that it was sent, and still answers. */
static void until_answered(struct attack *a)
{
	uint64_t end = raw_ms() + 90000;
	uint16_t id;
	const uint8_t *data;
	size_t n;

	RAW_SAY(&a->r, ping, .serial = 1);
	while (raw_ms() < end &&
			raw_hear(&a->r, &id, &data, &n, 90000) == RAW_MESSAGE &&
			id != ORL_MSG_pong)
		;
}

static bool run(struct attack *a, const struct view_case *c, int listener,
		const char *viewer)
{
	FILE *log = tmpfile();
	struct rusage use = { 0 };
	struct pollfd p = { listener, POLLIN, 0 };
	char line[300] = "", last[300] = "";
	pid_t pid = start(c, viewer, log);
	uint64_t began = raw_ms();
	int fd = poll(&p, 1, 20000) > 0 ? accept(listener, NULL, NULL) : -1;

	a->r.fd = fd;
	if (fd >= 0 && (c->flags & NO_TLS || raw_secure(&a->r, server_tls, fd,
							     NULL))) {
		if (c->flags & (NO_LOGIN | NO_TLS) || let_in(a))
			c->run(a);
		if (!c->sentence)
			until_answered(a);
	}
	int status = finish(pid, &use, !c->sentence);
	raw_hang_up(&a->r);
	rewind(log);
	while (fgets(line, sizeof(line), log))
		if (strncmp(line, "oriel-view: ", 12) == 0)
			snprintf(last, sizeof(last), "%s", line + 12);
	fclose(log);
	last[strcspn(last, "\n")] = 0;
	printf("%-30s | exit %d: %-60.60s | %4ld MiB, %5ld of %5ld ms\n",
			c->name, status, c->sentence ? last : "lives",
			use.ru_maxrss >> 10,
			use.ru_utime.tv_sec * 1000 +
					use.ru_utime.tv_usec / 1000 +
					use.ru_stime.tv_sec * 1000 +
					use.ru_stime.tv_usec / 1000,
			(long)(raw_ms() - began));
	return judge(c, status, last, &use);
}

int attack_view(struct attack *a, int argc, char **argv)
{
	const char *only = getenv("ATTACK_CASE");
	char *certificate, *key;
	struct orl_env env;
	int listener = listen_anywhere();
	bool ok = true;

	(void)argc;
	password = argv[1];
	raw_env(&env);
	if (listener < 0 || orl_tls_make_pair(&env, "attack", &certificate,
					    &key) < 0)
		return 2;
	if (orl_tls_context_create(&server_tls, &env,
			    &(struct orl_tls_config){ .server = true,
					    .certificate = certificate,
					    .private_key = key }) < 0 ||
			orl_tls_context_pin(server_tls, pin) < 0)
		return 2;
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)attack_random(a, 256);
	printf("case | what the viewer did | its memory and processor time\n");
	for (const struct view_case *c = cases; c->name; c++)
		if (!only || strcmp(only, c->name) == 0)
			ok &= run(a, c, listener, argv[0]);
	return !ok;
}

/*
 * usbliar.c - who lies about USB devices, for usb_hostile.sh: a client on
 * channel 4 of a real server, a device that a real viewer has been told to
 * give, a guest that a real server plugs devices into.
 *
 *	usbliar client PORT PASSWORD-FILE
 *	usbliar device|guest SOCKET LIE
 *
 * A client says a line for each case, and ends with 1 when the server did
 * something else than is written there. Device and guest take connections
 * until one has heard their lie, and say whether they were let go of.
 * USBLIAR_SEED repeats what was random.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "proto/caps.h"
#include "tests/e2e/raw.h"
#include "tests/usbredir.h"

enum { ATTACHES = 10000, LIES = 9 };

static struct raw r;
static uint64_t seed;
static uint32_t device; /* the newest number */

static uint32_t random_below(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

/* ---- what is said on either side --------------------------------------- */

/* One lie of LIES, each another break of the protocol or of the rules. */
static void lie(struct packets *k, unsigned which)
{
	static const uint8_t keyboard[] = { 3 };

	switch (which) {
	case 0: /* an answer, or question, that fits nothing */
		usb_bulk(k, 77, 0x81, 8, "12345678", 8);
		usb_bulk(k, 77, 0x81, 8, "12345678", 8);
		break;
	case 1: /* a length that nobody would wait for */
		usb_head(k, usb_redir_bulk_packet, 0xfffffff0, 1);
		break;
	case 2: /* shorter than its own head */
		usb_head(k, usb_redir_control_packet, 1, 1);
		usb_put(k, 0, 1);
		break;
	case 3: /* hello twice */
		usb_hello(k, USB_CAPS);
		break;
	case 4: /* no such packet */
		usb_head(k, 12345, 0, 1);
		break;
	case 5: /* it becomes a keyboard; a guest may not say so at all */
		usb_interfaces(k, 1, keyboard);
		break;
	case 6: /* more at once than anybody has memory for */
		for (uint64_t i = 0; i < 600; i++)
			usb_head(k, usb_redir_get_configuration, 0, i);
		usb_head(k, usb_redir_start_bulk_receiving, 10, 1);
		usb_put(k, 0xffffffffff, 8);
		usb_put(k, 0x81ff, 2);
		break;
	case 7: /* connected, and again */
		usb_connect(k, USB_PRODUCT);
		break;
	default:
		for (unsigned i = 0; i < 4000; i++)
			usb_put(k, random_below(256), 1);
	}
}

/* ---- a client ---------------------------------------------------------- */

static bool data(uint32_t number, const void *bytes, size_t n)
{
	uint8_t message[4 + 16384];
	const uint8_t *p = bytes;

	while (n) {
		size_t k = n < 16384 ? n : 16384;

		for (unsigned i = 0; i < 4; i++)
			message[i] = (uint8_t)(number >> 8 * i);
		memcpy(message + 4, p, k);
		if (!raw_say(&r, ORL_MSG_usb_data, message, 4 + k))
			return false;
		p += k;
		n -= k;
	}
	return true;
}

static void attach(void)
{
	static const uint8_t interface[3] = { 0xff, 0, 0 };

	RAW_SAY(&r, usb_attach, .device = ++device, .vendor = USB_VENDOR,
			.product = USB_PRODUCT, .release = 0x100, .speed = 3,
			.interfaces = { interface, 1 });
}

/* Until a message of that id comes: its first byte after the number, or -1. */
static int await(uint16_t want, int ms)
{
	uint64_t end = raw_ms() + (uint64_t)ms;
	const uint8_t *p;
	uint16_t id;
	size_t n;

	while (raw_ms() < end) {
		int got = raw_hear(&r, &id, &p, &n, 100);

		if (got == RAW_CLOSED)
			return -2;
		if (got == RAW_MESSAGE && id == want && n >= 5)
			return p[4];
	}
	return -1;
}

static bool say_what_it_is(void)
{
	struct packets k = { .n = 0 };

	usb_hello(&k, USB_CAPS);
	return data(device, k.p, k.n) && await(ORL_MSG_usb_data, 20000) >= 0;
}

static bool plug(void)
{
	struct packets k = { .n = 0 };

	attach();
	for (int i = 0; i < 2; i++) /* it may have to wait first */
		if (await(ORL_MSG_usb_answer, 20000) == 0)
			break;
	if (!say_what_it_is())
		return false;
	usb_device(&k, 0xff);
	return data(device, k.p, k.n);
}

static bool check(bool ok, const char *what, const char *seen)
{
	printf("%s: %s%s\n", what, seen, ok ? "" : " (WRONG)");
	fflush(stdout);
	return ok;
}

/* A lie ends the device, and not its session. */
static bool lies(unsigned which)
{
	static struct packets k;
	char what[32];
	int seen = -3;

	k.n = 0;
	lie(&k, which);
	snprintf(what, sizeof(what), "lie %u", which);
	if (plug() && data(device, k.p, k.n))
		seen = await(ORL_MSG_usb_detach, 20000);
	bool stays = strcmp(raw_fate(&r, 100), "stays") == 0;
	return check(seen >= 0 && stays, what,
			seen >= 0 ? "the device is detached" : raw_fate(&r, 0));
}

static bool come_and_go(void)
{
	unsigned answers = 0;
	const uint8_t *p;
	uint16_t id;
	size_t n;

	for (unsigned i = 0; i < ATTACHES; i++) {
		attach();
		RAW_SAY(&r, usb_detach, .device = device);
		int got = raw_hear(&r, &id, &p, &n, i % 64 ? 0 : 20);
		for (; got == RAW_MESSAGE; got = raw_hear(&r, &id, &p, &n, 0))
			answers += id == ORL_MSG_usb_answer;
		if (got == RAW_CLOSED)
			break;
	}
	while (raw_hear(&r, &id, &p, &n, 300) == RAW_MESSAGE)
		answers += id == ORL_MSG_usb_answer;
	printf("%u answers to %d\n", answers, ATTACHES);
	return check(strcmp(raw_fate(&r, 0), "stays") == 0 && plug(),
			"10000 come and go", "another is plugged in");
}

/* What the session does not outlive. */
static bool fatal(const char *what, bool (*say)(void))
{
	bool said = say();
	const char *fate = raw_fate(&r, 20000);

	return check(said && strcmp(fate, "stays") != 0, what, fate);
}

static bool unknown(void)
{
	return data(device + 1000, "x", 1);
}

static bool too_early(void)
{
	attach();
	return data(device, "x", 1) && data(device, "x", 1);
}

static bool much_credit(void)
{
	return plug() &&
	       RAW_SAY(&r, usb_credit, .device = device, .bytes = 262144);
}

static bool old_number(void)
{
	attach();
	device -= 1;
	attach();
	return true;
}

static bool too_many(void)
{
	for (int i = 0; i < 40; i++)
		attach();
	return true;
}

static bool nothing_at_all(void)
{
	uint8_t empty[4] = { 1 };

	attach();
	return raw_say(&r, ORL_MSG_usb_data, empty, 4);
}

static int client(const char *port, const char *file)
{
	static const struct {
		const char *what;
		bool (*say)(void);
	} ends[] = { { "a number that never was", unknown },
		{ "data before it is open", too_early },
		{ "credit that was not used", much_credit },
		{ "a number again", old_number }, { "forty devices", too_many },
		{ "empty data", nothing_at_all } };
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct orl_tls_context *tls;
	struct orl_env env;
	char password[256] = "";
	FILE *f = fopen(file, "r");
	bool ok = true;

	if (!f || !fgets(password, sizeof(password), f))
		return 2;
	fclose(f);
	password[strcspn(password, "\n")] = 0;
	raw_env(&env);
	if (orl_tls_context_create(&tls, &env,
			    &(struct orl_tls_config){ .server = false }) < 0)
		return 2;
	for (unsigned i = 0; i < 1 + sizeof(ends) / sizeof(*ends); i++) {
		device = 0;
		r.fd = -1;
		bool in = raw_dial(&r, tls, &to, i);
		r.caps = ORL_CAP(USB);
		if (!in || !raw_login(&r, "oriel", password))
			return !check(false, "login", "it does not let us in");
		r.grants = true;
		RAW_SAY(&r, take, .take = true);
		if (i)
			ok &= fatal(ends[i - 1].what, ends[i - 1].say);
		for (unsigned k = 0; !i && k < LIES; k++)
			ok &= lies(k);
		if (!i)
			ok &= come_and_go();
		raw_hang_up(&r);
	}
	orl_tls_context_destroy(tls);
	return !ok;
}

/* ---- a device, a guest ------------------------------------------------- */

/* What comes is thrown away, until nothing does for ms, or it is closed. */
static bool listen_for(int fd, int ms)
{
	struct pollfd p = { fd, POLLIN, 0 };
	char sink[16384];

	while (poll(&p, 1, ms) > 0)
		if (recv(fd, sink, sizeof(sink), 0) <= 0)
			return false;
	return true;
}

/* Whether the other end's ids are 64 bits wide, as its hello says. */
static bool wide(int fd)
{
	uint8_t hello[80] = { 0 };
	size_t n = 0;

	while (n < sizeof(hello)) {
		struct pollfd p = { fd, POLLIN, 0 };
		ssize_t got = poll(&p, 1, 20000) > 0
					      ? recv(fd, hello + n,
								sizeof(hello) - n,
								0)
					      : 0;
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	return hello[76] >> usb_redir_cap_64bits_ids & 1;
}

/* The same packets with ids of 32 bits. */
static void narrow(struct packets *k)
{
	size_t at = 0, to = 0;

	while (at + 16 <= k->n) {
		size_t n = k->p[at + 4] | (size_t)k->p[at + 5] << 8;

		memmove(k->p + to, k->p + at, 12);
		memmove(k->p + to + 12, k->p + at + 16, n);
		at += 16 + n;
		to += 12 + n;
	}
	k->n = to;
}

static int take(const char *path, bool guest, unsigned which)
{
	static struct packets k;
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	if (listener < 0 || strlen(path) >= sizeof(name.sun_path))
		return 2;
	memcpy(name.sun_path, path, strlen(path));
	if (bind(listener, (struct sockaddr *)&name, sizeof(name)) < 0 ||
			listen(listener, 8) < 0)
		return 2;
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		k.n = 0;
		usb_hello(&k, USB_CAPS);
		if (send(fd, k.p, k.n, MSG_NOSIGNAL) < 0)
			goto next;
		bool is_wide = wide(fd);
		k.n = 0;
		if (!guest)
			usb_device(&k, 0xff);
		if (!is_wide)
			narrow(&k);
		if (k.n && send(fd, k.p, k.n, MSG_NOSIGNAL) < 0)
			goto next;
		if (!listen_for(fd, 200))
			goto next; /* it had only been asked what it is */
		k.n = 0;
		lie(&k, which % LIES);
		if (send(fd, k.p, k.n, MSG_NOSIGNAL) < 0)
			goto next;
		printf("lie %u: %s\n", which,
				listen_for(fd, 20000) ? "it stays"
						     : "it is let go of");
		return 0;
next:
		close(fd);
	}
}

int main(int argc, char **argv)
{
	const char *text = getenv("USBLIAR_SEED");

	signal(SIGPIPE, SIG_IGN);
	seed = text ? strtoull(text, NULL, 0) : raw_ms();
	printf("seed %llu\n", (unsigned long long)seed);
	if (argc == 4 && strcmp(argv[1], "client") == 0)
		return client(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "device") == 0)
		return take(argv[2], false, (unsigned)atoi(argv[3]));
	if (argc == 4 && strcmp(argv[1], "guest") == 0)
		return take(argv[2], true, (unsigned)atoi(argv[3]));
	fputs("usage: see the top of usbliar.c\n", stderr);
	return 2;
}

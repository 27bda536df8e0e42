/*
 * attack_clients.c - what hostile clients do to a server, before login and
 * after, and what is expected of it.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/e2e/attack.h"

/* What is to end does so at once, unless something else has the processors. */
enum { END_MS = 15000 };

static char said[200];

static bool dial(struct attack *a)
{
	return raw_dial(&a->r, a->tls, &a->to, a->who++);
}

static bool log_in(struct attack *a)
{
	bool ok = dial(a) && raw_login(&a->r, "oriel", a->password);

	a->r.grants = true;
	return ok;
}

/* Whether a socket is closed within ms; what comes is thrown away. */
static bool closes(int fd, int ms)
{
	uint64_t end = raw_ms() + (uint64_t)ms;
	char sink[4096];

	while (raw_ms() < end) {
		struct pollfd p = { fd, POLLIN, 0 };
		if (poll(&p, 1, (int)(end - raw_ms())) > 0 &&
				recv(fd, sink, sizeof(sink), 0) <= 0)
			return true;
	}
	return false;
}

/* ---- before login ------------------------------------------------------ */

static const char *not_tls(struct attack *a)
{
	uint8_t noise[65536];
	int kept = 0;

	for (int i = 0; i < 20; i++) {
		int fd = raw_socket(&a->to, a->who++);
		for (size_t k = 0; k < sizeof(noise); k++)
			noise[k] = (uint8_t)attack_random(a, 256);
		send(fd, noise, sizeof(noise), MSG_NOSIGNAL);
		kept += !closes(fd, END_MS);
		close(fd);
	}
	return kept ? "keeps some" : "closed, 20 of 20";
}

static const char *cut_handshakes(struct attack *a)
{
	/* The head of a record with a ClientHello, and less than it says. */
	static const uint8_t head[] = { 22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3 };

	for (int i = 0; i < 100; i++) {
		int fd = raw_socket(&a->to, a->who++);
		send(fd, head, 1 + attack_random(a, sizeof(head)),
				MSG_NOSIGNAL);
		close(fd);
	}
	return dial(a) ? "lets the next one in" : "lets nobody in";
}

/* Nothing, a byte of TLS now and then, a byte of the hello now and then. */
static const char *slow_loris(struct attack *a)
{
	static const uint8_t tls[200] = { 22, 3, 1, 1, 0, 1, 0, 0, 252, 3, 3 };
	static const uint8_t hello[100] = { 90, 0, 0, 1, 1, 0, 1, 0 };
	int mute = raw_socket(&a->to, a->who++);
	int drip = raw_socket(&a->to, a->who++);
	uint64_t start = raw_ms(), ended[3] = { 0 };

	if (!dial(a))
		return "does not let it in";
	for (unsigned i = 0; raw_ms() - start < 25000; i++) {
		if (!ended[0] && closes(mute, 1))
			ended[0] = raw_ms() - start;
		if (!ended[1] && (send(drip, tls + i % 200, 1, MSG_NOSIGNAL) <
								 0 ||
						 closes(drip, 1)))
			ended[1] = raw_ms() - start;
		if (!ended[2] && (!raw_write(&a->r, hello + i % 100, 1, 10) ||
						 strcmp(raw_fate(&a->r, 1),
								 "stays")))
			ended[2] = raw_ms() - start;
		if (ended[0] && ended[1] && ended[2])
			break;
		usleep(300000);
	}
	close(mute);
	close(drip);
	snprintf(said, sizeof(said), "%s (after %.0f, %.0f and %.0f s)",
			ended[0] && ended[1] && ended[2] ? "closed all"
							 : "keeps some",
			(double)ended[0] / 1000, (double)ended[1] / 1000,
			(double)ended[2] / 1000);
	return said;
}

static const char *thousand_half_open(struct attack *a)
{
	enum { MANY = 1000 };
	static int fds[MANY];
	unsigned open = 0, tries = 0;
	bool in = false;

	/* 250 addresses with four each. */
	for (int i = 0; i < MANY; i++)
		fds[i] = raw_socket(&a->to, 4096 + (unsigned)i % 250);
	for (uint64_t end = raw_ms() + END_MS; raw_ms() < end;) {
		usleep(300000);
		open = 0;
		for (int i = 0; i < MANY; i++)
			open += fds[i] >= 0 &&
				recv(fds[i], said, 1, MSG_DONTWAIT) < 0 &&
				errno == EAGAIN;
		if (open <= ORL_UNPROVED_MAX)
			break;
	}
	/* Somebody honest gets in, now or when the ten seconds are over. */
	for (uint64_t end = raw_ms() + 60000; !in && raw_ms() < end; tries++) {
		in = log_in(a);
		if (!in) {
			raw_hang_up(&a->r);
			usleep(50000);
		}
	}
	for (int i = 0; i < MANY; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	snprintf(said, sizeof(said), "%s %u of 1000; next login at try %u",
			open <= ORL_UNPROVED_MAX && in ? "keeps" : "WRONG:",
			open, tries);
	return said;
}

static const char *one_address(struct attack *a)
{
	int fds[8], open = 8;

	for (int i = 0; i < 8; i++)
		fds[i] = raw_socket(&a->to, 9999);
	for (uint64_t end = raw_ms() + 5000; open > 4 && raw_ms() < end;) {
		usleep(200000);
		open = 0;
		for (int i = 0; i < 8; i++)
			open += !closes(fds[i], 1);
	}
	for (int i = 0; i < 8; i++)
		close(fds[i]);
	snprintf(said, sizeof(said), "keeps %d of 8", open);
	return said;
}

static const char *early_input(struct attack *a)
{
	if (!dial(a))
		return "does not let it in";
	RAW_SAY(&a->r, key, .usage = 0x070004, .down = true);
	return raw_fate(&a->r, END_MS);
}

static const char *two_hellos(struct attack *a)
{
	if (!dial(a) || !raw_hello(&a->r, NULL))
		return "does not let it in";
	raw_say(&a->r, ORL_MSG_client_hello, a->r.hellos + 2, 40);
	return raw_fate(&a->r, END_MS);
}

static const char *second_step_first(struct attack *a)
{
	if (!dial(a) || !raw_hello(&a->r, NULL))
		return "does not let it in";
	RAW_SAY(&a->r, login,
			.method = { (const uint8_t *)ORL_METHOD_PLUS, 18 },
			.step = 1, .blob = { a->r.hellos, 100 });
	return raw_fate(&a->r, END_MS);
}

static const char *oversize_hello(struct attack *a)
{
	static uint8_t big[ORL_MESSAGE_MAX_EARLY + 1];

	if (!dial(a))
		return "does not let it in";
	raw_say(&a->r, ORL_MSG_client_hello, big, sizeof(big));
	return raw_fate(&a->r, END_MS);
}

static const char *bad_chunks(struct attack *a)
{
	static const uint8_t chunks[][4] = { { 0, 0, 0, 0 }, { 1, 0, 0x80, 1 },
		{ 1, 0, 7, 1 }, { 0xff, 0xff, 0, 1 }, { 1, 0, 3, 1 } };
	int kept = 0;

	for (size_t i = 0; i < ORL_COUNT(chunks); i++) {
		if (!dial(a))
			return "does not let it in";
		raw_write(&a->r, chunks[i], 4, 1000);
		kept += strcmp(raw_fate(&a->r, END_MS), "stays") == 0;
		raw_hang_up(&a->r);
	}
	return kept ? "keeps some" : "ended, 5 of 5";
}

static const char *lengths_that_lie(struct attack *a)
{
	/* A hello whose session is of four thousand million bytes. */
	uint8_t hello[64] = { 1, 0, 1, 0 };

	if (!dial(a))
		return "does not let it in";
	memset(hello + 4, 0, 16);
	memset(hello + 20, 1, 4);
	memset(hello + 24, 0xff, 4);
	raw_say(&a->r, ORL_MSG_client_hello, hello, sizeof(hello));
	return raw_fate(&a->r, END_MS);
}

static const char *credit_before_login(struct attack *a)
{
	if (!dial(a))
		return "does not let it in";
	RAW_SAY(&a->r, credit, .channel = 3, .bytes = 1 << 30);
	return raw_fate(&a->r, END_MS);
}

/* ---- replays ----------------------------------------------------------- */

static const char *replayed_login(struct attack *a)
{
	uint8_t sent[512];
	size_t n;

	if (!log_in(a))
		return "does not let the first one in";
	n = a->r.sent_n;
	memcpy(sent, a->r.sent, n);
	raw_hang_up(&a->r);
	if (!dial(a) || !raw_hello(&a->r, NULL))
		return "does not let it in";
	RAW_SAY(&a->r, login,
			.method = { (const uint8_t *)ORL_METHOD_PLUS, 18 },
			.blob = { sent, (uint32_t)n });
	return raw_fate(&a->r, 5000);
}

static bool resume(struct attack *a, const struct raw *old, uint8_t *proof,
		bool replay)
{
	uint8_t exporter[32], transcript[32];

	if (!dial(a) || !raw_hello(&a->r, old->session) ||
			orl_tls_exporter(a->r.tls, exporter) < 0 ||
			a->r.env.crypto->sha256(a->r.hellos, a->r.sent_n,
					transcript) < 0)
		return false;
	if (!replay && orl_token_proof(&a->r.env, old->token,
				       "oriel resume client", exporter,
				       transcript, proof) < 0)
		return false;
	return RAW_SAY(&a->r, resume, .proof = { proof, 32 },
			.sealed = { old->sealed, (uint32_t)old->sealed_n });
}

static const char *replayed_token(struct attack *a)
{
	static struct raw old;
	uint8_t proof[32];
	uint16_t id = 0;
	const uint8_t *data;
	size_t n;

	if (!log_in(a))
		return "does not let the first one in";
	old = a->r;
	raw_hang_up(&a->r);
	if (!resume(a, &old, proof, false) ||
			raw_hear(&a->r, &id, &data, &n, 5000) != RAW_MESSAGE ||
			id != ORL_MSG_welcome)
		return "does not let its owner come back";
	raw_hang_up(&a->r);
	if (!resume(a, &old, proof, true))
		return "does not let it in";
	return raw_fate(&a->r, 5000);
}

static const char *flipped_token(struct attack *a)
{
	static struct raw old;
	uint8_t proof[32];
	int in = 0;

	if (!log_in(a))
		return "does not let the first one in";
	old = a->r;
	raw_hang_up(&a->r);
	for (int i = 0; i < 16; i++) {
		struct raw bad = old;
		bad.sealed[attack_random(a, (uint32_t)bad.sealed_n)] ^=
				(uint8_t)(1u << attack_random(a, 8));
		if (!resume(a, &bad, proof, false))
			return "does not let it in";
		in += strncmp(raw_fate(&a->r, END_MS), "refused", 7) != 0;
		raw_hang_up(&a->r);
	}
	return in ? "lets some in" : "refused, 16 of 16";
}

static const char *wrong_password(struct attack *a)
{
	if (!dial(a))
		return "does not let it in";
	if (raw_login(&a->r, "mallory", "wrong horse"))
		return "lets it in";
	return strcmp(raw_fate(&a->r, END_MS), "stays") ? "refused" : "stays";
}

/* ---- after login ------------------------------------------------------- */

static const char *flipped_records(struct attack *a)
{
	uint8_t record[64] = { 23, 3, 3, 0, 59 };
	int kept = 0;

	for (int i = 0; i < 4; i++) {
		if (!log_in(a))
			return "does not let it in";
		for (size_t k = 5; k < sizeof(record); k++)
			record[k] = (uint8_t)attack_random(a, 256);
		send(a->r.fd, record, sizeof(record), MSG_NOSIGNAL);
		kept += strcmp(raw_fate(&a->r, END_MS), "stays") == 0;
		raw_hang_up(&a->r);
	}
	return kept ? "keeps some" : "ended, 4 of 4";
}

static const char *flipped_messages(struct attack *a)
{
	unsigned lines = 0, messages = 0;

	for (uint64_t end = raw_ms() + 3000; raw_ms() < end; lines++) {
		if (!log_in(a))
			return "does not let it in";
		for (int i = 0; i < 200; i++, messages++) {
			uint8_t bytes[600];
			struct orl_wr w = { bytes, sizeof(bytes), 0 };
			uint16_t id = (uint16_t)(0x20 + attack_random(a, 24));
			if (id == ORL_MSG_pointer)
				orl_put_pointer(&w,
						&(struct orl_pointer){ .x = 100,
								.y = 100 });
			else
				orl_put_ack(&w, &(struct orl_ack){ 0 });
			bytes[attack_random(a, (uint32_t)w.n)] ^=
					(uint8_t)(1u << attack_random(a, 8));
			if (!raw_say(&a->r, id, bytes, w.n))
				break;
			if (strcmp(raw_fate(&a->r, 0), "stays"))
				break;
		}
		raw_hang_up(&a->r);
	}
	snprintf(said, sizeof(said), "lives, %u messages on %u lines", messages,
			lines);
	return said;
}

static const char *cut_messages(struct attack *a)
{
	/* A message that is begun, and a line that ends in it. */
	static const uint8_t begun[] = { 0xfd, 0x3f, 8, 0x21, 1, 2, 3 };

	for (int i = 0; i < 8; i++) {
		if (!log_in(a))
			return "does not let it in";
		raw_write(&a->r, begun, sizeof(begun), 1000);
		raw_hang_up(&a->r);
	}
	return "lives";
}

static const char *oversize_message(struct attack *a)
{
	static uint8_t big[ORL_MESSAGE_MAX_C2S + 1];

	if (!log_in(a))
		return "does not let it in";
	raw_say(&a->r, ORL_MSG_text, big, sizeof(big));
	return raw_fate(&a->r, END_MS);
}

static const char *servers_words(struct attack *a)
{
	if (!log_in(a))
		return "does not let it in";
	RAW_SAY(&a->r, ping, .serial = 1);
	return raw_fate(&a->r, END_MS);
}

static const char *unasked_pong(struct attack *a)
{
	if (!log_in(a))
		return "does not let it in";
	RAW_SAY(&a->r, pong, .serial = 1);
	return raw_fate(&a->r, END_MS);
}

static const char *credit_never_used(struct attack *a)
{
	if (!log_in(a))
		return "does not let it in";
	RAW_SAY(&a->r, credit, .channel = 3, .bytes = 1 << 30);
	return raw_fate(&a->r, END_MS);
}

/* Grants by the byte: as many messages as there are bytes. */
static const char *credit_by_the_byte(struct attack *a)
{
	uint16_t id;
	const uint8_t *data;
	size_t n, granted = 0;

	if (!log_in(a))
		return "does not let it in";
	a->r.grants = false;
	for (uint64_t end = raw_ms() + 2000; raw_ms() < end;) {
		int got = raw_hear(&a->r, &id, &data, &n, 10);
		if (got == RAW_CLOSED)
			return "closed";
		uint32_t *taken = &a->r.taken[3];
		for (unsigned i = 0; i < 1000 && *taken; i++, (*taken)--)
			granted += RAW_SAY(&a->r, credit, .channel = 3,
					.bytes = 1);
	}
	snprintf(said, sizeof(said), "%s, %zu credits", raw_fate(&a->r, 100),
			granted);
	return said;
}

static unsigned count_updates(struct attack *a, int ms, uint32_t *newest)
{
	uint64_t end = raw_ms() + (uint64_t)ms;
	unsigned updates = 0;
	uint16_t id;
	const uint8_t *data;
	size_t n;

	while (raw_ms() < end) {
		struct orl_commit commit;
		int got = raw_hear(&a->r, &id, &data, &n, 20);
		if (got == RAW_CLOSED)
			return UINT32_MAX;
		if (got != RAW_MESSAGE || id != ORL_MSG_commit ||
				orl_get_commit(data, n, &commit) < 0)
			continue;
		updates++;
		*newest = commit.frame;
	}
	return updates;
}

static const char *never_acks(struct attack *a)
{
	uint32_t frame;

	if (!log_in(a))
		return "does not let it in";
	unsigned first = count_updates(a, 2500, &frame);
	unsigned then = count_updates(a, 1500, &frame);
	snprintf(said, sizeof(said), "%s (%u updates, then %u)",
			then ? "sends more" : "sends no more", first, then);
	return said;
}

static const char *acks_of_the_future(struct attack *a)
{
	if (!log_in(a))
		return "does not let it in";
	RAW_SAY(&a->r, ack, .frame = 0x7fffffff);
	return raw_fate(&a->r, END_MS);
}

static const char *times_that_lie(struct attack *a)
{
	uint32_t frame = 0;
	unsigned sum = 0, lies = 0;

	if (!log_in(a))
		return "does not let it in";
	for (uint64_t end = raw_ms() + 2000; raw_ms() < end; lies++) {
		unsigned n = count_updates(a, 20, &frame);
		if (n == UINT32_MAX)
			return "closed";
		sum += n;
		if (n)
			RAW_SAY(&a->r, ack, .frame = frame,
					.received = attack_random(
							a, UINT32_MAX),
					.decoded = attack_random(a, UINT32_MAX),
					.shown = attack_random(a, UINT32_MAX),
					.sent = attack_random(a, UINT32_MAX),
					.decode_us = UINT32_MAX,
					.cells = UINT32_MAX);
	}
	snprintf(said, sizeof(said), "%s, %u updates", raw_fate(&a->r, 50),
			sum);
	return said;
}

static const char *checks_that_lie(struct attack *a)
{
	uint8_t rows[1024 * 8] = { 1 };
	uint16_t id;
	const uint8_t *data;
	size_t n;
	unsigned resets = 0;

	if (!log_in(a))
		return "does not let it in";
	for (uint64_t end = raw_ms() + 4000; raw_ms() < end;) {
		struct orl_check check;
		struct orl_commit commit;
		int got = raw_hear(&a->r, &id, &data, &n, 20);
		if (got == RAW_CLOSED)
			return "closed";
		if (got != RAW_MESSAGE)
			continue;
		resets += id == ORL_MSG_reset;
		if (id == ORL_MSG_commit &&
				orl_get_commit(data, n, &commit) == 0)
			RAW_SAY(&a->r, ack, .frame = commit.frame);
		if (id == ORL_MSG_check && orl_get_check(data, n, &check) == 0)
			RAW_SAY(&a->r, checked, .serial = check.serial,
					.rows = { rows, check.rows.n });
	}
	snprintf(said, sizeof(said), "%s, %u resets in 4 s",
			resets <= 3 ? "stays" : "WRONG", resets);
	return said;
}

/* Many messages in each record, as fast as they are taken. */
static const char *flood(struct attack *a, uint16_t id, const uint8_t *bytes,
		size_t n, unsigned count, bool deaf)
{
	static uint8_t out[16384];
	size_t each = raw_chunks(out, id, bytes, n), in = 1;
	unsigned sent = 0;
	uint64_t start = raw_ms();

	for (; (in + 1) * each <= sizeof(out); in++)
		memcpy(out + in * each, out, each);
	for (; sent < count && raw_ms() - start < 20000; sent += (unsigned)in) {
		if (!raw_write(&a->r, out, in * each, 3000))
			break;
		if (!deaf && sent % 4096 < in &&
				strcmp(raw_fate(&a->r, 0), "stays"))
			break;
	}
	snprintf(said, sizeof(said), "%s, %u in %.1f s",
			deaf ? "takes them" : raw_fate(&a->r, 200), sent,
			(double)(raw_ms() - start) / 1000);
	return said;
}

static const char *million_pointers(struct attack *a)
{
	uint8_t bytes[64];
	struct orl_wr w = { bytes, sizeof(bytes), 0 };

	if (!log_in(a))
		return "does not let it in";
	RAW_SAY(&a->r, take, .take = true);
	orl_put_pointer(&w, &(struct orl_pointer){ .x = 5, .y = 5 });
	return flood(a, ORL_MSG_pointer, bytes, w.n, 1000000, false);
}

static const char *million_pads(struct attack *a)
{
	if (!log_in(a))
		return "does not let it in";
	return flood(a, ORL_MSG_pad, NULL, 0, 1000000, false);
}

static const char *million_refreshes(struct attack *a)
{
	uint8_t display = 0;

	if (!log_in(a))
		return "does not let it in";
	return flood(a, ORL_MSG_refresh, &display, 1, 1000000, false);
}

static const char *takes_and_gives(struct attack *a)
{
	uint8_t both[10] = { 2, 0, 0, 0x11, 1, 2, 0, 0, 0x11, 0 };

	if (!log_in(a))
		return "does not let it in";
	for (unsigned i = 0; i < 20000; i++) {
		if (!raw_write(&a->r, both, sizeof(both), 3000) ||
				(i % 512 == 0 && strcmp(raw_fate(&a->r, 0),
								 "stays")))
			break;
	}
	return raw_fate(&a->r, 300);
}

static const char *many_sizes(struct attack *a)
{
	unsigned i;

	if (!log_in(a))
		return "does not let it in";
	for (i = 0; i < 2000; i++) {
		if (!RAW_SAY(&a->r, resize,
				    .width = (uint16_t)(2000 + i % 1000),
				    .height = 2000, .scale = 100) ||
				strcmp(raw_fate(&a->r, 0), "stays"))
			break;
	}
	RAW_SAY(&a->r, resize, .width = 640, .height = 360, .scale = 100);
	snprintf(said, sizeof(said), "%s, %u sizes", raw_fate(&a->r, 500), i);
	return said;
}

static const char *huge_sizes(struct attack *a)
{
	if (!log_in(a))
		return "does not let it in";
	RAW_SAY(&a->r, resize, .width = 16384, .height = 16384, .scale = 100);
	const char *fate = raw_fate(&a->r, 500);
	RAW_SAY(&a->r, resize, .width = 640, .height = 360, .scale = 100);
	usleep(200000);
	return fate;
}

/* Reads nothing, and asks for what must be answered. */
static const char *never_reads(struct attack *a)
{
	uint8_t display = 0;
	int small = 4096;

	if (!log_in(a))
		return "does not let it in";
	setsockopt(a->r.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	return flood(a, ORL_MSG_refresh, &display, 1, 200000, true);
}

const struct attack_case attack_serve_cases[] = {
	{ "no TLS", not_tls, "closed", false },
	{ "handshakes cut short", cut_handshakes, "lets the next", false },
	{ "slow-loris: TCP, TLS, hello", slow_loris, "closed all", false },
	{ "8 half-open of one address", one_address, "keeps 4", false },
	{ "1000 half-open of 250 addresses", thousand_half_open, "keeps",
			false },
	{ "input before login", early_input, "bye: message not", false },
	{ "two hellos", two_hellos, "bye: message not", false },
	{ "second login step first", second_step_first, "bye", false },
	{ "hello of 4097 bytes", oversize_hello, "closed", false },
	{ "bad chunks", bad_chunks, "ended", false },
	{ "hello with a length of 2^32 - 1", lengths_that_lie, "bye", false },
	{ "credit before login", credit_before_login, "closed", false },
	{ "a wrong password", wrong_password, "refused", false },
	{ "login replayed", replayed_login, "bye: authent", false },
	{ "token's proof replayed", replayed_token, "refused", false },
	{ "token with a bit flipped", flipped_token, "refused", false },
	{ "records flipped", flipped_records, "ended", false },
	{ "messages flipped", flipped_messages, "lives", false },
	{ "messages cut short", cut_messages, "lives", false },
	{ "message of 64 KiB + 1", oversize_message, "closed", false },
	{ "what only servers say", servers_words, "closed", false },
	{ "pong unasked", unasked_pong, "closed", false },
	{ "credit of 2^30, never used", credit_never_used, "closed", false },
	{ "credit by the byte", credit_by_the_byte, "stays", false },
	{ "never acks", never_acks, "sends no more", false },
	{ "acks what was never sent", acks_of_the_future, "bye", false },
	{ "lies about times", times_that_lie, "stays", false },
	{ "lies about what it sees", checks_that_lie, "stays", false },
	{ "10^6 pointers", million_pointers, "stays", false },
	{ "10^6 pads", million_pads, "stays", false },
	{ "10^6 refreshes", million_refreshes, "stays", false },
	{ "takes and gives up, 20000 times", takes_and_gives, "stays", false },
	{ "2000 sizes", many_sizes, "stays", false },
	{ "a size of 16384 x 16384", huge_sizes, "stays", false },
	{ "never reads, and asks", never_reads, "takes them", false },
	{ NULL, NULL, NULL, false },
};

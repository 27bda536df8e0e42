/*
 * session.h - what the two session fuzzers share: records that become
 * chunks, and a socket to say them on.
 *
 * The input is one byte of mode, then records: id (u16, little endian, as in
 * messages.def), length (u16), payload. A record is sent as one message, in
 * as many chunks as it needs. With MODE_RAW everything after the first byte
 * is sent as it is.
 */
#ifndef ORL_TESTS_FUZZ_SESSION_H
#define ORL_TESTS_FUZZ_SESSION_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	MODE_RAW = 1,   /* bytes, not records */
	MODE_READY = 2, /* a login that succeeds comes first */
	MODE_SCRAM = 4, /* ... by SCRAM instead of PEER */
};

/* Records that make the host do something instead of being sent. */
enum {
	RECORD_STEP = 0xfff0, /* a quarter of a second passes */
	RECORD_HOST = 0xfff1,
	RECORD_ANSWER = 0xfff2, /* to the last check; server only */
	RECORD_PRINT = 0xfff3,  /* so many pieces more, or an end, of a job */
};

/* Send a message by hand; what the other end refuses to read is lost. */
static inline void say(int fd, uint16_t id, const uint8_t *data, size_t n)
{
	uint8_t chunk[3 + 16381];
	size_t at = 0;

	do {
		size_t head = at == 0, room = 16381 - head;
		size_t take = n - at < room ? n - at : room;
		size_t payload = head + take;
		chunk[0] = (uint8_t)payload;
		chunk[1] = (uint8_t)(payload >> 8);
		chunk[2] = (uint8_t)((id >> 8 & 7) | (at + take < n ? 8 : 0));
		if (head)
			chunk[3] = (uint8_t)id;
		if (take)
			memcpy(chunk + 3 + head, data + at, take);
		if (send(fd, chunk, 3 + payload, MSG_DONTWAIT | MSG_NOSIGNAL) <
				0)
			return;
		at += take + !take;
	} while (at < n);
}

/* Read and forget what the other end has said. */
static inline void hear(int fd)
{
	uint8_t sink[65536];

	while (recv(fd, sink, sizeof(sink), MSG_DONTWAIT) > 0)
		;
}

static inline void no_log(void *user, enum oriel_log_level level,
		const char *topic, const char *text)
{
	(void)user;
	(void)level;
	(void)topic;
	(void)text;
}

/* The same nonces every time, so that a seed's answer stays an answer. */
static inline int no_random(void *user, void *buf, size_t n)
{
	(void)user;
	memset(buf, 0x5a, n);
	return 0;
}

#endif

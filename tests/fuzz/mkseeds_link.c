/*
 * mkseeds_link.c - write the seeds of fuzz_link into a folder: what the other
 * end of a link would say, in the fuzzer's form, one subject a file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/link.h"
#include "proto/messages.h"

enum { SERVER = 1, OPEN = 2, WHOLE = 4, FAST = 8, REPEAT = 16, SCARCE = 32 };

struct seed {
	uint8_t data[2048];
	size_t n;
};

static void begin(struct seed *s, unsigned how, uint8_t random)
{
	s->data[0] = (uint8_t)how;
	s->data[1] = random;
	s->n = 2;
}

/* A chunk whose payload is n bytes: `text`, then zeros. */
static void chunk(struct seed *s, unsigned flags, const void *text,
		size_t text_n, size_t n)
{
	uint8_t *p = s->data + s->n;
	if (n + 3 > sizeof(s->data) - s->n || text_n > n)
		abort();
	p[0] = (uint8_t)n;
	p[1] = (uint8_t)(n >> 8);
	p[2] = (uint8_t)flags;
	memset(p + 3, 0, n);
	memcpy(p + 3, text, text_n);
	s->n += n + 3;
}

static void save(const char *folder, const char *name, const struct seed *s)
{
	char path[512];
	snprintf(path, sizeof(path), "%s/fuzz_link/%s", folder, name);
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(s->data, 1, s->n, f) != s->n || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

#define SAY(flags, text) \
	chunk(&s, flags, text, sizeof(text) - 1, sizeof(text) - 1)

int main(int argc, char **argv)
{
	struct seed s;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}

	/* Ids are 0x80 and up where the link need not know them. */
	begin(&s, WHOLE, 1);
	SAY(0, "\x01hello");
	SAY(0, "\x05\x05"); /* opens */
	for (unsigned ch = 1; ch < ORL_CHANNELS; ch++)
		SAY(ch, "\x80 on each");
	save(argv[1], "open-then-every-channel", &s);

	begin(&s, SERVER | OPEN, 2);
	chunk(&s, 5 | 8, "\x80", 1, 300);
	SAY(0, "\x34\x03");
	chunk(&s, 5 | 8, "", 0, 500);
	chunk(&s, 6, "\xff", 1, 40);
	chunk(&s, 5, "", 0, 100);
	SAY(5, "\x80\x00 again");
	chunk(&s, 5 | 8, "\x80", 1, 20);
	chunk(&s, 5, "", 0, 20);
	save(argv[1], "interleaved-in-pieces", &s);

	begin(&s, OPEN | WHOLE, 3);
	SAY(0, "\x0c\1\0\0\0\1\2\3\4\5\6\7\0"); /* ping */
	SAY(0, "\x80\x03\x00 answer");
	SAY(0, "\x0c\2\0\0\0\1\2\3\4\5\6\7\0");
	save(argv[1], "client-is-pinged", &s);

	begin(&s, SERVER | OPEN, 4);
	SAY(0, "\x80\x06"); /* the handler pings */
	SAY(0, "\x0d\1\0\0\0\1\2\3\4\5\6\7\0");
	SAY(0, "\x80\x06");
	SAY(0, "\x80\x06");
	SAY(0, "\x0d\2\0\0\0\1\2\3\4\5\6\7\0");
	SAY(0, "\x0d\3\0\0\0\1\2\3\4\5\6\7\0");
	SAY(0, "\x0d\4\0\0\0\1\2\3\4\5\6\7\0"); /* one too many */
	save(argv[1], "server-pings", &s);

	begin(&s, SERVER | OPEN | WHOLE, 5);
	for (int i = 0; i < 40; i++) {
		SAY(0, "\x80\x03\x03\x01\x00\xff"); /* send a picture */
		SAY(0, "\x80\x03\x05\x01\x00\xff"); /* and a clip */
	}
	SAY(5, "\x80\x04\x01");     /* cancel it */
	SAY(0, "\x0b\x03\1\0\0\0"); /* credit that was never used */
	save(argv[1], "queues-fill", &s);

	begin(&s, SERVER | OPEN | FAST, 6);
	for (int i = 0; i < 12; i++) {
		SAY(0, "\x80\x03\x01\x00\x03\x03"); /* sound that expires */
		SAY(0, "\x80\x03\x05\x02\x02\x0f");
		SAY(0, "\x80\x03\x03\x01\x02\x0f");
		SAY(5, "\xfe\1\0\0\0");
	}
	save(argv[1], "time-runs-fast", &s);

	begin(&s, SERVER | OPEN, 7);
	for (int i = 0; i < 5; i++) {
		chunk(&s, 1, "\x80\x01", 2, 200); /* held */
		chunk(&s, 4, "\x80\x01", 2, 100);
		SAY(1, "\x80\x02");
		SAY(4, "\x80\x02\x01");
	}
	save(argv[1], "held-and-released", &s);

	begin(&s, OPEN, 8);
	SAY(2, "\x80\x07\x07");
	save(argv[1], "handler-refuses", &s);

	begin(&s, WHOLE, 9);
	SAY(3, "\x80");
	save(argv[1], "channel-not-open", &s);

	begin(&s, WHOLE, 10);
	for (int i = 0; i < 2; i++)
		chunk(&s, 8, "\x80", 1, 1000);
	save(argv[1], "message-that-goes-on", &s);

	begin(&s, OPEN | WHOLE | REPEAT, 12);
	chunk(&s, 5 | 8, "\x80", 1, 1000); /* ends in a message that is long */
	chunk(&s, 5 | 8, "", 0, 10);
	save(argv[1], "message-too-long", &s);

	begin(&s, SERVER | OPEN | WHOLE | REPEAT, 13);
	for (int i = 0; i < 8; i++)
		chunk(&s, 5 | (i < 7 ? 8 : 0), "\xff", i == 0, 150);
	save(argv[1], "credit-is-granted", &s);

	begin(&s, SERVER | OPEN | REPEAT, 14);
	SAY(0, "\x80\x03\x05\x01\x00\x0d"); /* send a clip as well */
	SAY(0, "\x80\x03\x03\x01\x00\x0d");
	chunk(&s, 5 | 8, "\x80", 1, 600);
	SAY(0, "\x0b\x05\1\0\0\0"); /* some of it has gone by now */
	chunk(&s, 5, "", 0, 600);
	save(argv[1], "clipboard-granted", &s);

	begin(&s, SERVER | OPEN | REPEAT | SCARCE, 15);
	for (int i = 0; i < 10; i++)
		SAY(0, "\x80\x03\x05\x01\x00\x00");
	SAY(0, "\x80\x06");
	save(argv[1], "memory-is-scarce", &s);

	begin(&s, OPEN | WHOLE, 11);
	memcpy(s.data + 2, "\0\0\0", 3);
	s.n += 3;
	save(argv[1], "chunk-of-nothing", &s);
	return 0;
}

/*
 * fuzz_printpipe.c - any bytes as a packet of oriel-ipp: what is taken is
 * written again as the same bytes, and its texts are fit to be shown. Also any
 * text as a printer's name. Covers: capture/printpipe.c
 */
#include <stdlib.h>
#include <string.h>

#include "capture/printpipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_name(const uint8_t *data, size_t size)
{
	char name[256], queue[ORL_PIPE_QUEUE_MAX + 1];
	size_t n = size < sizeof(name) - 1 ? size : sizeof(name) - 1;

	if (n)
		memcpy(name, data, n);
	name[n] = 0;
	orl_printpipe_queue(queue, name);
	n = strlen(queue);
	if (!n || n > ORL_PIPE_QUEUE_MAX - 4 || queue[0] == '-' ||
			queue[n - 1] == '-' ||
			queue[strspn(queue, "abcdefghijklmnopqrstuvwxyz"
					    "0123456789-")])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct orl_printpipe m;
	static uint8_t again[ORL_PIPE_PACKET_MAX];

	try_name(data, size);
	if (size > ORL_PIPE_PACKET_MAX || orl_printpipe_get(&m, data, size) < 0)
		return 0;
	if (!orl_printpipe_text_ok(m.text, strlen(m.text)))
		abort();
	if (m.kind == ORL_PIPE_PRINTER && m.printer.usual >= m.printer.n_media)
		abort();
	if (orl_printpipe_put(again, &m) != size ||
			memcmp(again, data, size) != 0)
		abort();
	return 0;
}

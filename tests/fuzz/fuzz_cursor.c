/*
 * fuzz_cursor.c - a cursor that decodes comes back from its own encoding.
 * The first two bytes are width and height, less one.
 */
#include <stdlib.h>
#include <string.h>

#include "codecs/cursor.h"
#include "proto/io/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint32_t out[ORL_CURSOR_SIDE_MAX * ORL_CURSOR_SIDE_MAX];
	static uint32_t again[ORL_CURSOR_SIDE_MAX * ORL_CURSOR_SIDE_MAX];
	static uint8_t packed[ORL_CURSOR_DATA_MAX];
	struct orl_env env;
	size_t n;
	if (size < 2)
		return 0;
	const int32_t w = data[0] + 1, h = data[1] + 1;
	if (orl_cursor_decode(out, w, h, data + 2, size - 2))
		return 0;
	if (orl_host_env(&env, NULL) ||
			orl_cursor_encode(&env, out, (size_t)w, w, h, packed,
					sizeof(packed), &n) ||
			orl_cursor_decode(again, w, h, packed, n) ||
			memcmp(out, again, (size_t)w * (size_t)h * 4) != 0)
		abort();
	return 0;
}

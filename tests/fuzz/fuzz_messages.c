/*
 * fuzz_messages.c - what decodes must encode back to the same bytes, and so
 * must every record of its lists. The first two bytes are the id.
 */
#include <stdlib.h>

#include "proto/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool what)
{
	if (!what)
		abort();
}

/* clang-format off */
#define MSG(id, dir, name, since, doc) \
	case ORL_MSG_##name: { \
		struct orl_##name v; \
		if (orl_get_##name(data + 2, size - 2, &v) != 0) \
			return 0;
#define LIST(f, rec, max, doc) \
		for (unsigned i = 0; i < v.f.n; i++) { \
			struct orl_##rec r; \
			uint8_t b[64]; \
			struct orl_wr one = { b, sizeof(b), 0 }; \
			orl_at_##rec(&v.f, i, &r); \
			orl_put_##rec(&one, &r); \
			require(memcmp(b, v.f.p + i * one.n, one.n) == 0); \
		}
#define END_MSG(name) \
		orl_put_##name(&w, &v); \
		break; \
	}
/* clang-format on */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t again[1 << 20];
	struct orl_wr w = { again, sizeof(again), 0 };
	if (size < 2)
		return 0;
	switch (data[0] | data[1] << 8) {
#include "proto/messages.def"
	default:
		return 0;
	}
	require(w.n == size - 2 && wr_ok(&w));
	require(memcmp(again, data + 2, w.n) == 0);
	return 0;
}

/* fuzz_messages.c - what decodes must encode back to the same bytes. */
#include <stdlib.h>

#include "proto/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* clang-format off */
#define MSG(id, dir, name, since, doc) \
	case ORL_MSG_##name: { \
		struct orl_##name v; \
		if (orl_get_##name(data + 2, size - 2, &v) == 0) \
			orl_put_##name(&w, &v); \
		break; \
	}
#define END_MSG(name)
/* clang-format on */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t again[1 << 21];
	struct orl_wr w = { again, sizeof(again), 0 };
	if (size < 2)
		return 0;
	switch (data[0] | data[1] << 8) {
#include "proto/messages.def"
	}
	if (w.n && (w.n != size - 2 || memcmp(again, data + 2, w.n) != 0))
		abort();
	return 0;
}

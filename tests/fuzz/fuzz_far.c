/*
 * fuzz_far.c - any bytes as what a far source's helper says: what passes lies
 * inside its screen, its words are printable. As a text that was copied. And
 * as a file of certificates, to which a line is added and found again.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/far_check.h"
#include "capture/pins.h"
#include "capture/x11_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_message(const uint8_t *data, size_t size)
{
	static struct orl_far_message m;
	size_t n = size < sizeof(m) ? size : sizeof(m);
	char words[ORL_FAR_WHY + 1];

	memset(&m, 0, sizeof(m.head));
	memcpy(&m, data, n);
	if (orl_far_check(&m, n, 640, 480))
		return;
	if (m.head.what >= ORL_FAR_CONFIG)
		abort();
	if (m.head.what == ORL_FAR_DAMAGE)
		for (size_t i = 0; i < m.head.size / sizeof(struct oriel_rect);
				i++) {
			struct oriel_rect r = orl_far_rect(&m, i);

			if (r.x < 0 || r.y < 0 || r.width < 1 || r.height < 1 ||
					r.width > 640 - r.x ||
					r.height > 480 - r.y)
				abort();
		}
	if (m.head.what != ORL_FAR_SAY && m.head.what != ORL_FAR_END)
		return;
	orl_far_words(words, sizeof(words), &m);
	for (const char *p = words; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			abort();
}

/* What another reader of UTF-8 finds no fault with. */
static void check_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	const char *p = text;
	bool ok = orl_far_text_ok((const char *)data, size);
	uint32_t c = 0;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = 0;
	while (ok && (c = orl_x11_character(&p)) != 0)
		if (c == 0xfffd && memcmp(p - 3, "\xef\xbf\xbd", 3) != 0)
			abort();
	if (ok && p != text + size)
		abort();
	free(text);
}

static void check_pins(const char *text, size_t n)
{
	static const char name[] = "rfb:localhost:5900";
	uint8_t before[32], after[32];
	bool had = orl_pins_find(before, text, n, "rdp:host:3389");
	uint8_t pin[32] = { 1, 2, 3 };
	char *more = orl_pins_add(text, n, name, pin);

	if (!more || !orl_pins_find(after, more, strlen(more), name))
		abort();
	if (memcmp(after, pin, sizeof(pin)) != 0)
		abort();
	/* Others stay as they were. */
	if (had && (!orl_pins_find(after, more, strlen(more),
				    "rdp:host:3389") ||
				   memcmp(after, before, sizeof(after)) != 0))
		abort();
	free(more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] & 2)
		check_text(data + 1, size - 1);
	else if (data[0] & 1)
		check_message(data + 1, size - 1);
	else if (!memchr(data + 1, 0, size - 1))
		check_pins((const char *)data + 1, size - 1);
	return 0;
}

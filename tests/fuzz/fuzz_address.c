/*
 * fuzz_address.c - what a user or a link on a page hands over as an address.
 * What is accepted must be terminated, within bounds and free of controls.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/io/conn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t size)
{
	const char *end = memchr(text, 0, size);
	if (!end)
		abort();
	for (; text != end; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct orl_address a = { .port = 1 };
	char text[1024];
	if (size >= sizeof(text))
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	int err = orl_address_parse(&a, text);
	if (err) {
		/* Left untouched. */
		if (err != ORIEL_EINVAL || a.port != 1 || a.host[0])
			abort();
		return 0;
	}
	check_text(a.user, sizeof(a.user));
	check_text(a.host, sizeof(a.host));
	if (!memchr(a.path, 0, sizeof(a.path)))
		abort();
	if (a.local ? !a.path[0] || a.host[0] : !a.host[0] || !a.port)
		abort();
	if (!a.local && strpbrk(a.host, "/@[] "))
		abort();
	return 0;
}

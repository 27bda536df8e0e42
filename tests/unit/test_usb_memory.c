/*
 * test_usb_memory.c - what the viewer remembers of USB devices.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/viewer/usb.h"

static size_t n;
static char text[ORL_USB_MEMORY_MAX], out[ORL_USB_MEMORY_MAX];

static void set(const char *line, bool there)
{
	n = orl_usb_memory_set(out, sizeof(out), text, n, line, there);
	memcpy(text, out, n);
}

static void lines_come_and_go(void **state)
{
	(void)state;
	n = 0;
	assert_false(orl_usb_memory_has(text, n, "a b"));
	set("a b", true);
	set("c", true);
	assert_int_equal(n, 6);
	assert_true(orl_usb_memory_has(text, n, "a b"));
	assert_false(orl_usb_memory_has(text, n, "a"));
	assert_false(orl_usb_memory_has(text, n, "a b\nc"));
	set("a b", false);
	assert_memory_equal(text, "c\n", 2);
	assert_int_equal(n, 2);
	/* Another program's line without an end. */
	memcpy(text, "x\ny", n = 3);
	set("z", true);
	assert_int_equal(n, 6);
	assert_memory_equal(text, "x\ny\nz\n", 6);
	set("y", false);
	set("x", false);
	set("z", false);
	assert_int_equal(n, 0);
}

static void the_oldest_go(void **state)
{
	char line[32];

	(void)state;
	n = 0;
	for (int i = 0; i < 10000; i++) {
		snprintf(line, sizeof(line), "device %d", i);
		set(line, true);
		assert_true(n <= sizeof(text));
		assert_true(orl_usb_memory_has(text, n, line));
	}
	assert_false(orl_usb_memory_has(text, n, "device 0"));
	assert_true(orl_usb_memory_has(text, n, "device 9000"));
}

static void a_line_is_of_server_and_device(void **state)
{
	const struct oriel_usb_info info = { .vendor = 0x46d, .product = 7 };
	const uint8_t key[32] = { 0xab };
	char line[ORL_USB_MEMORY_LINE];

	(void)state;
	orl_usb_memory_line(line, sizeof(line), key, &info, "");
	assert_string_equal(line,
			"sha256:ab000000000000000000000000000000000000"
			"00000000000000000000000000 046d:0007 -");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_and_go),
		cmocka_unit_test(the_oldest_go),
		cmocka_unit_test(a_line_is_of_server_and_device),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

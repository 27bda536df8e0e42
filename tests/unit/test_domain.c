/* test_domain.c - a domain's bus is found in what libvirt says, and no other. */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "capture/domain.h"

static char address[64];

static const char *read_address(const char *xml)
{
	memset(address, 'x', sizeof(address));
	return orl_domain_address(address, sizeof(address), xml, strlen(xml));
}

/* `inside` stands in the devices of a domain that runs. */
static const char *of_devices(const char *inside)
{
	char xml[1024];

	snprintf(xml, sizeof(xml),
			"<domain type='qemu' id='1'>\n<name>a</name>"
			"<devices><emulator>/q</emulator>%s</devices></domain>",
			inside);
	return read_address(xml);
}

static void an_address_is_found(void **state)
{
	(void)state;
	assert_null(of_devices(
			"<graphics type='dbus' address='unix:path=/b'/>"));
	assert_string_equal(address, "unix:path=/b");
	assert_null(of_devices("<graphics type='vnc' port='1'><listen/>"
			       "</graphics>\n<graphics\taddress=\"unix:path="
			       "/c>\" \n type = \"dbus\" ><gl enable='no'/>"
			       "</graphics>"));
	assert_string_equal(address, "unix:path=/c>");
	assert_null(read_address("<?xml version='1.0'?><!-- <domain> -->"
				 "<domain id='7'><devices><graphics type="
				 "'dbus' address='tcp:host=a,port=1'/>"));
	assert_string_equal(address, "tcp:host=a,port=1");
}

static void what_is_no_device_is_not_taken(void **state)
{
	static const char here[] =
			"<graphics type='dbus' address='unix:path=/b'/>";
	static const char *const around[][2] = {
		{ "<!--", "-->" },
		{ "<![CDATA[", "]]>" },
		{ "<x>", "</x>" },
		{ "<x a=\"", "\"/>" },
		{ "</devices><metadata>", "</metadata><devices>" },
	};
	char inside[256];

	(void)state;
	for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
		snprintf(inside, sizeof(inside), "%s%s%s", around[i][0], here,
				around[i][1]);
		assert_non_null(of_devices(inside));
	}
	assert_non_null(of_devices("<graphics type='spice' address='a'/>"));
	assert_non_null(of_devices("<graphics xtype='dbus' address='a'/>"));
}

static void it_says_what_is_wrong(void **state)
{
	(void)state;
	assert_non_null(strstr(of_devices(""), "no D-Bus display"));
	assert_non_null(strstr(of_devices("<graphics type='dbus' p2p='yes'/>"),
			"p2p"));
	assert_non_null(strstr(read_address("<domain><devices><graphics "
					    "type='dbus' address='a:b'/>"),
			"not running"));
	assert_non_null(strstr(read_address(""), "not running"));
	assert_non_null(strstr(
			of_devices("<graphics type='dbus' address='a&amp;b'/>"),
			"cannot be read"));
	assert_non_null(strstr(of_devices("<graphics type='dbus' address=''/>"),
			"cannot be read"));
	assert_non_null(strstr(
			of_devices("<graphics type='dbus' address="
				   "'0123456789012345678901234567890123456789"
				   "012345678901234567890123456789'/>"),
			"cannot be read"));
}

static void names_are_no_options(void **state)
{
	char longest[ORL_DOMAIN_NAME + 2];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	longest[ORL_DOMAIN_NAME + 1] = 0;
	assert_false(orl_domain_name_ok(longest));
	longest[ORL_DOMAIN_NAME] = 0;
	assert_true(orl_domain_name_ok(longest));
	assert_true(orl_domain_name_ok("my machine, 2"));
	assert_true(orl_domain_name_ok("f426de75-a311-49ab-a4ee-7a378001e14d"));
	assert_false(orl_domain_name_ok(""));
	assert_false(orl_domain_name_ok("--help"));
	assert_false(orl_domain_name_ok("a/b"));
	assert_false(orl_domain_name_ok("a\nb"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_found),
		cmocka_unit_test(what_is_no_device_is_not_taken),
		cmocka_unit_test(it_says_what_is_wrong),
		cmocka_unit_test(names_are_no_options),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

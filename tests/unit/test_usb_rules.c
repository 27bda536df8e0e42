/*
 * test_usb_rules.c - which devices may come: the table of the rules, each of
 * them, and who asks it.
 */
#include "tests/unit/usb_ends.h"

static int judged(const char *rules, uint8_t device, unsigned n,
		const uint8_t *classes)
{
	struct oriel_usb_info info = info_of(8);
	char why[200];

	info.device_class = device;
	info.interface_count = n;
	for (unsigned i = 0; i < n; i++)
		info.interfaces[i].interface_class = classes[i];
	return oriel_usb_check(rules, &info, why, sizeof(why));
}

static void rules_allow_what_they_say(void **state)
{
	static const uint8_t never[] = { 2, 3, 9, 0x0a, 0x0b, 0xe0, 0xef,
		0xfe };
	static const uint8_t headset[] = { 1, 1, 3 };
	static const char *const named = "-1,0x0627,0x2211,-1,1";
	bool refused;

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		uint8_t class = (uint8_t)i;

		refused = memchr(never, (int)i, sizeof(never)) != NULL;
		assert_int_equal(judged(NULL, 0, 1, &class),
				refused ? ORIEL_EDENIED : 0);
		assert_int_equal(judged("", 0xef, 1, &class),
				refused ? ORIEL_EDENIED : 0);
		assert_int_equal(judged(named, 0, 1, &class), 0);
		if (i && i != 0xef)
			assert_int_equal(judged(NULL, class, 1, headset),
					refused ? ORIEL_EDENIED : 0);
	}
	assert_int_equal(judged(NULL, 0, 3, headset), ORIEL_EDENIED);
	assert_int_equal(judged(named, 0, 3, headset), 0);
	assert_int_equal(judged("3,0x0627,-1,-1,1", 0, 3, headset), 0);
	assert_int_equal(judged("3,0x0628,-1,-1,1", 0, 3, headset),
			ORIEL_EDENIED);
	assert_int_equal(judged("-1,-1,-1,-1,0", 0, 2, headset), ORIEL_EDENIED);
	assert_int_equal(judged(NULL, 0, 0, headset), ORIEL_EDENIED);
	assert_int_equal(judged("3,nonsense", 0, 1, headset), ORIEL_EINVAL);
	assert_int_equal(judged("1,2,3,4,5,6", 0, 1, headset), ORIEL_EINVAL);
	assert_int_equal(judged("300,-1,-1,-1,1", 0, 1, headset), ORIEL_EINVAL);
}

/* ---- the table, rule by rule, at each place that asks ----------------------- */

static const struct row {
	const char *what, *rules;
	uint16_t vendor, product, release;
	uint8_t device; /* class */
	uint8_t n, interfaces[3][3];
	bool allowed;
} table[] = {
	/* What holds where nothing is said. */
	{ "disk", "", 1, 1, 1, 0, 1, { { 8, 6, 0x50 } }, true },
	{ "printer", "", 1, 1, 1, 0, 1, { { 7, 1, 2 } }, true },
	{ "sound", "", 1, 1, 1, 0, 2, { { 1, 1, 0 }, { 1, 2, 0 } }, true },
	{ "camera", "", 1, 1, 1, 0xef, 2, { { 14, 1, 0 }, { 14, 2, 0 } },
			true },
	{ "still camera", "", 1, 1, 1, 0, 1, { { 6, 1, 1 } }, true },
	{ "vendor's", "", 1, 1, 1, 0xff, 1, { { 0xff, 0, 0 } }, true },
	{ "modem", "", 1, 1, 1, 2, 2, { { 2, 2, 1 }, { 10, 0, 0 } }, false },
	{ "keyboard", "", 1, 1, 1, 0, 1, { { 3, 1, 1 } }, false },
	{ "mouse", "", 1, 1, 1, 0, 1, { { 3, 1, 2 } }, false },
	{ "any HID", "", 1, 1, 1, 0, 1, { { 3, 0, 0 } }, false },
	{ "hub", "", 1, 1, 1, 9, 1, { { 9, 0, 0 } }, false },
	{ "data", "", 1, 1, 1, 0, 1, { { 10, 0, 0 } }, false },
	{ "smartcards", "", 1, 1, 1, 0, 1, { { 11, 0, 0 } }, false },
	{ "radio", "", 1, 1, 1, 0xe0, 1, { { 0xe0, 1, 1 } }, false },
	{ "miscellaneous", "", 1, 1, 1, 0, 1, { { 0xef, 5, 1 } }, false },
	{ "firmware", "", 1, 1, 1, 0, 1, { { 0xfe, 1, 1 } }, false },
	{ "no interface", "", 1, 1, 1, 0, 0, { { 0 } }, false },
	/* Of a device with several, each counts. */
	{ "headset with keys", "", 1, 1, 1, 0, 3,
			{ { 1, 1, 0 }, { 1, 2, 0 }, { 3, 0, 0 } }, false },
	{ "the same, named", "-1,1,1,-1,1", 1, 1, 1, 0, 3,
			{ { 1, 1, 0 }, { 1, 2, 0 }, { 3, 0, 0 } }, true },
	{ "its keys named", "3,1,1,-1,1", 1, 1, 1, 0, 3,
			{ { 1, 1, 0 }, { 1, 2, 0 }, { 3, 0, 0 } }, true },
	{ "keys of another", "3,1,2,-1,1", 1, 1, 1, 0, 3,
			{ { 1, 1, 0 }, { 1, 2, 0 }, { 3, 0, 0 } }, false },
	{ "disk and modem", "", 1, 1, 1, 0, 2, { { 8, 6, 0x50 }, { 2, 2, 1 } },
			false },
	/* Each field of a rule. */
	{ "class", "8,-1,-1,-1,0", 1, 1, 1, 0, 1, { { 8, 6, 0x50 } }, false },
	{ "other class", "7,-1,-1,-1,0", 1, 1, 1, 0, 1, { { 8, 6, 0x50 } },
			true },
	{ "vendor", "-1,0x1234,-1,-1,0", 0x1234, 1, 1, 0, 1, { { 8, 6, 0x50 } },
			false },
	{ "other vendor", "-1,0x1235,-1,-1,0", 0x1234, 1, 1, 0, 1,
			{ { 8, 6, 0x50 } }, true },
	{ "product", "-1,-1,0x4321,-1,0", 1, 0x4321, 1, 0, 1,
			{ { 8, 6, 0x50 } }, false },
	{ "other product", "-1,-1,0x4322,-1,0", 1, 0x4321, 1, 0, 1,
			{ { 8, 6, 0x50 } }, true },
	{ "version", "-1,-1,-1,0x0200,0", 1, 1, 0x200, 0, 1, { { 8, 6, 0x50 } },
			false },
	{ "other version", "-1,-1,-1,0x0201,0", 1, 1, 0x200, 0, 1,
			{ { 8, 6, 0x50 } }, true },
	{ "device's class", "0xff,-1,-1,-1,0", 1, 1, 1, 0xff, 1,
			{ { 8, 6, 0x50 } }, false },
	/* The first that fits. */
	{ "allowed first", "8,1,1,-1,1|8,-1,-1,-1,0", 1, 1, 1, 0, 1,
			{ { 8, 6, 0x50 } }, true },
	{ "refused first", "8,-1,-1,-1,0|8,1,1,-1,1", 1, 1, 1, 0, 1,
			{ { 8, 6, 0x50 } }, false },
	{ "nothing at all", "-1,-1,-1,-1,0", 1, 1, 1, 0, 1, { { 8, 6, 0x50 } },
			false },
	{ "printers only", "7,-1,-1,-1,1|-1,-1,-1,-1,0", 1, 1, 1, 0, 1,
			{ { 7, 1, 2 } }, true },
	{ "all there is", "-1,-1,-1,-1,1", 1, 1, 1, 9, 1, { { 9, 0, 0 } },
			true },
};

static struct oriel_usb_info info_of_row(const struct row *row)
{
	struct oriel_usb_info info = { .size = sizeof(info),
		.vendor = row->vendor,
		.product = row->product,
		.release = row->release,
		.device_class = row->device,
		.interface_count = row->n };

	for (unsigned i = 0; i < row->n; i++)
		info.interfaces[i] = (struct oriel_usb_interface){
			row->interfaces[i][0], row->interfaces[i][1],
			row->interfaces[i][2]
		};
	return info;
}

/* Its own at first; then its interfaces are these. */
static bool turns_into(const struct row *row)
{
	struct oriel_usb_info info = info_of_row(row);
	struct packets hello = { .n = 0 }, k = { .n = 0 };
	uint8_t classes[3];

	info.interface_count = 1;
	info.interfaces[0] = (struct oriel_usb_interface){ 0xff, 0, 0 };
	assert_int_equal(orl_usb_offer(&ends[ORL_CLIENT].usb,
					 &ends[ORL_CLIENT].set, &info),
			0);
	assert_int_equal(run(), 0);
	orl_usb_answer(ends[ORL_SERVER].usb, ORIEL_USB_OPEN, NULL);
	assert_int_equal(run(), 0);
	usb_hello(&hello, USB_CAPS);
	assert_int_equal(say(ORL_CLIENT, &hello), 0);
	assert_int_equal(say(ORL_SERVER, &hello), 0);
	for (unsigned i = 0; i < row->n; i++)
		classes[i] = row->interfaces[i][0];
	usb_interfaces(&k, row->n, classes);
	usb_endpoints(&k);
	usb_head(&k, usb_redir_device_connect, 10, 0);
	usb_put(&k, usb_redir_speed_high, 1);
	usb_put(&k, row->device, 3);
	usb_put(&k, row->vendor, 2);
	usb_put(&k, row->product, 2);
	usb_put(&k, row->release, 2);
	/* The client's rules allow all, the server finds out. */
	ends[ORL_SERVER].detached = ends[ORL_CLIENT].detached = 0;
	int err = say(ORL_CLIENT, &k);
	assert_int_equal(err, row->n ? 0 : ORIEL_EDENIED);
	if (err)
		return false; /* that it has none both ends see */
	assert_int_equal(ends[ORL_SERVER].detached, ends[ORL_CLIENT].detached);
	if (ends[ORL_CLIENT].detached)
		return false;
	oriel_usb_detach(ends[ORL_CLIENT].usb, NULL);
	assert_int_equal(run(), 0);
	return true;
}

/* The row's rules at one end; the other's allow all. */
static bool comes(const struct row *row, enum orl_role asks)
{
	struct oriel_usb_info info = info_of_row(row);
	struct orl_usb_rules *rules[2] = { &ends[0].rules, &ends[1].rules };
	bool there;

	for (int i = 0; i < 2; i++) {
		orl_usb_rules_fini(rules[i]);
		assert_int_equal(orl_usb_rules_init(rules[i],
						 i == (int)asks ? row->rules
								: "-1,-1,-1,-1,"
								  "1"),
				0);
	}
	ends[ORL_SERVER].attached = 0;
	int err = orl_usb_offer(
			&ends[ORL_CLIENT].usb, &ends[ORL_CLIENT].set, &info);
	assert_int_equal(run(), 0);
	there = ends[ORL_SERVER].attached;
	assert_int_equal(err == 0, asks == ORL_SERVER || there);
	if (there)
		oriel_usb_detach(ends[ORL_CLIENT].usb, NULL);
	else if (asks == ORL_SERVER)
		assert_int_equal(ends[ORL_CLIENT].answer, ORIEL_USB_REFUSED);
	assert_int_equal(run(), 0);
	return there;
}

static void the_table_holds_everywhere(void **state)
{
	char why[300];

	(void)state;
	for (size_t i = 0; i < ORL_COUNT(table); i++) {
		const struct row *row = &table[i];
		struct oriel_usb_info info = info_of_row(row);
		int want = row->allowed ? 0 : ORIEL_EDENIED;

		print_message("%s: %s\n", row->what,
				row->allowed ? "allowed" : "refused");
		why[0] = 0;
		assert_int_equal(oriel_usb_check(row->rules, &info, why,
						 sizeof(why)),
				want);
		assert_int_equal(why[0] != 0, want != 0);
		if (row->n) {
			assert_int_equal(comes(row, ORL_CLIENT), row->allowed);
			assert_int_equal(comes(row, ORL_SERVER), row->allowed);
		}
		/* Named by its class or its numbers it cannot come at all. */
		info.interface_count = 1;
		info.interfaces[0] = (struct oriel_usb_interface){ 0xff, 0, 0 };
		if (oriel_usb_check(row->rules, &info, why, sizeof(why)) == 0)
			assert_int_equal(turns_into(row), row->allowed);
	}
}

static void offers_are_judged_at_both_ends(void **state)
{
	(void)state;
	assert_int_equal(offer(3), ORIEL_EDENIED);
	assert_int_equal(orl_usb_rules_init(&ends[ORL_CLIENT].rules,
					 "3,-1,-1,-1,1"),
			0);
	assert_int_equal(offer(3), 0);
	assert_int_equal(ends[ORL_SERVER].attached, 0);
	assert_int_equal(ends[ORL_CLIENT].answer, ORIEL_USB_REFUSED);
	assert_non_null(strstr(ends[ORL_CLIENT].why, "class 03"));
	assert_int_equal(ends[ORL_CLIENT].set.count, 0);
	ends[ORL_SERVER].refuse = "not you";
	assert_int_equal(offer(8), 0);
	assert_string_equal(ends[ORL_CLIENT].why, "not you");
	/* A user's rules come on top of the server's. */
	ends[ORL_SERVER].refuse = NULL;
	assert_int_equal(orl_usb_rules_init(&ends[ORL_SERVER].set.more,
					 "8,-1,-1,-1,0"),
			0);
	assert_int_equal(offer(8), 0);
	assert_int_equal(ends[ORL_SERVER].attached, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rules_allow_what_they_say),
		TEST(the_table_holds_everywhere),
		TEST(offers_are_judged_at_both_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

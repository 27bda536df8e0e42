/*
 * usb_rules.c - see usb_police.h: which devices may be redirected. The rules
 * are read and applied by libusbredirparser.
 */
#include "redirect/usb_police.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <usbredirfilter.h>

enum { RULES_MAX = 8192 };

/*
 * What a desktop could be harmed by: hubs, whatever types, smartcard readers,
 * networks, radio, firmware and the like. Rules that come before can name
 * such a device by vendor and product.
 */
static const struct usbredirfilter_rule defaults[] = {
	{ 0x02, -1, -1, -1, 0 },
	{ 0x03, -1, -1, -1, 0 },
	{ 0x09, -1, -1, -1, 0 },
	{ 0x0a, -1, -1, -1, 0 },
	{ 0x0b, -1, -1, -1, 0 },
	{ 0xe0, -1, -1, -1, 0 },
	{ 0xef, -1, -1, -1, 0 },
	{ 0xfe, -1, -1, -1, 0 },
	{ -1, -1, -1, -1, 1 },
};

static const struct {
	uint8_t class;
	const char *name;
} classes[] = {
	{ 1, "sound" },
	{ 2, "modems and networks" },
	{ 3, "keyboards, mice and other things to press" },
	{ 6, "cameras" },
	{ 7, "printers" },
	{ 8, "disks" },
	{ 9, "hubs" },
	{ 10, "networks" },
	{ 11, "smartcard readers" },
	{ 14, "video" },
	{ 224, "wireless" },
	{ 239, "miscellaneous" },
	{ 254, "firmware updates and other special uses" },
	{ 255, "vendors' own" },
};

static const char *class_name(uint8_t class)
{
	for (size_t i = 0; i < ORL_COUNT(classes); i++)
		if (classes[i].class == class)
			return classes[i].name;
	return "unusual devices";
}

int orl_usb_rules_init(struct orl_usb_rules *rules, const char *text)
{
	struct orl_usb_rules made = { NULL, 0, false };

	if (text && strlen(text) > RULES_MAX)
		return ORIEL_EINVAL;
	if (text && *text) {
		int err = usbredirfilter_string_to_rules(
				text, ",", "|", &made.rules, &made.n);
		if (err)
			return err == -ENOMEM ? ORIEL_ENOMEM : ORIEL_EINVAL;
	}
	if (made.n && usbredirfilter_verify(made.rules, made.n)) {
		orl_usb_rules_fini(&made);
		return ORIEL_EINVAL;
	}
	*rules = made;
	return 0;
}

void orl_usb_rules_fini(struct orl_usb_rules *rules)
{
	if (rules->rules)
		usbredirfilter_free(rules->rules);
	rules->rules = NULL;
	rules->n = 0;
}

static int denied(const struct oriel_usb_info *info, uint8_t class, char *why,
		size_t size)
{
	snprintf(why, size,
			"the policy allows no device of class %02x (%s); "
			"-1,0x%04x,0x%04x,-1,1 in its rules allows this one",
			class, class_name(class), info->vendor, info->product);
	return ORIEL_EDENIED;
}

/* Of one class: the device's own, or of an interface. */
static bool allowed(const struct orl_usb_rules *rules,
		const struct oriel_usb_info *info, struct oriel_usb_interface f)
{
	const int flags = usbredirfilter_fl_dont_skip_non_boot_hid;
	int r = -ENOENT;

	if (rules->n)
		r = usbredirfilter_check(rules->rules, rules->n, 0, 0, 0,
				&f.interface_class, &f.subclass, &f.protocol, 1,
				info->vendor, info->product, info->release,
				flags);
	if (r == -ENOENT && rules->open)
		return true;
	if (r == -ENOENT)
		r = usbredirfilter_check(defaults, ORL_COUNT(defaults), 0, 0, 0,
				&f.interface_class, &f.subclass, &f.protocol, 1,
				info->vendor, info->product, info->release,
				flags);
	return r == 0;
}

int orl_usb_rules_check(const struct orl_usb_rules *rules,
		const struct oriel_usb_info *info, char *why, size_t size)
{
	const struct oriel_usb_interface own = { info->device_class,
		info->device_subclass, info->device_protocol };

	if (!info->interface_count) {
		snprintf(why, size, "a device without interfaces is of no use");
		return ORIEL_EDENIED;
	}
	/* 00 and ef: the interfaces say what it is. */
	if (info->device_class && info->device_class != 0xef &&
			!allowed(rules, info, own))
		return denied(info, own.interface_class, why, size);
	/* One at a time, to be able to say which. */
	for (uint32_t i = 0; i < info->interface_count; i++)
		if (!allowed(rules, info, info->interfaces[i]))
			return denied(info, info->interfaces[i].interface_class,
					why, size);
	return 0;
}

int oriel_usb_check(const char *text, const struct oriel_usb_info *info,
		char *why, size_t size)
{
	struct orl_usb_rules rules;
	int err;

	if (!info || info->size != sizeof(*info) ||
			info->interface_count > ORIEL_USB_INTERFACES)
		return ORIEL_EINVAL;
	err = orl_usb_rules_init(&rules, text);
	if (err)
		return err;
	err = orl_usb_rules_check(&rules, info, why, size);
	orl_usb_rules_fini(&rules);
	return err;
}

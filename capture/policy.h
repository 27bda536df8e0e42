/*
 * policy.h - what those who have logged in may do.
 *
 * A policy is text of `key = value` lines; `#` begins a comment. Keys:
 *
 *	rights = see hear input		for everybody not named below
 *	rights.USER = see		for USER alone
 *	second = take			when somebody looks already
 *	paste = text			from the viewer's clipboard
 *	copy = text image		from the desktop's clipboard
 *	paste-max = 256			MiB of one paste, and copy-max
 *	primary = no			marked text is a clipboard as well
 *	usb = 3,0x46d,-1,-1,1		which USB devices may come
 *	usb.USER = -1,-1,-1,-1,0	from USER as well
 *	print = pwg jpeg pdf		formats that go to a viewer's printers
 *	print.printers = all		or usual: the viewer's default alone
 *	print.jobs = 16			at a time
 *	print.size = 1G			bytes of one document
 *
 * A right is a word of see hear input speak copy paste usb print resize, or
 * all; an empty value grants nothing. second is a word of take watch replace
 * refuse. What may be pasted is a word of text html rtf image files. usb is rules in
 * usbredir's syntax; a device has to be allowed by both where a user has some.
 */
#ifndef ORL_POLICY_H
#define ORL_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ORL_POLICY_USERS = 64,
	ORL_POLICY_NAME = 64,
	ORL_POLICY_SIZE = 65536,
	ORL_POLICY_USB = 512, /* bytes of rules, and NUL */
	ORL_POLICY_USB_USERS = 16,
};

/* What a viewer gets that is not the first. */
enum orl_second {
	ORL_SECOND_TAKE,    /* it watches, and may take the input over */
	ORL_SECOND_WATCH,   /* it watches until the first has left */
	ORL_SECOND_REPLACE, /* the first has to go */
	ORL_SECOND_REFUSE,  /* it is not let in */
};

struct orl_policy {
	uint32_t rights;
	enum orl_second second;
	/* Clipboard: bits of enum orl_content, and bytes. */
	uint32_t paste_types, copy_types;
	uint64_t paste_max, copy_max;
	bool primary;
	uint32_t print_formats; /* oriel_print_format */
	bool print_usual;       /* the usual printer alone */
	uint32_t print_jobs;
	uint64_t print_size;
	uint32_t count;
	struct {
		char name[ORL_POLICY_NAME];
		uint32_t rights;
	} users[ORL_POLICY_USERS];
	char usb[ORL_POLICY_USB];
	uint32_t usb_count;
	struct {
		char name[ORL_POLICY_NAME];
		char rules[ORL_POLICY_USB];
	} usb_users[ORL_POLICY_USB_USERS];
};

/*
 * What holds without a file: everything but a microphone and USB; text only,
 * and to the desktop only, by the clipboard.
 */
void orl_policy_init(struct orl_policy *policy);

/*
 * Change *policy by text[n], which need not end with NUL. Returns 0, or -1
 * after writing to why[size] which line is wrong, and how.
 */
int orl_policy_parse(struct orl_policy *policy, const char *text, size_t n,
		char *why, size_t size);

/* Rules of this user alone, or NULL. */
const char *orl_policy_usb(const struct orl_policy *policy, const char *user);
uint32_t orl_policy_rights(const struct orl_policy *policy, const char *user);
/* Whether anybody may ever have this right. */
bool orl_policy_ever(const struct orl_policy *policy, uint32_t right);

#endif

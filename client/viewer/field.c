/*
 * field.c - see field.h. A character is a code point: who types a letter and
 * its accent as two deletes them as two.
 */
#include <string.h>

#include "client/viewer/field.h"

size_t orl_utf8_size(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t size = n == 0      ? 0
		      : *p < 0x80 ? 1
		      : *p < 0xc2 ? 0
		      : *p < 0xe0 ? 2
		      : *p < 0xf0 ? 3
		      : *p < 0xf5 ? 4
				  : 0;
	if (size > n)
		return 0;
	for (size_t i = 1; i < size; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if (size == 3 && ((p[0] == 0xe0 && p[1] < 0xa0) ||
					 (p[0] == 0xed && p[1] > 0x9f)))
		return 0;
	if (size == 4 && ((p[0] == 0xf0 && p[1] < 0x90) ||
					 (p[0] == 0xf4 && p[1] > 0x8f)))
		return 0;
	return size;
}

static bool is_control(const char *p)
{
	unsigned char c = (unsigned char)p[0], d = (unsigned char)p[1];
	return c < 0x20 || c == 0x7f || (c == 0xc2 && d < 0xa0);
}

void orl_field_wipe(struct orl_field *f)
{
	explicit_bzero(f->text, sizeof(f->text));
	f->caret = 0;
}

void orl_field_set(struct orl_field *f, const char *text)
{
	orl_field_wipe(f);
	orl_field_insert(f, text);
}

bool orl_field_insert(struct orl_field *f, const char *text)
{
	size_t left = strlen(text), length = strlen(f->text);
	bool any = false;
	while (left) {
		size_t n = orl_utf8_size(text, left);
		if (!n || is_control(text)) {
			text += n ? n : 1;
			left -= n ? n : 1;
			continue;
		}
		if (length + n >= sizeof(f->text))
			return any;
		char *at = f->text + f->caret;
		memmove(at + n, at, length - f->caret + 1);
		memcpy(at, text, n);
		f->caret += n;
		length += n;
		text += n;
		left -= n;
		any = true;
	}
	return any;
}

static size_t before(const struct orl_field *f)
{
	size_t i = f->caret;
	while (i && ((unsigned char)f->text[--i] & 0xc0) == 0x80)
		continue;
	return i;
}

bool orl_field_delete(struct orl_field *f)
{
	size_t length = strlen(f->text);
	size_t n = orl_utf8_size(f->text + f->caret, length - f->caret);
	if (!n)
		return false;
	char *at = f->text + f->caret;
	memmove(at, at + n, length - f->caret - n + 1);
	/* Of a password nothing stays behind. */
	explicit_bzero(f->text + length - n, n);
	return true;
}

bool orl_field_backspace(struct orl_field *f)
{
	if (!f->caret)
		return false;
	f->caret = before(f);
	return orl_field_delete(f);
}

void orl_field_left(struct orl_field *f)
{
	f->caret = before(f);
}

void orl_field_right(struct orl_field *f)
{
	f->caret += orl_utf8_size(
			f->text + f->caret, strlen(f->text) - f->caret);
}

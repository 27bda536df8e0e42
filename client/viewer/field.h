/*
 * field.h - a line of text that is being typed: UTF-8, and a place in it
 * where the next character goes. Pure.
 */
#ifndef ORL_VIEWER_FIELD_H
#define ORL_VIEWER_FIELD_H

#include <stdbool.h>
#include <stddef.h>

enum { ORL_FIELD_SIZE = 1024 };

struct orl_field {
	char text[ORL_FIELD_SIZE];
	size_t caret; /* in bytes, between characters */
	bool secret;  /* shown as dots */
};

void orl_field_set(struct orl_field *f, const char *text);
/* Overwrites what was typed. */
void orl_field_wipe(struct orl_field *f);
/*
 * What fits of it, and no control characters; what is no UTF-8 is not taken.
 * True when something was.
 */
bool orl_field_insert(struct orl_field *f, const char *text);
bool orl_field_backspace(struct orl_field *f);
bool orl_field_delete(struct orl_field *f);
void orl_field_left(struct orl_field *f);
void orl_field_right(struct orl_field *f);
/* Bytes of the character at p, at most n; 0: that is none. */
size_t orl_utf8_size(const char *p, size_t n);

#endif

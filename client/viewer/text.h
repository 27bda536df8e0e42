/*
 * text.h - what people read, in their language.
 *
 * The English text is the key. Functions that show or say something translate
 * what they are given: orl_viewer_say(), orl_viewer_tell(), the widgets of
 * panel.h. So a literal that goes there needs no mark; one that is formatted
 * before, or waits in a table, is marked with _() or N_(). `make texts` finds
 * them all, and tests/lint/texts.sh that none is left without a translation.
 */
#ifndef ORL_VIEWER_TEXT_H
#define ORL_VIEWER_TEXT_H

#include <libintl.h>

/* Now. */
#define _(text) gettext(text)
/* Later, by whoever shows it. */
#define N_(text) (text)

/*
 * Use the language of the environment (LANGUAGE, LC_ALL, LC_MESSAGES, LANG).
 * Before any other thread is started.
 */
void orl_text_init(void);
/* "" stays "", what is not known stays as it is. */
const char *orl_text(const char *text);

#endif

/*
 * print_notes.c - what the person is told of a job, in a sentence that goes by:
 * how much of it has come, why it does not go on, how it ended.
 */
#include <string.h>

#include "client/viewer/print.h"
#include "client/viewer/text.h"
#include "client/viewer/ui.h"

enum {
	PART = 60, /* bytes of a title, or of a reason */
	GOES_ON_MS = 2000,
	ENDED_MS = 5000,
	PROBLEM_MS = 8000,
};

/* Whether a character turns others around: U+202A to E, U+2066 to 9. */
static bool turns(const unsigned char *p)
{
	return p[0] == 0xe2 &&
	       ((p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae) ||
			       (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
}

void orl_prints_plain(char *out, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text && n + 1 < size; text++) {
		const unsigned char *p = (const unsigned char *)text;

		if (turns(p))
			text += 2;
		out[n++] = *p < 0x20 || *p == 0x7f || turns(p) ? ' ' : *text;
	}
	out[n] = 0;
}

/* Its beginning, cut where a character begins. */
static const char *begin_of(char out[static PART + 4], const char *text)
{
	size_t n = strlen(text);

	if (n <= PART)
		return text;
	for (n = PART; n && ((unsigned char)text[n] & 0xc0) == 0x80;)
		n--;
	memcpy(out, text, n);
	memcpy(out + n, "\u2026", sizeof("\u2026"));
	return out;
}

static const char *because(uint32_t reasons, const char *text)
{
	static const struct {
		uint32_t bit;
		const char *text;
	} words[] = {
		{ ORIEL_PRINT_NO_PAPER, N_("the printer has no paper") },
		{ ORIEL_PRINT_JAM, N_("paper is stuck in the printer") },
		{ ORIEL_PRINT_NO_INK, N_("the printer has no ink") },
		{ ORIEL_PRINT_COVER_OPEN, N_("the printer is open") },
		{ ORIEL_PRINT_OFFLINE, N_("the printer cannot be reached") },
		{ ORIEL_PRINT_PAUSED, N_("the printer is paused") },
		{ ORIEL_PRINT_REFUSED, N_("you did not want it") },
		{ ORIEL_PRINT_TOO_MUCH, N_("it is too large") },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (reasons & words[i].bit)
			return orl_text(words[i].text);
	return *text ? text : _("the reason is not known");
}

void orl_prints_note(struct orl_ui *ui, const char *title,
		enum oriel_print_state state, uint32_t reasons,
		const char *text, uint64_t bytes)
{
	char parts[2][PART + 4], note[256];
	const char *name = begin_of(parts[0], title);
	const char *why = begin_of(parts[1], because(reasons, text));
	unsigned ms = ENDED_MS;

	if (!ui)
		return;
	switch (state) {
	case ORIEL_PRINT_RUNNING:
		snprintf(note, sizeof(note),
				_("Printing \u201c%s\u201d: %.1f MB. The menu "
				  "(Ctrl+Alt) can cancel it."),
				name, (double)bytes / 1e6);
		ms = GOES_ON_MS;
		break;
	case ORIEL_PRINT_STOPPED:
		snprintf(note, sizeof(note),
				_("Printing \u201c%s\u201d waits: %s."), name,
				why);
		ms = PROBLEM_MS;
		break;
	case ORIEL_PRINT_DONE:
		snprintf(note, sizeof(note), _("\u201c%s\u201d is printed."),
				name);
		break;
	case ORIEL_PRINT_CANCELLED:
		snprintf(note, sizeof(note),
				_("Printing \u201c%s\u201d was cancelled."),
				name);
		break;
	case ORIEL_PRINT_FAILED:
		snprintf(note, sizeof(note),
				_("\u201c%s\u201d is not printed: %s."), name,
				why);
		ms = PROBLEM_MS;
		break;
	case ORIEL_PRINT_WAITING:
	default:
		return;
	}
	orl_ui_note(ui, ms, note);
}

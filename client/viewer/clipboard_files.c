/*
 * clipboard_files.c - files on the clipboard, at the user's: before any of them
 * is read for the desktop, and before any is written here, the user is asked,
 * each time. The question goes to the connection's thread, which has the
 * panels; its answer comes back.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/viewer/clipboard_impl.h"
#include "client/viewer/text.h"
#include "client/viewer/ui.h"
#include "clip/types.h"

/* What is to be fetched. */
struct what {
	struct orl_deck *deck;
	unsigned selection;
};

enum { NAMED = 5, SAVED_MS = 6000 };

/* ---- the question ------------------------------------------------------ */

/* Names, and how much it is. */
static void describe(char *out, size_t size, const struct orl_filelist *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->count && i < NAMED; i++)
		n += (size_t)snprintf(out + n, size - n, "%s\u201c%.80s\u201d",
				i ? ", " : "", list->files[i].name);
	if (list->count > NAMED)
		n += (size_t)snprintf(out + n, size - n, _(" and %zu more"),
				list->count - NAMED);
	snprintf(out + n, size - n, " (%llu KiB)",
			(unsigned long long)(list->total + 1023) / 1024);
}

/* Where downloads go; the user can say another. */
static void usual_folder(const struct orl_viewer *v, char *out, size_t size)
{
	const char *home = getenv("HOME");
	struct stat st;

	out[0] = 0;
	if (v->options.folder) {
		char *path = realpath(v->options.folder, NULL);
		snprintf(out, size, "%s", path ? path : v->options.folder);
		free(path);
		return;
	}
	if (!home)
		return;
	snprintf(out, size, "%s/Downloads", home);
	if (stat(out, &st) != 0 || !S_ISDIR(st.st_mode))
		snprintf(out, size, "%s", home);
}

static void ask(void *user, uint32_t question, bool giving,
		const struct orl_filelist *list)
{
	struct orl_deck *deck = user;
	struct orl_deck_question q = { .id = question, .giving = giving };
	bool busy;

	/* Who is locked in has no folders to choose from. */
	if (!giving && deck->v->options.kiosk && !deck->v->options.folder) {
		orl_files_answer(deck->files, question, false, NULL);
		return;
	}
	describe(q.text, sizeof(q.text), list);
	usual_folder(deck->v, q.folder, sizeof(q.folder));
	pthread_mutex_lock(&deck->lock);
	busy = deck->question.id != 0;
	if (!busy)
		deck->question = q;
	pthread_mutex_unlock(&deck->lock);
	if (busy) /* one thing at a time */
		orl_files_answer(deck->files, question, false, NULL);
	else
		orl_box_wake(deck->v->box);
}

static void gone(void *user, uint32_t question)
{
	struct orl_deck *deck = user;

	pthread_mutex_lock(&deck->lock);
	if (deck->question.id == question)
		deck->question.id = 0;
	pthread_mutex_unlock(&deck->lock);
	orl_box_wake(deck->v->box);
}

void orl_deck_question(struct orl_deck *deck, struct orl_deck_question *out)
{
	pthread_mutex_lock(&deck->lock);
	*out = deck->question;
	pthread_mutex_unlock(&deck->lock);
}

void orl_deck_answer(struct orl_deck *deck, uint32_t id, bool yes,
		const char *folder)
{
	pthread_mutex_lock(&deck->lock);
	if (deck->question.id == id) {
		deck->question.id = 0;
		deck->answer.id = id;
		deck->answer.yes = yes;
		snprintf(deck->answer.folder, sizeof(deck->answer.folder), "%s",
				folder);
	}
	pthread_mutex_unlock(&deck->lock);
	orl_deck_wake(deck);
}

void orl_deck_files_run(struct orl_deck *deck)
{
	char folder[sizeof(deck->answer.folder)];
	uint32_t id;
	bool yes;

	pthread_mutex_lock(&deck->lock);
	id = deck->answer.id;
	yes = deck->answer.yes;
	memcpy(folder, deck->answer.folder, sizeof(folder));
	deck->answer.id = 0;
	pthread_mutex_unlock(&deck->lock);
	if (id)
		orl_files_answer(deck->files, id, yes, folder);
	orl_files_run(deck->files);
}

/* ---- what became of it ------------------------------------------------- */

static void saved(void *user, size_t count, const char *folder)
{
	struct orl_deck *deck = user;
	char text[400], quoted[ORL_JSON_SIZE(ORL_FILES_PATH)];

	snprintf(text, sizeof(text),
			_("Files from the desktop (%zu) are in %.200s"), count,
			folder);
	orl_ui_note(deck->v->ui, SAVED_MS, text);
	orl_viewer_event(deck->v, "clipboard",
			"\"what\":\"saved\",\"type\":\"files\",\"count\":%zu,"
			"\"folder\":%s",
			count, orl_json_quote(quoted, sizeof(quoted), folder));
}

static void failed(void *user, bool giving, const char *why)
{
	(void)giving;
	orl_deck_say(user, "refused", "files", orl_text(why));
}

static const struct orl_files_calls calls = { ask, gone, saved, failed };

bool orl_deck_files_create(struct orl_deck *deck)
{
	deck->files = orl_files_create(&calls, deck);
	return deck->files;
}

/* ---- both ways --------------------------------------------------------- */

static struct orl_paste *from_program(void *user, struct orl_paste_end to)
{
	const struct what *w = user;
	struct orl_board *board = w->deck->board;

	return board->kind->fetch(board, w->selection, ORL_TYPE_FILES, to);
}

static struct orl_paste *from_desktop(void *user, struct orl_paste_end to)
{
	const struct what *w = user;

	return orl_deck_follow(w->deck,
			orl_duct_fetch(w->deck->end, w->selection,
					ORL_TYPE_FILES, to),
			ORL_TYPE_FILES, false);
}

struct orl_paste *orl_deck_give_files(struct orl_deck *deck, unsigned selection,
		struct orl_paste_end to)
{
	struct what w = { deck, selection };

	return orl_files_give(deck->files, from_program, &w, to);
}

struct orl_paste *orl_deck_take_files(struct orl_deck *deck, unsigned selection,
		struct orl_paste_end to)
{
	struct what w = { deck, selection };

	return orl_files_take(deck->files, selection, from_desktop, &w, to);
}

/*
 * clipboard.c - see clipboard.h: the thread, and the rules.
 */
#include "client/viewer/clipboard.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <SDL2/SDL.h>

#include "client/viewer/clipboard_impl.h"
#include "client/viewer/text.h"
#include "client/viewer/ui.h"
#include "clip/types.h"

#define NS_PER_MS UINT64_C(1000000)
/* What the desktop asks for so long after a key or click, the user wants. */
#define ACT_NS (2000 * NS_PER_MS)
/* What takes longer is shown, and how far it is so often. */
#define SHOWN_NS (700 * NS_PER_MS)
#define STEP_NS (500 * NS_PER_MS)

enum {
	NOTE_MS = 3000,
	/*
	 * Browsers ask several times for one paste. What is not larger the
	 * other end keeps for them; what is, is given so often for an act.
	 */
	KEPT_THERE = 256 << 10,
	REPEATS = 8,
};

/* ---- small things ------------------------------------------------------ */

static void wake(void *user)
{
	orl_deck_wake(user);
}

void orl_deck_wake(struct orl_deck *deck)
{

	/* Full is awake. */
	if (write(deck->pipe[1], "", 1) < 0 && errno != EAGAIN)
		orl_viewer_say("the clipboard is not shared any more: %s",
				strerror(errno));
}

/* Those that are passed on: what nobody here knows was made up by somebody. */
static void set_types(struct types *out, const char *const *types, size_t count)
{
	out->count = 0;
	for (size_t i = 0; i < count && out->count < TYPES; i++)
		if (orl_content_of(types[i]) >= 0)
			snprintf(out->names[out->count++],
					sizeof(out->names[0]), "%s", types[i]);
}

static size_t get_types(const char **out, const struct types *types)
{
	for (size_t i = 0; i < types->count; i++)
		out[i] = types->names[i];
	return types->count;
}

static const char *content(const char *type)
{
	int c = orl_content_of(type);

	return c < 0 ? type : orl_content_name((enum orl_content)c);
}

/* Say it in the window, where there is one, and to scripts. */
void orl_deck_say(struct orl_deck *deck, const char *what, const char *type,
		const char *why)
{
	char quoted[ORL_JSON_SIZE(ORL_DUCT_TEXT)];

	orl_viewer_event(deck->v, "clipboard",
			"\"what\":\"%s\",\"type\":\"%s\",\"why\":%s", what,
			type, orl_json_quote(quoted, sizeof(quoted), why));
	if (!*why)
		return;
	orl_viewer_say("clipboard: %s", why);
	orl_ui_note(deck->v->ui, PROBLEM_MS, why);
}

/* What people call it. */
static const char *called(const char *content_name)
{
	if (strcmp(content_name, "text") == 0)
		return _("text");
	if (strcmp(content_name, "image") == 0)
		return _("a picture");
	if (strcmp(content_name, "files") == 0)
		return _("files");
	return content_name;
}

/* ---- how far pastes are ------------------------------------------------ */

static void give_again(struct ours *ours, const char *type)
{
	for (size_t i = 0; i < ours->types.count; i++)
		if (strcmp(ours->types.names[i], type) == 0 &&
				ours->repeats < REPEATS) {
			ours->given &= ~(1u << i);
			ours->repeats++;
		}
}

static void end_one(struct orl_deck *deck, struct under_way *w)
{
	char text[160];

	w->paste = NULL;
	for (unsigned s = 0; w->out && w->done >= KEPT_THERE && s < SELECTIONS;
			s++)
		give_again(&deck->ours[s], w->type);
	if (w->out && w->done) {
		snprintf(text, sizeof(text),
				_("The desktop has pasted %s from your "
				  "clipboard (%llu KiB)"),
				called(w->content),
				(unsigned long long)(w->done + 1023) / 1024);
		orl_ui_note(deck->v->ui, NOTE_MS, text);
		orl_viewer_event(deck->v, "pasted",
				"\"type\":\"%s\",\"bytes\":%llu", w->content,
				(unsigned long long)w->done);
	}
}

static void on_moved(void *user, struct orl_paste *paste, uint64_t done,
		uint64_t total, bool over)
{
	struct orl_deck *deck = user;

	for (size_t i = 0; i < UNDER_WAY; i++) {
		struct under_way *w = &deck->pastes[i];

		if (w->paste != paste)
			continue;
		w->done = done;
		w->total = total;
		if (over)
			end_one(deck, w);
		return;
	}
}

struct orl_paste *orl_deck_follow(struct orl_deck *deck,
		struct orl_paste *paste, const char *type, bool out)
{
	for (size_t i = 0; paste && i < UNDER_WAY; i++) {
		struct under_way *w = &deck->pastes[i];

		if (w->paste)
			continue;
		*w = (struct under_way){ .paste = paste,
			.out = out,
			.since = orl_viewer_now(),
			.content = content(type) };
		snprintf(w->type, sizeof(w->type), "%s", type);
		orl_paste_watch(paste, on_moved, deck);
		break;
	}
	return paste;
}

static void show_one(struct orl_deck *deck, const struct under_way *w)
{
	char text[200];
	unsigned long long done = w->done >> 10, total = w->total >> 10;

	if (total > done)
		snprintf(text, sizeof(text),
				_("Pasting %s: %llu of %llu KiB. The menu "
				  "(Ctrl+Alt) can stop it."),
				called(w->content), done, total);
	else
		snprintf(text, sizeof(text),
				_("Pasting %s: %llu KiB. The menu "
				  "(Ctrl+Alt) "
				  "can stop it."),
				called(w->content), done);
	orl_ui_note(deck->v->ui, NOTE_MS, text);
}

static void show_progress(struct orl_deck *deck, uint64_t now)
{
	const struct under_way *slow = NULL;
	struct orl_deck_question q;
	bool any = false;

	orl_deck_question(deck, &q);

	for (size_t i = 0; i < UNDER_WAY; i++) {
		const struct under_way *w = &deck->pastes[i];

		any = any || w->paste;
		/* While somebody is asked about it, nothing moves. */
		if (w->paste && !q.id && now - w->since > SHOWN_NS)
			slow = w;
	}
	atomic_store(&deck->busy, slow != NULL);
	if (slow && now >= deck->step)
		show_one(deck, slow);
	if (!any)
		deck->step = 0;
	else if (now >= deck->step)
		deck->step = now + STEP_NS;
}

static void cancel_all(struct orl_deck *deck)
{
	for (size_t i = 0; i < UNDER_WAY; i++) {
		struct under_way *w = &deck->pastes[i];

		w->out = false; /* it has not been pasted */
		if (w->paste)
			orl_paste_cancel(w->paste, ORIEL_ECLOSED,
					"the user has stopped it");
	}
	orl_deck_say(deck, "stopped", "", "");
}

/* ---- from here to the desktop ------------------------------------------ */

/* Offer what was copied, if the rules allow it by now. */
static void offer(struct orl_deck *deck, unsigned selection)
{
	struct ours *ours = &deck->ours[selection];
	const char *types[TYPES];

	if (ours->offered || !ours->types.count || !deck->connected ||
			!atomic_load(&deck->focused) ||
			atomic_load(&deck->act) <= ours->copied)
		return;
	ours->offered = true;
	ours->given = 0;
	deck->theirs[selection].due = false;
	orl_duct_offer(deck->end, selection, types,
			get_types(types, &ours->types));
	orl_deck_say(deck, "offered", content(types[0]), "");
}

void orl_deck_copied(struct orl_deck *deck, unsigned selection,
		const char *const *types, size_t count, bool secret)
{
	struct ours *ours = &deck->ours[selection];
	bool was = ours->offered;

	set_types(&ours->types, types, count);
	ours->copied = orl_viewer_now();
	ours->offered = false;
	deck->theirs[selection].due = false;
	/* What was offered is not here any more. */
	if (was || deck->theirs[selection].types.count)
		orl_duct_offer(deck->end, selection, NULL, 0);
	deck->theirs[selection].types.count = 0;
	if (secret)
		orl_deck_say(deck, "secret", "", "");
	offer(deck, selection);
}

/* NULL, or why the desktop does not get it now. */
static const char *refuses(
		struct orl_deck *deck, struct ours *ours, const char *type)
{
	uint64_t act = atomic_load(&deck->act);
	size_t i = 0;

	while (i < ours->types.count && strcmp(ours->types.names[i], type) != 0)
		i++;
	if (!ours->offered || i == ours->types.count)
		return _("something else has been copied since");
	if (orl_viewer_now() - act > ACT_NS)
		return _("the desktop asked for the clipboard without a key "
			 "or click of yours");
	if (act != ours->given_act)
		ours->given = ours->repeats = 0;
	ours->given_act = act;
	if (ours->given >> i & 1)
		return _("the desktop asked for the clipboard more than once "
			 "for one key or click");
	ours->given |= 1u << i;
	return NULL;
}

static struct orl_paste *on_wanted(void *user, unsigned selection,
		const char *type, struct orl_paste_end to)
{
	struct orl_deck *deck = user;
	const char *why = refuses(deck, &deck->ours[selection], type);
	struct orl_paste *paste = NULL;

	if (!why && deck->board && strcmp(type, ORL_TYPE_FILES) == 0)
		paste = orl_deck_give_files(deck, selection, to);
	else if (!why && deck->board)
		paste = deck->board->kind->fetch(
				deck->board, selection, type, to);
	if (why)
		orl_deck_say(deck, "refused", content(type), why);
	return orl_deck_follow(deck, paste, type, true);
}

/* ---- from the desktop to here ------------------------------------------ */

/* Become this clipboard, if the rules allow it by now. */
static void take(struct orl_deck *deck, unsigned selection)
{
	struct theirs *theirs = &deck->theirs[selection];
	const char *types[TYPES];

	if (!theirs->due || !deck->board ||
			(!atomic_load(&deck->focused) &&
					orl_viewer_now() - atomic_load(&deck->act) >
							ACT_NS))
		return;
	theirs->due = false;
	deck->ours[selection].types.count = 0;
	deck->ours[selection].offered = false;
	deck->board->kind->offer(deck->board, selection, types,
			get_types(types, &theirs->types));
	if (theirs->types.count)
		orl_deck_say(deck, "copied", content(types[0]), "");
}

static void on_offered(void *user, unsigned selection, const char *const *types,
		size_t count)
{
	struct orl_deck *deck = user;
	struct theirs *theirs = &deck->theirs[selection];
	bool had = theirs->types.count > 0 && !theirs->due;

	orl_files_renew(deck->files, selection);
	set_types(&theirs->types, types, count);
	theirs->due = theirs->types.count > 0;
	/* What is gone there is gone here at once. */
	if (had && !theirs->due && deck->board)
		deck->board->kind->offer(deck->board, selection, NULL, 0);
	/* It is newer than what is here, if it may become that or not. */
	if (theirs->due)
		deck->ours[selection].types.count = 0;
	take(deck, selection);
}

struct orl_paste *orl_deck_fetch(struct orl_deck *deck, unsigned selection,
		const char *type, struct orl_paste_end to)
{
	if (strcmp(type, ORL_TYPE_FILES) == 0)
		return orl_deck_take_files(deck, selection, to);
	return orl_deck_follow(deck,
			orl_duct_fetch(deck->end, selection, type, to), type,
			false);
}

bool orl_deck_primary(const struct orl_deck *deck)
{
	return deck->v->options.primary;
}

static void on_note(void *user, int kind, int value, const char *text)
{
	struct orl_deck *deck = user;

	switch (kind) {
	case ORL_CLIP_CONNECTED:
		deck->connected = value;
		/* Another session has not been told of anything. */
		for (unsigned s = 0; s < SELECTIONS; s++)
			deck->ours[s].offered = false;
		break;
	case ORL_CLIP_REFUSED:
		orl_deck_say(deck, "refused", "", orl_text(text));
		break;
	default:
		break;
	}
}

static const struct orl_duct_calls calls = {
	.offered = on_offered,
	.wanted = on_wanted,
	.note = on_note,
	.wake = wake,
};

/* ---- the thread -------------------------------------------------------- */

static void wait_for_work(struct orl_deck *deck)
{
	struct pollfd fds[1 + ORL_BOARD_FDS];
	uint64_t due = UINT64_MAX, now;
	char bytes[64];
	int ms = -1;
	size_t n = 1;

	fds[0] = (struct pollfd){ .fd = deck->pipe[0], .events = POLLIN };
	if (deck->board)
		n += deck->board->kind->watch(deck->board, fds + 1, &due);
	if (deck->step && deck->step < due)
		due = deck->step;
	now = orl_viewer_now();
	if (due <= now)
		ms = 0;
	else if (due != UINT64_MAX)
		ms = (int)((due - now) / NS_PER_MS) + 1;
	if (poll(fds, n, ms) > 0 && fds[0].revents)
		while (read(deck->pipe[0], bytes, sizeof(bytes)) > 0)
			;
}

/* As soon as there is something to open. */
static bool open_board(struct orl_deck *deck)
{
	void *native = atomic_load(&deck->native);
	const char *why = "";

	if (deck->board || !native)
		return true;
	deck->board = deck->kind->open(deck, native, &why);
	if (!deck->board)
		orl_viewer_say("the clipboard is not shared: %s",
				orl_text(why));
	return deck->board;
}

static void *run(void *user)
{
	struct orl_deck *deck = user;

	while (!atomic_load(&deck->done)) {
		if (!open_board(deck) ||
				(deck->board && !deck->board->kind->run(
								deck->board,
								orl_viewer_now())))
			break; /* and the window goes too */
		orl_duct_run(deck->end);
		orl_deck_files_run(deck);
		for (unsigned s = 0; s < SELECTIONS; s++) {
			offer(deck, s);
			take(deck, s);
		}
		if (atomic_exchange(&deck->cancel, false))
			cancel_all(deck);
		show_progress(deck, orl_viewer_now());
		wait_for_work(deck);
	}
	orl_duct_close(deck->end);
	return NULL;
}

/* ---- the UI thread ----------------------------------------------------- */

void orl_deck_watch(struct orl_deck *deck, const SDL_Event *e)
{
	bool focused;

	if (!deck)
		return;
	switch (e->type) {
	case SDL_KEYDOWN:
		if (e->key.repeat)
			return;
		break;
	case SDL_MOUSEBUTTONDOWN:
	case SDL_MOUSEBUTTONUP:
	case SDL_FINGERDOWN:
	case SDL_FINGERUP:
		break;
	case SDL_WINDOWEVENT:
		if (deck->kind == &orl_board_wayland &&
				!atomic_load(&deck->native)) {
			atomic_store(&deck->native,
					orl_wayland_display(SDL_GetWindowFromID(
							e->window.windowID)));
			wake(deck);
		}
		if (e->window.event != SDL_WINDOWEVENT_FOCUS_GAINED &&
				e->window.event != SDL_WINDOWEVENT_FOCUS_LOST)
			return;
		focused = SDL_GetKeyboardFocus() != NULL;
		if (focused == atomic_load(&deck->focused))
			return;
		atomic_store(&deck->focused, focused);
		break;
	default:
		return;
	}
	atomic_store(&deck->act, orl_viewer_now());
	wake(deck);
}

bool orl_deck_busy(const struct orl_deck *deck)
{
	return deck && atomic_load(&deck->busy);
}

void orl_deck_cancel(struct orl_deck *deck)
{
	if (!deck)
		return;
	atomic_store(&deck->cancel, true);
	wake(deck);
}

static bool make_pipe(int fds[2])
{
	return pipe(fds) == 0 && fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0 &&
	       fcntl(fds[1], F_SETFL, O_NONBLOCK) == 0 &&
	       fcntl(fds[0], F_SETFD, FD_CLOEXEC) == 0 &&
	       fcntl(fds[1], F_SETFD, FD_CLOEXEC) == 0;
}

static void destroy(struct orl_deck *deck)
{
	if (deck->board)
		deck->board->kind->close(deck->board);
	orl_files_destroy(deck->files);
	orl_clipnet_destroy(deck->v->clipnet);
	deck->v->clipnet = NULL;
	orl_duct_destroy(deck->duct);
	close(deck->pipe[0]);
	close(deck->pipe[1]);
	pthread_mutex_destroy(&deck->lock);
	free(deck);
}

struct orl_deck *orl_deck_create(struct orl_viewer *v)
{
	const char *driver = SDL_GetCurrentVideoDriver();
	const char *why = _("this kind of window has none");
	struct orl_deck *deck = calloc(1, sizeof(*deck));

	if (!deck)
		return NULL;
	deck->v = v;
	deck->pipe[0] = deck->pipe[1] = -1;
	pthread_mutex_init(&deck->lock, NULL);
	if (driver && strcmp(driver, "x11") == 0) {
		deck->kind = &orl_board_x11;
		deck->board = orl_board_x11.open(deck, NULL, &why);
	} else if (driver && strcmp(driver, "wayland") == 0) {
		deck->kind = &orl_board_wayland; /* with its first window */
	}
	if (deck->board || deck->kind == &orl_board_wayland)
		deck->duct = orl_duct_create();
	if (deck->duct && make_pipe(deck->pipe) &&
			orl_deck_files_create(deck)) {
		v->clipnet = orl_clipnet_create(v, deck->duct);
		deck->end = orl_duct_open(deck->duct, 1, &calls, deck);
		if (v->clipnet && pthread_create(&deck->thread, NULL, run,
						  deck) == 0)
			return deck;
	}
	if (v->options.verbose)
		orl_viewer_say("the clipboard is not shared: %s", why);
	destroy(deck);
	return NULL;
}

void orl_deck_destroy(struct orl_deck *deck)
{
	if (!deck)
		return;
	atomic_store(&deck->done, true);
	wake(deck);
	pthread_join(deck->thread, NULL);
	destroy(deck);
}

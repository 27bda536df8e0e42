/*
 * notes.c - what the connection's thread leaves for the UI's. Each note says
 * what is so, not what to do, so a note may replace one that was not read yet
 * and nothing piles up while the UI is busy.
 */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "client/viewer/text.h"
#include "client/viewer/ui.h"

void orl_ui_wake(struct orl_ui *ui)
{
	SDL_Event e;
	if (atomic_exchange(&ui->woken, true))
		return;
	SDL_zero(e);
	e.type = ui->wake_event;
	SDL_PushEvent(&e);
	pthread_mutex_lock(&ui->lock);
	pthread_cond_signal(&ui->work);
	pthread_mutex_unlock(&ui->lock);
}

void orl_ui_title(struct orl_ui *ui, const char *name)
{
	pthread_mutex_lock(&ui->lock);
	if (!ui->viewer->options.title[0])
		snprintf(ui->title, sizeof(ui->title), "%s", name);
	ui->title_changed = true;
	pthread_mutex_unlock(&ui->lock);
	orl_ui_wake(ui);
}

static void note_screen(struct orl_pane *pane, struct orl_remote *screen)
{
	pane->rect = orl_remote_rect(screen);
	pane->id = orl_remote_id(screen);
	snprintf(pane->name, sizeof(pane->name), "%s", orl_remote_name(screen));
	pane->changed = true;
}

void orl_ui_screen_added(struct orl_ui *ui, struct orl_remote *screen)
{
	pthread_mutex_lock(&ui->lock);
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		struct orl_pane *pane = &ui->panes[i];
		if (pane->used)
			continue;
		pane->used = true;
		pane->removed = false;
		pane->damage.n = 0;
		/* Nobody reads a pane that was not used. */
		pane->screen = screen;
		note_screen(pane, screen);
		orl_remote_set_data(screen, pane);
		break;
	}
	pthread_mutex_unlock(&ui->lock);
	orl_ui_wake(ui);
}

void orl_ui_screen_changed(struct orl_ui *ui, struct orl_remote *screen)
{
	struct orl_pane *pane = orl_remote_data(screen);
	if (!pane)
		return;
	pthread_mutex_lock(&ui->lock);
	note_screen(pane, screen);
	pthread_mutex_unlock(&ui->lock);
	orl_ui_wake(ui);
}

void orl_ui_screen_updated(struct orl_ui *ui, struct orl_remote *screen,
		const struct oriel_rect *rects, size_t count)
{
	struct orl_pane *pane = orl_remote_data(screen);
	if (!pane)
		return;
	pthread_mutex_lock(&ui->lock);
	for (size_t i = 0; i < count; i++)
		orl_view_damage(&pane->damage, rects[i]);
	pthread_mutex_unlock(&ui->lock);
	orl_ui_wake(ui);
}

void orl_ui_screen_removed(struct orl_ui *ui, struct orl_remote *screen)
{
	struct orl_pane *pane = orl_remote_data(screen);
	if (!pane)
		return;
	orl_remote_set_data(screen, NULL);
	struct orl_picture *last = orl_picture_of(screen);
	/* The UI may be copying from it: it is gone when this returns. */
	pthread_mutex_lock(&pane->pin);
	pane->screen = NULL;
	orl_picture_free(pane->last);
	pane->last = last;
	pthread_mutex_unlock(&pane->pin);
	pthread_mutex_lock(&ui->lock);
	pane->removed = true;
	pthread_mutex_unlock(&ui->lock);
	orl_ui_wake(ui);
}

void orl_ui_cursor(struct orl_ui *ui, const struct oriel_pixels *image,
		int32_t hot_x, int32_t hot_y)
{
	pthread_mutex_lock(&ui->lock);
	ui->cursor_changed = true;
	ui->cursor_hidden = !image || image->width <= 0 || image->height <= 0 ||
			    image->width > ORL_CURSOR_SIDE ||
			    image->height > ORL_CURSOR_SIDE;
	if (!ui->cursor_hidden) {
		ui->cursor_width = image->width;
		ui->cursor_height = image->height;
		ui->hot_x = hot_x;
		ui->hot_y = hot_y;
		for (int32_t y = 0; y < image->height; y++)
			memcpy(ui->cursor + y * image->width,
					(const char *)image->data +
							(ptrdiff_t)y * image->stride,
					(size_t)image->width * 4);
	}
	pthread_mutex_unlock(&ui->lock);
	orl_ui_wake(ui);
}

void orl_ui_warp(struct orl_ui *ui, struct orl_remote *screen, int32_t x,
		int32_t y)
{
	pthread_mutex_lock(&ui->lock);
	ui->warped = true;
	ui->warp_pane = orl_remote_data(screen);
	ui->warp_x = x;
	ui->warp_y = y;
	pthread_mutex_unlock(&ui->lock);
	orl_ui_wake(ui);
}

void orl_ui_relative(struct orl_ui *ui, bool relative)
{
	pthread_mutex_lock(&ui->lock);
	ui->relative = relative;
	pthread_mutex_unlock(&ui->lock);
	orl_ui_wake(ui);
}

void orl_ui_ask_sizes(struct orl_ui *ui)
{
	if (!atomic_exchange(&ui->wanting, false))
		return;
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		struct orl_pane *pane = &ui->panes[i];
		pthread_mutex_lock(&ui->lock);
		int32_t w = pane->want_w, h = pane->want_h;
		pane->want_w = pane->want_h = 0;
		pthread_mutex_unlock(&ui->lock);
		/* This thread alone takes the screen away. */
		int err = w && pane->screen ? orl_remote_resize(pane->screen, w,
							      h)
					    : 0;
		if (err && err != ORIEL_ESTATE && err != ORIEL_EDENIED)
			orl_viewer_say("the size was not asked for: %s",
					orl_text(oriel_strerror(err)));
	}
}

/* Nobody is woken: it matters when the next key is pressed. */
void orl_ui_locks(struct orl_ui *ui, uint32_t locks)
{
	atomic_store(&ui->locks_news, locks & 7);
}

void orl_ui_holder(struct orl_ui *ui)
{
	const struct orl_viewer *v = ui->viewer;
	pthread_mutex_lock(&ui->lock);
	ui->granted |= v->may_input && v->holds_input;
	ui->may_input = v->may_input;
	ui->holds_input = v->holds_input;
	memcpy(ui->holder, v->holder, sizeof(ui->holder));
	ui->title_changed = true;
	pthread_mutex_unlock(&ui->lock);
	orl_ui_wake(ui);
}

void orl_ui_sound(struct orl_ui *ui)
{
	pthread_mutex_lock(&ui->lock);
	ui->title_changed = true;
	pthread_mutex_unlock(&ui->lock);
	orl_ui_wake(ui);
}

void orl_ui_done(struct orl_ui *ui)
{
	atomic_store(&ui->done, true);
	orl_ui_wake(ui);
}

void orl_ui_progress(struct orl_ui *ui, enum oriel_client_state state,
		const char *address, const char *text)
{
	pthread_mutex_lock(&ui->lock);
	ui->progress = state;
	snprintf(ui->progress_address, sizeof(ui->progress_address), "%s",
			address);
	snprintf(ui->progress_text, sizeof(ui->progress_text), "%s", text);
	ui->progressed = true;
	pthread_mutex_unlock(&ui->lock);
	orl_ui_wake(ui);
}

void orl_ui_note(struct orl_ui *ui, unsigned ms, const char *text)
{
	pthread_mutex_lock(&ui->lock);
	snprintf(ui->note, sizeof(ui->note), "%s", text);
	ui->note_until = orl_viewer_now() + ms * UINT64_C(1000000);
	ui->noted = true;
	pthread_mutex_unlock(&ui->lock);
	orl_ui_wake(ui);
}

void orl_ui_facts(struct orl_ui *ui, const struct orl_facts_of *from)
{
	struct orl_facts facts;
	memset(&facts, 0, sizeof(facts));
	orl_facts_make(&facts, from);
	pthread_mutex_lock(&ui->lock);
	bool same = memcmp(&facts, &ui->facts, sizeof(facts)) == 0;
	ui->facts = facts;
	ui->facts_changed |= !same;
	pthread_mutex_unlock(&ui->lock);
	if (!same)
		orl_ui_wake(ui);
}

static void ask(struct orl_ui *ui, const struct orl_dialog *dialog)
{
	struct pollfd fd = { .fd = ui->answer_pipe[0], .events = POLLIN };
	char c;
	pthread_mutex_lock(&ui->lock);
	/* Answers that nobody has waited for are none to this. */
	while (poll(&fd, 1, 0) == 1 && read(fd.fd, &c, 1) == 1)
		;
	explicit_bzero(ui->answer_text, sizeof(ui->answer_text));
	ui->asked = *dialog;
	ui->asking = true;
	ui->answer = ORL_CHOICE_NONE;
	pthread_mutex_unlock(&ui->lock);
	orl_ui_wake(ui);
}

void orl_ui_ask_begin(struct orl_ui *ui, const struct orl_dialog *dialog)
{
	ask(ui, dialog);
}

bool orl_ui_ask_poll(struct orl_ui *ui, enum orl_choice *choice)
{
	struct pollfd fd = { .fd = ui->answer_pipe[0], .events = POLLIN };
	char c;
	if (poll(&fd, 1, 0) != 1 || read(fd.fd, &c, 1) != 1)
		return false;
	pthread_mutex_lock(&ui->lock);
	*choice = ui->answer;
	pthread_mutex_unlock(&ui->lock);
	return true;
}

void orl_ui_answer_text(struct orl_ui *ui, char *text, size_t size)
{
	pthread_mutex_lock(&ui->lock);
	snprintf(text, size, "%s", ui->answer_text);
	explicit_bzero(ui->answer_text, sizeof(ui->answer_text));
	pthread_mutex_unlock(&ui->lock);
}

bool orl_ui_answer_login(
		struct orl_ui *ui, unsigned number, struct orl_login *login)
{
	pthread_mutex_lock(&ui->lock);
	bool ours = ui->answer_number == number;
	if (ours) {
		/* The dialog takes no more than fits. */
		snprintf(login->user, sizeof(login->user), "%.*s",
				ORL_LOGIN_USER_MAX, ui->answer_user);
		snprintf(login->password, sizeof(login->password), "%.*s",
				ORL_LOGIN_PASSWORD_MAX, ui->answer_text);
	}
	explicit_bzero(ui->answer_text, sizeof(ui->answer_text));
	pthread_mutex_unlock(&ui->lock);
	return ours;
}

enum orl_answer orl_ui_ask(struct orl_ui *ui, const struct orl_dialog *dialog,
		enum orl_choice *choice, char *text, size_t size)
{
	struct orl_dialog none = { .kind = ORL_DIALOG_NONE };
	char c;
	ask(ui, dialog);
	if (!orl_viewer_wait_for(ui->viewer, ui->answer_pipe[0]) ||
			read(ui->answer_pipe[0], &c, 1) != 1) {
		ask(ui, &none);
		return ORL_NOT_ANSWERED;
	}
	pthread_mutex_lock(&ui->lock);
	*choice = ui->answer;
	if (text)
		snprintf(text, size, "%s", ui->answer_text);
	explicit_bzero(ui->answer_text, sizeof(ui->answer_text));
	bool speechless = ui->speechless;
	pthread_mutex_unlock(&ui->lock);
	return speechless ? ORL_NO_TERMINAL : ORL_ANSWERED;
}

/*
 * test_stage.c - questions in a window: how they come, are answered and go,
 * and what happens to clicks, sizes and sound around them. The window is SDL's
 * dummy driver's, and the connection's process is the test.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/viewer/stage.h"
#include "tests/box_any.h"

enum { WIDTH = 1000, HEIGHT = 700 };

/* Of the program's main, which is not here. */
void orl_viewer_quit(struct orl_viewer *v)
{
	(void)v;
	fail();
}

struct desk {
	struct orl_viewer viewer;
	struct orl_ui ui;
	struct any_seen seen;
	struct orl_box_ring rings[ORL_RINGS];
	int process;
};

static struct desk *start(void)
{
	struct desk *d = calloc(1, sizeof(*d));
	assert_non_null(d);
	struct orl_ui *ui = &d->ui;
	setenv("SDL_VIDEODRIVER", "dummy", 1);
	assert_int_equal(SDL_Init(SDL_INIT_VIDEO), 0);
	d->viewer.box = any_box(&d->seen, &d->process, d->rings);
	atomic_store(&d->viewer.box->ready, true);
	atomic_store(&d->viewer.box->rights, ORIEL_MAY_INPUT);
	d->viewer.ui = ui;
	d->viewer.options.scale = 1;
	ui->viewer = &d->viewer;
	ui->wake_event = SDL_RegisterEvents(1);
	pthread_mutex_init(&ui->lock, NULL);
	pthread_cond_init(&ui->work, NULL);
	for (int i = 0; i < ORL_SCREENS_MAX; i++)
		pthread_mutex_init(&ui->panes[i].pin, NULL);
	assert_int_equal(pipe(ui->answer_pipe), 0);
	assert_int_equal(orl_stage_create(ui), 0);
	orl_input_start(ui);
	struct orl_pane *pane = &ui->panes[0];
	struct orl_window *win = &ui->windows[0];
	win->sdl = SDL_CreateWindow("", 0, 0, WIDTH, HEIGHT, 0);
	assert_non_null(win->sdl);
	win->id = SDL_GetWindowID(win->sdl);
	win->width = WIDTH;
	win->height = HEIGHT;
	win->visible = true;
	pane->on = win;
	pane->live = true;
	pane->shown_rect = (struct oriel_rect){ 0, 0, WIDTH, HEIGHT };
	orl_view_fit(&pane->view, ORL_SCALING_AUTO, 1, WIDTH, HEIGHT, WIDTH,
			HEIGHT);
	return d;
}

static void end(struct desk *d)
{
	struct orl_ui *ui = &d->ui;
	SDL_DestroyWindow(ui->windows[0].sdl);
	orl_stage_destroy(ui);
	SDL_Quit();
	close(d->process);
	close(ui->answer_pipe[0]);
	close(ui->answer_pipe[1]);
	orl_box_destroy(d->viewer.box);
	orl_rings_unmap(d->rings);
	free(d);
}

/* False: there are no letters here, so nothing can be asked. */
static bool letters(struct desk *d)
{
	if (orl_stage_ready(&d->ui))
		return true;
	print_message("skipped: no font\n");
	end(d);
	return false;
}

static void ask(struct desk *d, enum orl_dialog_kind kind)
{
	struct orl_dialog dialog = {
		.kind = kind, .title = "title", .text = "text", .folder = "/tmp"
	};
	orl_ui_ask_begin(&d->ui, &dialog);
}

static void shown(struct desk *d, enum orl_dialog_kind kind)
{
	orl_stage_read_notes(&d->ui);
	assert_true(orl_stage_modal(&d->ui));
	assert_int_equal(d->ui.stage->dialog.kind, kind);
}

static void give_event(struct desk *d, SDL_Event e)
{
	if (!orl_stage_event(&d->ui, &e))
		(void)orl_input_event(&d->ui, &e);
}

static void button(struct desk *d, bool down, int x, int y)
{
	give_event(d, (SDL_Event){ .button = { .type = down ? SDL_MOUSEBUTTONDOWN
							    : SDL_MOUSEBUTTONUP,
						   .windowID = d->ui.windows[0].id,
						   .button = SDL_BUTTON_LEFT,
						   .state = down ? SDL_PRESSED
								 : SDL_RELEASED,
						   .clicks = 1,
						   .x = x,
						   .y = y } });
}

static void move(struct desk *d, int x, int y)
{
	give_event(d, (SDL_Event){ .motion = { .type = SDL_MOUSEMOTION,
						   .windowID = d->ui.windows[0].id,
						   .x = x,
						   .y = y } });
}

/* What is asked about the session leaves the session as it is. */
static void questions_go_when_they_are_answered(void **state)
{
	struct desk *d = start();
	enum orl_choice choice;
	(void)state;
	if (!letters(d))
		return;
	for (int kind = ORL_DIALOG_PRINT; kind <= ORL_DIALOG_SAVE; kind++) {
		for (int i = 0; i < 2; i++) {
			enum orl_choice said =
					i ? ORL_CHOICE_YES : ORL_CHOICE_NO;
			ask(d, (enum orl_dialog_kind)kind);
			shown(d, (enum orl_dialog_kind)kind);
			assert_false(orl_ui_ask_poll(&d->ui, &choice));
			orl_stage_answered(&d->ui, said);
			assert_false(orl_stage_modal(&d->ui));
			assert_int_equal(d->ui.stage->dialog.kind,
					ORL_DIALOG_NONE);
			assert_true(orl_ui_ask_poll(&d->ui, &choice));
			assert_int_equal(choice, said);
		}
	}
	assert_int_equal(d->ui.progress, ORIEL_CLIENT_IDLE);
	end(d);
}

static void an_answer_is_for_its_own_question(void **state)
{
	struct desk *d = start();
	enum orl_choice choice;
	(void)state;
	if (!letters(d))
		return;
	/* One that nobody waits for any more. */
	ask(d, ORL_DIALOG_PRINT);
	shown(d, ORL_DIALOG_PRINT);
	orl_stage_answered(&d->ui, ORL_CHOICE_YES);
	ask(d, ORL_DIALOG_GIVE);
	assert_false(orl_ui_ask_poll(&d->ui, &choice));
	shown(d, ORL_DIALOG_GIVE);
	assert_false(orl_ui_ask_poll(&d->ui, &choice));
	/* One that is given while the next has been asked and is not shown. */
	ask(d, ORL_DIALOG_TRUST);
	orl_stage_answered(&d->ui, ORL_CHOICE_YES);
	assert_false(orl_ui_ask_poll(&d->ui, &choice));
	shown(d, ORL_DIALOG_TRUST);
	orl_stage_answered(&d->ui, ORL_CHOICE_NO);
	assert_true(orl_ui_ask_poll(&d->ui, &choice));
	assert_int_equal(choice, ORL_CHOICE_NO);
	assert_false(orl_ui_ask_poll(&d->ui, &choice));
	end(d);
}

static void a_display_answers_no_question(void **state)
{
	struct desk *d = start();
	(void)state;
	if (!letters(d))
		return;
	ask(d, ORL_DIALOG_SAVE);
	shown(d, ORL_DIALOG_SAVE);
	orl_stage_lit(&d->ui);
	assert_true(orl_stage_modal(&d->ui));
	assert_int_equal(d->ui.stage->dialog.kind, ORL_DIALOG_SAVE);
	/* What is in the way of the desktop goes. */
	ask(d, ORL_DIALOG_AGAIN);
	shown(d, ORL_DIALOG_AGAIN);
	orl_stage_lit(&d->ui);
	assert_false(orl_stage_modal(&d->ui));
	end(d);
}

/* Its window is closed, because the display has gone. */
static void a_question_finds_another_window(void **state)
{
	struct desk *d = start();
	struct orl_window *other = &d->ui.windows[1];
	(void)state;
	if (!letters(d))
		return;
	other->sdl = SDL_CreateWindow("", 0, 0, WIDTH, HEIGHT, 0);
	assert_non_null(other->sdl);
	other->id = SDL_GetWindowID(other->sdl);
	other->width = WIDTH;
	other->height = HEIGHT;
	ask(d, ORL_DIALOG_PRINT);
	shown(d, ORL_DIALOG_PRINT);
	orl_stage_closed(&d->ui, &d->ui.windows[0]);
	assert_true(orl_stage_modal(&d->ui));
	assert_ptr_equal(d->ui.stage->layers[ORL_LAYER_PANEL].window, other);
	SDL_DestroyWindow(other->sdl);
	end(d);
}

/* On every place of the panel; whether one of them was an answer. */
static bool clicked(struct desk *d)
{
	const struct orl_layer *l = &d->ui.stage->layers[ORL_LAYER_PANEL];
	const SDL_Rect at = l->at;
	enum orl_choice choice;
	for (int y = at.y; y < at.y + at.h; y += 6) {
		for (int x = at.x; x < at.x + at.w; x += 12) {
			button(d, true, x, y);
			button(d, false, x, y);
			if (orl_ui_ask_poll(&d->ui, &choice))
				return true;
		}
	}
	return false;
}

static void a_click_on_its_way_is_no_answer(void **state)
{
	struct desk *d = start();
	(void)state;
	if (!letters(d))
		return;
	ask(d, ORL_DIALOG_GIVE);
	shown(d, ORL_DIALOG_GIVE);
	assert_true(d->ui.stage->guarded_until > 0);
	d->ui.stage->guarded_until = UINT64_MAX;
	assert_false(clicked(d));
	assert_true(orl_stage_modal(&d->ui));
	assert_int_equal(d->ui.buttons, 0);
	d->ui.stage->guarded_until = 1;
	assert_true(clicked(d));
	/* The menu comes when it is called. */
	d->ui.stage->guarded_until = UINT64_MAX;
	orl_stage_open_menu(&d->ui, &d->ui.windows[0], ORL_MENU_ALL);
	assert_true(orl_stage_modal(&d->ui));
	assert_true(d->ui.stage->guarded_until == 0);
	end(d);
}

/* The button goes up where it went down, whatever the pointer is over then. */
static void the_bar_swallows_no_release(void **state)
{
	struct desk *d = start();
	const struct orl_layer *bar = &d->ui.stage->layers[ORL_LAYER_BAR];
	(void)state;
	if (!letters(d))
		return;
	orl_stage_show_bar(&d->ui, &d->ui.windows[0], false);
	assert_true(bar->shown);
	const int x = bar->at.x + bar->at.w / 2;
	button(d, true, x, bar->at.y + bar->at.h + 5);
	assert_int_equal(d->ui.buttons, 1);
	move(d, x, bar->at.y + bar->at.h / 2);
	assert_true(bar->shown);
	button(d, false, x, bar->at.y + bar->at.h / 2);
	assert_int_equal(d->ui.buttons, 0);
	/* What begins on the bar is the bar's. */
	button(d, true, bar->at.x + 2, bar->at.y + 2);
	assert_int_equal(d->ui.buttons, 0);
	end(d);
}

static void a_size_is_asked_for_again_after_a_loss(void **state)
{
	struct desk *d = start();
	struct orl_window *win = &d->ui.windows[0];
	(void)state;
	/* One that follows the desktop goes on to follow it. */
	for (int asked = 0; asked < 2; asked++) {
		win->asked_w = asked ? WIDTH : 0;
		win->asked_h = asked ? HEIGHT : 0;
		win->resize_at = 0;
		d->ui.stage->lost_since = 1;
		orl_ui_progress(&d->ui, ORIEL_CLIENT_READY, "", "");
		orl_stage_read_notes(&d->ui);
		assert_int_equal(win->resize_at != 0, asked);
		assert_int_equal(win->asked_w, 0);
	}
	end(d);
}

static unsigned told(struct desk *d, uint64_t id)
{
	struct orl_box_message m;
	unsigned n = 0;
	int file;
	while (orl_box_receive(d->process, &m, ORL_BOX_DOWN, &file, 1) > 0) {
		n += m.id == id;
		if (m.id == ORL_BOX_LISTEN)
			assert_false(m.u.listen.on);
	}
	return n;
}

/* A process that was begun after a crash knows of nothing. */
static void who_is_muted_stays_so(void **state)
{
	struct desk *d = start();
	(void)state;
	d->viewer.options.sound_file = "/dev/null";
	assert_true(orl_sound_start(&d->viewer));
	(void)told(d, 0);
	orl_sound_rights(&d->viewer, ORIEL_MAY_HEAR);
	assert_int_equal(told(d, ORL_BOX_LISTEN), 0);
	orl_sound_mute(&d->viewer, true);
	assert_int_equal(told(d, ORL_BOX_LISTEN), 1);
	orl_sound_rights(&d->viewer, ORIEL_MAY_HEAR);
	assert_int_equal(told(d, ORL_BOX_LISTEN), 1);
	orl_sound_stop(&d->viewer);
	end(d);
}

/* Who can be heard sees it, for as long as it is so. */
static void a_live_microphone_is_seen(void **state)
{
	struct desk *d = start();
	struct orl_layer *sign = &d->ui.stage->layers[ORL_LAYER_SIGN];
	(void)state;
	if (!letters(d))
		return;
	d->viewer.options.sound_file = "/dev/null";
	d->viewer.options.microphone = ORL_MICROPHONE_ON;
	assert_true(orl_sound_start(&d->viewer));
	orl_sound_rights(&d->viewer, ORIEL_MAY_SPEAK);
	orl_stage_sound(&d->ui);
	assert_false(sign->shown);
	orl_sound_mic_wanted(&d->viewer, true);
	orl_stage_sound(&d->ui);
	assert_true(sign->shown);
	assert_ptr_equal(sign->window, &d->ui.windows[0]);
	/* A question hides it no more than the menu does. */
	ask(d, ORL_DIALOG_TRUST);
	shown(d, ORL_DIALOG_TRUST);
	assert_true(sign->shown);
	orl_sound_speak(&d->viewer, false);
	orl_stage_sound(&d->ui);
	assert_false(sign->shown);
	orl_sound_speak(&d->viewer, true);
	orl_stage_sound(&d->ui);
	assert_true(sign->shown);
	orl_sound_rights(&d->viewer, 0);
	orl_stage_sound(&d->ui);
	assert_false(sign->shown);
	orl_sound_rights(&d->viewer, ORIEL_MAY_SPEAK);
	orl_stage_sound(&d->ui);
	assert_true(sign->shown);
	orl_sound_mic_wanted(&d->viewer, false);
	orl_stage_sound(&d->ui);
	assert_false(sign->shown);
	orl_sound_stop(&d->viewer);
	end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_go_when_they_are_answered),
		cmocka_unit_test(an_answer_is_for_its_own_question),
		cmocka_unit_test(a_display_answers_no_question),
		cmocka_unit_test(a_question_finds_another_window),
		cmocka_unit_test(a_click_on_its_way_is_no_answer),
		cmocka_unit_test(the_bar_swallows_no_release),
		cmocka_unit_test(a_size_is_asked_for_again_after_a_loss),
		cmocka_unit_test(who_is_muted_stays_so),
		cmocka_unit_test(a_live_microphone_is_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

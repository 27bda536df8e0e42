/*
 * test_panel.c - the panels without a window: where things are, who has the
 * focus, and what keys and clicks answer. Letters are 7 by 14.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/viewer/dialogs.h"

enum { WIDTH = 480 };

static struct {
	char text[8192]; /* all that was drawn, a line each */
	int32_t right;   /* the rightmost end of it */
} drawn;

static int characters(const char *text, size_t n)
{
	int count = 0;
	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

static int width(void *user, enum orl_face face, const char *text, size_t n)
{
	(void)face;
	return characters(text, n) * 7 * *(const int *)user;
}

static int height(void *user, enum orl_face face)
{
	(void)face;
	return 14 * *(const int *)user;
}

static void fill(void *user, struct oriel_rect r, uint32_t rgb, int radius)
{
	(void)user;
	(void)rgb;
	(void)radius;
	assert_true(r.width >= 0 && r.height >= 0);
}

static void put(void *user, enum orl_face face, int32_t x, int32_t y,
		struct oriel_rect clip, uint32_t rgb, const char *text,
		size_t n)
{
	int32_t right = x + width(user, face, text, n);
	size_t used = strlen(drawn.text);
	(void)rgb;
	assert_true(y >= 0);
	if (right > clip.x + clip.width)
		right = clip.x + clip.width;
	if (right > drawn.right)
		drawn.right = right;
	snprintf(drawn.text + used, sizeof(drawn.text) - used, "%.*s\n", (int)n,
			text);
}

static int scale = 1;
static const struct orl_painter painter = { &scale, width, height, fill, put };
static struct orl_panel panel;
static struct orl_dialog dialog;

static enum orl_choice call(const struct orl_panel_input *in, bool draw)
{
	orl_panel_begin(&panel, in, draw);
	enum orl_choice choice = orl_dialog(&dialog, &panel);
	orl_panel_end(&panel);
	return choice;
}

static void open_dialog(enum orl_dialog_kind kind, bool locked)
{
	memset(&panel, 0, sizeof(panel));
	memset(&dialog, 0, sizeof(dialog));
	panel.painter = &painter;
	panel.scale = scale;
	panel.width = WIDTH * scale;
	dialog.kind = kind;
	dialog.locked = locked;
	dialog.state = ORIEL_CLIENT_SECURING;
	snprintf(dialog.address, sizeof(dialog.address), "%s",
			kind == ORL_DIALOG_CONNECT ? "" : "oriel://desk");
	snprintf(dialog.title, sizeof(dialog.title), "Title");
	snprintf(dialog.text, sizeof(dialog.text), "What to do");
	memset(dialog.key, 'a', 64);
	memset(dialog.old_key, 'b', 64);
	orl_dialog_open(&dialog, &panel);
	call(NULL, false);
}

static void draw(void)
{
	memset(&drawn, 0, sizeof(drawn));
	call(NULL, false);
	call(NULL, true);
}

static enum orl_choice press(enum orl_panel_key key)
{
	const struct orl_panel_input in = { .key = key, .x = -1, .y = -1 };
	return call(&in, false);
}

static enum orl_choice type(const char *text)
{
	const struct orl_panel_input in = { .text = text, .x = -1, .y = -1 };
	return call(&in, false);
}

static enum orl_choice mouse(int32_t x, int32_t y, bool down, int clicks)
{
	const struct orl_panel_input in = { .x = x,
		.y = y,
		.pressed = down,
		.released = !down,
		.clicks = clicks };
	return call(&in, false);
}

static enum orl_choice click(int32_t x, int32_t y)
{
	mouse(x, y, true, 1);
	return mouse(x, y, false, 1);
}

/* ---- focus and answers ---- */

static void tab_goes_around(void **state)
{
	(void)state;
	open_dialog(ORL_DIALOG_CONNECT, false);
	assert_int_equal(panel.count, 3);
	assert_int_equal(panel.focus, 0);
	for (int i = 1; i <= 3; i++) {
		press(ORL_KEY_TAB);
		assert_int_equal(panel.focus, i % 3);
	}
	press(ORL_KEY_BACKTAB);
	assert_int_equal(panel.focus, 2);
	press(ORL_KEY_LEFT);
	assert_int_equal(panel.focus, 1);
	press(ORL_KEY_RIGHT);
	assert_int_equal(panel.focus, 2);
	assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_NO);
}

static void connects_by_keyboard(void **state)
{
	(void)state;
	open_dialog(ORL_DIALOG_CONNECT, false);
	assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_NONE);
	assert_true(dialog.problem[0] != '\0');
	type("no address");
	assert_int_equal(dialog.problem[0], '\0');
	assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_NONE);
	draw();
	assert_non_null(strstr(drawn.text, "is not an address"));
	press(ORL_KEY_CLEAR);
	type("desk");
	press(ORL_KEY_LEFT);
	type("ä");
	press(ORL_KEY_BACKSPACE);
	assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_YES);
	assert_string_equal(dialog.field.text, "oriel://desk");
	assert_int_equal(press(ORL_KEY_ESCAPE), ORL_CHOICE_NO);
}

static void recent_hosts_are_chosen(void **state)
{
	int32_t y = 0;
	(void)state;
	open_dialog(ORL_DIALOG_CONNECT, false);
	for (int i = 0; i < 9; i++) {
		char address[32];
		snprintf(address, sizeof(address), "oriel://host%d", i);
		assert_true(orl_recent_add(&dialog.recent, address, "Name"));
	}
	call(NULL, false);
	assert_int_equal(panel.count, 4);
	press(ORL_KEY_TAB);
	assert_string_equal(dialog.field.text, "oriel://host8");
	for (int i = 0; i < 20; i++)
		press(ORL_KEY_DOWN);
	assert_string_equal(dialog.field.text, "oriel://host0");
	draw();
	assert_non_null(strstr(drawn.text, "oriel://host0"));
	press(ORL_KEY_UP);
	assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_YES);
	assert_string_equal(dialog.field.text, "oriel://host1");
	press(ORL_KEY_HOME);
	/* Somewhere down there is the list: a double click connects. */
	while (y < panel.height) {
		mouse(100, ++y, true, 1);
		if (panel.focus == 1 && panel.hot == 1)
			break;
	}
	assert_int_equal(click(100, y + 30), ORL_CHOICE_NONE);
	assert_string_equal(dialog.field.text, "oriel://host7");
	mouse(100, y + 30, true, 2);
	assert_int_equal(mouse(100, y + 30, false, 2), ORL_CHOICE_YES);
}

static void trust_is_not_given_by_enter(void **state)
{
	(void)state;
	open_dialog(ORL_DIALOG_TRUST, false);
	assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_NO);
	press(ORL_KEY_BACKTAB);
	assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_YES);
	open_dialog(ORL_DIALOG_TRUST, true);
	assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_NONE);
	assert_int_equal(press(ORL_KEY_ESCAPE), ORL_CHOICE_NONE);
}

static void a_changed_key_is_never_taken(void **state)
{
	(void)state;
	open_dialog(ORL_DIALOG_CHANGED, false);
	for (int key = 0; key <= ORL_KEY_CLEAR; key++)
		assert_int_not_equal(
				press((enum orl_panel_key)key), ORL_CHOICE_YES);
	for (int32_t y = 0; y < panel.height; y += 4)
		for (int32_t x = 0; x < panel.width; x += 8)
			assert_int_not_equal(click(x, y), ORL_CHOICE_YES);
	draw();
	assert_non_null(strstr(drawn.text, "aaaa aaaa aaaa"));
	assert_non_null(strstr(drawn.text, "bbbb bbbb bbbb"));
}

static void passwords_are_not_drawn(void **state)
{
	(void)state;
	open_dialog(ORL_DIALOG_PASSWORD, false);
	dialog.wrong = true;
	draw();
	assert_non_null(strstr(drawn.text, "That was not the password."));
	type("sécret");
	draw();
	assert_null(strstr(drawn.text, "cret"));
	assert_null(strstr(drawn.text, "That was"));
	assert_non_null(strstr(drawn.text, "\u2022\u2022\u2022\u2022\u2022"
					   "\u2022\n"));
	/* A space is a letter of it, not a click. */
	press(ORL_KEY_SPACE);
	type(" ");
	assert_string_equal(dialog.field.text, "sécret ");
	assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_YES);
	orl_dialog_open(&dialog, &panel);
	for (size_t i = 0; i < sizeof(dialog.field.text); i++)
		assert_int_equal(dialog.field.text[i], '\0');
}

static void a_printer_gets_what_was_typed_for_it(void **state)
{
	(void)state;
	open_dialog(ORL_DIALOG_LOGIN, false);
	/* It comes while somebody types, who may end with Enter. */
	type("to the desktop");
	assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_NONE);
	assert_string_equal(dialog.name.text, "");
	assert_string_equal(dialog.field.text, "");
	press(ORL_KEY_TAB);
	type("ada");
	/* Both are wanted. */
	assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_NONE);
	assert_int_equal(panel.focus, 1);
	type("secret");
	draw();
	assert_non_null(strstr(drawn.text, "ada"));
	assert_null(strstr(drawn.text, "secret"));
	assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_YES);
	assert_int_equal(press(ORL_KEY_ESCAPE), ORL_CHOICE_NO);
	/* Who has just typed it types it again. */
	snprintf(dialog.user, sizeof(dialog.user), "ada");
	dialog.wrong = dialog.soon = true;
	orl_dialog_open(&dialog, &panel);
	assert_string_equal(dialog.name.text, "ada");
	assert_string_equal(dialog.field.text, "");
	draw();
	assert_non_null(strstr(drawn.text, "does not accept"));
	type("better");
	assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_YES);
	/* What libcups would cut off is not sent. */
	for (int i = 0; i < 20; i++)
		type("longer still");
	assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_NONE);
	draw();
	assert_non_null(strstr(drawn.text, "125"));
	press(ORL_KEY_CLEAR);
	type("x");
	press(ORL_KEY_BACKTAB);
	type(":");
	assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_NONE);
}

static void a_line_that_others_read_is_agreed_to(void **state)
{
	(void)state;
	for (int line = ORL_LINE_SAFE; line <= ORL_LINE_PLAIN; line++) {
		bool safe = line == ORL_LINE_SAFE;
		open_dialog(ORL_DIALOG_LOGIN, false);
		dialog.line = (enum orl_line)line;
		press(ORL_KEY_TAB);
		type("ada");
		press(ORL_KEY_TAB);
		type("secret");
		assert_int_equal(press(ORL_KEY_ENTER),
				safe ? ORL_CHOICE_YES : ORL_CHOICE_NONE);
		draw();
		assert_true(!strstr(drawn.text, "all the same") == safe);
		press(ORL_KEY_TAB);
		assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_YES);
	}
}

static void a_folder_is_named_in_full(void **state)
{
	char home[] = "/home/ada", *before = getenv("HOME");
	(void)state;
	before = before ? strdup(before) : NULL;
	setenv("HOME", home, 1);
	for (int i = 0; i < 3; i++) {
		static const char *const typed[] = { "x", "~/x y", "/x" };
		static const char *const saved[] = { NULL, "/home/ada/x y",
			"/x" };
		open_dialog(ORL_DIALOG_SAVE, false);
		press(ORL_KEY_TAB);
		type(typed[i]);
		press(ORL_KEY_TAB);
		if (saved[i]) {
			assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_YES);
			assert_string_equal(dialog.field.text, saved[i]);
			continue;
		}
		assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_NONE);
		draw();
		assert_non_null(strstr(drawn.text, "whole name"));
		press(ORL_KEY_BACKTAB);
		type("y");
		draw();
		assert_null(strstr(drawn.text, "whole name"));
	}
	if (before)
		setenv("HOME", before, 1);
	free(before);
}

static void errors_can_be_retried(void **state)
{
	(void)state;
	open_dialog(ORL_DIALOG_ERROR, false);
	assert_int_equal(press(ORL_KEY_ESCAPE), ORL_CHOICE_NO);
	assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_YES);
	open_dialog(ORL_DIALOG_LOST, true);
	assert_int_equal(press(ORL_KEY_ESCAPE), ORL_CHOICE_NONE);
	assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_YES);
	open_dialog(ORL_DIALOG_PROGRESS, false);
	assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_NO);
	open_dialog(ORL_DIALOG_PROGRESS, true);
	assert_int_equal(press(ORL_KEY_ESCAPE), ORL_CHOICE_NONE);
}

static void a_loss_is_counted_and_not_cancelled_by_mistake(void **state)
{
	(void)state;
	open_dialog(ORL_DIALOG_AGAIN, false);
	/* What was typed when it came was not meant for it. */
	dialog.tried = 1;
	dialog.left = 599;
	assert_int_equal(press(ORL_KEY_ESCAPE), ORL_CHOICE_NONE);
	draw();
	assert_non_null(strstr(drawn.text, "Trying for 1 s;"));
	assert_non_null(strstr(drawn.text, "9 min 59 s"));
	dialog.tried = 60;
	assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_NONE);
	assert_int_equal(press(ORL_KEY_SPACE), ORL_CHOICE_NONE);
	draw();
	assert_non_null(strstr(drawn.text, "Trying for 1 min;"));
	assert_int_equal(press(ORL_KEY_ESCAPE), ORL_CHOICE_NO);
	press(ORL_KEY_TAB);
	assert_int_equal(press(ORL_KEY_ENTER), ORL_CHOICE_NO);
	open_dialog(ORL_DIALOG_AGAIN, true);
	dialog.tried = 60;
	assert_int_equal(press(ORL_KEY_ESCAPE), ORL_CHOICE_NONE);
}

/* ---- the pointer, and where things are ---- */

static void a_press_must_end_where_it_began(void **state)
{
	(void)state;
	open_dialog(ORL_DIALOG_ERROR, false);
	/* Close is the last one, in the lower right corner. */
	int32_t x = panel.width - 40, y = panel.height - 35;
	mouse(x, y, true, 1);
	assert_int_equal(panel.held, 1);
	assert_int_equal(mouse(10, 10, false, 1), ORL_CHOICE_NONE);
	assert_int_equal(panel.held, -1);
	mouse(10, 10, true, 1);
	assert_int_equal(mouse(x, y, false, 1), ORL_CHOICE_NONE);
	assert_int_equal(click(x, y), ORL_CHOICE_NO);
}

static void all_is_inside(void **state)
{
	(void)state;
	for (scale = 1; scale <= 2; scale++)
		for (int k = ORL_DIALOG_PROGRESS; k <= ORL_DIALOG_AGAIN; k++) {
			open_dialog((enum orl_dialog_kind)k, false);
			memset(dialog.address, 'W', 300);
			memset(dialog.text, 'W', 300);
			draw();
			assert_true(drawn.right <= panel.width - 20 * scale);
			assert_true(drawn.text[0] != '\0');
		}
	scale = 1;
}

static void text_breaks_between_words(void **state)
{
	(void)state;
	open_dialog(ORL_DIALOG_ERROR, false);
	snprintf(dialog.text, sizeof(dialog.text),
			"It is a long sentence that does not fit into one line "
			"of the panel, and goes on\nhere");
	draw();
	assert_non_null(strstr(drawn.text,
			"\nIt is a long sentence that does not fit into one "
			"line of the\npanel, and goes on\nhere\n"));
}

/* ---- the menu, the bar and statistics ---- */

static enum orl_command menu(struct orl_menu *m, enum orl_panel_key key)
{
	const struct orl_panel_input in = { .key = key, .x = -1, .y = -1 };
	orl_panel_begin(&panel, &in, false);
	enum orl_command c = orl_menu(m, &panel);
	orl_panel_end(&panel);
	return c;
}

static void the_menu_is_walked(void **state)
{
	struct orl_menu m = { 0 };
	const uint32_t *usages;
	(void)state;
	open_dialog(ORL_DIALOG_NONE, false);
	menu(&m, ORL_KEY_NONE);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_KEYS);
	assert_int_equal(m.sequence, 0);
	assert_int_equal(orl_sequence(0, &usages), 3);
	assert_int_equal(usages[2], 0x07004c);
	/* All text consoles, and the desktop's. */
	for (int i = 0; i < 7; i++) {
		assert_int_equal(orl_sequence(2 + i, &usages), 3);
		assert_int_equal(usages[2], 0x07003a + i);
	}
	menu(&m, ORL_KEY_UP);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_DISCONNECT);
	menu(&m, ORL_KEY_UP);
	assert_int_equal(menu(&m, ORL_KEY_SPACE), ORL_COMMAND_RELEASE);
	menu(&m, ORL_KEY_UP);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_STATS);
	menu(&m, ORL_KEY_UP);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_MENU_SOUND);
	menu(&m, ORL_KEY_UP);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_MENU_DISPLAYS);
	menu(&m, ORL_KEY_UP);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_MENU_USB);
	menu(&m, ORL_KEY_UP);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_FULLSCREEN);
	for (int i = 0; i < 8; i++)
		menu(&m, ORL_KEY_DOWN);
	menu(&m, ORL_KEY_ENTER);
	assert_int_equal(m.sequence, 1);
	assert_int_equal(menu(&m, ORL_KEY_ESCAPE), ORL_COMMAND_CLOSE);
	/* While there are jobs they can be ended. */
	m.jobs = 2;
	open_dialog(ORL_DIALOG_NONE, false);
	menu(&m, ORL_KEY_NONE);
	menu(&m, ORL_KEY_UP);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_DISCONNECT);
	menu(&m, ORL_KEY_UP);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_PRINT_CANCEL);
	assert_int_equal(orl_sequence(-1, &usages), 0);
	assert_int_equal(orl_sequence(99, &usages), 0);
}

static void devices_are_chosen_and_explained(void **state)
{
	struct orl_menu m = { .page = ORL_MENU_USB,
		.no_devices = "Nothing is plugged in." };
	(void)state;
	open_dialog(ORL_DIALOG_NONE, false);
	menu(&m, ORL_KEY_NONE);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_NONE);
	m.devices = 2;
	m.device_rows[0] = (struct orl_menu_device){
		.name = "Stick", .state = "the desktop has it", .given = true
	};
	m.device_rows[1] = (struct orl_menu_device){ .name = "Mouse",
		.state = "the policy allows no device of class 03",
		.wrong = true };
	open_dialog(ORL_DIALOG_NONE, false);
	menu(&m, ORL_KEY_NONE);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_USB);
	assert_int_equal(m.device, 0);
	menu(&m, ORL_KEY_DOWN);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_USB);
	assert_int_equal(m.device, 1);
}

static void pages_of_the_menu_have_their_own(void **state)
{
	struct orl_menu m = { .page = ORL_MENU_DISPLAYS,
		.displays = 2,
		.names = { "1  left", "2  right" },
		.shown = { true, true } };
	(void)state;
	open_dialog(ORL_DIALOG_NONE, false);
	menu(&m, ORL_KEY_NONE);
	menu(&m, ORL_KEY_DOWN);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_CHOOSE);
	assert_int_equal(m.display, 1);
	menu(&m, ORL_KEY_DOWN);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_WINDOWS);
	menu(&m, ORL_KEY_DOWN);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_IDENTIFY);
	menu(&m, ORL_KEY_DOWN);
	menu(&m, ORL_KEY_DOWN);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_SCALING);
	assert_int_equal(m.scaling, 1);
	open_dialog(ORL_DIALOG_NONE, false);
	m.page = ORL_MENU_SOUND;
	m.sound = (struct orl_sound_state){
		.on = true, .volume = 95, .may = true
	};
	menu(&m, ORL_KEY_NONE);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_MUTE);
	menu(&m, ORL_KEY_DOWN);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_VOLUME);
	assert_int_equal(m.sound.volume, 100);
	menu(&m, ORL_KEY_DOWN);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_VOLUME);
	assert_int_equal(m.sound.volume, 90);
	menu(&m, ORL_KEY_DOWN);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_SOUND_DEVICE);
	menu(&m, ORL_KEY_DOWN);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_SPEAK);
	menu(&m, ORL_KEY_DOWN);
	assert_int_equal(
			menu(&m, ORL_KEY_ENTER), ORL_COMMAND_MICROPHONE_DEVICE);
	/* Without the right there is nothing to choose. */
	m.sound.may = false;
	open_dialog(ORL_DIALOG_NONE, false);
	menu(&m, ORL_KEY_NONE);
	menu(&m, ORL_KEY_UP);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_SOUND_DEVICE);
	/* Who is asked, and types on, has allowed nothing. */
	m.sound.may = m.sound.wanted = true;
	open_dialog(ORL_DIALOG_NONE, false);
	orl_panel_open(&panel, orl_menu_not_now(&m));
	menu(&m, ORL_KEY_NONE);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_CLOSE);
	menu(&m, ORL_KEY_DOWN);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_SPEAK);
	open_dialog(ORL_DIALOG_NONE, false);
	m.page = ORL_MENU_KEYS;
	menu(&m, ORL_KEY_NONE);
	menu(&m, ORL_KEY_UP);
	assert_int_equal(menu(&m, ORL_KEY_ENTER), ORL_COMMAND_KEYS);
	assert_int_equal(menu(&m, ORL_KEY_ESCAPE), ORL_COMMAND_CLOSE);
}

static void the_bar_is_clicked(void **state)
{
	struct orl_menu m = { 0 };
	unsigned seen = 0;
	(void)state;
	open_dialog(ORL_DIALOG_NONE, false);
	orl_panel_open(&panel, -1);
	for (int32_t x = 0; x < panel.width; x += 4) {
		enum orl_command c = ORL_COMMAND_NONE;
		for (int up = 0; up < 2; up++) {
			const struct orl_panel_input in = {
				.x = x, .y = 18, .pressed = !up, .released = up
			};
			orl_panel_begin(&panel, &in, false);
			c = orl_bar(&m, &panel);
			orl_panel_end(&panel);
		}
		seen |= 1U << c;
	}
	assert_int_equal(seen, 1U << ORL_COMMAND_NONE |
					       1U << ORL_COMMAND_FULLSCREEN |
					       1U << ORL_COMMAND_MENU_KEYS |
					       1U << ORL_COMMAND_MENU_DISPLAYS |
					       1U << ORL_COMMAND_STATS |
					       1U << ORL_COMMAND_DISCONNECT);
}

static const char *fact(const struct orl_facts *f, const char *name)
{
	for (int i = 0; i < f->n; i++)
		if (strcmp(f->name[i], name) == 0)
			return f->value[i];
	return "";
}

static void facts_are_in_words(void **state)
{
	struct orl_facts_of from = { .screens = 1 };
	struct orl_facts f;
	(void)state;
	orl_facts_make(&f, &from);
	assert_string_equal(fact(&f, "Input to picture"), "\u2013");
	assert_string_equal(fact(&f, "Picture"), "not exact yet");
	from.stats.latency_p50 = 1500000;
	from.stats.latency_p99 = 12340000;
	from.stats.frames_skipped = 3;
	from.stats.skipped_link = 2;
	from.stats.skipped_client = 1;
	from.bytes_in_1s = 250000;
	from.updates_1s = 60;
	snprintf(from.stats.congestion, sizeof(from.stats.congestion), "bbr");
	from.exact[0] = true;
	orl_facts_make(&f, &from);
	assert_string_equal(
			fact(&f, "Capture to glass"), "1.5 ms, p99 12.3 ms");
	assert_string_equal(fact(&f, "Frames skipped"), "3 (link 2, viewer 1)");
	assert_string_equal(fact(&f, "Receiving"), "2.0 Mbit/s, 60 updates/s");
	assert_string_equal(fact(&f, "Transport"), "TCP, TLS 1.3, bbr");
	assert_string_equal(fact(&f, "Picture"), "exact");
	assert_string_equal(fact(&f, "Coded by area"), "\u2013");
	from.area[ORIEL_CODEC_HCX] = 600;
	from.area[ORIEL_CODEC_COPY] = 400;
	from.screens = 4;
	snprintf(from.screen_name[1], 32, "HDMI-1");
	orl_facts_make(&f, &from);
	assert_string_equal(fact(&f, "Picture HDMI-1"), "not exact yet");
	assert_string_equal(fact(&f, "Coded by area"), "moved 40 %, HCX 60 %");
}

/* ---- fields, fingerprints, recent desktops ---- */

static void fields_hold_characters(void **state)
{
	static struct orl_field f;
	char much[2 * ORL_FIELD_SIZE];
	(void)state;
	orl_field_set(&f, "aä\xf0\x9f\x98\x80\n\x01\xff\xc3z");
	assert_string_equal(f.text, "aä\xf0\x9f\x98\x80z");
	orl_field_left(&f);
	assert_true(orl_field_backspace(&f));
	assert_string_equal(f.text, "aäz");
	f.caret = 0;
	assert_false(orl_field_backspace(&f));
	assert_true(orl_field_delete(&f));
	orl_field_right(&f);
	assert_int_equal(f.caret, 2);
	orl_field_right(&f);
	orl_field_right(&f);
	assert_int_equal(f.caret, 3);
	assert_false(orl_field_delete(&f));
	memset(much, 'x', sizeof(much));
	much[sizeof(much) - 1] = '\0';
	orl_field_set(&f, much);
	assert_int_equal(strlen(f.text), ORL_FIELD_SIZE - 1);
	assert_false(orl_field_insert(&f, "y"));
	assert_int_equal(orl_utf8_size("\xed\xa0\x80", 3), 0);
	assert_int_equal(orl_utf8_size("\xe0\x80\x80", 3), 0);
	assert_int_equal(orl_utf8_size("\xf4\x90\x80\x80", 4), 0);
	assert_int_equal(orl_utf8_size("\xc3", 1), 0);
}

static void fingerprints_are_grouped(void **state)
{
	char lines[2][ORL_GROUPED], hex[65];
	(void)state;
	for (int i = 0; i < 64; i++)
		hex[i] = "0123456789abcdef"[i % 16];
	hex[64] = '\0';
	orl_panel_group(lines, hex);
	for (int i = 0; i < 2; i++)
		assert_string_equal(lines[i],
				"0123 4567 89ab cdef 0123 4567 89ab cdef");
	orl_panel_group(lines, "");
	assert_string_equal(lines[0], "");
}

static void recent_is_newest_first(void **state)
{
	struct orl_recent r = { .n = 0 };
	char text[ORL_RECENT_FILE_MAX];
	(void)state;
	assert_true(orl_recent_add(&r, "oriel://a", "A"));
	assert_true(orl_recent_add(&r, "unix:/run/b", "B\nb"));
	assert_true(orl_recent_add(&r, "oriel://a", "Again"));
	assert_false(orl_recent_add(&r, "oriel://ada:secret@a", ""));
	assert_false(orl_recent_add(&r, "http://a", ""));
	assert_false(orl_recent_add(&r, "unix:a b", ""));
	assert_int_equal(r.n, 2);
	orl_recent_format(text, sizeof(text), &r);
	assert_string_equal(text, "oriel://a Again\nunix:/run/b Bb\n");
	for (int i = 0; i < 20; i++) {
		snprintf(text, sizeof(text), "oriel://host%d", i);
		assert_true(orl_recent_add(&r, text, ""));
	}
	assert_int_equal(r.n, ORL_RECENT_MAX);
	assert_string_equal(r.hosts[0].address, "oriel://host19");
}

static void recent_is_remembered(void **state)
{
	char folder[] = "/tmp/oriel-recent.XXXXXX", path[1024], home[1024];
	struct orl_recent r;
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(home, sizeof(home), "%s/state", folder);
	setenv("XDG_STATE_HOME", home, 1);
	orl_recent_load(&r);
	assert_int_equal(r.n, 0);
	orl_recent_record("oriel://a", "A");
	orl_recent_record("oriel://b", "");
	orl_recent_load(&r);
	assert_int_equal(r.n, 2);
	assert_string_equal(r.hosts[0].address, "oriel://b");
	assert_string_equal(r.hosts[1].name, "A");
	assert_true(orl_recent_path(path, sizeof(path)));
	assert_int_equal(remove(path), 0);
	path[strlen(path) - strlen("/recent")] = '\0';
	assert_int_equal(remove(path), 0);
	assert_int_equal(remove(home), 0);
	assert_int_equal(remove(folder), 0);
	setenv("XDG_STATE_HOME", folder, 1);
}

static void addresses_are_completed(void **state)
{
	char out[ORL_RECENT_ADDRESS];
	(void)state;
	assert_true(orl_address_complete(out, sizeof(out), " desk:5911 "));
	assert_string_equal(out, "oriel://desk:5911");
	assert_true(orl_address_complete(out, sizeof(out), "ada@[::1]"));
	assert_string_equal(out, "oriel://ada@[::1]");
	assert_true(orl_address_complete(out, sizeof(out), "/run/x"));
	assert_string_equal(out, "unix:/run/x");
	assert_false(orl_address_complete(out, sizeof(out), ""));
	assert_false(orl_address_complete(out, sizeof(out), "a b"));
	assert_false(orl_address_complete(out, sizeof(out), "desk:port"));
	assert_false(orl_address_complete(out, sizeof(out), "unix:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recent_is_remembered),
		cmocka_unit_test(tab_goes_around),
		cmocka_unit_test(connects_by_keyboard),
		cmocka_unit_test(recent_hosts_are_chosen),
		cmocka_unit_test(trust_is_not_given_by_enter),
		cmocka_unit_test(a_changed_key_is_never_taken),
		cmocka_unit_test(passwords_are_not_drawn),
		cmocka_unit_test(a_printer_gets_what_was_typed_for_it),
		cmocka_unit_test(a_line_that_others_read_is_agreed_to),
		cmocka_unit_test(a_folder_is_named_in_full),
		cmocka_unit_test(errors_can_be_retried),
		cmocka_unit_test(
				a_loss_is_counted_and_not_cancelled_by_mistake),
		cmocka_unit_test(a_press_must_end_where_it_began),
		cmocka_unit_test(all_is_inside),
		cmocka_unit_test(text_breaks_between_words),
		cmocka_unit_test(the_menu_is_walked),
		cmocka_unit_test(pages_of_the_menu_have_their_own),
		cmocka_unit_test(devices_are_chosen_and_explained),
		cmocka_unit_test(the_bar_is_clicked),
		cmocka_unit_test(facts_are_in_words),
		cmocka_unit_test(fields_hold_characters),
		cmocka_unit_test(fingerprints_are_grouped),
		cmocka_unit_test(recent_is_newest_first),
		cmocka_unit_test(addresses_are_completed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * screens.c - what the desktop shows, as the connection's thread hears of it:
 * screens that come, change and go, the pointer, the locks. It is told to who
 * reads --json and handed on to the window, if there is one.
 */
#include <inttypes.h>

#include "client/viewer/ui.h"
#include "client/viewer/viewer.h"

static void screen_event(struct orl_viewer *v, const char *name,
		const struct orl_remote *screen)
{
	char quoted[ORL_JSON_SIZE(128)];
	struct oriel_rect r = orl_remote_rect(screen);
	orl_viewer_event(v, name,
			"\"screen\":%" PRIu32 ",\"x\":%" PRId32
			",\"y\":%" PRId32 ",\"width\":%" PRId32
			",\"height\":%" PRId32 ",\"name\":%s",
			orl_remote_id(screen), r.x, r.y, r.width, r.height,
			orl_json_quote(quoted, sizeof(quoted),
					orl_remote_name(screen)));
}

void orl_screens_on_added(void *user, struct orl_remote *screen)
{
	struct orl_viewer *v = user;
	screen_event(v, "screen_added", screen);
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		if (v->screens[i])
			continue;
		v->screens[i] = screen;
		orl_picture_free(v->last[i]);
		v->last[i] = NULL;
		break;
	}
	if (v->ui)
		orl_ui_screen_added(v->ui, screen);
}

void orl_screens_on_changed(void *user, struct orl_remote *screen)
{
	struct orl_viewer *v = user;
	screen_event(v, "screen_changed", screen);
	if (v->ui)
		orl_ui_screen_changed(v->ui, screen);
}

void orl_screens_on_updated(void *user, struct orl_remote *screen,
		const struct oriel_rect *rects, size_t count)
{
	struct orl_viewer *v = user;
	if (v->ui)
		orl_ui_screen_updated(v->ui, screen, rects, count);
	else
		orl_remote_shown(screen, 0);
}

void orl_screens_on_removed(void *user, struct orl_remote *screen)
{
	struct orl_viewer *v = user;
	screen_event(v, "screen_removed", screen);
	for (int i = 0; i < ORL_SCREENS_MAX; i++) {
		if (v->screens[i] != screen)
			continue;
		v->screens[i] = NULL;
		if (v->options.screenshot)
			v->last[i] = orl_picture_of(screen);
	}
	if (v->ui)
		orl_ui_screen_removed(v->ui, screen);
}

void orl_screens_on_exact(void *user, struct orl_remote *screen, bool exact)
{
	struct orl_viewer *v = user;
	orl_viewer_event(v, "exact", "\"screen\":%" PRIu32 ",\"exact\":%s",
			orl_remote_id(screen), exact ? "true" : "false");
	if (v->ui && atomic_load(&v->ui->facts_wanted))
		orl_viewer_facts(v, orl_viewer_now());
}

void orl_screens_on_cursor(void *user, const struct oriel_pixels *image,
		int32_t hot_x, int32_t hot_y)
{
	struct orl_viewer *v = user;
	orl_viewer_event(v, "cursor",
			"\"width\":%" PRId32 ",\"height\":%" PRId32
			",\"hot_x\":%" PRId32 ",\"hot_y\":%" PRId32,
			image ? image->width : 0, image ? image->height : 0,
			hot_x, hot_y);
	if (v->ui)
		orl_ui_cursor(v->ui, image, hot_x, hot_y);
}

void orl_screens_on_cursor_warped(
		void *user, struct orl_remote *screen, int32_t x, int32_t y)
{
	struct orl_viewer *v = user;
	if (v->ui)
		orl_ui_warp(v->ui, screen, x, y);
}

void orl_screens_on_locks(void *user, uint32_t locks)
{
	struct orl_viewer *v = user;
	orl_viewer_event(v, "locks", "\"locks\":%" PRIu32, locks);
	v->locks = locks;
	if (v->ui)
		orl_ui_locks(v->ui, locks);
}

void orl_screens_on_relative(void *user, bool relative)
{
	struct orl_viewer *v = user;
	orl_viewer_event(v, "relative", "\"relative\":%s",
			relative ? "true" : "false");
	if (v->ui)
		orl_ui_relative(v->ui, relative);
}

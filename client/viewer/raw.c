/*
 * raw.c - the messages about keys behind SDL's events, for typing.h; X's only,
 * elsewhere there are none.
 */
#include <SDL2/SDL_syswm.h>

#include "client/viewer/raw.h"

#ifdef SDL_VIDEO_DRIVER_X11

/* Keys, and the end of those that came because the pointer was here. */
static const XEvent *event_of(const SDL_Event *e)
{
	const SDL_SysWMmsg *msg = e->syswm.msg;
	if (e->type != SDL_SYSWMEVENT || !msg ||
			msg->subsystem != SDL_SYSWM_X11)
		return NULL;
	const XEvent *x = &msg->msg.x11.event;
	if (x->type == KeyPress || x->type == KeyRelease ||
			(x->type == FocusOut &&
					x->xfocus.detail == NotifyPointer))
		return x;
	return NULL;
}

/* Every X event comes here, on whatever thread SDL is: keep the few. */
static int SDLCALL filter(void *user, SDL_Event *e)
{
	(void)user;
	return e->type != SDL_SYSWMEVENT || event_of(e);
}

bool orl_raw_watch(void)
{
	const char *driver = SDL_GetCurrentVideoDriver();
	if (!driver || SDL_strcmp(driver, "x11") != 0)
		return false;
	SDL_SetEventFilter(filter, NULL);
	SDL_EventState(SDL_SYSWMEVENT, SDL_ENABLE);
	return true;
}

bool orl_raw_read(const SDL_Event *e, struct orl_raw *raw)
{
	const XEvent *x = event_of(e);
	if (!x)
		return false;
	*raw = (struct orl_raw){ .left = x->type == FocusOut };
	if (raw->left)
		return true;
	*raw = (struct orl_raw){ .press = x->type == KeyPress,
		.composed = x->xkey.keycode == 0,
		.caps = x->xkey.state & LockMask };
	return true;
}

#else

bool orl_raw_watch(void)
{
	return false;
}

bool orl_raw_read(const SDL_Event *e, struct orl_raw *raw)
{
	(void)e;
	(void)raw;
	return false;
}

#endif

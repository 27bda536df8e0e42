/*
 * clipper.c - programs that copy and paste in ways that xclip does not, for
 * clipboard.sh. It says "ready" when it has begun, and stays until killed:
 *
 *	clipper own TARGET=TEXT...  have each TEXT as its TARGET
 *	clipper mute TARGET         have that, and never give it
 *	clipper flip N              copy N times as fast as it goes
 *	clipper stuck TARGET        ask for it, and never read what comes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xcb/xcb.h>

enum { OWNED = 8 };

static xcb_connection_t *c;
static xcb_window_t window;
static xcb_atom_t clipboard, targets;
static struct {
	xcb_atom_t target;
	const char *text;
} owned[OWNED];
static size_t n_owned;
static int mute;

static xcb_atom_t atom(const char *name)
{
	xcb_intern_atom_reply_t *r = xcb_intern_atom_reply(c,
			xcb_intern_atom(c, 0, (uint16_t)strlen(name), name),
			NULL);
	xcb_atom_t a = r ? r->atom : 0;

	free(r);
	return a;
}

static void own(void)
{
	xcb_set_selection_owner(c, window, clipboard, XCB_CURRENT_TIME);
	xcb_flush(c);
}

static void answer(const xcb_selection_request_event_t *e, xcb_atom_t property)
{
	xcb_selection_notify_event_t n = {
		.response_type = XCB_SELECTION_NOTIFY,
		.time = e->time,
		.requestor = e->requestor,
		.selection = e->selection,
		.target = e->target,
		.property = property,
	};
	char bytes[32] = { 0 };

	memcpy(bytes, &n, sizeof(n));
	xcb_send_event(c, 0, e->requestor, 0, bytes);
	xcb_flush(c);
}

static void on_request(const xcb_selection_request_event_t *e)
{
	xcb_atom_t list[OWNED];

	if (e->target == targets) {
		for (size_t i = 0; i < n_owned; i++)
			list[i] = owned[i].target;
		xcb_change_property(c, XCB_PROP_MODE_REPLACE, e->requestor,
				e->property, XCB_ATOM_ATOM, 32,
				(uint32_t)n_owned, list);
		answer(e, e->property);
		return;
	}
	if (mute)
		return;
	for (size_t i = 0; i < n_owned; i++) {
		if (owned[i].target != e->target)
			continue;
		xcb_change_property(c, XCB_PROP_MODE_REPLACE, e->requestor,
				e->property, e->target, 8,
				(uint32_t)strlen(owned[i].text), owned[i].text);
		answer(e, e->property);
		return;
	}
	answer(e, 0);
}

static void add(char *argument)
{
	char *equals = strchr(argument, '=');

	if (n_owned == OWNED)
		return;
	if (equals)
		*equals++ = 0;
	owned[n_owned].target = atom(argument);
	owned[n_owned++].text = equals ? equals : "";
}

static void flip(int n)
{
	static char text[32];

	for (int i = 0; i < n; i++) {
		xcb_set_selection_owner(c, XCB_NONE, clipboard, 0);
		own();
	}
	snprintf(text, sizeof(text), "after %d", n);
	owned[n_owned].target = atom("UTF8_STRING");
	owned[n_owned++].text = text;
	own();
}

int main(int argc, char **argv)
{
	xcb_generic_event_t *e;
	const uint32_t mask = XCB_EVENT_MASK_PROPERTY_CHANGE;

	c = xcb_connect(NULL, NULL);
	if (argc < 3 || xcb_connection_has_error(c)) {
		fprintf(stderr, "usage: clipper own|mute|flip|stuck WHAT...\n");
		return 2;
	}
	window = xcb_generate_id(c);
	xcb_create_window(c, 0, window,
			xcb_setup_roots_iterator(xcb_get_setup(c)).data->root,
			0, 0, 1, 1, 0, XCB_WINDOW_CLASS_INPUT_ONLY, 0,
			XCB_CW_EVENT_MASK, &mask);
	clipboard = atom("CLIPBOARD");
	targets = atom("TARGETS");
	mute = strcmp(argv[1], "mute") == 0;
	if (strcmp(argv[1], "flip") == 0) {
		flip(atoi(argv[2]));
	} else if (strcmp(argv[1], "stuck") == 0) {
		xcb_convert_selection(c, window, clipboard, atom(argv[2]),
				atom("CLIPPER"), XCB_CURRENT_TIME);
	} else {
		for (int i = 2; i < argc; i++)
			add(argv[i]);
		own();
	}
	xcb_flush(c);
	puts("ready");
	fflush(stdout);
	while ((e = xcb_wait_for_event(c)) != NULL) {
		if ((e->response_type & 0x7f) == XCB_SELECTION_REQUEST)
			on_request((void *)e);
		if ((e->response_type & 0x7f) == XCB_SELECTION_NOTIFY) {
			puts("notified");
			fflush(stdout);
		}
		free(e);
	}
	return 0;
}

/*
 * keys.c - a keyboard and those who read it, for keys.sh. What it is is the
 * first argument; the display is in DISPLAY.
 *
 *	echo [MS]          a window over all; writes what is typed into it to
 *	                   the standard output, as UTF-8, and `ready` first.
 *	                   With MS it sleeps that long before each event, as a
 *	                   busy program does; keys without text: <their name>
 *	state              one line: keys down, buttons down, lock modifiers
 *	lock MASK          set the lock modifiers, as a panel's switch does
 *	random SEED N MS   N events of keys, buttons and focus in MS; at the end
 *	                   everything is let go that this has pressed
 *	owner ADDRESS PASSWORD SECONDS
 *	                   a viewer that takes keyboard and pointer again and
 *	                   again, presses keys, and gives them up or leaves
 *	text ADDRESS PASSWORD TEXT
 *	                   a viewer that sends this at once, and goes
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <X11/XKBlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XTest.h>
#include <X11/keysym.h>

#include <oriel/oriel-client.h>

static Display *dpy;

static int ignore(Display *d, XErrorEvent *e)
{
	(void)d;
	(void)e; /* a window that has gone meanwhile */
	return 0;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- echo -------------------------------------------------------------- */

static void print_key(XIC ic, XKeyEvent *e)
{
	char text[64];
	KeySym sym;
	Status status;
	int n = Xutf8LookupString(ic, e, text, sizeof(text) - 1, &sym, &status);

	if (!n && e->keycode)
		printf("<%s>", XKeysymToString(sym) ? XKeysymToString(sym)
						    : "?");
	for (int i = 0; i < n; i++)
		putchar(text[i] == '\r' ? '\n' : text[i]);
	fflush(stdout);
}

static int echo(unsigned ms)
{
	int screen = DefaultScreen(dpy);
	Window root = RootWindow(dpy, screen);
	XSetWindowAttributes how = { .override_redirect = True,
		.event_mask = KeyPressMask | FocusChangeMask | ExposureMask };
	Window win = XCreateWindow(dpy, root, 0, 0,
			(unsigned)DisplayWidth(dpy, screen),
			(unsigned)DisplayHeight(dpy, screen), 0, CopyFromParent,
			InputOutput, CopyFromParent,
			CWOverrideRedirect | CWEventMask, &how);
	XIM im = XOpenIM(dpy, NULL, NULL, NULL);
	XIC ic = im ? XCreateIC(im, XNInputStyle,
				      XIMPreeditNothing | XIMStatusNothing,
				      XNClientWindow, win, NULL)
		    : NULL;
	XEvent e;

	if (!ic)
		return 1;
	XMapRaised(dpy, win);
	do
		XNextEvent(dpy, &e);
	while (e.type != Expose);
	XSetInputFocus(dpy, win, RevertToPointerRoot, CurrentTime);
	puts("ready");
	fflush(stdout);
	for (;;) {
		XNextEvent(dpy, &e);
		if (ms)
			usleep(ms * 1000);
		if (XFilterEvent(&e, None))
			continue;
		if (e.type == MappingNotify)
			XRefreshKeyboardMapping(&e.xmapping);
		if (e.type == KeyPress)
			print_key(ic, &e.xkey);
	}
}

/* ---- state ------------------------------------------------------------- */

static int state(void)
{
	unsigned keys = 0, buttons, mask;
	char down[32];
	Window w;
	XkbStateRec xkb;
	int n;

	XQueryKeymap(dpy, down);
	for (unsigned i = 0; i < 256; i++)
		keys += down[i / 8] >> i % 8 & 1;
	XQueryPointer(dpy, DefaultRootWindow(dpy), &w, &w, &n, &n, &n, &n,
			&mask);
	buttons = mask >> 8 & 31;
	XkbGetState(dpy, XkbUseCoreKbd, &xkb);
	printf("keys %u buttons %u locks %u\n", keys, buttons,
			xkb.locked_mods & (LockMask | Mod2Mask));
	for (unsigned i = 0; i < 256; i++)
		if (down[i / 8] >> i % 8 & 1)
			fprintf(stderr, "down: %u\n", i);
	return 0;
}

/* ---- random ------------------------------------------------------------ */

static unsigned long seed;

static unsigned below(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

/* Evdev's: what presses a button of a panel (Enter, Space) is not there. */
static const uint8_t codes[] = { 37, 37, 105, 64, 64, 108, 50, 50, 62, 133, 134,
	66, 66, 77, 77, 78, 9, 10, 11, 14, 24, 25, 26, 27, 28, 38, 39, 40, 52,
	53, 54, 55, 67, 68, 69, 95, 96, 110, 111, 113, 114, 115, 116, 118, 119,
	22, 23, 79, 80, 81, 83, 94, 97, 100, 101, 102, 104, 121, 122, 123, 135,
	171, 172, 173, 174, 180, 191, 192, 202 };
enum { CODES = sizeof(codes), BUTTONS = 9 };

static void step(bool *keys, bool *buttons, Window other)
{
	unsigned what = below(100);

	if (what < 80) {
		uint8_t code = codes[below(CODES)];
		keys[code] = !keys[code];
		XTestFakeKeyEvent(dpy, code, keys[code], CurrentTime);
	} else if (what < 90) {
		unsigned b = 1 + below(BUTTONS);
		buttons[b] = !buttons[b];
		XTestFakeButtonEvent(dpy, b, buttons[b], CurrentTime);
	} else if (what < 97) {
		XTestFakeMotionEvent(dpy, -1, (int)below(640), (int)below(480),
				CurrentTime);
	} else if (what < 99) {
		XSetInputFocus(dpy, other, RevertToPointerRoot, CurrentTime);
	} else {
		XSetInputFocus(dpy, PointerRoot, RevertToPointerRoot,
				CurrentTime);
	}
}

static int hammer(unsigned n, uint64_t ms)
{
	bool keys[256] = { false }, buttons[BUTTONS + 1] = { false };
	Window other = XCreateSimpleWindow(
			dpy, DefaultRootWindow(dpy), 0, 0, 1, 1, 0, 0, 0);
	uint64_t begin = now_ms();

	XMapWindow(dpy, other);
	XSync(dpy, False);
	for (unsigned i = 0; i < n; i++) {
		uint64_t due = begin + ms * i / n, now = now_ms();

		step(keys, buttons, other);
		XFlush(dpy);
		if (now < due)
			usleep((unsigned)(due - now) * 1000);
	}
	for (unsigned i = 0; i < 256; i++)
		if (keys[i])
			XTestFakeKeyEvent(dpy, i, False, CurrentTime);
	for (unsigned i = 1; i <= BUTTONS; i++)
		if (buttons[i])
			XTestFakeButtonEvent(dpy, i, False, CurrentTime);
	XSetInputFocus(dpy, PointerRoot, RevertToPointerRoot, CurrentTime);
	XSync(dpy, False);
	return 0;
}

/* ---- owner ------------------------------------------------------------- */

struct owner {
	struct oriel_client *client;
	const char *password;
	enum oriel_client_state state;
	unsigned taken;
};

static void on_state(void *user, enum oriel_client_state s, int error,
		const char *text)
{
	struct owner *o = user;

	(void)error;
	(void)text;
	o->state = s;
}

static void on_trust(void *user, const uint8_t sha256[32], bool verified)
{
	(void)sha256;
	(void)verified;
	oriel_client_trust(((struct owner *)user)->client, true);
}

static void on_login(void *user)
{
	struct owner *o = user;

	if (oriel_client_login(o->client, NULL, o->password))
		exit(1);
}

static void on_owner(void *user, bool yours, const char *name)
{
	(void)name;
	((struct owner *)user)->taken += yours;
}

static void run_for(struct owner *o, uint64_t ms)
{
	uint64_t end = now_ms() + ms;

	for (uint64_t now = now_ms(); now < end; now = now_ms())
		if (oriel_client_wait(o->client, (int)(end - now)) < 0)
			exit(1);
}

/* Keys go down that nobody lets go of: it gives up, or is gone. */
static void hold(struct owner *o, unsigned round)
{
	const struct oriel_key down[] = {
		{ .usage = 0x0700e1, .down = true },
		{ .usage = 0x070004 + round % 26, .down = true },
		{ .usage = 0x0c00cd, .down = true },
	};
	const struct oriel_pointer p = { .x = 5, .y = 5, .buttons = 5 };
	const struct oriel_touch t = { .contact = 7, .x = 9, .y = 9 };

	oriel_client_take(o->client, true);
	run_for(o, 100);
	for (unsigned i = 0; i < 3; i++)
		if (oriel_client_key(o->client, &down[i]))
			return;
	if (oriel_client_pointer(o->client, &p) ||
			oriel_client_touch(o->client, &t))
		return;
	run_for(o, 150);
	if (round % 2)
		oriel_client_take(o->client, false);
	else
		oriel_client_disconnect(o->client);
	run_for(o, 150);
}

static int begin(struct owner *o)
{
	static const struct oriel_client_events events = {
		.size = sizeof(events),
		.state = on_state,
		.trust_wanted = on_trust,
		.login_wanted = on_login,
		.owner = on_owner,
	};
	const struct oriel_client_config config = { .size = sizeof(config),
		.name = "owner",
		.events = &events,
		.user = o };

	return oriel_client_create(&o->client, &config);
}

static int until_ready(struct owner *o, const char *address)
{
	uint64_t late = now_ms() + 20000;

	if (o->state == ORIEL_CLIENT_IDLE &&
			oriel_client_connect(o->client, address))
		return 1;
	while (o->state != ORIEL_CLIENT_READY && now_ms() < late)
		run_for(o, 20);
	return o->state != ORIEL_CLIENT_READY;
}

static int own(const char *address, const char *password, unsigned seconds)
{
	struct owner o = { .password = password };
	uint64_t end = now_ms() + seconds * UINT64_C(1000);

	if (begin(&o))
		return 1;
	for (unsigned round = 0; now_ms() < end; round++) {
		if (until_ready(&o, address))
			return 1;
		hold(&o, round);
	}
	oriel_client_destroy(o.client);
	printf("taken %u\n", o.taken);
	return o.taken == 0;
}

static int send_text(
		const char *address, const char *password, const char *text)
{
	struct owner o = { .password = password };

	if (begin(&o) || until_ready(&o, address))
		return 1;
	oriel_client_take(o.client, true);
	run_for(&o, 200);
	while (*text) {
		char part[128];
		size_t n = 0;

		/* Between characters. */
		while (text[n] && (n < 100 || (text[n] & 0xc0) == 0x80))
			n++;
		memcpy(part, text, n);
		part[n] = 0;
		text += n;
		if (oriel_client_text(o.client, part))
			return 1;
	}
	run_for(&o, 300);
	oriel_client_destroy(o.client);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	unsigned long n[3] = { 0 };

	setlocale(LC_ALL, "");
	XSetLocaleModifiers("@im=none");
	if (strcmp(what, "owner") == 0 && argc == 5)
		return own(argv[2], argv[3], (unsigned)atoi(argv[4]));
	if (strcmp(what, "text") == 0 && argc == 5)
		return send_text(argv[2], argv[3], argv[4]);
	for (int i = 2; i < argc && i < 5; i++)
		n[i - 2] = strtoul(argv[i], NULL, 10);
	dpy = XOpenDisplay(NULL);
	if (!dpy)
		return 1;
	XSetErrorHandler(ignore);
	if (strcmp(what, "echo") == 0)
		return echo((unsigned)n[0]);
	if (strcmp(what, "state") == 0)
		return state();
	if (strcmp(what, "random") == 0) {
		seed = n[0];
		return hammer((unsigned)n[1], n[2]);
	}
	if (strcmp(what, "lock") == 0) {
		XkbLockModifiers(dpy, XkbUseCoreKbd, LockMask | Mod2Mask,
				(unsigned)n[0]);
		XSync(dpy, False);
		return 0;
	}
	fprintf(stderr, "usage: see the top of keys.c\n");
	return 2;
}

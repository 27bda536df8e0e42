/*
 * painter.c KIND - damage of every kind on the X display in DISPLAY.
 *
 * Draws for about two seconds in an override-redirect window over the whole
 * screen, then stays until it is ended: full (whole screens), moving (a box
 * that leaves its place), scroll (what CopyArea does), overlapping
 * (rectangles over each other), tiny (10 000 rectangles of a few pixels),
 * noise (nothing compresses), edges (along the last rows and columns).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <X11/Xlib.h>

static Display *dpy;
static Window win;
static GC gc;
static unsigned width, height;
static unsigned long state = 7;

static unsigned random_below(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

static void fill(int x, int y, unsigned w, unsigned h, unsigned long colour)
{
	XSetForeground(dpy, gc, colour & 0xffffff);
	XFillRectangle(dpy, win, gc, x, y, w, h);
}

static void pause_ms(unsigned ms)
{
	XSync(dpy, False);
	usleep(ms * 1000);
}

static void full(void)
{
	for (unsigned i = 0; i < 40; i++) {
		for (unsigned y = 0; y < height; y += 8)
			fill(0, (int)y, width, 8, i * 0x070b0d + y * 0x010203);
		pause_ms(50);
	}
}

static void moving(void)
{
	for (unsigned i = 0; i < 60; i++) {
		fill((int)(i * 7), (int)(i * 5), 200, 150, 0x202020);
		fill((int)(i * 7 + 7), (int)(i * 5 + 5), 200, 150, 0xc08040);
		for (int k = 0; k < 40; k++)
			fill((int)(i * 7 + 7) + k * 5, (int)(i * 5 + 5) + k * 3,
					3, 2, (unsigned long)k * 0x123456);
		pause_ms(33);
	}
}

static void scroll(void)
{
	for (unsigned i = 0; i < 60; i++) {
		unsigned step = 3 + i % 17;
		XCopyArea(dpy, win, win, gc, 0, (int)step, width,
				height - step, 0, 0);
		for (unsigned k = 0; k < width; k += 9)
			fill((int)k, (int)(height - step), 6, step,
					k * 0x10307 * i);
		pause_ms(33);
	}
}

static void overlapping(void)
{
	for (unsigned i = 0; i < 600; i++) {
		fill((int)random_below(width) - 100,
				(int)random_below(height) - 100,
				1 + random_below(400), 1 + random_below(300),
				i * 0x31415926u);
		if (i % 10 == 9)
			pause_ms(33);
	}
}

static void tiny(void)
{
	for (unsigned i = 0; i < 10000; i++)
		fill((int)random_below(width), (int)random_below(height),
				1 + random_below(4), 1 + random_below(4),
				i * 0x31415926u);
	pause_ms(500);
	for (unsigned i = 0; i < 10000; i++) {
		fill((int)random_below(width), (int)random_below(height), 1, 1,
				i * 0x27182818u);
		if (i % 500 == 0)
			pause_ms(33);
	}
}

static void noise(void)
{
	static unsigned row[16384];
	XImage *im = XCreateImage(dpy, DefaultVisual(dpy, DefaultScreen(dpy)),
			24, ZPixmap, 0, (char *)row, width, 1, 32,
			(int)width * 4);

	for (unsigned y = 0; im && y < height; y++) {
		for (unsigned x = 0; x < width; x++)
			row[x] = random_below(1u << 24);
		XPutImage(dpy, win, gc, im, 0, 0, 0, (int)y, width, 1);
		if (y % 64 == 0)
			pause_ms(33);
	}
}

static void edges(void)
{
	for (unsigned i = 0; i < 60; i++) {
		fill((int)width - 1, (int)(i * 11 % height), 1, 9,
				i * 0x31415926u);
		fill((int)(i * 13 % width), (int)height - 1, 9, 1,
				i * 0x27182818u);
		fill((int)width - 3, (int)height - 2, 3, 2, i * 0x16180339u);
		pause_ms(33);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*draw)(void);
	} kinds[] = { { "full", full }, { "moving", moving },
		{ "scroll", scroll }, { "overlapping", overlapping },
		{ "tiny", tiny }, { "noise", noise }, { "edges", edges } };
	XSetWindowAttributes attributes = { .override_redirect = True };

	dpy = XOpenDisplay(NULL);
	if (!dpy || argc != 2)
		return 2;
	width = (unsigned)DisplayWidth(dpy, DefaultScreen(dpy));
	height = (unsigned)DisplayHeight(dpy, DefaultScreen(dpy));
	win = XCreateWindow(dpy, DefaultRootWindow(dpy), 0, 0, width, height, 0,
			CopyFromParent, InputOutput, CopyFromParent,
			CWOverrideRedirect, &attributes);
	XMapRaised(dpy, win);
	gc = XCreateGC(dpy, win, 0, NULL);
	XSetGraphicsExposures(dpy, gc, False);
	fill(0, 0, width, height, 0x335577);
	pause_ms(100);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].name, argv[1]) == 0) {
			kinds[i].draw();
			pause_ms(10);
			puts("done");
			fflush(stdout);
			pause();
			return 0;
		}
	fprintf(stderr, "painter: no kind of damage is called %s\n", argv[1]);
	return 2;
}

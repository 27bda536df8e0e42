/*
 * play.c - see play.h. A window above all others gets the pixels that change,
 * through shared memory: an X server sees damage as it would be made by a
 * program that paints, but never a copy within the screen, as the recording
 * does not have them.
 */
#include "bench/play.h"

#include <stdio.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XShm.h>

struct player {
	const struct frames *frames;
	Display *display;
	Window window;
	GC gc;
	XImage *image;
	XShmSegmentInfo segment;
};

static int open_window(struct player *p)
{
	Display *d = p->display;
	unsigned width = (unsigned)p->frames->width;
	unsigned height = (unsigned)p->frames->height;
	XSetWindowAttributes attributes = { .override_redirect = True };
	p->window = XCreateWindow(d, DefaultRootWindow(d), 0, 0, width, height,
			0, CopyFromParent, InputOutput, CopyFromParent,
			CWOverrideRedirect | CWBackPixel, &attributes);
	XMapRaised(d, p->window);
	p->gc = XCreateGC(d, p->window, 0, NULL);
	int screen = DefaultScreen(d);
	p->image = XShmCreateImage(d, DefaultVisual(d, screen),
			(unsigned)DefaultDepth(d, screen), ZPixmap, NULL,
			&p->segment, width, height);
	if (!p->image || p->image->bits_per_pixel != 32)
		return -1;
	size_t size = (size_t)p->image->bytes_per_line * height;
	p->segment.shmid = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
	p->segment.shmaddr = p->image->data = shmat(p->segment.shmid, NULL, 0);
	if (p->image->data == (void *)-1)
		return -1;
	XShmAttach(d, &p->segment);
	XSync(d, False);
	shmctl(p->segment.shmid, IPC_RMID, NULL);
	return 0;
}

static void present(struct player *p, struct stage *s, uint32_t i)
{
	const struct frames *f = p->frames;
	const struct frame *frame = &f->frame[i];
	frames_apply(f, i, (uint32_t *)(void *)p->image->data,
			(size_t)p->image->bytes_per_line / 4);
	s->frame[i].submit = stage_now();
	for (uint32_t k = 0; k < frame->rects; k++) {
		const struct frame_rect *r = &f->rect[frame->first + k];
		XShmPutImage(p->display, p->window, p->gc, p->image, r->x, r->y,
				r->x, r->y, (unsigned)r->width,
				(unsigned)r->height, False);
	}
	XSync(p->display, False);
	s->frame[i].done = stage_now();
}

void play(const struct frames *f, struct stage *s, const char *display)
{
	struct player p = { .frames = f, .display = XOpenDisplay(display) };
	if (!p.display || open_window(&p)) {
		fprintf(stderr, "oriel-bench: cannot present on display %s\n",
				display);
		s->failed = true;
		return;
	}
	present(&p, s, 0);
	s->ready = true;
	uint64_t start = stage_wait_go(s);
	for (uint32_t i = 1; start && i < f->n; i++) {
		if (!stage_wait(s, f, i, start))
			break;
		present(&p, s, i);
	}
	s->played = true;
	for (;;)
		pause();
}

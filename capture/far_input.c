/*
 * far_input.c - what peers type and point at, on its way to the helper.
 *
 * Nothing waits for a helper that does not read: messages queue here, motion
 * is merged meanwhile, and presses are refused when half of the queue is
 * full, so that the releases of all that is down fit into the other half.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "capture/far_check.h"
#include "capture/far_source.h"
#include "capture/x11_keys.h"

enum { NOTCH = 120, MAX_NOTCHES = 16, MAX_MOTION = 4096 };

/* ---- the queue --------------------------------------------------------- */

static struct orl_far_head *last(struct orl_far_queue *q)
{
	return q->count ? &q->ring[(q->first + q->count - 1) % ORL_FAR_QUEUE]
			: NULL;
}

static void put(struct orl_far *f, struct orl_far_head head, bool release)
{
	struct orl_far_queue *q = &f->queue;

	if (f->fd < 0 || q->count >= (release ? ORL_FAR_QUEUE
					      : ORL_FAR_QUEUE / 2))
		return;
	q->count++;
	*last(q) = head;
	orl_far_flush(f);
}

static bool send_one(const struct orl_far *f, const struct orl_far_head *head,
		const void *bytes)
{
	struct iovec parts[] = { { (void *)(uintptr_t)head, sizeof(*head) },
		{ (void *)(uintptr_t)bytes, head->size } };
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = bytes ? 2 : 1 };

	return sendmsg(f->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) > 0;
}

static bool send_paste(struct orl_far *f)
{
	struct orl_far_queue *q = &f->queue;
	size_t n = q->paste_size - q->paste_sent;
	struct orl_far_head head = { .what = ORL_FAR_PASTE };

	if (n > ORL_FAR_TEXT)
		n = ORL_FAR_TEXT;
	head.size = (uint32_t)n;
	head.v[0] = (q->paste_sent ? 0 : ORL_FAR_FIRST) |
		    (q->paste_sent + n == q->paste_size ? ORL_FAR_LAST : 0);
	if (!send_one(f, &head, q->paste + q->paste_sent))
		return false;
	q->paste_sent += n;
	if (q->paste_sent == q->paste_size) {
		free(q->paste);
		q->paste = NULL;
	}
	return true;
}

void orl_far_flush(struct orl_far *f)
{
	struct orl_far_queue *q = &f->queue;

	if (f->fd < 0 || !f->far_width)
		return;
	while (q->count && send_one(f, &q->ring[q->first], NULL)) {
		q->first = (q->first + 1) % ORL_FAR_QUEUE;
		q->count--;
	}
	if (!q->count && q->want_width) {
		struct orl_far_head head = { .what = ORL_FAR_SIZE,
			.v = { q->want_width, q->want_height } };

		if (send_one(f, &head, NULL))
			q->want_width = 0;
	}
	while (!q->count && q->paste && send_paste(f))
		;
}

bool orl_far_waiting(const struct orl_far *f)
{
	const struct orl_far_queue *q = &f->queue;

	return f->far_width && (q->count || q->want_width || q->paste);
}

void orl_far_forget(struct orl_far *f)
{
	free(f->queue.paste);
	f->queue = (struct orl_far_queue){ .count = 0 };
	f->pointer = (struct orl_far_pointer){ .x = 0 };
}

/* ---- keys -------------------------------------------------------------- */

void orl_far_key(struct orl_source *source, const struct oriel_key *key)
{
	put(orl_far_of(source),
			(struct orl_far_head){ .what = ORL_FAR_KEY,
					.v = { (int32_t)key->usage,
							(int32_t)key->keysym,
							key->down } },
			!key->down);
}

void orl_far_text(struct orl_source *source, const char *text)
{
	uint32_t c;

	while ((c = orl_x11_character(&text)) != 0)
		put(orl_far_of(source),
				(struct orl_far_head){
						.what = ORL_FAR_CHARACTER,
						.v = { (int32_t)c } },
				false);
}

void orl_far_locks(struct orl_source *source, uint32_t locks)
{
	put(orl_far_of(source),
			(struct orl_far_head){ .what = ORL_FAR_LOCKS,
					.v = { (int32_t)(locks & 7) } },
			false);
}

void orl_far_heard(struct orl_source *source, bool on)
{
	orl_far_of(source)->heard = on;
	put(orl_far_of(source),
			(struct orl_far_head){
					.what = ORL_FAR_LISTEN, .v = { on } },
			true);
}

/* ---- the pointer ------------------------------------------------------- */

static int32_t clamp(int64_t v, int64_t low, int64_t high)
{
	return (int32_t)(v < low ? low : v > high ? high : v);
}

/* Whole ones of what has gathered; the rest stays. */
static int32_t whole(int32_t *rest, int32_t more, int32_t unit, int32_t most)
{
	int64_t sum = (int64_t)*rest + more;
	int64_t n = sum / unit;

	*rest = (int32_t)(sum - n * unit);
	return clamp(n, -most, most);
}

/* Motion that the helper has not fetched yet is made one. */
static bool merge(struct orl_far *f, const struct orl_far_head *head)
{
	struct orl_far_head *before = last(&f->queue);

	if (!before || before->what != head->what || before->v[2] != head->v[2])
		return false;
	if (head->what == ORL_FAR_MOUSE)
		*before = *head;
	for (int i = 0; head->what == ORL_FAR_MOTION && i < 2; i++)
		before->v[i] = clamp((int64_t)before->v[i] + head->v[i],
				-MAX_MOTION, MAX_MOTION);
	return true;
}

void orl_far_pointed(struct orl_source *source, const struct oriel_pointer *p)
{
	struct orl_far *f = orl_far_of(source);
	struct orl_far_pointer *at = &f->pointer;
	struct orl_far_head head = { .what = ORL_FAR_MOUSE };
	bool relative = p->flags & ORIEL_POINTER_RELATIVE;
	int32_t dx = 0, dy = 0, right, up;

	if (relative) {
		dx = whole(&at->rest_x, p->x, 256, MAX_MOTION);
		dy = whole(&at->rest_y, p->y, 256, MAX_MOTION);
	}
	at->x = clamp(relative ? (int64_t)at->x + dx : p->x, 0, f->width - 1);
	at->y = clamp(relative ? (int64_t)at->y + dy : p->y, 0, f->height - 1);
	at->moved = orl_now();
	head.v[0] = at->x;
	head.v[1] = at->y;
	if (f->relative) {
		head.what = ORL_FAR_MOTION;
		head.v[0] = dx;
		head.v[1] = dy;
	}
	head.v[2] = (int32_t)(p->buttons & 0xff);
	/* The last state of the buttons must arrive. */
	if (!merge(f, &head))
		put(f, head, true);
	right = whole(&at->wheel_x, p->wheel_x, NOTCH, MAX_NOTCHES);
	up = whole(&at->wheel_y, p->wheel_y, NOTCH, MAX_NOTCHES);
	if (right || up)
		put(f,
				(struct orl_far_head){ .what = ORL_FAR_WHEEL,
						.v = { right, up } },
				false);
}

void orl_far_resize_wanted(struct orl_source *source,
		struct oriel_display *display, int32_t width, int32_t height)
{
	struct orl_far *f = orl_far_of(source);

	(void)display;
	if (!orl_far_size_ok(width, height))
		return;
	f->asked_width = width;
	f->asked_height = height;
	if (f->fd < 0)
		return;
	f->queue.want_width = width;
	f->queue.want_height = height;
	orl_far_flush(f);
}

void orl_far_send_text(struct orl_far *f, char *text, size_t n)
{
	free(f->queue.paste);
	f->queue.paste = text;
	f->queue.paste_size = n;
	f->queue.paste_sent = 0;
	orl_far_flush(f);
}

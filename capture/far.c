/*
 * far.c - a desktop that another server shows, as a source.
 *
 * The helper reaches it and draws; what it drew is copied from the memory
 * that both map. Before it draws the next update it waits for the answer to
 * this one, so a picture is whole, and a server that changes its size with
 * every frame is followed at the pace of the answers. A server that vanishes
 * leaves a placard, and is tried again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/far_check.h"
#include "capture/far_source.h"
#include "capture/placard.h"
#include "capture/rects.h"

enum {
	BUDGET_MS = 8,  /* of one run, so that the server runs too */
	CONNECT_S = 25, /* for a screen to come; the helper gives up first */
	RETRY_MS = 250, /* until it is tried again, doubled to: */
	RETRY_MAX_MS = 8000,
	REFUSED_MS = 60000, /* by a login: servers lock out who hammers */
	CALM_S = 10,        /* after this all is forgiven */
	SIZE_MS = 100,      /* between two sizes */
	WARP_MS = 1000,     /* while a peer moves the pointer it knows where */
};

void orl_far_fail(struct orl_far *f, int status, const char *format, ...)
{
	va_list args;

	if (f->ended)
		return;
	f->ended = status ? status : ORL_EXIT_SOURCE;
	va_start(args, format);
	vsnprintf(f->wrong, sizeof(f->wrong), format, args);
	va_end(args);
}

/* ---- what the helper says ---------------------------------------------- */

/* The memory of a screen, which must not be able to shrink under us. */
static const char *map_screen(struct orl_far *f, int fd)
{
	int32_t width = f->in.head.v[0], height = f->in.head.v[1];
	size_t size = (size_t)orl_far_bytes(width, height);
	struct stat st;
	int seals = fd < 0 ? -1 : fcntl(fd, F_GET_SEALS);
	void *map;

	if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &st) < 0 ||
			(uintmax_t)st.st_size < size)
		return "its screen has no memory";
	map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return "its screen cannot be mapped";
	if (f->map)
		munmap(f->map, orl_far_bytes(f->far_width, f->far_height));
	f->map = map;
	f->far_width = width;
	f->far_height = height;
	return NULL;
}

static int fit(struct orl_far *f)
{
	int err;

	if (!f->display || (f->width == f->far_width &&
					   f->height == f->far_height))
		return 0;
	err = oriel_display_resize(
			f->display, 0, 0, f->far_width, f->far_height);
	if (err)
		return err;
	f->width = f->far_width;
	f->height = f->far_height;
	return 0;
}

static void on_screen(struct orl_far *f, int fd, uint64_t now)
{
	const char *wrong = f->unanswered ? "it does not wait" : NULL;

	if (!wrong)
		wrong = map_screen(f, fd);
	if (wrong) {
		orl_far_fail(f, ORL_EXIT_SOURCE, "%s: %s", f->source.kind->name,
				wrong);
		return;
	}
	if (fit(f) < 0) {
		orl_far_fail(f, ORL_EXIT_SOURCE,
				"%s: there is no memory for a screen of %d x "
				"%d",
				f->source.kind->name, (int)f->far_width,
				(int)f->far_height);
		return;
	}
	f->unanswered = true;
	f->answer_at = now;
	if (f->sized && now < f->sized + SIZE_MS * ORL_MSEC)
		f->answer_at = f->sized + SIZE_MS * ORL_MSEC;
	f->sized = now;
	f->connected = now;
	f->deadline = ORL_NEVER;
	f->drawn = false;
}

static void show(struct orl_far *f, struct oriel_rect r, uint64_t now)
{
	struct oriel_pixels pixels = { NULL, r.width, r.height,
		f->far_width * 4, ORIEL_FORMAT_XRGB8888 };

	if (!f->map || !f->display)
		return;
	pixels.data = (const uint8_t *)f->map +
		      ((size_t)r.y * (size_t)f->far_width + (size_t)r.x) * 4;
	if (oriel_display_patch(f->display, &pixels, r.x, r.y, now) < 0)
		orl_far_fail(f, ORL_EXIT_SOURCE,
				"%s: a picture could not be taken",
				f->source.kind->name);
	f->counts.copied += (uint64_t)r.width * (uint64_t)r.height * 4;
	f->counts.received += (uint64_t)r.width * (uint64_t)r.height * 4;
}

static void on_damage(struct orl_far *f, uint64_t now)
{
	size_t count = f->in.head.size / sizeof(struct oriel_rect);
	struct oriel_rect rects[ORL_FAR_RECTS];
	int64_t pixels = 0;

	for (size_t i = 0; i < count; i++) {
		rects[i] = orl_far_rect(&f->in, i);
		pixels += (int64_t)rects[i].width * rects[i].height;
	}
	/* However often they say the same, it costs one screen. */
	if (pixels > (int64_t)f->far_width * f->far_height) {
		rects[0] = orl_rects_bounds(rects, count);
		count = 1;
	}
	for (size_t i = 0; i < count; i++)
		show(f, rects[i], now);
}

static void on_frame(struct orl_far *f, uint64_t now)
{
	f->counts.updates++;
	f->unanswered = true;
	f->answer_at = now;
	f->drawn = true;
	if (!f->away)
		return;
	f->away = false;
	fprintf(stderr, "%s: %s is back\n", f->source.kind->name, f->place);
	/* It has forgotten whether it is heard, and which size it has. */
	orl_far_heard(&f->source, f->heard);
	f->queue.want_width = f->asked_width;
	f->queue.want_height = f->asked_height;
	orl_far_clip_again(f);
}

static void on_cursor(struct orl_far *f)
{
	const int32_t *v = f->in.head.v;
	struct oriel_pixels pixels = { f->in.bytes, v[0], v[1], v[0] * 4,
		ORIEL_FORMAT_ARGB8888 };

	if (f->server && oriel_server_set_cursor(f->server,
					 v[0] ? &pixels : NULL, v[2], v[3]) < 0)
		fprintf(stderr, "%s: the pointer's picture cannot be shown\n",
				f->source.kind->name);
}

static void on_pointer(struct orl_far *f, uint64_t now)
{
	int32_t x = f->in.head.v[0], y = f->in.head.v[1];

	if (f->display && x >= 0 && y >= 0 && x < f->width && y < f->height &&
			now > f->pointer.moved + WARP_MS * ORL_MSEC)
		oriel_display_warp_cursor(f->display, x, y);
}

static void on_say(struct orl_far *f)
{
	char words[ORL_FAR_WHY + 1], line[ORL_FAR_WHY + 32];

	orl_far_words(words, sizeof(words), &f->in);
	snprintf(line, sizeof(line), "%s: %s", f->source.kind->name, words);
	fprintf(stderr, "%s\n", line);
	if (f->server && f->in.head.v[0] > 0)
		oriel_server_notice(f->server, 1, line);
}

static void on_end(struct orl_far *f)
{
	char words[ORL_FAR_WHY + 1];

	orl_far_words(words, sizeof(words), &f->in);
	orl_far_fail(f, f->in.head.v[0], "%s: %s", f->source.kind->name, words);
}

static void hear(struct orl_far *f, size_t n, int fd, uint64_t now)
{
	const char *wrong =
			orl_far_check(&f->in, n, f->far_width, f->far_height);

	if (wrong) {
		orl_far_fail(f, ORL_EXIT_SOURCE, "%s: %s went wrong: %s",
				f->source.kind->name, f->helper, wrong);
		return;
	}
	switch ((enum orl_far_what)f->in.head.what) {
	case ORL_FAR_SCREEN:
		on_screen(f, fd, now);
		break;
	case ORL_FAR_DAMAGE:
		on_damage(f, now);
		break;
	case ORL_FAR_FRAME:
		on_frame(f, now);
		break;
	case ORL_FAR_CURSOR:
		on_cursor(f);
		break;
	case ORL_FAR_POINTER:
		on_pointer(f, now);
		break;
	case ORL_FAR_LIGHTS:
		f->lights = (uint32_t)f->in.head.v[0];
		if (f->server)
			oriel_server_set_locks(f->server, f->lights);
		break;
	case ORL_FAR_RELATIVE:
		f->relative = f->in.head.v[0];
		if (f->server)
			oriel_server_set_relative(f->server, f->relative);
		break;
	case ORL_FAR_CUT:
		orl_far_on_cut(f);
		break;
	case ORL_FAR_SOUND:
		orl_far_on_sound(f);
		break;
	case ORL_FAR_VOLUME:
		orl_far_on_volume(f);
		break;
	case ORL_FAR_PIN:
		orl_far_keep_pin(f);
		break;
	case ORL_FAR_SAY:
		on_say(f);
		break;
	default:
		on_end(f);
	}
}

/* One packet. Returns false when there is none now. */
static bool receive(struct orl_far *f, uint64_t now)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec part = { &f->in, sizeof(f->in) };
	struct msghdr m = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	const struct cmsghdr *c;
	ssize_t n;
	int fd = -1;

	n = recvmsg(f->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		orl_far_fail(f, ORL_EXIT_SOURCE, "%s: %s has broken down",
				f->source.kind->name, f->helper);
		return false;
	}
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
			c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	hear(f, (size_t)n, fd, now);
	if (fd >= 0)
		close(fd);
	return true;
}

static void answer(struct orl_far *f, uint64_t now)
{
	static const struct orl_far_head ack = { .what = ORL_FAR_ACK };

	if (!f->unanswered || now < f->answer_at || !f->server)
		return;
	/* There is room: the helper reads these while it waits. */
	if (send(f->fd, &ack, sizeof(ack), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		f->unanswered = false;
	else
		f->answer_at = now + ORL_MSEC;
}

/* ---- its end, and its return ------------------------------------------- */

static void lose(struct orl_far *f, uint64_t now)
{
	bool was_there = !f->away && f->connected;
	bool refused = f->ended == ORL_EXIT_LOGIN || f->ended == ORL_EXIT_TRUST;

	if (was_there && now > f->connected + CALM_S * ORL_SEC)
		f->patience = 0;
	f->patience = f->patience ? f->patience * 2 : RETRY_MS * ORL_MSEC;
	if (f->patience > RETRY_MAX_MS * ORL_MSEC)
		f->patience = RETRY_MAX_MS * ORL_MSEC;
	if (refused)
		f->patience = REFUSED_MS * ORL_MSEC;
	/* Once, and not for each try. */
	if (was_there || refused) {
		fprintf(stderr, "%s; it is tried again\n", f->wrong);
		oriel_server_notice(f->server, 1, f->wrong);
	}
	if (!f->away || refused)
		orl_placard_show(f->display, f->width, f->height,
				refused ? "The desktop's server refuses us"
					: "The desktop's server is gone",
				refused ? "See the log of oriel-serve"
					: "Waiting for it to come back");
	if (was_there && oriel_server_set_cursor(f->server, NULL, 0, 0) < 0)
		fputs("the pointer's picture cannot be hidden\n", stderr);
	f->away = true;
	f->connected = 0;
	orl_far_reap(f);
	orl_far_forget(f);
	orl_far_clip_forget(f);
	orl_far_silence(f);
	f->ended = 0;
	f->wrong[0] = 0;
	f->retry_at = now + f->patience;
}

static void reach(struct orl_far *f, uint64_t now)
{
	char why[ORL_WHY_MAX];

	f->retry_at = ORL_NEVER;
	f->deadline = now + CONNECT_S * ORL_SEC;
	f->sized = 0;
	f->config.width = f->asked_width & ~1;
	f->config.height = f->asked_height;
	if (orl_far_spawn(f, why) < 0)
		orl_far_fail(f, ORL_EXIT_SOURCE, "%s", why);
}

static void advance(struct orl_far *f, uint64_t now)
{
	uint64_t until = now + BUDGET_MS * ORL_MSEC;

	if (now >= f->retry_at)
		reach(f, now);
	if (f->fd < 0)
		return;
	while (!f->ended && receive(f, now) && orl_now() < until)
		;
	if (!f->ended && now > f->deadline)
		orl_far_fail(f, ORL_EXIT_CONNECT, "%s: %s does not answer",
				f->source.kind->name, f->place);
	if (f->ended)
		return;
	answer(f, orl_now());
	orl_far_flush(f);
}

size_t orl_far_watch(
		struct orl_source *source, struct pollfd *fds, uint64_t *due)
{
	struct orl_far *f = orl_far_of(source);

	if (f->ended || orl_far_clip_has_work(f))
		*due = 0;
	if (f->retry_at < *due)
		*due = f->retry_at;
	if (f->fd < 0)
		return 0;
	if (f->deadline < *due)
		*due = f->deadline;
	if (f->unanswered && f->server && f->answer_at < *due)
		*due = f->answer_at;
	fds[0] = (struct pollfd){ .fd = f->fd, .events = POLLIN };
	if (orl_far_waiting(f))
		fds[0].events |= POLLOUT;
	return 1;
}

int orl_far_run(struct orl_source *source, uint64_t now, char *why)
{
	struct orl_far *f = orl_far_of(source);

	(void)why;
	advance(f, now);
	orl_far_clip_run(f);
	if (f->ended)
		lose(f, now);
	return 0;
}

void orl_far_peers(struct orl_source *source, uint32_t count)
{
	struct orl_far *f = orl_far_of(source);

	if (!count)
		f->asked_width = f->asked_height = 0;
}

/* Until its screen is known, or that cannot be. */
static void settle(struct orl_far *f)
{
	while (!f->ended && !f->far_width) {
		uint64_t due = ORL_NEVER, now = orl_now();
		struct pollfd fd;

		if (orl_far_watch(&f->source, &fd, &due)) {
			now = orl_now();
			poll(&fd, 1,
					due > now ? (int)((due - now) /
								    ORL_MSEC) +
									1
						  : 0);
		}
		advance(f, orl_now());
	}
}

int orl_far_open(struct orl_source **out, struct orl_far *f, char *why)
{
	int status;

	f->fd = -1;
	f->deadline = ORL_NEVER;
	settle(f);
	status = f->ended;
	if (!status) {
		*out = &f->source;
		return ORL_EXIT_OK;
	}
	snprintf(why, ORL_WHY_MAX, "%s", f->wrong);
	orl_far_close(&f->source);
	return status;
}

void orl_far_close(struct orl_source *source)
{
	struct orl_far *f = orl_far_of(source);

	orl_far_reap(f);
	orl_far_forget(f);
	orl_far_clip_fini(f);
	explicit_bzero(&f->config, sizeof(f->config));
	free(f);
}

int orl_far_attach(struct orl_source *source, struct oriel_server *server)
{
	struct orl_far *f = orl_far_of(source);
	struct oriel_display_config config = {
		.size = sizeof(config),
		.name = f->source.kind->name,
		.width = f->far_width ? f->far_width : 640,
		.height = f->far_height ? f->far_height : 480,
	};
	int err = oriel_display_create(&f->display, server, &config);

	f->server = server;
	f->width = config.width;
	f->height = config.height;
	oriel_server_set_relative(server, f->relative);
	oriel_server_set_locks(server, f->lights);
	return err;
}

void orl_far_counts(
		const struct orl_source *source, struct orl_source_counts *out)
{
	*out = ((const struct orl_far *)(const void *)source)->counts;
}

/*
 * helper.c - say to oriel-serve what a desktop shows; hear what it wants.
 *
 * Nothing here trusts the server behind the helper either: sizes are checked
 * where they come in, and what does not fit is not sent.
 */
#include "capture/far/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/capability.h>

#include "capture/confine.h"
#include "capture/far_check.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { LIMIT_MEMORY = 0 }; /* their shadows take terabytes of addresses */
#else
enum { LIMIT_MEMORY = 1 };
#endif

/* ---- messages ---------------------------------------------------------- */

/* Wait for room: oriel-serve always reads. `fd` goes with it, or -1. */
static void transmit(struct orl_helper *h, const struct orl_far_head *head,
		const void *bytes, int fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec parts[] = { { (void *)(uintptr_t)head, sizeof(*head) },
		{ (void *)(uintptr_t)bytes, head->size } };
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = bytes ? 2 : 1 };
	ssize_t n;

	if (fd >= 0) {
		struct cmsghdr *c;

		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	pthread_mutex_lock(&h->lock);
	do
		n = sendmsg(ORL_FAR_FD, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	pthread_mutex_unlock(&h->lock);
	if (n < 0)
		_exit(1); /* nobody is there to be told */
}

static void tell(struct orl_helper *h, enum orl_far_what what, int32_t a,
		int32_t b)
{
	transmit(h, &(struct orl_far_head){ .what = what, .v = { a, b } }, NULL,
			-1);
}

static void put_words(struct orl_helper *h, enum orl_far_what what,
		int32_t value, const char *format, va_list args)
{
	char words[ORL_FAR_WHY + 1];
	struct orl_far_head head = { .what = what, .v = { value } };
	int n = vsnprintf(words, sizeof(words), format, args);

	head.size = n < 0 ? 0 : n > ORL_FAR_WHY ? ORL_FAR_WHY : (uint32_t)n;
	transmit(h, &head, words, -1);
}

void orl_helper_say(struct orl_helper *h, int level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_words(h, ORL_FAR_SAY, level, format, args);
	va_end(args);
}

void orl_helper_end(struct orl_helper *h, int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_words(h, ORL_FAR_END, status, format, args);
	va_end(args);
	_exit(0);
}

/* ---- the beginning ----------------------------------------------------- */

static void set_limit(__rlimit_resource_t what, uint64_t most)
{
	struct rlimit limit;

	if (getrlimit(what, &limit) < 0)
		return;
	if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > most)
		limit.rlim_max = most;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(what, &limit);
}

static void refused(struct orl_helper *h, int err)
{
	orl_helper_end(h, ORL_EXIT_INTERNAL,
			"its helper cannot give up its rights: %s",
			strerror(-err));
}

static void give_up(struct orl_helper *h, uint32_t keep)
{
	int err = orl_confine_capabilities(keep);

	if (err)
		refused(h, err);
}

int orl_helper_start(struct orl_helper *h, const struct orl_helper_ops *ops,
		void *user, uint64_t memory)
{
	int room = ORL_FAR_BYTES + 65536;
	uint32_t keep = 0;
	ssize_t n;

	*h = (struct orl_helper){ .ops = ops, .user = user };
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->answer, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* The server sees a signal of the terminal, and ends this. */
	signal(SIGINT, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	set_limit(RLIMIT_CORE, 0);
	if (LIMIT_MEMORY)
		set_limit(RLIMIT_AS, memory);
	setsockopt(ORL_FAR_FD, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	n = recv(ORL_FAR_FD, &h->in, sizeof(h->in), 0);
	if (n != (ssize_t)(sizeof(h->in.head) + sizeof(h->config)) ||
			h->in.head.what != ORL_FAR_CONFIG)
		return -1;
	memcpy(&h->config, h->in.bytes, sizeof(h->config));
	explicit_bzero(h->in.bytes, sizeof(h->config));
	/* The socket of a virtual machine is often another user's. */
	if (h->config.host[0] == '/')
		keep = 1u << CAP_DAC_OVERRIDE;
	give_up(h, keep);
	return 0;
}

void orl_helper_confine(struct orl_helper *h)
{
	int err;

	give_up(h, 0);
	err = orl_confine_calls(0);
	if (err)
		refused(h, err);
}

void orl_helper_judge(struct orl_helper *h, const uint8_t sha256[static 32])
{
	const struct orl_far_head head = { .what = ORL_FAR_PIN, .size = 32 };
	char hex[65];

	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", sha256[i]);
	if (h->config.trust == ORL_FAR_TRUST_PIN) {
		if (memcmp(h->config.pin, sha256, 32) == 0)
			return;
		orl_helper_end(h, ORL_EXIT_TRUST,
				"the server has another certificate than "
				"before, sha256:%s; if that is right, say "
				"--source-trust= with it",
				hex);
	}
	if (h->config.trust != ORL_FAR_TRUST_FIRST)
		orl_helper_end(h, ORL_EXIT_TRUST,
				"the server's certificate is not known, "
				"sha256:%s; if it is right, say "
				"--source-trust= with it",
				hex);
	transmit(h, &head, sha256, -1);
}

/* ---- pictures ---------------------------------------------------------- */

static void send_damage(struct orl_helper *h)
{
	struct orl_far_head head = { .what = ORL_FAR_DAMAGE };

	if (!h->rect_count)
		return;
	head.size = (uint32_t)(h->rect_count * sizeof(h->rects[0]));
	transmit(h, &head, h->rects, -1);
	h->rect_count = 0;
}

void orl_helper_screen(struct orl_helper *h, int32_t width, int32_t height)
{
	const struct orl_far_head head = { .what = ORL_FAR_SCREEN,
		.v = { width, height } };
	size_t size;
	int fd;

	if (!orl_far_size_ok(width, height))
		orl_helper_end(h, ORL_EXIT_SOURCE,
				"its screen of %d x %d pixels cannot be shown",
				(int)width, (int)height);
	orl_helper_wait(h);
	h->rect_count = 0;
	if (h->pixels)
		munmap(h->pixels, orl_far_bytes(h->width, h->height));
	h->pixels = NULL;
	size = (size_t)orl_far_bytes(width, height);
	fd = memfd_create("oriel-screen", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, (off_t)size) < 0 ||
			fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0)
		orl_helper_end(h, ORL_EXIT_SOURCE,
				"there is no memory for its screen: %s",
				strerror(errno));
	h->pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (h->pixels == MAP_FAILED)
		orl_helper_end(h, ORL_EXIT_SOURCE,
				"there is no memory for its screen of %d x %d",
				(int)width, (int)height);
	h->width = width;
	h->height = height;
	h->unanswered = true;
	transmit(h, &head, NULL, fd);
	close(fd);
	orl_helper_wait(h);
}

void orl_helper_damage(struct orl_helper *h, int32_t x, int32_t y,
		int32_t width, int32_t height)
{
	if (x < 0 || y < 0 || width < 1 || height < 1 || x >= h->width ||
			y >= h->height || width > h->width - x ||
			height > h->height - y)
		return;
	if (h->rect_count == ORL_FAR_RECTS)
		send_damage(h);
	h->rects[h->rect_count++] = (struct oriel_rect){ x, y, width, height };
}

bool orl_helper_busy(struct orl_helper *h)
{
	bool busy;

	pthread_mutex_lock(&h->lock);
	busy = h->unanswered;
	pthread_mutex_unlock(&h->lock);
	return busy;
}

bool orl_helper_frame(struct orl_helper *h)
{
	if (!h->rect_count)
		return false;
	orl_helper_wait(h);
	send_damage(h);
	h->unanswered = true;
	tell(h, ORL_FAR_FRAME, 0, 0);
	return true;
}

void orl_helper_cursor(struct orl_helper *h, const uint32_t *pixels,
		int32_t width, int32_t height, int32_t hot_x, int32_t hot_y)
{
	struct orl_far_head head = { .what = ORL_FAR_CURSOR };

	if (pixels && width > 0 && height > 0 && width <= ORL_FAR_CURSOR_SIDE &&
			height <= ORL_FAR_CURSOR_SIDE) {
		head.size = (uint32_t)orl_far_bytes(width, height);
		head.v[0] = width;
		head.v[1] = height;
		head.v[2] = hot_x < 0 ? 0 : hot_x >= width ? width - 1 : hot_x;
		head.v[3] = hot_y < 0         ? 0
			    : hot_y >= height ? height - 1
					      : hot_y;
	}
	transmit(h, &head, head.size ? pixels : NULL, -1);
}

void orl_helper_pointer(struct orl_helper *h, int32_t x, int32_t y)
{
	tell(h, ORL_FAR_POINTER, x, y);
}

void orl_helper_lights(struct orl_helper *h, uint32_t locks)
{
	tell(h, ORL_FAR_LIGHTS, (int32_t)(locks & 7), 0);
}

void orl_helper_relative(struct orl_helper *h, bool relative)
{
	tell(h, ORL_FAR_RELATIVE, relative, 0);
}

void orl_helper_cut(struct orl_helper *h, const char *text, size_t n)
{
	size_t at = 0;

	if (n > 1 << 20)
		return;
	do {
		struct orl_far_head head = { .what = ORL_FAR_CUT };
		size_t piece = n - at > ORL_FAR_TEXT ? ORL_FAR_TEXT : n - at;

		head.size = (uint32_t)piece;
		head.v[0] = at ? 0 : ORL_FAR_FIRST;
		if (at + piece == n)
			head.v[0] |= ORL_FAR_LAST;
		transmit(h, &head, text + at, -1);
		at += piece;
	} while (at < n);
}

void orl_helper_sound(struct orl_helper *h, uint32_t rate, uint32_t channels,
		const int16_t *samples, size_t n)
{
	struct orl_far_head head = { .what = ORL_FAR_SOUND,
		.v = { (int32_t)rate, (int32_t)channels } };
	size_t most = ORL_FAR_PCM / 2 / channels, k;

	/* More than a second at once is no sound to be heard now. */
	n = samples && n < rate ? n : 0;
	do {
		k = n < most ? n : most;
		n -= k;
		head.size = (uint32_t)(k * 2 * channels);
		head.v[2] = (int32_t)n;
		transmit(h, &head, k ? samples : NULL, -1);
		if (k)
			samples += k * channels;
	} while (n);
}

void orl_helper_volume(struct orl_helper *h, uint32_t left, uint32_t right)
{
	tell(h, ORL_FAR_VOLUME, (int32_t)left, (int32_t)right);
}

/* ---- what it wants ----------------------------------------------------- */

static void gather_paste(struct orl_helper *h)
{
	uint32_t piece = (uint32_t)h->in.head.v[0], n = h->in.head.size;
	char *more;

	if (piece & ORL_FAR_FIRST) {
		free(h->paste);
		h->paste = NULL;
		h->paste_size = 0;
	}
	more = realloc(h->paste, h->paste_size + n + 1);
	if (!more)
		return;
	h->paste = more;
	memcpy(h->paste + h->paste_size, h->in.bytes, n);
	h->paste_size += n;
	h->paste[h->paste_size] = 0;
	if (!(piece & ORL_FAR_LAST))
		return;
	if (h->ops->paste)
		h->ops->paste(h->user, h->paste, h->paste_size);
	else
		free(h->paste);
	h->paste = NULL;
}

static void obey(struct orl_helper *h)
{
	const struct orl_helper_ops *ops = h->ops;
	const int32_t *v = h->in.head.v;

	switch ((enum orl_far_what)h->in.head.what) {
	case ORL_FAR_ACK:
		pthread_mutex_lock(&h->lock);
		h->unanswered = false;
		pthread_cond_broadcast(&h->answer);
		pthread_mutex_unlock(&h->lock);
		if (ops->answered)
			ops->answered(h->user);
		break;
	case ORL_FAR_KEY:
		if (ops->key)
			ops->key(h->user, (uint32_t)v[0], (uint32_t)v[1], v[2]);
		break;
	case ORL_FAR_MOUSE:
		if (ops->mouse)
			ops->mouse(h->user, v[0], v[1], (uint32_t)v[2]);
		break;
	case ORL_FAR_MOTION:
		if (ops->motion)
			ops->motion(h->user, v[0], v[1], (uint32_t)v[2]);
		break;
	case ORL_FAR_WHEEL:
		if (ops->wheel)
			ops->wheel(h->user, v[0], v[1]);
		break;
	case ORL_FAR_CHARACTER:
		if (ops->character)
			ops->character(h->user, (uint32_t)v[0]);
		break;
	case ORL_FAR_LOCKS:
		if (ops->locks)
			ops->locks(h->user, (uint32_t)v[0]);
		break;
	case ORL_FAR_LISTEN:
		if (ops->listen)
			ops->listen(h->user, v[0]);
		break;
	case ORL_FAR_SIZE:
		if (ops->size)
			ops->size(h->user, v[0], v[1]);
		break;
	case ORL_FAR_PASTE:
		gather_paste(h);
		break;
	default:
		break;
	}
}

static void hear(struct orl_helper *h, int flags)
{
	for (;;) {
		ssize_t n = recv(ORL_FAR_FD, &h->in, sizeof(h->in), flags);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < (ssize_t)sizeof(h->in.head)) {
			if (h->ops->leave)
				h->ops->leave(h->user);
			_exit(0);
		}
		obey(h);
	}
}

void orl_helper_hear(struct orl_helper *h)
{
	hear(h, MSG_DONTWAIT);
}

static void *be_ear(void *user)
{
	hear(user, 0);
	return NULL;
}

void orl_helper_listen(struct orl_helper *h)
{
	pthread_t thread;

	h->has_ear = true;
	if (pthread_create(&thread, NULL, be_ear, h))
		orl_helper_end(h, ORL_EXIT_INTERNAL, "there is no thread");
	pthread_detach(thread);
}

void orl_helper_wait(struct orl_helper *h)
{
	struct pollfd fd = { .fd = ORL_FAR_FD, .events = POLLIN };

	if (h->has_ear) {
		pthread_mutex_lock(&h->lock);
		while (h->unanswered)
			pthread_cond_wait(&h->answer, &h->lock);
		pthread_mutex_unlock(&h->lock);
		return;
	}
	while (h->unanswered) {
		poll(&fd, 1, -1);
		orl_helper_hear(h);
	}
}

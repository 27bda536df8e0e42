/*
 * box_wire.c - messages: checked field by field, sent and received.
 */
#include "client/viewer/box_wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum kind { IS_END, IS_NUMBER, IS_TEXT, IS_BYTES, IS_RECTS };

/* Fields stand one after the other: box_wire.def lets nothing be between. */
struct field {
	enum kind kind;
	size_t size;
	int64_t least, most;
};

/* clang-format off */
#define MESSAGE(direction, NAME, name, fields) \
	static const struct field name##_fields[] = { fields { IS_END, 0, 0, 0 } };
#define RING(direction, NAME, size)
#define NUMBER(name, least, most) { IS_NUMBER, sizeof(int64_t), least, most },
#define TEXT(name, size) { IS_TEXT, size, 0, 0 },
#define BYTES(name, size) { IS_BYTES, size, 0, 0 },
#define RECTS(name) \
	{ IS_RECTS, sizeof(struct oriel_rect[ORL_BOX_RECTS]), 0, 0 },
#include "client/viewer/box_wire.def"
/* clang-format on */

static const struct row {
	enum orl_box_direction direction;
	size_t size;
	const struct field *fields;
} rows[ORL_BOX_IDS] = {
#define MESSAGE(direction, NAME, name, fields) \
	[ORL_BOX_##NAME] = { ORL_BOX_##direction, \
		sizeof(struct orl_box_##name), name##_fields },
#define RING(direction, NAME, size)
#include "client/viewer/box_wire.def"
};

size_t orl_box_size(uint64_t id)
{
	return id > ORL_BOX_NONE && id < ORL_BOX_IDS
			       ? sizeof(uint64_t) + rows[id].size
			       : 0;
}

/* Bytes of the character at p, 0: it is none, or one that is not printed. */
static size_t printable(const unsigned char *p, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = *p < 0x80   ? 1
		   : *p < 0xc2 ? 0
		   : *p < 0xe0 ? 2
		   : *p < 0xf0 ? 3
		   : *p < 0xf5 ? 4
			       : 0;
	uint32_t c = n == 1 ? *p : *p & (0x7fu >> n);
	if (!n || n > left)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return c < 0x20 || (c >= 0x7f && c < 0xa0) ? 0 : n;
}

static bool make_printable(char *text, size_t size)
{
	const char *end = memchr(text, 0, size);
	if (!end)
		return false;
	for (char *p = text; p < end;) {
		size_t n = printable((unsigned char *)p, (size_t)(end - p));
		if (!n)
			*p = *p == '\n' || *p == '\t' ? ' ' : '?';
		p += n ? n : 1;
	}
	/* Nothing of what stood there before. */
	memset(text + (end - text), 0, size - (size_t)(end - text));
	return true;
}

static bool rects_ok(const char *bytes)
{
	struct oriel_rect rects[ORL_BOX_RECTS];
	memcpy(rects, bytes, sizeof(rects));
	for (int i = 0; i < ORL_BOX_RECTS; i++) {
		const struct oriel_rect *r = &rects[i];
		if (r->x < 0 || r->y < 0 || r->width < 0 || r->height < 0 ||
				r->x > INT16_MAX || r->y > INT16_MAX ||
				r->width > INT16_MAX || r->height > INT16_MAX)
			return false;
	}
	return true;
}

static bool field_ok(const struct field *f, char *bytes, bool up)
{
	int64_t number;
	switch (f->kind) {
	case IS_NUMBER:
		memcpy(&number, bytes, sizeof(number));
		return number >= f->least && number <= f->most;
	case IS_TEXT:
		return up ? make_printable(bytes, f->size)
			  : memchr(bytes, 0, f->size) != NULL;
	case IS_RECTS:
		return rects_ok(bytes);
	case IS_BYTES:
	case IS_END:
	default:
		return true;
	}
}

int orl_box_check(struct orl_box_message *m, size_t n,
		enum orl_box_direction direction)
{
	size_t size = n >= sizeof(m->id) ? orl_box_size(m->id) : 0;
	if (!size || n != size || rows[m->id].direction != direction)
		return ORIEL_EPROTO;
	char *at = (char *)&m->u;
	for (const struct field *f = rows[m->id].fields; f->kind; f++) {
		if (!field_ok(f, at, direction == ORL_BOX_UP))
			return ORIEL_EPROTO;
		at += f->size;
	}
	return 0;
}

void orl_box_text(char *out, size_t size, const char *text)
{
	size_t n = strlen(text);
	if (n >= size) {
		n = size - 1;
		while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(out, text, n);
	memset(out + n, 0, size - n);
}

/* ---- the socket -------------------------------------------------------- */

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(2 * sizeof(int))];
};

int orl_box_send(int socket, const struct orl_box_message *m, const int *files,
		size_t n_files)
{
	struct iovec bytes = { .iov_base = (void *)(uintptr_t)m,
		.iov_len = orl_box_size(m->id) };
	struct msghdr msg = { .msg_iov = &bytes, .msg_iovlen = 1 };
	union control control;
	ssize_t n;
	if (n_files) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(n_files * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n_files * sizeof(int));
		memcpy(CMSG_DATA(c), files, n_files * sizeof(int));
	}
	do
		/* sendmsg() is refused in the process, which has no files. */
		n = n_files ? sendmsg(socket, &msg, MSG_NOSIGNAL | MSG_DONTWAIT)
			    : send(socket, m, bytes.iov_len,
					      MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ||
					       errno == ENOMEM
			       ? ORIEL_ELIMIT
			       : ORIEL_ECLOSED;
}

/* As many as are wanted; there is no room for more than two. */
static void take_files(struct msghdr *msg, int *files, size_t n_files)
{
	size_t taken = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c;
			c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int file;
			memcpy(&file, CMSG_DATA(c) + i * sizeof(int),
					sizeof(file));
			if (taken < n_files)
				files[taken++] = file;
			else
				close(file);
		}
	}
}

int orl_box_receive(int socket, struct orl_box_message *m,
		enum orl_box_direction direction, int *files, size_t n_files)
{
	struct iovec bytes = { .iov_base = m, .iov_len = sizeof(*m) };
	struct msghdr msg = { .msg_iov = &bytes, .msg_iovlen = 1 };
	union control control;
	ssize_t n;
	/* Who wants no files has no room for any: the kernel closes them. */
	if (n_files) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
	}
	for (size_t i = 0; i < n_files; i++)
		files[i] = -1;
	do
		n = recvmsg(socket, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0
							       : ORIEL_ECLOSED;
	if (n == 0)
		return ORIEL_ECLOSED;
	if (n_files)
		take_files(&msg, files, n_files);
	int err = msg.msg_flags & MSG_TRUNC
				  ? ORIEL_EPROTO
				  : orl_box_check(m, (size_t)n, direction);
	for (size_t i = 0; err && i < n_files; i++) {
		if (files[i] >= 0)
			close(files[i]);
		files[i] = -1;
	}
	return err ? err : 1;
}

/*
 * far_check.c - every length and every number of a helper's message.
 */
#include "capture/far_check.h"

#include <string.h>

bool orl_far_size_ok(int32_t width, int32_t height)
{
	return width > 0 && height > 0 && width <= ORL_FAR_SIDE_MAX &&
	       height <= ORL_FAR_SIDE_MAX &&
	       (int64_t)width * height <= ORL_FAR_PIXELS_MAX;
}

struct oriel_rect orl_far_rect(const struct orl_far_message *m, size_t index)
{
	struct oriel_rect r;

	memcpy(&r, m->bytes + index * sizeof(r), sizeof(r));
	return r;
}

static const char *check_damage(
		const struct orl_far_message *m, int32_t width, int32_t height)
{
	size_t count = m->head.size / sizeof(struct oriel_rect);

	if (m->head.size % sizeof(struct oriel_rect) || count > ORL_FAR_RECTS)
		return "its rectangles have no length";
	for (size_t i = 0; i < count; i++) {
		struct oriel_rect r = orl_far_rect(m, i);

		if (r.x < 0 || r.y < 0 || r.width < 1 || r.height < 1 ||
				r.x >= width || r.y >= height ||
				r.width > width - r.x ||
				r.height > height - r.y)
			return "it draws outside its screen";
	}
	return NULL;
}

static const char *check_cursor(const struct orl_far_message *m)
{
	int32_t width = m->head.v[0], height = m->head.v[1];

	/* None at all: it is hidden. */
	if (!width && !height && !m->head.size)
		return NULL;
	if (width < 1 || height < 1 || width > ORL_FAR_CURSOR_SIDE ||
			height > ORL_FAR_CURSOR_SIDE ||
			m->head.size != orl_far_bytes(width, height))
		return "its pointer has no size";
	if (m->head.v[2] < 0 || m->head.v[3] < 0 || m->head.v[2] >= width ||
			m->head.v[3] >= height)
		return "its pointer points outside itself";
	return NULL;
}

static const char *check_sound(const struct orl_far_message *m)
{
	const int32_t *v = m->head.v;

	if (v[0] < ORL_FAR_RATE_MIN || v[0] > ORL_FAR_RATE_MAX || v[1] < 1 ||
			v[1] > 2 || v[2] < 0 || v[2] > v[0] ||
			m->head.size > ORL_FAR_PCM ||
			m->head.size % ((uint32_t)v[1] * 2))
		return "its sound has no form";
	return NULL;
}

const char *orl_far_check(const struct orl_far_message *m, size_t n,
		int32_t width, int32_t height)
{
	const int32_t *v = m->head.v;
	size_t size;

	if (n < sizeof(m->head) || m->head.size > sizeof(m->bytes) ||
			n != sizeof(m->head) + m->head.size)
		return "its message has another length than it says";
	size = m->head.size;
	switch ((enum orl_far_what)m->head.what) {
	case ORL_FAR_SCREEN:
		return size || !orl_far_size_ok(v[0], v[1])
				       ? "its screen has no size"
				       : NULL;
	case ORL_FAR_DAMAGE:
		return check_damage(m, width, height);
	case ORL_FAR_CURSOR:
		return check_cursor(m);
	case ORL_FAR_FRAME:
	case ORL_FAR_POINTER:
	case ORL_FAR_RELATIVE:
		return size ? "its message is too long" : NULL;
	case ORL_FAR_LIGHTS:
		return size || v[0] < 0 || v[0] > 7 ? "it has strange lights"
						    : NULL;
	case ORL_FAR_CUT:
		return size > ORL_FAR_TEXT || v[0] < 0 || v[0] > 3
				       ? "its text is too long"
				       : NULL;
	case ORL_FAR_SOUND:
		return check_sound(m);
	case ORL_FAR_VOLUME:
		return size || v[0] < 0 || v[0] > 256 || v[1] < 0 || v[1] > 256
				       ? "it is too loud"
				       : NULL;
	case ORL_FAR_PIN:
		return size != 32 ? "its certificate has no hash" : NULL;
	case ORL_FAR_SAY:
	case ORL_FAR_END:
		return size > ORL_FAR_WHY || v[0] < 0 || v[0] > 7
				       ? "its words are too long"
				       : NULL;
	default:
		return "it says what only its master may";
	}
}

void orl_far_words(char *out, size_t size, const struct orl_far_message *m)
{
	size_t n = m->head.size < size - 1 ? m->head.size : size - 1;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = m->bytes[i];

		out[i] = c < 0x20 || c > 0x7e ? '?' : (char)c;
	}
	out[n] = 0;
}

/* The bytes of a character at p, of at most n; 0: it is none. */
static size_t character(const uint8_t *p, size_t n)
{
	size_t more = p[0] < 0x80             ? 0
		      : (p[0] & 0xe0) == 0xc0 ? 1
		      : (p[0] & 0xf0) == 0xe0 ? 2
		      : (p[0] & 0xf8) == 0xf0 ? 3
					      : SIZE_MAX;
	static const uint32_t least[] = { 1, 0x80, 0x800, 0x10000 };
	uint32_t c;

	if (more >= n)
		return 0;
	c = more ? p[0] & (0x3fu >> more) : p[0];
	for (size_t i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return more + 1;
}

bool orl_far_text_ok(const char *text, size_t n)
{
	const uint8_t *p = (const uint8_t *)text;

	while (n) {
		size_t k = character(p, n);

		if (!k)
			return false;
		p += k;
		n -= k;
	}
	return true;
}

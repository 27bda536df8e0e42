/*
 * pattern.c - the source that needs nothing: a painted desktop.
 *
 * Frames come at their own times once a peer is there, and stop while none
 * is. A frame that is late moves the ones after it: which frames there are
 * and what is on them never depends on how fast the machine is. Input shows:
 * each key or button turns the block in the upper right corner another
 * colour, so that a test can time it.
 *
 * There may be several displays, side by side, each with its number on it;
 * each takes whatever size a viewer asks for.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/paint.h"
#include "capture/screen.h"

enum {
	DAMAGE_MAX = ORL_TINY_COUNT + 16,
	ECHO = 24,
	SCREENS_MAX = 16,
	TAG_X = 4,
	TAG_Y = 40,
	TAG_INK = 0xffffff,
	TAG_PAPER = 0xa82a1e,
};

struct pattern {
	struct orl_source source;
	struct oriel_server *server;
	struct orl_screen screens[SCREENS_MAX];
	uint32_t count;
	enum orl_pattern kind;
	uint32_t fps, frames; /* frames 0: for ever */
	uint32_t n;
	uint32_t peers, echoes, buttons;
	uint64_t due;
	bool echo;
	struct oriel_rect damage[DAMAGE_MAX];
};

static const char *const names[ORL_PATTERNS] = { "desktop", "static", "text",
	"video", "tiny" };

static struct pattern *of(struct orl_source *source)
{
	return (struct pattern *)(void *)source;
}

static bool number(uint32_t *out, const char **p, uint32_t min, uint32_t max)
{
	char *end;
	unsigned long v;

	if (**p < '0' || **p > '9')
		return false;
	v = strtoul(*p, &end, 10);
	if (v < min || v > max)
		return false;
	*p = end;
	*out = (uint32_t)v;
	return true;
}

/* @FPS and *N behind a size, or by themselves. */
static bool rest(struct pattern *p, const char *at, const char *end)
{
	if (*at == '@') {
		at++;
		if (!number(&p->fps, &at, 1, 1000))
			return false;
	}
	if (*at == '*') {
		at++;
		if (!number(&p->count, &at, 1, SCREENS_MAX))
			return false;
	}
	return at == end;
}

/* A word of the argument: WxH@FPS*N or a part of that, frames=N, a name. */
static bool word(struct pattern *p, const char *at, const char *end,
		uint32_t size[static 2])
{
	for (int i = 0; i < ORL_PATTERNS; i++)
		if ((size_t)(end - at) == strlen(names[i]) &&
				memcmp(at, names[i], (size_t)(end - at)) == 0) {
			p->kind = (enum orl_pattern)i;
			return true;
		}
	if (strncmp(at, "frames=", 7) == 0) {
		at += 7;
		return number(&p->frames, &at, 1, UINT32_MAX) && at == end;
	}
	if (*at != '@' && *at != '*' &&
			!(number(&size[0], &at, 1, ORL_SCREEN_MAX) &&
					*at++ == 'x' &&
					number(&size[1], &at, 1,
							ORL_SCREEN_MAX)))
		return false;
	return rest(p, at, end);
}

/* Paint the nth frame, or all that there is when n is 0. */
static void paint(struct pattern *p, struct orl_paint *paint, uint32_t i,
		uint32_t n)
{
	char tag[16];

	orl_paint_frame(paint, p->kind, n);
	if (p->count < 2)
		return;
	snprintf(tag, sizeof(tag), " DISPLAY %u ", i + 1);
	orl_paint_text(paint, TAG_X, TAG_Y, tag, TAG_INK, TAG_PAPER);
}

static struct orl_paint painter(struct pattern *p, uint32_t i)
{
	const struct orl_screen *s = &p->screens[i];

	return (struct orl_paint){ s->pixels, s->width, s->height, p->damage, 0,
		DAMAGE_MAX };
}

static int screen_init(
		struct pattern *p, uint32_t i, int32_t width, int32_t height)
{
	int err = orl_screen_init(&p->screens[i], width, height);
	struct orl_paint all = painter(p, i);

	if (!err)
		paint(p, &all, i, 0);
	return err;
}

static void pattern_close(struct orl_source *source)
{
	struct pattern *p = of(source);

	for (uint32_t i = 0; i < p->count; i++)
		orl_screen_fini(&p->screens[i]);
	free(p);
}

static int pattern_open(
		struct orl_source **out, const char *argument, char *why)
{
	struct pattern *p = calloc(1, sizeof(*p));
	uint32_t size[2] = { 1280, 720 };

	if (!p)
		goto memory;
	p->fps = 30;
	p->count = 1;
	while (*argument) {
		size_t n = strcspn(argument, ",:");

		if (!word(p, argument, argument + n, size)) {
			snprintf(why, ORL_WHY_MAX,
					"pattern: '%.40s' is not "
					"WxH@FPS*N, frames=N or a pattern "
					"(see --help)",
					argument);
			free(p);
			return ORL_EXIT_USAGE;
		}
		argument += n + (argument[n] != 0);
	}
	for (uint32_t i = 0; i < p->count; i++)
		if (screen_init(p, i, (int32_t)size[0], (int32_t)size[1]))
			goto memory;
	p->source.kind = &orl_source_pattern;
	p->due = ORL_NEVER;
	*out = &p->source;
	return ORL_EXIT_OK;
memory:
	if (p)
		pattern_close(&p->source);
	snprintf(why, ORL_WHY_MAX, "pattern: out of memory");
	return ORL_EXIT_INTERNAL;
}

static int pattern_attach(
		struct orl_source *source, struct oriel_server *server)
{
	struct pattern *p = of(source);
	int32_t x = 0;
	int err = 0;

	p->server = server;
	for (uint32_t i = 0; !err && i < p->count; i++) {
		struct orl_screen *s = &p->screens[i];

		err = orl_screen_attach(s, server);
		if (!err && i)
			err = oriel_display_resize(
					s->display, x, 0, s->width, s->height);
		x += s->width;
	}
	return err;
}

/* Those to the right of it move. */
static void pattern_resize_wanted(struct orl_source *source,
		struct oriel_display *display, int32_t width, int32_t height)
{
	struct pattern *p = of(source);
	int32_t x = 0;
	int err = 0;

	for (uint32_t i = 0; !err && i < p->count; i++) {
		struct orl_screen *s = &p->screens[i], old = *s;
		bool wanted = s->display == display;

		if (wanted)
			err = screen_init(p, i, width, height);
		s->server = old.server;
		s->display = old.display;
		if (!err)
			err = oriel_display_resize(
					s->display, x, 0, s->width, s->height);
		if (wanted && !err) {
			orl_screen_fini(&old);
		} else if (wanted) {
			if (s->pixels != old.pixels)
				orl_screen_fini(s);
			*s = old;
		}
		if (!err && wanted)
			err = orl_screen_submit(s, NULL, 0, orl_now());
		x += s->width;
	}
	if (err)
		fprintf(stderr, "pattern: another size: %s\n",
				oriel_strerror(err));
}

static bool pattern_finished(const struct orl_source *source)
{
	const struct pattern *p = (const void *)source;

	return p->kind == ORL_PATTERN_STATIC ||
	       (p->frames && p->n + 1 >= p->frames);
}

static size_t pattern_watch(
		struct orl_source *source, struct pollfd *fds, uint64_t *due)
{
	struct pattern *p = of(source);

	(void)fds;
	if (p->echo)
		*due = 0;
	else if (p->due < *due)
		*due = p->due;
	return 0;
}

static void draw_echo(struct pattern *p, struct orl_paint *paint)
{
	struct oriel_rect block = { paint->width - ECHO, 0, ECHO, ECHO };

	orl_paint_fill(paint, block, p->echoes * 0x3b9ac9u & 0xffffff);
}

static int pattern_run(struct orl_source *source, uint64_t now, char *why)
{
	struct pattern *p = of(source);
	bool frame = now >= p->due;
	int err = 0;

	(void)why;
	if (!frame && !p->echo)
		return 0;
	if (frame) {
		uint64_t period = ORL_SEC / p->fps;

		p->n++;
		p->due = p->due + period > now ? p->due + period : now + period;
		if (pattern_finished(source))
			p->due = ORL_NEVER;
	}
	for (uint32_t i = 0; !err && i < p->count; i++) {
		struct orl_paint at = painter(p, i);

		if (frame)
			paint(p, &at, i, p->n);
		if (p->echo)
			draw_echo(p, &at);
		err = orl_screen_submit(&p->screens[i], p->damage,
				at.damage_count, now);
	}
	p->echo = false;
	return err;
}

static void pattern_peers(struct orl_source *source, uint32_t count)
{
	struct pattern *p = of(source);

	if (count && !p->peers && !pattern_finished(source))
		p->due = orl_now() + ORL_SEC / p->fps;
	if (!count)
		p->due = ORL_NEVER;
	p->peers = count;
}

static void echo(struct pattern *p)
{
	p->echoes++;
	p->echo = true;
}

static void pattern_key(struct orl_source *source, const struct oriel_key *key)
{
	if (key->down)
		echo(of(source));
}

static void pattern_pointer(
		struct orl_source *source, const struct oriel_pointer *pointer)
{
	struct pattern *p = of(source);

	if (pointer->buttons & ~p->buttons)
		echo(p);
	p->buttons = pointer->buttons;
}

static void pattern_text(struct orl_source *source, const char *text)
{
	(void)text;
	echo(of(source));
}

const struct orl_source_kind orl_source_pattern = {
	.name = "pattern",
	.help = "[:WORD,...]     painted; WxH@FPS*N (N displays) or a\n"
		"                         part of that, frames=N, desktop, "
		"static,\n"
		"                         text, video, tiny",
	.open = pattern_open,
	.close = pattern_close,
	.attach = pattern_attach,
	.watch = pattern_watch,
	.run = pattern_run,
	.peers = pattern_peers,
	.finished = pattern_finished,
	.resize_wanted = pattern_resize_wanted,
	.key = pattern_key,
	.pointer = pattern_pointer,
	.text = pattern_text,
};

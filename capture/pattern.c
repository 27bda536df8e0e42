/*
 * pattern.c - the source that needs nothing: a painted desktop.
 *
 * Frames come at their own times once a peer is there, and stop while none
 * is. A frame that is late moves the ones after it: which frames there are
 * and what is on them never depends on how fast the machine is. Input shows:
 * each key or button turns the block in the upper right corner another
 * colour, so that a test can time it.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/paint.h"
#include "capture/screen.h"

enum { DAMAGE_MAX = ORL_TINY_COUNT + 16, ECHO = 24 };

struct pattern {
	struct orl_source source;
	struct orl_screen screen;
	struct orl_paint paint;
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

/* A word of the argument: WxH, WxH@FPS, @FPS, frames=N or a name. */
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
	if (*at != '@' && !(number(&size[0], &at, 1, ORL_SCREEN_MAX) &&
					  *at++ == 'x' &&
					  number(&size[1], &at, 1,
							  ORL_SCREEN_MAX)))
		return false;
	if (*at == '@') {
		at++;
		if (!number(&p->fps, &at, 1, 1000))
			return false;
	}
	return at == end;
}

static void pattern_close(struct orl_source *source)
{
	struct pattern *p = of(source);

	orl_screen_fini(&p->screen);
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
	while (*argument) {
		size_t n = strcspn(argument, ",:");

		if (!word(p, argument, argument + n, size)) {
			snprintf(why, ORL_WHY_MAX,
					"pattern: '%.40s' is not "
					"WxH, WxH@FPS, frames=N or a pattern "
					"(see --help)",
					argument);
			free(p);
			return ORL_EXIT_USAGE;
		}
		argument += n + (argument[n] != 0);
	}
	if (orl_screen_init(&p->screen, (int32_t)size[0], (int32_t)size[1]))
		goto memory;
	p->source.kind = &orl_source_pattern;
	p->due = ORL_NEVER;
	p->paint = (struct orl_paint){ p->screen.pixels, p->screen.width,
		p->screen.height, p->damage, 0, DAMAGE_MAX };
	orl_paint_frame(&p->paint, p->kind, 0);
	*out = &p->source;
	return ORL_EXIT_OK;
memory:
	free(p);
	snprintf(why, ORL_WHY_MAX, "pattern: out of memory");
	return ORL_EXIT_INTERNAL;
}

static int pattern_attach(
		struct orl_source *source, struct oriel_server *server)
{
	return orl_screen_attach(&of(source)->screen, server);
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

static void draw_echo(struct pattern *p)
{
	struct oriel_rect block = { p->screen.width - ECHO, 0, ECHO, ECHO };

	p->echo = false;
	orl_paint_fill(&p->paint, block, p->echoes * 0x3b9ac9u & 0xffffff);
}

static int pattern_run(struct orl_source *source, uint64_t now, char *why)
{
	struct pattern *p = of(source);
	bool frame = now >= p->due;

	(void)why;
	if (!frame && !p->echo)
		return 0;
	p->paint.damage_count = 0;
	if (frame) {
		uint64_t period = ORL_SEC / p->fps;

		orl_paint_frame(&p->paint, p->kind, ++p->n);
		p->due = p->due + period > now ? p->due + period : now + period;
		if (pattern_finished(source))
			p->due = ORL_NEVER;
	}
	if (p->echo)
		draw_echo(p);
	return orl_screen_submit(
			&p->screen, p->damage, p->paint.damage_count, now);
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
	.help = "[:WORD,...]     painted; WxH, WxH@FPS, @FPS, frames=N,\n"
		"                         desktop, static, text, video, tiny",
	.open = pattern_open,
	.close = pattern_close,
	.attach = pattern_attach,
	.watch = pattern_watch,
	.run = pattern_run,
	.peers = pattern_peers,
	.finished = pattern_finished,
	.key = pattern_key,
	.pointer = pattern_pointer,
	.text = pattern_text,
};

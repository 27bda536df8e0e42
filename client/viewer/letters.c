/*
 * letters.c - see letters.h. A string is cut into runs of one font and one
 * direction; HarfBuzz, inside SDL_ttf, shapes each.
 */
#include <stdlib.h>
#include <string.h>

#include <SDL2/SDL_ttf.h>
#include <fontconfig/fontconfig.h>

#include "client/viewer/letters.h"

enum { FONTS = 8, RUN = 1024, MISSING = 32 };

struct orl_letters {
	struct orl_painter painter;
	SDL_Surface *surface;
	int scale;
	FcConfig *config;
	/* Of each face the first is its own, others stand in. */
	TTF_Font *fonts[ORL_FACES][FONTS];
	int n[ORL_FACES];
	/* Characters that no font has, so as not to look for them again. */
	uint32_t missing[MISSING];
	unsigned n_missing;
};

static const struct {
	const char *family;
	int size; /* pixels at scale 1 */
	bool bold;
} faces[ORL_FACES] = {
	[ORL_FACE_TEXT] = { "DejaVu Sans", 13, false },
	[ORL_FACE_BOLD] = { "DejaVu Sans", 13, true },
	[ORL_FACE_TITLE] = { "DejaVu Sans", 17, true },
	[ORL_FACE_MONO] = { "DejaVu Sans Mono", 13, false },
};

static TTF_Font *open_match(
		struct orl_letters *l, enum orl_face face, uint32_t character)
{
	FcPattern *want = FcPatternCreate(), *have = NULL;
	FcCharSet *set = FcCharSetCreate();
	TTF_Font *font = NULL;
	FcChar8 *file;
	FcResult result;
	int index = 0;
	FcPatternAddString(
			want, FC_FAMILY, (const FcChar8 *)faces[face].family);
	FcPatternAddString(want, FC_FAMILY, (const FcChar8 *)"sans-serif");
	FcPatternAddInteger(want, FC_WEIGHT,
			faces[face].bold ? FC_WEIGHT_BOLD : FC_WEIGHT_REGULAR);
	FcPatternAddBool(want, FC_SCALABLE, FcTrue);
	FcPatternAddBool(want, FC_COLOR, FcFalse);
	if (character) {
		FcCharSetAddChar(set, character);
		FcPatternAddCharSet(want, FC_CHARSET, set);
	}
	FcConfigSubstitute(l->config, want, FcMatchPattern);
	FcDefaultSubstitute(want);
	have = FcFontMatch(l->config, want, &result);
	if (have && FcPatternGetString(have, FC_FILE, 0, &file) ==
					FcResultMatch) {
		FcPatternGetInteger(have, FC_INDEX, 0, &index);
		font = TTF_OpenFontIndex((const char *)file,
				faces[face].size * l->scale, index);
	}
	if (font)
		TTF_SetFontHinting(font, TTF_HINTING_LIGHT);
	if (have)
		FcPatternDestroy(have);
	FcCharSetDestroy(set);
	FcPatternDestroy(want);
	return font;
}

/* The number of a font of this face that has the character; 0 if none. */
static int font_for(struct orl_letters *l, enum orl_face face, uint32_t c)
{
	for (int i = 0; i < l->n[face]; i++)
		if (TTF_GlyphIsProvided32(l->fonts[face][i], c))
			return i;
	for (int i = 0; i < MISSING; i++)
		if (l->missing[i] == c)
			return 0;
	if (l->n[face] == FONTS)
		return 0;
	TTF_Font *font = open_match(l, face, c);
	if (font && !TTF_GlyphIsProvided32(font, c)) {
		TTF_CloseFont(font);
		font = NULL;
	}
	if (!font) {
		l->missing[l->n_missing++ % MISSING] = c;
		return 0;
	}
	l->fonts[face][l->n[face]] = font;
	return l->n[face]++;
}

static uint32_t decode(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t c = n == 1   ? p[0]
		     : n == 2 ? p[0] & 0x1fU
		     : n == 3 ? p[0] & 0x0fU
			      : p[0] & 0x07U;
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3fU);
	return c;
}

/*
 * Those that HarfBuzz joins or orders only when it is told what they are, by
 * ISO 15924; first and last of each block.
 */
static const struct {
	uint32_t first, last;
	const char *name;
} scripts[] = {
	{ 0x0590, 0x05ff, "Hebr" },
	{ 0x0600, 0x06ff, "Arab" },
	{ 0x0700, 0x074f, "Syrc" },
	{ 0x0750, 0x077f, "Arab" },
	{ 0x0780, 0x07bf, "Thaa" },
	{ 0x07c0, 0x07ff, "Nkoo" },
	{ 0x08a0, 0x08ff, "Arab" },
	{ 0x0900, 0x097f, "Deva" },
	{ 0x0980, 0x09ff, "Beng" },
	{ 0x0a00, 0x0a7f, "Guru" },
	{ 0x0a80, 0x0aff, "Gujr" },
	{ 0x0b00, 0x0b7f, "Orya" },
	{ 0x0b80, 0x0bff, "Taml" },
	{ 0x0c00, 0x0c7f, "Telu" },
	{ 0x0c80, 0x0cff, "Knda" },
	{ 0x0d00, 0x0d7f, "Mlym" },
	{ 0x0d80, 0x0dff, "Sinh" },
	{ 0x0e00, 0x0e7f, "Thai" },
	{ 0x0e80, 0x0eff, "Laoo" },
	{ 0x0f00, 0x0fff, "Tibt" },
	{ 0x1000, 0x109f, "Mymr" },
	{ 0x1100, 0x11ff, "Hang" },
	{ 0x1780, 0x17ff, "Khmr" },
	{ 0x1800, 0x18af, "Mong" },
	{ 0xfb1d, 0xfb4f, "Hebr" },
	{ 0xfb50, 0xfdff, "Arab" },
	{ 0xfe70, 0xfeff, "Arab" },
};

static const char *script_of(uint32_t c)
{
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		if (c >= scripts[i].first && c <= scripts[i].last)
			return scripts[i].name;
	return "Latn";
}

static bool leftwards(uint32_t c)
{
	return (c >= 0x590 && c < 0x900) || (c >= 0xfb1d && c < 0xfe00) ||
	       (c >= 0xfe70 && c < 0xff00) || (c >= 0x10800 && c < 0x11000);
}

struct run {
	char text[RUN];
	TTF_Font *font;
	const char *script;
	bool leftwards;
};

/* Spaces and marks go with what stands before them. */
static bool joins(uint32_t c)
{
	return c == ' ' || (c >= 0x300 && c < 0x370) || c == 0x200c ||
	       c == 0x200d || (c >= 0xfe00 && c < 0xfe10);
}

/*
 * The next run of the text; how many bytes it is. The text as a whole goes
 * rightwards, so spaces after a run that goes leftwards are not part of it.
 */
static size_t next_run(struct orl_letters *l, enum orl_face face,
		const char *text, size_t n, struct run *run)
{
	size_t used = 0, out = 0;
	int font = -1;
	while (used < n && out + 4 < RUN) {
		size_t step = orl_utf8_size(text + used, n - used);
		uint32_t c = step ? decode(text + used, step) : 0xfffd;
		if (font < 0 || !joins(c)) {
			int f = font_for(l, face, c);
			const char *script = script_of(c);
			if (font >= 0 && (f != font || script != run->script))
				break;
			font = f;
			run->script = script;
			run->leftwards = leftwards(c);
		}
		memcpy(run->text + out, step ? text + used : "\xef\xbf\xbd",
				step ? step : 3);
		out += step ? step : 3;
		used += step ? step : 1;
	}
	while (font >= 0 && run->leftwards && out > 1 &&
			run->text[out - 1] == ' ') {
		out--;
		used--;
	}
	run->text[out] = '\0';
	run->font = l->fonts[face][font < 0 ? 0 : font];
	TTF_SetFontDirection(run->font,
			run->leftwards ? TTF_DIRECTION_RTL : TTF_DIRECTION_LTR);
	TTF_SetFontScriptName(run->font, run->script);
	return used;
}

static int text_width(
		void *user, enum orl_face face, const char *text, size_t n)
{
	struct orl_letters *l = user;
	struct run run;
	int all = 0;
	while (n) {
		int w = 0;
		size_t used = next_run(l, face, text, n, &run);
		TTF_SizeUTF8(run.font, run.text, &w, NULL);
		all += w;
		text += used;
		n -= used;
	}
	explicit_bzero(run.text, sizeof(run.text));
	return all;
}

static int text_height(void *user, enum orl_face face)
{
	struct orl_letters *l = user;
	return TTF_FontHeight(l->fonts[face][0]) + 2 * l->scale;
}

static SDL_Color colour_of(uint32_t rgb)
{
	return (SDL_Color){ (Uint8)(rgb >> 16), (Uint8)(rgb >> 8), (Uint8)rgb,
		255 };
}

static void draw_text(void *user, enum orl_face face, int32_t x, int32_t y,
		struct oriel_rect clip, uint32_t rgb, const char *text,
		size_t n)
{
	struct orl_letters *l = user;
	int ascent = TTF_FontAscent(l->fonts[face][0]) + l->scale;
	SDL_Rect box = { clip.x, clip.y, clip.width, clip.height };
	struct run run;
	if (!l->surface)
		return;
	SDL_SetClipRect(l->surface, &box);
	while (n) {
		size_t used = next_run(l, face, text, n, &run);
		SDL_Surface *s = TTF_RenderUTF8_Blended(
				run.font, run.text, colour_of(rgb));
		if (s) {
			SDL_Rect at = { x,
				y + ascent - TTF_FontAscent(run.font), s->w,
				s->h };
			SDL_BlitSurface(s, NULL, l->surface, &at);
			x += s->w;
			SDL_FreeSurface(s);
		}
		text += used;
		n -= used;
	}
	SDL_SetClipRect(l->surface, NULL);
}

/* How much of pixel (x, y), from the corner's outside, a circle covers. */
static unsigned covered(int x, int y, int radius)
{
	unsigned in = 0;
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < 4; k++) {
			int dx = 8 * (radius - x) - (2 * i + 1);
			int dy = 8 * (radius - y) - (2 * k + 1);
			in += dx * dx + dy * dy <= 64 * radius * radius;
		}
	return in;
}

static void mix(SDL_Surface *s, int x, int y, uint32_t rgb, unsigned part)
{
	if (x < 0 || y < 0 || x >= s->w || y >= s->h)
		return;
	uint32_t *p = (uint32_t *)(void *)((char *)s->pixels +
					   (ptrdiff_t)y * s->pitch) +
		      x;
	uint32_t out = 0;
	for (int shift = 0; shift < 24; shift += 8)
		out |= ((*p >> shift & 0xff) * (16 - part) +
				       (rgb >> shift & 0xff) * part) /
				       16
		       << shift;
	*p = out;
}

static void fill_box(void *user, struct oriel_rect r, uint32_t rgb, int radius)
{
	struct orl_letters *l = user;
	SDL_Surface *s = l->surface;
	if (!s || r.width <= 0 || r.height <= 0)
		return;
	if (2 * radius > r.width || 2 * radius > r.height || radius < 0)
		radius = 0;
	SDL_Rect parts[] = {
		{ r.x, r.y + radius, r.width, r.height - 2 * radius },
		{ r.x + radius, r.y, r.width - 2 * radius, radius },
		{ r.x + radius, r.y + r.height - radius, r.width - 2 * radius,
				radius },
	};
	SDL_FillRects(s, parts, radius ? 3 : 1, rgb);
	for (int y = 0; y < radius; y++)
		for (int x = 0; x < radius; x++) {
			unsigned part = covered(x, y, radius);
			int x2 = r.x + r.width - 1 - x;
			int y2 = r.y + r.height - 1 - y;
			mix(s, r.x + x, r.y + y, rgb, part);
			mix(s, x2, r.y + y, rgb, part);
			mix(s, r.x + x, y2, rgb, part);
			mix(s, x2, y2, rgb, part);
		}
}

void orl_letters_target(struct orl_letters *l, SDL_Surface *surface)
{
	l->surface = surface;
}

const struct orl_painter *orl_letters_painter(struct orl_letters *l)
{
	return &l->painter;
}

int orl_letters_create(struct orl_letters **out, int scale)
{
	struct orl_letters *l = calloc(1, sizeof(*l));
	if (!l)
		return ORIEL_ENOMEM;
	l->painter = (struct orl_painter){ l, text_width, text_height, fill_box,
		draw_text };
	l->scale = scale;
	l->config = FcInitLoadConfigAndFonts();
	if (!l->config || TTF_Init() != 0) {
		if (l->config)
			FcConfigDestroy(l->config);
		free(l);
		return ORIEL_ENOTSUP;
	}
	for (int i = 0; i < ORL_FACES; i++) {
		l->fonts[i][0] = open_match(l, (enum orl_face)i, 0);
		if (!l->fonts[i][0]) {
			orl_letters_destroy(l);
			return ORIEL_ENOTSUP;
		}
		l->n[i] = 1;
	}
	*out = l;
	return 0;
}

void orl_letters_destroy(struct orl_letters *l)
{
	if (!l)
		return;
	for (int i = 0; i < ORL_FACES; i++)
		for (int k = 0; k < l->n[i]; k++)
			TTF_CloseFont(l->fonts[i][k]);
	TTF_Quit();
	FcConfigDestroy(l->config);
	free(l);
}

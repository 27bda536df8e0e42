/*
 * panel.c - see panel.h. All lengths are given at scale 1. A widget takes the
 * next number if it can have the focus, looks at what happened, draws itself
 * if this call draws, and moves p->y down.
 */
#include <stdio.h>
#include <string.h>

#include "client/viewer/panel.h"
#include "client/viewer/text.h"

enum {
	MARGIN = 20,
	GAP = 10,
	PAD = 8, /* inside a control */
	ROUND = 5,
	LABEL = 150, /* the first column of facts */
	ROWS = 5,    /* of a list, at once */
};

enum colour {
	PAPER = 0xfbfbfa,
	EDGE = 0xc4c9d0,
	INK = 0x1d2126,
	SOFT = 0x5a626c,
	FAINT = 0xe6e9ed,
	WHITE = 0xffffff,
	TINT = 0xe4ecf8,
	ACCENT = 0x2458a6,
	ACCENT_HOT = 0x1c4787,
	RED = 0xa82a1e,
	GREEN = 0x24733a,
};

static int px(const struct orl_panel *p, int n)
{
	return n * p->scale;
}

static int tall(const struct orl_panel *p, enum orl_face face)
{
	return p->painter->height(p->painter->user, face);
}

static int wide(const struct orl_panel *p, enum orl_face face, const char *text,
		size_t n)
{
	return p->painter->width(p->painter->user, face, text, n);
}

static void fill(const struct orl_panel *p, struct oriel_rect r, uint32_t rgb,
		int radius)
{
	if (p->draw)
		p->painter->fill(p->painter->user, r, rgb, px(p, radius));
}

static void text_in(const struct orl_panel *p, enum orl_face face, int32_t x,
		int32_t y, struct oriel_rect clip, uint32_t rgb,
		const char *text, size_t n)
{
	if (p->draw && n)
		p->painter->text(p->painter->user, face, x, y, clip, rgb, text,
				n);
}

static struct oriel_rect shrink(struct oriel_rect r, int by)
{
	return (struct oriel_rect){ r.x + by, r.y + by, r.width - 2 * by,
		r.height - 2 * by };
}

static bool inside(struct oriel_rect r, int32_t x, int32_t y)
{
	return x >= r.x && y >= r.y && x < r.x + r.width && y < r.y + r.height;
}

/* The next rectangle across the panel. */
static struct oriel_rect row(struct orl_panel *p, int32_t height)
{
	struct oriel_rect r = { p->left, p->y, p->across, height };
	p->y += height;
	return r;
}

void orl_panel_open(struct orl_panel *p, int focus)
{
	p->focus = focus;
	p->hot = p->held = -1;
	p->count = 0;
	p->height = 0;
}

/* Keys that move the focus; widgets never see them. */
static void move_focus(struct orl_panel *p)
{
	if (!p->count)
		return;
	if (p->in.key == ORL_KEY_TAB)
		p->focus = p->focus + 1 < p->count ? p->focus + 1 : 0;
	if (p->in.key == ORL_KEY_BACKTAB)
		p->focus = p->focus > 0 ? p->focus - 1 : p->count - 1;
}

void orl_panel_begin(struct orl_panel *p, const struct orl_panel_input *in,
		bool draw)
{
	static const struct orl_panel_input nothing = { .x = -1, .y = -1 };
	p->in = in ? *in : nothing;
	p->draw = draw;
	p->next = 0;
	p->y = px(p, MARGIN);
	p->left = px(p, MARGIN);
	p->across = p->width - 2 * px(p, MARGIN);
	move_focus(p);
	if (in)
		p->hot = -1;
	fill(p, (struct oriel_rect){ 0, 0, p->width, p->height }, EDGE, 0);
	fill(p,
			shrink((struct oriel_rect){ 0, 0, p->width, p->height },
					p->scale),
			PAPER, 0);
}

void orl_panel_column(struct orl_panel *p, int i, int n)
{
	int32_t all = p->width - 2 * px(p, MARGIN), gap = px(p, 2 * MARGIN);
	if (i == 0)
		p->top = p->bottom = p->y;
	if (p->y > p->bottom)
		p->bottom = p->y;
	p->y = p->top;
	p->across = (all - (n - 1) * gap) / n;
	p->left = px(p, MARGIN) + i * (p->across + gap);
}

void orl_panel_columns_end(struct orl_panel *p)
{
	p->y = p->y > p->bottom ? p->y : p->bottom;
	p->left = px(p, MARGIN);
	p->across = p->width - 2 * px(p, MARGIN);
}

void orl_panel_end(struct orl_panel *p)
{
	p->count = p->next;
	p->height = p->y + px(p, MARGIN) - px(p, GAP);
	if (p->in.released)
		p->held = -1;
}

/* ---- text ---- */

/* Bytes of the longest beginning that is at most so wide, at least one. */
static size_t fitting(const struct orl_panel *p, enum orl_face face,
		const char *text, size_t n, int width)
{
	size_t used = 0, word = 0;
	while (used < n) {
		size_t step = orl_utf8_size(text + used, n - used);
		step = step ? step : 1;
		if (used && wide(p, face, text, used + step) > width)
			return word ? word : used;
		used += step;
		if (used == n || text[used] == ' ')
			word = used;
	}
	return n;
}

/* In lines that break between words, or in a word that is too long. */
static void paragraph(struct orl_panel *p, enum orl_face face, uint32_t rgb,
		const char *text)
{
	int32_t width = p->across;
	while (*text) {
		size_t n = strcspn(text, "\n");
		size_t line = fitting(p, face, text, n, width);
		struct oriel_rect r = row(p, tall(p, face));
		text_in(p, face, r.x, r.y, r, rgb, text, line);
		text += line;
		if (line == n && *text == '\n')
			text++;
		text += strspn(text, " ");
	}
	p->y += px(p, GAP);
}

void orl_panel_title(struct orl_panel *p, const char *text)
{
	paragraph(p, ORL_FACE_TITLE, INK, orl_text(text));
}

void orl_panel_text(struct orl_panel *p, const char *text)
{
	paragraph(p, ORL_FACE_TEXT, INK, orl_text(text));
}

void orl_panel_note(struct orl_panel *p, const char *text)
{
	paragraph(p, ORL_FACE_TEXT, SOFT, orl_text(text));
}

void orl_panel_warning(struct orl_panel *p, const char *text)
{
	paragraph(p, ORL_FACE_BOLD, RED, orl_text(text));
}

void orl_panel_group(char lines[2][ORL_GROUPED], const char *hex)
{
	size_t n = strlen(hex);
	for (size_t k = 0; k < 2; k++) {
		size_t used = 0;
		for (size_t i = 32 * k; i < n && i < 32 * (k + 1); i++) {
			if (i % 4 == 0 && i % 32)
				lines[k][used++] = ' ';
			lines[k][used++] = hex[i];
		}
		lines[k][used] = '\0';
	}
}

void orl_panel_fingerprint(struct orl_panel *p, const char *hex)
{
	char lines[2][ORL_GROUPED];
	int line = tall(p, ORL_FACE_MONO);
	struct oriel_rect box = row(p, 2 * line + 2 * px(p, PAD));
	orl_panel_group(lines, hex);
	fill(p, box, FAINT, ROUND);
	for (int i = 0; i < 2; i++)
		text_in(p, ORL_FACE_MONO, box.x + px(p, PAD + 4),
				box.y + px(p, PAD) + i * line, box, INK,
				lines[i], strlen(lines[i]));
	p->y += px(p, GAP);
}

void orl_panel_step(struct orl_panel *p, enum orl_step step, const char *text)
{
	static const char *const marks[] = { "\u2713", "\u203a", "\u00b7" };
	static const uint32_t colours[] = { GREEN, INK, SOFT };
	enum orl_face face =
			step == ORL_STEP_NOW ? ORL_FACE_BOLD : ORL_FACE_TEXT;
	struct oriel_rect r = row(p, tall(p, face) + px(p, 4));
	const char *mark = marks[step];
	text = orl_text(text);
	text_in(p, face, r.x + px(p, 4), r.y, r, colours[step], mark,
			strlen(mark));
	text_in(p, face, r.x + px(p, 26), r.y, r,
			step == ORL_STEP_LATER ? SOFT : INK, text,
			strlen(text));
}

void orl_panel_fact(struct orl_panel *p, const char *name, const char *value,
		bool mark)
{
	struct oriel_rect r = row(p, tall(p, ORL_FACE_TEXT) + px(p, 3));
	text_in(p, ORL_FACE_TEXT, r.x, r.y, r, SOFT, name, strlen(name));
	text_in(p, mark ? ORL_FACE_BOLD : ORL_FACE_TEXT, r.x + px(p, LABEL),
			r.y, r, mark ? (uint32_t)GREEN : (uint32_t)INK, value,
			strlen(value));
}

/* ---- what can have the focus ---- */

struct touch {
	bool focused, hot, down, clicked;
};

/* Number, focus and pointer of a widget that is at r. */
static struct touch touch(struct orl_panel *p, struct oriel_rect r)
{
	int me = p->next++;
	bool over = inside(r, p->in.x, p->in.y);
	struct touch t = { 0 };
	if (over)
		p->hot = me;
	if (over && p->in.pressed) {
		p->held = me;
		p->focus = me;
	}
	t.clicked = over && p->in.released && p->held == me;
	t.focused = p->focus == me;
	t.hot = p->hot == me;
	t.down = t.hot && p->held == me;
	return t;
}

static void frame(struct orl_panel *p, struct oriel_rect r, bool focused,
		uint32_t edge, uint32_t inner)
{
	if (focused) {
		fill(p, shrink(r, -2 * p->scale), ACCENT, ROUND + 2);
		fill(p, shrink(r, -p->scale), PAPER, ROUND + 1);
	}
	fill(p, r, edge, ROUND);
	fill(p, shrink(r, p->scale), inner, ROUND - 1);
}

static bool edit(struct orl_field *f, const struct orl_panel_input *in)
{
	bool any = false;
	switch (in->key) {
	case ORL_KEY_LEFT:
		orl_field_left(f);
		break;
	case ORL_KEY_RIGHT:
		orl_field_right(f);
		break;
	case ORL_KEY_HOME:
		f->caret = 0;
		break;
	case ORL_KEY_END:
		f->caret = strlen(f->text);
		break;
	case ORL_KEY_BACKSPACE:
		return orl_field_backspace(f);
	case ORL_KEY_DELETE:
		return orl_field_delete(f);
	case ORL_KEY_CLEAR:
		any = f->text[0] != '\0';
		orl_field_wipe(f);
		break;
	default:
		break;
	}
	return (in->text && orl_field_insert(f, in->text)) || any;
}

/* What is shown for the text, and where in it the caret is. */
static size_t shown(char *out, size_t size, const struct orl_field *f)
{
	size_t n = 0, caret = 0, length = strlen(f->text);
	if (!f->secret) {
		memcpy(out, f->text, length + 1);
		return f->caret;
	}
	for (size_t i = 0; i < length && n + 4 < size;) {
		if (i == f->caret)
			caret = n;
		size_t step = orl_utf8_size(f->text + i, length - i);
		i += step ? step : 1;
		memcpy(out + n, "\u2022", 3);
		n += 3;
	}
	out[n] = '\0';
	return f->caret >= length ? n : caret;
}

static void draw_field(struct orl_panel *p, struct oriel_rect box,
		const struct orl_field *f, bool focused)
{
	char line[3 * ORL_FIELD_SIZE];
	size_t caret = shown(line, sizeof(line), f);
	struct oriel_rect clip = shrink(box, px(p, 3));
	int32_t room = box.width - 2 * px(p, PAD) - p->scale;
	int32_t at = wide(p, ORL_FACE_TEXT, line, caret);
	int32_t x = box.x + px(p, PAD), y = box.y + px(p, PAD) - p->scale;
	if (at > room)
		x -= at - room;
	frame(p, box, focused, EDGE, WHITE);
	text_in(p, ORL_FACE_TEXT, x, y, clip, INK, line, strlen(line));
	if (focused)
		fill(p,
				(struct oriel_rect){ x + at, y, p->scale,
						tall(p, ORL_FACE_TEXT) },
				INK, 0);
	explicit_bzero(line, sizeof(line));
}

static void label(struct orl_panel *p, const char *text)
{
	struct oriel_rect r = row(p, tall(p, ORL_FACE_TEXT) + px(p, 4));
	text_in(p, ORL_FACE_TEXT, r.x, r.y, r, SOFT, text, strlen(text));
}

bool orl_panel_field(struct orl_panel *p, const char *name, struct orl_field *f)
{
	label(p, orl_text(name));
	struct oriel_rect box = row(p,
			tall(p, ORL_FACE_TEXT) + 2 * px(p, PAD) - 2 * p->scale);
	struct touch t = touch(p, box);
	bool changed = t.focused && edit(f, &p->in);
	/* Typed letters are this field's, whatever they mean elsewhere. */
	if (t.focused && p->in.key == ORL_KEY_SPACE)
		p->in.key = ORL_KEY_NONE;
	if (t.focused && (p->in.key == ORL_KEY_LEFT ||
					 p->in.key == ORL_KEY_RIGHT))
		p->in.key = ORL_KEY_NONE;
	if (p->draw)
		draw_field(p, box, f, t.focused);
	p->y += px(p, GAP);
	return changed;
}

static void walk(const struct orl_panel *p, int n, int *selected)
{
	if (p->in.key == ORL_KEY_DOWN && *selected + 1 < n)
		++*selected;
	else if (p->in.key == ORL_KEY_UP && *selected > 0)
		--*selected;
	else if (p->in.key == ORL_KEY_HOME)
		*selected = 0;
	else if (p->in.key == ORL_KEY_END)
		*selected = n - 1;
	else if (*selected < 0 && p->in.key == ORL_KEY_TAB)
		*selected = 0;
}

bool orl_panel_list(struct orl_panel *p, const char *name,
		const char *const *rows, int n, int *selected)
{
	int visible = n < ROWS ? n : ROWS;
	int line = tall(p, ORL_FACE_TEXT) + px(p, PAD);
	bool chosen = false;
	label(p, orl_text(name));
	struct oriel_rect box = row(p, visible * line + 2 * p->scale);
	struct touch t = touch(p, box);
	if (t.focused)
		walk(p, n, selected);
	int first = *selected >= visible ? *selected - visible + 1 : 0;
	frame(p, box, t.focused, EDGE, WHITE);
	for (int i = first; i < first + visible; i++) {
		struct oriel_rect r = { box.x + p->scale,
			box.y + p->scale + (i - first) * line,
			box.width - 2 * p->scale, line };
		if (t.clicked && inside(r, p->in.x, p->in.y)) {
			chosen |= p->in.clicks > 1 && *selected == i;
			*selected = i;
		}
		if (i == *selected)
			fill(p, r, TINT, ROUND - 1);
		text_in(p, ORL_FACE_TEXT, r.x + px(p, PAD),
				r.y + px(p, PAD) / 2, shrink(r, px(p, 2)), INK,
				rows[i], strlen(rows[i]));
	}
	if (t.focused && p->in.key == ORL_KEY_ENTER && *selected >= 0) {
		chosen = true;
		p->in.key = ORL_KEY_NONE;
	}
	p->y += px(p, GAP);
	return chosen;
}

/* Arrows walk on from one button or item to its neighbours, and around. */
static void step_focus(struct orl_panel *p, enum orl_panel_key back,
		enum orl_panel_key on)
{
	if (p->in.key == back && p->count)
		p->focus = p->focus > 0 ? p->focus - 1 : p->count - 1;
	else if (p->in.key == on && p->count)
		p->focus = p->focus + 1 < p->count ? p->focus + 1 : 0;
	else
		return;
	p->in.key = ORL_KEY_NONE;
}

static bool pressed(struct orl_panel *p, struct touch t)
{
	if (t.clicked)
		return true;
	if (!t.focused || (p->in.key != ORL_KEY_ENTER &&
					  p->in.key != ORL_KEY_SPACE))
		return false;
	p->in.key = ORL_KEY_NONE;
	return true;
}

bool orl_panel_item(struct orl_panel *p, const char *text, bool checked)
{
	struct oriel_rect r = row(p, tall(p, ORL_FACE_TEXT) + px(p, PAD));
	r = (struct oriel_rect){ r.x - px(p, PAD), r.y,
		r.width + 2 * px(p, PAD), r.height };
	struct touch t = touch(p, r);
	bool chosen = pressed(p, t);
	text = orl_text(text);
	if (t.focused)
		step_focus(p, ORL_KEY_UP, ORL_KEY_DOWN);
	if (p->focus == p->next - 1)
		fill(p, r, ACCENT, ROUND);
	else if (t.hot)
		fill(p, r, TINT, ROUND);
	uint32_t ink = p->focus == p->next - 1 ? WHITE : INK;
	text_in(p, ORL_FACE_TEXT, r.x + px(p, PAD), r.y + px(p, PAD) / 2, r,
			ink, text, strlen(text));
	if (checked)
		text_in(p, ORL_FACE_TEXT, r.x + r.width - px(p, 24),
				r.y + px(p, PAD) / 2, r, ink, "\u2713", 3);
	return chosen;
}

static void draw_button(struct orl_panel *p, struct oriel_rect r,
		const char *text, struct touch t, bool main)
{
	int w = wide(p, ORL_FACE_TEXT, text, strlen(text));
	uint32_t inner = t.down ? EDGE : t.hot ? TINT : WHITE;
	if (main)
		inner = t.hot ? ACCENT_HOT : ACCENT;
	frame(p, r, t.focused, main ? inner : EDGE, inner);
	text_in(p, ORL_FACE_TEXT, r.x + (r.width - w) / 2,
			r.y + (r.height - tall(p, ORL_FACE_TEXT)) / 2, r,
			main ? WHITE : INK, text, strlen(text));
}

int orl_panel_buttons(struct orl_panel *p, const char *const *labels, int n,
		int enter, int cancel)
{
	int widths[8], all = 0, chosen = -1;
	const char *texts[8];
	p->y += px(p, GAP) / 2;
	struct oriel_rect r = row(p,
			tall(p, ORL_FACE_TEXT) + 2 * px(p, PAD) - 2 * p->scale);
	for (int i = 0; i < n && i < 8; i++) {
		texts[i] = orl_text(labels[i]);
		widths[i] = wide(p, ORL_FACE_TEXT, texts[i], strlen(texts[i]));
		widths[i] += 2 * px(p, 16);
		if (widths[i] < px(p, 88))
			widths[i] = px(p, 88);
		all += widths[i] + (i ? px(p, GAP) : 0);
	}
	p->tight = all + 2 * px(p, MARGIN);
	r.x += r.width - all;
	for (int i = 0; i < n && i < 8; i++) {
		r.width = widths[i];
		struct touch t = touch(p, r);
		if (pressed(p, t))
			chosen = i;
		if (t.focused)
			step_focus(p, ORL_KEY_LEFT, ORL_KEY_RIGHT);
		if (p->draw)
			draw_button(p, r, texts[i], t, i == enter);
		r.x += r.width + px(p, GAP);
	}
	if (chosen < 0 && p->in.key == ORL_KEY_ENTER)
		chosen = enter;
	if (chosen < 0 && p->in.key == ORL_KEY_ESCAPE)
		chosen = cancel;
	p->y += px(p, GAP);
	return chosen;
}

/*
 * rdp_paint.c - pictures of an RDP server: the library's software painter
 * draws into the memory that oriel-serve maps.
 *
 * It draws on while oriel-serve looks: what changes then is reported again, so
 * that a picture may be torn for a moment and never stays so.
 */
#include <stdlib.h>
#include <string.h>

#include <freerdp/codec/color.h>
#include <freerdp/gdi/gdi.h>
#include <freerdp/graphics.h>

#include "capture/far/rdp.h"

enum { LIGHT_SCROLL = 1, LIGHT_NUM = 2, LIGHT_CAPS = 4 };

/* ---- pixels ------------------------------------------------------------ */

static void keep(void *pixels)
{
	(void)pixels; /* they are the helper's */
}

/* Say what has been drawn, when nothing is being looked at. */
static void flush(struct orl_rdp *r)
{
	if (!orl_helper_busy(&r->helper))
		orl_helper_frame(&r->helper);
}

void orl_rdp_answered(void *user)
{
	struct orl_rdp *r = user;

	pthread_mutex_lock(&r->paint);
	flush(r);
	pthread_mutex_unlock(&r->paint);
}

static int64_t min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t max(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* As many rectangles as there is room for; then one around them all. */
static void add(struct orl_rdp *r, const GDI_RGN *region)
{
	struct orl_helper *h = &r->helper;
	int64_t left = max(region->x, 0), top = max(region->y, 0);
	int64_t right = min((int64_t)region->x + region->w, h->width);
	int64_t bottom = min((int64_t)region->y + region->h, h->height);

	if (left >= right || top >= bottom)
		return;
	if (h->rect_count == ORL_FAR_RECTS) {
		for (size_t i = 0; i < h->rect_count; i++) {
			const struct oriel_rect *o = &h->rects[i];

			left = min(left, o->x);
			top = min(top, o->y);
			right = max(right, (int64_t)o->x + o->width);
			bottom = max(bottom, (int64_t)o->y + o->height);
		}
		h->rect_count = 0;
	}
	orl_helper_damage(h, (int32_t)left, (int32_t)top,
			(int32_t)(right - left), (int32_t)(bottom - top));
}

static BOOL begin_paint(rdpContext *context)
{
	HGDI_WND hwnd = context->gdi->primary->hdc->hwnd;

	hwnd->invalid->null = TRUE;
	hwnd->ninvalid = 0;
	return TRUE;
}

static BOOL end_paint(rdpContext *context)
{
	struct orl_rdp *r = orl_rdp_of(context);
	HGDI_WND hwnd = context->gdi->primary->hdc->hwnd;

	if (hwnd->invalid->null)
		return TRUE;
	pthread_mutex_lock(&r->paint);
	for (int i = 0; i < hwnd->ninvalid; i++)
		add(r, &hwnd->cinvalid[i]);
	flush(r);
	pthread_mutex_unlock(&r->paint);
	hwnd->invalid->null = TRUE;
	hwnd->ninvalid = 0;
	return TRUE;
}

static BOOL resize(rdpContext *context)
{
	struct orl_rdp *r = orl_rdp_of(context);
	int32_t width = (int32_t)context->settings->DesktopWidth;
	int32_t height = (int32_t)context->settings->DesktopHeight;
	BOOL done;

	if (width == r->helper.width && height == r->helper.height)
		return TRUE;
	pthread_mutex_lock(&r->paint);
	orl_helper_screen(&r->helper, width, height);
	done = gdi_resize_ex(context->gdi, (UINT32)width, (UINT32)height,
			(UINT32)width * 4, PIXEL_FORMAT_BGRX32,
			(BYTE *)r->helper.pixels, keep);
	pthread_mutex_unlock(&r->paint);
	return done;
}

/* ---- the pointer ------------------------------------------------------- */

struct pointer {
	rdpPointer base;
	uint32_t *pixels; /* premultiplied */
};

/* What a server without a picture of its own means: an arrow. */
static const char *const arrow[] = {
	"#           ",
	"##          ",
	"#.#         ",
	"#..#        ",
	"#...#       ",
	"#....#      ",
	"#.....#     ",
	"#......#    ",
	"#.......#   ",
	"#........#  ",
	"#.....##### ",
	"#..#..#     ",
	"#.# #..#    ",
	"##  #..#    ",
	"#    #..#   ",
	"     ####   ",
};

static struct pointer *pointer_of(rdpPointer *pointer)
{
	return (struct pointer *)(void *)pointer;
}

static BOOL pointer_new(rdpContext *context, rdpPointer *base)
{
	struct pointer *p = pointer_of(base);
	size_t n = (size_t)base->width * base->height;

	if (!n || base->width > ORL_FAR_CURSOR_SIDE ||
			base->height > ORL_FAR_CURSOR_SIDE)
		return FALSE;
	p->pixels = calloc(n, sizeof(*p->pixels));
	if (!p->pixels ||
			!freerdp_image_copy_from_pointer_data((BYTE *)p->pixels,
					PIXEL_FORMAT_BGRA32, 0, 0, 0,
					base->width, base->height,
					base->xorMaskData, base->lengthXorMask,
					base->andMaskData, base->lengthAndMask,
					base->xorBpp, &context->gdi->palette)) {
		free(p->pixels);
		p->pixels = NULL;
		return FALSE;
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t v = p->pixels[i], a = v >> 24;

		p->pixels[i] = a << 24 | (v >> 16 & 255) * a / 255 << 16 |
			       (v >> 8 & 255) * a / 255 << 8 |
			       (v & 255) * a / 255;
	}
	return TRUE;
}

static void pointer_free(rdpContext *context, rdpPointer *base)
{
	(void)context;
	free(pointer_of(base)->pixels);
	pointer_of(base)->pixels = NULL;
}

static BOOL pointer_set(rdpContext *context, const rdpPointer *base)
{
	const struct pointer *p = (const struct pointer *)(const void *)base;

	orl_helper_cursor(&orl_rdp_of(context)->helper, p->pixels,
			(int32_t)base->width, (int32_t)base->height,
			(int32_t)base->xPos, (int32_t)base->yPos);
	return TRUE;
}

static BOOL pointer_hide(rdpContext *context)
{
	orl_helper_cursor(&orl_rdp_of(context)->helper, NULL, 0, 0, 0, 0);
	return TRUE;
}

static BOOL pointer_default(rdpContext *context)
{
	enum { WIDTH = 12, HEIGHT = sizeof(arrow) / sizeof(arrow[0]) };
	uint32_t pixels[WIDTH * HEIGHT];

	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++)
			pixels[y * WIDTH + x] = arrow[y][x] == '#' ? 0xff000000
						: arrow[y][x] == '.'
								? 0xffffffff
								: 0;
	orl_helper_cursor(&orl_rdp_of(context)->helper, pixels, WIDTH, HEIGHT,
			0, 0);
	return TRUE;
}

static BOOL pointer_at(rdpContext *context, UINT32 x, UINT32 y)
{
	orl_helper_pointer(
			&orl_rdp_of(context)->helper, (int32_t)x, (int32_t)y);
	return TRUE;
}

static BOOL lights(rdpContext *context, UINT16 flags)
{
	orl_helper_lights(&orl_rdp_of(context)->helper,
			(flags & LIGHT_SCROLL ? ORIEL_LOCK_SCROLL : 0u) |
					(flags & LIGHT_NUM ? ORIEL_LOCK_NUM
							   : 0u) |
					(flags & LIGHT_CAPS ? ORIEL_LOCK_CAPS
							    : 0u));
	return TRUE;
}

/* ---- what the library ends for, when nobody is told ------------------- */

static BOOL bell(rdpContext *context, const PLAY_SOUND_UPDATE *sound)
{
	(void)context;
	(void)sound;
	return TRUE;
}

static BOOL input_method(
		rdpContext *context, UINT16 id, UINT32 state, UINT32 conversion)
{
	(void)context;
	(void)id;
	(void)state;
	(void)conversion;
	return TRUE;
}

static BOOL status_info(rdpContext *context, UINT32 status)
{
	(void)context;
	(void)status;
	return TRUE;
}

/* ------------------------------------------------------------------------ */

BOOL orl_rdp_paint_begin(freerdp *instance)
{
	struct orl_rdp *r = orl_rdp_of(instance->context);
	rdpPointer pointer = { .size = sizeof(struct pointer),
		.New = pointer_new,
		.Free = pointer_free,
		.Set = pointer_set,
		.SetNull = pointer_hide,
		.SetDefault = pointer_default,
		.SetPosition = pointer_at };
	int32_t width = (int32_t)instance->settings->DesktopWidth;

	orl_helper_screen(&r->helper, width,
			(int32_t)instance->settings->DesktopHeight);
	if (!gdi_init_ex(instance, PIXEL_FORMAT_BGRX32, (UINT32)width * 4,
			    (BYTE *)r->helper.pixels, keep))
		return FALSE;
	graphics_register_pointer(instance->context->graphics, &pointer);
	instance->update->BeginPaint = begin_paint;
	instance->update->EndPaint = end_paint;
	instance->update->DesktopResize = resize;
	instance->update->SetKeyboardIndicators = lights;
	instance->update->PlaySound = bell;
	instance->update->SetKeyboardImeStatus = input_method;
	instance->update->ServerStatusInfo = status_info;
	return TRUE;
}

void orl_rdp_paint_end(freerdp *instance)
{
	gdi_free(instance);
}

/*
 * svg.c - see svg.h.
 */
#include "bench/svg.h"

#include <math.h>

enum {
	WIDTH = 400,
	HEIGHT = 250,
	LEFT = 46,
	RIGHT = 12,
	TOP = 26,
	BOTTOM = 38,
	TICKS = 5,
};

void html_text(FILE *out, const char *s)
{
	for (; *s; s++)
		switch (*s) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			putc((unsigned char)*s < 0x20 ? ' ' : *s, out);
		}
}

double svg_step(double min, double max, int n)
{
	double rough = (max - min) / n;
	if (!(rough > 0))
		return 1;
	double power = pow(10, floor(log10(rough)));
	double rest = rough / power;
	return power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
}

static double share(const struct svg_axis *a, double v)
{
	if (a->log) {
		v = v < a->min ? a->min : v;
		return log(v / a->min) / log(a->max / a->min);
	}
	return (v - a->min) / (a->max - a->min);
}

static double x_of(const struct svg *c, double v)
{
	return LEFT + share(&c->x, v) * (WIDTH - LEFT - RIGHT);
}

static double y_of(const struct svg *c, double v)
{
	return HEIGHT - BOTTOM - share(&c->y, v) * (HEIGHT - TOP - BOTTOM);
}

static void tick(struct svg *c, bool of_x, double v)
{
	if (of_x)
		fprintf(c->out,
				"<path class=g d=\"M%.1f %dV%d\"/>"
				"<text class=m x=%.1f y=%d>%g</text>\n",
				x_of(c, v), TOP, HEIGHT - BOTTOM, x_of(c, v),
				HEIGHT - BOTTOM + 14, v);
	else
		fprintf(c->out,
				"<path class=g d=\"M%d %.1fH%d\"/>"
				"<text class=e x=%d y=%.1f>%g</text>\n",
				LEFT, y_of(c, v), WIDTH - RIGHT, LEFT - 5,
				y_of(c, v) + 4, v);
}

static void ticks(struct svg *c, bool of_x)
{
	const struct svg_axis *a = of_x ? &c->x : &c->y;
	if (a->log) {
		for (double v = pow(10, ceil(log10(a->min) - 1e-9));
				v <= a->max * 1.0001; v *= 10)
			tick(c, of_x, v);
		return;
	}
	double step = svg_step(a->min, a->max, TICKS);
	double v = ceil(a->min / step - 1e-9) * step;
	for (int i = 0; i < 3 * TICKS && v <= a->max + step * 1e-6; i++) {
		tick(c, of_x, fabs(v) < step * 1e-6 ? 0 : v);
		v += step;
	}
}

static void make_sound(struct svg_axis *a)
{
	if (!isfinite(a->min) || !isfinite(a->max)) {
		a->min = a->log ? 1 : 0;
		a->max = 10;
	}
	if (a->log && a->min <= 0)
		a->min = 1;
	if (a->max <= a->min)
		a->max = a->log ? a->min * 10 : a->min + 1;
}

void svg_begin(struct svg *c, FILE *out, const char *title, struct svg_axis x,
		struct svg_axis y)
{
	*c = (struct svg){ out, x, y };
	make_sound(&c->x);
	make_sound(&c->y);
	fprintf(out, "<svg viewBox=\"0 0 %d %d\" role=img><title>", WIDTH,
			HEIGHT);
	html_text(out, title);
	fprintf(out, "</title><text class=t x=%d y=15>", LEFT);
	html_text(out, title);
	fputs("</text>\n", out);
	ticks(c, true);
	ticks(c, false);
	fprintf(out, "<text class=e x=%d y=%d>", WIDTH - RIGHT, HEIGHT - 6);
	html_text(out, x.label);
	fprintf(out, "</text><text class=e x=%d y=15>", WIDTH - RIGHT);
	html_text(out, y.label);
	fputs("</text>\n", out);
}

void svg_end(struct svg *c)
{
	fputs("</svg>\n", c->out);
}

void svg_line(struct svg *c, const double *x, const double *y, size_t n,
		size_t colour)
{
	const char *command = "M";
	fprintf(c->out, "<path class=\"l s%zu\" d=\"", colour % SVG_COLOURS);
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(x[i]) || !isfinite(y[i])) {
			command = "M";
			continue;
		}
		fprintf(c->out, "%s%.1f %.1f", command, x_of(c, x[i]),
				y_of(c, y[i]));
		command = "L";
	}
	fputs("\"/>\n", c->out);
}

void svg_dot(struct svg *c, double x, double y, size_t colour,
		const char *title)
{
	if (!isfinite(x) || !isfinite(y))
		return;
	fprintf(c->out,
			"<circle class=\"d s%zu\" cx=%.1f cy=%.1f r=4.5>"
			"<title>",
			colour % SVG_COLOURS, x_of(c, x), y_of(c, y));
	html_text(c->out, title);
	fputs("</title></circle>\n", c->out);
}

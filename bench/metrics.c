/*
 * metrics.c - see metrics.h.
 *
 * Staleness. The mark of a frame samples one block of what it has changed. The
 * frame is fresh from the moment that this block is right, and if it never
 * was, from the moment that the frame which painted over it is. A mark
 * further on says nothing about this block: a sender that hurries some parts
 * of the picture ahead of others gains nothing by it.
 */
#include "bench/metrics.h"

#include <math.h>
#include <stdlib.h>

enum { WINDOW = 8, COLOURS = 12, EDGE = 40, EDGES = 6 };

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

struct quantiles metrics_quantiles(double *v, size_t n)
{
	if (!n)
		return (struct quantiles){ NAN, NAN, NAN, NAN };
	qsort(v, n, sizeof(*v), by_value);
	size_t last = n - 1;
	size_t p95 = (size_t)(0.95 * (double)n);
	size_t p99 = (size_t)(0.99 * (double)n);
	return (struct quantiles){ v[n / 2], v[p95 < last ? p95 : last],
		v[p99 < last ? p99 : last], v[last] };
}

double metrics_median(double *v, size_t n)
{
	if (!n)
		return NAN;
	qsort(v, n, sizeof(*v), by_value);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* When each frame became fresh, 0 for never. */
static void resolve(uint64_t *fresh, const struct sighting *f, uint32_t n)
{
	for (uint32_t i = n; i-- > 0;) {
		uint32_t next = f[i].marked ? f[i].covered : i + 1;
		fresh[i] = f[i].marked ? f[i].seen : 0;
		if (!fresh[i] && next > i && next < n)
			fresh[i] = fresh[next];
	}
}

static int by_time(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static double longest_freeze(const struct sighting *f, const uint64_t *fresh,
		uint32_t n, uint64_t end)
{
	uint64_t *events = malloc(((size_t)n + 1) * sizeof(*events));
	uint64_t worst = 0, before = 0;
	size_t count = 0;
	if (!events)
		return NAN;
	for (uint32_t i = 0; i < n; i++)
		if (f[i].marked && f[i].seen)
			events[count++] = f[i].seen;
	qsort(events, count, sizeof(*events), by_time);
	events[count++] = end;
	for (size_t k = 0; k < count; k++) {
		uint64_t waiting = UINT64_MAX;
		for (uint32_t i = 0; i < n; i++) {
			uint64_t until = fresh[i] ? fresh[i] : end;
			if (f[i].marked && f[i].submit && until >= events[k] &&
					f[i].submit < waiting)
				waiting = f[i].submit;
		}
		if (waiting < before)
			waiting = before;
		if (waiting < events[k] && events[k] - waiting > worst)
			worst = events[k] - waiting;
		before = events[k];
	}
	free(events);
	return 1e-6 * (double)worst;
}

static double ms_between(uint64_t from, uint64_t to)
{
	return to > from ? 1e-6 * (double)(to - from) : 0;
}

static void count_frames(struct freshness *out, double *latency, size_t *shown,
		const struct sighting *f, const uint64_t *fresh, uint32_t n)
{
	uint64_t newer = UINT64_MAX; /* the earliest sight of a newer frame */
	for (uint32_t i = n; i-- > 0;) {
		if (!f[i].marked || !f[i].submit)
			continue;
		out->frames++;
		if (!f[i].seen) {
			if (fresh[i])
				out->covered++;
			else
				out->missing++;
			continue;
		}
		if (f[i].seen < newer) {
			out->shown++;
			latency[(*shown)++] =
					ms_between(f[i].submit, f[i].seen);
			newer = f[i].seen;
		} else {
			out->merged++;
		}
	}
}

void metrics_freshness(struct freshness *out, double *stale,
		const struct sighting *f, uint32_t n, uint64_t end)
{
	uint64_t *fresh = malloc((size_t)n * sizeof(*fresh) + 1);
	double *values = malloc((size_t)n * sizeof(*values) + 1);
	size_t count = 0;
	*out = (struct freshness){ 0 };
	out->latency = out->staleness = metrics_quantiles(NULL, 0);
	if (!fresh || !values)
		goto done;
	resolve(fresh, f, n);
	count_frames(out, values, &count, f, fresh, n);
	out->latency = metrics_quantiles(values, count);
	count = 0;
	for (uint32_t i = 0; i < n; i++) {
		stale[i] = NAN;
		if (!f[i].marked || !f[i].submit)
			continue;
		stale[i] = fresh[i] ? ms_between(f[i].submit, fresh[i]) : -1;
		values[count++] = ms_between(
				f[i].submit, fresh[i] ? fresh[i] : end);
	}
	out->staleness = metrics_quantiles(values, count);
	out->freeze = longest_freeze(f, fresh, n, end);
done:
	free(fresh);
	free(values);
}

/* ---- pictures */

static int luma(uint32_t p)
{
	return (int)(114 * (p & 255) + 587 * (p >> 8 & 255) +
			       299 * (p >> 16 & 255)) /
	       1000;
}

static int channel(uint32_t p, int k)
{
	return (int)(p >> 8 * k & 255);
}

static double psnr_of(double squares, double values)
{
	return squares > 0 ? 10 * log10(255.0 * 255.0 * values / squares) : 99;
}

static double window_ssim(const uint32_t *a, const uint32_t *b, size_t stride)
{
	int64_t sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
	for (size_t y = 0; y < WINDOW; y++)
		for (size_t x = 0; x < WINDOW; x++) {
			int p = luma(a[y * stride + x]);
			int q = luma(b[y * stride + x]);
			sa += p;
			sb += q;
			saa += p * p;
			sbb += q * q;
			sab += p * q;
		}
	const double n = WINDOW * WINDOW, c1 = 6.5025, c2 = 58.5225;
	double ma = (double)sa / n, mb = (double)sb / n;
	double va = (double)saa / n - ma * ma, vb = (double)sbb / n - mb * mb;
	double cov = (double)sab / n - ma * mb;
	return (2 * ma * mb + c1) * (2 * cov + c2) /
	       ((ma * ma + mb * mb + c1) * (va + vb + c2));
}

static double squares_of(struct comparison *c, const uint32_t *truth,
		const uint32_t *shown, int32_t width, int32_t height)
{
	double squares = 0;
	c->x = width;
	c->y = height;
	for (int32_t y = 0; y < height; y++) {
		const uint32_t *a = truth + (size_t)y * (size_t)width;
		const uint32_t *b = shown + (size_t)y * (size_t)width;
		for (int32_t x = 0; x < width; x++) {
			if (!((a[x] ^ b[x]) & 0xffffff))
				continue;
			for (int k = 0; k < 3; k++) {
				int e = channel(a[x], k) - channel(b[x], k);
				squares += e * e;
			}
			c->wrong++;
			c->x = x < c->x ? x : c->x;
			c->y = y < c->y ? y : c->y;
			c->right = x >= c->right ? x + 1 : c->right;
			c->bottom = y + 1;
		}
	}
	return squares;
}

void metrics_compare(struct comparison *c, const uint32_t *truth,
		const uint32_t *shown, const uint8_t *text, int32_t width,
		int32_t height)
{
	double sum[2] = { 0 };
	size_t n[2] = { 0 }, stride = (size_t)width;
	*c = (struct comparison){ 0 };
	double squares = squares_of(c, truth, shown, width, height);
	c->psnr = psnr_of(squares, 3.0 * width * height);
	if (!c->wrong)
		c->x = c->y = 0;
	for (int32_t y = 0; y + WINDOW <= height; y += WINDOW)
		for (int32_t x = 0; x + WINDOW <= width; x += WINDOW) {
			size_t at = (size_t)y * stride + (size_t)x;
			double ssim = window_ssim(
					truth + at, shown + at, stride);
			sum[0] += ssim;
			n[0]++;
			if (!text[y / WINDOW * (width / WINDOW) + x / WINDOW])
				continue;
			sum[1] += ssim;
			n[1]++;
		}
	c->ssim = n[0] ? sum[0] / (double)n[0] : NAN;
	c->ssim_text = n[1] ? sum[1] / (double)n[1] : NAN;
}

static bool is_text(const uint32_t *p, size_t stride)
{
	uint32_t colours[COLOURS];
	size_t n = 0;
	int edges = 0;
	for (size_t y = 0; y < WINDOW; y++)
		for (size_t x = 0; x < WINDOW; x++) {
			uint32_t c = p[y * stride + x] & 0xffffff;
			size_t k = 0;
			while (k < n && colours[k] != c)
				k++;
			if (k == n && n == COLOURS)
				return false;
			if (k == n)
				colours[n++] = c;
			if (x > 1) {
				int l = luma(c);
				int a = luma(p[y * stride + x - 1]);
				int b = luma(p[y * stride + x - 2]);
				edges += abs(l - a) > EDGE || abs(l - b) > EDGE;
			}
		}
	return n >= 2 && edges >= EDGES;
}

void metrics_text(uint8_t *text, const uint32_t *picture, int32_t width,
		int32_t height)
{
	for (int32_t y = 0; y + WINDOW <= height; y += WINDOW)
		for (int32_t x = 0; x + WINDOW <= width; x += WINDOW)
			*text++ = is_text(
					picture + (size_t)y * (size_t)width + x,
					(size_t)width);
}

double metrics_alike(const uint32_t *a, const uint32_t *b, size_t stride,
		int32_t width, int32_t height)
{
	double squares = 0, n = 0;
	for (int32_t y = 4; y < height; y += 15)
		for (int32_t x = 4; x < width; x += 15, n += 3) {
			uint32_t p = a[(size_t)y * stride + (size_t)x];
			uint32_t q = b[(size_t)y * stride + (size_t)x];
			for (int k = 0; k < 3; k++) {
				int e = channel(p, k) - channel(q, k);
				squares += e * e;
			}
		}
	return psnr_of(squares, n);
}

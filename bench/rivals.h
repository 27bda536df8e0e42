/*
 * rivals.h - what our codecs are compared with. Each codes a whole picture
 * into out[0..cap) and returns the bytes, 0 when that failed.
 */
#ifndef ORL_BENCH_RIVALS_H
#define ORL_BENCH_RIVALS_H

#include <stddef.h>
#include <stdint.h>

/* Words of XRGB, X = 0. */
struct picture {
	const uint32_t *pixels;
	size_t stride; /* words */
	int32_t width, height;
};

size_t rival_png(uint8_t *out, size_t cap, const struct picture *p);
size_t rival_webp(uint8_t *out, size_t cap, const struct picture *p);
size_t rival_zstd1(uint8_t *out, size_t cap, const struct picture *p);
size_t rival_zstd3(uint8_t *out, size_t cap, const struct picture *p);
size_t rival_qoi(uint8_t *out, size_t cap, const struct picture *p);

/*
 * The first form of HCX and RES, before they were improved: the floor for
 * what replaced it. Encoders only. The picture has two rows above and two
 * words left of it that may be read.
 */
struct prototype;

struct prototype *prototype_create(void); /* NULL: no memory */
void prototype_destroy(struct prototype *t);
/* The contexts' section: begin, blocks, end. *end returns its bytes. */
void prototype_begin(struct prototype *t, uint8_t *out);
void prototype_block(struct prototype *t, const struct picture *block);
size_t prototype_end(struct prototype *t);
/* The residuals' section: blocks, then end. */
void prototype_res_block(struct prototype *t, const struct picture *block);
size_t prototype_res_end(struct prototype *t, uint8_t *out, size_t cap);

#endif

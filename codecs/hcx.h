/*
 * hcx.h - hashed contexts: the lossless codec for text and interfaces.
 *
 * Pixels are foretold from the pixels around them by tables that remember
 * what followed the same surroundings before, in this picture or any earlier
 * one, and only whether that came true is coded. What follows is the whole
 * format; all arithmetic is in unsigned 32 bits unless said otherwise.
 *
 * SECTION. One slice's blocks of one part, in the part's order, in one run of
 * the range coder (range.h). The contexts live on from part to part.
 *
 * DECISION. Each has a pair of 16-bit probabilities of 0, quick and slow, both
 * 32768 at first. It is coded with p = (quick + slow) >> 1. Then
 *	after 0:  quick += (65536 - quick) >> 4, slow += (65536 - slow) >> 7
 *	after 1:  quick -= quick >> 4,           slow -= slow >> 7
 * "bit NAME[context]" below is such a decision with its own pair for every
 * context. "tree NAME of k bits" is a number, highest bit first, the j-th
 * decision with the pair numbered m, where m = 1 at first and then
 * m = 2m + bit.
 *
 * BLOCK. Its rows from top to bottom, each in segments of 64 pixels (the last
 * one shorter) from left to right. A segment is
 *	bit copy[above, above2, left]
 *		0: it equals the pixels above it. 1: pixels follow.
 * where above, above2 and left are 1 if that was 0 for the segment one and two
 * rows above and the one to the left in this row, 0 also outside the block.
 *
 * AROUND a pixel x count, with this row and the three above it,
 *	row -3:             NNNW  NNN  NNNE
 *	row -2:      NNWW   NNW   NN   NNE   NNEE
 *	row -1:      NWW    NW    N    NE    NEE
 *	row  0: WWW  WW     W     x
 * A pixel right of the block has the value of the block's last pixel in the
 * same row, at any height, above the block as well. Else a pixel outside the
 * block has the value that canvas.h gives it under "Neighbours", or 0.
 *
 * RUN. Let f be the number of pixels from x on, up to the end of the segment,
 * that have flat surroundings: at x + i, W of x equals the N, NW, NE, NEE, NN,
 * NNE and NNN of the pixel x + i, for each i < f. If f > 0:
 *	bit run_ok[floor(log2 f), this bit of the last three runs in order]
 *		0: f pixels of the colour W follow; go on after them.
 *		1: n < f such pixels follow, and then one that is not W.
 *	if f > 1: tree run_at[k] of k bits, k = 1 + floor(log2(f - 1)): n. A
 *	decoder that gets n >= f takes f - 1.
 * The pixel after it, now x, is coded as below with `except` = W; a pixel with
 * f = 0 is coded so at once, with no colour excluded.
 *
 * HASHES of the surroundings:
 *	h3 = W * 0x9E3779B1 + N * 0x85EBCA77 + NW * 0xC2B2AE3D
 *	h4 = h3 + NE * 0x27D4EB2F
 *	h6 = h4 + WW * 0x165667B1 + NN * 0xD6E8FEB9
 *	h16 = h6 + WWW * 0x8CB92BA7 + NWW * 0x2545F491 + NEE * 0xA0761D65 +
 *		NNWW * 0xE7037ED1 + NNW * 0x8EBC6AF1 + NNE * 0x589965CD +
 *		NNEE * 0x1D8E4E27 + NNNW * 0xEB44ACCB + NNN * 0x94D049BB +
 *		NNNE * 0xBF58476D
 *	stir(h): h *= 0x9E3779B1, h ^= h >> 15, h *= 0x85EBCA6B, h ^= h >> 13
 * and H0 = stir(h16), H1 = stir(h6), H2 = stir(h4), H3 = stir(h3).
 *
 * busy, 0 to 5, is how many of 1, 4, 10, 20, 40 are less than
 * |green W - green NW| + |green N - green NW|; half = (busy + 1) / 2.
 * history has a bit for each pixel coded by PIXEL, the last one lowest, 0 at
 * first, 1 for those that are novel or reach SHELF; recent = history & 3. It
 * lives on like all else.
 *
 * TABLES 0, 1, 2 have 2^17, 2^17 and 2^15 entries, all 0 at first: check (5
 * bits, on top), confidence (3), colour (24). The check of a context is Hi &
 * 31. Table 2 is read at the top 15 bits of H2. In tables 0 and 1 let i be the
 * top 17 bits of Hi: the entry is i if its check fits, else i ^ 1 if that one
 * fits, else the one with less confidence, i if equal. A table knows the pixel
 * if the check fits; then guess i is its colour and confidence i as it stands;
 * else there is no guess, and confidence i is 0. A guess equal to `except` is
 * none.
 *
 * PIXEL. If recent = 3:
 *	bit novel[half, (history >> 2) & 15]: 1 if the colour is no guess, not
 *	W, not N, and not on the shelf. Then go on at COLOUR with its updates.
 * For i = 0, 1, 2, unless there is no guess i or an earlier one is the same:
 *	bit hit[i, confidence i, agreement, (guess i = W) + 2 (guess i = N)]
 *		0: the pixel is guess i. 1: it is not; tried += 1.
 *	agreement: of the guesses j > i the first there is: 0 if none is; if it
 *	is the same, 1, + 1 if confidence j > 2, + 1 if it is > 5 and j = i + 1;
 *	if it is another, 4, + 1 if confidence j > 2.
 * Unless W is `except` or one of the guesses:
 *	bit west[tried, recent, half, N = NW]: 0: the pixel is W.
 * Unless N is W, `except` or one of the guesses:
 *	bit north[tried, recent, half, W = NW]: 0: the pixel is N.
 *
 * SHELF. 2^13 shelves of 6 colours, none at first; that of the pixel is at the
 * top 13 bits of H3. For its places j = 0 to 5, unless it is empty or its
 * colour is `except`, W, N or one of the guesses:
 *	bit shelved[failed, j, tried, W = N, recent]
 *		0: the pixel is that colour. 1: failed += 1, at most 3.
 *
 * COLOUR. A cache of 256 colours, 0 at first; slot = stir(colour) >> 24.
 *	bit miss[W = N, N = NW, recent, busy]
 *		0: tree index of 8 bits: the slot; the pixel is its colour.
 *	Else green, blue and red, in this order, each
 *		tree raw[channel, context] of 8 bits: (value - guess) & 255,
 *		guess = median of W, N and W + N - NW in that channel, for blue
 *		and red + (value - guess) of green, kept within 0 to 255.
 *		context: for green busy; then with d = the number before, or
 *		256 - d if d > 127: 0 for d = 0, 1 to 2, 2 to 7, 3 above.
 *	The colour goes to its slot.
 * A pixel that came from place j of its shelf, or from COLOUR (j = 5), moves
 * to place 0, and those at 0 to j - 1 one place on.
 *
 * LEARNING, after each pixel coded by PIXEL, with entries, guesses and
 * confidences as they were found:
 *	table 0, if it knows the pixel, or the pixel is not guess 1, or
 *	confidence 1 is 0; table 1 likewise with guess 2 and confidence 2;
 *	table 2 always; after novel all three always. Each:
 *	known and the same colour: confidence + 1, at most 7;
 *	else if confidence > 1 and (known, or table 0 or 1): confidence
 *	halved (rounded down), all else kept;
 *	else the pixel's colour and check with confidence 0.
 *
 * The same is in hcx.c; a test has the bytes of a few pictures.
 */
#ifndef ORL_CODECS_HCX_H
#define ORL_CODECS_HCX_H

#include "codecs/canvas.h"
#include "codecs/range.h"

/* Fresh contexts, or NULL when there is no memory. */
struct orl_hcx *orl_hcx_create(const struct orl_env *env);
void orl_hcx_destroy(const struct orl_env *env, struct orl_hcx *h);
void orl_hcx_reset(struct orl_hcx *h);

/*
 * Code one block, which lies in one band and in the canvas; reads the pixels
 * and `usable` of the canvas in this band alone. Decoding writes the block's
 * pixels and returns early once the section has been found too short.
 * Threads: any, one for each h.
 */
void orl_hcx_encode(struct orl_hcx *h, struct orl_range *r,
		const struct orl_canvas *c, const struct orl_block_op *b);
void orl_hcx_decode(struct orl_hcx *h, struct orl_range *r,
		const struct orl_canvas *c, const struct orl_block_op *b);

#endif

/*
 * scale.h - a picture in another size. Every pixel of the result is the mean
 * of what it covers of the picture, so that small text stays readable when
 * shrunk and pixels stay sharp when enlarged, and it depends on those pixels
 * alone: any part can be made by itself, without a seam.
 */
#ifndef ORL_VIEWER_SCALE_H
#define ORL_VIEWER_SCALE_H

#include <oriel/oriel.h>

/*
 * The picture as width x height, and of that `part`, which lies inside; `to`
 * is where the first pixel of the part goes. All four bytes of a pixel are
 * treated alike, so premultiplied alpha may be among them; red and blue are
 * where XRGB8888 has them.
 */
void orl_scale(uint32_t *to, size_t stride, struct oriel_rect part,
		int32_t width, int32_t height, const struct oriel_pixels *from);

#endif

/*
 * x264.h - H.264 by x264, the better encoder, for servers of ours. It is under
 * the GPL, so it is in programs and not in the library.
 */
#ifndef ORIEL_CAPTURE_X264_H
#define ORIEL_CAPTURE_X264_H

#include <oriel/oriel-server.h>

/* NULL when built without; its create needs no user. */
const struct oriel_encoder *orl_x264(void);

#endif

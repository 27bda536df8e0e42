/*
 * letters.h - text and boxes in an SDL surface. The system's fonts, found by
 * fontconfig: one for each face, and for characters it lacks others that have
 * them.
 */
#ifndef ORL_VIEWER_LETTERS_H
#define ORL_VIEWER_LETTERS_H

#include <SDL2/SDL.h>

#include "client/viewer/panel.h"

struct orl_letters;

/* ORIEL_ENOTSUP: there is no font. */
int orl_letters_create(struct orl_letters **out, int scale);
void orl_letters_destroy(struct orl_letters *l);
/* Where the painter draws to from now on; NULL: it only measures. */
void orl_letters_target(struct orl_letters *l, SDL_Surface *surface);
const struct orl_painter *orl_letters_painter(struct orl_letters *l);

#endif

/*
 * pairing.h - the password that a server makes when it has none: it is shown
 * once and typed once, so it is long enough that guessing it offline, from a
 * login that somebody impersonated, takes a nation, and has no two letters
 * that look alike.
 */
#ifndef ORL_CAPTURE_PAIRING_H
#define ORL_CAPTURE_PAIRING_H

#include <oriel/oriel-server.h>

/* 16 letters, 4 bits each, and 3 dashes. */
enum { ORL_PAIRING_SIZE = 16 + 3 + 1 };

/* "ckwm-xapt-...", NUL at the end. ORIEL_EIO when there is no randomness. */
int orl_pairing_make(char out[static ORL_PAIRING_SIZE]);

#endif

/*
 * transfer.h - the end of a paste that is a transfer of the library, for both
 * programs. The paste is the transfer's data.
 */
#ifndef ORL_CLIP_TRANSFER_H
#define ORL_CLIP_TRANSFER_H

#include <oriel/oriel.h>

#include "clip/paste.h"

/* One that bytes are written to, after clipboard_wanted. */
struct orl_paste_end orl_transfer_to(struct oriel_transfer *transfer);
/* One that was asked for, and brings them. */
struct orl_paste_end orl_transfer_from(struct oriel_transfer *transfer);

/* The events of the same names. */
void orl_transfer_begun(struct oriel_transfer *transfer);
void orl_transfer_data(
		struct oriel_transfer *transfer, const void *data, size_t n);
void orl_transfer_ready(struct oriel_transfer *transfer);
void orl_transfer_ended(
		struct oriel_transfer *transfer, int error, const char *why);

#endif

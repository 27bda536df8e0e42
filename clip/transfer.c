/*
 * transfer.c - see transfer.h.
 */
#include "clip/transfer.h"

static int begin(void *end, enum orl_paste_total kind, uint64_t total)
{
	return oriel_transfer_begin(end, (enum oriel_total)kind, total);
}

static int64_t write_out(void *end, const void *p, size_t n)
{
	return oriel_transfer_write(end, p, n);
}

static void finish(void *end)
{
	oriel_transfer_finish(end);
}

static void used(void *end, size_t n, bool empty)
{
	(void)empty;
	oriel_transfer_used(end, n);
}

static void refuse(void *end, int error, const char *why)
{
	oriel_transfer_refuse(end, error, why);
}

static void cancel(void *end, int error, const char *why)
{
	(void)error;
	(void)why;
	oriel_transfer_cancel(end);
}

static const struct orl_paste_ops to = {
	.begin = begin, .write = write_out, .finish = finish, .fail = refuse
};
static const struct orl_paste_ops from = { .used = used, .fail = cancel };

struct orl_paste_end orl_transfer_to(struct oriel_transfer *transfer)
{
	return (struct orl_paste_end){ &to, transfer };
}

struct orl_paste_end orl_transfer_from(struct oriel_transfer *transfer)
{
	return (struct orl_paste_end){ &from, transfer };
}

/* ---- events ------------------------------------------------------------ */

void orl_transfer_begun(struct oriel_transfer *transfer)
{
	struct orl_paste *paste = oriel_transfer_data(transfer);
	uint64_t total = oriel_transfer_total(transfer);

	if (paste)
		orl_paste_begun(paste,
				total ? ORL_PASTE_AT_LEAST : ORL_PASTE_UNKNOWN,
				total);
}

void orl_transfer_data(
		struct oriel_transfer *transfer, const void *data, size_t n)
{
	struct orl_paste *paste = oriel_transfer_data(transfer);

	if (paste)
		orl_paste_data(paste, data, n);
}

void orl_transfer_ready(struct oriel_transfer *transfer)
{
	struct orl_paste *paste = oriel_transfer_data(transfer);

	if (paste)
		orl_paste_ready(paste);
}

void orl_transfer_ended(
		struct oriel_transfer *transfer, int error, const char *why)
{
	struct orl_paste *paste = oriel_transfer_data(transfer);

	oriel_transfer_set_data(transfer, NULL);
	if (paste)
		orl_paste_ended(paste, transfer, error, why);
}

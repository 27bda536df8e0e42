/*
 * paste.c - see paste.h. An end that is told to end calls nothing any more, so
 * each of these functions is done with the paste when it has told one.
 */
#include "clip/paste.h"

#include <stdlib.h>
#include <string.h>

#include <oriel/oriel.h>

struct orl_paste {
	struct orl_paste_end from, to;
	orl_paste_watcher *watcher;
	void *user;
	uint64_t done, total;
	bool all; /* `from` has ended: what waits is the last of it */
	uint8_t *rest;
	size_t at, n, room; /* what waits is rest[at..n) */
};

struct orl_paste *orl_paste_create(
		struct orl_paste_end from, struct orl_paste_end to)
{
	struct orl_paste *paste = calloc(1, sizeof(*paste));

	if (!paste)
		return NULL;
	paste->from = from;
	paste->to = to;
	return paste;
}

void orl_paste_watch(
		struct orl_paste *paste, orl_paste_watcher *watcher, void *user)
{
	paste->watcher = watcher;
	paste->user = user;
	watcher(user, paste, paste->done, paste->total, false);
}

static void moved(struct orl_paste *paste, int64_t n, bool over)
{
	paste->done += n > 0 ? (uint64_t)n : 0;
	if (paste->watcher)
		paste->watcher(paste->user, paste, paste->done, paste->total,
				over);
}

static void destroy(struct orl_paste *paste)
{
	moved(paste, 0, true);
	/* What was pasted may have been a secret. */
	if (paste->rest)
		explicit_bzero(paste->rest, paste->room);
	free(paste->rest);
	free(paste);
}

void orl_paste_forget(struct orl_paste *paste)
{
	if (paste)
		destroy(paste);
}

void orl_paste_cancel(struct orl_paste *paste, int error, const char *why)
{
	if (!paste->all)
		paste->from.ops->fail(paste->from.end, error, why);
	paste->to.ops->fail(paste->to.end, error, why);
	destroy(paste);
}

static bool keep(struct orl_paste *paste, const uint8_t *p, size_t n)
{
	size_t need = paste->n - paste->at + n;

	if (!n)
		return true;
	if (need > ORL_PASTE_ROOM)
		return false;
	if (need > paste->room) {
		size_t room = need > ORL_PASTE_ROOM / 2 ? ORL_PASTE_ROOM
							: 2 * need;
		uint8_t *rest = malloc(room);

		if (!rest)
			return false;
		if (paste->rest)
			memcpy(rest, paste->rest + paste->at,
					paste->n - paste->at);
		free(paste->rest);
		paste->rest = rest;
		paste->room = room;
		paste->n -= paste->at;
		paste->at = 0;
	} else if (paste->at) {
		memmove(paste->rest, paste->rest + paste->at,
				paste->n - paste->at);
		paste->n -= paste->at;
		paste->at = 0;
	}
	memcpy(paste->rest + paste->n, p, n);
	paste->n += n;
	return true;
}

static const char *sentence(int error)
{
	return error == ORIEL_ELIMIT ? "it is larger than is allowed"
				     : "it cannot be passed on";
}

void orl_paste_begun(struct orl_paste *paste, enum orl_paste_total kind,
		uint64_t total)
{
	paste->total = total;
	int err = paste->to.ops->begin ? paste->to.ops->begin(paste->to.end,
							 kind, total)
				       : 0;

	if (err)
		orl_paste_cancel(paste, err, sentence(err));
	else
		paste->from.ops->used(paste->from.end, 0, true);
}

void orl_paste_data(struct orl_paste *paste, const void *data, size_t n)
{
	const uint8_t *p = data;
	int64_t done = 0;

	if (paste->at == paste->n)
		done = paste->to.ops->write(paste->to.end, p, n);
	moved(paste, done, false);
	if (done >= 0 && !keep(paste, p + done, n - (size_t)done))
		done = ORIEL_ENOMEM;
	if (done < 0)
		orl_paste_cancel(paste, (int)done, sentence((int)done));
	else
		paste->from.ops->used(paste->from.end, (size_t)done,
				paste->at == paste->n);
}

static void finish(struct orl_paste *paste)
{
	paste->to.ops->finish(paste->to.end);
	destroy(paste);
}

void orl_paste_ready(struct orl_paste *paste)
{
	size_t n = paste->n - paste->at;
	int64_t done = n ? paste->to.ops->write(paste->to.end,
					   paste->rest + paste->at, n)
			 : 0;

	if (done < 0) {
		orl_paste_cancel(paste, (int)done, sentence((int)done));
		return;
	}
	paste->at += (size_t)done;
	moved(paste, done, false);
	if (paste->at < paste->n || !paste->all) {
		if (!paste->all)
			paste->from.ops->used(paste->from.end, (size_t)done,
					paste->at == paste->n);
		return;
	}
	finish(paste);
}

void orl_paste_came(struct orl_paste *paste)
{
	paste->all = true;
	if (paste->at == paste->n)
		finish(paste);
}

void orl_paste_failed(struct orl_paste *paste, int error, const char *why)
{
	paste->to.ops->fail(paste->to.end, error, why);
	destroy(paste);
}

void orl_paste_dropped(struct orl_paste *paste)
{
	if (!paste->all)
		paste->from.ops->fail(paste->from.end, ORIEL_ECLOSED, "");
	destroy(paste);
}

void orl_paste_ended(struct orl_paste *paste, const void *end, int error,
		const char *why)
{
	if (end == paste->to.end)
		orl_paste_dropped(paste);
	else if (error)
		orl_paste_failed(paste, error, why);
	else
		orl_paste_came(paste);
}

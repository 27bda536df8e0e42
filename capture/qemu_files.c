/*
 * qemu_files.c - see qemu_files.h. One file after the other, each when the
 * agent has said that it has the one before; what comes from the viewer waits
 * for that.
 */
#include "capture/qemu_files.h"

#include <stdlib.h>
#include <string.h>

#include "capture/qemu.h"
#include "clip/types.h"

/* A guest may have to ask somebody, or be emulated. */
#define PATIENCE (60 * ORL_SEC)

static struct orl_qemu_files *of(struct orl_qemu *q)
{
	return &q->files;
}

static void forget(struct orl_qemu_files *f)
{
	free(f->list.files);
	free(f->head);
	f->list = (struct orl_filelist){ .files = NULL };
	f->head = NULL;
	f->paste = NULL;
	f->step = ORL_QEMU_FILES_NONE;
	f->head_n = f->table = f->n = f->index = 0;
	f->at = f->by = 0;
}

/* It has ended, here: the viewer's user is told why. */
static void fail(struct orl_qemu *q, const char *why)
{
	struct orl_qemu_files *f = of(q);
	struct orl_paste *paste = f->paste;
	char text[200];

	snprintf(text, sizeof(text), "files were not pasted: %s", why);
	forget(f);
	if (paste)
		orl_paste_dropped(paste);
	fprintf(stderr, "qemu: %s\n", text);
	if (q->clip.board)
		orl_board_refuse(
				q->clip.board, ORIEL_SELECTION_CLIPBOARD, text);
}

/* ---- from the viewer --------------------------------------------------- */

/* What it took of p[n], or -1. */
static int64_t read_table(struct orl_qemu_files *f, const uint8_t *p, size_t n)
{
	size_t want = ORL_FILES_START + f->table, count = 0;
	size_t k = want - f->head_n < n ? want - f->head_n : n;

	memcpy(f->head + f->head_n, p, k);
	f->head_n += k;
	if (f->head_n < want)
		return (int64_t)k;
	if (!f->table) {
		f->table = orl_filelist_start(f->head, &count);
		return f->table ? (int64_t)k : -1;
	}
	orl_filelist_start(f->head, &count);
	if (!orl_filelist_table(&f->list, count, f->head + ORL_FILES_START,
			    f->table))
		return -1;
	f->step = ORL_QEMU_FILES_START;
	return (int64_t)k;
}

static size_t read_bytes(struct orl_qemu_files *f, const uint8_t *p, size_t n)
{
	uint64_t left = f->list.files[f->index].size - f->at - f->n;
	size_t k = sizeof(f->bytes) - f->n;

	k = k < n ? k : n;
	k = left < k ? (size_t)left : k;
	memcpy(f->bytes + f->n, p, k);
	f->n += k;
	return k;
}

static int64_t take(void *end, const void *data, size_t n)
{
	struct orl_qemu_files *f = of(end);
	const uint8_t *p = data;
	size_t taken = 0;

	while (taken < n && f->step == ORL_QEMU_FILES_TABLE) {
		int64_t k = read_table(f, p + taken, n - taken);

		if (k < 0)
			return ORIEL_EPROTO;
		taken += (size_t)k;
	}
	if (f->step == ORL_QEMU_FILES_DATA)
		taken += read_bytes(f, p + taken, n - taken);
	return (int64_t)taken;
}

static void all_came(void *end)
{
	struct orl_qemu *q = end;

	of(q)->paste = NULL;
	if (of(q)->step == ORL_QEMU_FILES_TABLE)
		fail(q, "less came than was announced");
}

static void does_not_come(void *end, int error, const char *why)
{
	struct orl_qemu *q = end;
	struct orl_qemu_files *f = of(q);
	bool begun = f->step >= ORL_QEMU_FILES_ASKED;

	(void)error;
	(void)why;
	forget(f);
	if (begun)
		f->step = ORL_QEMU_FILES_CANCEL;
}

static const struct orl_paste_ops ops = {
	.write = take, .finish = all_came, .fail = does_not_come
};

static void begin(struct orl_qemu *q)
{
	struct orl_qemu_files *f = of(q);

	f->head = malloc(ORL_FILES_START + ORL_FILES_TABLE);
	f->list.files = calloc(ORL_FILES_MAX, sizeof(*f->list.files));
	f->step = ORL_QEMU_FILES_TABLE;
	if (f->head && f->list.files)
		f->paste = orl_board_fetch(q->clip.board,
				ORIEL_SELECTION_CLIPBOARD, ORL_TYPE_FILES,
				(struct orl_paste_end){ &ops, q });
	if (!f->paste)
		forget(f);
}

void orl_qemu_files_offer(struct orl_qemu *q, bool there)
{
	struct orl_qemu_files *f = of(q);

	if (!there || f->step)
		return;
	if (f->able)
		begin(q);
	else if (q->clip.board)
		orl_board_refuse(q->clip.board, ORIEL_SELECTION_CLIPBOARD,
				"this guest takes no files: that needs "
				"spice-vdagent in it, and somebody who is "
				"logged in");
}

/* ---- to the agent ------------------------------------------------------ */

void orl_qemu_files_take(void *user, const struct orl_vdagent_piece *piece)
{
	struct orl_qemu *q = user;
	struct orl_qemu_files *f = of(q);
	uint32_t result = orl_vdagent_u32(piece->data + 4);

	if (f->step < ORL_QEMU_FILES_ASKED || f->step > ORL_QEMU_FILES_WROTE ||
			orl_vdagent_u32(piece->data) != f->id)
		return;
	if (result == ORL_VDFILES_GO_ON && f->step == ORL_QEMU_FILES_ASKED) {
		f->step = ORL_QEMU_FILES_DATA;
		if (f->paste)
			orl_paste_ready(f->paste);
		return;
	}
	if (result != ORL_VDFILES_DONE || f->step != ORL_QEMU_FILES_WROTE) {
		fail(q, orl_vdfiles_why(result));
		return;
	}
	f->at = 0;
	f->step = ORL_QEMU_FILES_START;
	if (++f->index < f->list.count)
		return;
	fprintf(stderr, "clipboard: the guest has %zu file%s\n", f->list.count,
			f->list.count == 1 ? "" : "s");
	forget(f);
}

/* Whether there are bytes, or the word that there are none. */
static bool has_data(const struct orl_qemu_files *f)
{
	return f->step == ORL_QEMU_FILES_DATA &&
	       (f->n || !f->list.files[f->index].size);
}

bool orl_qemu_files_has_news(const struct orl_qemu *q)
{
	const struct orl_qemu_files *f = &q->files;

	return f->able &&
	       (f->step == ORL_QEMU_FILES_START ||
			       f->step == ORL_QEMU_FILES_CANCEL || has_data(f));
}

size_t orl_qemu_files_news(struct orl_qemu *q, uint8_t *out, size_t size)
{
	struct orl_qemu_files *f = of(q);
	const struct orl_filelist_file *file = f->list.files + f->index;
	size_t n;

	f->by = orl_now() + PATIENCE;
	if (f->step == ORL_QEMU_FILES_CANCEL) {
		f->step = ORL_QEMU_FILES_NONE;
		f->by = 0;
		return orl_vdfiles_put_cancel(out, size, f->id);
	}
	if (f->step == ORL_QEMU_FILES_START) {
		f->step = ORL_QEMU_FILES_ASKED;
		return orl_vdfiles_put_start(
				out, size, ++f->id, file->name, file->size);
	}
	n = orl_vdfiles_put_data(out, size, f->id, f->bytes, f->n);
	f->at += f->n;
	f->n = 0;
	if (f->at == file->size)
		f->step = ORL_QEMU_FILES_WROTE;
	else if (f->paste)
		orl_paste_ready(f->paste);
	return n;
}

/* ---- life -------------------------------------------------------------- */

void orl_qemu_files_agent(struct orl_qemu *q, bool able)
{
	struct orl_qemu_files *f = of(q);

	f->able = able;
	if (!able && f->step)
		fail(q, "the guest's agent is gone");
}

void orl_qemu_files_run(struct orl_qemu *q, uint64_t now)
{
	struct orl_qemu_files *f = of(q);

	/* While the viewer's user is asked, nobody waits for the guest. */
	if (f->step == ORL_QEMU_FILES_TABLE || !f->by || now < f->by)
		return;
	fail(q, f->step == ORL_QEMU_FILES_DATA ? "the viewer does not give them"
					       : "the guest does not answer");
}

void orl_qemu_files_fini(struct orl_qemu *q)
{
	orl_paste_forget(of(q)->paste);
	forget(of(q));
}

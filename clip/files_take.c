/*
 * files_take.c - files that the other end has, into a folder here. What comes
 * is not believed: the table is checked before anybody is asked, the folder is
 * held open, and files are made in it by a name that is only a name, new ones
 * only.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <oriel/oriel.h>

#include "clip/files_impl.h"

/* ---- files ------------------------------------------------------------- */

void orl_files_undo(struct orl_files_job *job)
{
	for (size_t i = 0; job->dir >= 0 && job->names && i <= job->index &&
			   i < job->list.count;
			i++)
		if (job->names[i][0])
			unlinkat(job->dir, job->names[i], 0);
}

/* Make the file that comes next, under a name that is free. */
static int make_file(struct orl_files_job *job)
{
	char *name = job->names[job->index];

	for (unsigned nth = 1; nth < 1000; nth++) {
		orl_filename_again(name, job->list.files[job->index].name, nth);
		job->fd = openat(job->dir, name,
				O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
						O_CLOEXEC,
				0600);
		if (job->fd >= 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	name[0] = 0; /* not ours to take away */
	return ORIEL_EIO;
}

static int next_file(struct orl_files_job *job)
{
	if (job->fd >= 0 && close(job->fd) != 0) {
		job->fd = -1;
		return ORIEL_EIO;
	}
	job->fd = -1;
	job->index++;
	job->at = 0;
	return 0;
}

/* Bytes of the files, in their order. */
static int write_files(struct orl_files_job *job, const uint8_t *p, size_t n)
{
	while (job->index < job->list.count) {
		uint64_t left = job->list.files[job->index].size - job->at;
		size_t k = left < n ? (size_t)left : n;
		int err = 0;

		if (job->fd < 0)
			err = make_file(job);
		if (err)
			return err;
		while (k) {
			ssize_t m = write(job->fd, p, k);

			if (m < 0 && errno == EINTR)
				continue;
			if (m <= 0)
				return ORIEL_EIO;
			p += m;
			k -= (size_t)m;
			n -= (size_t)m;
			job->at += (uint64_t)m;
		}
		if (job->at < job->list.files[job->index].size)
			return 0;
		err = next_file(job);
		if (err)
			return err;
	}
	return n ? ORIEL_EPROTO : 0;
}

/* ---- what comes -------------------------------------------------------- */

static void fail_with(struct orl_files_job *job, int error)
{
	char why[128];

	if (error == ORIEL_EPROTO)
		snprintf(why, sizeof(why),
				"what came is not a list of files that can be "
				"trusted");
	else if (error == ORIEL_ENOMEM)
		snprintf(why, sizeof(why), "out of memory");
	else
		snprintf(why, sizeof(why), "the files cannot be written: %s",
				strerror(errno));
	orl_files_fail(job, error, why);
}

/* Of start and table; what it took of p[n], or an error. */
static int64_t read_table(struct orl_files_job *job, const uint8_t *p, size_t n)
{
	size_t count = 0, taken = 0;

	while (taken < n && job->step == ORL_FILES_COMING) {
		size_t want = ORL_FILES_START + job->table;
		size_t k = want - job->n < n - taken ? want - job->n
						     : n - taken;

		memcpy(job->text + job->n, p + taken, k);
		job->n += k;
		taken += k;
		if (job->n < want)
			break;
		if (!job->table) {
			job->table = orl_filelist_start(job->text, &count);
			if (!job->table)
				return ORIEL_EPROTO;
			continue;
		}
		orl_filelist_start(job->text, &count);
		if (!orl_files_room(job))
			return ORIEL_ENOMEM;
		if (!orl_filelist_table(&job->list, count,
				    job->text + ORL_FILES_START, job->table))
			return ORIEL_EPROTO;
		orl_files_ask(job);
	}
	return (int64_t)taken;
}

static int64_t take_write(void *end, const void *data, size_t n)
{
	struct orl_files_job *job = end;
	const uint8_t *p = data;
	int64_t taken = 0;
	int err = 0;

	job->writing = true;
	if (job->step == ORL_FILES_COMING) {
		taken = read_table(job, p, n);
		if (taken < 0)
			err = (int)taken;
	}
	/* The answer may have come at once. */
	if (!err && !job->err && job->step == ORL_FILES_RUNNING) {
		err = write_files(job, p + taken, n - (size_t)taken);
		taken = (int64_t)n;
	}
	if (err)
		fail_with(job, err);
	job->writing = false;
	return job->err ? job->err : taken;
}

/* All of them are there: the list of what they are called here. */
static bool make_list(struct orl_files_job *job)
{
	const size_t room = ORL_FILES_LIST;
	char path[2 * ORL_FILES_PATH];
	char *text = malloc(room);
	size_t n = 0;

	for (size_t i = 0; text && i < job->list.count; i++) {
		snprintf(path, sizeof(path), "%s/%s", job->folder,
				job->names[i]);
		size_t k = orl_uri_put(text + n, room - n, path);
		if (!k) {
			free(text);
			return false;
		}
		n += k;
	}
	if (!text)
		return false;
	free(job->text);
	job->text = (uint8_t *)text;
	job->n = n;
	return true;
}

static void remember(struct orl_files_job *job)
{
	struct orl_files *files = job->files;
	char *text;

	if (files->lists[job->selection].offer != job->offer)
		return;
	text = malloc(job->n);
	if (!text)
		return;
	memcpy(text, job->text, job->n);
	free(files->lists[job->selection].text);
	files->lists[job->selection].text = text;
	files->lists[job->selection].n = job->n;
}

static void take_finish(void *end)
{
	struct orl_files_job *job = end;
	struct orl_files *files = job->files;

	job->in = NULL;
	if (job->step != ORL_FILES_RUNNING || job->index < job->list.count) {
		orl_files_fail(job, ORIEL_EIO, "less came than was announced");
		return;
	}
	if (!make_list(job)) {
		orl_files_fail(job, ORIEL_ENOMEM, "out of memory");
		return;
	}
	remember(job);
	files->calls->saved(files->user, job->list.count, job->folder);
	orl_files_tell(job);
}

static void take_fail(void *end, int error, const char *why)
{
	struct orl_files_job *job = end;
	char text[256];

	snprintf(text, sizeof(text), "%s", job->err ? job->why : why);
	job->in = NULL;
	orl_files_fail(job, error, text);
}

static const struct orl_paste_ops take_ops = {
	.write = take_write, .finish = take_finish, .fail = take_fail
};

void orl_files_take_on(struct orl_files_job *job)
{
	char why[256];
	int err;

	job->dir = open(job->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (job->dir < 0) {
		snprintf(why, sizeof(why), "%.128s cannot be written to: %s",
				job->folder, strerror(errno));
		orl_files_fail(job, ORIEL_EIO, why);
		return;
	}
	/* Those at the beginning may have nothing in them. */
	err = write_files(job, NULL, 0);
	if (err)
		fail_with(job, err);
	else if (job->in && !job->writing)
		orl_paste_ready(job->in);
}

/* ---- the list ---------------------------------------------------------- */

static void told(void *end, size_t n, bool empty)
{
	(void)end;
	(void)n;
	(void)empty;
}

static void not_taken(void *end, int error, const char *why)
{
	struct orl_files_job *job = end;

	(void)error;
	(void)why;
	job->out = NULL;
	/* Once there, the files stay, whoever wanted the list. */
	if (job->step != ORL_FILES_READY)
		orl_files_fail(job, ORIEL_ECLOSED, "");
}

static const struct orl_paste_ops list_ops = { .used = told,
	.fail = not_taken };

void orl_files_tell(struct orl_files_job *job)
{
	job->step = ORL_FILES_READY;
	if (job->out)
		orl_paste_begun(job->out, ORL_PASTE_EXACT, job->n);
	if (job->out)
		orl_paste_data(job->out, job->text, job->n);
	struct orl_paste *out = job->out;
	job->out = NULL;
	if (out)
		orl_paste_came(out);
	orl_files_free(job);
}

static bool have_list(struct orl_files_job *job)
{
	const struct orl_files *files = job->files;
	size_t n = files->lists[job->selection].n;

	if (!files->lists[job->selection].text)
		return false;
	job->text = malloc(n);
	if (!job->text)
		return false;
	memcpy(job->text, files->lists[job->selection].text, n);
	job->n = n;
	job->step = ORL_FILES_READY;
	return true;
}

struct orl_paste *orl_files_take(struct orl_files *files, unsigned selection,
		orl_files_fetch *fetch, void *user, struct orl_paste_end to)
{
	struct orl_files_job *job = orl_files_job(files, false);

	if (!job)
		return NULL;
	job->selection = selection;
	job->offer = files->lists[selection].offer;
	if (!have_list(job)) {
		job->text = malloc(ORL_FILES_START + ORL_FILES_TABLE);
		if (job->text)
			job->in = fetch(user, (struct orl_paste_end){
							      &take_ops, job });
	}
	if (job->in || job->step == ORL_FILES_READY)
		job->out = orl_paste_create(
				(struct orl_paste_end){ &list_ops, job }, to);
	struct orl_paste *out = job->out;
	if (!out)
		orl_files_fail(job, ORIEL_ENOMEM, "");
	return out;
}

/*
 * files_give.c - files that programs here have copied, for the other end: a
 * list of URIs is gathered, the files are opened and measured, and when the
 * host agrees they are read as fast as they are wanted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <oriel/oriel.h>

#include "clip/files_impl.h"

/* ---- the list ---------------------------------------------------------- */

/* A plain file, or -1 and a sentence. */
static int open_file(const char *path, struct orl_filelist_file *f, char *why,
		size_t size)
{
	const char *name = strrchr(path, '/') + 1;
	/* A pipe would have to be waited for, a device be rewound. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0) {
		snprintf(why, size, "%.100s cannot be read: %s", name,
				strerror(errno));
		return -1;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
			orl_filename_safe(f->name, name, strlen(name))) {
		f->size = (uint64_t)st.st_size;
		return fd;
	}
	snprintf(why, size,
			"%.100s is not a plain file; folders are not "
			"copied, only what is in them",
			name);
	close(fd);
	return -1;
}

static bool open_all(struct orl_files_job *job, char *why, size_t size)
{
	const char *p = (const char *)job->text, *end = p + job->n;
	char path[ORL_FILES_PATH];
	struct orl_filelist *list = &job->list;

	while (orl_uris_next(&p, end, path)) {
		if (list->count == ORL_FILES_MAX) {
			snprintf(why, size, "these are more than %d files",
					ORL_FILES_MAX);
			return false;
		}
		int fd = open_file(path, &list->files[list->count], why, size);
		if (fd < 0)
			return false;
		job->fds[list->count] = fd;
		list->total += list->files[list->count++].size;
	}
	snprintf(why, size, "what was copied is no file of this computer");
	return list->count > 0;
}

static void examine(struct orl_files_job *job)
{
	char why[256] = "out of memory";
	uint8_t *head = malloc(ORL_FILES_START + ORL_FILES_TABLE);

	if (!head || !orl_files_room(job) || !open_all(job, why, sizeof(why))) {
		free(head);
		orl_files_fail(job, ORIEL_EIO, why);
		return;
	}
	free(job->text);
	job->text = head;
	job->n = orl_filelist_put(head, &job->list);
	if (job->n)
		orl_files_ask(job);
	else
		orl_files_fail(job, ORIEL_ELIMIT, "these are too many files");
}

static int64_t list_write(void *end, const void *p, size_t n)
{
	struct orl_files_job *job = end;

	if (n > ORL_FILES_LIST - job->n)
		return ORIEL_ELIMIT;
	memcpy(job->text + job->n, p, n);
	job->n += n;
	return (int64_t)n;
}

static void list_finish(void *end)
{
	struct orl_files_job *job = end;

	job->in = NULL;
	examine(job);
}

static void list_fail(void *end, int error, const char *why)
{
	struct orl_files_job *job = end;

	job->in = NULL;
	orl_files_fail(job, error, why);
}

static const struct orl_paste_ops list_ops = {
	.write = list_write, .finish = list_finish, .fail = list_fail
};

/* ---- the bytes --------------------------------------------------------- */

/* The next of them; 0: that was all; -1: a file is not what it was. */
static ssize_t next_bytes(struct orl_files_job *job, uint8_t *out, size_t room)
{
	struct orl_filelist *list = &job->list;
	ssize_t n;

	if (job->sent < job->n) {
		size_t k = job->n - job->sent < room ? job->n - job->sent
						     : room;

		memcpy(out, job->text + job->sent, k);
		job->sent += k;
		return (ssize_t)k;
	}
	while (job->index < list->count &&
			job->at == list->files[job->index].size) {
		close(job->fds[job->index]);
		job->fds[job->index++] = -1;
		job->at = 0;
	}
	if (job->index == list->count)
		return 0;
	uint64_t left = list->files[job->index].size - job->at;
	do
		n = pread(job->fds[job->index], out,
				left < room ? (size_t)left : room,
				(off_t)job->at);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return -1;
	job->at += (uint64_t)n;
	return n;
}

/* As much as is wanted now; what is told may want more, or end it. */
static void pump(struct orl_files_job *job)
{
	uint8_t bytes[ORL_FILES_PIECE];

	if (job->pumping)
		return;
	job->pumping = true;
	while (job->out && job->wanted) {
		ssize_t n = next_bytes(job, bytes, sizeof(bytes));
		struct orl_paste *out = job->out;

		job->wanted = false;
		if (n < 0) {
			orl_files_fail(job, ORIEL_EIO,
					"a file became shorter while it was "
					"read");
			return;
		}
		if (!n) {
			job->out = NULL;
			orl_paste_came(out);
		} else {
			orl_paste_data(out, bytes, (size_t)n);
		}
	}
	job->pumping = false;
	if (!job->out)
		orl_files_free(job);
}

static void used(void *end, size_t n, bool empty)
{
	struct orl_files_job *job = end;

	(void)n;
	job->wanted = empty;
	if (empty && job->step == ORL_FILES_RUNNING)
		pump(job);
}

/* Nobody wants them any more. */
static void not_given(void *end, int error, const char *why)
{
	struct orl_files_job *job = end;

	(void)error;
	(void)why;
	job->out = NULL;
	if (!job->pumping)
		orl_files_fail(job, ORIEL_ECLOSED, "");
}

static const struct orl_paste_ops give_ops = { .used = used,
	.fail = not_given };

void orl_files_give_on(struct orl_files_job *job)
{
	/* It asks for more when it has begun. */
	orl_paste_begun(job->out, ORL_PASTE_EXACT, job->n + job->list.total);
}

struct orl_paste *orl_files_give(struct orl_files *files,
		orl_files_fetch *fetch, void *user, struct orl_paste_end to)
{
	struct orl_files_job *job = orl_files_job(files, true);

	if (!job)
		return NULL;
	job->text = malloc(ORL_FILES_LIST);
	if (job->text)
		job->in = fetch(user, (struct orl_paste_end){ &list_ops, job });
	if (job->in)
		job->out = orl_paste_create(
				(struct orl_paste_end){ &give_ops, job }, to);
	if (!job->out)
		orl_files_fail(job, ORIEL_ENOMEM, "");
	return job->out;
}

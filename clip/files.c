/*
 * files.c - see files.h: jobs, their questions, and lists that are there.
 */
#include "clip/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <oriel/oriel.h>

#include "clip/files_impl.h"

struct orl_files *orl_files_create(
		const struct orl_files_calls *calls, void *user)
{
	struct orl_files *files = calloc(1, sizeof(*files));

	if (!files)
		return NULL;
	files->calls = calls;
	files->user = user;
	return files;
}

/* ---- jobs -------------------------------------------------------------- */

struct orl_files_job *orl_files_job(struct orl_files *files, bool giving)
{
	for (size_t i = 0; i < ORL_FILES_JOBS; i++) {
		struct orl_files_job *job = &files->jobs[i];

		if (job->step)
			continue;
		memset(job, 0, sizeof(*job));
		job->files = files;
		job->step = ORL_FILES_COMING;
		job->giving = giving;
		job->fd = job->dir = -1;
		return job;
	}
	return NULL;
}

bool orl_files_room(struct orl_files_job *job)
{
	if (!job->list.files)
		job->list.files =
				calloc(ORL_FILES_MAX, sizeof(*job->list.files));
	if (job->giving && !job->fds) {
		job->fds = malloc(ORL_FILES_MAX * sizeof(*job->fds));
		for (size_t i = 0; job->fds && i < ORL_FILES_MAX; i++)
			job->fds[i] = -1;
	}
	if (!job->giving && !job->names)
		job->names = calloc(ORL_FILES_MAX, sizeof(*job->names));
	return job->list.files &&
	       (job->giving ? job->fds != NULL : job->names != NULL);
}

void orl_files_free(struct orl_files_job *job)
{
	if (job->step == ORL_FILES_ASKED)
		job->files->calls->gone(job->files->user, job->question);
	for (size_t i = 0; job->fds && i < ORL_FILES_MAX; i++)
		if (job->fds[i] >= 0)
			close(job->fds[i]);
	if (job->fd >= 0)
		close(job->fd);
	if (job->dir >= 0)
		close(job->dir);
	free(job->fds);
	free(job->names);
	free(job->list.files);
	free(job->text);
	memset(job, 0, sizeof(*job));
}

void orl_files_fail(struct orl_files_job *job, int error, const char *why)
{
	struct orl_files *files = job->files;
	struct orl_paste *in = job->in, *out = job->out;
	bool giving = job->giving;

	if (job->writing) {
		job->err = error;
		snprintf(job->why, sizeof(job->why), "%s", why);
		return;
	}
	job->in = job->out = NULL;
	if (!giving)
		orl_files_undo(job);
	orl_files_free(job);
	if (in)
		orl_paste_dropped(in);
	if (out)
		orl_paste_failed(out, error, why);
	if (*why)
		files->calls->failed(files->user, giving, why);
}

/* ---- questions --------------------------------------------------------- */

void orl_files_ask(struct orl_files_job *job)
{
	struct orl_files *files = job->files;

	job->step = ORL_FILES_ASKED;
	job->question = ++files->last;
	files->calls->ask(files->user, job->question, job->giving, &job->list);
}

void orl_files_answer(struct orl_files *files, uint32_t question, bool yes,
		const char *folder)
{
	struct orl_files_job *job = files->jobs;

	while (job < files->jobs + ORL_FILES_JOBS &&
			(job->step != ORL_FILES_ASKED ||
					job->question != question))
		job++;
	if (job == files->jobs + ORL_FILES_JOBS)
		return;
	job->step = ORL_FILES_RUNNING;
	if (!yes) {
		orl_files_fail(job, ORIEL_EDENIED,
				job->giving ? "the user did not want to give "
					      "these files"
					    : "the user did not want these "
					      "files");
		return;
	}
	snprintf(job->folder, sizeof(job->folder), "%s", folder ? folder : "");
	if (job->giving)
		orl_files_give_on(job);
	else
		orl_files_take_on(job);
}

/* ---- lists that are there ---------------------------------------------- */

void orl_files_renew(struct orl_files *files, unsigned selection)
{
	free(files->lists[selection].text);
	files->lists[selection].text = NULL;
	files->lists[selection].offer++;
}

void orl_files_run(struct orl_files *files)
{
	for (size_t i = 0; i < ORL_FILES_JOBS; i++)
		if (files->jobs[i].step == ORL_FILES_READY)
			orl_files_tell(&files->jobs[i]);
}

void orl_files_destroy(struct orl_files *files)
{
	if (!files)
		return;
	for (size_t i = 0; i < ORL_FILES_JOBS; i++) {
		struct orl_files_job *job = &files->jobs[i];

		if (!job->step)
			continue;
		if (!job->giving)
			orl_files_undo(job);
		orl_paste_forget(job->in);
		orl_paste_forget(job->out);
		job->step = ORL_FILES_RUNNING; /* nobody is told */
		orl_files_free(job);
	}
	for (unsigned s = 0; s < ORL_FILES_SELECTIONS; s++)
		free(files->lists[s].text);
	free(files);
}

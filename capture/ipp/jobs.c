/*
 * jobs.c - what is known of jobs: those that run, and the last that have
 * ended. Their documents are not kept.
 */
#include "capture/ipp/ipp.h"

#include <stdio.h>
#include <string.h>

bool orl_ipp_job_is_over(const struct job *job)
{
	return job->state >= IPP_JSTATE_CANCELED;
}

struct job *orl_ipp_job_find(struct orl_ipp *ipp, int id)
{
	for (int i = 0; id > 0 && i < ORL_IPP_JOBS; i++)
		if (ipp->jobs[i].id == id)
			return &ipp->jobs[i];
	return NULL;
}

struct job *orl_ipp_job_create(struct orl_ipp *ipp)
{
	struct job *slot = NULL;

	for (int i = 0; i < ORL_IPP_JOBS; i++) {
		struct job *job = &ipp->jobs[i];

		if (job->id && (!orl_ipp_job_is_over(job) || job->incoming))
			continue;
		if (!slot || job->id < slot->id)
			slot = job;
	}
	if (!slot)
		return NULL;
	memset(slot, 0, sizeof(*slot));
	ipp->last_job = ipp->last_job == ORL_PIPE_JOB_MAX ? 1
							  : ipp->last_job + 1;
	slot->id = ipp->last_job;
	slot->state = IPP_JSTATE_PENDING;
	slot->created = time(NULL);
	return slot;
}

void orl_ipp_job_end(struct orl_ipp *ipp, struct job *job, ipp_jstate_t state,
		uint32_t reasons, const char *message)
{
	if (orl_ipp_job_is_over(job))
		return;
	job->state = state;
	job->reasons = reasons;
	job->completed = time(NULL);
	snprintf(job->message, sizeof(job->message), "%s", message);
	pthread_cond_broadcast(&ipp->changed);
}

void orl_ipp_jobs_expire(struct orl_ipp *ipp)
{
	time_t now = time(NULL);

	for (int i = 0; i < ORL_IPP_JOBS; i++) {
		struct job *job = &ipp->jobs[i];

		if (job->id && job->state == IPP_JSTATE_PENDING &&
				!job->incoming &&
				now - job->created > ORL_IPP_TIMEOUT)
			orl_ipp_job_end(ipp, job, IPP_JSTATE_ABORTED,
					ORIEL_PRINT_OTHER,
					"Its document never came.");
	}
}

void orl_ipp_job_status(struct orl_ipp *ipp, const struct orl_printpipe *m)
{
	static const ipp_jstate_t states[] = {
		[ORIEL_PRINT_WAITING] = IPP_JSTATE_PROCESSING,
		[ORIEL_PRINT_RUNNING] = IPP_JSTATE_PROCESSING,
		[ORIEL_PRINT_STOPPED] = IPP_JSTATE_STOPPED,
		[ORIEL_PRINT_DONE] = IPP_JSTATE_COMPLETED,
		[ORIEL_PRINT_CANCELLED] = IPP_JSTATE_CANCELED,
		[ORIEL_PRINT_FAILED] = IPP_JSTATE_ABORTED,
	};
	struct job *job = orl_ipp_job_find(ipp, (int)m->job);

	if (!job || orl_ipp_job_is_over(job))
		return;
	if (m->state >= ORIEL_PRINT_DONE) {
		orl_ipp_job_end(ipp, job, states[m->state], m->reasons,
				m->text);
		return;
	}
	job->state = states[m->state];
	job->reasons = m->reasons;
	snprintf(job->message, sizeof(job->message), "%s", m->text);
	pthread_cond_broadcast(&ipp->changed);
}

static void add_reasons(ipp_t *a, const struct job *job)
{
	const char *list[4];
	int n = 0;

	if (job->incoming)
		list[n++] = "job-incoming";
	switch (job->state) {
	case IPP_JSTATE_PENDING:
		if (!job->fetched && !job->incoming)
			list[n++] = "job-data-insufficient";
		break;
	case IPP_JSTATE_PROCESSING:
		list[n++] = "job-printing";
		break;
	case IPP_JSTATE_STOPPED:
		list[n++] = "printer-stopped";
		break;
	case IPP_JSTATE_CANCELED:
		list[n++] = "job-canceled-by-user";
		break;
	case IPP_JSTATE_ABORTED:
		list[n++] = "aborted-by-system";
		break;
	case IPP_JSTATE_COMPLETED:
		list[n++] = "job-completed-successfully";
		break;
	case IPP_JSTATE_HELD:
	default:
		break;
	}
	if (!n)
		list[n++] = "none";
	ippAddStrings(a, IPP_TAG_JOB, IPP_CONST_TAG(IPP_TAG_KEYWORD),
			"job-state-reasons", n, NULL, list);
}

static void add_time(
		ipp_t *a, const struct request *r, const char *when, time_t t)
{
	char name[64];

	snprintf(name, sizeof(name), "time-at-%s", when);
	if (t)
		ippAddInteger(a, IPP_TAG_JOB, IPP_TAG_INTEGER, name,
				(int)(t - r->ipp->started) + 1);
	else
		ippAddOutOfBand(a, IPP_TAG_JOB, IPP_TAG_NOVALUE, name);
	snprintf(name, sizeof(name), "date-time-at-%s", when);
	if (t)
		ippAddDate(a, IPP_TAG_JOB, name, ippTimeToDate(t));
	else
		ippAddOutOfBand(a, IPP_TAG_JOB, IPP_TAG_NOVALUE, name);
}

ipp_t *orl_ipp_about_job(const struct request *r, const struct job *job)
{
	ipp_t *a = ippNew();
	char uri[288], printer[256];
	uint64_t kilo = (job->bytes + 1023) / 1024;

	orl_ipp_printer_uri(r, printer, sizeof(printer));
	snprintf(uri, sizeof(uri), "%s/%d", printer, job->id);
	ippAddInteger(a, IPP_TAG_JOB, IPP_TAG_INTEGER, "job-id", job->id);
	ippAddString(a, IPP_TAG_JOB, IPP_TAG_URI, "job-uri", NULL, uri);
	ippAddString(a, IPP_TAG_JOB, IPP_TAG_URI, "job-printer-uri", NULL,
			printer);
	ippAddString(a, IPP_TAG_JOB, IPP_TAG_NAME, "job-name", NULL, job->name);
	ippAddString(a, IPP_TAG_JOB, IPP_TAG_NAME, "job-originating-user-name",
			NULL, job->user);
	ippAddInteger(a, IPP_TAG_JOB, IPP_TAG_ENUM, "job-state",
			(int)job->state);
	add_reasons(a, job);
	ippAddString(a, IPP_TAG_JOB, IPP_TAG_TEXT, "job-state-message", NULL,
			job->message);
	ippAddInteger(a, IPP_TAG_JOB, IPP_TAG_INTEGER, "job-k-octets",
			kilo < INT32_MAX ? (int)kilo : INT32_MAX);
	ippAddInteger(a, IPP_TAG_JOB, IPP_TAG_INTEGER, "number-of-documents",
			1);
	ippAddInteger(a, IPP_TAG_JOB, IPP_TAG_INTEGER, "job-impressions", 0);
	ippAddInteger(a, IPP_TAG_JOB, IPP_TAG_INTEGER,
			"job-impressions-completed", 0);
	ippAddInteger(a, IPP_TAG_JOB, IPP_TAG_INTEGER,
			"job-media-sheets-completed", 0);
	ippAddInteger(a, IPP_TAG_JOB, IPP_TAG_INTEGER, "copies",
			(int)job->details.copies);
	ippAddInteger(a, IPP_TAG_JOB, IPP_TAG_INTEGER, "job-printer-up-time",
			(int)(time(NULL) - r->ipp->started) + 1);
	add_time(a, r, "creation", job->created);
	add_time(a, r, "processing", job->processing);
	add_time(a, r, "completed", job->completed);
	return a;
}

/*
 * ops.c - the operations of IPP/2.0 that IPP Everywhere asks for.
 */
#include "capture/ipp/ipp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- answers ----------------------------------------------------------- */

struct wanted {
	cups_array_t *names; /* NULL: all */
};

static int is_wanted(void *user, ipp_t *to, ipp_attribute_t *attribute)
{
	const struct wanted *w = user;
	const char *name = ippGetName(attribute);

	(void)to;
	return name && (!w->names || cupsArrayFind(w->names, (void *)name));
}

static void copy_wanted(struct request *r, ipp_t *from)
{
	struct wanted w = { ippCreateRequestedArray(r->in) };

	ippCopyAttributes(r->out, from, 0, is_wanted, &w);
	cupsArrayDelete(w.names);
}

enum { JOB_NAMED = 2, JOB_TOLD = 5 };

/* All that was asked for, or the first `brief` of what is always told. */
static void put_job(struct request *r, const struct job *job, size_t brief)
{
	ipp_t *about = orl_ipp_about_job(r, job);
	static const char *const few[] = { "job-id", "job-uri", "job-state",
		"job-state-reasons", "job-state-message" };

	if (!brief) {
		copy_wanted(r, about);
		ippDelete(about);
		return;
	}
	for (size_t i = 0; i < brief; i++) {
		ipp_attribute_t *a =
				ippFindAttribute(about, few[i], IPP_TAG_ZERO);
		if (a)
			ippCopyAttribute(r->out, a, 0);
	}
	ippDelete(about);
}

/* ---- taking a document ------------------------------------------------- */

/* The lock is held. Wait until some of it may be sent; 0: it is over. */
static uint32_t wait_for_credit(struct orl_ipp *ipp, struct job *job)
{
	while (!job->credit && !orl_ipp_job_is_over(job))
		pthread_cond_wait(&ipp->changed, &ipp->lock);
	if (orl_ipp_job_is_over(job))
		return 0;
	return job->credit;
}

/* Everything that is still on its way, to be rid of it. */
static void drain(struct request *r)
{
	char waste[16384];

	while (httpGetState(r->http) == HTTP_STATE_POST_RECV &&
			httpRead2(r->http, waste, sizeof(waste)) > 0)
		;
}

static void begin(struct request *r, struct job *job)
{
	struct orl_printpipe m = { .kind = ORL_PIPE_BEGIN,
		.job = (uint32_t)job->id,
		.slot = r->slot,
		.details = job->details };

	m.details.title = job->name;
	job->begun = true;
	job->state = IPP_JSTATE_PROCESSING;
	job->processing = time(NULL);
	orl_ipp_tell(r->ipp, &m);
}

static bool pass_on(struct orl_ipp *ipp, struct job *job, const uint8_t *data,
		size_t n)
{
	while (n) {
		uint32_t may = wait_for_credit(ipp, job);
		size_t some = n < may ? n : may;

		if (!may)
			return false;
		if (some > ORL_PIPE_DATA_MAX)
			some = ORL_PIPE_DATA_MAX;
		job->credit -= (uint32_t)some;
		job->bytes += some;
		/* The pipe blocks while oriel-serve does not read. */
		if (!orl_ipp_tell(ipp, &(struct orl_printpipe){
						       .kind = ORL_PIPE_DATA,
						       .job = (uint32_t)job->id,
						       .data = data,
						       .n = some }))
			return false;
		data += some;
		n -= some;
	}
	return true;
}

/* The lock is held, but not here. */
static ssize_t read_some(struct request *r, uint8_t *data, size_t size)
{
	ssize_t n;

	pthread_mutex_unlock(&r->ipp->lock);
	n = httpRead2(r->http, (char *)data, size);
	pthread_mutex_lock(&r->ipp->lock);
	return n;
}

/*
 * The lock is held, but while the connection is read. NULL, or why the job has
 * failed; if it is over by itself, that is of no interest.
 */
static const char *copy_document(struct request *r, struct job *job)
{
	static const char broken[] = "The document did not arrive whole.";
	struct orl_ipp *ipp = r->ipp;
	uint8_t data[ORL_PIPE_DATA_MAX];
	size_t have = 0;
	ssize_t n;

	/* Its first bytes say what it is, if nobody else does. */
	do {
		n = read_some(r, data + have, sizeof(data) - have);
		have += n > 0 ? (size_t)n : 0;
	} while (n > 0 && have < ORL_IPP_MAGIC);
	if (n < 0)
		return broken;
	if (!have)
		return "The document is empty.";
	if (orl_ipp_job_is_over(job))
		return broken;
	if (!job->details.format)
		job->details.format = orl_ipp_format_by(data, have);
	if (!(job->details.format & r->printer.about.formats))
		return "The printer does not take documents of this format.";
	begin(r, job);
	while (pass_on(ipp, job, data, have)) {
		/* Nothing more is read before there is room for it. */
		if (!wait_for_credit(ipp, job))
			break;
		n = read_some(r, data, sizeof(data));
		if (n <= 0)
			return n == 0 && httpGetState(r->http) != HTTP_STATE_POST_RECV
					       ? NULL
					       : broken;
		have = (size_t)n;
	}
	return broken;
}

/*
 * The lock is held. CUPS believes a job that failed while it was being sent to
 * be printed, or sends it again for ever, whatever it is answered, unless it
 * has heard of the failure on the connection where it asks now and then: the
 * first time after a second, later less often.
 */
static void hold_answer(struct orl_ipp *ipp, const struct job *job)
{
	struct timespec until;
	int over = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	while (!over && (job->asked || job->apart) && !job->heard) {
		struct timespec t = until;

		t.tv_sec += job->asked ? ipp->patience : ipp->patience / 5;
		over = pthread_cond_timedwait(&ipp->changed, &ipp->lock, &t);
	}
	/* And it is to be there first. */
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ipp->patience / 15;
	for (over = 0; !over && job->heard;)
		over = pthread_cond_timedwait(
				&ipp->changed, &ipp->lock, &until);
}

static void answer_end(struct request *r, const struct job *job)
{
	ipp_status_t status = IPP_STATUS_ERROR_JOB_CANCELED;

	if (job->state == IPP_JSTATE_ABORTED && !job->begun)
		status = IPP_STATUS_ERROR_DOCUMENT_FORMAT_ERROR;
	if (job->state == IPP_JSTATE_ABORTED ||
			job->state == IPP_JSTATE_CANCELED)
		orl_ipp_answer(r, status, job->message);
	put_job(r, job, JOB_TOLD); /* a group of attributes behind that */
}

/* The job is marked as incoming, so it stays until that is taken back. */
static void take_document(struct request *r, int id)
{
	struct orl_ipp *ipp = r->ipp;
	const char *compression = orl_ipp_text(r, "compression");
	const char *why;

	if (compression && strcmp(compression, "gzip") == 0)
		httpSetField(r->http, HTTP_FIELD_CONTENT_ENCODING, "gzip");
	pthread_mutex_lock(&ipp->lock);
	struct job *job = orl_ipp_job_find(ipp, id);
	why = copy_document(r, job);
	job->fetched = !why;
	if (!orl_ipp_job_is_over(job)) {
		if (job->begun)
			orl_ipp_tell(ipp,
					&(struct orl_printpipe){
							.kind = why ? ORL_PIPE_CANCEL
								    : ORL_PIPE_END,
							.job = (uint32_t)id });
		if (why)
			orl_ipp_job_end(ipp, job, IPP_JSTATE_ABORTED,
					ORIEL_PRINT_OTHER, why);
	}
	if (why)
		hold_answer(ipp, job);
	job->incoming = false;
	answer_end(r, job);
	pthread_mutex_unlock(&ipp->lock);
	if (why)
		drain(r);
}

/* ---- operations -------------------------------------------------------- */

/* A new job's number; 0: it was answered why there is none. */
static int create_job(struct request *r, bool with_document)
{
	struct oriel_print_job details;
	struct orl_ipp *ipp = r->ipp;
	int id = 0;

	if (!orl_ipp_read_details(r, &details))
		return 0;
	if (with_document && !orl_ipp_read_format(r, &details))
		return 0;
	pthread_mutex_lock(&ipp->lock);
	struct job *job = orl_ipp_job_create(ipp);
	if (job) {
		id = job->id;
		job->slot = r->slot;
		job->incoming = with_document;
		job->apart = !with_document;
		job->details = details;
		memcpy(job->queue, r->printer.queue, sizeof(job->queue));
		orl_ipp_plain(job->name, sizeof(job->name),
				orl_ipp_text(r, "job-name")
						? orl_ipp_text(r, "job-name")
						: orl_ipp_text(r, "document-"
								  "name"),
				"Untitled");
		orl_ipp_plain(job->user, sizeof(job->user),
				orl_ipp_text(r, "requesting-user-name"),
				"anonymous");
	}
	pthread_mutex_unlock(&ipp->lock);
	if (!id)
		orl_ipp_answer(r, IPP_STATUS_ERROR_BUSY,
				"Too many jobs are running; try again later.");
	return id;
}

/* False: it has been answered that there is none. */
static bool has_document(struct request *r)
{
	if (httpGetState(r->http) == HTTP_STATE_POST_RECV)
		return true;
	orl_ipp_answer(r, IPP_STATUS_ERROR_BAD_REQUEST,
			"There is no document.");
	return false;
}

static void print_job(struct request *r)
{
	int id = has_document(r) ? create_job(r, true) : 0;

	if (id)
		take_document(r, id);
}

static void validate_job(struct request *r)
{
	struct oriel_print_job details;

	if (orl_ipp_read_details(r, &details))
		orl_ipp_read_format(r, &details);
}

static void create_empty(struct request *r)
{
	int id = create_job(r, false);

	if (!id)
		return;
	pthread_mutex_lock(&r->ipp->lock);
	put_job(r, orl_ipp_job_find(r->ipp, id), JOB_TOLD);
	pthread_mutex_unlock(&r->ipp->lock);
}

/*
 * The job that the request is about, by "job-id" or "job-uri"; with the lock
 * held when it is there.
 */
static struct job *find_job(struct request *r)
{
	const char *uri = orl_ipp_text(r, "job-uri");
	const char *last = uri ? strrchr(uri, '/') : NULL;
	int id = orl_ipp_number(r, "job-id", last ? atoi(last + 1) : 0);
	struct job *job;

	pthread_mutex_lock(&r->ipp->lock);
	job = orl_ipp_job_find(r->ipp, id);
	if (job && strcmp(job->queue, r->printer.queue) == 0)
		return job;
	pthread_mutex_unlock(&r->ipp->lock);
	orl_ipp_answer(r,
			id ? IPP_STATUS_ERROR_NOT_FOUND
			   : IPP_STATUS_ERROR_BAD_REQUEST,
			id ? "There is no such job." : "Which job?");
	return NULL;
}

static bool is_open(const struct job *job)
{
	return job->state == IPP_JSTATE_PENDING && !job->incoming;
}

static void send_document(struct request *r)
{
	struct job *job = find_job(r);
	ipp_attribute_t *last = ippFindAttribute(
			r->in, "last-document", IPP_TAG_BOOLEAN);
	struct oriel_print_job details;
	int id;

	if (!job)
		return;
	id = job->id;
	bool open = is_open(job);
	details = job->details;
	pthread_mutex_unlock(&r->ipp->lock);
	if (!last) {
		orl_ipp_answer(r, IPP_STATUS_ERROR_BAD_REQUEST,
				"last-document is missing.");
		return;
	}
	if (!open) {
		orl_ipp_answer(r, IPP_STATUS_ERROR_MULTIPLE_JOBS_NOT_SUPPORTED,
				"A job has one document.");
		return;
	}
	/* One that begins no document, to say that there is none. */
	if (!has_document(r) || !orl_ipp_read_format(r, &details))
		return;
	pthread_mutex_lock(&r->ipp->lock);
	job = orl_ipp_job_find(r->ipp, id);
	open = job && is_open(job);
	if (open) {
		job->details.format = details.format;
		job->incoming = true;
	}
	pthread_mutex_unlock(&r->ipp->lock);
	if (open)
		take_document(r, id);
	else
		orl_ipp_answer(r, IPP_STATUS_ERROR_NOT_POSSIBLE,
				"It has begun.");
}

/* The lock is held. */
static void cancel(struct request *r, struct job *job)
{
	if (job->begun)
		orl_ipp_tell(r->ipp,
				&(struct orl_printpipe){
						.kind = ORL_PIPE_CANCEL,
						.job = (uint32_t)job->id });
	orl_ipp_job_end(r->ipp, job, IPP_JSTATE_CANCELED, 0,
			"Cancelled at the desktop.");
}

static void cancel_job(struct request *r)
{
	struct job *job = find_job(r);

	if (!job)
		return;
	if (orl_ipp_job_is_over(job))
		orl_ipp_answer(r, IPP_STATUS_ERROR_NOT_POSSIBLE,
				"The job has ended already.");
	else
		cancel(r, job);
	pthread_mutex_unlock(&r->ipp->lock);
}

static bool is_mine(struct request *r, const struct job *job)
{
	char user[ORL_IPP_USER + 1];

	orl_ipp_plain(user, sizeof(user),
			orl_ipp_text(r, "requesting-user-name"), "anonymous");
	return strcmp(job->user, user) == 0;
}

static void cancel_my_jobs(struct request *r)
{
	pthread_mutex_lock(&r->ipp->lock);
	for (int i = 0; i < ORL_IPP_JOBS; i++) {
		struct job *job = &r->ipp->jobs[i];

		if (job->id && !orl_ipp_job_is_over(job) &&
				strcmp(job->queue, r->printer.queue) == 0 &&
				is_mine(r, job))
			cancel(r, job);
	}
	pthread_mutex_unlock(&r->ipp->lock);
}

static void close_job(struct request *r)
{
	struct job *job = find_job(r);

	if (!job)
		return;
	if (is_open(job))
		orl_ipp_job_end(r->ipp, job, IPP_JSTATE_ABORTED,
				ORIEL_PRINT_OTHER, "There was no document.");
	pthread_mutex_unlock(&r->ipp->lock);
}

static void get_job(struct request *r)
{
	struct job *job = find_job(r);

	if (!job)
		return;
	put_job(r, job, 0);
	job->asked |= job->incoming;
	job->heard = orl_ipp_job_is_over(job);
	if (job->asked)
		pthread_cond_broadcast(&r->ipp->changed);
	pthread_mutex_unlock(&r->ipp->lock);
}

static int by_age(const void *a, const void *b)
{
	const struct job *const *x = a, *const *y = b;

	return ((*y)->id > (*x)->id) - ((*y)->id < (*x)->id);
}

static void get_jobs(struct request *r)
{
	const char *which = orl_ipp_text(r, "which-jobs");
	ipp_attribute_t *my =
			ippFindAttribute(r->in, "my-jobs", IPP_TAG_BOOLEAN);
	int limit = orl_ipp_number(r, "limit", ORL_IPP_JOBS);
	bool over = which && strcmp(which, "completed") == 0;
	bool all = which && strcmp(which, "all") == 0;
	const struct job *list[ORL_IPP_JOBS];
	int n = 0, put = 0;

	if (which && !over && !all && strcmp(which, "not-completed") != 0) {
		orl_ipp_refuse(r, ippFindAttribute(r->in, "which-jobs",
						  IPP_TAG_ZERO));
		return;
	}
	pthread_mutex_lock(&r->ipp->lock);
	for (int i = 0; i < ORL_IPP_JOBS; i++) {
		const struct job *job = &r->ipp->jobs[i];

		if (!job->id || (!all && orl_ipp_job_is_over(job) != over) ||
				strcmp(job->queue, r->printer.queue) != 0 ||
				(my && ippGetBoolean(my, 0) &&
						!is_mine(r, job)))
			continue;
		list[n++] = job;
	}
	qsort(list, (size_t)n, sizeof(list[0]), by_age);
	for (int i = 0; i < n && put < limit; i++, put++) {
		if (put)
			ippAddSeparator(r->out);
		put_job(r, list[i],
				ippFindAttribute(r->in, "requested-attributes",
						IPP_TAG_ZERO)
						? 0
						: JOB_NAMED);
	}
	pthread_mutex_unlock(&r->ipp->lock);
}

static void get_printer(struct request *r)
{
	unsigned jobs = 0;

	pthread_mutex_lock(&r->ipp->lock);
	for (int i = 0; i < ORL_IPP_JOBS; i++) {
		const struct job *job = &r->ipp->jobs[i];

		if (!job->id || orl_ipp_job_is_over(job) ||
				strcmp(job->queue, r->printer.queue) != 0)
			continue;
		jobs++;
		/* What stops a job is what the printer lacks. */
		if (job->state != IPP_JSTATE_STOPPED)
			continue;
		r->printer.about.state = ORIEL_PRINT_STOPPED;
		r->printer.about.reasons |= job->reasons;
	}
	pthread_mutex_unlock(&r->ipp->lock);
	ipp_t *about = orl_ipp_about_printer(r, jobs);
	copy_wanted(r, about);
	ippDelete(about);
}

static void identify(struct request *r)
{
	(void)r; /* it is beside the viewer, and is not to be made to blink */
}

static const struct {
	ipp_op_t op;
	void (*run)(struct request *r);
} operations[] = {
	{ IPP_OP_PRINT_JOB, print_job },
	{ IPP_OP_VALIDATE_JOB, validate_job },
	{ IPP_OP_CREATE_JOB, create_empty },
	{ IPP_OP_SEND_DOCUMENT, send_document },
	{ IPP_OP_CANCEL_JOB, cancel_job },
	{ IPP_OP_GET_JOB_ATTRIBUTES, get_job },
	{ IPP_OP_GET_JOBS, get_jobs },
	{ IPP_OP_GET_PRINTER_ATTRIBUTES, get_printer },
	{ IPP_OP_CANCEL_MY_JOBS, cancel_my_jobs },
	{ IPP_OP_CLOSE_JOB, close_job },
	{ IPP_OP_IDENTIFY_PRINTER, identify },
};

/* What every request must have, in this order. */
static bool is_well_formed(struct request *r)
{
	ipp_attribute_t *charset = ippFirstAttribute(r->in);
	ipp_attribute_t *language = ippNextAttribute(r->in);
	ipp_attribute_t *uri;
	int major, minor;

	major = ippGetVersion(r->in, &minor);
	if (major < 1 || major > 2) {
		orl_ipp_answer(r, IPP_STATUS_ERROR_VERSION_NOT_SUPPORTED,
				"Versions 1.1 and 2.0 are spoken here.");
		return false;
	}
	if (ippGetRequestId(r->in) <= 0) {
		orl_ipp_answer(r, IPP_STATUS_ERROR_BAD_REQUEST,
				"Bad request-id.");
		return false;
	}
	if (!charset || !language || !ippGetName(charset) ||
			!ippGetName(language) ||
			strcmp(ippGetName(charset), "attributes-charset") !=
					0 ||
			ippGetValueTag(charset) != IPP_TAG_CHARSET ||
			ippGetGroupTag(charset) != IPP_TAG_OPERATION ||
			strcmp(ippGetName(language),
					"attributes-natural-language") != 0 ||
			ippGetValueTag(language) != IPP_TAG_LANGUAGE) {
		orl_ipp_answer(r, IPP_STATUS_ERROR_BAD_REQUEST,
				"The attributes do not begin with the "
				"charset and the language.");
		return false;
	}
	if (strcasecmp(ippGetString(charset, 0, NULL), "utf-8") != 0 &&
			strcasecmp(ippGetString(charset, 0, NULL),
					"us-ascii") != 0) {
		orl_ipp_answer(r, IPP_STATUS_ERROR_CHARSET, "Write UTF-8.");
		return false;
	}
	uri = ippFindAttribute(r->in, "printer-uri", IPP_TAG_URI);
	if (!uri)
		uri = ippFindAttribute(r->in, "job-uri", IPP_TAG_URI);
	if (!uri) {
		orl_ipp_answer(r, IPP_STATUS_ERROR_BAD_REQUEST,
				"There is no printer-uri.");
		return false;
	}
	return true;
}

/* What its jobs know of, which live longer than a lost viewer's printer. */
static bool is_of_jobs(ipp_op_t op)
{
	return op == IPP_OP_GET_JOB_ATTRIBUTES || op == IPP_OP_GET_JOBS ||
	       op == IPP_OP_CANCEL_JOB || op == IPP_OP_CANCEL_MY_JOBS;
}

void orl_ipp_operate(struct request *r)
{
	ipp_op_t op = ippGetOperation(r->in);
	int minor, major = ippGetVersion(r->in, &minor);

	r->out = ippNew();
	ippSetVersion(r->out, major == 1 ? 1 : 2, major == 1 ? 1 : 0);
	ippSetStatusCode(r->out, IPP_STATUS_OK);
	ippSetRequestId(r->out, ippGetRequestId(r->in));
	ippAddString(r->out, IPP_TAG_OPERATION, IPP_TAG_CHARSET,
			"attributes-charset", NULL, "utf-8");
	ippAddString(r->out, IPP_TAG_OPERATION, IPP_TAG_LANGUAGE,
			"attributes-natural-language", NULL, "en");
	if (!is_well_formed(r))
		return;
	if (!r->printer.there && !is_of_jobs(op)) {
		orl_ipp_answer(r, IPP_STATUS_ERROR_NOT_FOUND,
				"The viewer with this printer has gone.");
		return;
	}
	pthread_mutex_lock(&r->ipp->lock);
	orl_ipp_jobs_expire(r->ipp);
	pthread_mutex_unlock(&r->ipp->lock);
	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++)
		if (operations[i].op == op) {
			operations[i].run(r);
			return;
		}
	orl_ipp_answer(r, IPP_STATUS_ERROR_OPERATION_NOT_SUPPORTED,
			"This printer does not do that.");
}

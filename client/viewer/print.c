/*
 * print.c - jobs of the desktop, on their way to a printer here. Documents
 * wait in files without a name; nothing that the desktop says becomes part of
 * a path or of a command.
 */
#include "client/viewer/print.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/viewer/logins.h"
#include "client/viewer/text.h"
#include "client/viewer/ui.h"
#include "client/viewer/viewer.h"

enum { JOBS = 16 };

#define PROGRESS_NS UINT64_C(500000000)

/* What one job may take of the disk. */
#define SPOOL_MAX (UINT64_C(4) << 30)

enum step {
	FREE,
	ASKED,    /* the person, whether it is to be printed at all */
	COMING,   /* into the file */
	PRINTING, /* by its thread */
};

struct job {
	enum step step;
	uint32_t id; /* 0: the server does not want to hear of it any more */
	struct orl_prints *prints;
	int printer, fd;
	uint64_t bytes, noted; /* when that was shown */
	struct oriel_print_job details;
	char title[ORIEL_PRINT_TITLE_MAX + 1];
	pthread_t thread;
	bool threaded;
	int cancel; /* libcups looks at it as an int */

	/* What its thread has said; under prints->lock. */
	bool news, over;
	enum oriel_print_state state;
	uint32_t reasons;
	char text[ORIEL_PRINT_TEXT_MAX + 1];
};

struct orl_prints {
	struct orl_viewer *v;
	pthread_mutex_t lock;
	struct job jobs[JOBS];
	atomic_int running;
	atomic_ullong bytes; /* of those */
	atomic_bool stop;    /* every job, by the person */
	bool allowed;        /* in this session, by the person */
	bool asking;
	int folder; /* descriptor of file:DIR, or -1 */
	struct orl_logins *logins;

	pthread_t finder;
	bool finding;
	int cancel; /* of the finder */
	/* Under the lock until `told`. */
	bool found, told;
	struct orl_found printers[ORIEL_PRINTERS_MAX];
	int n;
	const char *why; /* there is none */
};

/* ---- finding printers -------------------------------------------------- */

static void use_folder(struct orl_prints *p)
{
	static const struct oriel_print_size sizes[] = { { 21000, 29700 },
		{ 29700, 42000 }, { 14800, 21000 }, { 21590, 27940 },
		{ 21590, 35560 } };
	struct orl_found *f = &p->printers[0];

	memset(f, 0, sizeof(*f));
	snprintf(f->name, sizeof(f->name), "Oriel PDF");
	f->about = (struct oriel_printer){
		.standard = true,
		.formats = ORIEL_PRINT_PWG | ORIEL_PRINT_JPEG | ORIEL_PRINT_PDF,
		.colours = ORIEL_PRINT_GREY | ORIEL_PRINT_COLOUR,
		.sides = ORIEL_PRINT_ONE_SIDE | ORIEL_PRINT_LONG_EDGE |
			 ORIEL_PRINT_SHORT_EDGE,
		.qualities = ORIEL_PRINT_NORMAL,
		.resolutions = ORIEL_PRINT_300 | ORIEL_PRINT_600,
		.n_media = sizeof(sizes) / sizeof(sizes[0]),
	};
	memcpy(f->media, sizes, sizeof(sizes));
	p->n = 1;
	p->found = true;
}

#ifndef ORIEL_NO_CUPS
static void *find(void *user)
{
	struct orl_prints *p = user;
	const struct orl_viewer_options *o = &p->v->options;
	struct orl_found *list = calloc(ORIEL_PRINTERS_MAX, sizeof(*list));
	const char *why = NULL;
	int n = 0;

	if (list && o->printer[0])
		n = orl_cups_find_one(
				list, o->printer, p->logins, &p->cancel, &why);
	else if (list)
		n = orl_cups_find(list, ORIEL_PRINTERS_MAX,
				o->printers == ORL_PRINTERS_ALL, &p->cancel);
	pthread_mutex_lock(&p->lock);
	if (list)
		memcpy(p->printers, list, sizeof(p->printers));
	p->n = n;
	p->why = why;
	p->found = true;
	pthread_mutex_unlock(&p->lock);
	free(list);
	orl_box_wake(p->v->box);
	return NULL;
}
#endif

static void announce(struct orl_prints *p)
{
	struct orl_viewer *v = p->v;

	if (!p->n && p->why)
		orl_viewer_say("the printer %s is not offered: %s",
				v->options.printer, p->why);
	else if (!p->n && (v->options.printer[0] || v->options.verbose))
		orl_viewer_say("no printer was found%s%s; see lpstat -e",
				v->options.printer[0] ? ": " : "",
				v->options.printer);
	for (int i = 0; i < p->n; i++) {
		struct oriel_printer about = p->printers[i].about;
		char quoted[ORL_JSON_SIZE(ORIEL_PRINTER_NAME_MAX)];

		about.size = sizeof(about);
		about.id = (uint32_t)i;
		about.name = p->printers[i].name;
		about.media = p->printers[i].media;
		/* PDF is a language for attackers: by consent alone. */
		if (p->folder < 0 && !v->options.print_pdf)
			about.formats &= ~(uint32_t)ORIEL_PRINT_PDF;
		if (!about.formats)
			continue;
		int err = orl_box_set_printer(v->box, &about);
		if (err)
			orl_viewer_say("the printer %s cannot be used: %s",
					about.name, oriel_strerror(err));
		else
			orl_viewer_event(v, "printer", "\"name\":%s",
					orl_json_quote(quoted, sizeof(quoted),
							about.name));
	}
}

/* ---- jobs -------------------------------------------------------------- */

static struct job *find_job(struct orl_prints *p, uint32_t id)
{
	for (int i = 0; i < JOBS; i++)
		if (p->jobs[i].step != FREE && p->jobs[i].id == id)
			return &p->jobs[i];
	return NULL;
}

static const char *state_name(enum oriel_print_state state)
{
	static const char *const names[] = { "waiting", "printing", "stopped",
		"done", "cancelled", "failed" };

	return names[state];
}

/* To the person, and to the server. */
static void tell(struct job *job, enum oriel_print_state state,
		uint32_t reasons, const char *text)
{
	struct orl_viewer *v = job->prints->v;
	const struct oriel_print_status status = { .size = sizeof(status),
		.state = state,
		.reasons = reasons,
		.text = text };
	char quoted[ORL_JSON_SIZE(ORIEL_PRINT_TEXT_MAX)];
	char title[ORL_JSON_SIZE(ORIEL_PRINT_TITLE_MAX)];

	orl_viewer_event(v, "print",
			"\"job\":%" PRIu32 ",\"title\":%s,\"state\":\"%s\","
			"\"reasons\":%" PRIu32 ",\"bytes\":%" PRIu64
			",\"text\":%s",
			job->id,
			orl_json_quote(title, sizeof(title), job->title),
			state_name(state), reasons, job->bytes,
			orl_json_quote(quoted, sizeof(quoted), text));
	orl_prints_note(v->ui, job->title, state, reasons, text, job->bytes);
	if (!v->options.json && state >= ORIEL_PRINT_STOPPED)
		orl_viewer_say("printing %s: %s%s%s", job->title,
				_(state_name(state)), *text ? ": " : "", text);
	if (job->id && orl_box_print_status(v->box, job->id, &status) < 0)
		job->id = 0; /* it ended there in the meantime */
}

static void release(struct job *job)
{
	if (job->fd >= 0)
		close(job->fd);
	if (job->threaded)
		pthread_join(job->thread, NULL);
	atomic_fetch_sub(&job->prints->running, 1);
	atomic_fetch_sub(&job->prints->bytes, job->bytes);
	job->step = FREE;
	job->threaded = false;
}

static void fail(struct job *job, enum oriel_print_state state,
		uint32_t reasons, const char *text)
{
	tell(job, state, reasons, text);
	release(job);
}

/* A file without a name: in the folder it will be in, or where files wait. */
static int open_spool(const struct orl_prints *p)
{
	static const char *const places[] = { "/var/tmp", "/tmp" };
	const char *wish = getenv("TMPDIR");
	int fd = -1;

	if (p->folder >= 0)
		return openat(p->folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC,
				0600);
	if (wish)
		fd = open(wish, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	for (int i = 0; fd < 0 && i < 2; i++)
		fd = open(places[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd;
}

static void accept_job(struct job *job)
{
	struct orl_viewer *v = job->prints->v;

	job->fd = open_spool(job->prints);
	if (job->fd < 0) {
		fail(job, ORIEL_PRINT_FAILED, ORIEL_PRINT_OTHER,
				"there is no place for the document");
		return;
	}
	job->step = COMING;
	if (orl_box_print_accept(v->box, job->id) < 0)
		release(job);
}

static void refuse(struct job *job, const char *text)
{
	fail(job, ORIEL_PRINT_FAILED, ORIEL_PRINT_REFUSED, text);
}

void orl_prints_on_started(
		void *user, uint32_t id, const struct oriel_print_job *details)
{
	struct orl_viewer *v = user;
	struct orl_prints *p = v->prints;
	struct job *job = NULL;

	for (int i = 0; i < JOBS && !job; i++)
		if (p->jobs[i].step == FREE)
			job = &p->jobs[i];
	if (!job) {
		const struct oriel_print_status full = { .size = sizeof(full),
			.state = ORIEL_PRINT_FAILED,
			.reasons = ORIEL_PRINT_TOO_MUCH,
			.text = "too many jobs are being printed" };
		if (orl_box_print_status(v->box, id, &full) < 0)
			return; /* gone already */
		return;
	}
	memset(job, 0, sizeof(*job));
	job->step = ASKED;
	job->id = id;
	job->fd = -1;
	job->prints = p;
	job->printer = (int)details->printer;
	job->details = *details;
	orl_prints_plain(job->title, sizeof(job->title), details->title);
	job->details.title = NULL;
	atomic_fetch_add(&p->running, 1);
	if (v->options.print_always || p->allowed)
		accept_job(job);
	else if (!v->ui)
		refuse(job, "the viewer does not print without --print=always");
	else
		tell(job, ORIEL_PRINT_WAITING, 0, "the person is asked");
}

/* Of one that takes long enough to be looked at. */
static void show_progress(struct job *job)
{
	uint64_t now = orl_viewer_now();

	if (now - job->noted < PROGRESS_NS)
		return;
	if (job->noted)
		orl_prints_note(job->prints->v->ui, job->title,
				ORIEL_PRINT_RUNNING, 0, "", job->bytes);
	job->noted = now;
}

void orl_prints_on_data(void *user, uint32_t id, const void *data, size_t bytes)
{
	struct orl_viewer *v = user;
	struct job *job = find_job(v->prints, id);
	const char *p = data;
	size_t left = bytes;

	if (!job || job->step != COMING)
		return;
	if (job->bytes + bytes > SPOOL_MAX) {
		fail(job, ORIEL_PRINT_FAILED, ORIEL_PRINT_TOO_MUCH,
				"the document is too large for the viewer");
		return;
	}
	while (left) {
		ssize_t n = write(job->fd, p, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			fail(job, ORIEL_PRINT_FAILED, ORIEL_PRINT_OTHER,
					"there is no room for the document");
			return;
		}
		p += n;
		left -= (size_t)n;
	}
	job->bytes += bytes;
	atomic_fetch_add(&v->prints->bytes, bytes);
	show_progress(job);
	if (orl_box_print_taken(v->box, id, bytes) < 0)
		job->id = 0;
}

/* ---- a folder as the printer ------------------------------------------- */

static const char *extension(uint32_t format)
{
	return format == ORIEL_PRINT_PWG    ? "pwg"
	       : format == ORIEL_PRINT_JPEG ? "jpg"
					    : "pdf";
}

/* The file gets its name when it is whole, and never that of another. */
static void keep_file(struct job *job)
{
	char from[64], name[96], day[32];
	time_t now = time(NULL);
	struct tm tm;
	int err = EEXIST;

	snprintf(from, sizeof(from), "/proc/self/fd/%d", job->fd);
	if (!localtime_r(&now, &tm) ||
			!strftime(day, sizeof(day), "%Y%m%d-%H%M%S", &tm))
		day[0] = 0;
	for (int i = 1; i < 1000 && err == EEXIST; i++) {
		snprintf(name, sizeof(name), "print-%s-%d.%s", day, i,
				extension(job->details.format));
		err = linkat(AT_FDCWD, from, job->prints->folder, name,
				      AT_SYMLINK_FOLLOW) == 0
				      ? 0
				      : errno;
	}
	if (err)
		fail(job, ORIEL_PRINT_FAILED, ORIEL_PRINT_OTHER, strerror(err));
	else
		fail(job, ORIEL_PRINT_DONE, 0, name);
}

/* ---- printers ---------------------------------------------------------- */

#ifndef ORIEL_NO_CUPS
static void on_sending(void *user, enum oriel_print_state state,
		uint32_t reasons, const char *text)
{
	struct job *job = user;
	struct orl_prints *p = job->prints;

	pthread_mutex_lock(&p->lock);
	job->news = true;
	job->state = state;
	job->reasons = reasons;
	snprintf(job->text, sizeof(job->text), "%s", text);
	job->over = state >= ORIEL_PRINT_DONE;
	pthread_mutex_unlock(&p->lock);
	orl_box_wake(p->v->box);
}

static void *send_job(void *user)
{
	struct job *job = user;
	const struct orl_found *printer = &job->prints->printers[job->printer];
	struct orl_sending s = {
		.dest = printer->dest,
		.printer = printer->name,
		.title = job->title,
		.details = job->details,
		.fd = job->fd,
		.cancel = &job->cancel,
		.logins = job->prints->logins,
		.tell = on_sending,
		.user = job,
	};

	orl_cups_send(&s);
	return NULL;
}
#endif

void orl_prints_on_finished(void *user, uint32_t id)
{
	struct orl_viewer *v = user;
	struct job *job = find_job(v->prints, id);

	if (!job || job->step != COMING)
		return;
	job->step = PRINTING;
	tell(job, ORIEL_PRINT_RUNNING, 0, "");
	if (v->prints->folder >= 0) {
		keep_file(job);
		return;
	}
#ifndef ORIEL_NO_CUPS
	job->threaded = pthread_create(&job->thread, NULL, send_job, job) == 0;
#endif
	if (!job->threaded)
		fail(job, ORIEL_PRINT_FAILED, ORIEL_PRINT_OTHER,
				"the viewer is out of memory");
}

void orl_prints_on_dropped(void *user, uint32_t id, int reason)
{
	struct orl_viewer *v = user;
	struct job *job = v->prints ? find_job(v->prints, id) : NULL;

	if (!job)
		return;
	job->id = 0;
	if (job->step == PRINTING) {
		/* What is whole goes on, unless it was taken back. */
		if (!reason)
			job->cancel = ORL_PRINT_CANCEL;
		return;
	}
	tell(job, reason ? ORIEL_PRINT_FAILED : ORIEL_PRINT_CANCELLED, 0, "");
	release(job);
}

/* ---- the person -------------------------------------------------------- */

static struct job *first_asked(struct orl_prints *p)
{
	for (int i = 0; i < JOBS; i++)
		if (p->jobs[i].step == ASKED)
			return &p->jobs[i];
	return NULL;
}

static void decide(struct orl_prints *p, bool yes)
{
	struct job *job;

	p->allowed = yes;
	while ((job = first_asked(p))) {
		if (yes)
			accept_job(job);
		else
			refuse(job, "the person in front of the viewer did not "
				    "want it printed");
	}
}

static void ask_person(struct orl_prints *p)
{
	struct orl_viewer *v = p->v;
	struct job *job = first_asked(p);
	bool yes;

	/* Then the question has been withdrawn. */
	if (v->state != ORIEL_CLIENT_READY) {
		p->asking = false;
		return;
	}
	if (!job) {
		if (p->asking)
			orl_panels_print_done(v);
		p->asking = false;
		return;
	}
	if (!p->asking) {
		if (v->questioned) /* by another */
			return;
		p->asking = true;
		orl_panels_print(v, job->title, p->printers[job->printer].name);
		return;
	}
	if (!orl_panels_print_answer(v, &yes))
		return;
	p->asking = false;
	decide(p, yes);
}

/* ---- the connection's thread ------------------------------------------- */

static void hear_threads(struct orl_prints *p)
{
	for (int i = 0; i < JOBS; i++) {
		struct job *job = &p->jobs[i];
		enum oriel_print_state state;
		char text[sizeof(job->text)];
		uint32_t reasons;
		bool news, over;

		if (job->step != PRINTING)
			continue;
		pthread_mutex_lock(&p->lock);
		news = job->news;
		job->news = false;
		over = job->over;
		state = job->state;
		reasons = job->reasons;
		memcpy(text, job->text, sizeof(text));
		pthread_mutex_unlock(&p->lock);
		if (news)
			tell(job, state, reasons, text);
		if (news && over)
			release(job);
	}
}

static void stop_jobs(struct orl_prints *p)
{
	for (int i = 0; i < JOBS; i++) {
		struct job *job = &p->jobs[i];

		if (job->step == PRINTING)
			job->cancel = ORL_PRINT_CANCEL;
		else if (job->step != FREE)
			fail(job, ORIEL_PRINT_CANCELLED, 0,
					"cancelled at the viewer");
	}
}

void orl_prints_run(struct orl_viewer *v)
{
	struct orl_prints *p = v->prints;

	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	bool found = p->found && !p->told;
	p->told |= found;
	pthread_mutex_unlock(&p->lock);
	if (found)
		announce(p);
	hear_threads(p);
	if (atomic_exchange(&p->stop, false))
		stop_jobs(p);
	if (v->ui)
		orl_logins_run(p->logins);
	if (v->ui)
		ask_person(p);
}

void orl_prints_cancel(struct orl_viewer *v)
{
	if (!v->prints)
		return;
	atomic_store(&v->prints->stop, true);
	orl_box_wake(v->box);
}

int orl_prints_count(struct orl_viewer *v, uint64_t *bytes)
{
	*bytes = v->prints ? atomic_load(&v->prints->bytes) : 0;
	return v->prints ? atomic_load(&v->prints->running) : 0;
}

void orl_prints_forget(struct orl_viewer *v)
{
	if (!v->prints)
		return;
	v->prints->allowed = v->prints->asking = false;
	orl_logins_forget(v->prints->logins);
}

int orl_prints_create(struct orl_viewer *v)
{
	const struct orl_viewer_options *o = &v->options;
	const char *folder = NULL;

	if (strncmp(o->printer, "file:", 5) == 0)
		folder = o->printer + 5;
	if (!o->printer[0] && o->printers == ORL_PRINTERS_NONE)
		return 0;
#ifdef ORIEL_NO_CUPS
	if (!folder) {
		if (o->printer[0])
			orl_viewer_say("this build prints to file:DIR only, "
				       "for want of libcups");
		return 0;
	}
#endif
	struct orl_prints *p = calloc(1, sizeof(*p));
	if (!p)
		return ORIEL_ENOMEM;
	p->v = v;
	p->folder = -1;
	pthread_mutex_init(&p->lock, NULL);
	int err = orl_logins_create(&p->logins, v);
	if (!err && folder) {
		p->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (p->folder < 0) {
			orl_viewer_say("cannot print to %s (%s); name a folder "
				       "that exists",
					folder, strerror(errno));
			err = ORIEL_EINVAL;
		} else {
			use_folder(p);
		}
	}
	v->prints = p;
	if (err)
		orl_prints_destroy(v);
	return err;
}

void orl_prints_start(struct orl_viewer *v)
{
#ifndef ORIEL_NO_CUPS
	struct orl_prints *p = v->prints;

	if (p && p->folder < 0)
		p->finding = pthread_create(&p->finder, NULL, find, p) == 0;
#else
	(void)v;
#endif
}

void orl_prints_destroy(struct orl_viewer *v)
{
	struct orl_prints *p = v->prints;

	if (!p)
		return;
	p->cancel = ORL_PRINT_CANCEL;
	for (int i = 0; i < JOBS; i++)
		p->jobs[i].cancel = p->jobs[i].cancel ? ORL_PRINT_CANCEL_LEAVE
						      : ORL_PRINT_LEAVE;
	if (p->finding)
		pthread_join(p->finder, NULL);
	for (int i = 0; i < JOBS; i++)
		if (p->jobs[i].step != FREE)
			release(&p->jobs[i]);
	if (p->folder >= 0)
		close(p->folder);
	orl_logins_destroy(p->logins);
	pthread_mutex_destroy(&p->lock);
	free(p);
	v->prints = NULL;
}

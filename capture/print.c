/*
 * print.c - between the server library and oriel-ipp: printers that come and
 * go, and jobs on their way through.
 *
 * The listening socket is ours and stays when the helper dies, so that print
 * systems keep their address. A printer whose viewer is lost stays for a
 * moment, for the viewer may come back.
 */
#include "capture/print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/capture.h"
#include "capture/print_helper.h"
#include "capture/printpipe.h"

enum {
	JOBS = 64,
	WINDOW = 128 << 10, /* of a job, between the helper and us */
	LINGER_S = 10,
	RESTART_S = 1,
	HOOKS = 8, /* that run at a time */
};

struct slot {
	struct oriel_peer *peer;
	uint32_t id;      /* the peer's number of it */
	bool used;        /* the helper knows it */
	bool there;       /* its peer is */
	uint64_t gone_at; /* when it was not any more */
	char queue[ORL_PIPE_QUEUE_MAX + 1];
	char name[ORIEL_PRINTER_NAME_MAX + 1];
	struct oriel_printer about;
	struct oriel_print_size media[ORIEL_PRINT_SIZES_MAX];
};

struct job {
	uint32_t id; /* the helper's number; 0: none */
	unsigned slot;
	struct oriel_print *print; /* NULL: it waits for its viewer */
	struct oriel_print_job details;
	char title[ORIEL_PRINT_TITLE_MAX + 1];
	uint64_t granted, bytes;
	bool ended; /* all of it is handed over */
};

struct orl_printing {
	struct orl_printing_config config;
	struct orl_print_helper helper;
	uint64_t restart;
	struct slot slots[ORIEL_PRINTERS_MAX];
	struct job jobs[JOBS];
	pid_t hooks[HOOKS];
};

/* ---- the helper -------------------------------------------------------- */

static void stop_helper(struct orl_printing *p)
{
	orl_print_helper_stop(&p->helper);
	p->restart = orl_now() + RESTART_S * ORL_SEC;
	for (int i = 0; i < JOBS; i++) {
		struct job *job = &p->jobs[i];

		/* Who printed one that is whole believes that it is printed. */
		if (job->id && job->ended)
			oriel_print_set_data(job->print, NULL);
		else if (job->id && job->print)
			oriel_print_destroy(job->print);
		job->id = 0;
	}
}

static void fail_helper(struct orl_printing *p, const char *why)
{
	fprintf(stderr, "oriel-ipp %s; it is started again\n", why);
	stop_helper(p);
}

static void check_helper(struct orl_printing *p, int err)
{
	if (err)
		fail_helper(p, err == EAGAIN ? "does not read" : "has ended");
}

/* A viewer may say more of its printers than the pipe holds. */
static void tell_helper(struct orl_printing *p, const struct orl_printpipe *m)
{
	if (p->helper.pid)
		check_helper(p, orl_print_helper_tell(&p->helper, m));
}

static void tell_printer(struct orl_printing *p, unsigned i)
{
	struct orl_printpipe m = { .kind = ORL_PIPE_PRINTER,
		.slot = i,
		.printer = p->slots[i].about };

	memcpy(m.queue, p->slots[i].queue, sizeof(m.queue));
	m.printer.name = p->slots[i].name;
	m.printer.media = p->slots[i].media;
	/* Documents that nobody could take are not asked for. */
	if (!p->slots[i].there) {
		m.printer.state = ORIEL_PRINT_STOPPED;
		m.printer.reasons |= ORIEL_PRINT_OFFLINE;
	}
	tell_helper(p, &m);
}

static int start_helper(struct orl_printing *p)
{
	struct orl_printpipe setup = { .kind = ORL_PIPE_SETUP };
	int err;

	p->restart = orl_now() + RESTART_S * ORL_SEC;
	err = orl_print_helper_start(&p->helper);
	if (err)
		return err;
	memcpy(setup.text, p->helper.secret, sizeof(p->helper.secret));
	tell_helper(p, &setup);
	for (unsigned i = 0; i < ORIEL_PRINTERS_MAX; i++)
		if (p->slots[i].used)
			tell_printer(p, i);
	return 0;
}

/* ---- what the desktop is told ------------------------------------------ */

static void make_uri(const struct orl_printing *p, const struct slot *slot,
		char *out, size_t size)
{
	snprintf(out, size, "ipp://127.0.0.1:%u/%s/%s", p->helper.port,
			p->helper.secret, slot->queue);
}

static void run_hook(struct orl_printing *p, const char *what,
		const struct slot *slot, char *uri)
{
	extern char **environ;
	char hook[4096], word[16], queue[sizeof(slot->queue)];
	char name[sizeof(slot->name)];
	char *const argv[] = { hook, word, queue, uri, name, NULL };

	if (!p->config.hook)
		return;
	snprintf(hook, sizeof(hook), "%s", p->config.hook);
	snprintf(word, sizeof(word), "%s", what);
	memcpy(queue, slot->queue, sizeof(queue));
	memcpy(name, slot->name, sizeof(name));
	for (int i = 0; i < HOOKS; i++) {
		if (p->hooks[i])
			continue;
		int err = orl_print_spawn(&p->hooks[i], argv, environ, -1, -1);
		if (!err)
			return;
		p->hooks[i] = 0;
		fprintf(stderr, "--print-hook=%s: %s\n", hook, strerror(err));
		return;
	}
	fprintf(stderr,
			"--print-hook: %d of them still run; %s %s is not "
			"told\n",
			HOOKS, word, queue);
}

static void announce(struct orl_printing *p, const char *what,
		const struct slot *slot)
{
	char uri[160];

	make_uri(p, slot, uri, sizeof(uri));
	/* Nothing of this needs escapes but the name, which is left out. */
	if (p->config.json) {
		printf("{\"event\":\"printer_%s\",\"queue\":\"%s\","
		       "\"uri\":\"%s\"}\n",
				what, slot->queue, uri);
		fflush(stdout);
	}
	fprintf(stderr, "printer %s: %s %s\n", what, slot->queue, uri);
	run_hook(p, what, slot, uri);
}

static void reap_hooks(struct orl_printing *p)
{
	for (int i = 0; i < HOOKS; i++)
		if (p->hooks[i] && waitpid(p->hooks[i], NULL, WNOHANG) != 0)
			p->hooks[i] = 0;
}

/* ---- printers ---------------------------------------------------------- */

static void refuse(struct orl_printing *p, uint32_t id, uint32_t reason,
		const char *text);

static void remove_slot(struct orl_printing *p, unsigned i)
{
	p->slots[i].used = p->slots[i].there = false;
	for (int k = 0; k < JOBS; k++) {
		struct job *job = &p->jobs[k];
		uint32_t id = job->id;

		if (!id || job->print || job->slot != i)
			continue;
		job->id = 0;
		refuse(p, id, ORIEL_PRINT_OFFLINE,
				"The viewer is not connected.");
	}
	tell_helper(p, &(struct orl_printpipe){
				       .kind = ORL_PIPE_GONE, .slot = i });
	announce(p, "removed", &p->slots[i]);
}

static struct slot *find_slot(struct orl_printing *p,
		const struct oriel_peer *peer, uint32_t id)
{
	for (unsigned i = 0; i < ORIEL_PRINTERS_MAX; i++) {
		struct slot *slot = &p->slots[i];

		if (slot->there && slot->peer == peer && slot->id == id)
			return slot;
	}
	return NULL;
}

/* One that was lost and comes back has its queue again. */
static struct slot *take_slot(struct orl_printing *p, const char *name)
{
	struct slot *free_one = NULL;

	for (unsigned i = 0; i < ORIEL_PRINTERS_MAX; i++) {
		struct slot *slot = &p->slots[i];

		if (slot->used && !slot->there && strcmp(slot->name, name) == 0)
			return slot;
		if (!slot->used && !free_one)
			free_one = slot;
	}
	return free_one;
}

static bool queue_taken(const struct orl_printing *p, const struct slot *but,
		const char *queue)
{
	for (unsigned i = 0; i < ORIEL_PRINTERS_MAX; i++)
		if (p->slots[i].used && &p->slots[i] != but &&
				strcmp(p->slots[i].queue, queue) == 0)
			return true;
	return false;
}

static void name_queue(struct orl_printing *p, struct slot *slot)
{
	char base[ORL_PIPE_QUEUE_MAX + 1];

	orl_printpipe_queue(base, slot->name);
	memcpy(slot->queue, base, sizeof(base));
	for (unsigned n = 2; queue_taken(p, slot, slot->queue); n++)
		snprintf(slot->queue, sizeof(slot->queue), "%.*s-%u",
				ORL_PIPE_QUEUE_MAX - 4, base, n % 100);
}

static void begin_waiting(struct orl_printing *p, unsigned slot);

/* What the viewer calls it, without what would not do in a line. */
static void plain_name(
		char out[static ORIEL_PRINTER_NAME_MAX + 1], const char *name)
{
	size_t n = strlen(name);

	if (n > ORIEL_PRINTER_NAME_MAX || !orl_printpipe_text_ok(name, n))
		orl_printpipe_queue(out, name);
	else
		memcpy(out, name, n + 1);
}

void orl_printing_printer(struct orl_printing *p, struct oriel_peer *peer,
		const struct oriel_printer *printer)
{
	struct slot *slot = find_slot(p, peer, printer->id);
	char name[ORIEL_PRINTER_NAME_MAX + 1];
	uint32_t formats = printer->formats & p->config.policy->print_formats;

	plain_name(name, printer->name);
	/* Another one by the same number. */
	if (slot && strcmp(slot->name, name) != 0) {
		remove_slot(p, (unsigned)(slot - p->slots));
		slot = NULL;
	}
	if (!formats || (p->config.policy->print_usual && !printer->standard))
		return;
	if (!slot)
		slot = take_slot(p, name);
	if (!slot)
		return;
	bool news = !slot->used;
	slot->about = *printer;
	slot->about.formats = formats;
	slot->peer = peer;
	slot->id = printer->id;
	memcpy(slot->name, name, sizeof(name));
	memcpy(slot->media, printer->media,
			printer->n_media * sizeof(*slot->media));
	if (news)
		name_queue(p, slot);
	slot->used = slot->there = true;
	tell_printer(p, (unsigned)(slot - p->slots));
	if (news)
		announce(p, "added", slot);
	begin_waiting(p, (unsigned)(slot - p->slots));
}

void orl_printing_gone(
		struct orl_printing *p, struct oriel_peer *peer, uint32_t id)
{
	struct slot *slot = find_slot(p, peer, id);

	if (!slot)
		return;
	slot->there = false;
	slot->gone_at = orl_now();
	tell_printer(p, (unsigned)(slot - p->slots));
}

void orl_printing_left(struct orl_printing *p, const struct oriel_peer *peer,
		int reason)
{
	for (unsigned i = 0; i < ORIEL_PRINTERS_MAX; i++) {
		struct slot *slot = &p->slots[i];

		if (!slot->used || slot->there || slot->peer != peer)
			continue;
		slot->peer = NULL;
		if (!reason)
			remove_slot(p, i);
	}
}

/* ---- jobs -------------------------------------------------------------- */

static struct job *find_job(struct orl_printing *p, uint32_t id)
{
	for (int i = 0; i < JOBS; i++)
		if (p->jobs[i].id == id)
			return &p->jobs[i];
	return NULL;
}

static void tell_status(struct orl_printing *p, uint32_t id,
		const struct oriel_print_status *status)
{
	struct orl_printpipe m = { .kind = ORL_PIPE_STATUS,
		.job = id,
		.state = status->state,
		.reasons = status->reasons };

	/* A viewer's sentence goes on to a program of the desktop. */
	if (status->text && orl_printpipe_text_ok(
					    status->text, strlen(status->text)))
		snprintf(m.text, sizeof(m.text), "%s", status->text);
	tell_helper(p, &m);
}

static void refuse(struct orl_printing *p, uint32_t id, uint32_t reason,
		const char *text)
{
	tell_status(p, id,
			&(struct oriel_print_status){
					.state = ORIEL_PRINT_FAILED,
					.reasons = reason,
					.text = text });
}

static void grant(struct orl_printing *p, struct job *job)
{
	size_t room = oriel_print_room(job->print);
	uint64_t out = job->granted - job->bytes;
	uint64_t most = room < WINDOW ? room : WINDOW;

	if (out >= most || (most - out < WINDOW / 4 && out))
		return;
	job->granted += most - out;
	tell_helper(p, &(struct orl_printpipe){ .kind = ORL_PIPE_CREDIT,
				       .job = job->id,
				       .bytes = (uint32_t)(most - out) });
}

static void create_job(struct orl_printing *p, struct job *job)
{
	const struct slot *slot = &p->slots[job->slot];
	struct oriel_print_job details = job->details;
	uint32_t id = job->id;
	int err;

	details.printer = slot->id;
	details.title = job->title;
	err = oriel_print_create(&job->print, slot->peer, &details);
	if (err) {
		job->print = NULL;
		job->id = 0;
		refuse(p, id, ORIEL_PRINT_OTHER, oriel_strerror(err));
		return;
	}
	oriel_print_set_data(job->print, job);
	grant(p, job);
}

static void begin_waiting(struct orl_printing *p, unsigned slot)
{
	for (int i = 0; i < JOBS; i++)
		if (p->jobs[i].id && !p->jobs[i].print &&
				p->jobs[i].slot == slot)
			create_job(p, &p->jobs[i]);
}

static void begin_job(struct orl_printing *p, const struct orl_printpipe *m)
{
	const struct orl_policy *policy = p->config.policy;
	const struct slot *slot = &p->slots[m->slot];
	struct job *job = NULL;
	unsigned running = 0;

	for (int i = 0; i < JOBS; i++) {
		running += p->jobs[i].id != 0;
		if (!p->jobs[i].id)
			job = &p->jobs[i];
	}
	if (find_job(p, m->job)) {
		fail_helper(p, "makes no sense");
		return;
	}
	if (!job || running >= policy->print_jobs) {
		refuse(p, m->job, ORIEL_PRINT_TOO_MUCH,
				"Too many jobs are being printed.");
		return;
	}
	if (!slot->used || !(slot->about.formats & m->details.format)) {
		refuse(p, m->job, ORIEL_PRINT_OFFLINE,
				"The viewer is not connected.");
		return;
	}
	*job = (struct job){
		.id = m->job, .slot = m->slot, .details = m->details
	};
	snprintf(job->title, sizeof(job->title), "%s", m->text);
	/* Or it waits until the viewer is back, or was away for too long. */
	if (slot->there)
		create_job(p, job);
}

static void drop_job(struct job *job)
{
	if (job->print)
		oriel_print_destroy(job->print);
	job->id = 0;
}

static void take_data(struct orl_printing *p, struct job *job,
		const struct orl_printpipe *m)
{
	job->bytes += m->n;
	if (job->bytes > job->granted) {
		fail_helper(p, "makes no sense");
		return;
	}
	if (job->bytes > p->config.policy->print_size) {
		drop_job(job);
		refuse(p, m->job, ORIEL_PRINT_TOO_MUCH,
				"The document is larger than the policy "
				"allows.");
		return;
	}
	if (oriel_print_write(job->print, m->data, m->n) < 0) {
		drop_job(job);
		refuse(p, m->job, ORIEL_PRINT_OTHER,
				"The document cannot be sent.");
		return;
	}
	grant(p, job);
}

static void hear(struct orl_printing *p, const struct orl_printpipe *m)
{
	struct job *job = m->job ? find_job(p, m->job) : NULL;

	switch (m->kind) {
	case ORL_PIPE_BEGIN:
		begin_job(p, m);
		return;
	case ORL_PIPE_DATA:
		/* One that has ended here, and not yet there, is passed over. */
		if (job)
			take_data(p, job, m);
		return;
	case ORL_PIPE_END:
		if (job && (!job->print || oriel_print_finish(job->print) < 0))
			fail_helper(p, "makes no sense");
		else if (job)
			job->ended = true;
		return;
	case ORL_PIPE_CANCEL:
		if (job)
			drop_job(job);
		return;
	case ORL_PIPE_SETUP:
	case ORL_PIPE_PRINTER:
	case ORL_PIPE_GONE:
	case ORL_PIPE_CREDIT:
	case ORL_PIPE_STATUS:
	default:
		fail_helper(p, "makes no sense");
	}
}

void orl_printing_ready(struct orl_printing *p, struct oriel_print *print)
{
	struct job *job = oriel_print_data(print);

	if (job && job->id)
		grant(p, job);
}

void orl_printing_status(struct orl_printing *p, struct oriel_print *print,
		const struct oriel_print_status *status)
{
	struct job *job = oriel_print_data(print);
	uint32_t id = job ? job->id : 0;

	if (!id)
		return;
	if (status->state >= ORIEL_PRINT_DONE)
		job->id = 0; /* the library frees it */
	tell_status(p, id, status);
}

/* ---- the loop ---------------------------------------------------------- */

size_t orl_printing_watch(
		struct orl_printing *p, struct pollfd *fds, uint64_t *due)
{
	for (unsigned i = 0; i < ORIEL_PRINTERS_MAX; i++) {
		const struct slot *slot = &p->slots[i];
		uint64_t until = slot->gone_at + LINGER_S * ORL_SEC;

		if (slot->used && !slot->there && until < *due)
			*due = until;
	}
	for (int i = 0; i < HOOKS; i++)
		if (p->hooks[i] && orl_now() + ORL_SEC < *due)
			*due = orl_now() + ORL_SEC;
	if (!p->helper.pid) {
		if (p->restart < *due)
			*due = p->restart;
		return 0;
	}
	fds[0] = (struct pollfd){ .fd = p->helper.pipe, .events = POLLIN };
	if (orl_print_helper_waits(&p->helper, due))
		fds[0].events |= POLLOUT;
	return 1;
}

static void read_helper(struct orl_printing *p)
{
	static struct orl_printpipe m;
	uint8_t packet[ORL_PIPE_PACKET_MAX];

	/* A few at a time: pictures want their turn. */
	for (int i = 0; i < 16 && p->helper.pid; i++) {
		ssize_t n = recv(p->helper.pipe, packet, sizeof(packet),
				MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0)
			fail_helper(p, "has ended");
		else if ((size_t)n > sizeof(packet) ||
				orl_printpipe_get(&m, packet, (size_t)n) < 0)
			fail_helper(p, "makes no sense");
		else
			hear(p, &m);
	}
}

void orl_printing_run(struct orl_printing *p, uint64_t now)
{
	int err;

	reap_hooks(p);
	for (unsigned i = 0; i < ORIEL_PRINTERS_MAX; i++) {
		const struct slot *slot = &p->slots[i];

		if (slot->used && !slot->there &&
				now >= slot->gone_at + LINGER_S * ORL_SEC)
			remove_slot(p, i);
	}
	if (p->helper.pid) {
		check_helper(p, orl_print_helper_flush(&p->helper));
		read_helper(p);
		return;
	}
	if (now < p->restart)
		return;
	err = start_helper(p);
	if (err)
		fprintf(stderr, "oriel-ipp cannot be started: %s\n",
				strerror(err));
}

/* ---- beginning and end ------------------------------------------------- */

int orl_printing_open(struct orl_printing **out,
		const struct orl_printing_config *config, char *why)
{
	struct orl_printing *p = calloc(1, sizeof(*p));
	int status;

	if (!p) {
		snprintf(why, ORL_WHY_MAX, "out of memory");
		return ORL_EXIT_INTERNAL;
	}
	p->config = *config;
	status = orl_print_helper_open(
			&p->helper, config->port, config->secret_file, why);
	if (!status && start_helper(p) != 0) {
		snprintf(why, ORL_WHY_MAX, "--print: %.160s cannot be started",
				p->helper.path);
		status = ORL_EXIT_INTERNAL;
	}
	if (status) {
		orl_printing_close(p);
		return status;
	}
	*out = p;
	return ORL_EXIT_OK;
}

void orl_printing_close(struct orl_printing *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < ORIEL_PRINTERS_MAX; i++)
		if (p->slots[i].used)
			remove_slot(p, i);
	stop_helper(p);
	orl_print_helper_close(&p->helper);
	free(p);
}

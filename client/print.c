/*
 * print.c - printers that the host has told of, and jobs on their way to it.
 *
 * Both outlive a line that is lost: when the session is resumed the server is
 * told again how far each job is. A job that has ended is remembered for a
 * while, for its last status may not have arrived.
 */
#include "client/client.h"

#include <string.h>

struct job {
	uint32_t id; /* 0: none */
	bool over;   /* its status is the last */
	struct orl_print_in in;
	struct orl_print_status status; /* the newest, text is `text` */
	bool has_status;
	char text[ORIEL_PRINT_TEXT_MAX + 1];
};

/* Jobs, and as many that have ended. */
enum { JOBS = 2 * ORL_PRINT_JOBS_MAX };

struct orl_client_print {
	struct orl_printer_kept printers[ORIEL_PRINTERS_MAX];
	struct job jobs[JOBS];
	unsigned next; /* slot to take, when one is to be forgotten */
};

int orl_client_print_init(struct oriel_client *c)
{
	c->print = orl_alloc(&c->env, 1, sizeof(*c->print));
	return c->print ? 0 : ORIEL_ENOMEM;
}

void orl_client_print_fini(struct oriel_client *c)
{
	orl_free(&c->env, c->print);
	c->print = NULL;
}

static bool may_send(const struct oriel_client *c)
{
	return c->conn && !c->ending && c->step == ORL_LOGIN_DONE &&
	       c->caps & ORL_CAP(PRINT);
}

/* ---- printers ---------------------------------------------------------- */

static void send_printer(struct oriel_client *c, unsigned id)
{
	const struct orl_printer_kept *kept = &c->print->printers[id];
	struct orl_printer_gone gone = { .printer = (uint8_t)id };
	uint8_t data[ORL_PRINTER_SIZE];

	if (!may_send(c) || !(c->rights & ORIEL_MAY_PRINT))
		return;
	if (!kept->known) {
		if (ORL_CLIENT_PUT(c, printer_gone, &gone) == 0)
			orl_conn_kick(c->conn);
		return;
	}
	size_t n = orl_printer_put(data, kept);
	int err = orl_link_send(orl_conn_link(c->conn),
			&(struct orl_send){ .id = ORL_MSG_printer,
					.head = data,
					.head_n = n });
	if (orl_session_sent(c, err) == 0)
		orl_conn_kick(c->conn);
}

static void send_printers(struct oriel_client *c)
{
	for (unsigned id = 0; id < ORIEL_PRINTERS_MAX; id++)
		if (c->print->printers[id].known)
			send_printer(c, id);
}

int oriel_client_set_printer(
		struct oriel_client *c, const struct oriel_printer *printer)
{
	struct orl_printer_kept kept;

	if (!c || !printer)
		return ORIEL_EINVAL;
	if (!c->print)
		return ORIEL_ESTATE;
	int err = orl_printer_keep(&kept, printer);
	if (err)
		return err;
	orl_printer_copy(&c->print->printers[kept.about.id], &kept);
	send_printer(c, kept.about.id);
	return 0;
}

void oriel_client_remove_printer(struct oriel_client *c, uint32_t id)
{
	if (!c || !c->print || id >= ORIEL_PRINTERS_MAX ||
			!c->print->printers[id].known)
		return;
	c->print->printers[id].known = false;
	send_printer(c, id);
}

void orl_client_print_rights(struct oriel_client *c, uint32_t before)
{
	if (c->print && c->rights & ~before & ORIEL_MAY_PRINT)
		send_printers(c);
}

/* ---- jobs: what is said of them ---------------------------------------- */

static struct job *find(struct oriel_client *c, uint32_t id)
{
	for (unsigned i = 0; c->print && id && i < JOBS; i++)
		if (c->print->jobs[i].id == id && !c->print->jobs[i].over)
			return &c->print->jobs[i];
	return NULL;
}

static void send_status(struct oriel_client *c, struct job *job)
{
	job->status.job = job->id;
	job->status.text = (struct orl_view){ (const uint8_t *)job->text,
		(uint32_t)strlen(job->text) };
	if (may_send(c) && ORL_CLIENT_PUT(c, print_status, &job->status) == 0)
		orl_conn_kick(c->conn);
}

static void send_more(struct oriel_client *c, const struct job *job)
{
	struct orl_print_more msg = { .job = job->id,
		.taken = job->in.received,
		.limit = job->in.limit };

	if (may_send(c) && ORL_CLIENT_PUT(c, print_more, &msg) == 0)
		orl_conn_kick(c->conn);
}

static void set_status(struct oriel_client *c, struct job *job,
		enum oriel_print_state state, uint32_t reasons,
		const char *text)
{
	job->status.state = (uint8_t)state;
	job->status.reasons = (uint16_t)reasons;
	job->has_status = true;
	job->over = orl_print_is_last(state);
	memcpy(job->text, text, strlen(text) + 1);
	send_status(c, job);
}

/* The host hears that it is no more, unless it was the one that said so. */
static void drop(struct oriel_client *c, struct job *job, int reason)
{
	uint32_t id = job->id;

	job->id = 0;
	if (c->events.print_dropped)
		c->events.print_dropped(c->user, id, reason);
}

static void send_known(struct oriel_client *c)
{
	uint8_t data[ORL_PRINT_JOBS_MAX * 21];
	struct orl_wr w = { data, sizeof(data), 0 };
	struct orl_print_known msg = { .jobs = { .p = data } };

	for (unsigned i = 0; i < JOBS; i++) {
		const struct job *job = &c->print->jobs[i];

		if (!job->id || job->over || msg.jobs.n == ORL_PRINT_JOBS_MAX)
			continue;
		orl_put_print_place(
				&w, &(struct orl_print_place){ .job = job->id,
						    .taken = job->in.received,
						    .limit = job->in.limit,
						    .ended = job->in.ended });
		msg.jobs.n++;
	}
	if (ORL_CLIENT_PUT(c, print_known, &msg))
		return;
	for (unsigned i = 0; i < JOBS; i++)
		if (c->print->jobs[i].id && c->print->jobs[i].has_status)
			send_status(c, &c->print->jobs[i]);
}

void orl_client_print_ready(struct oriel_client *c, bool resumed)
{
	if (!c->print)
		return;
	if (!resumed || !(c->caps & ORL_CAP(PRINT)))
		orl_client_print_drop(c);
	if (!may_send(c))
		return;
	if (resumed)
		send_known(c);
	send_printers(c);
	if (c->conn && !c->ending)
		orl_conn_kick(c->conn);
}

void orl_client_print_drop(struct oriel_client *c)
{
	for (unsigned i = 0; c->print && i < JOBS; i++) {
		struct job *job = &c->print->jobs[i];

		if (job->id && !job->over)
			drop(c, job, ORIEL_ECLOSED);
		job->id = 0;
	}
}

/* ---- jobs: what the server says ---------------------------------------- */

/* A slot for one more, or NULL: there are too many. */
static struct job *take_slot(struct oriel_client *c)
{
	struct orl_client_print *print = c->print;
	unsigned n = 0;

	for (unsigned i = 0; i < JOBS; i++)
		n += print->jobs[i].id && !print->jobs[i].over;
	for (unsigned i = 0; i < JOBS && n < ORL_PRINT_JOBS_MAX; i++) {
		struct job *job = &print->jobs[print->next++ % JOBS];

		if (job->id && !job->over)
			continue;
		memset(job, 0, sizeof(*job));
		return job;
	}
	return NULL;
}

int orl_client_print_begin(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_print_begin msg;
	struct oriel_print_job details;
	char title[ORIEL_PRINT_TITLE_MAX + 1];
	int err = orl_get_print_begin(d, n, &msg);

	if (err || find(c, msg.job) ||
			orl_print_begin_read(&details, title, &msg))
		return ORIEL_EPROTO;
	struct job *job = take_slot(c);
	if (!job) /* more than the protocol allows */
		return ORIEL_EPROTO;
	job->id = msg.job;
	const struct orl_printer_kept *to =
			&c->print->printers[details.printer];
	if (!to->known || !(to->about.formats & details.format))
		set_status(c, job, ORIEL_PRINT_FAILED, ORIEL_PRINT_OFFLINE,
				"this printer is not there any more");
	else
		c->events.print_started(c->user, msg.job, &details);
	return 0;
}

int orl_client_print_data(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_print_data msg;
	int err = orl_get_print_data(d, n, &msg);

	if (err)
		return err;
	struct job *job = find(c, msg.job);
	if (!job) /* it has ended here */
		return 0;
	err = orl_print_in_data(&job->in, msg.offset, msg.data.n);
	if (!err && c->events.print_data)
		c->events.print_data(c->user, msg.job, msg.data.p, msg.data.n);
	return err;
}

int orl_client_print_end(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_print_end msg;
	int err = orl_get_print_end(d, n, &msg);

	if (err)
		return err;
	struct job *job = find(c, msg.job);
	if (!job)
		return 0;
	err = orl_print_in_end(&job->in, msg.bytes);
	if (!err && c->events.print_finished)
		c->events.print_finished(c->user, msg.job);
	return err;
}

int orl_client_print_cancel(struct oriel_client *c, const uint8_t *d, size_t n)
{
	struct orl_cancel msg;
	int err = orl_get_cancel(d, n, &msg);
	struct job *job = err ? NULL : find(c, msg.stream);

	if (job)
		drop(c, job, 0);
	return err;
}

/* ---- jobs: what the host says ------------------------------------------ */

int oriel_client_print_accept(struct oriel_client *c, uint32_t id)
{
	struct job *job = c ? find(c, id) : NULL;

	if (!job)
		return ORIEL_ESTATE;
	orl_print_in_accept(&job->in);
	send_more(c, job);
	return 0;
}

int oriel_client_print_taken(struct oriel_client *c, uint32_t id, size_t bytes)
{
	struct job *job = c ? find(c, id) : NULL;
	bool tell;

	if (!job)
		return ORIEL_ESTATE;
	int err = orl_print_in_taken(&job->in, bytes, &tell);
	if (!err && tell && !job->in.ended)
		send_more(c, job);
	return err;
}

int oriel_client_print_status(struct oriel_client *c, uint32_t id,
		const struct oriel_print_status *status)
{
	struct job *job = c ? find(c, id) : NULL;
	int err = orl_print_status_check(status);

	if (err)
		return err;
	if (!job || (status->state == ORIEL_PRINT_DONE && !job->in.ended))
		return ORIEL_ESTATE;
	set_status(c, job, status->state, status->reasons,
			status->text ? status->text : "");
	return 0;
}

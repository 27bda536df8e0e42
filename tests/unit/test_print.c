/*
 * test_print.c - printing: both ends of a job against each other and against
 * peers that lie, and whole sessions that are lost in the middle of one.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "client/client.h"
#include "proto/io/conn_impl.h"
#include "redirect/print.h"
#include "tests/pair.h"
#include "tests/rng.h"

static struct orl_env env;

static void *host_alloc(void *user, size_t bytes)
{
	(void)user;
	return calloc(1, bytes);
}

static void *no_alloc(void *user, size_t bytes)
{
	(void)user;
	(void)bytes;
	return NULL;
}

static void host_release(void *user, void *ptr)
{
	(void)user;
	free(ptr);
}

static void set_env(void *(*alloc)(void *user, size_t bytes))
{
	memset(&env, 0, sizeof(env));
	env.hooks.alloc = alloc;
	env.hooks.release = host_release;
}

/* ---- printers ---------------------------------------------------------- */

static const struct oriel_print_size paper[] = { { 21000, 29700 },
	{ 21590, 27940 } };

static struct oriel_printer some_printer(void)
{
	return (struct oriel_printer){ .size = sizeof(struct oriel_printer),
		.id = 3,
		.name = "Büro <1>",
		.standard = true,
		.formats = ORIEL_PRINT_PWG | ORIEL_PRINT_PDF,
		.colours = ORIEL_PRINT_GREY,
		.sides = ORIEL_PRINT_ONE_SIDE,
		.qualities = ORIEL_PRINT_NORMAL,
		.resolutions = ORIEL_PRINT_300 | ORIEL_PRINT_1200,
		.margin_x = 423,
		.margin_y = 5000,
		.media = paper,
		.n_media = 2,
		.usual = 1,
		.state = ORIEL_PRINT_STOPPED,
		.reasons = ORIEL_PRINT_NO_PAPER };
}

static void a_printer_arrives_as_it_was_told(void **state)
{
	struct oriel_printer p = some_printer();
	struct orl_printer_kept kept, got;
	uint8_t data[ORL_PRINTER_SIZE];

	(void)state;
	assert_int_equal(orl_printer_keep(&kept, &p), 0);
	size_t n = orl_printer_put(data, &kept);
	assert_true(n <= sizeof(data));
	assert_int_equal(orl_printer_get(&got, data, n), 0);
	assert_string_equal(got.about.name, p.name);
	assert_int_equal(got.about.id, 3);
	assert_int_equal(got.about.resolutions, p.resolutions);
	assert_int_equal(got.about.margin_y, 5000);
	assert_int_equal(got.about.n_media, 2);
	assert_int_equal(got.about.media[1].length, 27940);
	assert_int_equal(got.about.state, ORIEL_PRINT_STOPPED);
	/* Every prefix is refused, and so is a byte more. */
	for (size_t i = 0; i < n; i++)
		assert_int_equal(orl_printer_get(&got, data, i), ORIEL_EPROTO);
	assert_int_equal(orl_printer_get(&got, data, n + 1), ORIEL_EPROTO);
}

static void the_longest_printer_fits(void **state)
{
	struct oriel_print_size many[ORIEL_PRINT_SIZES_MAX];
	char name[ORIEL_PRINTER_NAME_MAX + 1];
	struct oriel_printer p = some_printer();
	struct orl_printer_kept kept;
	uint8_t data[ORL_PRINTER_SIZE];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	for (int i = 0; i < ORIEL_PRINT_SIZES_MAX; i++)
		many[i] = (struct oriel_print_size){ 1000, 200000 };
	p.name = name;
	p.media = many;
	p.n_media = ORIEL_PRINT_SIZES_MAX;
	assert_int_equal(orl_printer_keep(&kept, &p), 0);
	assert_true(orl_printer_put(data, &kept) <= sizeof(data));
}

static void senseless_printers_are_the_hosts_fault(void **state)
{
	struct oriel_print_size tiny = { 999, 1000 };
	struct orl_printer_kept kept;
	struct oriel_printer p;

	(void)state;
#define WRONG(field, value) \
	do { \
		p = some_printer(); \
		p.field = value; \
		assert_int_equal(orl_printer_keep(&kept, &p), ORIEL_EINVAL); \
	} while (0)
	WRONG(size, 1);
	WRONG(id, ORIEL_PRINTERS_MAX);
	WRONG(name, NULL);
	WRONG(name, "\xff");
	WRONG(formats, 0);
	WRONG(formats, 8);
	WRONG(colours, 4);
	WRONG(sides, 0);
	WRONG(qualities, 8);
	WRONG(resolutions, 128);
	WRONG(margin_x, -1);
	WRONG(margin_y, 5001);
	WRONG(media, NULL);
	WRONG(media, &tiny);
	WRONG(n_media, 0);
	WRONG(n_media, ORIEL_PRINT_SIZES_MAX + 1);
	WRONG(usual, 2);
	WRONG(state, ORIEL_PRINT_DONE);
	WRONG(reasons, 1 << 10);
#undef WRONG
}

static void jobs_are_described_both_ways(void **state)
{
	struct oriel_print_job job = { .size = sizeof(job),
		.printer = 15,
		.format = ORIEL_PRINT_JPEG,
		.title = "../../etc/passwd\x1b[2J",
		.copies = 999,
		.side = ORIEL_PRINT_SHORT_EDGE,
		.quality = ORIEL_PRINT_HIGH,
		.resolution = 1200,
		.media = { 21000, 29700 },
		.first = 2,
		.last = 5 };
	struct oriel_print_job got;
	struct orl_print_begin msg;
	char title[ORIEL_PRINT_TITLE_MAX + 1];

	(void)state;
	assert_int_equal(orl_print_begin_make(&msg, 7, &job), 0);
	assert_int_equal(orl_print_begin_read(&got, title, &msg), 0);
	assert_int_equal(got.printer, 15);
	assert_int_equal(got.format, ORIEL_PRINT_JPEG);
	assert_int_equal(got.side, ORIEL_PRINT_SHORT_EDGE);
	assert_int_equal(got.quality, ORIEL_PRINT_HIGH);
	assert_int_equal(got.colour, 0);
	assert_int_equal(got.last, 5);
	assert_string_equal(got.title, job.title);
	msg.first = 6;
	assert_int_equal(orl_print_begin_read(&got, title, &msg), ORIEL_EPROTO);
	job.format = ORIEL_PRINT_JPEG | ORIEL_PRINT_PDF;
	assert_int_equal(orl_print_begin_make(&msg, 7, &job), ORIEL_EINVAL);
	job.format = 0;
	assert_int_equal(orl_print_begin_make(&msg, 7, &job), ORIEL_EINVAL);
}

/* ---- both ends --------------------------------------------------------- */

static void peers_that_lie_are_found_out(void **state)
{
	struct orl_print_out out;
	struct orl_print_in in = { 0 };
	const uint8_t *data;
	uint64_t offset;
	bool tell;

	(void)state;
	set_env(host_alloc);
	assert_int_equal(orl_print_out_init(&out, &env), 0);
	assert_int_equal(orl_print_out_write(&out, "0123456789", 10), 0);
	/* Nothing goes before there is a limit. */
	assert_int_equal(orl_print_out_next(&out, &data, &offset), 0);
	assert_int_equal(orl_print_out_more(&out, 1, 5), ORIEL_EPROTO);
	assert_int_equal(orl_print_out_more(&out, 0, ORL_PRINT_WINDOW + 1),
			ORIEL_EPROTO);
	assert_int_equal(orl_print_out_more(&out, 0, UINT64_MAX), ORIEL_EPROTO);
	assert_int_equal(orl_print_out_more(&out, 0, 5), 0);
	assert_int_equal(orl_print_out_next(&out, &data, &offset), 5);
	assert_int_equal(orl_print_out_more(&out, 6, 8), ORIEL_EPROTO);
	assert_int_equal(orl_print_out_more(&out, 5, 4), ORIEL_EPROTO);
	assert_int_equal(orl_print_out_more(&out, 5, 8), 0);
	assert_int_equal(orl_print_out_more(&out, 4, 8), ORIEL_EPROTO);
	/* Done, before all of it has come. */
	assert_int_equal(orl_print_out_status(&out, ORIEL_PRINT_DONE),
			ORIEL_EPROTO);
	assert_int_equal(orl_print_out_status(&out, ORIEL_PRINT_FAILED), 0);
	assert_int_equal(orl_print_out_again(&out, 5, 8, true), ORIEL_EPROTO);
	orl_print_out_fini(&out);

	assert_int_equal(orl_print_in_data(&in, 0, 1), ORIEL_EPROTO);
	assert_int_equal(orl_print_in_end(&in, 0), ORIEL_EPROTO);
	orl_print_in_accept(&in);
	assert_int_equal(orl_print_in_data(&in, 1, 1), ORIEL_EPROTO);
	assert_int_equal(orl_print_in_data(&in, 0, 0), ORIEL_EPROTO);
	assert_int_equal(orl_print_in_data(&in, 0, ORL_PRINT_WINDOW + 1),
			ORIEL_EPROTO);
	assert_int_equal(orl_print_in_data(&in, 0, 10), 0);
	assert_int_equal(orl_print_in_taken(&in, 11, &tell), ORIEL_EINVAL);
	assert_int_equal(orl_print_in_end(&in, 9), ORIEL_EPROTO);
	assert_int_equal(orl_print_in_end(&in, 10), 0);
	assert_int_equal(orl_print_in_end(&in, 10), ORIEL_EPROTO);
	assert_int_equal(orl_print_in_data(&in, 10, 1), ORIEL_EPROTO);
}

static void no_memory_is_said(void **state)
{
	struct orl_print_out out;

	(void)state;
	set_env(no_alloc);
	assert_int_equal(orl_print_out_init(&out, &env), ORIEL_ENOMEM);
	orl_print_out_fini(&out);
}

/* What byte i of the document is. */
static uint8_t byte_of(uint64_t i)
{
	return (uint8_t)(i * 131 + (i >> 11));
}

/* Lines that break at any moment lose and repeat nothing. */
static void nothing_is_lost_or_repeated(void **state)
{
	struct rng rng = { rng_seed(1) };
	uint8_t data[5000];

	(void)state;
	set_env(host_alloc);
	for (int run = 0; run < 30; run++) {
		const uint64_t size = rng_below(&rng, 2000000);
		uint64_t read = 0, holding = 0;
		struct orl_print_out out;
		struct orl_print_in in = { 0 };
		bool tell;

		assert_int_equal(orl_print_out_init(&out, &env), 0);
		orl_print_in_accept(&in);
		assert_int_equal(orl_print_out_more(&out, 0, in.limit), 0);
		while (!in.ended) {
			const uint8_t *p;
			uint64_t offset;
			size_t n = rng_below(&rng, sizeof(data)) + 1;

			if (n > size - out.written)
				n = (size_t)(size - out.written);
			for (size_t i = 0; i < n; i++)
				data[i] = byte_of(out.written + i);
			if (n <= orl_print_out_room(&out))
				assert_int_equal(orl_print_out_write(
								 &out, data, n),
						0);
			out.finished = out.written == size;
			if (rng_below(&rng, 50) == 0) {
				/* What was sent is lost, and said again. */
				(void)orl_print_out_next(&out, &p, &offset);
				assert_int_equal(orl_print_out_again(&out,
								 in.received,
								 in.limit,
								 in.ended),
						0);
			}
			n = orl_print_out_next(&out, &p, &offset);
			assert_int_equal(offset * (n > 0), read * (n > 0));
			for (size_t i = 0; i < n; i++)
				if (p[i] != byte_of(read + i))
					fail_msg("byte %llu",
							(unsigned long long)(read +
									     i));
			if (n)
				assert_int_equal(orl_print_in_data(&in, offset,
								 n),
						0);
			read += n;
			holding += n;
			if (rng_below(&rng, 3) == 0 && holding) {
				size_t some = rng_below(&rng, holding) + 1;
				assert_int_equal(orl_print_in_taken(&in, some,
								 &tell),
						0);
				holding -= some;
				if (tell)
					assert_int_equal(
							orl_print_out_more(&out,
									in.received,
									in.limit),
							0);
			}
			if (orl_print_out_end(&out))
				assert_int_equal(orl_print_in_end(&in,
								 out.written),
						0);
		}
		assert_int_equal(in.received, size);
		orl_print_out_fini(&out);
	}
}

/* ---- sessions ---------------------------------------------------------- */

/* What the hosts of both ends have seen. */
struct seen {
	unsigned printers, gone, readies, statuses, started, finished, dropped;
	struct oriel_peer *peer;
	uint32_t job;
	int reason;
	enum oriel_print_state state;
	uint32_t reasons;
	bool over, keep; /* keep: bytes are not taken at once */
	uint64_t bytes, held, wrong;
	char title[300], name[80], text[300];
};

static struct seen *seen_of(void *user)
{
	return ((struct pair *)user)->data;
}

static void on_printer(void *user, struct oriel_peer *peer,
		const struct oriel_printer *printer)
{
	struct seen *s = seen_of(user);

	s->printers++;
	s->peer = peer;
	snprintf(s->name, sizeof(s->name), "%s", printer->name);
}

static void on_gone(void *user, struct oriel_peer *peer, uint32_t id)
{
	(void)peer;
	(void)id;
	seen_of(user)->gone++;
}

static void on_ready(void *user, struct oriel_print *print)
{
	assert_true(oriel_print_room(print) > 0);
	seen_of(user)->readies++;
}

static void on_status(void *user, struct oriel_print *print,
		const struct oriel_print_status *status)
{
	struct seen *s = seen_of(user);

	(void)print;
	s->statuses++;
	s->state = status->state;
	s->reasons = status->reasons;
	snprintf(s->text, sizeof(s->text), "%s", status->text);
	s->over |= status->state >= ORIEL_PRINT_DONE;
}

static void on_started(
		void *user, uint32_t job, const struct oriel_print_job *details)
{
	struct seen *s = seen_of(user);

	s->started++;
	s->job = job;
	snprintf(s->title, sizeof(s->title), "%s", details->title);
}

static void on_data(void *user, uint32_t job, const void *data, size_t bytes)
{
	struct pair *p = user;
	struct seen *s = seen_of(user);
	const uint8_t *in = data;

	assert_int_equal(job, s->job);
	for (size_t i = 0; i < bytes; i++)
		s->wrong += in[i] != byte_of(s->bytes + i);
	s->bytes += bytes;
	s->held += bytes;
	if (s->keep)
		return;
	assert_int_equal(oriel_client_print_taken(p->client, job, bytes), 0);
	s->held = 0;
}

static void on_finished(void *user, uint32_t job)
{
	(void)job;
	seen_of(user)->finished++;
}

static void on_dropped(void *user, uint32_t job, int reason)
{
	(void)job;
	seen_of(user)->dropped++;
	seen_of(user)->reason = reason;
}

static void amend(struct oriel_server_events *server,
		struct oriel_client_events *client)
{
	server->printer = on_printer;
	server->printer_gone = on_gone;
	server->print_ready = on_ready;
	server->print_status = on_status;
	client->print_started = on_started;
	client->print_data = on_data;
	client->print_finished = on_finished;
	client->print_dropped = on_dropped;
}

static void begin_pair(struct pair *p, struct seen *s, unsigned flags)
{
	struct oriel_printer printer = some_printer();

	memset(s, 0, sizeof(*s));
	pair_init(p);
	p->amend = amend;
	p->data = s;
	p->reconnect = flags & PAIR_TCP ? 60 : 0;
	p->rights |= ORIEL_MAY_PRINT;
	pair_start(p, flags, NULL);
	pair_display(p, 64, 64);
	assert_int_equal(oriel_client_set_printer(p->client, &printer), 0);
	pair_connect(p);
	PAIR_UNTIL(p, s->printers == 1);
}

static struct oriel_print *begin_job(struct pair *p, struct seen *s)
{
	const struct oriel_print_job job = { .size = sizeof(job),
		.printer = 3,
		.format = ORIEL_PRINT_PDF,
		.title = "Seite 1" };
	struct oriel_print *print = NULL;

	assert_int_equal(oriel_print_create(&print, s->peer, &job), 0);
	PAIR_UNTIL(p, s->started == 1);
	assert_string_equal(s->title, "Seite 1");
	return print;
}

/* Bytes of the document from `at` on. */
static void write_bytes(struct oriel_print *print, uint64_t *at, size_t n)
{
	uint8_t *data = malloc(n);

	for (size_t i = 0; i < n; i++)
		data[i] = byte_of(*at + i);
	assert_int_equal(oriel_print_write(print, data, n), 0);
	*at += n;
	free(data);
}

static void say_done(struct pair *p, struct seen *s)
{
	assert_int_equal(
			oriel_client_print_status(p->client, s->job,
					&(struct oriel_print_status){
							.size = sizeof(struct
									oriel_print_status),
							.state = ORIEL_PRINT_DONE,
							.text = "auf Papier" }),
			0);
	PAIR_UNTIL(p, s->over);
	assert_int_equal(s->state, ORIEL_PRINT_DONE);
	assert_string_equal(s->text, "auf Papier");
}

static void a_job_goes_through(void **state)
{
	struct pair p;
	struct seen s;
	uint64_t at = 0;

	(void)state;
	begin_pair(&p, &s, 0);
	assert_string_equal(s.name, "Büro <1>");
	struct oriel_print *print = begin_job(&p, &s);
	/* Nothing of it leaves before it is wanted. */
	write_bytes(print, &at, ORL_PRINT_WINDOW);
	assert_int_equal(oriel_print_room(print), 0);
	assert_int_equal(oriel_print_write(print, "x", 1), ORIEL_ELIMIT);
	for (int i = 0; i < 20; i++)
		pair_step(&p);
	assert_int_equal(s.bytes, 0);
	assert_int_equal(oriel_client_print_accept(p.client, s.job), 0);
	for (int i = 0; i < 40; i++) {
		PAIR_UNTIL(&p, oriel_print_room(print) >= 40000);
		write_bytes(print, &at, 40000);
	}
	assert_true(s.readies > 0);
	assert_int_equal(oriel_print_finish(print), 0);
	assert_int_equal(oriel_print_finish(print), ORIEL_ESTATE);
	PAIR_UNTIL(&p, s.finished == 1);
	assert_int_equal(s.bytes, at);
	assert_int_equal(s.wrong, 0);
	say_done(&p, &s);
	pair_fini(&p);
}

static void a_slow_host_is_waited_for(void **state)
{
	struct pair p;
	struct seen s;
	uint64_t at = 0;

	(void)state;
	begin_pair(&p, &s, 0);
	struct oriel_print *print = begin_job(&p, &s);
	s.keep = true;
	assert_int_equal(oriel_client_print_accept(p.client, s.job), 0);
	write_bytes(print, &at, ORL_PRINT_WINDOW);
	PAIR_UNTIL(&p, s.bytes == ORL_PRINT_WINDOW);
	for (int i = 0; i < 20; i++)
		pair_step(&p);
	assert_int_equal(s.bytes, ORL_PRINT_WINDOW);
	s.keep = false;
	assert_int_equal(oriel_client_print_taken(
					 p.client, s.job, (size_t)s.held),
			0);
	PAIR_UNTIL(&p, s.readies == 1);
	oriel_print_destroy(print);
	PAIR_UNTIL(&p, s.dropped == 1);
	assert_int_equal(s.reason, 0);
	assert_int_equal(s.statuses, 0);
	pair_fini(&p);
}

static void refusing_is_told(void **state)
{
	struct pair p;
	struct seen s;
	struct oriel_print_status no = { .size = sizeof(no),
		.state = ORIEL_PRINT_FAILED,
		.reasons = ORIEL_PRINT_REFUSED,
		.text = "nein" };

	(void)state;
	begin_pair(&p, &s, 0);
	begin_job(&p, &s);
	no.state = ORIEL_PRINT_DONE; /* before it has come? */
	assert_int_equal(oriel_client_print_status(p.client, s.job, &no),
			ORIEL_ESTATE);
	no.state = ORIEL_PRINT_FAILED;
	assert_int_equal(oriel_client_print_status(p.client, s.job, &no), 0);
	assert_int_equal(oriel_client_print_status(p.client, s.job, &no),
			ORIEL_ESTATE);
	PAIR_UNTIL(&p, s.over);
	assert_int_equal(s.reasons, ORIEL_PRINT_REFUSED);
	assert_int_equal(p.state, ORIEL_CLIENT_READY);
	pair_fini(&p);
}

static void the_owner_alone_prints(void **state)
{
	const struct oriel_print_job job = {
		.size = sizeof(job), .printer = 3, .format = ORIEL_PRINT_PDF
	};
	struct oriel_print_job wrong = job;
	struct oriel_print *print;
	struct pair p;
	struct seen s;

	(void)state;
	begin_pair(&p, &s, 0);
	wrong.printer = 4;
	assert_int_equal(oriel_print_create(&print, s.peer, &wrong),
			ORIEL_EINVAL);
	wrong.printer = 3;
	wrong.format = ORIEL_PRINT_JPEG;
	assert_int_equal(oriel_print_create(&print, s.peer, &wrong),
			ORIEL_EINVAL);
	oriel_client_take(p.client, false);
	PAIR_UNTIL(&p, s.gone == 1);
	assert_int_equal(oriel_print_create(&print, s.peer, &job),
			ORIEL_EDENIED);
	oriel_client_take(p.client, true);
	PAIR_UNTIL(&p, s.printers == 2);
	/* A right that is taken ends what it was for. */
	begin_job(&p, &s);
	oriel_peer_set_rights(s.peer, ORIEL_MAY_SEE | ORIEL_MAY_INPUT);
	PAIR_UNTIL(&p, s.over && s.gone == 2);
	assert_int_equal(s.reasons, ORIEL_PRINT_REFUSED);
	PAIR_UNTIL(&p, s.dropped == 1);
	/* And is of use again when it is given back. */
	oriel_peer_set_rights(s.peer,
			ORIEL_MAY_SEE | ORIEL_MAY_INPUT | ORIEL_MAY_PRINT);
	PAIR_UNTIL(&p, s.printers == 3);
	oriel_client_remove_printer(p.client, 3);
	PAIR_UNTIL(&p, s.gone == 3);
	pair_fini(&p);
}

static void without_a_token_a_loss_ends_jobs(void **state)
{
	struct pair p;
	struct seen s;

	(void)state;
	begin_pair(&p, &s, 0);
	begin_job(&p, &s);
	oriel_client_disconnect(p.client);
	PAIR_UNTIL(&p, s.over && s.dropped == 1);
	assert_int_equal(s.state, ORIEL_PRINT_FAILED);
	assert_int_equal(s.reasons, ORIEL_PRINT_LINK_LOST);
	assert_int_equal(s.reason, ORIEL_ECLOSED);
	pair_fini(&p);
}

/* The line is cut; nobody says anything. */
static void cut(struct pair *p)
{
	assert_int_equal(shutdown(p->client->conn->socket, SHUT_RDWR), 0);
	PAIR_UNTIL(p, p->state == ORIEL_CLIENT_RECONNECTING);
}

static void a_lost_line_loses_nothing(void **state)
{
	struct pair p;
	struct seen s;
	uint64_t at = 0;

	(void)state;
	begin_pair(&p, &s, PAIR_TCP);
	PAIR_UNTIL(&p, p.client->kept.valid);
	struct oriel_print *print = begin_job(&p, &s);
	assert_int_equal(oriel_client_print_accept(p.client, s.job), 0);
	for (int i = 0; i < 60; i++) {
		PAIR_UNTIL(&p, oriel_print_room(print) >= 30000);
		write_bytes(print, &at, 30000);
		if (i % 20 != 10)
			continue;
		PAIR_UNTIL(&p, p.client->kept.valid);
		cut(&p);
		PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_READY);
		PAIR_UNTIL(&p, p.client->kept.valid);
	}
	assert_int_equal(oriel_print_finish(print), 0);
	PAIR_UNTIL(&p, s.finished == 1);
	assert_int_equal(s.bytes, at);
	assert_int_equal(s.wrong, 0);
	/* Its end is not lost either. */
	cut(&p);
	say_done(&p, &s);
	assert_int_equal(s.started, 1);
	assert_int_equal(s.dropped, 0);
	assert_true(p.losses >= 4);
	pair_fini(&p);
}

static void what_is_whole_is_taken_back(
		struct pair *p, struct seen *s, unsigned flags)
{
	uint64_t at = 0;

	begin_pair(p, s, flags);
	struct oriel_print *print = begin_job(p, s);
	assert_int_equal(oriel_client_print_accept(p->client, s->job), 0);
	write_bytes(print, &at, 30000);
	assert_int_equal(oriel_print_finish(print), 0);
	PAIR_UNTIL(p, s->finished == 1);
	if (flags & PAIR_TCP) {
		PAIR_UNTIL(p, p->client->kept.valid);
		cut(p);
	}
	oriel_print_destroy(print);
	PAIR_UNTIL(p, s->dropped == 1);
	assert_int_equal(s->reason, 0);
	assert_int_equal(s->statuses, 0);
	pair_fini(p);
}

static void a_cancel_reaches_what_is_whole(void **state)
{
	struct pair p;
	struct seen s;

	(void)state;
	what_is_whole_is_taken_back(&p, &s, 0);
	/* Also one that lost its line in the meantime. */
	what_is_whole_is_taken_back(&p, &s, PAIR_TCP);
}

/* The document is not for who comes back without the right. */
static void who_may_not_print_any_more_gets_nothing(void **state)
{
	struct pair p;
	struct seen s;
	uint64_t at = 0;

	(void)state;
	begin_pair(&p, &s, PAIR_TCP);
	PAIR_UNTIL(&p, p.client->kept.valid);
	struct oriel_print *print = begin_job(&p, &s);
	assert_int_equal(oriel_client_print_accept(p.client, s.job), 0);
	write_bytes(print, &at, 30000);
	PAIR_UNTIL(&p, s.bytes == 30000);
	p.rights &= ~(uint32_t)ORIEL_MAY_PRINT;
	cut(&p);
	write_bytes(print, &at, 30000);
	PAIR_UNTIL(&p, s.over && s.dropped == 1);
	assert_int_equal(s.state, ORIEL_PRINT_FAILED);
	assert_int_equal(s.reasons, ORIEL_PRINT_REFUSED);
	assert_int_equal(s.bytes, 30000);
	assert_int_equal(p.state, ORIEL_CLIENT_READY);
	pair_fini(&p);
}

static void say_known(struct pair *p)
{
	const uint8_t none = 0;
	struct orl_print_known msg = { .jobs = { &none, 0 } };

	assert_int_equal(ORL_LINK_PUT(orl_conn_link(p->client->conn),
					 print_known, &msg),
			0);
	orl_conn_kick(p->client->conn);
}

static void jobs_are_named_once_by_who_resumes(void **state)
{
	struct pair p;
	struct seen s;

	(void)state;
	begin_pair(&p, &s, 0);
	say_known(&p);
	PAIR_UNTIL(&p, p.leaves == 1);
	assert_int_equal(p.left, ORIEL_EPROTO);
	pair_fini(&p);

	begin_pair(&p, &s, PAIR_TCP);
	PAIR_UNTIL(&p, p.client->kept.valid);
	cut(&p);
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_READY && s.printers == 2);
	assert_int_equal(p.leaves, 1);
	say_known(&p);
	PAIR_UNTIL(&p, p.leaves == 2);
	assert_int_equal(p.left, ORIEL_EPROTO);
	pair_fini(&p);
}

static void who_does_not_come_back_is_reported(void **state)
{
	struct pair p;
	struct seen s;

	(void)state;
	begin_pair(&p, &s, PAIR_TCP);
	PAIR_UNTIL(&p, p.client->kept.valid);
	begin_job(&p, &s);
	/* Another server at that place knows nothing of the job. */
	pair_stop(&p);
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_RECONNECTING);
	pair_restart(&p, false, NULL);
	pair_display(&p, 64, 64);
	PAIR_UNTIL(&p, p.state == ORIEL_CLIENT_READY && s.dropped == 1);
	PAIR_UNTIL(&p, s.printers == 2);
	pair_fini(&p);
}

static void jobs_of_many_are_limited(void **state)
{
	const struct oriel_print_job job = {
		.size = sizeof(job), .printer = 3, .format = ORIEL_PRINT_PDF
	};
	struct oriel_print *print[ORL_PRINT_JOBS_MAX + 1];
	struct pair p;
	struct seen s;

	(void)state;
	begin_pair(&p, &s, 0);
	for (int i = 0; i < ORL_PRINT_JOBS_MAX; i++)
		assert_int_equal(
				oriel_print_create(&print[i], s.peer, &job), 0);
	assert_int_equal(oriel_print_create(&print[ORL_PRINT_JOBS_MAX], s.peer,
					 &job),
			ORIEL_ELIMIT);
	PAIR_UNTIL(&p, s.started == ORL_PRINT_JOBS_MAX);
	for (int i = 0; i < ORL_PRINT_JOBS_MAX; i++)
		oriel_print_destroy(print[i]);
	PAIR_UNTIL(&p, s.dropped == ORL_PRINT_JOBS_MAX);
	assert_int_equal(p.state, ORIEL_CLIENT_READY);
	pair_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_printer_arrives_as_it_was_told),
		cmocka_unit_test(the_longest_printer_fits),
		cmocka_unit_test(senseless_printers_are_the_hosts_fault),
		cmocka_unit_test(jobs_are_described_both_ways),
		cmocka_unit_test(peers_that_lie_are_found_out),
		cmocka_unit_test(no_memory_is_said),
		cmocka_unit_test(nothing_is_lost_or_repeated),
		cmocka_unit_test(a_job_goes_through),
		cmocka_unit_test(a_slow_host_is_waited_for),
		cmocka_unit_test(refusing_is_told),
		cmocka_unit_test(the_owner_alone_prints),
		cmocka_unit_test(without_a_token_a_loss_ends_jobs),
		cmocka_unit_test(a_lost_line_loses_nothing),
		cmocka_unit_test(a_cancel_reaches_what_is_whole),
		cmocka_unit_test(who_may_not_print_any_more_gets_nothing),
		cmocka_unit_test(jobs_are_named_once_by_who_resumes),
		cmocka_unit_test(who_does_not_come_back_is_reported),
		cmocka_unit_test(jobs_of_many_are_limited),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

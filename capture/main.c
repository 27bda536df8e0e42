/*
 * main.c - oriel-serve: show a desktop to whoever may see it.
 *
 * One thread and one poll(): the server's descriptor, the source's, signals
 * and the metrics page. Everything that can be refused is refused before the
 * first address is listened on.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/clipboard.h"
#include "capture/drop.h"
#include "capture/patience.h"
#include "capture/serve.h"
#include "capture/x264.h"

enum {
	BUDGET_NS = 8000000, /* of one dispatch, so that the source runs too */
	GOODBYE_MS = 300,    /* for the last bytes to go out */
	SETTLE_MS = 20,      /* from a source's end until `exact` is news */
	MAX_FDS = 2 + ORL_SOURCE_FDS + ORL_METRICS_FDS + ORL_USB_SLOTS +
		  ORL_PRINTING_FDS,
};

/* ---- what goes out ----------------------------------------------------- */

static int complain(int status, const char *why)
{
	fprintf(stderr, "oriel-serve: %s\n", why);
	return status;
}

/* A JSON string of what may hold anything; "" around it. */
static void say_listening(const struct serve *serve, const char *address)
{
	if (serve->options.json) {
		printf("{\"event\":\"listening\",\"address\":");
		orl_serve_quote(stdout, address);
		printf("}\n");
	} else {
		printf("listening %s\n", address);
	}
	fflush(stdout);
}

static void gather(struct serve *serve)
{
	const struct orl_source *source = serve->source;
	struct orl_report *r = &serve->report;

	r->here = (struct orl_tally){ .count = 0 };
	for (uint32_t i = 0; i < serve->company.count; i++) {
		struct oriel_stats stats = { .size = sizeof(stats) };

		oriel_peer_stats(serve->company.members[i].peer, &stats);
		orl_tally_add(&r->here, &stats);
	}
	if (source->kind->cpu)
		source->kind->cpu(source, &r->source);
	if (source->kind->counts)
		source->kind->counts(source, &r->counts);
	orl_report_process(r);
}

static void write_line(struct serve *serve, bool final)
{
	char line[ORL_STATS_TEXT];

	if (!serve->stats)
		return;
	gather(serve);
	serve->report.final = final;
	orl_report_json(&serve->report, line, sizeof(line));
	if (fputs(line, serve->stats) < 0 || fflush(serve->stats) < 0) {
		complain(0, "the statistics cannot be written any more");
		serve->stats = NULL;
	}
}

static size_t metrics_page(void *user, char *out, size_t size)
{
	struct serve *serve = user;

	gather(serve);
	return orl_report_metrics(&serve->report, out, size);
}

static void keylog(void *user, const char *line)
{
	const struct serve *serve = user;

	if (dprintf(serve->keylog, "%s\n", line) < 0)
		complain(0, "the key log cannot be written");
}

/* ---- the loop ---------------------------------------------------------- */

/* Say goodbye to all, and give the server time to get that out. */
static void leave(struct serve *serve, int status, const char *why)
{
	const struct orl_company company = serve->company;

	if (serve->leaving)
		return;
	serve->leaving = true;
	serve->status = status;
	serve->leave_by = orl_now();
	if (company.count)
		serve->leave_by += GOODBYE_MS * ORL_MSEC;
	for (uint32_t i = 0; i < company.count; i++)
		oriel_peer_close(company.members[i].peer, why);
}

/* --once: is everything done that will ever be? */
static void check_once(struct serve *serve, uint64_t now)
{
	const struct orl_source *source = serve->source;

	if (!serve->options.once || !serve->had_peer)
		return;
	if (!serve->company.count) {
		leave(serve, ORL_EXIT_OK, NULL);
		return;
	}
	if (!source->kind->finished || !source->kind->finished(source))
		return;
	if (!serve->finished)
		serve->finished = now;
	if (now < serve->finished + SETTLE_MS * ORL_MSEC)
		return;
	for (uint32_t i = 0; i < serve->company.count; i++) {
		struct oriel_stats stats = { .size = sizeof(stats) };

		oriel_peer_stats(serve->company.members[i].peer, &stats);
		if (!stats.exact || !stats.lossless_after)
			return;
	}
	leave(serve, ORL_EXIT_OK, "everything has been shown");
}

static uint64_t next_due(const struct serve *serve)
{
	uint64_t due = serve->next_line;

	if (serve->leaving && serve->leave_by < due)
		due = serve->leave_by;
	if (serve->finished && !serve->leaving &&
			orl_now() < serve->finished + SETTLE_MS * ORL_MSEC &&
			serve->finished + SETTLE_MS * ORL_MSEC < due)
		due = serve->finished + SETTLE_MS * ORL_MSEC;
	return due;
}

/* What comes now may hang in the source, for so long. */
static void be_patient(const struct serve *serve, int seconds)
{
	const struct orl_source *source = serve->source;
	int lines[ORL_PATIENCE_LINES];

	if (source && source->kind->lines)
		orl_patience_begin(lines, source->kind->lines(source, lines),
				seconds);
}

static void hear_signals(struct serve *serve)
{
	struct signalfd_siginfo info;

	if (read(serve->signals, &info, sizeof(info)) <= 0)
		return;
	oriel_server_shutdown(serve->server, "the server is shut down");
	leave(serve, ORL_EXIT_OK, "the server is shut down");
}

static int wait_for_work(struct serve *serve)
{
	struct pollfd fds[MAX_FDS];
	uint64_t due = next_due(serve), now;
	struct timespec ts = { 0, 0 };
	size_t n = 2;
	int err;

	fds[0] = (struct pollfd){ .fd = oriel_server_fd(serve->server),
		.events = POLLIN };
	fds[1] = (struct pollfd){ .fd = serve->signals, .events = POLLIN };
	if (!serve->leaving && serve->source->kind->watch)
		n += serve->source->kind->watch(serve->source, fds + n, &due);
	n += orl_slots_watch(&serve->usb, fds + n, &due);
	if (serve->metrics)
		n += orl_metrics_watch(serve->metrics, fds + n, &due);
	if (serve->printing)
		n += orl_printing_watch(serve->printing, fds + n, &due);
	now = orl_now();
	if (due > now) {
		ts.tv_sec = (time_t)((due - now) / ORL_SEC);
		ts.tv_nsec = (long)((due - now) % ORL_SEC);
	}
	orl_patience_end();
	err = ppoll(fds, n, due == ORL_NEVER ? NULL : &ts, NULL) < 0 ? errno
								     : 0;
	be_patient(serve, serve->leaving ? ORL_PATIENCE_END_S : ORL_PATIENCE_S);
	if (err)
		return err == EINTR ? 0 : -1;
	if (fds[1].revents)
		hear_signals(serve);
	return 0;
}

static void run(struct serve *serve)
{
	const struct orl_source_kind *kind = serve->source->kind;
	char why[ORL_WHY_MAX] = "";

	while (!serve->leaving || orl_now() < serve->leave_by) {
		uint64_t now;
		int err = 0;

		if (wait_for_work(serve) < 0) {
			serve->status = complain(ORL_EXIT_INTERNAL, "poll");
			return;
		}
		now = orl_now();
		if (!serve->leaving && kind->run)
			err = kind->run(serve->source, now, why);
		orl_slots_run(&serve->usb, now);
		if (err == ORIEL_ECLOSED)
			hear_signals(serve);
		if (err == ORIEL_ECLOSED && serve->leaving)
			err = 0;
		if (err == ORIEL_ECLOSED) {
			leave(serve, complain(ORL_EXIT_SOURCE, why),
					"the desktop is gone");
			err = 0;
		}
		if (serve->printing)
			orl_printing_run(serve->printing, now);
		if (!err)
			err = oriel_server_dispatch(serve->server, BUDGET_NS);
		if (err < 0) {
			serve->status = complain(
					ORL_EXIT_INTERNAL, oriel_strerror(err));
			return;
		}
		if (serve->metrics)
			orl_metrics_run(serve->metrics, now);
		orl_pulse_run(serve->pulse);
		check_once(serve, now);
		if (now >= serve->next_line) {
			write_line(serve, false);
			serve->next_line =
					now + ORL_SEC -
					(now - serve->report.start) % ORL_SEC;
		}
	}
}

/* ---- beginning and end ------------------------------------------------- */

static int open_files(struct serve *serve)
{
	const struct orl_options *o = &serve->options;
	char why[ORL_WHY_MAX];

	if (o->stats && strcmp(o->stats, "-") == 0)
		serve->stats = stdout;
	else if (o->stats)
		serve->stats = fopen(o->stats, "we");
	if (o->stats && !serve->stats) {
		snprintf(why, sizeof(why), "--stats=%s: %s", o->stats,
				strerror(errno));
		return complain(ORL_EXIT_USAGE, why);
	}
	if (o->keylog) {
		serve->keylog = open(o->keylog,
				O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
						O_NOFOLLOW,
				0600);
		if (serve->keylog < 0 || fchmod(serve->keylog, 0600) < 0) {
			snprintf(why, sizeof(why), "--keylog=%s: %s", o->keylog,
					strerror(errno));
			return complain(ORL_EXIT_USAGE, why);
		}
		fprintf(stderr,
				"WARNING: the secrets of all connections go "
				"to %s. Whoever reads it can read the "
				"screen, the keys typed and the passwords "
				"of this run.\n",
				o->keylog);
	}
	if (o->no_auth)
		fprintf(stderr, "WARNING: --no-auth: every user of this "
				"machine can see and use this desktop.\n");
	return ORL_EXIT_OK;
}

static int open_signals(struct serve *serve)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	signal(SIGPIPE, SIG_IGN);
	/* Before any thread is made, for they inherit it. */
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	serve->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return serve->signals < 0 ? -1 : 0;
}

static void say_key(const struct serve *serve)
{
	int32_t days = oriel_server_certificate_days(serve->server);
	uint8_t pin[32];

	if (oriel_server_pin(serve->server, pin) < 0)
		return;
	fputs("key sha256:", stderr);
	for (size_t i = 0; i < sizeof(pin); i++)
		fprintf(stderr, "%02x", pin[i]);
	fputc('\n', stderr);
	if (days < 0)
		fprintf(stderr, "WARNING: the certificate has expired: viewers "
				"that check it will not come in; renew it, or "
				"leave out --cert= and --key=\n");
	else if (days < 30)
		fprintf(stderr,
				"WARNING: the certificate expires in %d "
				"days\n",
				(int)days);
}

/* What is to be listened on, and cannot be without a privilege. */
static bool low_port(const struct orl_options *o)
{
	for (size_t i = 0; i < o->listen_count; i++) {
		const char *colon = strrchr(o->listen[i], ':');
		unsigned long port = colon ? strtoul(colon + 1, NULL, 10) : 0;

		if (strncmp(o->listen[i], "tcp:", 4) == 0 && port &&
				port < 1024)
			return true;
	}
	return false;
}

static struct orl_drop to_drop(const struct serve *serve)
{
	return (struct orl_drop){ .congestion = serve->options.congestion,
		.low_port = low_port(&serve->options),
		.runs = serve->source->kind->runs,
		.becomes = serve->source->becomes,
		.prints = serve->options.print != NULL };
}

static int create_server(struct serve *serve)
{
	const struct orl_options *o = &serve->options;
	struct oriel_server_config config = {
		.size = sizeof(config),
		.events = &serve->events,
		.user = serve,
		.workers = o->workers,
		.max_peers = ORL_COMPANY_MAX,
		.max_bandwidth = o->max_rate,
		.congestion = o->congestion,
		.keylog = o->keylog ? keylog : NULL,
		.test_desync = o->test_desync,
		.usb_rules = serve->login ? orl_login_policy(serve->login)->usb
					  : NULL,
	};
	char name[256] = "oriel", why[ORL_WHY_MAX];
	bool tcp = false;
	int err;

	serve->events = orl_serve_events;
	if (!serve->printing)
		serve->events.printer = NULL;
	for (size_t i = 0; i < o->listen_count; i++)
		tcp = tcp || strncmp(o->listen[i], "tcp:", 4) == 0;
	if (gethostname(name, sizeof(name) - 1) == 0 && name[0])
		config.name = name;
	if (o->lossless)
		config.flags |= ORIEL_SERVER_LOSSLESS;
	if (o->no_auth)
		config.flags |= ORIEL_SERVER_OPEN;
	if (tcp || o->cert) {
		if (orl_identity_load(&serve->identity, o->cert, o->key, name,
				    why, sizeof(why)) < 0)
			return complain(ORL_EXIT_USAGE, why);
		config.certificate = serve->identity.certificate;
		config.private_key = serve->identity.private_key;
		config.token_key = serve->identity.token_key;
	}
	const struct orl_drop drop = to_drop(serve);
	if (orl_drop_privileges(&drop, why, sizeof(why)) < 0)
		return complain(ORL_EXIT_INTERNAL, why);
	err = oriel_server_create(&serve->server, &config);
	if (err) {
		snprintf(why, sizeof(why), "making the server: %s",
				oriel_strerror(err));
		return complain(err == ORIEL_ETLS || err == ORIEL_EINVAL
						? ORL_EXIT_USAGE
						: ORL_EXIT_INTERNAL,
				why);
	}
	/* Without it the library's own encoders will do. */
	if (orl_x264())
		(void)!oriel_server_add_encoder(
				serve->server, orl_x264(), NULL);
	if (config.certificate)
		say_key(serve);
	return ORL_EXIT_OK;
}

static enum orl_sound_from sound_from(
		const struct serve *serve, const char **sink)
{
	enum orl_sound_from from;

	(void)orl_sound_parse(&from, sink, serve->options.sound);
	return from;
}

/* Before the source's attach(). */
static int open_sound(struct serve *serve)
{
	bool speaks = orl_policy_ever(
			orl_login_policy(serve->login), ORIEL_MAY_SPEAK);
	const char *sink;
	enum orl_sound_from from = sound_from(serve, &sink);

	serve->source->hears = from == ORL_SOUND_AUTO;
	serve->source->speaks = serve->source->hears && speaks;
	/* One that has sound of its own needs none, unless it is asked for. */
	if (from == ORL_SOUND_NONE ||
			(from == ORL_SOUND_AUTO && !serve->source->kind->pulse))
		return ORL_EXIT_OK;
	serve->pulse = orl_pulse_open(serve->server, sink, speaks, false);
	if (!serve->pulse && from == ORL_SOUND_PULSE)
		return complain(ORL_EXIT_USAGE,
				"--sound=pulse: this build has no PulseAudio");
	return ORL_EXIT_OK;
}

static int start(struct serve *serve, const struct orl_source_kind *kind)
{
	const struct orl_options *o = &serve->options;
	char actual[512], why[ORL_WHY_MAX] = "";
	const char *sink;
	const struct orl_launch launch = { o->launch, o->launch_user };
	const struct orl_reach how = {
		.user = o->source_user,
		.domain = o->source_domain,
		.password_file = o->source_password_file,
		.trust = o->source_trust,
		.blob = o->source_blob,
		.hears = sound_from(serve, &sink) == ORL_SOUND_AUTO,
	};
	const char *argument = strchr(o->source, ':');
	int status, err;

	argument = argument ? argument + 1 : "";
	if (o->launch && !kind->launch) {
		snprintf(why, sizeof(why),
				"--launch goes with --source=qemu:, not %s:",
				kind->name);
		return complain(ORL_EXIT_USAGE, why);
	}
	if (o->launch)
		status = kind->launch(&serve->source, argument, &launch, why);
	else if (kind->reach)
		status = kind->reach(&serve->source, argument, &how, why);
	else
		status = kind->open(&serve->source, argument, why);
	if (status)
		return complain(status, why);
	/* Until here a signal just ends the program, also while it unpacks. */
	if (open_signals(serve) < 0)
		return complain(ORL_EXIT_INTERNAL, strerror(errno));
	orl_slots_open(&serve->usb, serve->source, o->usb_slots,
			o->usb_slot_count);
	if (o->print) {
		const struct orl_printing_config printing = { .port = o->print,
			.secret_file = o->print_secret,
			.hook = o->print_hook,
			.policy = orl_login_policy(serve->login),
			.json = o->json };

		status = orl_printing_open(&serve->printing, &printing, why);
		if (status)
			return complain(status, why);
	}
	status = create_server(serve);
	if (status)
		return status;
	status = open_sound(serve);
	if (status)
		return status;
	serve->board = orl_board_create(
			serve->server, orl_login_policy(serve->login));
	if (!serve->board)
		return complain(ORL_EXIT_INTERNAL, "out of memory");
	be_patient(serve, ORL_PATIENCE_S);
	err = serve->source->kind->attach(serve->source, serve->server);
	if (err)
		return complain(ORL_EXIT_SOURCE, oriel_strerror(err));
	orl_board_attach(serve->board, serve->source);
	if (o->metrics) {
		if (orl_metrics_open(&serve->metrics, o->metrics, metrics_page,
				    serve, why, sizeof(why)) < 0)
			return complain(ORL_EXIT_USAGE, why);
		fprintf(stderr, "metrics http://%s/metrics\n", why);
	}
	for (size_t i = 0; i < o->listen_count; i++) {
		err = oriel_server_listen(serve->server, o->listen[i], actual,
				sizeof(actual));
		if (err) {
			snprintf(why, sizeof(why), "cannot listen on %s: %s",
					o->listen[i], oriel_strerror(err));
			return complain(ORL_EXIT_CONNECT, why);
		}
		say_listening(serve, actual);
	}
	const struct orl_drop drop = to_drop(serve);
	if (orl_drop_calls(&drop, why, sizeof(why)) < 0)
		return complain(ORL_EXIT_INTERNAL, why);
	if (serve->login)
		orl_login_announce(serve->login);
	return ORL_EXIT_OK;
}

static void help(void)
{
	puts("oriel-serve --source=SOURCE [OPTION...]\n\n"
	     "Show a desktop to remote viewers.\n\nOptions:");
	orl_options_help(stdout);
	puts("\nSources of this build:");
	orl_source_help(stdout);
}

static void version(void)
{
	unsigned v = oriel_version();

	printf("oriel-serve %u.%u.%u\n", v >> 16, v >> 8 & 255, v & 255);
	puts("server: OpenSSL (Apache-2.0) zstd (BSD) xxHash (BSD) Opus (BSD) "
	     "libvpx (BSD)");
#ifndef ORIEL_NO_H264
	puts("video: OpenH264 (BSD)");
#endif
	if (orl_x264())
		puts("video: x264 (GPL-2.0+)");
	orl_source_version(stdout);
}

static void end(struct serve *serve)
{
	if (serve->server && serve->source)
		write_line(serve, true);
	be_patient(serve, ORL_PATIENCE_END_S);
	orl_metrics_close(serve->metrics);
	orl_pulse_close(serve->pulse);
	orl_printing_close(serve->printing);
	oriel_server_destroy(serve->server);
	orl_slots_close(&serve->usb);
	if (serve->source)
		serve->source->kind->close(serve->source);
	orl_patience_end();
	orl_board_destroy(serve->board);
	orl_login_close(serve->login);
	orl_identity_free(&serve->identity);
	if (serve->stats && serve->stats != stdout)
		fclose(serve->stats);
	if (serve->keylog >= 0)
		close(serve->keylog);
	if (serve->signals >= 0)
		close(serve->signals);
}

int main(int argc, char **argv)
{
	struct serve serve = { .keylog = -1, .signals = -1 };
	const struct orl_source_kind *kind;
	char why[ORL_WHY_MAX];

	if (orl_options_parse(&serve.options, argc, argv, why, sizeof(why)) < 0)
		return complain(ORL_EXIT_USAGE, why);
	if (serve.options.help || serve.options.version) {
		(serve.options.help ? help : version)();
		return ORL_EXIT_OK;
	}
	kind = orl_source_find(serve.options.source, why);
	if (!kind)
		return complain(ORL_EXIT_USAGE, why);
	serve.status = open_files(&serve);
	if (!serve.status) {
		serve.status = orl_login_open(
				&serve.login, &serve.options, why);
		if (serve.status)
			complain(serve.status, why);
		else
			serve.company.second =
					orl_login_policy(serve.login)->second;
	}
	if (!serve.status)
		serve.status = start(&serve, kind);
	if (!serve.status) {
		serve.report.start = orl_now();
		serve.next_line = serve.stats ? serve.report.start + ORL_SEC
					      : ORL_NEVER;
		run(&serve);
	}
	end(&serve);
	return serve.status;
}

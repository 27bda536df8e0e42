/*
 * box.c - the process that has the connection: begun for each, waited for,
 * and ended. It is this program again, begun anew: it has none of the
 * viewer's memory, no environment to speak of, and one file, a socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/viewer/box_child.h"
#include "client/viewer/box_impl.h"
#include "client/viewer/text.h"

extern char **environ;

enum {
	END_MS = 500,     /* for the process to end by itself */
	REFRESH_MS = 500, /* for statistics */
	AT_ONCE = 64,     /* messages before the caller has a look */
	MEND_MS = 300,
	MEND_DOUBLES = 3,
	MENDS = 5,           /* in a row, each soon after the other */
	WELL_MS = 60 * 1000, /* and it was not soon */
};

uint64_t orl_box_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- beginning it ------------------------------------------------------ */

static void *run_thread(void *arg)
{
	int socket = *(int *)arg;
	free(arg);
	(void)orl_box_child(socket, false);
	return NULL;
}

static int begin_thread(struct orl_box *box, int socket)
{
	int *arg = malloc(sizeof(*arg));
	if (!arg)
		return ORIEL_ENOMEM;
	*arg = socket;
	if (pthread_create(&box->thread, NULL, run_thread, arg) != 0) {
		free(arg);
		return ORIEL_ENOMEM;
	}
	box->threaded = true;
	return 0;
}

/* What the loader, the sanitizers and OpenSSL ask for; no more. */
static char **fewer_variables(void)
{
	static const char *const kept[] = { "LD_", "ASAN_", "UBSAN_", "LSAN_",
		"TSAN_", "GCOV_", "LLVM_", "OPENSSL_" };
	size_t n = 0, all = 0;
	while (environ[all])
		all++;
	char **out = calloc(all + 1, sizeof(*out));
	for (size_t i = 0; out && i < all; i++)
		for (size_t k = 0; k < sizeof(kept) / sizeof(kept[0]); k++)
			if (strncmp(environ[i], kept[k], strlen(kept[k])) == 0)
				out[n++] = environ[i];
	return out;
}

static int begin_process(struct orl_box *box, int socket)
{
	char name[] = "oriel-view", how[] = ORL_BOX_ARGUMENT;
	char *argv[] = { name, how, NULL };
	char **variables = fewer_variables();
	posix_spawn_file_actions_t files;
	if (!variables)
		return ORIEL_ENOMEM;
	int err = posix_spawn_file_actions_init(&files);
	if (!err)
		err = posix_spawn_file_actions_adddup2(
				&files, socket, ORL_BOX_FILE);
	/* A terminal obeys what is written to it. */
	for (int fd = 0; fd < 3 && !err; fd++)
		if (fd < 2 || box->log_level < ORIEL_LOG_INFO)
			err = posix_spawn_file_actions_addopen(
					&files, fd, "/dev/null", O_RDWR, 0);
	if (!err)
		err = posix_spawn(&box->pid, "/proc/self/exe", &files, NULL,
				argv, variables);
	posix_spawn_file_actions_destroy(&files);
	free(variables);
	close(socket);
	if (!err)
		return 0;
	box->pid = 0;
	box->events.log(box->user, ORIEL_LOG_ERROR, "sandbox",
			"its process cannot be begun; is there a /proc? "
			"--sandbox=off does without");
	return ORIEL_EIO;
}

/* The text of authorities, as a file: it may be longer than a message. */
static int authorities_file(const struct orl_box *box, size_t n)
{
	int fd = memfd_create("oriel-authorities", MFD_CLOEXEC);
	if (fd >= 0 && write(fd, box->authorities, n) == (ssize_t)n)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int send_setup(struct orl_box *box, int socket)
{
	struct orl_box_message m = { .id = ORL_BOX_SETUP };
	struct orl_box_setup *s = &m.u.setup;
	int files[2] = { -1, -1 };
	size_t n = box->authorities ? strlen(box->authorities) : 0;
	int err = orl_rings_create(&files[0]);
	pthread_mutex_lock(&box->rings_lock);
	if (!err)
		err = orl_rings_map(box->rings, files[0]);
	box->asked_for = 0;
	pthread_mutex_unlock(&box->rings_lock);
	if (!err && n) {
		files[1] = authorities_file(box, n);
		err = files[1] < 0 ? ORIEL_ENOMEM : 0;
	}
	s->jail = box->jail;
	s->reconnect = box->reconnect;
	s->flags = box->flags;
	s->wants = box->wants;
	s->level = (int64_t)box->log_level;
	s->authorities = (int64_t)n;
	ORL_BOX_TEXT(s->name, box->name);
	if (!err)
		err = orl_box_send(socket, &m, files, n ? 2 : 1);
	for (int i = 0; i < 2; i++)
		if (files[i] >= 0)
			close(files[i]);
	return err;
}

static void set_socket(struct orl_box *box, int socket)
{
	pthread_mutex_lock(&box->lock);
	box->socket = socket;
	pthread_mutex_unlock(&box->lock);
}

static int begin(struct orl_box *box)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return ORIEL_EIO;
	box->jailed = false;
	orl_box_forget_jobs(box);
	int err = send_setup(box, ends[0]);
	if (err) {
		close(ends[0]);
		close(ends[1]);
		return err;
	}
	/* From here on other threads may tell it more, and not before. */
	set_socket(box, ends[0]);
	return box->jail ? begin_process(box, ends[1])
			 : begin_thread(box, ends[1]);
}

/* ---- ending it --------------------------------------------------------- */

/* How it has ended; 0: as it should, or it was no process. */
static int reap(struct orl_box *box)
{
	uint64_t until = orl_box_now() + END_MS;
	int status = 0;
	if (box->threaded)
		pthread_join(box->thread, NULL);
	box->threaded = false;
	while (box->pid) {
		pid_t done = waitpid(box->pid, &status, WNOHANG);
		if (done == box->pid || (done < 0 && errno != EINTR))
			break;
		if (orl_box_now() >= until)
			kill(box->pid, SIGKILL);
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	}
	box->pid = 0;
	return status;
}

static int end(struct orl_box *box)
{
	int socket = box->socket;
	orl_box_forget(box);
	set_socket(box, -1);
	atomic_store(&box->full, false);
	orl_box_clip_reset(&box->clip);
	atomic_store(&box->ready, false);
	if (socket >= 0) {
		shutdown(socket, SHUT_RDWR);
		close(socket);
	}
	int status = reap(box);
	pthread_mutex_lock(&box->rings_lock);
	orl_rings_unmap(box->rings);
	pthread_mutex_unlock(&box->rings_lock);
	return status;
}

/* ---- a crash ----------------------------------------------------------- */

static void describe(char *out, size_t size, int status, const char *why)
{
	if (why)
		snprintf(out, size, "%s", why);
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		snprintf(out, size, "%s",
				_("the process that decodes it tried what it "
				  "may not do, and was ended"));
	else if (WIFSIGNALED(status))
		snprintf(out, size,
				_("the process that decodes it was ended by "
				  "signal %d"),
				WTERMSIG(status));
	else
		snprintf(out, size,
				_("the process that decodes it has ended with "
				  "code %d"),
				WEXITSTATUS(status));
}

static bool may_mend(struct orl_box *box, uint64_t now)
{
	if (now - box->crashed_at > WELL_MS)
		box->crashes = 0;
	box->crashed_at = now;
	return box->was_ready && box->reconnect && !box->leaving &&
	       box->crashes++ < MENDS;
}

/*
 * why NULL: it has gone by itself. What it has left is looked at no more, and
 * the screens stay as they are until another process shows them.
 */
void orl_box_lost(struct orl_box *box, const char *why)
{
	uint64_t now = orl_box_now();
	char text[256];
	bool again = box->mending && why;
	if (why && !again && box->pid)
		kill(box->pid, SIGKILL);
	int status = end(box);
	describe(text, sizeof(text), status, why);
	if (!box->begun)
		return;
	if (!again) {
		box->crashed = true;
		if (!may_mend(box, now)) {
			orl_box_finish(box, ORIEL_EIO, text);
			return;
		}
	}
	if (!box->mending)
		box->mend_until = now + box->reconnect * UINT64_C(1000);
	box->mending = true;
	box->mend_at = now + ((uint64_t)MEND_MS << box->mends);
	box->mends += box->mends < MEND_DOUBLES;
	box->state = ORIEL_CLIENT_RECONNECTING;
	orl_box_strand(box);
	orl_box_drop_jobs(box);
	orl_box_drop_usb(box);
	orl_box_silence(box);
	box->events.state(box->user, box->state, ORIEL_EIO, text);
}

static void mend(struct orl_box *box)
{
	box->mend_at = 0;
	int err = begin(box);
	if (err) {
		(void)end(box);
		orl_box_finish(box, err, oriel_strerror(err));
	}
}

/* ---- waiting ----------------------------------------------------------- */

static int until(uint64_t now, uint64_t then, int timeout_ms)
{
	uint64_t left = then > now ? then - now : 0;
	if (!then || (timeout_ms >= 0 && left > (uint64_t)timeout_ms))
		return timeout_ms;
	return left > INT32_MAX ? INT32_MAX : (int)left;
}

/* Some of what is there. */
static void read_messages(struct orl_box *box)
{
	struct orl_box_message m;
	for (int i = 0; i < AT_ONCE && box->socket >= 0; i++) {
		int got = orl_box_receive(box->socket, &m, ORL_BOX_UP, NULL, 0);
		if (got == 0)
			break;
		if (got > 0)
			got = orl_box_event(box, &m);
		if (got == ORIEL_ECLOSED)
			orl_box_lost(box, NULL);
		else if (got < 0)
			orl_box_lost(box, _("the process that decodes it said "
					    "what it may not say, and was "
					    "ended"));
	}
	/* The connection is over; so is what it had. */
	if (!box->begun && box->socket >= 0)
		(void)end(box);
}

static void look_at_clock(struct orl_box *box)
{
	uint64_t now = orl_box_now();
	if (atomic_exchange(&box->full, false))
		orl_box_lost(box, _("the process that decodes it does not "
				    "listen any more, and was ended"));
	if (box->mend_at && now >= box->mend_at)
		mend(box);
	if (box->stale_at && now >= box->stale_at) {
		box->stale_at = 0;
		orl_box_drop_stale(box);
	}
}

static void take_wake(struct orl_box *box)
{
	uint64_t n;
	atomic_store(&box->woken, false);
	if (read(box->wake, &n, sizeof(n)) < 0)
		return; /* another one has */
}

int orl_box_wait(struct orl_box *box, int timeout_ms)
{
	uint64_t now = orl_box_now();
	struct pollfd fds[] = {
		{ .fd = box->wake, .events = POLLIN },
		{ .fd = box->socket, .events = POLLIN },
		{ .fd = box->news, .events = POLLIN },
	};
	if (orl_box_waits(box))
		fds[1].events |= POLLOUT;
	timeout_ms = until(now, box->mend_at, timeout_ms);
	timeout_ms = until(now, box->stale_at, timeout_ms);
	int n = poll(fds, 3, timeout_ms);
	if (n < 0 && errno != EINTR)
		return ORIEL_EIO;
	if (n > 0 && fds[0].revents)
		take_wake(box);
	if (n > 0 && fds[1].revents & POLLOUT)
		orl_box_flush(box);
	if (n > 0 && fds[1].revents & ~POLLOUT)
		read_messages(box);
	if (n > 0 && fds[2].revents && box->news >= 0)
		orl_box_read_news(box);
	look_at_clock(box);
	return 0;
}

void orl_box_wake(struct orl_box *box)
{
	const uint64_t one = 1;
	if (atomic_exchange(&box->woken, true))
		return;
	if (write(box->wake, &one, sizeof(one)) < 0)
		return; /* it is awake */
}

/* ---- the handle -------------------------------------------------------- */

int orl_box_create(struct orl_box **out, const struct orl_box_config *config)
{
	struct orl_box *box = calloc(1, sizeof(*box));
	if (!box)
		return ORIEL_ENOMEM;
	box->events = *config->events;
	box->user = config->user;
	ORL_BOX_TEXT(box->name, config->name);
	box->log_level = config->log_level;
	box->authorities = config->authorities;
	box->reconnect = config->reconnect;
	box->flags = config->flags;
	box->wants = config->wants;
	orl_box_clip_begin(box);
	box->jail = config->jail;
	box->socket = box->latest = box->news = -1;
	box->stats.size = sizeof(box->stats);
	pthread_mutex_init(&box->lock, NULL);
	pthread_mutex_init(&box->rings_lock, NULL);
	box->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int err = box->wake < 0 ? ORIEL_EIO
				: orl_box_usb_begin(box, config->usb_rules);
	if (err) {
		orl_box_destroy(box);
		return err;
	}
	*out = box;
	return 0;
}

void orl_box_destroy(struct orl_box *box)
{
	if (!box)
		return;
	(void)end(box);
	orl_box_line_over(box);
	for (int i = 0; i < ORL_BOX_SLOTS; i++) {
		orl_sheet_free(&box->pending[i]);
		orl_sheet_free(&box->remotes[i].sheet);
		if (box->remotes[i].used)
			pthread_mutex_destroy(&box->remotes[i].lock);
	}
	orl_box_usb_end(box);
	if (box->wake >= 0)
		close(box->wake);
	pthread_mutex_destroy(&box->lock);
	pthread_mutex_destroy(&box->rings_lock);
	free(box);
}

int orl_box_connect(struct orl_box *box, const char *address)
{
	if (box->begun)
		return ORIEL_ESTATE;
	if (strlen(address) >= sizeof(box->address))
		return ORIEL_EINVAL;
	(void)end(box);
	ORL_BOX_TEXT(box->address, address);
	box->was_ready = box->leaving = box->crashed = box->pinned = false;
	box->numeric[0] = box->server_name[0] = '\0';
	box->login_asked = false;
	box->crashes = 0;
	memset(&box->stats, 0, sizeof(box->stats));
	box->stats.size = sizeof(box->stats);
	int err = begin(box);
	if (err)
		(void)end(box);
	else
		box->begun = true;
	return err;
}

void orl_box_disconnect(struct orl_box *box)
{
	struct orl_box_message m = { .id = ORL_BOX_DISCONNECT };
	box->leaving = true;
	/* Between two processes there is nobody to say goodbye. */
	if (box->mend_at)
		orl_box_finish(box, 0, "");
	else
		(void)orl_box_order(box, &m);
}

bool orl_box_login_asked(const struct orl_box *box)
{
	return box->login_asked;
}

const char *orl_box_server_name(const struct orl_box *box)
{
	return box->server_name;
}

bool orl_box_crashed(const struct orl_box *box)
{
	return box->crashed;
}

void orl_box_stats(const struct orl_box *box, struct oriel_stats *stats,
		struct orl_box_usage *usage)
{
	*stats = box->stats;
	if (usage)
		*usage = box->usage;
}

/* Other events come as well, meanwhile. */
void orl_box_refresh(struct orl_box *box)
{
	struct orl_box_message m = { .id = ORL_BOX_ASK_STATS };
	uint64_t until_ms = orl_box_now() + REFRESH_MS;
	unsigned serial = box->stats_serial;
	if (!box->jailed || orl_box_order(box, &m) != 0)
		return;
	while (box->stats_serial == serial && box->socket >= 0 &&
			orl_box_now() < until_ms)
		if (orl_box_wait(box, 50) < 0)
			break;
	/* It may have been woken for something else. */
	orl_box_wake(box);
}

/* ---- displays ---------------------------------------------------------- */

uint32_t orl_remote_id(const struct orl_remote *remote)
{
	return remote->id;
}

const char *orl_remote_name(const struct orl_remote *remote)
{
	return remote->name;
}

struct oriel_rect orl_remote_rect(const struct orl_remote *remote)
{
	return remote->rect;
}

bool orl_remote_is_exact(const struct orl_remote *remote)
{
	return remote->exact;
}

void *orl_remote_data(const struct orl_remote *remote)
{
	return remote->data;
}

void orl_remote_set_data(struct orl_remote *remote, void *data)
{
	remote->data = data;
}

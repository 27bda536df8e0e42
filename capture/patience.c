/*
 * patience.c - see patience.h. A tick of a second counts, not a clock: who is
 * stopped himself, with his X server, has not waited.
 */
#include "capture/patience.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { TOLD = 2 /* ticks, when this program is told to end */ };

static atomic_int lines[ORL_PATIENCE_LINES], limit, ticks;
static bool ready;

/* The signals that end the program are blocked, and wait for the loop. */
static bool is_told_to_end(void)
{
	sigset_t pending;

	sigemptyset(&pending);
	sigpending(&pending);
	return sigismember(&pending, SIGTERM) == 1 ||
	       sigismember(&pending, SIGINT) == 1;
}

static void on_tick(int signal)
{
	static const char words[] =
			"oriel-serve: the desktop's server does not answer; "
			"the connection to it is closed\n";
	int saved = errno;
	int n = atomic_fetch_add(&ticks, 1) + 1, most = atomic_load(&limit);

	(void)signal;
	if (n == most || (n >= TOLD && n < most && is_told_to_end())) {
		atomic_store(&ticks, most);
		for (int i = 0; i < ORL_PATIENCE_LINES; i++)
			if (atomic_load(&lines[i]) >= 0)
				shutdown(atomic_load(&lines[i]), SHUT_RDWR);
		(void)!write(STDERR_FILENO, words, sizeof(words) - 1);
	}
	errno = saved;
}

static void tick(int seconds)
{
	const struct itimerval time = { { seconds, 0 }, { seconds, 0 } };

	setitimer(ITIMER_REAL, &time, NULL);
}

void orl_patience_begin(const int *fds, size_t count, int seconds)
{
	if (!ready) {
		struct sigaction action;

		memset(&action, 0, sizeof(action));
		action.sa_handler = on_tick;
		action.sa_flags = SA_RESTART;
		sigaction(SIGALRM, &action, NULL);
		ready = true;
	}
	for (size_t i = 0; i < ORL_PATIENCE_LINES; i++)
		atomic_store(&lines[i], i < count ? fds[i] : -1);
	atomic_store(&limit, seconds);
	atomic_store(&ticks, 0);
	tick(1);
}

void orl_patience_end(void)
{
	if (ready)
		tick(0);
}

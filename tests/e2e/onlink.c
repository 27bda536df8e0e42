/*
 * onlink.c LINK SERVER CLIENT - two shell commands at the ends of a link of
 * the bench's (`wan,loss=1%`), the server at 192.0.2.1. It says `up` when
 * both run, and lives until it is ended; the link and both commands end with
 * it. Exit code 77: there are no rights for links.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/netns.h"

static pid_t run(const struct netns *n, enum netns_side side, char *command)
{
	char shell[] = "sh", option[] = "-c";
	char *const argv[] = { shell, option, command, NULL };

	return netns_spawn(n, side, argv, NULL);
}

int main(int argc, char **argv)
{
	struct link_spec link;
	struct netns n = { .control = -1 };
	char why[256];
	int ended;
	pid_t pids[2];
	sigset_t ends;

	if (argc != 4 || link_parse(&link, argv[1], why, sizeof(why)) < 0) {
		fprintf(stderr, "usage: onlink LINK SERVER CLIENT\n");
		return 2;
	}
	if (netns_up(&n, &link, 1, NULL, why, sizeof(why)) < 0) {
		fprintf(stderr, "onlink: %s\n", why);
		return 77;
	}
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGHUP);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	pids[0] = run(&n, NETNS_SERVER, argv[2]);
	pids[1] = run(&n, NETNS_CLIENT, argv[3]);
	netns_go(&n);
	puts("up");
	fflush(stdout);
	(void)sigwait(&ends, &ended);
	for (int i = 0; i < 2; i++) {
		if (pids[i] > 0 && kill(-pids[i], SIGTERM) == 0)
			waitpid(pids[i], NULL, 0);
	}
	netns_down(&n);
	return 0;
}

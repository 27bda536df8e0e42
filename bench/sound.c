/*
 * sound.c - see sound.h. There is one sound server for both ends: programs find
 * it where it is by default, in the run's folder, and by a path, to which the
 * link is no matter; so one clock is enough. The desktop's sound is taken from
 * a sink that the peer's command names; the client plays into the default one.
 */
#include "bench/sound.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	LONGEST = 650,       /* s */
	EVALUATE_MS = 20000, /* what was heard */
	READY_MS = 10000,
};

static const char setup[] =
		"load-module module-null-sink sink_name=here rate=48000\n"
		"load-module module-null-sink sink_name=" PEER_SINK
		" rate=48000\n"
		"set-default-sink here\n"
		"load-module module-native-protocol-unix auth-anonymous=1\n";

int sound_start(struct run *u)
{
	char command[PROC_TEXT], path[300];
	const struct proc_setup quiet = { NULL, -1, -1 };
	if (!peer_sounds(u->cell->peer))
		return 0;
	if (run_write_file(u, "pulse.pa", setup))
		return -1;
	snprintf(command, sizeof(command),
			"pulseaudio -n --daemonize=no --exit-idle-time=-1 "
			"--use-pid-file=no --system=no --log-level=error "
			"-F %s/pulse.pa",
			u->folder);
	u->sounds = proc_start(
			&u->procs, NETNS_SERVER, "sounds", command, &quiet);
	if (!u->sounds)
		return run_fail(u, "pulseaudio cannot be started");
	snprintf(path, sizeof(path), "%s/pulse/native", u->folder);
	for (int i = 0; i < READY_MS / 10 && access(path, F_OK); i++)
		if (run_pause(u, 10))
			return -1;
	return access(path, F_OK) ? run_program_failed(u, "sounds",
						    "have no server")
				  : 0;
}

int sound_listen(struct run *u)
{
	char command[PROC_TEXT], path[PROC_TEXT];
	const struct proc_setup quiet = { NULL, -1, -1 };
	if (!u->sounds)
		return 0;
	programs_path(path, sizeof(path), u->cell->programs, PEER_EAR);
	snprintf(command, sizeof(command),
			"%.600s unix:%s/pulse/native " PEER_SINK " here %d",
			path, u->folder, LONGEST);
	u->ear = proc_start(&u->procs, NETNS_SERVER, "ear", command, &quiet);
	return u->ear ? 0 : run_fail(u, "nobody listens");
}

int sound_figures(struct run *u)
{
	struct result *r = u->r;
	char path[300], line[256];
	double least, most, heard, played;
	if (!u->ear)
		return 0;
	if (!proc_alive(u->ear))
		return run_program_failed(u, "ear", "has ended");
	kill(u->ear->pid, SIGTERM);
	uint64_t until = stage_now() + EVALUATE_MS * MS;
	while (proc_alive(u->ear) && stage_now() < until)
		stage_sleep_until(stage_now() + 10 * MS);
	snprintf(path, sizeof(path), "%s/ear.log", u->folder);
	FILE *in = fopen(path, "r");
	while (in && fgets(line, sizeof(line), in)) {
		if (sscanf(line, "clicks %lf of %lf", &heard, &played) == 2) {
			r->sounds = heard;
			r->sounds_lost = fmax(0, played - heard);
		} else if (sscanf(line, "delay_ms %lf %lf %lf", &least,
					   &r->sound_ms, &most) == 3) {
			r->sound_max_ms = most;
		} else if (sscanf(line, "gaps %lf %lf", &heard, &played) == 2) {
			r->sound_gaps = heard;
			r->sound_gaps_made = played;
		}
	}
	if (in)
		fclose(in);
	return isfinite(r->sounds) ? 0
				   : run_program_failed(u, "ear",
						     "has heard nothing");
}

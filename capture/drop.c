/*
 * drop.c - what of it oriel-serve needs on. It reads files again, connects to
 * an X server or a bus and takes connections as long as it lives: an attacker
 * in this process has the files of its user, and no more than these.
 */
#include "capture/drop.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <linux/capability.h>

#include "capture/confine.h"

/* Whether everybody may use this congestion control, bbr by default. */
static bool allowed_to_all(const char *congestion)
{
	char line[256] = "", *name, *rest = line;
	FILE *f = fopen("/proc/sys/net/ipv4/tcp_allowed_congestion_control",
			"re");
	const char *want = congestion ? congestion : "bbr";
	bool found = false;

	if (!f)
		return false;
	if (fgets(line, sizeof(line), f))
		while (!found && (name = strtok_r(rest, " \n", &rest)))
			found = strcmp(name, want) == 0;
	fclose(f);
	return found;
}

int orl_drop_privileges(const struct orl_drop *drop, char *why, size_t size)
{
	uint32_t keep = 0;
	int err;

	if (!allowed_to_all(drop->congestion))
		keep |= 1u << CAP_NET_ADMIN;
	if (drop->low_port)
		keep |= 1u << CAP_NET_BIND_SERVICE;
	if (drop->runs)
		keep |= 1u << CAP_DAC_OVERRIDE;
	if (drop->becomes)
		keep |= 1u << CAP_SETUID;
	err = orl_confine_capabilities(keep);
	if (err)
		snprintf(why, size, "giving up privileges: capabilities: %s",
				strerror(-err));
	return err ? -1 : 0;
}

int orl_drop_calls(const struct orl_drop *drop, char *why, size_t size)
{
	unsigned but = 0;
	int err;

	if (drop->runs || drop->prints)
		but |= ORL_CONFINE_RUNS;
	if (drop->becomes)
		but |= ORL_CONFINE_BECOMES;
	err = orl_confine_calls(but);
	if (err)
		snprintf(why, size, "giving up privileges: seccomp: %s",
				strerror(-err));
	return err ? -1 : 0;
}

/*
 * qemu_agent.h - the connection to a guest's spice-vdagent.
 *
 * It is a channel of the virtual machine's called com.redhat.spice.0: QEMU
 * hands its bytes on, the guest writes them. What messages mean stands in a
 * table by type in qemu_agent.c.
 */
#ifndef ORL_QEMU_AGENT_H
#define ORL_QEMU_AGENT_H

#include "capture/capture.h"
#include "capture/vdagent.h"

struct orl_qemu;

enum { ORL_QEMU_AGENT_OUT = 8192, ORL_QEMU_AGENT_PATH = 96 };

struct orl_qemu_agent {
	char path[ORL_QEMU_AGENT_PATH]; /* of its channel; "": none */
	int fd;                         /* -1: none */
	uint32_t events;
	bool running;
	bool open;   /* the guest has its end */
	bool broken; /* it wrote what is none; until it opens it anew */
	struct orl_vdagent in;
	bool known; /* it has said what it can do */
	bool told;  /* ... once */
	uint32_t caps;
	/* Connecting failed: how often, and when it is tried again. */
	unsigned tries;
	uint64_t again;
	/* What is still to be said, made when it can be written. */
	bool ask, answer, monitors;
	uint8_t out[ORL_QEMU_AGENT_OUT];
	size_t out_n, out_at;
};

void orl_qemu_agent_init(struct orl_qemu_agent *agent);
/* Its channel is there, and the guest has opened its end or not. */
void orl_qemu_agent_found(struct orl_qemu *q, const char *path, bool open);
void orl_qemu_agent_lost(struct orl_qemu *q, const char *path);
/* Read and write what can be. */
void orl_qemu_agent_run(struct orl_qemu *q);
/* What is due. */
void orl_qemu_agent_tick(struct orl_qemu *q, uint64_t now);
/* Screens are to have other sizes. Returns whether it can be told that. */
bool orl_qemu_agent_resize(struct orl_qemu *q);
void orl_qemu_agent_close(struct orl_qemu *q);

#endif

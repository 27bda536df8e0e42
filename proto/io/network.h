/*
 * network.h - a hint that this machine's addresses or routes have changed.
 *
 * It is the kernel that tells, so nothing is done and nobody woken while
 * nothing changes. What has changed is not said: look at what matters.
 */
#ifndef ORL_PROTO_IO_NETWORK_H
#define ORL_PROTO_IO_NETWORK_H

#include "proto/io/loop.h"

struct orl_network {
	void (*changed)(struct orl_network *network);
	/* Its own. */
	struct orl_watch watch;
};

/*
 * Begin to listen; the struct is zeros but for `changed`. ORIEL_EIO where the
 * kernel does not tell, ORIEL_ENOMEM: there will be no hints then.
 */
int orl_network_watch(struct orl_network *network, struct orl_loop *loop);
/* Harmless when not begun. */
void orl_network_stop(struct orl_network *network);

#endif

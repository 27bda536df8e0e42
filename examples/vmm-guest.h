/*
 * vmm-guest.h - what embed-vmm.c and its guest say to each other, over a
 * SOCK_SEQPACKET pair: one struct a message, a MODE with a descriptor.
 */
#ifndef VMM_GUEST_H
#define VMM_GUEST_H

#include <stdint.h>

enum vmm_kind {
	VMM_MODE,   /* guest: scan out of this memory from now on */
	VMM_DAMAGE, /* guest: this rectangle has changed */
	VMM_INPUT,  /* host: the pointer is at x, y */
};

/* Every number of it may be a lie when it comes from the guest. */
struct vmm_message {
	uint32_t kind;
	int32_t x, y, width, height;
	int32_t stride;        /* of a mode; in bytes */
	uint64_t offset, size; /* of a mode; in its memory */
};

enum { VMM_GUEST_FD = 3 }; /* the guest's end, when it is started */

#endif

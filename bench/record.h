/*
 * record.h - what can be recorded: something that has a picture of 32 bits a
 * pixel, and knows when it has changed.
 */
#ifndef ORL_BENCH_RECORD_H
#define ORL_BENCH_RECORD_H

#include <stdbool.h>
#include <stdint.h>

struct subject {
	int width, height, stride; /* pixels; they stay */
	const char *password_file; /* or NULL */
	void *own;
};

struct subject_kind {
	/* 0, or -1 after a line on stderr. */
	int (*open)(struct subject *s, const char *name);
	/* Lets time pass, CLOCK_MONOTONIC in ns. 1: it has ended, after a line
	 * on stderr; what was recorded until then stands. */
	int (*wait_until)(struct subject *s, uint64_t until);
	/* XRGB, until the next call of either; NULL: nothing has changed since
	 * the last one. `any`: in any case. */
	const uint32_t *(*take)(struct subject *s, bool any);
	void (*end)(struct subject *s);
};

extern const struct subject_kind subject_x11, subject_vnc;

#endif

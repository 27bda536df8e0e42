/*
 * stage.h - what the player, the watcher and the runner of one measurement
 * share: memory that all of them have mapped, each with its own part to write.
 * Times are CLOCK_MONOTONIC in nanoseconds, 0 for not yet.
 */
#ifndef ORL_BENCH_STAGE_H
#define ORL_BENCH_STAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/frames.h"

enum { STAGE_MAGIC = 0x6f727374 };

struct stage_frame {
	/* The player: when it should have been presented, just before it was,
	 * and when the display had it. */
	uint64_t due;
	_Atomic uint64_t submit;
	uint64_t done;
	_Atomic uint64_t seen; /* the watcher: its mark is visible */
};

/* Of the whole picture, from the watcher. */
struct stage_quality {
	uint32_t samples, exact_samples;
	double psnr_mean, psnr_min, ssim_mean, ssim_text;
	double last_psnr, last_ssim, last_ssim_text;
	/* Where the last picture is wrong. */
	uint64_t wrong_pixels;
	int32_t wrong_x, wrong_y, wrong_right, wrong_bottom;
};

struct stage {
	uint32_t magic, n;
	bool slow_motion;
	/* The runner. */
	_Atomic bool go, stop;
	/* The player. */
	_Atomic bool ready, played, failed;
	double player_cpu; /* seconds, for one in a server's process */
	/* The watcher. */
	_Atomic bool watching, evaluated;
	_Atomic uint64_t recognised, first_exact; /* frame 0 */
	_Atomic uint64_t last_seen, last_exact;   /* the last frame */
	uint64_t ticks, late_ticks, longest_tick;
	double watcher_cpu;
	struct stage_quality quality;
	struct stage_frame frame[FRAMES_MAX];
};

/* A memory file of a stage; -1 with errno. */
int stage_create(void);
/* Maps it; NULL with errno. */
struct stage *stage_map(int fd);
void stage_unmap(struct stage *s);

uint64_t stage_now(void);
void stage_sleep_until(uint64_t time);
/* CPU seconds of this thread. */
double stage_thread_cpu(void);

/* What players do around presenting frame i > 0: wait for its time, or in slow
 * motion until the one before is visible. False: stop. */
bool stage_wait(struct stage *s, const struct frames *f, uint32_t i,
		uint64_t start);
/* Waits for go; the time that frame 0 counts from, 0: stop. */
uint64_t stage_wait_go(struct stage *s);

#endif

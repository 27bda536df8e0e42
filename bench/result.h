/*
 * result.h - what one run has measured, as one line of JSON.
 */
#ifndef ORL_BENCH_RESULT_H
#define ORL_BENCH_RESULT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	RESULT_TEXT = 768,
	RESULT_SERIES = 4096,
	RESULT_LINE_MAX = 512 << 10,
};

/* Up to RESULT_SERIES numbers. */
struct series {
	double *v;
	size_t n;
};

/*
 * All numbers are doubles, NAN where nothing is known; `_s` are seconds, `_ms`
 * milliseconds, `_mb` 10^6 bytes. What each one means is said where the report
 * shows it (report.c) and where it is computed (cell.c, metrics.c, watch.c).
 */
#define RESULT_TEXTS(X) \
	X(key) X(peer) X(version) X(settings) X(trace) X(trace_hash) X(link) \
	X(link_text) X(cc) X(mode) X(machine) X(oriel) X(when) X(error) \
	X(disturbed) X(channels)
#define RESULT_NUMBERS(X) \
	X(repeat) X(from_s) X(seconds) X(width) X(height) X(duration_s) \
	X(frames) X(shown) X(merged) X(covered) X(missing) X(fps_source) \
	X(fps_shown) X(latency_p50_ms) X(latency_p95_ms) X(latency_p99_ms) \
	X(latency_max_ms) X(stale_p50_ms) X(stale_p95_ms) X(stale_p99_ms) \
	X(stale_max_ms) X(freeze_ms) X(bytes_down) X(bytes_up) \
	X(packets_down) X(packets_up) X(bytes_down_end) X(bytes_first) \
	X(tail_drops) X(losses) X(queue_mean_ms) X(queue_p95_ms) \
	X(queue_max_ms) X(first_ms) X(first_exact_ms) X(exact_ms) X(samples) \
	X(exact_samples) X(psnr) X(psnr_min) X(ssim) X(ssim_text) \
	X(still_psnr) X(still_ssim) X(still_ssim_text) X(still_wrong) \
	X(still_wrong_x) X(still_wrong_y) X(still_wrong_right) \
	X(still_wrong_bottom) X(server_user_s) X(server_sys_s) \
	X(server_peak_mb) X(server_switches) X(client_user_s) X(client_sys_s) \
	X(client_peak_mb) X(client_switches) X(server_display_s) \
	X(client_display_s) X(player_s) X(player_late_ms) X(watcher_s) \
	X(watcher_late_ms) X(emulator_s) X(emulator_late_ms) X(other_cpu) \
	X(steal)
#define RESULT_SERIESES(X) X(stale) X(presented) X(bytes_at)

#define RESULT_TEXT_(name) char name[RESULT_TEXT];
#define RESULT_NUMBER_(name) double name;
#define RESULT_SERIES_(name) struct series name;
struct result {
	RESULT_TEXTS(RESULT_TEXT_)
	RESULT_NUMBERS(RESULT_NUMBER_)
	/* Of each frame: staleness (-1 never), time presented; then what the
	 * link had delivered after each tenth of a second. */
	RESULT_SERIESES(RESULT_SERIES_)
};

/* Everything empty or NAN. */
void result_init(struct result *r);
void result_fini(struct result *r);
/* 0, or -1 without memory or with more than RESULT_SERIES numbers. */
int result_append(struct series *s, double value);

/* One line. 0, or -1 with errno. */
int result_write(FILE *out, const struct result *r);
/*
 * Reads a line of n bytes into an initialised result. Keys that are not known
 * are skipped. 0, or -1 when this is not a JSON object of such a shape; what
 * was read until then is in the result.
 */
int result_read(struct result *r, const char *line, size_t n);

/* By name: a number of a result, for tables. NULL: no such. */
const double *result_number(const struct result *r, const char *name);

struct results {
	struct result *v;
	size_t n, cap;
	size_t broken; /* lines that could not be read */
};

/* All of a file; the last of each key counts. 0, or -1 with errno. */
int results_load(struct results *all, const char *path);
void results_fini(struct results *all);

#endif

/*
 * mkseeds_sessions.c FOLDER - the seeds of fuzz_server and fuzz_client: for
 * each message one that makes sense where it comes, and some that do not.
 *
 * Pictures are made by the server's own encoder, so that the client's decoder
 * goes all the way; the SCRAM exchange by the server's half of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "codecs/canvas.h"
#include "codecs/cursor.h"
#include "codecs/jpeg.h"
#include "codecs/video.h"
#include "proto/auth.h"
#include "proto/io/host.h"
#include "proto/messages.h"
#include "redirect/print.h"
#include "tests/fuzz/session.h"

static uint8_t seed[1 << 16];
static size_t seed_n;

static void begin(uint8_t mode)
{
	seed[0] = mode;
	seed_n = 1;
}

static void record(uint16_t id, const uint8_t *data, size_t n)
{
	struct orl_wr w = { seed, sizeof(seed), seed_n };

	wr_U16(&w, id);
	wr_U16(&w, (uint16_t)n);
	wr_raw(&w, data, n);
	if (!wr_ok(&w))
		abort();
	seed_n = w.n;
}

static void end(const char *folder, const char *target, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, target);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/%s/%s", folder, target, name);
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(seed, 1, seed_n, f) != seed_n || fclose(f))
		abort();
}

/* Append a message; the fields are those of its struct. */
#define PUT(name, ...) \
	do { \
		uint8_t put_bytes[32768]; \
		struct orl_wr put_w = { put_bytes, sizeof(put_bytes), 0 }; \
		orl_put_##name(&put_w, &(struct orl_##name){ __VA_ARGS__ }); \
		record(ORL_MSG_##name, put_bytes, put_w.n); \
	} while (0)
#define VIEW(text) \
	{ \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}
#define HOST(byte) record(RECORD_HOST, (const uint8_t[]){ byte }, 1)
#define ANSWER(lie) record(RECORD_ANSWER, (const uint8_t[]){ 0 }, lie)
#define PRINT(pieces) record(RECORD_PRINT, (const uint8_t[]){ pieces }, 1)
#define STEP() record(RECORD_STEP, NULL, 0)

static void server_seeds(const char *folder)
{
	static const uint8_t keys[32] = { 0x10, 0xff };
	static const uint8_t bytes[64];
	const char *target = "fuzz_server";

	begin(0);
	PUT(client_hello, .oldest = 1, .newest = 3, .max_pixels = 1000000,
			.name = VIEW("a client"));
	PUT(login, .method = VIEW(ORL_METHOD_PLAIN),
			.blob = VIEW("n,,n=me,r=0123456789abcdefghij"));
	PUT(login, .method = VIEW(ORL_METHOD_PLAIN), .step = 1,
			.blob = VIEW("c=biws,r=0123456789abcdefghij,p=AAAA"));
	end(folder, target, "login-scram");
	begin(0);
	PUT(client_hello, .oldest = 1, .newest = 1, .max_pixels = 1000000);
	PUT(login, .method = VIEW(ORL_METHOD_PLAIN),
			.blob = VIEW("n,,n=nobody,r=0123456789abcdefghij"));
	end(folder, target, "login-unknown");
	begin(0);
	PUT(client_hello, .oldest = 1, .newest = 1, .max_pixels = 1000000);
	PUT(login, .method = VIEW("NONE"), .blob = VIEW("me"));
	end(folder, target, "login-none");
	begin(0);
	PUT(client_hello, .oldest = 1, .newest = 1, .max_pixels = 1000000);
	PUT(login, .method = VIEW("PEER"), .blob = VIEW("banned"));
	end(folder, target, "login-banned");
	begin(0);
	PUT(client_hello, .oldest = 1, .newest = 1, .max_pixels = 1000,
			.session = { bytes, 16 });
	PUT(resume, .proof = { bytes, 32 }, .sealed = { bytes, 64 });
	end(folder, target, "resume-plain");
	begin(0);
	PUT(client_hello, .oldest = 2, .newest = 9, .max_pixels = 1000);
	end(folder, target, "hello-too-new");
	begin(0);
	PUT(client_hello, .oldest = 1, .newest = 1, .max_pixels = 100);
	PUT(login, .method = VIEW("PEER"));
	end(folder, target, "screen-too-small");
	begin(0);
	PUT(bye, .code = 0);
	end(folder, target, "bye-early");
	begin(MODE_READY);
	HOST(5);
	PUT(key, .seq = 1, .usage = 0x070004, .down = true);
	PUT(key, .seq = 2, .usage = 0x0c00e9, .down = true);
	PUT(pointer, .seq = 3, .x = 10, .y = 900, .buttons = 3, .wheel_y = 120);
	PUT(pointer, .seq = 4, .flags = 1, .x = -500, .y = 900);
	PUT(touch, .seq = 5, .contact = 1, .x = -10, .y = 5);
	PUT(text, .seq = 6, .text = VIEW("\xc3\xa4"));
	PUT(held, .seq = 6, .keys = { keys, 32 }, .buttons = 1, .locks = 2);
	PUT(held, .seq = 6, .keys = { bytes, 32 });
	PUT(take, .take = false);
	PUT(take, .take = true);
	PUT(rights_seen, .epoch = 1);
	PUT(bye, .code = 0, .why = VIEW("done"));
	end(folder, target, "input");
	begin(MODE_READY);
	for (uint8_t i = 1; i < 6; i++) {
		HOST((uint8_t)(i * 7));
		PUT(ack, .frame = i, .received = 1, .decoded = 2, .shown = 3,
				.sent = 4, .decode_us = 10, .cells = 4);
	}
	PUT(checked, .serial = 1);
	PUT(visible, .visible = false);
	HOST(9);
	PUT(visible, .visible = true);
	PUT(resize, .width = 64, .height = 48, .scale = 100);
	HOST(11);
	PUT(refresh, .display = 0);
	PUT(refresh, .display = 3);
	PUT(video_lost, .stream = 1);
	PUT(video_lost, .stream = 7);
	PUT(video_lost, .display = 9);
	PUT(refresh, .display = 0);
	PUT(ping, .serial = 1);
	end(folder, target, "pictures");
	begin(MODE_SCRAM);
	PUT(take, .take = true);
	end(folder, target, "proved");
	begin(MODE_READY);
	PUT(ack, .frame = 1);
	STEP();
	ANSWER(0); /* all is exact */
	HOST(3);
	PUT(ack, .frame = 2);
	STEP();
	ANSWER(1); /* a lie: reset */
	PUT(ack, .frame = 3);
	STEP();
	ANSWER(0);
	PUT(checked, .serial = 1);
	HOST(4);
	PUT(ack, .frame = 4);
	STEP();
	PUT(checked, .serial = 4);
	end(folder, target, "checks");
	begin(MODE_READY);
	PUT(take, .take = false);
	PUT(key, .seq = 1, .usage = 0x070004, .down = true);
	PUT(pointer, .seq = 2, .x = 1);
	PUT(touch, .seq = 3, .contact = 1);
	PUT(text, .seq = 4, .text = VIEW("x"));
	PUT(held, .seq = 5, .keys = { keys, 32 });
	PUT(take, .take = true);
	PUT(pointer, .seq = 6, .display = 9, .x = 1);
	PUT(held, .seq = 7, .keys = { keys, 5 });
	end(folder, target, "not-the-owner");
	for (unsigned i = 0; i < 13; i++) {
		static const uint16_t ids[] = { ORL_MSG_key, ORL_MSG_pointer,
			ORL_MSG_touch, ORL_MSG_text, ORL_MSG_held, ORL_MSG_take,
			ORL_MSG_ack, ORL_MSG_checked, ORL_MSG_visible,
			ORL_MSG_refresh, ORL_MSG_resize, ORL_MSG_rights_seen,
			ORL_MSG_bye };
		char name[32];
		begin(MODE_READY);
		record(ids[i], bytes, 0);
		snprintf(name, sizeof(name), "short-%04x", ids[i]);
		end(folder, target, name);
	}
	begin(0);
	PUT(client_hello, .oldest = 2, .newest = 1, .max_pixels = 1000);
	end(folder, target, "hello-backwards");
	begin(0);
	PUT(client_hello, .oldest = 1, .newest = 1, .max_pixels = 1000,
			.session = { bytes, 7 });
	end(folder, target, "hello-odd-session");
	begin(0);
	PUT(client_hello, .oldest = 1, .newest = 1, .max_pixels = 1000);
	record(ORL_MSG_login, bytes, 0);
	end(folder, target, "login-short");
	begin(0);
	PUT(client_hello, .oldest = 1, .newest = 1, .max_pixels = 1000);
	PUT(login, .method = VIEW(ORL_METHOD_PLAIN), .blob = VIEW("n,,"));
	end(folder, target, "login-nonsense");
	begin(0);
	PUT(client_hello, .oldest = 1, .newest = 1, .max_pixels = 1000);
	PUT(login, .method = VIEW("PEER"), .step = 1);
	end(folder, target, "login-step-first");
	begin(0);
	PUT(client_hello, .oldest = 1, .newest = 1, .max_pixels = 1000);
	PUT(login, .method = VIEW("PEER"), .blob = VIEW("a\0b"));
	end(folder, target, "login-odd-name");
	begin(MODE_READY);
	PUT(ack, .frame = 1000);
	end(folder, target, "ack-of-nothing");
	begin(MODE_READY);
	PUT(rights_seen, .epoch = 1000);
	end(folder, target, "rights-of-the-future");
	begin(MODE_RAW);
	record(0x1001, (const uint8_t *)"\x05\x00\x03\x04\x05", 5);
	end(folder, target, "raw");
}

/* ---- what the client hears --------------------------------------------- */

struct artist {
	struct orl_canvas canvas;
	uint32_t noise;
};

static void put_part(struct artist *a, uint8_t transaction,
		const struct orl_block_op *blocks, size_t n)
{
	uint8_t data[32768], block_bytes[256], section_bytes[32];
	size_t lengths[ORL_SLICES_MAX + 1], n_lengths, bytes = 0;
	struct orl_wr bw = { block_bytes, sizeof(block_bytes), 0 };
	struct orl_wr sw = { section_bytes, sizeof(section_bytes), 0 };

	if (orl_canvas_begin(&a->canvas, NULL, 0, blocks, n) < 0)
		abort();
	for (int32_t y = 0; y < a->canvas.height; y++)
		for (int32_t x = 0; x < a->canvas.width; x++) {
			uint32_t *p = &a->canvas.pixels[(size_t)y * a->canvas.stride +
							(size_t)x];
			a->noise = a->noise * 1664525 + 1013904223;
			for (size_t i = 0; i < n; i++)
				if (x / 16 >= blocks[i].col &&
						x / 16 < blocks[i].col + blocks[i].cols &&
						y / 16 >= blocks[i].row &&
						y / 16 < blocks[i].row + blocks[i].rows)
					*p = blocks[i].op == ORL_OP_RES
							     ? a->noise >> 20
							     : (uint32_t)(x / 5 *
									       y /
									       7) %
									       3 *
									       0x445566;
		}
	if (orl_canvas_encode(&a->canvas, blocks, n, data, sizeof(data),
			    lengths, &n_lengths) < 0)
		abort();
	for (size_t i = 0; i < n; i++)
		orl_put_block(&bw,
				&(struct orl_block){ blocks[i].col,
						blocks[i].row, blocks[i].cols,
						blocks[i].rows, blocks[i].op });
	for (size_t i = 0; i < n_lengths; i++) {
		bytes += lengths[i];
		if (i + 1 < n_lengths)
			orl_put_section(&sw,
					&(struct orl_section){
							(uint32_t)lengths[i] });
	}
	PUT(part, .transaction = transaction,
			.blocks = { block_bytes, (uint16_t)n },
			.sections = { section_bytes,
					(uint16_t)(n_lengths - 1) },
			.data = { data, (uint32_t)bytes });
}

static void put_check(struct artist *a, bool clean, bool wrong)
{
	uint8_t bytes[64];
	struct orl_wr w = { bytes, sizeof(bytes), 0 };

	for (int32_t row = 0; row < a->canvas.rows; row++)
		orl_put_row_hash(&w, &(struct orl_row_hash){
						     orl_canvas_hash(&a->canvas,
								     row) +
						     wrong });
	PUT(check, .serial = 1, .frame = 1, .clean = clean,
			.rows = { bytes, (uint16_t)a->canvas.rows });
}

static void put_copy(uint8_t transaction, struct orl_copy copy)
{
	uint8_t bytes[16];
	struct orl_wr w = { bytes, sizeof(bytes), 0 };

	orl_put_copy(&w, &copy);
	PUT(part, .transaction = transaction, .copies = { bytes, 1 });
}

static void picture_seeds(const char *folder, const struct orl_env *env)
{
	const char *target = "fuzz_client";
	struct artist a = { .noise = 1 };
	/* A block stays inside its slice's band. */
	struct orl_block_op all[] = { { 0, 0, 5, 2, ORL_OP_HCX },
		{ 0, 2, 5, 2, ORL_OP_HCX } };
	struct orl_block_op two[] = { { 0, 0, 2, 2, ORL_OP_HCX },
		{ 2, 0, 1, 2, ORL_OP_RES } };
	uint8_t area[8];
	struct orl_wr w = { area, sizeof(area), 0 };

	if (orl_canvas_init(&a.canvas, env, 70, 50, 2) < 0)
		abort();
	begin(MODE_READY);
	PUT(display, .width = 70, .height = 50, .scale = 100, .slices = 2,
			.name = VIEW("one"));
	put_part(&a, 0, all, 2);
	PUT(commit, .transaction = 0, .frame = 1, .time = 5);
	put_part(&a, 1, two, 2);
	HOST(1);
	PUT(commit, .transaction = 1, .frame = 2, .input_seq = 1, .time = 9);
	put_copy(2, (struct orl_copy){ 20, 3, 40, 40, 10, 2 });
	PUT(commit, .transaction = 2, .frame = 3, .time = 9);
	end(folder, target, "pictures");
	begin(MODE_READY);
	orl_canvas_reset(&a.canvas);
	PUT(display, .width = 70, .height = 50, .scale = 100, .slices = 2);
	put_part(&a, 0, all, 2);
	PUT(commit, .frame = 1);
	put_check(&a, true, false);
	put_check(&a, true, true);
	orl_put_area(&w, &(struct orl_area){ 1, 1, 2, 2 });
	PUT(cells_lossy, .generation = 1, .areas = { area, 1 });
	PUT(reset, .display = 0);
	PUT(display, .width = 64, .height = 48, .scale = 200, .slices = 1);
	PUT(display_gone, .display = 0);
	PUT(display_gone, .display = 0);
	end(folder, target, "check-and-go");
	begin(MODE_READY);
	PUT(display, .width = 70, .height = 50, .scale = 100, .slices = 1);
	put_copy(0, (struct orl_copy){ 20, 3, 40, 40, 10, 2 });
	put_copy(1, (struct orl_copy){ 20, 3, 10, 10, 10, 2 });
	end(folder, target, "two-transactions-one-cell");
	begin(MODE_READY);
	PUT(display, .width = 70, .height = 50, .scale = 100, .slices = 1);
	for (int i = 0; i < 3; i++)
		put_copy(0, (struct orl_copy){ 0, 0, 70, 40, 0, 10 });
	end(folder, target, "copy-bomb");
	begin(MODE_READY);
	PUT(display, .width = 7000, .height = 5000, .scale = 100, .slices = 1);
	end(folder, target, "too-large");
	begin(MODE_READY);
	PUT(part, .display = 7);
	end(folder, target, "no-such-display");
	orl_canvas_fini(&a.canvas);
}

/* The challenge that the client's own nonce, always the same, calls for. */
static void challenge_seed(const char *folder, const struct orl_env *env)
{
	static const uint8_t transcript[32];
	struct orl_env plain = *env;
	struct orl_binding binding = { .transcript = transcript };
	struct orl_scram_client *c;
	char first[ORL_BLOB_MAX + 1], blob[256];

	plain.hooks.random = no_random;
	if (orl_scram_client_create(&c, &plain, "oriel", "pencil", &binding) <
			0)
		abort();
	int n = orl_scram_client_first(c, (uint8_t *)first, ORL_BLOB_MAX);
	if (n < 0)
		abort();
	first[n] = 0;
	const char *nonce = strstr(first, "r=");
	if (!nonce)
		abort();
	snprintf(blob, sizeof(blob),
			"%.*sserver-has-a-nonce-too,"
			"s=MDEyMzQ1Njc4OWFiY2RlZg==,i=100000",
			(int)strcspn(nonce, ","), nonce);
	orl_scram_client_destroy(c);
	begin(MODE_SCRAM);
	PUT(challenge, .method = VIEW(ORL_METHOD_PLAIN),
			.blob = { (const uint8_t *)blob,
					(uint32_t)strlen(blob) });
	end(folder, "fuzz_client", "challenge");
}

/* Lossy cells painted, moved, made exact; and what is refused. */
static void lossy_seeds(const char *folder, const struct orl_env *env)
{
	const char *target = "fuzz_client";
	struct orl_block_op two[] = { { 0, 0, 2, 2, ORL_OP_RES } };
	struct artist a = { .noise = 3 };
	uint8_t area[16];
	struct orl_wr w = { area, sizeof(area), 0 };
	uint32_t pixels[48 * 32];
	struct orl_jpeg *j;
	const uint8_t *data;
	size_t n;

	for (uint32_t i = 0; i < ORL_COUNT(pixels); i++)
		pixels[i] = i % 48 * 5 << 16 | i / 48 * 5;
	if (orl_canvas_init(&a.canvas, env, 70, 50, 1) ||
			orl_jpeg_create(&j, env) ||
			orl_jpeg_encode(j, pixels, 48, 24, 16, 70, true, &data,
					&n))
		abort();
	struct orl_view half = { data, (uint32_t)n };
	orl_put_area(&w, &(struct orl_area){ 1, 1, 2, 2 });
	orl_put_area(&w, &(struct orl_area){ 3, 1, 1, 1 });
	begin(MODE_READY);
	PUT(display, .width = 70, .height = 50, .scale = 100, .slices = 1);
	PUT(cells_lossy, .generation = 1, .areas = { area, 2 });
	PUT(picture, .generation = 1, .col = 1, .row = 1, .cols = 3, .rows = 2,
			.scale = 2, .reason = 1, .data = half);
	PUT(commit, .frame = 1);
	HOST(1);
	put_copy(1, (struct orl_copy){ 20, 3, 40, 40, 10, 2 });
	put_part(&a, 2, two, 1);
	PUT(picture, .transaction = 2, .generation = 1, .col = 1, .row = 1,
			.cols = 3, .rows = 2, .scale = 2, .data = half);
	PUT(commit, .frame = 2, .transaction = 1);
	PUT(commit, .frame = 3, .transaction = 2);
	end(folder, target, "lossy");
	begin(MODE_READY);
	PUT(display, .width = 70, .height = 50, .scale = 100, .slices = 1);
	PUT(cells_lossy, .generation = 1, .areas = { area, 2 });
	PUT(picture, .generation = 1, .col = 1, .row = 1, .cols = 3, .rows = 2,
			.scale = 2, .data = half);
	PUT(picture, .transaction = 1, .generation = 1, .col = 1, .row = 1,
			.cols = 3, .rows = 2, .scale = 2, .data = half);
	end(folder, target, "picture-two-transactions");
	begin(MODE_READY);
	PUT(display, .width = 70, .height = 50, .scale = 100, .slices = 1);
	for (int i = 0; i < 5; i++)
		PUT(picture, .generation = 9, .col = 1, .row = 1, .cols = 3,
				.rows = 2, .scale = 2, .data = half);
	end(folder, target, "picture-bomb");
	begin(MODE_READY);
	PUT(display, .width = 70, .height = 50, .scale = 100, .slices = 1);
	PUT(picture, .generation = 9, .col = 1, .row = 1, .cols = 3, .rows = 2,
			.scale = 3, .data = half);
	end(folder, target, "picture-scale");
	begin(MODE_READY);
	PUT(display, .width = 70, .height = 50, .scale = 100, .slices = 1);
	PUT(picture, .generation = 9, .col = 4, .row = 1, .cols = 3, .rows = 2,
			.scale = 2, .data = half);
	end(folder, target, "picture-outside");
	begin(MODE_READY);
	PUT(display, .width = 1600, .height = 40, .scale = 100, .slices = 1);
	w.n = 0;
	orl_put_area(&w, &(struct orl_area){ 99, 2, 2, 1 });
	PUT(cells_lossy, .generation = 1, .areas = { area, 1 });
	end(folder, target, "lossy-outside");
	orl_jpeg_destroy(j);
	orl_canvas_fini(&a.canvas);
}

static void other_seeds(const char *folder, const struct orl_env *env)
{
	static const uint8_t bytes[64];
	static const uint32_t cursor[16 * 16] = { 0xff112233, 0x80404040 };
	const char *target = "fuzz_client";
	uint8_t shape[2048];
	size_t n;

	if (orl_cursor_encode(env, cursor, 16, 16, 16, shape, sizeof(shape),
			    &n) < 0)
		abort();
	begin(MODE_READY);
	PUT(cursor_shape, .slot = 3, .width = 16, .height = 16, .hot_x = 1,
			.data = { shape, (uint32_t)n });
	PUT(cursor_use, .shown = false);
	PUT(cursor_use, .shown = true, .slot = 3);
	PUT(cursor_pos, .display = 0, .x = 5, .y = 5);
	PUT(cursor_use, .shown = true, .slot = 4);
	end(folder, target, "cursor");
	begin(MODE_READY);
	PUT(resumption, .lifetime = 100, .key = { bytes, 32 },
			.sealed = { bytes, 60 });
	PUT(rights, .rights = 3, .epoch = 2);
	PUT(owner, .yours = true, .name = VIEW("me"));
	PUT(notice, .level = 2, .text = VIEW("the desktop is gone"));
	PUT(locks, .locks = 3);
	PUT(pointer_mode, .relative = true);
	PUT(ping, .serial = 1, .clock = 5);
	PUT(pad, .zeros = { bytes, 20 });
	PUT(bye, .code = 5, .why = VIEW("closing for today"));
	end(folder, target, "desktop");
	begin(MODE_READY);
	PUT(welcome, .session = { bytes, 16 });
	end(folder, target, "welcome-twice");
	begin(0);
	PUT(server_hello, .version = 1, .resumable = true, .name = VIEW("desk"),
			.methods = VIEW("NONE PEER"));
	PUT(refused, .code = 2, .retry_ms = 5, .why = VIEW("no"));
	end(folder, target, "refused");
	begin(0);
	PUT(server_hello, .version = 1, .methods = VIEW("CARRIER-PIGEON"));
	end(folder, target, "no-method");
	begin(0);
	PUT(server_hello, .version = 7, .methods = VIEW("NONE"));
	end(folder, target, "wrong-version");
	begin(MODE_SCRAM);
	PUT(challenge, .method = VIEW(ORL_METHOD_PLAIN),
			.blob = VIEW("r=nonsense,s=AAAA,i=5"));
	end(folder, target, "bad-challenge");
	begin(MODE_RAW);
	record(0x1001, (const uint8_t *)"\x05\x00\x03\x04\x05", 5);
	end(folder, target, "raw");
	begin(MODE_READY);
	PUT(display, .width = 70, .height = 50, .scale = 100, .slices = 1);
	PUT(cursor_pos, .display = 0, .x = 5, .y = 5);
	PUT(commit, .frame = 1, .input_seq = UINT32_MAX, .time = UINT32_MAX);
	end(folder, target, "echo-of-everything");
	for (unsigned i = 0; i < 22; i++) {
		static const uint16_t ids[] = { ORL_MSG_part, ORL_MSG_picture,
			ORL_MSG_video_open, ORL_MSG_video_frame,
			ORL_MSG_video_move, ORL_MSG_video_close, ORL_MSG_commit,
			ORL_MSG_check, ORL_MSG_cells_lossy, ORL_MSG_display,
			ORL_MSG_display_gone, ORL_MSG_reset,
			ORL_MSG_cursor_shape, ORL_MSG_cursor_use,
			ORL_MSG_cursor_pos, ORL_MSG_resumption, ORL_MSG_rights,
			ORL_MSG_owner, ORL_MSG_notice, ORL_MSG_locks,
			ORL_MSG_pointer_mode, ORL_MSG_bye };
		char name[32];
		begin(MODE_READY);
		record(ids[i], bytes, 0);
		snprintf(name, sizeof(name), "short-%04x", ids[i]);
		end(folder, target, name);
	}
	begin(MODE_READY);
	PUT(cursor_shape, .slot = 3, .width = 16, .height = 16, .hot_x = 16,
			.data = { shape, (uint32_t)n });
	end(folder, target, "cursor-hot-spot-outside");
	begin(MODE_READY);
	PUT(cursor_shape, .slot = 3, .width = 16, .height = 15,
			.data = { shape, (uint32_t)n });
	end(folder, target, "cursor-too-much");
	begin(0);
	record(ORL_MSG_refused, bytes, 0);
	end(folder, target, "refused-short");
	begin(0);
	PUT(server_hello, .version = 1, .methods = VIEW("PEER"));
	PUT(welcome, .session = { bytes, 16 }, .proof = { bytes, 5 });
	end(folder, target, "welcome-odd-proof");
	begin(0);
	PUT(server_hello, .version = 1, .clock = INT64_MAX,
			.methods = VIEW("PEER"));
	PUT(welcome, .rights = 3, .session = { bytes, 16 });
	PUT(display, .width = 70, .height = 50, .scale = 100, .slices = 1);
	PUT(commit, .frame = 1, .time = 77);
	end(folder, target, "odd-clock");
	challenge_seed(folder, env);
}

/* The first job's number, by the harness's own randomness. */
enum { JOB = (0x5a5a5a5a + 1) & INT32_MAX };

static void print_seeds(const char *folder)
{
	static const uint8_t bytes[4096],
			paper[8] = { 0x08, 0x52, 0, 0, 0x04, 0x74 };
	const struct orl_list media = { paper, 1 };
	uint8_t place[32];
	struct orl_wr w = { place, sizeof(place), 0 };

	begin(MODE_READY);
	PUT(printer, .printer = 1, .standard = true, .formats = 7, .colours = 3,
			.sides = 1, .qualities = 2, .resolutions = 4,
			.name = VIEW("p"), .media = media);
	PRINT(1);
	PUT(print_status, .job = JOB, .text = VIEW("asking"));
	PUT(print_more, .job = JOB, .limit = ORL_PRINT_WINDOW);
	PRINT(64);
	PUT(print_more, .job = JOB, .taken = 100000,
			.limit = 100000 + ORL_PRINT_WINDOW);
	PRINT(30);
	PRINT(0);
	PUT(print_more, .job = JOB, .taken = 200000,
			.limit = 200000 + ORL_PRINT_WINDOW);
	PUT(print_status, .job = JOB, .state = 3);
	PRINT(2);
	PUT(print_more, .job = JOB + 1, .limit = 4000);
	PRINT(255);
	PUT(take, .take = false);
	PRINT(3);
	PUT(take, .take = true);
	PUT(printer_gone, .printer = 1);
	PUT(printer_gone, .printer = 9);
	PUT(cancel, .stream = 5);
	end(folder, "fuzz_server", "print");
	begin(MODE_READY);
	PUT(printer, .printer = 1, .formats = 7, .colours = 3, .sides = 1,
			.qualities = 2, .resolutions = 4, .name = VIEW("p"),
			.media = media);
	PRINT(4);
	orl_put_print_place(&w, &(struct orl_print_place){ .job = 3 });
	PUT(print_known, .jobs = { place, 1 });
	PUT(print_more, .job = JOB, .taken = 1, .limit = 5);
	end(folder, "fuzz_server", "print-taken-early");
	begin(MODE_READY);
	PUT(printer, .printer = 1, .formats = 7, .colours = 3, .sides = 1,
			.qualities = 2, .resolutions = 4, .name = VIEW("p"),
			.media = media);
	PRINT(4);
	w.n = 0;
	orl_put_print_place(&w,
			&(struct orl_print_place){ .job = JOB, .limit = 9 });
	PUT(print_known, .jobs = { place, 1 });
	PRINT(1);
	PUT(print_known, .jobs = { place, 1 });
	end(folder, "fuzz_server", "print-known");
	begin(MODE_READY);
	PUT(print_begin, .job = 3, .format = 2, .copies = 1,
			.title = VIEW("title"));
	PUT(print_data, .job = 3, .data = { bytes, 200 });
	PUT(print_data, .job = 3, .offset = 200, .data = { bytes, 100 });
	PUT(print_end, .job = 3, .bytes = 300);
	PUT(print_begin, .job = 4, .copies = 1);
	PUT(print_data, .job = 4, .data = { bytes, 10 });
	PUT(print_begin, .job = 5, .printer = 2, .copies = 1);
	PUT(print_begin, .job = 9, .copies = 1, .first = 2, .last = 3);
	record(ORL_MSG_print_cancel, (const uint8_t[]){ 9, 0, 0, 0 }, 4);
	PUT(print_begin, .job = 13, .copies = 1);
	PUT(print_data, .job = 13, .offset = 1, .data = { bytes, 10 });
	end(folder, "fuzz_client", "print");
}

/* ---- videos ------------------------------------------------------------ */

/* A keyframe of 48 x 32, and what may follow it. */
static void video_seeds(const char *folder, const struct orl_env *env)
{
	const char *target = "fuzz_client";
	static uint8_t frame[2][4096], area[16];
	size_t n[2];
	struct orl_wr w = { area, sizeof(area), 0 };
	uint32_t pixels[48 * 32];
	struct orl_yuv yuv;
	void *state;

	if (orl_yuv_create(&yuv, env, 48, 32) ||
			orl_vp8_encoder.create(&state, (void *)(uintptr_t)env,
					48, 32, 1))
		abort();
	for (unsigned t = 0; t < 2; t++) {
		for (uint32_t i = 0; i < ORL_COUNT(pixels); i++)
			pixels[i] = i % 48 * 5 << 16 | (i / 48 * 7 + t) << 8;
		orl_yuv_from_pixels(&yuv, ORL_COLOUR_BT709, pixels, 48, 48, 32);
		const struct oriel_yuv in = {
			{ yuv.plane[0], yuv.plane[1], yuv.plane[2] },
			{ yuv.stride[0], yuv.stride[1], yuv.stride[2] }, 48, 32
		};
		const struct oriel_encode how = { sizeof(how),
			1 + t * 40000000u, 300000, t == 0 };
		struct oriel_encoded out = { .size = sizeof(out) };
		if (orl_vp8_encoder.encode(state, &in, &how, &out) ||
				out.bytes > sizeof(frame[t]))
			abort();
		memcpy(frame[t], out.data, n[t] = out.bytes);
	}
	orl_vp8_encoder.destroy(state);
	orl_yuv_destroy(&yuv, env);
	struct orl_view key = { frame[0], (uint32_t)n[0] };
	struct orl_view next = { frame[1], (uint32_t)n[1] };
	struct orl_view cut = { frame[0], (uint32_t)n[0] / 2 };
	orl_put_area(&w, &(struct orl_area){ 0, 0, 4, 3 });

	begin(MODE_READY);
	PUT(display, .width = 70, .height = 50, .scale = 100, .slices = 1);
	PUT(cells_lossy, .generation = 5, .areas = { area, 1 });
	PUT(video_open, .stream = 2, .codec = 1, .colour = 2, .generation = 5,
			.x = 5, .y = 7, .width = 47, .height = 31);
	PUT(video_frame, .stream = 2, .transaction = 1, .data = key);
	PUT(commit, .frame = 1, .transaction = 1);
	PUT(video_frame, .stream = 2, .number = 1, .data = next);
	PUT(commit, .frame = 2);
	PUT(video_move, .stream = 2, .x = 20, .y = 18);
	PUT(video_frame, .stream = 2, .number = 2, .reference = 2, .data = cut);
	PUT(video_frame, .stream = 2, .number = 3, .reference = 2,
			.data = next);
	PUT(video_frame, .stream = 2, .number = 4, .reference = 4, .data = key);
	PUT(commit, .frame = 3);
	PUT(video_close, .stream = 2);
	end(folder, target, "video");
	for (unsigned i = 0; i < 9; i++) {
		static const char *const names[] = { "video-twice",
			"video-outside", "video-too-many", "video-no-codec",
			"video-not-open", "video-number", "video-reference",
			"video-bomb", "video-move-outside" };
		begin(MODE_READY);
		PUT(display, .width = 70, .height = 50, .scale = 100,
				.slices = 1);
		PUT(cells_lossy, .generation = 5, .areas = { area, 1 });
		if (i != 4)
			PUT(video_open, .stream = 1,
					.codec = (uint8_t)(i == 3 ? 3 : 1),
					.colour = 1, .generation = 5,
					.x = (uint16_t)(i == 1 ? 23 : 5),
					.width = 48, .height = 32);
		if (i == 0 || i == 2)
			for (uint8_t k = 1; k < 5; k++)
				PUT(video_open,
						.stream = (uint8_t)(i ? k * 2
								      : 1),
						.codec = 1, .colour = 1,
						.generation = 5, .width = 48,
						.height = 32);
		if (i == 8)
			PUT(video_move, .stream = 1, .x = 30);
		PUT(video_frame, .stream = 1, .number = i == 5,
				.reference = i == 5 || i == 6, .data = key);
		for (uint32_t k = 1; i == 7 && k < 9; k++)
			PUT(video_frame, .stream = 1, .number = k,
					.reference = k - 1, .data = next);
		end(folder, target, names[i]);
	}
}

int main(int argc, char **argv)
{
	struct orl_env env;

	if (argc != 2 || orl_host_env(&env, NULL) < 0)
		return 2;
	server_seeds(argv[1]);
	picture_seeds(argv[1], &env);
	lossy_seeds(argv[1], &env);
	video_seeds(argv[1], &env);
	other_seeds(argv[1], &env);
	print_seeds(argv[1]);
	return 0;
}

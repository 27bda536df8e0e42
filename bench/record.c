/*
 * record.c - oriel-bench record: a desktop as a trace. Pictures are taken at a
 * fixed rate while something changes, and kept without loss; equal ones are
 * left out, so that a quiet desktop costs nothing.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>

#include "bench/bench.h"
#include "bench/record.h"
#include "bench/stage.h"

enum { MS = 1000000 };

struct recorder {
	const struct subject_kind *kind;
	struct subject subject;
	uint8_t *before;
	AVFormatContext *file;
	AVCodecContext *codec;
	AVStream *stream;
	AVFrame *frame;
	AVPacket *packet;
	size_t pictures;
	int error; /* libav's, of writing */
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static int open_codec(struct recorder *r, bool small)
{
	/* Both without loss; the first is smaller. */
	const AVCodec *x264 = avcodec_find_encoder_by_name("libx264rgb");
	const AVCodec *codec =
			x264 ? x264 : avcodec_find_encoder(AV_CODEC_ID_FFV1);
	r->codec = codec ? avcodec_alloc_context3(codec) : NULL;
	if (!r->codec)
		return -1;
	r->codec->width = r->subject.width;
	r->codec->height = r->subject.height;
	r->codec->time_base = (AVRational){ 1, 1000 };
	r->codec->pix_fmt = AV_PIX_FMT_BGR0;
	r->codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
	if (x264) {
		(void)av_opt_set(r->codec->priv_data, "qp", "0", 0);
		(void)av_opt_set(r->codec->priv_data, "preset",
				small ? "veryfast" : "ultrafast", 0);
	}
	return avcodec_open2(r->codec, codec, NULL) < 0 ? -1 : 0;
}

static int open_file(struct recorder *r, const char *path, bool small)
{
	av_log_set_level(AV_LOG_ERROR);
	if (avformat_alloc_output_context2(&r->file, NULL, "matroska", path) <
					0 ||
			open_codec(r, small))
		goto fail;
	r->stream = avformat_new_stream(r->file, NULL);
	r->frame = av_frame_alloc();
	r->packet = av_packet_alloc();
	if (!r->stream || !r->frame || !r->packet ||
			avcodec_parameters_from_context(
					r->stream->codecpar, r->codec) < 0)
		goto fail;
	r->stream->time_base = r->codec->time_base;
	r->frame->format = r->codec->pix_fmt;
	r->frame->width = r->subject.width;
	r->frame->height = r->subject.height;
	if (av_frame_get_buffer(r->frame, 0) < 0 ||
			avio_open(&r->file->pb, path, AVIO_FLAG_WRITE) < 0 ||
			avformat_write_header(r->file, NULL) < 0)
		goto fail;
	return 0;
fail:
	fprintf(stderr, "oriel-bench: cannot write %s\n", path);
	return -1;
}

/* NULL: the last ones that the codec still has. */
static int encode(struct recorder *r, AVFrame *frame)
{
	if (avcodec_send_frame(r->codec, frame) < 0)
		return -1;
	for (;;) {
		int err = avcodec_receive_packet(r->codec, r->packet);
		if (err == AVERROR(EAGAIN) || err == AVERROR_EOF)
			return 0;
		if (err < 0)
			return -1;
		av_packet_rescale_ts(r->packet, r->codec->time_base,
				r->stream->time_base);
		r->packet->stream_index = 0;
		/* What goes wrong below its buffer is found in `error`. */
		err = av_interleaved_write_frame(r->file, r->packet);
		if (err >= 0)
			err = r->file->pb->error;
		if (err < 0) {
			r->error = err;
			return -1;
		}
	}
}

static int keep(struct recorder *r, const uint32_t *picture, int64_t ms)
{
	size_t row = (size_t)r->subject.width * 4, changed = 0;
	for (int y = 0; y < r->subject.height; y++) {
		uint8_t *before = r->before + (size_t)y * row;
		const uint32_t *now =
				picture + (ptrdiff_t)y * r->subject.stride;
		if (r->pictures && memcmp(before, now, row) == 0)
			continue;
		memcpy(before, now, row);
		changed++;
	}
	if (!changed)
		return 0;
	if (av_frame_make_writable(r->frame) < 0)
		return -1;
	for (int y = 0; y < r->subject.height; y++)
		memcpy(r->frame->data[0] + (ptrdiff_t)y * r->frame->linesize[0],
				r->before + (size_t)y * row, row);
	r->frame->pts = ms;
	r->pictures++;
	return encode(r, r->frame);
}

static int record(struct recorder *r, double fps, double seconds)
{
	uint64_t start = stage_now(), next = start;
	uint64_t period = (uint64_t)(1e9 / fps);
	int over = 0;
	while (!stopped && !over &&
			(seconds <= 0 || (double)(next - start) <
							 seconds * 1e9)) {
		const uint32_t *picture =
				r->kind->take(&r->subject, !r->pictures);
		if (picture && keep(r, picture, (int64_t)((next - start) / MS)))
			return -1;
		next += period;
		over = r->kind->wait_until(&r->subject, next);
	}
	if (!r->pictures)
		return 0;
	if (encode(r, NULL))
		return -1;
	int err = av_write_trailer(r->file);
	avio_flush(r->file->pb);
	r->error = err < 0 ? err : r->file->pb->error;
	return r->error < 0 ? -1 : 0;
}

static void end(struct recorder *r)
{
	if (r->file && r->file->pb)
		avio_closep(&r->file->pb);
	avformat_free_context(r->file);
	avcodec_free_context(&r->codec);
	av_frame_free(&r->frame);
	av_packet_free(&r->packet);
	free(r->before);
	if (r->kind)
		r->kind->end(&r->subject);
}

static int usage(void)
{
	fprintf(stderr, "usage: oriel-bench record [--fps=N] [--seconds=S] "
			"[--small] [--password-file=FILE]\n"
			"           DISPLAY|vnc:HOST:PORT|qemu:HOST:PORT "
			"FILE.mkv\n");
	return 2;
}

/* QEMU's picture is had by its VNC server. */
static int open_subject(struct recorder *r, const char *name)
{
	const char *colon = strchr(name, ':');
	size_t n = colon ? (size_t)(colon - name) : 0;
	bool vnc = (n == 3 && strncmp(name, "vnc", n) == 0) ||
		   (n == 4 && strncmp(name, "qemu", n) == 0);
	if (!vnc) {
		r->kind = &subject_x11;
		return r->kind->open(&r->subject, name);
	}
#ifdef ORIEL_NO_VNC
	fprintf(stderr, "oriel-bench: this build has no libvncclient\n");
	return -1;
#else
	r->kind = &subject_vnc;
	return r->kind->open(&r->subject, colon + 1);
#endif
}

static int open_all(struct recorder *r, char *const names[], bool small)
{
	if (open_subject(r, names[0]))
		return -1;
	r->before = calloc((size_t)r->subject.width * (size_t)r->subject.height,
			4);
	if (!r->before) {
		fprintf(stderr, "oriel-bench: out of memory\n");
		return -1;
	}
	return open_file(r, names[1], small);
}

int bench_record(int argc, char **argv)
{
	struct recorder r = { 0 };
	char *names[2] = { NULL, NULL };
	size_t n = 0;
	double fps = 30, seconds = 0;
	bool small = false;
	for (int i = 1; i < argc; i++) {
		if (sscanf(argv[i], "--fps=%lf", &fps) == 1 ||
				sscanf(argv[i], "--seconds=%lf", &seconds) == 1)
			continue;
		if (strncmp(argv[i], "--password-file=", 16) == 0)
			r.subject.password_file = argv[i] + 16;
		else if (strcmp(argv[i], "--small") == 0)
			small = true;
		else if (argv[i][0] != '-' && n < 2)
			names[n++] = argv[i];
		else {
			fprintf(stderr, "oriel-bench: record %s? ", argv[i]);
			return usage();
		}
	}
	if (n < 2 || !(fps >= 1 && fps <= 240) || !(seconds >= 0))
		return usage();
	struct sigaction a = { .sa_handler = on_signal };
	(void)sigaction(SIGINT, &a, NULL);
	(void)sigaction(SIGTERM, &a, NULL);
	a.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &a, NULL);
	int err = open_all(&r, names, small);
	if (!err && record(&r, fps, seconds)) {
		fprintf(stderr, "oriel-bench: %s: %s\n", names[1],
				r.error ? av_err2str(r.error)
					: "cannot be encoded");
		err = 1;
	}
	if (!err && !r.pictures) {
		fprintf(stderr, "oriel-bench: nothing came of %s\n", names[0]);
		err = 1;
	}
	if (!err)
		printf("%s: %dx%d, %zu pictures\n", names[1], r.subject.width,
				r.subject.height, r.pictures);
	end(&r);
	return err ? 1 : 0;
}

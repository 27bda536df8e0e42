/*
 * record.c - oriel-bench record: an X display as a trace. Pictures are taken
 * at a fixed rate while XDAMAGE says that something has changed, and kept
 * without loss; equal ones are left out, so that a quiet desktop costs
 * nothing. A VNC or QEMU display is recorded by showing its viewer, without
 * borders, on an Xvfb.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XShm.h>
#include <X11/extensions/Xdamage.h>
#include <X11/extensions/Xfixes.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>

#include "bench/bench.h"
#include "bench/stage.h"

enum { MS = 1000000 };

struct recorder {
	Display *display;
	XImage *image;
	XShmSegmentInfo segment;
	Damage damage;
	uint32_t *before;
	int width, height;
	AVFormatContext *file;
	AVCodecContext *codec;
	AVStream *stream;
	AVFrame *frame;
	AVPacket *packet;
	size_t pictures;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static int open_display(struct recorder *r, const char *name)
{
	int base, error;
	r->display = XOpenDisplay(name);
	if (!r->display || !XDamageQueryExtension(r->display, &base, &error) ||
			!XShmQueryExtension(r->display)) {
		fprintf(stderr,
				"oriel-bench: %s is no X display with DAMAGE "
				"and MIT-SHM\n",
				name);
		return -1;
	}
	Display *d = r->display;
	int screen = DefaultScreen(d);
	r->width = DisplayWidth(d, screen);
	r->height = DisplayHeight(d, screen);
	r->image = XShmCreateImage(d, DefaultVisual(d, screen),
			(unsigned)DefaultDepth(d, screen), ZPixmap, NULL,
			&r->segment, (unsigned)r->width, (unsigned)r->height);
	size_t size = (size_t)r->width * (size_t)r->height * 4;
	if (!r->image || r->image->bits_per_pixel != 32 ||
			r->image->bytes_per_line != r->width * 4) {
		fprintf(stderr, "oriel-bench: %s has not 32 bits a pixel\n",
				name);
		return -1;
	}
	r->segment.shmid = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
	r->segment.shmaddr = r->image->data = shmat(r->segment.shmid, NULL, 0);
	r->before = calloc(1, size);
	if (r->image->data == (void *)-1 || !r->before) {
		fprintf(stderr, "oriel-bench: %s\n", strerror(errno));
		return -1;
	}
	XShmAttach(d, &r->segment);
	XSync(d, False);
	shmctl(r->segment.shmid, IPC_RMID, NULL);
	r->damage = XDamageCreate(
			d, DefaultRootWindow(d), XDamageReportNonEmpty);
	return 0;
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
	r->codec->width = r->width;
	r->codec->height = r->height;
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
	r->frame->width = r->width;
	r->frame->height = r->height;
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
		if (av_interleaved_write_frame(r->file, r->packet) < 0)
			return -1;
	}
}

static bool damaged(struct recorder *r)
{
	bool any = false;
	while (XPending(r->display)) {
		XEvent event;
		XNextEvent(r->display, &event);
		any = true;
	}
	if (any)
		XDamageSubtract(r->display, r->damage, None, None);
	return any;
}

static int take_picture(struct recorder *r, int64_t ms)
{
	size_t row = (size_t)r->width * 4;
	size_t size = row * (size_t)r->height;
	XShmGetImage(r->display, DefaultRootWindow(r->display), r->image, 0, 0,
			AllPlanes);
	if (r->pictures && !memcmp(r->image->data, r->before, size))
		return 0;
	memcpy(r->before, r->image->data, size);
	if (av_frame_make_writable(r->frame) < 0)
		return -1;
	for (int y = 0; y < r->height; y++)
		memcpy(r->frame->data[0] + (ptrdiff_t)y * r->frame->linesize[0],
				r->image->data + (size_t)y * row, row);
	r->frame->pts = ms;
	r->pictures++;
	return encode(r, r->frame);
}

static int record(struct recorder *r, double fps, double seconds)
{
	uint64_t start = stage_now(), next = start;
	uint64_t period = (uint64_t)(1e9 / fps);
	while (!stopped && (seconds <= 0 || (double)(next - start) <
							    seconds * 1e9)) {
		if ((damaged(r) || !r->pictures) &&
				take_picture(r, (int64_t)((next - start) / MS)))
			return -1;
		next += period;
		if (next > stage_now())
			stage_sleep_until(next);
	}
	if (encode(r, NULL) || av_write_trailer(r->file) < 0)
		return -1;
	return 0;
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
	if (r->display)
		XCloseDisplay(r->display);
}

int bench_record(int argc, char **argv)
{
	struct recorder r = { 0 };
	const char *names[2] = { NULL, NULL };
	size_t n = 0;
	double fps = 30, seconds = 0;
	bool small = false, ok = true;
	for (int i = 1; i < argc; i++) {
		if (sscanf(argv[i], "--fps=%lf", &fps) == 1 ||
				sscanf(argv[i], "--seconds=%lf", &seconds) == 1)
			continue;
		if (strcmp(argv[i], "--small") == 0)
			small = true;
		else if (argv[i][0] != '-' && n < 2)
			names[n++] = argv[i];
		else
			ok = false;
	}
	if (!ok || n < 2 || !(fps >= 1 && fps <= 240) || !(seconds >= 0)) {
		fprintf(stderr, "usage: oriel-bench record [--fps=N] "
				"[--seconds=S] [--small] DISPLAY FILE.mkv\n");
		return 2;
	}
	struct sigaction a = { .sa_handler = on_signal };
	(void)sigaction(SIGINT, &a, NULL);
	(void)sigaction(SIGTERM, &a, NULL);
	int err = open_display(&r, names[0]) || open_file(&r, names[1], small);
	if (!err && record(&r, fps, seconds)) {
		fprintf(stderr, "oriel-bench: %s cannot be written\n",
				names[1]);
		err = 1;
	}
	if (!err)
		printf("%s: %dx%d, %zu pictures\n", names[1], r.width, r.height,
				r.pictures);
	end(&r);
	return err ? 1 : 0;
}

/*
 * trace.c - see trace.h. Planar RGB, which recordings are in, is put together
 * by hand: that is exact; what else comes goes through libswscale.
 */
#include "bench/trace.h"

#include <stdio.h>
#include <stdlib.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>

struct trace {
	AVFormatContext *file;
	AVCodecContext *codec;
	struct SwsContext *scaler;
	AVPacket *packet;
	AVFrame *frame;
	uint32_t *pixels;
	int stream;
	int at_end;
};

struct trace *trace_open(const char *path)
{
	struct trace *t = calloc(1, sizeof(*t));
	const AVCodec *codec;
	if (!t)
		return NULL;
	av_log_set_level(AV_LOG_ERROR);
	if (avformat_open_input(&t->file, path, NULL, NULL) < 0 ||
			avformat_find_stream_info(t->file, NULL) < 0)
		goto fail;
	t->stream = av_find_best_stream(
			t->file, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
	if (t->stream < 0)
		goto fail;
	t->codec = avcodec_alloc_context3(codec);
	t->packet = av_packet_alloc();
	t->frame = av_frame_alloc();
	if (!t->codec || !t->packet || !t->frame ||
			avcodec_parameters_to_context(t->codec,
					t->file->streams[t->stream]->codecpar) <
					0 ||
			avcodec_open2(t->codec, codec, NULL) < 0)
		goto fail;
	t->pixels = malloc(sizeof(*t->pixels) * (size_t)t->codec->width *
			   (size_t)t->codec->height);
	if (t->pixels)
		return t;
fail:
	fprintf(stderr, "oriel-bench: cannot read %s\n", path);
	trace_close(t);
	return NULL;
}

void trace_close(struct trace *t)
{
	if (!t)
		return;
	sws_freeContext(t->scaler);
	av_frame_free(&t->frame);
	av_packet_free(&t->packet);
	avcodec_free_context(&t->codec);
	avformat_close_input(&t->file);
	free(t->pixels);
	free(t);
}

int32_t trace_width(const struct trace *t)
{
	return t->codec->width;
}

int32_t trace_height(const struct trace *t)
{
	return t->codec->height;
}

int64_t trace_duration(const struct trace *t)
{
	return t->file->duration > 0 ? t->file->duration / (AV_TIME_BASE / 1000)
				     : 0;
}

static void join_planes(struct trace *t)
{
	uint32_t *out = t->pixels;
	for (int y = 0; y < t->codec->height; y++) {
		const uint8_t *g =
				t->frame->data[0] + t->frame->linesize[0] * y;
		const uint8_t *b =
				t->frame->data[1] + t->frame->linesize[1] * y;
		const uint8_t *r =
				t->frame->data[2] + t->frame->linesize[2] * y;
		for (int x = 0; x < t->codec->width; x++)
			*out++ = (uint32_t)r[x] << 16 | (uint32_t)g[x] << 8 |
				 b[x];
	}
}

static int convert(struct trace *t)
{
	int w = t->codec->width, h = t->codec->height;
	if (t->frame->width != w || t->frame->height != h)
		return -1;
	if (t->frame->format == AV_PIX_FMT_GBRP) {
		join_planes(t);
		return 0;
	}
	t->scaler = sws_getCachedContext(t->scaler, w, h, t->frame->format, w,
			h, AV_PIX_FMT_BGR0, SWS_POINT, NULL, NULL, NULL);
	if (!t->scaler)
		return -1;
	uint8_t *to[4] = { (uint8_t *)t->pixels };
	int stride[4] = { 4 * w };
	sws_scale(t->scaler, (const uint8_t *const *)t->frame->data,
			t->frame->linesize, 0, h, to, stride);
	for (size_t i = 0; i < (size_t)w * (size_t)h; i++)
		t->pixels[i] &= 0xffffff;
	return 0;
}

const uint32_t *trace_next(struct trace *t, int64_t *milliseconds)
{
	for (;;) {
		int err = avcodec_receive_frame(t->codec, t->frame);
		if (!err) {
			AVRational base =
					t->file->streams[t->stream]->time_base;
			*milliseconds = av_rescale_q(
					t->frame->best_effort_timestamp, base,
					(AVRational){ 1, 1000 });
			return convert(t) ? NULL : t->pixels;
		}
		if (err != AVERROR(EAGAIN) || t->at_end)
			return NULL;
		err = av_read_frame(t->file, t->packet);
		if (err < 0) {
			t->at_end = 1;
			(void)avcodec_send_packet(t->codec, NULL);
		} else {
			if (t->packet->stream_index == t->stream)
				(void)avcodec_send_packet(t->codec, t->packet);
			av_packet_unref(t->packet);
		}
	}
}

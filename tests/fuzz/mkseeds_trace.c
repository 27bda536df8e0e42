/*
 * mkseeds_trace.c - write the seeds of fuzz_trace into a folder: recordings
 * of a few small frames, as libav writes them.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

struct recording {
	const char *name, *format;
	enum AVCodecID codec;
	enum AVPixelFormat pixels;
	int width, height;
	int frames;
	int late; /* this frame has another size; 0: none */
};

static void need(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "mkseeds_trace: %s\n", what);
		exit(1);
	}
}

static AVCodecContext *encoder(const struct recording *r, int width)
{
	const AVCodec *codec = avcodec_find_encoder(r->codec);
	AVCodecContext *c = avcodec_alloc_context3(codec);

	need(codec && c, r->name);
	c->width = width;
	c->height = r->height;
	c->pix_fmt = r->pixels;
	c->time_base = (AVRational){ 1, 30 };
	c->color_range = AVCOL_RANGE_JPEG;
	c->gop_size = 100;
	c->flags |= AV_CODEC_FLAG_BITEXACT;
	need(avcodec_open2(c, codec, NULL) >= 0, r->name);
	return c;
}

/* A ground with a block that moves, but not in every frame. */
static void draw(AVFrame *f, int n)
{
	bool halved = f->format == AV_PIX_FMT_YUVJ420P ||
		      f->format == AV_PIX_FMT_YUV420P;

	for (int p = 0; p < 4 && f->linesize[p]; p++) {
		int rows = p && halved ? f->height / 2 : f->height;

		for (int y = 0; y < rows; y++)
			memset(f->data[p] + y * f->linesize[p],
					y / 8 == n / 2 ? 200 : 60,
					(size_t)abs(f->linesize[p]));
	}
}

static void drain(AVCodecContext *c, AVFormatContext *out, AVPacket *packet)
{
	while (avcodec_receive_packet(c, packet) == 0) {
		packet->stream_index = 0;
		packet->duration = 1;
		av_packet_rescale_ts(packet, c->time_base,
				out->streams[0]->time_base);
		need(av_write_frame(out, packet) >= 0, "write");
		av_packet_unref(packet);
	}
}

static void record(const struct recording *r, const char *folder)
{
	AVCodecContext *c = encoder(r, r->width);
	AVPacket *packet = av_packet_alloc();
	AVFrame *f = av_frame_alloc();
	AVFormatContext *out;
	char path[512];

	snprintf(path, sizeof(path), "%s/fuzz_trace/%s", folder, r->name);
	need(avformat_alloc_output_context2(&out, NULL, r->format, path) >= 0,
			path);
	out->flags |= AVFMT_FLAG_BITEXACT;
	need(avformat_new_stream(out, NULL) && packet && f, path);
	need(avcodec_parameters_from_context(out->streams[0]->codecpar, c) >= 0,
			path);
	out->streams[0]->time_base = c->time_base;
	need(avio_open(&out->pb, path, AVIO_FLAG_WRITE) >= 0, path);
	need(avformat_write_header(out, NULL) >= 0, path);
	for (int n = 0; n < r->frames; n++) {
		if (r->late && n == r->late) {
			avcodec_free_context(&c);
			c = encoder(r, r->width * 2);
		}
		f->width = c->width;
		f->height = c->height;
		f->format = c->pix_fmt;
		f->pts = n;
		need(av_frame_get_buffer(f, 0) >= 0, path);
		draw(f, n);
		need(avcodec_send_frame(c, f) >= 0, path);
		av_frame_unref(f);
		drain(c, out, packet);
	}
	avcodec_send_frame(c, NULL);
	drain(c, out, packet);
	av_write_trailer(out);
	avio_closep(&out->pb);
	avformat_free_context(out);
	avcodec_free_context(&c);
	av_packet_free(&packet);
	av_frame_free(&f);
}

int main(int argc, char **argv)
{
	static const struct recording all[] = {
		{ "ffv1.mkv", "matroska", AV_CODEC_ID_FFV1, AV_PIX_FMT_BGR0,
				100, 20, 4, 0 },
		{ "resized.mkv", "matroska", AV_CODEC_ID_MJPEG,
				AV_PIX_FMT_YUVJ420P, 16, 16, 3, 2 },
		{ "mpeg4.nut", "nut", AV_CODEC_ID_MPEG4, AV_PIX_FMT_YUV420P, 80,
				72, 3, 0 },
		{ "large.mkv", "matroska", AV_CODEC_ID_FFV1, AV_PIX_FMT_BGR0,
				200, 8, 1, 0 },
		{ "many.mkv", "matroska", AV_CODEC_ID_FFV1, AV_PIX_FMT_GRAY8, 8,
				8, 20, 0 },
	};

	need(argc == 2, "FOLDER");
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		record(&all[i], argv[1]);
	return 0;
}

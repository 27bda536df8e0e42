/*
 * unpack.c - decode a recording with libavformat and libavcodec, and keep
 * what differs from frame to frame.
 *
 * Containers that name other files are not opened, and a picture that would
 * be larger than the limits is not decoded. The rest is in libav's hands,
 * which is why the program does this in a process of its own.
 */
#include "capture/unpack.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>

#include "capture/rects.h"

enum { SWS_SLACK = 64, PROGRESS_FRAMES = 100, MEMORY_BUFFER = 4096 };

/* Of these, none opens another file. */
static const char formats[] = "matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,avi,ivf,"
			      "nut,yuv4mpegpipe,mpegts,flv";

struct memory {
	const uint8_t *data;
	size_t n, at;
};

struct unpack {
	const struct orl_unpack_limits *limits;
	char *why;
	size_t size;
	int fd;

	AVFormatContext *format;
	AVIOContext *io;
	AVCodecContext *codec;
	struct SwsContext *sws;
	AVPacket *packet;
	AVFrame *frame;
	int stream;

	struct orl_unpacked_head head;
	uint64_t at;         /* end of the file */
	int64_t first, last; /* timestamps */
	uint32_t seen;
	uint32_t *now, *before;
	struct orl_tiles tiles;
	struct oriel_rect *rects;
	size_t rects_max;
};

static int __attribute__((format(printf, 3, 4)))
fail(struct unpack *u, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(u->why, u->size, format, args);
	va_end(args);
	return err;
}

static int fail_av(struct unpack *u, const char *what, int code)
{
	char text[AV_ERROR_MAX_STRING_SIZE] = "";

	av_strerror(code, text, sizeof(text));
	return fail(u, ORIEL_EINVAL, "%s: %s", what, text);
}

/* ---- the container ----------------------------------------------------- */

static int memory_read(void *opaque, uint8_t *out, int size)
{
	struct memory *m = opaque;
	size_t n = m->n - m->at < (size_t)size ? m->n - m->at : (size_t)size;

	if (!n)
		return AVERROR_EOF;
	memcpy(out, m->data + m->at, n);
	m->at += n;
	return (int)n;
}

static int open_format(struct unpack *u, const char *url)
{
	AVDictionary *options = NULL;
	int err;

	av_dict_set(&options, "format_whitelist", formats, 0);
	av_dict_set(&options, "protocol_whitelist", "file", 0);
	err = avformat_open_input(&u->format, url, NULL, &options);
	av_dict_free(&options);
	if (err < 0)
		return fail_av(u, "it cannot be read as a video", err);
	for (unsigned i = 0; i < u->format->nb_streams; i++) {
		AVStream *s = u->format->streams[i];

		if (u->stream < 0 &&
				s->codecpar->codec_type == AVMEDIA_TYPE_VIDEO)
			u->stream = (int)i;
		else
			s->discard = AVDISCARD_ALL;
	}
	if (u->stream < 0)
		return fail(u, ORIEL_EINVAL, "there is no video in it");
	return 0;
}

static int open_codec(struct unpack *u)
{
	const AVStream *stream = u->format->streams[u->stream];
	const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
	int err;

	if (!codec)
		return fail(u, ORIEL_EINVAL, "its video codec is not known");
	u->codec = avcodec_alloc_context3(codec);
	u->packet = av_packet_alloc();
	u->frame = av_frame_alloc();
	if (!u->codec || !u->packet || !u->frame)
		return fail(u, ORIEL_ENOMEM, "out of memory");
	err = avcodec_parameters_to_context(u->codec, stream->codecpar);
	if (err < 0)
		return fail_av(u, "its video codec", err);
	u->codec->thread_count = u->limits->threads;
	u->codec->max_pixels = (int64_t)u->limits->side * u->limits->side;
	err = avcodec_open2(u->codec, codec, NULL);
	return err < 0 ? fail_av(u, "its video codec", err) : 0;
}

/* ---- the pictures ------------------------------------------------------ */

static int begin(struct unpack *u, int32_t width, int32_t height)
{
	size_t bytes = (size_t)width * (size_t)height * 4 + SWS_SLACK;

	if (width > u->limits->side || height > u->limits->side)
		return fail(u, ORIEL_ELIMIT,
				"its picture is %d x %d, more "
				"than %d on a side",
				width, height, u->limits->side);
	u->head = (struct orl_unpacked_head){
		.magic = ORL_UNPACK_MAGIC, .width = width, .height = height
	};
	u->at = sizeof(u->head);
	u->now = calloc(1, bytes);
	u->before = calloc(1, bytes);
	if (!u->now || !u->before || orl_tiles_init(&u->tiles, width, height))
		return fail(u, ORIEL_ENOMEM, "out of memory");
	u->rects_max = (size_t)u->tiles.columns * (size_t)u->tiles.rows;
	u->rects = calloc(u->rects_max, sizeof(*u->rects));
	return u->rects ? 0 : fail(u, ORIEL_ENOMEM, "out of memory");
}

static int convert(struct unpack *u)
{
	const AVFrame *f = u->frame;
	uint8_t *planes[4] = { (uint8_t *)u->now, NULL, NULL, NULL };
	int strides[4] = { f->width * 4, 0, 0, 0 };
	size_t n = (size_t)f->width * (size_t)f->height;

	u->sws = sws_getCachedContext(u->sws, f->width, f->height, f->format,
			f->width, f->height, AV_PIX_FMT_BGR0, SWS_POINT, NULL,
			NULL, NULL);
	if (!u->sws)
		return fail(u, ORIEL_EINVAL, "its colours are not known");
	sws_scale(u->sws, (const uint8_t *const *)f->data, f->linesize, 0,
			f->height, planes, strides);
	for (size_t i = 0; i < n; i++)
		u->now[i] &= 0xffffff;
	return 0;
}

/* Which rectangles of `now` differ from `before`. */
static size_t compare(struct unpack *u)
{
	int32_t width = u->head.width, height = u->head.height;

	for (int32_t y = 0; y < height; y++) {
		size_t row = (size_t)y * (size_t)width;
		uint8_t *marks = u->tiles.marks +
				 (size_t)(y / ORL_TILE) *
						 (size_t)u->tiles.columns;

		for (int32_t i = 0, x = 0; x < width; i++, x += ORL_TILE) {
			int32_t n = width - x < ORL_TILE ? width - x : ORL_TILE;

			if (!marks[i] && memcmp(u->now + row + x,
							 u->before + row + x,
							 (size_t)n * 4) != 0)
				marks[i] = 1;
		}
	}
	return orl_tiles_take(&u->tiles, u->rects, u->rects_max);
}

static int put(struct unpack *u, const void *p, size_t n)
{
	ssize_t put = pwrite(u->fd, p, n, (off_t)u->at);

	if (put != (ssize_t)n)
		return fail(u, ORIEL_EIO, "the temporary file: %s",
				put < 0 ? strerror(errno) : "the disk is full");
	u->at += n;
	return 0;
}

static int write_frame(struct unpack *u, uint64_t time, size_t n)
{
	struct orl_unpacked_frame frame = { .time = time,
		.rects = (uint32_t)n };
	int err = put(u, &frame, sizeof(frame));

	if (!err)
		err = put(u, u->rects, n * sizeof(*u->rects));
	for (size_t i = 0; i < n && !err; i++) {
		uint64_t more = (uint64_t)u->rects[i].width *
				(uint64_t)u->rects[i].height * 4;

		if (u->at + more > u->limits->bytes)
			return fail(u, ORIEL_ELIMIT,
					"unpacked it is larger than %llu MiB",
					(unsigned long long)u->limits->bytes >>
							20);
		errno = 0;
		if (orl_unpack_write_rect(u->fd, &u->at, u->now, u->head.width,
				    &u->rects[i]))
			return fail(u, ORIEL_EIO, "the temporary file: %s",
					errno ? strerror(errno)
					      : "the disk is full");
	}
	return err;
}

/* Nanoseconds since frame 0, never less than the frame before. */
static uint64_t time_of(struct unpack *u)
{
	AVRational base = u->format->streams[u->stream]->time_base;
	int64_t at = u->frame->best_effort_timestamp;
	int64_t ns;

	if (at == AV_NOPTS_VALUE)
		at = u->last;
	if (!u->seen)
		u->first = u->last = at;
	if (at > u->last)
		u->last = at;
	if (base.num <= 0 || base.den <= 0 || u->last - u->first < 0)
		return 0;
	ns = av_rescale_q(u->last - u->first, base,
			(AVRational){ 1, 1000000000 });
	return ns > 0 ? (uint64_t)ns : 0;
}

static int take_frame(struct unpack *u)
{
	const AVFrame *f = u->frame;
	uint64_t time = time_of(u);
	int err = 0;
	size_t n = 1;

	if (!u->seen)
		err = begin(u, f->width, f->height);
	if (!err && (f->width != u->head.width || f->height != u->head.height))
		err = fail(u, ORIEL_EINVAL, "its picture changes its size");
	if (!err && u->seen >= u->limits->frames)
		err = fail(u, ORIEL_ELIMIT, "it has more than %u frames",
				u->limits->frames);
	if (!err)
		err = convert(u);
	if (err)
		return err;
	if (u->seen)
		n = compare(u);
	else
		u->rects[0] = (struct oriel_rect){ 0, 0, f->width, f->height };
	u->head.end = time;
	if (n) {
		uint32_t *swap = u->before;

		err = write_frame(u, time, n);
		u->head.frames++;
		u->before = u->now;
		u->now = swap;
	}
	if (++u->seen % PROGRESS_FRAMES == 0 && u->limits->progress)
		fprintf(stderr, "trace: %u frames, %.1f s\n", u->seen,
				(double)time / 1e9);
	return err;
}

static int take_frames(struct unpack *u)
{
	int err = 0;

	while (!err && avcodec_receive_frame(u->codec, u->frame) == 0) {
		err = take_frame(u);
		av_frame_unref(u->frame);
	}
	return err;
}

static int unpack(struct unpack *u)
{
	int err = 0;

	while (!err && av_read_frame(u->format, u->packet) >= 0) {
		/* A packet that is damaged costs its frames only. */
		if (u->packet->stream_index == u->stream &&
				avcodec_send_packet(u->codec, u->packet) == 0)
			err = take_frames(u);
		av_packet_unref(u->packet);
	}
	if (!err && avcodec_send_packet(u->codec, NULL) == 0)
		err = take_frames(u);
	if (!err && !u->seen)
		err = fail(u, ORIEL_EINVAL, "not one picture in it is whole");
	u->at = 0;
	return err ? err : put(u, &u->head, sizeof(u->head));
}

static void fini(struct unpack *u)
{
	avcodec_free_context(&u->codec);
	avformat_close_input(&u->format);
	if (u->io)
		av_freep(&u->io->buffer);
	avio_context_free(&u->io);
	sws_freeContext(u->sws);
	av_packet_free(&u->packet);
	av_frame_free(&u->frame);
	orl_tiles_fini(&u->tiles);
	free(u->rects);
	free(u->now);
	free(u->before);
}

static int all(struct unpack *u, const char *url)
{
	int err;

	av_log_set_level(AV_LOG_QUIET);
	err = open_format(u, url);
	if (!err)
		err = open_codec(u);
	if (!err)
		err = unpack(u);
	fini(u);
	return err;
}

int orl_unpack_file(int fd, const char *path,
		const struct orl_unpack_limits *limits, char *why, size_t size)
{
	struct unpack u = { .limits = limits,
		.why = why,
		.size = size,
		.fd = fd,
		.stream = -1 };
	size_t n = strlen(path) + sizeof("file:");
	char *url = malloc(n);
	int err;

	if (!url)
		return fail(&u, ORIEL_ENOMEM, "out of memory");
	/* Else a colon in the path would name a protocol. */
	snprintf(url, n, "file:%s", path);
	err = all(&u, url);
	free(url);
	return err;
}

int orl_unpack_memory(int fd, const uint8_t *data, size_t n,
		const struct orl_unpack_limits *limits, char *why, size_t size)
{
	struct unpack u = { .limits = limits,
		.why = why,
		.size = size,
		.fd = fd,
		.stream = -1 };
	struct memory memory = { data, n, 0 };
	unsigned char *buffer = av_malloc(MEMORY_BUFFER);

	u.format = avformat_alloc_context();
	u.io = buffer ? avio_alloc_context(buffer, MEMORY_BUFFER, 0, &memory,
					memory_read, NULL, NULL)
		      : NULL;
	if (!u.format || !u.io) {
		if (!u.io)
			av_free(buffer);
		fini(&u);
		return fail(&u, ORIEL_ENOMEM, "out of memory");
	}
	u.format->pb = u.io;
	return all(&u, NULL);
}

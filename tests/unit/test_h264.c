/*
 * test_h264.c - which frames of H.264 a decoder sees: those of encoders of
 * ours and of x264, and none that says or hides more than was agreed.
 */
#include "tests/unit/unit.h"

#include <string.h>

#include "capture/x264.h"
#include "codecs/h264.h"
#include "proto/io/host.h"

enum { W = 64, H = 48 };

/* ---- frames bit by bit ------------------------------------------------- */

struct maker {
	uint8_t bytes[4096];
	size_t n;
	unsigned bits; /* of the last byte that are used; 0: none begun */
};

static void bit(struct maker *m, unsigned v)
{
	if (!m->bits)
		m->bytes[m->n++] = 0;
	m->bytes[m->n - 1] |= (uint8_t)(v << (7 - m->bits));
	m->bits = (m->bits + 1) % 8;
}

static void put(struct maker *m, unsigned n, uint32_t v)
{
	while (n--)
		bit(m, v >> n & 1);
}

static void number(struct maker *m, uint32_t v)
{
	unsigned n = 0;

	while ((v + 1) >> (n + 1))
		n++;
	put(m, n, 0);
	put(m, n + 1, v + 1);
}

static void unit(struct maker *m, uint8_t head)
{
	static const uint8_t start[] = { 0, 0, 0, 1 };

	if (m->bits)
		put(m, 8 - m->bits, 0);
	memcpy(m->bytes + m->n, start, sizeof(start));
	m->n += sizeof(start);
	m->bytes[m->n++] = head;
}

static void close_unit(struct maker *m)
{
	bit(m, 1);
	while (m->bits)
		bit(m, 0);
}

/* What parameters of a sequence say; all of it is right in `plain`. */
struct sequence {
	uint32_t profile, chroma, depth, lists, order, references, cols, rows;
	uint32_t frames_only, cut;
};

static const struct sequence plain = { 100, 1, 0, 0, 2, 1, W / 16, H / 16, 1,
	0 };

static void put_sequence(struct maker *m, const struct sequence *s)
{
	unit(m, 0x67);
	put(m, 8, s->profile);
	put(m, 8, 0);
	put(m, 8, 30);
	number(m, 0);
	if (s->profile == 100) {
		number(m, s->chroma);
		number(m, s->depth);
		number(m, 0);
		put(m, 1, 0);
		put(m, 1, s->lists);
	}
	number(m, 0);
	number(m, s->order);
	if (s->order == 0)
		number(m, 4);
	if (s->order == 1) {
		put(m, 1, 0);
		number(m, 3);
		number(m, 4);
		number(m, 2);
		number(m, 1);
		number(m, 2);
	}
	number(m, s->references);
	put(m, 1, 0);
	number(m, s->cols - 1);
	number(m, s->rows - 1);
	put(m, 1, s->frames_only);
	put(m, 1, 1);
	put(m, 1, s->cut > 0);
	for (unsigned i = 0; s->cut && i < 4; i++)
		number(m, i == 1 ? s->cut : 0);
	put(m, 1, 0);
	close_unit(m);
}

static void put_picture(struct maker *m)
{
	unit(m, 0x68);
	put(m, 8, 0xce);
	close_unit(m);
}

static void put_slice(struct maker *m, uint8_t head, uint32_t first)
{
	unit(m, head);
	number(m, first);
	put(m, 24, 0x8421ff);
	close_unit(m);
}

static void begin(struct maker *m, const struct sequence *s)
{
	memset(m, 0, sizeof(*m));
	put_sequence(m, s);
	put_picture(m);
}

static bool passes(const struct maker *m, bool *keyframe)
{
	return orl_h264_allowed(m->bytes, m->n, W, H, keyframe);
}

static bool takes(const struct sequence *s)
{
	struct maker m;
	bool keyframe;

	begin(&m, s);
	put_slice(&m, 0x65, 0);
	return passes(&m, &keyframe) && keyframe;
}

/* ---- tests ------------------------------------------------------------- */

static void sizes_and_forms_are_those_agreed(void **state)
{
	struct sequence s = plain;

	(void)state;
	assert_true(takes(&plain));
	for (uint32_t order = 0; order < 3; order++) {
		s.order = order;
		assert_true(takes(&s));
	}
	s.profile = 66;
	assert_true(takes(&s));
#define REFUSED(field, value) \
	(s = plain, s.field = (value), assert_false(takes(&s)))
	REFUSED(profile, 244);
	REFUSED(profile, 88);
	REFUSED(chroma, 3);
	REFUSED(depth, 2);
	REFUSED(lists, 1);
	REFUSED(order, 3);
	REFUSED(references, 16);
	REFUSED(cols, W / 16 + 1);
	REFUSED(rows, 4096);
	REFUSED(frames_only, 0);
	REFUSED(cut, 3);
	/* Cut to the size: by less than a macroblock. */
	s = plain;
	s.cols++;
	s.cut = 8;
	assert_false(takes(&s));
}

static void odd_sizes_are_cut(void **state)
{
	struct sequence s = plain;
	struct maker m;
	bool keyframe;

	(void)state;
	s.cut = 3;
	begin(&m, &s);
	put_slice(&m, 0x65, 0);
	assert_true(orl_h264_allowed(m.bytes, m.n, W - 6, H, &keyframe));
	assert_false(orl_h264_allowed(m.bytes, m.n, W, H, &keyframe));
}

static void a_frame_is_one_picture(void **state)
{
	struct maker m;
	bool keyframe;

	(void)state;
	begin(&m, &plain);
	put_slice(&m, 0x65, 0);
	put_slice(&m, 0x65, 5);
	put_slice(&m, 0x65, 9);
	assert_true(passes(&m, &keyframe));
	put_slice(&m, 0x65, 0); /* another one */
	assert_false(passes(&m, &keyframe));

	memset(&m, 0, sizeof(m));
	put_slice(&m, 0x41, 0);
	assert_true(passes(&m, &keyframe));
	assert_false(keyframe);
	put_slice(&m, 0x41, 0);
	assert_false(passes(&m, &keyframe));

	memset(&m, 0, sizeof(m));
	put_slice(&m, 0x41, 0);
	put_slice(&m, 0x65, 5);
	assert_false(passes(&m, &keyframe));
}

static void units_have_their_places(void **state)
{
	static const uint8_t others[] = { 0x42, 0x43, 0x44, 0x6a, 0x6b, 0x6e,
		0x6f, 0x74, 0x61 | 0x80, 0x60, 0x7f };
	struct maker m;
	bool keyframe;

	(void)state;
	for (unsigned i = 0; i < ORL_COUNT(others); i++) {
		memset(&m, 0, sizeof(m));
		put_slice(&m, others[i], 0);
		put_slice(&m, 0x41, 0);
		assert_false(passes(&m, &keyframe));
	}
	/* Parameters: once, before slices, and of keyframes alone. */
	begin(&m, &plain);
	put_sequence(&m, &plain);
	put_slice(&m, 0x65, 0);
	assert_false(passes(&m, &keyframe));
	begin(&m, &plain);
	put_slice(&m, 0x65, 0);
	put_picture(&m);
	assert_false(passes(&m, &keyframe));
	begin(&m, &plain);
	put_slice(&m, 0x41, 0);
	assert_false(passes(&m, &keyframe));
	memset(&m, 0, sizeof(m));
	put_slice(&m, 0x65, 0);
	assert_false(passes(&m, &keyframe));
	begin(&m, &plain);
	assert_false(passes(&m, &keyframe)); /* no picture at all */
	assert_false(orl_h264_allowed(m.bytes, 0, W, H, &keyframe));
	/* What stands before the first start code is nobody's. */
	memset(&m, 0, sizeof(m));
	put(&m, 8, 0x55);
	put_slice(&m, 0x41, 0);
	assert_false(passes(&m, &keyframe));
}

/* Cut at any place, it is refused or the check reads no byte too many. */
static void cut_frames_are_not_read_beyond(void **state)
{
	struct maker m;

	(void)state;
	begin(&m, &plain);
	put_slice(&m, 0x65, 0);
	for (size_t n = 0; n < m.n; n++) {
		uint8_t *exact = test_malloc(n + !n);
		bool keyframe;
		memcpy(exact, m.bytes, n);
		(void)orl_h264_allowed(exact, n, W, H, &keyframe);
		test_free(exact);
	}
}

static void x264_is_understood(void **state)
{
	const struct oriel_encoder *e = orl_x264();
	struct orl_decoder *d = NULL;
	struct orl_env env;
	struct orl_yuv yuv, got;
	void *encoder;

	(void)state;
	if (!e || !orl_video_known(ORIEL_VIDEO_H264)) {
		print_message("this build has no x264, or no OpenH264\n");
		return;
	}
	assert_int_equal(orl_host_env(&env, NULL), 0);
	assert_int_equal(orl_yuv_create(&yuv, &env, 320, 178), 0);
	assert_int_equal(e->create(&encoder, NULL, 320, 178, 2), 0);
	assert_int_equal(orl_decoder_create(
					 &d, &env, ORIEL_VIDEO_H264, 320, 178),
			0);
	for (unsigned t = 0; t < 40; t++) {
		const bool keyframe = t % 15 == 0;
		const struct oriel_yuv in = { { yuv.plane[0], yuv.plane[1],
							      yuv.plane[2] },
			{ yuv.stride[0], yuv.stride[1], yuv.stride[2] }, 320,
			178 };
		/* Another rate now and then; a clock that stands still. */
		const struct oriel_encode how = { sizeof(how),
			UINT64_C(1000000000) + t / 2 * UINT64_C(40000000),
			t % 10 < 5 ? 800000 : 300000, keyframe };
		struct oriel_encoded out = { .size = sizeof(out) };
		for (size_t i = 0; i < 320 * 178; i++)
			yuv.plane[0][i] =
					(uint8_t)(60 + (i % 320 + t * 3) % 90);
		memset(yuv.plane[1], 128, yuv.stride[1] * 89);
		memset(yuv.plane[2], 120, yuv.stride[2] * 89);
		assert_int_equal(e->encode(encoder, &in, &how, &out), 0);
		assert_true(out.bytes > 0);
		assert_int_equal(out.keyframe, keyframe);
		assert_int_equal(orl_decoder_decode(
						 d, out.data, out.bytes, &got),
				0);
		unsigned far = 0; /* of this picture, none before or after */
		for (size_t i = 0; i < 320 * 170; i++) {
			const int v = got.plane[0][i / 320 * got.stride[0] +
						      i % 320] -
				      yuv.plane[0][i];
			far += v > 16 || v < -16;
		}
		assert_in_range(far, 0, 320 * 170 / 10);
	}
	e->destroy(encoder);
	orl_decoder_destroy(d);
	orl_yuv_destroy(&yuv, &env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_and_forms_are_those_agreed),
		cmocka_unit_test(odd_sizes_are_cut),
		cmocka_unit_test(a_frame_is_one_picture),
		cmocka_unit_test(units_have_their_places),
		cmocka_unit_test(cut_frames_are_not_read_beyond),
		cmocka_unit_test(x264_is_understood),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_vdagent.c - messages of a guest's agent, whole, in pieces, and wrong. */
#include "tests/unit/unit.h"

#include <string.h>

#include "capture/vdclip.h"
#include "capture/vdfiles.h"
#include "clip/types.h"

enum { STREAM = 4 };

static struct {
	unsigned whole, pieces;
	uint32_t type, size;
	uint8_t data[8192];
	size_t n;
} got;

static void take_whole(void *user, const struct orl_vdagent_piece *p)
{
	assert_ptr_equal(user, &got);
	assert_int_equal(p->at, 0);
	assert_int_equal(p->n, p->size);
	got.whole++;
	got.type = p->type;
	got.size = p->size;
	memcpy(got.data, p->data, p->n);
}

static void take_piece(void *user, const struct orl_vdagent_piece *p)
{
	(void)user;
	assert_int_equal(p->at, got.n);
	assert_true(p->n <= p->size - p->at);
	memcpy(got.data + got.n, p->data, p->n);
	got.n += p->n;
	got.pieces++;
}

static const struct orl_vdagent_type types[] = {
	{ ORL_VDAGENT_CAPS, 4, ORL_VDAGENT_GATHER, true, take_whole },
	{ STREAM, 1, 8192, false, take_piece },
	{ 13, 0, 0, true, take_whole },
};

static struct orl_vdagent agent;
static uint8_t bytes[16384];

static void begin(void)
{
	memset(&got, 0, sizeof(got));
	orl_vdagent_init(&agent, types, 3, &got);
}

static void whole_messages_come_once(void **state)
{
	size_t n = orl_vdagent_put_caps(bytes, sizeof(bytes), true, 0x1234);

	(void)state;
	assert_int_equal(n, 8 + 20 + 8);
	for (size_t step = 1; step <= n; step++) {
		begin();
		for (size_t at = 0; at < n; at += step)
			assert_int_equal(orl_vdagent_feed(&agent, bytes + at,
							 n - at < step ? n - at
								       : step),
					0);
		assert_int_equal(got.whole, 1);
		assert_int_equal(got.type, ORL_VDAGENT_CAPS);
		assert_int_equal(got.size, 8);
		assert_int_equal(orl_vdagent_u32(got.data), 1);
		assert_int_equal(orl_vdagent_u32(got.data + 4), 0x1234);
	}
}

static void long_messages_come_in_pieces(void **state)
{
	static uint8_t data[8192];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 256);
	n = orl_vdagent_put(bytes, sizeof(bytes), STREAM, data, sizeof(data));
	/* Five chunks, each with its header. */
	assert_int_equal(n, sizeof(data) + 20 + 5 * 8);
	begin();
	assert_int_equal(orl_vdagent_feed(&agent, bytes, n), 0);
	assert_int_equal(got.pieces, 5);
	assert_int_equal(got.n, sizeof(data));
	assert_memory_equal(got.data, data, sizeof(data));
	assert_int_equal(orl_vdagent_put(bytes, n - 1, STREAM, data,
					 sizeof(data)),
			0);
}

static void what_is_not_known_is_skipped(void **state)
{
	static uint8_t other[300];
	size_t n;

	(void)state;
	begin();
	/* Another type; sizes that it cannot have; another port. */
	n = orl_vdagent_put(bytes, sizeof(bytes), 99, other, 300);
	n += orl_vdagent_put(bytes + n, sizeof(bytes) - n, ORL_VDAGENT_CAPS,
			other, 3);
	n += orl_vdagent_put(bytes + n, sizeof(bytes) - n, ORL_VDAGENT_CAPS,
			other, ORL_VDAGENT_GATHER + 1);
	memset(bytes + n, 0, 64);
	bytes[n] = 2;
	bytes[n + 4] = 9;
	n += 8 + 9;
	n += orl_vdagent_put(bytes + n, sizeof(bytes) - n, 13, NULL, 0);
	assert_int_equal(orl_vdagent_feed(&agent, bytes, n), 0);
	assert_int_equal(got.whole, 1);
	assert_int_equal(got.type, 13);
}

static void a_size_costs_nothing(void **state)
{
	static const uint8_t head[] = { 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1,
		0, 0, 0, 77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff,
		0xff };

	(void)state;
	begin();
	assert_int_equal(orl_vdagent_feed(&agent, head, sizeof(head)), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(orl_vdagent_feed(&agent, bytes, 1000), 0);
	assert_int_equal(agent.at, 100000);
	assert_int_equal(got.whole + got.pieces, 0);
}

static void garbage_is_told(void **state)
{
	(void)state;
	begin();
	memset(bytes, 0xff, 64);
	assert_int_equal(orl_vdagent_feed(&agent, bytes, 64), -1);
	begin();
	orl_vdagent_put_caps(bytes, sizeof(bytes), false, 0);
	bytes[8] = 2; /* the protocol */
	assert_int_equal(orl_vdagent_feed(&agent, bytes, 36), -1);
}

static void screens_are_listed(void **state)
{
	static const struct orl_vdagent_head heads[] = { { 0, 0, 1024, 768 },
		{ 1024, 0, 800, 600 } };
	static const uint32_t words[] = { 2, 1, 768, 1024, 32, 0, 0, 600, 800,
		32, 1024, 0 };
	size_t n = orl_vdagent_put_monitors(bytes, sizeof(bytes), heads, 2);

	(void)state;
	assert_int_equal(n, 28 + sizeof(words));
	assert_int_equal(orl_vdagent_u32(bytes + 12), ORL_VDAGENT_MONITORS);
	for (size_t i = 0; i < sizeof(words) / 4; i++)
		assert_int_equal(orl_vdagent_u32(bytes + 28 + i * 4), words[i]);
	assert_int_equal(orl_vdagent_put_monitors(bytes, sizeof(bytes), heads,
					 ORL_VDAGENT_HEADS + 1),
			0);
}

static struct {
	uint32_t types, total;
	enum orl_vdclip_type asked, type;
	char text[64];
	size_t n;
	unsigned came, grabs;
} clip;

static void on_grabbed(void *user, uint32_t types_now)
{
	(void)user;
	clip.grabs++;
	clip.types = types_now;
}

static void on_requested(void *user, enum orl_vdclip_type type)
{
	(void)user;
	clip.asked = type;
}

static void on_begun(void *user, enum orl_vdclip_type type, uint32_t total)
{
	(void)user;
	clip.type = type;
	clip.total = total;
	clip.n = 0;
}

static void on_bytes(void *user, const uint8_t *p, size_t n)
{
	(void)user;
	memcpy(clip.text + clip.n, p, n);
	clip.n += n;
}

static void on_all(void *user)
{
	(void)user;
	clip.came++;
}

static const struct orl_vdclip_calls clip_calls = {
	.grabbed = on_grabbed,
	.requested = on_requested,
	.begun = on_begun,
	.data = on_bytes,
	.came = on_all,
};

static struct orl_vdclip in;

static void take_clip(void *user, const struct orl_vdagent_piece *p)
{
	(void)user;
	orl_vdclip_take(&in, p);
}

static const struct orl_vdagent_type clip_types[] = {
	{ ORL_VDCLIP_GRAB, 0, ORL_VDAGENT_GATHER, true, take_clip },
	{ ORL_VDCLIP_RELEASE, 0, 4, true, take_clip },
	{ ORL_VDCLIP_REQUEST, 4, 8, true, take_clip },
	{ ORL_VDCLIP_DATA, 4, UINT32_MAX, false, take_clip },
};

static void the_clipboard_is_understood(void **state)
{
	static const char text[] = "gr\xc3\xbc\xc3\x9f";

	(void)state;
	for (int selections = 0; selections < 2; selections++)
		for (size_t step = 1; step < 64; step++) {
			size_t n = 0;
			bool s = selections;

			memset(&clip, 0, sizeof(clip));
			in = (struct orl_vdclip){ .calls = &clip_calls,
				.selections = s };
			orl_vdagent_init(&agent, clip_types, 4, NULL);
			n += orl_vdclip_put_grab(bytes, 999, s,
					1u << ORL_VDCLIP_TEXT |
							1u << ORL_VDCLIP_PNG);
			n += orl_vdclip_put_request(
					bytes + n, 999, s, ORL_VDCLIP_PNG);
			n += orl_vdclip_put_data(bytes + n, 999, s,
					ORL_VDCLIP_TEXT, sizeof(text) - 1);
			bytes[n++] = 1;
			memset(bytes + n, 0, 7);
			bytes[n + 3] = sizeof(text) - 1;
			n += 7;
			memcpy(bytes + n, text, sizeof(text) - 1);
			n += sizeof(text) - 1;
			for (size_t at = 0; at < n; at += step)
				assert_int_equal(
						orl_vdagent_feed(&agent,
								bytes + at,
								n - at < step ? n - at
									      : step),
						0);
			assert_int_equal(clip.types, 6);
			assert_int_equal(clip.asked, ORL_VDCLIP_PNG);
			assert_int_equal(clip.total, sizeof(text) - 1);
			assert_int_equal(clip.came, 1);
			assert_memory_equal(clip.text, text, clip.total);
			n = orl_vdclip_put_release(bytes, 999, s);
			assert_int_equal(orl_vdagent_feed(&agent, bytes, n), 0);
			assert_int_equal(clip.types, 0);
		}
	/* Of another selection: not ours. */
	in.selections = true;
	size_t n = orl_vdclip_put_grab(bytes, 999, true, 2);
	bytes[28] = 1;
	clip.grabs = 0;
	assert_int_equal(orl_vdagent_feed(&agent, bytes, n), 0);
	assert_int_equal(clip.grabs, 0);
	assert_string_equal(orl_vdclip_mime(ORL_VDCLIP_TEXT), ORL_TYPE_TEXT);
	assert_null(orl_vdclip_mime((enum orl_vdclip_type)77));
	assert_int_equal(orl_vdclip_type_of("image/png"), ORL_VDCLIP_PNG);
	assert_int_equal(orl_vdclip_type_of("text/html"), ORL_VDCLIP_NONE);
}

static void lines_end_as_the_guest_has_them(void **state)
{
	static const char lf[] = "a\nb\r\n\nc\r";
	uint8_t out[64], back[64], last = 0, held = 0;
	size_t n = 0, m = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(lf) - 1; i++)
		n += orl_crlf_from_lf(
				out + n, &last, (const uint8_t *)lf + i, 1);
	assert_int_equal(n, 10);
	assert_memory_equal(out, "a\r\nb\r\n\r\nc\r", 10);
	for (size_t i = 0; i < n; i++)
		m += orl_lf_from_crlf(back + m, &held, out + i, 1);
	assert_int_equal(m, 6);
	assert_memory_equal(back, "a\nb\n\nc", 6);
	assert_true(held);
}

static void files_are_announced_and_sent(void **state)
{
	static const char head[] = "\1\0\0\0\x54\0\0\0\1\0\0\0\12\0\0\0"
				   "\0\0\0\0\0\0\0\0\x40\0\0\0\7\0\0\0"
				   "[vdagent-file-xfer]\nname=a b.txt\n"
				   "size=18446744073709551615\n";
	uint8_t out[ORL_VDAGENT_CHUNK], piece[ORL_VDFILES_PIECE + 1] = "hi";
	char name[300];

	(void)state;
	assert_int_equal(orl_vdfiles_put_start(out, sizeof(out), 7, "a b.txt",
					 UINT64_MAX),
			sizeof(head));
	assert_memory_equal(out, head, sizeof(head)); /* with its NUL */
	memset(name, 'x', sizeof(name));
	name[255] = 0;
	assert_true(orl_vdfiles_put_start(out, sizeof(out), 7, name, 1) > 255);
	assert_int_equal(orl_vdfiles_put_data(out, sizeof(out), 7, piece, 2),
			8 + 20 + 12 + 2);
	assert_memory_equal(out + 28, "\7\0\0\0\2\0\0\0\0\0\0\0hi", 14);
	assert_int_equal(orl_vdfiles_put_data(out, sizeof(out), 7, NULL, 0),
			8 + 20 + 12);
	assert_true(orl_vdfiles_put_data(out, sizeof(out), 7, piece,
				    ORL_VDFILES_PIECE) > 0);
	assert_int_equal(orl_vdfiles_put_data(out, sizeof(out), 7, piece,
					 sizeof(piece)),
			0);
	assert_int_equal(orl_vdfiles_put_cancel(out, sizeof(out), 7), 36);
	for (uint32_t i = 0; i < 20; i++)
		assert_non_null(orl_vdfiles_why(i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_messages_come_once),
		cmocka_unit_test(long_messages_come_in_pieces),
		cmocka_unit_test(what_is_not_known_is_skipped),
		cmocka_unit_test(a_size_costs_nothing),
		cmocka_unit_test(garbage_is_told),
		cmocka_unit_test(screens_are_listed),
		cmocka_unit_test(the_clipboard_is_understood),
		cmocka_unit_test(lines_end_as_the_guest_has_them),
		cmocka_unit_test(files_are_announced_and_sent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

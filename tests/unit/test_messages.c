/*
 * test_messages.c - the cursors of wire.h, bytes of messages written by hand,
 * and what must be true of every line of messages.def.
 */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "proto/link.h"
#include "tests/sample.h"

static void a_reader_stays_bad(void **state)
{
	static const uint8_t b[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct orl_rd r = rd_init(b, sizeof(b));
	(void)state;
	assert_true(rd_U64(&r, 0, UINT64_MAX) == 0x0807060504030201u);
	assert_int_equal(rd_end(&r), ORIEL_EPROTO); /* one is left */
	assert_int_equal(rd_U16(&r, 7, 9), 7);      /* the least allowed */
	assert_true(r.bad);
	assert_int_equal(rd_U8(&r, 0, 255), 0); /* nothing moves */
	assert_int_equal(rd_end(&r), ORIEL_EPROTO);

	r = rd_init(b, 2);
	assert_int_equal(rd_U16(&r, 0x0201, 0x0201), 0x0201);
	assert_int_equal(rd_end(&r), 0);
	r = rd_init(NULL, 0);
	assert_int_equal(rd_end(&r), 0);
	assert_int_equal(rd_TAIL(&r, 0, 10).n, 0);
	assert_int_equal(rd_end(&r), 0);
	assert_int_equal(rd_TAIL(&r, 1, 10).n, 0);
	assert_int_equal(rd_end(&r), ORIEL_EPROTO);

	r = rd_init("\xff\xff\xff\xff", 4);
	assert_int_equal(rd_I32(&r, -1, 5), -1);
	r = rd_init("\xff\xff\xff\xff", 4);
	assert_int_equal(rd_I32(&r, 0, 5), 0);
	assert_true(r.bad);
	r = rd_init("\xfe\xff\xff\xff\x05\x00\x00\x00", 8);
	assert_int_equal(rd_I32(&r, -2, 4), -2);
	assert_int_equal(rd_I32(&r, -2, 4), -2);
	assert_true(r.bad);

	/* A length that reaches beyond the end. */
	r = rd_init("\xff\xff\xff\xff", 4);
	assert_null(rd_BYTES(&r, 0, UINT32_MAX).p);
	assert_true(r.bad);
	r = rd_init("\2\0a", 3);
	assert_int_equal(rd_TEXT(&r, 0, 9).n, 0);
	assert_true(r.bad);
}

static void a_writer_counts_beyond_its_room(void **state)
{
	uint8_t b[8] = { 9, 9, 9, 9, 9, 9, 9, 9 };
	struct orl_wr w = { b, 5, 0 };
	(void)state;
	wr_U32(&w, 0x04030201);
	assert_true(wr_ok(&w));
	wr_U16(&w, 0xffff);
	assert_false(wr_ok(&w));
	wr_U8(&w, 1);
	assert_int_equal(w.n, 7);
	assert_memory_equal(b, "\1\2\3\4\x09\x09\x09\x09", 8);
	w = (struct orl_wr){ NULL, 0, 0 };
	wr_TEXT(&w, (struct orl_view){ (const uint8_t *)"abc", 3 });
	assert_int_equal(w.n, 5);
}

static void text_is_utf8(void **state)
{
	static const char *const good[] = { "", "a", "\x7f", "\xc2\x80",
		"\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
		"\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
		"a\xc3\xa4z" };
	static const char *const bad[] = { "\x80", "\xbf", "\xc0\x80",
		"\xc1\xbf", "\xc2", "\xc2z", "\xc2\xc0", "\xe0\x9f\xbf",
		"\xe0\xa0", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
		"\xf0\x90\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
		"ok\xfe" };
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(orl_utf8_ok(
				(const uint8_t *)good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(orl_utf8_ok(
				(const uint8_t *)bad[i], strlen(bad[i])));
	assert_false(orl_utf8_ok((const uint8_t *)"a\0b", 3));
}

/* From the description, not from the encoder. */
static void bytes_are_as_described(void **state)
{
	static const uint8_t pointer[] = { 4, 3, 2, 1, 15, 1, 0xff, 0xff, 0xff,
		0xff, 0, 0, 0, 0x80, 1, 0, 0, 0, 0x88, 0xff, 120, 0, 9, 0, 0,
		0 };
	static const uint8_t hello[] = { 1, 0, 2, 0, 5, 0, 0, 0, 0, 0, 0, 0, 6,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 2, 0, 0, 0, 0xab, 0xcd, 3, 0,
		'v', 'i', 'a' };
	static const uint8_t part[] = { 1, 7,
		/* copies */ 1, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0,
		/* blocks */ 2, 0, 1, 0, 2, 0, 3, 4, 1, 0xff, 3, 0, 0, 9, 9, 4,
		/* sections */ 1, 0, 2, 0, 0, 0,
		/* data */ 'x', 'y', 'z' };
	static uint8_t again[SAMPLE_MAX];
	size_t n = 0;
	struct orl_pointer p;
	struct orl_client_hello h;
	struct orl_part v;
	(void)state;

	assert_int_equal(orl_get_pointer(pointer, sizeof(pointer), &p), 0);
	assert_int_equal(p.seq, 0x01020304);
	assert_int_equal(p.display, 15);
	assert_int_equal(p.flags, 1);
	assert_int_equal(p.x, -1);
	assert_int_equal(p.y, INT32_MIN);
	assert_int_equal((int16_t)p.wheel_x, -120);
	assert_int_equal(p.time, 9);
	assert_int_equal(sample_again(ORL_MSG_pointer, pointer, sizeof(pointer),
					 again, &n),
			0);
	assert_memory_equal(again, pointer, sizeof(pointer));

	assert_int_equal(orl_get_client_hello(hello, sizeof(hello), &h), 0);
	assert_int_equal(h.newest, 2);
	assert_int_equal(h.max_pixels, 1 << 26);
	assert_ptr_equal(h.session.p, hello + 28);
	assert_int_equal(h.session.n, 2);
	assert_memory_equal(h.name.p, "via", 3);

	assert_int_equal(orl_get_part(part, sizeof(part), &v), 0);
	assert_int_equal(v.copies.n, 1);
	assert_int_equal(v.blocks.n, 2);
	struct orl_copy copy;
	orl_at_copy(&v.copies, 0, &copy);
	assert_int_equal(copy.from_y, 6);
	struct orl_block block;
	orl_at_block(&v.blocks, 1, &block);
	assert_int_equal(block.col, 1023);
	assert_int_equal(block.op, 4);
	struct orl_section section;
	orl_at_section(&v.sections, 0, &section);
	assert_int_equal(section.bytes, 2);
	assert_int_equal(v.data.n, 3);
	assert_ptr_equal(v.data.p, part + sizeof(part) - 3);
	assert_int_equal(sample_again(ORL_MSG_part, part, sizeof(part), again,
					 &n),
			0);
	assert_int_equal(n, sizeof(part));
	assert_memory_equal(again, part, n);
}

static void check_field(const struct orl_message *m, size_t i, bool in_record)
{
	const struct orl_field *f = &m->fields[i];
	assert_non_null(f->name);
	assert_true(f->doc[0]);
	switch (f->kind) {
	case ORL_U8:
		assert_true(f->hi <= UINT8_MAX);
		break;
	case ORL_U16:
		assert_true(f->hi <= UINT16_MAX);
		break;
	case ORL_U32:
		assert_true(f->hi <= UINT32_MAX);
		break;
	case ORL_I32:
		assert_true(f->hi <= INT32_MAX && f->lo >= INT32_MIN);
		break;
	case ORL_TEXT:
		assert_true(!in_record && f->hi <= UINT16_MAX);
		break;
	case ORL_LIST:
		assert_true(!in_record && f->hi <= UINT16_MAX);
		for (size_t k = 0; k < f->rec->n_fields; k++)
			check_field(f->rec, k, true);
		break;
	case ORL_BYTES:
		assert_true(!in_record && f->hi <= UINT32_MAX);
		break;
	case ORL_TAIL: /* takes what is left */
		assert_true(!in_record && i == m->n_fields - 1);
		break;
	default:
		break;
	}
	if (f->kind != ORL_I32)
		assert_true(f->lo >= 0 && (uint64_t)f->lo <= f->hi);
}

static void every_message_is_well_formed(void **state)
{
	(void)state;
	for (size_t k = 0; k < orl_n_messages; k++) {
		const struct orl_message *m = &orl_messages[k];
		assert_true(m->id >> 8 < ORL_CHANNELS && (m->id & 0xff));
		assert_true(m->dir != ORL_NODIR && m->since >= 1);
		assert_true(m->doc[0] && m->n_fields);
		for (size_t i = 0; i < m->n_fields; i++)
			check_field(m, i, false);
		for (size_t i = 0; i < k; i++) {
			assert_int_not_equal(orl_messages[i].id, m->id);
			assert_string_not_equal(orl_messages[i].name, m->name);
		}
		/* These two mean the same on every channel. */
		if (m->id >> 8)
			assert_true((m->id & 0xff) < 0xfe);
	}
}

/* The longest of each fits through the link, so none waits for ever. */
static void every_message_fits_the_link(void **state)
{
	static uint8_t data[SAMPLE_MAX];
	struct rng r = { 1 };
	(void)state;
	for (size_t k = 0; k < orl_n_messages; k++) {
		const struct orl_message *m = &orl_messages[k];
		enum orl_channel ch = (enum orl_channel)(m->id >> 8);
		size_t n = 1 + sample_make(&r, m, data, SAMPLE_MOST);
		if (m->dir & ORL_C2S)
			assert_true(n <= orl_link_message_max(ORL_CLIENT, ch));
		if (m->dir & ORL_S2C)
			assert_true(n <= orl_link_message_max(ORL_SERVER, ch));
		/* All of a login fits before the channels are open. */
		if (m->id < ORL_MSG_bye)
			assert_true(n <= ORL_MESSAGE_MAX_EARLY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_stays_bad),
		cmocka_unit_test(a_writer_counts_beyond_its_room),
		cmocka_unit_test(text_is_utf8),
		cmocka_unit_test(bytes_are_as_described),
		cmocka_unit_test(every_message_is_well_formed),
		cmocka_unit_test(every_message_fits_the_link),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

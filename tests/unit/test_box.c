/*
 * test_box.c - the viewer believes its process nothing: any message, in any
 * order, of any size, rings and pictures whose words lie.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "client/viewer/box_impl.h"
#include "tests/box_any.h"
#include "tests/rng.h"

struct random {
	struct any_source source; /* first */
	struct rng rng;
};

static uint64_t next(struct any_source *source)
{
	return rng_next(&((struct random *)source)->rng);
}

/* ---- messages ---------------------------------------------------------- */

static void sizes_are_exact(void **state)
{
	(void)state;
	for (uint64_t id = 0; id < ORL_BOX_IDS + 3; id++) {
		size_t n = sizeof(uint64_t);
		if (id == 0 || id >= ORL_BOX_IDS) {
			assert_int_equal(orl_box_size(id), 0);
			continue;
		}
		for (const struct any_field *f = any_rows[id].fields; f->kind;
				f++) {
			assert_int_equal(f->size % 8, 0);
			n += f->size;
		}
		/* No byte of a struct is of no field. */
		assert_int_equal(orl_box_size(id), n);
		assert_true(n <= sizeof(struct orl_box_message));
	}
}

static void a_size_that_lies_is_refused(void **state)
{
	struct random r = { { next }, { rng_seed(7) } };
	struct orl_box_message m;
	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t id = rng_below(&r.rng, ORL_BOX_IDS + 2);
		size_t n = rng_below(&r.rng, sizeof(m) + 1);
		if (id && id < ORL_BOX_IDS)
			any_message(&r.source, &m, id);
		m.id = id;
		if (n == orl_box_size(id))
			continue;
		assert_int_equal(
				orl_box_check(&m, n, ORL_BOX_UP), ORIEL_EPROTO);
	}
}

static void the_other_way_is_refused(void **state)
{
	struct orl_box_message m = { .id = ORL_BOX_TRUST };
	(void)state;
	assert_int_equal(
			orl_box_check(&m, orl_box_size(m.id), ORL_BOX_DOWN), 0);
	assert_int_equal(orl_box_check(&m, orl_box_size(m.id), ORL_BOX_UP),
			ORIEL_EPROTO);
}

static void what_is_accepted_is_in_range(void **state)
{
	struct random r = { { next }, { rng_seed(8) } };
	struct orl_box_message m;
	unsigned accepted = 0;
	(void)state;
	for (int i = 0; i < 50000; i++) {
		uint64_t id = 1 + rng_below(&r.rng, ORL_BOX_IDS - 1);
		const char *at = (const char *)&m.u;
		any_message(&r.source, &m, id);
		if (orl_box_check(&m, orl_box_size(id),
				    any_rows[id].direction) != 0)
			continue;
		accepted++;
		for (const struct any_field *f = any_rows[id].fields; f->kind;
				at += f->size, f++) {
			int64_t number;
			memcpy(&number, at, sizeof(number));
			if (f->kind == 1)
				assert_true(number >= f->least &&
						number <= f->most);
			if (f->kind == 2)
				assert_non_null(memchr(at, 0, f->size));
			for (size_t k = 0; f->kind == 2 && at[k] &&
					   any_rows[id].direction == ORL_BOX_UP;
					k++)
				assert_true((unsigned char)at[k] >= ' ' &&
						at[k] != 0x7f);
		}
	}
	assert_true(accepted > 1000);
}

static void texts_are_made_printable(void **state)
{
	static const struct {
		const char *said, *shown;
	} texts[] = {
		{ "plain \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
				"plain \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "\033[2J\007", "?[2J?" },
		{ "a\nb\tc", "a b c" },
		{ "\xc2\x9b"
		  "31m",
				"??31m" },
		{ "\xc0\x80\xff\xed\xa0\x80\xe2\x82", "????????" },
		{ "\xf4\x90\x80\x80", "????" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct orl_box_message m = { .id = ORL_BOX_NOTICE };
		strcpy(m.u.notice.text, texts[i].said);
		assert_int_equal(orl_box_check(&m, orl_box_size(m.id),
						 ORL_BOX_UP),
				0);
		assert_string_equal(m.u.notice.text, texts[i].shown);
	}
	char cut[8];
	ORL_BOX_TEXT(cut, "abcdef\xc3\xa4");
	assert_string_equal(cut, "abcdef");
}

/* ---- a hostile process ------------------------------------------------- */

static int send_to(int process, struct orl_box_message *m)
{
	struct orl_box_message answer;
	int file;
	/* Whatever it was told is not looked at. */
	while (orl_box_receive(process, &answer, ORL_BOX_DOWN, &file, 1) > 0)
		if (file >= 0)
			close(file);
	return orl_box_send(process, m, NULL, 0);
}

static void session(struct random *r, bool shut_in)
{
	struct any_seen seen = { 0 };
	struct orl_box_ring rings[ORL_RINGS];
	struct orl_box_message m = { .id = ORL_BOX_JAILED };
	int process;
	struct orl_box *box = any_box(&seen, &process, rings);
	if (shut_in) {
		assert_int_equal(send_to(process, &m), 0);
		assert_int_equal(orl_box_wait(box, 0), 0);
	}
	for (int i = 0; i < 200 && box->begun; i++) {
		uint64_t id = 1 + rng_below(&r->rng, ORL_BOX_IDS - 1);
		if (shut_in && any_rows[id].direction != ORL_BOX_UP)
			continue;
		any_message(&r->source, &m, id);
		/* Small displays, and few of them: to come further. */
		if (id == ORL_BOX_ASK_SHEET || id == ORL_BOX_SCREEN) {
			m.u.ask_sheet.slot = (int64_t)rng_below(&r->rng, 3);
			m.u.ask_sheet.width = m.u.ask_sheet.height = 64;
		}
		if (id == ORL_BOX_SCREEN) {
			m.u.screen.id = m.u.screen.slot;
			m.u.screen.x = m.u.screen.y = 0;
			m.u.screen.width = m.u.screen.height = 64;
		}
		if (rng_below(&r->rng, 8) == 0)
			atomic_store(rings[rng_below(&r->rng, ORL_RINGS)].head,
					(uint32_t)rng_next(&r->rng));
		if (id == ORL_BOX_CLIP_UP && rng_below(&r->rng, 2))
			strcpy(m.u.clip_up.text, "text/plain");
		if (send_to(process, &m) != 0)
			break;
		assert_int_equal(orl_box_wait(box, 0), 0);
	}
	close(process);
	while (box->begun)
		assert_int_equal(orl_box_wait(box, 10), 0);
	any_take(&seen);
	assert_int_equal(seen.ended, 1);
	assert_int_equal(seen.screens, 0);
	assert_int_equal(seen.pastes, 0);
	assert_int_equal(seen.jobs, 0);
	assert_int_equal(seen.devices, 0);
	assert_false(seen.sounds || seen.mic_wanted);
	orl_rings_unmap(rings);
	orl_box_destroy(box);
}

static void any_process_ends_its_own_session_only(void **state)
{
	struct random r = { { next }, { rng_seed(9) } };
	(void)state;
	for (int i = 0; i < 400; i++)
		session(&r, i % 8 != 0);
}

/* Each is refused, in a session that went well up to then. */
static void lies_about_screens_end_it(void **state)
{
	enum { CASES = 8 };
	(void)state;
	for (int i = 0; i < CASES; i++) {
		struct any_seen seen = { 0 };
		struct orl_box_ring rings[ORL_RINGS];
		int process;
		struct orl_box *box = any_box(&seen, &process, rings);
		struct orl_box_message m[] = {
			{ .id = ORL_BOX_JAILED },
			{ .id = ORL_BOX_ASK_SHEET,
					.u.ask_sheet = { 3, 64, 48 } },
			{ .id = ORL_BOX_SCREEN,
					.u.screen = { 3, 1, 0, 0, 64, 48,
							"a" } },
		};
		static const struct orl_box_message lies[CASES] = {
			/* of another size than its memory */
			{ .id = ORL_BOX_SCREEN,
					.u.screen = { 3, 1, 0, 0, 65, 48,
							"a" } },
			/* another display in its place */
			{ .id = ORL_BOX_SCREEN,
					.u.screen = { 3, 2, 0, 0, 64, 48,
							"a" } },
			/* without memory */
			{ .id = ORL_BOX_SCREEN,
					.u.screen = { 4, 2, 0, 0, 64, 48,
							"a" } },
			/* beyond its edge */
			{ .id = ORL_BOX_UPDATED,
					.u.updated = { 3, 1,
							{ { 60, 0, 5, 1 } } } },
			/* of a display that is not there */
			{ .id = ORL_BOX_UPDATED,
					.u.updated = { 5, 1,
							{ { 0, 0, 1, 1 } } } },
			{ .id = ORL_BOX_REMOVED, .u.removed = { 0 } },
			/* more than all displays may have */
			{ .id = ORL_BOX_ASK_SHEET,
					.u.ask_sheet = { 2, 16384, 16384 } },
			/* a cursor whose pixels were not sent */
			{ .id = ORL_BOX_CURSOR, .u.cursor = { 16, 16, 0, 0 } },
		};
		for (int k = 0; k < 3; k++) {
			assert_int_equal(send_to(process, &m[k]), 0);
			assert_int_equal(orl_box_wait(box, 0), 0);
			assert_true(box->begun);
		}
		assert_int_equal(seen.screens, 1);
		m[0] = lies[i];
		assert_int_equal(send_to(process, &m[0]), 0);
		assert_int_equal(orl_box_wait(box, 0), 0);
		if (box->begun)
			fail_msg("lie %d was believed", i);
		assert_int_equal(seen.ended, 1);
		assert_int_equal(seen.screens, 0);
		assert_true(orl_box_crashed(box));
		close(process);
		orl_rings_unmap(rings);
		orl_box_destroy(box);
	}
}

/* Of a job the viewer has said yes to: number 5, for the one printer. */
static void lies_about_printing_end_it(void **state)
{
	static const struct orl_box_message lies[] = {
		/* a printer that nobody told of; a format it does not take */
		{ .id = ORL_BOX_PRINT_STARTED,
				.u.print_started = { .job = 6,
						.printer = 3,
						.format = 1 } },
		{ .id = ORL_BOX_PRINT_STARTED,
				.u.print_started = { .job = 6,
						.printer = 2,
						.format = 4 } },
		{ .id = ORL_BOX_PRINT_STARTED,
				.u.print_started = { .job = 6,
						.printer = 2,
						.format = 1,
						.side = 3 } },
		/* pages that end before they begin */
		{ .id = ORL_BOX_PRINT_STARTED,
				.u.print_started = { .job = 6,
						.printer = 2,
						.format = 1,
						.first = 3,
						.last = 2 } },
		/* a number that was used */
		{ .id = ORL_BOX_PRINT_STARTED,
				.u.print_started = { .job = 5,
						.printer = 2,
						.format = 1 } },
		/* more than the window; not there; of no job; not wanted */
		{ .id = ORL_BOX_PRINT_DATA, .u.print_data = { 5, 16360 } },
		{ .id = ORL_BOX_PRINT_DATA, .u.print_data = { 5, 9 } },
		{ .id = ORL_BOX_PRINT_DATA, .u.print_data = { 6, 9 } },
		{ .id = ORL_BOX_PRINT_FINISHED, .u.print_finished = { 6 } },
		{ .id = ORL_BOX_PRINT_DROPPED, .u.print_dropped = { 6, 0 } },
	};
	static const uint8_t bytes[16360];
	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct any_seen seen = { 0 };
		struct orl_box_ring rings[ORL_RINGS];
		struct orl_box_message m = { .id = ORL_BOX_PRINT_STARTED,
			.u.print_started = {
					.job = 5, .printer = 2, .format = 1 } };
		int process;
		unsigned n = 0;
		struct orl_box *box = any_box(&seen, &process, rings);
		box->jailed = true;
		assert_int_equal(orl_box_check(&m, orl_box_size(m.id),
						 ORL_BOX_UP),
				0);
		assert_int_equal(orl_box_event(box, &m), 0);
		assert_int_equal(seen.jobs, 1);
		m = lies[i];
		assert_int_equal(orl_box_check(&m, orl_box_size(m.id),
						 ORL_BOX_UP),
				0);
		int err;
		do {
			seen.events = 1; /* it is not taken */
			if (i == 5 || i == 7)
				assert_int_equal(
						orl_box_ring_put(
								&rings[ORL_RING_PRINT],
								bytes,
								sizeof(bytes)),
						0);
			err = orl_box_event(box, &m);
		} while (!err && ++n < 40);
		if (err != ORIEL_EPROTO)
			fail_msg("lie %zu was believed", i);
		assert_int_equal(n, i == 5 ? (256 << 10) / 16360 : 0);
		orl_box_lost(box, "lies");
		assert_int_equal(seen.jobs, 0);
		close(process);
		orl_rings_unmap(rings);
		orl_box_destroy(box);
	}
}

/* Of two devices that are offered, of which 1 is open and has sent 10 bytes. */
static void lies_about_devices_end_it(void **state)
{
	static const struct orl_box_message lies[] = {
		/* one that there never was; one that is not open */
		{ .id = ORL_BOX_USB_ANSWERED, .u.usb_answered = { 3, 0, "" } },
		{ .id = ORL_BOX_USB_DATA, .u.usb_data = { 2, 9 } },
		/* not there; taken, but not sent; opened twice */
		{ .id = ORL_BOX_USB_DATA, .u.usb_data = { 1, 32768 } },
		{ .id = ORL_BOX_USB_TAKEN, .u.usb_taken = { 1, 1 } },
		{ .id = ORL_BOX_USB_ANSWERED, .u.usb_answered = { 1, 0, "" } },
		{ .id = ORL_BOX_USB_DETACHED, .u.usb_detached = { 9, 0, "" } },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct any_seen seen = { 0 };
		struct orl_box_ring rings[ORL_RINGS];
		struct orl_box_message m = { .id = ORL_BOX_USB_ANSWERED,
			.u.usb_answered = { 1, 0, "" } };
		int process;
		struct orl_box *box = any_box(&seen, &process, rings);
		box->jailed = true;
		assert_int_equal(orl_box_event(box, &m), 0);
		assert_int_equal(orl_box_usb_room(box, 1), ORL_BOX_USB_WINDOW);
		assert_int_equal(orl_box_usb_room(box, 2), 0);
		assert_int_equal(orl_box_ring_put(&rings[ORL_RING_USB_UP],
						 "0123456789", 10),
				0);
		m = lies[i];
		assert_int_equal(orl_box_check(&m, orl_box_size(m.id),
						 ORL_BOX_UP),
				0);
		if (orl_box_event(box, &m) != ORIEL_EPROTO)
			fail_msg("lie %zu was believed", i);
		assert_int_equal(seen.devices, 2);
		orl_box_lost(box, "lies");
		assert_int_equal(seen.devices, 0);
		close(process);
		orl_rings_unmap(rings);
		orl_box_destroy(box);
	}
}

/* No device hears what is not its protocol, and no other one suffers. */
static void a_device_hears_its_protocol_alone(void **state)
{
	struct any_seen seen = { 0 };
	struct orl_box_ring rings[ORL_RINGS];
	struct orl_box_message m = { .id = ORL_BOX_USB_ANSWERED,
		.u.usb_answered = { 1, 0, "" } };
	uint8_t junk[4096];
	int process;
	struct orl_box *box = any_box(&seen, &process, rings);
	(void)state;
	box->jailed = true;
	assert_int_equal(orl_box_event(box, &m), 0);
	unsigned before = seen.events;
	memset(junk, 0xa5, sizeof(junk));
	assert_int_equal(orl_box_ring_put(&rings[ORL_RING_USB_UP], junk,
					 sizeof(junk)),
			0);
	m = (struct orl_box_message){ .id = ORL_BOX_USB_DATA,
		.u.usb_data = { 1, sizeof(junk) } };
	assert_int_equal(orl_box_event(box, &m), 0);
	assert_int_equal(seen.events, before);
	assert_int_equal(seen.devices, 1);
	assert_int_equal(orl_box_usb_room(box, 1), 0);
	/* Late, of one that is gone: taken out of the ring, and no more. */
	assert_int_equal(orl_box_ring_put(&rings[ORL_RING_USB_UP], junk,
					 sizeof(junk)),
			0);
	assert_int_equal(orl_box_event(box, &m), 0);
	assert_int_equal(orl_box_ring_there(&box->rings[ORL_RING_USB_UP]), 0);
	/* Nor does the desktop from a device. */
	m = (struct orl_box_message){ .id = ORL_BOX_USB_ANSWERED,
		.u.usb_answered = { 2, 0, "" } };
	assert_int_equal(orl_box_event(box, &m), 0);
	assert_int_equal(orl_box_usb_send(box, 2, junk, sizeof(junk)),
			ORIEL_EPROTO);
	assert_int_equal(orl_box_usb_send(box, 2, junk, 1), ORIEL_ESTATE);
	assert_true(box->begun);
	close(process);
	orl_rings_unmap(rings);
	orl_box_destroy(box);
}

/* A process that reads nothing keeps nobody waiting. */
static void input_for_nobody_is_dropped(void **state)
{
	struct any_seen seen = { 0 };
	struct orl_box_ring rings[ORL_RINGS];
	struct oriel_pointer p = { .display = 1 };
	int process, err = 0;
	struct orl_box *box = any_box(&seen, &process, rings);
	(void)state;
	atomic_store(&box->ready, true);
	atomic_store(&box->rights, ORIEL_MAY_INPUT);
	for (int i = 0; i < 20000 && !err; i++)
		err = orl_box_pointer(box, &p);
	assert_int_equal(err, ORIEL_ELIMIT);
	assert_true(box->queue.n > 0 && box->queue.n <= 2048);
	/* It reads again: what waited comes, and that all is up. */
	struct orl_box_message m = { 0 };
	uint64_t last = 0;
	int got = 1, file;
	for (int i = 0; i < 50000 && last != ORL_BOX_RELEASE_ALL; i++) {
		got = orl_box_receive(process, &m, ORL_BOX_DOWN, &file, 1);
		if (got > 0)
			last = m.id;
		else
			assert_int_equal(orl_box_wait(box, 0), 0);
		assert_true(got >= 0);
	}
	assert_int_equal(last, ORL_BOX_RELEASE_ALL);
	close(process);
	orl_rings_unmap(rings);
	orl_box_destroy(box);
}

/* ---- rings ------------------------------------------------------------- */

static void a_ring_gives_what_was_put(void **state)
{
	struct rng r = { rng_seed(10) };
	struct orl_box_ring in[ORL_RINGS], out[ORL_RINGS];
	static uint8_t bytes[1 << 19], got[1 << 19];
	uint8_t put_next = 0, get_next = 0;
	size_t there = 0;
	int file;
	(void)state;
	assert_int_equal(orl_rings_create(&file), 0);
	assert_int_equal(orl_rings_map(in, file), 0);
	assert_int_equal(orl_rings_map(out, file), 0);
	for (int i = 0; i < 2000; i++) {
		size_t n = rng_below(&r, 1 << (1 + rng_below(&r, 18)));
		for (size_t k = 0; k < n; k++)
			bytes[k] = (uint8_t)(put_next + k);
		int err = orl_box_ring_put(&in[0], bytes, n);
		assert_int_equal(
				err, there + n > in[0].size ? ORIEL_ELIMIT : 0);
		if (!err) {
			put_next = (uint8_t)(put_next + n);
			there += n;
		}
		assert_int_equal(orl_box_ring_there(&out[0]), there);
		n = rng_below(&r, 1 << (1 + rng_below(&r, 18)));
		err = orl_box_ring_get(&out[0], got, n);
		assert_int_equal(err, n > there ? ORIEL_ELIMIT : 0);
		for (size_t k = 0; !err && k < n; k++)
			assert_int_equal(got[k], get_next++);
		there -= err ? 0 : n;
	}
	orl_rings_unmap(in);
	orl_rings_unmap(out);
	close(file);
}

static void a_ring_that_lies_is_not_read(void **state)
{
	struct rng r = { rng_seed(11) };
	struct orl_box_ring in[ORL_RINGS], out[ORL_RINGS];
	uint8_t byte = 0;
	int file;
	(void)state;
	assert_int_equal(orl_rings_create(&file), 0);
	assert_int_equal(orl_rings_map(in, file), 0);
	assert_int_equal(orl_rings_map(out, file), 0);
	for (int i = 0; i < 1000; i++) {
		uint32_t lie = out[0].at + out[0].size + 1 +
			       (uint32_t)rng_below(
					       &r, UINT32_MAX - out[0].size);
		atomic_store(in[0].head, lie);
		assert_int_equal(orl_box_ring_there(&out[0]), ORIEL_EPROTO);
		assert_int_equal(orl_box_ring_get(&out[0], &byte, 1),
				ORIEL_EPROTO);
		atomic_store(in[0].tail,
				in[0].at + 1 +
						(uint32_t)rng_below(&r,
								UINT32_MAX - in[0].size));
		assert_int_equal(orl_box_ring_put(&in[0], &byte, 1),
				ORIEL_EPROTO);
	}
	orl_rings_unmap(in);
	orl_rings_unmap(out);
	close(file);
}

/* ---- pictures ---------------------------------------------------------- */

enum { SIDE = 300, ROUNDS = 300 };

struct writer {
	struct orl_sheet sheet;
	atomic_bool stop;
};

static void *write_pictures(void *arg)
{
	struct writer *w = arg;
	for (uint32_t n = 1; !atomic_load(&w->stop); n++) {
		orl_sheet_write(&w->sheet);
		for (size_t i = 0; i < SIDE * SIDE; i++)
			w->sheet.pixels[i] = n;
		orl_sheet_write_end(&w->sheet);
	}
	return NULL;
}

static void pictures_are_of_one_moment(void **state)
{
	struct orl_sheet mine;
	struct writer w = { .stop = false };
	pthread_t thread;
	unsigned whole = 0, others = 0, rounds = 0;
	uint32_t before = 0;
	int file;
	(void)state;
	assert_int_equal(orl_sheet_create(&mine, &file, SIDE, SIDE), 0);
	assert_int_equal(orl_sheet_map(&w.sheet, file, SIDE, SIDE), 0);
	close(file);
	assert_int_equal(pthread_create(&thread, NULL, write_pictures, &w), 0);
	/* Longer where who writes has to wait for a processor. */
	for (; rounds < ROUNDS || (others < 2 && rounds < 100 * ROUNDS);
			rounds++) {
		orl_sheet_read(&mine);
		uint32_t first = mine.pixels[0];
		bool same = true;
		for (size_t k = 0; k < SIDE * SIDE; k++)
			same &= mine.pixels[k] == first;
		if (orl_sheet_read_end(&mine)) {
			assert_true(same);
			whole++;
		}
		others += first != before;
		usleep(100);
		before = first;
	}
	atomic_store(&w.stop, true);
	pthread_join(thread, NULL);
	print_message("%u of %u whole, %u different\n", whole, rounds, others);
	/* Neither keeps the other out. */
	assert_true(whole > rounds / 2);
	assert_true(others > 1);
	orl_sheet_free(&mine);
	orl_sheet_free(&w.sheet);
}

static void a_picture_stays_as_large_as_it_is(void **state)
{
	struct orl_sheet mine;
	int file;
	(void)state;
	assert_int_equal(orl_sheet_create(&mine, &file, SIDE, SIDE), 0);
	assert_int_equal(ftruncate(file, 4096), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(file, 1 << 30), -1);
	assert_int_equal(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE), -1);
	/* The viewer's own view of it cannot be written. */
	assert_int_equal(mprotect(mine.pixels, 4096, PROT_READ), 0);
	close(file);
	/* Words that lie keep nobody for long, and nothing is whole. */
	atomic_store(&mine.head->writing, 77);
	orl_sheet_read(&mine);
	assert_false(orl_sheet_read_end(&mine));
	atomic_store(&mine.head->writing, 2);
	orl_sheet_read(&mine);
	assert_false(orl_sheet_read_end(&mine));
	orl_sheet_free(&mine);
}

/* ---- sound ------------------------------------------------------------- */

struct maker {
	struct orl_box_ring rings[ORL_RINGS]; /* as the process has them */
	atomic_bool ends;
};

/* As much as is asked for, counted on. */
static void *make_sound(void *user)
{
	struct maker *m = user;
	_Atomic uint32_t *bell = orl_rings_bell(m->rings);
	uint32_t made = 0;
	while (!atomic_load(&m->ends)) {
		uint32_t asked = atomic_load(bell);
		for (; made != asked; made += 4) {
			const uint32_t frame = made / 4;
			assert_int_equal(
					orl_box_ring_put(
							&m->rings[ORL_RING_PCM],
							&frame, 4),
					0);
		}
		orl_box_word_wake(m->rings[ORL_RING_PCM].head);
		orl_box_word_wait(bell, asked, 0);
	}
	return NULL;
}

static void sound_is_made_when_it_is_asked_for(void **state)
{
	struct orl_box *box = calloc(1, sizeof(*box));
	static struct maker m;
	uint32_t frames[512];
	int16_t *samples = (int16_t *)(void *)frames;
	pthread_t thread;
	int file = -1;
	(void)state;
	assert_non_null(box);
	pthread_mutex_init(&box->rings_lock, NULL);
	/* Without a process there is silence. */
	memset(frames, 1, sizeof(frames));
	assert_false(orl_box_hear(box, samples, 480));
	assert_int_equal(frames[479], 0);
	assert_int_equal(orl_rings_create(&file), 0);
	assert_int_equal(orl_rings_map(box->rings, file), 0);
	assert_int_equal(orl_rings_map(m.rings, file), 0);
	close(file);
	/* One that does nothing: also, and not for long. */
	for (int i = 0; i < 3; i++) {
		memset(frames, 1, sizeof(frames));
		assert_false(orl_box_hear(box, samples, 480));
		assert_int_equal(frames[0], 0);
		assert_int_equal(frames[479], 0);
	}
	/* One that comes late gives what was asked for, once. */
	pthread_create(&thread, NULL, make_sound, &m);
	uint32_t next = 0;
	for (int i = 0; i < 300; i++) {
		const size_t n = 1 + (size_t)i % 512;
		memset(frames, 0xff, sizeof(frames));
		if (!orl_box_hear(box, samples, n))
			continue;
		for (size_t k = 0; k < n && (frames[k] || !next); k++)
			assert_int_equal(frames[k], next++);
		/* No more than one call asks for is there, or on its way. */
		assert_true(box->asked_for - box->rings[ORL_RING_PCM].at <=
				(512 + 1440) * 4);
	}
	assert_true(next > 1000);
	atomic_store(&m.ends, true);
	atomic_fetch_add(orl_rings_bell(m.rings), 4);
	orl_box_word_wake(orl_rings_bell(m.rings));
	pthread_join(thread, NULL);
	/* Places that cannot be are no sound either, and do no harm. */
	atomic_store(m.rings[ORL_RING_PCM].head, 0xdeadbeef);
	assert_false(orl_box_hear(box, samples, 480));
	orl_rings_unmap(m.rings);
	orl_rings_unmap(box->rings);
	pthread_mutex_destroy(&box->rings_lock);
	free(box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_exact),
		cmocka_unit_test(a_size_that_lies_is_refused),
		cmocka_unit_test(the_other_way_is_refused),
		cmocka_unit_test(what_is_accepted_is_in_range),
		cmocka_unit_test(texts_are_made_printable),
		cmocka_unit_test(any_process_ends_its_own_session_only),
		cmocka_unit_test(lies_about_screens_end_it),
		cmocka_unit_test(lies_about_printing_end_it),
		cmocka_unit_test(lies_about_devices_end_it),
		cmocka_unit_test(a_device_hears_its_protocol_alone),
		cmocka_unit_test(input_for_nobody_is_dropped),
		cmocka_unit_test(a_ring_gives_what_was_put),
		cmocka_unit_test(a_ring_that_lies_is_not_read),
		cmocka_unit_test(pictures_are_of_one_moment),
		cmocka_unit_test(a_picture_stays_as_large_as_it_is),
		cmocka_unit_test(sound_is_made_when_it_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

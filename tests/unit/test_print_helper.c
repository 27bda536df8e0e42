/*
 * test_print_helper.c - what oriel-ipp is told when it does not read: nothing
 * is lost that still counts, and nothing piles up.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/capture.h"
#include "capture/print_helper.h"

enum { PRINTERS = 4, TIMES = 3000 };

/* What it would know by now. */
struct knows {
	uint32_t names[PRINTERS]; /* the number in the name; 0: none */
	uint64_t credit;
	enum oriel_print_state state;
};

static int ends[2];
static struct orl_print_helper helper;

static int open_pair(void **state)
{
	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0)
		return -1;
	helper = (struct orl_print_helper){
		.pipe = ends[0], .pid = 1, .listener = -1
	};
	return 0;
}

static void read_all(struct knows *k)
{
	static struct orl_printpipe m;
	uint8_t packet[ORL_PIPE_PACKET_MAX];
	ssize_t n;

	while ((n = recv(ends[1], packet, sizeof(packet), MSG_DONTWAIT)) > 0) {
		assert_int_equal(orl_printpipe_get(&m, packet, (size_t)n), 0);
		if (m.kind == ORL_PIPE_PRINTER)
			assert_int_equal(sscanf(m.text, "number %u",
							 &k->names[m.slot]),
					1);
		else if (m.kind == ORL_PIPE_GONE)
			k->names[m.slot] = 0;
		else if (m.kind == ORL_PIPE_CREDIT)
			k->credit += m.bytes;
		else if (m.kind == ORL_PIPE_STATUS)
			k->state = m.state;
	}
}

static int tell_printer(uint32_t slot, uint32_t number)
{
	static struct oriel_print_size media[ORIEL_PRINT_SIZES_MAX];
	struct orl_printpipe m = { .kind = ORL_PIPE_PRINTER,
		.slot = slot,
		.queue = "queue",
		.printer = { .formats = 1,
				.colours = 1,
				.sides = 1,
				.qualities = 1,
				.resolutions = 1,
				.media = media,
				.n_media = ORIEL_PRINT_SIZES_MAX } };
	char name[32];

	for (size_t i = 0; i < ORIEL_PRINT_SIZES_MAX; i++)
		media[i] = (struct oriel_print_size){ 21000, 29700 };
	snprintf(name, sizeof(name), "number %u", (unsigned)number);
	m.printer.name = name;
	return orl_print_helper_tell(&helper, &m);
}

static void the_newest_arrives(void **state)
{
	struct knows knows = { .credit = 0 };
	uint64_t due = ORL_NEVER;

	(void)state;
	for (uint32_t i = 1; i <= TIMES; i++) {
		assert_int_equal(tell_printer(i % PRINTERS, i), 0);
		assert_int_equal(
				orl_print_helper_tell(&helper,
						&(struct orl_printpipe){
								.kind = ORL_PIPE_CREDIT,
								.job = 7,
								.bytes = 10 }),
				0);
		assert_int_equal(
				orl_print_helper_tell(&helper,
						&(struct orl_printpipe){
								.kind = ORL_PIPE_STATUS,
								.job = 7,
								.state = i == TIMES ? ORIEL_PRINT_DONE
										    : ORIEL_PRINT_RUNNING }),
				0);
	}
	/* The last of slot 1 has gone. */
	assert_int_equal(orl_print_helper_tell(&helper,
					 &(struct orl_printpipe){
							 .kind = ORL_PIPE_GONE,
							 .slot = 1 }),
			0);
	assert_true(orl_print_helper_waits(&helper, &due));
	assert_true(due < orl_now() + 60 * ORL_SEC);
	/* It waits for each of them but once. */
	assert_true(helper.word_count <= PRINTERS + 2);
	for (int i = 0; i < 100 && orl_print_helper_waits(&helper, &due); i++) {
		read_all(&knows);
		assert_int_equal(orl_print_helper_flush(&helper), 0);
	}
	assert_false(orl_print_helper_waits(&helper, &due));
	read_all(&knows);
	assert_int_equal(knows.names[0], TIMES);
	assert_int_equal(knows.names[1], 0);
	assert_int_equal(knows.names[2], TIMES - 2);
	assert_int_equal(knows.names[3], TIMES - 1);
	assert_int_equal(knows.credit, 10 * TIMES);
	assert_int_equal(knows.state, ORIEL_PRINT_DONE);
}

static void one_that_has_ended_is_an_error(void **state)
{
	(void)state;
	close(ends[1]);
	assert_int_equal(tell_printer(0, 1), EPIPE);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_arrives),
		cmocka_unit_test(one_that_has_ended_is_an_error),
	};

	return cmocka_run_group_tests(tests, open_pair, NULL);
}

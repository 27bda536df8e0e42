/* test_files.c - read whole, replaced at once, kept from others. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/files.h"
#include "capture/unpack.h"

static char folder[] = "/tmp/oriel-files-XXXXXX", path[64];

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/file", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void what_is_replaced_is_read(void **state)
{
	struct stat st;
	char *text;
	size_t n;

	(void)state;
	assert_int_equal(orl_file_replace(path, "first text", 10), 0);
	assert_int_equal(orl_file_replace(path, "second", 6), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(orl_file_read(&text, &n, path, 6), 0);
	assert_int_equal(n, 6);
	assert_string_equal(text, "second");
	orl_file_free(text, n);
	assert_int_equal(orl_file_read(&text, &n, path, 5), -EFBIG);
	/* Nothing else was left in the folder: teardown removes it. */
}

static void what_is_no_file_is_refused(void **state)
{
	char *text;
	size_t n;

	(void)state;
	assert_int_equal(orl_file_read(&text, &n, folder, 100), -EINVAL);
	assert_int_equal(orl_file_read(&text, &n, "/nowhere/x", 100), -ENOENT);
	assert_int_equal(orl_file_replace("/nowhere/x", "", 0), -ENOENT);
	orl_file_free(NULL, 0);
}

static void rectangles_come_back_from_a_file(void **state)
{
	enum { WIDTH = 20, HEIGHT = 600 };
	static uint32_t a[WIDTH * HEIGHT], b[WIDTH * HEIGHT];
	const struct oriel_rect r = { 3, 7, 11, 590 };
	FILE *f = tmpfile();
	uint64_t at = 100;

	(void)state;
	assert_non_null(f);
	for (int i = 0; i < WIDTH * HEIGHT; i++)
		a[i] = (uint32_t)i + 1;
	assert_int_equal(
			orl_unpack_write_rect(fileno(f), &at, a, WIDTH, &r), 0);
	assert_int_equal(at, 100 + 11 * 590 * 4);
	at = 100;
	assert_int_equal(orl_unpack_read_rect(fileno(f), &at, b, WIDTH, &r), 0);
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++)
			assert_int_equal(b[y * WIDTH + x],
					x >= 3 && x < 14 && y >= 7 && y < 597
							? a[y * WIDTH + x]
							: 0);
	assert_int_equal(orl_unpack_read_rect(fileno(f), &at, b, WIDTH, &r),
			ORIEL_EIO);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_replaced_is_read),
		cmocka_unit_test(what_is_no_file_is_refused),
		cmocka_unit_test(rectangles_come_back_from_a_file),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

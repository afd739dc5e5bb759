/* SPDX-License-Identifier: ISC */
/*
 * saved: the file is read as if a stranger had written it.
 */
#include "tests/unit/test_router.h"

static void
saved_file_of_somebody_else_is_not_used(void **state)
{
	struct want_saved s;
	char other[100];
	struct lab l;
	int fd;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	assert_int_equal(saved_load(l.saved, &s), -ENOENT);
	snprintf(other, sizeof(other), "%s/other", l.dir);
	fd = open(other, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(symlink(other, l.saved), 0);
	assert_int_equal(saved_load(l.saved, &s), -ELOOP);
	assert_int_equal(unlink(l.saved), 0);
	assert_int_equal(mkfifo(l.saved, 0600), 0);
	assert_int_equal(saved_load(l.saved, &s), -EPERM);
	assert_int_equal(unlink(l.saved), 0);
	assert_int_equal(rename(other, l.saved), 0);
	assert_int_equal(saved_load(l.saved, &s), -EINVAL);
	assert_int_equal(chmod(l.saved, 0666), 0);
	assert_int_equal(saved_load(l.saved, &s), -EPERM);
	lab_free(&l);
}

static void
saved_planted_temporary_is_not_followed(void **state)
{
	char tmp[100], other[100];
	struct stat st;
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, "12");
	snprintf(tmp, sizeof(tmp), "%s.tmp", l.saved);
	snprintf(other, sizeof(other), "%s/other", l.dir);
	assert_int_equal(symlink(other, tmp), 0);
	lab_apply(&l, "bg");
	assert_int_equal(stat(l.saved, &st), 0);
	assert_int_equal(access(other, F_OK), -1);
	assert_int_equal(access(tmp, F_OK), -1);
	lab_free(&l);
}

/* Every single byte of the file, changed: never used, never harmful. */
static void
saved_any_damaged_byte_is_refused(void **state)
{
	struct want_saved s;
	unsigned char *bytes;
	struct stat st;
	struct lab l;
	size_t i;
	FILE *f;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, "12");
	lab_apply(&l, "bg");
	assert_int_equal(saved_load(l.saved, &s), 0);
	assert_true(s.present[NET_V4]);
	assert_int_equal(stat(l.saved, &st), 0);
	bytes = malloc((size_t)st.st_size);
	assert_non_null(bytes);
	f = fopen(l.saved, "r+");
	assert_non_null(f);
	assert_int_equal(fread(bytes, 1, (size_t)st.st_size, f), st.st_size);
	for (i = 0; i < (size_t)st.st_size; i += i < 64 ? 1 : 37) {
		assert_int_equal(fseek(f, (long)i, SEEK_SET), 0);
		fputc(bytes[i] ^ 0x41, f);
		fflush(f);
		assert_int_equal(saved_load(l.saved, &s), -EINVAL);
		assert_false(s.present[NET_V4]);
		assert_int_equal(fseek(f, (long)i, SEEK_SET), 0);
		fputc(bytes[i], f);
		fflush(f);
	}
	assert_int_equal(saved_load(l.saved, &s), 0);
	assert_int_equal(ftruncate(fileno(f), st.st_size - 1), 0);
	assert_int_equal(saved_load(l.saved, &s), -EINVAL);
	fclose(f);
	free(bytes);
	warnings = 0;
	lab_crash(&l);
	assert_int_equal(warnings, 1);
	lab_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(saved_file_of_somebody_else_is_not_used),
		cmocka_unit_test(saved_planted_temporary_is_not_followed),
		cmocka_unit_test(saved_any_damaged_byte_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

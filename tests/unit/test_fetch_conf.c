/* SPDX-License-Identifier: ISC */
/* What may be written about a request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actions/fetch.h"
#include "actions/secret.h"

static void
url_of_another_kind_is_refused(void **state)
{
	static const char *const wrong[] = {
		"file:///etc/passwd", "ftp://192.0.2.1/", "gopher://a/",
		"http://", "192.0.2.1", "", "http://a b/",
		"http://u@192.0.2.1/", "http://u:p@192.0.2.1/",
		"http://192.0.2.1/#top", "http://192.0.2.1:99999/",
		"javascript:alert(1)", "scp://192.0.2.1/x",
	};
	bool tls;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (fetch_url_wrong(wrong[i], &tls) == NULL)
			fail_msg("%s is taken", wrong[i]);
}

static void
url_of_ours_is_taken(void **state)
{
	bool tls = true;

	(void)state;
	assert_null(fetch_url_wrong("http://192.0.2.1/reboot?x=1", &tls));
	assert_false(tls);
	assert_null(fetch_url_wrong("https://[2001:db8::1]:8443/", &tls));
	assert_true(tls);
	assert_null(fetch_url_wrong("https://hooks.example.net/a/b", &tls));
}

static void
headers_that_are_ours_are_refused(void **state)
{
	char *good[] = { "X-Token-Name: a", "Accept: */*", NULL };
	char *one[] = { NULL, NULL };
	static const char *const wrong[] = {
		"X", "X:", "X: ", ": a", "X Y: a", "X:a", "authorization: b",
		"Content-Length: 3", "Transfer-Encoding: chunked",
		"Expect: 100-continue", "Idempotency-Key: 1",
	};
	size_t i;

	(void)state;
	assert_null(fetch_headers_wrong(NULL));
	assert_null(fetch_headers_wrong(good));
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		one[0] = (char *)(uintptr_t)wrong[i];
		if (fetch_headers_wrong(one) == NULL)
			fail_msg("%s is taken", wrong[i]);
	}
}

static void
ranges_are_read(void **state)
{
	char *list[] = { "204", "3xx", "410-415", NULL };
	char *one[] = { NULL, NULL };
	static const char *const wrong[] = {
		"", "20", "2000", "200-", "299-200", "099", "600", "6xx",
		"2xy", "-200", "200-2999", " 200", "200,201", "0xx", "22xx",
	};
	struct fetch_ranges r;
	size_t i;

	(void)state;
	assert_null(fetch_ranges_read(list, &r));
	assert_true(fetch_ranges_have(&r, 204));
	assert_true(fetch_ranges_have(&r, 300));
	assert_true(fetch_ranges_have(&r, 399));
	assert_true(fetch_ranges_have(&r, 415));
	assert_false(fetch_ranges_have(&r, 200));
	assert_false(fetch_ranges_have(&r, 400));
	assert_false(fetch_ranges_have(&r, 416));
	assert_false(fetch_ranges_have(&r, 0));
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		one[0] = (char *)(uintptr_t)wrong[i];
		if (fetch_ranges_read(one, &r) == NULL)
			fail_msg("%s is taken", wrong[i]);
	}
}

static void
pin_is_a_digest(void **state)
{
	(void)state;
	assert_null(fetch_pin_wrong("sha256//"
	    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="));
	assert_non_null(fetch_pin_wrong("sha256//abc="));
	assert_non_null(fetch_pin_wrong("/etc/key.pem"));
	assert_non_null(fetch_pin_wrong("sha256//"
	    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;sha256//"));
}

static void
secret_is_hidden_wherever_it_stands(void **state)
{
	char text[] = "s3crets3cret and s3cr t", same[] = "a bb";
	char cut[] = "say s3cre", two[] = "of s3";
	char url[] = "Cannot POST /T0/s3cret, of https://chat.lab/T0/s3cret";
	char sasl[] = "500 AUTH PLAIN AGFkbWluAHMzY3JldA==, LOGIN czNjcmV0";
	char basic[] = "Basic YWRtaW46czNjcmV0 YTpiYmI= YTpiYmJi";

	(void)state;
	secret_hide(text, "s3cret");
	assert_string_equal(text, "************ and s3cr t");
	secret_hide(cut, "s3cret");
	assert_string_equal(cut, "say *****");
	secret_hide(two, "s3cret");
	assert_string_equal(two, "of s3");
	secret_hide_basic(basic, "admin", "s3cret");
	secret_hide_basic(basic, "a", "bbb");
	secret_hide_basic(basic, "a", "bbbb");
	assert_string_equal(basic, "Basic **************** ******** "
	    "********");
	secret_hide_sasl(sasl, "admin", "s3cret");
	assert_string_equal(sasl, "500 AUTH PLAIN ********************, LOGIN ********");
	secret_hide_url(url, "https://chat.lab/T0/s3cret");
	assert_string_equal(url, "Cannot POST **********, of "
	    "**************************");
	secret_hide_url(same, "https://chat.lab");
	secret_hide_url(same, "");
	secret_hide(same, "bb");
	assert_string_equal(same, "a bb");
	secret_hide(same, "");
	assert_string_equal(same, "a bb");
}

static void
put_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
secret_file_is_the_owners_alone(void **state)
{
	char dir[] = "/tmp/uplinkd-secret-XXXXXX", path[64], link[64];
	char buf[16], why[SECRET_WHY_MAX];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a", dir);
	snprintf(link, sizeof(link), "%s/b", dir);
	put_file(path, "s3cret\nrest\n", 0600);
	assert_int_equal(secret_read(path, "x", buf, sizeof(buf), why), 0);
	assert_string_equal(buf, "s3cret");
	assert_int_equal(symlink(path, link), 0);
	assert_true(secret_read(link, "x", buf, sizeof(buf), why) < 0);
	put_file(path, "s3cret", 0640);
	assert_true(secret_read(path, "x_file", buf, sizeof(buf), why) < 0);
	assert_int_equal(strncmp(why, "x_file: ", 8), 0);
	assert_null(strstr(why, "s3cret"));
	put_file(path, "\n", 0600);
	assert_true(secret_read(path, "x", buf, sizeof(buf), why) < 0);
	put_file(path, "0123456789abcdef", 0600);
	assert_true(secret_read(path, "x", buf, sizeof(buf), why) < 0);
	assert_true(secret_read(dir, "x", buf, sizeof(buf), why) < 0);
	unlink(link);
	unlink(path);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(url_of_another_kind_is_refused),
		cmocka_unit_test(url_of_ours_is_taken),
		cmocka_unit_test(headers_that_are_ours_are_refused),
		cmocka_unit_test(ranges_are_read),
		cmocka_unit_test(pin_is_a_digest),
		cmocka_unit_test(secret_is_hidden_wherever_it_stands),
		cmocka_unit_test(secret_file_is_the_owners_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

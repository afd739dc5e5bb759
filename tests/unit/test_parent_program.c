/* SPDX-License-Identifier: ISC */
/* Configured programs that would not be started are named beforehand. */
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

#include "conf/conf.h"
#include "dispatcher/kinds.h"
#include "dispatcher/parent.h"

static const char yaml[] =
    "user: nobody\n"
    "uplinks:\n"
    "  ext1:\n"
    "    interface: ext1\n"
    "    gateway: 192.0.2.1\n"
    "    probe: { targets: [ ping: gateway, run: [%1$s/check] ] }\n"
    "    recovery: { steps: [ { after: 1m, run: [%1$s/redial] } ] }\n"
    "  ext2:\n"
    "    interface: ext2\n"
    "    gateway: 203.0.113.1\n"
    "    probe: { targets: [ ping: gateway ] }\n"
    "actions:\n"
    "  good: { on: [down], run: [/bin/sh] }\n"
    "  bad: { on: [down], run: [%1$s/script] }\n"
    "  weak: { on: [down], run: { argv: [%1$s/script], user: nobody } }\n"
    "  who: { on: [down], run: { argv: [/bin/sh], user: no-such-account } }\n"
    "mail: { to: root, sendmail: [%1$s/mail, -t] }\n";

static char dir[64];
static char told[4096];

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/uplinkd-test.XXXXXX");
	told[0] = '\0';
	return mkdtemp(dir) == NULL ? -1 : chmod(dir, 0755);
}

static const char *const names[] = { "check", "redial", "script", "mail" };

static int
teardown(void **state)
{
	char path[128];
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)unlink(path);
	}
	return rmdir(dir);
}

static void
put(const char *name, mode_t mode)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd != -1);
	assert_int_equal(write(fd, "#!/bin/sh\n", 10), 10);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
say(const char *key, const char *path, const char *why)
{
	size_t at = strlen(told);

	snprintf(told + at, sizeof(told) - at, "%s: %s: %s\n", key,
	    strrchr(path, '/') + 1, why);
}

static size_t
check(void)
{
	struct conf *conf = NULL;
	char text[2048];
	size_t n;

	snprintf(text, sizeof(text), yaml, dir);
	assert_int_equal(conf_parse("test", text, strlen(text),
	    &conf_kinds_built_in, &conf, stderr), 0);
	n = programs_check(conf, say);
	conf_free(&conf);
	return n;
}

static void
programs_refused_are_named_by_key(void **state)
{
	(void)state;
	put("check", 0775);
	put("redial", 0644);
	put("script", 0777);
	assert_int_equal(check(), 5);
	assert_string_equal(told,
	    "uplinks.ext1.recovery.steps[0]: redial: redial is not a program\n"
	    "uplinks.ext1.probe.targets[1]: check: check can be written by "
	    "others\n"
	    "actions.bad: script: script can be written by others\n"
	    "actions.who: sh: there is no account no-such-account\n"
	    "mail.sendmail: mail: mail No such file or directory\n");
}

static void
programs_that_are_right_are_not_named(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		put(names[i], 0755);
	assert_int_equal(check(), 1);
	assert_string_equal(told,
	    "actions.who: sh: there is no account no-such-account\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(programs_refused_are_named_by_key),
		TEST(programs_that_are_right_are_not_named),
	};

	return cmocka_run_group_tests_name("parent_program", tests, NULL,
	    NULL);
}

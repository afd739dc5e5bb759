/* SPDX-License-Identifier: ISC */
/*
 * The table of the packet filter as the parent keeps it, and the tool that
 * writes it.  The kernel is simulated; the parent's tool is a script that notes
 * what it was given and says what the test wants.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "dispatcher/marks_keep.h"
#include "dispatcher/parent.h"
#include "dispatcher/tool.h"
#include "lib/clock.h"
#include "lib/sys.h"
#include "lib/sys_fake.h"
#include "routing/marks.h"

static const char script[] = "#!/bin/sh\n"
    "d=${0%/*}; echo \"$*\" >$d/words; cat >$d/given; cat $d/answer\n"
    "exit $(cat $d/status)\n";

struct site {
	struct parent	p;
	struct conf	conf;
	struct conf_uplink uplinks[2];
	struct sys	*hand;
	char		dir[64], self[80];
	char		text[MARKS_TEXT_MAX];
	size_t		descriptors;
};

static size_t
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static void
write_file(const struct site *s, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static const char *
read_file(const struct site *s, const char *name)
{
	static char text[MARKS_TEXT_MAX];
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	f = fopen(path, "r");
	if (f == NULL)
		return NULL;
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	(void)unlink(path);
	return text;
}

static struct site *
site(bool symmetric)
{
	struct site *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	strcpy(s->dir, "/tmp/uplinkd-marks.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->self, sizeof(s->self), "%s/tool", s->dir);
	write_file(s, "tool", script);
	write_file(s, "status", "0");
	write_file(s, "answer", "");
	assert_int_equal(chmod(s->self, 0700), 0);
	s->conf = (struct conf){ .nuplinks = 2, .uplinks = s->uplinks,
	    .user = "nobody", .routing = { .mark = 0x10000,
	    .mark_mask = 0x7f0000, .symmetric = symmetric } };
	strcpy(s->uplinks[0].ifname, "ext1");
	strcpy(s->uplinks[1].ifname, "ext2");
	assert_true(marks_write(&s->conf, s->text, sizeof(s->text)) > 0);
	assert_int_equal(sys_open(&s->hand), 0);
	fake_use(s->hand);
	s->p = (struct parent){ .conf = &s->conf, .self = s->self,
	    .timers = timers_new() };
	assert_non_null(s->p.timers);
	assert_int_equal(sys_open(&s->p.sys), 0);
	s->descriptors = descriptors();
	assert_int_equal(marks_init(&s->p), 0);
	return s;
}

static void
site_end(struct site *s)
{
	static const char *const names[] = { "tool", "status", "answer",
	    "given", "words" };
	char path[128];
	size_t i;

	marks_free(&s->p);
	timers_free(&s->p.timers);
	sys_close(&s->p.sys);
	fake_use(NULL);
	sys_close(&s->hand);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", s->dir, names[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(s->dir), 0);
	free(s);
}

/* The tool's answer when the table is as it should be. */
static void
will_write(struct site *s)
{
	struct sys_nft seen;
	char answer[64];
	char *before = fake_nft_text(s->hand) == NULL ? NULL :
	    strdup(fake_nft_text(s->hand));

	fake_nft(s->hand, s->text);
	assert_int_equal(sys_nft_look(s->hand, MARKS_TABLE, &seen), 0);
	snprintf(answer, sizeof(answer), "digest %016" PRIx64 "\n",
	    seen.digest);
	write_file(s, "answer", answer);
	fake_nft(s->hand, before);
	free(before);
}

/* Until the tool that runs has ended; what it did is in the kernel, then. */
static void
tool_ends(struct site *s, const char *leaves)
{
	int status;
	pid_t pid = waitpid(-1, &status, 0);

	assert_true(pid > 0);
	fake_nft(s->hand, leaves);
	assert_false(marks_tool_ended(&s->p, pid + 1, status));
	assert_true(marks_tool_ended(&s->p, pid, status));
}

/* What the parent's loop does in one turn. */
static void
turn(struct site *s, int64_t now_ns)
{
	struct pollfd pfd = { .fd = marks_fd(&s->p), .events = POLLIN };

	if (poll(&pfd, 1, 0) == 1)
		marks_notices(&s->p);
	(void)timers_run(s->p.timers, now_ns);
}

static int64_t
later(int64_t ns)
{
	return clock_mono_ns() + ns;
}

/* The gap since the last time is real time. */
static void
starts_again(struct site *s)
{
	int64_t until_ns = later(20 * NS_PER_S);

	while (read_file(s, "given") == NULL) {
		assert_true(clock_mono_ns() < until_ns);
		turn(s, later(20 * NS_PER_MS));
		(void)poll(NULL, 0, 10);
	}
}

static void
marks_are_given_to_the_tool_once(void **state)
{
	struct site *s = site(true);

	(void)state;
	will_write(s);
	marks_check(&s->p);
	/* Another look does not start another one. */
	marks_check(&s->p);
	tool_ends(s, s->text);
	assert_string_equal(read_file(s, "given"), s->text);
	assert_string_equal(read_file(s, "words"), "-R nft -- user=nobody\n");
	turn(s, later(NS_PER_S));
	marks_check(&s->p);
	assert_int_equal(waitpid(-1, NULL, 0), -1);
	assert_int_equal(errno, ECHILD);
	site_end(s);
}

static void
marks_that_are_removed_are_written_after_the_notice(void **state)
{
	struct site *s = site(true);
	size_t before;

	(void)state;
	will_write(s);
	marks_check(&s->p);
	tool_ends(s, s->text);
	turn(s, later(NS_PER_S));
	before = descriptors();
	(void)read_file(s, "given");
	fake_nft(s->hand, NULL);
	starts_again(s);
	tool_ends(s, s->text);
	turn(s, later(NS_PER_S));
	assert_int_equal(descriptors(), before);
	site_end(s);
}

static void
marks_of_others_are_not_believed(void **state)
{
	struct site *s = site(true);

	(void)state;
	/* Somebody wrote at the same moment. */
	write_file(s, "answer", "changed\n");
	marks_check(&s->p);
	tool_ends(s, "what {} is this");
	(void)read_file(s, "given");
	will_write(s);
	starts_again(s);
	tool_ends(s, s->text);
	site_end(s);
}

static void
marks_refused_leave_no_descriptor_and_wait(void **state)
{
	struct site *s = site(true);

	(void)state;
	write_file(s, "status", "1");
	write_file(s, "answer", "Error: no\n");
	marks_check(&s->p);
	tool_ends(s, NULL);
	(void)read_file(s, "given");
	marks_check(&s->p);
	turn(s, later(MARKS_RETRY / 2));
	assert_null(read_file(s, "given"));
	assert_int_equal(waitpid(-1, NULL, 0), -1);
	/* The watch alone. */
	assert_int_equal(descriptors(), s->descriptors + 2);
	site_end(s);
}

static void
marks_tool_that_hangs_is_ended(void **state)
{
	struct site *s = site(true);
	int status;
	pid_t pid;

	(void)state;
	write_file(s, "tool", "#!/bin/sh\nsleep 600 & sleep 600\n");
	marks_check(&s->p);
	turn(s, later(5 * NS_PER_S));
	assert_int_equal(waitpid(-1, &status, WNOHANG), 0);
	turn(s, later(15 * NS_PER_S));
	pid = waitpid(-1, &status, 0);
	assert_true(pid > 0 && WIFSIGNALED(status));
	assert_true(marks_tool_ended(&s->p, pid, status));
	assert_int_equal(descriptors(), s->descriptors + 2);
	site_end(s);
}

static void
marks_without_a_tool_do_not_end_the_parent(void **state)
{
	struct site *s = site(true);

	(void)state;
	s->p.self = "/nonexistent/uplinkd";
	marks_check(&s->p);
	assert_int_equal(descriptors(), s->descriptors + 2);
	assert_int_equal(waitpid(-1, NULL, 0), -1);
	site_end(s);
}

static void
marks_unwanted_are_taken_away(void **state)
{
	struct site *s = site(false);

	(void)state;
	assert_int_equal(marks_fd(&s->p), -1);
	marks_check(&s->p);
	assert_int_equal(waitpid(-1, NULL, 0), -1);
	fake_nft(s->hand, s->text);
	write_file(s, "answer", "none\n");
	marks_check(&s->p);
	tool_ends(s, NULL);
	assert_string_equal(read_file(s, "given"), marks_none());
	marks_check(&s->p);
	assert_int_equal(waitpid(-1, NULL, 0), -1);
	site_end(s);
}

static void
marks_are_removed_at_once_at_the_end(void **state)
{
	struct site *s = site(true);

	(void)state;
	assert_int_equal(marks_remove(&s->p), 0);
	fake_nft(s->hand, s->text);
	fake_fail_next(s->hand, FAKE_NFT_RUN, -EIO);
	assert_int_equal(marks_remove(&s->p), -EIO);
	assert_int_equal(marks_remove(&s->p), 0);
	assert_null(fake_nft_text(s->hand));
	/* A kernel without a packet filter has nothing of ours. */
	fake_fail_all(s->hand, FAKE_NFT_LOOK, -EOPNOTSUPP);
	assert_int_equal(marks_remove(&s->p), 0);
	fake_fail_all(s->hand, FAKE_NFT_LOOK, -EPERM);
	assert_int_equal(marks_remove(&s->p), -EPERM);
	s->conf.routing.symmetric = false;
	assert_int_equal(marks_remove(&s->p), 0);
	site_end(s);
}

/* The tool itself, on a simulated kernel of its own. */
static int
run_tool(const char *given, const char *there, char *answer, size_t len)
{
	int in[2], out[2], status;
	struct sys *hand = NULL;
	ssize_t n;
	pid_t pid;

	assert_true(pipe(in) == 0 && pipe(out) == 0);
	assert_int_equal(write(in[1], given, strlen(given)), strlen(given));
	close(in[1]);
	fflush(stdout);
	pid = fork();
	assert_true(pid != -1);
	if (pid == 0) {
		(void)dup2(in[0], 0);
		(void)dup2(out[1], 1);
		(void)sys_open(&hand);
		fake_use(hand);
		fake_nft(hand, there);
		if (strcmp(given, "refuse me") == 0)
			fake_fail_next(hand, FAKE_NFT_RUN, -EIO);
		status = tool_nft(1, (char *[]){ "user=nobody" });
		fflush(stdout);
		_exit(status);
	}
	close(in[0]);
	close(out[1]);
	n = read(out[0], answer, len - 1);
	answer[n > 0 ? n : 0] = '\0';
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
tool_says_what_the_kernel_has(void **state)
{
	char one[64], two[64], three[64];

	(void)state;
	assert_int_equal(run_tool("a {", NULL, one, sizeof(one)), 0);
	assert_int_equal(run_tool("a {", "b {", two, sizeof(two)), 0);
	assert_int_equal(run_tool("c {", "a {", three, sizeof(three)), 0);
	assert_int_equal(strncmp(one, "digest ", 7), 0);
	assert_string_equal(one, two);
	assert_string_not_equal(one, three);
	assert_int_equal(run_tool("away", "b {", one, sizeof(one)), 0);
	assert_string_equal(one, "none\n");
	assert_int_equal(run_tool("refuse me", NULL, one, sizeof(one)), 1);
	assert_string_equal(one, "refused\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks_are_given_to_the_tool_once),
		cmocka_unit_test(
		    marks_that_are_removed_are_written_after_the_notice),
		cmocka_unit_test(marks_of_others_are_not_believed),
		cmocka_unit_test(marks_refused_leave_no_descriptor_and_wait),
		cmocka_unit_test(marks_tool_that_hangs_is_ended),
		cmocka_unit_test(marks_without_a_tool_do_not_end_the_parent),
		cmocka_unit_test(marks_unwanted_are_taken_away),
		cmocka_unit_test(marks_are_removed_at_once_at_the_end),
		cmocka_unit_test(tool_says_what_the_kernel_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

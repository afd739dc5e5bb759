/* SPDX-License-Identifier: ISC */
/*
 * tool_flows: ends connections, in a process of its own: a large table takes
 * seconds.  Arguments, each a word that the parent has made: an address;
 * user=NAME to become; mark=MARK/MASK; spare=4 or spare=6.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatcher/tool.h"
#include "lib/err.h"
#include "lib/sys.h"

/* A packet that had its route before the change can still make its entry. */
#define MOMENT_MS	250

struct task {
	struct sys_flows what;
	const char	*user;
};

static int
take_word(struct task *t, const char *word)
{
	struct sys_flows *f = &t->what;
	char end;

	if (strncmp(word, "user=", 5) == 0) {
		t->user = word + 5;
		return 0;
	}
	if (strcmp(word, "spare=4") == 0 || strcmp(word, "spare=6") == 0) {
		f->spare[word[6] == '4' ? NET_V4 : NET_V6] = true;
		return 0;
	}
	if (sscanf(word, "mark=%" SCNu32 "/%" SCNu32 "%c", &f->mark, &f->mask,
	    &end) == 2)
		return 0;
	if (f->naddrs == SYS_FLOW_ADDRS_MAX)
		return -E2BIG;
	return net_addr_parse(word, &f->addrs[f->naddrs++]);
}

static int
take_words(struct task *t, int argc, char **argv)
{
	int i, rc = 0;

	for (i = 0; i < argc && rc == 0; i++)
		rc = take_word(t, argv[i]);
	return rc;
}

static int
kill_twice(const struct task *t)
{
	size_t seen, killed, again, back;
	int rc = sys_flows_kill(&t->what, &seen, &killed);

	if (rc != 0)
		return rc;
	(void)poll(NULL, 0, MOMENT_MS);
	rc = sys_flows_kill(&t->what, &again, &back);
	if (rc != 0)
		return rc;
	printf("killed %zu of %zu", killed, seen);
	if (back > 0)
		printf(", and %zu that came back", back);
	printf("\n");
	return fflush(stdout) == 0 ? 0 : -errno;
}

int
tool_flows(int argc, char **argv)
{
	struct task t = { .user = NULL };
	char e[ERR_TEXT_MAX];
	int rc = take_words(&t, argc, argv);

	if (rc == 0)
		rc = sys_die_with_parent();
	if (rc == 0)
		rc = sys_keep_net(t.user);
	if (rc == 0)
		rc = kill_twice(&t);
	if (rc != 0)
		printf("connections: %s\n", err_text(rc, e));
	return rc == 0 ? 0 : 1;
}

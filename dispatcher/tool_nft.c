/* SPDX-License-Identifier: ISC */
/*
 * tool_nft: writes uplinkd's table of the packet filter, in a process of its
 * own: libnftables reads the whole ruleset first, which may be large.  Standard
 * input is one transaction, made by the parent; the argument user=NAME is whom
 * to become.  The answer is one line: "digest X", of the table as the kernel has
 * it, "none" if there is none now, "changed" if somebody wrote at that moment;
 * else what is wrong.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dispatcher/tool.h"
#include "lib/err.h"
#include "lib/sys.h"
#include "routing/marks.h"

#define WHY_MAX	200

static int
read_all(char *buf, size_t len)
{
	size_t at = 0;
	ssize_t n;

	while ((n = read(STDIN_FILENO, buf + at, len - at)) > 0)
		if ((at += (size_t)n) == len)
			return -EMSGSIZE;
	buf[at] = '\0';
	return n == 0 ? 0 : -errno;
}

/*
 * What is there afterwards is known to be ours only if nothing but our own
 * change came between two looks.
 */
static int
write_table(struct sys *sys, const char *commands, char *why)
{
	struct sys_nft before, after;
	int rc = sys_nft_look(sys, MARKS_TABLE, &before);

	if (rc == 0)
		rc = sys_nft_run(commands, why, WHY_MAX);
	if (rc == 0)
		rc = sys_nft_look(sys, MARKS_TABLE, &after);
	if (rc != 0)
		return rc;
	if (after.generation != before.generation + 1)
		printf("changed\n");
	else if (after.there)
		printf("digest %016" PRIx64 "\n", after.digest);
	else
		printf("none\n");
	return fflush(stdout) == 0 ? 0 : -errno;
}

int
tool_nft(int argc, char **argv)
{
	static char commands[MARKS_TEXT_MAX];
	char why[WHY_MAX] = "", e[ERR_TEXT_MAX];
	const char *user = NULL;
	struct sys *sys = NULL;
	int i, rc;

	for (i = 0; i < argc; i++)
		if (strncmp(argv[i], "user=", 5) == 0)
			user = argv[i] + 5;
	rc = read_all(commands, sizeof(commands));
	if (rc == 0)
		rc = sys_die_with_parent();
	if (rc == 0)
		rc = sys_keep_net(user);
	if (rc == 0)
		rc = sys_open(&sys);
	if (rc == 0)
		rc = write_table(sys, commands, why);
	sys_close(&sys);
	if (rc != 0)
		printf("%s\n", why[0] != '\0' ? why : err_text(rc, e));
	return rc == 0 ? 0 : 1;
}

/* SPDX-License-Identifier: ISC */
/*
 * cmd_init: a first configuration, to standard output.  Reads the kernel, asks
 * no daemon, changes nothing.
 */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/sys.h"
#include "routing/router.h"
#include "tools/client.h"
#include "tools/init.h"

#define FAR_MAX	16

/* By hand: getopt.h has a struct option of its own. */
static int
read_args(int argc, char **argv, char **far)
{
	struct net_addr addr;
	size_t n = 0;
	int i;

	for (i = 1; i < argc; i += 2) {
		if (strcmp(argv[i], "--far") != 0 || i + 1 == argc ||
		    n == FAR_MAX) {
			fprintf(stderr, "usage: uplinkctl init "
			    "[--far address] ...\n");
			return EXIT_USAGE;
		}
		if (net_addr_parse(argv[i + 1], &addr) != 0) {
			fprintf(stderr, "uplinkctl: not an address: %s\n",
			    argv[i + 1]);
			return EXIT_USAGE;
		}
		far[n++] = argv[i + 1];
	}
	return EXIT_OK;
}

static int
run(const struct kernel_view *view, const struct init_host *host)
{
	struct init_line lines[CONF_UPLINKS_MAX];
	size_t n = init_find(view, lines, CONF_UPLINKS_MAX);

	if (n == 0) {
		fprintf(stderr, "uplinkctl: no default route leaves this "
		    "machine by an interface: there is nothing to begin "
		    "with\n");
		return EXIT_NOINPUT;
	}
	init_print(lines, n, view, host, stdout, stderr);
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_IO;
}

int
cmd_init(const struct ctl *ctl, int argc, char **argv)
{
	char *far[FAR_MAX + 1] = { NULL }, where[256], when[CLOCK_TEXT_MAX];
	struct init_host host = { .where = where, .when = when, .far = far };
	struct kernel_view view = { 0 };
	struct sys *sys = NULL;
	int rc;

	(void)ctl;
	rc = read_args(argc, argv, far);
	if (rc != EXIT_OK)
		return rc;
	if (gethostname(where, sizeof(where)) != 0)
		snprintf(where, sizeof(where), "this machine");
	where[sizeof(where) - 1] = '\0';
	(void)clock_text(clock_wall_ms(), when);
	host.has_user = getpwnam("_uplinkd") != NULL;
	rc = ctl_kernel(&sys, &view);
	if (rc == EXIT_OK)
		rc = run(&view, &host);
	kernel_view_free(&view);
	sys_close(&sys);
	return rc;
}

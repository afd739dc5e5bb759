/* SPDX-License-Identifier: ISC */
/*
 * ctl: what more than one command does that needs no daemon.
 */
#include <stdio.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "dispatcher/kinds.h"
#include "lib/err.h"
#include "lib/sys.h"
#include "routing/router.h"
#include "tools/client.h"

/* lib/option.h and getopt.h do not go together. */
_Static_assert(CTL_UPLINKS_MAX == CONF_UPLINKS_MAX, "as many as configured");

bool
ctl_duration(const char *text, int64_t *ns)
{
	return conf_duration(text, ns);
}

int
ctl_conf(const char *path, struct conf **conf)
{
	char *bytes = NULL;
	size_t len = 0;
	int rc;

	rc = conf_read(path, &bytes, &len, stderr);
	if (rc == 0)
		rc = conf_parse(path, bytes, len, &conf_kinds_built_in, conf,
		    stderr);
	free(bytes);
	return rc == 0 ? EXIT_OK : EXIT_USAGE;
}

int
ctl_kernel(struct sys **sys, struct kernel_view *view)
{
	char e[ERR_TEXT_MAX];
	int rc = sys_open(sys);

	if (rc == 0)
		rc = router_view(*sys, view);
	if (rc != 0)
		fprintf(stderr, "uplinkctl: kernel: %s\n", err_text(rc, e));
	return rc == 0 ? EXIT_OK : EXIT_NOMEM;
}

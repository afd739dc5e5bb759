/* SPDX-License-Identifier: ISC */
/*
 * cmd_export: the uplinks for packet filters and scripts.  Needs no daemon:
 * names are the configuration's, addresses those that the kernel has now.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/sys.h"
#include "routing/router.h"
#include "tools/client.h"
#include "tools/export.h"

static const struct {
	const char	*name;
	enum export_form form;
} words[] = {
	{ "pf", EXPORT_PF },
	{ "nft", EXPORT_NFT },
	{ "sh", EXPORT_SH },
	{ "json", EXPORT_JSON },
};

static enum export_form
form_of(const struct ctl *ctl, int argc, char **argv)
{
	size_t i;

	if (argc == 1 && ctl->json)
		return EXPORT_JSON;
	for (i = 0; argc == 2 && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(argv[1], words[i].name) == 0)
			return words[i].form;
	return 0;
}

static int
look(const struct conf *conf, struct export_line *lines)
{
	struct want_saved *saved = calloc(1, sizeof(*saved));
	struct kernel_view view = { 0 };
	struct sys *sys = NULL;
	size_t i, fam;
	int rc;

	rc = saved == NULL ? EXIT_NOMEM : ctl_kernel(&sys, &view);
	for (i = 0; rc == EXIT_OK && i < conf->nuplinks; i++)
		for (fam = 0; fam < NET_NFAM; fam++)
			(void)want_now_of(conf, &view, saved, i,
			    (enum net_fam)fam, &lines[i].now[fam]);
	kernel_view_free(&view);
	sys_close(&sys);
	free(saved);
	return rc;
}

static int
run(const struct conf *conf, enum export_form form)
{
	struct export_line *lines;
	size_t a, b;
	int rc;

	if (form != EXPORT_JSON && export_clash(conf, &a, &b)) {
		fprintf(stderr, "uplinkctl: %s and %s would have one name\n",
		    conf->uplinks[a].name, conf->uplinks[b].name);
		return EXIT_REFUSED;
	}
	lines = calloc(conf->nuplinks, sizeof(*lines));
	if (lines == NULL)
		return EXIT_NOMEM;
	rc = look(conf, lines);
	if (rc == EXIT_OK && export_print(form, conf, lines, stdout) != 0)
		rc = EXIT_NOMEM;
	free(lines);
	return rc == EXIT_OK && fflush(stdout) != 0 ? EXIT_IO : rc;
}

int
cmd_export(const struct ctl *ctl, int argc, char **argv)
{
	enum export_form form = form_of(ctl, argc, argv);
	struct conf *conf = NULL;
	int rc;

	if (form == 0) {
		fprintf(stderr, "usage: uplinkctl export pf|nft|sh|json\n");
		return EXIT_USAGE;
	}
	rc = ctl_conf(ctl->conf_path, &conf);
	if (rc == EXIT_OK)
		rc = run(conf, form);
	conf_free(&conf);
	return rc;
}

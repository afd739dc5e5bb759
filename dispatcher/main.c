/* SPDX-License-Identifier: ISC */
/*
 * main: command line, configuration, and the way into one of the four roles.
 * Without -R this is the parent; children are the same program started again
 * with descriptors at fixed numbers (role.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "dispatcher/kinds.h"
#include "dispatcher/parent.h"
#include "dispatcher/role.h"
#include "dispatcher/tool.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/sys.h"
#include "probes/probes.h"

#define CONF_PATH	"/etc/uplinkd/uplinkd.conf"

/* What is no daemon: see tool.h. */
static const struct {
	const char	*name;
	tool_fn		*run;
} tools[] = {
	{ "flows", tool_flows },
	{ "plugin", tool_plugin },
	{ "nft", tool_nft },
};

struct options {
	const char	*file;
	const char	*role;		/* NULL = parent */
	bool		debug, check, verbose, remove;
};

static void
usage(void)
{
	fprintf(stderr, "usage: uplinkd [-dnvx] [-f file]\n");
	exit(1);
}

static tool_fn *
find_tool(const char *name)
{
	size_t i;

	for (i = 0; name != NULL && i < sizeof(tools) / sizeof(tools[0]); i++)
		if (strcmp(tools[i].name, name) == 0)
			return tools[i].run;
	return NULL;
}

static void
read_options(int argc, char **argv, struct options *o)
{
	int ch;

	while ((ch = getopt(argc, argv, "df:nR:vx")) != -1)
		switch (ch) {
		case 'd':
			o->debug = true;
			break;
		case 'f':
			o->file = optarg;
			break;
		case 'n':
			o->check = true;
			break;
		case 'R':
			o->role = optarg;
			break;
		case 'v':
			o->verbose = true;
			break;
		case 'x':
			o->remove = true;
			break;
		default:
			usage();
		}
	if (optind != argc && find_tool(o->role) == NULL)
		usage();
}

/* Under systemd stderr is the journal, which takes a level for each line. */
static void
start_log(const struct options *o, const char *ident)
{
	enum log_dest dest = LOG_DEST_SYSLOG;

	if (getenv("JOURNAL_STREAM") != NULL)
		dest = LOG_DEST_JOURNAL;
	else if (o->debug || o->check || o->remove)
		dest = LOG_DEST_STDERR;
	log_init(ident, dest, o->verbose);
}

/*
 * Children are started by this path.  A relative one would be looked up in
 * "/", where children live.
 */
static int
find_self(const char *argv0, char self[PATH_MAX])
{
	const char *path = getenv("PATH"), *end;
	char try[PATH_MAX];
	int n;

	if (strchr(argv0, '/') != NULL)
		return realpath(argv0, self) == NULL ? -errno : 0;
	for (; path != NULL && *path != '\0'; path = *end ? end + 1 : end) {
		end = strchrnul(path, ':');
		n = snprintf(try, sizeof(try), "%.*s/%s",
		    (int)(end - path), path, argv0);
		if (n > 0 && (size_t)n < sizeof(try) && access(try, X_OK) == 0)
			return realpath(try, self) == NULL ? -errno : 0;
	}
	return -ENOENT;
}

static int
run_child(const struct conf *conf, enum role role)
{
	struct role_env env = { .conf = conf, .parent = ROLE_FD_PARENT,
	    .listen = { ROLE_FD_LISTEN, ROLE_FD_LISTEN + 1 } };
	char bus[PATH_MAX];
	struct probes_env probes = { .conf = conf, .parent = ROLE_FD_PARENT,
	    .bus = bus };
	char e[ERR_TEXT_MAX];
	int rc;

	if ((rc = sys_die_with_parent()) != 0 ||
	    (rc = sys_drop_power(conf->user)) != 0) {
		log_err("%s: privileges: %s", role_name(role),
		    err_text(rc, e));
		return 1;
	}
	snprintf(bus, sizeof(bus), "%s/%s", conf->run_dir, ROLE_SOCK_BUS);
	switch (role) {
	case ROLE_PROBES:
		return probes_run(&probes);
	case ROLE_DISPATCHER:
		return dispatcher_run(&env);
	case ROLE_FEED:
		return feed_run(&env);
	default:
		return 1;
	}
}

/* The parent checked these very bytes; they are read again, not trusted. */
static int
child_main(const struct options *o)
{
	enum role role = role_parse(o->role);
	struct conf *conf = NULL;
	static char bytes[CONF_BYTES_MAX];
	size_t len = 0;
	ssize_t n;
	int rc;

	if (role == ROLE_N || role == ROLE_PARENT)
		usage();
	start_log(o, role_name(role));
	while (len < sizeof(bytes) && (n = pread(ROLE_FD_CONF, bytes + len,
	    sizeof(bytes) - len, (off_t)len)) > 0)
		len += (size_t)n;
	close(ROLE_FD_CONF);
	if (conf_parse("configuration", bytes, len, &conf_kinds_built_in,
	    &conf, stderr) != 0) {
		log_err("%s: started by hand, or without a configuration",
		    role_name(role));
		return 1;
	}
	rc = run_child(conf, role);
	conf_free(&conf);
	return rc;
}

static void
warn_program(const char *key, const char *path, const char *why)
{
	log_warning("%s: %s would not be started: %s", key, path, why);
}

static int
start_parent(const struct options *o, const struct conf *conf,
    const char *bytes, size_t len, const char *argv0)
{
	char self[PATH_MAX], e[ERR_TEXT_MAX];
	struct parent_args args = { .conf = conf, .conf_bytes = bytes,
	    .conf_len = len, .self = self, .debug = o->debug,
	    .verbose = o->verbose };
	int rc;

	(void)programs_check(conf, warn_program);
	rc = find_self(argv0, self);
	if (rc != 0) {
		log_err("parent: own path: %s", err_text(rc, e));
		return 1;
	}
	if (!o->debug && getenv("JOURNAL_STREAM") == NULL &&
	    daemon(0, 0) == -1) {
		log_err("parent: background: %s", err_text(errno, e));
		return 1;
	}
	return parent_run(&args);
}

/* No descriptor below 3 may be free: a socket must never become stderr. */
static void
fill_stdio(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd != -1 && fd < 3);
	if (fd != -1)
		close(fd);
}

int
main(int argc, char **argv)
{
	struct options o = { .file = CONF_PATH };
	struct conf *conf = NULL;
	char *bytes = NULL;
	size_t len = 0;
	int rc;

	read_options(argc, argv, &o);
	if (find_tool(o.role) != NULL)
		return find_tool(o.role)(argc - optind, argv + optind);
	if (o.role != NULL)
		return child_main(&o);
	fill_stdio();
	start_log(&o, "parent");
	if (conf_read(o.file, &bytes, &len, stderr) != 0 ||
	    conf_parse(o.file, bytes, len, &conf_kinds_built_in, &conf,
	    stderr) != 0) {
		free(bytes);
		return 1;
	}
	if (o.check && o.verbose)
		conf_print(conf, stdout);
	if (o.check) {
		(void)programs_check(conf, warn_program);
		rc = 0;
		if (!o.verbose)
			fprintf(stderr, "configuration OK\n");
	} else if (o.remove)
		rc = parent_remove(conf);
	else
		rc = start_parent(&o, conf, bytes, len, argv[0]);
	conf_free(&conf);
	free(bytes);
	return rc;
}

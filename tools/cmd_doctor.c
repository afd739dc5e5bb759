/* SPDX-License-Identifier: ISC */
/*
 * cmd_doctor: gathers what doctor.c looks at.  Needs no daemon, changes
 * nothing.
 */
#include <errno.h>
#include <jansson.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sys.h"
#include "routing/router.h"
#include "tools/client.h"
#include "tools/doctor.h"

#define RESOLV_CONF	"/etc/resolv.conf"

struct report {
	json_t	*list;		/* NULL: for people */
	size_t	n;
};

static void
say(void *arg, enum doctor_grade grade, const char *about, const char *text)
{
	struct report *r = arg;

	r->n++;
	if (r->list != NULL)
		json_array_append_new(r->list, json_pack("{s:s, s:s, s:s}",
		    "grade", doctor_grade_name(grade), "about", about,
		    "text", text));
	else
		printf("%-8s %s: %s\n", doctor_grade_name(grade), about,
		    text);
}

static void
read_servers(struct doctor_facts *f)
{
	FILE *in = fopen(RESOLV_CONF, "re");
	char line[256], word[NET_ADDR_TEXT];

	while (in != NULL && fgets(line, sizeof(line), in) != NULL)
		if (f->nservers < DOCTOR_SERVERS_MAX &&
		    sscanf(line, "nameserver %47s", word) == 1 &&
		    net_addr_parse(word, &f->servers[f->nservers]) == 0)
			f->nservers++;
	if (in != NULL)
		fclose(in);
}

static int64_t
setting(const char *name)
{
	int64_t value;

	return sys_setting(name, &value) == 0 ? value : DOCTOR_UNKNOWN;
}

/* Of `all` and of the interface the greater one counts. */
static int64_t
setting_of(const char *ifname, const char *what)
{
	int64_t all, own;
	char name[80], *p;

	snprintf(name, sizeof(name), "net.ipv4.conf.all.%s", what);
	all = setting(name);
	snprintf(name, sizeof(name), "net.ipv4.conf.%s", ifname);
	for (p = name + strlen("net.ipv4.conf."); *p != '\0'; p++)
		if (*p == '.')
			*p = '/';
	snprintf(p, sizeof(name) - (size_t)(p - name), ".%s", what);
	own = setting(name);
	return own > all ? own : all;
}

/* Which of a line's targets could not be heard. */
static int
find_deaf(struct sys *sys, const struct doctor_facts *f, size_t n)
{
	const struct conf_uplink *up = &f->conf->uplinks[n];
	struct want_saved *saved = calloc(1, sizeof(*saved));
	const struct net_addr *a;
	struct want_now now;
	const struct net_link *link = view_link_named(f->view, up->ifname);
	int deaf = DOCTOR_UNKNOWN;
	size_t i;

	for (i = 0; saved != NULL && i < up->probe.ntargets; i++) {
		a = &up->probe.targets[i].addr;
		if (a->family <= 0 || link == NULL)
			continue;
		(void)want_now_of(f->conf, f->view, saved, n,
		    net_fam(a->family), &now);
		if (now.own.family != 0 && deaf == DOCTOR_UNKNOWN &&
		    sys_reply_check(sys, a, &now.own, link->index) == -EXDEV)
			deaf = (int)i;
	}
	free(saved);
	return deaf;
}

static void
gather(struct sys *sys, struct doctor_facts *f)
{
	const char *names[DOCTOR_MANAGERS];
	size_t i;

	for (i = 0; i < DOCTOR_MANAGERS; i++)
		names[i] = doctor_managers[i].name;
	sys_running(names, DOCTOR_MANAGERS, f->running);
	for (i = 0; i < f->conf->nuplinks; i++) {
		f->deaf[i] = find_deaf(sys, f, i);
		f->rp_filter[i] = setting_of(f->conf->uplinks[i].ifname,
		    "rp_filter");
		f->src_valid_mark[i] = setting_of(f->conf->uplinks[i].ifname,
		    "src_valid_mark");
	}
	f->has_user = getpwnam(f->conf->user) != NULL;
	f->forward[NET_V4] = setting("net.ipv4.ip_forward");
	f->forward[NET_V6] = setting("net.ipv6.conf.all.forwarding");
	f->hash[NET_V4] = setting("net.ipv4.fib_multipath_hash_policy");
	f->hash[NET_V6] = setting("net.ipv6.fib_multipath_hash_policy");
	f->tracking = setting("net.netfilter.nf_conntrack_max");
	read_servers(f);
}

static int
report(const struct ctl *ctl, const struct doctor_facts *f)
{
	struct report r = { .list = ctl->json ? json_array() : NULL };
	int worst;

	worst = doctor_look(f, say, &r);
	if (r.list != NULL) {
		json_dumpf(r.list, stdout, JSON_COMPACT);
		printf("\n");
	} else if (r.n == 0)
		printf("nothing was found that will bite\n");
	json_decref(r.list);
	if (fflush(stdout) != 0)
		return EXIT_IO;
	return worst >= (int)DOCTOR_WARNING ? EXIT_DIFFERS : EXIT_OK;
}

static int
examine(const struct ctl *ctl, const struct conf *conf)
{
	struct doctor_facts *f = calloc(1, sizeof(*f));
	struct kernel_view view = { 0 };
	struct sys *sys = NULL;
	int rc;

	rc = f == NULL ? EXIT_NOMEM : ctl_kernel(&sys, &view);
	if (rc == EXIT_OK) {
		f->conf = conf;
		f->view = &view;
		gather(sys, f);
		rc = report(ctl, f);
	}
	kernel_view_free(&view);
	sys_close(&sys);
	free(f);
	return rc;
}

int
cmd_doctor(const struct ctl *ctl, int argc, char **argv)
{
	struct conf *conf = NULL;
	int rc;

	(void)argv;
	if (argc != 1) {
		fprintf(stderr, "usage: uplinkctl doctor\n");
		return EXIT_USAGE;
	}
	rc = ctl_conf(ctl->conf_path, &conf);
	if (rc == EXIT_OK)
		rc = examine(ctl, conf);
	conf_free(&conf);
	return rc;
}

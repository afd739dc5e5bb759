/* SPDX-License-Identifier: ISC */
/*
 * doctor: what on this machine will bite: a pure look at facts that were
 * gathered before.  A check is one row of the table in doctor.c.  One thread.
 */
#ifndef UPLINKD_TOOLS_DOCTOR_H
#define UPLINKD_TOOLS_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "routing/plan.h"

#define DOCTOR_SERVERS_MAX	8
#define DOCTOR_TEXT_MAX		400
#define DOCTOR_UNKNOWN		(-1)

enum doctor_grade {
	DOCTOR_NOTE = 1,	/* worth knowing */
	DOCTOR_WARNING,		/* will bite one day */
	DOCTOR_FAULT		/* does not work as it is */
};

/* Programs that change routes, too; ends with a NULL name. */
struct doctor_manager {
	const char	*name;		/* as its process is called */
	const char	*advice;
};

extern const struct doctor_manager doctor_managers[];
#define DOCTOR_MANAGERS	9

struct doctor_facts {
	const struct conf	*conf;
	const struct kernel_view *view;
	bool		running[DOCTOR_MANAGERS];
	size_t		nservers;	/* name servers of resolv.conf(5) */
	struct net_addr	servers[DOCTOR_SERVERS_MAX];
	/* Target whose answers rp_filter would drop; DOCTOR_UNKNOWN = none. */
	int		deaf[CONF_UPLINKS_MAX];
	bool		has_user;	/* the account of the children */
	/* Settings, DOCTOR_UNKNOWN where there is none. */
	int64_t		forward[NET_NFAM];
	int64_t		hash[NET_NFAM];	/* fib_multipath_hash_policy */
	int64_t		tracking;	/* nf_conntrack_max: it is there */
	/* What counts for each line's interface, of its own and of `all`. */
	int64_t		rp_filter[CONF_UPLINKS_MAX];
	int64_t		src_valid_mark[CONF_UPLINKS_MAX];
};

typedef void doctor_say_fn(void *arg, enum doctor_grade, const char *about,
    const char *text);

/* Says each finding; the worst grade, 0 if there is none. */
int	doctor_look(const struct doctor_facts *, doctor_say_fn *, void *arg);
const char	*doctor_grade_name(enum doctor_grade);

#endif

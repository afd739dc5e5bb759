/* SPDX-License-Identifier: ISC */
/*
 * plan: who carries new connections.  Pure: no clock, socket, file or kernel;
 * the dispatcher, the parent (to check what it is asked) and the simulator
 * run it.
 */
#include "routing/plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/must.h"

static bool
has_gateway(const struct conf *conf, size_t n, enum net_fam fam)
{
	return conf->uplinks[n].gateway[fam].family != 0;
}

/* The lowest tier with a gateway of the family and this standing (0 = any). */
static int64_t
lowest_tier(const struct conf *conf, const enum plan_standing *standing,
    enum plan_standing wanted, enum net_fam fam)
{
	int64_t tier = INT64_MAX;
	size_t n;

	for (n = 0; n < conf->nuplinks; n++)
		if (has_gateway(conf, n, fam) &&
		    (wanted == 0 || standing[n] == wanted) &&
		    conf->uplinks[n].tier < tier)
			tier = conf->uplinks[n].tier;
	return tier;
}

/* What carries when all is well: every uplink of the lowest tier. */
static bool
is_base(const struct conf *conf, enum net_fam fam, const uint8_t *carry)
{
	int64_t tier = lowest_tier(conf, NULL, 0, fam);
	bool base;
	size_t n;

	for (n = 0; n < conf->nuplinks; n++) {
		base = has_gateway(conf, n, fam) &&
		    conf->uplinks[n].tier == tier;
		if (base != (carry[n] != 0))
			return false;
	}
	return true;
}

static bool
any_carries(const struct plan *plan, enum net_fam fam)
{
	size_t n;

	for (n = 0; n < plan->nuplinks; n++)
		if (plan->carry[fam][n] != 0)
			return true;
	return false;
}

static void
make_family(const struct conf *conf, const enum plan_standing *standing,
    enum net_fam fam, struct plan *plan)
{
	enum plan_standing take = PLAN_GOOD;
	int64_t tier;
	size_t n;

	tier = lowest_tier(conf, standing, take, fam);
	if (tier == INT64_MAX) {
		/* A line in its hold is better than none. */
		take = PLAN_HELD;
		tier = lowest_tier(conf, standing, take, fam);
	}
	if (tier == INT64_MAX)
		return;
	for (n = 0; n < conf->nuplinks; n++) {
		plan->usable[fam][n] = has_gateway(conf, n, fam) &&
		    standing[n] == take;
		plan->carry[fam][n] = plan->usable[fam][n] != 0 &&
		    conf->uplinks[n].tier == tier;
	}
	plan->engaged[fam] = !is_base(conf, fam, plan->carry[fam]);
}

void
plan_make(const struct conf *conf, const enum plan_standing *standing,
    struct plan *plan)
{
	size_t n;

	MUST(conf->nuplinks <= CONF_UPLINKS_MAX);
	for (n = 0; n < conf->nuplinks; n++)
		MUST(standing[n] >= PLAN_GOOD && standing[n] <= PLAN_BAD);
	memset(plan, 0, sizeof(*plan));
	plan->nuplinks = (uint32_t)conf->nuplinks;
	make_family(conf, standing, NET_V4, plan);
	make_family(conf, standing, NET_V6, plan);
}

/*
 * The parent trusts no arithmetic but its own: a plan that claims to be
 * engaged, or not, against its own carriers is refused as well.
 */
static int
check_family(const struct conf *conf, const struct plan *plan,
    enum net_fam fam)
{
	bool engaged;
	size_t n;

	for (n = 0; n < CONF_UPLINKS_MAX; n++) {
		if (plan->usable[fam][n] > 1 ||
		    plan->carry[fam][n] > plan->usable[fam][n])
			return -EINVAL;
		if (plan->usable[fam][n] != 0 && (n >= conf->nuplinks ||
		    !has_gateway(conf, n, fam)))
			return -EINVAL;
	}
	engaged = any_carries(plan, fam) &&
	    !is_base(conf, fam, plan->carry[fam]);
	return plan->engaged[fam] == (engaged ? 1 : 0) ? 0 : -EINVAL;
}

int
plan_check(const struct conf *conf, const struct plan *plan)
{
	int rc;

	if (plan->nuplinks != conf->nuplinks ||
	    plan->nuplinks > CONF_UPLINKS_MAX)
		return -EINVAL;
	rc = check_family(conf, plan, NET_V4);
	if (rc == 0)
		rc = check_family(conf, plan, NET_V6);
	return rc;
}

bool
plan_eq(const struct plan *a, const struct plan *b)
{
	return a->nuplinks == b->nuplinks &&
	    memcmp(a->carry, b->carry, sizeof(a->carry)) == 0 &&
	    memcmp(a->usable, b->usable, sizeof(a->usable)) == 0 &&
	    memcmp(a->engaged, b->engaged, sizeof(a->engaged)) == 0;
}

bool
plan_uses(const struct conf *conf, const struct plan *plan, size_t uplink)
{
	int64_t first = INT64_MAX;
	size_t i;

	if (plan->carry[NET_V4][uplink] != 0 ||
	    plan->carry[NET_V6][uplink] != 0)
		return true;
	if (any_carries(plan, NET_V4) || any_carries(plan, NET_V6))
		return false;
	for (i = 0; i < conf->nuplinks; i++)
		if (conf->uplinks[i].tier < first)
			first = conf->uplinks[i].tier;
	return conf->uplinks[uplink].tier == first;
}

static void
append(char *buf, size_t len, const char *fmt, ...)
    __attribute__((__format__(__printf__, 3, 4)));

static void
append(char *buf, size_t len, const char *fmt, ...)
{
	size_t at = strlen(buf);
	va_list ap;

	if (at + 1 >= len)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(buf + at, len - at, fmt, ap);
	va_end(ap);
}

static void
family_text(const struct conf *conf, const struct plan *plan,
    enum net_fam fam, char *buf, size_t len)
{
	const char *sep = " via ";
	size_t n;

	append(buf, len, "%s%s ", buf[0] == '\0' ? "" : ", ",
	    fam == NET_V4 ? "ipv4" : "ipv6");
	if (conf->routing.method == CONF_METHOD_NONE) {
		append(buf, len, "not routed");
		return;
	}
	if (plan->engaged[fam] == 0) {
		append(buf, len, "as configured");
		return;
	}
	append(buf, len, "%s", conf->routing.method == CONF_OVERRIDE ?
	    "override" : "withdraw");
	for (n = 0; n < plan->nuplinks && n < conf->nuplinks; n++) {
		if (plan->carry[fam][n] == 0)
			continue;
		append(buf, len, "%s%s", sep, conf->uplinks[n].name);
		sep = "+";
	}
}

const char *
plan_text(const struct conf *conf, const struct plan *plan, char *buf,
    size_t len)
{
	MUST(len > 0);
	buf[0] = '\0';
	if (lowest_tier(conf, NULL, 0, NET_V4) != INT64_MAX)
		family_text(conf, plan, NET_V4, buf, len);
	if (lowest_tier(conf, NULL, 0, NET_V6) != INT64_MAX)
		family_text(conf, plan, NET_V6, buf, len);
	return buf;
}

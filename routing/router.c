/* SPDX-License-Identifier: ISC */
/*
 * router: writes what want_make finds missing.  Owns the view of the kernel,
 * the plan in force and what is remembered of main's default.  The view is
 * what was last read plus what was written since: while no notice speaks
 * against it a plan costs its own messages and nothing else.
 */
#include "routing/router.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/must.h"
#include "lib/sys.h"
#include "routing/saved.h"
#include "routing/want.h"

#define MAGIC	0x726f7574u

struct router {
	unsigned	magic;
	const struct conf *conf;
	struct sys	*sys;
	char		*path;		/* NULL = nothing is kept */
	struct kernel_view view;
	bool		have_view;	/* has been read at least once */
	bool		current;	/* no notice since */
	bool		has_plan;
	struct plan	plan;
	struct want_saved saved, stored;	/* now, and in the file */
	uint64_t	refused;	/* what was refused last; 0 = nothing */
	/* The default of main, or the override, is among it. */
	bool		refused_default[NET_NFAM];
	bool		stuck_said[NET_NFAM];
	struct log_same	store_trouble, read_trouble;
};

static const char *
fam_name(int family)
{
	return net_fam(family) == NET_V4 ? "ipv4" : "ipv6";
}

static bool
is_route(const struct edit *e)
{
	return e->op == EDIT_ROUTE_SET || e->op == EDIT_ROUTE_DEL;
}

static int
edit_family(const struct edit *e)
{
	return is_route(e) ? e->route.family : e->rule.family;
}

static bool
is_main(const struct edit *e)
{
	return is_route(e) && e->route.table == WANT_MAIN;
}

/* One of those that carry the traffic, not an uplink's own. */
static bool
is_default(const struct router *r, const struct edit *e)
{
	return is_main(e) || (e->op == EDIT_ROUTE_SET &&
	    e->route.table == (uint32_t)r->conf->routing.table);
}

int
router_view(struct sys *sys, struct kernel_view *view)
{
	size_t fam;
	int rc;

	memset(view, 0, sizeof(*view));
	rc = sys_links(sys, &view->links, &view->nlinks);
	if (rc == 0)
		rc = sys_addrs(sys, &view->addrs, &view->naddrs);
	for (fam = 0; rc == 0 && fam < NET_NFAM; fam++) {
		rc = sys_routes(sys, net_family((enum net_fam)fam), 0,
		    &view->routes[fam], &view->nroutes[fam]);
		if (rc == 0)
			rc = sys_rules(sys, net_family((enum net_fam)fam),
			    &view->rules[fam], &view->nrules[fam]);
	}
	if (rc != 0)
		kernel_view_free(view);
	return rc;
}

static int
read_view(struct router *r)
{
	struct kernel_view view;
	int rc;

	rc = router_view(r->sys, &view);
	log_change(&r->read_trouble, rc, "route: reading from the kernel");
	if (rc != 0)
		return rc;
	kernel_view_free(&r->view);
	r->view = view;
	r->have_view = r->current = true;
	return 0;
}

/* The kernel says that it is so already. */
static bool
is_done_anyway(const struct edit *e, int rc)
{
	switch (e->op) {
	case EDIT_ROUTE_DEL:
		return rc == -ESRCH || rc == -ENOENT;
	case EDIT_RULE_DEL:
		return rc == -ENOENT || rc == -ESRCH;
	case EDIT_RULE_ADD:
		return rc == -EEXIST;
	case EDIT_ROUTE_SET:
		break;
	}
	return false;
}

static int
write_one(struct sys *sys, const struct edit *e)
{
	switch (e->op) {
	case EDIT_ROUTE_SET:
		return sys_route_set(sys, &e->route);
	case EDIT_ROUTE_DEL:
		return sys_route_del(sys, &e->route);
	case EDIT_RULE_ADD:
		return sys_rule_add(sys, &e->rule);
	case EDIT_RULE_DEL:
		return sys_rule_del(sys, &e->rule);
	}
	return -EINVAL;
}

static void
write_edit(struct router *r, struct edit *e)
{
	e->err = write_one(r->sys, e);
	if (e->err != 0 && !is_done_anyway(e, e->err))
		return;
	if (view_enter(&r->view, e) != 0)
		r->current = false;
}

/* What was refused, as one number: the same again is no news. */
static uint64_t
refusal_of(const struct edit *e, uint64_t sum)
{
	uint64_t parts[] = { e->op, (uint64_t)edit_family(e),
	    is_route(e) ? e->route.table : e->rule.table,
	    is_route(e) ? e->route.metric : e->rule.priority,
	    (uint64_t)(int64_t)e->err };
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		sum = (sum ^ parts[i]) * 1099511628211u + 1;
	return sum;
}

/* Counts, and says what was done; after the writing, which is in a hurry. */
static void
report(struct router *r, const struct edits *edits, struct router_result *res)
{
	char text[200], e[ERR_TEXT_MAX];
	uint64_t refused = 0;
	const struct edit *ed;
	size_t i;

	memset(r->refused_default, 0, sizeof(r->refused_default));
	for (i = 0; i < edits->n; i++) {
		ed = &edits->edit[i];
		edit_text(ed, &r->view, text, sizeof(text));
		if (ed->err == 0) {
			res->writes++;
			log_info("route %s: %s", fam_name(edit_family(ed)),
			    text);
		} else if (!is_done_anyway(ed, ed->err)) {
			res->refused++;
			refused = refusal_of(ed, refused);
			if (is_default(r, ed))
				r->refused_default[net_fam(
				    edit_family(ed))] = true;
			log_debug("route %s: %s: refused: %s",
			    fam_name(edit_family(ed)), text,
			    err_text(ed->err, e));
			if (res->err == 0) {
				res->err = ed->err;
				snprintf(res->text, sizeof(res->text),
				    "%.120s: %.70s", text, e);
			}
		}
		if (res->text[0] == '\0')
			snprintf(res->text, sizeof(res->text), "%s", text);
	}
	if (refused != 0 && refused != r->refused)
		log_warning("route: refused by the kernel: %s (refused=%u)",
		    res->text, res->refused);
	r->refused = refused;
}

static void
report_stuck(struct router *r)
{
	size_t fam;

	for (fam = 0; fam < NET_NFAM; fam++) {
		if (r->saved.stuck[fam] && !r->stuck_said[fam])
			log_warning("route %s: the default of main cannot be "
			    "changed: it has more than can be written back "
			    "(method override leaves it as it is)",
			    fam_name(net_family((enum net_fam)fam)));
		r->stuck_said[fam] = r->saved.stuck[fam];
	}
}

static void
store(struct router *r, const struct want_saved *saved)
{
	int rc;

	if (r->path == NULL || saved_eq(saved, &r->stored))
		return;
	rc = saved_store(r->path, saved);
	log_change(&r->store_trouble, rc, "route: writing %s", r->path);
	if (rc == 0)
		r->stored = *saved;
}

/*
 * What was there must be on file before it is changed, and must not leave the
 * file before it is back: whenever we end, the next start can restore it.
 */
static void
store_before(struct router *r, const struct want_saved *next)
{
	struct want_saved both = *next;
	size_t fam;

	if (r->path == NULL)
		return;
	for (fam = 0; fam < NET_NFAM; fam++) {
		if (next->present[fam] || !r->saved.present[fam])
			continue;
		both.present[fam] = true;
		both.route[fam] = r->saved.route[fam];
		both.written[fam] = r->saved.written[fam];
		memcpy(both.ifname[fam], r->saved.ifname[fam],
		    sizeof(both.ifname[fam]));
	}
	store(r, &both);
}

/* A change of main that was refused has not happened. */
static void
take_saved(struct router *r, const struct want_saved *next,
    const struct edits *edits)
{
	bool refused[NET_NFAM] = { false };
	size_t i, fam;

	for (i = 0; i < edits->n; i++)
		if (is_main(&edits->edit[i]) && edits->edit[i].err != 0)
			refused[net_fam(edits->edit[i].route.family)] = true;
	for (fam = 0; fam < NET_NFAM; fam++) {
		r->saved.stuck[fam] = next->stuck[fam];
		if (refused[fam])
			continue;
		r->saved.present[fam] = next->present[fam];
		r->saved.known[fam] = next->known[fam];
		r->saved.route[fam] = next->route[fam];
		r->saved.written[fam] = next->written[fam];
		memcpy(r->saved.ifname[fam], next->ifname[fam],
		    sizeof(next->ifname[fam]));
	}
	store(r, &r->saved);
}

/*
 * From a view that may be wrong nothing is removed: what it takes for one of
 * two ways may by now be the only one.
 */
static void
drop_removals(struct edits *edits)
{
	size_t i, n = 0;

	for (i = 0; i < edits->n; i++)
		if (edits->edit[i].op != EDIT_ROUTE_DEL &&
		    edits->edit[i].op != EDIT_RULE_DEL)
			edits->edit[n++] = edits->edit[i];
	edits->n = n;
}

/* One comparison with the view, and its messages. */
static void
pass(struct router *r, bool none, struct router_result *res)
{
	const struct plan *plan = r->has_plan ? &r->plan : NULL;
	struct want_saved next = r->saved;
	struct edits edits = { 0, 0, NULL };
	size_t i;
	int rc;

	res->err = 0;
	res->text[0] = '\0';
	if (none)
		rc = want_none(r->conf, &r->view, &next, &edits);
	else
		rc = want_make(r->conf, plan, &r->view, &next, &edits);
	if (rc != 0) {
		res->err = rc;
		snprintf(res->text, sizeof(res->text), "no memory");
		edits_free(&edits);
		return;
	}
	if (!r->current)
		drop_removals(&edits);
	store_before(r, &next);
	for (i = 0; i < edits.n; i++)
		write_edit(r, &edits.edit[i]);
	if (edits.n > 0)
		res->done_ns = clock_mono_ns();
	take_saved(r, &next, &edits);
	report(r, &edits, res);
	report_stuck(r);
	edits_free(&edits);
}

/*
 * A refusal may come of an old view: read again and try once more; the same
 * refusal as last time is no news, and not worth a dump.  If a default is
 * refused still, one of its hops is at fault: better the others than nothing.
 */
static void
run(struct router *r, bool none, struct router_result *res)
{
	struct router_result wary;
	uint64_t before = r->refused;

	pass(r, none, res);
	if (r->refused != 0 && r->refused != before && read_view(r) == 0)
		pass(r, none, res);
	if (!r->refused_default[NET_V4] && !r->refused_default[NET_V6])
		return;
	memset(&wary, 0, sizeof(wary));
	before = r->refused;
	memcpy(r->view.wary, r->refused_default, sizeof(r->view.wary));
	pass(r, none, &wary);
	memset(r->view.wary, 0, sizeof(r->view.wary));
	res->writes += wary.writes;
	r->refused = before;
}

static void
fail_read(struct router_result *res, int rc)
{
	char e[ERR_TEXT_MAX];

	res->err = rc;
	snprintf(res->text, sizeof(res->text), "reading from the kernel: %s",
	    err_text(rc, e));
}

int
router_new(const struct conf *conf, struct sys *sys, const char *saved_path,
    struct router **out)
{
	char e[ERR_TEXT_MAX];
	struct router *r;
	int rc;

	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return -ENOMEM;
	r->magic = MAGIC;
	r->conf = conf;
	r->sys = sys;
	if (saved_path != NULL) {
		r->path = strdup(saved_path);
		if (r->path == NULL) {
			free(r);
			return -ENOMEM;
		}
		rc = saved_load(saved_path, &r->saved);
		r->stored = r->saved;
		if (rc != 0 && rc != -ENOENT)
			log_warning("route: %s: not used: %s", saved_path,
			    err_text(rc, e));
	}
	*out = r;
	return 0;
}

void
router_free(struct router **rp)
{
	struct router *r = *rp;

	if (r == NULL)
		return;
	*rp = NULL;
	MUST(r->magic == MAGIC);
	r->magic = 0;
	kernel_view_free(&r->view);
	free(r->path);
	free(r);
}

void
router_apply(struct router *r, const struct plan *plan,
    struct router_result *res)
{
	int rc;

	MUST(r->magic == MAGIC);
	memset(res, 0, sizeof(*res));
	r->plan = *plan;
	r->has_plan = true;
	if (!r->current) {
		rc = read_view(r);
		/* An old view serves better than a dead line. */
		if (rc != 0 && !r->have_view) {
			fail_read(res, rc);
			return;
		}
	}
	run(r, false, res);
}

void
router_resync(struct router *r, struct router_result *res)
{
	int rc;

	MUST(r->magic == MAGIC);
	memset(res, 0, sizeof(*res));
	rc = read_view(r);
	if (rc != 0) {
		r->current = false;
		fail_read(res, rc);
		return;
	}
	run(r, false, res);
}

void
router_dirty(struct router *r)
{
	MUST(r->magic == MAGIC);
	r->current = false;
}

bool
router_has_plan(const struct router *r)
{
	MUST(r->magic == MAGIC);
	return r->has_plan;
}

void
router_now(struct router *r, size_t uplink, struct want_now *out)
{
	MUST(r->magic == MAGIC);
	want_now(r->conf, &r->view, &r->saved, uplink, out);
}

void
router_remove(struct router *r, struct router_result *res)
{
	int rc;

	MUST(r->magic == MAGIC);
	memset(res, 0, sizeof(*res));
	rc = read_view(r);
	if (rc != 0) {
		fail_read(res, rc);
		return;
	}
	run(r, true, res);
}

/* SPDX-License-Identifier: ISC */
/*
 * sys_fake_log: calls that are to go wrong, and the log of what was written.
 * Entered by the kernel's owner.
 */
#include <string.h>

#include "lib/must.h"
#include "lib/sys_fake_kernel.h"

int
fake_begin(struct fake_kernel *k, enum fake_op op)
{
	struct fake_fault *f = &k->faults[op];

	k->calls[op]++;
	if (f->all)
		return f->err;
	if (f->in == 0 || --f->in > 0)
		return 0;
	return f->err;
}

int
fake_log(struct fake_kernel *k, enum fake_op op, int rc,
    const struct net_route *route, const struct net_rule *rule)
{
	struct fake_write *w = &k->log[k->logged++ % FAKE_LOG_MAX];

	memset(w, 0, sizeof(*w));
	w->op = op;
	w->err = rc;
	if (route != NULL)
		w->route = *route;
	if (rule != NULL)
		w->rule = *rule;
	k->accepted += rc == 0;
	return rc;
}

static void
fail(struct sys *s, enum fake_op op, struct fake_fault f)
{
	MUST(op >= FAKE_OPEN && op < FAKE_NOP && f.err <= 0);
	if (f.err == 0)
		memset(&f, 0, sizeof(f));
	s->kernel->faults[op] = f;
}

void
fake_fail_next(struct sys *s, enum fake_op op, int err)
{
	fail(s, op, (struct fake_fault){ .in = 1, .err = err });
}

void
fake_fail_nth(struct sys *s, enum fake_op op, unsigned nth, int err)
{
	MUST(nth >= 1);
	fail(s, op, (struct fake_fault){ .in = nth, .err = err });
}

void
fake_fail_all(struct sys *s, enum fake_op op, int err)
{
	fail(s, op, (struct fake_fault){ .all = true, .err = err });
}

size_t
fake_writes(const struct sys *s)
{
	return s->kernel->accepted;
}

size_t
fake_attempts(const struct sys *s)
{
	return s->kernel->logged;
}

void
fake_writes_clear(struct sys *s)
{
	s->kernel->accepted = s->kernel->logged = 0;
}

size_t
fake_write_count(const struct sys *s)
{
	size_t n = s->kernel->logged;

	return n < FAKE_LOG_MAX ? n : FAKE_LOG_MAX;
}

const struct fake_write *
fake_write_at(const struct sys *s, size_t n)
{
	size_t kept = fake_write_count(s);

	if (n >= kept)
		return NULL;
	return &s->kernel->log[(s->kernel->logged - kept + n) %
	    FAKE_LOG_MAX];
}

size_t
fake_calls(const struct sys *s, enum fake_op op)
{
	MUST(op >= FAKE_OPEN && op < FAKE_NOP);
	return s->kernel->calls[op];
}

bool
fake_ever_defaultless(const struct sys *s, int family)
{
	return s->kernel->defaultless[net_fam(family)];
}

/* SPDX-License-Identifier: ISC */
/*
 * marks_keep: see marks_keep.h.
 */
#include "dispatcher/marks_keep.h"

#include "lib/sys.h"

static bool
is_right(const struct marks_keep *k, const struct sys_nft *seen)
{
	if (!k->wanted)
		return !seen->there;
	return k->known && seen->there && seen->digest == k->digest;
}

/* A fight's first blow is anybody's reload of a firewall. */
static enum marks_say
touched(struct marks_keep *k, int64_t now_ns)
{
	/* Not known: nobody has seen it whole, it may be our own first one. */
	if (!k->known)
		return MARKS_SILENT;
	k->touched_ns = now_ns;
	k->again++;
	return k->again == 1 ? MARKS_AGAIN :
	    k->again == 2 ? MARKS_FIGHT : MARKS_SILENT;
}

static enum marks_say
untouched(struct marks_keep *k, int64_t now_ns)
{
	enum marks_say say;

	if (k->again == 0 || now_ns - k->touched_ns < MARKS_QUIET)
		return MARKS_SILENT;
	say = k->again > 1 ? MARKS_PEACE : MARKS_SILENT;
	k->again = 0;
	return say;
}

enum marks_do
marks_keep_looked(struct marks_keep *k, const struct sys_nft *seen,
    int64_t now_ns, int64_t *at_ns, enum marks_say *say)
{
	*say = MARKS_SILENT;
	if (k->writing)
		return MARKS_NOTHING;
	if (is_right(k, seen)) {
		*say = untouched(k, now_ns);
		return MARKS_NOTHING;
	}
	*at_ns = k->write_ns + (k->refused ? MARKS_RETRY : MARKS_GAP);
	if (k->written && now_ns < *at_ns)
		return MARKS_LATER;
	if (k->wanted)
		*say = touched(k, now_ns);
	return MARKS_WRITE;
}

void
marks_keep_write(struct marks_keep *k, int64_t now_ns)
{
	k->writing = k->written = true;
	k->write_ns = now_ns;
}

/* The same text gives the same rules each time: what is known stays true. */
void
marks_keep_ended(struct marks_keep *k, bool refused, const uint64_t *digest)
{
	k->writing = false;
	k->refused = refused;
	if (k->wanted && !refused && digest != NULL) {
		k->known = true;
		k->digest = *digest;
	}
}

/* SPDX-License-Identifier: ISC */
/*
 * fuzz_neigh: any frame as an answer to `arp` or `nd`, through the whole of
 * the probe.  It is credited if, and only if, each of its fields is that of an
 * answer to the request in flight; what those are is written here once more.
 *
 * Input: a byte of flags (1: nd, 2: overheard, 4: another device), a hop limit,
 * for nd source and destination, and the bytes of the packet.
 */
#include <sys/socket.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/must.h"
#include "probes/neigh.h"
#include "probes/probe.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define IFINDEX	7

static const uint8_t own_mac[NET_LLADDR] = { 2, 0, 0, 0, 0, 2 };
static const struct net_addr own[NET_NFAM] = {
	{ AF_INET, { 192, 0, 2, 2 } },
	{ AF_INET6, { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2 } },
};
static const struct net_addr gateway[NET_NFAM] = {
	{ AF_INET, { 192, 0, 2, 1 } },
	{ AF_INET6, { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 } },
};

static void
report(void *arg, size_t target, uint64_t round, enum sample sample,
    int64_t rtt_ns, int err)
{
	unsigned *credited = arg;

	MUST(target == 0 && round == 1 && rtt_ns >= 0 && err == 0);
	MUST(sample == SAMPLE_OK);
	++*credited;
}

static int
want_socket(void *arg, enum power_socket what, enum net_fam fam, uint16_t id)
{
	(void)arg;
	(void)what;
	(void)fam;
	(void)id;
	return 0;
}

/* ---- what an answer is, by offsets ---- */

static bool
is_arp_answer(const struct sys_frame *f)
{
	static const uint8_t head[] = { 0, 1, 8, 0, 6, 4, 0, 2 };
	static const uint8_t none[NET_LLADDR];
	const unsigned char *b = f->bytes;

	return f->len >= 28 && memcmp(b, head, 8) == 0 && b[8] % 2 == 0 &&
	    memcmp(b + 8, none, 6) != 0 && memcmp(b + 8, own_mac, 6) != 0 &&
	    memcmp(b + 14, gateway[NET_V4].bytes, 4) == 0 &&
	    memcmp(b + 18, own_mac, 6) == 0 &&
	    memcmp(b + 24, own[NET_V4].bytes, 4) == 0;
}

static bool
is_nd_answer(const struct sys_frame *f)
{
	static const uint8_t none[16];
	const unsigned char *b = f->bytes;
	size_t at = 24;

	if (f->hops != 255 || f->len < 24 || b[0] != 136 || b[1] != 0 ||
	    (b[4] >> 6 & 1) == 0 || f->src.bytes[0] == 255 ||
	    memcmp(f->src.bytes, none, 16) == 0 ||
	    memcmp(b + 8, gateway[NET_V6].bytes, 16) != 0 ||
	    memcmp(f->dst.bytes, own[NET_V6].bytes, 16) != 0)
		return false;
	while (at < f->len) {
		if (at + 2 > f->len || b[at + 1] == 0)
			return false;
		at += (size_t)b[at + 1] * 8;
	}
	return at == f->len;
}

/* ---- the frame ---- */

static bool
take(const uint8_t **data, size_t *size, void *out, size_t n)
{
	if (*size < n)
		return false;
	memcpy(out, *data, n);
	*data += n;
	*size -= n;
	return true;
}

static bool
make_frame(const uint8_t *data, size_t size, struct sys_frame *f,
    enum net_fam *fam)
{
	uint8_t flags, hops;

	memset(f, 0, sizeof(*f));
	if (!take(&data, &size, &flags, 1) || !take(&data, &size, &hops, 1))
		return false;
	*fam = (flags & 1) != 0 ? NET_V6 : NET_V4;
	f->overheard = (flags & 2) != 0;
	f->ifindex = (flags & 4) != 0 ? IFINDEX + 1 : IFINDEX;
	f->hops = hops;
	if (*fam == NET_V6) {
		f->src.family = f->dst.family = AF_INET6;
		if (!take(&data, &size, f->src.bytes, 16) ||
		    !take(&data, &size, f->dst.bytes, 16))
			return false;
	}
	f->len = size < sizeof(f->bytes) ? size : sizeof(f->bytes);
	memcpy(f->bytes, data, f->len);
	/* What is behind its end is not there. */
	memset(f->bytes + f->len, 0xa5, sizeof(f->bytes) - f->len);
	return true;
}

static unsigned
ask_and_answer(enum net_fam fam, const struct sys_frame *f)
{
	const struct probe_kind *kind = probe_kind(fam == NET_V4 ? "arp" :
	    "nd");
	struct conf_target target = { .kind = kind->set,
	    .addr = gateway[fam] };
	struct conf_uplink uplink = { .probe = { .timeout_ns = NS_PER_S * 60,
	    .ntargets = 1, .targets = &target } };
	unsigned credited = 0;
	struct probe_host host = { .uplink = &uplink, .ifindex = IFINDEX,
	    .ethernet = true, .report = report, .want_socket = want_socket,
	    .arg = &credited };
	struct probe *p;
	int sv[2];

	memcpy(host.lladdr, own_mac, NET_LLADDR);
	host.source[fam] = own[fam];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sv) == -1 ||
	    kind->open(&host, &p) != 0)
		abort();
	kind->socket(p, fam, sv[0], 0);
	kind->send(p, 0, 1, &target.addr, 0);
	/* Twice: it counts once. */
	if (send(sv[1], f, sizeof(*f), 0) == -1 ||
	    send(sv[1], f, sizeof(*f), 0) == -1)
		abort();
	kind->ready(p, 0);
	kind->forget(p);
	kind->close(&p);
	close(sv[1]);
	return credited;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sys_frame f;
	enum net_fam fam;
	bool good;

	if (!make_frame(data, size, &f, &fam))
		return 0;
	good = !f.overheard && f.ifindex == IFINDEX &&
	    (fam == NET_V4 ? is_arp_answer(&f) : is_nd_answer(&f));
	MUST(ask_and_answer(fam, &f) == (good ? 1 : 0));
	return 0;
}

/* SPDX-License-Identifier: ISC */
/*
 * probe_dns: a question to a name server by UDP.  Each has an id and a port of
 * its own, both random, and counts once the server itself has answered just
 * that.  A server that has resolved the name, or knows that there is none,
 * works; one that says SERVFAIL has lost its way to others, and one that says
 * REFUSED may have: a box without its line does.
 */
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/must.h"
#include "probes/dns_message.h"
#include "probes/flight.h"
#include "probes/probe.h"

#define READ_TURNS	16	/* datagrams per call; the rest comes later */

static const char *
check_name(const struct dns_opts *o)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	uint8_t query[DNS_QUERY_MAX];

	if (o->name[0] != '\0' && o->name[strspn(o->name, set)] == '\0' &&
	    dns_query(o, 0, query) > 0)
		return NULL;
	return "name: this cannot be a name in the DNS; the root is `.`";
}

static const char *
check(const void *opts, char *buf, size_t len)
{
	const struct dns_opts *o = opts;
	const char *why = check_name(o);
	int type = dns_type(o);

	(void)buf;
	(void)len;
	if (why != NULL || o->answer.family == 0)
		return why;
	if (type == (o->answer.family == AF_INET ? DNS_A : DNS_AAAA))
		return NULL;
	return "answer: there is no such address in an answer of this type";
}

static const struct option_choice types[] = {
	{ "auto", DNS_AUTO }, { "a", DNS_A }, { "aaaa", DNS_AAAA },
	{ "ns", DNS_NS }, { "soa", DNS_SOA }, { "mx", DNS_MX },
	{ "txt", DNS_TXT }, { "ptr", DNS_PTR }, { "srv", DNS_SRV },
	{ NULL, 0 }
};

static const struct option rows[] = {
	{ .name = "server", .type = OPTION_HOST,
	  .off = offsetof(struct dns_opts, server), .required = true,
	  .word = "gateway",
	  .help = "Name server to ask: an address, a name, or `gateway`." },
	{ .name = "name", .type = OPTION_STRING,
	  .off = offsetof(struct dns_opts, name), .def = ".",
	  .help = "Name to ask for." },
	{ .name = "type", .type = OPTION_CHOICE,
	  .off = offsetof(struct dns_opts, type), .choices = types,
	  .def = "auto", .help = "Type to ask for; `auto`: ns of the root, "
	  "else a or aaaa." },
	{ .name = "port", .type = OPTION_INT,
	  .off = offsetof(struct dns_opts, port), .min = 1, .max = 65535,
	  .def = "53", .help = "UDP port of the server." },
	{ .name = "answer", .type = OPTION_ADDR,
	  .off = offsetof(struct dns_opts, answer),
	  .help = "Address that must be in the answer." },
	{ .name = NULL }
};

static const struct option_set dns_set = {
	.name = "dns", .rows = rows, .size = sizeof(struct dns_opts),
	.primary = "server", .check = check,
};

static uint16_t
port(const void *opts)
{
	return (uint16_t)((const struct dns_opts *)opts)->port;
}

static int
begin(struct flight *f)
{
	uint8_t query[DNS_QUERY_MAX];
	int len;

	MUST(getrandom(&f->id, sizeof(f->id), 0) == sizeof(f->id));
	len = dns_query(f->opts, f->id, query);
	if (len < 0)
		return len;
	return send(f->fd, query, (size_t)len, MSG_NOSIGNAL) == -1 ? -errno :
	    0;
}

static int64_t
stamp_of(struct msghdr *h)
{
	struct timespec ts;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level != SOL_SOCKET ||
		    c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
	}
	return 0;
}

/* Its length, more than DNS_REPLY_MAX if it was cut; or -errno. */
static int
receive(int fd, uint8_t bytes[DNS_REPLY_MAX], int64_t *stamp_ns)
{
	_Alignas(struct cmsghdr) char control[128];
	struct iovec iov = { bytes, DNS_REPLY_MAX };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = control, .msg_controllen = sizeof(control) };
	ssize_t n;

	do
		n = recvmsg(fd, &h, MSG_DONTWAIT | MSG_TRUNC);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return -errno;
	*stamp_ns = stamp_of(&h);
	return (int)n;
}

/* What is not ours is waited on after: the true answer may follow. */
static enum dns_verdict
judge(const struct flight *f, const uint8_t *bytes, size_t len,
    char why[DNS_WHY_MAX])
{
	uint8_t query[DNS_QUERY_MAX];
	int query_len = dns_query(f->opts, f->id, query);

	if (query_len < 0 || len > DNS_REPLY_MAX)
		return DNS_FOREIGN;
	return dns_judge(f->opts, query, (size_t)query_len, bytes, len, why);
}

/* True if there may be more. */
static bool
take_one(struct probe *p, struct flight *f)
{
	char why[DNS_WHY_MAX], text[ERR_TEXT_MAX];
	uint8_t bytes[DNS_REPLY_MAX];
	int64_t stamp_ns = 0;
	int n = receive(f->fd, bytes, &stamp_ns);

	if (n == -EAGAIN)
		return false;
	/* By ICMP: nobody is there. */
	if (n < 0) {
		flight_lost(p, f, err_text(n, text));
		return false;
	}
	switch (judge(f, bytes, (size_t)n, why)) {
	case DNS_GOOD:
		flight_answered_at(p, f, stamp_ns);
		return false;
	case DNS_BAD:
		flight_lost(p, f, why);
		return false;
	default:
		p->spurious++;
		return true;
	}
}

static void
ready(struct probe *p, struct flight *f)
{
	int i;

	for (i = 0; i < READ_TURNS && take_one(p, f); i++)
		;
}

static const struct flight_way way = {
	.type = SOCK_DGRAM, .port = port, .begin = begin, .ready = ready,
};

static int
dns_open(const struct probe_host *host, struct probe **out)
{
	return flight_open(host, &way, out);
}

extern const struct probe_kind probe_dns;
const struct probe_kind probe_dns = {
	.set = &dns_set,
	.open = dns_open,
	.close = flight_close,
	.socket = flight_socket,
	.send = flight_send,
	.polls = flight_polls,
	.ready = flight_ready,
	.expire = flight_expire,
	.forget = flight_forget,
	.due = flight_due,
	.spurious = flight_spurious,
};

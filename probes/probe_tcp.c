/* SPDX-License-Identifier: ISC */
/*
 * probe_tcp: a connection by TCP.  That it is made, or reset by the host, is
 * the answer; nothing is sent by it.  A refusal by ICMP is none: whoever is on
 * the way can say so, a modem without its line, too.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stddef.h>

#include "lib/err.h"
#include "lib/sys.h"
#include "probes/flight.h"
#include "probes/probe.h"

struct tcp_opts {
	struct option_host	address;
};

static const struct option rows[] = {
	{ .name = "address", .type = OPTION_HOSTPORT,
	  .off = offsetof(struct tcp_opts, address), .required = true,
	  .word = "gateway",
	  .help = "Where to connect to: an address, a name or `gateway`, and "
	  "a port." },
	{ .name = NULL }
};

static const struct option_set tcp_set = {
	.name = "tcp", .rows = rows, .size = sizeof(struct tcp_opts),
	.primary = "address",
};

static uint16_t
port(const void *opts)
{
	return ((const struct tcp_opts *)opts)->address.port;
}

static void
ready(struct probe *p, struct flight *f)
{
	char text[ERR_TEXT_MAX];
	int64_t rtt_ns;
	int rc = sys_connect_end(f->fd, &rtt_ns);

	if (rc == -EINPROGRESS)
		return;
	if (rc != 0 && rc != -ECONNREFUSED)
		flight_lost(p, f, err_text(rc, text));
	else if (rtt_ns > 0)
		flight_answered(p, f, rtt_ns);
	else
		flight_answered_at(p, f, 0);
}

static const struct flight_way way = {
	.type = SOCK_STREAM, .port = port, .ready = ready,
};

static int
tcp_open(const struct probe_host *host, struct probe **out)
{
	return flight_open(host, &way, out);
}

extern const struct probe_kind probe_tcp;
const struct probe_kind probe_tcp = {
	.set = &tcp_set,
	.open = tcp_open,
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

/* SPDX-License-Identifier: ISC */
/*
 * opine: an advisor that changes its mind at a steady pace.
 *
 *	opine run_dir uplink advisor period_ms count
 *
 * Says down, up, down, ... on an absolute timetable, whether or not the one
 * before was confirmed.  The last one is repeated until it is confirmed, by a
 * daemon that dies meanwhile, too.  Output: said=N confirmed=N ms=N.
 */
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "tools/client.h"

#define PATIENCE	(30 * NS_PER_S)
#define REPEAT		(200 * NS_PER_MS)

static struct client *client;
static unsigned confirmed;

/* Until then; true if the opinion of that number was confirmed. */
static bool
hear(int64_t until_ns, uint64_t seq)
{
	char raw[EVENT_BYTES_MAX + 1];
	bool heard = false;
	struct msg m;
	int rc;

	for (;;) {
		rc = client_recv(client, &m, raw, sizeof(raw), until_ns);
		if (rc == EXIT_UNSURE)
			return heard;
		if (rc != EXIT_OK || m.head.type != MSG_ACK || !m.u.ack.ok)
			continue;
		confirmed++;
		if (m.u.ack.seq == seq)
			return true;
	}
}

static void
say(struct msg *m, unsigned n)
{
	client_stamp(client, m, MSG_OPINION);
	m->u.opinion.level = n % 2 == 0 ? LEVEL_DOWN : LEVEL_UP;
	/* The first one waits for the connection. */
	(void)client_send(client, m, clock_mono_ns() +
	    (n == 0 ? PATIENCE : 0));
}

int
main(int argc, char **argv)
{
	struct ctl ctl = { .run_dir = argv[1] };
	int64_t start_ns, period_ns, until_ns;
	unsigned n, count;
	struct msg m;

	if (argc != 6)
		errx(2, "usage: opine run_dir uplink advisor period_ms count");
	memset(&m, 0, sizeof(m));
	snprintf(m.u.opinion.uplink, EVENT_NAME_MAX, "%s", argv[2]);
	snprintf(m.u.opinion.advisor, EVENT_NAME_MAX, "%s", argv[3]);
	period_ns = strtol(argv[4], NULL, 10) * NS_PER_MS;
	count = (unsigned)strtoul(argv[5], NULL, 10);
	if (client_open(&ctl, &client) != EXIT_OK)
		return 1;
	start_ns = 0;
	for (n = 0; n < count; n++) {
		say(&m, n);
		if (n == 0)
			start_ns = clock_mono_ns();
		if (n + 1 < count)
			(void)hear(start_ns + (n + 1) * period_ns, UINT64_MAX);
	}
	until_ns = clock_mono_ns() + PATIENCE;
	while (!hear(clock_mono_ns() + REPEAT, m.head.seq)) {
		if (clock_mono_ns() >= until_ns)
			errx(1, "the last one was not confirmed");
		(void)client_send(client, &m, clock_mono_ns());
	}
	printf("said=%u confirmed=%u ms=%lld\n", count, confirmed,
	    (long long)((clock_mono_ns() - start_ns) / NS_PER_MS));
	client_close(&client);
	return 0;
}

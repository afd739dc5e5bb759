/* SPDX-License-Identifier: ISC */
/*
 * cmd_notify: what ifstated runs.  Returns at once in every state of the
 * daemon; the exit status tells whether the opinion is on disk.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "tools/client.h"

/* ifstated waits for us in its only loop. */
#define TIME_LIMIT	(150 * NS_PER_MS)

static int
usage(void)
{
	fprintf(stderr, "usage: uplinkctl notify [--as advisor] [--text text] "
	    "uplink up|down|degraded|unknown\n");
	return EXIT_USAGE;
}

static int
read_args(int argc, char **argv, struct opinion *o)
{
	static const struct option longs[] = {
		{ "as", required_argument, NULL, 'a' },
		{ "text", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	const char *as = "ifstated", *text = "";
	int ch;

	optind = 1;
	while ((ch = getopt_long(argc, argv, "a:t:", longs, NULL)) != -1)
		switch (ch) {
		case 'a':
			as = optarg;
			break;
		case 't':
			text = optarg;
			break;
		default:
			return usage();
		}
	if (argc - optind != 2)
		return usage();
	if (!event_name_ok(as) || !event_name_ok(argv[optind])) {
		fprintf(stderr, "uplinkctl: names are letters, digits and "
		    "_ . - only\n");
		return EXIT_USAGE;
	}
	snprintf(o->advisor, sizeof(o->advisor), "%s", as);
	snprintf(o->uplink, sizeof(o->uplink), "%s", argv[optind]);
	snprintf(o->text, sizeof(o->text), "%s", text);
	o->level = level_parse(argv[optind + 1]);
	return o->level == 0 ? usage() : EXIT_OK;
}

static int
answered(const struct ctl *ctl, const struct msg *m, const char *raw)
{
	if (ctl->json)
		printf("%s\n", raw);
	if (m->u.ack.ok)
		return EXIT_OK;
	fprintf(stderr, "uplinkctl: refused: %s\n", m->u.ack.text);
	return EXIT_REFUSED;
}

int
cmd_notify(const struct ctl *ctl, int argc, char **argv)
{
	int64_t deadline_ns = clock_mono_ns() + TIME_LIMIT;
	char raw[EVENT_BYTES_MAX + 1];
	struct client *c = NULL;
	struct msg m;
	int rc;

	memset(&m, 0, sizeof(m));
	rc = read_args(argc, argv, &m.u.opinion);
	if (rc == EXIT_OK)
		rc = client_open(ctl, &c);
	if (rc != EXIT_OK)
		return rc;
	client_stamp(c, &m, MSG_OPINION);
	rc = client_send(c, &m, deadline_ns);
	while (rc == EXIT_OK) {
		rc = client_recv(c, &m, raw, sizeof(raw), deadline_ns);
		if (rc == EXIT_OK && m.head.type == MSG_ACK) {
			rc = answered(ctl, &m, raw);
			break;
		}
	}
	if (rc == EXIT_UNSURE)
		fprintf(stderr, "uplinkctl: not confirmed: uplinkd has not "
		    "said within 150 ms that the opinion is on disk\n");
	client_close(&c);
	return rc;
}

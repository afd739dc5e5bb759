/* SPDX-License-Identifier: ISC */
/*
 * schema: tables only.
 */
#include "conf/schema.h"

#include "lib/clock.h"

#define MS	NS_PER_MS
#define SEC	NS_PER_S
#define HOUR	(3600 * NS_PER_S)
#define DAY	(24 * HOUR)

static const struct option_choice levels[] = {
	{ "up", CONF_ON_UP },
	{ "degraded", CONF_ON_DEGRADED },
	{ "down", CONF_ON_DOWN },
	{ "unknown", CONF_ON_UNKNOWN },
	{ NULL, 0 }
};

static const struct option_choice methods[] = {
	{ "override", CONF_OVERRIDE },
	{ "withdraw", CONF_WITHDRAW },
	{ "none", CONF_METHOD_NONE },
	{ NULL, 0 }
};

static const struct option_choice whens[] = {
	{ "gateway", CONF_WHEN_GATEWAY },
	{ "any", CONF_WHEN_ANY },
	{ NULL, 0 }
};

static const struct option_choice authorities[] = {
	{ "decide", CONF_DECIDE },
	{ "veto", CONF_VETO },
	{ "inform", CONF_INFORM },
	{ NULL, 0 }
};

static const struct option_choice supersedes[] = {
	{ "finish", CONF_FINISH },
	{ "cancel", CONF_CANCEL },
	{ NULL, 0 }
};

static const struct option_choice tls[] = {
	{ "required", CONF_TLS_REQUIRED },
	{ "none", CONF_TLS_NONE },
	{ NULL, 0 }
};

#define ROW(struct_, key, type_) .name = #key, .type = type_, \
	.off = offsetof(struct struct_, key)
#define ROWAS(struct_, key, field_, type_) .name = key, .type = type_, \
	.off = offsetof(struct struct_, field_)
#define END { .name = NULL }

static const struct option top[] = {
	{ ROW(conf, user, OPTION_NAME), .def = "_uplinkd",
	  .help = "Account of the processes without power." },
	{ ROW(conf, state_dir, OPTION_PATH), .def = "/var/lib/uplinkd",
	  .max = 200, .help = "Directory of the journal." },
	{ ROW(conf, run_dir, OPTION_PATH), .def = "/run/uplinkd", .max = 80,
	  .help = "Directory of sockets and lock." },
	{ ROW(conf, plugin_dir, OPTION_PATH), .max = 200,
	  .def = "/usr/local/libexec/uplinkd/plugins",
	  .help = "Directory of plugins." },
	{ ROW(conf, workers, OPTION_INT), .min = 0, .max = 64, .def = "0",
	  .help = "Probe threads; 0 is one per core, at most four." },
	END
};

static const struct option uplink[] = {
	{ ROWAS(conf_uplink, "interface", ifname, OPTION_IFNAME),
	  .required = true, .help = "Network interface of the line." },
	{ ROW(conf_uplink, gateway, OPTION_ADDRS), .required = true,
	  .word = "auto",
	  .help = "Next hop: an address, or a list with one IPv4 and one "
	    "IPv6 address; `auto` for what the kernel has." },
	{ ROW(conf_uplink, weight, OPTION_INT), .min = 1, .max = 256,
	  .def = "1", .help = "Share of new connections, against others." },
	{ ROW(conf_uplink, tier, OPTION_INT), .min = 1, .max = 16,
	  .def = "1", .help = "A higher tier carries traffic only while no "
	    "lower one can." },
	END
};

static const struct option probe[] = {
	{ ROWAS(conf_probe, "interval", interval_ns, OPTION_DURATION),
	  .min = 10 * MS, .max = HOUR, .def = "1s",
	  .help = "Time from one round of probes to the next." },
	{ ROWAS(conf_probe, "timeout", timeout_ns, OPTION_DURATION),
	  .min = 10 * MS, .max = 60 * SEC, .def = "1s",
	  .help = "A probe without an answer for so long is lost." },
	{ ROWAS(conf_probe, "timeout_min", timeout_min_ns, OPTION_DURATION),
	  .min = 10 * MS, .max = 60 * SEC, .def = "200ms",
	  .help = "The timeout follows the measured round-trip time down "
	    "to this." },
	{ ROWAS(conf_probe, "confirm", confirm_ns, OPTION_DURATION),
	  .min = 10 * MS, .max = HOUR, .def = "100ms",
	  .help = "Pace of the rounds while the level is in doubt." },
	{ ROW(conf_probe, fall, OPTION_INT), .min = 1, .max = 250,
	  .def = "14", .help = "Lost rounds in a row before `down`." },
	{ ROW(conf_probe, rise, OPTION_INT), .min = 1, .max = 250,
	  .def = "20", .help = "Passed rounds in a row before `up` again." },
	{ ROW(conf_probe, loss, OPTION_LOSS), .min = SEC, .max = HOUR,
	  .def = "20% of 60s",
	  .help = "Loss over a time that is `down`." },
	{ ROWAS(conf_probe, "hold", hold_ns, OPTION_DURATION),
	  .min = 0, .max = 24 * HOUR, .def = "60s",
	  .help = "A line that is up again stays unused so long." },
	{ ROWAS(conf_probe, "hold_max", hold_max_ns, OPTION_DURATION),
	  .min = 0, .max = 24 * HOUR, .def = "30m",
	  .help = "Each further outage doubles the hold, up to this." },
	{ ROW(conf_probe, resolver, OPTION_ADDRLIST),
	  .help = "Name servers for names of targets, asked through this "
	    "line; the system's if absent." },
	END
};

static const struct option degraded[] = {
	{ ROWAS(conf_degraded, "rtt", rtt_ns, OPTION_DURATION),
	  .min = 0, .max = 60 * SEC, .def = "200ms",
	  .help = "Round-trip time that is `degraded`; 0 is none." },
	{ ROWAS(conf_degraded, "jitter", jitter_ns, OPTION_DURATION),
	  .min = 0, .max = 60 * SEC, .def = "0s",
	  .help = "Variation of it that is `degraded`; 0 is none." },
	{ ROW(conf_degraded, loss, OPTION_LOSS), .min = SEC, .max = HOUR,
	  .def = "10% of 60s", .help = "Loss that is `degraded`." },
	END
};

static const struct option require[] = {
	{ ROWAS(conf_probe, "gateway", require_gateway, OPTION_BOOL),
	  .def = "false", .help = "A round needs an answer of the gateway." },
	{ ROWAS(conf_probe, "far", require_far, OPTION_INT), .min = 1,
	  .max = CONF_TARGETS_MAX, .def = "1", .word = "all",
	  .help = "A round needs so many answers of far hosts." },
	END
};

/* The time is short beside what an outage may last. */
static const struct option flows[] = {
	{ ROW(conf_flows, down, OPTION_FLOWS), .min = SEC, .max = DAY,
	  .def = "keep", .help = "Its connections, when it goes down." },
	{ ROW(conf_flows, up, OPTION_FLOWS), .min = SEC, .max = DAY,
	  .def = "keep", .help = "Those that are left of the time before, "
	    "when it returns." },
	{ ROW(conf_flows, idle, OPTION_FLOWS), .min = SEC, .max = DAY,
	  .def = "keep", .help = "Its connections, when a lower tier carries "
	    "again." },
	END
};

static const struct option clients[] = {
	{ ROW(conf_clients, only, OPTION_CLIENTS),
	  .help = "Networks that use this uplink, and never another." },
	{ ROW(conf_clients, prefer, OPTION_CLIENTS),
	  .help = "Networks that use this uplink while it can be used." },
	END
};

static const struct option recovery[] = {
	{ ROW(conf_recovery, when, OPTION_CHOICE), .choices = whens,
	  .def = "gateway", .help = "Evidence that is needed first." },
	{ ROW(conf_recovery, budget, OPTION_BUDGET), .min = 60 * SEC,
	  .max = 30 * DAY, .def = "3 per 24h",
	  .help = "Steps that are started within any such time." },
	END
};

static const struct option step[] = {
	{ ROWAS(conf_step, "after", after_ns, OPTION_DURATION),
	  .min = 0, .max = 30 * DAY, .def = "3m",
	  .help = "Time that the line has been down." },
	{ ROWAS(conf_step, "settle", settle_ns, OPTION_DURATION),
	  .min = 0, .max = DAY, .def = "2m",
	  .help = "After its end no step of any line is started so long." },
	{ ROWAS(conf_step, "timeout", timeout_ns, OPTION_DURATION),
	  .min = 100 * MS, .max = HOUR, .def = "180s",
	  .help = "It is ended after so long." },
	END
};

static const struct option advisor[] = {
	{ ROW(conf_advisor, authority, OPTION_CHOICE), .def = "inform",
	  .choices = authorities, .help = "What its opinion is worth." },
	{ ROWAS(conf_advisor, "ttl", ttl_ns, OPTION_DURATION),
	  .min = SEC, .max = 30 * DAY, .def = "5m",
	  .help = "How long an opinion lives." },
	END
};

/* 64 uplinks fit into seven bits of the mark. */
static const struct option routing[] = {
	{ ROW(conf_routing, method, OPTION_CHOICE), .def = "override",
	  .choices = methods, .help = "What is done about a bad line." },
	{ ROW(conf_routing, table, OPTION_INT), .min = 256,
	  .max = 0x7fffffff - CONF_UPLINKS_MAX - 1, .def = "5750",
	  .help = "Routing table of the override; those of the uplinks "
	    "follow it." },
	{ ROW(conf_routing, priority, OPTION_INT), .min = 1, .max = 32757,
	  .def = "5750", .help = "Priority of the first of nine kinds of "
	    "rules." },
	{ ROW(conf_routing, mark, OPTION_INT), .min = 1, .max = UINT32_MAX,
	  .def = "65536", .help = "Packet mark of the first uplink; the "
	    "n-th has n times as much." },
	{ ROW(conf_routing, mark_mask, OPTION_INT), .min = 0,
	  .max = UINT32_MAX, .def = "8323072", .help = "Bits of the mark "
	    "that are ours; 0 is no rules by mark." },
	{ ROW(conf_routing, symmetric, OPTION_BOOL), .def = "false",
	  .help = "Connections stay on the line by which they came or went." },
	{ ROWAS(conf_routing, "resync", resync_ns, OPTION_DURATION),
	  .min = SEC, .max = HOUR, .def = "5s",
	  .help = "The kernel is compared with the plan so often." },
	END
};

static const struct option mail[] = {
	{ ROW(conf_mail, to, OPTION_STRINGS), .required = true,
	  .help = "Addresses to write to." },
	{ ROW(conf_mail, from, OPTION_STRING), .max = 200,
	  .help = "Address of the sender." },
	{ ROW(conf_mail, via, OPTION_STRING), .max = 250, .def = "sendmail",
	  .help = "`sendmail`, or the URL of an SMTP server." },
	{ ROW(conf_mail, password_file, OPTION_PATH), .max = 250,
	  .help = "File with the password of the user in `via`." },
	{ ROW(conf_mail, ca, OPTION_PATH), .max = 250,
	  .help = "Certificates that vouch for the server; the system's if "
	    "absent." },
	{ ROW(conf_mail, tls, OPTION_CHOICE), .choices = tls,
	  .def = "required", .help = "Whether SMTP needs verified TLS." },
	{ ROW(conf_mail, sendmail, OPTION_ARGV),
	  .def = "[/usr/sbin/sendmail, -t, -oi]",
	  .help = "Program that takes a message and finds the addresses in "
	    "it." },
	{ ROW(conf_mail, on, OPTION_MASK), .choices = levels,
	  .def = "[down, up]", .help = "Levels that are told." },
	{ ROWAS(conf_mail, "timeout", timeout_ns, OPTION_DURATION),
	  .min = 100 * MS, .max = HOUR, .def = "60s",
	  .help = "One delivery is ended after so long." },
	{ ROWAS(conf_mail, "fold", fold_ns, OPTION_DURATION),
	  .min = 0, .max = HOUR, .def = "30s",
	  .help = "A fault that is over before is one letter; 0 is none." },
	{ ROW(conf_mail, limit, OPTION_BUDGET), .min = 60 * SEC,
	  .max = 7 * DAY, .def = "20 per 1h",
	  .help = "Letters within any such time; a digest tells the rest." },
	{ ROWAS(conf_mail, "expire", expire_ns, OPTION_DURATION),
	  .min = 60 * SEC, .max = 90 * DAY, .def = "5d",
	  .help = "A letter that is not delivered by then is given up." },
	{ ROWAS(conf_mail, "retry_wait", retry_wait_ns, OPTION_DURATION),
	  .min = 100 * MS, .max = 24 * HOUR, .def = "30s",
	  .help = "Pause before the second try; doubles." },
	END
};

static const struct option action[] = {
	{ ROW(conf_action, on, OPTION_MASK), .choices = levels,
	  .required = true, .help = "Levels that start it." },
	{ ROW(conf_action, uplinks, OPTION_STRINGS),
	  .help = "Only for these uplinks; all if absent." },
	{ ROWAS(conf_action, "timeout", timeout_ns, OPTION_DURATION),
	  .min = 100 * MS, .max = HOUR, .def = "30s",
	  .help = "It is ended after so long." },
	{ ROW(conf_action, retries, OPTION_INT), .min = 0, .max = 1000,
	  .def = "0", .help = "Tries after the first one." },
	{ ROWAS(conf_action, "retry_wait", retry_wait_ns, OPTION_DURATION),
	  .min = 0, .max = 24 * HOUR, .def = "5s",
	  .help = "Pause before the second try; doubles." },
	{ ROW(conf_action, every, OPTION_BOOL), .def = "false",
	  .help = "Run for each event, even if a newer one waits." },
	{ ROW(conf_action, on_supersede, OPTION_CHOICE), .def = "finish",
	  .choices = supersedes, .help = "What a newer event does to one "
	    "that runs." },
	END
};

static const struct option lanes[] = {
	{ ROW(conf_lanes, flow, OPTION_INT), .min = 1, .max = 64,
	  .def = "1", .help = "Threads that end connections." },
	{ ROW(conf_lanes, modem, OPTION_INT), .min = 1, .max = 64,
	  .def = "2", .help = "Threads for recovery." },
	{ ROW(conf_lanes, mail, OPTION_INT), .min = 1, .max = 64,
	  .def = "2", .help = "Threads for mail." },
	{ ROW(conf_lanes, exec, OPTION_INT), .min = 1, .max = 64,
	  .def = "4", .help = "Threads for actions." },
	{ ROW(conf_lanes, plugin, OPTION_INT), .min = 1, .max = 64,
	  .def = "4", .help = "Threads for plugins." },
	{ ROW(conf_lanes, web, OPTION_INT), .min = 1, .max = 64,
	  .def = "4", .help = "Threads for requests by HTTP." },
	{ ROW(conf_lanes, queue, OPTION_INT), .min = 1, .max = 65536,
	  .def = "256", .help = "Jobs that may wait in each lane." },
	END
};

static const char *const in_top[] = { "uplinks", "routing", "mail",
    "actions", "lanes", NULL };
static const char *const in_uplink[] = { "probe", "flows", "recovery",
    "clients", "advisors", NULL };
static const char *const in_probe[] = { "degraded", "require", "targets",
    NULL };
static const char *const in_recovery[] = { "steps", NULL };

const struct schema schema_top = { "", top, in_top };
const struct schema schema_uplink = { "uplinks.*", uplink, in_uplink };
const struct schema schema_probe = { "uplinks.*.probe", probe, in_probe };
const struct schema schema_degraded = { "uplinks.*.probe.degraded", degraded,
    NULL };
const struct schema schema_require = { "uplinks.*.probe.require", require,
    NULL };
const struct schema schema_flows = { "uplinks.*.flows", flows, NULL };
const struct schema schema_clients = { "uplinks.*.clients", clients, NULL };
const struct schema schema_recovery = { "uplinks.*.recovery", recovery,
    in_recovery };
const struct schema schema_step = { "uplinks.*.recovery.steps", step, NULL };
const struct schema schema_advisor = { "uplinks.*.advisors.*", advisor,
    NULL };
const struct schema schema_routing = { "routing", routing, NULL };
const struct schema schema_mail = { "mail", mail, NULL };
const struct schema schema_action = { "actions.*", action, NULL };
const struct schema schema_lanes = { "lanes", lanes, NULL };

const struct schema *const schema_all[] = {
	&schema_top, &schema_uplink, &schema_probe, &schema_degraded, &schema_require,
	&schema_flows, &schema_recovery, &schema_step, &schema_advisor, &schema_routing,
	&schema_mail, &schema_action, &schema_lanes, &schema_clients,
	NULL
};

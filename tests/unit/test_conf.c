/* SPDX-License-Identifier: ISC */
/* What a file means, and that no bytes can break the reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actions/action.h"
#include "conf/conf.h"
#include "dispatcher/kinds.h"
#include "lib/clock.h"

static const char two[] =
    "uplinks:\n"
    "  ext1:\n"
    "    interface: ext1\n"
    "    gateway: [10.0.1.1, \"2001:db8::1\"]\n"
    "    probe:\n"
    "      interval: 500ms\n"
    "      require: { far: all, gateway: true }\n"
    "      targets: [ { ping: gateway }, { ping: 192.0.2.9 } ]\n"
    "    recovery:\n"
    "      when: any\n"
    "      steps:\n"
    "        - { after: 2m, run: [/bin/a, b], settle: 90s }\n"
    "        - { after: 5m, run: { argv: [/bin/c], user: nobody } }\n"
    "      budget: 2 per 12h\n"
    "    advisors: { ifstated: { authority: veto, ttl: 90s } }\n"
    "  ext2:\n"
    "    interface: ext2\n"
    "    gateway: 10.0.2.1\n"
    "    weight: 3\n"
    "    tier: 2\n"
    "    probe: { targets: [ { ping: { address: 10.0.2.1 } } ] }\n"
    "routing: { method: withdraw, mark: 0x100, mark_mask: 0xff00 }\n"
    "mail: { to: root, on: [down] }\n"
    "actions:\n"
    "  one: { on: [up, down], run: [/bin/x, \"\"], uplinks: ext2 }\n"
    "  two: { on: [unknown], run: { argv: [/bin/y], user: nobody } }\n";

static struct conf *
parse(const char *text)
{
	struct conf *conf;

	assert_int_equal(conf_parse("t", text, strlen(text),
	    &conf_kinds_built_in, &conf, stderr), 0);
	return conf;
}

static void
conf_values_and_defaults_arrive(void **state)
{
	struct conf *c = parse(two);
	const struct conf_uplink *u = &c->uplinks[0];
	const struct conf_step *step;

	(void)state;
	assert_int_equal(c->nuplinks, 2);
	assert_string_equal(u->name, "ext1");
	assert_int_equal(u->gateway[NET_V6].family, net_family(NET_V6));
	assert_true(u->probe.interval_ns == 500 * NS_PER_MS);
	assert_true(u->probe.timeout_ns == NS_PER_S);
	assert_int_equal(u->probe.fall, 14);
	assert_int_equal(u->probe.require_far, CONF_FAR_ALL);
	assert_true(u->probe.require_gateway);
	/* `gateway` is one target for each family. */
	assert_int_equal(u->probe.ntargets, 3);
	assert_true(u->probe.targets[0].gateway);
	assert_true(u->probe.targets[1].gateway);
	assert_false(u->probe.targets[2].gateway);
	assert_string_equal(u->probe.targets[1].label, "ping 2001:db8::1");
	assert_int_equal(u->recovery.when, CONF_WHEN_ANY);
	assert_int_equal(u->recovery.nsteps, 2);
	step = &u->recovery.steps[0];
	assert_string_equal(((struct run_opts *)step->opts)->argv[1], "b");
	assert_true(step->after_ns == 120 * NS_PER_S);
	assert_true(step->settle_ns == 90 * NS_PER_S);
	step = &u->recovery.steps[1];
	assert_string_equal(((struct run_opts *)step->opts)->user, "nobody");
	assert_true(step->settle_ns == 120 * NS_PER_S);
	assert_true(step->timeout_ns == 180 * NS_PER_S);
	assert_int_equal(u->recovery.budget.n, 2);
	assert_true(u->recovery.budget.per_ns == 43200 * NS_PER_S);
	assert_int_equal(u->advisors[0].authority, CONF_VETO);
	/* The gateway by its address is the gateway all the same. */
	assert_true(c->uplinks[1].probe.targets[0].gateway);
	assert_int_equal(c->uplinks[1].weight, 3);
	assert_int_equal(c->routing.method, CONF_WITHDRAW);
	assert_int_equal(c->routing.mark, 0x100);
	assert_int_equal(c->mail.on, CONF_ON_DOWN);
	assert_string_equal(c->mail.sendmail[1], "-t");
	assert_string_equal(c->actions[0].uplinks[0], "ext2");
	assert_null(c->actions[0].uplinks[1]);
	assert_int_equal(c->lanes.exec, 4);
	assert_string_equal(c->user, "_uplinkd");
	conf_free(&c);
	assert_null(c);
}

static char *
print(const struct conf *c)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	conf_print(c, f);
	fclose(f);
	return text;
}

static void
conf_printed_form_prints_itself(void **state)
{
	struct conf *a = parse(two), *b;
	char *one = print(a), *again;

	(void)state;
	b = parse(one);
	again = print(b);
	assert_string_equal(one, again);
	free(one);
	free(again);
	conf_free(&a);
	conf_free(&b);
}

/* Each is for one family, and the gateway of it alone. */
static void
conf_neighbours_are_gateways(void **state)
{
	static const char text[] =
	    "uplinks:\n"
	    "  ext1:\n"
	    "    interface: ext1\n"
	    "    gateway: [10.0.1.1, \"fe80::1\"]\n"
	    "    probe:\n"
	    "      require: { gateway: true }\n"
	    "      targets:\n"
	    "        - arp: gateway\n"
	    "        - nd: gateway\n"
	    "        - arp: { address: 10.0.1.1 }\n"
	    "        - nd: fe80::1\n"
	    "  ext2:\n"
	    "    interface: ext2\n"
	    "    gateway: auto\n"
	    "    probe: { targets: [ { nd: gateway }, { arp: gateway } ] }\n";
	static const char *const labels[] = { "arp 10.0.1.1", "nd fe80::1",
	    "arp 10.0.1.1", "nd fe80::1" };
	struct conf *c = parse(text), *again;
	const struct conf_probe *p = &c->uplinks[0].probe;
	char *one = print(c), *other;
	size_t i;

	(void)state;
	assert_int_equal(p->ntargets, 4);
	for (i = 0; i < 4; i++) {
		assert_string_equal(p->targets[i].label, labels[i]);
		assert_true(p->targets[i].gateway);
		assert_int_equal(p->targets[i].word, i < 2);
	}
	p = &c->uplinks[1].probe;
	assert_int_equal(p->ntargets, 2);
	assert_string_equal(p->targets[0].label, "nd gateway (ipv6)");
	assert_string_equal(p->targets[1].label, "arp gateway (ipv4)");
	again = parse(one);
	other = print(again);
	assert_string_equal(one, other);
	assert_int_equal(again->uplinks[0].probe.ntargets, 4);
	free(one);
	free(other);
	conf_free(&c);
	conf_free(&again);
}

/* The same text with other targets for ext1, and what became of them. */
static struct conf *
with_targets(const char *targets)
{
	char text[2048];

	snprintf(text, sizeof(text), "uplinks: { ext1: { interface: ext1, "
	    "gateway: [10.0.1.1, \"2001:db8::1\"], probe: { targets: [ %s ] "
	    "} } }\n", targets);
	return parse(text);
}

static void
conf_ports_go_with_hosts(void **state)
{
	static const struct {
		const char *label;
		bool gateway;
	} want[] = {
		{ "tcp 10.0.1.1:80", true }, { "tcp 2001:db8::1:80", true },
		{ "tcp 192.0.2.9:443", false },
		{ "tcp www.example.net:65535", false },
		{ "tcp 2001:db8::9:53", false }, { "tcp 10.0.1.1:22", true },
	};
	struct conf *c = with_targets("{ tcp: \"gateway:80\" }, "
	    "{ tcp: \"192.0.2.9:443\" }, "
	    "{ tcp: { address: \"www.example.net:65535\" } }, "
	    "{ tcp: \"[2001:db8::9]:53\" }, { tcp: \"10.0.1.1:22\" }"), *b;
	const struct conf_probe *p = &c->uplinks[0].probe;
	char *one = print(c), *again;
	size_t i;

	(void)state;
	assert_int_equal(p->ntargets, sizeof(want) / sizeof(want[0]));
	for (i = 0; i < p->ntargets; i++) {
		assert_string_equal(p->targets[i].label, want[i].label);
		assert_int_equal(p->targets[i].gateway, want[i].gateway);
	}
	assert_true(p->targets[0].word && p->targets[1].word);
	assert_string_equal(p->targets[3].name, "www.example.net");
	b = parse(one);
	again = print(b);
	assert_string_equal(one, again);
	free(one);
	free(again);
	conf_free(&b);
	conf_free(&c);
}

static void
conf_name_servers_are_hosts(void **state)
{
	struct conf *c = with_targets("{ dns: gateway }, { dns: 192.0.2.9 }, "
	    "{ dns: { server: ns.example.net, name: a.b, port: 5353, "
	    "answer: 192.0.2.1 } }"), *b;
	const struct conf_probe *p = &c->uplinks[0].probe;
	char *one = print(c), *again;

	(void)state;
	assert_int_equal(p->ntargets, 4);
	assert_string_equal(p->targets[1].label, "dns 2001:db8::1");
	assert_true(p->targets[1].gateway);
	assert_string_equal(p->targets[2].label, "dns 192.0.2.9");
	assert_string_equal(p->targets[3].name, "ns.example.net");
	assert_non_null(strstr(one, "{ server: 192.0.2.9, name: ., "
	    "type: auto, port: 53 }"));
	assert_non_null(strstr(one, "port: 5353, answer: 192.0.2.1 }"));
	b = parse(one);
	again = print(b);
	assert_string_equal(one, again);
	free(one);
	free(again);
	conf_free(&b);
	conf_free(&c);
}

static int
errors(const char *text, size_t len, char **out)
{
	struct conf *c;
	size_t n;
	FILE *f = open_memstream(out, &n);
	int rc = conf_parse("t", text, len, &conf_kinds_built_in, &c, f);

	fclose(f);
	if (rc == 0)
		conf_free(&c);
	else
		assert_null(c);
	return rc;
}

static void
conf_all_errors_are_told_at_once(void **state)
{
	static const char bad[] =
	    "uplinks:\n"
	    "  ext1:\n"
	    "    interface: -rf\n"
	    "    gateway: 10.0.1\n"
	    "    probe:\n"
	    "      interval: 5ms\n"
	    "      fal: 3\n"
	    "      targets: [ { pong: x } ]\n"
	    "routing: { method: magic }\n";
	char *out;

	(void)state;
	assert_int_equal(errors(bad, sizeof(bad) - 1, &out), -EINVAL);
	assert_non_null(strstr(out, "t:3:16: uplinks.ext1.interface: "));
	assert_non_null(strstr(out, "t:4:14: uplinks.ext1.gateway: "));
	assert_non_null(strstr(out, "t:6:17: uplinks.ext1.probe.interval: "
	    "5ms is below the minimum 10ms\n"));
	assert_non_null(strstr(out, "t:7:7: uplinks.ext1.probe.fal: no such "
	    "key; did you mean fall?\n"));
	assert_non_null(strstr(out, "t:8:20: uplinks.ext1.probe.targets[0]: "
	    "pong is no kind of probe"));
	assert_non_null(strstr(out, "t:9:20: routing.method: magic is none "
	    "of: override, withdraw, none\n"));
	free(out);
}

/* Whatever bytes: an answer, never a crash, and errors have a position. */
static void
conf_mutated_files_are_answered(void **state)
{
	static const char spice[] = "{}[]:,&*!|>'\"%@`#?- \n\t\0\377z09.";
	unsigned seed = 20261123, i, k, n;
	char text[sizeof(two)], *out;
	size_t at;

	(void)state;
	for (i = 0; i < 4000; i++) {
		memcpy(text, two, sizeof(two));
		n = 1 + (unsigned)rand_r(&seed) % 4;
		for (k = 0; k < n; k++) {
			at = (size_t)rand_r(&seed) % (sizeof(two) - 1);
			text[at] = spice[(size_t)rand_r(&seed) %
			    (sizeof(spice) - 1)];
		}
		if (errors(text, sizeof(two) - 1, &out) != 0)
			assert_int_equal(strncmp(out, "t:", 2), 0);
		free(out);
	}
	for (at = 0; at < sizeof(two); at++) {
		(void)errors(two, at, &out);
		free(out);
	}
}

static void
conf_nested_too_deep_is_refused(void **state)
{
	char text[3 * CONF_DEPTH_MAX + 32], *out;
	size_t at, i;

	(void)state;
	at = (size_t)snprintf(text, sizeof(text), "uplinks: ");
	for (i = 0; i <= CONF_DEPTH_MAX; i++)
		text[at++] = '[';
	for (i = 0; i <= CONF_DEPTH_MAX; i++)
		text[at++] = ']';
	assert_int_equal(errors(text, at, &out), -EINVAL);
	assert_non_null(strstr(out, "nested too deep"));
	free(out);
}

static void
conf_read_minds_who_may_write(void **state)
{
	char path[] = "/tmp/uplinkd-test.XXXXXX", *bytes = NULL;
	FILE *null = fopen("/dev/null", "w");
	int fd = mkstemp(path);
	size_t len;

	(void)state;
	assert_int_equal(write(fd, two, strlen(two)), (int)strlen(two));
	close(fd);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(conf_read(path, &bytes, &len, null), 0);
	assert_int_equal(len, strlen(two));
	free(bytes);
	if (geteuid() == 0) {
		assert_int_equal(chmod(path, 0666), 0);
		assert_int_equal(conf_read(path, &bytes, &len, null), -EPERM);
	}
	assert_int_equal(conf_read("/tmp", &bytes, &len, null), -EINVAL);
	assert_int_equal(conf_read("/nonexistent", &bytes, &len, null),
	    -ENOENT);
	unlink(path);
	fclose(null);
}

static void
count(const char *path, const struct option *o, void *arg)
{
	assert_non_null(o->help);
	assert_true(*path != '\0');
	++*(int *)arg;
}

static void
conf_flows_are_words_and_times(void **state)
{
	static const char *const said[] = { "keep", "kill",
	    "kill-after 30s", "kill-after 1s", "kill-after 1d",
	    "kill-if-address-changed" };
	static const struct option_flows meant[] = {
		{ OPTION_FLOWS_KEEP, 0 }, { OPTION_FLOWS_KILL, 0 },
		{ OPTION_FLOWS_KILL_AFTER, 30 * NS_PER_S },
		{ OPTION_FLOWS_KILL_AFTER, NS_PER_S },
		{ OPTION_FLOWS_KILL_AFTER, 86400 * NS_PER_S },
		{ OPTION_FLOWS_KILL_CHANGED, 0 },
	};
	char text[512], want[64], printed[16384];
	struct conf *conf;
	size_t i;
	FILE *f;

	(void)state;
	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		snprintf(text, sizeof(text), "uplinks: { a: { interface: x, "
		    "gateway: 10.0.0.1, probe: { targets: [ { ping: gateway } "
		    "] }, flows: { up: %s } } }\n", said[i]);
		assert_int_equal(conf_parse("x", text, strlen(text),
		    &conf_kinds_built_in, &conf, stderr), 0);
		assert_int_equal(conf->uplinks[0].flows.up.policy,
		    meant[i].policy);
		assert_int_equal(conf->uplinks[0].flows.up.after_ns,
		    meant[i].after_ns);
		assert_int_equal(conf->uplinks[0].flows.down.policy,
		    OPTION_FLOWS_KEEP);
		assert_int_equal(conf->uplinks[0].flows.idle.policy,
		    OPTION_FLOWS_KEEP);
		memset(printed, 0, sizeof(printed));
		f = fmemopen(printed, sizeof(printed) - 1, "w");
		conf_print(conf, f);
		fclose(f);
		snprintf(want, sizeof(want), "      up: %s\n", said[i]);
		assert_non_null(strstr(printed, want));
		conf_free(&conf);
	}
}

static void
conf_every_row_has_its_help(void **state)
{
	int n = 0;

	(void)state;
	conf_walk(&conf_kinds_built_in, count, &n);
	assert_true(n > 40);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conf_values_and_defaults_arrive),
		cmocka_unit_test(conf_printed_form_prints_itself),
		cmocka_unit_test(conf_neighbours_are_gateways),
		cmocka_unit_test(conf_ports_go_with_hosts),
		cmocka_unit_test(conf_name_servers_are_hosts),
		cmocka_unit_test(conf_all_errors_are_told_at_once),
		cmocka_unit_test(conf_mutated_files_are_answered),
		cmocka_unit_test(conf_nested_too_deep_is_refused),
		cmocka_unit_test(conf_read_minds_who_may_write),
		cmocka_unit_test(conf_flows_are_words_and_times),
		cmocka_unit_test(conf_every_row_has_its_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

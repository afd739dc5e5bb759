/* SPDX-License-Identifier: ISC */
/* What a command is started with, and what the parent refuses to start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>

#include "actions/action.h"
#include "conf/conf.h"
#include "dispatcher/parent.h"
#include "lib/clock.h"
#include "probes/probe_run.h"
#include "routing/plan.h"

static char *demote[] = { "/usr/local/libexec/demote", "ext1", NULL };
static char *redial[] = { "/usr/local/libexec/redial", NULL };
static char *sendmail[] = { "/usr/sbin/sendmail", "-t", NULL };
static char *to[] = { "root", NULL };
static char *check[] = { "/etc/netconf/ext1_chk.sh", "-q", NULL };
static struct run_opts opts = { .argv = demote, .user = "root" };
static struct check_opts check_opts = { .argv = check, .user = "nobody",
    .timeout_ns = 5 * NS_PER_S };
static const struct option_set run_set = { .name = "run" };
static const struct option_set ping_set = { .name = "ping" };
static struct conf_target targets[] = {
	{ .kind = &ping_set },
	{ .kind = &run_set, .opts = &check_opts, .path = "ext1_chk.sh" },
};
static struct conf_action action = { .name = "carp", .kind = &run_set,
    .opts = &opts, .timeout_ns = 30 * NS_PER_S };
static struct run_opts redial_opts = { .argv = redial };
static struct conf_step reset = { .kind = &run_set, .opts = &redial_opts,
    .timeout_ns = 180 * NS_PER_S };
static struct conf_uplink uplinks[] = {
	{ .name = "ext1", .ifname = "re0",
	  .probe = { .ntargets = 2, .targets = targets },
	  .recovery = { .when = CONF_WHEN_ANY, .nsteps = 1,
	    .steps = &reset } },
	{ .name = "ext2", .ifname = "re1" },
};
static struct conf conf = { .nuplinks = 2, .uplinks = uplinks,
    .nactions = 1, .actions = &action,
    .mail = { .to = to, .sendmail = sendmail,
    .timeout_ns = 60 * NS_PER_S } };
static struct want_now here = {
	.gateway = { AF_INET, { 192, 0, 2, 1 } },
	.own = { AF_INET, { 192, 0, 2, 7 } },
};

static struct power_spawn
request(enum power_what what, uint32_t index, uint32_t uplink)
{
	struct power_spawn req = {
		.kind = POWER_SPAWN, .what = what, .index = index,
		.uplink = uplink, .level = LEVEL_DOWN, .previous = LEVEL_UP,
		.cause = CAUSE_GATEWAY, .tries = 2, .event_id = 7,
		.job_id = 9, .timeout_ms = 3600 * 1000,
	};

	return req;
}

static bool
has(char *const *envp, const char *want)
{
	for (; *envp != NULL; envp++)
		if (strcmp(*envp, want) == 0)
			return true;
	return false;
}

static size_t
count(char *const *envp)
{
	size_t n;

	for (n = 0; envp[n] != NULL; n++)
		;
	return n;
}

static void
env_action_has_typed_fields_and_nothing_else(void **state)
{
	struct power_spawn req = request(POWER_ACTION, 0, 0);
	struct cmd_line line;

	(void)state;
	assert_int_equal(cmd_line_make(&conf, &req, &here, &line), 0);
	assert_ptr_equal(line.argv, demote);
	assert_string_equal(line.user, "root");
	assert_true(has(line.envp, "UPLINKD_UPLINK=ext1"));
	assert_true(has(line.envp, "UPLINKD_INTERFACE=re0"));
	assert_true(has(line.envp, "UPLINKD_GATEWAY=192.0.2.1"));
	assert_true(has(line.envp, "UPLINKD_ADDRESS=192.0.2.7"));
	assert_true(has(line.envp, "UPLINKD_LEVEL=down"));
	assert_true(has(line.envp, "UPLINKD_PREVIOUS=up"));
	assert_true(has(line.envp, "UPLINKD_CAUSE=gateway"));
	assert_true(has(line.envp, "UPLINKD_EVENT_ID=7"));
	assert_true(has(line.envp, "UPLINKD_JOB_ID=9"));
	assert_true(has(line.envp, "UPLINKD_TRY=2"));
	assert_true(has(line.envp, "UPLINKD_ACTION=carp"));
	assert_true(has(line.envp, "LANG=C"));
	assert_int_equal(count(line.envp), 13);
	cmd_line_free(&line);
}

static void
env_check_follows_no_event(void **state)
{
	struct power_spawn req = request(POWER_CHECK, 1, 0);
	struct cmd_line line;

	(void)state;
	assert_int_equal(cmd_line_make(&conf, &req, &here, &line), 0);
	assert_ptr_equal(line.argv, check);
	assert_string_equal(line.user, "nobody");
	assert_string_equal(line.name, "ext1/ext1_chk.sh");
	assert_true(line.timeout_ns == 5 * NS_PER_S);
	assert_true(has(line.envp, "UPLINKD_UPLINK=ext1"));
	assert_true(has(line.envp, "UPLINKD_INTERFACE=re0"));
	assert_true(has(line.envp, "UPLINKD_GATEWAY=192.0.2.1"));
	assert_true(has(line.envp, "UPLINKD_ADDRESS=192.0.2.7"));
	assert_true(has(line.envp, "UPLINKD_LEVEL=down"));
	assert_true(has(line.envp, "UPLINKD_PREVIOUS=up"));
	assert_true(has(line.envp, "UPLINKD_CAUSE=gateway"));
	assert_int_equal(count(line.envp), 9);
	cmd_line_free(&line);
}

static void
env_what_is_not_there_is_empty(void **state)
{
	struct want_now nowhere = { .gateway.family = 0 };
	struct power_spawn req = request(POWER_CHECK, 1, 0);
	struct cmd_line line;

	(void)state;
	assert_int_equal(cmd_line_make(&conf, &req, &nowhere, &line), 0);
	assert_true(has(line.envp, "UPLINKD_GATEWAY="));
	assert_true(has(line.envp, "UPLINKD_ADDRESS="));
	cmd_line_free(&line);
}

static void
env_timeout_is_never_above_the_configured(void **state)
{
	struct power_spawn req = request(POWER_ACTION, 0, 0);
	struct cmd_line line;

	(void)state;
	assert_int_equal(cmd_line_make(&conf, &req, &here, &line), 0);
	assert_true(line.timeout_ns == 30 * NS_PER_S);
	cmd_line_free(&line);
	req.timeout_ms = 1000;
	assert_int_equal(cmd_line_make(&conf, &req, &here, &line), 0);
	assert_true(line.timeout_ns == NS_PER_S);
	cmd_line_free(&line);
	req.timeout_ms = -1;
	assert_int_equal(cmd_line_make(&conf, &req, &here, &line), -EINVAL);
}

static void
env_recovery_and_mail_use_their_own_programs(void **state)
{
	struct power_spawn req = request(POWER_RECOVERY, 0, 0);
	struct cmd_line line;

	(void)state;
	assert_int_equal(cmd_line_make(&conf, &req, &here, &line), 0);
	assert_ptr_equal(line.argv, redial);
	cmd_line_free(&line);
	req = request(POWER_MAIL, 0, 1);
	assert_int_equal(cmd_line_make(&conf, &req, &here, &line), 0);
	assert_ptr_equal(line.argv, sendmail);
	cmd_line_free(&line);
}

static void
env_what_is_not_configured_is_refused(void **state)
{
	const struct power_spawn bad[] = {
		request(POWER_ACTION, 1, 0),	/* no such action */
		request(POWER_ACTION, 0, 2),	/* no such uplink */
		request(POWER_RECOVERY, 0, 1),	/* it has no recovery */
		request(POWER_RECOVERY, 1, 0),	/* no second step */
		request(POWER_CHECK, 0, 0),	/* of another kind */
		request(POWER_CHECK, 2, 0),	/* no such target */
		request(POWER_CHECK, 0, 1),	/* it has no targets */
		request(0, 0, 0), request(5, 0, 0),
	};
	struct power_spawn req;
	struct cmd_line line;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(cmd_line_make(&conf, &bad[i], &here, &line),
		    -EINVAL);
	req = request(POWER_ACTION, 0, 0);
	req.level = 99;
	assert_int_equal(cmd_line_make(&conf, &req, &here, &line), -EINVAL);
	req = request(POWER_ACTION, 0, 0);
	req.cause = 0;
	assert_int_equal(cmd_line_make(&conf, &req, &here, &line), -EINVAL);
	conf.mail.to = NULL;
	req = request(POWER_MAIL, 0, 0);
	assert_int_equal(cmd_line_make(&conf, &req, &here, &line), -EINVAL);
	conf.mail.to = to;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(env_action_has_typed_fields_and_nothing_else),
		cmocka_unit_test(env_check_follows_no_event),
		cmocka_unit_test(env_what_is_not_there_is_empty),
		cmocka_unit_test(env_timeout_is_never_above_the_configured),
		cmocka_unit_test(env_recovery_and_mail_use_their_own_programs),
		cmocka_unit_test(env_what_is_not_configured_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

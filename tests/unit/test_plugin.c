/* SPDX-License-Identifier: ISC */
/*
 * What is configured of a plugin, which file its name stands for, and what it
 * would be started with.
 */
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

#include "actions/plugin.h"
#include "conf/conf.h"
#include "dispatcher/kinds.h"
#include "dispatcher/parent.h"
#include "dispatcher/tool.h"
#include "lib/clock.h"
#include "routing/plan.h"

static char dir[64];

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/uplinkd-test.XXXXXX");
	return mkdtemp(dir) == NULL ? -1 : chmod(dir, 0755);
}

static const char *const files[] = { "led", "led.so" };

static const char *
at(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(at(files[0]));
	(void)unlink(at(files[1]));
	return rmdir(dir);
}

static void
put(const char *name, mode_t mode)
{
	int fd = open(at(name), O_WRONLY | O_CREAT, 0600);

	assert_true(fd != -1);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static int
parse(const char *action, struct conf **conf, char **said)
{
	char text[1024];
	size_t len;
	FILE *f = open_memstream(said, &len);
	int rc;

	snprintf(text, sizeof(text), "plugin_dir: %s\nuplinks:\n  ext1:\n"
	    "    interface: re0\n    gateway: 192.0.2.1\n"
	    "    probe: { targets: [ ping: gateway ] }\n"
	    "actions:\n  light: { on: [down], timeout: 5s, %s }\n", dir,
	    action);
	rc = conf_parse("t", text, strlen(text), &conf_kinds_built_in, conf,
	    f);
	fclose(f);
	return rc;
}

static struct conf *
good(const char *action)
{
	struct conf *conf = NULL;
	char *said;

	if (parse(action, &conf, &said) != 0)
		fail_msg("%s: %s", action, said);
	free(said);
	return conf;
}

static void
plugin_short_form_is_its_name(void **state)
{
	struct conf *conf = good("plugin: led");
	const struct plugin_opts *o = conf->actions[0].opts;

	(void)state;
	assert_string_equal(o->name, "led");
	assert_string_equal(o->user, "nobody");
	assert_null(o->options);
	assert_int_equal(o->memory, 256);
	assert_string_equal(action_kind("plugin")->lane, "plugin");
	assert_int_equal(conf->lanes.plugin, 4);
	conf_free(&conf);
}

static void
refused(const char *action, const char *text)
{
	struct conf *conf;
	char *said;

	assert_int_equal(parse(action, &conf, &said), -EINVAL);
	if (strstr(said, text) == NULL)
		fail_msg("%s: %s", action, said);
	free(said);
}

static void
plugin_wrong_options_are_refused(void **state)
{
	(void)state;
	refused("plugin: led.so", "the name is written without .so");
	refused("plugin: ../led", "is not a name");
	refused("plugin: .led", "is not a name");
	refused("plugin: { user: root }", "plugin.name: is missing");
	refused("plugin: { name: led, option: {} }", "did you mean options?");
	refused("plugin: { name: led, memory: 15 }", "at least 16");
	refused("plugin: { name: led, memory: -1 }", "below the minimum");
	refused("plugin: led, run: [/bin/true]", "an action does one thing");
}

static void
plugin_is_a_program_or_a_library(void **state)
{
	char path[PLUGIN_PATH_MAX];

	(void)state;
	assert_int_equal(plugin_find(dir, "led", path), -ENOENT);
	put("led", 0755);
	assert_int_equal(plugin_find(dir, "led", path), PLUGIN_PROGRAM);
	assert_string_equal(path, at("led"));
	put("led.so", 0644);
	assert_int_equal(plugin_find(dir, "led", path), -EEXIST);
	assert_int_equal(unlink(at("led")), 0);
	assert_int_equal(plugin_find(dir, "led", path), PLUGIN_LIBRARY);
	assert_string_equal(path, at("led.so"));
}

static const struct power_spawn req = { .kind = POWER_SPAWN,
    .what = POWER_ACTION, .level = LEVEL_DOWN, .previous = LEVEL_UP,
    .cause = CAUSE_FAR, .tries = 1, .event_id = 7, .job_id = 8,
    .timeout_ms = INT64_MAX };

static void
make(const struct conf *conf, struct cmd_line *line)
{
	const struct want_now now = { .gateway.family = 0 };

	assert_int_equal(cmd_line_make(conf, &req, &now, line), 0);
	assert_non_null(line->plugin);
}

static bool
has(char *const *envp, const char *want)
{
	for (; *envp != NULL; envp++)
		if (strcmp(*envp, want) == 0)
			return true;
	return false;
}

static void
plugin_gets_its_options_by_the_environment(void **state)
{
	struct conf *conf = good("plugin: { name: led, user: root, "
	    "memory: 16, options: { led_2: \"a=b C\", dir: /x } }");
	struct cmd_line line;

	(void)state;
	put("led", 0755);
	make(conf, &line);
	assert_int_equal(line.plugin->err, 0);
	assert_false(line.plugin->library);
	assert_int_equal(line.plugin->memory, 16 * 1024 * 1024);
	assert_string_equal(line.argv[0], at("led"));
	assert_string_equal(line.argv[1], "ext1");
	assert_string_equal(line.argv[2], "down");
	assert_null(line.argv[3]);
	assert_string_equal(line.user, "root");
	assert_true(line.timeout_ns == 5 * NS_PER_S);
	assert_true(has(line.envp, "UPLINKD_OPTION_LED_2=a=b C"));
	assert_true(has(line.envp, "UPLINKD_OPTION_DIR=/x"));
	assert_true(has(line.envp, "UPLINKD_TIMEOUT_MS=5000"));
	assert_true(has(line.envp, "UPLINKD_LEVEL=down"));
	assert_true(has(line.envp, "UPLINKD_ACTION=light"));
	cmd_line_free(&line);
	conf_free(&conf);
}

/* There is room for as many as may be configured. */
static void
plugin_gets_all_of_its_options(void **state)
{
	char text[900] = "plugin: { name: led, options: { ";
	struct cmd_line line;
	struct conf *conf;
	size_t i;

	(void)state;
	for (i = 0; i < OPTION_MAP_MAX; i++)
		snprintf(text + strlen(text), 16, "o%zu: x, ", i);
	strcat(text, "} }");
	conf = good(text);
	make(conf, &line);
	assert_true(has(line.envp, "UPLINKD_OPTION_O0=x"));
	assert_true(has(line.envp, "UPLINKD_OPTION_O31=x"));
	cmd_line_free(&line);
	conf_free(&conf);
}

static char told[1024];

static void
say(const char *key, const char *path, const char *why)
{
	snprintf(told, sizeof(told), "%s: %s: %s", key, path, why);
}

static void
is_told(const struct conf *conf, const char *want)
{
	told[0] = '\0';
	assert_int_equal(programs_check(conf, say), want != NULL);
	if (want != NULL && strstr(told, want) == NULL)
		fail_msg("%s", told);
}

static void
plugin_that_would_not_be_run_is_named(void **state)
{
	struct conf *conf = good("plugin: led");
	struct cmd_line line;

	(void)state;
	is_told(conf, "actions.light: ");
	is_told(conf, "neither led nor led.so is in /tmp/");
	put("led.so", 0644);
	is_told(conf, NULL);
	put("led.so", 0666);
	is_told(conf, "led.so can be written by others");
	assert_int_equal(chmod(at("led.so"), 0644), 0);
	put("led", 0755);
	is_told(conf, "both led and led.so are in /tmp/");
	make(conf, &line);
	assert_int_equal(line.plugin->err, -EEXIST);
	cmd_line_free(&line);
	assert_int_equal(unlink(at("led.so")), 0);
	is_told(conf, NULL);
	assert_int_equal(chmod(at("led"), 0644), 0);
	is_told(conf, "led is not a program");
	conf_free(&conf);
	conf = good("plugin: { name: led, user: no-such-account }");
	is_told(conf, "there is no account no-such-account");
	conf_free(&conf);
}

static void
plugin_success_is_what_its_host_says(void **state)
{
	char text[POWER_TEXT_MAX];
	int status = TOOL_PLUGIN_DONE << 8;

	(void)state;
	assert_int_equal(plugin_verdict(&status, text), 0);
	assert_int_equal(status, 0);
	status = 0;
	assert_int_equal(plugin_verdict(&status, text), -EPROTO);
	assert_non_null(strstr(text, "ended its process"));
	status = 3 << 8;
	assert_int_equal(plugin_verdict(&status, text), 0);
	assert_int_equal(status, 3 << 8);
	status = 11;
	assert_int_equal(plugin_verdict(&status, text), 0);
	assert_int_equal(status, 11);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(plugin_short_form_is_its_name),
		T(plugin_wrong_options_are_refused),
		T(plugin_is_a_program_or_a_library),
		T(plugin_gets_its_options_by_the_environment),
		T(plugin_gets_all_of_its_options),
		T(plugin_that_would_not_be_run_is_named),
		T(plugin_success_is_what_its_host_says),
	};

	return cmocka_run_group_tests_name("plugin", tests, NULL, NULL);
}

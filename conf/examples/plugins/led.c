/* SPDX-License-Identifier: ISC */
/*
 * led: a light of /sys/class/leds is on while a line is down.
 *
 *	actions:
 *	  light:
 *	    on: [up, degraded, down]
 *	    uplinks: [ext1]
 *	    plugin:
 *	      name: led
 *	      user: root		# whom the files below belong to
 *	      options: { led: "red:wan" }
 *
 * Options: led, its name; directory, default /sys/class/leds.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <uplinkd_plugin.h>

struct led {
	const struct uplinkd_host *host;
	char		path[256];	/* of the directory of the light */
};

static int
init(const struct uplinkd_host *host, void **state)
{
	static struct led led;
	const char *name = uplinkd_option(host, "led", "");
	int n;

	if (*name == '\0' || strchr(name, '/') != NULL) {
		host->log("the option led is missing, or no name");
		return -EINVAL;
	}
	led.host = host;
	n = snprintf(led.path, sizeof(led.path), "%s/%s",
	    uplinkd_option(host, "directory", "/sys/class/leds"), name);
	if (n < 0 || (size_t)n >= sizeof(led.path))
		return -ENAMETOOLONG;
	*state = &led;
	return 0;
}

/* mode "r" reads a word into text, "w" writes it. */
static int
word(const struct led *led, const char *file, const char *mode, char text[32])
{
	char path[300];
	int rc = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", led->path, file);
	f = fopen(path, mode);
	if (f == NULL)
		rc = -errno;
	else if (*mode == 'r')
		rc = fscanf(f, "%31s", text) == 1 ? 0 : -EIO;
	else
		rc = fprintf(f, "%s\n", text) > 0 ? 0 : -EIO;
	/* What the kernel thinks of a value is told when it is written. */
	if (f != NULL && fclose(f) != 0)
		rc = -errno;
	if (rc != 0)
		led->host->log("%s: %s", path, strerror(-rc));
	return rc;
}

static int
run(void *state, const struct uplinkd_event *event, int64_t deadline_ns)
{
	char none[32] = "none", value[32] = "0", trigger[32];
	const struct led *led = state;
	int rc;

	(void)deadline_ns;	/* nothing here waits */
	if (strcmp(event->level, "unknown") == 0)
		return 0;
	rc = strcmp(event->level, "down") != 0 ? 0 :
	    word(led, "max_brightness", "r", value);
	/* A trigger of the kernel would set it as it likes. */
	if (rc == 0 && word(led, "trigger", "r", trigger) == 0)
		rc = word(led, "trigger", "w", none);
	if (rc == 0)
		rc = word(led, "brightness", "w", value);
	if (rc == 0)
		led->host->log("%s: %s", led->path, value);
	return rc;
}

const struct uplinkd_plugin uplinkd_plugin = {
	.abi = UPLINKD_PLUGIN_ABI,
	.name = "led",
	.init = init,
	.run = run,
};

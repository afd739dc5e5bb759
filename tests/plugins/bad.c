/* SPDX-License-Identifier: ISC */
/*
 * bad: does what a plugin must not do, each by the option `how`.  "well" is
 * how it would be right.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uplinkd_plugin.h>

struct bad {
	const struct uplinkd_host *host;
	const char	*how;
	atomic_bool	stop;
};

static int
init(const struct uplinkd_host *host, void **state)
{
	static struct bad b;

	b.host = host;
	b.how = uplinkd_option(host, "how", "well");
	*state = &b;
	if (strcmp(b.how, "init") == 0)
		return -EPERM;
	if (strcmp(b.how, "init-hang") == 0)
		pause();
	return 0;
}

static int
crash(struct bad *b)
{
	volatile int *nowhere = NULL;

	(void)b;
	*nowhere = 1;
	return 0;
}

static int
aborts(struct bad *b)
{
	(void)b;
	abort();
}

/* Deaf to cancel and to SIGTERM, as what it has started. */
static int
hang(struct bad *b)
{
	(void)b;
	signal(SIGTERM, SIG_IGN);
	if (fork() == 0)
		setsid();
	for (;;)
		pause();
	return 0;
}

static int
waits(struct bad *b)
{
	struct timespec ts = { .tv_nsec = 1000000 };

	while (!atomic_load(&b->stop))
		nanosleep(&ts, NULL);
	b->host->log("told to stop");
	return -ECANCELED;
}

static int
leak(struct bad *b)
{
	size_t n;

	for (n = 0;; n++) {
		char *p = malloc(1024 * 1024);

		if (p == NULL)
			break;
		memset(p, 1, 1024 * 1024);
	}
	b->host->log("no memory after %zu MiB", n);
	return -ENOMEM;
}

static int
leaves(struct bad *b)
{
	(void)b;
	exit(0);
}

static int
leaves_at_once(struct bad *b)
{
	(void)b;
	_exit(0);
}

static int
noise(struct bad *b)
{
	static char line[64 * 1024];
	size_t i;

	(void)b;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (i = 0; i < 100 * 1024 * 1024 / sizeof(line); i++)
		if (write(2, line, sizeof(line)) == -1)
			return -errno;
	return 0;
}

/* Twice, and in a session of its own, as the books say. */
static int
daemons(struct bad *b)
{
	int i;

	(void)b;
	for (i = 0; i < 3; i++)
		if (fork() == 0) {
			setsid();
			if (fork() == 0)
				execl("/bin/sleep", "sleep", "985", NULL);
			_exit(0);
		}
	/* Until they are somebody else's, or it would prove nothing. */
	sleep(1);
	return 0;
}

static int
closes(struct bad *b)
{
	int fd;

	for (fd = 0; fd < 1024; fd++)
		close(fd);
	b->host->log("nobody hears this");
	return write(2, "", 1) == -1 ? -errno : 0;
}

static int
talks(struct bad *b)
{
	(void)b;
	printf("on standard output\n\033[2J");
	return 0;
}

/* What it could do: not bad, but told. */
static int
power(struct bad *b)
{
	char line[128], caps[20] = "?", privs[4] = "?";
	FILE *f = fopen("/proc/self/status", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		(void)sscanf(line, "CapPrm: %19s", caps);
		(void)sscanf(line, "NoNewPrivs: %3s", privs);
	}
	b->host->log("uid %u, capabilities %s, no new ones %s",
	    (unsigned)geteuid(), caps, privs);
	return 0;
}

static int
well(struct bad *b)
{
	b->host->log("well");
	return 0;
}

static int
nothing(struct bad *b)
{
	(void)b;
	return 0;
}

static int
run(void *state, const struct uplinkd_event *event, int64_t deadline_ns)
{
	static const struct {
		const char	*how;
		int		(*run)(struct bad *);
	} ways[] = {
		{ "crash", crash }, { "abort", aborts }, { "hang", hang },
		{ "wait", waits }, { "leak", leak }, { "exit", leaves },
		{ "_exit", leaves_at_once }, { "noise", noise },
		{ "daemons", daemons }, { "close", closes },
		{ "stdout", talks }, { "well", well }, { "free", nothing },
		{ "cancel", waits }, { "power", power },
	};
	struct bad *b = state;
	size_t i;

	(void)event;
	(void)deadline_ns;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(ways[i].how, b->how) == 0)
			return ways[i].run(b);
	return -EINVAL;
}

static void
cancel(void *state)
{
	struct bad *b = state;

	if (strcmp(b->how, "cancel") == 0)
		abort();
	atomic_store(&b->stop, true);
}

static void
bad_free(void *state)
{
	struct bad *b = state;

	if (strcmp(b->how, "free") == 0)
		abort();
}

const struct uplinkd_plugin uplinkd_plugin = {
	.abi = UPLINKD_PLUGIN_ABI,
	.name = "bad",
	.init = init,
	.run = run,
	.cancel = cancel,
	.free = bad_free,
};

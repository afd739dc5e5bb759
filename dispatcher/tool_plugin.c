/* SPDX-License-Identifier: ISC */
/*
 * tool_plugin: the host of one plugin that is a shared object, for one job.
 * The parent has opened the object and looked at it: it is descriptor 3.  What
 * is needed of power is dropped before any of it is loaded.  The event comes
 * on standard input, its words and the options by the environment, which
 * nobody else can read, unlike arguments.
 *
 * The main thread calls the plugin; a second one waits for the deadline or for
 * SIGTERM, and calls cancel.  Nothing here hangs on a descriptor: a plugin may
 * have closed them all.
 */
#include <sys/resource.h>

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dispatcher/tool.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/must.h"
#include "lib/option.h"
#include "lib/sys.h"
#include "proto/event.h"
#include "proto/uplinkd_plugin.h"

#define OBJECT		"/proc/self/fd/3"
#define OPTION_PREFIX	"UPLINKD_OPTION_"
#define LINE_MAX_BYTES	500
/* run has this time to return after cancel, before SIGTERM comes. */
#define SLACK_MAX	NS_PER_S
#define SLACK_PART	10		/* of the whole */

extern char **environ;

struct session {
	const struct uplinkd_plugin *plugin;
	void		*state;
	const char	*user, *name;	/* from the arguments */
	int64_t		deadline_ns;
	struct uplinkd_host host;
	struct uplinkd_option options[OPTION_MAP_MAX];
	struct uplinkd_event event;
	char		json[EVENT_BYTES_MAX + 1];
	pthread_t	watcher;
};

/* What a handler can know. */
static struct {
	pid_t		pid;
	pthread_t	watcher;
	atomic_bool	watched;	/* cancel can yet be called */
	atomic_bool	asked;		/* by SIGTERM */
	atomic_bool	over;		/* run has returned */
} now;

static atomic_bool said;		/* the plugin has a last word */

/* In one piece, at most a line; who has closed descriptor 2 goes unheard. */
static void
say(const char *fmt, va_list ap)
{
	char buf[LINE_MAX_BYTES + 2];
	int n = vsnprintf(buf, sizeof(buf) - 1, fmt, ap);

	if (n < 0)
		return;
	if (n > LINE_MAX_BYTES)
		n = LINE_MAX_BYTES;
	buf[n++] = '\n';
	if (write(2, buf, (size_t)n) == -1) {
		/* The status tells, too. */
	}
}

static void plugin_log(const char *, ...) LOG_FMT(1, 2);

static void
plugin_log(const char *fmt, ...)
{
	va_list ap;

	atomic_store(&said, true);
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

static int complain(const char *, ...) LOG_FMT(1, 2);

static int
complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	return 1;
}

/*
 * Also in what the plugin has forked: there, and when cancel has been called,
 * it is an ordinary SIGTERM.
 */
static void
on_term(int sig)
{
	int saved = errno;

	if (getpid() == now.pid && atomic_load(&now.watched)) {
		atomic_store(&now.asked, true);
		(void)pthread_kill(now.watcher, SIGUSR1);
	} else {
		(void)signal(sig, SIG_DFL);
		(void)raise(sig);
	}
	errno = saved;
}

static void
on_wake(int sig)
{
	(void)sig;
}

/* SIGUSR1 is let in only while it waits, so none is missed. */
static void *
watch(void *arg)
{
	struct session *s = arg;
	struct timespec ts;
	int64_t left;
	sigset_t none;

	sigemptyset(&none);
	while (!atomic_load(&now.over)) {
		left = s->deadline_ns - clock_mono_ns();
		if (left <= 0 || atomic_load(&now.asked)) {
			atomic_store(&now.watched, false);
			s->plugin->cancel(s->state);
			break;
		}
		ts.tv_sec = (time_t)(left / NS_PER_S);
		ts.tv_nsec = (long)(left % NS_PER_S);
		(void)ppoll(NULL, 0, &ts, &none);
	}
	return NULL;
}

static void
watch_start(struct session *s)
{
	struct sigaction sa = { .sa_handler = on_wake };
	sigset_t wake, old;

	if (s->plugin->cancel == NULL)
		return;
	sigemptyset(&sa.sa_mask);
	MUST(sigaction(SIGUSR1, &sa, NULL) == 0);
	sigemptyset(&wake);
	sigaddset(&wake, SIGUSR1);
	sigaddset(&wake, SIGTERM);
	/* SIGTERM is the main thread's: now.watcher is not known before. */
	MUST(pthread_sigmask(SIG_BLOCK, &wake, &old) == 0);
	MUST(pthread_create(&s->watcher, NULL, watch, s) == 0);
	now.pid = getpid();
	now.watcher = s->watcher;
	atomic_store(&now.watched, true);
	sa.sa_handler = on_term;
	MUST(sigaction(SIGTERM, &sa, NULL) == 0);
	MUST(pthread_sigmask(SIG_SETMASK, &old, NULL) == 0);
}

static void
watch_end(struct session *s)
{
	if (s->plugin->cancel == NULL)
		return;
	atomic_store(&now.over, true);
	(void)pthread_kill(s->watcher, SIGUSR1);
	MUST(pthread_join(s->watcher, NULL) == 0);
	atomic_store(&now.watched, false);
}

static const char *
word(const char *name)
{
	const char *value = getenv(name);

	return value != NULL ? value : "";
}

static uint64_t
number(const char *name)
{
	return strtoull(word(name), NULL, 10);
}

static int
by_name(const void *a, const void *b)
{
	const struct uplinkd_option *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* "UPLINKD_OPTION_KEY=value", as parent_plugin.c has made it of "key". */
static int
take_options(struct session *s)
{
	struct uplinkd_option *o;
	char **e, *copy, *c;

	for (e = environ; *e != NULL; e++) {
		if (strncmp(*e, OPTION_PREFIX, strlen(OPTION_PREFIX)) != 0 ||
		    s->host.noptions == OPTION_MAP_MAX)
			continue;
		copy = strdup(*e + strlen(OPTION_PREFIX));
		if (copy == NULL)
			return -ENOMEM;
		o = &s->options[s->host.noptions++];
		o->name = copy;
		for (c = copy; *c != '=' && *c != '\0'; c++)
			if (*c >= 'A' && *c <= 'Z')
				*c = (char)(*c - 'A' + 'a');
		o->value = *c == '=' ? c + 1 : c;
		*c = '\0';
	}
	qsort(s->options, s->host.noptions, sizeof(s->options[0]), by_name);
	return 0;
}

static int
take_event(struct session *s)
{
	struct uplinkd_event *ev = &s->event;
	size_t len = 0;
	ssize_t n;

	while ((n = read(0, s->json + len, sizeof(s->json) - 1 - len)) > 0)
		len += (size_t)n;
	if (n == -1)
		return -errno;
	s->json[len] = '\0';
	ev->json = s->json;
	ev->json_bytes = len;
	ev->uplink = word("UPLINKD_UPLINK");
	ev->interface = word("UPLINKD_INTERFACE");
	ev->gateway = word("UPLINKD_GATEWAY");
	ev->address = word("UPLINKD_ADDRESS");
	ev->level = word("UPLINKD_LEVEL");
	ev->previous = word("UPLINKD_PREVIOUS");
	ev->cause = word("UPLINKD_CAUSE");
	ev->event_id = number("UPLINKD_EVENT_ID");
	ev->job_id = number("UPLINKD_JOB_ID");
	ev->attempt = (uint32_t)number("UPLINKD_TRY");
	s->host.abi = UPLINKD_PLUGIN_ABI;
	s->host.action = word("UPLINKD_ACTION");
	s->host.log = plugin_log;
	s->host.options = s->options;
	return take_options(s);
}

static int
take_words(struct session *s, int argc, char **argv)
{
	long long ms = 0;
	int64_t all;
	int i;

	for (i = 0; i < argc; i++)
		if (strncmp(argv[i], "user=", 5) == 0)
			s->user = argv[i] + 5;
		else if (strncmp(argv[i], "name=", 5) == 0)
			s->name = argv[i] + 5;
		else if (sscanf(argv[i], "timeout_ms=%lld", &ms) != 1)
			return -EINVAL;
	if (s->user == NULL || s->name == NULL || ms <= 0 ||
	    ms > INT64_MAX / NS_PER_MS / 2)
		return -EINVAL;
	all = ms * NS_PER_MS;
	s->deadline_ns = clock_mono_ns() + all - (all / SLACK_PART <
	    SLACK_MAX ? all / SLACK_PART : SLACK_MAX);
	return 0;
}

/* What the loader says begins with a name that means nothing to anybody. */
static const char *
loader_text(void)
{
	const char *text = dlerror();

	if (text == NULL)
		return "?";
	return strncmp(text, OBJECT ": ", strlen(OBJECT) + 2) == 0 ?
	    text + strlen(OBJECT) + 2 : text;
}

static int
load(struct session *s)
{
	void *lib = dlopen(OBJECT, RTLD_NOW | RTLD_LOCAL);

	if (lib == NULL)
		return complain("%s.so cannot be loaded: %s", s->name,
		    loader_text());
	s->plugin = dlsym(lib, "uplinkd_plugin");
	if (s->plugin == NULL)
		return complain("%s.so is no plugin: it does not export "
		    "uplinkd_plugin", s->name);
	if (s->plugin->abi != UPLINKD_PLUGIN_ABI)
		return complain("%s.so was built for version %u of "
		    "uplinkd_plugin.h, and this uplinkd has %u: build it "
		    "again", s->name, s->plugin->abi, UPLINKD_PLUGIN_ABI);
	if (s->plugin->run == NULL)
		return complain("%s.so has no run", s->name);
	return 0;
}

/* Its own last word says more than the number that it returns. */
static int
failed(const char *what, int rc)
{
	char e[ERR_TEXT_MAX];

	if (!atomic_load(&said))
		(void)complain("%s: %s", what, err_text(rc, e));
	return 1;
}

static int
call(struct session *s)
{
	int rc;

	rc = s->plugin->init == NULL ? 0 :
	    s->plugin->init(&s->host, &s->state);
	if (rc != 0)
		return failed("init", rc);
	watch_start(s);
	rc = s->plugin->run(s->state, &s->event, s->deadline_ns);
	watch_end(s);
	if (s->plugin->free != NULL)
		s->plugin->free(s->state);
	return rc != 0 ? failed("run", rc) : TOOL_PLUGIN_DONE;
}

int
tool_plugin(int argc, char **argv)
{
	static struct session s;
	struct rlimit none = { 0, 0 };
	char e[ERR_TEXT_MAX];
	int rc = take_words(&s, argc, argv);

	if (rc == 0)
		rc = sys_die_with_parent();
	if (rc == 0)
		rc = sys_drop_power(s.user);
	if (rc == 0)
		rc = take_event(&s);
	if (rc != 0)
		return complain("plugin: %s", err_text(rc, e));
	(void)setrlimit(RLIMIT_CORE, &none);
	rc = load(&s);
	if (rc == 0)
		rc = call(&s);
	/* Its buffers, but none of its destructors: they are no part of it. */
	(void)fflush(NULL);
	_exit(rc);
}

/* SPDX-License-Identifier: ISC */
/*
 * parent_marks: keeps uplinkd's table of the packet filter as configured: looks
 * at it when the kernel tells of a change, and at each comparison; has it
 * written by a tool (tool_nft.c), one at a time.  Without routing.symmetric it
 * takes away what an earlier configuration has left.  Entered by the parent's
 * only thread, which does not wait for the tool.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "dispatcher/marks_keep.h"
#include "dispatcher/parent.h"
#include "lib/child.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/must.h"
#include "lib/sys.h"
#include "routing/marks.h"

#define TABLE		"table inet " MARKS_TABLE
#define TOOL_TIME	(10 * NS_PER_S)
#define ANSWER_MAX	256

/* Notices come one for each rule. */
#define SOON		(20 * NS_PER_MS)

struct marks {
	struct parent	*parent;
	struct marks_keep keep;
	char		*commands;	/* what the tool is told */
	int		 watch;		/* -1: nobody tells us */
	struct timer	 soon;
	bool		 soon_set;
	pid_t		 pid;		/* of the tool; 0 = none runs */
	int		 answer;	/* read end of its output */
	struct timer	 deadline;
	struct log_same	 looking, writing;
};

static void
look_at(struct marks *m, int64_t at_ns)
{
	if (m->soon_set)
		return;
	m->soon_set = true;
	MUST(timers_set(m->parent->timers, &m->soon, at_ns) == 0);
}

static void
say(enum marks_say what)
{
	switch (what) {
	case MARKS_AGAIN:
		log_notice("nft " TABLE ": gone or changed -> written again");
		break;
	case MARKS_FIGHT:
		log_warning("nft " TABLE ": somebody else removes or changes "
		    "it again and again; it is written each time");
		break;
	case MARKS_PEACE:
		log_notice("nft " TABLE ": nobody else touches it any more");
		break;
	case MARKS_SILENT:
		break;
	}
}

/* A pipe takes it whole: nobody has to write more while the tool reads. */
static int
give(const char *commands, int *fd)
{
	size_t len = strlen(commands);
	int fds[2], rc = 0;

	if (pipe2(fds, O_CLOEXEC) == -1)
		return -errno;
	if (fcntl(fds[1], F_SETFL, O_NONBLOCK) == -1 ||
	    write(fds[1], commands, len) != (ssize_t)len)
		rc = -ENOBUFS;
	close(fds[1]);
	if (rc == 0)
		*fd = fds[0];
	else
		close(fds[0]);
	return rc;
}

static int
start_tool(struct marks *m, int in, int out)
{
	char self[1024], user[80];
	char *argv[6] = { self, "-R", "nft", "--" };
	char *envp[2] = { "LANG=C", NULL };
	int fds[3] = { in, out, 2 };
	struct child_spec spec = { .argv = argv, .envp = envp, .fds = fds,
	    .nfds = 3, .group = true };

	snprintf(self, sizeof(self), "%s", m->parent->self);
	snprintf(user, sizeof(user), "user=%s", m->parent->conf->user == NULL ?
	    "" : m->parent->conf->user);
	if (m->parent->conf->user != NULL)
		argv[4] = user;
	return child_start(&spec, &m->pid);
}

static void
write_table(struct marks *m, int64_t now_ns)
{
	int in = -1, out[2] = { -1, -1 };
	int rc = give(m->commands, &in);

	marks_keep_write(&m->keep, now_ns);
	if (rc == 0 && pipe2(out, O_CLOEXEC | O_NONBLOCK) == -1)
		rc = -errno;
	if (rc == 0)
		rc = start_tool(m, in, out[1]);
	if (in != -1)
		close(in);
	if (out[1] != -1)
		close(out[1]);
	if (rc == 0) {
		m->answer = out[0];
		MUST(timers_set(m->parent->timers, &m->deadline,
		    now_ns + TOOL_TIME) == 0);
		return;
	}
	if (out[0] != -1)
		close(out[0]);
	m->pid = 0;
	marks_keep_ended(&m->keep, true, NULL);
	log_change(&m->writing, rc, "nft " TABLE ": the tool that writes it");
}

static void
look(struct marks *m)
{
	int64_t now_ns = clock_mono_ns(), at_ns;
	struct sys_nft seen;
	enum marks_say what;
	int rc = sys_nft_look(m->parent->sys, MARKS_TABLE, &seen);

	/* Who never wanted it needs no packet filter. */
	if (m->keep.wanted)
		log_change(&m->looking, rc, "nft " TABLE ": %s",
		    rc == -EOPNOTSUPP ? "routing.symmetric does nothing "
		    "without the kernel's nf_tables" : "reading");
	if (rc != 0)
		return;
	switch (marks_keep_looked(&m->keep, &seen, now_ns, &at_ns, &what)) {
	case MARKS_WRITE:
		say(what);
		write_table(m, now_ns);
		break;
	case MARKS_LATER:
		look_at(m, at_ns);
		break;
	case MARKS_NOTHING:
		say(what);
		break;
	}
}

static void
soon_fired(struct timer *t, int64_t now_ns)
{
	struct marks *m = t->arg;

	(void)now_ns;
	m->soon_set = false;
	look(m);
}

static void
deadline_fired(struct timer *t, int64_t now_ns)
{
	struct marks *m = t->arg;

	(void)now_ns;
	(void)child_signal(m->pid, SIGKILL);
}

/* Nobody would notice, else, until an answer goes astray. */
static void
name_left_out(const struct conf *conf)
{
	size_t i;

	for (i = 0; i < conf->nuplinks; i++)
		if (!marks_can_tell(conf, i))
			log_warning("uplink %s: shares interface %s: not told "
			    "apart by routing.symmetric",
			    conf->uplinks[i].name, conf->uplinks[i].ifname);
}

int
marks_init(struct parent *p)
{
	static char text[MARKS_TEXT_MAX];
	struct marks *m = calloc(1, sizeof(*m));
	bool on = p->conf->routing.symmetric;
	char e[ERR_TEXT_MAX];
	int rc = 0;

	if (m == NULL)
		return -ENOMEM;
	p->marks = m;
	m->parent = p;
	m->watch = m->answer = -1;
	m->soon.fire = soon_fired;
	m->deadline.fire = deadline_fired;
	m->soon.arg = m->deadline.arg = m;
	m->keep.wanted = on;
	if (on)
		name_left_out(p->conf);
	if (on && (rc = marks_write(p->conf, text, sizeof(text))) < 0)
		return rc;
	m->commands = strdup(on ? text : marks_none());
	if (m->commands == NULL)
		return -ENOMEM;
	rc = on ? sys_nft_watch(p->sys, MARKS_TABLE, &m->watch) : 0;
	/* The first look tells of a kernel that has no such thing. */
	if (rc != 0 && rc != -EOPNOTSUPP)
		log_warning("nft " TABLE ": no notices of changes: %s",
		    err_text(rc, e));
	return 0;
}

void
marks_check(struct parent *p)
{
	if (p->marks != NULL)
		look(p->marks);
}

int
marks_fd(const struct parent *p)
{
	return p->marks == NULL ? -1 : p->marks->watch;
}

/* Our own writes are told as well: the look shows that all is as it was. */
void
marks_notices(struct parent *p)
{
	if (sys_nft_changed(p->sys) != 0)
		look_at(p->marks, clock_mono_ns() + SOON);
}

static void
take_answer(struct marks *m, int status, char text[ANSWER_MAX])
{
	uint64_t digest;
	bool known, refused = status != 0;
	ssize_t n = read(m->answer, text, ANSWER_MAX - 1);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	known = sscanf(text, "digest %" SCNx64, &digest) == 1;
	marks_keep_ended(&m->keep, refused, known ? &digest : NULL);
}

bool
marks_tool_ended(struct parent *p, pid_t pid, int status)
{
	struct marks *m = p->marks;
	char text[ANSWER_MAX], how[64];

	if (m == NULL || m->pid == 0 || m->pid != pid)
		return false;
	m->pid = 0;
	timers_clear(p->timers, &m->deadline);
	take_answer(m, status, text);
	close(m->answer);
	m->answer = -1;
	if (status != 0)
		log_change(&m->writing, -EIO, "nft " TABLE ": %s",
		    text[0] != '\0' ? text :
		    child_status_text(status, how, sizeof(how)));
	else
		log_change(&m->writing, 0, "nft " TABLE);
	/* Later ones were announced; the first is what the start did. */
	if (status == 0 && !m->keep.wanted)
		log_notice("nft " TABLE ": removed, as routing.symmetric is "
		    "off");
	else if (status == 0 && m->keep.again == 0)
		log_info("nft " TABLE ": written (answer=%s)", text);
	else if (status == 0)
		log_debug("nft " TABLE ": written (answer=%s)", text);
	/* What came meanwhile was not looked at. */
	look_at(m, clock_mono_ns() + SOON);
	return true;
}

int
marks_remove(struct parent *p)
{
	struct sys_nft seen;
	char why[ANSWER_MAX] = "", e[ERR_TEXT_MAX];
	int rc = sys_nft_look(p->sys, MARKS_TABLE, &seen);

	if (rc == -EOPNOTSUPP || (rc != 0 && !p->conf->routing.symmetric))
		return 0;
	if (rc == 0 && seen.there)
		rc = sys_nft_run(marks_none(), why, sizeof(why));
	if (rc != 0)
		log_err("nft " TABLE ": removal: %s (%s)", err_text(rc, e),
		    why);
	else if (seen.there)
		log_info("nft " TABLE ": removed");
	return rc;
}

void
marks_free(struct parent *p)
{
	struct marks *m = p->marks;

	if (m == NULL)
		return;
	p->marks = NULL;
	timers_clear(p->timers, &m->soon);
	timers_clear(p->timers, &m->deadline);
	if (m->pid != 0)
		(void)child_signal(m->pid, SIGKILL);
	if (m->answer != -1)
		close(m->answer);
	free(m->commands);
	free(m);
}

/* SPDX-License-Identifier: ISC */
/*
 * transfer: see there.  Owns the handles for the time of one way; any lane
 * worker.
 */
#include "actions/transfer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/must.h"

/* One transfer by one way. */
struct drive {
	CURL		*easy;
	int		 cancel_fd;
	int64_t		 until_ns;
	int		 stopped;	/* -ECANCELED, -ETIMEDOUT by ourselves */
	char		 interface[NET_IFNAME_MAX + 4];
	char		 error[CURL_ERROR_SIZE];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
init_curl(void)
{
	MUST(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

/*
 * libcurl may wait inside curl_multi_perform, and asks us once a second
 * whether to go on.
 */
static int
go_on(void *arg, curl_off_t dt, curl_off_t dn, curl_off_t ut, curl_off_t un)
{
	struct drive *d = arg;
	struct pollfd p = { .fd = d->cancel_fd, .events = POLLIN };

	(void)dt;
	(void)dn;
	(void)ut;
	(void)un;
	if (poll(&p, 1, 0) == 1)
		d->stopped = -ECANCELED;
	else if (clock_mono_ns() >= d->until_ns)
		d->stopped = -ETIMEDOUT;
	return d->stopped != 0;
}

#define SET(option, value)						\
	(rc = rc != CURLE_OK ? rc : curl_easy_setopt(d->easy, option, value))

static CURLcode
set_manners(struct drive *d)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_ERRORBUFFER, d->error);
	/*
	 * The goodbye of a connection that is kept is said later, without us,
	 * and may wait for minutes.
	 */
	SET(CURLOPT_FORBID_REUSE, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Else the end waits for a name server that a dead line hides. */
	SET(CURLOPT_QUICK_EXIT, 1L);
#endif
	return rc;
}

static CURLcode
set_end(struct drive *d, const char *ifname)
{
	int64_t left_ns = d->until_ns - clock_mono_ns();
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, go_on);
	SET(CURLOPT_XFERINFODATA, d);
	SET(CURLOPT_TIMEOUT_MS, left_ns > NS_PER_MS ?
	    (long)(left_ns / NS_PER_MS) : 1L);
	if (ifname == NULL)
		return rc;
	snprintf(d->interface, sizeof(d->interface), "if!%s", ifname);
	SET(CURLOPT_INTERFACE, d->interface);
	return rc;
}

/* Until it ends, is cancelled, or its time is over. */
static CURLcode
drive(struct drive *d)
{
	struct curl_waitfd cancel = { .fd = d->cancel_fd,
	    .events = CURL_WAIT_POLLIN };
	CURLM *multi = curl_multi_init();
	CURLcode code = CURLE_FAILED_INIT;
	CURLMsg *m;
	int runs = 1, left;

	if (multi == NULL || curl_multi_add_handle(multi, d->easy) !=
	    CURLM_OK) {
		curl_multi_cleanup(multi);
		return CURLE_OUT_OF_MEMORY;
	}
	while (d->stopped == 0 && curl_multi_perform(multi, &runs) ==
	    CURLM_OK && runs > 0) {
		(void)curl_multi_poll(multi, &cancel, 1,
		    clock_poll_ms(d->until_ns, clock_mono_ns()), NULL);
		(void)go_on(d, 0, 0, 0, 0);
	}
	while ((m = curl_multi_info_read(multi, &left)) != NULL)
		if (m->msg == CURLMSG_DONE)
			code = m->data.result;
	curl_multi_remove_handle(multi, d->easy);
	curl_multi_cleanup(multi);
	return code;
}

static int
describe(const struct transfer *t, struct drive *d, CURLcode code,
    const char *ifname, char *text)
{
	char said[EVENT_TEXT_MAX];
	int err = d->stopped == -ECANCELED ? -ECANCELED :
	    t->judge(d->easy, code, t->arg, text);

	if (err <= 0 && err != -ECANCELED)
		return err;
	if (err == 1)
		err = d->stopped != 0 || code == CURLE_OPERATION_TIMEDOUT ?
		    -ETIMEDOUT : -EIO;
	snprintf(said, sizeof(said), "%s", text);
	snprintf(text, EVENT_TEXT_MAX, "%.180s%s%s%s", err == -ETIMEDOUT ?
	    "no answer in time" : err == -ECANCELED ? "cancelled" :
	    said[0] != '\0' ? said : d->error[0] != '\0' ? d->error :
	    curl_easy_strerror(code), ifname != NULL ? " (by " : "",
	    ifname != NULL ? ifname : "",
	    ifname != NULL ? ")" : "");
	return err;
}

/* ifname NULL: whatever the routes say.  *reached: the server was. */
static int
try_way(const struct transfer *t, const char *ifname, int64_t until_ns,
    bool *reached, char *text)
{
	struct drive d = { .easy = curl_easy_init(), .cancel_fd =
	    t->env->cancel_fd, .until_ns = until_ns };
	curl_off_t us = 0;
	CURLcode code;
	int err;

	*reached = false;
	if (d.easy == NULL)
		return -ENOMEM;
	code = set_manners(&d);
	if (code == CURLE_OK)
		code = t->set(d.easy, t->arg);
	if (code == CURLE_OK)
		code = set_end(&d, ifname);
	if (code == CURLE_OK)
		code = drive(&d);
	(void)curl_easy_getinfo(d.easy, CURLINFO_CONNECT_TIME_T, &us);
	*reached = us > 0;
	text[0] = '\0';
	err = describe(t, &d, code, ifname, text);
	curl_easy_cleanup(d.easy);
	return err;
}

static enum transfer_next
next_way(const struct transfer *t, int rc, bool reached, const char *text)
{
	if (rc == 0 || rc == -ECANCELED)
		return TRANSFER_END;
	if (t->next != NULL)
		return t->next(t->arg, text);
	return reached ? TRANSFER_END : TRANSFER_ANOTHER;
}

static int
try_working(const struct transfer *t, int64_t until_ns, char *text)
{
	const struct conf *conf = t->job->conf;
	enum transfer_next next = TRANSFER_ANOTHER;
	int64_t now_ns, end_ns;
	unsigned ways = 1;
	const char *ifname;
	bool reached;
	size_t i;
	int rc = 0;

	for (i = 0; i < conf->nuplinks; i++)
		ways += (t->env->carry >> i & 1) != 0;
	for (i = 0; i <= conf->nuplinks && next == TRANSFER_ANOTHER; i++) {
		if (i < conf->nuplinks && (t->env->carry >> i & 1) == 0)
			continue;
		ifname = i < conf->nuplinks ? conf->uplinks[i].ifname : NULL;
		now_ns = clock_mono_ns();
		end_ns = now_ns + (until_ns - now_ns) / ways--;
		do {
			rc = try_way(t, ifname, end_ns, &reached, text);
			next = next_way(t, rc, reached, text);
		} while (next == TRANSFER_AGAIN);
	}
	return rc;
}

int
transfer_run(const struct transfer *t, struct job_result *result)
{
	const struct job *j = t->job;
	int64_t until_ns = clock_mono_ns() + j->timeout_ns;
	char e[ERR_TEXT_MAX];
	bool reached;
	int rc;

	MUST(pthread_once(&once, init_curl) == 0);
	if (t->through == TRANSFER_WORKING)
		rc = try_working(t, until_ns, result->text);
	else
		rc = try_way(t, t->through == TRANSFER_UPLINK ?
		    j->conf->uplinks[j->uplink].ifname : NULL, until_ns,
		    &reached, result->text);
	if (rc != 0 && result->text[0] == '\0')
		snprintf(result->text, sizeof(result->text), "%s",
		    err_text(rc, e));
	return result->err = rc;
}

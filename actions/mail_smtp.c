/* SPDX-License-Identifier: ISC */
/*
 * mail_smtp: one letter by SMTP, with libcurl, from a lane's thread.  It
 * leaves by a line that carries traffic now; if none leads to the server, as
 * the routes say (a relay inside).  A user's password goes over verified TLS
 * only.  What the server says at the end decides whether another way is tried,
 * and whether those behind it may go: smtp_talk.c.
 */
#include "actions/mail_smtp.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actions/mail.h"
#include "actions/smtp_talk.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/must.h"

#define PASSWORD_MAX	256

struct smtp {
	const struct job *job;
	CURL		*easy;
	struct curl_slist *to;
	struct smtp_talk talk;
	enum smtp_stage	furthest;	/* of all ways so far */
	char		*text;		/* with \r\n */
	size_t		len, sent;
	char		url[512], from[300], interface[32];
	char		password[PASSWORD_MAX];
	char		error[CURL_ERROR_SIZE];
	char		not_for[MAIL_WHY_MAX];	/* who does not get it, why */
	int		cancel_fd;
	int64_t		until_ns;	/* of the present way */
	int		stopped;	/* -ECANCELED, -ETIMEDOUT by ourselves */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
init_curl(void)
{
	MUST(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

/* ---- what is sent */

static int
with_crlf(struct smtp *s)
{
	const char *in = s->job->text;
	size_t i;

	s->text = malloc(2 * s->job->text_len + 1);
	if (s->text == NULL)
		return -ENOMEM;
	for (i = 0; i < s->job->text_len; i++) {
		if (in[i] == '\n')
			s->text[s->len++] = '\r';
		s->text[s->len++] = in[i];
	}
	return 0;
}

static size_t
read_text(char *buf, size_t one, size_t n, void *arg)
{
	struct smtp *s = arg;
	size_t left = s->len - s->sent;

	n = one * n < left ? one * n : left;
	memcpy(buf, s->text + s->sent, n);
	s->sent += n;
	return n;
}

static int
recipients(struct smtp *s, struct job_result *result)
{
	char **to = s->job->conf->mail.to, buf[256];
	struct curl_slist *more;

	for (; *to != NULL; to++) {
		if (!mail_address(*to, buf, sizeof(buf))) {
			snprintf(result->text, sizeof(result->text),
			    "mail.to: no address that SMTP could take");
			return -EINVAL;
		}
		more = curl_slist_append(s->to, buf);
		if (more == NULL)
			return -ENOMEM;
		s->to = more;
	}
	return 0;
}

/* A recipient is refused for good: the others get it without him. */
static bool
drop_recipient(struct smtp *s)
{
	struct curl_slist *kept = NULL, *more, *at;
	bool dropped = false;

	for (at = s->to; at != NULL; at = at->next) {
		if (strcmp(at->data, s->talk.rcpt) == 0) {
			dropped = true;
			continue;
		}
		more = curl_slist_append(kept, at->data);
		if (more == NULL) {
			curl_slist_free_all(kept);
			return false;
		}
		kept = more;
	}
	if (!dropped || kept == NULL) {
		curl_slist_free_all(kept);
		return false;
	}
	curl_slist_free_all(s->to);
	s->to = kept;
	return true;
}

/* ---- libcurl */

/* Nothing of it is kept but where we are and what the server says. */
static int
listen_in(CURL *easy, curl_infotype type, char *bytes, size_t len, void *arg)
{
	struct smtp *s = arg;

	(void)easy;
	if (type == CURLINFO_HEADER_OUT)
		smtp_talk_sent(&s->talk, bytes, len);
	else if (type == CURLINFO_HEADER_IN)
		smtp_talk_heard(&s->talk, bytes, len);
	return 0;
}

#define SET(option, value)						\
	(rc = rc != CURLE_OK ? rc : curl_easy_setopt(s->easy, option, value))

static CURLcode
set_security(struct smtp *s, const struct conf_mail *m)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_USE_SSL, m->tls == CONF_TLS_NONE ? (long)CURLUSESSL_NONE :
	    (long)CURLUSESSL_ALL);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	if (m->ca != NULL) {
		SET(CURLOPT_CAINFO, m->ca);
		SET(CURLOPT_CAPATH, NULL);
	}
	if (m->user != NULL) {
		SET(CURLOPT_USERNAME, m->user);
		SET(CURLOPT_PASSWORD, s->password);
	}
	return rc;
}

static CURLcode
set_letter(struct smtp *s)
{
	CURLcode rc = CURLE_OK;

#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
#else
	SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_SMTP | CURLPROTO_SMTPS));
#endif
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_ERRORBUFFER, s->error);
	SET(CURLOPT_URL, s->url);
	SET(CURLOPT_MAIL_FROM, s->from);
	SET(CURLOPT_MAIL_RCPT, s->to);
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_READFUNCTION, read_text);
	SET(CURLOPT_READDATA, s);
	SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)s->len);
	return rc;
}

/*
 * libcurl waits inside curl_multi_perform for the answer to the text, and
 * asks us once a second whether to go on.
 */
static int
go_on(void *arg, curl_off_t dt, curl_off_t dn, curl_off_t ut, curl_off_t un)
{
	struct smtp *s = arg;
	struct pollfd p = { .fd = s->cancel_fd, .events = POLLIN };

	(void)dt;
	(void)dn;
	(void)ut;
	(void)un;
	if (poll(&p, 1, 0) == 1)
		s->stopped = -ECANCELED;
	else if (clock_mono_ns() >= s->until_ns)
		s->stopped = -ETIMEDOUT;
	return s->stopped != 0;
}

static CURLcode
set_end(struct smtp *s)
{
	int64_t left_ns = s->until_ns - clock_mono_ns();
	CURLcode rc = CURLE_OK;

	/*
	 * The goodbye of a connection that is kept is said later, without us,
	 * and waits two minutes for an answer.
	 */
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_VERBOSE, 1L);
	SET(CURLOPT_DEBUGFUNCTION, listen_in);
	SET(CURLOPT_DEBUGDATA, s);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, go_on);
	SET(CURLOPT_XFERINFODATA, s);
	SET(CURLOPT_TIMEOUT_MS, left_ns > NS_PER_MS ?
	    (long)(left_ns / NS_PER_MS) : 1L);
	return rc;
}

static int
prepare(struct smtp *s, struct job_result *result)
{
	const struct conf_mail *m = &s->job->conf->mail;
	char host[256] = "localhost", sender[256], addr[256];
	int rc;

	(void)gethostname(host, sizeof(host) - 1);
	mail_sender(m, host, sender, sizeof(sender));
	if (!mail_address(sender, addr, sizeof(addr))) {
		snprintf(result->text, sizeof(result->text),
		    "mail.from: no address that SMTP could take");
		return -EINVAL;
	}
	snprintf(s->from, sizeof(s->from), "<%s>", addr);
	/* The path is what we call ourselves in EHLO. */
	mail_sender(&(struct conf_mail){ .from = NULL }, host, sender,
	    sizeof(sender));
	if (m->port != 0)
		snprintf(s->url, sizeof(s->url), "%s://%s:%lld/%s",
		    m->smtps ? "smtps" : "smtp", m->host, (long long)m->port,
		    strchr(sender, '@') + 1);
	else
		snprintf(s->url, sizeof(s->url), "%s://%s/%s",
		    m->smtps ? "smtps" : "smtp", m->host,
		    strchr(sender, '@') + 1);
	rc = recipients(s, result);
	if (rc == 0)
		rc = with_crlf(s);
	if (rc == 0 && m->user != NULL)
		rc = mail_password(m->password_file, s->password,
		    sizeof(s->password), result->text);
	return rc;
}

/* One transfer, until it ends, is cancelled, or its time is over. */
static CURLcode
drive(struct smtp *s)
{
	struct curl_waitfd cancel = { .fd = s->cancel_fd,
	    .events = CURL_WAIT_POLLIN };
	CURLM *multi = curl_multi_init();
	CURLcode code = CURLE_FAILED_INIT;
	CURLMsg *m;
	int runs = 1, left;

	if (multi == NULL || curl_multi_add_handle(multi, s->easy) !=
	    CURLM_OK) {
		curl_multi_cleanup(multi);
		return CURLE_OUT_OF_MEMORY;
	}
	while (s->stopped == 0 && curl_multi_perform(multi, &runs) ==
	    CURLM_OK && runs > 0) {
		(void)curl_multi_poll(multi, &cancel, 1,
		    clock_poll_ms(s->until_ns, clock_mono_ns()), NULL);
		(void)go_on(s, 0, 0, 0, 0);
	}
	while ((m = curl_multi_info_read(multi, &left)) != NULL)
		if (m->msg == CURLMSG_DONE)
			code = m->data.result;
	curl_multi_remove_handle(multi, s->easy);
	curl_multi_cleanup(multi);
	return code;
}

static bool
is_tls(CURLcode rc)
{
	switch (rc) {
	case CURLE_USE_SSL_FAILED:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
		return true;
	default:
		return false;
	}
}

/* The server's own words say more than libcurl's. */
static void
describe(struct smtp *s, CURLcode rc, int err, const char *interface,
    struct job_result *result)
{
	const char *what = s->error[0] != '\0' ? s->error :
	    curl_easy_strerror(rc);

	if (err == -ETIMEDOUT)
		what = "no answer in time";
	else if (err == -ECANCELED)
		what = "cancelled";
	else if (s->talk.code >= 400)
		what = s->talk.reply;
	snprintf(result->text, sizeof(result->text), "%.180s%s%s%s", what,
	    interface != NULL ? " (by " : "",
	    interface != NULL ? interface : "",
	    interface != NULL ? ")" : "");
}

/* By one way: interface, or NULL for whatever the routes say. */
static int
transfer(struct smtp *s, const char *interface, enum smtp_verdict *verdict,
    struct job_result *result)
{
	CURLcode rc;
	int err;

	*verdict = SMTP_PASSING;
	s->sent = 0;
	s->stopped = 0;
	s->error[0] = '\0';
	smtp_talk_begin(&s->talk);
	s->easy = curl_easy_init();
	if (s->easy == NULL)
		return -ENOMEM;
	rc = set_letter(s);
	if (rc == CURLE_OK)
		rc = set_security(s, &s->job->conf->mail);
	if (rc == CURLE_OK)
		rc = set_end(s);
	if (rc == CURLE_OK && interface != NULL) {
		snprintf(s->interface, sizeof(s->interface), "if!%s",
		    interface);
		SET(CURLOPT_INTERFACE, s->interface);
	}
	if (rc == CURLE_OK)
		rc = drive(s);
	err = rc == CURLE_OPERATION_TIMEDOUT ? -ETIMEDOUT : s->stopped;
	if (err == 0 && rc != CURLE_OK)
		err = -EIO;
	if (err != 0)
		describe(s, rc, err, interface, result);
	if (err != 0 && err != -ECANCELED)
		*verdict = smtp_talk_verdict(&s->talk, is_tls(rc));
	curl_easy_cleanup(s->easy);
	s->easy = NULL;
	return err;
}

/* Until it is taken, or by those who are left. */
static int
try_way(struct smtp *s, const char *interface, int64_t until_ns,
    enum smtp_verdict *verdict, struct job_result *result)
{
	int rc;

	s->until_ns = until_ns;
	for (;;) {
		rc = transfer(s, interface, verdict, result);
		if (rc == 0 || *verdict != SMTP_REFUSED ||
		    s->talk.stage != SMTP_RECIPIENT || !drop_recipient(s))
			break;
		snprintf(s->not_for, sizeof(s->not_for), "not for %.60s: "
		    "%.150s", s->talk.rcpt, s->talk.reply);
	}
	if (rc != 0)
		return rc;
	result->partly = s->not_for[0] != '\0';
	snprintf(result->text, sizeof(result->text), "%s",
	    result->partly ? s->not_for : "accepted");
	return 0;
}

/* What is told of several failures is the one that came furthest. */
static int
next_way(struct smtp *s, const char *interface, int64_t until_ns,
    enum smtp_verdict *verdict, struct job_result *result)
{
	struct job_result one = { 0 };
	int rc = try_way(s, interface, until_ns, verdict, &one);

	if (rc != 0 && s->furthest > s->talk.stage)
		return rc;
	s->furthest = s->talk.stage;
	*result = one;
	return rc;
}

/* The lines that carry, then no line; each has its share of the time. */
static int
try_ways(struct smtp *s, struct job_result *result)
{
	const struct conf *conf = s->job->conf;
	int64_t until_ns = clock_mono_ns() + s->job->timeout_ns, now_ns;
	enum smtp_verdict verdict = SMTP_ANOTHER_WAY;
	unsigned ways = 1;
	int rc = 0;
	size_t i;

	for (i = 0; i < conf->nuplinks; i++)
		ways += (s->job->carry >> i & 1) != 0;
	for (i = 0; i < conf->nuplinks && verdict == SMTP_ANOTHER_WAY; i++) {
		if ((s->job->carry >> i & 1) == 0)
			continue;
		now_ns = clock_mono_ns();
		rc = next_way(s, conf->uplinks[i].ifname, now_ns + (until_ns -
		    now_ns) / ways--, &verdict, result);
	}
	if (verdict == SMTP_ANOTHER_WAY)
		rc = next_way(s, NULL, until_ns, &verdict, result);
	result->refused = rc != 0 && verdict == SMTP_REFUSED;
	return rc;
}

int
mail_smtp_send(const struct job *j, const struct job_env *env,
    struct job_result *result)
{
	struct smtp s = { .job = j, .cancel_fd = env->cancel_fd };
	char e[ERR_TEXT_MAX];
	int rc;

	MUST(pthread_once(&once, init_curl) == 0);
	rc = prepare(&s, result);
	if (rc == 0)
		rc = try_ways(&s, result);
	if (rc != 0 && result->text[0] == '\0')
		snprintf(result->text, sizeof(result->text), "%s",
		    err_text(rc, e));
	curl_slist_free_all(s.to);
	free(s.text);
	explicit_bzero(s.password, sizeof(s.password));
	return result->err = rc;
}

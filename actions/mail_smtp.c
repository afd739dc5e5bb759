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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actions/mail.h"
#include "actions/secret.h"
#include "actions/smtp_talk.h"
#include "actions/transfer.h"
#include "lib/err.h"

#define PASSWORD_MAX	256

struct smtp {
	const struct job *job;
	struct curl_slist *to;
	struct smtp_talk talk;
	enum smtp_verdict verdict;	/* of the newest way */
	enum smtp_stage	furthest;	/* of all ways so far */
	char		why[EVENT_TEXT_MAX];	/* of the one that came there */
	char		*text;		/* with \r\n */
	size_t		len, sent;
	char		url[512], from[300];
	char		password[PASSWORD_MAX];
	char		not_for[EVENT_TEXT_MAX];	/* who does not get it, why */
};

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
	(rc = rc != CURLE_OK ? rc : curl_easy_setopt(easy, option, value))

static CURLcode
set_security(CURL *easy, const struct smtp *s, const struct conf_mail *m)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_USE_SSL, m->tls == CONF_TLS_NONE ? (long)CURLUSESSL_NONE :
	    (long)CURLUSESSL_ALL);
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
set_letter(CURL *easy, void *arg)
{
	struct smtp *s = arg;
	CURLcode rc = CURLE_OK;

	s->sent = 0;
	s->verdict = SMTP_PASSING;
	smtp_talk_begin(&s->talk);
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
#else
	SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_SMTP | CURLPROTO_SMTPS));
#endif
	SET(CURLOPT_URL, s->url);
	SET(CURLOPT_MAIL_FROM, s->from);
	SET(CURLOPT_MAIL_RCPT, s->to);
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_READFUNCTION, read_text);
	SET(CURLOPT_READDATA, s);
	SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)s->len);
	SET(CURLOPT_VERBOSE, 1L);
	SET(CURLOPT_DEBUGFUNCTION, listen_in);
	SET(CURLOPT_DEBUGDATA, s);
	return rc != CURLE_OK ? rc : set_security(easy, s,
	    &s->job->conf->mail);
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
		rc = secret_read(m->password_file, "mail.password_file",
		    s->password, sizeof(s->password), result->text);
	return rc;
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
static int
judge(CURL *easy, CURLcode code, void *arg, char *text)
{
	struct smtp *s = arg;
	const char *user = s->job->conf->mail.user;

	(void)easy;
	if (code == CURLE_OK)
		return 0;
	s->verdict = smtp_talk_verdict(&s->talk, is_tls(code));
	if (s->talk.code < 400)
		return 1;
	if (user != NULL) {
		secret_hide_sasl(s->talk.reply, user, s->password);
		secret_hide(s->talk.reply, s->password);
	}
	snprintf(text, EVENT_TEXT_MAX, "%s", s->talk.reply);
	return 1;
}

/*
 * Until it is taken, or by those who are left.  What is told of several
 * failures is the one that came furthest.
 */
static enum transfer_next
next_way(void *arg, const char *text)
{
	struct smtp *s = arg;

	if (s->verdict == SMTP_REFUSED && s->talk.stage == SMTP_RECIPIENT &&
	    drop_recipient(s)) {
		snprintf(s->not_for, sizeof(s->not_for), "not for %.60s: "
		    "%.150s", s->talk.rcpt, s->talk.reply);
		return TRANSFER_AGAIN;
	}
	if (s->furthest <= s->talk.stage) {
		s->furthest = s->talk.stage;
		snprintf(s->why, sizeof(s->why), "%s", text);
	}
	return s->verdict == SMTP_ANOTHER_WAY ? TRANSFER_ANOTHER :
	    TRANSFER_END;
}

static int
send_letter(struct smtp *s, const struct job_env *env,
    struct job_result *result)
{
	const struct transfer t = { .job = s->job, .env = env,
	    .through = TRANSFER_WORKING, .arg = s, .set = set_letter,
	    .judge = judge, .next = next_way };
	const char *said = s->why;
	int rc = transfer_run(&t, result);

	if (rc == 0) {
		result->partly = s->not_for[0] != '\0';
		said = result->partly ? s->not_for : "accepted";
	}
	if (said[0] != '\0')
		snprintf(result->text, sizeof(result->text), "%s", said);
	result->refused = rc != 0 && s->verdict == SMTP_REFUSED;
	return rc;
}

int
mail_smtp_send(const struct job *j, const struct job_env *env,
    struct job_result *result)
{
	struct smtp s = { .job = j };
	char e[ERR_TEXT_MAX];
	int rc;

	rc = prepare(&s, result);
	if (rc == 0)
		rc = send_letter(&s, env, result);
	if (rc != 0 && result->text[0] == '\0')
		snprintf(result->text, sizeof(result->text), "%s",
		    err_text(rc, e));
	curl_slist_free_all(s.to);
	free(s.text);
	explicit_bzero(&s, sizeof(s));
	return result->err = rc;
}

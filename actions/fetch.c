/* SPDX-License-Identifier: ISC */
/*
 * fetch: one request by libcurl.  Owns what of the answer is kept: its first
 * 64 KiB where a text is looked for, else the last line.
 */
#include "actions/fetch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "actions/secret.h"
#include "lib/last_line.h"

#define AGENT		"uplinkd"
#define SHOWN_MAX	150	/* of the last line */

struct fetching {
	const struct fetch *f;
	struct fetch_answer *answer;
	struct curl_slist *headers;
	char		*body;		/* if something is expected */
	size_t		 body_bytes, header_bytes;
	bool		 found, enough, flood;
	struct last_line words;
};

/*
 * Digits alone; -1 for the other form, a date, which asks for a clock that is
 * right.
 */
static int64_t
read_seconds(const char *s, size_t len)
{
	int64_t n = -1;

	for (; len > 0 && (*s == ' ' || *s == '\t'); s++, len--)
		;
	for (; len > 0 && *s >= '0' && *s <= '9' && n < INT32_MAX; s++, len--)
		n = (n < 0 ? 0 : n) * 10 + (*s - '0');
	return len == 0 || *s == '\r' || *s == '\n' ? n : -1;
}

/* Line by line, of each answer: one by the way (1xx, 401) begins anew. */
static size_t
take_header(char *bytes, size_t one, size_t n, void *arg)
{
	static const char name[] = "retry-after:";
	struct fetching *g = arg;

	(void)one;
	g->header_bytes += n;
	if (g->header_bytes > FETCH_BYTES_MAX) {
		g->flood = true;
		return 0;
	}
	if (n > 5 && strncmp(bytes, "HTTP/", 5) == 0) {
		g->answer->retry_after_s = -1;
		memset(&g->words, 0, sizeof(g->words));
	}
	if (n >= sizeof(name) && strncasecmp(bytes, name, sizeof(name) - 1) ==
	    0)
		g->answer->retry_after_s = read_seconds(bytes +
		    sizeof(name) - 1, n - sizeof(name) + 1);
	return n;
}

static void
look_for(struct fetching *g, const char *bytes, size_t len)
{
	size_t text = strlen(g->f->expect), from;

	/* It may have begun in what came before. */
	from = g->body_bytes < text ? 0 : g->body_bytes - text + 1;
	memcpy(g->body + g->body_bytes, bytes, len);
	g->found = g->found || memmem(g->body + from, g->body_bytes + len -
	    from, g->f->expect, text) != NULL;
}

static size_t
take_body(char *bytes, size_t one, size_t n, void *arg)
{
	struct fetching *g = arg;
	size_t room = FETCH_BYTES_MAX - g->body_bytes;
	size_t len = n < room ? n : room;

	(void)one;
	last_line_take(&g->words, bytes, len);
	if (g->body != NULL)
		look_for(g, bytes, len);
	g->body_bytes += len;
	if (g->body_bytes < FETCH_BYTES_MAX)
		return n;
	/* An end of our own looks like an error of writing. */
	g->enough = true;
	return 0;
}

static int
add_headers(struct fetching *g)
{
	const struct fetch *f = g->f;
	char *const *h;
	size_t i;

	/* Else a body waits a second for leave that old servers never give. */
	g->headers = curl_slist_append(NULL, "Expect:");
	if (g->headers == NULL)
		return -ENOMEM;
	for (h = f->headers; h != NULL && *h != NULL; h++)
		if (curl_slist_append(g->headers, *h) == NULL)
			return -ENOMEM;
	for (i = 0; i < 4 && f->more[i] != NULL; i++)
		if (curl_slist_append(g->headers, f->more[i]) == NULL)
			return -ENOMEM;
	return 0;
}

#define SET(option, value)						\
	(rc = rc != CURLE_OK ? rc : curl_easy_setopt(easy, option, value))

static CURLcode
set_security(CURL *easy, const struct fetch *f)
{
	CURLcode rc = CURLE_OK;

	if (f->ca != NULL) {
		SET(CURLOPT_CAINFO, f->ca);
		SET(CURLOPT_CAPATH, NULL);
	}
	if (f->pin != NULL)
		SET(CURLOPT_PINNEDPUBLICKEY, f->pin);
	/* Its key is what it is known by: nobody else has that. */
	if (f->pin != NULL && f->ca == NULL) {
		SET(CURLOPT_SSL_VERIFYPEER, 0L);
		SET(CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (f->user != NULL) {
		SET(CURLOPT_HTTPAUTH, f->basic ? (long)CURLAUTH_BASIC :
		    (long)CURLAUTH_DIGEST);
		SET(CURLOPT_USERNAME, f->user);
		SET(CURLOPT_PASSWORD, f->password);
	} else if (f->token != NULL) {
		SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		SET(CURLOPT_XOAUTH2_BEARER, f->token);
	}
	return rc;
}

static CURLcode
set_request(CURL *easy, void *arg)
{
	struct fetching *g = arg;
	const struct fetch *f = g->f;
	CURLcode rc = CURLE_OK;

	g->body_bytes = g->header_bytes = 0;
	g->found = g->enough = g->flood = false;
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
	SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_USERAGENT, AGENT);
	SET(CURLOPT_URL, f->url);
	SET(CURLOPT_HTTPHEADER, g->headers);
	SET(CURLOPT_HEADERFUNCTION, take_header);
	SET(CURLOPT_HEADERDATA, g);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, g);
	if (strcmp(f->method, "GET") != 0) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->body_len);
		SET(CURLOPT_POSTFIELDS, f->body != NULL ? f->body : "");
		SET(CURLOPT_CUSTOMREQUEST, f->method);
	}
	return rc != CURLE_OK ? rc : set_security(easy, f);
}

/* Status and last line, without what a server might repeat of ours. */
static void
describe(struct fetching *g, const char *what, char *text)
{
	const struct fetch *f = g->f;
	char line[LAST_LINE_MAX];

	/* Before it is cut: what is left of a secret would not be found. */
	snprintf(line, sizeof(line), "%s", last_line_text(&g->words));
	if (f->password != NULL) {
		secret_hide_basic(line, f->user, f->password);
		secret_hide(line, f->password);
	}
	if (f->token != NULL)
		secret_hide(line, f->token);
	snprintf(text, EVENT_TEXT_MAX, "status %ld%s%s%.*s",
	    g->answer->status, what, *line != '\0' ? ": " : "", SHOWN_MAX,
	    line);
}

static int
judge(CURL *easy, CURLcode code, void *arg, char *text)
{
	struct fetching *g = arg;
	const struct fetch *f = g->f;
	bool whole = code == CURLE_OK || g->enough;

	g->answer->status = 0;
	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE,
	    &g->answer->status);
	if (g->flood) {
		snprintf(text, EVENT_TEXT_MAX, "a header of more than %d "
		    "bytes", FETCH_BYTES_MAX);
		return -EPROTO;
	}
	if (g->answer->status < 200 || (!whole && f->expect != NULL &&
	    !g->found))
		return 1;
	if (!fetch_ranges_have(&f->wanted, g->answer->status)) {
		describe(g, ", not as wanted", text);
		return -EPROTO;
	}
	if (f->expect != NULL && !g->found) {
		describe(g, ", its text is not in the answer", text);
		return -EPROTO;
	}
	describe(g, code == CURLE_OK ? "" : g->enough ?
	    ", the rest was not read" : ", the answer was cut short", text);
	return 0;
}

int
fetch_run(const struct fetch *f, const struct job *j,
    const struct job_env *env, struct fetch_answer *answer,
    struct job_result *result)
{
	struct fetching g = { .f = f, .answer = answer };
	struct transfer t = { .job = j, .env = env, .through = f->through,
	    .arg = &g, .set = set_request, .judge = judge };

	memset(answer, 0, sizeof(*answer));
	answer->retry_after_s = -1;
	if (add_headers(&g) != 0 || (f->expect != NULL &&
	    (g.body = malloc(FETCH_BYTES_MAX)) == NULL)) {
		snprintf(result->text, sizeof(result->text), "no memory");
		result->err = -ENOMEM;
	} else
		(void)transfer_run(&t, result);
	curl_slist_free_all(g.headers);
	free(g.body);
	return result->err;
}

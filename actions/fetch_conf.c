/* SPDX-License-Identifier: ISC */
/*
 * fetch_conf: what may be written about a request.  A URL is taken apart by
 * libcurl, which will ask for it, so that both never differ about where its
 * host ends.  Pure.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "actions/fetch.h"

const struct option_choice fetch_ways[] = {
	{ "routes", TRANSFER_ROUTES }, { "uplink", TRANSFER_UPLINK },
	{ "working", TRANSFER_WORKING }, { NULL, 0 }
};

/* What has a key of its own, and what is never sent. */
static const struct {
	CURLUPart	 part;
	const char	*why;
} unwanted[] = {
	{ CURLUPART_USER, "a user in the URL: `user` is for that" },
	{ CURLUPART_PASSWORD, "a password in the URL: it has its place in a "
	    "file" },
	{ CURLUPART_OPTIONS, "login options in the URL" },
	{ CURLUPART_FRAGMENT, "a fragment (#...) in the URL: it is never "
	    "sent" },
};

static const struct {
	const char	*name, *why;
} reserved[] = {
	{ "Authorization", "headers: a secret has its place in a file" },
	{ "Proxy-Authorization", "headers: there is no proxy" },
	{ "Content-Length", "headers: the length is not yours to say" },
	{ "Transfer-Encoding", "headers: the encoding is not yours to say" },
	{ "Connection", "headers: the connection is not yours to say" },
	{ "Expect", "headers: Expect is not yours to say" },
	{ "X-Hub-Signature-256", "headers: the signature is not yours to say" },
	{ "X-Uplinkd-Event", "headers: the event's number is not yours to "
	    "say" },
	{ "Idempotency-Key", "headers: the event's number is not yours to "
	    "say" },
};

static const char *
wrong_parts(CURLU *u, const char *url, bool *tls)
{
	const char *why = NULL;
	char *s = NULL;
	size_t i;

	if (curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) !=
	    CURLUE_OK)
		return "not a URL such as http://192.0.2.1/reboot";
	if (curl_url_get(u, CURLUPART_SCHEME, &s, 0) != CURLUE_OK ||
	    (strcmp(s, "http") != 0 && strcmp(s, "https") != 0))
		why = "only http and https are spoken";
	else
		*tls = strcmp(s, "https") == 0;
	curl_free(s);
	for (i = 0; why == NULL && i < sizeof(unwanted) /
	    sizeof(unwanted[0]); i++) {
		s = NULL;
		if (curl_url_get(u, unwanted[i].part, &s, 0) == CURLUE_OK)
			why = unwanted[i].why;
		curl_free(s);
	}
	s = NULL;
	if (why == NULL && (curl_url_get(u, CURLUPART_HOST, &s, 0) !=
	    CURLUE_OK || *s == '\0'))
		why = "a URL without a host";
	curl_free(s);
	return why;
}

const char *
fetch_url_wrong(const char *url, bool *tls)
{
	CURLU *u = curl_url();
	const char *why;

	*tls = false;
	if (u == NULL)
		return "out of memory";
	why = wrong_parts(u, url, tls);
	curl_url_cleanup(u);
	return why;
}

const char *
fetch_headers_wrong(char *const *list)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	size_t n, i;

	for (; list != NULL && *list != NULL; list++) {
		n = strspn(*list, token);
		if (n == 0 || (*list)[n] != ':' || (*list)[n + 1] != ' ' ||
		    (*list)[n + 2] == '\0')
			return "headers: each is written as `Name: value`";
		for (i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
			if (strlen(reserved[i].name) == n &&
			    strncasecmp(*list, reserved[i].name, n) == 0)
				return reserved[i].why;
	}
	return NULL;
}

const char *
fetch_pin_wrong(const char *pin)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *why = "pin: is not sha256//, followed by 44 digits of "
	    "base64";
	size_t n;

	if (strncmp(pin, "sha256//", 8) != 0)
		return why;
	n = strspn(pin + 8, digits);
	return n == 43 && strcmp(pin + 8 + n, "=") == 0 ? NULL : why;
}

static bool
read_range(const char *s, struct fetch_range *r)
{
	char *end;

	if (strspn(s, "12345") >= 1 && strcmp(s + 1, "xx") == 0) {
		r->from = (s[0] - '0') * 100;
		r->to = r->from + 99;
		return true;
	}
	if (strspn(s, "0123456789") != 3)
		return false;
	r->from = r->to = (int)strtol(s, &end, 10);
	if (*end == '-' && strspn(end + 1, "0123456789") == 3)
		r->to = (int)strtol(end + 1, &end, 10);
	return *end == '\0' && r->from >= 100 && r->to <= 599 &&
	    r->from <= r->to;
}

const char *
fetch_ranges_read(char *const *list, struct fetch_ranges *out)
{
	out->n = 0;
	for (; *list != NULL; list++) {
		if (out->n == FETCH_RANGES)
			return "status: more than 16 entries";
		if (!read_range(*list, &out->list[out->n++]))
			return "status: is none such as 200, 2xx or 200-299";
	}
	return NULL;
}

bool
fetch_ranges_have(const struct fetch_ranges *r, long status)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (status >= r->list[i].from && status <= r->list[i].to)
			return true;
	return false;
}

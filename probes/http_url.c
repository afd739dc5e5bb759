/* SPDX-License-Identifier: ISC */
/*
 * http_url: the keys of the kind `http`.  A URL is taken apart by libcurl,
 * which will ask for it, so that both never differ about where its host ends.
 */
#include "probes/http_url.h"

#include <sys/socket.h>

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_DNS	253
#define LABEL_MAX_DNS	63

/* What a probe has no use for, and what might be thought to have been sent. */
static const struct {
	CURLUPart	 part;
	const char	*why;
} unwanted[] = {
	{ CURLUPART_USER, "a URL with a user cannot be probed" },
	{ CURLUPART_PASSWORD, "a URL with a password cannot be probed" },
	{ CURLUPART_OPTIONS, "a URL with login options cannot be probed" },
	{ CURLUPART_FRAGMENT, "a URL with a fragment (#...): it is never sent" },
	{ CURLUPART_ZONEID, "a URL with a zone: the line's interface is taken" },
};

/* Letters, digits, hyphens and underscores in labels; nothing to be encoded. */
static bool
name_ok(const char *name)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	const char *s = name;
	size_t n;

	if (strlen(name) > NAME_MAX_DNS)
		return false;
	do {
		n = strspn(s, set);
		if (n == 0 || n > LABEL_MAX_DNS || *s == '-')
			return false;
		s += n;
	} while (*s++ == '.' && *s != '\0');
	return s[-1] == '\0' || (s[-1] == '.' && *s == '\0');
}

static const char *
check_addr(const struct net_addr *a)
{
	if (a->family == AF_INET && a->bytes[0] >= 224)
		return "a multicast or reserved address cannot be a target";
	if (a->family == AF_INET6 && a->bytes[0] == 0xff)
		return "a multicast address cannot be a target";
	return NULL;
}

/* The host of a URL as an address or a name; NULL or what is wrong. */
static const char *
read_host(char *host, struct net_addr *addr)
{
	size_t len = strlen(host);

	memset(addr, 0, sizeof(*addr));
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		memmove(host, host + 1, len - 1);
		if (net_addr_parse(host, addr) != 0)
			return "the address in the URL is not one";
	} else {
		(void)net_addr_parse(host, addr);
	}
	if (addr->family != 0)
		return check_addr(addr);
	return name_ok(host) ? NULL : "the host of the URL is not a name";
}

static bool
scheme_ok(CURLU *u)
{
	char *s = NULL;
	bool ok = curl_url_get(u, CURLUPART_SCHEME, &s, 0) == CURLUE_OK &&
	    (strcmp(s, "http") == 0 || strcmp(s, "https") == 0);

	curl_free(s);
	return ok;
}

/* NULL or what is wrong. */
static const char *
read_port(CURLU *u, uint16_t *port)
{
	unsigned long v = 0;
	char *s = NULL;

	if (curl_url_get(u, CURLUPART_PORT, &s, CURLU_DEFAULT_PORT) ==
	    CURLUE_OK)
		v = strtoul(s, NULL, 10);
	curl_free(s);
	*port = (uint16_t)v;
	return v > 0 && v <= UINT16_MAX ? NULL : "the port of the URL is none";
}

/*
 * NULL, or what is wrong with the URL.  *host is curl_free'd by the caller in
 * any case, and is without brackets.
 */
static const char *
take_apart(CURLU *u, const char *url, char **host, struct net_addr *addr,
    uint16_t *port)
{
	const char *why;
	size_t i;
	char *s;

	*host = NULL;
	if (curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) !=
	    CURLUE_OK)
		return "not a URL such as http://example.net/";
	if (!scheme_ok(u))
		return "only http and https can be probed";
	for (i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++) {
		s = NULL;
		if (curl_url_get(u, unwanted[i].part, &s, 0) == CURLUE_OK) {
			curl_free(s);
			return unwanted[i].why;
		}
	}
	if (curl_url_get(u, CURLUPART_HOST, host, 0) != CURLUE_OK)
		return "a URL without a host";
	why = read_port(u, port);
	return why != NULL ? why : read_host(*host, addr);
}

static const char *
check_body(const struct http_opts *o)
{
	if (o->body == NULL)
		return NULL;
	if (o->method == HTTP_HEAD)
		return "body: there is none with method head";
	if (o->body[0] == '\0')
		return "body: an empty text is in every answer";
	if (strlen(o->body) > HTTP_TEXT_MAX)
		return "body: a text of more than 1024 bytes";
	return NULL;
}

static const char *
check(const void *opts, char *buf, size_t len)
{
	const struct http_opts *o = opts;
	CURLU *u = curl_url();
	struct net_addr addr;
	char *host = NULL;
	const char *why;
	uint16_t port;

	(void)buf;
	(void)len;
	if (u == NULL)
		return "out of memory";
	why = take_apart(u, o->url, &host, &addr, &port);
	curl_free(host);
	curl_url_cleanup(u);
	return why != NULL ? why : check_body(o);
}

static int
take_host(CURLU *u, const char *url, struct option_host *out)
{
	char *host = NULL;
	int rc = 0;

	if (take_apart(u, url, &host, &out->addr, &out->port) != NULL)
		rc = -EINVAL;
	else if (out->addr.family == 0 && (out->name = strdup(host)) == NULL)
		rc = -ENOMEM;
	curl_free(host);
	return rc;
}

static int
where(const void *opts, struct option_host *out)
{
	const struct http_opts *o = opts;
	CURLU *u = curl_url();
	int rc;

	memset(out, 0, sizeof(*out));
	if (u == NULL)
		return -ENOMEM;
	rc = take_host(u, o->url, out);
	curl_url_cleanup(u);
	return rc;
}

static const struct option_choice methods[] = {
	{ "get", HTTP_GET }, { "head", HTTP_HEAD }, { NULL, 0 }
};

static const struct option rows[] = {
	{ .name = "url", .type = OPTION_STRING,
	  .off = offsetof(struct http_opts, url), .required = true,
	  .help = "What to ask for by HTTP." },
	{ .name = "status", .type = OPTION_INT,
	  .off = offsetof(struct http_opts, status), .min = 100, .max = 599,
	  .def = "2xx", .word = "2xx",
	  .help = "Status of the answer, or `2xx`." },
	{ .name = "body", .type = OPTION_STRING,
	  .off = offsetof(struct http_opts, body),
	  .help = "Text that must be in the first 64 KiB of the answer." },
	{ .name = "method", .type = OPTION_CHOICE,
	  .off = offsetof(struct http_opts, method), .choices = methods,
	  .def = "get", .help = "How to ask." },
	{ .name = "ca", .type = OPTION_PATH,
	  .off = offsetof(struct http_opts, ca),
	  .help = "Certificates to trust, instead of the system's." },
	{ .name = NULL }
};

const struct option_set http_set = {
	.name = "http", .rows = rows, .size = sizeof(struct http_opts),
	.primary = "url", .check = check, .host = where,
};

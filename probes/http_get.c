/* SPDX-License-Identifier: ISC */
/*
 * http_get: one request and what became of it.  An answer is what was wanted
 * or a lost sample; what never left this machine is neither.
 */
#include "probes/http_get.h"

#include <sys/socket.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/sys.h"

#define AGENT		"uplinkd"
#define NEVER_MS	(24L * 3600 * 1000)

static long
status_of(struct http_get *g)
{
	long status = 0;

	(void)curl_easy_getinfo(g->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static bool
status_wanted(const struct http_get *g, long status)
{
	if (g->opts->status == HTTP_ANY_2XX)
		return status >= 200 && status <= 299;
	return status == g->opts->status;
}

/* An end of our own looks like an error of writing. */
static size_t
end(struct http_get *g)
{
	g->ended = true;
	return 0;
}

/*
 * Line by line, the empty one last.  That of an answer by the way (1xx) is
 * followed by another.
 */
static size_t
take_header(char *bytes, size_t one, size_t n, void *arg)
{
	struct http_get *g = arg;
	long status;

	g->header_bytes += one * n;
	if (g->header_bytes > HTTP_BYTES_MAX) {
		g->flood = true;
		return 0;
	}
	if (bytes[0] != '\r' && bytes[0] != '\n')
		return one * n;
	status = status_of(g);
	if (status < 200)
		return one * n;
	if (g->opts->body == NULL || !status_wanted(g, status))
		return end(g);
	return one * n;
}

static size_t
take_body(char *bytes, size_t one, size_t n, void *arg)
{
	struct http_get *g = arg;
	size_t room = HTTP_BYTES_MAX - g->body_bytes, len = one * n, from;
	size_t text;

	if (g->body == NULL)
		return end(g);
	text = strlen(g->opts->body);
	len = len < room ? len : room;
	/* It may have begun in what came before. */
	from = g->body_bytes < text ? 0 : g->body_bytes - text + 1;
	memcpy(g->body + g->body_bytes, bytes, len);
	g->body_bytes += len;
	g->found = memmem(g->body + from, g->body_bytes - from, g->opts->body,
	    text) != NULL;
	if (g->found || g->body_bytes == HTTP_BYTES_MAX)
		return end(g);
	return one * n;
}

/* libcurl makes it non-blocking. */
static curl_socket_t
open_socket(void *arg, curlsocktype use, struct curl_sockaddr *a)
{
	struct http_get *g = arg;
	int fd;

	(void)use;
	fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
	if (fd == -1) {
		g->err = -errno;
		return CURL_SOCKET_BAD;
	}
	g->err = sys_bind_device(fd, g->ifname);
	if (g->err == 0)
		return fd;
	close(fd);
	return CURL_SOCKET_BAD;
}

/*
 * Whatever the URL says, this is where it goes: a literal address, for which
 * libcurl asks nobody.
 */
static int
set_address(struct http_get *g, const struct net_addr *addr, int ifindex)
{
	char text[NET_ADDR_TEXT], to[NET_ADDR_TEXT + 8];

	(void)net_addr_text(addr, text);
	snprintf(to, sizeof(to), addr->family == AF_INET6 ? "::[%s]:" :
	    "::%s:", text);
	g->to = curl_slist_append(NULL, to);
	if (g->to == NULL)
		return -ENOMEM;
	if (addr->family == AF_INET6 && net_addr_linklocal(addr) &&
	    curl_easy_setopt(g->easy, CURLOPT_ADDRESS_SCOPE, (long)ifindex) !=
	    CURLE_OK)
		return -EINVAL;
	return curl_easy_setopt(g->easy, CURLOPT_CONNECT_TO, g->to) ==
	    CURLE_OK ? 0 : -ENOMEM;
}

#define SET(option, value)						\
	(rc = rc != CURLE_OK ? rc : curl_easy_setopt(g->easy, option, value))

/*
 * Nothing of the environment or a home directory, nobody in between.  A dead
 * line must not be proved by a connection that was opened before.
 */
static CURLcode
set_manners(struct http_get *g)
{
	CURLcode rc = CURLE_OK;

#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
	SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_NOSIGNAL, 1L);
	/* The caller's clock decides: ours may have stood still. */
	SET(CURLOPT_CONNECTTIMEOUT_MS, NEVER_MS);
	SET(CURLOPT_USERAGENT, AGENT);
	return rc;
}

/*
 * Reading a bundle of certificates takes some 20 ms, and the whole worker
 * waits.  libcurl does it once a day where a file is all there is to read,
 * else for each connection.
 */
static CURLcode
set_trust(struct http_get *g)
{
	CURLcode rc = CURLE_OK;
	const char *bundle = g->opts->ca;

	if (bundle != NULL)
		SET(CURLOPT_CAINFO, bundle);
#if LIBCURL_VERSION_NUM >= 0x075400
	else
		(void)curl_easy_getinfo(g->easy, CURLINFO_CAINFO, &bundle);
#endif
	if (bundle != NULL)
		SET(CURLOPT_CAPATH, NULL);
	return rc;
}

static CURLcode
set_request(struct http_get *g, void *arg)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_PRIVATE, arg);
	SET(CURLOPT_ERRORBUFFER, g->error);
	SET(CURLOPT_URL, g->opts->url);
	SET(CURLOPT_NOBODY, g->opts->method == HTTP_HEAD ? 1L : 0L);
	SET(CURLOPT_HEADERFUNCTION, take_header);
	SET(CURLOPT_HEADERDATA, g);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, g);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, g);
	return rc;
}

int
http_get_open(struct http_get *g, const struct http_opts *opts,
    const struct net_addr *addr, const char *ifname, int ifindex, void *arg)
{
	int rc = -ENOMEM;

	memset(g, 0, sizeof(*g));
	g->opts = opts;
	g->ifname = ifname;
	g->easy = curl_easy_init();
	if (g->easy == NULL)
		goto fail;
	if (opts->body != NULL && (g->body = malloc(HTTP_BYTES_MAX)) == NULL)
		goto fail;
	rc = -EINVAL;
	if (set_manners(g) != CURLE_OK || set_trust(g) != CURLE_OK ||
	    set_request(g, arg) != CURLE_OK)
		goto fail;
	rc = set_address(g, addr, ifindex);
	if (rc == 0)
		return 0;
fail:
	http_get_close(g);
	return rc;
}

void
http_get_close(struct http_get *g)
{
	/* It has the list, until it is gone. */
	if (g->easy != NULL)
		curl_easy_cleanup(g->easy);
	g->easy = NULL;
	curl_slist_free_all(g->to);
	g->to = NULL;
	free(g->body);
	g->body = NULL;
}

/*
 * An error of ours or of this machine, as -errno; 0 if it is the line's or
 * the server's.  The kernel refuses at once what it has no route or address
 * for; the same error later is somebody's answer.  libcurl is out of memory,
 * too, when a line of the header is too long for it, so that counts before
 * there is a connection only.
 */
static int
own_fault(struct http_get *g, CURLcode code, bool at_once)
{
	curl_off_t us = 0;
	long err = 0;

	if (g->err != 0)
		return g->err;
	if (code == CURLE_SSL_CACERT_BADFILE)
		return -ENOENT;
	(void)curl_easy_getinfo(g->easy, CURLINFO_CONNECT_TIME_T, &us);
	if (!at_once || us > 0)
		return 0;
	if (code != CURLE_COULDNT_CONNECT)
		return code == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL;
	(void)curl_easy_getinfo(g->easy, CURLINFO_OS_ERRNO, &err);
	if (err == 0 || err == ECONNREFUSED || err == ECONNRESET ||
	    err == ETIMEDOUT)
		return 0;
	return (int)-err;
}

static void
say_cannot(struct http_end *e, const char *curl)
{
	char text[ERR_TEXT_MAX];

	e->sample = SAMPLE_CANNOT;
	snprintf(e->why, sizeof(e->why), "not sent: %s (%.80s)",
	    err_text(e->err, text), curl);
}

static void
judge_answer(struct http_get *g, struct http_end *e)
{
	long status = status_of(g);
	curl_off_t us = 0;

	if (!status_wanted(g, status)) {
		snprintf(e->why, sizeof(e->why), "status %ld", status);
		return;
	}
	if (g->opts->body != NULL && !g->found) {
		snprintf(e->why, sizeof(e->why), "its text is not in the "
		    "first %zu bytes of the answer", g->body_bytes);
		return;
	}
	(void)curl_easy_getinfo(g->easy, CURLINFO_STARTTRANSFER_TIME_T, &us);
	e->sample = SAMPLE_OK;
	e->rtt_ns = (int64_t)us * NS_PER_US;
}

void
http_get_judge(struct http_get *g, CURLcode code, bool at_once,
    struct http_end *e)
{
	const char *text = g->error[0] != '\0' ? g->error :
	    curl_easy_strerror(code);

	memset(e, 0, sizeof(*e));
	e->sample = SAMPLE_LOST;
	if (code == CURLE_OK || g->ended) {
		judge_answer(g, e);
		return;
	}
	e->err = own_fault(g, code, at_once);
	if (e->err != 0)
		say_cannot(e, text);
	else if (g->flood)
		snprintf(e->why, sizeof(e->why), "a header of more than %d "
		    "bytes", HTTP_BYTES_MAX);
	else
		snprintf(e->why, sizeof(e->why), "%.150s", text);
}

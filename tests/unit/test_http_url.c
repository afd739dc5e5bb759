/* SPDX-License-Identifier: ISC */
/*
 * test_http_url: the keys of the kind `http`: which URLs and texts are taken,
 * and what the configuration makes of them.
 */
#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "dispatcher/kinds.h"
#include "probes/http_url.h"

static const struct {
	const char	*url;
	const char	*host;		/* NULL: refused */
	uint16_t	port;
} urls[] = {
	{ "http://example.net/generate_204", "example.net", 80 },
	{ "https://example.net", "example.net", 443 },
	{ "HTTP://Example.NET:8080/?q=1", "example.net", 8080 },
	{ "https://192.0.2.9:1/", "192.0.2.9", 1 },
	{ "http://[2001:db8::9]/x", "2001:db8::9", 80 },
	{ "http://[fe80::1]:65535/", "fe80::1", 65535 },
	{ "http://a_b.example.net./", "a_b.example.net.", 80 },
	{ "example.net", NULL, 0 },
	{ "", NULL, 0 },
	{ "http://", NULL, 0 },
	{ "ftp://example.net/", NULL, 0 },
	{ "file:///etc/passwd", NULL, 0 },
	{ "gopher://example.net/", NULL, 0 },
	{ "foo://example.net/", NULL, 0 },
	{ "http://user@example.net/", NULL, 0 },
	{ "http://user:secret@example.net/", NULL, 0 },
	{ "http://:secret@example.net/", NULL, 0 },
	{ "http://example.net/#top", NULL, 0 },
	{ "http://example.net:0/", NULL, 0 },
	{ "http://example.net:65536/", NULL, 0 },
	{ "http://example.net:http/", NULL, 0 },
	{ "http://[fe80::1%25eth0]/", NULL, 0 },
	{ "http://[2001:db8::9/", NULL, 0 },
	{ "http://224.0.0.1/", NULL, 0 },
	{ "http://255.255.255.255/", NULL, 0 },
	{ "http://[ff02::1]/", NULL, 0 },
	{ "http://a..example.net/", NULL, 0 },
	{ "http://-a.example.net/", NULL, 0 },
	{ "http://ex\xc3\xa4mple.net/", NULL, 0 },
	{ "http://exa mple.net/", NULL, 0 },
	{ "http://example.net/a b", NULL, 0 },
};

static void
try_url(size_t i)
{
	struct http_opts o = { .url = (char *)(uintptr_t)urls[i].url,
	    .status = HTTP_ANY_2XX, .method = HTTP_GET };
	char buf[80], text[NET_ADDR_TEXT];
	struct option_host h;
	const char *why = http_set.check(&o, buf, sizeof(buf));
	const char *got;
	char *s;

	if ((why == NULL) != (urls[i].host != NULL))
		print_error("%s: %s\n", urls[i].url, why != NULL ? why : "ok");
	assert_int_equal(why == NULL, urls[i].host != NULL);
	assert_int_equal(http_set.host(&o, &h), why == NULL ? 0 : -EINVAL);
	if (why != NULL)
		return;
	got = h.name != NULL ? h.name : net_addr_text(&h.addr, text);
	assert_int_equal(h.name == NULL, h.addr.family != 0);
	for (s = h.name; s != NULL && *s != '\0'; s++)
		*s = (char)tolower((unsigned char)*s);
	assert_string_equal(got, urls[i].host);
	assert_int_equal(h.port, urls[i].port);
	free(h.name);
}

static void
urls_are_taken_apart_or_refused(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		try_url(i);
}

static void
name_that_is_too_long_is_refused(void **state)
{
	struct http_opts o = { .status = 204, .method = HTTP_GET };
	char url[400] = "http://", *s = url + 7, buf[80];
	size_t i;

	(void)state;
	o.url = url;
	for (i = 0; i < 253; i++)
		*s++ = i % 50 == 49 ? '.' : 'a';
	assert_null(http_set.check(&o, buf, sizeof(buf)));
	*s++ = 'a';
	assert_non_null(http_set.check(&o, buf, sizeof(buf)));
	memset(url + 7, 'a', 64);
	strcpy(url + 7 + 63, ".net/");
	assert_null(http_set.check(&o, buf, sizeof(buf)));
	strcpy(url + 7 + 63, "a.net/");
	assert_non_null(http_set.check(&o, buf, sizeof(buf)));
}

static void
text_is_refused_where_it_cannot_be_found(void **state)
{
	char url[] = "http://192.0.2.1/", text[HTTP_TEXT_MAX + 2], buf[80];
	struct http_opts o = { .url = url, .status = 200, .body = text,
	    .method = HTTP_GET };

	(void)state;
	memset(text, 'a', sizeof(text));
	text[HTTP_TEXT_MAX] = '\0';
	assert_null(http_set.check(&o, buf, sizeof(buf)));
	text[HTTP_TEXT_MAX] = 'a';
	text[HTTP_TEXT_MAX + 1] = '\0';
	assert_non_null(http_set.check(&o, buf, sizeof(buf)));
	text[1] = '\0';
	assert_null(http_set.check(&o, buf, sizeof(buf)));
	o.method = HTTP_HEAD;
	assert_non_null(http_set.check(&o, buf, sizeof(buf)));
	o.method = HTTP_GET;
	text[0] = '\0';
	assert_non_null(http_set.check(&o, buf, sizeof(buf)));
}

/* As a file of one uplink with one target; its messages in *err. */
static struct conf *
parse(const char *target, char **err)
{
	struct conf *c = NULL;
	size_t errlen = 0;
	char text[512];
	FILE *f = open_memstream(err, &errlen);
	int rc;

	assert_non_null(f);
	snprintf(text, sizeof(text), "state_dir: /s\nrun_dir: /r\nuplinks:\n"
	    "  ext1:\n    interface: ext1\n    gateway: 192.0.2.1\n"
	    "    probe: { targets: [ { http: %s } ] }\n", target);
	rc = conf_parse("t", text, strlen(text), &conf_kinds_built_in, &c, f);
	fclose(f);
	assert_int_equal(rc == 0, c != NULL);
	return c;
}

static char *
printed(const struct conf *c)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	conf_print(c, f);
	fclose(f);
	return text;
}

static void
short_form_has_every_default(void **state)
{
	char *err, *text;
	struct conf *c = parse("http://example.net/generate_204", &err), *d;
	const struct conf_target *t;
	const struct http_opts *o;

	(void)state;
	assert_non_null(c);
	t = &c->uplinks[0].probe.targets[0];
	o = t->opts;
	assert_string_equal(o->url, "http://example.net/generate_204");
	assert_int_equal(o->status, HTTP_ANY_2XX);
	assert_int_equal(o->method, HTTP_GET);
	assert_null(o->body);
	assert_null(o->ca);
	assert_string_equal(t->name, "example.net");
	assert_string_equal(t->label, "http example.net:80");
	free(err);
	/* What is printed is read again. */
	text = printed(c);
	assert_int_equal(conf_parse("t", text, strlen(text),
	    &conf_kinds_built_in, &d, stderr), 0);
	free(text);
	conf_free(&c);
	conf_free(&d);
}

static void
long_form_is_taken_whole(void **state)
{
	char *err;
	struct conf *c = parse("{ url: 'https://192.0.2.9/', status: 301, "
	    "body: 'x y', ca: /etc/ca.pem }", &err);
	const struct conf_target *t;
	const struct http_opts *o;

	(void)state;
	assert_non_null(c);
	t = &c->uplinks[0].probe.targets[0];
	o = t->opts;
	assert_int_equal(o->status, 301);
	assert_string_equal(o->body, "x y");
	assert_string_equal(o->ca, "/etc/ca.pem");
	assert_null(t->name);
	assert_int_equal(t->addr.bytes[3], 9);
	assert_string_equal(t->label, "http 192.0.2.9:443");
	free(err);
	conf_free(&c);
}

static void
what_is_wrong_is_said_at_its_place(void **state)
{
	static const struct { const char *target, *says; } rows[] = {
		{ "ftp://example.net/", "only http and https" },
		{ "example.net", "not a URL" },
		{ "'http://a:b@example.net/'", "with a user" },
		{ "{ url: 'http://example.net/', status: 99 }", "minimum" },
		{ "{ url: 'http://example.net/', status: 600 }", "maximum" },
		{ "{ url: 'http://example.net/', status: 3xx }", "2xx" },
		{ "{ url: 'http://example.net/', method: post }", "head" },
		{ "{ url: 'http://example.net/', method: head, body: x }",
		    "none with method head" },
		{ "{ status: 204 }", "is missing" },
	};
	struct conf *c;
	char *err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		c = parse(rows[i].target, &err);
		if (c != NULL || strstr(err, rows[i].says) == NULL)
			print_error("%s: %s\n", rows[i].target, err);
		assert_null(c);
		assert_non_null(strstr(err, "uplinks.ext1.probe.targets[0]"
		    ".http"));
		assert_non_null(strstr(err, rows[i].says));
		free(err);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_are_taken_apart_or_refused),
		cmocka_unit_test(name_that_is_too_long_is_refused),
		cmocka_unit_test(text_is_refused_where_it_cannot_be_found),
		cmocka_unit_test(short_form_has_every_default),
		cmocka_unit_test(long_form_is_taken_whole),
		cmocka_unit_test(what_is_wrong_is_said_at_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

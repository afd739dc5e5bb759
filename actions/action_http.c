/* SPDX-License-Identifier: ISC */
/*
 * action_http: one request by HTTP, for modems and switched sockets that take
 * their orders so.
 */
#include "actions/fetch.h"

#include <stdio.h>
#include <string.h>

#include "actions/secret.h"

#define SECRET_MAX	1024

enum { AUTH_DIGEST = 1, AUTH_BASIC };

struct http_do {
	char		*get, *post, *put;	/* one of them */
	char		**headers;
	char		*body;
	char		*user, *password_file, *token_file;
	int		auth;
	char		**status;
	char		*expect;
	char		*ca, *pin;
	int		through;	/* enum transfer_way */
};

static const struct option_choice auths[] = {
	{ "digest", AUTH_DIGEST }, { "basic", AUTH_BASIC }, { NULL, 0 }
};

#define ROW(key, type_) .name = #key, .type = type_, \
	.off = offsetof(struct http_do, key)

static const struct option rows[] = {
	{ ROW(get, OPTION_STRING), .help = "URL to ask for." },
	{ ROW(post, OPTION_STRING), .help = "URL to post the body to." },
	{ ROW(put, OPTION_STRING), .help = "URL to put the body to." },
	{ ROW(headers, OPTION_STRINGS),
	  .help = "Further headers, each as `Name: value`." },
	{ ROW(body, OPTION_STRING), .help = "What is posted or put." },
	{ ROW(user, OPTION_STRING), .help = "Account at the server." },
	{ ROW(password_file, OPTION_PATH),
	  .help = "File with the password of that account." },
	{ ROW(token_file, OPTION_PATH),
	  .help = "File with a bearer token, instead of an account." },
	{ ROW(auth, OPTION_CHOICE), .choices = auths, .def = "digest",
	  .help = "How the password is proved; `basic` tells it." },
	{ ROW(status, OPTION_STRINGS), .def = "2xx",
	  .help = "Status of a good answer: 204, 2xx, 200-299." },
	{ ROW(expect, OPTION_STRING),
	  .help = "Text that must be in the first 64 KiB of the answer." },
	{ ROW(ca, OPTION_PATH),
	  .help = "Certificates to trust, instead of the system's." },
	{ ROW(pin, OPTION_STRING),
	  .help = "Public key of the server, as sha256//BASE64." },
	{ ROW(through, OPTION_CHOICE), .choices = fetch_ways, .def = "routes",
	  .help = "By which line: as the routes say, the uplink itself, or "
	    "one that works." },
	{ .name = NULL }
};

static const char *
wrong_secrets(const struct http_do *o, bool tls)
{
	if ((o->user == NULL) != (o->password_file == NULL))
		return "user and password_file go together";
	if (o->user != NULL && o->token_file != NULL)
		return "token_file: there is a user already";
	if (o->token_file != NULL && !tls)
		return "token_file: a token is never sent in clear";
	if (o->user == NULL && o->auth == AUTH_BASIC)
		return "auth: there is no user";
	if (o->user != NULL && strchr(o->user, ':') != NULL &&
	    o->auth == AUTH_BASIC)
		return "user: a colon ends it with auth basic";
	return NULL;
}

static const char *
check(const void *opts, char *buf, size_t len)
{
	const struct http_do *o = opts;
	const char *url = o->get != NULL ? o->get : o->post != NULL ?
	    o->post : o->put, *why;
	struct fetch_ranges ranges;
	bool tls;

	(void)buf;
	(void)len;
	if ((o->get != NULL) + (o->post != NULL) + (o->put != NULL) != 1)
		return "one of get, post and put is wanted";
	if (o->get != NULL && o->body != NULL)
		return "body: there is none with get";
	why = fetch_url_wrong(url, &tls);
	if (why == NULL)
		why = fetch_headers_wrong(o->headers);
	if (why == NULL)
		why = fetch_ranges_read(o->status, &ranges);
	if (why == NULL)
		why = wrong_secrets(o, tls);
	if (why == NULL && !tls && (o->ca != NULL || o->pin != NULL))
		return "ca and pin are for https";
	if (why == NULL && o->pin != NULL)
		why = fetch_pin_wrong(o->pin);
	return why;
}

static int
read_secret(const struct http_do *o, char *buf, struct fetch *f,
    struct job_result *result)
{
	if (o->user != NULL) {
		f->user = o->user;
		f->password = buf;
		return secret_read(o->password_file, "password_file", buf,
		    SECRET_MAX, result->text);
	}
	if (o->token_file == NULL)
		return 0;
	f->token = buf;
	return secret_read(o->token_file, "token_file", buf, SECRET_MAX,
	    result->text);
}

static int
http_run(const struct job *j, const struct job_env *env,
    struct job_result *result)
{
	const struct http_do *o = job_opts(j);
	struct fetch f = {
		.method = o->get != NULL ? "GET" : o->post != NULL ? "POST" :
		    "PUT",
		.url = o->get != NULL ? o->get : o->post != NULL ? o->post :
		    o->put,
		.headers = o->headers, .body = o->body,
		.body_len = o->body != NULL ? strlen(o->body) : 0,
		.basic = o->auth == AUTH_BASIC, .ca = o->ca, .pin = o->pin,
		.expect = o->expect, .through = (enum transfer_way)o->through,
	};
	char secret[SECRET_MAX];
	struct fetch_answer answer;

	(void)fetch_ranges_read(o->status, &f.wanted);
	result->err = read_secret(o, secret, &f, result);
	if (result->err == 0)
		(void)fetch_run(&f, j, env, &answer, result);
	explicit_bzero(secret, sizeof(secret));
	return result->err;
}

static const struct option_set http_set = {
	.name = "http", .rows = rows, .size = sizeof(struct http_do),
	.primary = "get", .check = check,
};

extern const struct action_kind action_http;
const struct action_kind action_http = {
	.set = &http_set, .lane = "web", .run = http_run,
};

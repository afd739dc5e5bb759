/* SPDX-License-Identifier: ISC */
/*
 * action_webhook: tells a server of each event by HTTP, in their order, until
 * it has taken it, refused it for good, or it is too old.  The lane repeats it
 * and the journal keeps it, so it may come twice: with the same key.
 */
#include "actions/fetch.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <nettle/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "actions/mail.h"
#include "actions/secret.h"
#include "lib/clock.h"

#define SECRET_MAX	1024
#define HEADER_MAX	128
#define WAIT_MAX	3600		/* seconds that a server may ask for */

enum { BODY_EVENT = 1, BODY_TEXT, BODY_CONTENT };

struct webhook {
	char		*url, *url_file;	/* one of them */
	char		**headers;
	int		body;
	char		*secret_file, *token_file;
	char		*ca, *pin;
	int		through;	/* enum transfer_way */
	int64_t		expire_ns;
};

static const struct option_choice bodies[] = {
	{ "event", BODY_EVENT }, { "text", BODY_TEXT },
	{ "content", BODY_CONTENT }, { NULL, 0 }
};

#define ROW(key, type_) .name = #key, .type = type_, \
	.off = offsetof(struct webhook, key)

static const struct option rows[] = {
	{ ROW(url, OPTION_STRING), .help = "URL to post events to." },
	{ ROW(url_file, OPTION_PATH),
	  .help = "File with the URL, where that is a secret." },
	{ ROW(headers, OPTION_STRINGS),
	  .help = "Further headers, each as `Name: value`." },
	{ ROW(body, OPTION_CHOICE), .choices = bodies, .def = "event",
	  .help = "What is posted: the event, or a line for a chat." },
	{ ROW(secret_file, OPTION_PATH),
	  .help = "File with the secret that signs what is posted." },
	{ ROW(token_file, OPTION_PATH), .help = "File with a bearer token." },
	{ ROW(ca, OPTION_PATH),
	  .help = "Certificates to trust, instead of the system's." },
	{ ROW(pin, OPTION_STRING),
	  .help = "Public key of the server, as sha256//BASE64." },
	{ ROW(through, OPTION_CHOICE), .choices = fetch_ways, .def = "working",
	  .help = "By which line: as the routes say, the uplink itself, or "
	    "one that works." },
	{ .name = "expire", .type = OPTION_DURATION,
	  .off = offsetof(struct webhook, expire_ns), .min = NS_PER_S,
	  .max = 90 * 86400 * NS_PER_S, .def = "5d",
	  .help = "An event that is older is given up." },
	{ .name = NULL }
};

static const char *const without[] = { "retries", "every", "on_supersede",
    NULL };

static const char *
wrong_url(const struct webhook *o, const char *url)
{
	const char *why;
	bool tls;

	why = fetch_url_wrong(url, &tls);
	if (why != NULL || tls)
		return why;
	if (o->token_file != NULL)
		return "token_file: a token is never sent in clear";
	return o->ca != NULL || o->pin != NULL ? "ca and pin are for https" :
	    NULL;
}

static const char *
check(const void *opts, char *buf, size_t len)
{
	static const char type[] = "content-type:";
	const struct webhook *o = opts;
	const char *why = NULL;
	char **h;

	(void)buf;
	(void)len;
	if ((o->url != NULL) + (o->url_file != NULL) != 1)
		return "one of url and url_file is wanted";
	if (o->url != NULL)
		why = wrong_url(o, o->url);
	if (why == NULL)
		why = fetch_headers_wrong(o->headers);
	for (h = o->headers; why == NULL && h != NULL && *h != NULL; h++)
		if (strncasecmp(*h, type, sizeof(type) - 1) == 0)
			why = "headers: the type is application/json";
	if (why == NULL && o->pin != NULL)
		why = fetch_pin_wrong(o->pin);
	return why;
}

/* All of one try; its secrets are wiped after it. */
struct try {
	char		url[SECRET_MAX], token[SECRET_MAX], secret[SECRET_MAX];
	char		event[HEADER_MAX], key[HEADER_MAX];
	char		signature[HEADER_MAX];
	char		*body;		/* malloc'd */
};

static int
read_files(const struct webhook *o, struct try *t, char *why)
{
	const char *wrong;
	int rc = 0;

	if (o->url_file != NULL)
		rc = secret_read(o->url_file, "url_file", t->url, SECRET_MAX,
		    why);
	if (rc == 0 && o->secret_file != NULL)
		rc = secret_read(o->secret_file, "secret_file", t->secret,
		    SECRET_MAX, why);
	if (rc == 0 && o->token_file != NULL)
		rc = secret_read(o->token_file, "token_file", t->token,
		    SECRET_MAX, why);
	if (rc != 0 || o->url_file == NULL)
		return rc;
	wrong = wrong_url(o, t->url);
	if (wrong == NULL)
		return 0;
	snprintf(why, EVENT_TEXT_MAX, "url_file: %s", wrong);
	return -EINVAL;
}

/* {"text": "[uplinkd fw] ext1 is down: ..."}, for people. */
static char *
chat_body(const struct job *j, const char *name)
{
	char host[256] = "localhost", line[MAIL_LINE_MAX];
	json_t *o;
	char *text;

	(void)gethostname(host, sizeof(host) - 1);
	mail_line(host, j->conf->uplinks[j->uplink].name, &j->event, line,
	    sizeof(line));
	o = json_pack("{s:s}", name, line);
	text = o == NULL ? NULL : json_dumps(o, JSON_ENSURE_ASCII);
	json_decref(o);
	return text;
}

static char *
make_body(const struct job *j, const struct webhook *o)
{
	char *text;
	int len;

	if (o->body != BODY_EVENT)
		return chat_body(j, o->body == BODY_TEXT ? "text" : "content");
	text = malloc(EVENT_BYTES_MAX + 1);
	if (text == NULL)
		return NULL;
	len = msg_encode(&j->event, text, EVENT_BYTES_MAX);
	if (len < 0) {
		free(text);
		return NULL;
	}
	text[len] = '\0';
	return text;
}

static void
sign(struct try *t)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct hmac_sha256_ctx ctx;
	size_t i, at;

	hmac_sha256_set_key(&ctx, strlen(t->secret),
	    (const uint8_t *)t->secret);
	hmac_sha256_update(&ctx, strlen(t->body), (const uint8_t *)t->body);
	hmac_sha256_digest(&ctx, sizeof(digest), digest);
	at = (size_t)snprintf(t->signature, sizeof(t->signature),
	    "X-Hub-Signature-256: sha256=");
	for (i = 0; i < sizeof(digest); i++)
		at += (size_t)snprintf(t->signature + at,
		    sizeof(t->signature) - at, "%02x", digest[i]);
	explicit_bzero(&ctx, sizeof(ctx));
}

static int
prepare(const struct job *j, const struct webhook *o, struct try *t,
    struct fetch *f, char *why)
{
	const struct msg_head *head = &j->event.head;
	size_t n = 0;
	int rc;

	rc = read_files(o, t, why);
	if (rc != 0)
		return rc;
	t->body = make_body(j, o);
	if (t->body == NULL)
		return -ENOMEM;
	f->url = o->url != NULL ? o->url : t->url;
	f->token = o->token_file != NULL ? t->token : NULL;
	f->body = t->body;
	f->body_len = strlen(t->body);
	snprintf(t->event, sizeof(t->event), "X-Uplinkd-Event: %" PRIu64,
	    j->event_id);
	/* What the event was sent with: the same in each try and process. */
	snprintf(t->key, sizeof(t->key), "Idempotency-Key: \"%s-%016" PRIx64
	    "-%" PRIu64 "\"", head->source, head->epoch, head->seq);
	f->more[n++] = "Content-Type: application/json";
	f->more[n++] = t->event;
	f->more[n++] = t->key;
	if (o->secret_file != NULL) {
		sign(t);
		f->more[n++] = t->signature;
	}
	return 0;
}

/* What a repetition would not change is not repeated. */
static void
judge(const struct fetch_answer *a, struct job_result *result)
{
	long s = a->status;
	int64_t wait_s = a->retry_after_s;

	result->final = s >= 400 && s <= 499 && s != 408 && s != 425 &&
	    s != 429;
	if (wait_s > 0)
		result->wait_ns = (wait_s < WAIT_MAX ? wait_s : WAIT_MAX) *
		    NS_PER_S;
}

static bool
too_old(const struct job *j, const struct webhook *o,
    struct job_result *result)
{
	char span[CLOCK_TEXT_MAX];

	if (clock_mono_ns() - j->born_ns < o->expire_ns)
		return false;
	snprintf(result->text, sizeof(result->text), "given up: older than "
	    "%s", clock_span(o->expire_ns, span));
	result->final = true;
	result->err = -ETIMEDOUT;
	return true;
}

static int
webhook_run(const struct job *j, const struct job_env *env,
    struct job_result *result)
{
	const struct webhook *o = job_opts(j);
	struct fetch f = { .method = "POST", .headers = o->headers,
	    .ca = o->ca, .pin = o->pin, .wanted = { 1, { { 200, 299 } } },
	    .through = (enum transfer_way)o->through };
	struct fetch_answer answer;
	struct try t;

	if (too_old(j, o, result))
		return result->err;
	memset(&t, 0, sizeof(t));
	result->err = prepare(j, o, &t, &f, result->text);
	if (result->err == 0) {
		(void)fetch_run(&f, j, env, &answer, result);
		if (result->err != 0 && result->err != -ECANCELED)
			judge(&answer, result);
		secret_hide(result->text, t.secret);
		secret_hide_url(result->text, t.url);
	} else if (result->text[0] == '\0')
		snprintf(result->text, sizeof(result->text), "no memory");
	free(t.body);
	explicit_bzero(&t, sizeof(t));
	return result->err;
}

static const struct option_set webhook_set = {
	.name = "webhook", .rows = rows, .size = sizeof(struct webhook),
	.primary = "url", .check = check, .without = without,
};

extern const struct action_kind action_webhook;
const struct action_kind action_webhook = {
	.set = &webhook_set, .lane = "web", .run = webhook_run,
	.durable = true,
};

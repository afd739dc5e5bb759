/* SPDX-License-Identifier: ISC */
/*
 * mail: where mail.via says letters go, and what must not go together.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/fill.h"
#include "conf/schema.h"
#include "conf/uplinks.h"
#include "conf/value.h"

#define ALNUM	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
		"0123456789"

static bool
cut_port(char *at, int64_t *port)
{
	char *end;

	if (*at == '\0')
		return true;
	if (at[0] != ':' || at[1] < '1' || at[1] > '9')
		return false;
	*at = '\0';
	*port = strtoll(at + 1, &end, 10);
	return *end == '\0' && *port <= 65535;
}

/* host, host:port, [address]:port; the brackets stay, as URLs want them. */
static const char *
read_server(struct conf_mail *m, const char *s)
{
	size_t n;

	m->host = strdup(s);
	if (m->host == NULL)
		return "no memory";
	if (*s == '[') {
		n = 1 + strspn(s + 1, "0123456789abcdefABCDEF:.");
		n += s[n] == ']';
		if (n < 4 || s[n - 1] != ']')
			return "the address in brackets is none";
	} else {
		n = strspn(s, ALNUM ".-");
		if (n == 0 || *s == '-' || *s == '.')
			return "a host is missing";
	}
	return cut_port(m->host + n, &m->port) ? NULL :
	    "what follows the host is no :port";
}

/* NULL, or what is wrong. */
static const char *
read_via(struct conf_mail *m)
{
	const char *s = m->via, *at;

	if (strcmp(s, "sendmail") == 0)
		return NULL;
	if (strncmp(s, "smtp://", 7) == 0)
		s += 7;
	else if (strncmp(s, "smtps://", 8) == 0) {
		s += 8;
		m->smtps = true;
	} else
		return "is not `sendmail`, nor smtp://... or smtps://...";
	m->smtp = true;
	at = strrchr(s, '@');
	if (at == NULL)
		return read_server(m, s);
	if (memchr(s, ':', (size_t)(at - s)) != NULL)
		return "a password has its place in password_file";
	if (at == s || strspn(s, ALNUM "@.+_-=") < (size_t)(at - s))
		return "the user before @ is none";
	m->user = strndup(s, (size_t)(at - s));
	return m->user == NULL ? "no memory" : read_server(m, at + 1);
}

static void
wrong(struct report *r, const struct node *map, const char *key,
    const char *what)
{
	const struct node *n = node_get(map, key);
	char path[64];

	if (n == NULL)
		n = map;
	report_at(r, n->line, n->col, fill_path(path, sizeof(path), "mail",
	    key), "%s", what);
}

void
mail_check(struct report *r, const struct node *top, struct conf_mail *m)
{
	const struct node *map = node_get(top, "mail");
	const char *why;

	if (map == NULL || m->via == NULL)
		return;
	why = read_via(m);
	if (why != NULL)
		wrong(r, map, "via", why);
	else if (m->user != NULL && m->tls == CONF_TLS_NONE)
		wrong(r, map, "tls", "a user's password is never sent in "
		    "clear");
	else if (m->smtps && m->tls == CONF_TLS_NONE)
		wrong(r, map, "tls", "smtps:// is TLS");
	else if (m->user != NULL && m->password_file == NULL)
		wrong(r, map, "via", "a user needs a password_file");
	else if (m->user == NULL && m->password_file != NULL)
		wrong(r, map, "password_file", "there is no user in via");
}

void
mail_free(struct conf_mail *m)
{
	free(m->user);
	free(m->host);
	m->user = m->host = NULL;
}

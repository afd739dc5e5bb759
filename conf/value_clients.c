/* SPDX-License-Identifier: ISC */
/*
 * value_clients: networks, and what of their traffic is meant: "192.0.2.0/24",
 * "192.0.2.7 tcp 443", "2001:db8:9::/64 udp 5060-5061".  Pure but for the
 * report and the output.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conf/value.h"

#define CLIENTS_MAX	256
#define TEXT_MAX	100
#define PORT_MAX	65534	/* Linux takes 65535 for no port in a rule */

static const struct {
	const char	*name;
	uint8_t		 number;
} protocols[] = {
	{ "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP },
	{ "sctp", IPPROTO_SCTP },
};

#define NPROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

/* Digits alone, up to max; false. */
static bool
number(const char *s, unsigned max, unsigned *out)
{
	unsigned n = 0;

	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return false;
		n = n * 10 + (unsigned)(*s - '0');
		if (n > max)
			return false;
	}
	*out = n;
	return true;
}

/* NULL, or what is wrong. */
static const char *
network(char *s, struct option_client *c)
{
	char *slash = strchr(s, '/');
	unsigned bits;

	if (slash != NULL)
		*slash++ = '\0';
	if (net_addr_parse(s, &c->net) != 0)
		return "no IPv4 or IPv6 network";
	bits = c->net.family == AF_INET ? 32 : 128;
	c->len = bits;
	if (slash != NULL && !number(slash, bits, &c->len))
		return "no IPv4 or IPv6 network";
	if (!net_addr_is_prefix(&c->net, c->len))
		return "the address of a host, with the length of a network";
	if (c->len > 0 && (c->net.bytes[0] == 0xff ||
	    (c->net.family == AF_INET && (c->net.bytes[0] == 0 ||
	    c->net.bytes[0] == 127 || c->net.bytes[0] >= 224))))
		return "no network of clients";
	return NULL;
}

static const char *
protocol(const char *s, struct option_client *c)
{
	size_t i;

	for (i = 0; i < NPROTOCOLS; i++)
		if (strcmp(s, protocols[i].name) == 0) {
			c->ipproto = protocols[i].number;
			return NULL;
		}
	return "after the network, tcp, udp or sctp is wanted";
}

static const char *
ports(char *s, struct option_client *c)
{
	char *dash = strchr(s, '-');
	unsigned first, last;

	if (dash != NULL)
		*dash++ = '\0';
	if (!number(s, PORT_MAX, &first) ||
	    !number(dash != NULL ? dash : s, PORT_MAX, &last) || first == 0)
		return "a port is 1 to 65534, or a range as in 5060-5061";
	if (first > last)
		return "a range of ports that ends before it begins";
	c->port[0] = (uint16_t)first;
	c->port[1] = (uint16_t)last;
	return NULL;
}

static const char *
client(const char *text, struct option_client *c)
{
	char buf[TEXT_MAX], *save, *word;
	const char *wrong;

	if (strlen(text) >= sizeof(buf))
		return "too long";
	memcpy(buf, text, strlen(text) + 1);
	if ((word = strtok_r(buf, " ", &save)) == NULL)
		return "an empty text";
	wrong = network(word, c);
	if (wrong == NULL && (word = strtok_r(NULL, " ", &save)) != NULL) {
		wrong = protocol(word, c);
		if (wrong == NULL &&
		    (word = strtok_r(NULL, " ", &save)) != NULL)
			wrong = ports(word, c);
	}
	if (wrong == NULL && strtok_r(NULL, " ", &save) != NULL)
		return "more than NETWORK PROTOCOL PORTS";
	if (wrong == NULL && c->len == 0 && c->ipproto == 0)
		return "everybody: that is for weight and tier";
	return wrong;
}

void
value_read_clients(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	struct option_clients *out = (void *)((char *)base + o->off);
	const struct node *const *child =
	    (const struct node *const *)n->child;
	size_t count = n->n, i;
	struct option_client *c;
	const char *s, *wrong;

	if (n->kind == NODE_SCALAR) {
		child = &n;
		count = 1;
	} else if (n->kind != NODE_LIST || count == 0 || count > CLIENTS_MAX) {
		value_wrong(r, path, n, "a list of one to %d networks is "
		    "wanted", CLIENTS_MAX);
		return;
	}
	free(out->list);
	out->n = 0;
	out->list = calloc(count, sizeof(*out->list));
	if (out->list == NULL)
		value_wrong(r, path, n, "no memory");
	for (i = 0; out->list != NULL && i < count; i++) {
		s = value_scalar(r, path, child[i], "a network");
		if (s == NULL)
			continue;
		c = &out->list[out->n];
		memset(c, 0, sizeof(*c));
		c->line = child[i]->line;
		c->col = child[i]->col;
		if ((wrong = client(s, c)) != NULL)
			value_wrong(r, path, child[i], "%.60s: %s", s, wrong);
		else
			out->n++;
	}
}

const char *
value_client_text(const struct option_client *c, char *buf, size_t len)
{
	char addr[NET_ADDR_TEXT];
	size_t i, at;

	at = (size_t)snprintf(buf, len, "%s/%u",
	    net_addr_text(&c->net, addr), c->len);
	for (i = 0; i < NPROTOCOLS && at < len; i++)
		if (protocols[i].number == c->ipproto)
			at += (size_t)snprintf(buf + at, len - at, " %s",
			    protocols[i].name);
	if (c->port[0] != 0 && at < len)
		at += (size_t)snprintf(buf + at, len - at, " %u",
		    c->port[0]);
	if (c->port[0] != c->port[1] && at < len)
		snprintf(buf + at, len - at, "-%u", c->port[1]);
	return buf;
}

void
value_print_clients(const struct option_clients *v, FILE *f)
{
	char buf[TEXT_MAX];
	size_t i;

	fputc('[', f);
	for (i = 0; i < v->n; i++) {
		fputs(i > 0 ? ", " : "", f);
		value_string(value_client_text(&v->list[i], buf, sizeof(buf)),
		    f);
	}
	fputc(']', f);
}

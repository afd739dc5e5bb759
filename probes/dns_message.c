/* SPDX-License-Identifier: ISC */
/*
 * dns_message: c-ares writes the question and reads the addresses; between the
 * two a comparison with the question decides whether it is our answer at all.
 */
#include "probes/dns_message.h"

#include <sys/socket.h>

#include <ares.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define HEAD		12
#define CLASS_IN	1
#define RECORDS_MAX	64
#define RCODE_NXDOMAIN	3

int
dns_type(const struct dns_opts *o)
{
	if (o->type != DNS_AUTO)
		return o->type;
	if (strcmp(o->name, ".") == 0)
		return DNS_NS;
	return o->answer.family == AF_INET6 ? DNS_AAAA : DNS_A;
}

int
dns_query(const struct dns_opts *o, uint16_t id, uint8_t out[DNS_QUERY_MAX])
{
	unsigned char *made = NULL;
	int len = 0, rc;

	/* Recursion is desired, EDNS is not: old boxes choke on it. */
	rc = ares_create_query(o->name, CLASS_IN, dns_type(o), id, 1, &made,
	    &len, 0);
	if (rc != ARES_SUCCESS)
		return rc == ARES_ENOMEM ? -ENOMEM : -EINVAL;
	if (len < HEAD || len > DNS_QUERY_MAX)
		len = -EINVAL;
	else
		memcpy(out, made, (size_t)len);
	ares_free_string(made);
	return len;
}

/* Servers may change the case of names; lengths of labels are no letters. */
static bool
same_question(const uint8_t *a, const uint8_t *b, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (a[i] != b[i] && ((a[i] ^ b[i]) != 0x20 ||
		    (a[i] | 0x20) < 'a' || (a[i] | 0x20) > 'z'))
			return false;
	return true;
}

/*
 * Id, that it is an answer to a plain query, that there is one question, and
 * which.  The type and class behind the name are compared with it: none that
 * we ask for has a letter in it.
 */
static bool
is_ours(const uint8_t *query, size_t query_len, const uint8_t *reply,
    size_t len)
{
	return query_len >= HEAD && len >= query_len &&
	    reply[0] == query[0] && reply[1] == query[1] &&
	    (reply[2] & 0xf8) == 0x80 &&
	    reply[4] == 0 && reply[5] == 1 &&
	    same_question(query + HEAD, reply + HEAD, query_len - HEAD);
}

static bool
has_v4(const struct dns_opts *o, const uint8_t *reply, int len)
{
	struct ares_addrttl list[RECORDS_MAX];
	int i, n = RECORDS_MAX;

	if (ares_parse_a_reply(reply, len, NULL, list, &n) != ARES_SUCCESS)
		return false;
	for (i = 0; i < n; i++)
		if (memcmp(&list[i].ipaddr, o->answer.bytes, 4) == 0)
			return true;
	return false;
}

static bool
has_v6(const struct dns_opts *o, const uint8_t *reply, int len)
{
	struct ares_addr6ttl list[RECORDS_MAX];
	int i, n = RECORDS_MAX;

	if (ares_parse_aaaa_reply(reply, len, NULL, list, &n) != ARES_SUCCESS)
		return false;
	for (i = 0; i < n; i++)
		if (memcmp(&list[i].ip6addr, o->answer.bytes, 16) == 0)
			return true;
	return false;
}

static void
say_code(int code, char why[DNS_WHY_MAX])
{
	static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL",
	    "NXDOMAIN", "NOTIMP", "REFUSED" };

	if ((size_t)code < sizeof(names) / sizeof(names[0]))
		snprintf(why, DNS_WHY_MAX, "%s", names[code]);
	else
		snprintf(why, DNS_WHY_MAX, "error %d", code);
}

enum dns_verdict
dns_judge(const struct dns_opts *o, const uint8_t *query, size_t query_len,
    const uint8_t *reply, size_t len, char why[DNS_WHY_MAX])
{
	int code, size = (int)len;

	why[0] = '\0';
	if (len > DNS_REPLY_MAX || !is_ours(query, query_len, reply, len))
		return DNS_FOREIGN;
	code = reply[3] & 0x0f;
	if (code != 0 && (code != RCODE_NXDOMAIN || o->answer.family != 0)) {
		say_code(code, why);
		return DNS_BAD;
	}
	if (o->answer.family == 0 || (o->answer.family == AF_INET ?
	    has_v4(o, reply, size) : has_v6(o, reply, size)))
		return DNS_GOOD;
	snprintf(why, DNS_WHY_MAX, "the address wanted is not there");
	return DNS_BAD;
}

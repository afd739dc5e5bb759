/* SPDX-License-Identifier: ISC */
/*
 * test_dns_message: which names can be asked for, and what is believed of an
 * answer: byte by byte, of exactly its length, so that a sanitizer sees a
 * look behind it.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/dns_message.h"
#include "probes/probe.h"

#define ID	0x1234

static struct dns_opts
opts(const char *name, const char *answer)
{
	struct dns_opts o = { .name = (char *)(uintptr_t)name,
	    .type = DNS_AUTO, .port = 53 };

	assert_int_equal(net_addr_parse("192.0.2.53", &o.server.addr), 0);
	if (answer != NULL)
		assert_int_equal(net_addr_parse(answer, &o.answer), 0);
	return o;
}

/* A plain answer to the question; its length. */
static size_t
plain(const struct dns_opts *o, uint8_t out[DNS_REPLY_MAX])
{
	uint8_t query[DNS_QUERY_MAX];
	int len = dns_query(o, ID, query);

	assert_true(len > 12);
	memcpy(out, query, (size_t)len);
	out[2] |= 0x80;
	out[3] = 0x80;
	return (size_t)len;
}

/* One more record, of the name at an offset. */
static size_t
record(uint8_t *out, size_t at, unsigned owner, uint16_t type,
    const void *data, uint16_t len)
{
	const uint8_t head[] = { (uint8_t)(0xc0 | owner >> 8),
	    (uint8_t)owner, (uint8_t)(type >> 8), (uint8_t)type, 0, 1, 0, 0,
	    0, 60, (uint8_t)(len >> 8), (uint8_t)len };

	memcpy(out + at, head, sizeof(head));
	memcpy(out + at + sizeof(head), data, len);
	out[7]++;
	return at + sizeof(head) + len;
}

static enum dns_verdict
judge(const struct dns_opts *o, const uint8_t *reply, size_t len,
    const char *want)
{
	uint8_t query[DNS_QUERY_MAX], *exact = malloc(len + (len == 0));
	int query_len = dns_query(o, ID, query);
	char why[DNS_WHY_MAX];
	enum dns_verdict v;

	assert_non_null(exact);
	memcpy(exact, reply, len);
	v = dns_judge(o, query, (size_t)query_len, exact, len, why);
	free(exact);
	assert_int_equal(v == DNS_BAD, why[0] != '\0');
	if (want != NULL)
		assert_string_equal(why, want);
	return v;
}

static int
asked_type(const char *name, const char *answer)
{
	struct dns_opts o = opts(name, answer);

	return dns_type(&o);
}

static void
type_follows_name_and_answer(void **state)
{
	struct dns_opts o = opts(".", NULL);

	(void)state;
	assert_int_equal(asked_type(".", NULL), DNS_NS);
	assert_int_equal(asked_type("example.net", NULL), DNS_A);
	assert_int_equal(asked_type("example.net", "192.0.2.1"), DNS_A);
	assert_int_equal(asked_type("example.net", "2001:db8::1"), DNS_AAAA);
	o.type = DNS_SOA;
	assert_int_equal(dns_type(&o), DNS_SOA);
}

static const char *
wrong(const char *name, int type, const char *answer)
{
	struct dns_opts o = opts(name, answer);
	char buf[128];

	o.type = type;
	return probe_option_set("dns")->check(&o, buf, sizeof(buf));
}

static void
names_that_cannot_be_are_refused(void **state)
{
	static const char *const bad[] = { "", "..", ".a", "a..b", "a b",
	    "b\\.c", "a/b", "\xc3\xa4.example", "a.onion" };
	static const char *const good[] = { ".", "a", "a.", "example.net",
	    "_dns.resolver.arpa", "1.2.0.192.in-addr.arpa" };
	char label[80] = "", name[300] = "";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(wrong(bad[i], DNS_AUTO, NULL));
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_null(wrong(good[i], DNS_AUTO, NULL));
	memset(label, 'x', 64);
	assert_non_null(wrong(label, DNS_AUTO, NULL));
	label[63] = '\0';
	assert_null(wrong(label, DNS_AUTO, NULL));
	for (i = 0; i < 63; i++)
		strcat(name, "abc.");
	assert_null(wrong(name, DNS_AUTO, NULL));
	strcat(name, "abc.");
	assert_non_null(wrong(name, DNS_AUTO, NULL));
}

static void
answer_and_type_must_agree(void **state)
{
	(void)state;
	assert_null(wrong("a", DNS_AUTO, "192.0.2.1"));
	assert_null(wrong("a", DNS_A, "192.0.2.1"));
	assert_null(wrong("a", DNS_AAAA, "2001:db8::1"));
	assert_non_null(wrong("a", DNS_AAAA, "192.0.2.1"));
	assert_non_null(wrong("a", DNS_A, "2001:db8::1"));
	assert_non_null(wrong("a", DNS_MX, "192.0.2.1"));
	assert_non_null(wrong(".", DNS_AUTO, "192.0.2.1"));
}

static void
codes_are_judged(void **state)
{
	static const char *const bad[16] = { [1] = "FORMERR",
	    [2] = "SERVFAIL", [4] = "NOTIMP", [5] = "REFUSED",
	    [6] = "error 6", [15] = "error 15" };
	struct dns_opts o = opts("example.net", NULL);
	uint8_t reply[DNS_REPLY_MAX];
	size_t len = plain(&o, reply);
	int code;

	(void)state;
	for (code = 0; code < 16; code++) {
		reply[3] = (uint8_t)code;
		assert_int_equal(judge(&o, reply, len, bad[code]), code == 0 ||
		    code == 3 ? DNS_GOOD : DNS_BAD);
	}
}

/* All flags that are the server's own affair. */
static void
flags_of_the_server_do_not_matter(void **state)
{
	struct dns_opts o = opts("example.net", NULL);
	uint8_t reply[DNS_REPLY_MAX];
	size_t len = plain(&o, reply);

	(void)state;
	reply[2] |= 0x07;
	reply[3] = 0xf0;
	assert_int_equal(judge(&o, reply, len, ""), DNS_GOOD);
	reply[2] = 0x80;
	reply[3] = 0;
	assert_int_equal(judge(&o, reply, len, ""), DNS_GOOD);
}

static void
case_of_the_name_does_not_matter(void **state)
{
	struct dns_opts o = opts("aZ-0.example.net", NULL);
	uint8_t reply[DNS_REPLY_MAX];
	size_t len = plain(&o, reply), i;
	uint8_t was;

	(void)state;
	for (i = 12; i < len; i++) {
		was = reply[i];
		reply[i] ^= 0x20;
		assert_int_equal(judge(&o, reply, len, NULL), (was | 0x20) >=
		    'a' && (was | 0x20) <= 'z' ? DNS_GOOD : DNS_FOREIGN);
		reply[i] = was;
	}
}

/* Of id, direction, kind and question each bit. */
static void
each_bit_of_the_question_matters(void **state)
{
	struct dns_opts o = opts("a1.example", NULL);
	uint8_t reply[DNS_REPLY_MAX];
	size_t len = plain(&o, reply), i;
	int bit;
	bool matters, folded;

	(void)state;
	for (i = 0; i < len; i++)
		for (bit = 0; bit < 8; bit++) {
			matters = i < 2 || i == 4 || i == 5 || i >= 12 ||
			    (i == 2 && bit >= 3);
			folded = i >= 12 && bit == 5 && (reply[i] | 0x20) >=
			    'a' && (reply[i] | 0x20) <= 'z';
			reply[i] ^= (uint8_t)(1 << bit);
			assert_int_equal(judge(&o, reply, len, NULL) ==
			    DNS_FOREIGN, matters && !folded);
			reply[i] ^= (uint8_t)(1 << bit);
		}
}

static void
what_is_cut_is_none(void **state)
{
	struct dns_opts o = opts("example.net", NULL);
	uint8_t reply[DNS_REPLY_MAX + 1] = { 0 };
	size_t len = plain(&o, reply), i;

	(void)state;
	for (i = 0; i < len; i++)
		assert_int_equal(judge(&o, reply, i, NULL), DNS_FOREIGN);
	assert_int_equal(judge(&o, reply, DNS_REPLY_MAX, NULL), DNS_GOOD);
	assert_int_equal(judge(&o, reply, DNS_REPLY_MAX + 1, NULL),
	    DNS_FOREIGN);
}

static void
address_must_be_in_the_answer(void **state)
{
	static const char none[] = "the address wanted is not there";
	struct dns_opts o = opts("example.net", "192.0.2.1");
	uint8_t reply[DNS_REPLY_MAX];
	size_t len = plain(&o, reply), i;

	(void)state;
	assert_int_equal(judge(&o, reply, len, none), DNS_BAD);
	len = record(reply, len, 12, DNS_A, "\xc0\x00\x02\x02", 4);
	assert_int_equal(judge(&o, reply, len, none), DNS_BAD);
	len = record(reply, len, 12, DNS_A, "\xc0\x00\x02\x01", 4);
	assert_int_equal(judge(&o, reply, len, ""), DNS_GOOD);
	for (i = 0; i < len; i++)
		assert_int_not_equal(judge(&o, reply, i, NULL), DNS_GOOD);
	reply[3] = 0x83;
	assert_int_equal(judge(&o, reply, len, "NXDOMAIN"), DNS_BAD);
}

static void
address_may_be_behind_another_name(void **state)
{
	static const uint8_t six[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 9 };
	struct dns_opts o = opts("www.example.net", "2001:db8::9");
	uint8_t reply[DNS_REPLY_MAX];
	size_t len = plain(&o, reply), target;

	(void)state;
	target = len + 12;
	len = record(reply, len, 12, 5, "\x03" "web\xc0\x10", 6);
	len = record(reply, len, (unsigned)target, DNS_AAAA, six, 16);
	assert_int_equal(judge(&o, reply, len, ""), DNS_GOOD);
	reply[len - 1] = 8;
	assert_int_equal(judge(&o, reply, len, NULL), DNS_BAD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(type_follows_name_and_answer),
		cmocka_unit_test(names_that_cannot_be_are_refused),
		cmocka_unit_test(answer_and_type_must_agree),
		cmocka_unit_test(codes_are_judged),
		cmocka_unit_test(flags_of_the_server_do_not_matter),
		cmocka_unit_test(case_of_the_name_does_not_matter),
		cmocka_unit_test(each_bit_of_the_question_matters),
		cmocka_unit_test(what_is_cut_is_none),
		cmocka_unit_test(address_must_be_in_the_answer),
		cmocka_unit_test(address_may_be_behind_another_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

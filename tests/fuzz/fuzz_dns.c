/* SPDX-License-Identifier: ISC */
/*
 * fuzz_dns: any bytes as the answer to a question; the first one says to which.
 * What is believed has our id and question, and would not be with another id.
 */
#include <sys/socket.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/must.h"
#include "lib/net.h"
#include "probes/dns_message.h"

#define ID	0x1234

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const struct {
	const char	*name, *answer;
} asked[] = {
	{ ".", NULL }, { "www.example.net", NULL },
	{ "www.example.net", "192.0.2.1" }, { "a.example", "2001:db8::1" },
};

static void
check(const struct dns_opts *o, const uint8_t *bytes, size_t len)
{
	uint8_t query[DNS_QUERY_MAX], *other;
	char why[DNS_WHY_MAX];
	int n = dns_query(o, ID, query);
	enum dns_verdict v;

	MUST(n > 12 && n <= DNS_QUERY_MAX);
	v = dns_judge(o, query, (size_t)n, bytes, len, why);
	MUST((v == DNS_BAD) == (why[0] != '\0'));
	if (v == DNS_FOREIGN)
		return;
	MUST(len >= (size_t)n && memcmp(bytes, query, 2) == 0);
	MUST(v != DNS_GOOD || (bytes[3] & 0x0f) == 0 ||
	    (bytes[3] & 0x0f) == 3);
	other = malloc(len);
	MUST(other != NULL);
	memcpy(other, bytes, len);
	other[1] ^= 1;
	MUST(dns_judge(o, query, (size_t)n, other, len, why) == DNS_FOREIGN);
	free(other);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_opts o = { .type = DNS_AUTO, .port = 53 };
	size_t i;

	if (size == 0)
		return 0;
	i = data[0] % (sizeof(asked) / sizeof(asked[0]));
	o.name = (char *)(uintptr_t)asked[i].name;
	if (asked[i].answer != NULL)
		MUST(net_addr_parse(asked[i].answer, &o.answer) == 0);
	check(&o, data + 1, size - 1);
	return 0;
}

/* SPDX-License-Identifier: ISC */
/*
 * fuzz_event: any bytes as a message.  What is accepted must encode, and what
 * was encoded must decode and encode to the same bytes.
 */
#include <stdint.h>
#include <string.h>

#include "lib/must.h"
#include "proto/event.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct msg m, again;
	static char first[EVENT_BYTES_MAX], second[EVENT_BYTES_MAX];
	char topic[128];
	const char *why = NULL;
	int n, n2;

	if (msg_decode((const char *)data, size, &m, &why) != 0)
		return 0;
	n = msg_encode(&m, first, sizeof(first));
	/* Many numbers are longer in our form; then it may not fit. */
	if (n < 0)
		return 0;
	msg_topic(&m, topic, sizeof(topic));
	MUST(msg_decode(first, (size_t)n, &again, &why) == 0);
	n2 = msg_encode(&again, second, sizeof(second));
	MUST(n2 == n && memcmp(first, second, (size_t)n) == 0);
	return 0;
}

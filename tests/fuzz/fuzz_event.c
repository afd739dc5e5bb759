/* SPDX-License-Identifier: ISC */
/*
 * fuzz_event: any bytes as a message.  What is accepted encodes, what was
 * encoded decodes to the same message, and that encodes to the same bytes.
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

	if (msg_decode((const char *)data, size, &m, &why) != 0) {
		MUST(why != NULL);
		return 0;
	}
	MUST(why == NULL);
	n = msg_encode(&m, first, sizeof(first));
	MUST(n > 0);
	msg_topic(&m, topic, sizeof(topic));
	MUST(strchr(topic, '?') == NULL && strlen(topic) < sizeof(topic) - 1);
	MUST(msg_decode(first, (size_t)n, &again, &why) == 0);
	/* decode clears what it does not fill, padding too. */
	MUST(memcmp(&m, &again, sizeof(m)) == 0);
	n2 = msg_encode(&again, second, sizeof(second));
	MUST(n2 == n && memcmp(first, second, (size_t)n) == 0);
	return 0;
}

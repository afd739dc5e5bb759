/* SPDX-License-Identifier: ISC */
/*
 * fuzz_dialogue: any bytes as what a device says; the first says to what and
 * in which pieces.  The pieces change nothing, nothing is looked at after the
 * verdict, and what is good begins a line as was awaited.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "actions/dialogue.h"
#include "lib/must.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define BYTES(s) { (unsigned char *)(uintptr_t)(s), sizeof(s) - 1 }

static struct option_bytes fails[] = { BYTES("ERROR"), BYTES("+CME ERROR") };
static const struct option_bytelist fail = { 2, fails };
static const struct option_step steps[] = {
	{ .send = BYTES("AT\r"), .expect = BYTES("OK") },
	{ .send = BYTES("OK\r"), .expect = BYTES("OK") },
	{ .send = BYTES("\xa0\x01\x01\xa2"), .expect = BYTES("\xa0\x01") },
	{ .expect = BYTES("ERROR") },
};

static enum dialogue_verdict
hear(const struct option_step *step, bool echo, const uint8_t *data,
    size_t size, size_t piece, size_t *end)
{
	enum dialogue_verdict v = DIALOGUE_MORE;
	struct dialogue d;
	size_t used, n;

	dialogue_begin(&d, step, &fail, echo);
	for (*end = 0; *end < size && v == DIALOGUE_MORE; *end += used) {
		n = size - *end < piece ? size - *end : piece;
		v = dialogue_take(&d, data + *end, n, &used);
		MUST(used <= n && used > 0);
		MUST(v != DIALOGUE_MORE || used == n);
	}
	MUST(strlen(last_line_text(&d.words)) < LAST_LINE_MAX);
	return v;
}

/* At the end of what was heard there is a line that begins so. */
static bool
ends_with(const struct option_bytes *p, const uint8_t *data, size_t end)
{
	return end >= p->len && memcmp(data + end - p->len, p->bytes,
	    p->len) == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct option_step *step;
	enum dialogue_verdict v;
	size_t end, end2;
	bool echo;

	if (size == 0)
		return 0;
	step = &steps[data[0] & 3];
	echo = (data[0] & 4) != 0;
	v = hear(step, echo, data + 1, size - 1, size, &end);
	MUST(hear(step, echo, data + 1, size - 1, 1 + (data[0] >> 3),
	    &end2) == v && end == end2);
	MUST((v == DIALOGUE_FLOOD) == (v != DIALOGUE_MORE &&
	    end > DIALOGUE_BYTES_MAX));
	/* What was held back as an echo is judged one byte later. */
	if (!echo && v == DIALOGUE_GOOD)
		MUST(ends_with(&step->expect, data + 1, end));
	if (!echo && v == DIALOGUE_FAILED)
		MUST(ends_with(&fails[0], data + 1, end) ||
		    ends_with(&fails[1], data + 1, end));
	return 0;
}

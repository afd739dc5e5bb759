/* SPDX-License-Identifier: ISC */
/*
 * replay: runs a fuzzer's code on the files named, without libFuzzer: the
 * corpus is part of every test run.  One `ok` line per file; a crash is the
 * failure.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define INPUT_MAX	(1 << 20)

int
main(int argc, char **argv)
{
	uint8_t *bytes;
	size_t len;
	FILE *f;
	int i;

	for (i = 1; i < argc; i++) {
		f = fopen(argv[i], "rb");
		/* Of exactly this size, or a reader beyond it is not seen. */
		bytes = malloc(INPUT_MAX);
		if (f == NULL || bytes == NULL) {
			printf("not ok - %s cannot be read\n", argv[i]);
			return 1;
		}
		len = fread(bytes, 1, INPUT_MAX, f);
		fclose(f);
		bytes = realloc(bytes, len + (len == 0));
		if (bytes == NULL)
			return 1;
		(void)LLVMFuzzerTestOneInput(bytes, len);
		free(bytes);
		printf("ok - %s\n", argv[i]);
	}
	return argc < 2;
}

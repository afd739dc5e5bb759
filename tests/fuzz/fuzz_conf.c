/* SPDX-License-Identifier: ISC */
/*
 * fuzz_conf: any bytes as a configuration.  What is accepted must print, and
 * what is printed must be accepted and print the same.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "dispatcher/kinds.h"
#include "lib/must.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* NULL if it is refused; then it must say why. */
static struct conf *
parse(const char *bytes, size_t len)
{
	struct conf *conf = NULL;
	char *text = NULL;
	size_t text_len = 0;
	FILE *err = open_memstream(&text, &text_len);
	int rc;

	if (err == NULL)
		abort();
	rc = conf_parse("fuzz", bytes, len, &conf_kinds_built_in, &conf, err);
	fclose(err);
	MUST((rc == 0) == (conf != NULL));
	MUST(rc != -EINVAL || text_len > 0);
	free(text);
	return conf;
}

static char *
print(const struct conf *conf, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	if (f == NULL)
		abort();
	conf_print(conf, f);
	fclose(f);
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf *conf, *again;
	char *first, *second;
	size_t first_len, second_len;

	conf = parse((const char *)data, size);
	if (conf == NULL)
		return 0;
	first = print(conf, &first_len);
	again = parse(first, first_len);
	MUST(again != NULL);
	second = print(again, &second_len);
	MUST(first_len == second_len && memcmp(first, second, first_len) == 0);
	free(first);
	free(second);
	conf_free(&conf);
	conf_free(&again);
	return 0;
}

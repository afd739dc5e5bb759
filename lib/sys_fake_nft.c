/* SPDX-License-Identifier: ISC */
/*
 * sys_fake_nft: the packet filter of the simulated kernel: one table, whose
 * rules are the text that made them.  Entered by the kernel's owner.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/must.h"
#include "lib/sys_fake_kernel.h"

static void
change(struct fake_kernel *k, const char *text)
{
	struct sys *s;

	free(k->nft);
	k->nft = text == NULL ? NULL : strdup(text);
	MUST(text == NULL || k->nft != NULL);
	k->nft_changes++;
	for (s = k->handles; s != NULL; s = s->next)
		if (s->nft_pipe[1] != -1 && write(s->nft_pipe[1], "", 1) == -1)
			MUST(errno == EAGAIN);
}

/* A transaction without a block only takes away. */
int
sys_nft_run(const char *commands, char *why, size_t len)
{
	struct fake_kernel *k = fake_chosen();
	int rc = k == NULL ? -ENOSYS : fake_begin(k, FAKE_NFT_RUN);

	snprintf(why, len, "%s", rc == 0 ? "" : "refused");
	if (rc != 0)
		return rc;
	change(k, strchr(commands, '{') != NULL ? commands : NULL);
	return 0;
}

int
sys_nft_look(struct sys *s, const char *table, struct sys_nft *out)
{
	const char *c;
	int rc;

	(void)table;
	memset(out, 0, sizeof(*out));
	MUST(s->magic == FAKE_MAGIC);
	if ((rc = fake_begin(s->kernel, FAKE_NFT_LOOK)) != 0)
		return rc;
	out->there = s->kernel->nft != NULL;
	out->generation = s->kernel->nft_changes;
	for (c = s->kernel->nft; c != NULL && *c != '\0'; c++)
		out->digest = out->digest * 31 + (unsigned char)*c;
	return 0;
}

int
sys_nft_watch(struct sys *s, const char *table, int *fd)
{
	(void)table;
	MUST(s->magic == FAKE_MAGIC && s->nft_pipe[0] == -1);
	if (pipe2(s->nft_pipe, O_NONBLOCK | O_CLOEXEC) == -1)
		return -errno;
	*fd = s->nft_pipe[0];
	return 0;
}

int
sys_nft_changed(struct sys *s)
{
	char bytes[64];
	int changed = 0;

	MUST(s->magic == FAKE_MAGIC && s->nft_pipe[0] != -1);
	while (read(s->nft_pipe[0], bytes, sizeof(bytes)) > 0)
		changed = 1;
	return changed;
}

void
fake_nft(struct sys *s, const char *text)
{
	change(s->kernel, text);
}

const char *
fake_nft_text(const struct sys *s)
{
	return s->kernel->nft;
}

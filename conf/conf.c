/* SPDX-License-Identifier: ISC */
/*
 * conf: the whole tree from a file's bytes, and the file itself.
 */
#include "conf/conf.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/fill.h"
#include "conf/schema.h"
#include "conf/uplinks.h"
#include "conf/value.h"
#include "lib/err.h"

static void
read_section(struct report *r, const struct node *top, const char *key,
    const struct schema *schema, bool optional, void *base)
{
	const struct node *n = fill_map(r, "", top, key);

	if (n == NULL && (optional || node_get(top, key) != NULL))
		return;
	fill_rows(r, key, n, n != NULL ? n : top, schema->rows,
	    schema->inner, base);
}

/* Each of them: the mask may have holes. */
static bool
marks_fit(const struct conf *conf)
{
	const struct conf_routing *c = &conf->routing;
	int64_t n, mark;

	for (n = 1; n <= (int64_t)conf->nuplinks; n++) {
		mark = n * c->mark;
		if (mark > UINT32_MAX || (mark & ~c->mark_mask) != 0)
			return false;
	}
	return true;
}

static void
check_routing(struct report *r, const struct node *top,
    const struct conf *conf)
{
	const struct conf_routing *c = &conf->routing;
	const struct node *at = node_get(top, "routing");

	if (at == NULL)
		at = top;
	if (c->symmetric && c->mark_mask == 0)
		report_at(r, at->line, at->col, "routing.symmetric",
		    "needs a mark_mask");
	if (c->mark_mask != 0 && (c->mark & (c->mark - 1)) != 0)
		report_at(r, at->line, at->col, "routing.mark",
		    "is not a power of two");
	else if (c->mark_mask != 0 && !marks_fit(conf))
		report_at(r, at->line, at->col, "routing.mark_mask",
		    "the marks of %zu uplinks do not fit into it",
		    conf->nuplinks);
}

static void
read_top(struct report *r, const struct conf_kinds *kinds,
    const struct node *top, struct conf *conf)
{
	unsigned before;

	if (top->kind != NODE_MAP) {
		report_at(r, top->line, top->col, NULL,
		    "a map with the key uplinks is wanted");
		return;
	}
	fill_rows(r, "", top, top, schema_top.rows, schema_top.inner, conf);
	uplinks_read(r, kinds, top, conf);
	before = r->n;
	read_section(r, top, "routing", &schema_routing, false,
	    &conf->routing);
	if (r->n == before && conf->nuplinks > 0)
		check_routing(r, top, conf);
	read_section(r, top, "mail", &schema_mail, true, &conf->mail);
	mail_check(r, top, &conf->mail);
	read_section(r, top, "lanes", &schema_lanes, false, &conf->lanes);
	actions_read(r, kinds, top, conf);
}

int
conf_parse(const char *name, const char *bytes, size_t len,
    const struct conf_kinds *kinds, struct conf **out, FILE *err)
{
	struct report r = { .name = name, .err = err };
	struct conf *conf = calloc(1, sizeof(*conf));
	struct node *top;

	*out = NULL;
	if (conf == NULL)
		return -ENOMEM;
	top = node_parse(&r, bytes, len);
	if (top != NULL)
		read_top(&r, kinds, top, conf);
	node_free(&top);
	if (r.n > 0) {
		conf_free(&conf);
		return -EINVAL;
	}
	*out = conf;
	return 0;
}

void
conf_free(struct conf **cp)
{
	struct conf *conf = *cp;

	if (conf == NULL)
		return;
	*cp = NULL;
	uplinks_free(conf);
	actions_free(conf);
	fill_free(schema_top.rows, conf);
	fill_free(schema_routing.rows, &conf->routing);
	fill_free(schema_mail.rows, &conf->mail);
	mail_free(&conf->mail);
	fill_free(schema_lanes.rows, &conf->lanes);
	free(conf);
}

/* Who may write the file commands our programs and users. */
static int
check_file(const char *path, int fd, FILE *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -errno;
	if (!S_ISREG(st.st_mode)) {
		fprintf(err, "%s: not a regular file\n", path);
		return -EINVAL;
	}
	if ((st.st_uid == 0 || geteuid() == 0) && (st.st_mode & 022) != 0) {
		fprintf(err, "%s: others may write it (mode %03o): "
		    "chmod go-w\n", path, (unsigned)st.st_mode & 0777);
		return -EPERM;
	}
	if (geteuid() == 0 && st.st_uid != 0) {
		fprintf(err, "%s: belongs to uid %u, not to root\n", path,
		    (unsigned)st.st_uid);
		return -EPERM;
	}
	if (st.st_size > CONF_BYTES_MAX) {
		fprintf(err, "%s: more than %d bytes\n", path,
		    CONF_BYTES_MAX);
		return -EFBIG;
	}
	return 0;
}

static int
read_all(int fd, char **bytes, size_t *len)
{
	char *buf = malloc(CONF_BYTES_MAX + 1);
	ssize_t n;

	if (buf == NULL)
		return -ENOMEM;
	*len = 0;
	while (*len <= CONF_BYTES_MAX && (n = read(fd, buf + *len,
	    CONF_BYTES_MAX + 1 - *len)) > 0)
		*len += (size_t)n;
	if (n == -1) {
		free(buf);
		return -errno;
	}
	*bytes = buf;
	return 0;
}

int
conf_read(const char *path, char **bytes, size_t *len, FILE *err)
{
	char e[ERR_TEXT_MAX];
	int fd, rc;

	/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1) {
		rc = -errno;
		fprintf(err, "%s: %s\n", path, err_text(rc, e));
		return rc;
	}
	rc = check_file(path, fd, err);
	if (rc == 0) {
		rc = read_all(fd, bytes, len);
		if (rc != 0)
			fprintf(err, "%s: %s\n", path, err_text(rc, e));
	}
	close(fd);
	return rc;
}

bool
conf_duration(const char *text, int64_t *ns)
{
	return value_duration(text, ns);
}

/* SPDX-License-Identifier: ISC */
/*
 * test_probe_http_tls: https against openssl(1) as server, with certificates
 * made for the test: who is not who the URL says has not answered.
 */
#include "tests/unit/test_probe_http.h"

#include <sys/wait.h>

#include <fcntl.h>
#include <spawn.h>

#define LIFE		"30"	/* seconds, should this program die */

extern char **environ;

struct tls {
	struct net	*net;
	char		dir[64];
	char		key[96], cert[96], other[96];
	pid_t		pid;
	int		out;		/* what the server says */
};

/* Its output goes to out, or nowhere if that is -1. */
static pid_t
run(const char *const *argv, int out)
{
	posix_spawn_file_actions_t fa;
	pid_t pid = -1;
	int i, rc;

	posix_spawn_file_actions_init(&fa);
	for (i = 0; i < 3; i++)
		posix_spawn_file_actions_addopen(&fa, i, "/dev/null", O_RDWR,
		    0);
	if (out != -1)
		posix_spawn_file_actions_adddup2(&fa, out, 1);
	rc = posix_spawnp(&pid, argv[0], &fa, NULL,
	    (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	return rc == 0 ? pid : -1;
}

static bool
make_cert(const char *key, const char *cert)
{
	const char *const argv[] = { "openssl", "req", "-x509", "-newkey",
	    "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
	    "-keyout", key, "-out", cert, "-days", "2", "-subj",
	    "/CN=probe.invalid", "-addext",
	    "subjectAltName=DNS:probe.invalid", NULL };
	pid_t pid = run(argv, -1);
	int status;

	return pid != -1 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* It says which port it was given, and then answers each GET with 200. */
static uint16_t
start_server(struct tls *t)
{
	const char *const argv[] = { "timeout", LIFE, "openssl", "s_server",
	    "-accept", "127.0.0.1:0", "-key", t->key, "-cert", t->cert,
	    "-www", NULL };
	char buf[512] = "", *at;
	size_t len = 0;
	int fds[2];
	ssize_t n;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	t->out = fds[0];
	t->pid = run(argv, fds[1]);
	close(fds[1]);
	assert_true(t->pid != -1);
	while (len < sizeof(buf) - 1 &&
	    (n = read(t->out, buf + len, sizeof(buf) - 1 - len)) > 0) {
		len += (size_t)n;
		buf[len] = '\0';
		at = strstr(buf, "ACCEPT ");
		if (at != NULL && strchr(at, '\n') != NULL)
			return (uint16_t)atoi(strchr(at, ':') + 1);
	}
	return 0;
}

static int
tls_setup(void **state)
{
	struct tls *t = calloc(1, sizeof(*t));
	void *net = NULL;

	if (t == NULL || setup(&net) != 0)
		return -1;
	t->net = net;
	t->pid = t->out = -1;
	snprintf(t->dir, sizeof(t->dir), "/tmp/uplinkd-tls-XXXXXX");
	if (mkdtemp(t->dir) == NULL)
		return -1;
	snprintf(t->key, sizeof(t->key), "%s/key", t->dir);
	snprintf(t->cert, sizeof(t->cert), "%s/cert", t->dir);
	snprintf(t->other, sizeof(t->other), "%s/other", t->dir);
	*state = t;
	return 0;
}

static int
tls_teardown(void **state)
{
	struct tls *t = *state;
	void *net = t->net;

	if (t->pid != -1) {
		kill(t->pid, SIGTERM);
		waitpid(t->pid, NULL, 0);
	}
	if (t->out != -1)
		close(t->out);
	unlink(t->key);
	unlink(t->cert);
	unlink(t->other);
	rmdir(t->dir);
	free(t);
	return teardown(&net);
}

/* What becomes of a probe of a host with these certificates to trust. */
static struct told
ask(struct tls *t, uint16_t port, const char *host, const char *ca)
{
	struct net *n = t->net;
	struct http_opts *o;
	struct told told;

	n->uplink.probe.ntargets = n->ntold = 0;
	o = add(n, "https", host, port, "127.0.0.1");
	o->status = 200;
	o->ca = (char *)(uintptr_t)ca;
	told = probe_once(n);
	n->kind->close(&n->probe);
	return told;
}

static void
certificate_must_be_trusted_and_of_the_host(void **state)
{
	struct tls *t = *state;
	struct told told;
	uint16_t port;

	if (!make_cert(t->key, t->other) || !make_cert(t->key, t->cert))
		skip();
	port = start_server(t);
	assert_int_not_equal(port, 0);
	told = ask(t, port, "probe.invalid", t->cert);
	assert_int_equal(told.sample, SAMPLE_OK);
	assert_true(told.rtt_ns > 0);
	told = ask(t, port, "probe.invalid", t->other);
	assert_int_equal(told.sample, SAMPLE_LOST);
	told = ask(t, port, "probe.invalid", NULL);
	assert_int_equal(told.sample, SAMPLE_LOST);
	told = ask(t, port, "other.invalid", t->cert);
	assert_int_equal(told.sample, SAMPLE_LOST);
	told = ask(t, port, "127.0.0.1", t->cert);
	assert_int_equal(told.sample, SAMPLE_LOST);
	/* Our own fault is no news of the line. */
	told = ask(t, port, "probe.invalid", "/nonexistent/ca.pem");
	assert_int_equal(told.sample, SAMPLE_CANNOT);
	assert_int_equal(told.err, -ENOENT);
}

static void
server_without_tls_is_lost(void **state)
{
	struct tls *t = *state;

	serve(t->net, (struct script){ .text = "HTTP/1.1 200 OK\r\n\r\n" });
	t->net->uplink.probe.timeout_ns = 500 * NS_PER_MS;
	assert_int_equal(ask(t, t->net->server.port, "probe.invalid",
	    NULL).sample, SAMPLE_LOST);
}

static void
rounds_leave_nothing_behind(void **state)
{
	struct tls *t = *state;
	struct net *n = t->net;
	struct http_opts *o;
	size_t before, i;
	uint16_t port;

	if (!make_cert(t->key, t->cert))
		skip();
	port = start_server(t);
	assert_int_not_equal(port, 0);
	o = add(n, "https", "probe.invalid", port, "127.0.0.1");
	o->status = 200;
	o->ca = t->cert;
	start(n);
	send_round(n, 1);
	await(n, 1);
	before = descriptors();
	for (i = 2; i <= 100; i++) {
		send_round(n, i);
		await(n, i);
		assert_int_equal(n->told[i - 1].sample, SAMPLE_OK);
	}
	assert_int_equal(descriptors(), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, tls_setup, tls_teardown)
		T(certificate_must_be_trusted_and_of_the_host),
		T(server_without_tls_is_lost),
		T(rounds_leave_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

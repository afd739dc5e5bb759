/* SPDX-License-Identifier: ISC */
/*
 * action_serial: says something to a device at a terminal and waits for its
 * answers: AT commands for a modem, bytes for a relay board.
 */
#include <sys/ioctl.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actions/dialogue.h"
#include "actions/secret.h"
#include "actions/serial.h"
#include "lib/clock.h"
#include "lib/err.h"

#define DRAIN_MS	10	/* between two looks at what is not sent yet */

static const struct option_choice flows[] = {
	{ "none", SERIAL_NONE }, { "rtscts", SERIAL_RTSCTS },
	{ "xonxoff", SERIAL_XONXOFF }, { NULL, 0 }
};

#define ROW(key, type_) .name = #key, .type = type_, \
	.off = offsetof(struct serial_opts, key)

static const struct option rows[] = {
	{ ROW(device, OPTION_PATH), .required = true,
	  .help = "Terminal that the device is at." },
	{ ROW(speed, OPTION_INT), .min = 300, .max = 3000000,
	  .def = "115200", .help = "Bits per second." },
	{ ROW(flow, OPTION_CHOICE), .choices = flows, .def = "none",
	  .help = "Who may ask whom to wait." },
	{ ROW(echo, OPTION_BOOL), .def = "true",
	  .help = "What it repeats of what it was told is no answer." },
	{ ROW(fail, OPTION_BYTELIST),
	  .def = "[ERROR, \"+CME ERROR\", \"+CMS ERROR\", NO CARRIER]",
	  .help = "Beginnings of lines that are a failure." },
	{ ROW(dialogue, OPTION_DIALOGUE), .required = true,
	  .help = "What is sent and awaited, step by step." },
	{ .name = NULL }
};

static const char *
check(const void *opts, char *buf, size_t len)
{
	const struct serial_opts *o = opts;
	speed_t speed;
	size_t i;

	(void)buf;
	(void)len;
	/* There only root can put another file in its place. */
	if (strncmp(o->device, "/dev/", 5) != 0 ||
	    strstr(o->device, "/..") != NULL)
		return "device: a terminal below /dev is wanted";
	if (!serial_speed(o->speed, &speed))
		return "speed: is none that terminals have, as 9600 or 115200";
	for (i = 0; i < o->fail.n; i++)
		if (memchr(o->fail.list[i].bytes, '\r', o->fail.list[i].len) !=
		    NULL || memchr(o->fail.list[i].bytes, '\n',
		    o->fail.list[i].len) != NULL)
			return "fail: the beginning of one line is meant, "
			    "without its end";
	return NULL;
}

/* A dialogue under way. */
struct talk {
	const struct serial_opts *o;
	const struct job_env *env;
	struct serial_port port;
	int64_t		until_ns;	/* of all of it */
	struct dialogue	d;
	size_t		step;		/* from 1 */
	/* Read, and not looked at yet. */
	unsigned char	buf[4096];
	size_t		at, end;
	char		*text;
	char		secret[OPTION_BYTES_MAX];	/* newest of a file */
};

/* The line of a file, and what it sets: a device may say that alone. */
static void
hide(const struct talk *t, char *text)
{
	char value[OPTION_BYTES_MAX];
	const char *at = strrchr(t->secret, '=');

	secret_hide(text, t->secret);
	if (at == NULL)
		return;
	at += 1 + (at[1] == '"');
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\""), at);
	secret_hide(text, value);
	explicit_bzero(value, sizeof(value));
}

static int
say(struct talk *t, int rc, const char *what)
{
	const char *last = last_line_text(&t->d.words);

	snprintf(t->text, EVENT_TEXT_MAX, "step %zu of %zu: %s%s%.150s",
	    t->step, t->o->dialogue.n, what, *last != '\0' ? ": " : "", last);
	hide(t, t->text);
	return rc;
}

/* A PIN is in a file; what ends it is the carriage return of AT commands. */
static int
read_send_file(struct talk *t, const char *path, struct option_bytes *out)
{
	char line[OPTION_BYTES_MAX - 1];
	int rc = secret_read(path, "send_file", line, sizeof(line), t->text);

	if (rc != 0)
		return rc;
	snprintf(t->secret, sizeof(t->secret), "%s", line);
	explicit_bzero(line, sizeof(line));
	out->len = strlen(t->secret) + 1;
	out->bytes = malloc(out->len);
	if (out->bytes == NULL)
		return say(t, -ENOMEM, "no memory");
	memcpy(out->bytes, t->secret, out->len - 1);
	out->bytes[out->len - 1] = '\r';
	return 0;
}

/* 0: what was awaited has come; 1: the time is over; -errno, told. */
static int
wait_port(struct talk *t, short events, int64_t until_ns)
{
	struct pollfd p[2] = { { .fd = t->port.fd, .events = events },
	    { .fd = t->env->cancel_fd, .events = POLLIN } };
	int n;

	do
		n = poll(p, 2, clock_poll_ms(until_ns, clock_mono_ns()));
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return say(t, -errno, "poll");
	if (p[1].revents != 0)
		return say(t, -ECANCELED, "cancelled");
	if (n == 0)
		return 1;
	if ((p[0].revents & events) == 0)
		return say(t, -EIO, "the device hung up");
	return 0;
}

static int
send_all(struct talk *t, const struct option_bytes *b, int64_t until_ns)
{
	size_t at = 0;
	ssize_t n;
	int rc;

	while (at < b->len) {
		rc = wait_port(t, POLLOUT, until_ns);
		if (rc == 1)
			return say(t, -ETIMEDOUT, "the device does not take "
			    "what is sent");
		if (rc != 0)
			return rc;
		n = write(t->port.fd, b->bytes + at, b->len - at);
		if (n > 0)
			at += (size_t)n;
		else if (n == -1 && errno != EAGAIN && errno != EINTR)
			return say(t, -errno, errno == EIO ?
			    "the device hung up" : "it cannot be sent to");
	}
	return 0;
}

/* Until the last bit is out: closing would throw the rest away. */
static int
flush_out(struct talk *t, int64_t until_ns)
{
	struct pollfd p = { .fd = t->env->cancel_fd, .events = POLLIN };
	int left = 0;

	while (ioctl(t->port.fd, TIOCOUTQ, &left) == 0 && left > 0) {
		if (poll(&p, 1, DRAIN_MS) == 1)
			return say(t, -ECANCELED, "cancelled");
		if (clock_mono_ns() >= until_ns)
			return say(t, -ETIMEDOUT, "the device does not take "
			    "what is sent");
	}
	return 0;
}

static int
fill(struct talk *t, int64_t until_ns)
{
	ssize_t n;
	int rc;

	rc = wait_port(t, POLLIN, until_ns);
	if (rc == 1)
		return say(t, -ETIMEDOUT, t->d.taken > 0 ?
		    "not the answer that is awaited" : "no answer");
	if (rc != 0)
		return rc;
	n = read(t->port.fd, t->buf, sizeof(t->buf));
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return say(t, -EIO, "the device hung up");
	t->at = 0;
	t->end = (size_t)n;
	return 0;
}

/* The rest of the line that was awaited, as far as it is here. */
static void
end_line(struct talk *t)
{
	while (t->at < t->end && t->buf[t->at] != '\r' &&
	    t->buf[t->at] != '\n')
		last_line_take(&t->d.words, (char *)&t->buf[t->at++], 1);
}

static int
await(struct talk *t, int64_t until_ns)
{
	size_t used;
	int rc;

	for (;;) {
		if (t->at == t->end) {
			rc = fill(t, until_ns);
			if (rc != 0)
				return rc;
		}
		switch (dialogue_take(&t->d, t->buf + t->at, t->end - t->at,
		    &used)) {
		case DIALOGUE_MORE:
			t->at += used;
			if (clock_mono_ns() >= until_ns)
				return say(t, -ETIMEDOUT, "not the answer "
				    "that is awaited");
			break;
		case DIALOGUE_GOOD:
			t->at += used;
			end_line(t);
			return 0;
		case DIALOGUE_FAILED:
			t->at += used;
			end_line(t);
			return say(t, -EPROTO, "it failed");
		case DIALOGUE_FLOOD:
			return say(t, -EFBIG, "it talks without an end");
		}
	}
}

static int
rest(struct talk *t, int64_t wait_ns)
{
	struct pollfd p = { .fd = t->env->cancel_fd, .events = POLLIN };
	int64_t now_ns = clock_mono_ns(), until_ns = now_ns + wait_ns;

	if (until_ns > t->until_ns)
		return say(t, -ETIMEDOUT, "no time is left for its wait");
	for (; now_ns < until_ns; now_ns = clock_mono_ns())
		if (poll(&p, 1, clock_poll_ms(until_ns, now_ns)) == 1)
			return say(t, -ECANCELED, "cancelled");
	return 0;
}

static int
go_step(struct talk *t, const struct option_step *s)
{
	int64_t until_ns = clock_mono_ns() + s->timeout_ns;
	int rc = 0;

	if (until_ns > t->until_ns)
		until_ns = t->until_ns;
	dialogue_begin(&t->d, s, &t->o->fail, t->o->echo);
	if (s->send.bytes != NULL) {
		/* What came before it was asked is no answer. */
		t->at = t->end = 0;
		(void)tcflush(t->port.fd, TCIFLUSH);
		rc = send_all(t, &s->send, until_ns);
	}
	if (rc == 0 && s->expect.bytes != NULL)
		rc = await(t, until_ns);
	else if (rc == 0)
		rc = flush_out(t, until_ns);
	return rc == 0 && s->wait_ns > 0 ? rest(t, s->wait_ns) : rc;
}

static int
take_step(struct talk *t, const struct option_step *s)
{
	struct option_step with = *s;
	int rc;

	if (s->send_file == NULL)
		return go_step(t, s);
	rc = read_send_file(t, s->send_file, &with.send);
	if (rc == 0)
		rc = go_step(t, &with);
	if (with.send.bytes != NULL)
		explicit_bzero(with.send.bytes, with.send.len);
	free(with.send.bytes);
	return rc;
}

static int
serial_run(const struct job *j, const struct job_env *env,
    struct job_result *result)
{
	const struct serial_opts *o = job_opts(j);
	struct talk t = { .o = o, .env = env, .text = result->text,
	    .until_ns = clock_mono_ns() + j->timeout_ns };
	const char *last;
	int rc;

	rc = serial_open(&t.port, o, j, env, t.until_ns, result->text);
	while (rc == 0 && t.step < o->dialogue.n) {
		t.step++;
		rc = take_step(&t, &o->dialogue.steps[t.step - 1]);
	}
	if (rc == 0) {
		last = last_line_text(&t.d.words);
		snprintf(result->text, sizeof(result->text), "%s",
		    *last != '\0' ? last : "sent");
		hide(&t, result->text);
	}
	explicit_bzero(t.secret, sizeof(t.secret));
	serial_close(&t.port, rc != 0);
	return result->err = rc;
}

static const struct option_set serial_set = {
	.name = "serial", .rows = rows, .size = sizeof(struct serial_opts),
	.check = check,
};

extern const struct action_kind action_serial;
const struct action_kind action_serial = {
	.set = &serial_set, .lane = "exec", .run = serial_run,
};

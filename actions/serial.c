/* SPDX-License-Identifier: ISC */
/*
 * serial: the hold on a terminal.  The parent has the power to open it; all
 * else is done here by its descriptor.
 */
#include "actions/serial.h"

#include <sys/file.h>
#include <sys/ioctl.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"

#define TURN_MS		50	/* between two looks at a lock */
#define QUIET_MS	30	/* nothing more of what was said before */
#define STALE_MAX	(64 * 1024)

static const struct {
	int64_t	bits;
	speed_t	speed;
} speeds[] = {
	{ 300, B300 }, { 600, B600 }, { 1200, B1200 }, { 2400, B2400 },
	{ 4800, B4800 }, { 9600, B9600 }, { 19200, B19200 },
	{ 38400, B38400 }, { 57600, B57600 }, { 115200, B115200 },
	{ 230400, B230400 }, { 460800, B460800 }, { 921600, B921600 },
	{ 1000000, B1000000 }, { 2000000, B2000000 }, { 3000000, B3000000 },
};

bool
serial_speed(int64_t bits, speed_t *out)
{
	size_t i;

	for (i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++)
		if (speeds[i].bits == bits) {
			*out = speeds[i].speed;
			return true;
		}
	return false;
}

/* 0: it is time to look again; -ECANCELED, -ETIMEDOUT. */
static int
pause_ms(const struct job_env *env, int64_t until_ns, int ms)
{
	struct pollfd p = { .fd = env->cancel_fd, .events = POLLIN };

	if (poll(&p, 1, ms) == 1)
		return -ECANCELED;
	return clock_mono_ns() >= until_ns ? -ETIMEDOUT : 0;
}

static int
request(const struct job *j, const struct job_env *env, int sock,
    int64_t until_ns)
{
	struct power_tty req = { .kind = POWER_TTY, .what = j->what,
	    .index = j->index, .uplink = j->uplink };
	int rc;

	do
		rc = power_send(env->power, &req, sizeof(req), &sock, 1);
	while (rc == -EAGAIN && (rc = pause_ms(env, until_ns, 20)) == 0);
	return rc;
}

static int
receive(const struct job_env *env, int sock, int64_t until_ns, int *fd)
{
	struct pollfd p[2] = { { .fd = sock, .events = POLLIN },
	    { .fd = env->cancel_fd, .events = POLLIN } };
	struct power_sock_done done;
	size_t nfds = 1;
	int n;

	n = poll(p, 2, clock_poll_ms(until_ns, clock_mono_ns()));
	if (n <= 0)
		return n == 0 ? -ETIMEDOUT : -errno;
	if (p[1].revents != 0)
		return -ECANCELED;
	n = power_recv(sock, &done, sizeof(done), fd, &nfds);
	if (n != (int)sizeof(done))
		return -EPIPE;
	if (done.err == 0 && nfds != 1)
		return -EPROTO;
	return done.err;
}

static int
ask_parent(struct serial_port *port, const struct job *j,
    const struct job_env *env, int64_t until_ns)
{
	int sv[2], rc = power_pair(sv);

	if (rc != 0)
		return rc;
	rc = request(j, env, sv[1], until_ns);
	close(sv[1]);
	if (rc == 0)
		rc = receive(env, sv[0], until_ns, &port->fd);
	close(sv[0]);
	return rc;
}

/* Two dialogues at once would be none. */
static int
take_turn(struct serial_port *port, const struct job_env *env,
    int64_t until_ns)
{
	int rc = 0;

	while (rc == 0 && flock(port->fd, LOCK_EX | LOCK_NB) == -1)
		rc = errno == EWOULDBLOCK || errno == EINTR ?
		    pause_ms(env, until_ns, TURN_MS) : -errno;
	return rc == -ETIMEDOUT ? -EBUSY : rc;
}

static int
make_raw(struct serial_port *port, const struct serial_opts *o)
{
	struct termios t;
	speed_t speed;

	if (tcgetattr(port->fd, &port->before) == -1)
		return -errno;
	t = port->before;
	cfmakeraw(&t);
	if (!serial_speed(o->speed, &speed) || cfsetspeed(&t, speed) == -1)
		return -EINVAL;
	t.c_cflag |= CLOCAL | CREAD;
	/* Else the end of this would hang up on a modem that stays. */
	t.c_cflag &= ~(tcflag_t)(HUPCL | CSTOPB | CRTSCTS);
	t.c_iflag &= ~(tcflag_t)(IXON | IXOFF | IXANY);
	if (o->flow == SERIAL_RTSCTS)
		t.c_cflag |= CRTSCTS;
	if (o->flow == SERIAL_XONXOFF)
		t.c_iflag |= IXON | IXOFF;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	if (tcsetattr(port->fd, TCSANOW, &t) == -1)
		return -errno;
	port->changed = true;
	/* Who has it open already keeps it; nobody else gets it now. */
	return ioctl(port->fd, TIOCEXCL) == -1 ? -errno : 0;
}

static int
drain(struct serial_port *port, const struct job_env *env, int64_t until_ns)
{
	struct pollfd p[2] = { { .fd = port->fd, .events = POLLIN },
	    { .fd = env->cancel_fd, .events = POLLIN } };
	unsigned char buf[4096];
	size_t stale = 0;
	ssize_t n;

	(void)tcflush(port->fd, TCIFLUSH);
	while (stale < STALE_MAX && clock_mono_ns() < until_ns) {
		if (poll(p, 2, QUIET_MS) <= 0)
			return 0;
		if (p[1].revents != 0)
			return -ECANCELED;
		n = read(port->fd, buf, sizeof(buf));
		if (n <= 0)	/* its end is told when it is spoken to */
			return 0;
		stale += (size_t)n;
	}
	return -EFBIG;
}

int
serial_open(struct serial_port *port, const struct serial_opts *o,
    const struct job *j, const struct job_env *env, int64_t until_ns,
    char *why)
{
	char e[ERR_TEXT_MAX];
	int rc;

	memset(port, 0, sizeof(*port));
	port->fd = -1;
	rc = ask_parent(port, j, env, until_ns);
	if (rc == 0)
		rc = take_turn(port, env, until_ns);
	if (rc == 0)
		rc = make_raw(port, o);
	if (rc == 0)
		rc = drain(port, env, until_ns);
	if (rc != 0)
		snprintf(why, EVENT_TEXT_MAX, "%.100s: %s", o->device,
		    rc == -ECANCELED ? "cancelled" : rc == -EBUSY ?
		    "somebody else has it locked" : rc == -ENOTTY ?
		    "is no terminal" : rc == -EFBIG ?
		    "it talks without an end" : err_text(rc, e));
	return rc;
}

void
serial_close(struct serial_port *port, bool failed)
{
	if (port->fd == -1)
		return;
	if (port->changed) {
		/* Closing would wait for it. */
		if (failed)
			(void)tcflush(port->fd, TCOFLUSH);
		(void)ioctl(port->fd, TIOCNXCL);
		(void)tcsetattr(port->fd, TCSANOW, &port->before);
	}
	close(port->fd);
	port->fd = -1;
}

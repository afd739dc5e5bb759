/* SPDX-License-Identifier: ISC */
/*
 * distant: far hosts that are far.  Makes a TUN device and answers each IPv4
 * echo request that is routed into it after a while, which is each address's
 * own: between the two times that are given, spread by a hash.  So answers
 * trickle in as they do from the internet, not all at once from the next
 * namespace.
 *	distant DEVICE LEAST_MS MOST_MS
 * prints "ready" when the device is there, and ends when standard input has a
 * line or ends; then prints answered=N.
 */
#include <sys/ioctl.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define IP_LEN		20	/* requests with options are not answered */
#define PACKET_MAX	256
#define TICK_US		100
#define TICKS		4096	/* a wheel of 0.4 s */
#define MOST_MAX_MS	400
#define ECHO_REQUEST	8
#define ECHO_REPLY	0
#define PROTO_ICMP	1

struct packet {
	struct packet	*next;
	size_t		 len;
	unsigned char	 bytes[PACKET_MAX];
};

struct host {
	int		 tun;
	uint32_t	 least_us, most_us;
	int64_t		 tick;		/* up to it all has been answered */
	struct packet	*wheel[TICKS];	/* by tick of the answer */
	struct packet	*unused;
	unsigned long	 answered;
};

static int64_t
tick_now(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		err(1, "clock_gettime");
	return (int64_t)ts.tv_sec * (1000000 / TICK_US) +
	    ts.tv_nsec / (1000 * TICK_US);
}

static uint32_t
delay_us(const struct host *h, const unsigned char *addr)
{
	uint32_t a;

	memcpy(&a, addr, 4);
	a = ntohl(a) * UINT32_C(2654435761);
	return h->least_us + (a >> 8) % (h->most_us - h->least_us + 1);
}

/*
 * A request becomes its answer: addresses change places, so that no checksum
 * over them changes; that of ICMP gains what the type loses.  RFC 1624.
 */
static bool
turn(unsigned char *b, size_t len)
{
	unsigned char addr[4];
	uint32_t sum;

	if (len < IP_LEN + 8 || b[0] != 0x45 || b[9] != PROTO_ICMP ||
	    b[IP_LEN] != ECHO_REQUEST)
		return false;
	memcpy(addr, b + 12, 4);
	memcpy(b + 12, b + 16, 4);
	memcpy(b + 16, addr, 4);
	b[IP_LEN] = ECHO_REPLY;
	sum = (uint32_t)(b[IP_LEN + 2] << 8 | b[IP_LEN + 3]) +
	    (ECHO_REQUEST << 8);
	sum = (sum & 0xffff) + (sum >> 16);
	b[IP_LEN + 2] = (unsigned char)(sum >> 8);
	b[IP_LEN + 3] = (unsigned char)sum;
	return true;
}

static void
take(struct host *h)
{
	struct packet *p;
	ssize_t n;
	int64_t at;

	for (;;) {
		p = h->unused != NULL ? h->unused : malloc(sizeof(*p));
		if (p == NULL)
			err(1, "malloc");
		h->unused = h->unused != NULL ? p->next : NULL;
		n = read(h->tun, p->bytes, sizeof(p->bytes));
		if (n == -1 || !turn(p->bytes, (size_t)n)) {
			p->next = h->unused;
			h->unused = p;
			if (n == -1)
				return;
			continue;
		}
		p->len = (size_t)n;
		/* The address that was asked is the answer's source now. */
		at = tick_now() + 1 + delay_us(h, p->bytes + 12) / TICK_US;
		p->next = h->wheel[at % TICKS];
		h->wheel[at % TICKS] = p;
	}
}

static void
answer(struct host *h)
{
	int64_t now = tick_now();
	struct packet *p;

	for (; h->tick < now; h->tick++)
		while ((p = h->wheel[(h->tick + 1) % TICKS]) != NULL) {
			h->wheel[(h->tick + 1) % TICKS] = p->next;
			if (write(h->tun, p->bytes, p->len) != -1)
				h->answered++;
			p->next = h->unused;
			h->unused = p;
		}
}

static int
tun_open(const char *name)
{
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	ifr.ifr_flags = IFF_TUN | IFF_NO_PI;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd == -1 || ioctl(fd, TUNSETIFF, &ifr) == -1)
		err(1, "%s", name);
	return fd;
}

static uint32_t
us_of(const char *ms)
{
	int n = atoi(ms);

	if (n < 0 || n > MOST_MAX_MS)
		errx(1, "%s: 0 to %d ms", ms, MOST_MAX_MS);
	return (uint32_t)n * 1000;
}

int
main(int argc, char **argv)
{
	struct timespec tick = { 0, TICK_US * 1000 };
	struct pollfd pfd[2] = { { .events = POLLIN }, { .events = POLLIN } };
	struct host h;

	if (argc != 4)
		errx(1, "usage: distant DEVICE LEAST_MS MOST_MS");
	memset(&h, 0, sizeof(h));
	h.least_us = us_of(argv[2]);
	h.most_us = us_of(argv[3]);
	if (h.most_us < h.least_us)
		errx(1, "%s is less than %s", argv[3], argv[2]);
	h.tun = tun_open(argv[1]);
	h.tick = tick_now();
	pfd[0].fd = STDIN_FILENO;
	pfd[1].fd = h.tun;
	printf("ready\n");
	fflush(stdout);
	while (pfd[0].revents == 0) {
		if (ppoll(pfd, 2, &tick, NULL) == -1 && errno != EINTR)
			err(1, "ppoll");
		if (pfd[1].revents != 0)
			take(&h);
		answer(&h);
	}
	printf("answered=%lu\n", h.answered);
	return 0;
}

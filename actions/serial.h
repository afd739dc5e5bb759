/* SPDX-License-Identifier: ISC */
/*
 * serial: a dialogue with a device at a terminal: its options, and the hold on
 * the terminal.
 */
#ifndef UPLINKD_ACTIONS_SERIAL_H
#define UPLINKD_ACTIONS_SERIAL_H

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

#include "actions/action.h"

enum serial_flow { SERIAL_NONE = 1, SERIAL_RTSCTS, SERIAL_XONXOFF };

/* Options of kind `serial`; the device is opened by the parent. */
struct serial_opts {
	char		*device;
	int64_t		speed;
	int		flow;		/* enum serial_flow */
	bool		echo;
	struct option_bytelist fail;
	struct option_dialogue dialogue;
};

/* A terminal that is ours for the time of a dialogue. */
struct serial_port {
	int		fd;		/* -1 = none */
	bool		changed;	/* before is what it was like */
	struct termios	before;
};

/* Thread: any.  False: no terminal can be that fast. */
bool	serial_speed(int64_t bits, speed_t *out);
/*
 * Thread: lane worker.  Has the parent open the device of the job, waits for
 * its turn (until_ns; whoever else has it locked goes first), makes it raw and
 * throws away what was said before.  0, or -errno and why; serial_close in any
 * case.
 */
int	serial_open(struct serial_port *, const struct serial_opts *,
	    const struct job *, const struct job_env *, int64_t until_ns,
	    char *why);
/* Puts back how it was; failed: what was not taken is thrown away. */
void	serial_close(struct serial_port *, bool failed);

#endif

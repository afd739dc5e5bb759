/* SPDX-License-Identifier: ISC */
/*
 * uplinkd_plugin: what a shared object offers to be run by uplinkd(8) for an
 * event, and what it gets.  See uplinkd-plugin(7), which begins with an empty
 * file.  This header needs no other of uplinkd, and nothing to link with.
 *
 * A plugin is loaded into a process of its own for each job: it may use what
 * it likes of that process, and what it leaves there is gone with it.  The
 * process has the account and the environment that uplinkd-plugin(7) tells,
 * no capability, /dev/null or a pipe at each of the descriptors 0, 1 and 2,
 * and the object itself at 3.
 */
#ifndef UPLINKD_PLUGIN_H
#define UPLINKD_PLUGIN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Grows when what is below changes; a plugin of another one is not run. */
#define UPLINKD_PLUGIN_ABI	1

/* One entry of `options:`; both texts live as long as the process. */
struct uplinkd_option {
	const char	*name;		/* [a-z][a-z0-9_]* */
	const char	*value;		/* one line, perhaps empty */
};

/* The other side; lives as long as the process, never changes. */
struct uplinkd_host {
	uint32_t	 abi;		/* UPLINKD_PLUGIN_ABI of uplinkd */
	const char	*action;	/* name of the action */
	size_t		 noptions;
	const struct uplinkd_option *options;	/* in order of their names */
	/*
	 * Thread: any.  One line for the log, as printf(3), without a newline
	 * at its end; beyond 500 bytes it is cut.  The last line of a job is
	 * kept with it.
	 */
	void	(*log)(const char *format, ...)
#ifdef __GNUC__
	    __attribute__((__format__(__printf__, 1, 2)))
#endif
	    ;
};

/* What has happened; all texts live until run returns, none is NULL. */
struct uplinkd_event {
	const char	*json;		/* see uplinkd-event(7); NUL-ended */
	size_t		 json_bytes;	/* without the NUL */
	const char	*uplink;	/* its name */
	const char	*interface;	/* its interface */
	const char	*gateway;	/* an address as text; "" = none now */
	const char	*address;	/* the interface's own; "" = none */
	const char	*level;		/* "up", "degraded", "down", "unknown" */
	const char	*previous;	/* the level before */
	const char	*cause;		/* "none", "carrier", "gateway", ... */
	uint64_t	 event_id;	/* number of the event, growing */
	uint64_t	 job_id;	/* number of this job */
	uint32_t	 attempt;	/* 1 = first */
};

/*
 * The object exports one of these, by the name uplinkd_plugin.  Errors are
 * negative errno numbers, 0 is success.  A job is done if all that is called
 * returns 0; it has failed if anything else is returned, or if the process
 * ends in any other way, by exit(3) too.
 */
struct uplinkd_plugin {
	uint32_t	 abi;		/* UPLINKD_PLUGIN_ABI; first for ever */
	const char	*name;		/* for people */
	/*
	 * Thread: main; called first, once.  *state is handed to the others.
	 * After an error nothing else is called.  NULL: there is none.
	 */
	int	(*init)(const struct uplinkd_host *, void **state);
	/*
	 * Thread: main; called once.  deadline_ns is on CLOCK_MONOTONIC, in
	 * nanoseconds.  Wanted always.
	 */
	int	(*run)(void *state, const struct uplinkd_event *,
		    int64_t deadline_ns);
	/*
	 * Thread: another one, while run is in the first; called at most once:
	 * at the deadline, or when nobody wants the job any more.  Makes run
	 * return soon (an atomic flag, a byte in a pipe) and does not wait for
	 * it.  What has not returned then gets SIGTERM, and SIGKILL two
	 * seconds later.  NULL: SIGTERM is all there is.
	 */
	void	(*cancel)(void *state);
	/*
	 * Thread: main; called last, after run has returned whatever it did
	 * and cancel, if called, has returned too.  Frees *state.  NULL: there
	 * is nothing to free.
	 */
	void	(*free)(void *state);
};

#if defined(__GNUC__)
__attribute__((__visibility__("default")))
#endif
extern const struct uplinkd_plugin uplinkd_plugin;

/* Thread: any.  The value of an option; otherwise if it is not given. */
static inline const char *
uplinkd_option(const struct uplinkd_host *host, const char *name,
    const char *otherwise)
{
	size_t i;

	for (i = 0; i < host->noptions; i++)
		if (strcmp(host->options[i].name, name) == 0)
			return host->options[i].value;
	return otherwise;
}

#ifdef __cplusplus
}
#endif
#endif

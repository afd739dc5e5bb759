/* SPDX-License-Identifier: ISC */
#ifndef UPLINKD_PROBES_RESOLVE_H
#define UPLINKD_PROBES_RESOLVE_H
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/net.h"
struct resolve;
struct resolve_conf { const char *ifname; char **servers; bool want[NET_NFAM]; };
int resolve_new(const struct resolve_conf *, struct resolve **);
void resolve_free(struct resolve **);
int resolve_add(struct resolve *, const char *name, size_t *index);
int resolve_address(struct resolve *, size_t index, uint64_t round, struct net_addr *);
bool resolve_failing(const struct resolve *, size_t index);
size_t resolve_polls(struct resolve *, struct pollfd *, size_t max);
void resolve_run(struct resolve *, int64_t now_ns);
int64_t resolve_due(struct resolve *);
void resolve_device(struct resolve *, int ifindex);
#endif

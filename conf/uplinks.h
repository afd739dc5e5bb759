/* SPDX-License-Identifier: ISC */
/*
 * uplinks, actions: the parts of the configuration that are lists of named
 * things.  Private to conf/.
 */
#ifndef UPLINKD_CONF_UPLINKS_H
#define UPLINKD_CONF_UPLINKS_H

#include "conf/conf.h"
#include "conf/node.h"

void	uplinks_read(struct report *, const struct conf_kinds *,
	    const struct node *top, struct conf *);
void	uplinks_free(struct conf *);
void	actions_read(struct report *, const struct conf_kinds *,
	    const struct node *top, struct conf *);
void	actions_free(struct conf *);
void	targets_read(struct report *, const struct conf_kinds *,
	    const char *path, const struct node *probe,
	    const struct node *at, struct conf_uplink *);
void	targets_free(struct conf_probe *);
/* clients.c */
void	clients_read(struct report *, const char *path,
	    const struct node *uplink, struct conf_uplink *);
void	clients_check(struct report *, const struct conf *);
/* alone: it is the only uplink. */
void	recovery_read(struct report *, const struct conf_kinds *,
	    const char *path, const struct node *uplink, bool alone,
	    struct conf_recovery *);
void	recovery_free(struct conf_recovery *);
/* The one kind of action that is done here; who: "an action". */
void	action_read(struct report *, const struct conf_kinds *,
	    const char *path, const struct node *, const char *who,
	    const struct option_set **kind, void **opts);
/* A kind's options from its short or long form; NULL after a report. */
void	*kind_read(struct report *, const char *path, const struct node *,
	    const struct option_set *);
void	kind_free(const struct option_set *, void **opts);
/* Reports a name that is none; true if it is one. */
bool	name_ok(struct report *, const char *path, const struct node *);

/* mail.c: what is in mail.via, and what does not go together. */
void	mail_check(struct report *, const struct node *top,
	    struct conf_mail *);
void	mail_free(struct conf_mail *);

#endif

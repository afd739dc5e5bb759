/* SPDX-License-Identifier: ISC */
/* One line per kind of action; each has its action_<kind>.c. */
ACTION_KIND(run)
ACTION_KIND(plugin)
ACTION_KIND(http)
ACTION_KIND(webhook)
ACTION_KIND(serial)

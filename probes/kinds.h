/* SPDX-License-Identifier: ISC */
/* One line per kind of probe; each has its probe_<kind>.c. */
PROBE_KIND(ping)
PROBE_KIND(tcp)
PROBE_KIND(http)
PROBE_KIND(dns)
PROBE_KIND(arp)
PROBE_KIND(nd)
PROBE_KIND(run)

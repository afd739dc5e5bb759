#!/bin/sh
# SPDX-License-Identifier: ISC
#
# lib/sys_linux against the real kernel: dumps, replacing, rules, notices, their
# overrun, routes found, sockets that need power, tracked connections, a table of
# the packet filter, commands that leave nothing behind, giving power up.  Each
# wants a network namespace of its own, without the lab's network.
TOP=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-$TOP}
new="unshare --net --pid --fork --kill-child --mount-proc"
[ "$(id -u)" = 0 ] || new="$new -U -r"
why=$($new true 2>&1) || {
	echo "skipped: no namespaces for us here: $why"
	exit 77
}
rc=0
for program in sys_check sys_check_find sys_check_socket sys_check_neigh \
    sys_check_flow sys_check_nft keep_check; do
	$new "$BUILD/tests/lab/$program" || rc=1
done
exit $rc

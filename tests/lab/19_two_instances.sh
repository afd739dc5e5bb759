#!/bin/sh
# SPDX-License-Identifier: ISC
#
# A second instance on the same run directory exits 1 and names the first; it
# disturbs nothing.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

second() {
	in_ns fw timeout 5 "$BUILD/uplinkd" -d -f $CONF >/run/lab/second.log 2>&1
	[ $? = 1 ]
}

conf override </dev/null
start
first=$(cat $RUN/uplinkd.pid)
check "the lock names the first" test -d "/proc/$first"
check "the second exits 1" second
check "and names the first" grep -qw "$first" /run/lab/second.log
check "the first goes on" levels up up
kill -9 "$DAEMON"
wait "$DAEMON"
start
check "after kill -9 a new one starts at once" levels up up
lab_done

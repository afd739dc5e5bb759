#!/bin/sh
# SPDX-License-Identifier: ISC
#
# A second instance on the same run directory, or with another one in the same
# network namespace, exits 1 and names the first; it disturbs nothing.
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
sed "s,^run_dir: .*,run_dir: $RUN.other," $CONF >/run/lab/other.conf
CONF=/run/lab/other.conf
check "one with another run directory exits 1, too" second
check "and names the first" grep -q "network namespace (pid=$first)" \
    /run/lab/second.log
check "nor does it take anything away" not remove
CONF=/run/lab/uplinkd.conf
check "the first goes on undisturbed" [ "$(grep -c 'differed -> as planned' \
    /run/lab/uplinkd.log)" = 1 ]
kill -9 "$DAEMON"
wait "$DAEMON"
start
check "after kill -9 a new one starts at once" levels up up
lab_done

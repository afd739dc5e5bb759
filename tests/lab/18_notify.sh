#!/bin/sh
# SPDX-License-Identifier: ISC
# runs alone
#
# uplinkctl notify returns within 200 ms whatever the daemon is doing, and its
# exit status tells whether the opinion is on disk.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

# notify STATUS ARGUMENT...: it ends with that, in time.  The 50 ms on top are
# for starting and ending programs on a busy machine.
notify() {
	want=$1
	shift
	from=$(now_ms)
	ctl notify "$@" >>/run/lab/notify.log 2>&1
	got=$?
	took=$(($(now_ms) - from))
	echo "notify $*: status $got after $took ms" >>/run/lab/notify.log
	[ $got = "$want" ] && [ $took -lt "${SLOWEST:-250}" ]
}

UPLINK1="    advisors:
      lab: { authority: decide, ttl: 5m }
"
{
	echo "lanes: { exec: 1, queue: 4 }"
	echo "actions:"
	for i in 1 2 3 4 5 6 7 8; do
		echo "  nap$i: { on: [down, up], run: [/bin/sleep, '30'] }"
	done
} | conf override
check "no daemon: 69" notify 69 --as lab ext1 down
start
check "wrong usage: 64" notify 64 --as lab ext1 sideways
check "on disk: 0" notify 0 --as lab ext1 down
check_soon 2 "and it counts" cause_is ext1 down advisor
check_soon 2 "new flows go by ext2" by_only 2
check "its lanes are full: 0" notify 0 --as lab ext1 up
check_soon 2 "and it counts" level_is ext1 up
check "an advisor that is not configured is refused" \
    notify 65 --as nobody ext1 down
for role in dispatcher feed; do
	pid=$(role_pid $role)
	kill -STOP "$pid"
	check "$role stopped: not confirmed, 75" notify 75 --as lab ext1 down
	kill -CONT "$pid"
	check_soon 3 "$role goes on: 0" notify 0 --as lab ext1 up
done
check_soon 3 "the last word counts" level_is ext1 up
stop
check "stopped: 69" notify 69 --as lab ext1 down
lab_done

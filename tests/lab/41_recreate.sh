#!/bin/sh
# SPDX-License-Identifier: ISC
#
# An interface is deleted and made again under its name, many times.  With its
# addresses and the administrator's default (the kernel drops that with the
# device) it is complete: within two intervals probes are right, answered at
# the gateway and far away, and the line is up.  In the end the daemon has the
# descriptors and the memory that it had, and has not worked or talked much.
# Deleted and new links are told at once: only carriers that come and go have
# to wait for the kernel's turn.  As in life the link comes before its address:
# an ARP request that the other end does not hear yet is repeated by the kernel
# after a second.
# runs alone
. "$(dirname "$0")/lab.sh"
. "$(dirname "$0")/changes.sh"
lab_enter "$@"

ready() {
	ip -n isp1 link show fw | grep -q 'state UP'
}

turn() {		# number
	ip -n fw link del ext1
	wait_for 5 last_event down || check "turn $1: ext1 is down" false
	changing "$1" fw 10.0.1.2 10.0.1.1 $FAR
	lab_link fw ext1 isp1 fw
	lab_addr isp1 fw 10.0.1.1/24 2001:db8:1::1/64
	ip -n fw link set ext1 up
	wait_for 5 ready || check "turn $1: the link is up" false
	lab_addr fw ext1 10.0.1.2/24 2001:db8:1::2/64
	lab_balance
	changed "$1" "via 10.0.1.1"
	wait_for 5 last_event up || check "turn $1: ext1 is up" false
}

TARGET="gateway
        - ping: $FAR"
conf override </dev/null
start
changes_start
n=0
while [ $n -lt "$TIMES" ] && [ $LAB_FAILED = 0 ]; do
	n=$((n + 1))
	turn $n
	if [ $n = $((TIMES / 10)) ]; then
		fds=$(descriptors) rss=$(memory) cpu=$(processor)
		at=$(now_ms) lines=$(wc -l </run/lab/uplinkd.log)
	fi
done
changes_end
check "$TIMES times: probes are right in two intervals ($(figures right))" \
    in_time right "$TIMES"
check "its table is in two intervals ($(figures table))" in_time table "$TIMES"
check "it is up in two intervals ($(figures up))" in_time up "$TIMES"
check "it was down and up once each time ($(count_events down), \
$(count_events up))" \
    test "$(count_events down) $(count_events up)" = "$TIMES $TIMES"
check_soon 5 "descriptors are as many as at turn $((TIMES / 10)): $fds" \
    same_descriptors "$fds"
if [ -z "${RUN_PREFIX:-}" ]; then
	check "memory has not grown (KiB: ${rss}-> $(memory))" \
	    grown_less 512 "$rss" "$(memory)"
	cpu=$((($(processor) - cpu) * 1000 / ($(now_ms) - at)))
	check "it has worked $cpu hundredths of the time" test $cpu -lt 15
fi
lines=$((($(wc -l </run/lab/uplinkd.log) - lines) / (TIMES - TIMES / 10)))
check "the log has $lines lines a turn" test $lines -lt 30
n=$(grep -c 'No such device' /run/lab/uplinkd.log)
check "the device was missed $n times" test "$n" -le "$TIMES"
check "new flows use both lines" by_both
stop
lab_done

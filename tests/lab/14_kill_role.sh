#!/bin/sh
# SPDX-License-Identifier: ISC
#
# kill -9 of each child in turn, in the middle of an outage: it is back within
# a second, no event is invented, the routes are right.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

events() {
	grep -h '"type":"event"' /run/lab/watch*.json | grep -c '"uplink"'
}

override_text() {
	ip -n fw route show table all | grep 'proto 57'
	ip -n fw -6 route show table all | grep 'proto 57'
}

LAB_BAD=${LAB_BAD%| died: }
conf override </dev/null
start
watch_start
far_dead 1
check_soon 5 "ext1 is down" level_is ext1 down
check_soon 2 "new flows go by ext2" by_only 2
check_soon 2 "the event was published" watched '"type":"event"' '"ext1"' \
    '"level":"down"'
routes=$(override_text)
for role in probes dispatcher feed; do
	count=$(events)
	old=$(role_pid $role)
	check "$role runs" test -n "$old"
	kill -9 "$old"
	check_soon 1 "$role is back within a second" role_is_not $role "$old"
	check "$role: routes are right" by_only 2
	check_soon 3 "$role: the daemon answers, ext1 is down, ext2 up" \
	    levels down up
	# Long enough for a whole detection, were one to happen.
	for _ in 1 2 3 4; do
		by_only 2 || check "$role: routes stay right" false
	done
	check "$role: the levels are what they were" levels down up
	check "$role: no event is invented" test "$(events)" = "$count"
	check "$role: the routes are the same" \
	    test "$(override_text)" = "$routes"
done
far_back 1
check_soon 8 "ext1 is up again" levels up up
check_soon 3 "both carry" by_both
check_soon 3 "and that was published" watched '"type":"event"' '"ext1"' \
    '"level":"up"' '"previous":"down"'
lab_done

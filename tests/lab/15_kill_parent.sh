#!/bin/sh
# SPDX-License-Identifier: ISC
#
# kill -9 of the parent: the children end; a new start adopts what is in the
# kernel without a single route message, during an outage too.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

route_notices() {
	grep -cE ' (route|rule) ' /run/lab/routemon
}

passed() {
	[ "$(now_ms)" -ge "$1" ]
}

# What a new start finds, then its level, then two comparisons by the clock.
restart() {
	count=$(route_notices)
	start_only
	check_soon 5 "$1: the new one knows the levels" levels "$2" up
	wait_for 5 passed $(($(now_ms) + 2500))
	check "$1: without a route message" \
	    test "$(route_notices)" = "$count"
}

for method in override withdraw; do
	conf $method </dev/null
	sed -i "s/^  method: .*/&\n  resync: 1s/" $CONF
	start
	rm -f /run/lab/routemon
	SPAWN_OUT=/run/lab/routemon
	spawn fw "$BUILD/tests/lab/routemon"
	SPAWN_OUT=''
	mon=$SPAWNED
	wait_for 2 grep -q ready /run/lab/routemon
	kill -9 "$DAEMON"
	check_soon 2 "$method: the children are gone" no_children
	restart "$method, all well" up
	far_dead 1
	check_soon 5 "$method: ext1 is down" level_is ext1 down
	check_soon 2 "$method: new flows go by ext2" by_only 2
	check "$method: routemon saw that" test "$(route_notices)" -gt 0
	kill -9 "$DAEMON"
	check_soon 2 "$method: the children are gone" no_children
	check "$method: new flows still go by ext2" by_only 2
	restart "$method, in an outage" down
	check "$method: new flows go by ext2" by_only 2
	far_back 1
	check_soon 8 "$method: ext1 is up again" levels up up
	check_soon 2 "$method: both carry" by_both
	stop
	kill "$mon"
	remove
done
lab_done

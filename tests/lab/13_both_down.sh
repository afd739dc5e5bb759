#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Both lines down: routing as the administrator set it and no to and fro;
# whichever line returns first carries the traffic.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

route_notices() {
	grep -cE ' (route|rule) ' /run/lab/routemon
}

quiet() {		# no route message for two seconds
	quiet_from=$(route_notices)
	quiet_until=$(($(now_ms) + 2000))
	wait_for 3 test_time $quiet_until
	[ "$(route_notices)" = "$quiet_from" ]
}

test_time() {
	[ "$(now_ms)" -ge "$1" ]
}

SPAWN_OUT=/run/lab/routemon
spawn fw "$BUILD/tests/lab/routemon"
SPAWN_OUT=
for method in override withdraw; do
	before=$(main_text)
	conf $method </dev/null
	start
	for first in 1 2; do
		far_dead 1
		check_soon 5 "$method: ext1 is down" level_is ext1 down
		far_dead 2
		check_soon 5 "$method: both are down" levels down down
		check_soon 2 "$method: main is as set" \
		    eval '[ "$(main_text)" = "$before" ]'
		check "$method: no to and fro" quiet
		far_back $first
		check_soon 5 "$method: line $first returns first, and carries" \
		    by_only $first
		check_soon 2 "$method: IPv6 too" by_only $first -6
		far_back $((3 - first))
		check_soon 5 "$method: both carry again" by_both
		check_soon 5 "$method: all is up" levels up up
	done
	check "$method: main is as it was" test "$(main_text)" = "$before"
	stop
	remove
done
check "routemon saw the changes" test "$(route_notices)" -gt 10
lab_done

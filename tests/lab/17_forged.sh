#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Forged echo replies never raise a dead line: wrong source, identifier,
# sequence, token, round, a short one, a sweep of guesses.  The last forger
# gets all right, which shows that the others came through to the socket.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

forger() {
	rm -f /run/lab/stop
	mkfifo /run/lab/stop
	helper isp1 forge fw "$1" </run/lab/stop >/run/lab/forged &
	exec 4>/run/lab/stop
}

forger_stop() {
	exec 4>&-
	wait_for 5 grep -q forged /run/lab/forged
	sed 's/.*=//' /run/lab/forged
}

stays_down() {
	until_ms=$(($(now_ms) + $1))
	while [ "$(now_ms)" -lt $until_ms ]; do
		level_is ext1 down || return 1
	done
}

RISE=1
conf override </dev/null
start
watch_start
far_dead 1
check_soon 5 "ext1 is down" level_is ext1 down
ups=$(watched_count '"type":"event"' '"ext1"' '"level":"up"')
for kind in source id seq old token round cut sweep all; do
	forger $kind
	check "$kind: ext1 stays down" stays_down 600
	forged=$(forger_stop)
	check "$kind: $forged were forged" test "$forged" -gt 5
done
check "no event says that ext1 was up" test \
    "$(watched_count '"type":"event"' '"ext1"' '"level":"up"')" = "$ups"
forger good
check_soon 5 "a reply that knows all would have raised it" level_is ext1 up
lab_done

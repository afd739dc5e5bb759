#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Forged echo replies never raise a dead line: wrong source, identifier,
# sequence, token, round, a short one, a sweep of guesses.  The last forger
# gets all right, which shows that the others came through to the socket.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

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
	helper_start isp1 forge forge fw $kind
	check "$kind: ext1 stays down" stays_down 600
	helper_end forge
	forged=$(sed -n 's/forged=//p' /run/lab/forge.out)
	check "$kind: $forged were forged" test "${forged:-0}" -gt 5
done
check "no event says that ext1 was up" test \
    "$(watched_count '"type":"event"' '"ext1"' '"level":"up"')" = "$ups"
helper_start isp1 forge forge fw good
check_soon 5 "a reply that knows all would have raised it" level_is ext1 up
lab_done

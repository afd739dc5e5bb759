#!/bin/sh
# SPDX-License-Identifier: ISC
#
# A program that others can write is not run with root's power, and the way to
# put that right is told: by -n, at the start, and in the job's result.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

ran() {
	[ -e /run/lab/ran ]
}

checked() {
	in_ns fw "$BUILD/uplinkd" -n -f $CONF 2>&1 | grep -q -- "$1"
}

printf '#!/bin/sh\n: >/run/lab/ran\n' >/run/lab/script
chmod 777 /run/lab/script
conf override <<EOF
actions:
  mine: { on: [down], run: [/run/lab/script] }
EOF
check "-n tells the key, and why" \
    checked "actions.mine: /run/lab/script .*can be written by others"
check "and that the configuration is right" checked "configuration OK"
start
watch_start
check "the start tells it, too" grep -q \
    "actions.mine: /run/lab/script .*can be written" /run/lab/uplinkd.log
far_dead 1
check_soon 5 "the job has failed, for that" watched '"action":"mine"' \
    '"phase":"failed"' "can be written by others"
check "it did not run" not ran
check "the route did not wait for it" wait_for 2 by_only 2
chmod 755 /run/lab/script
check "-n says nothing of it now" not checked "actions.mine"
far_back 1
check_soon 8 "ext1 is up" level_is ext1 up
far_dead 1
check_soon 5 "made right, it runs" ran
check_soon 5 "and is done" watched '"action":"mine"' '"phase":"done"'
stop
lab_done

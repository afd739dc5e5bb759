#!/bin/sh
# SPDX-License-Identifier: ISC
#
# An interface is deleted and made again under its name: the line goes down,
# and recovers by itself.  The kernel drops main's whole multipath route with
# the device; the administrator's tools write it again, as here.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

conf override </dev/null
start
for turn in 1 2 3; do
	ip -n fw link del ext1
	check_soon 5 "turn $turn: ext1 is down" level_is ext1 down
	check_soon 2 "turn $turn: new flows go by ext2, without main" by_only 2
	lab_carrier_wait
	lab_uplink 1
	# The ingress chain went with its device.
	lab_balance
	check_soon 8 "turn $turn: ext1 is up again" level_is ext1 up
	check_soon 3 "turn $turn: new flows use both" by_both
	check_soon 3 "turn $turn: IPv6 too" by_both -6
done
far_dead 1
check_soon 5 "its death is noticed as before" level_is ext1 down
check_soon 2 "and new flows go by ext2" by_only 2
lab_done

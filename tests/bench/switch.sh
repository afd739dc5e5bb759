#!/bin/sh
# SPDX-License-Identifier: ISC
#
# switch.sh [COUNT]: from the event leaving the worker to the route in the
# kernel.  The far path behind isp1 is toggled, with one lost or answered round
# of 10 ms each deciding.  Two figures: the daemon's own (took_us of its route
# messages), and that of an outside monitor, which sees the kernel's notice
# (so its own waking up is in it).
. "$(dirname "$0")/../lab/lab.sh"
lab_enter "$@"
COUNT=${1:-1000}

count_routes() {
	grep -c '"type":"route"' /run/lab/watch.json
}

more_than() {
	[ "$(count_routes)" -gt "$1" ]
}

# p50, p99 and max of the numbers on standard input.
percentiles() {
	sort -n | awk '{ v[NR] = $1 }
	END { if (NR == 0) { print "none"; exit }
	    printf "n=%d p50=%d p99=%d max=%d\n", NR, v[int((NR + 1) / 2)],
	    v[int(NR * 0.99 + 0.5)], v[NR] }'
}

INTERVAL=10ms TIMEOUT=10ms CONFIRM=10ms FALL=1 RISE=1
conf override </dev/null
start
watch_start
SPAWN_OUT=/run/lab/routemon
spawn fw "$BUILD/tests/lab/routemon"
SPAWN_OUT=''
wait_for 2 grep -q ready /run/lab/routemon
n=$(count_routes)
first=$n
while [ $((n - first)) -lt "$COUNT" ]; do
	far_dead 1
	wait_for 5 more_than "$n" || exit 1
	n=$(count_routes)
	far_back 1
	wait_for 5 more_than "$n" || exit 1
	n=$(count_routes)
done
printf 'event to kernel, as the daemon says (us):  '
sed -n '/"type":"route"/s/.*"took_us":\([0-9]*\).*/\1/p' /run/lab/watch.json |
    percentiles
printf 'event to notice, seen from outside (us):   '
{
	sed -n '/"type":"event"/{
		/"uplink":"ext1"/s/.*"mono_ns":\([0-9]*\).*/\1 event/p
	}' /run/lab/watch.json
	sed -n '/ table=5750 /s/^\([0-9]*\) .*inet .*/\1 route/p' \
	    /run/lab/routemon
} | sort -n | awk '$2 == "event" { at = $1; next }
    at { printf "%d\n", ($1 - at) / 1000; at = 0 }' | percentiles
LAB_OVER=yes
exit 0

#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Time that stands still, and a wall clock that jumps by years, are no events:
# all of uplinkd stopped for 30 s (its probes then, its dispatcher, everything),
# and a clock set forward and back under it while it works.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

all_pids() {
	echo "$DAEMON"
	pgrep -P "$DAEMON"
}

events() {
	watched_count '"type":"event"'
}

# The whole of what is published, samples too.
watch_all() {
	: >/run/lab/watch.json
	SPAWN_OUT=/run/lab/watch.json
	spawn fw "$BUILD/uplinkctl" -s $RUN watch --json --all
	SPAWN_OUT=''
	wait_for 5 test -s /run/lab/watch.json
}

# Nothing was said, and what is said from now on is right.
quiet_since() {		# count of events, of route messages
	[ "$(events)" = "$1" ] && levels up up &&
	    [ "$(watched_count '"type":"route"')" = "$2" ]
}

samples_go_on() {
	lab_n=$(watched_count '"type":"samples"')
	wait_for 5 more_samples_than "$lab_n"
}

more_samples_than() {
	[ "$(watched_count '"type":"samples"')" -gt "$1" ]
}

stop_and_go() {		# seconds, pids...
	lab_secs=$1
	shift
	kill -STOP "$@"
	# Nothing can be waited for: that it does not run is the test.
	sleep "$lab_secs"
	kill -CONT "$@"
}

far_is_noticed() {
	far_dead 1
	check_soon 5 "$1: a real death is noticed" level_is ext1 down
	far_back 1
	check_soon 8 "$1: and the return" levels up up
}

# The sanitizers' run is about memory: shorter there.
grep -q __asan_init "$BUILD/uplinkd" && STOPPED=${STOPPED:-8}
conf override </dev/null
start
watch_all
check "samples are published" samples_go_on
n=$(events) routes=$(watched_count '"type":"route"')
# shellcheck disable=SC2046
stop_and_go "${STOPPED:-30}" $(all_pids)
check "all stopped for ${STOPPED:-30} s: samples go on" samples_go_on
check "all stopped for ${STOPPED:-30} s: no event, no route" \
    quiet_since "$n" "$routes"
stop_and_go 4 "$(role_pid probes)"
check "probes stopped for 4 s: samples go on" samples_go_on
check "probes stopped for 4 s: no event, no route" quiet_since "$n" "$routes"
stop_and_go 4 "$(role_pid dispatcher)"
check "dispatcher stopped for 4 s: samples go on" samples_go_on
check "dispatcher stopped for 4 s: no event, no route" \
    quiet_since "$n" "$routes"
far_is_noticed "after the stops"
stop

# A library before all others changes the time that uplinkd sees.  /etc is
# ours alone here, in this mount namespace.
if grep -q __asan_init "$BUILD/uplinkd"; then
	echo "ok - the wall clock jumps # SKIP a sanitizer must come first"
	lab_done
fi
# It is compiled where nobody can preload it by mistake.
check "the other clock compiles" ${CC:-cc} -shared -fPIC -D_GNU_SOURCE -O1 \
    -Wall -Wextra -o /run/lab/wallclock.so "$TOP/tests/lab/preload/wallclock.c"
mkdir -p /run/lab/up /run/lab/work
if ! mount -t overlay -o lowerdir=/etc,upperdir=/run/lab/up,workdir=/run/lab/work \
    overlay /etc 2>/dev/null; then
	echo "ok - the wall clock jumps # SKIP no overlay for /etc here"
	lab_done
fi
set_wall() {		# seconds ahead, as eight bytes in this machine's order
	perl -e 'print pack("q", $ARGV[0])' -- "$1" >/run/lab/wall.new &&
	    dd if=/run/lab/wall.new of=/run/lab/wall conv=notrunc 2>/dev/null
}
year=$((365 * 86400))
set_wall 0
echo /run/lab/wallclock.so >/etc/ld.so.preload
start
watch_all
check "with that clock samples are published" samples_go_on
for ahead in $((10 * year)) $((-10 * year)) -3600 0; do
	n=$(events) routes=$(watched_count '"type":"route"')
	set_wall "$ahead"
	check "wall clock at $ahead s: samples go on" samples_go_on
	check "wall clock at $ahead s: and on" samples_go_on
	check "wall clock at $ahead s: no event, no route" \
	    quiet_since "$n" "$routes"
done
set_wall $((10 * year))
far_is_noticed "ten years ahead"
check "uplinkd really had another time" \
    watched '"type":"event"' '"down"' '"wall_ms":2[0-9]*,'
: >/etc/ld.so.preload
lab_done

#!/bin/sh
# SPDX-License-Identifier: ISC
#
# How long it takes to see that a line is dead, with the values as shipped:
# nothing is configured but the hold, and that only for more trials.  A far
# host or a gateway that falls silent is seen in less than 3 s, by the time in
# the published event and by the route in the kernel; a lost carrier as soon as
# the kernel tells of it, which it does once a second on the whole machine.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

LIMIT=3000
AT_ONCE=500	# on a busy machine

uplink() {		# number
	cat <<-EOF2
	  ext$1:
	    interface: ext$1
	    gateway: 10.0.$1.1
	    probe:
	      hold: 0s
	      targets:
	        - ping: gateway
	        - ping: 192.0.2.1
	        - ping: 192.0.2.2
	EOF2
}

# A foreign route is the mark: routemon tells when, by the clock of uplinkd.
mark() {
	TRIAL=$((${TRIAL:-0} + 1))
	ip -n fw route add blackhole 203.0.113.$TRIAL/32
	wait_for 5 grep -q " 203.0.113.$TRIAL/32 " /run/lab/routemon
	BEGAN=$(sed -n "s,^\([0-9]*\) .* 203.0.113.$TRIAL/32 .*,\1,p" \
	    /run/lab/routemon)
}

# Milliseconds from the mark to the published event of line 1.
event_ms() {
	sed -n '/"type":"event".*"uplink":"ext1".*"level":"down"/{
		s/.*"mono_ns":\([0-9]*\).*/\1/p
	}' /run/lab/watch.json | tail -n 1 |
	    awk -v from="$BEGAN" '{ printf "%d\n", ($1 - from) / 1000000 }'
}

# To the first write that makes line 2 the only one.
route_ms() {
	awk -v from="$BEGAN" '$1 > from && / set inet default.*protocol=57/ {
		printf "%d\n", ($1 - from) / 1000000
		exit
	}' /run/lab/routemon
}

# When the kernel told of the carrier.
kernel_ms() {
	awk -v from="$BEGAN" '$1 > from && / link set ext1 .* dead/ {
		printf "%d\n", ($1 - from) / 1000000
		exit
	}' /run/lab/routemon
}

down_was_told() {	# times so far
	[ "$(watched_count '"type":"event"' '"uplink":"ext1"' \
	    '"level":"down"')" -gt "$1" ] && [ -n "$(route_ms)" ]
}

# Anywhere between two rounds, which are a second apart.
any_phase() {
	sleep "0.$(od -An -N2 -tu2 /dev/urandom | awk '{ printf "%03d", $1 % 1000 }')"
}

trial() {		# fault
	any_phase
	told=$(watched_count '"type":"event"' '"uplink":"ext1"' \
	    '"level":"down"')
	[ "$1" != carrier ] || lab_carrier_wait
	mark
	break_it "$1" 1
	if ! wait_for 15 down_was_told "$told"; then
		check "$1: the end of line 1 is noticed" false
		return
	fi
	event_ms >>/run/lab/$1.event
	route_ms >>/run/lab/$1.route
	[ "$1" != carrier ] || kernel_ms >>/run/lab/$1.kernel
	mend_it "$1" 1
	wait_for 15 levels up up || check "$1: it comes back" false
}

min_median_max() {	# file
	sort -n "$1" | awk '{ v[NR] = $1 }
	    END { print v[1], v[int((NR + 1) / 2)], v[NR] }'
}

below() {		# file, trials, milliseconds
	sort -n "$1" | awk -v want="$2" -v most="$3" '$1 >= most { bad = 1 }
	    END { exit bad || NR != want }'
}

trials() {		# fault, how often, limit
	n=0
	while [ $n -lt "$2" ]; do
		trial "$1"
		n=$((n + 1))
	done
	for by in event route; do
		echo "# $1: detection ms by $by: $(min_median_max \
		    /run/lab/$1.$by) (min median max of $2)"
		check "$1: by $by: in less than $3 ms, $2 times of $2" \
		    below "/run/lab/$1.$by" "$2" "$3"
	done
}

{
	echo "state_dir: /run/lab/state"
	echo "run_dir: $RUN"
	echo "uplinks:"
	uplink 1
	uplink 2
} >$CONF
SPAWN_OUT=/run/lab/routemon
spawn fw "$BUILD/tests/lab/routemon"
SPAWN_OUT=''
wait_for 5 grep -qs ready /run/lab/routemon
start
watch_start

trials far 5 $LIMIT
trials gateway 2 $LIMIT
trials carrier 1 $LIMIT
check "carrier: at once, when the kernel tells of it" \
    test $(($(cat /run/lab/carrier.route) - \
    $(cat /run/lab/carrier.kernel))) -lt $AT_ONCE
echo "# carrier: the kernel told after $(cat /run/lab/carrier.kernel) ms"
check "why was told: far" watched '"ext1"' '"down"' '"cause":"far"'
check "why was told: gateway" watched '"ext1"' '"down"' '"cause":"gateway"'
check "why was told: carrier" watched '"ext1"' '"down"' '"cause":"carrier"'
check "and who was silent, with each end of a line" test \
    "$(watched_count '"type":"event"' '"ext1"' '"level":"down"' \
    '192.0.2.2"[^}]*"state":"lost","sent":\([1-9]*\),"lost":\1,')" = 7
check "line 2 was never in doubt" not watched '"type":"event"' \
    '"uplink":"ext2"'
stop
lab_done

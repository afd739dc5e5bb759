#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Far hosts by name: looked up through each line, by nobody else's way; and a
# name server that is silent, from the start or later, takes no line down.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

DNS=192.0.2.2

zone() {		# line...
	printf '%s\n' "$@" >/run/lab/zone.new
	mv /run/lab/zone.new /run/lab/zone
}

silence() {
	: >/run/lab/zone.new
	mv /run/lab/zone.new /run/lab/zone
}

queries() {		# line
	in_ns "isp$1" nft list table inet dns |
	    sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

asked_by() {		# line
	[ "$(queries "$1")" -gt 0 ]
}

says() {		# uplink, pattern
	state_of "$1" | grep -q -- "$2"
}

no_line_was_down() {
	! watched '"type":"event"' '"level":"down"'
}

for n in 1 2; do
	in_ns isp$n nft -f - <<-EOF
	table inet dns {
		chain count {
			type filter hook forward priority -20
			iifname "fw" ip daddr $DNS udp dport 53 counter
		}
	}
	EOF
done
silence
spawn inet "$BUILD/tests/lab/dnsd" $DNS /run/lab/zone

INTERVAL=100ms TIMEOUT=1s CONFIRM=100ms VERBOSE=yes
TARGET="gateway
        - ping: far.lab.example
      resolver: [$DNS]"
conf override </dev/null
start_only
wait_for 10 ctl status >/dev/null 2>&1
watch_start
check_soon 10 "the name server is silent: that is evidence" \
    watched '"uplink":"ext1"' '"state":"unresolved"'
check "no line is down for it" no_line_was_down
check "new flows use both lines" by_both
for n in 1 2; do
	check "line $n has asked by itself" asked_by $n
done

zone "far.lab.example $FAR 30" "far.lab.example $FAR6 30"
check_soon 20 "it answers: both lines are up" levels up up
for n in 1 2; do
	check_soon 5 "ext$n: no cause is left" cause_is ext$n up none
done
check_soon 3 "the far host is probed by its name" \
    says ext1 '"target":"ping far.lab.example"'

# The line is watched by the name's address: that it is dead is seen.
far_dead 1
check_soon 5 "line 1 is dead beyond its gateway: ext1 is down" \
    cause_is ext1 down far
far_back 1
check_soon 8 "it is back: ext1 is up" level_is ext1 up

# Its time to live is half a minute; two failures in a row are told.
silence
: >/run/lab/watch.json
check_soon 60 "the name server falls silent: that is evidence" \
    says ext2 '"cause":"dns"'
check "and only evidence: no line was down" no_line_was_down
check "both lines are up" levels up up
check "the last good address is still probed" \
    says ext2 '"sent":[1-9]'
check "new flows use both lines" by_both
zone "far.lab.example $FAR 300"
check_soon 90 "it answers again: no cause is left" cause_is ext2 up none
check "no line was down in all that" no_line_was_down
stop
lab_done

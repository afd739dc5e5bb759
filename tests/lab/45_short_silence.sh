#!/bin/sh
# SPDX-License-Identifier: ISC
#
# A second of silence behind the gateway, in which at least one round is lost,
# is no outage with the values as shipped; nothing of the probe is configured
# but its targets.  How long outages take to be seen is 30_detection's.
# runs alone
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

defaults() {
	echo "state_dir: /run/lab/state"
	echo "run_dir: $RUN"
	echo "uplinks:"
	for n in 1 2; do
		cat <<-YAML
		  ext$n:
		    interface: ext$n
		    gateway: 10.0.$n.1
		    probe:
		      targets:
		        - ping: gateway
		        - ping: 192.0.2.1
		        - ping: $FAR
		YAML
	done
}

passed() {
	[ "$(now_ms)" -ge "$1" ]
}

# 0 to 1023, not from a clock that beats with the interval.
random_ms() {
	echo $(($(od -An -N2 -tu2 /dev/urandom) % 1024))
}

# Silence behind the gateway for a second; gap is how long it really was.
silence() {
	began=$(now_ms)
	far_dead 1
	wait_for 10 passed $(($(now_ms) + 1000))
	far_back 1
	gap=$(($(now_ms) - began))
}

downs() {
	grep -c 'uplink ext1: .* -> down' /run/lab/uplinkd.log
}

defaults >$CONF
start
before=$(downs)
good=0
for trial in 1 2 3 4 5 6 7 8 9; do
	[ $good -lt 3 ] || break
	wait_for 5 passed $(($(now_ms) + 1000 + $(random_ms)))
	silence
	# A machine that was busy made it longer, and it may be noticed.
	[ $gap -lt 1350 ] || continue
	good=$((good + 1))
	wait_for 5 passed $(($(now_ms) + 2000))
	check "silence of $gap ms is no outage" [ "$(downs)" = "$before" ]
done
check "it was tried $good times" [ $good -gt 0 ]
check "ext1 is up" level_is ext1 up
stop
remove
lab_done

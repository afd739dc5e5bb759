#!/bin/sh
# SPDX-License-Identifier: ISC
#
# A webhook whose lane holds two jobs, and ten events while its server is off:
# the others wait on disk, over a kill of the daemon too; then all come, in
# order, each once.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"
LAB_BAD='runtime error:|Sanitizer|bug: .* does not hold'
BOX=/run/lab/web
mkdir -p $BOX/hook
UPLINK1="    advisors:
      lab: { authority: decide, ttl: 5m }
"
conf override <<EOF2
lanes: { web: 2, queue: 2 }
actions:
  hook: { on: [down, up], uplinks: [ext1], timeout: 1s, retry_wait: 200ms,
    webhook: "http://192.0.2.1:8080/hook" }
EOF2

on_disk() {
	[ "$(ctl status --json | sed -n \
	    's/.*"lane":"web"[^}]*"on_disk":\([0-9]*\).*/\1/p')" = "$1" ]
}

# Levels in the order of coming.
told() {
	/usr/bin/python3 - $BOX/hook <<-'EOF3'
	import glob, json, sys
	for name in sorted(glob.glob(sys.argv[1] + "/*[0-9]")):
	    print(json.load(open(name))["level"], end=" ")
	EOF3
}

told_is() {
	[ "$(told)" = "$1" ]
}

keys() {
	sed -n 's/^Idempotency-Key: //p' $BOX/hook/*.head | sort -u | wc -l
}

say() {			# how many changes
	in_ns fw "$BUILD/tests/lab/opine" $RUN ext1 lab 30 "$1" >/dev/null
}

# It swallows what it is asked, so that a try lasts: one that is refused at
# once waits for the next one among the others, and they would be counted anew.
in_ns inet nft -f - <<-EOF3
	table inet deaf {
		chain input {
			type filter hook input priority 0
			tcp dport 8080 drop
		}
	}
EOF3
start
say 10
check_soon 10 "one runs, two wait in memory, seven on disk" on_disk 7
kill -9 "$DAEMON"
wait_for 5 no_children
start_only
check_soon 20 "after a kill as well" on_disk 7
say 2
check_soon 20 "and those that come then" on_disk 9
: >$BOX/log
in_ns inet nft delete table inet deaf
SPAWN_OUT=/run/lab/httpd.log
spawn inet /usr/bin/python3 "$TOP/tests/lab/httpd.py" 0.0.0.0 8080 $BOX
SPAWN_OUT=''
ALL='down up down up down up down up down up down up '
check_soon 90 "the server is on: all come, in their order" told_is "$ALL"
check_soon 10 "none waits" on_disk 0
check "each once, under a key of its own" [ "$(keys)" = 12 ]
say 2
check_soon 10 "what comes then, too" told_is "${ALL}down up "
lab_done

#!/bin/sh
# SPDX-License-Identifier: ISC
# runs alone
#
# A recovery command that takes a minute and a sendmail that hangs do not hold
# up the route change of the other line; eight actions of a second each, with
# eight threads, are done within 1.2 seconds.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

# Members of the newest matching message.
member() {		# name pattern...
	member_name=$1
	shift
	watched "$@"
	echo "$lab_seen" | tail -n 1 |
	    sed -n "s/.*\"$member_name\":\([0-9]*\).*/\1/p"
}

cat >/run/lab/hang <<'EOF'
#!/bin/sh
exec sleep 60
EOF
chmod 755 /run/lab/hang
UPLINK1="    recovery:
      when: any
      steps:
        - { after: 0s, run: [/run/lab/hang], timeout: 2m }
"
{
	echo "mail:"
	echo "  to: [root]"
	echo "  sendmail: [/run/lab/hang]"
	echo "  fold: 0s"
	echo "lanes: { exec: 8 }"
	echo "actions:"
	for i in 1 2 3 4 5 6 7 8; do
		echo "  nap$i: { on: [down], uplinks: [ext2], run: [/bin/sleep, '1'] }"
	done
} | conf override
start
watch_start
far_dead 1
check_soon 5 "the recovery command of ext1 runs" watched '"type":"job"' \
    '"action":"recovery"' '"phase":"started"'
check_soon 5 "the mail about it hangs" watched '"type":"job"' \
    '"action":"mail"' '"phase":"started"'
far_dead 2
check_soon 5 "ext2 goes down, too" level_is ext2 down
check_soon 2 "and the routes follow" watched '"type":"route"' \
    '"text":"ipv4 as configured'
took=$(member took_us '"type":"route"' '"text":"ipv4 as configured')
echo "# ${took:-no} microseconds from the event to the kernel"
check "less than 50 ms from the event to the kernel" \
    test "${took:-99999999}" -lt 50000
check "both slow ones still run" \
    test "$(watched_count '"type":"job"' '"lane":"m' '"phase":"[dfc]')" = 0

naps_done() {
	[ "$(watched_count '"type":"job"' '"action":"nap' '"phase":"done"')" = 8 ]
}

check_soon 5 "eight actions have run" naps_done
from=$(member mono_ns '"type":"event"' '"uplink":"ext2"' '"level":"down"')
to=$(member mono_ns '"type":"job"' '"action":"nap' '"phase":"done"')
took=$(((to - from) / 1000000))
echo "# $took ms from the event to the end of the last"
check "within 1.2 seconds of the event" test $took -lt 1200
check "and no faster than one of them" test $took -ge 1000
lab_done

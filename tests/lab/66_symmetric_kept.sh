#!/bin/sh
# SPDX-License-Identifier: ISC
#
# routing.symmetric: connections that last longer than a state of the lines,
# shares of new ones, probes; and the table itself, when others remove it.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"
. "$(dirname "$0")/symmetric.sh"

said() {		# how often, in the log
	grep -c -- "$1" /run/lab/uplinkd.log
}

written() {
	said 'uplinkd: written (answer=digest'
}

# One that holds its input open by a descriptor of its own.
stream() {		# namespace, name, descriptor, argument...
	lab_fd=$3
	lab_who=$1 lab_run=$2
	shift 3
	helper_start "$lab_who" "$lab_run" stream "$@"
	eval "exec $lab_fd<>/run/lab/$lab_run.in"
	eval "REPORTS_$lab_run=0"
}

# Asks one and waits for its report, in `report`.
ask() {			# name
	eval "lab_before=\$REPORTS_$1"
	helper_tell "$1" "report now"
	lab_answer=$(($(now_ms) + 5000))
	while lab_lines=$(grep -c ^report "/run/lab/$1.out")
	    [ "$lab_lines" -le "$lab_before" ]; do
		[ "$(now_ms)" -lt $lab_answer ] || return 1
		sleep 0.02
	done
	eval "REPORTS_$1=$lab_lines"
	report=$(tail -n 1 "/run/lab/$1.out")
}

# Nothing, or something, came back since it was asked last.
stands_now() {
	ask "$1" && case $report in *" since=0 "*) ;; *) return 1 ;; esac
}

moves() {
	ask "$1" && case $report in *" since=0 "*) return 1 ;; esac
}

open_by() {		# name, address
	ask "$1" && case $report in *" peer=$2 state=open") ;;
	*) return 1 ;; esac
}

# A stream from the client inside, begun again until it goes by ext1.
stream_by_1() {		# name, descriptor, far address, address of ext1
	for lab_try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		stream lan "$1" "$2" "$3"
		wait_for 5 moves "$1"
		! open_by "$1" "$4" || return 0
		helper_end "$1"
	done
	return 1
}

stands() {		# name: nothing comes back for two seconds
	ask "$1"
	lab_end=$(($(now_ms) + 2000))
	while [ "$(now_ms)" -lt $lab_end ]; do
		stands_now "$1" || return 1
		sleep 0.2
	done
}

# What is healed here is so because the kernel tells of it.
symmetric() {		# method
	conf "$1" </dev/null
	sed -i 's/^routing:/&\n  symmetric: true\n  resync: 10m/' $CONF
}

# Slow enough for connections to begin on a line that is dead.
FALL=30
symmetric override
VERBOSE=yes start
check_soon 5 "the table is loaded" table_is there
TEXT=$(table_text)

# ---- connections that last

check "a connection goes out by ext1" stream_by_1 four 3 $FAR 10.0.1.2
check "and one of IPv6" stream_by_1 six 4 $FAR6 2001:db8:1::2
stream inet in4 5 -p 7008 10.0.2.2
stream inet in6 6 -p 7008 2001:db8:2::2
check_soon 5 "one comes in by ext2" moves in4
check_soon 5 "and one of IPv6" moves in6

for how in gateway carrier; do
	break_it $how 1
	check_soon 10 "$how: ext1 is down" levels down up
	check_soon 5 "$how: new connections go by ext2" by_only 2
	check_soon 5 "$how: of IPv6 too" by_only 2 -6
	check "$how: what was on ext1 stands still" stands four
	check "$how: IPv6 too" stands six
	check "$how: open still" open_by four 10.0.1.2
	check "$how: what came in by ext2 goes on" moves in4
	check "$how: IPv6 too" moves in6
	mend_it $how 1
	check_soon 10 "$how: ext1 is back" levels up up
	check_soon 60 "$how: what stood there goes on" moves four
	check_soon 60 "$how: IPv6 too" moves six
	check "$how: it is the same connection" open_by four 10.0.1.2
	check "$how: IPv6 too" open_by six 2001:db8:1::2
done

# ext2 is out of the routes, and what is on it has its way all the same.
in_ns isp2 nft add rule inet lab forward icmp type echo-request drop
in_ns isp2 nft add rule inet lab forward icmpv6 type echo-request drop
check_soon 10 "ext2 counts as down" levels up down
check_soon 5 "new connections go by ext1" by_only 1
check "what came in by ext2 goes on" moves in4
check "IPv6 too" moves in6
far_back 2
check_soon 10 "ext2 is back" levels up up

# A connection that nobody has answered yet is not bound to a dead line.
gateway_dead 1
for n in 1 2 3 4 5 6 7 8 9 10; do
	helper lan flow -k -i 100 -n 150 $FAR >/run/lab/first$n.out &
	helper lan flow -k -i 100 -n 150 $FAR6 >/run/lab/first6$n.out &
	eval "FIRST$n=\$!"
done
check_soon 10 "ext1 is down again" levels down up
for n in 1 2 3 4 5 6 7 8 9 10; do
	eval "wait \$FIRST$n"
done
some_unanswered() {
	cat /run/lab/first*.out | grep -q 'answered=0 '
}
check "what began while it died has found ext2" not some_unanswered
check "and some had begun on ext1" grep -q '^gap' /run/lab/first*.out
gateway_back 1
check_soon 10 "ext1 is back again" levels up up

# ---- shares, probes

shares() {
	helper lan flow -i 2 -n 600 ${1:-$FAR} >/run/lab/shares.out
	lab_one=$(sed -n 's/.* [0-9a-f:.]*1\(::\|\.\)2=\([0-9]*\).*/\2/p' \
	    /run/lab/shares.out)
	echo "# of 600 new connections ${lab_one:-none} by ext1"
	[ "${lab_one:-0}" -gt 230 ] && [ "$lab_one" -lt 370 ] &&
	    grep -q 'answered=600 ' /run/lab/shares.out
}
spawn inet "$BUILD/tests/lab/flow" -i 5 -n 2000 -p 7007 10.0.2.2
check "both lines get their share of new connections" shares
check "of IPv6 too" shares $FAR6
check "nothing has left by the wrong line" [ "$(strays)" = "0 0 " ]
echo "# strays: $(strays)"

# ---- the table

check "all this time it was written once" [ "$(written)" = 1 ]
in_ns fw sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do
	nft add table inet another
	nft add chain inet another c
	nft delete table inet another
done'
is_ours() {
	[ "$(table_text)" = "$TEXT" ]
}
in_ns fw nft list ruleset >/run/lab/ruleset
in_ns fw sh -c '{ echo flush ruleset; cat /run/lab/ruleset; } | nft -f -'
check "a ruleset that was saved with it loads with it" is_ours
sync_now() {		# it has looked since: what is wrong after this is healed
	in_ns fw nft add rule inet uplinkd restore counter
	wait_for 5 is_ours
}
check "a rule that somebody adds is gone soon" sync_now
twice() {		# the table is there before the tool that wrote it is gone
	[ "$(written)" = 2 ]
}
check_soon 5 "which was the first that was healed" twice
check "it is told" [ "$(said 'gone or changed -> written again')" = 1 ]
check "without a warning" [ "$(said 'again and again')" = 0 ]

site "flush ruleset"
check_soon 10 "somebody loads a whole ruleset without it: it is back" is_ours
check_soon 10 "and does its work" server_by 2
check "which is the warning" [ "$(said 'again and again')" = 1 ]
ask in4
check_soon 30 "what came in by ext2 goes on" moves in4
in_ns fw nft flush ruleset
check_soon 10 "somebody flushes all rules: it is back" is_ours
site "flush table inet site"
in_ns fw nft flush chain inet uplinkd prerouting
check_soon 10 "a chain is emptied: it is filled" is_ours
in_ns fw nft add table inet uplinkd '{ flags dormant; }'
check_soon 10 "it is put to sleep: it is awake" is_ours

plan_says() {		# text
	ctl -f $CONF plan --json | grep -qF "$1"
}
check "plan finds all as it should be" plan_says '"difference":[]'
sed 's/symmetric: true/symmetric: false/' $CONF >/run/lab/other.conf
CONF=/run/lab/other.conf
check "plan of another configuration would take it away" \
    plan_says '"difference":["remove nft table inet uplinkd"]'
CONF=/run/lab/uplinkd.conf

before=$(written)
longest=0
for n in 1 2 3 4 5 6 7 8 9 10; do
	in_ns fw nft delete table inet uplinkd
	t=$(now_ms)
	wait_for 5 is_ours
	t=$(($(now_ms) - t))
	[ $t -le $longest ] || longest=$t
	lab_end=$(($(now_ms) + 1000 - (t < 1000 ? t : 1000)))
	while [ "$(now_ms)" -lt $lab_end ]; do
		sleep 0.02
	done
done
n=$(($(written) - before))
echo "# deleted each second, 10 times: written $n times, at most $longest ms"
check "who deletes it each second finds it back within about one" \
    [ $longest -le 2000 ]
check "by one write each" [ $n = 10 ]

before=$(written)
from=$(now_ms)
while [ "$(now_ms)" -lt $((from + 4000)) ]; do
	in_ns fw nft delete table inet uplinkd 2>/dev/null
	sleep 0.02
done
check_soon 3 "after who never stops it is back" is_ours
secs=$((($(now_ms) - from) / 1000 + 1))
n=$(($(written) - before))
echo "# deleted all the time for 4 s: written $n times"
check "it was not written more than twice a second" [ $n -le $((2 * secs)) ]
check "nor forgotten" [ $n -ge 4 ]
check "one warning told of all that" [ "$(said 'again and again')" = 1 ]
for s in four six in4 in6; do
	helper_end $s
done

# ---- restarts

stop
check "a stop leaves it" is_ours
conf override </dev/null
start
check_soon 5 "without routing.symmetric it is taken away" table_is gone
removed() {
	[ "$(said "uplinkd: removed, as")" = 1 ]
}
check_soon 5 "which is told" removed
stop
remove
symmetric override
ip -n fw link del ext2
start_only
check_soon 5 "with ext2 not there yet it is loaded" is_ours
check_soon 10 "ext1 is up" level_is ext1 up
lab_uplink 2
lab_balance
check_soon 10 "ext2 has come" levels up up
check_soon 10 "and answers for itself" server_by 2
stop

# ---- flows: kill finds by the mark what shall not wait

UPLINK1='    flows: { down: kill }
'
symmetric withdraw
start
check "a connection goes out by ext1 again" stream_by_1 four 3 $FAR 10.0.1.2
gateway_dead 1
check_soon 10 "ext1 is down once more" levels down up
is_over() {
	ask four && case $report in *state=open) return 1 ;; esac
}
check_soon 60 "it has ended, and does not wait" is_over
stop
lab_done

#!/bin/sh
# SPDX-License-Identifier: ISC
#
# A thousand connections over three lines, translated to a fixed address of
# each (so that the kernel itself forgets none of them): which of them end when
# a line goes down and comes back, by the policy of the line.
. "$(dirname "$0")/lab.sh"
command -v conntrack >/dev/null || lab_skip "conntrack is not installed"
lab_enter "$@"

ip netns add isp3
ip -n isp3 link set lo up
lab_sysctl isp3 ipv4/ip_forward=1 ipv6/conf/all/forwarding=1 \
    ipv4/conf/all/rp_filter=0 ipv4/conf/default/rp_filter=0 \
    ipv6/conf/default/accept_dad=0
lab_isp 3
balance() {
	ip -n fw route replace default proto static metric 100 \
	    nexthop via 10.0.1.1 dev ext1 weight 1 \
	    nexthop via 10.0.2.1 dev ext2 weight 1 \
	    nexthop via 10.0.3.1 dev ext3 weight 1
}
balance
in_ns fw nft -f - <<EOF
flush table inet site
table inet site {
	chain postrouting {
		type nat hook postrouting priority 100
		ip saddr 10.9.0.0/24 oifname "ext1" snat ip to 10.0.1.2
		ip saddr 10.9.0.0/24 oifname "ext2" snat ip to 10.0.2.2
		ip saddr 10.9.0.0/24 oifname "ext3" snat ip to 10.0.3.2
	}
}
EOF
lab_sysctl fw netfilter/nf_conntrack_udp_timeout=600 \
    netfilter/nf_conntrack_udp_timeout_stream=600

count() {		# line
	in_ns fw conntrack -L -p udp 2>/dev/null | grep -c " dst=10.0.$1.2 "
}

counts() {		# of each line, as is
	[ "$(count 1) $(count 2) $(count 3)" = "$1 $2 $3" ]
}

counted() {		# what the lines have now, in c1 to c3
	c1=$(count 1) c2=$(count 2) c3=$(count 3)
	echo "# connections: $c1 by ext1, $c2 by ext2, $c3 by ext3"
}

states() {		# of all three
	lab_states=$(state_lines)
	case $lab_states in
	*"ext1 $1 "*"ext2 $2 "*"ext3 $3 "*) return 0 ;;
	esac
	return 1
}

said() {		# in the log
	grep -q -- "$1" /run/lab/uplinkd.log
}

# For so long nothing is to be different: seconds, command...
stays() {
	lab_end=$(($(now_ms) + $1 * 1000))
	shift
	while [ "$(now_ms)" -lt $lab_end ]; do
		"$@" || return 1
		sleep 0.1
	done
}

thousand() {
	in_ns fw conntrack -F >/dev/null 2>&1
	helper lan flow -i 1 -n 1000 $FAR >/run/lab/thousand
	counted
}

UPLINK1='    flows: { down: kill }
'
UPLINK2='    flows: { down: kill-if-address-changed }
'
{
	uplink_conf 3
	echo '    flows: { down: kill-after 2s }'
} | conf override
VERBOSE=yes start_only
check_soon 10 "three lines are up" states up up up
watch_start

thousand
spread() {
	[ $((c1 + c2 + c3)) = 1000 ] && [ "$c1" -gt 200 ] &&
	    [ "$c2" -gt 200 ] && [ "$c3" -gt 200 ]
}
check "a thousand connections go by three lines" spread

gateway_dead 1
check_soon 10 "kill: the connections of ext1 end" counts 0 "$c2" "$c3"
check_soon 5 "the job tells how many of how many" watched '"type":"job"' \
    '"action":"flows"' '"uplink":"ext1"' "\"text\":\"killed [0-9]* of 1[0-9]*"
grep -o '"text":"killed [^"]*' /run/lab/watch.json | sed 's/.*"/# /'
check "and no others" stays 1 counts 0 "$c2" "$c3"
route=$(grep -n 'route plan' /run/lab/uplinkd.log | head -n 1 | cut -d: -f1)
due=$(grep -n 'flows/ext1: due' /run/lab/uplinkd.log | head -n 1 | cut -d: -f1)
check "the route came first" [ "${route:-9999}" -lt "${due:-0}" ]
gateway_back 1
check_soon 10 "ext1 is back" states up up up

gateway_dead 2
check_soon 10 "ext2 is down" states up down up
gateway_back 2
check_soon 10 "ext2 is back with its address" states up up up
check_soon 5 "which is seen" said 'flows/ext2: none killed: the address is the same'
check "kill-if-address-changed: none ended" counts 0 "$c2" "$c3"

gateway_dead 2
check_soon 10 "ext2 is down again" states up down up
in_ns fw ip addr del 10.0.2.2/24 dev ext2
in_ns fw ip addr add 10.0.2.7/24 dev ext2
balance
check "while it is down, none ended" counts 0 "$c2" "$c3"
gateway_back 2
check_soon 10 "ext2 is back with another address" states up up up
check_soon 10 "its connections end, and no others" counts 0 0 "$c3"

gateway_dead 3
check_soon 10 "ext3 is down" states up up down
gateway_back 3
check_soon 10 "ext3 is back before its time" states up up up
check_soon 5 "which is seen" said 'flows/ext3: none killed: the line has returned'
check "kill-after: none ended" stays 3 counts 0 0 "$c3"
down_at=$(now_ms)
gateway_dead 3
check_soon 10 "after its time they end" counts 0 0 0
check "not before" [ $(($(now_ms) - down_at)) -ge 2000 ]

gateway_dead 2
check_soon 10 "only ext1 is left" states up down down
helper lan flow -i 1 -n 100 $FAR >/run/lab/thousand
counted
check "it carries all" [ "$c1" = 100 ]
gateway_dead 1
check_soon 10 "the last line is down" states down down down
check_soon 5 "which is seen" said 'flows/ext1: none killed: no other uplink'
check "none of its connections ended" stays 1 counts 100 "$c2" "$c3"
gateway_back 1
gateway_back 2
gateway_back 3
check_soon 10 "all are back" states up up up
stop

# ---- tiers: what has moved to the standby line comes back

in_ns fw ip addr del 10.0.2.7/24 dev ext2
in_ns fw ip addr add 10.0.2.2/24 dev ext2
# The administrator's own route has the lines of the first tier only.
ip -n fw route replace default proto static metric 100 via 10.0.1.1 dev ext1
UPLINK2='    tier: 2
    flows: { idle: kill }
'
answered_by() {		# name of the run, line: in the time since asked last
	helper_tell "$1" "report now"
	tail -n 1 "/run/lab/$1.out" | grep -q " 10.0.$2.2=[1-9]"
}

# One that lasts, and one that connects anew every 50 ms; with a mark that the
# first answer gave them, and without.
fail_back() {		# in what case
	in_ns fw conntrack -F >/dev/null 2>&1
	: >/run/lab/uplinkd.log
	start_only
	check_soon 10 "$1: three lines are up" states up up up
	helper_start lan long flow -k -i 50 $FAR
	exec 8<>/run/lab/long.in	# 9 is taken for the next one
	helper_start lan often flow -i 50 $FAR
	check_soon 5 "$1: a long connection goes by ext1" answered_by long 1
	gateway_dead 1
	check_soon 10 "$1: new ones go on by ext2" answered_by often 2
	check_soon 10 "$1: so does the long one" answered_by long 2
	check "$1: while ext1 is down it stays there" stays 1 not answered_by long 1
	gateway_back 1
	check_soon 10 "$1: ext1 carries again" levels up up
	check_soon 10 "$1: the long connection is back on ext1" \
	    answered_by long 1
	check_soon 10 "$1: so is who connects every 50 ms" answered_by often 1
	check_soon 5 "$1: which was done by ending what ext2 had" \
	    said 'flows/ext2: done: killed [1-9]'
	stays 1 true
	helper_tell long "report start"
	helper_tell often "report start"
	stays 1 true
	helper_end often
	helper_end long
	for run in often long; do
		check "$1: $run: nothing goes by ext2 any more" not grep -q \
		    'report end.* 10\.0\.2\.2=' /run/lab/$run.out
		check "$1: $run: all goes by ext1" grep -q \
		    'report end.* lost=0 .* 10\.0\.1\.2=' /run/lab/$run.out
		tail -n 1 /run/lab/$run.out | sed "s/^/# $run: /"
	done
	stop
}
tiers() {
	{
		uplink_conf 3
		echo '    tier: 3'
	} | conf override
}
tiers
fail_back "with tiers"
# Else ext1's death would have to be waited for: a mark holds what it had.
UPLINK1='    flows: { down: kill }
'
tiers
sed -i 's/^routing:/&\n  symmetric: true/' $CONF
fail_back "with tiers and routing.symmetric"
lab_done

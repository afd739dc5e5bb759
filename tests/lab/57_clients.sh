#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Clients that use ext1 only, that prefer ext2, a service that prefers ext1,
# and everybody else, by real connections through the firewall; each line
# dies, and ext1 is even taken out.  What leaves by ext2 is counted where it
# leaves, with the address it came with: of the first it must be nothing, ever.
. "$(dirname "$0")/lab.sh"
command -v conntrack >/dev/null || lab_skip "conntrack is not installed"
lab_enter "$@"

STRICT=10.9.7.2 STRICT6=2001:db8:9:7::2 FOND=10.9.8.2 OTHER=10.9.0.2
# The kernel refuses each client a few times a second at most: one that asks
# all the time does not always hear it.
QUIET=10.9.7.3
lab_addr lan eth $STRICT/24 $QUIET/24 $STRICT6/64 $FOND/24
lab_addr fw int 10.9.7.1/24 2001:db8:9:7::1/64 10.9.8.1/24
ip netns add dmz
ip -n dmz link set lo up
lab_link dmz eth fw dmz
lab_addr dmz eth 10.8.0.2/24
lab_addr fw dmz 10.8.0.1/24
ip -n dmz route add default via 10.8.0.1
spawn dmz "$BUILD/tests/lab/flow" -s 10.8.0.2
spawn inet "$BUILD/tests/lab/flow" -s 192.0.2.2
for a in $FAR $FAR6; do
	spawn inet "$BUILD/tests/lab/flow" -s -p 7001 $a
done
in_ns fw nft -f - <<EOF
table inet watch {
	counter by1 { }
	counter by2 { }
	chain out {
		type filter hook postrouting priority 90
		ip saddr 10.9.7.0/24 oifname "ext1" counter name by1
		ip6 saddr 2001:db8:9:7::/64 oifname "ext1" counter name by1
		ip saddr 10.9.7.0/24 oifname "ext2" counter name by2
		ip6 saddr 2001:db8:9:7::/64 oifname "ext2" counter name by2
	}
}
EOF

strays() {		# packets of the strict ones that left by line N
	in_ns fw nft list counter inet watch "by$1" |
	    sed -n 's/.*packets \([0-9]*\) .*/\1/p'
}

flows() {		# source, what else flow is to know
	src=$1
	shift
	helper lan flow -i 4 -n 40 -a "$src" "$@"
}

by() {			# line, source, what else: all 40 by this line
	line=$1
	shift
	lab_flows=$(flows "$@")
	case $lab_flows in
	*"answered=40 "*" 10.0.$line.2=40"|\
	*"answered=40 "*" 2001:db8:$line::2=40")
		return 0 ;;
	esac
	return 1
}

both_for() {		# source, what else: answered by both lines
	lab_flows=$(flows "$@")
	case $lab_flows in
	*"answered=40 "*"1.2="*"2.2="*|*"answered=40 "*"2.2="*"1.2="*|\
	*"answered=40 "*"1::2="*"2::2="*|*"answered=40 "*"2::2="*"1::2="*)
		return 0 ;;
	esac
	return 1
}

nothing() {		# source, what else: none was answered
	lab_flows=$(flows "$@")
	case $lab_flows in
	*" sent=40 answered=0 "*) return 0 ;;
	esac
	return 1
}

refused() {		# at once, by the firewall
	in_ns lan ping -c1 -W1 -I $QUIET $FAR | grep -q 'Net Unreachable'
}

rules() {		# how many of clients there are
	{
		ip -n fw rule show
		ip -n fw -6 rule show
	} | grep -cE '^575[4-7]:'
}

rules_are() {
	[ "$(rules)" = "$1" ]
}

UPLINK1='    clients:
      only: [10.9.7.0/24, "2001:db8:9:7::/64"]
      prefer: [0.0.0.0/0 udp 7001, "::/0 udp 7001-7002"]
'
UPLINK2='    clients: { prefer: 10.9.8.0/24 }
'

nothing_to_do() {	# says who looks with the same rules, from outside
	ctl -f $CONF plan 2>/dev/null | grep -q '^difference:  none$'
}

all_well() {
	check_soon 5 "$1, both up: the kernel is as it should be" nothing_to_do
	check_soon 5 "$1, both up: the strict client uses ext1" by 1 $STRICT $FAR
	check_soon 5 "$1: by IPv6 too" by 1 $STRICT6 $FAR6
	check_soon 5 "$1: who prefers ext2 uses it" by 2 $FOND $FAR
	check_soon 5 "$1: everybody else is balanced" both_for $OTHER $FAR
	check_soon 5 "$1: so is who prefers ext2 by the other family" \
	    both_for 2001:db8:9::2 $FAR6
	check_soon 5 "$1: the service uses ext1" by 1 $OTHER -p 7001 $FAR
	check_soon 5 "$1: whoever asks for it" by 1 $FOND -p 7001 $FAR
	check_soon 5 "$1: by IPv6 too" by 1 2001:db8:9::2 -p 7001 $FAR6
}

first_line_dead() {
	check "$1, ext1 dead: the strict client has none" nothing $STRICT $FAR
	check "$1: by IPv6 neither" nothing $STRICT6 $FAR6
	check_soon 5 "$1: the others use ext2" by 2 $OTHER $FAR
	check_soon 5 "$1: so does the service" by 2 $OTHER -p 7001 $FAR
	check_soon 5 "$1: the strict client reaches the local network" \
	    dmz_answers $STRICT
}

dmz_answers() {
	case $(flows "$1" 10.8.0.2) in
	*" answered=40 "*) return 0 ;;
	esac
	return 1
}

try() {			# method
	conf "$1" </dev/null
	lab_balance
	start
	# An answer has to come back by the line where a question would go.
	lab_sysctl fw ipv4/conf/ext1/rp_filter=1 ipv4/conf/ext2/rp_filter=1
	check_soon 5 "$1: the rules are there" rules_are 7
	helper_start lan strict flow -i 20 -a $STRICT $FAR
	all_well "$1"

	gateway_dead 1
	check_soon 10 "$1: ext1 is down" levels down up
	first_line_dead "$1"
	gateway_back 1
	check_soon 10 "$1: ext1 is back" levels up up
	all_well "$1"

	ip -n fw link del ext1
	check_soon 10 "$1: ext1 is taken out" levels down up
	check_soon 5 "$1: the strict client is refused at once" refused
	first_line_dead "$1"
	check_soon 5 "$1: the kernel is as it should be" nothing_to_do
	lab_uplink 1
	lab_sysctl fw ipv4/conf/ext1/rp_filter=1
	lab_balance
	check_soon 10 "$1: ext1 is put in again" levels up up

	gateway_dead 2
	check_soon 10 "$1: ext2 is down" levels up down
	check_soon 5 "$1: who prefers ext2 uses ext1" by 1 $FOND $FAR
	check_soon 5 "$1: as everybody" by 1 $OTHER $FAR
	gateway_back 2
	check_soon 10 "$1: ext2 is back" levels up up
	all_well "$1"

	stop
	check "$1, stopped: the rules stay" rules_are 7
	check_soon 5 "$1: the strict client uses ext1" by 1 $STRICT $FAR
	helper_end strict
	echo "# $1: $(tail -n 1 /run/lab/strict.out)"
	echo "# $1: $(strays 1) packets of strict clients by ext1," \
	    "$(strays 2) by ext2"
	check "$1: strict clients were there" [ "$(strays 1)" -gt 200 ]
	check "$1: none of them ever strayed" [ "$(strays 2)" = 0 ]
	remove
	check "$1, removed: no rules are left" rules_are 0
	check_soon 5 "$1: all are balanced" both_for $STRICT $FAR
	in_ns fw nft reset counters table inet watch >/dev/null
}

# The administrator's own route to one host goes before all of it.
ip -n fw route add 192.0.2.2/32 via 10.0.2.1 dev ext2
try override
conf override </dev/null
start
check_soon 5 "a route to one host is for everybody" by 2 $OTHER 192.0.2.2
check_soon 5 "for the strict client too" by 2 $STRICT 192.0.2.2
stop
remove
in_ns fw nft reset counters table inet watch >/dev/null
try withdraw

# ---- with marks, which come before: what is under way stays on its line

report() {		# word: the run `kept` says how it was since the last one
	helper_tell kept "report $1"
	wait_for 5 grep -q "^report $1 " /run/lab/kept.out
	grep "^report $1 " /run/lab/kept.out
}

conf override </dev/null
sed -i 's/^routing:/&\n  symmetric: true/' $CONF
lab_balance
# A strict one would drop answers by a line that is not preferred any more.
lab_sysctl fw ipv4/conf/ext1/rp_filter=2 ipv4/conf/ext2/rp_filter=2
start
gateway_dead 2
check_soon 10 "symmetric: ext2 is down" levels up down
check_soon 5 "symmetric: who prefers it uses ext1" by 1 $FOND $FAR
in_ns fw conntrack -F >/dev/null 2>&1
helper_start lan kept flow -k -i 20 -a $FOND $FAR
wait_for 5 eval 'in_ns fw conntrack -L -p udp 2>/dev/null |
    grep -q "src=$FOND .*ASSURED"'
gateway_back 2
check_soon 10 "symmetric: ext2 is back" levels up up
check_soon 5 "symmetric: new connections use it again" by 2 $FOND $FAR
report before >/dev/null
check_soon 5 "symmetric: the strict client uses ext1" by 1 $STRICT $FAR
check_soon 5 "symmetric: who is new keeps to ext2 meanwhile" by 2 $FOND $FAR
kept=$(report after)
echo "# kept: $kept"
helper_end kept
stayed() {
	case $kept in
	*" lost=0 "*" 10.0.1.2="[1-9]*) return 0 ;;
	esac
	return 1
}
check "symmetric: a connection of before stays on ext1, and loses nothing" \
    stayed
check "symmetric: it never had another address" \
    not grep -q '10\.0\.2\.2' /run/lab/kept.out
stop
remove
lab_done

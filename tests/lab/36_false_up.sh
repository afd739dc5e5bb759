#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What proves nothing.  Answers by a neighbour that proxies ARP where no route
# leads, or only did a moment ago; answers that come in by the other line; a
# line that is cut while the far host is there by the other one.  And answers
# that rp_filter drops: their loss is none of the line.  Where it matters ping
# shows what would have been taken for an answer.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

# Packets that a rule has counted, by its comment, in all tables of a space.
counted() {		# namespace comment
	in_ns "$1" nft list ruleset |
	    sed -n "/comment \"$2\"/s/.*packets \([0-9]*\) .*/\1/p"
}

more_than() {		# number namespace comment
	[ "$(counted "$2" "$3")" -gt "$1" ]
}

ups() {			# events that say that line 1 is up
	watched_count '"type":"event"' '"ext1"' '"level":"up"'
}

# Holds from now on, for so many milliseconds.
stays() {		# milliseconds command...
	until_ms=$(($(now_ms) + $1))
	shift
	while [ "$(now_ms)" -lt $until_ms ]; do
		"$@" || return 1
	done
}

pinged() {		# -4|-6 source far-host
	in_ns fw ping "$1" -q -c 3 -i 0.2 -W 1 -I "$2" "$3" >/dev/null
}

said() {		# text: in the log
	grep -q -- "$1" /run/lab/uplinkd.log
}

status_says() {
	ctl status | grep -q -- "$1"
}

# A new beginning for daemon and log.
watcher=
fresh() {
	[ -z "$watcher" ] || kill "$watcher"
	watcher=
	: >/run/lab/watch.json
	: >/run/lab/uplinkd.log
	rm -rf $RUN /run/lab/state
}

# Counts from nothing.
count_anew() {
	for n in 1 2; do
		in_ns isp$n nft -f - <<-EOF
		table netdev see
		delete table netdev see
		table netdev see {
			chain fw {
				type filter hook ingress device "fw" priority -20
				arp operation request arp daddr ip $FAR counter comment "arp"
				ip saddr 10.0.1.2 icmp type echo-request counter comment "from1"
				ip6 saddr 2001:db8:1::2 icmpv6 type echo-request counter comment "from1v6"
				ip saddr 10.0.2.2 icmp type echo-request counter comment "from2"
				ip6 saddr 2001:db8:2::2 icmpv6 type echo-request counter comment "from2v6"
			}
		}
		EOF
		in_ns fw nft -f - <<-EOF
		table netdev see$n
		delete table netdev see$n
		table netdev see$n {
			chain ext$n {
				type filter hook ingress device "ext$n" priority -20
				ip daddr 10.0.1.2 icmp type echo-reply counter comment "to1by$n"
				ip6 daddr 2001:db8:1::2 icmpv6 type echo-reply counter comment "to1by${n}v6"
			}
		}
		EOF
	done
}

# The first answer would be enough.
RISE=1 INTERVAL=20ms CONFIRM=20ms
count_anew

# ---- proxy ARP, and no route by line 1

lab_sysctl isp1 ipv4/conf/fw/proxy_arp=1 ipv4/neigh/fw/proxy_delay=0
ip -n fw route replace default proto static metric 100 via 10.0.2.1
ip -n fw -6 route del default
GATEWAY1=auto
conf override </dev/null
start_only
check_soon 10 "no route by ext1: ext2 is up" level_is ext2 up
watch_start
watcher=$SPAWNED
check_soon 3 "ext1 is unknown" cause_is ext1 unknown address
check "and stays so" stays 1500 cause_is ext1 unknown address
check "nobody asked by ARP for the far host" test "$(counted isp1 arp)" = 0
check "no probe left by ext1" test "$(counted isp1 from1)" = 0
check "ping -I ext1 would have been answered" pinged -4 ext1 $FAR
check "for somebody's neighbour: ARP asked for the far host" \
    more_than 0 isp1 arp
check "IPv6 does not guess" not pinged -6 ext1 $FAR6
stop
remove

# ---- proxy ARP, a dead gateway, and somebody who takes our route away

cat >/run/lab/flush <<EOF
while :; do
	ip route flush table 5751
	ping -4 -q -c 1 -W 0.1 -I ext1 $FAR >/dev/null && echo answered
	sleep 0.03
done
EOF
fresh
GATEWAY1=10.0.1.99
conf override </dev/null
start_only
check_soon 10 "the gateway is dead: ext1 is down" level_is ext1 down
watch_start
watcher=$SPAWNED
SPAWN_OUT=/run/lab/flushed
spawn fw sh /run/lab/flush
SPAWN_OUT=
flusher=$SPAWNED
check "our route is taken away all the time: ext1 stays down" \
    stays 3000 level_is ext1 down
kill "$flusher"
n=$(grep -c answered /run/lab/flushed)
check "the proxy would have answered, and did ping ($n times)" test "$n" -gt 20
check "no event says that ext1 was up" test "$(ups)" = 0
n=$(grep -c 'route ipv4: set default table 5751' /run/lab/uplinkd.log)
check "and the route was written again ($n times)" test "$n" -gt 20
stop
remove
lab_sysctl isp1 ipv4/conf/fw/proxy_arp=0
lab_balance
GATEWAY1=

# ---- answers that come back by the other line

by_the_other() {	# -4|-6 family-suffix far-host our-address
	fresh
	TARGET=$3
	conf override </dev/null
	start
	watch_start
	watcher=$SPAWNED
	count_anew
	if [ "$1" = -4 ]; then
		ip -n isp2 route add 10.0.1.2 via 10.0.2.2
		ip -n inet route replace 10.0.1.0/24 via 172.16.2.2
	else
		ip -n isp2 -6 route add 2001:db8:1::2 via 2001:db8:2::2
		ip -n inet -6 route replace 2001:db8:1::/64 via 2001:db8:f2::2
	fi
	check_soon 5 "$1: answers come back by ext2: ext1 is down" \
	    cause_is ext1 down far
	: >/run/lab/watch.json
	check "$1: it stays so" stays 1500 level_is ext1 down
	check "$1: and was not up in between" test "$(ups)" = 0
	check "$1: the probes leave by ext1" more_than 20 isp1 "from1$2"
	check "$1: the answers came in by ext2" more_than 20 fw "to1by2$2"
	check "$1: a socket that is bound to the address alone takes them" \
	    pinged "$1" "$4" "$3"
	check_soon 3 "$1: they are counted" \
	    said 'uplink ext2: replies that no probe waits for'
	if [ "$1" = -4 ]; then
		ip -n inet route replace 10.0.1.0/24 via 172.16.1.2
	else
		ip -n inet -6 route replace 2001:db8:1::/64 via 2001:db8:f1::2
	fi
	check_soon 5 "$1: by ext1 again: it is up" level_is ext1 up
	stop
}

by_the_other -4 '' $FAR 10.0.1.2
by_the_other -6 v6 $FAR6 2001:db8:1::2

# ---- line 2 is cut, the far host reachable by line 1

cut() {			# method family-suffix far-host fault
	fresh
	TARGET=$3
	conf "$1" </dev/null
	start
	break_it "$4" 2
	check_soon 5 "$1, $3: line 2 is cut ($4): ext2 is down" \
	    level_is ext2 down
	count_anew
	check "$1, $3: it stays so" stays 1000 levels up down
	check "$1, $3: its probes go on, by ext2" more_than 20 isp2 "from2$2"
	check "$1, $3: none left by ext1" test "$(counted isp1 "from2$2")" = 0
	mend_it "$4" 2
	check_soon 8 "$1, $3: it is up again" levels up up
	stop
	remove
}

cut override '' $FAR far
cut withdraw '' $FAR far
cut override v6 $FAR6 far
cut withdraw v6 $FAR6 far

# ---- rp_filter

TARGET=$FAR
filtered() {		# fall
	fresh
	FALL=$1
	conf override </dev/null
	lab_sysctl fw ipv4/conf/ext1/rp_filter=1
	start
	watch_start
	watcher=$SPAWNED
	count_anew
	ip -n fw route add $FAR via 10.0.2.1 dev ext2
	check_soon 5 "fall $1: rp_filter drops the answers: ext1 is unknown" \
	    cause_is ext1 unknown address
	check "fall $1: and does not flap" \
	    stays 1500 cause_is ext1 unknown address
	check "fall $1: it was never down" \
	    not watched '"type":"event"' '"ext1"' '"level":"down"'
	check "fall $1: the log names it" \
	    said 'warning: uplink ext1: rp_filter on ext1 drops'
	check_soon 3 "fall $1: status names it" \
	    status_says '! rp_filter on ext1 drops'
	check "fall $1: an answer did come in" more_than 0 fw to1by1
	check "fall $1: and plain ping hears nothing" not pinged -4 ext1 $FAR
	ip -n fw route del $FAR
	check_soon 5 "fall $1: without the cause ext1 is up" level_is ext1 up
	check_soon 3 "fall $1: status is silent" \
	    not status_says 'rp_filter'
	ip -n fw route add $FAR via 10.0.2.1 dev ext2
	check_soon 5 "fall $1: again unknown" cause_is ext1 unknown address
	lab_sysctl fw ipv4/conf/ext1/rp_filter=2
	check_soon 5 "fall $1: loose is no such fault: ext1 is up" \
	    level_is ext1 up
	ip -n fw route del $FAR
	stop
}

filtered 1
filtered 3
ip -n fw route add $FAR via 10.0.2.1 dev ext2
lab_sysctl fw ipv4/conf/ext1/rp_filter=1
fresh
start_only
check_soon 10 "rp_filter from the start: ext2 is up" level_is ext2 up
check_soon 3 "ext1 is unknown" cause_is ext1 unknown address
check "and was never down" not said 'ext1: .* -> down'
check "it stays so" stays 1000 cause_is ext1 unknown address
lab_done

#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Gateways that answer no ping are watched by ARP and neighbour discovery: how
# often they are asked, that a dead one is down whatever others on its network
# say, and what cannot be told so.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

# watch N GATEWAYS KIND...: line N by these alone.
watch() {
	n=$1 gateways=$2
	shift 2
	uplink_conf "$n" | sed "/ping:/d; s/gateway: .*/gateway: $gateways/"
	for kind; do
		echo "        - $kind: gateway"
	done
	echo "      require: { gateway: true }"
}

write_conf() {		# of line 1, then of line 2, as above but for N
	{
		echo "state_dir: /run/lab/state"
		echo "run_dir: $RUN"
		echo "uplinks:"
		eval "watch 1 $1"
		eval "watch 2 $2"
	} >$CONF
}

answers_ping() {	# address
	in_ns fw ping -q -c1 -W1 -I ext1 "$1" >/dev/null 2>&1
}

stays() {		# milliseconds uplink level
	until_ms=$(($(now_ms) + $1))
	while [ "$(now_ms)" -lt $until_ms ]; do
		level_is "$2" "$3" || return 1
	done
}

asked() {		# counter of isp1
	in_ns isp1 nft list counter netdev ask "c_$1" |
	    sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

# In a window of time: what was asked, against its rounds of 50 ms.
count_requests() {
	began=$(now_ms)
	arp0=$(asked arp) nd0=$(asked nd) all0=$(asked all)
	wait_for 10 eval '[ $(now_ms) -ge $((began + 2000)) ]'
	arp1=$(asked arp) nd1=$(asked nd) all1=$(asked all)
	took=$(($(now_ms) - began))
	rounds=$((took / 50))
	arp=$((arp1 - arp0)) nd=$((nd1 - nd0)) all=$((all1 - all0))
	echo "# rounds=$rounds arp=$arp nd=$nd to-all=$all"
}

# The kernel may ask once or twice itself.
about() {		# number
	[ "$1" -ge $((rounds / 2)) ] && [ "$1" -le $((rounds + 3)) ]
}

downs() {
	watched_count '"type":"event"' '"ext1"' '"level":"down"'
}

for n in 1 2; do
	in_ns isp$n nft -f - <<-EOF
	table inet mute {
		chain input {
			type filter hook input priority 0
			ip daddr 10.0.$n.1 icmp type echo-request drop
			ip6 daddr 2001:db8:$n::1 icmpv6 type echo-request drop
		}
	}
	EOF
done
in_ns isp1 nft -f - <<-EOF
table netdev ask {
	counter c_arp { }
	counter c_nd { }
	counter c_all { }
	chain in {
		type filter hook ingress device "fw" priority -10
		arp operation request arp daddr ip 10.0.1.1 counter name c_arp
		arp operation request ether daddr ff:ff:ff:ff:ff:ff \
		    counter name c_all
		icmpv6 type nd-neighbor-solicit counter name c_nd
	}
}
EOF
check "the gateway answers no ping" not answers_ping 10.0.1.1
check "nor one by IPv6" not answers_ping 2001:db8:1::1

V1='"[10.0.1.1, \"2001:db8:1::1\"]"' V2='"[10.0.2.1, \"2001:db8:2::1\"]"'
write_conf "$V1 arp nd" "$V2 arp nd"
start
watch_start
check "both are watched by ARP and neighbour discovery" by_both

# ---- how often
count_requests
check "no more than one ARP request a round" about $arp
check "no more than one solicitation a round" about $nd
check "the gateway alone is asked, not everybody" test $((all * 5)) -le $arp

# ---- a dead gateway
gateway_dead 1
check_soon 5 "dead gateway: ext1 is down" cause_is ext1 down gateway
check_soon 2 "dead gateway: new flows go by ext2" by_only 2
count_requests
check "it is asked on, once a round" about $arp
check "everybody is asked at most once a second, and thrice at first" \
    test $all -le $((took / 1000 + 3))
for kind in unasked other; do
	helper_start isp1 spoof spoof fw $kind 10.0.1.1 2001:db8:1::1
	check "$kind: ext1 stays down" stays 600 ext1 down
	helper_end spoof
	forged=$(sed -n 's/forged=//p' /run/lab/spoof.out)
	check "$kind: $forged were forged" test "${forged:-0}" -gt 5
done
helper_start isp1 spoof spoof fw good 10.0.1.1 2001:db8:1::1
check_soon 5 "who answers for it raises the line, whoever it is" \
    level_is ext1 up
helper_end spoof
check_soon 5 "without that it is down" cause_is ext1 down gateway
gateway_back 1
check_soon 8 "gateway is back: ext1 is up" level_is ext1 up
check_soon 2 "gateway is back: new flows use both" by_both

# ---- the network lives, but not the gateway
lab_sysctl isp1 ipv4/conf/fw/promote_secondaries=1
lab_addr isp1 fw 10.0.1.7/24 2001:db8:1::7/64
ip -n isp1 addr del 10.0.1.1/24 dev fw
ip -n isp1 addr del 2001:db8:1::1/64 dev fw
check_soon 5 "the gateway's addresses are gone: ext1 is down" \
    cause_is ext1 down gateway
check "a neighbour answers" answers_ping 10.0.1.7
check "and by IPv6" answers_ping 2001:db8:1::7
check "ext1 stays down" stays 300 ext1 down
lab_addr isp1 fw 10.0.1.1/24 2001:db8:1::1/64
ip -n isp1 route replace default via 172.16.1.1
ip -n isp1 -6 route replace default via 2001:db8:f1::1
check_soon 8 "they are back: ext1 is up" level_is ext1 up

# ---- another box with the gateway's address
before=$(downs)
ip -n isp1 link set fw address 02:00:00:00:00:77
check "another Ethernet address: ext1 stays up" stays 600 ext1 up
count_requests
check "that one is asked alone" test $((all * 5)) -le $arp

# ---- what this cannot tell
far_dead 1
check "dead beyond the gateway: nothing is seen of it" stays 600 ext1 up
far_back 1
check "ext1 has not been down for that" test "$(downs)" = "$before"
stop

# ---- a link-local gateway, and a line without neighbours
here=$(ip -n isp1 -6 -o addr show dev fw scope link |
    sed -n 's/.*inet6 \([^/]*\).*/\1/p' | head -n 1)
write_conf "'\"$here\"' nd" "10.0.2.1 arp"
ip -n fw link set ext2 arp off
start_only
check_soon 10 "link-local gateway: ext1 is up" level_is ext1 up
gateway_dead 1
check_soon 5 "link-local gateway, dead: ext1 is down" cause_is ext1 down gateway
gateway_back 1
check_soon 8 "link-local gateway, back: ext1 is up" level_is ext1 up
told() {
	grep 'uplink ext2: arp cannot be used on ext2, which has no link-layer' \
	    /run/lab/uplinkd.log | wc -l
}
check_soon 5 "ext2 has no neighbours: that is told" eval '[ $(told) = 1 ]'
check "nothing is known of ext2" not level_is ext2 down
ip -n fw link set ext2 arp on
check_soon 10 "it has some: ext2 is up" level_is ext2 up
check "it was told once" eval '[ $(told) = 1 ]'
stop
lab_done

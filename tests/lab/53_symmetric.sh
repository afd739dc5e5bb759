#!/bin/sh
# SPDX-License-Identifier: ISC
#
# routing.symmetric: a connection is answered by the line by which it came in,
# in every state of the routing, both families; one that went out stays on its
# line.  The providers drop what does not bear an address of their line, as
# providers do: an answer by the wrong line never arrives.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

# A server behind the firewall, and one on it that has no line's address.
for a in 10.9.0.2 2001:db8:9::2; do
	spawn lan "$BUILD/tests/lab/flow" -s -p 7007 $a
	spawn lan "$BUILD/tests/lab/stream" -s -p 7008 $a
done
for a in 10.9.0.1 2001:db8:9::1; do
	spawn fw "$BUILD/tests/lab/flow" -s -p 7009 $a
done
for a in 10.0.2.2 2001:db8:2::2; do
	spawn fw "$BUILD/tests/lab/flow" -s -p 7010 $a
done
for a in $FAR $FAR6; do
	spawn inet "$BUILD/tests/lab/stream" -s $a
done

# The administrator's own table beside ours, as many have it: marks that are
# stored and restored with all their bits, at the usual priority.
site() {
	in_ns fw nft -f - <<-EOF2
	table inet site
	flush table inet site
	table inet site {
		chain prerouting {
			type nat hook prerouting priority dstnat
			iifname { "ext1", "ext2" } jump ports
		}
		chain ports {
			ip daddr { 10.0.1.2, 10.0.2.2 } udp dport 7007 dnat ip to 10.9.0.2
			ip daddr { 10.0.1.2, 10.0.2.2 } tcp dport 7008 dnat ip to 10.9.0.2
			ip daddr { 10.0.1.2, 10.0.2.2 } udp dport 7009 dnat ip to 10.9.0.1
			ip6 daddr { 2001:db8:1::2, 2001:db8:2::2 } udp dport 7007 dnat ip6 to 2001:db8:9::2
			ip6 daddr { 2001:db8:1::2, 2001:db8:2::2 } tcp dport 7008 dnat ip6 to 2001:db8:9::2
			ip6 daddr { 2001:db8:1::2, 2001:db8:2::2 } udp dport 7009 dnat ip6 to 2001:db8:9::1
		}
		chain postrouting {
			type nat hook postrouting priority srcnat
			iifname "int" oifname "ext1" masquerade
			iifname "int" oifname "ext2" masquerade
		}
		chain whole {
			type filter hook prerouting priority mangle
			meta mark set ct mark
		}
		chain store {
			type filter hook postrouting priority mangle
			ct mark set meta mark
		}
	}
	EOF2
}
site
for n in 1 2; do
	in_ns isp$n nft -f - <<-EOF
	table inet source {
		chain forward {
			type filter hook forward priority -20
			iifname "fw" ip saddr != { 10.0.$n.0/24 } counter drop
			iifname "fw" ip6 saddr != { 2001:db8:$n::/64 } counter drop
		}
	}
	EOF
done

# 40 new connections from far away to a port of the firewall's address on a
# line; all are answered.
far_asks() {		# address, port
	lab_flows=$(helper inet flow -i 4 -n 40 -p "$2" "$1")
	case $lab_flows in
	*"answered=40 "*) return 0 ;;
	esac
	return 1
}

server_by() {		# line
	far_asks "10.0.$1.2" 7007 && far_asks "2001:db8:$1::2" 7007
}

own_by() {		# line
	far_asks "10.0.$1.2" 7009 && far_asks "2001:db8:$1::2" 7009
}

addressed_by_2() {
	far_asks 10.0.2.2 7010 && far_asks 2001:db8:2::2 7010
}

all_by_2() {		# in what state
	check_soon 10 "$1: the server behind is answered for by ext2" server_by 2
	check_soon 10 "$1: so is the firewall itself" own_by 2
	check_soon 10 "$1: and its address there" addressed_by_2
}

table_is() {		# there|gone
	lab_there=gone
	! in_ns fw nft list tables | grep -qx 'table inet uplinkd' ||
	    lab_there=there
	[ $lab_there = "$1" ]
}

symmetric() {		# method
	conf "$1" </dev/null
	sed -i 's/^routing:/&\n  symmetric: true/' $CONF
}

# ---- without it

conf override </dev/null
start
half_lost() {
	far_asks 10.0.2.2 7007
	echo "$lab_flows" | grep -q 'lost=[1-9]'
}
check "without it, answers leave by the wrong line" half_lost
check "there is no table then" table_is gone
stop
remove

# ---- every state, by both methods

for method in override withdraw; do
	symmetric $method
	start
	check_soon 5 "$method: the table is loaded" table_is there
	all_by_2 "$method, both up"
	check "$method, both up: the server is answered for by ext1" server_by 1

	far_dead 1
	check_soon 10 "$method: ext1 is down" levels down up
	check_soon 5 "$method: new connections go by ext2" by_only 2
	all_by_2 "$method, ext1 down"
	far_back 1
	check_soon 10 "$method: both are up" levels up up

	# Far hosts that are dead do not keep others from asking.
	in_ns isp2 nft add rule inet lab forward ip daddr $FAR drop
	in_ns isp2 nft add rule inet lab forward ip saddr $FAR drop
	check_soon 10 "$method: ext2 is down by its far host" levels up down
	check_soon 5 "$method: new connections go by ext1" by_only 1
	all_by_2 "$method, ext2 down though it works"
	far_back 2
	check_soon 10 "$method: all is as before" levels up up
	all_by_2 "$method, after all"
	check_soon 5 "$method: new connections are balanced" by_both
	check_soon 5 "$method: of IPv6 too" by_both -6
	stop
	remove
	check "$method: -x takes the table away" table_is gone
done
lab_done

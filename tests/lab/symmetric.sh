# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# symmetric.sh: what the scenarios of routing.symmetric share: servers, a
# firewall's own table, providers that drop what does not bear an address of
# their line (so an answer by the wrong line never arrives).  Sourced after
# lab_enter.

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
site() {		# what goes before, in one transaction
	in_ns fw nft -f - <<-EOF2
	table inet site
	$1
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
site "flush table inet site"
for n in 1 2; do
	in_ns isp$n nft -f - <<-EOF
	table inet source {
		counter stray { }
		chain forward {
			type filter hook forward priority -20
			iifname "fw" ip saddr 10.0.$((3 - n)).0/24 counter name stray
			iifname "fw" ip6 saddr 2001:db8:$((3 - n))::/64 counter name stray
			iifname "fw" ip saddr != 10.0.$n.0/24 drop
			iifname "fw" ip6 saddr != 2001:db8:$n::/64 drop
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

table_text() {
	in_ns fw nft list table inet uplinkd 2>/dev/null
}

# Packets that left by one line with an address of the other, since ever.
strays() {
	for lab_n in 1 2; do
		in_ns isp$lab_n nft list counter inet source stray
	done | sed -n 's/.*packets \([0-9]*\) .*/\1/p' | tr '\n' ' '
}

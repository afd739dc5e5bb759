#!/bin/sh
# SPDX-License-Identifier: ISC
#
# While ext1 is withdrawn, ping -I by name and by address goes by ext1 and its
# gateway; nobody asks by ARP for a far host on ext1.  Only the host that is
# probed is dead, so that there is something to reach.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"
OTHER=192.0.2.1
OTHER6=2001:db8:ffff::1

arps() {		# requests for the far host that came to isp1
	in_ns isp1 nft list chain netdev lab arps |
	    sed -n 's/.*packets \([0-9]*\) .*/\1/p'
}

pings() {		# family interface-or-address host
	in_ns fw ping "$1" -q -c 2 -i 0.2 -W 1 -I "$2" "$3" >/dev/null
}

# Packets from fw to the host that went by line 1.
by_ext1() {
	in_ns isp1 nft list chain inet lab seen | grep -c 'packets [1-9]'
}

withdrawn() {
	case $(default_text) in
	*ext1*)	return 1 ;;
	esac
}

in_ns isp1 nft -f - <<EOF
table netdev lab {
	chain arps {
		type filter hook ingress device "fw" priority -10
		arp operation request arp daddr ip $OTHER counter
	}
}
table inet lab {
	chain seen {
		type filter hook forward priority -20
		ip daddr $OTHER counter
		ip6 daddr $OTHER6 counter
	}
}
EOF
conf withdraw </dev/null
start
in_ns isp1 nft add rule inet lab forward ip daddr $FAR drop
check_soon 5 "ext1 is down" level_is ext1 down
check_soon 2 "ext1 is withdrawn" withdrawn
check "ping -I ext1 works" pings -4 ext1 $OTHER
check "ping -I its address works" pings -4 10.0.1.2 $OTHER
check "ping -6 -I ext1 works" pings -6 ext1 $OTHER6
check "ping -6 -I its address works" pings -6 2001:db8:1::2 $OTHER6
check "they went by line 1" test "$(by_ext1)" = 2
check "no ARP request for the far host" test "$(arps)" = 0
stop
remove
ip -n fw route replace default proto static metric 100 via 10.0.2.1
pings -4 ext1 $OTHER
check "without uplinkd there would have been" test "$(arps)" -gt 0
lab_done

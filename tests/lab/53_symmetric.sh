#!/bin/sh
# SPDX-License-Identifier: ISC
#
# routing.symmetric: a connection is answered by the line by which it came in,
# in every state of the routing, both families; one that went out stays on its
# line.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

. "$(dirname "$0")/symmetric.sh"

# ---- without it

conf override </dev/null
start
half_lost() {
	far_asks 10.0.2.2 7007
	echo "$lab_flows" | grep -q 'lost=[1-9]'
}
check "without it, answers leave by the wrong line" half_lost
check "there is no table then" table_is gone
check "the providers see it" [ "$(strays)" != "0 0 " ]
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
	# What comes in bears the mark, for rp_filter to go by.
	lab_sysctl fw ipv4/conf/ext2/rp_filter=1
	check "$method: rp_filter alone holds it up" not far_asks 10.0.2.2 7007
	lab_sysctl fw ipv4/conf/ext2/src_valid_mark=1
	check_soon 10 "$method: with src_valid_mark it does not" server_by 2
	lab_sysctl fw ipv4/conf/ext2/rp_filter=0 ipv4/conf/ext2/src_valid_mark=0
	in_ns isp1 nft add rule inet lab forward ip daddr $FAR drop
	in_ns isp1 nft add rule inet lab forward ip saddr $FAR drop
	check_soon 10 "$method: both are down" levels down down
	all_by_2 "$method, both down though they work"
	check "$method, both down: the server is answered for by ext1" \
	    server_by 1
	far_back 1
	check_soon 10 "$method: ext1 is up, ext2 is not" levels up down
	kill -9 "$DAEMON"
	wait "$DAEMON" 2>/dev/null
	all_by_2 "$method, ext2 down and uplinkd killed"
	far_back 2
	start
	check_soon 10 "$method: all is as before" levels up up
	all_by_2 "$method, after all"
	check_soon 5 "$method: new connections are balanced" by_both
	check_soon 5 "$method: of IPv6 too" by_both -6
	stop
	all_by_2 "$method, uplinkd stopped"
	remove
	check "$method: -x takes the table away" table_is gone
done
lab_done

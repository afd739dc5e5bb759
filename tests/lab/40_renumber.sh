#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Address and gateway of line 1 change, many times, while probes and flows run,
# as DHCP clients do it (the new address before the old one goes, or after) and
# as PPP does (addresses of both ends, a default without gateway).  The gateway
# is `auto`.  Within two intervals both targets, the gateway and the far host,
# are probed from the new address by the new gateway and nothing by the old one
# any more; the line is never down; and the daemon has in the end what it had.
# runs alone
. "$(dirname "$0")/lab.sh"
. "$(dirname "$0")/changes.sh"
lab_enter "$@"

# Another gateway on the same wire has an interface of its own, which tells
# packets apart; each answers ARP for itself.
second_gateway() {
	ip -n isp1 link add fwb link fw type macvlan mode bridge
	lab_addr isp1 fwb 10.0.11.1/24 2001:db8:11::1/64
	lab_sysctl isp1 ipv4/conf/all/arp_ignore=1 \
	    ipv4/conf/fw/proxy_arp=1 ipv4/neigh/fw/proxy_delay=0
	ip -n inet route add 10.0.11.0/24 via 172.16.1.2
	ip -n inet -6 route add 2001:db8:11::/64 via 2001:db8:f1::2
	# Far ends of point-to-point links.
	lab_addr isp1 fw 10.64.0.1/32 10.65.0.1/32
	ip -n isp1 route add 10.64.0.2 dev fw
	ip -n isp1 route add 10.65.0.2 dev fw
	ip -n inet route add 10.64.0.0/15 via 172.16.1.2
}

# ---- one change; sets want, what the default has afterwards

dhcp() {		# number
	if [ $(($1 % 2)) = 0 ]; then
		changing "$1" fw 10.0.1.2 10.0.1.1 $FAR
		new=10.0.1.2/24 old=10.0.11.2/24 want="via 10.0.1.1"
	else
		changing "$1" fwb 10.0.11.2 10.0.11.1 $FAR
		new=10.0.11.2/24 old=10.0.1.2/24 want="via 10.0.11.1"
	fi
	if [ $(($1 % 4)) -lt 2 ]; then
		ip -n fw -batch - <<-EOF
		addr del $old dev ext1
		addr add $new dev ext1
		route replace default $want dev ext1 proto dhcp metric 100
		EOF
	else
		ip -n fw -batch - <<-EOF
		addr add $new dev ext1
		route replace default $want dev ext1 proto dhcp metric 100
		addr del $old dev ext1
		EOF
	fi
}

ppp() {			# number
	if [ $(($1 % 2)) = 0 ]; then
		old=65 new=64
	else
		old=64 new=65
	fi
	changing "$1" fw 10.$new.0.2 10.$new.0.1 $FAR
	want="dev ext1"
	ip -n fw -batch - <<-EOF
	addr del 10.$old.0.2 peer 10.$old.0.1/32 dev ext1
	addr add 10.$new.0.2 peer 10.$new.0.1/32 dev ext1
	route replace default dev ext1 metric 100
	EOF
}

turns() {		# kind far-host
	changes_start
	helper_start lan flow flow -i 20 "${2:-$FAR}"
	n=0
	while [ $n -lt "$TIMES" ] && [ $LAB_FAILED = 0 ]; do
		n=$((n + 1))
		$1 $n || check "$1: turn $n could be made" false
		changed $n "$want"
		if [ $n = $((TIMES / 10)) ]; then
			fds=$(descriptors) rss=$(memory) cpu=$(processor)
			at=$(now_ms)
		fi
	done
	changes_end
	helper_end flow
}

checks() {		# kind address -6
	check "$1, $TIMES times: right in two intervals ($(figures right))" \
	    in_time right "$TIMES"
	check "$1: so is the line's table ($(figures table))" \
	    in_time table "$TIMES"
	check "$1: and not wrong any more after them ($(figures wrong))" \
	    in_time wrong "$TIMES"
	check "$1: ext1 was never down" test "$(count_events down)" = 0
	check "$1: it was unknown $(count_events unknown) times \
($(figures unknown))" in_time unknown "$(count_events unknown)"
	check_soon 5 "$1: descriptors are as many as at turn \
$((TIMES / 10)): $fds" same_descriptors "$fds"
	if [ -z "${RUN_PREFIX:-}" ]; then
		check "$1: memory has not grown (KiB: ${rss}-> $(memory))" \
		    grown_less 512 "$rss" "$(memory)"
		cpu=$((($(processor) - cpu) * 1000 / ($(now_ms) - at)))
		check "$1: it has worked $cpu hundredths of the time" \
		    test $cpu -lt 15
	fi
	check_soon 3 "$1: in the end ext1 is up" level_is ext1 up
	check_soon 3 "$1: and new flows go by it" answered_by "$2" "${3:-}"
	sed 's/^/# /' /run/lab/flow.out | tail -n 1
}

answered_by() {		# beginning of an address, -6
	case $(new_flows "${2:-}") in
	*"answered=40 "*" $1"*=40)	return 0 ;;
	esac
	return 1
}

second_gateway
GATEWAY1=auto
TARGET="gateway
        - ping: $FAR"
ip -n fw route replace default via 10.0.2.1 dev ext2 proto static metric 200
ip -n fw route del default metric 100
ip -n fw route add default via 10.0.1.1 dev ext1 proto dhcp metric 100
ip -n fw -6 route del default
conf override </dev/null
start
turns dhcp
checks dhcp 10.0.1.2
ip -n fw -batch - <<-EOF
addr del 10.0.1.2/24 dev ext1
addr add 10.64.0.2 peer 10.64.0.1/32 dev ext1
route replace default dev ext1 metric 100
EOF
check_soon 3 "without a gateway: new flows go by ext1" answered_by 10.64.0.2
turns ppp
checks ppp 10.64.0.2
stop

# ---- router advertisements, whose gateway is link-local

link_local() {		# interface of isp1
	ip -n isp1 -6 addr show dev "$1" scope link |
	    sed -n 's|.*inet6 \([^/]*\)/.*|\1|p'
}

advertised() {		# number
	if [ $(($1 % 2)) = 0 ]; then
		gateway=$(link_local fw)
		changing "$1" fw any "$gateway" $FAR6
		helper isp1 ra fwb 2001:db8:11:: 0 0
		helper isp1 ra fw 2001:db8:1:: 1800 1800
	else
		gateway=$(link_local fwb)
		changing "$1" fwb any "$gateway" $FAR6
		helper isp1 ra fw 2001:db8:1:: 0 0
		helper isp1 ra fwb 2001:db8:11:: 1800 1800
	fi
	want="via $gateway"
}

# What the kernel makes of them: the route, the address.
default_is() {		# gateway
	ip -n fw -6 route show default dev ext1 | grep -q "via $1 .*proto ra"
}

TIMES=20
TARGET="gateway
        - ping: $FAR6"
ip -n fw route del default metric 100
ip -n fw addr flush dev ext1 scope global
lab_sysctl fw ipv6/conf/ext1/accept_ra=2
lab_sysctl isp1 ipv6/conf/fw/accept_ra=0 ipv6/conf/fwb/accept_ra=0
helper isp1 ra fw 2001:db8:1:: 1800 1800
check_soon 5 "a router advertises itself" default_is "$(link_local fw)"
rm -rf $RUN /run/lab/state
conf override </dev/null
start
turns advertised $FAR6
checks advertised 2001:db8:1: -6
stop

# ---- no IPv6

# A plan has a family that is `auto` whether the kernel has it or not.
said_of_v6() {
	sed 's/^[^ ]* //; / plan/d' /run/lab/uplinkd.log |
	    grep -iE 'ipv6|inet6|::'
}

v4_alone() {		# gateway what
	GATEWAY1=$1 GATEWAY2=10.0.2.1
	rm -rf $RUN /run/lab/state
	: >/run/lab/uplinkd.log
	conf override </dev/null
	VERBOSE=yes
	start
	far_dead 1
	check_soon 5 "$2: ext1 is down" level_is ext1 down
	far_back 1
	check_soon 5 "$2: it is up again" level_is ext1 up
	stop
	remove
	check "$2: the log does not speak of IPv6" not said_of_v6
}

remove
TARGET="gateway
        - ping: $FAR"
ip -n fw addr add 10.0.1.2/24 dev ext1
ip -n fw route add default via 10.0.1.1 dev ext1 metric 100
v4_alone 10.0.1.1 "lines of IPv4 only"
lab_sysctl fw ipv6/conf/all/disable_ipv6=1 ipv6/conf/default/disable_ipv6=1
v4_alone 10.0.1.1 "IPv6 is off"
v4_alone auto "IPv6 is off, the gateway is auto"
lab_done

#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The lab itself, without uplinkd: the network balances, and each fault does
# what its name says and can be mended.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

ping_gw() {
	in_ns fw ping -q -c 1 -W 1 -I ext1 10.0.1.1 >/dev/null
}

some_lost() {
	case $(new_flows "$@") in
	*"lost=0 "*) return 1 ;;
	esac
}

carrier_is() {
	[ "$(in_ns fw sh -c 'mount -t sysfs sys /sys 2>/dev/null;
	    cat /sys/class/net/ext1/carrier')" = "$1" ]
}

check_soon 5 "new flows use both lines" by_both
check_soon 5 "IPv6 too" by_both -6
far_dead 1
check "silent far death: packets are lost" some_lost
check "IPv6 too" some_lost -6
check "its gateway answers" ping_gw
far_back 1
check_soon 5 "mended" by_both
gateway_dead 1
check "dead gateway: packets are lost" some_lost
check "its gateway is silent" not ping_gw
gateway_back 1
check_soon 5 "mended" by_both
check_soon 5 "IPv6 too" by_both -6
carrier_lost 1
check_soon 3 "carrier is lost" carrier_is 0
check "packets are lost" some_lost
carrier_back 1
check_soon 3 "carrier is back" carrier_is 1
check_soon 5 "mended" by_both
check_soon 5 "IPv6 too" by_both -6
lab_done

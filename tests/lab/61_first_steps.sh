#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What a newcomer types first: `uplinkctl init` writes a configuration with
# which the daemon starts and works unedited; `uplinkctl export` tells packet
# filters and scripts the same, as the kernel has it now.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

FIRST=/run/lab/first.conf

# Nothing is edited, so directories are where they are on a real machine.
mount -t tmpfs lab /var/lib || exit 1

init_to() {		# file, argument...
	lab_file=$1
	shift
	in_ns fw "$BUILD/uplinkctl" init "$@" >"$lab_file" \
	    2>/run/lab/init.notes
}

exported() {		# form
	in_ns fw "$BUILD/uplinkctl" -f $FIRST export "$1"
}

has() {			# file, line...
	lab_file=$1
	shift
	for lab_l; do
		grep -qxF -- "$lab_l" "$lab_file" || return 1
	done
}

# ---- init

check "init writes a configuration" init_to $FIRST --far $FAR --far $FAR6
check "which is right" in_ns fw "$BUILD/uplinkd" -n -f $FIRST
check "it has both lines with both families" has $FIRST \
    '    gateway: ["10.0.1.1", "2001:db8:1::1"]' \
    '    gateway: ["10.0.2.1", "2001:db8:2::1"]'
check "and says what it took for no line" grep -q \
    '^# int has 10.9.0.1/24 and no default route' $FIRST

main=$(main_text)
CONF=$FIRST
RUN=/run/uplinkd
start
check "as it is, the daemon works with it" by_both
far_dead 1
check_soon 15 "a dead line is noticed" level_is ext1 down
check_soon 5 "and left" by_only 2
check_soon 5 "IPv6 too" by_only 2 -6
far_back 1
check_soon 60 "its return, too" level_is ext1 up
check "the administrator's routes are as they were" [ "$(main_text)" = "$main" ]
stop
remove

init_to /run/lab/bare.conf
check "without far hosts it is right as well" \
    in_ns fw "$BUILD/uplinkd" -n -f /run/lab/bare.conf
check "and what that means is said" grep -q 'only the gateways are watched' \
    /run/lab/init.notes

# One by DHCP, and a standby that a worse metric makes.
ip -n fw route del default metric 100
ip -n fw route add default via 10.0.1.1 dev ext1 proto dhcp metric 100
ip -n fw route add default via 10.0.2.1 dev ext2 proto static metric 200
ip -n fw -6 route del default metric 100
init_to /run/lab/two.conf
check "what DHCP has set is auto" grep -q '^    gateway: auto ' \
    /run/lab/two.conf
check "what has a worse metric is a standby" grep -q '^    tier: 2 ' \
    /run/lab/two.conf
check "and that is right" in_ns fw "$BUILD/uplinkd" -n -f /run/lab/two.conf
ip -n fw route flush default
check "without any default route it says so" sh -c "
    nsenter --net=/run/netns/fw -- '$BUILD/uplinkctl' init 2>&1 |
    grep -q 'no default route'"
lab_balance

# ---- export

exported nft >/run/lab/lines.nft
check "nft gets definitions" has /run/lab/lines.nft \
    'define ext1_if = "ext1"' 'define ext1_addr = 10.0.1.2' \
    'define ext2_gw6 = 2001:db8:2::1' 'define ext2_mark = 0x00020000'
cat >/run/lab/use.nft <<-'EOF'
	include "/run/lab/lines.nft"
	table inet lab_use {
		chain post {
			type nat hook postrouting priority srcnat
			oifname $ext1_if ip saddr != $ext1_addr snat ip to $ext1_addr
			oifname $ext2_if ip saddr != $ext2_addr snat ip to $ext2_addr
			oifname $uplink_ifs meta mark & 0x7f0000 == $ext2_mark accept
			ip6 daddr $ext2_gw6 counter
		}
	}
EOF
check "and takes them" in_ns fw nft -c -f /run/lab/use.nft

exported sh >/run/lab/lines.sh
# shellcheck disable=SC2016	# it is the shell within that reads them
check "sh gets variables" [ "$(sh -euc '. /run/lab/lines.sh
    for u in $uplinks; do eval "echo \$${u}_if \$${u}_gw"; done' |
    tr '\n' ' ')" = "ext1 10.0.1.1 ext2 10.0.2.1 " ]

exported pf >/run/lab/lines.pf
check "pf gets macros" has /run/lab/lines.pf 'ext1_if = "ext1"' \
    'ext2_addr6 = "2001:db8:2::2"' 'uplink_ifs = "{ ext1, ext2 }"'

ip -n fw addr del 10.0.2.2/24 dev ext2
ip -n fw addr add 10.0.2.77/24 dev ext2
exported pf >/run/lab/lines.pf
check "an address that has changed is told as it is" has /run/lab/lines.pf \
    'ext2_addr = "10.0.2.77"'
ip -n fw addr flush dev ext2
exported nft >/run/lab/lines.nft
check "one that is not there is not defined" not grep -q ext2_addr \
    /run/lab/lines.nft
check "so that nobody uses a hole in its place" not in_ns fw nft -c -f \
    /run/lab/use.nft
lab_done

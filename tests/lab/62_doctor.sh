#!/bin/sh
# SPDX-License-Identifier: ISC
#
# `uplinkctl doctor` finds on a real machine what is known to bite, each made
# here and taken back, and nothing where there is nothing.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

doctor() {
	in_ns fw "$BUILD/uplinkctl" -f $CONF doctor "$@" >/run/lab/doctor 2>&1
}

says() {		# pattern: so it says, and is not content
	! doctor && grep -q -- "$1" /run/lab/doctor
}

notes() {		# pattern: so it says, though it does not matter much
	doctor
	grep -q -- "$1" /run/lab/doctor
}

# Not on a machine where somebody has made the account.
well() {
	doctor
	! grep -v 'account: there is no user _uplinkd\|one far host only' \
	    /run/lab/doctor
}

# resolv.conf(5) is the machine's: another one in its place, here only.
servers() {
	printf 'nameserver %s\n' "$@" >/run/lab/resolv.conf
}

servers 192.0.2.1
mount --bind /run/lab/resolv.conf "$(readlink -f /etc/resolv.conf)" ||
    lab_skip "no resolv.conf here"
conf override </dev/null
# The rest of the lab has no connections tracked, and needs none.
doctor
check "nothing is found where nothing is wrong" well

ip -n fw link set ext2 down
check "an interface that is down" says '^fault *ext2: ext2 is set down'
ip -n fw link set ext2 up
lab_balance
ip -n fw link set ext2 name away
check "one that is not there" says '^fault *ext2: there is no interface ext2'
ip -n fw link set away name ext2
ip -n fw link set ext2 up
lab_balance

lab_sysctl fw ipv4/conf/ext2/rp_filter=1
ip -n fw route del default metric 100
ip -n fw route add default via 10.0.1.1 dev ext1 metric 100
check "rp_filter that would drop answers, and which" says \
    "^fault *ext2: rp_filter drops the answers of \"ping $FAR\""
lab_sysctl fw ipv4/conf/ext2/rp_filter=0
lab_balance

# The same setting, where it is symmetric routing that it takes from: for an
# interface that has a dot in its name, as a VLAN's has.
sed -i 's/^routing:/&\n  symmetric: true/' $CONF
check "symmetric routing alone is no fault" well
ip -n fw link set ext2 down
ip -n fw link set ext2 name ext.2
ip -n fw link set ext.2 up
lab_sysctl fw ipv4/conf/ext.2/rp_filter=1
sed -i 's/interface: ext2/interface: ext.2/' $CONF
check "strict rp_filter with symmetric routing, and what to set" says \
    '^warning *ext2: rp_filter is 1 .* net.ipv4.conf.ext/2.rp_filter=2 '
in_ns fw sysctl -q -w net.ipv4.conf.ext/2.src_valid_mark=1
strict() {
	doctor
	grep -q 'rp_filter is 1' /run/lab/doctor
}
check "not if the mark counts" not strict
lab_sysctl fw ipv4/conf/ext.2/src_valid_mark=0 ipv4/conf/all/rp_filter=2
check "nor if the setting of all is loose" not strict
lab_sysctl fw ipv4/conf/all/rp_filter=0 ipv4/conf/ext.2/rp_filter=0
sed -i 's/interface: ext.2/interface: ext2/; /symmetric/d' $CONF
ip -n fw link set ext.2 down
ip -n fw link set ext.2 name ext2
ip -n fw link set ext2 up
lab_balance

lab_sysctl fw ipv4/fib_multipath_hash_policy=0
check "a kernel that balances hosts, not connections" notes \
    'net.ipv4.fib_multipath_hash_policy is 0'
lab_sysctl fw ipv4/fib_multipath_hash_policy=1
lab_sysctl fw ipv4/ip_forward=0
check "one that does not forward" notes 'net.ipv4.ip_forward is 0'
lab_sysctl fw ipv4/ip_forward=1

ip -n fw rule add priority 5752 from 10.9.0.7 lookup 77
check "a rule among ours" says "rule 5752 stands among ours"
ip -n fw rule del priority 5752
ip -n fw rule add priority 5758 from 10.9.0.7 lookup 77
check "also beside the override, the last of them" \
    says "rule 5758 stands among ours (5750 to 5758)"
ip -n fw rule del priority 5758
ip -n fw rule add priority 100 from 10.9.0.7 lookup 77
check "one before ours" notes 'rule 100, to table 77, comes before ours'
ip -n fw rule del priority 100
ip -n fw rule add priority 9000 fwmark 0x30000/0x30000 lookup 77
check "one that looks at our marks" says 'rule 9000 looks at mark 0x30000'
ip -n fw rule del priority 9000
ip -n fw route add default via 10.0.1.1 table 5751
check "somebody's route in a table of ours" says 'default in table 5751'
ip -n fw route del default table 5751

servers 10.0.1.1 10.0.1.53
check "name servers behind one line" says '^warning *ext1: every name server'
servers 10.0.1.1 192.0.2.1
check "not if there is another" well
servers 192.0.2.1

UPLINK2='    flows: { down: kill }
'
conf override </dev/null
if [ ! -e /proc/sys/net/netfilter/nf_conntrack_max ]; then
	check "a kernel that tracks nothing" says 'tracks no connections'
fi
UPLINK2=''
conf override </dev/null

# What is called so is taken for it, as a real one would be.
cp "$(command -v sleep)" /run/lab/systemd-networkd
spawn fw /run/lab/systemd-networkd 60
check_soon 5 "another manager of routes, and what to set" says \
    'systemd-networkd: is running: .*ManageForeignRoutingPolicyRules=no'
kill "$SPAWNED"
wait "$SPAWNED" 2>/dev/null

sed -i 's/ping: .*/ping: gateway/' $CONF
check "lines that only their gateways prove" says 'only the gateway is watched'
doctor --json
check "all of it as JSON" grep -q \
    '^\[{"grade":"[a-z]*","about":"[^"]*","text":"[^"]*"}.*\]$' /run/lab/doctor
start_only
wait_for 10 level_is ext1 up
doctor
check "nor with the daemon running" not grep -q 'rule 57\|table 57' \
    /run/lab/doctor
stop
lab_done

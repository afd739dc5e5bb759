#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Lines watched by TCP and DNS, IPv4 and IPv6: each goes down when that alone
# does not come through by it, probes leave by their own line, and nothing
# that this machine, or a box on the way, says in the server's place counts.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

DNS=192.0.2.2
DNS6=2001:db8:ffff::2

# watch_by GATEWAY-NEEDED TARGET...: both lines, and they need all of them.
watch_by() {
	need=$1
	shift
	{
		echo "state_dir: /run/lab/state"
		echo "run_dir: $RUN"
		echo "uplinks:"
		for n in 1 2; do
			uplink_conf $n | grep -v -e targets: -e ping:
			echo "      require: { far: all, gateway: $need }"
			echo "      targets:"
			for target; do
				echo "        - $target"
			done
		done
	} >$CONF
}

# cut NAMESPACE CHAIN RULE...: until mend.
cut() {
	cut_ns=$1 cut_chain=$2
	shift 2
	in_ns "$cut_ns" nft add rule inet cut "$cut_chain" "$@"
}

mend() {
	in_ns "$cut_ns" nft flush chain inet cut "$cut_chain"
}

# What is cut takes line 1 out, and it returns.
takes_down() {		# text, cause
	check_soon 5 "$1: ext1 is down" cause_is ext1 down "$2"
	check "$1: ext2 is up" level_is ext2 up
	mend
	check_soon 8 "$1 is over: ext1 is up" level_is ext1 up
}

# Packets to the servers that the gateway of a line saw, by whose address.
seen() {		# line, own|other
	in_ns "isp$1" nft list counter inet count "$2" |
	    sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

goes_on_by() {		# line: more have come since
	was=$(seen "$1" own)
	more() {
		[ "$(seen "$1" own)" -gt $((was + 20)) ]
	}
	wait_for 5 more "$1"
}

no_other() {
	[ "$(seen 1 other)" = 0 ] && [ "$(seen 2 other)" = 0 ]
}

zone() {
	echo "$1" >/run/lab/zone.new
	mv /run/lab/zone.new /run/lab/zone
}

logged() {		# pattern
	grep -q -- "$1" /run/lab/uplinkd.log
}

for ns in fw isp1 inet; do
	in_ns $ns nft -f - <<-EOF
	table inet cut {
		chain forward {
			type filter hook forward priority -30
		}
		chain input {
			type filter hook input priority -30
		}
		chain output {
			type filter hook output priority -30
		}
	}
	EOF
done
for n in 1 2; do
	in_ns isp$n nft -f - <<-EOF
	table inet count {
		counter own {
		}
		counter other {
		}
		chain forward {
			type filter hook forward priority -20
			iifname != "fw" return
			# The kernel's own word about a late answer is no probe.
			meta l4proto != { tcp, udp } return
			th dport != { 53, 80 } return
			ip saddr 10.0.$n.2 counter name own return
			ip6 saddr 2001:db8:$n::2 counter name own return
			counter name other
		}
	}
	EOF
	spawn isp$n "$BUILD/tests/lab/web" 8080 /dev/null
done
spawn inet "$BUILD/tests/lab/web" 80 /dev/null
spawn inet "$BUILD/tests/lab/refuse" 81
zone "lab.example $FAR 30"
spawn inet "$BUILD/tests/lab/dnsd" $DNS /run/lab/zone
spawn inet "$BUILD/tests/lab/dnsd" $DNS6 /run/lab/zone

# ---- each of four targets is needed

INTERVAL=100ms TIMEOUT=1s CONFIRM=100ms VERBOSE=yes
watch_by false "tcp: $FAR:80" "tcp: '[$FAR6]:80'" "dns: $DNS" \
    "dns: { server: '$DNS6', name: lab.example, type: a, answer: $FAR }"
prlimit --pid $$ --nofile=256:
start
files() {
	sed -n 's/^Max open files *\([0-9]*\).*/\1/p' \
	    "/proc/$(role_pid probes)/limits"
}
check "probes have more descriptors than we" test "$(files)" -gt 256
check "new flows use both lines" by_both
ip -n fw route replace default via 10.0.2.1 dev ext2 metric 100
ip -n fw -6 route replace default via 2001:db8:2::1 dev ext2 metric 100
check "all other traffic goes by line 2: probes of ext1 go by line 1" \
    goes_on_by 1
check "and those of ext2 by line 2" goes_on_by 2
lab_balance

cut isp1 forward ip daddr $FAR tcp dport 80 drop
takes_down "no TCP by line 1" far
cut isp1 forward ip6 daddr $FAR6 tcp dport 80 drop
takes_down "no TCP by line 1, IPv6" far
cut isp1 forward ip daddr $DNS udp dport 53 drop
takes_down "no DNS by line 1" far
cut isp1 forward ip6 daddr $DNS6 udp dport 53 drop
takes_down "no DNS by line 1, IPv6" far

# ---- who says no

lab_sysctl isp1 ipv4/icmp_ratelimit=0
cut isp1 forward meta nfproto ipv4 tcp dport 80 reject
takes_down "the provider refuses by ICMP" far
zone "* 5 0"
check_soon 5 "the name server refuses all: it is none by any line" \
    cause_is ext1 up target-suspect
zone "lab.example $FAR 30"
check_soon 8 "it does not any more: no cause is left" cause_is ext1 up none
check "no probe went by the other line" no_other
stop

# ---- a timeout that is longer than the pace, and the gateway's own ports

TIMEOUT=30s
watch_by true "tcp: gateway:8080" "tcp: $FAR:80"
start
cut isp1 forward ip daddr $FAR tcp dport 80 drop
takes_down "a timeout of 30 s: no TCP by line 1" far
cut isp1 input tcp dport 8080 drop
takes_down "no TCP to the gateway" gateway
stop

# ---- nobody but ourselves

TIMEOUT=1s
in_ns inet nft add rule inet cut input tcp dport 81 drop
watch_by false "tcp: $FAR:81"
start
check "a host that resets connections is there" levels up up
cut fw output oifname ext1 tcp dport 81 reject with tcp reset
takes_down "our own filter resets" far
stop

watch_by false "dns: $DNS"
start
cut fw output oifname ext1 udp dport 53 drop
check_soon 5 "our own filter drops: ext1 is not up" not level_is ext1 up
check_soon 3 "it was not even sent, which is logged" \
    logged "probe \"dns $DNS\": Operation not permitted"
stop
mend

watch_by false "tcp: 10.0.1.2:80" "tcp: '[2001:db8:1::2]:80'" "ping: 10.0.1.2"
start_only
check_soon 5 "an address of our own is not asked for" \
    logged 'uplink ext1: probe "tcp 10.0.1.2:80": Address already in use'
check_soon 5 "ext1 is not up any more" not level_is ext1 up
stop
lab_done

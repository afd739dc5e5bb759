#!/bin/sh
# SPDX-License-Identifier: ISC
#
# conf/examples/firewall.nft with the lab's addresses in its definitions and
# nothing else changed: who passes and who does not, that what leaves by a line
# has the address of that line, before, during and after an outage, forwarded
# ports, marks of others, and what the kernel's hash does with a client.
. "$(dirname "$0")/lab.sh"
command -v conntrack >/dev/null || lab_skip "conntrack is not installed"
lab_enter "$@"

SHIPPED=$TOP/conf/examples/firewall.nft
FW=/run/lab/firewall.nft
sed 's,192\.168\.0\.0/16,10.9.0.0/16,; s,192\.168\.1\.80 \. 443,10.9.0.2 . 8443,
    s,tcp \. 443 ,udp . 443 ,; s,192\.168\.1\.[0-9]*,10.9.0.2,
    /map forwards6/,/}/s,inet_service$,&\
		elements = { udp . 443 : 2001:db8:9::2 . 8443 },' \
    "$SHIPPED" >$FW
check "what is shipped is right" in_ns fw nft -c -f "$SHIPPED"
in_ns fw nft delete table inet site
check "it is loaded" in_ns fw nft -f $FW
check "and takes its own place" in_ns fw nft -f $FW
check "once" [ "$(in_ns fw nft list tables | wc -l)" = 1 ]

# What an address that is not of this line would look like to its provider.
for n in 1 2; do
	in_ns isp$n nft -f - <<-EOF
	table inet strangers {
		counter v4 { }
		counter v6 { }
		chain in {
			type filter hook prerouting priority -300
			iifname "fw" ip saddr != 10.0.$n.2 counter name v4
			iifname "fw" ip6 saddr != { 2001:db8:$n::2, fe80::/10 } counter name v6
		}
	}
	EOF
done
in_ns lan nft -f - <<EOF
table inet arrived {
	counter web { }
	chain in {
		type filter hook input priority 0
		udp dport 8443 counter name web
	}
}
EOF

# A source port that comes again would meet its old connection.
fresh() {
	in_ns fw conntrack -F >/dev/null 2>&1
}

counted() {		# namespace table counter
	in_ns "$1" nft list counter inet "$2" "$3" |
	    sed -n 's/.*packets \([0-9]*\) .*/\1/p'
}

no_strangers() {
	[ "$(counted isp1 strangers v4) $(counted isp1 strangers v6)" = "0 0" ] &&
	    [ "$(counted isp2 strangers v4) $(counted isp2 strangers v6)" = "0 0" ]
}

asked() {		# namespace, what flow is to know: sent and answered
	lab_n=$1
	shift
	helper "$lab_n" flow -i 2 -n 40 "$@" |
	    sed -n 's/.*sent=\([0-9]*\) answered=\([0-9]*\) .*/\1 \2/p'
}

# ---- who may speak to whom

spawn fw "$BUILD/tests/lab/flow" -s -p 7000 0.0.0.0
spawn fw "$BUILD/tests/lab/flow" -s -p 53 10.9.0.1
spawn lan "$BUILD/tests/lab/flow" -s -p 8443 10.9.0.2
spawn lan "$BUILD/tests/lab/flow" -s -p 8443 2001:db8:9::2
spawn inet "$BUILD/tests/lab/flow" -s -p 7001 $FAR
check_soon 5 "inside, the firewall is asked for names" \
    eval '[ "$(asked lan -p 53 10.9.0.1)" = "40 40" ]'
check "and for nothing else" [ "$(asked lan -p 7000 10.9.0.1)" = "40 0" ]
check "nobody outside speaks to it" [ "$(asked inet 10.0.1.2)" = "40 0" ]
pings() {
	in_ns inet ping -q -c3 -i 0.2 -W1 10.0.2.2 >/dev/null
}
check "but for pings" pings
for n in 1 2; do
	ip -n isp$n route add 10.9.0.0/24 via 10.0.$n.2
done
ip -n inet route add 10.9.0.0/24 via 172.16.1.2
check "nobody outside speaks to who is inside" \
    [ "$(asked inet -p 8443 10.9.0.2)" = "40 0" ]
check "none of that has arrived" [ "$(counted lan arrived web)" = 0 ]
ip -n inet route del 10.9.0.0/24

# ---- addresses, with and without an outage

goes_on() {		# name of the run, line: answered by it just now
	helper_tell "$1" "report now"
	tail -n 1 "/run/lab/$1.out" | grep -q " 10.0.$2.2=[1-9]"
}

try() {			# method
	conf "$1" </dev/null
	lab_balance
	start
	check_soon 5 "$1: connections leave by both lines" by_both
	check_soon 5 "$1: by IPv6 too" by_both -6
	check "$1: each with the address of its line" no_strangers
	helper_start lan often flow -i 10 $FAR
	exec 8<>/run/lab/often.in	# 9 is taken for the next one
	helper_start lan long flow -k -i 50 $FAR

	gateway_dead 1
	check_soon 10 "$1: ext1 is down" levels down up
	check_soon 5 "$1: new connections leave by ext2" by_only 2
	check_soon 5 "$1: by IPv6 too" by_only 2 -6
	check_soon 10 "$1: a long one goes on there" goes_on long 2
	gateway_back 1
	check_soon 10 "$1: ext1 is back" levels up up
	check_soon 5 "$1: both lines are used again" by_both
	check_soon 5 "$1: by IPv6 too" by_both -6

	gateway_dead 2
	check_soon 10 "$1: ext2 is down" levels up down
	check_soon 5 "$1: new connections leave by ext1" by_only 1
	check_soon 10 "$1: a long one goes on there" goes_on long 1
	forwards "$1"
	gateway_back 2
	check_soon 10 "$1: ext2 is back" levels up up
	helper_end often
	helper_end long
	sed "s/^/# $1: /" /run/lab/often.out | grep 'report end'
	check "$1: nothing ever left with the address of the other line" \
	    no_strangers
	check "$1: packets of both lines were looked at" \
	    [ "$(in_ns fw nft list chain inet firewall outgoing |
	    sed -n 's/.*counter packets \([0-9]*\) .*/\1/p')" -gt 200 ]
	stop
}

# While one line carries, all answers take it: no more is needed for that.
forwards() {
	check_soon 5 "$1: a forwarded port is answered" \
	    eval '[ "$(asked inet -p 443 10.0.1.2)" = "40 40" ]'
	check_soon 5 "$1: by IPv6 too" \
	    eval '[ "$(asked inet -p 443 2001:db8:1::2)" = "40 40" ]'
	check "$1: its neighbour is not" [ "$(asked inet -p 444 10.0.1.2)" = "40 0" ]
}

try override
try withdraw

# ---- forwarded ports by both lines, to a server that has its line

UPLINK1='    clients: { only: [10.9.0.2/32, "2001:db8:9::2/128"] }
'
conf override </dev/null
start
in_ns lan nft reset counters table inet arrived >/dev/null
check_soon 5 "a server that uses ext1 only is answered there" \
    eval '[ "$(asked inet -p 443 10.0.1.2)" = "40 40" ]'
check_soon 5 "by IPv6 too" \
    eval '[ "$(asked inet -p 443 2001:db8:1::2)" = "40 40" ]'
n=$(counted lan arrived web)
asked inet -p 443 10.0.2.2 >/dev/null
check "what comes by ext2 arrives, too" \
    [ "$(counted lan arrived web)" = $((n + 40)) ]
check "no answer left with the address of the other line" no_strangers
stop

# ---- fixed addresses: a connection that changes lines keeps its first one

UPLINK1=''
sed 's,ext1 ip saddr \$inside4 masquerade,ext1 ip saddr $inside4 snat ip to 10.0.1.2,
    s,ext2 ip saddr \$inside4 masquerade,ext2 ip saddr $inside4 snat ip to 10.0.2.2,' \
    $FW >$FW.fixed
check "with fixed addresses it loads, too" in_ns fw nft -f $FW.fixed
check "two of them" [ "$(grep -c 'snat ip to' $FW.fixed)" = 3 ]	# a comment
conf override </dev/null
start
check_soon 5 "connections leave by both lines" by_both
helper_start lan fixed flow -k -i 20 $FAR
stopped() {
	[ "$(in_ns fw nft list chain inet firewall leave |
	    sed -n 's/.*counter packets \([0-9]*\) .*foreign.*/\1/p')" -gt 5 ]
}
dead=2
wait_for 3 goes_on fixed 1 && dead=1
gateway_dead $dead
check_soon 10 "what would keep the address of a dead line is stopped" stopped
check_soon 5 "new connections are not" eval 'by_only 1 || by_only 2'
gateway_back $dead
check_soon 10 "both lines are back" levels up up
helper_end fixed
check "nothing left with the address of the other line" no_strangers
stop
in_ns fw nft -f $FW

# ---- a strict client without uplinkd

remove
in_ns fw nft add element inet firewall strict1_4 '{ 10.9.0.2 }'
none_by_ext2() {
	fresh
	case $(new_flows) in
	*" answered=0 "*|*" 10.0.2.2="*) return 1 ;;
	*" 10.0.1.2="*) return 0 ;;
	esac
	return 1
}
check "a strict client does not leave by ext2 without uplinkd" none_by_ext2
check "which was refused" [ "$(in_ns fw nft list chain inet firewall strict |
    sed -n 's/.*strict1_4 counter packets \([0-9]*\) .*/\1/p')" -gt 0 ]
in_ns fw nft delete element inet firewall strict1_4 '{ 10.9.0.2 }'

# ---- marks of another table, which this one leaves alone

UPLINK1=''
conf override </dev/null
start
in_ns fw nft -f - <<EOF
table inet marks {
	chain prerouting {
		type filter hook prerouting priority mangle
		iifname "int" udp dport 7001 meta mark set 0x20000
	}
}
EOF
marked() {
	case $(helper lan flow -i 4 -n 40 -p 7001 $FAR) in
	*"answered=40 "*" 10.0.2.2=40") return 0 ;;
	esac
	return 1
}
check_soon 5 "who has the mark of ext2 leaves by ext2, with its address" marked
check_soon 5 "others do not mind" by_both
in_ns fw nft delete table inet marks

# ---- the kernel's hash, as uplinkd.conf(5) tells of it

clients=''
for n in 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
	ip -n lan addr add 10.9.0.$n/24 dev eth
	clients="$clients 10.9.0.$n"
done
lines_of_clients() {	# "1" or "2" or "12" for each of them
	fresh
	for c in $clients; do
		helper lan flow -i 1 -n 16 -a "$c" "$1" | awk '{
			print (/ 10.0.1.2=/ ? 1 : "") (/ 10.0.2.2=/ ? 2 : "")
		}'
	done
}
hash_is() {
	lab_sysctl fw ipv4/fib_multipath_hash_policy="$1" \
	    ipv6/fib_multipath_hash_policy="$1"
}
one_line_each() {	# and not all of them the same
	lines_of_clients $FAR >/run/lab/lines
	! grep -q 12 /run/lab/lines && grep -q '^1$' /run/lab/lines &&
	    grep -q '^2$' /run/lab/lines
}
check_soon 5 "policy 1: each connection of a client has its own chance" \
    eval '[ "$(lines_of_clients $FAR | grep -c 12)" -gt 17 ]'
hash_is 0
check "policy 0: each client has one line to one server" one_line_each
lines_of_clients $FAR >/run/lab/far
spawn inet "$BUILD/tests/lab/flow" -s 192.0.2.1
check_soon 5 "to another it may have another" eval \
    'lines_of_clients 192.0.2.1 >/run/lab/near && ! cmp -s /run/lab/near /run/lab/far'
check_soon 5 "by IPv6 the flow label counts, too" by_both -6
hash_is 3
lab_sysctl fw ipv4/fib_multipath_hash_fields=1 \
    ipv6/fib_multipath_hash_fields=1
check "policy 3: by the client alone, one line each" one_line_each
lines_of_clients 192.0.2.1 >/run/lab/near
check "to every server" cmp /run/lab/near /run/lab/lines
one_line6() {
	by_only 1 -6 || by_only 2 -6
}
check_soon 5 "by IPv6 too" one_line6
stop
lab_done

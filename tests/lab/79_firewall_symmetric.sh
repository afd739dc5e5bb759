#!/bin/sh
# SPDX-License-Identifier: ISC
#
# All at once: the shipped conf/examples/firewall.nft with the lab's addresses,
# routing.symmetric, clients of one line only, and `flows: { down: kill }` on
# both lines.  Who is answered by which line in each state, which connections
# end when a line dies, and what a reload of the packet filter does.
. "$(dirname "$0")/lab.sh"
command -v conntrack >/dev/null || lab_skip "conntrack is not installed"
lab_enter "$@"

# .2 is anybody, .3 the server, which uses ext1 only, as .11 does; .12 has ext2.
for a in 3 11 12; do
	lab_addr lan eth 10.9.0.$a/24
	# Not what IPv6 takes by itself.
	ip -n lan addr add 2001:db8:9::$a/64 dev eth nodad preferred_lft 0
done
# Networks of our own, which nobody translates: the way to the first leads by
# ext1, to the second by ext2.  Nothing but their mark tells their line.
for n in 1 2; do
	lab_addr fw int 2001:db8:8$n::1/64
	ip -n lan addr add 2001:db8:8$n::2/64 dev eth nodad preferred_lft 0
	ip -n isp$n route add 2001:db8:8$n::/64 via 2001:db8:$n::2
	ip -n inet route add 2001:db8:8$n::/64 via 2001:db8:f$n::2
done
FW=/run/lab/firewall.nft
sed 's,192\.168\.0\.0/16,10.9.0.0/16,; s,192\.168\.1\.80 \. 443,10.9.0.3 . 8443,
    s,tcp \. 443 ,udp . 443 ,; s,192\.168\.1\.[0-9]*,10.9.0.3,
    /map forwards6/,/}/s,inet_service$,&\
		elements = { udp . 443 : 2001:db8:9::3 . 8443 },
    /set strict1_4/s,},elements = { 10.9.0.3\, 10.9.0.11 } },
    /set strict1_6/s,},elements = { 2001:db8:9::3\, 2001:db8:9::11 } },
    /set strict2_4/s,},elements = { 10.9.0.12 } },
    /set strict2_6/s,},elements = { 2001:db8:9::12 } },' \
    "$TOP/conf/examples/firewall.nft" >$FW
in_ns fw nft delete table inet site
check "the firewall is loaded" in_ns fw nft -f $FW
check "with its strict clients" \
    [ "$(grep -c 'strict.*elements' $FW)" = 4 ]
lab_sysctl fw netfilter/nf_conntrack_udp_timeout=600 \
    netfilter/nf_conntrack_udp_timeout_stream=600

for n in 1 2; do
	in_ns isp$n nft -f - <<-EOF2
	table inet strangers {
		counter foreign { }
		chain in {
			type filter hook prerouting priority -300
			iifname "fw" ip saddr != 10.0.$n.2 counter name foreign
			iifname "fw" ip6 saddr != { 2001:db8:$n::2, fe80::/10, 2001:db8:81::2, 2001:db8:82::2 } counter name foreign
		}
	}
	EOF2
done
for a in 10.9.0.3 2001:db8:9::3; do
	spawn lan "$BUILD/tests/lab/flow" -s -p 8443 $a
done

no_strangers() {
	for lab_n in 1 2; do
		in_ns isp$lab_n nft list counter inet strangers foreign |
		    grep -q 'packets 0 ' || return 1
	done
}

# That the firewall's last look had nothing to stop is more than that.
nothing_stopped() {
	[ "$(in_ns fw nft list chain inet firewall leave |
	    grep -c 'counter packets 0 ')" = 2 ]
}

# A source port that comes again would meet its old connection.
fresh() {
	in_ns fw conntrack -D -p udp >/dev/null 2>&1
	return 0
}

# 40 connections from far away to the forwarded port of a line.
forwarded() {		# line
	for lab_a in 10.0.$1.2 2001:db8:$1::2; do
		case $(helper inet flow -i 4 -n 40 -p 443 "$lab_a") in
		*"answered=40 "*) ;;
		*) return 1 ;;
		esac
	done
}

# 40 connections of one client; all by this line, or 0: none got through.
client() {		# last number of its addresses, line
	for lab_t in "10.9.0.$1 $FAR 10.0.$2.2" \
	    "2001:db8:9::$1 $FAR6 2001:db8:$2::2"; do
		# shellcheck disable=SC2086 # three words
		set -- "$1" "$2" $lab_t
		case $2.$(helper lan flow -i 4 -n 40 -a "$3" "$4") in
		0.*"answered=0 "*) ;;
		[12].*"answered=40 "*" $5=40") ;;
		*) return 1 ;;
		esac
	done
}

count() {		# line: connections with its mark, unmarked with its address
	in_ns fw conntrack -L -p udp 2>/dev/null |
	    awk -v mark="mark=$(($1 * 65536)) " -v to=" dst=10.0.$1.2 " '
		index($0, mark) { marked++ }
		index($0, "mark=0 ") && index($0, to) { bare++ }
		END { print marked + 0, bare + 0 }'
}

# Connections of all sorts: out and answered, translated and not; out and not
# answered; in by each line.
many() {
	fresh
	helper lan flow -i 1 -n 300 $FAR >/run/lab/many.out
	# Nobody is there, and nobody says so.
	helper lan flow -i 1 -n 100 198.51.100.1 >/run/lab/none.out
	for lab_n in 1 2; do
		helper inet flow -i 2 -n 50 -p 443 10.0.$lab_n.2 >/run/lab/in.out
		helper lan flow -i 2 -n 50 -a 2001:db8:8$lab_n::2 $FAR6 \
		    >/run/lab/own.out
	done
	c1=$(count 1) c2=$(count 2)
	echo "# connections, marked and not: ext1 $c1, ext2 $c2"
}

# Some of each sort by each line.
mixed() {
	for lab_c in "$c1" "$c2"; do
		[ "${lab_c% *}" -gt 100 ] && [ "${lab_c#* }" -gt 20 ] ||
		    return 1
	done
	[ $((${c1% *} + ${c2% *})) = 500 ] &&
	    [ $((${c1#* } + ${c2#* })) = 100 ]
}

counts() {
	[ "$(count 1), $(count 2)" = "$1, $2" ]
}

goes_on() {		# name of the run, line: answered by it just now
	helper_tell "$1" "report now"
	tail -n 1 "/run/lab/$1.out" | grep -q " 10.0.$2.2=[1-9]"
}

said() {
	grep -c -- "$1" /run/lab/uplinkd.log
}

all_well() {		# in what state
	check_soon 10 "$1: new connections are balanced" by_both
	check_soon 10 "$1: of IPv6 too" by_both -6
	for n in 1 2; do
		check_soon 10 "$1: what comes in by ext$n is answered" \
		    forwarded $n
	done
	check_soon 10 "$1: who uses ext1 only does" client 11 1
	check_soon 10 "$1: who uses ext2 only does" client 12 2
}

one_left() {		# in what state, the dead line, the other one
	check_soon 5 "$1: new connections leave by ext$3" by_only "$3"
	check_soon 5 "$1: of IPv6 too" by_only "$3" -6
	check_soon 5 "$1: what comes in by ext$3 is answered" forwarded "$3"
	check "$1: who uses ext$2 only has none" client 1"$2" 0
	check_soon 5 "$1: who uses ext$3 only does" client 1"$3" "$3"
}

# For what nobody answers.
for n in 1 2; do
	in_ns isp$n nft add rule inet lab forward ip daddr 198.51.100.1 drop
done
lab_mend_far() {	# far_back takes all rules away
	far_back "$1"
	in_ns "isp$1" nft add rule inet lab forward ip daddr 198.51.100.1 drop
}

UPLINK1='    clients: { only: [10.9.0.3/32, "2001:db8:9::3/128", 10.9.0.11/32, "2001:db8:9::11/128"] }
    flows: { down: kill }
'
UPLINK2='    clients: { only: [10.9.0.12/32, "2001:db8:9::12/128"] }
    flows: { down: kill }
'
try() {			# method
	conf "$1" </dev/null
	sed -i 's/^routing:/&\n  symmetric: true/' $CONF
	lab_balance
	: >/run/lab/uplinkd.log
	VERBOSE=yes start
	check_soon 5 "$1: the table is written" eval \
	    '[ "$(said "uplinkd: written (answer=digest")" = 1 ]'
	all_well "$1, both up"

	for dead in 1 2; do
		other=$((3 - dead))
		many
		check "$1: connections of each sort by each line" mixed
		[ $dead = 1 ] && left="0 0, $c2" || left="$c1, 0 0"
		gateway_dead $dead
		check_soon 10 "$1: ext$dead is down: its connections end" eval \
		    'counts "${left%, *}" "${left#*, }"'
		check_soon 5 "$1: which is told" grep -q \
		    "flows/ext$dead: done: killed" /run/lab/uplinkd.log
		check "$1: and no others" counts "${left%, *}" "${left#*, }"
		one_left "$1, ext$dead down" $dead $other
		gateway_back $dead
		check_soon 10 "$1: ext$dead is back" levels up up
		all_well "$1, ext$dead back"
	done

	# By its far host only: what comes in by it still has its way.
	in_ns isp2 nft add rule inet lab forward icmp type echo-request drop
	in_ns isp2 nft add rule inet lab forward icmpv6 type echo-request drop
	check_soon 10 "$1: ext2 counts as down" levels up down
	check_soon 5 "$1: new connections leave by ext1" by_only 1
	check_soon 5 "$1: what comes in by ext2 is answered all the same" \
	    forwarded 2
	lab_mend_far 2
	check_soon 10 "$1: ext2 is up again" levels up up
	check "$1: nothing had to be stopped" nothing_stopped
	check "$1: nothing left with the address of the other line" \
	    no_strangers
}

try override

# ---- the packet filter is loaded again, while connections last

helper_start inet in2 flow -k -i 10 -p 443 10.0.2.2
exec 8<>/run/lab/in2.in	# 9 is taken for the next one
came() {		# name: something did since it was asked last
	helper_tell "$1" "report now"
	tail -n 1 "/run/lab/$1.out" | grep -q "answered=[1-9]"
}
check_soon 5 "one comes in by ext2 and lasts" came in2
TEXT=$(in_ns fw nft list table inet uplinkd)
is_ours() {
	[ "$(in_ns fw nft list table inet uplinkd 2>/dev/null)" = "$TEXT" ]
}
before=$(said 'uplinkd: written')
for n in 1 2 3 4 5; do
	check "the example is loaded again" in_ns fw nft -f $FW
done
check "which leaves our table alone" is_ours
check "nobody had to write it" [ "$(said 'uplinkd: written')" = "$before" ]
check "nothing left by the wrong line" no_strangers
check_soon 5 "what came in goes on" came in2

{ echo flush ruleset; cat $FW; } >$FW.flush
longest=0
for n in 1 2 3; do
	in_ns fw nft -f $FW.flush
	t=$(now_ms)
	check_soon 5 "a whole ruleset without our table: it is back" is_ours
	t=$(($(now_ms) - t))
	[ $t -le $longest ] || longest=$t
	check_soon 10 "what came in by ext2 goes on" came in2
	check_soon 10 "new ones are answered" forwarded 2
done
echo "# the table was away $longest ms at most"
check "not longer than a second and a half" [ $longest -le 1500 ]
helper_end in2
tail -n 1 /run/lab/in2.out | sed 's/^/# /'
stop
remove
check "-x leaves no table" not in_ns fw nft list table inet uplinkd 2>/dev/null
check "-x leaves no rule" not eval \
    '{ ip -n fw rule show; ip -n fw -6 rule show; } | grep -q "proto 57"'
stays() {
	in_ns fw nft list table inet firewall >/dev/null
}
check "the firewall's table stays" stays
for n in 1 2; do
	in_ns isp$n nft reset counters table inet strangers >/dev/null
done
in_ns fw nft -f $FW
try withdraw
stop
lab_done

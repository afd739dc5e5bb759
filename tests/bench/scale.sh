#!/bin/sh
# SPDX-License-Identifier: ISC
#
# scale.sh [SECONDS [PART ...]]: what watching many targets costs, beside fping
# on the very same ones.  Parts:
#	near	one uplink, TARGETS far hosts that answer at once, once a second
#	far	the same, answers come after 20 to 60 ms, each at its own time
#	lines	LINES uplinks with two targets each, ten times a second
# Whatever probes has the machine for SECONDS once it is under way.  Time of
# processors is from /proc; probes and answers are counted by the kernel in
# the namespace that answers.  Columns:
#	sent/s answ/s	probes that arrived there, and answers that left it
#	user sys us	processor time in us for one probe, and their sum
#	%core		the same, of one core
#	switch		how often a thread waited or was made to, for a probe
#	RSS most	memory now and at most, MB
#	lost late	probes without an answer, and such that were sent late,
#			as the program itself says
. "$(dirname "$0")/../lab/lab.sh"
TARGETS=${TARGETS:-5000}
LINES=${LINES:-64}
ALONE=${ALONE:-no}	# yes: without fping

lab_net() {
	for lab_n in fw isp1; do
		ip netns add $lab_n
		ip -n $lab_n link set lo up
		lab_sysctl $lab_n ipv4/ip_forward=1 \
		    ipv4/conf/all/rp_filter=0 ipv4/conf/default/rp_filter=0
	done
	in_ns isp1 nft -f - <<-EOT
	table inet scale {
		counter asked { }
		counter answered { }
		chain in {
			type filter hook prerouting priority -400
			icmp type echo-request counter name asked
		}
		chain out {
			type filter hook postrouting priority 400
			icmp type echo-reply counter name answered
		}
	}
	EOT
}

lab_enter "$@"
SECS=${1:-30}
[ $# -lt 1 ] || shift
[ $# -gt 0 ] || set -- near far lines
LOST='' LATE=''

passed() {
	[ "$(now_ms)" -ge "$1" ]
}

counted() {		# asked|answered
	in_ns isp1 nft list counter inet scale "$1" |
	    sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

more_than() {		# asked|answered, number
	[ "$(counted "$1")" -gt "$2" ]
}

broken() {
	check "$1" false
	lab_done
}

# ---- what it takes

# Of these processes with their threads: ticks of user and of system time,
# switches.
spent() {		# pid...
	for lab_p; do
		sed 's/.*) //' "/proc/$lab_p/stat"
		cat "/proc/$lab_p/task"/*/status
	done | awk '/^[A-Z] / { user += $12; sys += $13 }
	    /^(non)?voluntary/ { switches += $2 }
	    END { print user, sys, switches }'
}

# From here on, and from when probes/s have been sent for a while.
measure() {		# rate, pids, and more pids
	wait_for 60 more_than asked $(($(counted asked) + 2 * $1)) ||
	    broken "probes are sent"
	lab_from=$(now_ms)
	ASKED=$(counted asked) ANSWERED=$(counted answered)
	SPENT=$(spent $2) SPENT_ALL=$(spent $3)
	wait_for $((SECS + 60)) passed $((lab_from + SECS * 1000))
	SPENT="$SPENT $(spent $2)" SPENT_ALL="$SPENT_ALL $(spent $3)"
	ASKED=$(($(counted asked) - ASKED))
	ANSWERED=$(($(counted answered) - ANSWERED))
	TOOK_MS=$(($(now_ms) - lab_from))
	MEMORY=$(awk '/^VmRSS/ { now = $2 } /^VmHWM/ { most = $2 }
	    END { print now / 1024, most / 1024 }' "/proc/$2/status")
	[ "$ASKED" -gt 0 ] || broken "probes are sent all the time"
}

heads() {
	printf '%-22s %6s %6s %5s %5s %5s %5s %6s %5s %5s %6s %6s\n' "$1" \
	    sent/s answ/s user sys us %core switch RSS most lost late
}

row() {			# name, spent before and after, memory, lost, late
	echo "$2 $3" | awk -v name="$1" -v lost="$4" -v late="$5" \
	    -v n="$ASKED" -v ok="$ANSWERED" -v ms="$TOOK_MS" \
	    -v hz="$(getconf CLK_TCK)" '{
		user = ($4 - $1) / hz * 1e6; sys = ($5 - $2) / hz * 1e6
		printf "%-22s %6d %6d %5.1f %5.1f %5.1f %5.1f %6.2f", name,
		    n * 1000 / ms, ok * 1000 / ms, user / n, sys / n,
		    (user + sys) / n, (user + sys) / ms / 10, ($6 - $3) / n
		if (NF > 6)
			printf " %5.1f %5.1f %6s %6s", $7, $8, lost, late
		print ""
	    }'
}

# The time for a probe as a share of fping's.
ratio() {
	echo "$SPENT $ASKED $FPING" | awk '{
		own = ($4 - $1 + $5 - $2) / $7
		its = ($11 - $8 + $12 - $9) / $14
		printf "%-22s %31.2f\n", "of fping in bursts", own / its
	    }'
}

# ---- the two

conf_line() {		# N; more of its probe on standard input
	cat <<-EOT
	  ext$1:
	    interface: ext$1
	    gateway: 10.1.$1.1
	    probe:
	EOT
	cat
}

far_hosts() {
	awk -v n="$TARGETS" 'BEGIN { for (i = 0; i < n; i++)
	    printf "10.77.%d.%d\n", i / 250, i % 250 + 1 }'
}

conf_head() {
	printf 'state_dir: /run/lab/state\nrun_dir: %s\nuplinks:\n' $RUN
}

# What the lines say of themselves when they stop.
said() {		# lost|late
	sed -n "s/.* stopped .*[( ]$1=\([0-9]*\).*/\1/p" \
	    /run/lab/uplinkd.log | awk '{ n += $1 }
	    END { print NR ? n : "-" }'
}

has_role() {
	[ -n "$(role_pid "$1")" ]
}

run_uplinkd() {		# rate
	: >/run/lab/uplinkd.log
	start_only
	wait_for 20 has_role probes || broken "uplinkd starts"
	measure "$1" "$(role_pid probes)" "$(pgrep -x uplinkd | xargs)"
	stop
	remove
	row "uplinkd, probes" "$SPENT" "$MEMORY" "$(said lost)" "$(said late)"
	row "uplinkd, all of it" "$SPENT_ALL"
}

run_fping() {		# name, rate, ms between two packets
	SPAWN_OUT=/run/lab/fping.out
	: >$SPAWN_OUT
	spawn fw fping -I ext1 -l -q -p 1000 -t 1000 -i "$3" \
	    -f /run/lab/hosts
	SPAWN_OUT=''
	TOOL=$SPAWNED
	measure "$2" "$TOOL" "$TOOL"
	kill -INT "$TOOL"
	wait "$TOOL"
	FPING="$SPENT $ASKED"
	row "$1" "$SPENT" "$MEMORY" "$(fping_lost)" ""
}

# "10.77.0.1 : xmt/rcv/%loss = 34/34/0%, ...".  The last ones of a run that
# was ended are under way, one for each host at most.
fping_lost() {
	sed -n 's|.*%loss = \([0-9]*\)/\([0-9]*\)/.*|\1 \2|p' \
	    /run/lab/fping.out | awk '{ n = $1 - $2; lost += n > 1 ? n - 1 : 0 }
	    END { print NR ? lost : "-" }'
}

# ---- parts

net_line() {		# N
	lab_link fw "ext$1" isp1 "fw$1"
	lab_addr isp1 "fw$1" "10.1.$1.1/24"
	lab_addr fw "ext$1" "10.1.$1.2/24"
}

many() {		# what is said of it
	{
		conf_head
		conf_line 1 </dev/null
		echo "      targets:"
		far_hosts | sed 's/^/      - ping: /'
	} >$CONF
	far_hosts >/run/lab/hosts
	ip -n fw route replace default via 10.1.1.1
	heads "$TARGETS targets, $1"
	[ "$ALONE" = yes ] || {
		run_fping "fping, spread" "$TARGETS" \
		    "$(echo "$TARGETS" | awk '{ printf "%.3f", 1000 / $1 }')"
		run_fping "fping, in bursts" "$TARGETS" 0
	}
	run_uplinkd "$TARGETS"
	[ "$ALONE" = yes ] || ratio
	echo
}

near_part() {
	ip -n isp1 route replace local 10.77.0.0/16 dev lo
	many near
	ip -n isp1 route del local 10.77.0.0/16 dev lo
}

far_part() {
	helper_start isp1 distant distant far 20 60
	wait_for 5 grep -q ready /run/lab/distant.out || broken "distant"
	ip -n isp1 link set far txqueuelen 10000 up
	ip -n isp1 route add 10.77.0.0/16 dev far
	many far
	helper_end distant
}

lines_part() {
	lab_i=2
	while [ $lab_i -le "$LINES" ]; do
		net_line $lab_i
		lab_i=$((lab_i + 1))
	done
	ip -n isp1 route replace local 10.77.0.0/16 dev lo
	{
		conf_head
		lab_i=1
		while [ $lab_i -le "$LINES" ]; do
			conf_line $lab_i <<-EOT
			      interval: 100ms
			      targets:
			      - ping: gateway
			      - ping: 10.77.0.$lab_i
			EOT
			lab_i=$((lab_i + 1))
		done
	} >$CONF
	heads "$LINES uplinks, 2 targets"
	run_uplinkd $((LINES * 20))
	ip -n isp1 route del local 10.77.0.0/16 dev lo
}

net_line 1
for part; do
	"${part}_part"
done
LAB_OVER=yes
exit 0

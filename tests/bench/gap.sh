#!/bin/sh
# SPDX-License-Identifier: ISC
#
# gap.sh [TRIALS [TOOL ...]]: how long a client's packets are lost when its
# line dies.  100 packets a second, each a new flow, all of them by ext1 (the
# balance hashes addresses here, and the client has one that hashes to ext1);
# three faults at random phases; uplinkd with both methods, keepalived and BIRD
# with BFD one after the other in the same network.  Prints a line per trial:
#	TOOL FAULT LOST MS	MS "-": not noticed within four seconds
. "$(dirname "$0")/../lab/lab.sh"
lab_enter "$@"
TRIALS=${1:-10}
[ $# -lt 1 ] || shift
[ $# -gt 0 ] || set -- override withdraw keepalived bird
SOURCE=

passed() {
	[ "$(now_ms)" -ge "$1" ]
}

pause() {		# milliseconds
	wait_for 10 passed $(($(now_ms) + $1))
}

# 0 to 999, not from a clock that beats with anybody's interval.
random_ms() {
	echo $(($(od -An -N2 -tu2 /dev/urandom) % 1000))
}

line_of() {		# the line by which the client's packets would go now
	ip -n fw route get $FAR from "$SOURCE" iif int 2>/dev/null |
	    sed -n 's/.* dev ext\([0-9]\).*/\1/p'
}

by_line() {
	[ "$(line_of)" = "$1" ]
}

# ---- the tools; each starts from the same balanced route

override_start() {
	conf override </dev/null
	start
}

override_end() {
	stop
	remove
}

withdraw_start() {
	conf withdraw </dev/null
	start
}

withdraw_end() {
	override_end
}

# At its fastest: its own netlink routes instead of a script that changes
# them, a ping every second (the least it knows), the interface tracked.
keepalived_start() {
	ip -n fw route del default
	ip -n fw route add default via 10.0.2.1 metric 20
	ip -n fw rule add pref 100 oif ext1 lookup 201
	ip -n fw route add default via 10.0.1.1 table 201
	cat >/run/lab/keepalived.conf <<-EOF
	global_defs {
		script_user root
		vrrp_startup_delay 0
	}
	vrrp_script far {
		script "$(command -v ping) -q -c 1 -W 0.2 -I ext1 $FAR"
		interval 1
		timeout 1
		fall 1
		rise 1
	}
	vrrp_instance ext1 {
		state MASTER
		interface int
		virtual_router_id 1
		priority 200
		version 3
		advert_int 0.1
		track_interface {
			ext1
		}
		track_script {
			far
		}
		virtual_ipaddress {
			10.9.0.250/32 dev int
		}
		virtual_routes {
			default via 10.0.1.1 dev ext1 metric 10
		}
	}
	EOF
	SPAWN_OUT=/run/lab/keepalived.log
	spawn fw keepalived -n -l -D -P -f /run/lab/keepalived.conf \
	    -p /run/lab/keepalived.pid -r /run/lab/keepalived.vrrp.pid
	SPAWN_OUT=''
	TOOL=$SPAWNED
}

keepalived_end() {
	kill "$TOOL"
	wait "$TOOL"
	ip -n fw rule del pref 100
	ip -n fw route flush table 201
	ip -n fw route del default metric 20
	lab_balance
}

bird_one() {		# namespace, configuration on standard input
	cat >"/run/lab/bird.$1.conf"
	SPAWN_OUT=/run/lab/bird.$1.log
	spawn "$1" bird -f -c "/run/lab/bird.$1.conf" -s "/run/lab/bird.$1.ctl" \
	    -P "/run/lab/bird.$1.pid"
	SPAWN_OUT=''
	TOOL="$TOOL $SPAWNED"
}

bird_start() {
	TOOL=
	ip -n fw route del default
	bird_one fw <<-EOF
	router id 10.9.0.1;
	protocol device { scan time 1; }
	protocol bfd {
		interface "ext*" { interval 50 ms; multiplier 3; };
	}
	protocol kernel {
		ipv4 { import none; export all; };
		merge paths on;
	}
	protocol static {
		ipv4;
		check link yes;
		route 0.0.0.0/0 via 10.0.1.1 bfd via 10.0.2.1 bfd;
	}
	EOF
	for lab_i in 1 2; do
		bird_one isp$lab_i <<-EOF
		router id 10.0.$lab_i.1;
		protocol device { }
		protocol bfd {
			interface "fw" { interval 50 ms; multiplier 3; };
			neighbor 10.0.$lab_i.2 dev "fw";
		}
		EOF
	done
}

bird_end() {
	for lab_i in $TOOL; do
		kill "$lab_i"
		wait "$lab_i"
	done
	# It takes its route away itself, or has left it.
	ip -n fw route del default 2>/dev/null
	lab_balance
}

# ---- a trial

gaps_from() {		# lines of the flow's output to leave out
	tail -n +$(($1 + 1)) /run/lab/flow.out |
	    sed -n 's/^gap .*lost=\([0-9]*\) ms=\([0-9.]*\) .*/\1 \2/p' |
	    awk '{ lost += $1; if ($2 > ms) ms = $2 }
		END { printf "%d %.0f\n", lost, ms }'
}

trial() {		# tool fault
	wait_for 20 by_line 1 || {
		echo "# $1: not ready, $(ip -n fw route show default)"
		lab_show
		exit 1
	}
	pause 700
	pause "$(random_ms)"
	seen=$(wc -l </run/lab/flow.out)
	break_it "$2" 1
	if wait_for 4 by_line 2; then
		pause 350
		echo "$1 $2 $(gaps_from "$seen")"
	else
		echo "$1 $2 - -"
	fi
	mend_it "$2" 1
}

# An address of the client that the balance sends by ext1.
lab_sysctl fw ipv4/fib_multipath_hash_policy=0
for host in 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
	SOURCE=10.9.0.$host
	by_line 1 && break
done
by_line 1 || exit 1
ip -n lan addr add "$SOURCE/32" dev eth
helper_start lan flow flow -a "$SOURCE" $FAR
for tool; do
	"${tool}_start"
	for fault in far gateway carrier; do
		n=0
		while [ $n -lt "$TRIALS" ]; do
			trial "$tool" $fault
			n=$((n + 1))
		done
	done
	wait_for 20 by_line 1
	"${tool}_end"
done
LAB_OVER=yes
exit 0

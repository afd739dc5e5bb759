# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# lab.sh: a network of namespaces to break, sourced by the scenarios.
#
#	lan --- fw === isp1 --- inet	fw has ext1, ext2 and int
#	          \=== isp2 ---/	see README for addresses
#
# `lab_enter "$@"` starts the script again in namespaces of its own (mount,
# network, process ids; a user namespace too when not root), with a private
# /run.  All of it vanishes when the script ends, however it ends.  Nothing
# out here is touched.  Exit status 77: skipped, the reason on the last line.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-$TOP}
FAR=192.0.2.9
FAR6=2001:db8:ffff::9
LAB_FAILED=0
LAB_CARRIER=0
LAB_BAD='runtime error:|Sanitizer|bug: .* does not hold'
LAB_BAD="$LAB_BAD| died: "	# a scenario that kills leaves this out
LAB_NEW="unshare --mount --net --pid --fork --kill-child --mount-proc"
export PATH="$PATH:/usr/sbin:/sbin"
export LC_ALL=C

# ---- coming in, going out

lab_skip() {
	echo "skipped: $*"
	exit 77
}

lab_enter() {
	if [ "${LAB_INSIDE:-}" = yes ]; then
		trap 'exit 130' INT TERM
		trap lab_left EXIT
		mount -t tmpfs -o mode=755 lab /run || exit 1
		mkdir /run/lab
		lab_net
		return
	fi
	for tool in unshare ip nft nsenter ping; do
		command -v $tool >/dev/null || lab_skip "$tool is not installed"
	done
	[ "$(id -u)" = 0 ] || LAB_NEW="$LAB_NEW -U -r"
	lab_why=$($LAB_NEW mount -t tmpfs lab /run 2>&1) ||
	    lab_skip "no namespaces for us here (root, or user namespaces): $lab_why"
	export LAB_INSIDE=yes
	exec $LAB_NEW sh "$0" "$@"
}

# A script that ends before lab_done has not shown what it was to show.
lab_left() {
	lab_rc=$?
	if [ "${LAB_OVER:-}" != yes ] && [ $lab_rc != 77 ]; then
		echo "not ok - $(basename "$0") came to its end (status $lab_rc)"
		lab_show
		exit 1
	fi
}

# Reports of sanitizers, broken promises, processes that died by themselves.
lab_sane() {
	! cat /run/lab/*.log /run/lab/*.out 2>/dev/null |
	    grep -E "$LAB_BAD" |
	    sed 's/^[-0-9:TZ.]* //' | sort | uniq -c | sed 's/^/# /' | grep .
}

lab_done() {
	LAB_OVER=yes
	check "no program of ours was found to be wrong" lab_sane
	[ $LAB_FAILED = 0 ] || lab_show
	[ $LAB_FAILED = 0 ]
	exit
}

lab_show() {
	for f in /run/lab/*.log; do
		[ -s "$f" ] || continue
		echo "# $f:"
		tail -n 40 "$f" | sed 's/^/#   /'
	done
}

# check TEXT COMMAND...: ok if the command succeeds.
check() {
	lab_text=$1
	shift
	if "$@"; then
		echo "ok - $lab_text"
	else
		echo "not ok - $lab_text"
		echo "# failed: $*"
		LAB_FAILED=$((LAB_FAILED + 1))
	fi
}

# wait_for SECONDS COMMAND...: until it succeeds; false at the deadline.
wait_for() {
	lab_until=$(($(now_ms) + $1 * 1000))
	shift
	until "$@"; do
		[ "$(now_ms)" -lt $lab_until ] || return 1
		sleep 0.02
	done
}

# check_soon SECONDS TEXT COMMAND...
check_soon() {
	lab_secs=$1
	lab_text=$2
	shift 2
	check "$lab_text" wait_for "$lab_secs" "$@"
}

not() {
	! "$@"
}

# Milliseconds since the machine was started, without starting a program.
now_ms() {
	read -r lab_up _ </proc/uptime
	echo "${lab_up%.*}${lab_up#*.}0"
}

in_ns() {
	lab_ns=$1
	shift
	nsenter --net="/run/netns/$lab_ns" -- "$@"
}

helper() {
	lab_ns=$1 lab_prog=$2
	shift 2
	nsenter --net="/run/netns/$lab_ns" -- "$BUILD/tests/lab/$lab_prog" "$@"
}

# spawn NAMESPACE COMMAND...: in the background; SPAWNED is its own pid, not
# that of a shell around it.  Output goes to SPAWN_OUT, input comes from
# SPAWN_IN (opened there: a fifo does not hold us up).
spawn() {
	lab_ns=$1
	shift
	nsenter --net="/run/netns/$lab_ns" -- "$@" <"${SPAWN_IN:-/dev/null}" \
	    >>"${SPAWN_OUT:-/dev/null}" 2>&1 &
	SPAWNED=$!
}

# As for a helper; it ends when it is sent a line: helper_end NAME.
helper_start() {	# namespace name of the run, helper, argument...
	lab_ns=$1 lab_run=$2 lab_prog=$3
	shift 3
	rm -f "/run/lab/$lab_run.in" "/run/lab/$lab_run.out"
	mkfifo "/run/lab/$lab_run.in"
	SPAWN_IN=/run/lab/$lab_run.in SPAWN_OUT=/run/lab/$lab_run.out
	spawn "$lab_ns" "$BUILD/tests/lab/$lab_prog" "$@"
	SPAWN_IN='' SPAWN_OUT=''
	eval "HELPER_$lab_run=$SPAWNED"
	# Held open, or its input would end after the first line.
	exec 9<>"/run/lab/$lab_run.in"
}

helper_tell() {		# name of the run, line
	echo "$2" >"/run/lab/$1.in"
}

# Its output is in /run/lab/NAME.out, whole.
helper_end() {
	helper_tell "$1" end
	eval "wait \$HELPER_$1"
}

# ---- the network

lab_sysctl() {		# namespace, then path=value ...
	lab_ns=$1
	shift
	in_ns "$lab_ns" sh -c 'for kv; do
		echo "${kv#*=}" >"/proc/sys/net/${kv%%=*}" || exit 1
	done' sh "$@"
}

lab_link() {		# namespace device namespace device
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3"
}

lab_addr() {		# namespace device address...
	lab_ns=$1 lab_dev=$2
	shift 2
	for lab_a; do
		case $lab_a in
		*:*)	ip -n "$lab_ns" addr add "$lab_a" dev "$lab_dev" nodad ;;
		*)	ip -n "$lab_ns" addr add "$lab_a" dev "$lab_dev" ;;
		esac
	done
	ip -n "$lab_ns" link set "$lab_dev" up
}

# Uplink N of fw: made again after its interface was deleted, too.
lab_uplink() {
	lab_link fw "ext$1" "isp$1" fw
	lab_addr "isp$1" fw "10.0.$1.1/24" "2001:db8:$1::1/64"
	lab_addr fw "ext$1" "10.0.$1.2/24" "2001:db8:$1::2/64"
}

lab_isp() {
	lab_link "isp$1" wan inet "isp$1"
	lab_addr "isp$1" wan "172.16.$1.2/24" "2001:db8:f$1::2/64"
	lab_addr inet "isp$1" "172.16.$1.1/24" "2001:db8:f$1::1/64"
	lab_uplink "$1"
	ip -n "isp$1" route add default via "172.16.$1.1"
	ip -n "isp$1" -6 route add default via "2001:db8:f$1::1"
	ip -n inet route add "10.0.$1.0/24" via "172.16.$1.2"
	ip -n inet -6 route add "2001:db8:$1::/64" via "2001:db8:f$1::2"
	# The counters tell by which line packets really went.
	in_ns "isp$1" nft -f - <<-EOF
	table inet lab {
		chain forward {
			type filter hook forward priority 0
		}
		chain count {
			type filter hook forward priority -10
			iifname "fw" counter
		}
	}
	table netdev lab {
		chain fw {
			type filter hook ingress device "fw" priority 0
		}
	}
	EOF
}

# The administrator's own routing on fw: both lines, balanced by flow.
lab_balance() {
	ip -n fw route replace default proto static metric 100 \
	    nexthop via 10.0.1.1 dev ext1 weight 1 \
	    nexthop via 10.0.2.1 dev ext2 weight 1
	ip -n fw -6 route replace default proto static metric 100 \
	    nexthop via 2001:db8:1::1 dev ext1 weight 1 \
	    nexthop via 2001:db8:2::1 dev ext2 weight 1
}

lab_net() {
	for lab_n in fw isp1 isp2 inet lan; do
		ip netns add $lab_n
		ip -n $lab_n link set lo up
		lab_sysctl $lab_n ipv4/ip_forward=1 \
		    ipv6/conf/all/forwarding=1 \
		    ipv4/conf/all/rp_filter=0 ipv4/conf/default/rp_filter=0 \
		    ipv6/conf/all/keep_addr_on_down=1 \
		    ipv6/conf/default/keep_addr_on_down=1 \
		    ipv6/conf/default/accept_dad=0
	done
	lab_sysctl fw ipv4/fib_multipath_hash_policy=1 \
	    ipv6/fib_multipath_hash_policy=1
	lab_addr inet lo 192.0.2.1/32 192.0.2.2/32 $FAR/32 \
	    2001:db8:ffff::1/128 2001:db8:ffff::2/128 $FAR6/128
	lab_isp 1
	lab_isp 2
	lab_link lan eth fw int
	lab_addr lan eth 10.9.0.2/24 2001:db8:9::2/64
	lab_addr fw int 10.9.0.1/24 2001:db8:9::1/64
	ip -n lan route add default via 10.9.0.1
	ip -n lan -6 route add default via 2001:db8:9::1
	lab_balance
	# One masquerade rule per line, as every two-line firewall needs it.
	in_ns fw nft -f - <<-EOF
	table inet site {
		chain postrouting {
			type nat hook postrouting priority 100
			iifname "int" oifname "ext1" masquerade
			iifname "int" oifname "ext2" masquerade
		}
	}
	EOF
	for lab_a in $FAR $FAR6; do
		spawn inet "$BUILD/tests/lab/flow" -s $lab_a
	done
	wait_for 5 lab_ready || {
		check "the network of the lab works" false
		lab_done
	}
}

lab_ready() {
	in_ns fw ping -q -c1 -W1 -I ext1 10.0.1.1 &&
	    in_ns fw ping -q -c1 -W1 -I ext2 10.0.2.1 &&
	    helper lan flow -n 1 $FAR && helper lan flow -n 1 $FAR6
} >/dev/null 2>&1

# ---- faults

far_dead() {		# line N answers, but nothing beyond it
	in_ns "isp$1" nft add rule inet lab forward drop
}

far_back() {
	in_ns "isp$1" nft flush chain inet lab forward
}

gateway_dead() {	# nothing at all comes through, ARP and ND neither
	in_ns "isp$1" nft add rule netdev lab fw drop
}

gateway_back() {
	in_ns "isp$1" nft flush chain netdev lab fw
}

# The kernel tells of carriers about once a second on the whole machine: one
# change at a time, and the next not before that.
lab_carrier_wait() {
	while [ "$(now_ms)" -lt $((LAB_CARRIER + 1100)) ]; do
		sleep 0.05
	done
	LAB_CARRIER=$(now_ms)
}

carrier_lost() {
	lab_carrier_wait
	ip -n "isp$1" link set fw down
}

carrier_back() {
	lab_carrier_wait
	ip -n "isp$1" link set fw up
}

# break_it far|gateway|carrier N, and mend_it.
break_it() {
	case $1 in
	far)		far_dead "$2" ;;
	gateway)	gateway_dead "$2" ;;
	carrier)	carrier_lost "$2" ;;
	esac
}

mend_it() {
	case $1 in
	far)		far_back "$2" ;;
	gateway)	gateway_back "$2" ;;
	carrier)	carrier_back "$2" ;;
	esac
}

# ---- what can be seen

# Both families of main, without what the kernel adds by itself when a carrier
# is lost (the flags dead and linkdown are its own, not the route's).
main_text() {
	ip -n fw route show table main | sed 's/ dead//;s/ linkdown//'
	ip -n fw -6 route show table main | sed 's/ dead//;s/ linkdown//'
}

default_text() {	# [-6]
	ip -n fw ${1:+"$1"} route show default | sed 's/ dead//;s/ linkdown//'
}

# Everything that is not uplinkd's (protocol 57), in one text.
foreign_text() {
	for lab_f in -4 -6; do
		ip -n fw $lab_f rule show | grep -v 'proto 57'
		ip -n fw $lab_f route show table all | grep -v 'proto 57' |
		    sed 's/ dead//;s/ linkdown//;s/ expires [0-9]*sec//'
	done
}

# new_flows [-6]: sends 40 new connections from lan, prints who answered.
new_flows() {
	lab_to=$FAR
	[ "${1:-}" != -6 ] || lab_to=$FAR6
	helper lan flow -i 4 -n 40 $lab_to
}

# by_only N [-6]: all 40 were answered, all went by line N.
by_only() {
	lab_flows=$(new_flows "${2:-}")
	case $lab_flows in
	*"answered=40 "*" 10.0.$1.2=40"|*"answered=40 "*" 2001:db8:$1::2=40")
		return 0 ;;
	esac
	return 1
}

# by_both [-6]: all were answered, by both lines.
by_both() {
	lab_flows=$(new_flows "${1:-}")
	case $lab_flows in
	*"answered=40 "*1::2=*2::2=*|*"answered=40 "*2::2=*1::2=*|\
	*"answered=40 "*.1.2=*.2.2=*|*"answered=40 "*.2.2=*.1.2=*)
		return 0 ;;
	esac
	return 1
}

# ---- the daemon

CONF=/run/lab/uplinkd.conf
RUN=/run/lab/run

# One uplink's block: uplink_conf N; settings by variables.
uplink_conf() {
	eval "lab_gw=\${GATEWAY$1:-}"
	cat <<-EOF
	  ext$1:
	    interface: ext$1
	    gateway: ${lab_gw:-[10.0.$1.1, \"2001:db8:$1::1\"]}
	    probe:
	      interval: ${INTERVAL:-50ms}
	      timeout: ${TIMEOUT:-50ms}
	      confirm: ${CONFIRM:-50ms}
	      fall: ${FALL:-3}
	      rise: ${RISE:-3}
	      hold: ${HOLD:-0s}
	      targets:
	        - ping: ${TARGET:-$FAR}
	EOF
}

# conf override|withdraw, more YAML on standard input.
conf() {
	{
		echo "state_dir: /run/lab/state"
		echo "run_dir: $RUN"
		echo "routing:"
		echo "  method: $1"
		echo "uplinks:"
		uplink_conf 1
		printf '%s' "${UPLINK1:-}"
		uplink_conf 2
		printf '%s' "${UPLINK2:-}"
		cat
	} >$CONF
}

start_only() {
	SPAWN_OUT=/run/lab/uplinkd.log
	spawn fw "$BUILD/uplinkd" -d ${VERBOSE:+-v} -f $CONF
	SPAWN_OUT=''
	DAEMON=$SPAWNED
}

# Removes what uplinkd has in the kernel, as after a deliberate end.
remove() {
	in_ns fw "$BUILD/uplinkd" -x -f $CONF >>/run/lab/uplinkd.log 2>&1
}

start() {
	start_only
	wait_for 10 levels up up || {
		check "the daemon is up and sees both lines" false
		lab_done
	}
}

stop() {
	kill "$DAEMON"
	wait "$DAEMON" || check "uplinkd ends with status 0, not $?" false
}

ctl() {
	in_ns fw "$BUILD/uplinkctl" -s $RUN "$@"
}

# One line per uplink: "ext1 up none carrying".
state_lines() {
	ctl status --json 2>/dev/null | tr '{' '\n' |
	    sed -n '/"type":"state"/{
		s/.*"uplink":"\([^"]*\)".*"level":"\([^"]*\)","cause":"\([^"]*\)","carrying":\([a-z]*\).*/\1 \2 \3 \4/p
	    }'
}

# All that is said of one uplink, as one line of JSON.
state_of() {		# uplink
	ctl status --json 2>/dev/null |
	    awk -v RS='[{]"v"' -v name="\"uplink\":\"$1\"" \
	    'index($0, name) { print }'
}

level_is() {		# uplink level
	state_lines | grep -q "^$1 $2 "
}

cause_is() {		# uplink level cause
	state_lines | grep -q "^$1 $2 $3 "
}

levels() {		# of ext1 and ext2
	lab_states=$(state_lines)
	case $lab_states in
	*"ext1 $1 "*"ext2 $2 "*) return 0 ;;
	esac
	return 1
}

# What is published, one JSON message a line, in /run/lab/watch.json.
watch_start() {
	SPAWN_OUT=/run/lab/watch.json
	spawn fw "$BUILD/uplinkctl" -s $RUN watch --json
	SPAWN_OUT=''
	wait_for 5 test -s /run/lab/watch.json
}

watched() {		# pattern...: a line that has all of them
	lab_seen=$(cat /run/lab/watch.json)
	for lab_p; do
		lab_seen=$(echo "$lab_seen" | grep -- "$lab_p") || return 1
	done
}

watched_count() {
	lab_seen=$(cat /run/lab/watch.json)
	for lab_p; do
		lab_seen=$(echo "$lab_seen" | grep -- "$lab_p")
	done
	[ -n "$lab_seen" ] || { echo 0; return; }
	echo "$lab_seen" | wc -l
}

role_pid() {		# probes|dispatcher|feed
	pgrep -f -- "-R $1" | head -n 1
}

# Nobody of a parent that was killed is left.
no_children() {
	! pgrep -f -- '-R (probes|dispatcher|feed)' >/dev/null
}

role_is_not() {		# role pid: another one runs
	lab_now=$(role_pid "$1")
	[ -n "$lab_now" ] && [ "$lab_now" != "$2" ]
}

# Killed, and back.
kill_dispatcher() {
	lab_old=$(role_pid dispatcher)
	kill -9 "$lab_old"
	wait_for 5 role_is_not dispatcher "$lab_old"
}

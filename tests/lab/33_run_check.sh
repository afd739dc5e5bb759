#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Checks: programs whose exit status decides.  One that works moves the level
# and the routes; one that hangs, has children, ignores TERM and escapes its
# group costs its own samples and nothing else, and nothing of it is left.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"
LAB_BAD=${LAB_BAD%| died: }

cat >/run/lab/chk.sh <<'EOF2'
#!/bin/sh
# Says what is in a file; each run leaves a byte.
printf x >>/run/lab/runs
[ -s /run/lab/env ] || env >/run/lab/env
read -r rc </run/lab/verdict
echo "as I was told: $rc"
[ "$rc" != hang ] || exec sleep 986
exit "$rc"
EOF2
cat >/run/lab/hang.sh <<'EOF2'
#!/bin/sh
# Nothing of the run before may be there.  Its own go into a file when all are.
pgrep -f 'sleep 987' >>/run/lab/overlap
trap '' TERM
setsid sleep 987 &
pids="$$ $!"
sleep 987 &
pids="$pids $!"
setsid sh -c 'sleep 987 & echo $! >/run/lab/deep'
read -r up _ </proc/uptime
echo "$up $pids $(cat /run/lab/deep)" >/run/lab/hung.new
mv /run/lab/hung.new /run/lab/hung
sleep 987
EOF2
chmod 755 /run/lab/chk.sh /run/lab/hang.sh
: >/run/lab/runs
: >/run/lab/overlap

say() {
	echo "$1" >/run/lab/verdict.new
	mv /run/lab/verdict.new /run/lab/verdict
}

runs() {
	wc -c </run/lab/runs
}

ran() {			# that many times at least
	[ "$(runs)" -ge "$1" ]
}

# A zombie waits for the script that is process 1 here, not for uplinkd.
is_alive() {		# pid
	read -r _ _ state _ 2>/dev/null <"/proc/$1/stat" && [ "$state" != Z ]
}

all_alive() {
	for pid in $pids; do
		is_alive "$pid" || return 1
	done
}

# Of one run that hangs: when it began (in ms), and its processes.  On a busy
# machine its second may be over before we come to look.
pick_run() {
	for try in 1 2 3 4 5; do
		rm -f /run/lab/hung
		wait_for 10 test -s /run/lab/hung || return 1
		read -r began pids </run/lab/hung
		began="${began%.*}${began#*.}0"
		all_alive && return
	done
	return 1
}

none_alive() {
	for pid in $pids; do
		! is_alive "$pid" || return 1
	done
}

past() {		# ms after it began
	[ "$(now_ms)" -ge $((began + $1)) ]
}

fds() {			# pid
	find "/proc/$1/fd" -mindepth 1 | wc -l
}

# What runs just then has up to two each.
no_more_fds() {		# pid, as many as that
	[ "$(fds "$1")" -le $(($2 + 4)) ]
}

no_zombies() {
	! ps -o stat= --ppid "$DAEMON" | grep -q Z
}

ext2_never_left() {
	! watched '"type":"event"' '"uplink":"ext2"'
}

hang_is_lost() {
	state_of ext2 | grep -q '"target":"run hang.sh"[^}]*"state":"lost"'
}

member() {		# name pattern...
	member_name=$1
	shift
	watched "$@"
	echo "$lab_seen" | tail -n 1 |
	    sed -n "s/.*\"$member_name\":\([0-9]*\).*/\1/p"
}

INTERVAL=50ms TIMEOUT=200ms CONFIRM=50ms VERBOSE=yes
say 0
{
	echo "state_dir: /run/lab/state"
	echo "run_dir: $RUN"
	echo "uplinks:"
	uplink_conf 1 | grep -v 'ping:'
	echo "        - run: { argv: [/run/lab/chk.sh], timeout: 1s }"
	uplink_conf 2
	echo "        - run: { argv: [/run/lab/hang.sh], timeout: 1s }"
} >$CONF
start
watch_start
probes=$(role_pid probes)
parent_fds=$(fds "$DAEMON") probes_fds=$(fds "$probes") before=$(runs)
check "new flows use both lines" by_both

# ---- one that works

for want in UPLINKD_UPLINK=ext1 UPLINKD_INTERFACE=ext1 \
    UPLINKD_GATEWAY=10.0.1.1 UPLINKD_ADDRESS=10.0.1.2 LANG=C; do
	check "the check is told $want" grep -qx "$want" /run/lab/env
done
check "and nothing of an event" not grep -qE 'EVENT|JOB|TRY|ACTION' \
    /run/lab/env
say 1
check_soon 5 "it fails: ext1 is down" cause_is ext1 down far
check_soon 2 "new flows go by ext2" by_only 2
took=$(member took_us '"type":"route"' '"text":"ipv4 override')
echo "# ${took:-no} microseconds from the event to the kernel"
check "less than 50 ms, though a check hangs on the other line" \
    test "${took:-99999999}" -lt 50000
say 0
check_soon 8 "it works again: ext1 is up" level_is ext1 up
check_soon 2 "new flows use both" by_both
say hang
# Three times: a second, two to be killed in, and a round.
check_soon 10 "it hangs, and nothing else counts: ext1 is down" \
    cause_is ext1 down far
say 0
check_soon 8 "it works again: ext1 is up" level_is ext1 up
check "why was logged, with its last words" \
    grep -q 'uplink ext1: run chk.sh: exit 1: as I was told: 1' \
    /run/lab/uplinkd.log

# ---- one that hangs

check_soon 10 "the one that hangs is lost" hang_is_lost
check "a run that hangs is found" pick_run
check_soon 10 "its deadline and three seconds go by" past 4000
check "nothing of it is left, nor what left its group" none_alive
check "no run found anything of one before" test ! -s /run/lab/overlap
check "its line was up all the time" ext2_never_left
far_dead 2
check_soon 5 "what ping sees is seen as ever: ext2 is down" \
    cause_is ext2 down far
far_back 2
check_soon 8 "it is back: ext2 is up" level_is ext2 up

# ---- what is left behind, and what ends a check

check_soon 30 "hundreds of runs" ran $((before + 300))
echo "# $(runs) runs; descriptors: parent $parent_fds, then $(fds "$DAEMON")," \
    "probes $probes_fds, then $(fds "$probes")"
check_soon 5 "the parent has no more descriptors" \
    no_more_fds "$DAEMON" "$parent_fds"
check_soon 5 "nor have the probes" no_more_fds "$probes" "$probes_fds"
check_soon 2 "there are no zombies" no_zombies
check "a run that hangs is found" pick_run
kill -9 "$probes"
check_soon 3 "the probes are dead: it ends" none_alive
check_soon 10 "they are back, and it runs" pick_run
ip -n fw link del ext2
check_soon 4 "the device is gone: it ends" none_alive
lab_uplink 2
lab_balance
check_soon 10 "the device is back, and it runs" pick_run
kill -9 "$DAEMON"
check_soon 4 "the parent is dead: it ends" none_alive
lab_done

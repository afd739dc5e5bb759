#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Targets that are not the line: a gateway that drops four of five pings to
# itself and forwards all, and a far host of both lines that dies.  Neither
# moves a route.  And a line that really dies while that host is dead is seen
# as soon as otherwise, or one confirm period later.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

SHARED=192.0.2.1 OTHER=192.0.2.2
SLACK=150		# what a busy machine adds

gateway_drops() {	# line, parts of a hundred
	in_ns "isp$1" nft -f - <<-EOF2
	table inet self {
		chain input {
			type filter hook input priority 0
			icmp type echo-request numgen random mod 100 < $2 drop
		}
	}
	EOF2
}

# A host that dies for everybody; not for the line.
host_dead() {
	in_ns inet nft -f - <<-EOF2
	table inet host {
		chain input {
			type filter hook input priority 0
			ip daddr $1 drop
		}
	}
	EOF2
}

host_back() {
	in_ns inet nft delete table inet host
}

says() {		# uplink, pattern
	state_of "$1" | grep -q -- "$2"
}

events() {
	watched_count '"type":"event"' "$@"
}

told_since() {		# count before, more
	[ "$(events)" = $(($1 + $2)) ]
}

watched_last() {	# pattern of the newest event of line 1
	grep '"type":"event"' /run/lab/watch.json | grep '"uplink":"ext1"' |
	    tail -n 1 | grep -q -- "$1"
}

routes() {
	grep -cE ' (route|rule) ' /run/lab/routemon
}

# status as a person reads it, below the heading
shown() {		# pattern
	ctl status >/run/lab/status
	grep -Eq "$1" /run/lab/status
}

# ---- the gateway: 20 s of it

SPAWN_OUT=/run/lab/routemon
spawn fw "$BUILD/tests/lab/routemon"
SPAWN_OUT=''
TARGET="gateway
        - ping: $FAR"
conf override </dev/null
start
watch_start
n=$(events) before=$(routes)
began=$(now_ms)
gateway_drops 1 80
check_soon 10 "the gateway drops pings: evidence of it" \
    says ext1 '"group":"gateway","state":"degraded"'
# The claim is about time: it is as long as this.
sleep "$((20 - ($(now_ms) - began) / 1000))"
check "20 s of it: no event" test "$(events)" = "$n"
check "no write to the kernel" test "$(routes)" = "$before"
check "both lines are up" levels up up
check "both lines carry" by_both
check "the loss of the gateway is told about right" \
    says ext1 '"group":"gateway",[^}]*"loss":[6-9][0-9][0-9][,}]'
check_soon 5 "status: the line is as it should be" \
    shown '^ext1 +ext1 +up +none +[0-9.a-z]+ +0% '
check_soon 5 "status: the gateway is not" \
    shown '^ +- ping 10.0.1.1: degraded: [6-9][0-9]% lost'
sed 's/^/# /' /run/lab/status
kill "$SPAWNED"		# watch
stop
in_ns isp1 nft delete table inet self

# ---- a far host of both lines

suspected() {		# uplink
	cause_is "$1" up target-suspect
}

both() {		# command, argument...
	"$@" ext1 && "$@" ext2
}

fine() {
	cause_is "$1" up none
}

# Milliseconds from the cut to the event, by /proc/uptime and the clock of the
# event, which differ by less than this can tell.
deaths() {		# file, trials
	t=0
	while [ $t -lt "$2" ]; do
		sleep "0.$(od -An -N1 -tu1 /dev/urandom | tr -dc 0-9)"
		n=$(events '"ext1"' '"level":"down"')
		from=$(now_ms)
		far_dead 1
		wait_for 10 another_down "$n" || return 1
		echo $(($(newest_down) - from)) >>"/run/lab/$1"
		far_back 1
		wait_for 10 levels up up || return 1
		t=$((t + 1))
	done
	echo "# $1: ms to see the end of line 1: $(sort -n "/run/lab/$1" |
	    tr '\n' ' ')"
}

another_down() {
	[ "$(events '"ext1"' '"level":"down"')" -gt "$1" ]
}

newest_down() {
	sed -n '/"type":"event".*"ext1".*"level":"down"/{
		s/.*"mono_ns":\([0-9]*\)[0-9]\{6\},.*/\1/p
	}' /run/lab/watch.json | tail -n 1
}

slowest() {
	sort -n "/run/lab/$1" | tail -n 1
}

# 200 ms is timeout_min: what each round waits for an answer.
INTERVAL=200ms TIMEOUT=400ms CONFIRM=200ms
LATEST=$((200 + 200 + 2 * 200 + SLACK))
TARGET="gateway
        - ping: $SHARED
        - ping: $OTHER
      require: { far: all }"
conf override </dev/null
start
: >/run/lab/watch.json
watch_start
check "all answer: no cause" both fine
n=$(events) before=$(routes)
host_dead $SHARED
check_soon 10 "the host of both lines dies: both suspect it" both suspected
for line in ext1 ext2; do
	check "$line: that is evidence" says $line \
	    "\"ping $SHARED\",\"group\":\"far\",\"state\":\"suspect\""
done
check_soon 5 "status: it says so, and why" \
    shown "^ +- ping $SHARED: suspect: fails by every line"
sed 's/^/# /' /run/lab/status
# Ten rounds, in each of which it is dead.
sleep 2
check "both lines suspect it still" both suspected
check "one event for each line" told_since "$n" 2
check "no write to the kernel" test "$(routes)" = "$before"

check "line 1 dies meanwhile, and is seen each time" deaths suspected 2
check "as soon as it should: $(slowest suspected) ms" \
    test "$(slowest suspected)" -le $((LATEST + 200))
gateway_dead 1
check_soon 5 "line 1 dies altogether, and is seen" level_is ext1 down
# Nobody is left who could say that the host is dead: that is no news of it.
sleep 2
check "line 2 is up, and suspects the host" suspected ext2
check_soon 2 "new flows go by ext2" by_only 2
gateway_back 1
check_soon 8 "line 1 is back: both suspect the host" both suspected

# The newest event may be on its way.
wait_for 5 watched_last '"cause":"target-suspect"'
n=$(events)
host_back
check_soon 10 "the host is back: nobody suspects it" both fine
check_soon 2 "one event for each line tells it" told_since "$n" 2
check "line 1 dies, and is seen each time" deaths alone 2
check "as soon as it should: $(slowest alone) ms" \
    test "$(slowest alone)" -le $LATEST
stop
lab_done

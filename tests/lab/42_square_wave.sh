#!/bin/sh
# SPDX-License-Identifier: ISC
#
# A line that dies and returns in a square wave, at every period from a tenth
# of a second to ten seconds: the routes move no more often than its hold lets
# them, which doubles up to hold_max, and the hold is shown.  Longer waves, and
# the worst that there is, are in tests/sim/square*.sim.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

HOLD_MS=1000 HOLD_MAX_MS=4000

# One nft for all of it: to start one takes longer than a tenth of a second.
wave_open() {
	mkfifo /run/lab/wave
	SPAWN_IN=/run/lab/wave SPAWN_OUT=/run/lab/wave.out
	spawn isp1 nft -i
	SPAWN_IN='' SPAWN_OUT=''
	exec 8<>/run/lab/wave
}

wave() {		# half a period, seconds in all
	until=$(($(now_ms) + $2 * 1000))
	while [ "$(now_ms)" -lt $until ]; do
		echo "add rule inet lab forward drop" >&8
		sleep "$1"
		echo "flush chain inet lab forward" >&8
		sleep "$1"
	done
	echo "# period 2 * $1 s: moves so far: $(moves), outages so far: $(downs)"
}

# Writes of one family, each of which moves it to or fro.
moves() {
	grep -cE ' route (set|gone) inet default/0 .*protocol=57' \
	    /run/lab/routemon
}

downs() {
	watched_count '"type":"event"' '"ext1"' '"level":"down"'
}

# As the manual has it: away with an outage, back when the hold is over, which
# begins with the return and is twice as long after each outage.
moves_by_events() {
	sed -n '/"type":"event".*"uplink":"ext1"/{
		s/.*"mono_ns":\([0-9]*\)[0-9]\{6\},.*"level":"\([a-z]*\)".*/\1 \2/p
	}' /run/lab/watch.json | awk -v hold=$HOLD_MS -v most=$HOLD_MAX_MS '
	$2 == "down" {
		if (away && $1 - back > hold)
			away = 0
		if (!away)
			moves += 2
		if (away || back) {
			hold = hold * 2 < most ? hold * 2 : most
		}
		away = 1
	}
	$2 == "up" { back = $1 }
	END { print moves }'
}

held() {		# as JSON and as text
	state_of ext1 | grep '"held":true' |
	    grep -q '"hold_left_ms":[1-9]' &&
	    ctl status >/run/lab/status &&
	    grep -A1 '^ext1 .* idle$' /run/lab/status |
	    grep -Eq '^ +\* held for another [0-9.]+m?s$'
}

HOLD="${HOLD_MS}ms
      hold_max: ${HOLD_MAX_MS}ms"
conf override </dev/null
SPAWN_OUT=/run/lab/routemon
spawn fw "$BUILD/tests/lab/routemon"
SPAWN_OUT=''
start
watch_start
wave_open
before=$(moves)
check "the start moved nothing but the lines' own tables" test "$before" -le 2

wave 0.05 2
wave 0.15 3
wave 0.5 4
wave 1.5 6
wave 5 10
check "line 2 was never in doubt" not watched '"type":"event"' \
    '"uplink":"ext2"'
far_dead 1
check_soon 5 "it dies once more" level_is ext1 down
far_back 1
check_soon 5 "it is well again and held: status says so" held
sed 's/^/# /' /run/lab/status
check "new flows go by the other one" by_only 2
check_soon 8 "the hold is over: both are used" by_both
check "status: no hold" not held
moved=$(($(moves) - before))
echo "# outages: $(downs), moves: $moved"
check "outages were seen" test "$(downs)" -gt 4
check "the routes moved as often as the hold lets them" \
    test "$moved" = "$(moves_by_events)"
stop
lab_done

#!/bin/sh
# SPDX-License-Identifier: ISC
#
# replay.sh: runs of the simulator as recordings.  Under the configuration of
# the run the replay says what the run said, to the millisecond; under another
# one what that would have said.  And what is wrong with a file is named.
set -u
cd "$(dirname "$0")/../.." || exit 1
umask 022
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0

check() {
	text=$1
	shift
	if "$@"; then
		echo "ok - $text"
	else
		echo "not ok - $text"
		failed=1
	fi
}

# events, changes: "uplink wall_ms previous level cause" of each change of a
# recording, and of its replay; by uplink, in their order.
events() {
	sed -n 's/.*"type":"event".*"wall_ms":\([0-9]*\),"uplink":"\([^"]*\)","level":"\([^"]*\)","previous":"\([^"]*\)","cause":"\([^"]*\)".*/\2 \1 \4 \3 \5/p' |
	    awk '$3 != $4' | sort -s -k1,1
}

changes() {
	sed -n 's/.*"type":"change","wall_ms":\([0-9]*\),"uplink":"\([^"]*\)","previous":"\([^"]*\)","level":"\([^"]*\)","cause":"\([^"]*\)".*/\2 \1 \3 \4 \5/p' |
	    awk '$3 != $4' | sort -s -k1,1
}

# same ARGUMENT...: of the simulator.
same() {
	tests/sim/sim --record "$tmp/rec" "$@" >"$tmp/out" || {
		cat "$tmp/out"
		return 1
	}
	./uplinkctl replay "$tmp/rec" --config "$tmp/rec.conf" --json \
	    >"$tmp/json" || return 1
	events <"$tmp/rec" >"$tmp/recorded"
	changes <"$tmp/json" >"$tmp/replayed"
	[ -s "$tmp/recorded" ] || return 1
	diff "$tmp/recorded" "$tmp/replayed" | sed 's/^/# /'
	cmp -s "$tmp/recorded" "$tmp/replayed"
}

# ---- the same configuration
for file in tests/sim/*.sim; do
	name=$(basename "$file" .sim)
	case $name in
	# What the probes do not know of is not recorded: opinions, and a
	# dispatcher that is away.  A week is long.
	advisor|silence|restart-*|days) ;;
	*)	check "$name: the replay says the same" same "$file" ;;
	esac
done
for seed in 1 2 3 4 5 6 7 8; do
	check "random $seed: the replay says the same" \
	    same --random --seed $seed --steps 100
done

# ---- an hour with a line of bursts, under two configurations
hour() {		# configuration, outages of ext1, switches of ext1
	./uplinkctl replay "$tmp/hour" --config "$1" >"$tmp/told" || return 1
	sed 's/^/# /' "$tmp/told" | tail -n 4
	awk -v outages="$2" -v switches="$3" '
	$1 == "ext1" && $2 == outages && $6 == switches && $8 == 24 { good = 1 }
	END { exit !good }' "$tmp/told"
}
tests/sim/sim --record "$tmp/hour" tests/sim/bursts.sim >/dev/null
sed 's/fall: 3/fall: 40/' "$tmp/hour.conf" >"$tmp/calm.conf"
check "an hour with bursts: 12 outages as configured" \
    hour "$tmp/hour.conf" 12 24
check "the same hour with a long fall: none" hour "$tmp/calm.conf" 0 0

# ---- what may be wrong with a file
replay() {		# status, file, configuration, pattern of stderr
	./uplinkctl replay "$2" --config "$3" >"$tmp/told" 2>"$tmp/err"
	rc=$?
	sed 's/^/# /' "$tmp/err"
	[ $rc = "$1" ] && grep -q -- "$4" "$tmp/err"
}
conf=$tmp/hour.conf
size=$(wc -c <"$tmp/hour")
head -c $((size - 100)) "$tmp/hour" >"$tmp/cut"
check "a recording that is cut off is fine" replay 0 "$tmp/cut" "$conf" \
    "cut:[0-9]*: the last line is cut off"
check "and replayed up to there" grep -q '^ext1  *12 ' "$tmp/told"
awk 'NR == 100 { print "garbage"; next } { print }' "$tmp/hour" >"$tmp/bad"
check "a wrong line is named" replay 65 "$tmp/bad" "$conf" \
    "bad:100: not JSON: left out"
check "and the others are replayed" grep -q '^ext1  *12 ' "$tmp/told"
head -c 300000 /dev/urandom >"$tmp/noise"
check "noise is no recording" replay 65 "$tmp/noise" "$conf" \
    "noise: nothing is recorded in it"
tr -d '\n' <"$tmp/hour" >"$tmp/long"
check "a line of megabytes is left out" replay 65 "$tmp/long" "$conf" \
    "long:1: .*left out"
check "no file" replay 66 "$tmp/none" "$conf" "none: No such file"
check "no configuration" replay 64 "$tmp/hour" "$tmp/none" "none: No such"
check "no argument" sh -c './uplinkctl replay 2>/dev/null; [ $? = 64 ]'
check "from a pipe" sh -c "./uplinkctl -f '$conf' replay - <'$tmp/hour' |
    grep -q '^ext1  *12 '"
exit $failed

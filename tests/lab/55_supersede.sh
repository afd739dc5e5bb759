#!/bin/sh
# SPDX-License-Identifier: ISC
# runs alone
#
# An up/down change every 20 ms for 20 s, with actions of random length: of one
# key never two at once and in the order of the events, what is superseded is
# skipped and said so, the last one always runs, none is lost.  Then again with
# the dispatcher killed in the middle.  A lane holds 8 of those that run for
# each event, and dozens wait.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

LAB_BAD='runtime error:|Sanitizer|bug: .* does not hold'
PERIOD=${PERIOD:-20}
CHANGES=${CHANGES:-1000}

# What an action logs: b(egin), e(nd) or f(ailed); its own name, event, job and
# level.  Two at once meet at the lock, which the last process of a run gives
# up.  One in eight fails.
cat >/run/lab/act <<'EOS'
#!/bin/sh
say() {
	echo "$1 $UPLINKD_ACTION $UPLINKD_EVENT_ID $UPLINKD_JOB_ID $UPLINKD_LEVEL" \
	    >>/run/lab/acts
}
exec 9>"/run/lab/lock.$UPLINKD_ACTION"
flock -n 9 || say TWO
say b
read -r r _ </proc/sys/kernel/random/uuid
r=$((0x${r%%-*}))
sleep "0.0$((r % 9))$((r / 9 % 10))"
[ $((r / 90 % 8)) != 0 ] || { say f; exit 1; }
say e
EOS
chmod 755 /run/lab/act
UPLINK1="    advisors:
      lab: { authority: decide, ttl: 5m }
"
conf override <<'EOF2'
lanes: { exec: 3, queue: 8 }
actions:
  finish: { on: [down, up], uplinks: [ext1], run: [/run/lab/act] }
  cancel: { on: [down, up], uplinks: [ext1], on_supersede: cancel,
    run: [/run/lab/act] }
  again: { on: [down, up], uplinks: [ext1], retries: 3, retry_wait: 10ms,
    run: [/run/lab/act] }
  each: { on: [up], uplinks: [ext1], every: true, run: [/run/lab/act] }
EOF2

# Members of the jobs that were published: ACTION JOB EVENT PHASE.
jobs() {
	sed -n '/"type":"job"/s/.*"action":"\([^"]*\)".*"event_id":\([0-9]*\),"job_id":\([0-9]*\),"phase":"\([^"]*\)".*/\1 \3 \2 \4/p' \
	    /run/lab/watch.json
}

# Of the lane exec, as uplinkctl status has it: a member's number.
lane() {
	ctl status --json | sed -n "s/.*\"lane\":\"exec\"[^}]*\"$1\":\([0-9]*\).*/\1/p"
}

some_on_disk() {
	[ "$(lane on_disk)" -gt 9 ] && grep -q '^e each' /run/lab/acts
}

# All that is in told ran, and that is something.
told_ran() {
	[ -s /run/lab/told ] && [ -z "$(comm -23 /run/lab/told /run/lab/ran)" ]
}

idle() {
	[ "$(lane waiting)" = 0 ] && [ "$(lane running)" = 0 ]
}

# The events of ext1 since the last look, each a change of level.
events() {
	sed -n '/"type":"event"/s/.*"uplink":"ext1","level":"\([a-z]*\)","previous":"\([a-z]*\)".*/\1 \2/p' \
	    /run/lab/watch.json | awk '$1 != $2 { print $1 }'
}

# in_order: no two at once; of each action the events never go back, and the
# same again only after it failed (or, after a restart, once more).
in_order() {
	awk -v again="${1:-0}" '
	$1 == "TWO" { print "# two at once: " $0; bad = 1 }
	$1 == "b" && $3 < last[$2] { print "# out of order: " $0; bad = 1 }
	$1 == "b" && $3 == last[$2] && !failed[$2] && again-- <= 0 {
		print "# twice: " $0; bad = 1
	}
	$1 == "b" { last[$2] = $3; failed[$2] = 0; n++ }
	$1 == "f" { failed[$2] = 1 }
	END { if (n < 50) { print "# only " n " runs"; bad = 1 } exit bad }
	' /run/lab/acts
}

# accounted ACTION JOBS: so many jobs, each with exactly one end.
accounted() {
	jobs | awk -v action="$1" -v want="$2" '
	$1 == action && ($4 == "started" || $4 == "retry") { begun[$2] = 1 }
	$1 == action && $4 ~ /^(done|failed|superseded|cancelled)$/ {
		if (++ends[$2] > 1) { print "# two ends: " $0; bad = 1 }
		if ($4 !~ /superseded/ && !begun[$2]) bad = 1
		n[$4]++; sum++
	}
	END {
		printf "# %s: %d jobs: %d done, %d failed, %d superseded, %d cancelled\n",
		    action, sum, n["done"], n["failed"], n["superseded"],
		    n["cancelled"]
		exit bad || sum != want
	}'
}

# ran_last ACTION EVENT: that event's was the last that ran.
ran_last() {
	[ "$(awk -v action="$1" '$1 == "b" && $2 == action { e = $3 }
	    END { print e }' /run/lab/acts)" = "$2" ]
}

# What of an action ran is what its jobs said had run.
ran_as_told() {
	jobs | awk -v action="$1" '$1 == action && $4 == "started" { print $2 }' |
	    sort -u >/run/lab/told
	awk -v action="$1" '$1 == "b" && $2 == action { print $4 }' \
	    /run/lab/acts | sort -u >/run/lab/ran
	# A run may be cancelled before its first word.
	if [ "$1" = cancel ]; then
		[ -z "$(comm -13 /run/lab/told /run/lab/ran)" ]
	else
		cmp -s /run/lab/told /run/lab/ran
	fi
}

last_event() {
	jobs | awk '$1 == "finish" { if ($3 > n) n = $3 } END { print n }'
}

start
check_soon 5 "lanes are in the status" idle
: >/run/lab/acts
watch_start
SPAWN_OUT=/run/lab/all.json
spawn fw "$BUILD/uplinkctl" -s $RUN watch --all --json
SPAWN_OUT=''
from=$(now_ms)
helper fw opine $RUN ext1 lab "$PERIOD" "$CHANGES" >/run/lab/opine.out 2>&1
echo "# $(cat /run/lab/opine.out)"
echo "# $(ctl status | grep '^exec')"
check "jobs wait on disk, and the status says so" test "$(lane on_disk)" -gt 0
check "dozens wait, eight of them in memory" test "$(lane waiting)" -gt 50
check_soon 120 "they are all taken up" idle
told=$(grep '"type":"lane"' /run/lab/all.json | grep -c '"lane":"exec"')
secs=$((($(now_ms) - from) / 1000))
kill "$SPAWNED"
echo "# $told words about the lane in $secs s"
check "the lane is told while it changes" test "$told" -ge 10
check "but once a second at most" test "$told" -le $((secs + 3))
n=$(events | wc -l)
up=$(events | grep -c up)
echo "# $n changes of level, $up of them up"
took=$(sed -n 's/.* ms=//p' /run/lab/opine.out)
check "each of them is an event" test "$n" = "$CHANGES"
check "one every 20 ms" test "${took:-99999}" -lt $((CHANGES * PERIOD * 11 / 10))
check "uplinkctl watch has missed nothing" \
    not grep -q 'were missed' /run/lab/watch.json
last=$(last_event)
check "never two at once, each key in order" in_order
for action in finish cancel again; do
	check "$action: each job has its end" accounted $action "$n"
	check "$action: the last one ran" ran_last $action "$last"
	check "$action: what ran is what was told" ran_as_told $action
done
check "each: each job has its end" accounted each "$up"
check "each: what ran is what was told" ran_as_told each
check "each: all of them ran" \
    test "$(grep -c '^b each' /run/lab/acts)" = "$up"
for phase in superseded cancelled; do
	told=$(jobs | awk -v p=$phase '$4 == p' | wc -l)
	echo "# $told $phase, the log has $(grep -c "$phase by a newer event" /run/lab/uplinkd.log), the status $(lane $phase)"
	check "the log tells of each that was $phase" test "$told" = \
	    "$(grep -c "$phase by a newer event" /run/lab/uplinkd.log)"
	check "so does the status" test "$told" = "$(lane $phase)"
done

# ---- with a dispatcher that dies while jobs wait on disk
: >/run/lab/acts
old=$(role_pid dispatcher)
helper fw opine $RUN ext1 lab "$PERIOD" "$((CHANGES / 2))" \
    >/run/lab/opine.out 2>&1 &
check_soon 9 "jobs wait on disk" some_on_disk
kill -9 "$old"
wait $!
echo "# $(cat /run/lab/opine.out)"
check_soon 10 "another dispatcher is there" test "$(role_pid dispatcher)" != "$old"
check_soon 120 "all that waited is taken up" idle
last=$(last_event)
check "never two at once, each key in order" in_order 4
for action in finish cancel again; do
	check "$action: the last one ran" ran_last $action "$last"
	check "$action: at most twice" test "$(grep -c \
	    "^b $action $last " /run/lab/acts)" -le 2
done
# Of what ran meanwhile nothing was told; all that was told must have run.
sed -n 's/^b each \([0-9]*\) .*/\1/p' /run/lab/acts | sort -u >/run/lab/ran
first=$(sed -n 's/^b each \([0-9]*\) .*/\1/p;T;q' /run/lab/acts)
sed -n '/"type":"job"/s/.*"action":"each".*"event_id":\([0-9]*\),.*/\1/p' \
    /run/lab/watch.json | awk -v first="$first" '$1 >= first' |
    sort -u >/run/lab/told
check "each: all of them ran" told_ran
echo "# each: $(wc -l </run/lab/ran) events, $(grep -c '^b each' /run/lab/acts) runs"
lab_done

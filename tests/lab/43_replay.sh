#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What the daemon did is recorded as it happens, over a restart of it too.
# Replayed under its own configuration it is the same again; under a calmer
# one no line would have been given up but that without a carrier.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

REC=/run/lab/rec
CALM=/run/lab/calm.conf

record() {		# argument...: in the background
	SPAWN_OUT=/run/lab/record.log
	spawn fw "$BUILD/uplinkctl" -s $RUN record "$@"
	SPAWN_OUT=''
	RECORDER=$SPAWNED
}

# Since the recording began, or since its line N.
has_trails() {		# line, of it
	sed -n "$2,\$p" $REC 2>/dev/null | grep '"type":"trail"' |
	    grep -q "\"uplink\":\"ext$1\""
}

lines() {
	wc -l <$REC
}

# Changes of level of which both know: where it begins is not an event.
recorded() {
	sed -n 's/.*"type":"event".*"uplink":"\([^"]*\)","level":"\([^"]*\)","previous":"\([^"]*\)","cause":"\([^"]*\)".*/\1 \3 \2 \4/p' $REC |
	    awk '$2 != $3 && $2 != "unknown"' | sort -s -k1,1
}

replayed() {		# configuration
	in_ns fw "$BUILD/uplinkctl" replay $REC --config "$1" --json |
	    tee /run/lab/replayed.json |
	    sed -n 's/.*"type":"change",.*"uplink":"\([^"]*\)","previous":"\([^"]*\)","level":"\([^"]*\)","cause":"\([^"]*\)".*/\1 \2 \3 \4/p' |
	    awk '$2 != $3 && $2 != "unknown"' | sort -s -k1,1
}

same_again() {
	recorded >/run/lab/a
	replayed $CONF >/run/lab/b
	diff /run/lab/a /run/lab/b | sed 's/^/# /'
	[ "$(wc -l </run/lab/a)" -ge 8 ] && cmp -s /run/lab/a /run/lab/b
}

only_the_carrier_is_lost() {
	replayed $CALM >/run/lab/b
	printf 'ext2 up down carrier\next2 down up none\n' >/run/lab/a
	diff /run/lab/a /run/lab/b | sed 's/^/# /'
	cmp -s /run/lab/a /run/lab/b &&
	    grep -q '"uplink":"ext1","outages":0,"down_ms":0,.*"switches":0,' \
	    /run/lab/replayed.json
}

ends_with() {		# status
	wait "$RECORDER"
	[ $? = "$1" ]
}

outage() {		# line
	far_dead "$1"
	check_soon 5 "ext$1 is down" cause_is "ext$1" down far
	far_back "$1"
	check_soon 8 "ext$1 is up" level_is "ext$1" up
}

# A recording begins without a memory of what was lost before it.
HOLD='0s
      loss: never
      degraded: { loss: never, rtt: 0s }'
conf override </dev/null
sed 's/fall: 3/fall: 250/' $CONF >$CALM
start
record -o $REC
check_soon 5 "a recording has begun" has_trails 1 1
check_soon 5 "of both lines" has_trails 2 1
check "its first line tells whose" \
    sh -c "head -n 1 $REC | grep '\"type\":\"record\"' |
    grep -q '\"uplink\":\"ext2\",\"targets\":\\[\"ping $FAR\"\\]'"

outage 1
outage 2
# Most are lost: it falls and rises by chance.
in_ns isp1 nft add rule inet lab forward numgen random mod 100 \< 60 drop
check_soon 10 "with 60% loss ext1 is down, too" level_is ext1 down
far_back 1
check_soon 8 "and up without it" level_is ext1 up
carrier_lost 2
check_soon 5 "ext2 is down without carrier" cause_is ext2 down carrier
carrier_back 2
check_soon 8 "and up with it" level_is ext2 up
check "nothing is missing" not grep -q '"type":"gap"' $REC

stop
start
n=$(lines)
check_soon 10 "after a restart of the daemon it goes on" has_trails 1 "$n"
check_soon 10 "with both lines" has_trails 2 "$n"
check "the gap is a line, of each" \
    test "$(grep -c '"type":"gap"' $REC)" = 2
outage 1

# The last second is said when it is over.
n=$(lines)
check_soon 5 "all is said" has_trails 1 "$((n + 1))"
kill "$RECORDER"
check "told to end, the recorder does so with status 0" ends_with 0
check "its last line is whole" sh -c "tail -c 1 $REC | od -c | grep -q '\\\\n'"
check "replayed it is the same again" same_again
check "the gap is told" grep -q 'ext1 was not recorded for .* its probes' \
    /run/lab/replayed.json
check "all lines are understood" in_ns fw "$BUILD/uplinkctl" replay $REC \
    --config $CONF >/dev/null
check "under a calmer configuration only the carrier counts" \
    only_the_carrier_is_lost

# ---- its arguments
before=$(cksum <$REC)
record -o $REC
check "a recording is not written over" ends_with 73
check "it is as it was" test "$(cksum <$REC)" = "$before"
record -o $REC --force --for 1s ext2
check "but with --force; and it ends when its time is over" ends_with 0
check "it has the uplink that was asked for" has_trails 2 1
check "and no other" not has_trails 1 1
record nonesuch
check "an uplink that is none is refused" ends_with 64
check "to standard output" sh -c "in_fw='$BUILD/uplinkctl -s $RUN'
    nsenter --net=/run/netns/fw -- \$in_fw record --for 2s |
    grep -q '\"type\":\"trail\"'"
stop
record
check "without a daemon" ends_with 69
lab_done

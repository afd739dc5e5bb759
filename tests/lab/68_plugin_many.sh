#!/bin/sh
# SPDX-License-Identifier: ISC
# runs alone
#
# Ten thousand jobs of plugins, programs and shared objects, four at a time:
# after them there is no zombie and no descriptor that was not there before,
# and the second half has taken no memory but what the journal's cache (2 MB at
# most) has of its file.  PLUGIN_JOBS is another number of them.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

JOBS=${PLUGIN_JOBS:-10000}
ACTIONS=100		# each toggle starts so many
LIBRARY=$((ACTIONS / 5))	# so many of them are shared objects
DIR=/run/lab/plugins
mkdir $DIR
cp "$BUILD/tests/plugins/bad.so" /bin/true $DIR/
chmod 755 $DIR/*
MEMORY=128
! grep -q __asan_init "$BUILD/uplinkd" || { MEMORY=0 JOBS=600; }

UPLINK1="    advisors:
      lab: { authority: decide, ttl: 1h }
"
i=0
{
	echo "plugin_dir: $DIR"
	echo "lanes: { queue: 60000 }"
	echo "actions:"
	while [ $i -lt $ACTIONS ]; do
		name='true'
		[ $i -ge $LIBRARY ] || name=bad
		echo "  a$i: { on: [down, up], uplinks: [ext1], every: true," \
		    "plugin: { name: $name, user: root, memory: $MEMORY } }"
		i=$((i + 1))
	done
} | conf override

fds() {			# pid
	find "/proc/$1/fd" -mindepth 1 | wc -l
}

no_more_fds() {		# pid, as many as that
	[ "$(fds "$1")" -le "$2" ]
}

rss() {			# pid: kB
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status"
}

journal_kb() {
	echo $(($(wc -c </run/lab/state/journal.db) / 1024))
}

zombies() {
	ps -o stat= --ppid "$DAEMON" | grep -c Z
}

jobs_done() {
	grep -c 'action a[0-9]*/ext1: done' /run/lab/uplinkd.log
}

# In what was logged since then.
all_done() {		# bytes of the log before
	[ "$(tail -c +$(($1 + 1)) /run/lab/uplinkd.log |
	    grep -c 'action a[0-9]*/ext1: done')" -ge $ACTIONS ]
}

# On a busy machine the answer may come too late; saying it again does no harm.
opinion() {		# level
	ctl notify --as lab ext1 "$1" >>/run/lab/notify.log 2>&1
}

# toggle UNTIL: one opinion after the other, each when the jobs of the one
# before are done, until they are that many.
asked=0 now=up
toggle() {
	while [ $asked -lt "$1" ]; do
		case $now in
		up)	now=down ;;
		*)	now=up ;;
		esac
		logged=$(wc -c </run/lab/uplinkd.log)
		wait_for 20 opinion $now || return
		asked=$((asked + ACTIONS))
		wait_for 60 all_done "$logged" || return
	done
}

start
dispatcher=$(role_pid dispatcher) feed=$(role_pid feed)
parent_fds=$(fds "$DAEMON") dispatcher_fds=$(fds "$dispatcher")
from=$(now_ms)
check "half of $JOBS jobs are done" toggle $((JOBS / 2))
for pid in "$DAEMON" "$dispatcher" "$feed"; do
	eval "rss_$pid=$(rss "$pid")"
done
journal=$(journal_kb)
check "all $JOBS are done" toggle "$JOBS"
echo "# $((JOBS * 1000 / ($(now_ms) - from + 1))) jobs a second"
check "none has failed" not grep -q 'action a.*failed' /run/lab/uplinkd.log
check "exactly as many as were asked for" test "$(jobs_done)" = "$asked"
echo "# zombies: $(zombies); descriptors: parent $parent_fds, then" \
    "$(fds "$DAEMON"); dispatcher $dispatcher_fds, then $(fds "$dispatcher")"
check "there are no zombies" test "$(zombies)" = 0
check_soon 5 "the parent has no more descriptors" \
    no_more_fds "$DAEMON" "$parent_fds"
check_soon 5 "nor has the dispatcher" \
    no_more_fds "$dispatcher" "$dispatcher_fds"
check "no process is left" test "$(ps -o pid= --ppid "$DAEMON" | wc -l)" = 3
journal=$(($(journal_kb) - journal))
echo "# the journal has become $journal kB longer"
# Sixty bytes of each job would be 300 kB.
for pid in "$DAEMON" "$dispatcher" "$feed"; do
	eval "before=\$rss_$pid"
	after=$(rss "$pid")
	echo "# memory of $pid: $before kB, then $after kB"
	[ "$pid" != "$dispatcher" ] || before=$((before + journal))
	# AddressSanitizer keeps for a while what was freed.
	[ $MEMORY = 0 ] || check "it has not grown" test "$after" -le $((before + 300))
done
check "all are who they were" test "$dispatcher $feed" = \
    "$(role_pid dispatcher) $(role_pid feed)"
far_dead 2
check_soon 5 "the other line is looked after as ever" level_is ext2 down
stop
lab_done

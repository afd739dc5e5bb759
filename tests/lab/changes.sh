# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# changes.sh: the same change over and over, LAB_TIMES times: how long until
# probes are right again, and what it costs the daemon in the end.  INTERVAL is
# 100 ms and RISE is 1, so that two intervals are a limit for both.

TIMES=${LAB_TIMES:-200}
INTERVAL=100ms CONFIRM=100ms RISE=1
LIMIT=200		# two intervals, in ms
# With sanitizers everything takes longer, and memory is kept to be looked at.
[ -z "${RUN_PREFIX:-}" ] || LIMIT=1000

# ---- when probes are right (echoed.c), when the level was told

changes_start() {	# after `start`
	helper_start isp1 echoed echoed
	wait_for 5 grep -q ready /run/lab/echoed.out
	: >/run/lab/watch.json
	: >/run/lab/table.ms
	watch_start
	WATCHER=$SPAWNED
}

events() {		# of line 1
	grep '"type":"event".*"uplink":"ext1"'
}

last_event() {		# level
	case $(tail -n 40 /run/lab/watch.json | events | tail -n 1) in
	*"\"level\":\"$1\""*) return 0 ;;
	esac
	return 1
}

count_events() {	# level
	events </run/lab/watch.json | grep -c "\"level\":\"$1\""
}

# A change begins: name, interface, source and targets as for echoed.
changing() {
	helper_tell echoed "want $*"
}

# It is complete; name, and what the default in the line's table has then.
changed() {
	helper_tell echoed now
	CHANGED=$(now_ms)
	wait_for 5 table_has "$2" || check "$1: the line's table has $2" false
	echo $(($(now_ms) - CHANGED)) >>/run/lab/table.ms
	wait_for 5 is_right "$1" || check "$1: probes are right" false
}

table_has() {
	for lab_f in -4 -6; do
		ip -n fw $lab_f route show table 5751 2>/dev/null
	done | grep -q "^default $1 "
}

is_right() {		# name
	grep -q "^$1 right" /run/lab/echoed.out
}

# Milliseconds in /run/lab/NAME.ms, one a line; sorted afterwards.
figures() {		# name: "median 31 ms, longest 77 ms"
	sort -n "/run/lab/$1.ms" -o "/run/lab/$1.ms"
	awk '{ v[NR] = $1 }
	END { printf "median %d ms, longest %d ms\n", v[int((NR + 1) / 2)],
	    v[NR] }' "/run/lab/$1.ms"
}

changes_end() {
	helper_end echoed
	kill "$WATCHER"
	sed -n 's/.* right=\([0-9]*\) .*/\1/p' /run/lab/echoed.out \
	    >/run/lab/right.ms
	sed -n 's/.* wrong=//p' /run/lab/echoed.out >/run/lab/wrong.ms
	sed -n 's/.* since=/since /p' /run/lab/echoed.out >/run/lab/since
	events </run/lab/watch.json | sed \
	    's/.*"mono_ns":\([0-9]*\).*"level":"\([a-z]*\)".*/\2 \1/' \
	    >/run/lab/levels
	# From the change to the event that says up; 0 if that was first.
	sort -k 2 -n /run/lab/levels /run/lab/since |
	    awk '$1 == "up" { up = $2 }
	    $1 == "since" { at = $2 }
	    up && at { print (up > at ? int((up - at) / 1000000) : 0)
		up = at = 0 }' >/run/lab/up.ms
	# From each event that says unknown to the next of another level.
	awk 'at { print int(($2 - at) / 1000000); at = 0 }
	    $1 == "unknown" { at = $2 }' /run/lab/levels >/run/lab/unknown.ms
}

# All but one in a hundred within the limit, and those a second later: there
# are moments when a machine does something else.
in_time() {		# name number
	[ "$(wc -l <"/run/lab/$1.ms")" = "$2" ] &&
	    awk -v limit=$LIMIT -v n="$2" '$1 > limit { late++ }
	    $1 > limit + 1000 { late += n }
	    END { exit late > (n < 100 ? 1 : n / 100) }' "/run/lab/$1.ms"
}

# ---- what it costs

processes() {
	echo "$DAEMON $(role_pid probes) $(role_pid dispatcher)"
}

descriptors() {
	for pid in $(processes); do
		printf '%s ' "$(ls "/proc/$pid/fd" | wc -l)"
	done
}

memory() {		# KiB
	for pid in $(processes); do
		awk '$1 == "VmRSS:" { printf "%d ", $2 }' "/proc/$pid/status"
	done
}

# Hundredths of a second.
processor() {
	for pid in $(processes); do
		cat "/proc/$pid/stat"
	done | awk '{ sum += $14 + $15 } END { print sum }'
}

same_descriptors() {
	FDS_NOW=$(descriptors)
	[ "$FDS_NOW" = "$1" ]
}

# Of parent and probes none more than that many KiB above what it was.  The
# dispatcher's journal fills the cache of its database first, 2 MiB at most.
grown_less() {		# KiB before now
	echo "$2" "$3" | awk -v most="$1" '{ for (i = 1; i <= NF / 2; i++)
	    if ($(i + NF / 2) - $i > (i < 3 ? most : most + 2048)) exit 1 }'
}

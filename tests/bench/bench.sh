#!/bin/sh
# SPDX-License-Identifier: ISC
#
# bench.sh: what a failover costs, beside what users have today, in one run on
# one machine.  Tables on standard output, with all single figures in
# tests/bench/out.  TRIALS, SWITCHES and LOOKUPS change the numbers.
set -u
cd "$(dirname "$0")" || exit 1
out=out/$(date +%Y%m%d-%H%M%S)
mkdir -p "$out" || exit 1
PATH=$PATH:/usr/sbin:/sbin
export PATH
if [ "$(id -u)" != 0 ]; then
	echo "make bench wants root: keepalived and BIRD do"
	exit 1
fi

part() {		# name command...
	name=$1
	shift
	"$@" >"$out/$name" 2>&1 && return
	echo "$name has failed:"
	grep -E '^(not ok|# failed)' "$out/$name" || tail -n 40 "$out/$name"
	: >"$out/failed"
}

# Median, least and greatest of column C of a tool's trials of a fault.
middle() {		# tool fault column
	awk -v t="$1" -v f="$2" -v c="$3" '$1 == t && $2 == f { print $c }' \
	    "$out/gap" | sort -n | awk '$1 == "-" { blind++; next }
	    { v[++n] = $1 }
	    END {
		if (n == 0) { print "not noticed"; exit }
		m = n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
		printf "%.1f (%d-%d)%s\n", m, v[1], v[n], \
		    blind ? " " blind " not noticed" : ""
	    }'
}

name_of() {
	case $1 in
	override|withdraw)	echo "uplinkd, $1" ;;
	keepalived)		echo "keepalived" ;;
	bird)			echo "BIRD with BFD" ;;
	esac
}

table() {		# column
	printf '%-20s %-22s %-22s %-22s\n' '' 'silent far death' \
	    'dead gateway' 'carrier lost'
	for tool in override withdraw keepalived bird; do
		printf '%-20s %-22s %-22s %-22s\n' "$(name_of $tool)" \
		    "$(middle $tool far "$1")" "$(middle $tool gateway "$1")" \
		    "$(middle $tool carrier "$1")"
	done
}

report() {
	echo "machine: $(uname -sr), $(nproc) cores, $(date)"
	echo "uplinkd: ping every 50 ms, timeout 50 ms, fall 3"
	echo "keepalived: $(keepalived -v 2>&1 | head -n 1); ping every second"
	echo "BIRD: $(bird --version 2>&1); BFD 50 ms x 3 on both sides"
	echo
	part gap sh gap.sh "${TRIALS:-10}"
	echo "Gap of a flow of 100 packets a second, ms: median (range)," \
	    "${TRIALS:-10} trials each"
	table 4
	echo
	echo "Packets lost: median (range)"
	table 3
	echo
	part switch sh switch.sh "${SWITCHES:-1000}"
	echo "A switch, ${SWITCHES:-1000} times"
	cat "$out/switch"
	echo
	part hole env HOLES=0 SWITCHES="${LOOKUPS:-2000}" \
	    sh ../lab/23_no_hole.sh
	echo "Lookups without a pause during ${LOOKUPS:-2000} switches" \
	    "(override v4, v6; withdraw v4, v6)"
	grep '^# lookups' "$out/hole"
	echo
	part scale sh scale.sh "${SCALE_SECONDS:-30}"
	echo "Many targets, ${SCALE_SECONDS:-30} s each"
	cat "$out/scale"
	echo
	part naps sh ../lab/16_slow_actions.sh
	echo "Slow actions: a recovery of 60 s and a mail that hangs run;" \
	    "then the other line; eight actions of 1 s, eight threads"
	grep '^# ' "$out/naps"
}

report | tee "$out/report"
echo
echo "single figures: tests/bench/$out"
[ ! -e "$out/failed" ]

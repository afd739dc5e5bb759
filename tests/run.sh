#!/bin/sh
# SPDX-License-Identifier: ISC
#
# run.sh KIND...: runs the tests of these kinds, which must be built, and
# prints a line for each and the sum as the very last one.
#
#	unit	every tests/unit/test_*		a cmocka program each
#	sim	every tests/sim/*.sim, faults by chance, and what the manual
#		says of the defaults
#	fuzz	every input in tests/fuzz/corpus through its fuzzer's code
#	lab	every tests/lab/[0-9]*.sh	the real kernel
#	lint	tests/lint.sh
#	asan	unit, sim, fuzz and lab again, in a copy of the tree built with
#		AddressSanitizer and UndefinedBehaviorSanitizer
#
# LAB=pattern picks scenarios: LAB='20*' tests/run.sh lab.  JOBS tests run at
# a time; scenarios mostly wait, so LAB_JOBS of them do.  One that has a line
# "# runs alone" measures time, and has the machine for itself.
set -u
cd "$(dirname "$0")/.." || exit 1
PREFIX=${RUN_PREFIX:-}
JOBS=${JOBS:-2}
LAB_JOBS=${LAB_JOBS:-4}
# The line numbers of a report are worth more than speed.
export UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}"
export CMOCKA_MESSAGE_OUTPUT=TAP

# One test of a pool: run.sh one NAME SECONDS COMMAND...
if [ "${1:-}" = one ] && [ -n "${RUN_TMP:-}" ]; then
	tmp=$RUN_TMP
else
	tmp=$(mktemp -d) || exit 1
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 130' INT TERM
	: >"$tmp/counts"
fi

# What came of one test is printed as a whole and counted in a file: several
# run at once.  $tmp/counts: passed, failed, skipped of each.
count() {
	n=$(grep -cE "$1" "$out")
	echo "$n"
}

# program NAME SECONDS COMMAND...: its output is TAP or nothing; the exit
# status counts in any case, 77 means skipped.
program() {
	name=$PREFIX$1 limit=$2
	shift 2
	out=$(mktemp "$tmp/out.XXXXXX")
	begun=$(date +%s)
	timeout -k 5 "$limit" "$@" >"$out" 2>&1 </dev/null
	rc=$?
	echo "$(($(date +%s) - begun)) $name" >>"$tmp/times"
	outcome >"$out.told"
	cat "$out.told"
	rm -f "$out" "$out.told"
}

outcome() {
	if [ $rc = 77 ]; then
		echo "skip $name: $(tail -n 1 "$out")"
		echo 0 0 1 >>"$tmp/counts"
		return
	fi
	sed -nE "s|^ok( [0-9]+)?( -)? (.*)|ok   $name: \\3|p" "$out"
	good=$(count '^ok( |$)')
	skips=$(count '^(not )?ok .*# ?SKIP')
	good=$((good - $(count '^ok .*# ?SKIP')))
	bad=$(($(count '^not ok( |$)') - $(count '^not ok .*# ?SKIP')))
	if [ $rc = 0 ] && [ $((good + skips)) = 0 ]; then
		good=1
		echo "ok   $name"
	fi
	# A program that died has failed, whatever it printed before.
	[ $rc = 0 ] || [ $bad -gt 0 ] || bad=1
	if [ $bad -gt 0 ]; then
		why=
		[ $rc != 124 ] && [ $rc != 137 ] || why=", not done in ${limit}s"
		echo "FAIL $name (status $rc$why)"
		grep -vE '^ok ' "$out" | sed 's/^/     /'
	fi
	echo "$good" "$bad" "$skips" >>"$tmp/counts"
}

# pool N: lines "NAME SECONDS COMMAND..." from standard input, N at a time.
pool() {
	RUN_TMP=$tmp xargs -r -P "$1" -L 1 sh tests/run.sh one
}

# In a copy, so that objects of both kinds never mix.
run_asan() {
	echo "building with sanitizers"
	mkdir "$tmp/tree" || exit 1
	tar -cf - --exclude=./.git --exclude='*.o' --exclude='*.a' . |
	    tar -xf - -C "$tmp/tree"
	if ! (cd "$tmp/tree" && ${MAKE:-make} clean &&
	    ${MAKE:-make} -j"$JOBS" CC="${CC:-cc}" CFLAGS="-O1 -g" \
	    SAN="-fsanitize=address,undefined -fno-sanitize-recover=all" \
	    programs) >"$tmp/build" 2>&1; then
		echo "FAIL ${PREFIX}asan: it does not build"
		tail -n 30 "$tmp/build" | sed 's/^/     /'
		echo 0 1 0 >>"$tmp/counts"
		return
	fi
	# Slower, and there to find other things: repetitions are fewer.
	RUN_PREFIX=asan/ LAB_TIMES=${LAB_TIMES:-40} \
	    sh "$tmp/tree/tests/run.sh" unit sim fuzz lab | tee "$tmp/asan"
	# shellcheck disable=SC2046
	set -- $(tail -n 1 "$tmp/asan" | tr -dc '0-9 ')
	echo "${1:-0}" "${2:-1}" "${3:-0}" >>"$tmp/counts"
	rm -rf "$tmp/tree"
}

list_sim() {
	for test in tests/sim/*.sim; do
		echo "sim/$(basename "$test" .sim) 120 tests/sim/sim $test"
	done
	# The same faults each time; SIM_SEED looks further.
	echo "sim/random 120 tests/sim/sim --random" \
	    "--seed ${SIM_SEED:-1} --steps ${SIM_STEPS:-5000}"
	echo "sim/replay 480 sh tests/sim/replay.sh"
	# Once failed: the kernel had dropped a default that shared its hops
	# with a line of others, beside a better default.
	echo "sim/random-dropped 120 tests/sim/sim --random" \
	    "--seed 1795442682 --steps 200"
	echo "sim/report 120 tests/sim/report --check"
}

list_lab() {		# alone|together
	for test in tests/lab/${LAB:-[0-9]*}.sh; do
		how=together
		! grep -q '^# runs alone' "$test" || how=alone
		[ $how != "$1" ] ||
		    echo "lab/$(basename "$test" .sh) 240 sh $test"
	done
}

for kind; do
	case $kind in
	one)
		shift
		program "$@"
		exit ;;
	unit)
		for test in tests/unit/test_*.c; do
			echo "unit/$(basename "$test" .c) 120 ${test%.c}"
		done | pool "$JOBS" ;;
	sim)
		list_sim | pool "$JOBS" ;;
	fuzz)
		for test in tests/fuzz/fuzz_*.c; do
			[ -e "$test" ] || continue
			test=${test%.c}
			program "fuzz/${test##*/fuzz_}" 120 "$test" \
			    "tests/fuzz/corpus/${test##*/fuzz_}"/*
		done ;;
	lab)
		list_lab together | pool "$LAB_JOBS"
		list_lab alone | pool 1 ;;
	lint)
		program lint 120 sh tests/lint.sh ;;
	asan)
		run_asan ;;
	*)
		echo "usage: run.sh unit|sim|fuzz|lab|lint|asan ..." >&2
		exit 2 ;;
	esac
done

# Where the time went, for who wants it shorter.
sort -rn "$tmp/times" 2>/dev/null | awk '$1 >= 20 && NR <= 12 {
	printf "time %ss %s\n", $1, $2 }'
awk '{ p += $1; f += $2; s += $3 }
    END {
	printf "%d passed, %d failed%s\n", p, f, s ? ", " s " skipped" : ""
	exit f > 0
    }' "$tmp/counts"

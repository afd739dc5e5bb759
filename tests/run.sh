#!/bin/sh
# SPDX-License-Identifier: ISC
#
# run.sh KIND...: runs the tests of these kinds, which must be built, and
# prints a line for each and the sum as the very last one.
#
#	unit	every tests/unit/test_*		a cmocka program each
#	sim	every tests/sim/*.sim, and faults by chance
#	fuzz	every input in tests/fuzz/corpus through its fuzzer's code
#	lab	every tests/lab/[0-9]*.sh	the real kernel
#	lint	tests/lint.sh
#	asan	unit, sim, fuzz and lab again, in a copy of the tree built with
#		AddressSanitizer and UndefinedBehaviorSanitizer
#
# LAB=pattern picks scenarios: LAB='20*' tests/run.sh lab.
set -u
cd "$(dirname "$0")/.." || exit 1
PREFIX=${RUN_PREFIX:-}
passed=0 failed=0 skipped=0
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
# The line numbers of a report are worth more than speed.
export UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}"
export CMOCKA_MESSAGE_OUTPUT=TAP

count() {
	n=$(grep -cE "$1" "$tmp/out")
	echo "$n"
}

# program NAME SECONDS COMMAND...: its output is TAP or nothing; the exit
# status counts in any case, 77 means skipped.
program() {
	name=$PREFIX$1 limit=$2
	shift 2
	timeout -k 5 "$limit" "$@" >"$tmp/out" 2>&1 </dev/null
	rc=$?
	if [ $rc = 77 ]; then
		skipped=$((skipped + 1))
		echo "skip $name: $(tail -n 1 "$tmp/out")"
		return
	fi
	sed -nE "s|^ok( [0-9]+)?( -)? (.*)|ok   $name: \\3|p" "$tmp/out"
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
		[ $rc != 124 ] && [ $rc != 137 ] || why=", not done in ${limit}s"
		echo "FAIL $name (status $rc${why:-})"
		grep -vE '^ok ' "$tmp/out" | sed 's/^/     /'
		why=
	fi
	passed=$((passed + good))
	failed=$((failed + bad))
	skipped=$((skipped + skips))
}

# In a copy, so that objects of both kinds never mix.
run_asan() {
	echo "building with sanitizers"
	mkdir "$tmp/tree" || exit 1
	tar -cf - --exclude=./.git --exclude='*.o' --exclude='*.a' . |
	    tar -xf - -C "$tmp/tree"
	if ! (cd "$tmp/tree" && ${MAKE:-make} clean &&
	    ${MAKE:-make} -j"${JOBS:-2}" CC="${CC:-cc}" CFLAGS="-O1 -g" \
	    SAN="-fsanitize=address,undefined -fno-sanitize-recover=all" \
	    programs) >"$tmp/build" 2>&1; then
		echo "FAIL ${PREFIX}asan: it does not build"
		tail -n 30 "$tmp/build" | sed 's/^/     /'
		failed=$((failed + 1))
		return
	fi
	RUN_PREFIX=asan/ sh "$tmp/tree/tests/run.sh" unit sim fuzz lab |
	    tee "$tmp/asan"
	# shellcheck disable=SC2046
	set -- $(tail -n 1 "$tmp/asan" | tr -dc '0-9 ')
	passed=$((passed + ${1:-0}))
	failed=$((failed + ${2:-1}))
	skipped=$((skipped + ${3:-0}))
	rm -rf "$tmp/tree"
}

for kind; do
	case $kind in
	unit)
		for test in tests/unit/test_*.c; do
			program "unit/$(basename "$test" .c)" 120 "${test%.c}"
		done ;;
	sim)
		for test in tests/sim/*.sim; do
			program "sim/$(basename "$test" .sim)" 120 \
			    tests/sim/sim "$test"
		done
		# The same faults each time; SIM_SEED looks further.
		program sim/random 120 tests/sim/sim --random \
		    --seed "${SIM_SEED:-1}" --steps "${SIM_STEPS:-5000}"
		# Once failed: the kernel had dropped a default that shared its
		# hops with a line of others, beside a better default.
		program sim/random-dropped 120 tests/sim/sim --random \
		    --seed 1795442682 --steps 200 ;;
	fuzz)
		for test in tests/fuzz/fuzz_*.c; do
			[ -e "$test" ] || continue
			test=${test%.c}
			program "fuzz/${test##*/fuzz_}" 120 "$test" \
			    "tests/fuzz/corpus/${test##*/fuzz_}"/*
		done ;;
	lab)
		for test in tests/lab/${LAB:-[0-9]*}.sh; do
			program "lab/$(basename "$test" .sh)" 180 sh "$test"
		done ;;
	lint)
		program lint 120 sh tests/lint.sh ;;
	asan)
		run_asan ;;
	*)
		echo "usage: run.sh unit|sim|fuzz|lab|lint|asan ..." >&2
		exit 2 ;;
	esac
done

tail=
[ $skipped = 0 ] || tail=", $skipped skipped"
echo "$passed passed, $failed failed$tail"
[ $failed = 0 ]

#!/bin/sh
# SPDX-License-Identifier: ISC
#
# fuzz.sh SECONDS: libFuzzer with AddressSanitizer and UBSan on each fuzzer for
# so long, in a copy of the tree, from the corpus here.  What crashes is left
# in tests/fuzz/out; add it to the corpus together with the cure.
set -u
cd "$(dirname "$0")/../.." || exit 1
seconds=${1:-60}
if ! command -v clang >/dev/null; then
	echo "please install clang (names of Debian's packages): clang"
	exit 1
fi
out=$PWD/tests/fuzz/out
mkdir -p "$out"
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
tar -cf - --exclude=./.git --exclude='*.o' --exclude='*.a' \
    --exclude=./tests/fuzz/out . | tar -xf - -C "$tmp"
cd "$tmp" || exit 1
SAN="-fsanitize=address,undefined -fno-sanitize-recover=all"
"${MAKE:-make}" -j2 CC=clang CFLAGS="-O1 -g" SAN="$SAN,fuzzer-no-link" \
    fuzz-core >"$tmp/build" 2>&1 || {
	tail -n 30 "$tmp/build"
	exit 1
}
failed=0
for source in tests/fuzz/fuzz_*.c; do
	name=$(basename "$source" .c)
	name=${name#fuzz_}
	# shellcheck disable=SC2046,SC2086
	clang -std=c11 -D_GNU_SOURCE -I. -O1 -g $SAN -fsanitize=fuzzer \
	    -o "$tmp/run_$name" "$source" lib/sys_fake*.o \
	    lib/sys_*_answer.o libtool.a libcore.a \
	    $(pkg-config --cflags --libs libzmq yaml-0.1 libmnl jansson \
	    sqlite3 libcurl libcares nettle) -lpthread -lm || exit 1
	mkdir -p "$out/$name"
	echo "$name: ${seconds}s"
	"$tmp/run_$name" -max_total_time="$seconds" -max_len=16384 -timeout=10 \
	    -print_final_stats=1 -artifact_prefix="$out/$name-" \
	    "$out/$name" "tests/fuzz/corpus/$name" >"$out/$name.log" 2>&1 ||
	    failed=1
	grep -E 'stat::number_of_executed_units|SUMMARY|ERROR|MUST|failed' \
	    "$out/$name.log"
done
exit $failed

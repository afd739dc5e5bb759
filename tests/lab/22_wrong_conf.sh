#!/bin/sh
# SPDX-License-Identifier: ISC
#
# uplinkd -n on every file of wrong.txt: exit status 1, each error with line
# and column, no more and no fewer, nothing raw in the output, no crash.  And
# the examples are right, and what -nv prints loads again and prints the same.
TOP=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-$TOP}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
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

# Cuts the list into N.conf, N.want and N.name.
awk '/^#/ && !n { next }
    /^= / { n++; print substr($0, 3) >(n ".name"); printf "" >(n ".conf"); next }
    /^> / { print substr($0, 3) >(n ".want"); next }
    { print >(n ".conf") }' "$TOP/tests/lab/wrong.txt"

refused() {		# number
	timeout 10 "$BUILD/uplinkd" -n -f "$1.conf" >"$1.out" 2>&1
	rc=$?
	# From "1.conf:4:14: a.b: text" and "1.conf:4:14: text" what is wanted.
	while read -r want; do
		grep -qF "$1.conf:$want" "$1.out" || rc="no $want"
	done <"$1.want"
	[ "$(wc -l <"$1.out")" = "$(wc -l <"$1.want")" ] || rc="too many"
	! LC_ALL=C grep -q '[^[:print:]	]' "$1.out" || rc="raw bytes"
	[ "$rc" = 1 ] && return
	echo "# $rc; its output:"
	cat -v "$1.out" | sed 's/^/#   /'
	return 1
}

n=0
for file in *.name; do
	i=${file%.name}
	n=$((n + 1))
	check "refused: $(cat "$file")" refused "$i"
done
check "there are at least 40 of them" test $n -ge 40

accepted() {
	"$BUILD/uplinkd" -n -f "$1" >out 2>&1 || {
		cat out
		return 1
	}
}

prints_itself() {
	"$BUILD/uplinkd" -nv -f "$1" >first.conf &&
	    "$BUILD/uplinkd" -nv -f first.conf >second.conf &&
	    [ -s first.conf ] && cmp first.conf second.conf
}

for file in "$TOP"/conf/examples/*.conf; do
	[ -e "$file" ] || check "there are examples" false
	check "accepted: ${file##*/}" accepted "$file"
	check "what -nv prints loads again: ${file##*/}" prints_itself "$file"
done
exit $failed

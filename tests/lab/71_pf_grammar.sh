#!/bin/sh
# SPDX-License-Identifier: ISC
#
# conf/examples/firewall.pf against the grammar of pf.conf(5), and what the
# grammar is to find: each wrong line is added to the shipped file.
TOP=$(cd "$(dirname "$0")/../.." && pwd)
SHIPPED=$TOP/conf/examples/firewall.pf
command -v python3 >/dev/null || {
	echo "skipped: python3 is not installed"
	exit 77
}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
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

parses() {
	python3 "$TOP/tests/lab/pf_grammar.py" "$1"
}

found() {		# line: exactly one error, and on it
	{
		cat "$SHIPPED"
		printf '%s\n' "$1"
	} >"$dir/wrong.pf"
	parses "$dir/wrong.pf" >"$dir/out" 2>&1 && return 1
	[ "$(wc -l <"$dir/out")" = 1 ] &&
	    grep -q "^$dir/wrong.pf:$(wc -l <"$dir/wrong.pf"): " "$dir/out"
}

check "what is shipped" parses "$SHIPPED"
n=0
while read -r line; do
	n=$((n + 1))
	check "found: $line" found "$line"
done <<'EOF'
pass in on $inside inet route-to (em0 192.0.2.1)
pass in on $inside inet route-to $ext1
pass in on $inside inet6 route-to $gw1
pass in on $inside route-to $gw1
match in on $inside inet route-to $gw1
pass out on $ext1 inet reply-to $gw1
pass in on $ext3
pass in on $inside from <guests>
pass in on $inside inet from 2001:db8::/32
pass in on $inside from 192.168.1.1/24
pass in on $inside from any to any port http
pass in on { $ext1, $ext2
pass in on $ext1 proto icmp icmp-type echoreq
pass in on $ext1 inet proto icmp6 icmp6-type echoreq
pass in on $ext1 inet proto icmp icmp-type ping
pass on in $ext1
nat on $ext1 from <inside> to any -> ($ext1)
pass out on $ext1 inet nat-to $gw1_6
pass out on $ext1 keep state (if-bond)
pass out on $ext1 label ext1
block return in on $inside log
set block-policy ignore
antispoof on $inside
pass in on $inside to any from any
EOF
check "there are 24 of them" [ $n = 24 ]
exit $failed

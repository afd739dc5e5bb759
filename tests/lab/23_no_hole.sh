#!/bin/sh
# SPDX-License-Identifier: ISC
# runs alone
#
# A process that looks up a route without pause never finds none, while an
# advisor switches a line off and on; both families, both methods.  make bench
# does two thousand.
#
# HOLES is what withdraw may show for IPv4 in a run.  Not 0 here, because the
# kernel's own replacement of a route has a hole that is hit about once in
# 20000 times: `ip route replace` alone, 40000 times under this hammer, gave
# two.  (To delete and add would give dozens here.)
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

SWITCHES=${SWITCHES:-40}
HOLES=${HOLES:-1}
UPLINK1="    advisors:
      lab: { authority: decide, ttl: 5m }
"

# A far address (last number) that the kernel sends by ext1.
by_line_1() {		# family prefix
	for host in 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
		case $(ip -n fw "$1" route get "$2$host") in
		*" dev ext1 "*)
			echo "$2$host"
			return ;;
		esac
	done
}

verdict() {		# run, failures allowed
	helper_end "$1"
	sed 's/^/# /' "/run/lab/$1.out"
	failures=$(sed -n 's/.*failures=\([0-9]*\) .*/\1/p' "/run/lab/$1.out")
	[ "${failures:-1}" -le "$2" ]
}

changes() {
	sed 's/.*changes=\([0-9]*\).*/\1/' "/run/lab/$1.out"
}

for method in override withdraw; do
	conf $method </dev/null
	start
	helper_start fw v4 lookup "$(by_line_1 -4 192.0.2.)"
	helper_start fw v6 lookup "$(by_line_1 -6 2001:db8:ffff::)"
	i=0
	while [ $i -lt $((SWITCHES / 2)) ]; do
		ctl notify --as lab ext1 down
		ctl notify --as lab ext1 up
		i=$((i + 1))
	done
	holes=0
	[ $method = override ] || holes=$HOLES
	check "$method: no lookup was without a route" verdict v4 "$holes"
	check "$method: it saw the switches" \
	    test "$(changes v4)" -ge $((SWITCHES / 8))
	check "$method: IPv6: no lookup was without a route" verdict v6 0
	check "$method: IPv6: it saw the switches" \
	    test "$(changes v6)" -ge $((SWITCHES / 8))
	stop
	remove
done
lab_done

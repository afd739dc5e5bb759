#!/bin/sh
# SPDX-License-Identifier: ISC
#
# A process that looks up a route without pause never finds none, while an
# advisor switches a line off and on; both families, both methods.  make bench
# does two thousand.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

SWITCHES=${SWITCHES:-40}
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

hammer() {		# name address
	mkfifo "/run/lab/stop$1"
	helper fw lookup "$2" <"/run/lab/stop$1" >"/run/lab/lookup$1" &
}

verdict() {		# name
	wait_for 5 grep -q lookups= "/run/lab/lookup$1"
	sed 's/^/# /' "/run/lab/lookup$1"
	grep -q 'failures=0 ' "/run/lab/lookup$1"
}

changes() {
	sed 's/.*changes=\([0-9]*\).*/\1/' "/run/lab/lookup$1"
}

for method in override withdraw; do
	conf $method </dev/null
	start
	hammer 4$method "$(by_line_1 -4 192.0.2.)"
	hammer 6$method "$(by_line_1 -6 2001:db8:ffff::)"
	exec 4>/run/lab/stop4$method 5>/run/lab/stop6$method
	i=0
	while [ $i -lt $((SWITCHES / 2)) ]; do
		ctl notify ext1 down --as lab
		ctl notify ext1 up --as lab
		i=$((i + 1))
	done
	exec 4>&- 5>&-
	check "$method: no lookup was without a route" verdict 4$method
	check "$method: it saw the switches" \
	    test "$(changes 4$method)" -ge $((SWITCHES / 2))
	check "$method: IPv6: no lookup was without a route" verdict 6$method
	check "$method: IPv6: it saw the switches" \
	    test "$(changes 6$method)" -ge $((SWITCHES / 2))
	stop
	in_ns fw "$BUILD/uplinkd" -x -f $CONF >>/run/lab/uplinkd.log 2>&1
done
lab_done

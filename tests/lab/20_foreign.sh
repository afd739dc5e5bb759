#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What is not uplinkd's is never touched: rules, routes, whole tables, of both
# families, with either method; after -x nothing of uplinkd's is left.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

ours() {
	for family in -4 -6; do
		ip -n fw $family rule show
		ip -n fw $family route show table all
	done | grep 'proto 57'
}

has_ours() {
	[ "$(ours | wc -l)" -gt 10 ]
}

ip -n fw rule add pref 50 from 10.9.0.77 lookup 700
ip -n fw rule add pref 30000 fwmark 0x77 lookup 701
ip -n fw -6 rule add pref 50 from 2001:db8:9::77 lookup 700
ip -n fw route add default via 10.0.2.1 table 700
ip -n fw route add 198.51.100.0/24 via 10.0.1.1 metric 7
ip -n fw route add default via 10.0.1.1 metric 5000 proto 99
ip -n fw route add unreachable default table 701
ip -n fw -6 route add default via 2001:db8:2::1 table 700
ip -n fw -6 route add 2001:db8:aaaa::/48 via 2001:db8:1::1
foreign=$(foreign_text)
check "nothing is uplinkd's before" not ours
for method in override withdraw; do
	conf $method </dev/null
	start
	check "$method: uplinkd has its own now" has_ours
	check "$method: the others' are the same" \
	    test "$(foreign_text)" = "$foreign"
	far_dead 1
	check_soon 5 "$method: ext1 is down" level_is ext1 down
	far_back 1
	check_soon 5 "$method: ext1 is up" level_is ext1 up
	check_soon 2 "$method: the others' are the same after an outage" \
	    eval '[ "$(foreign_text)" = "$foreign" ]'
	stop
	check "$method: they stay after a stop" has_ours
	remove
	check "$method: -x exits 0" test $? = 0
	check "$method: nothing of uplinkd's is left" not ours
	check "$method: the others' are the same after -x" \
	    test "$(foreign_text)" = "$foreign"
done
lab_done

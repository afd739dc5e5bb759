#!/bin/sh
# SPDX-License-Identifier: ISC
#
# routing.symmetric where the kernel has no nf_tables: it is said once and
# plainly, lines and routes work, and -x has nothing to complain of.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"
command -v "${CC:-cc}" >/dev/null || lab_skip "no compiler is installed"
! grep -q __asan_init "$BUILD/uplinkd" ||
    lab_skip "a sanitizer must be the first library"

${CC:-cc} -shared -fPIC -D_GNU_SOURCE -O1 -Wall -Wextra -o /run/lab/nonft.so \
    "$TOP/tests/lab/preload/nonft.c" || lab_skip "the library does not compile"

said() {
	grep -c -- "$1" /run/lab/uplinkd.log
}

removed() {
	in_ns fw env LD_PRELOAD=/run/lab/nonft.so "$BUILD/uplinkd" -x \
	    -f $CONF >>/run/lab/uplinkd.log 2>&1
}

without() {		# what the kernel lacks: socket or nf_tables
	echo "$1" >/run/lab/nonft
	conf override </dev/null
	sed -i 's/^routing:/&\n  symmetric: true\n  resync: 1s/' $CONF
	: >/run/lab/uplinkd.log
	SPAWN_OUT=/run/lab/uplinkd.log
	spawn fw env LD_PRELOAD=/run/lab/nonft.so "$BUILD/uplinkd" -d -f $CONF
	SPAWN_OUT=''
	DAEMON=$SPAWNED
	check_soon 10 "no $1: both lines are up" levels up up
	gateway_dead 1
	check_soon 10 "no $1: ext1 is down" levels down up
	check_soon 5 "no $1: new connections go by ext2" by_only 2
	gateway_back 1
	check_soon 10 "no $1: ext1 is back" levels up up
	check "no $1: there was no table" not in_ns fw nft list table inet \
	    uplinkd 2>/dev/null
	lab_end=$(($(now_ms) + 2500))
	while [ "$(now_ms)" -lt $lab_end ]; do
		sleep 0.1
	done
	check "no $1: it is told what does not work, and why" [ "$(said \
	    'warning: nft .* does nothing without the kernel.s nf_tables')" = 1 ]
	check "no $1: and nothing more" [ "$(said 'warning: nft ')" = 1 ]
	stop
	check "no $1: -x is content" removed
	check "no $1: and leaves no rule" not eval '{ ip -n fw rule show
	    ip -n fw -6 rule show; } | grep -q "proto 57"'
}

without socket
without nf_tables
lab_done

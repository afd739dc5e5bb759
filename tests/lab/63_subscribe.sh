#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Other programs listen: libuplink as it is installed, found by pkg-config,
# shared and static, and a program in Python that has ZeroMQ alone.  Each tells
# the same, through a feed that is killed and a daemon that is started again.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"
LAB_BAD='runtime error:|Sanitizer|bug: .* does not hold'	# we kill

AT=/run/lab/installed
EXAMPLES=$AT/share/examples/uplinkd/subscribe
export PKG_CONFIG_PATH=$AT/lib/pkgconfig

/usr/bin/python3 -c 'import zmq' 2>/dev/null || lab_skip "python3-zmq is not installed"
# A build elsewhere is of the same tree: only what a client needs is looked at.
make -s -C "$TOP" install PREFIX=$AT >/run/lab/install.log 2>&1
check "libuplink is installed" test -e $AT/lib/libuplink.so

# What is built with sanitizers wants programs that have them, too.
san=
! nm -D $AT/lib/libuplink.so | grep -q __asan_init ||
    san=-fsanitize=address,undefined

build() {		# program, more flags...
	lab_prog=$1
	shift
	# shellcheck disable=SC2046,SC2086	# they are several words, or none
	${CC:-cc} $san -Wall -Wextra -Werror -o "/run/lab/$lab_prog" \
	    "$EXAMPLES/watch.c" $(pkg-config "$@" --cflags --libs libuplink)
}

check "a program is built with it" build shared
check "and one that has it inside" sh -c "
	${CC:-cc} $san -Wall -o /run/lab/static '$EXAMPLES/watch.c' -I$AT/include \
	    $AT/lib/libuplink.a \$(pkg-config --libs libzmq jansson) -lpthread"
check "what is ours alone cannot be seen" sh -c "
	! nm -g --defined-only $AT/lib/libuplink.a |
	    grep ' [A-Z] ' | grep -v ' uplink_\| __asan\| __odr'"

listen() {		# name, command...
	lab_prog=$1
	shift
	SPAWN_OUT=/run/lab/$lab_prog.told
	spawn fw "$@"
	SPAWN_OUT=''
	LISTENERS="${LISTENERS:-} $SPAWNED"
}

# pattern...: all three say so, each pattern in a line.
all_say() {
	for lab_w in shared static python; do
		for lab_p; do
			grep -q -- "$lab_p" "/run/lab/$lab_w.told" || return 1
		done
	done
}

# pattern count: so often each, not less and not more.
all_said() {
	for lab_w in shared static python; do
		[ "$(grep -c -- "$1" "/run/lab/$lab_w.told")" = "$2" ] ||
		    return 1
	done
}

conf override </dev/null
# Before the daemon, and so not by luck of the right moment.
listen shared env LD_LIBRARY_PATH=$AT/lib /run/lab/shared $RUN
listen static /run/lab/static $RUN
listen python /usr/bin/python3 "$EXAMPLES/watch.py" $RUN
start
check_soon 10 "who was there before the daemon hears of both lines" \
    all_say '^ext1.* up' '^ext2.* up'
far_dead 1
check_soon 10 "a line that dies is told, and why" \
    all_say '^ext1: up -> down (far)'
far_back 1
check_soon 10 "its return, too" all_say '^ext1: down -> up (none)'
check "once each" all_said '^ext1: up -> down' 1

kill -9 "$(role_pid feed)"
far_dead 2
check_soon 10 "after the death of the feed all know of what was then" \
    all_say '^ext2.*down'
far_back 2
check_soon 10 "and go on" all_say '^ext2.*down -> up'

stop
check_soon 10 "who has the library is told that it is silent" sh -c '
	grep -q "^uplinkd is silent" /run/lab/shared.told &&
	grep -q "^uplinkd is silent" /run/lab/static.told'
for told in shared static python; do
	: >/run/lab/$told.told
done
start
check_soon 15 "a daemon that was started again is found by all" \
    all_say '^ext1.* up' '^ext2.* up'
far_dead 1
check_soon 10 "and heard" all_say '^ext1: up -> down (far)'
far_back 1
check_soon 10 "to the end" all_say '^ext1: down -> up'
check "once each" all_said '^ext1: up -> down' 1
for pid in $LISTENERS; do
	kill "$pid"
	wait "$pid" 2>/dev/null
done
stop
[ $LAB_FAILED = 0 ] || tail -n 20 /run/lab/*.told
lab_done

#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Mail to a real server (OpenSMTPD) beyond both lines: both are down for a
# while, dispatcher and parent are killed, the machine starts anew, the server
# is killed too; each letter arrives, in order, once or after a crash twice with
# the same Message-ID.  Then by the real sendmail(8).
. "$(dirname "$0")/lab.sh"
lab_enter "$@"
. "$TOP/tests/lab/mx.sh"
LAB_BAD='runtime error:|Sanitizer|bug: .* does not hold'
LETTERS=$TOP/tests/lab/out/letters
mx_needs

mail_conf() {		# keys of mail
	conf override <<-MORE
	mail:
	  to: [root@lab.invalid, The NOC <noc@lab.invalid>]
	  from: fw@lab.invalid
	  retry_wait: 200ms
	  timeout: 5s
	  limit: 100 per 1h
	$1
	MORE
}

no_children() {
	! pgrep -f -- '-R (probes|dispatcher|feed)' >/dev/null
}

kill_all() {
	kill -9 "$DAEMON"
	wait "$DAEMON" 2>/dev/null
	wait_for 5 no_children
}

dispatcher_is_not() {
	now=$(role_pid dispatcher)
	[ -n "$now" ] && [ "$now" != "$1" ]
}

kill_dispatcher() {
	old=$(role_pid dispatcher)
	kill -9 "$old"
	wait_for 5 dispatcher_is_not "$old"
}

# A start of the machine: /run is empty, and what is in the kernel is gone.
reboot_it() {
	kill_all
	rm -rf $RUN
	remove
}

two_copies() {		# each letter has two recipients, each gets a file
	[ "$(find $MX/box -type f ! -name '.*' | wc -l)" -ge \
	    $((2 * $(mx_order | sort -u | wc -l))) ]
}

save() {		# name, pattern: the first letter that has it
	mkdir -p "$LETTERS"
	f=$(grep -lE "$2" $MX/box/* | head -n 1)
	[ -n "$f" ] && tr -d '\r' <"$f" >"$LETTERS/$1"
}

mx_setup
mx_start
BY_SMTP="  via: \"smtp://$SERVER\"
  tls: none"
mail_conf "$BY_SMTP
  fold: 0s"
start
far_dead 1
check_soon 10 "a letter comes by the other line" mx_told_is "ext1 is down"
check_soon 5 "to both recipients" two_copies
far_dead 2
check_soon 5 "both lines are down" levels down down
kill_dispatcher
reboot_it
start_only
check_soon 10 "the machine comes back and both lines are down" levels down down
kill_dispatcher
kill_all
mx_kill
start_only
check_soon 10 "and still after the next kill" levels down down
check "no letter has come since" mx_told_is "ext1 is down"
far_back 1
check_soon 20 "a line is back" level_is ext1 up
check "the server is not, and has nothing more" mx_told_is "ext1 is down"
mx_start
check_soon 30 "the server is back: what waited comes, in order" mx_told_is \
    "ext1 is down" "ext2 is down" "ext1 is up"
far_back 2
check_soon 10 "the rest, too" mx_told_is "ext1 is down" "ext2 is down" \
    "ext1 is up" "ext2 is up"
check "none of them more than twice" test "$(mx_copies)" -le 2
check_soon 5 "each came to both recipients" two_copies
check "the letter about ext1's fault is kept" save down \
    '^Subject: .* ext1 is down'
check "and that about its end" save up '^Subject: .* ext1 is up after'
stop

# One letter for a short outage.
rm -rf /run/lab/state $MX/box/*
: >$MX/log
mail_conf "$BY_SMTP
  fold: 30s"
start
far_dead 1
check_soon 5 "ext1 is down for a moment" level_is ext1 down
far_back 1
check_soon 10 "one letter tells of it" mx_told_is "ext1 was down"
check "the letter is kept" save folded '^Subject: .* ext1 was down for'
stop

# sendmail(8) of the same package hands it over by its own socket.
rm -rf /run/lab/state $MX/box/*
: >$MX/log
mail_conf "  sendmail: [$(command -v sendmail), -t, -oi]
  fold: 0s"
start
far_dead 1
check_soon 10 "by the real sendmail a letter comes" mx_told_is "ext1 is down"
check_soon 5 "to both recipients" two_copies
far_back 1
check_soon 10 "and the next" mx_told_is "ext1 is down" "ext1 is up"
check "each of them once" test "$(mx_copies)" = 1
stop
mx_kill
lab_done

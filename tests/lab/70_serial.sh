#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Dialogues at terminals, with devices that answer, fail, say nothing, talk
# without an end or go away, with two actions at one device, and with a
# dispatcher that is killed in the middle.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"
LAB_BAD='runtime error:|Sanitizer|bug: .* does not hold'
BOX=/run/lab/tty

ended() {		# action phase pattern
	watched '"type":"job"' "\"action\":\"$1\"" "\"phase\":\"$2\"" &&
	    echo "$lab_seen" | tail -n 1 | grep -q -- "\"text\":\"[^\"]*$3"
}

done_so() {		# action pattern
	check_soon 15 "$1: done: $2" ended "$1" "done" "$2"
}

failed_so() {
	check_soon 15 "$1: failed: $2" ended "$1" failed "$2"
}

told_times() {		# number kind words
	[ "$(grep -cF -- "$3" "$BOX/$2.log")" = "$1" ]
}

state_of_tty() {	# kind
	stty -F "$(readlink "$BOX/$1")" -a
}

mkdir $BOX
SPAWN_OUT=/run/lab/modem.log
spawn fw /usr/bin/python3 "$TOP/tests/lab/modem.py" $BOX at silent hangup \
    flood babble garbage slow relay
SPAWN_OUT=''
wait_for 10 test -e $BOX/relay || check "there are terminals" false

one() {			# name kind keys more keys of the action
	# echo would take the backslashes for itself.
	printf '  %s: { on: [down], uplinks: [ext1], timeout: %s, serial: %s\n' \
	    "$1" "${4:-8s}" "{ device: $(readlink "$BOX/$2"), $3 } }"
}

{
	echo "lanes: { exec: 32 }"
	echo "actions:"
	one reset at "dialogue: [{ send: \"AT\\r\", expect: OK },
	  { send: 'AT+CFUN=1,1\r', expect: OK }, { expect: RDY }]"
	one signal at "dialogue: [{ send: 'AT+CSQ\r', expect: '+CSQ:' }]"
	one maker at "dialogue: [{ send: 'ATI\r', expect: OK }]"
	one refused at "dialogue: [{ send: 'AT\r', expect: OK },
	  { send: 'AT+BAD\r', expect: OK, timeout: 5s }]"
	one cme at "dialogue: [{ send: 'AT+CPIN?\r', expect: OK }]"
	one wanted at "dialogue: [{ send: 'AT+CPIN?\r', expect: '+CME' }]"
	one other at "dialogue: [{ send: 'AT+CSQ\r', expect: OK }], fail: ['+CSQ']"
	one pin at "dialogue: [{ send_file: /run/lab/pin, expect: '+CPIN' }]"
	one silent silent "dialogue: [{ send: 'AT\r', expect: OK, timeout: 300ms }]"
	one hangup hangup "dialogue: [{ send: 'AT\r', expect: OK }]"
	one flood flood "dialogue: [{ send: 'AT\r', expect: OK }]"
	one babble babble "dialogue: [{ send: 'AT\r', expect: OK }]"
	one garbage garbage "dialogue: [{ send: 'AT\r', expect: OK }]"
	one slow1 slow "dialogue: [{ send: 'AT1\r', expect: OK }]"
	one slow2 slow "dialogue: [{ send: 'AT2\r', expect: OK }]"
	one relay relay "speed: 9600, dialogue: [{ send: '\xA0\x01\x00\xA1',
	  wait: 300ms }, { send: '\xA0\x01\x01\xA2' }]"
	printf '%s\n' "  null: { on: [down], uplinks: [ext1], serial: {
	    device: /dev/null, dialogue: [{ send: a }] } }
	  none: { on: [down], uplinks: [ext1], serial: {
	    device: /dev/ttyNONE9, dialogue: [{ send: a }] } }
	  killed: { on: [down], uplinks: [ext2], serial: {
	    device: $(readlink $BOX/slow),
	    dialogue: [{ send: 'AT3\r', expect: OK }] } }
	  newer: { on: [down, up], uplinks: [ext2], on_supersede: cancel,
	    timeout: 1m, serial: { device: $(readlink $BOX/silent), dialogue:
	    [{ send: 'AT+LONG\r', expect: OK, timeout: 1m }] } }" |
	    sed 's/^	//'
} | conf override
echo 'AT+CPIN="pInQ7"' >/run/lab/pin
chmod 600 /run/lab/pin
chown _uplinkd /run/lab/pin 2>/dev/null
before=$(state_of_tty at)
start
watch_start
far_dead 1
check_soon 10 "ext1 is down" level_is ext1 down

done_so reset RDY
done_so signal '+CSQ: 23,99'
done_so maker OK
failed_so refused 'step 2 of 2: it failed: ERROR'
failed_so cme 'step 1 of 1: it failed: +CME ERROR: 10'
done_so wanted '+CME ERROR: 10'
failed_so other 'it failed: +CSQ: 23,99'
done_so pin '+CPIN'
check "and is told nobody else" not grep -q pInQ7 /run/lab/uplinkd.log \
    /run/lab/watch.json
check "the PIN was told" told_times 1 at "b'AT+CPIN=\"pInQ7\"'"
failed_so silent 'step 1 of 1: no answer'
failed_so hangup 'the device hung up'
failed_so flood 'it talks without an end'
failed_so babble '/dev/pts/[0-9]*: it talks without an end'
done_so garbage OK
done_so slow1 OK
done_so slow2 OK
check "one after the other" told_times 0 slow "two at once"
done_so relay sent
check "bytes are sent as they are" told_times 1 relay \
    "b'\\xa0\\x01\\x00\\xa1'"
check "all of them" told_times 1 relay "b'\\xa0\\x01\\x01\\xa2'"
failed_so null 'is no terminal'
failed_so none 'No such file'
check "the terminal is as it was" test "$before" = "$(state_of_tty at)"
far_back 1
check_soon 10 "ext1 is up" level_is ext1 up

far_dead 2
check_soon 10 "a dialogue begins" told_times 1 slow "b'AT3'"
old=$(role_pid dispatcher)
kill -9 "$old"
check_soon 10 "the dispatcher is killed in it" role_is_not dispatcher "$old"
check_soon 15 "the new one begins it again" told_times 2 slow "b'AT3'"
done_so killed OK
check_soon 10 "and the other that was cut off" told_times 2 silent \
    "b'AT+LONG'"
far_back 2
check_soon 10 "a newer event cancels it" ended newer cancelled cancelled
check_soon 10 "and takes its place" told_times 3 silent "b'AT+LONG'"
from=$(now_ms)
stop
check "the end of the daemon does not wait for an answer" \
    test $(($(now_ms) - from)) -lt 4000
lab_done

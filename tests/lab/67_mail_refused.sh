#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What a mail server may say no to, and what becomes of the letters: a wrong
# password holds them and is said once; a recipient or a text that is refused
# for good does not hold the others; a relay that wants nothing from one line
# may from another.  TLS from the first byte.  A delivery under way does not
# hold up the end of the daemon.  Without any line that works the routes decide.
/usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || {
	echo "skipped: python3-aiosmtpd is not installed"
	exit 77
}
. "$(dirname "$0")/lab.sh"
lab_enter "$@"
BOX=/run/lab/mx
SERVER=192.0.2.1
LETTERS=$TOP/tests/lab/out/letters
LOG=/run/lab/uplinkd.log

mail_conf() {		# keys of mail
	conf override <<-MORE
	mail:
	  from: fw@lab.invalid
	  retry_wait: 200ms
	  fold: 0s
	  limit: 100 per 1h
	$1
	MORE
}

# Of all letters that came, in their order, what they are about.
told() {
	for f in "$BOX"/mail/*[0-9]; do
		[ -e "$f" ] || continue
		sed -n 's/^Subject: \[[^]]*\] \([^:]*\).*/\1/p' "$f" |
		    tr -d '\r' | sed 's/ after.*//;s/ for .*//'
	done
}

told_is() {		# subject...
	[ "$(told)" = "$(printf '%s\n' "$@")" ]
}

fresh() {
	rm -rf /run/lab/state $BOX/mail/* $BOX/fault
	: >$BOX/log
	: >$LOG
}

times_is() {		# pattern, how often the daemon's log has it
	[ "$(grep -cE "$1" $LOG)" = "$2" ]
}

at_least() {		# pattern, times in the server's log
	[ "$(grep -cE "$1" $BOX/log)" -ge "$2" ]
}

save() {		# name, pattern: the first letter that has it
	mkdir -p "$LETTERS"
	f=$(grep -lE "$2" $BOX/mail/*[0-9] | head -n 1)
	[ -n "$f" ] && tr -d '\r' <"$f" >"$LETTERS/$1"
}

status_json() {
	ctl status --json | /usr/bin/python3 -c '
import json, sys
mail = json.load(sys.stdin)["mail"][0]
sys.exit(mail["waiting"] != 1 or mail["failures"] < 1 or
         not mail["error"].startswith("535 "))'
}

mkdir -p $BOX/mail
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout $BOX/key -out $BOX/cert -days 2 -subj /CN=mx.lab \
    -addext 'subjectAltName=IP:192.0.2.1' 2>/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout $BOX/otherkey -out $BOX/other -days 2 -subj /CN=mx.lab \
    -addext 'subjectAltName=IP:192.0.2.7' 2>/dev/null
cat $BOX/key $BOX/cert >$BOX/smtps
SPAWN_OUT=/run/lab/smtpd.log
spawn inet /usr/bin/python3 "$TOP/tests/lab/smtpd.py" $SERVER $BOX
SPAWN_OUT=''
wait_for 10 grep -qs ready $BOX/log
(umask 077; echo wrong >/run/lab/password)

# 535: all letters wait, the log says it once, nothing is lost.
fresh
mail_conf '  to: [root@lab.invalid]
  via: "smtps://fw@192.0.2.1"
  password_file: /run/lab/password
  ca: /run/lab/mx/cert'
start
far_dead 1
check_soon 10 "a wrong password is tried again" at_least 'auth tls fw' 4
check "not by the other way: once a try" not grep -q rcpt $BOX/log
check "it is said once, in the server's words" \
    times_is 'action mail/ext1: failed: 535' 1
status_has() {		# pattern
	ctl status | grep -qE "$1"
}
check_soon 5 "status tells what waits, since when and why" status_has \
    '^mail: 1 letter waits, the oldest for [0-9]'
check_soon 5 "in the server's words" status_has \
    '! [0-9]+ failed tries: 535 '
ctl status | sed 's/^/# /'
check_soon 5 "in JSON as well" status_json
far_back 1
check_soon 5 "ext1 is up" level_is ext1 up
(umask 077; echo secret >/run/lab/password)
check_soon 30 "with the right one, without a restart, all come" told_is \
    "ext1 is down" "ext1 is up"
check_soon 5 "status has nothing more to tell" not status_has '^mail:'
check "by smtps:// the password goes by TLS only" not grep -q 'auth clear' \
    $BOX/log
check "the log says how many tries it took" \
    grep -qE 'action mail/ext1: done .* after [0-9]+ failed tries' $LOG
stop

# A certificate that is vouched for, but for another name.
fresh
mail_conf '  to: [root@lab.invalid]
  via: "smtps://fw@192.0.2.1"
  password_file: /run/lab/password
  ca: /run/lab/mx/other'
start
far_dead 1
check_soon 10 "smtps:// of somebody unknown is refused" \
    grep -qE 'mail/ext1: failed: .*(certificate|SSL)' $LOG
check "and is told nothing" not grep -qE 'auth|rcpt' $BOX/log
far_back 1
wait_for 5 level_is ext1 up
stop

# One recipient is unknown: the other gets it.  None is known: given up.
fresh
mail_conf '  to: [nobody@lab.invalid, root@lab.invalid]
  via: "smtp://192.0.2.1"
  tls: none'
start
far_dead 1
check_soon 10 "who is known gets it at once" told_is "ext1 is down"
check_soon 5 "who is not is named" \
    grep -q 'mail/ext1: not for nobody@lab.invalid: 550 5.1.1' $LOG
far_back 1
wait_for 5 level_is ext1 up
stop

# A text that is refused: given up after a while, and told by the next.
fresh
echo text >$BOX/fault
echo "] ext1 is down" >$BOX/unwanted
mail_conf '  to: [root@lab.invalid]
  via: "smtp://192.0.2.1"
  tls: none'
start
far_dead 1
wait_for 5 level_is ext1 down
far_back 1
wait_for 5 level_is ext1 up
check_soon 30 "a refused text does not hold the next letter, and one says so" \
    told_is "ext1 is up" "1 letter was given up"
check "it was given up with an error in the log" \
    grep -qE 'error: mail: a letter about ext1 is given up after [0-9]+ tries: 554 5.6.0' $LOG
check "which, when and why" grep -q \
    'refused after [0-9]* tries: 554 5.6.0 unwanted' $BOX/mail/*[0-9]
check "this letter is kept" save given-up 'given up'
stop

# A relay that wants nothing from us: each way is tried, nothing is given up.
fresh
mail_conf '  to: [relay@lab.invalid]
  via: "smtp://192.0.2.1"
  tls: none'
start
far_dead 2
check_soon 10 "a relay that denies us is asked again and again" \
    at_least 'rcpt relay@' 8
check "nothing is given up" not grep -q 'given up' $LOG
far_back 2
wait_for 5 level_is ext2 up
check_soon 10 "by one line" grep -q 'rcpt relay@.* by 10.0.1.2' $BOX/log
check_soon 20 "and by the other" grep -q 'rcpt relay@.* by 10.0.2.2' $BOX/log
stop

# The end of the daemon does not wait for a server.
fresh
echo late >$BOX/fault
mail_conf '  to: [root@lab.invalid]
  via: "smtp://192.0.2.1"
  tls: none
  timeout: 1h'
start
far_dead 1
check_soon 10 "a server that falls silent after the text" grep -q '^took' \
    $BOX/log
before=$(now_ms)
stop
check "does not hold up the end of the daemon" test \
    $(($(now_ms) - before)) -lt 5000
rm $BOX/fault
start_only
check_soon 20 "the letter comes again after the next start" told_is \
    "ext1 is down" "ext1 is down"
check "under the same Message-ID" test "$(sed -n 's/^Message-ID: //p' \
    $BOX/mail/*[0-9] | sort -u | wc -l)" = 1
far_back 1
wait_for 5 levels up up
stop

# A relay inside: no line leads there, and none is needed.
kill "$(pgrep -f "smtpd.py $SERVER")"
fresh
SPAWN_OUT=/run/lab/smtpd.log
spawn lan /usr/bin/python3 "$TOP/tests/lab/smtpd.py" 10.9.0.2 $BOX
SPAWN_OUT=''
wait_for 10 grep -qs ready $BOX/log
mail_conf '  to: [root@lab.invalid]
  via: "smtp://10.9.0.2"
  tls: none
  timeout: 3s'
start
far_dead 1
check_soon 10 "a relay inside gets it by the routes" told_is "ext1 is down"
far_dead 2
check_soon 10 "also while no line works" told_is "ext1 is down" "ext2 is down"
far_back 1
far_back 2
wait_for 5 levels up up
stop
lab_done

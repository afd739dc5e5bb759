#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Mail by SMTP, to a server beyond both lines: it survives the outage of both,
# kill -9 of dispatcher and parent, refusals, silence and cut connections; it
# comes in order, once, or after a crash or cut twice with the same
# Message-ID.  TLS that cannot be verified gets nothing, and no password goes
# in clear.
/usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || {
	echo "skipped: python3-aiosmtpd is not installed"
	exit 77
}
. "$(dirname "$0")/lab.sh"
lab_enter "$@"
LAB_BAD='runtime error:|Sanitizer|bug: .* does not hold'
BOX=/run/lab/mx
SERVER=192.0.2.1

serve() {
	mkdir -p $BOX/mail
	SPAWN_OUT=/run/lab/smtpd.log
	spawn inet /usr/bin/python3 "$TOP/tests/lab/smtpd.py" $SERVER $BOX
	SPAWN_OUT=''
	wait_for 10 grep -qs ready $BOX/log
}

mail_conf() {		# more keys of mail
	conf override <<-MORE
	mail:
	  to: [root@lab.invalid]
	  from: fw@lab.invalid
	  retry_wait: 200ms
	  timeout: 2s
	  limit: 100 per 1h
	$1
	MORE
}

subjects() {
	sed -n 's/^Subject: \[[^]]*\] \([^:]*\).*/\1/p' $BOX/mail/*[0-9] |
	    tr -d '\r' | sed 's/ after.*//;s/ for .*//'
}

# Each Message-ID once, at its first coming, in the order of coming.
told() {
	for f in "$BOX"/mail/*[0-9]; do
		[ -e "$f" ] || continue
		id=$(sed -n 's/^Message-ID: //p' "$f")
		case $seen in
		*"$id"*) continue ;;
		esac
		seen="$seen $id"
		sed -n 's/^Subject: \[[^]]*\] \([^:]*\).*/\1/p' "$f" |
		    tr -d '\r' | sed 's/ after.*//;s/ for .*//'
	done
	seen=
}

told_is() {		# subject...
	[ "$(told)" = "$(printf '%s\n' "$@")" ]
}

copies() {		# the most that one Message-ID has
	sed -n 's/^Message-ID: //p' $BOX/mail/*[0-9] | sort | uniq -c |
	    sort -rn | awk 'NR == 1 { print $1 }'
}

fresh() {
	rm -rf /run/lab/state $BOX/mail/* $BOX/fault
}

kill_parent() {
	kill -9 "$DAEMON"
	wait_for 5 no_children
}

seen=
serve

mail_conf '  via: "smtp://192.0.2.1"
  tls: none
  fold: 0s'
start
far_dead 1
check_soon 5 "a letter comes by the other line" told_is "ext1 is down"
far_dead 2
check_soon 5 "both lines are down" levels down down
kill_dispatcher
kill_parent
start_only
check_soon 10 "the new one knows that both are down" levels down down
check "no letter has come since" told_is "ext1 is down"
far_back 1
check_soon 20 "a line is back: what waited comes, in order" told_is \
    "ext1 is down" "ext2 is down" "ext1 is up"
far_back 2
check_soon 10 "the rest, too" told_is "ext1 is down" "ext2 is down" \
    "ext1 is up" "ext2 is up"
check "none of them more than twice" test "$(copies)" -le 2
check "each has one recipient" not grep -q 'data.*,' $BOX/log

# Refusals, silence and cuts at random, with kills between.
fresh_ids=$(ls $BOX/mail | wc -l)
check "four letters, or one of them twice" test "$fresh_ids" -le 6
echo random >$BOX/fault
for n in 1 2; do
	far_dead $n
	check_soon 5 "faults: ext$n is down" level_is ext$n down
	kill_dispatcher
	far_back $n
	check_soon 10 "faults: ext$n is up" level_is ext$n up
done
rm $BOX/fault
check_soon 40 "all came in the end, in order" told_is "ext1 is down" \
    "ext2 is down" "ext1 is up" "ext2 is up" "ext1 is down" "ext1 is up" \
    "ext2 is down" "ext2 is up"
stop

# The answer to the text never comes: the delivery ends at its deadline.
fresh
echo hang >$BOX/fault
mail_conf '  via: "smtp://192.0.2.1"
  tls: none
  fold: 0s'
start
far_dead 1
check_soon 10 "a server that falls silent after the text is left" \
    grep -q 'failed: no answer in time' /run/lab/uplinkd.log
rm $BOX/fault
check_soon 10 "and the letter comes later" told_is "ext1 is down"
far_back 1
wait_for 5 level_is ext1 up
stop

# A short outage is one letter.
fresh
mail_conf '  via: "smtp://192.0.2.1"
  tls: none
  fold: 20s'
start
far_dead 1
check_soon 5 "ext1 is down" level_is ext1 down
far_back 1
check_soon 10 "a short outage is one letter" told_is "ext1 was down"
stop

# STARTTLS: not offered, of somebody unknown, and as it should be.
fresh
echo secret >/run/lab/password
chmod 600 /run/lab/password
chown "$(sed -n 's/^user: //p' $CONF | grep . || echo _uplinkd)" \
    /run/lab/password 2>/dev/null
mkdir -p $BOX
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout $BOX/newkey -out $BOX/newcert -days 2 -subj /CN=mx.lab \
    -addext 'subjectAltName=IP:192.0.2.1' 2>/dev/null
# Without a user too: a password alone would stop at a server that wants TLS.
: >$BOX/log
: >/run/lab/uplinkd.log
mail_conf '  via: "smtp://192.0.2.1"
  ca: /run/lab/mx/newcert
  fold: 0s'
start
far_dead 1
check_soon 10 "without STARTTLS the delivery fails" \
    grep -q 'action mail/ext1: failed' /run/lab/uplinkd.log
check_soon 5 "the server was asked in clear" grep -q connected $BOX/log
check "and got nothing" not grep -qE 'data|auth' $BOX/log
far_back 1
wait_for 5 level_is ext1 up
stop
fresh
: >/run/lab/uplinkd.log
mail_conf '  via: "smtp://fw@192.0.2.1"
  password_file: /run/lab/password
  ca: /run/lab/mx/newcert
  fold: 0s'
start
far_dead 1
check_soon 10 "without STARTTLS nothing is sent" \
    grep -q 'action mail/ext1: failed' /run/lab/uplinkd.log
check "and nobody is told a password" not grep -q auth $BOX/log
mv $BOX/newkey $BOX/key
cp $BOX/newcert $BOX/cert
check_soon 20 "with STARTTLS that verifies it comes" told_is "ext1 is down"
check "the password went by TLS" grep -q 'auth tls fw' $BOX/log
stop
far_back 1

fresh
: >$BOX/log
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout $BOX/key -out $BOX/cert -days 2 -subj /CN=other.lab \
    -addext 'subjectAltName=IP:192.0.2.1' 2>/dev/null
: >/run/lab/uplinkd.log
start
far_dead 1
check_soon 10 "a certificate that nobody vouches for is refused" \
    grep -qE 'failed: .*(certificate|SSL)' /run/lab/uplinkd.log
check_soon 5 "the server was asked" grep -q connected $BOX/log
check "nothing was sent" not grep -qE 'data|auth' $BOX/log
stop
lab_done

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
	  to: ${TO:-[root@lab.invalid, The NOC <noc@lab.invalid>]}
	  from: fw@lab.invalid
	  retry_wait: 200ms
	  timeout: 5s
	  limit: 100 per 1h
	$1
	MORE
}

kill_all() {
	kill -9 "$DAEMON"
	wait "$DAEMON" 2>/dev/null
	wait_for 5 no_children
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

# A command that says whatever bytes there are: one letter, one recipient.
cat >/run/lab/noise <<-'EOS'
#!/bin/sh
head -c 10240 /dev/urandom
printf 'x\r\n.\r\nQUIT\r\nRCPT TO:<noc@lab.invalid>\n'
printf '.\rBcc: admin@lab.invalid\r.\r\000\377\001 T\303\274r. end'
EOS
chmod 755 /run/lab/noise
ACTIONS='actions:
  noise: { on: [down], run: [/run/lab/noise] }'
sound() {		# the letter about the line's return
	f=$(grep -ls '^Subject: .* ext1 is up' $MX/box/* | head -n 1)
	[ -n "$f" ] && /usr/bin/python3 "$TOP/tests/lab/letter_check.py" "$f" \
	    'noise: exit 0: ?\xff? Tür. end' 'Outage: '
}
one_each() {		# two letters to one recipient: two files
	[ "$(find $MX/box -type f ! -name '.*' | wc -l)" = 2 ]
}
for via in "$BY_SMTP" "  sendmail: [$(command -v sendmail), -t, -oi]"; do
	rm -rf /run/lab/state $MX/box/*
	: >$MX/log
	TO='[root@lab.invalid]' mail_conf "$via
  fold: 0s
$ACTIONS"
	start
	watch_start
	far_dead 1
	check_soon 10 "noise: the command has ended" watched '"action":"noise"' \
	    '"phase":"done"'
	far_back 1
	check_soon 10 "noise: both letters are there" mx_told_is \
	    "ext1 is down" "ext1 is up"
	check "noise: the letter is sound" sound
	check "noise: one letter, one recipient" one_each
	check "noise: no command of it reached the server" not grep -q \
	    'failed-command\|to=<noc\|to=<admin' $MX/log
	rm /run/lab/watch.json
	stop
done
check "it is kept" save noise '^Subject: .* ext1 is up'

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

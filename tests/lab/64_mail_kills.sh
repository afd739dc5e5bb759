#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Dispatcher or parent are killed at random moments, 64 times, while lines fall
# and return (both at once, too) and the mail server refuses, falls silent and
# cuts connections at random.  mail_check.py then compares what arrived with the
# journal.  SEED=n repeats the choices of a run.
/usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || {
	echo "skipped: python3-aiosmtpd is not installed"
	exit 77
}
. "$(dirname "$0")/lab.sh"
lab_enter "$@"
LAB_BAD='runtime error:|Sanitizer|bug: .* does not hold'
BOX=/run/lab/mx
SERVER=192.0.2.1
TIMES=${LAB_TIMES:-64}
SEED=${SEED:-$(date +%s)}
echo "# SEED=$SEED"

# below LIMIT: R becomes the next number by chance.
below() {
	SEED=$(((SEED * 1103515245 + 12345) % 2147483648))
	R=$((SEED / 65536 % $1))
}

down_is() {		# line: what it has to become by what is broken
	eval "[ \$BROKEN$1 = yes ]" && level_is "ext$1" down ||
	    { eval "[ \$BROKEN$1 = no ]" && level_is "ext$1" up; }
}

flip() {		# line
	if eval "[ \$BROKEN$1 = yes ]"; then
		far_back "$1"
		eval "BROKEN$1=no"
	else
		far_dead "$1"
		eval "BROKEN$1=yes"
	fi
	wait_for 15 down_is "$1" || {
		check "ext$1 follows (kill $n)" false
		lab_done
	}
}

say_kill() {
	read -r lab_up _ </proc/uptime
	echo "kill $lab_up" >>$BOX/log
}

kill_one() {
	below 150
	# By chance: before, in or after the delivery.
	sleep "0.$(printf %03d "$R")"
	below 3
	if [ "$R" = 0 ]; then
		kill -9 "$DAEMON"
		say_kill
		wait "$DAEMON" 2>/dev/null
		wait_for 5 no_children
		start_only
		PARENTS=$((PARENTS + 1))
	else
		old=$(role_pid dispatcher)
		kill -9 "$old"
		say_kill
		wait_for 5 role_is_not dispatcher "$old"
		DISPATCHERS=$((DISPATCHERS + 1))
	fi
}

nothing_waits() {
	[ "$(/usr/bin/python3 -c 'import sqlite3, sys
print(sqlite3.connect("file:/run/lab/state/journal.db?mode=ro", uri=True)
    .execute("SELECT count(*) FROM letter WHERE state <> ?", ("sent",))
    .fetchone()[0])')" = 0 ]
}

mkdir -p $BOX/mail
SPAWN_OUT=/run/lab/smtpd.log
spawn inet /usr/bin/python3 "$TOP/tests/lab/smtpd.py" $SERVER $BOX
SPAWN_OUT=''
wait_for 10 grep -qs ready $BOX/log
echo random >$BOX/fault
conf override <<-MORE
	mail:
	  to: [root@lab.invalid]
	  from: fw@lab.invalid
	  via: "smtp://$SERVER"
	  tls: none
	  retry_wait: 100ms
	  timeout: 500ms
	  fold: 0s
	  limit: 1000 per 1h
MORE
BROKEN1=no BROKEN2=no PARENTS=0 DISPATCHERS=0
start
n=0
while [ $n -lt "$TIMES" ]; do
	n=$((n + 1))
	below 2
	flip $((R + 1))
	kill_one
done
echo "# kills: $DISPATCHERS of the dispatcher, $PARENTS of the parent"
[ $BROKEN1 = no ] || flip 1
[ $BROKEN2 = no ] || flip 2
rm $BOX/fault
check_soon 120 "all letters are delivered in the end" nothing_waits
stop
check "each of them in order, once, or twice for a reason" /usr/bin/python3 \
    "$TOP/tests/lab/mail_check.py" /run/lab/state/journal.db $BOX/log
echo "# faults of the server: $(sed -n 's/^data \([^ ]*\) .*/\1/p;s/^cut.*/cut/p' \
    $BOX/log | sort | uniq -c | tr -s ' \n' ' ')"
lab_done

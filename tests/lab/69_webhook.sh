#!/bin/sh
# SPDX-License-Identifier: ISC
#
# A server that is told of each event by HTTP: it misses none while it, both
# lines, the dispatcher or the whole daemon are dead; the order is that of the
# events; what comes twice has the same key; the signature is right; what it
# refuses for good holds up nothing.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"
LAB_BAD='runtime error:|Sanitizer|bug: .* does not hold'
BOX=/run/lab/web
SERVER=192.0.2.1

serve() {
	mkdir -p $BOX
	: >$BOX/log
	SPAWN_OUT=/run/lab/httpd.log
	spawn inet /usr/bin/python3 "$TOP/tests/lab/httpd.py" 0.0.0.0 8080 $BOX
	SPAWN_OUT=''
	WEB=$SPAWNED
	wait_for 10 grep -qs ready $BOX/log || check "a server runs" false
}

# Each event once, at its first coming, in the order of coming.
told() {
	for f in "$BOX"/hook/*[0-9]; do
		[ -e "$f" ] || continue
		key=$(sed -n 's/^Idempotency-Key: //p' "$f.head")
		case $seen in
		*"$key"*) continue ;;
		esac
		seen="$seen $key"
		sed 's/.*"uplink":"\([^"]*\)".*"level":"\([^"]*\)".*/\1 \2/' \
		    "$f"
		echo
	done | grep .
	seen=
}

told_is() {		# event...
	[ "$(told)" = "$(printf '%s\n' "$@")" ]
}

told_so_far() {		# the first are these
	[ "$(told | head -n $#)" = "$(printf '%s\n' "$@")" ]
}

copies() {		# the most that one key has
	sed -n 's/^Idempotency-Key: //p' $BOX/hook/*.head | sort | uniq -c |
	    sort -rn | awk 'NR == 1 { print $1 }'
}

first() {
	find $BOX/hook -name '*[0-9]' | sort | head -n 1
}

came_twice() {
	[ "$(copies)" -ge 2 ] && told_is "ext1 down"
}

failed_with() {
	grep -q "action hook/.* failed: $1" /run/lab/uplinkd.log
}

hook_conf() {		# keys of webhook, keys of the action
	conf override <<-EOF
	actions:
	  hook: { on: [down, up], timeout: 1s, ${2:-retry_wait: 200ms},
	    webhook: { url: "http://$SERVER:8080/hook", $1 } }
	EOF
}

mkdir -p $BOX/hook
seen=
hook_conf 'expire: 1h'
# Nobody listens: the first event waits, and all others behind it.
start
far_dead 1
check_soon 10 "ext1 is down" level_is ext1 down
check_soon 10 "nobody listens: it is tried again" failed_with '.*again'
kill_dispatcher
far_back 1
check_soon 10 "ext1 is up" level_is ext1 up
kill -9 "$DAEMON"
wait_for 5 no_children
start
far_dead 2
check_soon 10 "ext2 is down" level_is ext2 down
kill_dispatcher
check_soon 10 "a new dispatcher knows it" level_is ext2 down
serve
check_soon 20 "the server is back: all of it, in order" told_is \
    "ext1 down" "ext1 up" "ext2 down"
far_back 2
check_soon 10 "and what comes then, at once" told_is "ext1 down" "ext1 up" \
    "ext2 down" "ext2 up"
check "the type is JSON" grep -q '^Content-Type: application/json' \
    $BOX/hook/0001.head
check "and the number of the event is told" grep -q '^X-Uplinkd-Event: [1-9]' \
    $BOX/hook/0001.head
check "it is the event as published" grep -q \
    '"v":1,"type":"event".*"previous":"up".*"cause":"far"' $BOX/hook/0001

# It fails at random while the dispatcher is killed.
echo random >$BOX/fault
for n in 1 2; do
	far_dead $n
	check_soon 10 "faults: ext$n is down" level_is ext$n down
	kill_dispatcher
	far_back $n
	check_soon 10 "faults: ext$n is up" level_is ext$n up
done
rm $BOX/fault
check_soon 60 "all came in the end, in order" told_is "ext1 down" "ext1 up" \
    "ext2 down" "ext2 up" "ext1 down" "ext1 up" "ext2 down" "ext2 up"
echo "# copies of one at most: $(copies)"
# Nothing of another event behind it, whatever the memory had.
check "each is one object of JSON, and no more" /usr/bin/python3 -c '
import glob, json, sys
for name in glob.glob(sys.argv[1] + "/hook/*[0-9]"):
    json.load(open(name))' $BOX
stop

# It takes the event, but its answer is lost: once more, with the same key.
rm -rf /run/lab/state $BOX/hook/*
echo cut >$BOX/fault
start
far_dead 1
check_soon 10 "without an answer it comes again, with the same key" came_twice
rm $BOX/fault
far_back 1
check_soon 10 "and the next one" told_is "ext1 down" "ext1 up"
stop

# What is refused for good is given up, and the next goes on.
rm -rf /run/lab/state $BOX/hook/*
: >/run/lab/uplinkd.log
hook_conf 'expire: 1h'
echo 404 >$BOX/fault
start
far_dead 1
check_soon 10 "404 is for good" failed_with 'status 404, not as wanted (try=1)'
far_back 1
wait_for 10 level_is ext1 up
check_soon 10 "so is the next one" test \
    "$(grep -c 'hook 404' $BOX/log)" -le 2
# It asks for a pause: twice as long as our own would be by then.
echo "429 3" >$BOX/fault
: >$BOX/log
far_dead 2
check_soon 10 "429 is not for good" failed_with 'status 429.*again'
rm $BOX/fault
from=$(now_ms)
check_soon 10 "it comes" told_is "ext2 down"
check "after the pause that was asked for" \
    test $(($(now_ms) - from)) -gt 2000
check "without one more question" test "$(grep -c '^hook ' $BOX/log)" = 2
far_back 2
check_soon 10 "ext2 is up again, and told" told_is "ext2 down" "ext2 up"
stop

# Long pauses end when a line is back.
rm -rf /run/lab/state $BOX/hook/*
: >/run/lab/uplinkd.log
hook_conf 'expire: 1h' 'retry_wait: 1h'
start
far_dead 1
check_soon 10 "one line is dead: told by the other" told_is "ext1 down"
far_dead 2
check_soon 10 "both are" levels down down
check_soon 10 "nobody can be told" failed_with '.*again'
far_back 1
check_soon 10 "a line is back: told at once" told_so_far "ext1 down" \
    "ext2 down" "ext1 up"
far_back 2
wait_for 10 level_is ext2 up
stop

# Too old: given up, said, and the next goes on.
rm -rf /run/lab/state $BOX/hook/*
: >/run/lab/uplinkd.log
echo 503 >$BOX/fault
hook_conf 'expire: 1s'
start
far_dead 1
check_soon 10 "an old event is given up" failed_with \
    'given up: older than 1.0s'
rm $BOX/fault
far_back 1
check_soon 10 "and the next one told" told_is "ext1 up"
stop

# A signature, a URL that is a secret, and a line for a chat.
rm -rf /run/lab/state $BOX/hook/*
: >/run/lab/uplinkd.log
echo "http://$SERVER:8080/hook" >/run/lab/url
printf 'k3y-of-hooks' >/run/lab/key
chmod 600 /run/lab/url /run/lab/key
chown _uplinkd /run/lab/url /run/lab/key 2>/dev/null
conf override <<-EOF
	actions:
	  hook: { on: [down], webhook: { url_file: /run/lab/url,
	    secret_file: /run/lab/key, headers: ["X-Site: lab"] } }
	EOF
start
far_dead 1
check_soon 10 "it is told" told_is "ext1 down"
is=$(tr -d '\r' <"$(first).head" |
    sed -n 's/^X-Hub-Signature-256: sha256=//p')
# As openssl makes it, too.
be=$(openssl dgst -sha256 -hmac k3y-of-hooks <"$(first)" | sed 's/.* //')
echo "# $is"
check "its signature is right" test "$is" = "$be"
check "a header of the site" grep -q '^X-Site: lab' "$(first).head"
far_back 1
wait_for 10 level_is ext1 up
stop
rm -rf /run/lab/state $BOX/hook/*
hook_conf 'body: text'
start
far_dead 1
chat() {
	grep -qs '^{"text": "\[uplinkd .*\] ext1 is down: ' "$(first)"
}

check_soon 10 "a line for a chat" chat
far_back 1
wait_for 10 level_is ext1 up
stop
check "no secret is in log or journal" not grep -qr 'k3y-of-hooks' \
    /run/lab/uplinkd.log /run/lab/state
kill "$WEB"
lab_done

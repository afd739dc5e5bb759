#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Plugins that do everything a plugin must not do, all at once: each is one
# failed job with its reason, routes are switched meanwhile, and nothing of any
# is left.  And the three examples do what they say.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

DIR=/run/lab/plugins
mkdir $DIR
mkdir -m 1777 /run/lab/got
cp "$BUILD"/tests/plugins/*.so "$BUILD"/conf/examples/plugins/*.so $DIR/
cp "$BUILD/conf/examples/plugins/webhook" $DIR/
chmod 755 $DIR/*

# ---- programs that are as bad
program() {		# name, its text on standard input
	{ echo "#!/bin/sh"; cat; } >"$DIR/$1"
	chmod 755 "$DIR/$1"
}

program p-exit <<'EOF2'
cat >/run/lab/got/stdin
env >/run/lab/got/env
echo "$0 $*" >/run/lab/got/argv
echo "my reason" >&2
exit 3
EOF2
program p-daemons <<'EOF2'
for i in 1 2 3; do
	(setsid sleep 984 &)
	sleep 984 &
done
sleep 0.5
EOF2
program p-noise <<'EOF2'
head -c 100000000 /dev/zero | tr '\0' x >&2
EOF2
program p-hang <<'EOF2'
trap '' TERM
setsid sh -c "trap '' TERM; sleep 984" &
sleep 984
EOF2
program p-killed <<'EOF2'
kill -KILL $$
EOF2
cp $DIR/p-exit $DIR/two
cp $DIR/bad.so $DIR/two.so
cp $DIR/bad.so $DIR/open.so
chmod 777 $DIR/open.so

# Its own user, where there is a second one at all.
USER=nobody
[ "$(wc -l </proc/self/uid_map)" = 1 ] &&
    read -r _ _ count </proc/self/uid_map && [ "$count" != 1 ] || USER=root
# AddressSanitizer's own memory is without a limit, and it has a word of its own
# for a crash and for an exit.
MEMORY=128
! grep -q __asan_init "$BUILD/uplinkd" || MEMORY=0

bad() {			# how: of bad.so
	echo "  $1: { on: [down], uplinks: [ext1], timeout: 3s, plugin:" \
	    "{ name: bad, user: $USER, memory: $MEMORY, options: { how: $1 } } }"
}

named() {		# name
	echo "  $1: { on: [down], uplinks: [ext1], timeout: 3s, plugin:" \
	    "{ name: $1, user: $USER, memory: $MEMORY, options: { a_b: \"c d\" } } }"
}

HOWS="crash abort hang init-hang wait leak exit _exit noise daemons close free
cancel init"
[ $MEMORY != 0 ] || HOWS="abort hang init-hang wait _exit noise daemons close
free cancel init"
NAMES="old unresolved none two open missing p-exit p-daemons p-noise p-hang
p-killed"
{
	echo "plugin_dir: $DIR"
	echo "lanes: { plugin: 30 }"
	echo "actions:"
	for how in $HOWS stdout well; do
		bad "$how"
	done
	for name in $NAMES; do
		named "$name"
	done
	bad power | sed 's/power:/who:/'
	bad power | sed "s/user: $USER/user: root/"
} | conf override

fds() {			# pid
	find "/proc/$1/fd" -mindepth 1 | wc -l
}

no_more_fds() {		# pid, as many as that
	[ "$(fds "$1")" -le "$2" ]
}

no_zombies() {
	! ps -o stat= --ppid "$DAEMON" | grep -q Z
}

# Nothing below the parent but its three children.
nothing_left() {
	[ "$(ps -o pid= --ppid "$DAEMON" | wc -l)" = 3 ] &&
	    ! is_there 'sleep 98[45]|-R plugin'
}

is_there() {		# pattern
	pgrep -f -- "$1" >/dev/null
}

ended() {		# that many jobs
	[ "$(watched_count '"lane":"plugin"' '"phase":"[dfrc]')" -ge "$1" ]
}

# once ACTION PHASE PATTERN: it has ended so, for that, and in no other way.
once() {
	[ "$(watched_count '"type":"job"' "\"action\":\"$1\"" \
	    '"phase":"started"')" -le 1 ] &&
	    [ "$(watched_count '"type":"job"' "\"action\":\"$1\"" \
	    '"phase":"[dfrc]')" = 1 ] &&
	    watched '"type":"job"' "\"action\":\"$1\"" "\"phase\":\"$2\"" "$3"
}

ctl_json() {
	ctl status --json | /usr/bin/python3 -c 'import json, sys
s = json.load(sys.stdin)
assert len(s["uplinks"]) == 2
p = {q["action"]: q for q in s["plugins"]}
assert len(p) == int(sys.argv[1])
assert p["well"]["ok"] and p["well"]["done"] == 1
assert not p["abort"]["ok"] and p["abort"]["failed"] == 1' "$total"
}

says() {		# pattern
	in_ns fw "$BUILD/uplinkd" -n -f $CONF 2>&1 | grep -q -- "$1"
}

# ---- before anything happens
check "-n tells what is missing" \
    says "actions.missing: .*neither missing nor missing.so is in $DIR"
check "and what is there twice" \
    says "actions.two: .*both two and two.so are in $DIR"
check "and what others can write" \
    says "actions.open: .*open.so can be written by others"
start
watch_start
dispatcher=$(role_pid dispatcher)
parent_fds=$(fds "$DAEMON") dispatcher_fds=$(fds "$dispatcher")
check "new flows use both lines" by_both

# ---- all of them at once
far_dead 1
check_soon 5 "ext1 is down" level_is ext1 down
check_soon 2 "new flows go by ext2" by_only 2
check_soon 5 "those that hang, hang" is_there 'sleep 984'
far_dead 2
check_soon 5 "ext2 is down, too" level_is ext2 down
check_soon 2 "and the routes follow" watched '"type":"route"' \
    '"text":"ipv4 as configured'
far_back 2
check_soon 8 "ext2 is up again" level_is ext2 up
check_soon 2 "new flows go by it" by_only 2
total=$(echo $HOWS stdout well $NAMES power who | wc -w)
check_soon 20 "all $total jobs have ended" ended "$total"

[ $MEMORY = 0 ] || check "crash: the signal is told" once crash failed 'signal 11 (SEGV)'
check "abort: the signal is told" once abort failed 'signal 6 (ABRT)'
check "hang: killed after its deadline" once hang failed \
    'past its deadline, signal 9 (KILL)'
check "a hanging init: its deadline" once init-hang failed \
    'past its deadline, signal 15 (TERM)'
check "it waits for its cancel, and gets it" once wait failed \
    'exit 1: told to stop'
[ $MEMORY = 0 ] || check "leak: no memory, which the machine still has" \
    once leak failed 'no memory after'
[ $MEMORY = 0 ] || check "exit(0) is no success" once exit failed 'ended its process'
check "_exit(0) neither" once _exit failed 'ended its process'
check "100 MB on standard error: ended, not kept" once noise failed \
    'too much output: xxx'
check "daemons: killed, and a failure" once daemons failed \
    'exit 1: it left processes running, which were killed'
check "closed descriptors: its own loss" once close failed 'exit 1'
check "a crash in free, after all was well" once free failed \
    'signal 6 (ABRT)'
check "a crash in cancel" once cancel failed 'signal 6 (ABRT)'
check "init says no" once init failed 'init: Operation not permitted'
check "standard output is output, and is cleaned" once stdout 'done' '?\[2J'
check "and one that is right is done" once well 'done' 'exit 0: well'
check "as root it has no power, and no way to any" once power 'done' \
    'uid 0, capabilities 0000000000000000, no new ones 1'
check "else it is who it was to be" once who 'done' \
    "uid $(id -u $USER), capabilities 0000000000000000, no new ones 1"
check "another version of the interface" once old failed \
    'was built for version 2 of uplinkd_plugin.h, and this uplinkd has 1'
check "a symbol that nobody has" once unresolved failed \
    'undefined symbol: uplinkd_nobody_has_this'
check "an object that is no plugin" once none failed \
    'does not export uplinkd_plugin'
check "two of a name: neither" once two failed 'both two and two.so are in'
check "others can write it: not loaded" once open failed \
    'open.so can be written by others'
check "not there" once missing failed 'neither missing nor missing.so is in'
check "a program that fails: its last words" once p-exit failed \
    'exit 3: my reason'
check "a program's daemons: killed" once p-daemons failed \
    'it left processes running'
check "a program's 100 MB" once p-noise failed 'too much output: xxx'
check "a program that hangs" once p-hang failed \
    'past its deadline, signal 9 (KILL)'
check "a program that is killed" once p-killed failed 'signal 9 (KILL)'

# ---- what a program is given
check "it got the event" grep -q '^{.*"type":"event".*"uplink":"ext1".*}$' \
    /run/lab/got/stdin
check "and its arguments" grep -qx "$DIR/p-exit ext1 down" \
    /run/lab/got/argv
for want in "UPLINKD_OPTION_A_B=c d" UPLINKD_TIMEOUT_MS=3000 \
    UPLINKD_LEVEL=down UPLINKD_INTERFACE=ext1 UPLINKD_ACTION=p-exit; do
	check "and $want" grep -qx "$want" /run/lab/got/env
done

# ---- what status says of them
status_is() {		# pattern
	ctl status | grep -q -- "$1"
}

check "status tells a library, and how it ended" status_is \
    '^abort  *bad  *library  *0  *0  *1  ext1, .* ago: failed$'
check "and in its words" status_is '^  *! signal 6 (ABRT)'
check "and a program" status_is '^p-exit  *p-exit  *program  *0  *0  *1  '
check "and one that is done" status_is '^well  *bad  *library  *0  *1  *0  '
check "and what is not there" status_is '^missing  *missing  *missing '
check "and what is there twice" status_is '^two  *two  *twice '
check "one row each, below those of the lines" test \
    "$(ctl status | sed '1,/^ACTION/d' | grep -c '^[^ ]')" = "$total"
check "in JSON, too" ctl_json

# ---- what is left
check_soon 10 "nothing of any is left" nothing_left
check "there are no zombies" no_zombies
check_soon 5 "the parent has no more descriptors" \
    no_more_fds "$DAEMON" "$parent_fds"
check_soon 5 "nor has the dispatcher" \
    no_more_fds "$dispatcher" "$dispatcher_fds"
check "which is the one it was" test "$(role_pid dispatcher)" = "$dispatcher"
far_back 1
check_soon 8 "ext1 is up again" level_is ext1 up
stop

# ---- the examples
mkdir -p /run/lab/leds/red:wan
echo 255 >/run/lab/leds/red:wan/max_brightness
echo "[timer]" >/run/lab/leds/red:wan/trigger
echo 0 >/run/lab/leds/red:wan/brightness

# The first datagram of each is lost; the second is answered.
cat >/run/lab/other.py <<'EOF2'
import http.server, socket, threading
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("127.0.0.1", 5759))
class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open("/run/lab/hook", "w") as f:
            f.write(self.headers.get("Authorization", "") + body.decode())
        self.send_response(204)
        self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", 5758), Hook)
threading.Thread(target=server.serve_forever, daemon=True).start()
seen = set()
while True:
    data, who = sock.recvfrom(65536)
    number = data.split(b" ")[0]
    if number in seen:
        sock.sendto(number + b"\n", who)
    seen.add(number)
EOF2
SPAWN_OUT=/run/lab/other.out
spawn fw /usr/bin/python3 /run/lab/other.py
SPAWN_OUT=''

answers() {
	in_ns fw ss -ltun | grep -q '127.0.0.1:5758'
}
check_soon 10 "the other side is there" answers

{
	echo "plugin_dir: $DIR"
	cat <<EOF2
actions:
  light:
    on: [up, degraded, down]
    uplinks: [ext1]
    plugin:
      name: led
      user: root
      memory: $MEMORY
      options: { directory: /run/lab/leds, led: "red:wan" }
  tell:
    on: [down]
    uplinks: [ext1]
    timeout: 20s
    plugin:
      name: udp-notify
      user: $USER
      memory: $MEMORY
      options: { address: 127.0.0.1, port: 5759 }
  deaf:
    on: [down, up]
    uplinks: [ext1]
    timeout: 60s
    on_supersede: cancel
    plugin:
      name: udp-notify
      user: $USER
      memory: $MEMORY
      options: { address: 127.0.0.1, port: 5757 }
  hook:
    on: [down]
    uplinks: [ext1]
    plugin:
      name: webhook
      user: $USER
      options: { url: "http://127.0.0.1:5758/", token: secret }
EOF2
} | conf override
start
: >/run/lab/watch.json
watch_start

bright() {
	[ "$(cat /run/lab/leds/red:wan/brightness)" = "$1" ]
}

runs_one() {
	ctl status | grep -q '^deaf  *udp-notify  *library  *1  '
}

far_dead 1
check_soon 5 "ext1 is down" level_is ext1 down
check_soon 5 "the light is on" bright 255
check "and its trigger off" grep -qx none /run/lab/leds/red:wan/trigger
check_soon 10 "the other side has answered the second datagram" \
    watched '"action":"tell"' '"phase":"done"' 'answered after 2 datagrams'
check_soon 10 "the hook was told" watched '"action":"hook"' '"phase":"done"' \
    'ext1 down told: 204'
check "with its token, and the event" grep -q \
    '^Bearer secret{.*"uplink": "ext1"' /run/lab/hook
check_soon 5 "what is not answered goes on" \
    watched '"action":"deaf"' '"phase":"started"'
check_soon 2 "and status shows that it runs" runs_one
far_back 1
check_soon 8 "ext1 is up" level_is ext1 up
check_soon 5 "the light is off" bright 0
check_soon 5 "the newer event cancelled it" \
    watched '"action":"deaf"' '"phase":"cancelled"'
stop
check_soon 5 "and nothing is left of anything" \
    not is_there '-R plugin'
lab_done

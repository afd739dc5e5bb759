#!/bin/sh
# SPDX-License-Identifier: ISC
#
# `uplinkctl status` with everything at once: lines with troubles and a ladder,
# lanes, plugins, letters that do not go.  It is read on a console at night, so
# no line of it is wider than that.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

DIR=/run/lab/plugins
mkdir $DIR
cp "$BUILD"/conf/examples/plugins/*.so $DIR/
cat >$DIR/grumble <<'P'
#!/bin/sh
echo "cannot reach the relay board at 192.168.100.17: no route to host, and" \
    "the second board did not answer within its five seconds either" >&2
exit 3
P
cat >/run/lab/sendmail <<'P'
#!/bin/sh
cat >/dev/null
echo "sendmail: connect to mail.example.net[198.51.100.25]:25: connection" \
    "refused; giving up after three relays were tried in vain" >&2
exit 75
P
chmod 755 $DIR/* /run/lab/sendmail

UPLINK1="    recovery:
      steps:
        - { after: 200ms, run: [/bin/false], settle: 5m }
        - { after: 20m, run: [/bin/true] }
"
TARGET="gateway
        - ping: $FAR
        - ping: does-not-exist.invalid
        - ping: 2001:db8:ffff:ffff:ffff:ffff:ffff:fffe"
{
	cat <<-EOF
	plugin_dir: $DIR
	mail:
	  to: [root]
	  fold: 0s
	  sendmail: [/run/lab/sendmail]
	actions:
	  announce:
	    on: [down, up]
	    run: [/bin/true]
	  relay-board:
	    on: [down]
	    plugin: { name: grumble, user: root }
	  tell:
	    on: [down]
	    timeout: 60s
	    plugin: { name: udp-notify, user: root, memory: 0,
	      options: { address: 127.0.0.1, port: 5757 } }
	  light:
	    on: [down]
	    plugin: { name: not-there, user: root }
	EOF
} | conf override

status_is() {		# pattern
	ctl status | grep -q -- "$1"
}

fits() {		# the width
	ctl status | awk -v most="$1" 'length > most {
		print "too wide: " $0; bad = 1 } END { exit bad }'
}

start
gateway_dead 1
check_soon 10 "ext1 is down" level_is ext1 down
check_soon 10 "a letter waits" status_is '^mail: 1 letter waits'
check_soon 10 "and is told not to go" status_is '! .* failed tr'
check_soon 10 "the ladder settles" status_is 'settling before step 2 of 2'
check_soon 10 "a plugin runs" status_is '^tell  *udp-notify  *library  *1 '
check_soon 10 "and one has failed" status_is '^relay-board .* failed'
check "no line is wider than a console" fits 80
[ -z "${SHOW_STATUS:-}" ] || ctl status
stop
lab_done

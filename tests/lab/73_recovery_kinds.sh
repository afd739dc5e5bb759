#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Steps of recovery of each kind: a dialogue at a modem's terminal, a request
# to its web interface by the line that is dead beyond it, a program last.
/usr/bin/python3 -c '' 2>/dev/null || {
	echo "skipped: python3 is not installed"
	exit 77
}
. "$(dirname "$0")/lab.sh"
lab_enter "$@"
WEB=/run/lab/web
TTY=/run/lab/tty

mkdir -p $WEB $TTY
SPAWN_OUT=/run/lab/httpd.log
spawn isp1 /usr/bin/python3 "$TOP/tests/lab/httpd.py" 0.0.0.0 8080 $WEB
SPAWN_OUT=/run/lab/modem.log
spawn fw /usr/bin/python3 "$TOP/tests/lab/modem.py" $TTY at
SPAWN_OUT=''
wait_for 10 grep -qs ready $WEB/log || check "a web interface is there" false
wait_for 10 test -e $TTY/at || check "a terminal is there" false

step_ended() {		# phase pattern
	watched '"type":"job"' '"action":"recovery"' "\"phase\":\"$1\"" "$2"
}

UPLINK1="    recovery:
      when: any
      budget: 9 per 24h
      steps:
        - after: 100ms
          serial:
            device: $(readlink $TTY/at)
            dialogue: [{ send: 'AT+CFUN=1,1\\r', expect: OK }]
          settle: 100ms
        - after: 200ms
          http: { post: \"http://10.0.1.1:8080/reboot\" }
          settle: 100ms
        - { after: 300ms, run: [/bin/echo, third], settle: 100ms }
"
conf override </dev/null
start
watch_start
far_dead 1
check_soon 10 "ext1 is down" level_is ext1 down
check_soon 20 "the last step has run" step_ended "done" third
check_soon 5 "the modem was told by its terminal" grep -qF 'AT+CFUN=1,1' \
    $TTY/at.log
check "the web interface was asked once" \
    test "$(grep -c 'POST /reboot' $WEB/log)" = 1
check "three steps have ended" \
    test "$(watched_count '"action":"recovery"' '"phase":"[df]')" = 3
lab_done

#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The shipped examples of actions, run by uplinkd as a site would have them:
# keepalived's track_file, CARP demotion, dynamic DNS, a light.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

EXAMPLES=$TOP/conf/examples/actions
TRACK=/run/lab/track
CARP=/run/lab/carp
LED=/run/lab/leds

file_is() {		# file text
	[ "$(cat "$1" 2>/dev/null)" = "$2" ]
}

# What ifconfig was asked, for there is no carp(4) here.
stub_ifconfig() {
	mkdir -p /run/lab/bin
	printf '#!/bin/sh\necho "$*" >>/run/lab/ifconfig.log\n' \
	    >/run/lab/bin/ifconfig
	printf '#!/bin/sh\nPATH=/run/lab/bin:$PATH exec %s "$@"\n' \
	    "$EXAMPLES/carp-demote" >/run/lab/bin/carp-demote
	chmod 755 /run/lab/bin/*
}

asked() {
	[ "$(sort /run/lab/ifconfig.log | uniq -c | tr -s ' ')" = "$1" ]
}

service_says() {
	printf 'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s' "${#1}" "$1" \
	    >/run/lab/ddns.new
	mv /run/lab/ddns.new /run/lab/ddns
}

stub_ifconfig
mkdir -p $LED/wan $LED/lan
echo 255 >$LED/wan/max_brightness
echo heartbeat >$LED/wan/trigger
service_says "good 10.0.1.2"
spawn inet "$BUILD/tests/lab/web" 80 /run/lab/ddns
conf override <<EOF
actions:
  vrrp: { on: [up, degraded, down], run: [$EXAMPLES/keepalived-track, $TRACK, "30"] }
  carp: { on: [up, degraded, down], run: [/run/lab/bin/carp-demote, $CARP, "5"] }
  ddns: { on: [up], retries: 3, retry_wait: 200ms, run: [$EXAMPLES/ddns, "http://192.0.2.1/nic/update"] }
  led: { on: [up, degraded, down], uplinks: [ext1], run: [$EXAMPLES/led, wan, $LED] }
EOF
start
watch_start
far_dead 1
check_soon 5 "keepalived: the priority goes down by 30" file_is $TRACK/ext1 -30
check_soon 5 "carp: the counter goes up by 5" \
    file_is /run/lab/ifconfig.log "-g carp carpdemote 5"
check_soon 5 "led: it is on" file_is $LED/wan/brightness 255
check "led: no trigger of the kernel's" file_is $LED/wan/trigger none
far_back 1
check_soon 8 "keepalived: and back" file_is $TRACK/ext1 0
check_soon 5 "carp: and back" asked " 1 -g carp -carpdemote 5
 1 -g carp carpdemote 5"
check_soon 5 "led: it is off" file_is $LED/wan/brightness 0
if command -v curl >/dev/null; then
	check_soon 5 "ddns: the service was asked, and agreed" \
	    watched '"action":"ddns"' '"phase":"done"'
	service_says "badauth"
	far_dead 1
	check_soon 5 "down again" level_is ext1 down
	far_back 1
	check_soon 8 "ddns: it refuses: tried again, then given up" \
	    watched '"action":"ddns"' '"phase":"failed"' badauth
else
	echo "ok - ddns # SKIP curl is not installed"
fi
# What a crash makes run twice changes nothing.
before=$(cat /run/lab/ifconfig.log)
check "carp: once is enough" env UPLINKD_UPLINK=ext1 UPLINKD_LEVEL=up \
    /run/lab/bin/carp-demote $CARP 5
check "carp: nothing more was asked" file_is /run/lab/ifconfig.log "$before"
stop
lab_done

#!/bin/sh
# SPDX-License-Identifier: ISC
#
# A captive portal on line 1 answers for everybody: whatever it says that is
# not what was wanted, the line is down, though a ping comes through.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

# say WHO LINE...: what that server answers from now on, in one step.
say() {
	who=$1
	shift
	printf '%s\r\n' "$@" "" >/run/lab/$who.new
	mv /run/lab/$who.new /run/lab/$who
}

capture() {
	in_ns isp1 nft add rule ip portal prerouting iifname fw \
	    tcp dport 80 dnat to 10.0.1.1:8080
}

release() {
	in_ns isp1 nft flush chain ip portal prerouting
}

ping_comes_through() {
	in_ns fw ping -q -c1 -W2 -I ext1 $FAR >/dev/null 2>&1
}

# What the portal says takes the line out; without it the line comes back.
portal() {
	text=$1
	shift
	say portal "$@"
	capture
	check_soon 5 "$text: ext1 is down" cause_is ext1 down far
	check_soon 2 "$text: new flows go by ext2" by_only 2
	check "$text: a ping comes through" ping_comes_through
	check "$text: ext2 is up" level_is ext2 up
	release
	check_soon 8 "$text is gone: ext1 is up" level_is ext1 up
	check_soon 2 "$text is gone: new flows use both" by_both
}

# ext1 is watched by this, and what else is said, ext2 by ping.
watch_url() {		# url status [target]
	{
		echo "state_dir: /run/lab/state"
		echo "run_dir: $RUN"
		echo "uplinks:"
		uplink_conf 1 | grep -v 'ping:'
		[ -z "${3:-}" ] || echo "        - $3"
		echo "        - http: { url: '$1', status: $2 }"
		uplink_conf 2
	} >$CONF
}

say true "HTTP/1.1 204 No Content" "Connection: keep-alive"
spawn inet "$BUILD/tests/lab/web" 80 /run/lab/true
spawn isp1 "$BUILD/tests/lab/web" 8080 /run/lab/portal
in_ns isp1 nft -f - <<-EOF
table ip portal {
	chain prerouting {
		type nat hook prerouting priority -100
	}
}
EOF

INTERVAL=100ms TIMEOUT=1s CONFIRM=100ms VERBOSE=yes
watch_url "http://$FAR/generate_204" 204
start
check "new flows use both lines" by_both

portal "a page" "HTTP/1.1 200 OK" "Content-Length: 14" "" "please log in"
portal "a redirect" "HTTP/1.1 302 Found" \
    "Location: http://10.0.1.1:8080/generate_204" "Content-Length: 0"
portal "a refusal" "HTTP/1.1 511 Network Authentication Required" \
    "Content-Length: 0"

# The true server says something else: no portal, but not what is wanted.
say true "HTTP/1.1 500 Internal Server Error" "Content-Length: 0"
check_soon 5 "an error of the server: ext1 is down" cause_is ext1 down far
say true "HTTP/1.1 204 No Content"
check_soon 8 "mended: ext1 is up" level_is ext1 up

# Silence is lost at its timeout; ping still fares well.
: >/run/lab/portal
capture
check_soon 8 "a silent portal: ext1 is down" cause_is ext1 down far
release
check_soon 8 "it is gone: ext1 is up" level_is ext1 up

check "why was logged, once for each change" sh -c '
	grep -c "uplink ext1: http 192.0.2.9:80: status 302" \
	    /run/lab/uplinkd.log | grep -qx 1'

# Every line's probe leaves by that line, though both could carry it.
far_dead 1
check_soon 8 "line 1 is dead beyond its gateway: ext1 is down" \
    cause_is ext1 down far
far_back 1
check_soon 8 "it is back: ext1 is up" level_is ext1 up
stop

# A gateway that answers does not pass the rounds in which the far host, which
# is still waited for, is not asked again.
watch_url "http://$FAR/generate_204" 204 "ping: gateway"
start
: >/run/lab/portal
capture
check_soon 8 "a silent portal behind a gateway that answers: ext1 is down" \
    cause_is ext1 down far
release
check_soon 8 "it is gone: ext1 is up" level_is ext1 up
stop

# The page of the provider's own box, at an address that each line may have.
here=$(ip -n isp1 -6 -o addr show dev fw scope link |
    sed -n 's/.*inet6 \([^/]*\).*/\1/p')
watch_url "http://[$here]:8080/" 200
say portal "HTTP/1.1 200 OK" "Content-Length: 0"
start
say portal "HTTP/1.1 302 Found" "Location: /" "Content-Length: 0"
check_soon 5 "a link-local box says something else: ext1 is down" \
    level_is ext1 down
say portal "HTTP/1.1 200 OK" "Content-Length: 0"
check_soon 8 "it is well again: ext1 is up" level_is ext1 up
stop
lab_done

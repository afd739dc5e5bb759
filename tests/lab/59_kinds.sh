#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Requests by HTTP to a server that does as its path says: what counts as
# done, what does not, how soon one that hangs is given up, who is told a
# password, and by which line it goes.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"
BOX=/run/lab/web
SERVER=192.0.2.1
URL=http://$SERVER:8080

serve() {		# directory port
	mkdir -p "$1"
	SPAWN_OUT=/run/lab/httpd.log
	spawn inet /usr/bin/python3 "$TOP/tests/lab/httpd.py" 0.0.0.0 "$2" "$1"
	SPAWN_OUT=''
	wait_for 10 grep -qs ready "$1/log" || check "a server runs" false
}

# The text of the newest end of an action.
ended() {		# action phase pattern
	watched '"type":"job"' "\"action\":\"$1\"" "\"phase\":\"$2\"" &&
	    echo "$lab_seen" | tail -n 1 | grep -q -- "$3"
}

done_so() {		# action pattern
	check_soon 15 "$1: done: $2" ended "$1" "done" "$2"
}

failed_so() {
	check_soon 15 "$1: failed: $2" ended "$1" failed "$2"
}

asked() {		# pattern
	grep -q -- "$1" $BOX/log $BOX-tls/log
}

asked_times() {		# number pattern
	[ "$(grep -c -- "$2" $BOX/log)" = "$1" ]
}

secret() {		# file text
	echo "$2" >"/run/lab/$1"
	chmod 600 "/run/lab/$1"
	chown "$(sed -n 's/^user: //p' $CONF 2>/dev/null | grep . ||
	    echo _uplinkd)" "/run/lab/$1" 2>/dev/null
}

secret password s3cret
secret token t0ken-t0ken
mkdir -p $BOX-tls
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout $BOX-tls/key -out $BOX-tls/cert -days 2 -subj /CN=modem.lab \
    -addext 'subjectAltName=DNS:modem.lab' 2>/dev/null
PIN=$(openssl x509 -in $BOX-tls/cert -pubkey -noout |
    openssl pkey -pubin -outform der | openssl dgst -sha256 -binary |
    openssl base64)
OTHER=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
serve $BOX 8080
serve $BOX-tls 8443

one() {			# name, keys of http, more keys
	echo "  $1: { on: [down], uplinks: [ext1], timeout: ${3:-4s}," \
	    "http: { $2 } }"
}

# A name server that says nothing.
SPAWN_OUT=/run/lab/dns.log
spawn inet /usr/bin/python3 -c 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("192.0.2.1", 53))
print("ready", flush=True)
time.sleep(3600)'
SPAWN_OUT=''
wait_for 10 grep -qs ready /run/lab/dns.log
echo "nameserver 192.0.2.1" >/run/lab/resolv.conf
mount --bind /run/lab/resolv.conf /etc/resolv.conf || exit 1

{
	echo "lanes: { web: 32 }"
	echo "actions:"
	one plain "get: \"$URL/\""
	one post "post: \"$URL/form\", body: 'reboot=1&now=yes'"
	one put "put: \"$URL/json\", body: '{\"on\":false}', headers: ['Content-Type: application/json']"
	one expect "get: \"$URL/\", expect: switched off"
	one unexpected "get: \"$URL/\", expect: switched on"
	one refused "get: \"$URL/500\""
	one asked "get: \"$URL/303\", status: [204, 300-303]"
	one file "get: \"$URL/redirect\""
	one elsewhere "get: \"$URL/elsewhere\", user: admin, password_file: /run/lab/password, auth: basic, status: 302"
	one hang "get: \"$URL/hang\"" 700ms
	one cut "get: \"$URL/cut\""
	one cutbody "post: \"$URL/cutbody\""
	one cutwant "get: \"$URL/cutbody\", expect: all is well"
	one huge "get: \"$URL/huge\", expect: never there" 10s
	one header "get: \"$URL/header\""
	one drip "get: \"$URL/drip\", expect: never there" 1500ms
	one digest "post: \"$URL/digest\", body: x, user: admin, password_file: /run/lab/password, expect: rebooting"
	one clear "get: \"$URL/basic\", user: admin, password_file: /run/lab/password"
	one basic "get: \"$URL/basic\", user: admin, password_file: /run/lab/password, auth: basic"
	one echo "get: \"$URL/echo\", user: admin, password_file: /run/lab/password, auth: basic"
	one open "get: \"$URL/\", user: admin, password_file: /etc/passwd"
	one unknown "get: \"https://$SERVER:8443/\""
	one ca "get: \"https://$SERVER:8443/\", ca: $BOX-tls/cert"
	one pinned "get: \"https://$SERVER:8443/pinned\", pin: \"sha256//$PIN\""
	one otherpin "get: \"https://$SERVER:8443/otherpin\", pin: \"sha256//$OTHER\""
	one token "get: \"https://$SERVER:8443/token\", pin: \"sha256//$PIN\", token_file: /run/lab/token"
	one working "get: \"$URL/working\", through: working"
	one uplink "get: \"$URL/uplink\", through: uplink" 1s
	echo "  long: { on: [down, up], uplinks: [ext1], timeout: 5m," \
	    "on_supersede: cancel, http: { get: \"$URL/hang\" } }"
	one name "get: \"http://modem.example.net/\"" 1s
	one modem "get: \"http://10.0.1.1:8080/\", through: uplink"
} | conf override
# The modem on the dead line.
mkdir -p $BOX-modem
SPAWN_OUT=/run/lab/httpd.log
spawn isp1 /usr/bin/python3 "$TOP/tests/lab/httpd.py" 10.0.1.1 8080 $BOX-modem
SPAWN_OUT=''
wait_for 10 grep -qs ready $BOX-modem/log
start
watch_start
far_dead 1
check_soon 10 "ext1 is down" level_is ext1 down

done_so plain 'status 200: switched off'
done_so post 'status 200'
check "a body is posted as a form" asked \
    'POST /form .*type=application/x-www-form-urlencoded .*body=reboot=1&now=yes'
done_so put 'status 200'
check "or as it says" asked \
    'PUT /json .*type=application/json .*body={"on":false}'
done_so expect 'status 200'
failed_so unexpected 'its text is not in the answer: switched off'
failed_so refused 'status 500, not as wanted: as asked'
done_so asked 'status 303'
failed_so file 'status 302, not as wanted'
done_so elsewhere 'status 302'
check "nobody was told by a redirect" not asked stolen
failed_so hang 'no answer in time'
failed_so cut 'Empty reply'
done_so cutbody 'the answer was cut short: going down'
failed_so cutwant '"text":"[^"]*transfer closed'
failed_so huge 'its text is not in the answer'
check_soon 5 "an endless answer is left" asked 'left /huge'
failed_so header '"text":"[^"]*header'
failed_so drip 'no answer in time'
done_so digest 'status 200: rebooting now'
failed_so clear 'status 401, not as wanted'
check "digest tells no password to one that asks for it in clear" \
    test "$(grep -c 'GET /basic .*auth=Basic' $BOX/log)" -le 1
done_so basic 'status 200'
failed_so echo 'status 500, not as wanted: you said \*\*\*\*\*\* and Basic \*\*\*'
failed_so open 'password_file: must be a file of'
failed_so unknown 'self.signed'
failed_so ca '[Nn]ame'
done_so pinned 'status 200'
failed_so otherpin '[Pp]inn'
done_so token 'status 200'
check "a token is a bearer's" asked 'GET /token .*auth=Bearer'
check "who has another key was asked nothing" not asked otherpin
done_so working 'status 200'
check "by the line that works" asked 'GET /working from=10.0.2.2'
failed_so uplink 'no answer in time (by ext1)'
done_so modem 'status 200'
failed_so name 'no answer in time'
took=$(echo "$lab_seen" | tail -n 1 | sed -n 's/.*"took_ms":\([0-9]*\).*/\1/p')
check "a name server that is silent holds nobody up (${took:-?} ms)" \
    test "${took:-99999}" -lt 3000
far_back 1
wait_for 10 level_is ext1 up
check_soon 5 "one that hangs is cancelled by a newer event" ended long \
    cancelled cancelled
check_soon 5 "whose request hangs, too" asked_times 3 'GET /hang'
from=$(now_ms)
stop
check "which the end of the daemon does not wait for" \
    test $(($(now_ms) - from)) -lt 4000
check "no secret is in log or feed" not grep -qE 's3cret|t0ken|YWRtaW46' \
    /run/lab/uplinkd.log /run/lab/watch.json
check "nor in the journal" not grep -qE 's3cret|t0ken|YWRtaW46' \
    /run/lab/state/journal.db*
check "nor printed" not sh -c \
    "'$BUILD/uplinkd' -nv -f $CONF | grep -qE 's3cret|t0ken|YWRtaW46'"
lab_done

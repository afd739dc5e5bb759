#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The ladder of three lines whose modems are reset in vain: steps in order,
# never two modems at once nor within a settle time, each step once over kill
# -9 of dispatcher and parent, no more than the budget, one letter; nothing
# while no other line works or the interface is taken down; what runs is ended
# when the line returns.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"
LAB_BAD='runtime error:|Sanitizer|bug: .* does not hold'
STEPS=/run/lab/steps

third_line() {
	ip netns add isp3
	ip -n isp3 link set lo up
	lab_sysctl isp3 ipv4/ip_forward=1 ipv6/conf/all/forwarding=1 \
	    ipv4/conf/all/rp_filter=0 ipv4/conf/default/rp_filter=0 \
	    ipv6/conf/default/accept_dad=0
	lab_isp 3
}

programs() {
	mkdir -p /run/lab/mail
	cat >/run/lab/sendmail <<-'MAIL'
	#!/bin/sh
	n=$(ls /run/lab/mail | wc -l)
	cat >/run/lab/.mail.$$ && mv /run/lab/.mail.$$ /run/lab/mail/$n
	MAIL
	# name seconds: "10230 begin ext1.1", in milliseconds.
	cat >/run/lab/step <<-'STEP'
	#!/bin/sh
	say() {
		read -r up _ </proc/uptime
		echo "${up%.*}${up#*.}0 $1" >>/run/lab/steps
	}
	say "begin $1"
	sleep "$2"
	say "end $1"
	echo "modem of $1 does not answer"
	STEP
	chmod 755 /run/lab/sendmail /run/lab/step
}

# ladder LINE BUDGET after:seconds:settle...
ladder() {
	ladder_line=$1
	echo "    recovery:"
	echo "      budget: $2"
	echo "      steps:"
	shift 2
	ladder_n=0
	for ladder_step; do
		ladder_n=$((ladder_n + 1))
		ladder_rest=${ladder_step#*:}
		echo "        - after: ${ladder_step%%:*}"
		echo "          run: [/run/lab/step, ext$ladder_line.$ladder_n, '${ladder_rest%%:*}']"
		echo "          settle: ${ladder_rest#*:}"
		echo "          timeout: ${STEP_TIMEOUT:-60s}"
	done
}

three() {		# blocks by UPLINK1 to UPLINK3
	{
		uplink_conf 3
		printf '%s\n' "${UPLINK3:-}"
		echo "mail:"
		echo "  to: [root]"
		echo "  on: [unknown]"
		echo "  sendmail: [/run/lab/sendmail]"
	} | conf override
}

all_up() {
	levels up up && level_is ext3 up
}

begin() {
	rm -rf /run/lab/state /run/lab/mail/*
	: >$STEPS
	start_only
	wait_for 10 all_up || {
		check "the daemon sees all three lines" false
		lab_done
	}
}

begun() {		# name how-often
	[ "$(grep -c " begin $1\$" $STEPS)" = "$2" ]
}

ended() {
	[ "$(grep -c " end $1\$" $STEPS)" = "$2" ]
}

begun_all() {		# steps of all lines
	[ "$(grep -c ' begin ' $STEPS)" = "$1" ]
}

none_begun() {
	[ ! -s $STEPS ]
}

at() {			# "begin ext1.1": when that was, first
	awk -v what="$1" '$2 " " $3 == what { print $1; exit }' $STEPS
}

# No step begins before the one before has ended and settled (800 ms, which
# the clock of the steps tells to 10).
turns() {
	awk '$2 == "begin" && (open || (last && $1 < last + 790)) { bad = 1 }
	    { open = $2 == "begin"; if (!open) last = $1 }
	    END { exit bad }' $STEPS
}

status_says() {		# uplink words
	state_of "$1" | grep -q "\"recovery\":\"[^\"]*$2"
}

ctl_says() {
	ctl status | grep -q "$1"
}

letters() {		# uplink
	grep -l "^Subject:.*recovery of $1 is given up" /run/lab/mail/* \
	    2>/dev/null | wc -l
}

letters_are() {
	[ "$(letters "$1")" = "$2" ]
}

# Two seconds of the daemon's own states: what must not be has had its time.
stays() {
	stays_until=$(($(now_ms) + 2000))
	while "$@"; do
		[ "$(now_ms)" -lt $stays_until ] || return 0
		sleep 0.1
	done
	return 1
}

kill_parent() {
	kill -9 "$DAEMON"
	wait_for 5 no_children
	start_only
	wait_for 10 level_is ext3 up
}

mend_all() {
	for n in 1 2 3; do
		gateway_back $n
	done
}

third_line
programs
TARGET="gateway
        - ping: $FAR"

# Two of three at once; the third one carries, and has a ladder, too.
UPLINK1=$(ladder 1 "2 per 24h" 200ms:0.3:800ms 400ms:0.3:800ms)"
"
UPLINK2=$(ladder 2 "3 per 24h" 200ms:0.3:800ms 400ms:0.3:800ms)"
"
UPLINK3=$(ladder 3 "3 per 24h" 0s:0.3:800ms)
three
begin
watch_start
gateway_dead 1
gateway_dead 2
check_soon 10 "two lines are down" levels down down
check_soon 20 "both steps of ext1 have ended" ended ext1.2 1
check_soon 20 "and those of ext2" ended ext2.2 1
check "each began once" begun_all 4
check "never two modems at once, nor one within a settle time" turns
check "the interfaces are still up" test "$(ip -n fw -o link show up |
    grep -c ': ext[12]@')" = 2
check_soon 10 "one letter says that ext1 is given up" letters_are ext1 1
check_soon 10 "and one says it of ext2" letters_are ext2 1
check "it tells the steps and how they ended" grep -q \
    'step 2 of 2: exit 0: modem of ext1.2 does not answer' /run/lab/mail/*
check_soon 5 "status shows it" status_says ext1 "given up"
check "for people, too" ctl_says 'recovery: given up, step 1 of 2 again in'
check "its end is published" watched '"action":"given-up"' '"phase":"done"'
check "steps are, too" watched '"action":"recovery"' '"uplink":"ext2"' \
    '"phase":"done"'
kill_dispatcher
kill_parent
check "after kill -9 of dispatcher and parent nothing begins again" \
    stays begun_all 4
check "and nothing is told again" letters_are ext1 1
check_soon 5 "status still shows it" status_says ext2 "given up"
mend_all
check_soon 20 "all lines are back" all_up
check_soon 5 "status has nothing to say" status_says ext1 '",'

# The budget of ext1, of two steps a day, is used up.
gateway_dead 1
check_soon 10 "ext1 is down again" level_is ext1 down
check_soon 10 "its budget is used up" status_says ext1 "budget used up"
check_soon 10 "which is told" letters_are ext1 2
kill_dispatcher
check "also after a kill no step begins" stays begun ext1.1 1
check "the third line was never reset" begun ext3.1 0
mend_all
check_soon 20 "all lines are back" all_up
stop

# Kills between the steps, and within the third one.
UPLINK1=$(STEP_TIMEOUT=1s ladder 1 "9 per 24h" 200ms:0.1:100ms \
    3s:0.1:100ms 4s:30:100ms 5s:0.1:0s)"
"
UPLINK2=''
UPLINK3=''
three
begin
gateway_dead 1
check_soon 10 "the first step has ended" ended ext1.1 1
first=$(at "begin ext1.1")
kill_dispatcher
check_soon 20 "after a kill of the dispatcher the second is next" \
    ended ext1.2 1
# 3 s - 200 ms after the first; the clock tells it to 10 ms.
check "not before its time" test $(($(at "begin ext1.2") - first)) -ge 2750
kill_parent
check_soon 20 "after a kill of the parent the third is next" begun ext1.3 1
kill_dispatcher
check_soon 30 "which a kill cuts off, so the fourth is next" ended ext1.4 1
check "none of them has begun twice" begun_all 4
check "the third had no end of its own" ended ext1.3 0
mend_all
check_soon 20 "all lines are back" all_up
stop

# When all lines are dead none is reset; the one that works never is.
UPLINK1=$(ladder 1 "9 per 24h" 1s:0.1:800ms)"
"
UPLINK2=$(ladder 2 "9 per 24h" 1s:0.1:800ms)"
"
UPLINK3=$(ladder 3 "9 per 24h" 1s:0.1:800ms)
three
begin
for n in 1 2 3; do
	gateway_dead $n
done
check_soon 10 "all lines are dead" levels down down
check_soon 10 "so none is to be reset" status_says ext1 "no other line works"
check "none is reset" stays none_begun
gateway_back 3
check_soon 10 "ext3 works again" level_is ext3 up
check_soon 20 "ext1 is reset now" ended ext1.1 1
check_soon 20 "and ext2 after it" ended ext2.1 1
check "in turns" turns
check "ext3 is not" begun ext3.1 0
mend_all
check_soon 20 "all lines are back" all_up
stop

# An administrator takes the interface down.
UPLINK1=$(ladder 1 "9 per 24h" 0s:0.1:800ms)"
"
UPLINK2=''
UPLINK3=''
three
begin
ip -n fw link set ext1 down
check_soon 10 "ext1 was taken down" cause_is ext1 down carrier
check_soon 10 "its ladder waits for that" status_says ext1 "taken down"
check "nothing is reset" stays none_begun
gateway_dead 1
lab_carrier_wait
ip -n fw link set ext1 up
check_soon 20 "it is up again, and dead: now its modem is reset" \
    ended ext1.1 1
mend_all
check_soon 20 "all lines are back" all_up
stop

# The line returns while a step runs.
UPLINK1=$(ladder 1 "9 per 24h" 0s:50:0s 10s:0.1:0s)"
"
three
begin
: >/run/lab/watch.json
watch_start
gateway_dead 1
check_soon 10 "a step of a minute runs" begun ext1.1 1
check_soon 5 "status shows it" status_says ext1 "step 1 of 2 runs"
gateway_back 1
check_soon 10 "the line is back" level_is ext1 up
check_soon 10 "and the step is cancelled" watched '"action":"recovery"' \
    '"phase":"cancelled"'
check_soon 5 "its command is gone" not pgrep -f /run/lab/step
check "without having come to its end" ended ext1.1 0
stop

# One does not heed SIGTERM: until it is killed no other modem is reset.
cat >/run/lab/stubborn <<'STEP'
#!/bin/sh
trap '' TERM
exec 9>/run/lab/modem.lock
flock -n 9 && echo "0 begin ext1.1" >>/run/lab/steps
sleep 50
STEP
cat >/run/lab/other <<'STEP'
#!/bin/sh
exec 9>/run/lab/modem.lock
flock -n 9 || echo "0 begin two" >>/run/lab/steps
echo "0 begin ext2.1" >>/run/lab/steps
STEP
chmod 755 /run/lab/stubborn /run/lab/other
UPLINK1="    recovery:
      steps: [{ after: 0s, run: [/run/lab/stubborn], settle: 0s }]
"
UPLINK2="    recovery:
      steps: [{ after: 0s, run: [/run/lab/other], settle: 0s }]
"
three
begin
gateway_dead 1
check_soon 10 "a stubborn step runs" begun ext1.1 1
gateway_dead 2
check_soon 10 "ext2 is down, too" level_is ext2 down
check_soon 5 "and waits for the other modem" status_says ext2 "another modem"
gateway_back 1
check_soon 10 "ext1 is back" level_is ext1 up
check_soon 10 "ext2 is reset, when the other step has been killed" \
    begun ext2.1 1
check "not before" begun two 0
mend_all
stop
lab_done

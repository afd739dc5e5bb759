#!/bin/sh
# SPDX-License-Identifier: ISC
#
# demo.sh: a failover in a network of namespaces, told in words.  Each claim
# is checked when it is made; the exit status is 0 only if all were true.
. "$(dirname "$0")/lab.sh"

# What must be the same out here afterwards.
outside() {
	ip -o link | sed 's/ qlen.*//'
	ip addr | grep inet
	ip rule
	ip route show table all
	ls /run/netns /run/lab 2>&1
	pgrep -f "^$BUILD/(uplinkd|tests/lab/)"
}

if [ "${LAB_INSIDE:-}" != yes ]; then
	before=$(outside)
	(lab_enter "$@")
	rc=$?
	[ $rc != 77 ] || exit 1
	after=$(outside)
	if [ "$after" != "$before" ]; then
		echo "Something is left behind outside. It was:"
		echo "$before"
		echo "It is:"
		echo "$after"
		exit 1
	fi
	[ $rc = 0 ] && echo "Nothing is left behind: links, routes and" \
	    "processes outside are as they were."
	exit $rc
fi

bold='' good='' bad='' plain=''
if [ -t 1 ]; then
	bold=$(printf '\033[1m') good=$(printf '\033[32m')
	bad=$(printf '\033[31m') plain=$(printf '\033[0m')
fi
untrue=0
T0=$(now_ms)

at() {
	ms=$(($(now_ms) - T0))
	printf '%3d.%01d s' $((ms / 1000)) $((ms % 1000 / 100))
}

say() {
	printf '\n%s%s  %s%s\n' "$bold" "$(at)" "$1" "$plain"
	shift
	for line; do
		printf '         %s\n' "$line"
	done
}

# claim SECONDS TEXT COMMAND...: it becomes true within that time.
claim() {
	limit=$1 text=$2
	shift 2
	if wait_for "$limit" "$@"; then
		printf '%s  %strue%s   %s\n' "$(at)" "$good" "$plain" "$text"
	else
		printf '%s  %sNOT TRUE%s  %s\n' "$(at)" "$bad" "$plain" "$text"
		untrue=$((untrue + 1))
	fi
}

quote() {
	sed 's/^/           | /'
}

# The client's figures since the last time, in $figures.
figures() {
	asked=$((${asked:-0} + 1))
	ms=$(($(now_ms) + 300))
	wait_for 1 passed $ms
	helper_tell flow "report $asked"
	wait_for 2 grep -q "^report $asked " /run/lab/flow.out
	figures=$(grep "^report $asked " /run/lab/flow.out)
}

passed() {
	[ "$(now_ms)" -ge "$1" ]
}

figure() {		# name; 0 if it is not there
	n=$(echo "$figures" | sed -n "s/.* $1=\([0-9]*\).*/\1/p")
	echo "${n:-0}"
}

shares() {
	echo "$(figure 10.0.1.2) by ext1, $(figure 10.0.2.2) by ext2"
}

only_ext2() {
	[ "$(figure lost)" = 0 ] && [ "$(figure 10.0.1.2)" = 0 ] &&
	    [ "$(figure answered)" -gt 20 ]
}

balanced() {
	# Chance puts 3 or fewer of some 30 on one line once in 100000 times.
	[ "$(figure lost)" = 0 ] && [ "$(figure 10.0.1.2)" -gt 3 ] &&
	    [ "$(figure 10.0.2.2)" -gt 3 ]
}

gateway_answers() {
	in_ns fw ping -q -c 1 -W 1 -I ext1 10.0.1.1 >/dev/null
}

override_text() {
	ip -n fw route show table 5750
}

has_override() {
	case $(override_text) in
	*10.0.2.1*ext2*) return 0 ;;
	esac
	return 1
}

main_is_as_before() {
	[ "$(main_text)" = "$main" ]
}

mails() {
	find /run/lab/mail -type f | wc -l
}

mail_came() {		# how many, word in the subject
	[ "$(mails)" -ge "$1" ] &&
	    grep -qi "^Subject:.*$2" "$(newest_mail)"
}

newest_mail() {
	find /run/lab/mail -type f | sort | tail -n 1
}

show_mail() {
	sed -n '/^Subject:/p;/^$/,$p' "$(newest_mail)" | head -n "$1" | quote
}

resets() {
	[ -e /run/lab/resets ] && [ "$(wc -l </run/lab/resets)" = "$1" ]
}

reset_done() {
	[ "$(watched_count '"type":"job"' '"action":"recovery"' \
	    '"phase":"done"')" = "$1" ]
}

lines_of_daemon() {	# pattern
	grep -E "$1" /run/lab/uplinkd.log | tail -n "${2:-1}" |
	    sed 's/^[^ ]* [^ ]* //' | quote
}

network() {
	lab_enter "$@"
	main=$(main_text)
	mkdir -p /run/lab/mail
	cat >/run/lab/sendmail <<-'EOF'
	#!/bin/sh
	# A mail system of one directory; numbers keep the order.
	n=$(ls /run/lab/mail | wc -l)
	cat >/run/lab/.mail.$$ && mv /run/lab/.mail.$$ /run/lab/mail/$n
	EOF
	cat >/run/lab/reset <<-'EOF'
	#!/bin/sh
	sleep 0.5
	echo "$1: reset" >>/run/lab/resets
	echo "modem of $1 answers again"
	EOF
	chmod 755 /run/lab/sendmail /run/lab/reset
}

daemon() {
	INTERVAL=100ms TIMEOUT=100ms RISE=5 HOLD=1s
	TARGET="gateway
        - ping: $FAR"
	UPLINK1="    recovery:
      when: any
      steps:
        - { after: 300ms, run: [/run/lab/reset, ext1], settle: 0s }
"
	conf override <<-EOF
	mail:
	  to: [root]
	  sendmail: [/run/lab/sendmail]
	  fold: 0s
	EOF
	start_only
	claim 10 "uplinkd has found both lines working" levels up up
	watch_start
}

# One outage: what breaks it, level's cause, number of the outage.
outage() {
	figures
	break_it "$1" 1
	[ "$1" = carrier ] ||
	    claim 2 "its gateway still answers, as if nothing were wrong" \
	    gateway_answers
	claim 3 "uplinkd has noticed: ext1 is down, the cause is \"$2\"" \
	    cause_is ext1 down "$2"
	lines_of_daemon 'uplink ext1: up -> down'
	claim 2 "a default route by ext2 alone now outranks the balanced one" \
	    has_override
	lines_of_daemon 'route plan: .*override via ext2'
	figures
	lost=$(figure lost)
	say "The client lost $lost of its $(figure sent) packets meanwhile," \
	    "the longest gap was $(figure longest_ms) ms (only new connections" \
	    "that the balance put on ext1 were hit)."
	claim 0 "fewer than 100, a second's worth" test "$lost" -lt 100
	figures
	claim 0 "since then all are answered, and all go by ext2 ($(shares))" \
	    only_ext2
	claim 0 "the main routing table is as it was, to the letter" \
	    main_is_as_before
	claim 5 "a mail to root tells about it:" mail_came $(($3 * 2 - 1)) down
	show_mail 20
	claim 5 "the recovery command has reset the modem of ext1" resets "$3"
	claim 3 "and its end is on record" reset_done "$3"
}

return_of_line() {
	mend_it "$1" 1
	claim 8 "uplinkd has noticed: ext1 is up" level_is ext1 up
	claim 5 "after its hold of a second the override is gone" \
	    not has_override
	claim 0 "the balanced route is as it was, to the letter" \
	    main_is_as_before
	wait_for 2 passed $(($(now_ms) + 500))
	figures
	figures
	claim 0 "both lines carry again, nothing is lost ($(shares))" balanced
	claim 5 "a mail tells that it is over, and how long it took:" \
	    mail_came $(($2 * 2)) up
	show_mail 24
}

network "$@"
say "A firewall with two internet lines" \
    "lan --- fw === ext1 === isp1 --- inet     a client in lan, a far host" \
    "          \\=== ext2 === isp2 ---/        $FAR in inet" \
    "All of this is in network namespaces of this machine. The firewall's" \
    "own default route is balanced over both lines:"
default_text | quote
daemon
helper_start lan flow flow -i 10 $FAR
wait_for 3 passed $(($(now_ms) + 1000))
figures
say "A client in lan opens 100 new connections a second, through NAT."
claim 0 "they are balanced, none is lost ($(shares))" balanced

say "The path behind isp1 dies, silently." \
    "No cable is pulled and no error comes back: packets beyond the" \
    "gateway just vanish. Half of the client's connections go that way."
outage far far 1
say "The path behind isp1 works again."
return_of_line far 1

say "Now the cable of ext1 is pulled."
outage carrier carrier 2
say "And plugged in again."
return_of_line carrier 2

stop
remove
say "uplinkd is stopped and has taken its rules and tables away (-x)."
claim 0 "the main routing table is as it was, to the letter" main_is_as_before
claim 0 "all of it took less than a minute" test $(($(now_ms) - T0)) -lt 60000
LAB_OVER=yes
if [ $untrue -gt 0 ]; then
	printf '\n%s%d of these claims were not true.%s\n' "$bad" $untrue \
	    "$plain"
	lab_show
	exit 1
fi
exit 0

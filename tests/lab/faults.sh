# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# faults.sh: three faults of line 1, for both routing methods.  The scenario
# that sources it defines during FAULT: what main must be like while it lasts.

fault_cause() {
	case $1 in
	far)		echo far ;;
	gateway)	echo far ;;	# the only target is far
	carrier)	echo carrier ;;
	esac
}

main_is() {
	[ "$(main_text)" = "$1" ]
}

one_fault() {
	break_it "$1" 1
	check_soon 5 "$1: ext1 is down" cause_is ext1 down "$(fault_cause "$1")"
	check_soon 2 "$1: new flows go by ext2" by_only 2
	check_soon 2 "$1: IPv6 too" by_only 2 -6
	during "$1"
	mend_it "$1" 1
	check_soon 8 "$1: ext1 is up again" level_is ext1 up
	check_soon 2 "$1: new flows use both" by_both
	check_soon 2 "$1: IPv6 too" by_both -6
	check "$1: main is as it was, to the letter" main_is "$before"
}

three_faults() {
	before=$(main_text)
	foreign=$(foreign_text)
	conf "$1" </dev/null
	start
	check "new flows use both lines" by_both
	check "IPv6 too" by_both -6
	check "main is as it was" main_is "$before"
	for fault in far gateway carrier; do
		one_fault $fault
	done
	stop
	check "what is not ours is as it was" \
	    test "$(foreign_text)" = "$foreign"
}

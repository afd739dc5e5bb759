#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Withdraw: the three faults, both families; the bad next hop leaves main's
# default and comes back, and the text of the table is the same in the end.
. "$(dirname "$0")/lab.sh"
. "$(dirname "$0")/faults.sh"
lab_enter "$@"

without_ext1() {
	case $(default_text "$@") in
	*ext1*)	return 1 ;;
	default*ext2*metric*|default*metric*ext2*) return 0 ;;
	esac
	return 1
}

during() {
	check "$1: ext1 has left the default route" without_ext1
	check "$1: IPv6 too" without_ext1 -6
}

three_faults withdraw
lab_done

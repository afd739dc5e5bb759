#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Override: the three faults, both families; main never changes.
. "$(dirname "$0")/lab.sh"
. "$(dirname "$0")/faults.sh"
lab_enter "$@"

during() {
	check "$1: main is as it was meanwhile" main_is "$before"
}

three_faults override
lab_done

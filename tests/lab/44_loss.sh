#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The loss that is told is the true one: 10, 30 and 60 % of requests lost by
# chance, some of them with every answer sent twice, which must not make up
# for a loss.  Over 1500 samples or so, of which the kernel counts the lost.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

POINTS=5		# what may be wrong
SAMPLES=1000		# at least: chance is below 1.6 points then
ONE=192.0.2.1 TWO=192.0.2.2 THREE=$FAR

# What goes to a host is dropped by chance, on its way out, and counted.
lossy() {		# line host share
	in_ns "isp$1" nft -f - <<-EOF2
	table ip loss {
		chain host_$3 {
			counter
			numgen random mod 100 < $3 counter drop
		}
		chain forward {
			type filter hook forward priority -5
			iifname "fw" ip daddr $2 icmp type echo-request jump host_$3
		}
	}
	EOF2
}

# Every answer by line 2 comes twice.  The copy goes by the same way.
answer_twice() {
	in_ns inet nft -f - <<-EOF2
	table ip twice {
		chain output {
			type filter hook postrouting priority 0
			oifname "isp2" icmp type echo-reply counter dup to 172.16.2.2 device "isp2"
		}
	}
	EOF2
}

# Requests of a host that came, that were dropped; answers that came twice.
counted() {		# line share
	in_ns "isp$1" nft list chain ip loss "host_$2" |
	    sed -n 's/.*packets \([0-9]*\).*/\1/p' | tr '\n' ' '
}

twice() {
	in_ns inet nft list chain ip twice output |
	    sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

# Per mille, of a target.
told() {		# uplink host
	state_of "$1" | sed -n "s/.*\"ping $2\",[^}]*\"loss\":\([0-9]*\)[,}].*/\1/p"
}

enough() {		# what each host of both lines was sent
	for line in 1 2; do
		for share in 10 30 60; do
			# shellcheck disable=SC2046
			set -- $(counted $line $share)
			[ "${1:-0}" -ge $SAMPLES ] || return 1
		done
	done
}

near() {		# told, true: per mille, per mille
	[ $(($1 - $2)) -le $((POINTS * 10)) ] &&
	    [ $(($2 - $1)) -le $((POINTS * 10)) ]
}

# The window is as long as this, so that it holds all samples.
INTERVAL=10ms TIMEOUT=200ms CONFIRM=10ms FALL=250
TARGET="$ONE
        - ping: $TWO
        - ping: $THREE
      loss: never
      degraded: { loss: 99% of 60s }"
for line in 1 2; do
	lossy $line $ONE 10
	lossy $line $TWO 30
	lossy $line $THREE 60
done
answer_twice || lab_skip "this kernel cannot send a packet twice"
conf override </dev/null
start
check_soon 40 "each host was sent $SAMPLES requests" enough
for line in 1 2; do
	for pair in "10 $ONE" "30 $TWO" "60 $THREE"; do
		set -- $pair
		share=$1 host=$2
		loss=$(told ext$line $host)
		# shellcheck disable=SC2046
		set -- $(counted $line $share)
		true=$(($2 * 1000 / $1))
		echo "# line $line $host: sent $1, dropped $2: $true per" \
		    "mille; told: $loss"
		check "line $line, $share %: told as the kernel counted it" \
		    near "${loss:-0}" $true
		check "line $line, $share %: and as it was made" \
		    near "${loss:-0}" $((share * 10))
	done
done
echo "# answers sent twice: $(twice)"
check "by line 2 answers came twice" test "$(twice)" -ge $SAMPLES
check_soon 8 "those are no probe's, and are told in the log" grep -q \
    "uplink ext2: replies that no probe waits for" /run/lab/uplinkd.log
stop
lab_done

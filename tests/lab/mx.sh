# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# mx.sh: OpenSMTPD at the far host, sourced by scenarios after lab_enter.  Its
# configuration, spool and letters are in the lab's own /run and /var/spool;
# the host's, if it has some, are not touched.  Letters for root, noc and admin
# of lab.invalid end as files in MX/box; anybody else is unknown to it.  In
# clear: the TLS of Debian 12's OpenSMTPD does not work with its OpenSSL 3.
MX=/run/lab/mx
SERVER=192.0.2.1

mx_needs() {
	command -v smtpd >/dev/null && command -v smtpctl >/dev/null ||
	    lab_skip "opensmtpd is not installed"
	[ "$(awk 'NR == 1 { print $3 }' /proc/self/uid_map)" != 1 ] ||
	    lab_skip "OpenSMTPD needs accounts of its own: only as root"
	mount -t tmpfs -o mode=755 lab /var/spool || lab_skip "no tmpfs"
}

# Who takes the letters runs as nobody: a whole file, or none.
mx_keeper() {
	cat >$MX/keep <<-EOF
	#!/bin/sh
	umask 022
	new=\$(mktemp $MX/box/.XXXXXX) && cat >"\$new" && chmod 644 "\$new" &&
	    mv "\$new" "$MX/box/\$(date +%s%N)"
	EOF
	chmod 755 $MX/keep
}

mx_setup() {
	mkdir -p $MX/box
	chmod 755 /run/lab $MX
	chmod 777 $MX/box
	mx_keeper
	for mx_who in root noc admin; do
		echo "$mx_who@lab.invalid nobody"
	done >$MX/known
	chmod 644 $MX/known
	cat >$MX/smtpd.conf <<-EOF
	table known file:$MX/known
	listen on socket
	listen on $SERVER hostname mx.lab
	action box mda "$MX/keep" virtual <known>
	match from any for domain "lab.invalid" action box
	EOF
}

mx_listens() {
	in_ns inet ss -Hltn "sport = :25" | grep -q .
}

mx_start() {
	SPAWN_OUT=$MX/log
	spawn inet smtpd -d -f $MX/smtpd.conf
	SPAWN_OUT=''
	MX_PID=$SPAWNED
	wait_for 10 mx_listens || {
		check "OpenSMTPD is there" false
		sed 's/^/#   /' $MX/log
		lab_done
	}
}

mx_is_gone() {
	! pgrep -x smtpd >/dev/null
}

# All of it at once, as by a power cut.
mx_kill() {
	pkill -9 -x smtpd
	wait "$MX_PID" 2>/dev/null
	wait_for 5 mx_is_gone
	rm -f /run/smtpd.sock
}

# Message-IDs in the order in which it took the letters: its log tells that,
# the files tell which is which.
mx_order() {
	sed -n 's/.* smtp message msgid=\([0-9a-f]*\) .*/\1/p' $MX/log |
	    while read -r mx_id; do
		mx_file=$(grep -ls " id $mx_id" $MX/box/* |
		    head -n 1)
		[ -n "$mx_file" ] &&
		    sed -n 's/^Message-ID: //p' "$mx_file" | tr -d '\r'
	done
}

# Of each letter what it is about: "ext1 is down".
mx_told() {
	mx_order | awk '!seen[$0]++' | while read -r mx_id; do
		mx_file=$(grep -lF "Message-ID: $mx_id" $MX/box/* | head -n 1)
		sed -n 's/^Subject: \[[^]]*\] \([^:]*\).*/\1/p' "$mx_file" |
		    tr -d '\r' | sed 's/ after.*//;s/ for .*//'
	done
}

mx_told_is() {		# subject...
	[ "$(mx_told)" = "$(printf '%s\n' "$@")" ]
}

# The most that one Message-ID has.
mx_copies() {
	mx_order | sort | uniq -c | sort -rn | awk 'NR == 1 { print $1 }'
}

#!/bin/sh
# SPDX-License-Identifier: ISC
#
# lint.sh: the rules of the house that a machine can check.  One ok or not ok
# line per rule, with the places.  Tools that are not installed are skipped by
# name.  Run at the top of the tree; KEYS is the program that prints the paths
# of all configuration keys.
set -u
cd "$(dirname "$0")/.." || exit 1
KEYS=${KEYS:-tests/lab/keys}
CODE="lib proto conf routing probes actions dispatcher tools"
FLAGS="-std=c11 -D_GNU_SOURCE -Wall -Wextra -I."
MAN=$(ls ./*/*.[1-9])
SOURCES=$(find $CODE tests -name '*.[ch]' | sort)
PROGRAM=$(find $CODE -name '*.[ch]' | grep -v '^conf/examples/' | sort)
SCRIPTS=$(find tests .ci conf -name '*.sh' -o -path '*/.ci/run' -o \
    -path '*/examples/actions/*' | sort)
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# result TEXT: what was found on standard input is what is wrong.
result() {
	cat >"$tmp/found"
	if [ -s "$tmp/found" ]; then
		echo "not ok - $1"
		sed 's/^/#   /' "$tmp/found"
		: >"$tmp/bad"
	else
		echo "ok - $1"
	fi
}

skip() {
	echo "ok - $1 # SKIP $2 is not installed"
}

# The file without comments and the insides of strings, line by line.
code_of() {
	awk '{
		line = $0; out = ""
		while (line != "") {
			if (inside) {
				at = index(line, "*/")
				if (at == 0) break
				line = substr(line, at + 2); inside = 0
			} else if (match(line, /\/\*|"([^"\\]|\\.)*"/)) {
				out = out substr(line, 1, RSTART - 1)
				if (substr(line, RSTART, 2) == "/*")
					inside = 1
				else
					out = out "\"\""
				line = substr(line, RSTART + RLENGTH)
			} else { out = out line; break }
		}
		print out
	}' "$1"
}

# grep_code PATTERN FILE...: file:line of code (not comment) that has it.
grep_code() {
	pattern=$1
	shift
	for file; do
		code_of "$file" | grep -nE "$pattern" | sed "s|^|$file:|"
	done
}

# ---- what may include what
may_include() {
	case $1 in
	lib)		echo lib ;;
	proto)		echo lib proto ;;
	conf)		echo lib proto conf ;;
	routing)	echo lib proto conf routing ;;
	probes)		echo lib proto conf probes ;;
	actions)	echo lib proto conf actions ;;
	dispatcher)	echo lib proto conf routing probes actions dispatcher ;;
	tools)		echo "$CODE" ;;
	esac
}

for dir in $CODE; do
	allowed=$(may_include "$dir" | tr ' ' '|')
	grep -nE '^#include "' "$dir"/*.[ch] | grep -vE "\"($allowed)/"
done | result "includes go downwards only"

# ---- headers stand alone (kinds.h in probes and actions is a list of macros)
headers=$(echo "$PROGRAM" | grep '\.h$' |
    grep -vE '^(probes|actions)/kinds\.h$')
flags="$FLAGS $(pkg-config --cflags libzmq yaml-0.1 libmnl jansson sqlite3 libcurl)"
for cc in gcc clang; do
	if ! command -v $cc >/dev/null; then
		skip "each header compiles alone with $cc" $cc
		continue
	fi
	for file in $headers; do
		# shellcheck disable=SC2086
		echo "#include \"$file\"" |
		    $cc $flags -fsyntax-only -x c - 2>&1
	done | result "each header compiles alone with $cc"
done

# ---- words that have one place
# shellcheck disable=SC2046,SC2086
{
	grep_code '#.*(__linux__|__OpenBSD__)' \
	    $(echo "$PROGRAM" | grep -v '^lib/sys_') |
	    result "systems differ in lib/sys_* only"
	grep_code '(^|[^a-z_A-Z0-9.>])(system|popen|sleep|usleep|nanosleep) *\(' \
	    $PROGRAM | result "no system, popen or sleep"
	grep_code '(^|[^a-z_A-Z0-9.>])(time|gettimeofday|clock_gettime) *\(' \
	    $(echo "$PROGRAM" | grep -vE '^lib/(log|clock)\.c$') |
	    result "the time is asked for in lib/clock.c only"
	grep_code 'zmq_(socket|setsockopt) *\(' \
	    $(echo "$PROGRAM" | grep -v '^proto/zsock\.c$') |
	    result "ZeroMQ's sockets are made in proto/zsock.c only"
	grep_code '(^|[^a-z_A-Z0-9.>])(fork|vfork|clone|posix_spawnp?|exec[lv]p?e?) *\(' \
	    $(echo "$PROGRAM" | grep -v '^lib/child\.c$') |
	    result "programs are started in lib/child.c only"
	grep -nE '\b(TODO|FIXME|XXX)\b' $SOURCES $MAN Makefile \
	    $(echo "$SCRIPTS" | grep -v '^tests/lint\.sh$') |
	    result "no marks of things left undone"
}

# ---- size and head
for file in $SOURCES; do
	awk -v file="$file" '
	/^{$/ { start = NR }
	/^}$/ && start && NR - start - 1 > 60 {
		print file ":" start ": a function of " NR - start - 1 " lines"
	}
	/^}/ { start = 0 }' "$file"
done | result "functions have at most 60 lines"
for file in $SOURCES $SCRIPTS Makefile; do
	lines=$(wc -l <"$file")
	[ "$lines" -le 600 ] || echo "$file: $lines lines"
done | result "files have at most 600 lines"
for file in $SOURCES $SCRIPTS $MAN Makefile; do
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: ISC' ||
	    echo "$file"
done | result "each file names its licence"
# ---- manuals
if [ -x "$KEYS" ]; then
	"$KEYS" | while read -r path; do
		grep -qE "^\.It (Cm|Ic|Va) ([a-z]+\.)*${path##*.}( |\$)" \
		    conf/uplinkd.conf.5 ||
		    echo "$path is not in conf/uplinkd.conf.5"
	done | result "each configuration key is in its manual"
else
	echo "$KEYS is not built" |
	    result "each configuration key is in its manual"
fi
{
	sed -n 's/.*getopt(argc, argv, "\([^"]*\)").*/\1/p' dispatcher/main.c |
	    tr -d ':' | fold -w 1 | while read -r letter; do
		grep -qE "Fl [a-zA-Z]*$letter" dispatcher/uplinkd.8 ||
		    echo "-$letter is not in dispatcher/uplinkd.8"
	done
	sed -n 's/.*{ "\([a-z-]*\)", [a-z]*_argument.*/\1/p' tools/*.c |
	    sort -u | while read -r word; do
		grep -qE "Fl -$word" tools/uplinkctl.8 ||
		    echo "--$word is not in tools/uplinkctl.8"
	done
	sed -n 's/.*getopt_long(argc, argv, "+*\([^"]*\)".*/\1/p' \
	    tools/uplinkctl.c | tr -d ':+' | fold -w 1 |
	    while read -r letter; do
		grep -qE "Fl $letter" tools/uplinkctl.8 ||
		    echo "-$letter is not in tools/uplinkctl.8"
	done
} | result "each option is in its manual"
if command -v mandoc >/dev/null; then
	# The date is a day of the project, not one of this machine.
	# shellcheck disable=SC2086
	mandoc -Tlint -Wwarning $MAN 2>&1 |
	    result "mandoc finds nothing in the manuals"
else
	skip "mandoc finds nothing in the manuals" mandoc
fi

# ---- scripts
for file in $SCRIPTS; do
	sh -n "$file" 2>&1
done | result "scripts are sh"
if command -v shellcheck >/dev/null; then
	# Not: variables that lab.sh sets for a scenario, or takes from it.
	# shellcheck disable=SC2086
	shellcheck -S warning -e SC2034,SC2154,SC1090,SC1091 -s sh $SCRIPTS 2>&1 |
	    result "shellcheck finds nothing in the scripts"
else
	skip "shellcheck finds nothing in the scripts" shellcheck
fi
[ ! -e "$tmp/bad" ]

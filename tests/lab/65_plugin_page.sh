#!/bin/sh
# SPDX-License-Identifier: ISC
#
# uplinkd-plugin(7), as a newcomer reads it: the installed header, its files,
# its commands, its lines for the configuration, in their order and unchanged.
. "$(dirname "$0")/lab.sh"
lab_enter "$@"

command -v cc >/dev/null || lab_skip "cc is not installed"
! grep -q __asan_init "$BUILD/uplinkd" ||
    lab_skip "AddressSanitizer has more memory than a plugin may"

# A namespace of an ordinary user knows one account, and it is not nobody.
read -r _ _ count </proc/self/uid_map
[ "$count" != 1 ] || lab_skip "there is no second account here"

# /usr/local and /etc of our own, gone with the namespace.
mkdir /run/lab/etc
cp -a /etc/. /run/lab/etc/ 2>/dev/null
mount --bind /run/lab/etc /etc || lab_skip "/etc cannot be replaced here"
mount -t tmpfs -o mode=755 lab /usr/local ||
    lab_skip "/usr/local cannot be replaced here"
mkdir -p /etc/uplinkd
check "make install" ${MAKE:-make} -s -C "$BUILD" install
PATH=/usr/local/sbin:$PATH
export PATH
page=/usr/local/share/man/man7/uplinkd-plugin.7
conf override </dev/null
cp $CONF /etc/uplinkd/uplinkd.conf
chmod 644 /etc/uplinkd/uplinkd.conf
CONF=/etc/uplinkd/uplinkd.conf
mkdir /run/lab/work
cd /run/lab/work || exit 1

# block N: the N-th that is marked: its mark, then its text as it is printed.
block() {
	awk -v want="$1" '
	/^\.\\" test: / { n++; if (n == want) { print substr($0, 11); on = 1 } }
	/^\.Bd/ && on { inside = 1; next }
	/^\.Ed/ && inside { exit }
	inside { gsub(/\\e/, "\\"); gsub(/\\&/, ""); print }' $page
}

# Lines that begin with "# " are commands; others go on with them.
commands() {
	sed 's/^# //'
}

n=1
while [ -n "$(block $n)" ]; do
	mark=$(block $n | head -n 1)
	block $n | tail -n +2 >block
	case $mark in
	"file "*)
		cp block "${mark#file }" ;;
	"append "*)
		cat block >>"${mark#append }" ;;
	run)
		commands <block >script
		sh -u script >"out.$n" 2>&1
		check "the commands of block $n succeed" test $? = 0
		sed 's/^/# /' "out.$n" ;;
	*)
		check "block $n has a mark that is known: $mark" false ;;
	esac
	n=$((n + 1))
done
check "the page has all of its blocks" test $n = 9

said() {		# file, lines
	printf '%s\n' "$2" | cmp - "$1"
}

check "by hand it said what the page says" said out.2 \
    "Good evening, ext1 is down (it was up)
77"
check "and -n what it says" grep -qx 'configuration OK' out.5
check "and nothing else" test "$(wc -l <out.5)" = 1
start
SPAWN_OUT=/run/lab/watch.text
spawn fw uplinkctl -s $RUN watch
SPAWN_OUT=''
check_soon 5 "it is watched" test -s /run/lab/watch.text
far_dead 1

shown() {		# pattern
	grep -q "$1" /run/lab/watch.text
}

check_soon 10 "the plugin says what the page says" shown \
    'action hello/ext1: done after .* (exit 0: Good evening, ext1 is down (it was up))$'
check_soon 10 "the program says its own" shown \
    'action hello-sh/ext1: done after .* (exit 0: Hello, ext1 is down)$'

# ---- the examples build by the header alone, in C++ too if it is there
for file in /usr/local/share/examples/uplinkd/plugins/*.c; do
	check "$(basename "$file") builds as an example" \
	    cc -Wall -Werror -D_GNU_SOURCE -fPIC -shared -o x.so "$file"
done
echo '#include <uplinkd_plugin.h>' >x.cc
if command -v c++ >/dev/null; then
	check "the header is C++, too" c++ -Wall -Werror -c -o x.o x.cc
fi
stop
lab_done

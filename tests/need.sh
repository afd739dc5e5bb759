#!/bin/sh
# SPDX-License-Identifier: ISC
#
# need.sh SET...: what is missing here for build, check, demo or bench.  As
# root on Debian it is installed; otherwise one line says what to install.
# Daemons among it (opensmtpd, keepalived, bird2) are not started, now or at
# the next boot.  opensmtpd only where no mail server is: it would push it out.
set -u

# set, package of Debian, how to see that it is there
table() {
	cat <<-'EOF'
	build	gcc		command -v ${CC:-cc}
	build	libc6-dev	test -e /usr/include/stdio.h
	build	make		command -v make || command -v bmake
	build	pkg-config	command -v pkg-config
	build	libzmq3-dev	pkg-config --exists libzmq
	build	libyaml-dev	pkg-config --exists yaml-0.1
	build	libmnl-dev	pkg-config --exists libmnl
	build	libjansson-dev	pkg-config --exists jansson
	build	libsqlite3-dev	pkg-config --exists sqlite3
	build	libcurl4-openssl-dev	pkg-config --exists libcurl
	build	libc-ares-dev	pkg-config --exists libcares
	build	nettle-dev	pkg-config --exists nettle
	build	libnetfilter-conntrack-dev	pkg-config --exists libnetfilter_conntrack
	build	libnftables-dev	pkg-config --exists libnftables
	build	linux-libc-dev	test -e /usr/include/linux/rtnetlink.h
	check	libcmocka-dev	pkg-config --exists cmocka
	check	mandoc		command -v mandoc
	lab	iproute2	command -v ip
	lab	nftables	command -v nft
	lab	iputils-ping	command -v ping
	lab	util-linux	command -v unshare
	lab	procps		command -v pgrep
	lab	conntrack	command -v conntrack
	lab	curl		command -v curl
	lab	python3-aiosmtpd	/usr/bin/python3 -c "import aiosmtpd"
	lab	python3-zmq	/usr/bin/python3 -c "import zmq"
	lab	openssl		command -v openssl
	lab	opensmtpd	command -v smtpctl || command -v sendmail
	bench	keepalived	command -v keepalived
	bench	fping		command -v fping
	bench	bird2		command -v bird
	EOF
}

sets=" "
for arg; do
	case $arg in
	build)	sets="$sets build " ;;
	check)	sets="$sets build check lab " ;;
	demo)	sets="$sets build lab " ;;
	bench)	sets="$sets build lab bench " ;;
	*)	echo "usage: need.sh build|check|demo|bench ..." >&2; exit 2 ;;
	esac
done

PATH=$PATH:/usr/sbin:/sbin
export PATH
missing=
while read -r set package test; do
	case $sets in
	*" $set "*)	(eval "$test") >/dev/null 2>&1 ||
			    missing="$missing $package" ;;
	esac
done <<EOF
$(table)
EOF
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ] &&
    command -v apt-get >/dev/null; then
	echo "installing:$missing"
	DEBIAN_FRONTEND=noninteractive
	export DEBIAN_FRONTEND
	quiet=$(mktemp -d) || exit 1
	trap 'rm -rf "$quiet"' EXIT
	for tool in invoke-rc.d update-rc.d deb-systemd-invoke \
	    deb-systemd-helper; do
		printf '#!/bin/sh\nexit 0\n' >"$quiet/$tool"
		chmod 755 "$quiet/$tool"
	done
	chmod 755 "$quiet"
	apt-get update -qq || exit 1
	# What a package's scripts call is found by this path.
	# shellcheck disable=SC2086
	apt-get -o DPkg::Path="$quiet:/usr/sbin:/usr/bin:/sbin:/bin" \
	    install -y -qq --no-install-recommends $missing \
	    </dev/null >/dev/null
	exit
fi
echo "please install (names of Debian's packages):$missing" >&2
exit 1

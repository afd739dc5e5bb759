# SPDX-License-Identifier: ISC
# One Makefile for GNU make and bmake: no %-rules, no conditionals.
# CFLAGS, LDFLAGS, PREFIX and DESTDIR are yours; STD, WARN and SAN are ours.
#
#	all		the two programs, and libuplink
#	check		installs what is missing (Debian, root), builds, runs
#			everything; check-unit, -sim, -lab, -asan run a part
#	demo		a failover told in words, within a minute
#	fuzz		libFuzzer on every parser, FUZZ_SECONDS each (clang)
#	bench		measured beside keepalived and BIRD (root)
#	sim-report	the evidence for the defaults, in virtual time (minutes)
#	lint		the rules of the house
#	depend		makes deps.mk anew; commit it
#	install		to DESTDIR and PREFIX
#	clean		removes what was built

CC        ?= cc
CFLAGS    ?= -O2 -g
PREFIX    ?= /usr/local
DESTDIR   ?=
JOBS      ?= 2
FUZZ_SECONDS ?= 60
SIM_SEED  ?= 1

STD        = -std=c11 -D_GNU_SOURCE
WARN       = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
             -Wpointer-arith -Wvla -Wformat=2
SAN        =

PKG_CFLAGS!= pkg-config --cflags libzmq yaml-0.1 libmnl jansson sqlite3 libcurl libcares nettle libnetfilter_conntrack libnftables 2>/dev/null || true
PKG_LIBS  != pkg-config --libs libzmq yaml-0.1 libmnl jansson sqlite3 libcurl libcares nettle libnetfilter_conntrack libnftables 2>/dev/null || true

CORE_SRC  != ls lib/*.c proto/*.c conf/*.c routing/*.c probes/*.c actions/*.c dispatcher/*.c | grep -v -e /sys_ -e dispatcher/main.c
SYS_SRC   != ls lib/sys_$$(uname -s | tr '[:upper:]' '[:lower:]')*.c
FAKE_SRC  != ls lib/sys_fake*.c
BOTH_SRC  != ls lib/sys_$$(uname -s | tr '[:upper:]' '[:lower:]')_answer.c
TOOL_SRC  != ls tools/*.c | grep -v tools/uplinkctl.c
UNIT_SRC  != ls tests/unit/test_*.c
SIM_SRC   != ls tests/sim/*.c | grep -v /report
LAB_SRC   != ls tests/lab/*.c
REPORT_SRC!= ls tests/sim/report*.c
# libuplink for other programs: what it needs of ours is inside of it.
LIB_SRC   != ls proto/libuplink*.c proto/event.c proto/encode.c proto/decode.c proto/wire.c proto/zsock.c lib/clock.c lib/err.c lib/log.c lib/must.c lib/net.c lib/printable.c lib/sys_$$(uname -s | tr '[:upper:]' '[:lower:]')_answer.c
FUZZ_SRC  != ls tests/fuzz/fuzz_*.c
PLUGIN_SRC!= ls conf/examples/plugins/*.c
BAD_SRC   != ls tests/plugins/*.c
MAN8      != ls */*.8
MAN3      != ls */*.3
MAN7      != ls */*.7
MAN5      != ls */*.5

CORE_OBJ   = $(CORE_SRC:.c=.o)
SYS_OBJ    = $(SYS_SRC:.c=.o)
FAKE_OBJ   = $(FAKE_SRC:.c=.o) $(BOTH_SRC:.c=.o)
TOOL_OBJ   = $(TOOL_SRC:.c=.o)
SIM_OBJ    = $(SIM_SRC:.c=.o)
REPORT_OBJ = $(REPORT_SRC:.c=.o)
LIB_OBJ    = $(LIB_SRC:.c=.lo)
LIB_LIBS  != pkg-config --libs libzmq jansson 2>/dev/null || true
UNIT_BIN   = $(UNIT_SRC:.c=)
LAB_BIN    = $(LAB_SRC:.c=)
FUZZ_BIN   = $(FUZZ_SRC:.c=)
PLUGIN_SO  = $(PLUGIN_SRC:.c=.so)
BAD_SO     = $(BAD_SRC:.c=.so)
TEST_BIN   = $(BAD_SO) $(UNIT_BIN) $(LAB_BIN) $(FUZZ_BIN) tests/sim/sim \
             tests/sim/report
LIBS       = $(PKG_LIBS) -lpthread -lm
COMPILE    = $(CC) $(STD) $(WARN) -I. $(PKG_CFLAGS) $(SAN) $(CPPFLAGS) $(CFLAGS)

.SUFFIXES:
.SUFFIXES: .c .o .lo .so

all: uplinkd uplinkctl libuplink.so libuplink.a $(PLUGIN_SO)

programs: all $(TEST_BIN)

fuzz-core: libtool.a libcore.a $(FAKE_OBJ)

.c.o:
	$(COMPILE) -c -o $@ $<

.c.lo:
	$(COMPILE) -fPIC -c -o $@ $<

libuplink.so: $(LIB_OBJ) proto/libuplink.map
	$(CC) $(SAN) $(LDFLAGS) -shared -Wl,-soname,libuplink.so.1 \
	    -Wl,--version-script=proto/libuplink.map \
	    -o $@ $(LIB_OBJ) $(LIB_LIBS) -lpthread

# One object, of which the same names can be seen.
libuplink.a: $(LIB_OBJ)
	ld -r -o proto/libuplink.all $(LIB_OBJ)
	objcopy -w -G 'uplink_client_*' -G 'uplink_level_*' proto/libuplink.all
	rm -f $@
	ar rcs $@ proto/libuplink.all
	rm -f proto/libuplink.all
# Plugins know one header, as it is installed.
.c.so:
	$(CC) $(STD) $(WARN) -Iproto $(SAN) $(CPPFLAGS) $(CFLAGS) -fPIC \
	    -shared $(LDFLAGS) -o $@ $<

$(PLUGIN_SO) $(BAD_SO): proto/uplinkd_plugin.h

libcore.a: $(CORE_OBJ)
	rm -f $@
	ar rcs $@ $(CORE_OBJ)

uplinkd: dispatcher/main.o libcore.a $(SYS_OBJ)
	$(CC) $(SAN) $(LDFLAGS) -o $@ dispatcher/main.o $(SYS_OBJ) libcore.a $(LIBS)

libtool.a: $(TOOL_OBJ)
	rm -f $@
	ar rcs $@ $(TOOL_OBJ)

uplinkctl: tools/uplinkctl.o libtool.a libcore.a $(SYS_OBJ)
	$(CC) $(SAN) $(LDFLAGS) -o $@ tools/uplinkctl.o $(SYS_OBJ) libtool.a \
	    libcore.a $(LIBS)

tests/sim/sim: $(SIM_OBJ) libcore.a $(FAKE_OBJ)
	$(CC) $(SAN) $(LDFLAGS) -o $@ $(SIM_OBJ) $(FAKE_OBJ) libcore.a $(LIBS)

tests/sim/report: $(REPORT_OBJ) libcore.a $(FAKE_OBJ)
	$(CC) $(SAN) $(LDFLAGS) -o $@ $(REPORT_OBJ) $(FAKE_OBJ) libcore.a $(LIBS)

# Unit tests run on the simulated kernel, lab programs on the real one; a
# fuzzer's code runs its corpus here, without clang's library.
$(UNIT_BIN): libtool.a libcore.a $(FAKE_OBJ)
$(LAB_BIN): libtool.a libcore.a $(SYS_OBJ)
$(FUZZ_BIN): libtool.a libcore.a $(FAKE_OBJ) tests/fuzz/replay.o
.c:
	@with='$(FAKE_OBJ)'; lib=-lcmocka; case $@ in \
	tests/lab/*) with='$(SYS_OBJ)' lib= ;; \
	tests/fuzz/*) with='tests/fuzz/replay.o $(FAKE_OBJ)' lib= ;; esac; \
	echo "$(CC) -o $@ $<"; \
	$(COMPILE) $(LDFLAGS) -o $@ $< $$with libtool.a libcore.a $$lib $(LIBS)

# What pkg-config says is asked when make starts: so what is missing comes
# first, and the building is another make's.
RUN        = MAKE='$(MAKE)' CC='$(CC)' JOBS=$(JOBS) sh tests/run.sh

check:
	@sh tests/need.sh check
	@$(MAKE) -j$(JOBS) programs
	@$(RUN) lint unit sim fuzz lab asan

check-unit check-sim check-lab:
	@sh tests/need.sh check
	@$(MAKE) -j$(JOBS) programs
	@t=$@; $(RUN) $${t#check-}

check-asan:
	@sh tests/need.sh check
	@$(RUN) asan

lint:
	@sh tests/need.sh check
	@$(MAKE) -j$(JOBS) programs
	@$(RUN) lint

demo:
	@sh tests/need.sh demo
	@$(MAKE) -s -j$(JOBS) all $(LAB_BIN)
	@sh tests/lab/demo.sh

bench:
	@sh tests/need.sh bench
	@$(MAKE) -s -j$(JOBS) all $(LAB_BIN)
	@sh tests/bench/bench.sh

sim-report:
	@sh tests/need.sh check
	@$(MAKE) -s -j$(JOBS) tests/sim/report
	@mkdir -p tests/sim/out
	@tests/sim/report --seed $(SIM_SEED) | tee tests/sim/out/report

fuzz:
	@sh tests/need.sh check
	@MAKE='$(MAKE)' sh tests/fuzz/fuzz.sh $(FUZZ_SECONDS)

depend:
	@for f in $(CORE_SRC) $(SYS_SRC) $(FAKE_SRC) $(TOOL_SRC) \
	    $(SIM_SRC) $(REPORT_SRC) dispatcher/main.c tools/uplinkctl.c \
	    tests/fuzz/replay.c; do \
		$(COMPILE) -MM -MT $${f%.c}.o $$f || exit 1; \
	done >deps.mk.new
	@for f in $(LIB_SRC); do \
		$(COMPILE) -MM -MT $${f%.c}.lo $$f || exit 1; \
	done >>deps.mk.new
	@for f in $(UNIT_SRC) $(LAB_SRC) $(FUZZ_SRC); do \
		$(COMPILE) -MM -MT $${f%.c} $$f || exit 1; \
	done >>deps.mk.new
	@mv deps.mk.new deps.mk

MANDIR     = $(DESTDIR)$(PREFIX)/share/man
LIBDIR     = $(DESTDIR)$(PREFIX)/lib
EXAMPLES   = $(DESTDIR)$(PREFIX)/share/examples/uplinkd
PLUGINS    = $(DESTDIR)$(PREFIX)/libexec/uplinkd/plugins
INCLUDE    = $(DESTDIR)$(PREFIX)/include

install: all
	install -d $(DESTDIR)$(PREFIX)/sbin $(LIBDIR)/pkgconfig $(INCLUDE) \
	    $(PLUGINS) $(EXAMPLES)/actions $(EXAMPLES)/plugins \
	    $(EXAMPLES)/subscribe $(MANDIR)/man3 $(MANDIR)/man5 $(MANDIR)/man7 $(MANDIR)/man8
	install -m 755 uplinkd uplinkctl $(DESTDIR)$(PREFIX)/sbin
	install -m 755 libuplink.so $(LIBDIR)/libuplink.so.1
	ln -sf libuplink.so.1 $(LIBDIR)/libuplink.so
	install -m 644 libuplink.a $(LIBDIR)
	install -m 644 proto/libuplink.h $(INCLUDE)
	sed 's|@PREFIX@|$(PREFIX)|' proto/libuplink.pc.in \
	    >$(LIBDIR)/pkgconfig/libuplink.pc
	install -m 644 $(MAN3) $(MANDIR)/man3
	install -m 644 $(MAN5) $(MANDIR)/man5
	install -m 644 $(MAN7) $(MANDIR)/man7
	install -m 644 $(MAN8) $(MANDIR)/man8
	install -m 644 conf/examples/*.conf conf/examples/firewall.* \
	    $(EXAMPLES)
	install -m 755 conf/examples/actions/* $(EXAMPLES)/actions
	install -m 644 conf/examples/subscribe/* $(EXAMPLES)/subscribe
	install -m 644 $(PLUGIN_SRC) $(EXAMPLES)/plugins
	install -m 755 conf/examples/plugins/webhook $(EXAMPLES)/plugins
	install -m 755 $(PLUGIN_SO) conf/examples/plugins/webhook $(PLUGINS)
	install -m 644 proto/uplinkd_plugin.h $(INCLUDE)

clean:
	rm -f uplinkd uplinkctl libcore.a libtool.a deps.mk.new */*.o tests/*/*.o
	rm -f libuplink.so libuplink.a */*.lo
	rm -f $(TEST_BIN) $(PLUGIN_SO)
	rm -rf tests/bench/out tests/fuzz/out tests/lab/out tests/sim/out

.PHONY: all programs fuzz-core check check-unit check-sim check-lab \
    check-asan lint demo bench sim-report fuzz depend install clean

-include deps.mk

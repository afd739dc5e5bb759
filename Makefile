# One Makefile for GNU make and bmake: no %-rules, no conditionals.
# CFLAGS, LDFLAGS, PREFIX and DESTDIR are yours; STD, WARN and SAN are ours.

CC        ?= cc
CFLAGS    ?= -O2 -g
PREFIX    ?= /usr/local
DESTDIR   ?=

STD        = -std=c11 -D_GNU_SOURCE
WARN       = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
             -Wpointer-arith -Wvla -Wformat=2
SAN        =
PKGS       = libzmq yaml-0.1 libmnl jansson sqlite3

OS        != uname -s | tr '[:upper:]' '[:lower:]'
PKG_CFLAGS!= pkg-config --cflags libzmq yaml-0.1 libmnl jansson sqlite3 2>/dev/null || true
PKG_LIBS  != pkg-config --libs libzmq yaml-0.1 libmnl jansson sqlite3 2>/dev/null || true

CORE_SRC  != ls lib/*.c proto/*.c conf/*.c routing/*.c probes/*.c actions/*.c dispatcher/*.c | grep -v -e /sys_ -e dispatcher/main.c
SYS_SRC   != ls lib/sys_$$(uname -s | tr '[:upper:]' '[:lower:]')*.c
FAKE_SRC  != ls lib/sys_fake*.c
TOOL_SRC  != ls tools/*.c
UNIT_SRC  != ls tests/unit/test_*.c
SIM_SRC   != ls tests/sim/*.c
LAB_SRC   != ls tests/lab/*.c

CORE_OBJ   = $(CORE_SRC:.c=.o)
SYS_OBJ    = $(SYS_SRC:.c=.o)
FAKE_OBJ   = $(FAKE_SRC:.c=.o)
TOOL_OBJ   = $(TOOL_SRC:.c=.o)
SIM_OBJ    = $(SIM_SRC:.c=.o)
UNIT_BIN   = $(UNIT_SRC:.c=)
LAB_BIN    = $(LAB_SRC:.c=)
LIBS       = $(PKG_LIBS) -lpthread -lm
COMPILE    = $(CC) $(STD) $(WARN) -I. $(PKG_CFLAGS) $(SAN) $(CPPFLAGS) $(CFLAGS)

.SUFFIXES:
.SUFFIXES: .c .o

all: uplinkd uplinkctl

.c.o:
	$(COMPILE) -c -o $@ $<

libcore.a: $(CORE_OBJ)
	rm -f $@
	ar rcs $@ $(CORE_OBJ)

uplinkd: dispatcher/main.o libcore.a $(SYS_OBJ)
	$(CC) $(SAN) $(LDFLAGS) -o $@ dispatcher/main.o libcore.a $(SYS_OBJ) $(LIBS)

uplinkctl: $(TOOL_OBJ) libcore.a $(SYS_OBJ)
	$(CC) $(SAN) $(LDFLAGS) -o $@ $(TOOL_OBJ) libcore.a $(SYS_OBJ) $(LIBS)

# Unit tests run on the simulated kernel; lab programs on the real one.
$(UNIT_BIN): libcore.a $(FAKE_OBJ)
$(LAB_BIN): libcore.a $(SYS_OBJ)
.c:
	@fake='$(FAKE_OBJ) -lcmocka'; case $@ in tests/lab/*) fake='$(SYS_OBJ)';; esac; \
	set -x; $(COMPILE) $(LDFLAGS) -o $@ $< libcore.a $$fake $(LIBS)

#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""modem.py DIR KIND...: a pseudo terminal for each kind of device.

DIR/KIND is a link to the terminal, DIR/KIND.log has what was told to it, a
line each, as Python writes bytes.  Kinds: "at" (a modem with echo and stale
words), "silent", "hangup" (gone when it is spoken to), "flood" (talks without
an end when it is), "babble" (talks before), "garbage" (noise before its
answer), "slow" (answers after a second, and only one at a time), "relay" (says
nothing, takes bytes).
"""
import os
import select
import sys
import time

top = sys.argv[1]
ANSWERS = {
    b"AT": b"\r\nOK\r\n",
    b"ATI": b"\r\nNOKIA\r\nNO ERROR\r\n\r\nOK\r\n",
    b"AT+CSQ": b"\r\n+CSQ: 23,99\r\n\r\nOK\r\n",
    b"AT+CPIN?": b"\r\n+CME ERROR: 10\r\n",
    b"AT+BAD": b"\r\nERROR\r\n",
    b'AT+CPIN="pInQ7"': b'\r\n+CPIN: "pInQ7" is it\r\nOK\r\n',
    b"AT+CFUN=1,1": b"\r\nOK\r\n",
}


class Device:
    def __init__(self, kind):
        self.kind = kind
        self.master, slave = os.openpty()
        os.set_blocking(self.master, False)
        self.slave = slave
        self.line = b""
        self.later = []
        self.log("ready")
        os.symlink(os.ttyname(slave), "%s/%s" % (top, kind))
        # Else what is put there before anybody listens is echoed back.
        os.system("stty -F %s raw -echo" % os.ttyname(slave))
        if kind in ("at", "garbage"):
            os.write(self.master, b"\r\nERROR\r\nNO CARRIER\r\nOK\r\n")

    def log(self, text):
        with open("%s/%s.log" % (top, self.kind), "a") as f:
            f.write(text + "\n")

    def say(self, text):
        try:
            os.write(self.master, text)
        except BlockingIOError:
            pass

    def command(self, line):
        self.log(repr(line))
        if self.kind == "at":
            self.say(line + b"\r" + ANSWERS.get(line, b"\r\nERROR\r\n"))
            if line == b"AT+CFUN=1,1":
                self.later.append((time.monotonic() + 0.3,
                                   b"\r\nRDY\r\n"))
        elif self.kind == "garbage":
            self.say(os.urandom(1500).replace(b"\r", b"").replace(b"\n", b"")
                     + b"\r\nOK\r\n")
        elif self.kind == "slow":
            if self.later:
                self.log("two at once")
            self.later.append((time.monotonic() + 1, b"\r\nOK\r\n"))
        elif self.kind == "hangup":
            os.close(self.slave)
            os.close(self.master)
            self.master = -1

    def ready(self):
        try:
            data = os.read(self.master, 4096)
        except OSError:
            return
        if self.kind == "relay":
            self.log(repr(data))
            return
        for c in data:
            if c == 13:
                self.command(self.line)
                self.line = b""
            else:
                self.line += bytes([c])
            if self.master == -1:
                return

    def tick(self):
        now = time.monotonic()
        while self.later and self.later[0][0] <= now:
            self.say(self.later.pop(0)[1])
        talks = self.kind == "babble" or (
            self.kind == "flood" and os.path.getsize(
                "%s/flood.log" % top) > 6)
        if talks and self.master != -1:
            self.say(b"x" * 1024)


devices = [Device(kind) for kind in sys.argv[2:]]
while True:
    fds = {d.master: d for d in devices if d.master != -1}
    for fd in select.select(list(fds), [], [], 0.005)[0]:
        fds[fd].ready()
    for d in devices:
        d.tick()

#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""smtpd.py LISTEN DIR: an SMTP server that misbehaves on request.

Each letter is a file of DIR/mail, numbered in the order of arrival; DIR/log
has a line for each step.  DIR/fault says what goes wrong, until it is
removed: "4xx" (refused for now), "hang" (no answer to the text), "drop" (taken,
but the connection is cut before the answer), "late" (taken, but the answer
never comes), "cut" (the connection is cut before the text), "random" (any of
them, or none), "text" (5xx to each text with what DIR/unwanted says).  To
nobody@... it always says 550, to relay@... 554 5.7.1.  A letter that is taken
has a line "took MONOTONIC-SECONDS FAULT MESSAGE-ID".  With DIR/smtps there is
port 465 as well, with TLS from the first byte.
With DIR/cert and DIR/key it speaks STARTTLS; AUTH is offered then, and what
comes in clear is logged as such.
"""
import asyncio
import os
import random
import re
import ssl
import sys
import time

from aiosmtpd.smtp import SMTP, AuthResult

host, top = sys.argv[1], sys.argv[2]
count = 0


def say(text):
    with open(top + "/log", "a") as f:
        f.write(text + "\n")


def fault():
    try:
        with open(top + "/fault") as f:
            word = f.read().strip()
    except FileNotFoundError:
        return "none"
    if word == "random":
        word = random.choice(["4xx", "hang", "drop", "late", "cut",
                              "none", "none", "none"])
    return word


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        say("rcpt %s by %s" % (address, session.peer[0]))
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user"
        if address.startswith("relay@"):
            return "554 5.7.1 relay access denied"
        if fault() == "cut":
            say("cut %s" % address)
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        global count
        word = fault()
        say("data %s %s" % (word, ",".join(envelope.rcpt_tos)))
        if word == "4xx":
            return "451 4.3.0 not now"
        if word == "text":
            with open(top + "/unwanted") as f:
                if f.read().strip().encode() in envelope.original_content:
                    return "554 5.6.0 unwanted"
        if word == "hang":
            await asyncio.sleep(3600)
        count += 1
        name = "%s/mail/%04d" % (top, count)
        found = re.search(rb"^Message-ID: (.*?)\r?$",
                          envelope.original_content, re.M)
        with open(name + ".part", "wb") as f:
            f.write(envelope.original_content)
        os.rename(name + ".part", name)
        say("took %.3f %s %s" % (time.monotonic(), word,
                                 found.group(1).decode() if found else "-"))
        if word == "drop":
            server.transport.abort()
        if word == "late":
            await asyncio.sleep(3600)
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    clear = server.transport.get_extra_info("ssl_object") is None
    say("auth %s %s" % ("clear" if clear else "tls", data.login.decode()))
    return AuthResult(success=data.password == b"secret", handled=False)


def factory():
    tls = None
    if os.path.exists(top + "/cert"):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(top + "/cert", top + "/key")
    say("connected")
    return SMTP(Handler(), hostname="mx.lab", tls_context=tls,
                authenticator=authenticate, loop=loop)


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.run_until_complete(loop.create_server(factory, host, 25))
if os.path.exists(top + "/smtps"):
    wrapped = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    wrapped.load_cert_chain(top + "/smtps")
    loop.run_until_complete(loop.create_server(
        lambda: SMTP(Handler(), hostname="mx.lab", auth_require_tls=False,
                     authenticator=authenticate, loop=loop),
        host, 465, ssl=wrapped))
say("ready")
loop.run_forever()

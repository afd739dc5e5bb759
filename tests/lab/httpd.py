#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""httpd.py LISTEN PORT DIR: an HTTP server that misbehaves as its path says.

DIR/log has a line for each request: method, path, client's address, and the
headers that matter.  What is posted to /hook is kept whole, as DIR/hook/N in
the order of arrival, with DIR/hook/N.head beside it; DIR/fault says what goes
wrong there, until it is removed: a status ("503", "404", "429 RETRY-AFTER"),
"hang", "cut" (taken, but no answer), "random".  With DIR/cert and DIR/key it
speaks TLS.
"""
import base64
import hashlib
import http.server
import os
import random
import re
import socket
import ssl
import sys
import time

listen, port, top = sys.argv[1], int(sys.argv[2]), sys.argv[3]
count = 0
NONCE = "5f3a09c21b7e4d66"


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
        word = random.choice(["503", "cut", "hang", "none", "none", "none"])
    return word


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status, text=b"", **more):
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(text)
        self.close_connection = True

    def cut(self):
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def stream(self, chunk, pause, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(1 << 40))
        self.end_headers()
        try:
            while True:
                self.wfile.write(chunk)
                self.wfile.flush()
                if pause:
                    time.sleep(pause)
        except OSError:
            say("left " + self.path)
        self.close_connection = True

    def digest(self):
        given = self.headers.get("Authorization", "")
        f = dict(re.findall(r'(\w+)="?([^",]*)"?', given))
        if not given.startswith("Digest "):
            self.answer(401, WWW_Authenticate='Digest realm="modem", '
                        'nonce="%s", qop="auth", algorithm=MD5' % NONCE)
            return
        want = md5(":".join([md5("admin:modem:s3cret"), NONCE, f["nc"],
                             f["cnonce"], f["qop"],
                             md5(self.command + ":" + self.path)]))
        good = f["username"] == "admin" and f["response"] == want
        self.answer(200 if good else 403, b"rebooting now\n")

    def hook(self, body):
        global count
        word = fault()
        say("hook %s %s" % (word, self.headers.get("Idempotency-Key")))
        if word == "hang":
            time.sleep(3600)
        if word[:1].isdigit():
            code, _, after = word.partition(" ")
            more = {"Retry_After": after} if after else {}
            self.answer(int(code), **more)
            return
        count += 1
        name = "%s/hook/%04d" % (top, count)
        with open(name + ".head", "w") as f:
            f.write(str(self.headers))
        with open(name + ".part", "wb") as f:
            f.write(body)
        os.rename(name + ".part", name)
        if word == "cut":
            self.cut()
        else:
            self.answer(204)

    def do_POST(self):
        body = self.body()
        auth = self.headers.get("Authorization", "-")
        say("%s %s from=%s type=%s auth=%s body=%s" % (
            self.command, self.path, self.client_address[0],
            self.headers.get("Content-Type", "-"), auth.split(" ")[0],
            body[:80].decode(errors="replace")))
        path = self.path
        if path == "/hook":
            self.hook(body)
        elif path == "/hang":
            time.sleep(3600)
        elif path == "/cut":
            self.cut()
        elif path == "/cutbody":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"going down\n")
            self.cut()
        elif path == "/huge":
            self.stream(b"x" * 65536, 0)
        elif path == "/header":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n" +
                             b"X: " + b"y" * 60000 + b"\r\n" +
                             b"Z: " + b"y" * 60000 + b"\r\n\r\n")
            self.cut()
        elif path == "/drip":
            self.stream(b".", 0.2)
        elif path == "/redirect":
            self.answer(302, Location="file:///etc/passwd")
        elif path == "/elsewhere":
            self.answer(302, Location="http://192.0.2.2:%d/stolen" % port)
        elif path == "/digest":
            self.digest()
        elif path == "/basic":
            want = base64.b64encode(b"admin:s3cret").decode()
            good = auth == "Basic " + want
            self.answer(200 if good else 401,
                        WWW_Authenticate='Basic realm="modem"')
        elif path == "/echo":
            self.answer(500, ("you said s3cret and " + auth + "\n").encode())
        elif re.fullmatch(r"/[1-5]\d\d", path):
            self.answer(int(path[1:]), b"as asked\n")
        else:
            self.answer(200, b"first line\nswitched off\n")

    do_GET = do_PUT = do_POST


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64


os.makedirs(top + "/hook", exist_ok=True)
server = Server((listen, port), Handler)
if os.path.exists(top + "/cert"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(top + "/cert", top + "/key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
say("ready")
server.serve_forever()

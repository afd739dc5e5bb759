#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""letter_check.py FILE [WORD...]: is it one sound letter of ours?

Read with Python's own parser: no defects, each header that we write once and
none but those and what mail servers add, lines of at most 998 bytes, our
signature at the end.  Every WORD must be in the decoded text.
"""
import email
import email.policy
import sys

OURS = ["Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted",
        "MIME-Version", "Content-Type", "Content-Transfer-Encoding"]
THEIRS = ["Return-Path", "Delivered-To", "Received"]
with open(sys.argv[1], "rb") as f:
    raw = f.read()
m = email.message_from_bytes(raw, policy=email.policy.default)
wrong = ["defect: %r" % d for d in m.defects]
for name, value in m.items():
    wrong += ["defect of %s: %r" % (name, d) for d in value.defects]
    if name not in OURS + THEIRS:
        wrong.append("a header of its own: %s" % name)
for name in OURS:
    if len(m.get_all(name, [])) != 1:
        wrong.append("%s is there %d times" % (name, len(m.get_all(name, []))))
if any(len(line) > 998 for line in raw.splitlines()):
    wrong.append("a line is too long")
if b"\0" in raw or any(byte > 126 for byte in raw):
    wrong.append("bytes that are not ASCII")
text = m.get_content()
if "\nuplinkd on " not in text:
    wrong.append("it has no end")
wrong += ["%s is not in it" % w for w in sys.argv[2:] if w not in text]
for line in wrong:
    print("# wrong: " + line)
sys.exit(1 if wrong else 0)

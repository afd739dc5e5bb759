#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""mail_check.py JOURNAL LOG: were all letters delivered as promised?

JOURNAL is uplinkd's, at rest; LOG is smtpd.py's, with a line "kill
MONOTONIC-SECONDS" for each kill.  Every event has one letter and every letter
one Message-ID; all arrived, in the order of their places; the same one again
only after a kill, each of which excuses one, or if the server itself did not
answer for having taken it.  Prints one line; status 1 if anything is wrong.
"""
import re
import sqlite3
import sys

wrong = []
db = sqlite3.connect("file:%s?mode=ro" % sys.argv[1], uri=True)
events = [row[0] for row in db.execute(
    "SELECT id FROM event WHERE level IN ('up', 'down') AND"
    " previous <> 'unknown' AND level <> previous ORDER BY id")]
letters = db.execute("SELECT id, event_id, state, text FROM letter"
                     " ORDER BY place").fetchall()
told = [row[1] for row in letters]
ids = []
for number, event, state, text in letters:
    found = re.search(r"^Message-ID: (.*)$", text or "", re.M)
    ids.append(found.group(1) if found else "none of letter %d" % number)
    if state != "sent":
        wrong.append("letter %d (event %d) is %s" % (number, event, state))
missing = sorted(set(events) - set(told))
if missing:
    wrong.append("no letter of events %s" % missing)
if len(set(told)) != len(told):
    wrong.append("two letters of one event")
if len(set(ids)) != len(ids):
    wrong.append("two letters of one Message-ID")

place = {name: n for n, name in enumerate(ids)}
kills, newest, twice, server = [], -1, 0, 0
last = {}
seen = set()
for line in open(sys.argv[2]):
    word = line.split()
    if word[0] == "kill":
        kills.append(float(word[1]))
    if word[0] != "took":
        continue
    at, fault, name = float(word[1]), word[2], " ".join(word[3:])
    if name not in place:
        wrong.append("nobody wrote %s" % name)
        continue
    if place[name] < newest:
        wrong.append("%s comes after a later one" % name)
    newest = max(newest, place[name])
    seen.add(name)
    if name in last:
        before, how = last[name]
        # The server may be late to write down what it was sent.
        excuse = [k for k in kills if before - 1 <= k <= at]
        if how in ("drop", "late"):
            server += 1
        elif excuse:
            kills.remove(excuse[0])
            twice += 1
        else:
            wrong.append("%s comes again for no reason" % name)
    last[name] = (at, fault)
lost = [name for name in ids if name not in seen]
if lost:
    wrong.append("%d never arrived: %s" % (len(lost), lost[:3]))
print("# %d events, %d letters, %d arrived; again: %d after a kill, %d after "
      "the server's own fault" % (len(events), len(ids), len(seen), twice,
                                  server))
for text in wrong[:10]:
    print("# wrong: " + text)
sys.exit(1 if wrong or not ids else 0)

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# watch: a line for each change of an uplink, by ZeroMQ (python3-zmq) and JSON.
import json
import sys
import zmq

run_dir = sys.argv[1] if len(sys.argv) > 1 else "/run/uplinkd"
context = zmq.Context()
events = context.socket(zmq.SUB)
events.connect(f"ipc://{run_dir}/events.sock")
events.subscribe("")  # all of it, or a gap could not be seen
place = None, 0  # publisher and number of the newest message that we know
def snapshot():
    with context.socket(zmq.DEALER) as ask:
        ask.linger = 0
        ask.connect(f"ipc://{run_dir}/request.sock")
        ask.send_json({"v": 1, "type": "snapshot", "source": "watch.py",
                       "epoch": "0" * 16, "seq": 1, "mono_ns": 1, "wall_ms": 1,
                       "count": 0})
        end = {"type": "silence"}
        while end["type"] not in ("snapshot", "error") and ask.poll(2000):
            end = ask.recv_json()
            if end["type"] == "state":
                print(end["uplink"], "is", end["level"], flush=True)
        # Else it is just starting: it will be asked again.
        return (end["epoch"], end["seq"]) if end.get("count") else (None, 0)
while True:
    message = json.loads(events.recv_multipart()[1])
    here = message["epoch"], message["seq"]
    if here[0] != place[0] or here[1] > place[1] + 1:
        place = snapshot()  # at the beginning, after a gap or a restart
    if here[0] != place[0] or here[1] <= place[1]:
        continue  # the snapshot had it
    place = here
    if message["type"] == "event":
        print(f'{message["uplink"]}: {message["previous"]} ->',
              f'{message["level"]} ({message["cause"]})', flush=True)

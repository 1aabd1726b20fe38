#!/usr/bin/env python3
"""The target that deploy/acceptance.sh wants: it answers as the path says, and keeps a journal.

    deploy/acceptance/target.py HOST:PORT [--folder FOLDER]

/ok/ID answers 200, /limited/ID 429, /fault/ID 500, /hang/ID nothing for 30 seconds, and /slow/ID 200 when there is a
file FOLDER/release, or after 4 seconds. FOLDER/journal gets `begun ID` and `done ID`. Port 0 is any that is free; the
address is printed first. Wants nothing but Python's own library; serves until it is ended.
"""

import argparse
import http.server
import os
import socket
import sys
import threading
import time

MOST_BODY = 1 << 20
HELD_FOR = 4.0
HANGS_FOR = 30.0


class Target(http.server.ThreadingHTTPServer):
    """Listens, and keeps the journal."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host, port, folder):
        self.folder = folder
        self.turn = threading.Lock()
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), Answer)

    def server_bind(self):
        # Without looking names up, as the library does.
        http.server.socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        """Who has gone is not waited for."""

    def note(self, what, event):
        if self.folder:
            with self.turn, open(os.path.join(self.folder, "journal"), "a", encoding="utf-8") as journal:
                journal.write(f"{what} {event}\n")

    def hold(self):
        end = time.monotonic() + HELD_FOR
        while time.monotonic() < end and not self.is_released():
            time.sleep(0.02)

    def is_released(self):
        return bool(self.folder) and os.path.exists(os.path.join(self.folder, "release"))


class Answer(http.server.BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_POST(self):
        length = int(self.headers.get("content-length") or 0)
        if length > MOST_BODY:
            self.close_connection = True
            return self.say(413)
        self.rfile.read(length)
        _, way, event = (self.path.split("/", 2) + ["", ""])[:3]
        self.server.note("begun", event)
        if way == "hang":
            self.close_connection = True
            return time.sleep(HANGS_FOR)
        if way == "slow":
            self.server.hold()
        status = {"ok": 200, "slow": 200, "limited": 429, "fault": 500}.get(way, 404)
        # Before the answer: who sees the answer finds it in the journal.
        self.server.note("done", event)
        self.say(status, [("retry-after", "1")] if status == 429 else [])

    def say(self, status, headers=()):
        body = b'{"target":"acceptance"}'
        self.send_response(status)
        for name, value in [*headers, ("content-type", "application/json"), ("content-length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nothing: the journal has it."""


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("address", metavar="HOST:PORT", help="where to listen")
    arguments.add_argument("--folder", help="where the journal is, and where `release` is looked for")
    given = arguments.parse_args()
    host, _, port = given.address.rpartition(":")
    if not host or not port.isdigit():
        arguments.error("HOST:PORT, please, e.g. 0.0.0.0:9911")
    try:
        target = Target(host.strip("[]"), int(port), given.folder)
    except (OSError, OverflowError) as fault:
        sys.exit(f"target.py: cannot listen at {given.address}: {fault}")
    print(f"http://{host}:{target.server_port}", flush=True)
    target.serve_forever()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass

"""Correctness, before any speed: what a target receives, what NSPS is told, and what is logged."""

import http.client
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import event as events
from .load import API_TOKEN, TARGET_TOKEN, Target
from .processes import UNPINNED
from .servers import Running, Server, Tools, start

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
REFUSED, OUT_OF_ORDER = "001010000099998", "001010000099999"
BODY = (
    b'{"msisdn":"79123456789","status":"open","cs_profile":"cs-pp-20250319",'
    b'"eps_profile":"eps-pp-20250319","action":"update"}'
)
ANSWER = {
    "message": "Event processed successfully",
    "event_id": "3e84c79f-ab6f-4546-8e27-0b6ab866f1fb",
    "rules": [{"mapping": "bench.yaml", "rule": "update", "outcome": "succeeded"}],
}


@dataclass(frozen=True)
class Received:
    """A request as the target received it; names of headers are in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes


def recorded(record: Path) -> list[Received]:
    """What `load target --record` wrote down."""
    requests, rest = [], record.read_bytes()
    while rest:
        length, _, rest = rest.partition(b"\n")
        request, rest = rest[: int(length)], rest[int(length) :]
        head, _, body = request.partition(b"\r\n\r\n")
        line, *headers = head.decode().split("\r\n")
        pairs = (header.split(":", 1) for header in headers)
        requests.append(Received(line, {name.lower(): value.strip() for name, value in pairs}, body))
    return requests


def post_to(address: str, body: bytes, token: str, unique: str) -> tuple[int, dict[str, str], bytes]:
    """One event: status, headers and body of the answer."""
    connection = http.client.HTTPConnection(address, timeout=30)
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "x-b3-traceid": TRACE,
        "x-request-id": unique,
    }
    connection.request("POST", "/", body, headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text


def expect(server: Server, what: str, expected: object, found: object) -> None:
    """Ends the comparison where a server does not do the job."""
    if expected != found:
        raise SystemExit(f"compare: {server.name}: {what}\n  expected: {expected!r}\n  found:    {found!r}")


def check(server: Server, tools: Tools) -> None:
    """Sends events to one server, and looks at all that comes of them."""
    record, log = tools.scratch / f"{server.name}.requests", tools.scratch / f"{server.name}.log"
    log.unlink(missing_ok=True)
    options = ["--record", str(record), "--refuse", REFUSED, "--fail", OUT_OF_ORDER]
    target = Target(tools.load, None, *options)
    running = start(server, tools, UNPINNED, target, log)
    already = len(recorded(record))
    usual = tools.event.read_bytes()
    status, headers, body = post_to(running.address, usual, API_TOKEN, "unique-1")
    expect(server, "status", 200, status)
    if server.transforms:
        judge_answer(server, headers, json.loads(body))
        judge_refusals(running, usual)
    requests = recorded(record)[already:]
    if server.transforms:
        judge_request(server, requests[0])
    else:
        expect(server, "what is forwarded", usual, requests[0].body)
        expect(server, "the answer", {"result": True}, json.loads(body))
    time.sleep(1.5)
    running.stop()
    target.stop()
    if server.records:
        judge_log(server, log.read_text())


def judge_request(server: Server, request: Received) -> None:
    """The outbound request, to the byte."""
    expect(server, "request", "PUT /api/subscribers/001010000020349 HTTP/1.1", request.line)
    expect(server, "body", BODY, request.body)
    span = request.headers.get("x-b3-spanid", "")
    expect(server, "x-b3-spanid", True, bool(re.fullmatch("[0-9a-f]{16}", span)))
    for name, value in {
        "authorization": f"Bearer {TARGET_TOKEN}",
        "content-type": "application/json",
        "content-length": str(len(BODY)),
        "x-b3-traceid": TRACE,
        "x-request-id": "unique-1",
        "traceparent": f"00-{TRACE}-{span}-01",
    }.items():
        expect(server, name, value, request.headers.get(name))


def judge_answer(server: Server, headers: dict[str, str], body: dict[str, Any]) -> None:
    """What NSPS is told of an event that was processed."""
    expect(server, "answer", ANSWER, body)
    expect(server, "answer's content-type", "application/json", headers.get("content-type"))
    expect(server, "answer's x-b3-traceid", TRACE, headers.get("x-b3-traceid"))
    expect(server, "answer's x-request-id", "unique-1", headers.get("x-request-id"))


def judge_refusals(running: Running, usual: bytes) -> None:
    """That tokens are looked at, events read, values missed, and answers of the target judged."""
    imsi = "pb_data.sim_info.imsi"
    for what, body, token, expected in [
        ("a wrong token", usual, "another-token", 401),
        ("no JSON", b"{", API_TOKEN, 400),
        ("a target that says no", events.changed(usual, imsi, REFUSED), API_TOKEN, 422),
        ("a target that fails", events.changed(usual, imsi, OUT_OF_ORDER), API_TOKEN, 502),
        ("a value that is missing", events.changed(usual, "pb_data.account_info.id", "x"), API_TOKEN, 422),
        ("an event of no interest", events.changed(usual, "data.event_type", "SIM/X"), API_TOKEN, 200),
    ]:
        status, _, _ = post_to(running.address, body, token, "unique-2")
        expect(running.server, what, expected, status)


def judge_log(server: Server, log: str) -> None:
    """The records of the event."""
    records = [json.loads(line) for line in log.splitlines()]
    about = [record for record in records if record.get("unique_id") == "unique-1"]
    expect(server, "records of one event", server.records, len(about))
    wanted = {"level": "info", "message": ANSWER["message"], "request_id": TRACE, "status": 200}
    if server.transforms:
        wanted |= {"event_id": ANSWER["event_id"], "event_type": "SIM/Updated", "outcome": "succeeded"}
    found = {name: about[-1].get(name) for name in wanted}
    expect(server, "log record", wanted, found)
    expect(server, "a time in the log record", True, "timestamp" in about[-1])


def check_all(servers: list[Server], tools: Tools) -> None:
    """All of them."""
    for server in servers:
        check(server, tools)
        print(f"  {server.label}: does the job", flush=True)

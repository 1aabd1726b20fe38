"""The job of mapping/bench.yaml, written by hand: the connector that somebody makes with FastAPI and httpx."""

import asyncio
import contextlib
import hmac
import json
import os
import re
import secrets
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

TOKEN = f"Bearer {os.environ['API_TOKEN']}"
TARGET = os.environ["TARGET_URL"]
TARGET_TOKEN = f"Bearer {os.environ['TARGET_TOKEN']}"
MSISDN = re.compile(r"^([0-9]+)(?:@msisdn)?$")


async def flush_the_log() -> None:
    """The log is written in blocks; once a second, whatever there is."""
    while True:
        await asyncio.sleep(1)
        sys.stdout.flush()


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """One client for all events, which keeps its connections."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=60)
    timeout = httpx.Timeout(25, connect=3)
    async with httpx.AsyncClient(limits=limits, timeout=timeout) as client:
        app.state.client = client
        flushing = asyncio.create_task(flush_the_log())
        yield
        flushing.cancel()
        sys.stdout.flush()


app = FastAPI(lifespan=lifespan, openapi_url=None)


class Refused(Exception):
    """Why an event is not processed, and the status that says so."""

    def __init__(self, status: int, message: str) -> None:
        """With a message for people."""
        super().__init__(message)
        self.status = status
        self.message = message


def profile(policy: dict[str, Any], name: str) -> str:
    """The value of the first attribute of that name."""
    attributes = policy.get("attributes") or []
    return next(attribute["value"] for attribute in attributes if attribute.get("name") == name)


def mapped(event: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The path and the body of the request that the event asks for."""
    try:
        sections = event["pb_data"]
        account, policy = sections["account_info"], sections["access_policy_info"]
        imsi = sections["sim_info"]["imsi"]
        msisdn = MSISDN.match(account["id"])
        if msisdn is None:
            raise Refused(422, "msisdn is absent")
        body = {
            "msisdn": msisdn.group(1),
            "status": account["bill_status"],
            "cs_profile": profile(policy, "cs_profile"),
            "eps_profile": profile(policy, "eps_profile"),
            "action": "update",
        }
    except (KeyError, TypeError, StopIteration) as fault:
        raise Refused(422, f"the event lacks what the mapping needs: {fault}") from fault
    return f"/subscribers/{quote(imsi, safe='')}", body


async def provision(event: dict[str, Any], trace: str, unique: str) -> None:
    """Sends the request and judges the answer."""
    path, body = mapped(event)
    span = secrets.token_hex(8)
    headers = {
        "authorization": TARGET_TOKEN,
        "x-b3-traceid": trace,
        "x-b3-spanid": span,
        "x-request-id": unique,
        "traceparent": f"00-{trace}-{span}-01",
    }
    reply = await app.state.client.put(TARGET + path, json=body, headers=headers)
    if not reply.is_success:
        raise Refused(502, f"hss answered {reply.status_code}")
    said = reply.json()
    if said.get("result") is False:
        raise Refused(422, said.get("error", ""))


@app.get("/")
async def health() -> dict[str, str]:
    """Whether it serves."""
    return {"status": "ok"}


@app.post("/")
async def receive(request: Request) -> JSONResponse:
    """One event."""
    began = time.monotonic()
    trace = request.headers.get("x-b3-traceid", "")
    unique = request.headers.get("x-request-id", "")
    if not hmac.compare_digest(request.headers.get("authorization", ""), TOKEN):
        return JSONResponse({"message": "Unauthorized"}, 401)
    event: dict[str, Any] = {}
    try:
        event = json.loads(await request.body())
        event_type = event["data"]["event_type"]
        if event_type == "SIM/Updated":
            await provision(event, trace, unique)
            status, outcome, message = 200, "succeeded", "Event processed successfully"
        else:
            status, outcome, message = 200, "ignored", "Event ignored"
    except (ValueError, KeyError, TypeError):
        return JSONResponse({"message": "The request body is not an event"}, 400)
    except Refused as refusal:
        status, outcome, message = refusal.status, "failed", refusal.message
    except httpx.HTTPError as fault:
        status, outcome, message = 502, "failed", str(fault)

    record = {
        "timestamp": datetime.now(UTC).isoformat(),
        "level": "info" if status == 200 else "warning",
        "message": message,
        "request_id": trace,
        "unique_id": unique,
        "event_id": event["event_id"],
        "event_type": event["data"]["event_type"],
        "outcome": outcome,
        "status": status,
        "duration_ms": round((time.monotonic() - began) * 1e3, 3),
    }
    sys.stdout.write(json.dumps(record) + "\n")
    rules = [{"mapping": "bench.yaml", "rule": "update", "outcome": outcome}]
    answer = {"message": message, "event_id": event["event_id"], "rules": rules}
    return JSONResponse(answer, status, {"x-b3-traceid": trace, "x-request-id": unique})

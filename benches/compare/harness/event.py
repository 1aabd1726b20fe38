"""The events: a sample of the tests with what a real one has besides, compact as NSPS sends it."""

import copy
import json
from pathlib import Path
from typing import Any

SIZE = 2048
LARGE_SIZE = 1_000_000


def compact(event: dict[str, Any]) -> bytes:
    """As it travels."""
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()


def addon(number: int) -> dict[str, Any]:
    """One add-on of an account."""
    return {
        "addon_effective_from": "2025-05-16T12:59:46",
        "addon_priority": number % 20,
        "description": "",
        "i_product": 4000 + number,
        "i_vd_plan": 1600 + number,
        "name": f"Add-on {number}",
    }


def counter(number: int) -> dict[str, Any]:
    """One counter of a bundle."""
    return {
        "allocated_amount": 10240,
        "dg_name": "Europe",
        "discount_info": "10 GB of 10 GB remaining",
        "i_dest_group": 20 + number,
        "i_service": 106,
        "i_vd_plan": 1600 + number,
        "remaining": 10240 - number % 10240,
        "service_name": "Internet Access",
        "unit": "MB",
        "vdp_name": f"Bundle {number}",
    }


def padded(event: dict[str, Any], size: int) -> bytes:
    """The same with a text that brings it to exactly that many bytes."""
    event["pb_data"]["product_info"]["description"] = ""
    missing = size - len(compact(event))
    if missing < 0:
        raise SystemExit(f"compare: the event has {-missing} bytes too many")
    words = "Unlimited social media, roaming in all of zone 1, calls by the second. "
    event["pb_data"]["product_info"]["description"] = (words * (missing // len(words) + 1))[:missing]
    return compact(event)


def usual(sample: Path) -> bytes:
    """An event of 2 KiB."""
    event = json.loads(sample.read_text())
    sections = event["pb_data"]
    sections["product_info"] = {"i_product": 3774, "name": "Pay as you go", "i_vd_plan": 1591, "addon_priority": 0}
    sections["full_vd_counter_info"] = [counter(0)]
    return padded(event, SIZE)


def large(sample: Path) -> bytes:
    """An event of 1 MB: thousands of add-ons and of counters."""
    event = json.loads(usual(sample))
    sections = event["pb_data"]
    each = len(compact(addon(1000))) + len(compact(counter(1000))) + 2
    many = (LARGE_SIZE - SIZE - 2000) // each
    sections["account_info"]["assigned_addons"] = [addon(number) for number in range(many)]
    sections["full_vd_counter_info"] = [counter(number) for number in range(many)]
    return padded(event, LARGE_SIZE)


def changed(event: bytes, path: str, value: object) -> bytes:
    """The same with another value at a dotted path."""
    body = copy.deepcopy(json.loads(event))
    *way, last = path.split(".")
    place = body
    for key in way:
        place = place[key]
    place[last] = value
    return compact(body)

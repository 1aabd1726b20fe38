"""What stands around a server: the client, the target, and the reader of the log (the package `load`)."""

import json
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import processes

API_TOKEN = "token-that-nsps-shows"
TARGET_TOKEN = "token-that-the-target-wants"


class Failed(Exception):
    """A run that measured nothing, and why."""


class Target:
    """The system that is provisioned."""

    def __init__(self, binary: Path, cores: str | None, *options: str) -> None:
        command = [str(binary), "target", "--listen", "127.0.0.1:0", *options]
        self.process = processes.start(command, cores, stdout=subprocess.PIPE)
        assert self.process.stdout
        self.address = self.process.stdout.readline().split()[1]

    def requests(self) -> int:
        """How many it has answered."""
        with urllib.request.urlopen(f"http://{self.address}/stats", timeout=10) as answer:
            return int(json.load(answer)["requests"])

    def stop(self) -> None:
        """Ends it."""
        processes.stop(self.process)


class Drain:
    """Reads the log of a server out of a FIFO, as whoever collects the output of containers does."""

    def __init__(self, binary: Path, cores: str | None, fifo: Path) -> None:
        command = [str(binary), "drain", "--fifo", str(fifo)]
        self.process = processes.start(command, cores, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout
        self.process.stdout.readline()

    def records(self) -> int:
        """How many it has read."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def stop(self) -> None:
        """Ends it."""
        processes.stop(self.process)


@dataclass(frozen=True)
class Load:
    """How a server is loaded for one measurement."""

    connections: int
    seconds: float | None = None
    warm_up: float = 0
    rate: float | None = None
    count: int | None = None


def events(binary: Path, cores: str | None, address: str, event: Path, load: Load, watch: list[int]) -> dict[str, Any]:
    """Posts events, and says what came of it: times in microseconds."""
    options: dict[str, Any] = {
        "address": address,
        "event": event,
        "token": API_TOKEN,
        "connections": load.connections,
        "warm-up": load.warm_up,
        "watch": ",".join(map(str, watch)),
        "seconds": load.seconds,
        "rate": load.rate,
        "count": load.count,
    }
    command = [str(binary), "events"]
    for name, value in options.items():
        if value is not None:
            command += [f"--{name}", str(value)]
    process = processes.start(command, cores, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    told, complaint = process.communicate()
    processes.running.remove(process)
    if process.returncode != 0:
        raise Failed(complaint.strip())
    run: dict[str, Any] = json.loads(told)
    if run["events"] == 0:
        raise Failed("not one event was answered in the time that is measured")
    run["throughput"] = run["events"] / run["seconds"]
    run["cpu"] = run["cpu_seconds"] / run["events"] * 1e6
    run["busy"] = run["cpu_seconds"] / run["seconds"]
    return run

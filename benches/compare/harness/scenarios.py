"""What is measured. Each scenario puts its runs into the results, under its own name."""

import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from . import check, event, processes
from .load import API_TOKEN, TARGET_TOKEN, Failed, Load, Target
from .processes import UNPINNED, Cores
from .servers import COMPARE, FASTAPI, LUA, PROXY, Running, Server, Tools, connector, forwarder, free_address, start

CONNECTIONS = (1, 8, 32, 64, 256, 1024)
UNPINNED_CONNECTIONS = (32, 256)
# Past this, httpx takes seconds for an event, and nothing is learned.
MOST_FOR_FASTAPI = 256
RATES = (0.1, 0.25, 0.5, 0.75, 0.9)
OPEN_CONNECTIONS = 256
# Runs of an open loop are as much shorter, and as many more: what the machine does elsewhere for moments
# then spoils some of them, and not the median.
SHORTER = 4
FILES = 1000
RULES_OF_A_FILE = 10
RULES = 1000
STARTS = 11

Run = dict[str, Any]


@dataclass
class Bench:
    """How everything is measured, and what was measured."""

    tools: Tools
    cores: Cores
    binary: Path
    forwarder: Path | None
    sample: Path
    example: Path
    rounds: int
    seconds: float
    warm_up: float
    # Events in all.
    endurance: int
    results: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def servers(self) -> list[Server]:
        """All that are compared."""
        own = [forwarder(self.forwarder)] if self.forwarder else []
        return [PROXY, LUA, FASTAPI, connector(self.binary), *own]

    def load(self, connections: int, rate: float | None = None) -> Load:
        """A run of the usual length."""
        return Load(connections, seconds=self.seconds, warm_up=self.warm_up, rate=rate)

    def shorter(self) -> "Bench":
        """The same, with more rounds that take as long in all."""
        return replace(self, rounds=self.rounds * SHORTER, seconds=self.seconds / SHORTER, warm_up=self.warm_up / SHORTER)

    def measure(self, running: Running, target: Target, load: Load, body: Path | None = None) -> Run | None:
        """One run; `None`, and a word about it, if it failed."""
        before = target.requests()
        try:
            run = running.run(load, body)
            received = target.requests() - before
            if received != run["answers"]:
                raise Failed(f"{run['answers']} answers, and {received} requests to the target")
        except Failed as failure:
            where = f"{running.server.label}, {load.connections} connections"
            self.failures.append(f"{where}: {failure}")
            print(f"    {where}: FAILED: {failure}", flush=True)
            return None
        print(
            f"    {running.server.label:20} {load.connections:5} connections {run['throughput']:9.0f}/s "
            f"{run['cpu']:8.1f} µs CPU  p50 {run['p50'] / 1e3:8.2f} ms  p99 {run['p99'] / 1e3:8.2f} ms  "
            f"busy {run['busy']:.2f}",
            flush=True,
        )
        return run

    def started(self, servers: list[Server], target: Target, cores: Cores) -> list[Running]:
        """Servers that wait for events."""
        return [start(server, self.tools, cores, target) for server in servers]

    def apart(self, servers: list[Server]) -> tuple[list[Running], list[Target]]:
        """Servers that wait for events, each with a target of its own."""
        targets = [Target(self.tools.load, self.cores.load) for _ in servers]
        pairs = zip(servers, targets, strict=True)
        return [start(server, self.tools, self.cores, target) for server, target in pairs], targets

    def ended(self, servers: list[Running], *targets: Target) -> None:
        """Ends servers, and notes whether their logs are whole."""
        lost = self.results.setdefault("lost_records", {})
        answers = self.results.setdefault("answers", {})
        for running in servers:
            name = running.server.name
            lost[name] = lost.get(name, 0) + running.lost_records()
            answers[name] = answers.get(name, 0) + running.answers
            running.stop()
        for target in targets:
            target.stop()

    def by_concurrency(self, servers: list[Server], connections: tuple[int, ...], cores: Cores) -> dict[str, Any]:
        """Interleaved rounds: each round has every server once at each number of connections."""
        target = Target(self.tools.load, cores.load)
        running = self.started(servers, target, cores)
        runs: dict[str, Any] = {server.name: {str(many): [] for many in connections} for server in servers}
        for number in range(self.rounds):
            print(f"  round {number + 1} of {self.rounds}", flush=True)
            for many in connections:
                for each in running:
                    if each.server is FASTAPI and many > MOST_FOR_FASTAPI:
                        continue
                    runs[each.server.name][str(many)].append(self.measure(each, target, self.load(many)))
        self.ended(running, target)
        return runs


def throughput(bench: Bench) -> None:
    """One core for the server, another one for what is around it."""
    bench.results["throughput"] = bench.by_concurrency(bench.servers(), CONNECTIONS, bench.cores)


def unpinned(bench: Bench) -> None:
    """Everything wherever the kernel puts it, and as many workers as there are cores."""
    servers = [server for server in bench.servers() if server.name != "forward"]
    bench.results["unpinned"] = bench.by_concurrency(servers, UNPINNED_CONNECTIONS, UNPINNED)


def latency(bench: Bench) -> None:
    """Open loop, at shares of what we can do at most."""
    bench = bench.shorter()
    target = Target(bench.tools.load, bench.cores.load)
    running = bench.started([PROXY, LUA, connector(bench.binary)], target, bench.cores)
    runs: dict[str, Any] = {each.server.name: {str(share): [] for share in RATES} for each in running}
    maxima: list[float] = []
    for number in range(bench.rounds):
        print(f"  round {number + 1} of {bench.rounds}", flush=True)
        most = own_maximum(bench, running[-1], target)
        maxima.append(most)
        for share in RATES:
            for each in running:
                # What cannot be kept up for the time of a run is no latency.
                if share * most > 0.95 * maximum_of(bench, each.server.name, most):
                    continue
                load = bench.load(OPEN_CONNECTIONS, rate=share * most)
                runs[each.server.name][str(share)].append(bench.measure(each, target, load))
    bench.ended(running, target)
    bench.results["latency"] = {
        "rounds": bench.rounds,
        "seconds": bench.seconds,
        "maximum": statistics.median(maxima),
        "runs": runs,
    }


def own_maximum(bench: Bench, running: Running, target: Target) -> float:
    """Our own throughput in a closed loop, now: a machine that others use may do half of it a minute later."""
    run = bench.measure(running, target, bench.load(64))
    if run is None:
        raise SystemExit("compare: our own maximum cannot be told")
    return float(run["throughput"])


def maximum_of(bench: Bench, name: str, otherwise: float) -> float:
    """The best throughput of a server in closed loops."""
    by_connections = bench.results.get("throughput", {}).get(name, {})
    found = [median(runs, "throughput") for runs in by_connections.values() if any(runs)]
    return max(found, default=otherwise)


def slow_target(bench: Bench) -> None:
    """A target that takes 20 ms, and 1,024 connections: what is in flight is held for long."""
    target = Target(bench.tools.load, bench.cores.load, "--delay-ms", "20")
    running = bench.started([PROXY, LUA, connector(bench.binary)], target, bench.cores)
    idle = {each.server.name: each.memory("VmRSS") for each in running}
    runs: dict[str, Any] = {each.server.name: [] for each in running}
    for _ in range(bench.rounds):
        for each in running:
            runs[each.server.name].append(bench.measure(each, target, bench.load(1024)))
    peak = {each.server.name: each.memory("VmHWM") for each in running}
    bench.ended(running, target)
    each_event = {name: (peak[name] - idle[name]) / 1024 for name in peak}
    bench.results["slow_target"] = {"runs": runs, "memory": each_event}


def against_itself(bench: Bench, other: Path, connections: int = 32) -> dict[str, Any]:
    """The connector with the usual mapping and with other mappings at the same time, on one core."""
    servers = [connector(bench.binary), connector(bench.binary, other, "other")]
    running, targets = bench.apart(servers)
    runs: dict[str, Any] = {server.name: {str(connections): []} for server in servers}
    for number in range(bench.rounds):
        print(f"  round {number + 1} of {bench.rounds}", flush=True)
        measured = together(bench.measure, running, targets, bench.load(connections))
        for each, run in zip(running, measured, strict=True):
            runs[each.server.name][str(connections)].append(run)
    bench.ended(running, *targets)
    return runs


def together(
    measure: Callable[[Running, Target, Load], Run | None],
    servers: list[Running],
    targets: list[Target],
    load: Load,
) -> list[Run | None]:
    """Servers at the same time, each with clients and a target of its own: what slows one slows the others."""
    with ThreadPoolExecutor(len(servers)) as pool:
        return list(pool.map(lambda pair: measure(*pair, load), zip(servers, targets, strict=True)))


def many_files(bench: Bench) -> None:
    """A thousand files of ten rules, of which one listens to the events that come."""
    folder = write_files(bench.tools.scratch / "files", FILES)
    bench.results["many_files"] = against_itself(bench, folder)


def many_rules(bench: Bench) -> None:
    """A thousand rules of the same event type that refuse by `when`, before the one that runs."""
    folder = bench.tools.scratch / "rules"
    folder.mkdir()
    text = (COMPARE / "mapping" / "bench.yaml").read_text()
    refusing = (
        f'  - {{ name: no-{number}, event: SIM/Updated, when: {{ imsi: "99999{number:010}" }}, ignore: not so }}\n'
        for number in range(RULES)
    )
    (folder / "bench.yaml").write_text(text.replace("rules:\n", "rules:\n" + "".join(refusing)))
    bench.results["many_rules"] = against_itself(bench, folder)


def write_files(folder: Path, many: int) -> Path:
    """The usual mapping among others, whose rules listen to other types of events."""
    folder.mkdir()
    shutil.copy(COMPARE / "mapping" / "bench.yaml", folder)
    for number in range(1, many):
        rules = (
            f"  - name: rule-{rule}\n    event: Account/Type-{number}-{rule}\n    when: {{ bill_status: open }}\n"
            "    steps:\n      - request: PUT /accounts/{{account}}\n"
            f'        json: {{ account: "{{{{account}}}}", status: "{{{{bill_status}}}}", rule: {rule} }}\n'
            for rule in range(RULES_OF_A_FILE)
        )
        text = (
            f"version: 1\ntargets:\n  system:\n    url: http://system-{number}.test/api\nextract:\n"
            "  account: $.pb_data.account_info.id\n  bill_status: $.pb_data.account_info.bill_status\nrules:\n"
        )
        (folder / f"mapping-{number:04}.yaml").write_text(text + "".join(rules))
    return folder


def large_event(bench: Bench) -> None:
    """An event of 1 MB, one at a time."""
    body = bench.tools.scratch / "large.json"
    body.write_bytes(event.large(bench.sample))
    target = Target(bench.tools.load, bench.cores.load)
    running = bench.started([PROXY, connector(bench.binary)], target, bench.cores)
    idle = {each.server.name: each.memory("VmRSS") for each in running}
    runs: dict[str, Any] = {each.server.name: [] for each in running}
    for _ in range(bench.rounds):
        for each in running:
            runs[each.server.name].append(bench.measure(each, target, bench.load(1), body))
    multiple = {
        each.server.name: (each.memory("VmHWM") - idle[each.server.name]) / event.LARGE_SIZE for each in running
    }
    bench.ended(running, target)
    bench.results["large_event"] = {"runs": runs, "multiple": multiple}


def starting(bench: Bench) -> None:
    """From the start to the first 200, with the example; memory when idle; `check` of a thousand files."""
    target = Target(bench.tools.load, bench.cores.load)
    took, idle = [], []
    for number in range(STARTS):
        seconds, memory = one_start(bench, target, number)
        took.append(seconds)
        idle.append(memory)
    target.stop()
    folder = write_files(bench.tools.scratch / "checked", FILES)
    environment = {"PATH": os.environ["PATH"], "TARGET_URL": "http://hss.test/api", "TARGET_TOKEN": "a-long-token"}
    checks = []
    for _ in range(bench.rounds):
        began = time.perf_counter()
        subprocess.run(
            [bench.binary, "check", folder], env=environment, cwd=folder, check=True, stdout=subprocess.DEVNULL
        )
        checks.append(time.perf_counter() - began)
    bench.results["start"] = {"seconds": took, "idle": idle, "check": checks}
    print(f"    first 200 after {statistics.median(took) * 1e3:.0f} ms, check of {FILES} files {min(checks):.2f} s")


def one_start(bench: Bench, target: Target, number: int) -> tuple[float, int]:
    """Seconds until the first 200 to an event, and the memory a second later, in bytes."""
    address = free_address()
    folder = bench.tools.scratch / f"start-{number}"
    folder.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "API_TOKEN": API_TOKEN,
        "LISTEN": address,
        "MAPPINGS": str(bench.example),
        "SHUTDOWN_DELAY": "0s",
        "WTL_API_URL": f"http://{target.address}/api",
        "WTL_API_TOKEN": TARGET_TOKEN,
    }
    body = bench.tools.event.read_bytes()
    began = time.perf_counter()
    with (folder / "log").open("wb") as log:
        command = [str(bench.binary), "serve"]
        process = processes.start(command, bench.cores.server, cwd=folder, env=environment, stdout=log, stderr=log)

    def first() -> bool:
        try:
            return check.post_to(address, body, API_TOKEN, "unique-1")[0] == 200
        except OSError:
            return False

    processes.wait_until(first, "a first 200", pause=0.0005)
    seconds = time.perf_counter() - began
    time.sleep(1)
    memory = processes.memory([process.pid], "VmRSS")
    processes.stop(process)
    return seconds, memory


def endurance(bench: Bench) -> None:
    """Ten million events in a row: whether the last one costs what the first one did."""
    target = Target(bench.tools.load, bench.cores.load)
    running = bench.started([connector(bench.binary)], target, bench.cores)
    runs, memory = [], []
    for _ in range(10):
        runs.append(bench.measure(running[0], target, Load(connections=64, count=bench.endurance // 10)))
        memory.append(running[0].memory("VmRSS"))
    bench.ended(running, target)
    bench.results["endurance"] = {"runs": runs, "memory": memory}


def median(runs: list[Run | None], figure: str) -> float:
    """Of the runs that did not fail."""
    return float(statistics.median(run[figure] for run in runs if run))


SCENARIOS: dict[str, Callable[[Bench], None]] = {
    "throughput": throughput,
    "unpinned": unpinned,
    "latency": latency,
    "slow-target": slow_target,
    "many-files": many_files,
    "many-rules": many_rules,
    "large-event": large_event,
    "start": starting,
    "endurance": endurance,
}

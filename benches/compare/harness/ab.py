"""Two builds of the connector beside each other, on one core: for whoever makes it faster."""

import contextlib
import os
import re
import signal
import statistics
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

from . import check, processes
from .figures import paired
from .load import Load, Target
from .scenarios import Bench, together
from .servers import Running, connector

# Of each of the two.
CONNECTIONS = (16, 128, 512)


def counts_instructions() -> bool:
    """Whether perf is there, and the processor lets it count."""
    with contextlib.suppress(OSError):
        command = ["perf", "stat", "-x,", "-e", "instructions", "true"]
        told = subprocess.run(command, capture_output=True, text=True, check=False).stderr
        return bool(re.search(r"^\d+,", told, re.MULTILINE))
    return False


def counted(bench: Bench, counts: bool, running: Running, target: Target, load: Load) -> dict[str, Any] | None:
    """One run, with the instructions of an event, where they can be counted."""
    output = bench.tools.scratch / f"perf-{running.server.name}"
    perf = None
    if counts:
        pids = ",".join(map(str, running.pids))
        command = ["perf", "stat", "-x,", "-e", "instructions", "-o", str(output), "-p", pids]
        perf = processes.start(command, bench.cores.load)
    before = running.answers
    run = bench.measure(running, target, load)
    if perf:
        os.kill(perf.pid, signal.SIGINT)
        perf.wait(10)
        processes.running.remove(perf)
        found = re.search(r"^(\d+),", output.read_text(), re.MULTILINE)
        if run and found:
            run["instructions"] = int(found.group(1)) / (running.answers - before)
    return run


def compare(bench: Bench, binaries: tuple[Path, Path]) -> None:
    """Both at the same time, so that whatever slows one of them slows the other; prints what B is of A."""
    servers = [connector(binary, name=name) for name, binary in zip(("A", "B"), binaries, strict=True)]
    check.check_all(servers, bench.tools)
    running, targets = bench.apart(servers)
    counts = counts_instructions()
    runs: dict[tuple[str, int], list[Any]] = {(name, many): [] for name in "AB" for many in CONNECTIONS}
    for number in range(bench.rounds):
        print(f"  round {number + 1} of {bench.rounds}", flush=True)
        for many in CONNECTIONS:
            measured = together(partial(counted, bench, counts), running, targets, bench.load(many))
            for each, run in zip(running, measured, strict=True):
                runs[each.server.name, many].append(run)
    bench.ended(running, *targets)

    for many in CONNECTIONS:
        print(f"\n{many} connections each{'A':>17}{'B':>14}   B/A, median (least to most) of pairs")
        for figure, label in [
            ("throughput", "events/s"),
            ("cpu", "CPU per event, µs"),
            ("p50", "p50, µs"),
            ("p99", "p99, µs"),
            ("instructions", "instructions per event"),
        ]:
            print(f"  {label:24}" + figure_line(runs["A", many], runs["B", many], figure))
    if not counts:
        print("\nInstructions are not counted: perf is missing, or this processor does not let it.")
    lost = bench.results["lost_records"]
    print(f"\nLog records lost: A {lost['A']}, B {lost['B']}")


def figure_line(first: list[Any], second: list[Any], figure: str) -> str:
    """Medians of both, and of their ratios."""
    if not all(run and figure in run for run in first + second):
        return f"{'':>12}{'not measured':>14}"
    middle, least, most = paired(first, second, lambda a, b: float(b[figure] / a[figure]))
    medians = [statistics.median(run[figure] for run in runs) for runs in (first, second)]
    return f"{medians[0]:12,.1f}{medians[1]:14,.1f}   {middle:.3f} ({least:.3f} to {most:.3f})"

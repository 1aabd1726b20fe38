"""Processes that are measured: on which cores they run, how much memory they have, and that they end."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

running: list[subprocess.Popen[str]] = []


@dataclass(frozen=True)
class Cores:
    """Which cores a part may use; `None` for all."""

    server: str | None
    load: str | None


UNPINNED = Cores(None, None)


def siblings(core: int) -> set[int]:
    """The logical processors that share a core with this one."""
    path = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
    with contextlib.suppress(OSError, ValueError):
        found: set[int] = set()
        for part in path.read_text().strip().split(","):
            first, _, last = part.partition("-")
            found.update(range(int(first), int(last or first) + 1))
        return found
    return {core}


def two_cores() -> Cores:
    """One core for the server, and another one for its client, its target and the reader of its log."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise SystemExit("compare: this wants two cores")
    server = allowed[0]
    others = [core for core in allowed if core not in siblings(server)]
    return Cores(str(server), str((others or allowed[1:])[0]))


def start(command: list[str], cores: str | None, **options: Any) -> subprocess.Popen[str]:
    """Starts a process in a group of its own; `stop` ends it, and so does `stop_all`."""
    pinned = command if cores is None else ["taskset", "-c", cores, *command]
    process: subprocess.Popen[str] = subprocess.Popen(pinned, text=True, start_new_session=True, **options)
    running.append(process)
    return process


def stop(process: subprocess.Popen[str], patience: float = 10) -> None:
    """Asks a group of processes to end, and sees to it that it does."""
    if process in running:
        running.remove(process)
    for asked in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, asked)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            break
    # Workers outlive a main process that was killed.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for stream in (process.stdin, process.stdout):
        if stream:
            stream.close()


def stop_all() -> None:
    """Ends all that was started."""
    for process in list(running):
        stop(process, 3)


def tree(root: int) -> list[int]:
    """A process and all that descend from it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
    found = [root]
    for process in found:
        found.extend(child for child, parent in parents.items() if parent == process)
    return found


def cpu_seconds(processes: Iterable[int]) -> float:
    """User and system time of these processes so far."""
    total = 0
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def memory(processes: Iterable[int], what: str) -> int:
    """`VmRSS` (now) or `VmHWM` (at most until now) of these processes, in bytes."""
    total = 0
    for process in processes:
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith(what + ":"):
                total += int(line.split()[1]) * 1024
    return total


def wait_until(holds: Callable[[], bool], what: str, patience: float = 20, pause: float = 0.005) -> None:
    """Asks again and again, with pauses of so many seconds, until it holds."""
    end = time.monotonic() + patience
    while not holds():
        if time.monotonic() > end:
            raise SystemExit(f"compare: in vain: {what}")
        time.sleep(pause)

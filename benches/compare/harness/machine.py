"""The machine and the versions, as a reader of the results wants to know them: nothing of its names or paths."""

import contextlib
import os
import platform
import re
import subprocess
from importlib import metadata
from pathlib import Path

from .processes import Cores, siblings
from .servers import nginx_binary


def first_of(path: str, pattern: str) -> str:
    """What a pattern finds first in a file."""
    with contextlib.suppress(OSError):
        found = re.search(pattern, Path(path).read_text(), re.MULTILINE)
        if found:
            return found.group(1).strip()
    return "unknown"


def told_by(command: list[str], pattern: str) -> str:
    """What a pattern finds in what a command prints."""
    with contextlib.suppress(OSError):
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        found = re.search(pattern, ran.stdout + ran.stderr)
        if found:
            return found.group(1)
    return "unknown"


def built(binary: Path) -> str:
    """How `deploy/build.sh` says that it built a connector; of another one nobody knows."""
    how = binary.parent / "how"
    return how.read_text().strip() if how.exists() else "built by hand"


def described(cores: Cores, binary: Path) -> dict[str, str]:
    """What is measured on, and what is measured."""
    memory = first_of("/proc/meminfo", r"^MemTotal:\s+(\d+)")
    pinned = f"server on core {cores.server}, client, target and reader of the log on core {cores.load}"
    if cores.server and cores.load and int(cores.load) in siblings(int(cores.server)):
        pinned += ", which are two threads of one core"
    flags = first_of("/proc/cpuinfo", r"^flags\s*:(.*)").split()
    version = told_by([str(binary), "--version"], r"(\d\S*)")
    versions = {name: metadata.version(name) for name in ("fastapi", "httpx", "uvicorn", "uvloop")}
    return {
        "processor": first_of("/proc/cpuinfo", r"^model name\s*:(.*)"),
        "cores": f"{len(os.sched_getaffinity(0))}{', virtual machine' if 'hypervisor' in flags else ''}",
        "memory": f"{int(memory) / 2**20:.0f} GiB" if memory.isdigit() else memory,
        "kernel": platform.release().split("-")[0],
        "pinned": pinned,
        "nsps-connector": f"{version}, {built(binary)}",
        "nginx": told_by([nginx_binary(), "-v"], r"nginx/(\S+)"),
        "lua-nginx-module": told_by(["dpkg-query", "-W", "-f=${Version}", "libnginx-mod-http-lua"], r"(\S+)"),
        "Python": f"{platform.python_version()}, "
        + ", ".join(f"{name} {version}" for name, version in versions.items()),
    }

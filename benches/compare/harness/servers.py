"""The servers that are compared: how each is started, and what is known of it."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import load, processes
from .load import API_TOKEN, TARGET_TOKEN, Drain, Load, Target
from .processes import Cores

COMPARE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Tools:
    """What the comparison works with."""

    scratch: Path
    load: Path
    python: Path
    event: Path


@dataclass(frozen=True)
class Place:
    """Where a server is to run, and what it is to talk to."""

    folder: Path
    address: str
    target: str
    log: Path
    workers: int


@dataclass(frozen=True)
class Server:
    """One of those that are compared. `command` gives what to run, and its environment."""

    name: str
    label: str
    command: Callable[[Place, Tools], tuple[list[str], dict[str, str]]]
    # How many records its log has for an event.
    records: int = 1
    # Whether it does the job; a forwarder does not.
    transforms: bool = True


@dataclass
class Running:
    """A server that was started, and what has been asked of it."""

    server: Server
    tools: Tools
    cores: Cores
    address: str
    process: subprocess.Popen[str]
    drain: Drain | None
    records_before: int = 0
    answers: int = 0
    pids: list[int] = field(default_factory=list)

    def run(self, how: Load, event: Path | None = None) -> dict[str, Any]:
        """Loads it."""
        event = event or self.tools.event
        run = load.events(self.tools.load, self.cores.load, self.address, event, how, self.pids)
        self.answers += int(run["answers"])
        return run

    def memory(self, what: str) -> int:
        """Its memory, in bytes; see `processes.memory`."""
        return processes.memory(self.pids, what)

    def lost_records(self) -> int:
        """How many records of the log are missing for the events that were answered."""
        if self.drain is None:
            return 0
        wanted = self.answers * self.server.records
        end = time.monotonic() + 3
        while (written := self.drain.records() - self.records_before) < wanted and time.monotonic() < end:
            time.sleep(0.05)
        return max(0, wanted - written)

    def stop(self) -> None:
        """Ends it."""
        processes.stop(self.process)
        if self.drain:
            self.drain.stop()


def free_address() -> str:
    """An address that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def accepts(address: str) -> bool:
    """Whether somebody listens there."""
    host, _, port = address.partition(":")
    try:
        socket.create_connection((host, int(port)), 1).close()
    except OSError:
        return False
    return True


def start(server: Server, tools: Tools, cores: Cores, target: Target, log: Path | None = None) -> Running:
    """Starts a server. Its log goes to that file, or else to a pipe that is read and counted."""
    address = free_address()
    folder = tools.scratch / f"{server.name}-{address.partition(':')[2]}"
    folder.mkdir(parents=True)
    drain = None
    if log is None:
        log = folder / "log"
        os.mkfifo(log)
        drain = Drain(tools.load, cores.load, log)
    workers = 1 if cores.server else len(os.sched_getaffinity(0))
    place = Place(folder, address, target.address, log, workers)
    command, environment = server.command(place, tools)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **environment}
    complaints = folder / "stderr"
    with log.open("ab") as output, complaints.open("wb") as errors:
        process = processes.start(command, cores.server, cwd=folder, env=environment, stdout=output, stderr=errors)

    def ready() -> bool:
        if process.poll() is not None:
            raise SystemExit(f"compare: {server.name} did not start:\n{complaints.read_text()}")
        return accepts(address)

    processes.wait_until(ready, f"{server.name} at {address}")
    running = Running(server, tools, cores, address, process, drain)
    # One event each starts what is started late: workers, pools, connections.
    try:
        running.run(Load(connections=1, count=20))
    except load.Failed as failure:
        raise SystemExit(f"compare: {server.name}: {failure}") from failure
    running.pids = processes.tree(process.pid)
    # Records of the start, and of the events until now, do not count.
    if drain:
        time.sleep(1.2)
        running.records_before = drain.records()
    running.answers = 0
    return running


def nginx(parts: str, modules: list[str], fields: str) -> Callable[[Place, Tools], tuple[list[str], dict[str, str]]]:
    """An nginx with the server block of that file."""

    def command(place: Place, tools: Tools) -> tuple[list[str], dict[str, str]]:
        folder = modules_folder() if modules else ""
        words = {
            "SERVER": (COMPARE / "peers" / parts).read_text(),
            "MODULES": "\n".join(f"load_module {folder}/{name};" for name in modules),
            "USER": "user root;" if os.geteuid() == 0 else "",
            "FIELDS": fields,
            "PREFIX": str(place.folder),
            "WORKERS": str(place.workers),
            "LISTEN": place.address,
            "TARGET": place.target,
            "LOG": str(place.log),
            "API_TOKEN": API_TOKEN,
            "TARGET_TOKEN": TARGET_TOKEN,
        }
        for file in ("nginx.conf", "connector.lua"):
            text = (COMPARE / "peers" / file).read_text()
            for name, word in words.items():
                text = text.replace(f"@{name}@", word)
            (place.folder / file).write_text(text)
        binary = nginx_binary()
        return [binary, "-p", str(place.folder), "-c", str(place.folder / "nginx.conf")], {}

    return command


def nginx_binary() -> str:
    """Debian keeps it where not everybody looks."""
    path = os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin"
    return shutil.which("nginx", path=path) or "nginx"


def modules_folder() -> str:
    """Where this nginx has its modules."""
    told = subprocess.run([nginx_binary(), "-V"], capture_output=True, text=True, check=True).stderr
    given = [word.partition("=")[2] for word in told.split() if word.startswith("--modules-path=")]
    return given[0] if given else "/usr/lib/nginx/modules"


def fastapi(place: Place, tools: Tools) -> tuple[list[str], dict[str, str]]:
    """FastAPI in uvicorn, with the loop and the parser that are written in C."""
    host, _, port = place.address.partition(":")
    command = [str(tools.python), "-m", "uvicorn", "fastapi_app:app", "--app-dir", str(COMPARE / "peers")]
    command += ["--host", host, "--port", port, "--loop", "uvloop", "--http", "httptools"]
    command += ["--no-access-log", "--log-level", "warning", "--timeout-keep-alive", "75", "--backlog", "2048"]
    if place.workers > 1:
        command += ["--workers", str(place.workers)]
    environment = {
        "API_TOKEN": API_TOKEN,
        "TARGET_URL": f"http://{place.target}/api",
        "TARGET_TOKEN": TARGET_TOKEN,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return command, environment


def ours(binary: Path, mappings: Path) -> Callable[[Place, Tools], tuple[list[str], dict[str, str]]]:
    """A connector with its defaults, apart from the address and what it waits for at its end."""

    def command(place: Place, tools: Tools) -> tuple[list[str], dict[str, str]]:
        environment = {
            "API_TOKEN": API_TOKEN,
            "TARGET_URL": f"http://{place.target}/api",
            "TARGET_TOKEN": TARGET_TOKEN,
            "MAPPINGS": str(mappings),
            "LISTEN": place.address,
            "LOG_LEVEL": "info",
            "SHUTDOWN_DELAY": "0s",
        }
        return [str(binary), "serve"], environment

    return command


def forward(binary: Path) -> Callable[[Place, Tools], tuple[list[str], dict[str, str]]]:
    """The connector's own server library and client without an engine: benches/forward.rs."""

    def command(place: Place, tools: Tools) -> tuple[list[str], dict[str, str]]:
        mapping = COMPARE / "mapping" / "bench.yaml"
        return [str(binary), place.address, str(mapping), f"http://{place.target}/api"], {}

    return command


PROXY = Server("nginx", "nginx, plain proxy", nginx("proxy.server.conf", [], ""), transforms=False)
LUA = Server(
    "lua",
    "nginx + Lua",
    nginx(
        "lua.server.conf",
        ["ndk_http_module.so", "ngx_http_lua_module.so"],
        ',"event_id":"$event_id","event_type":"$event_type","outcome":"$outcome"',
    ),
)
FASTAPI = Server("fastapi", "FastAPI + httpx", fastapi)


def connector(binary: Path, mappings: Path = COMPARE / "mapping", name: str = "ours") -> Server:
    """Ours: one record for the exchange with the target, and one for the event."""
    label = "nsps-connector" if name == "ours" else f"nsps-connector, {name}"
    return Server(name, label, ours(binary, mappings), records=2)


def forwarder(binary: Path) -> Server:
    """What the connector's own libraries need to pass an event on; it keeps no log."""
    return Server("forward", "forwarded untouched", forward(binary), records=0, transforms=False)

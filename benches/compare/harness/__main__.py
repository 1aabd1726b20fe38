"""The command: see README.md, or `benches/compare/run --help`."""

import argparse
import json
import resource
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from . import ab, check, event, machine, processes, report
from .scenarios import SCENARIOS, Bench
from .servers import COMPARE, Tools

ROOT = COMPARE.parent.parent


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="benches/compare/run", description="Compares the connector with its peers.")
    parser.add_argument("ab", nargs="*", metavar="ab A B", help="two builds of the connector against each other")
    parser.add_argument("--quick", action="store_true", help="one short round: whether it works, no measurement")
    parser.add_argument("--only", action="append", choices=[*SCENARIOS, "check"], help="this scenario; repeatable")
    parser.add_argument("--endurance", action="store_true", help="ten million events, too: some minutes")
    parser.add_argument("--rounds", type=int, help="interleaved rounds (5)")
    parser.add_argument("--seconds", type=float, help="length of a run, after its warm-up (4)")
    parser.add_argument("--binary", type=Path, help="a connector that is built already")
    parser.add_argument("--forwarder", type=Path, help="benches/forward.rs, built already")
    parser.add_argument("--output", type=Path, help="folder of the results")
    parser.add_argument("--load", type=Path, required=True, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ab and (given.ab[0] != "ab" or len(given.ab) != 3):
        parser.error("`ab` wants two binaries: ab A B")
    if not given.ab and given.binary is None:
        parser.error("--binary is missing")
    return given


def is_whole(given: argparse.Namespace) -> bool:
    """Whether the results are worth to be kept beside README.md."""
    return not (given.quick or given.only or given.ab)


def bench_of(given: argparse.Namespace, scratch: Path) -> Bench:
    """How it is measured."""
    sample = ROOT / "tests" / "events" / "sim-updated.json"
    body = scratch / "event.json"
    body.write_bytes(event.usual(sample))
    example = scratch / "example"
    example.mkdir()
    shutil.copy(ROOT / "mappings" / "wtl-hss.yaml", example)
    return Bench(
        tools=Tools(scratch, given.load.resolve(), Path(sys.executable), body),
        cores=processes.two_cores(),
        binary=Path(given.ab[1] if given.ab else given.binary).resolve(),
        forwarder=given.forwarder and given.forwarder.resolve(),
        sample=sample,
        example=example,
        rounds=given.rounds or (1 if given.quick else 5),
        seconds=given.seconds or (1 if given.quick else 4),
        warm_up=0.3 if given.quick else 1,
        endurance=100_000 if given.quick else 10_000_000,
    )


def measure(given: argparse.Namespace, bench: Bench) -> int:
    """Correctness, then every scenario, then the results."""
    print("check", flush=True)
    check.check_all(bench.servers(), bench.tools)
    asked = given.only or [name for name in SCENARIOS if name != "endurance"]
    if given.endurance and "endurance" not in asked:
        asked.append("endurance")
    for name, scenario in SCENARIOS.items():
        if name in asked:
            print(name, flush=True)
            scenario(bench)
    if bench.results:
        folder = given.output or (COMPARE if is_whole(given) else ROOT / "target" / "compare")
        how = {"rounds": bench.rounds, "seconds": bench.seconds, "whole": is_whole(given)}
        described = machine.described(bench.cores, bench.binary)
        results = {"how": how, "machine": described, "failures": bench.failures, **bench.results}
        report.write(results, folder)
        raw = (given.output or ROOT / "target" / "compare") / "results.json"
        raw.parent.mkdir(parents=True, exist_ok=True)
        raw.write_text(json.dumps(results, indent=1))
        print(report.goals(results))
        print(f"written: RESULTS.md and pictures in {folder}, every run in {raw}")
    return 1 if bench.failures else 0


def main() -> int:
    """Whatever happens, nothing is left running or lying about."""
    given = arguments()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    # A thousand connections in, and as many out: what is allowed at most is what servers are started with in earnest.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    scratch = Path(tempfile.mkdtemp(prefix="nsps-compare-"))
    try:
        bench = bench_of(given, scratch)
        if given.ab:
            ab.compare(bench, (Path(given.ab[1]).resolve(), Path(given.ab[2]).resolve()))
            return 1 if bench.failures else 0
        return measure(given, bench)
    finally:
        processes.stop_all()
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())

"""The goals, and what was measured of each."""

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .scenarios import RULES, median

Results = dict[str, Any]
Run = dict[str, Any]
# Median, least, most.
Spread = tuple[float, float, float]


@dataclass(frozen=True)
class Goal:
    """A figure that is to be reached: at least, or at most, so much."""

    label: str
    scenario: str
    measured: Callable[[Results], Spread]
    must: float | None
    goal: float | None
    at_least: bool = False
    unit: str = ""
    digits: int = 2

    def verdict(self, value: float) -> str:
        """In a word."""
        if reaches(value, self.goal, self.at_least):
            return "goal"
        if reaches(value, self.must, self.at_least):
            return "must" if self.goal is not None else "holds"
        return "**missed**" if self.must is not None else "reported"

    def text(self, value: float | None) -> str:
        """With its unit."""
        return "" if value is None else f"{value:,.{self.digits}f}{self.unit}"


def reaches(value: float, wanted: float | None, at_least: bool) -> bool:
    """Whether a value is on the right side of another one."""
    return wanted is not None and (value >= wanted if at_least else value <= wanted)


def spread(values: list[float]) -> Spread:
    """Median, least and most."""
    if not values:
        raise KeyError("not one run")
    return statistics.median(values), min(values), max(values)


def paired(ours: list[Run | None], theirs: list[Run | None], figure: Callable[[Run, Run], float]) -> Spread:
    """A figure of two runs of the same round."""
    return spread([figure(own, other) for own, other in zip(ours, theirs, strict=True) if own and other])


def by_throughput(own: Run, other: Run) -> float:
    """Ours to theirs."""
    return float(own["throughput"] / other["throughput"])


def by_cpu(own: Run, other: Run) -> float:
    """What as much CPU brings: theirs per event to ours."""
    return float(other["cpu"] / own["cpu"])


def ratio(peer: str, connections: int) -> Callable[[Results], Spread]:
    """Of throughputs, pinned."""

    def measured(results: Results) -> Spread:
        runs = results["throughput"]
        return paired(runs["ours"][str(connections)], runs[peer][str(connections)], by_throughput)

    return measured


def beyond_forwarding(results: Results) -> Spread:
    """CPU per event that our own libraries do not need to pass it on, in µs."""
    runs = results["throughput"]
    return paired(runs["ours"]["32"], runs["forward"]["32"], lambda own, other: float(own["cpu"] - other["cpu"]))


def added_latency(results: Results) -> Spread:
    """p99 over that of the proxy at half of our own maximum, in ms."""
    runs = results["latency"]["runs"]
    return paired(runs["ours"]["0.5"], runs["nginx"]["0.5"], lambda own, other: (own["p99"] - other["p99"]) / 1e3)


def slow_target(results: Results) -> Spread:
    """Ours to the proxy."""
    runs = results["slow_target"]["runs"]
    return paired(runs["ours"], runs["nginx"], by_throughput)


def beside(scenario: str, figure: Callable[[Run, Run], float]) -> Callable[[Results], Spread]:
    """The connector with other mappings beside itself with the usual one."""

    def measured(results: Results) -> Spread:
        runs = results[scenario]
        return paired(runs["other"]["32"], runs["ours"]["32"], figure)

    return measured


def flatness(results: Results) -> Spread:
    """The dearest event to the cheapest one, by CPU, over all numbers of connections."""
    each = [median(runs, "cpu") for runs in results["throughput"]["ours"].values() if any(runs)]
    value = max(each) / min(each)
    return value, value, value


def endurance(results: Results) -> Spread:
    """CPU per event of each tenth, to the first one's."""
    each = [run["cpu"] for run in results["endurance"]["runs"] if run]
    _, least, most = spread([cpu / each[0] for cpu in each])
    return most, least, most


def once(value: float) -> Spread:
    """A figure that is measured once."""
    return value, value, value


def lost(results: Results) -> Spread:
    """Records that are missing in our log, of a million events."""
    return once(results["lost_records"]["ours"] / results["answers"]["ours"] * 1e6)


GOALS = [
    Goal("throughput / plain proxy, 32 connections", "throughput", ratio("nginx", 32), 0.50, 0.65, True),
    Goal("throughput / plain proxy, 256 connections", "throughput", ratio("nginx", 256), 0.50, 0.65, True),
    Goal("throughput / nginx + Lua, 32 connections", "throughput", ratio("lua", 32), 1.1, 1.5, True),
    Goal("throughput / nginx + Lua, 256 connections", "throughput", ratio("lua", 256), 1.1, 1.5, True),
    Goal("throughput / FastAPI + httpx, 32 connections", "throughput", ratio("fastapi", 32), 90, 120, True, digits=0),
    Goal("CPU per event beyond forwarding", "throughput", beyond_forwarding, 20, 12, unit=" µs", digits=1),
    Goal("p99 added over the proxy, half of our maximum", "latency", added_latency, 2, 1, unit=" ms"),
    Goal("target of 20 ms, 1,024 connections / proxy", "slow-target", slow_target, 0.50, 0.65, True),
    Goal(
        "memory per event in flight there",
        "slow-target",
        lambda results: once(results["slow_target"]["memory"]["ours"] / 1024),
        100,
        48,
        unit=" KiB",
        digits=0,
    ),
    Goal("1,000 mapping files / one", "many-files", beside("many_files", by_cpu), 0.95, None, True),
    Goal(
        "a rule that refuses by `when`",
        "many-rules",
        beside("many_rules", lambda own, other: float(own["cpu"] - other["cpu"]) / RULES),
        None,
        1,
        unit=" µs",
    ),
    Goal(
        "event of 1 MB: CPU",
        "large-event",
        lambda results: spread([run["cpu"] / 1e3 for run in results["large_event"]["runs"]["ours"] if run]),
        15,
        8,
        unit=" ms",
        digits=1,
    ),
    Goal(
        "event of 1 MB: memory",
        "large-event",
        lambda results: once(results["large_event"]["multiple"]["ours"]),
        12,
        6,
        unit="x",
        digits=1,
    ),
    Goal("`check` of 1,000 files", "start", lambda results: spread(results["start"]["check"]), 1, 0.3, unit=" s"),
    Goal(
        "start to first 200",
        "start",
        lambda results: spread([seconds * 1e3 for seconds in results["start"]["seconds"]]),
        100,
        30,
        unit=" ms",
        digits=0,
    ),
    Goal(
        "idle resident memory",
        "start",
        lambda results: spread([memory / 1e6 for memory in results["start"]["idle"]]),
        30,
        15,
        unit=" MB",
        digits=1,
    ),
    Goal("CPU per event, dearest / cheapest of 1 to 1,024 connections", "throughput", flatness, 1.5, 1.1),
    Goal("CPU per event over 10 million events, dearest tenth / first", "endurance", endurance, 1.5, 1.1),
    Goal("log records lost, of a million events", "throughput", lost, 0, None, digits=0),
]


def judged(results: Results) -> Iterator[tuple[Goal, Spread | None]]:
    """Every goal, and what was measured of it, if it was."""
    for goal in GOALS:
        try:
            yield goal, goal.measured(results)
        except (KeyError, ZeroDivisionError, statistics.StatisticsError):
            yield goal, None

"""The results as Markdown, with two pictures."""

import statistics
from pathlib import Path
from typing import Any

from .figures import Goal, Results, Spread, by_throughput, judged, paired, spread
from .plot import Axis, Line, chart, decades, round_ticks

LABELS = {
    "nginx": "nginx, plain proxy",
    "lua": "nginx + Lua",
    "fastapi": "FastAPI + httpx",
    "ours": "nsps-connector",
    "forward": "forwarded untouched",
}

COLOURS = {"nginx": "#4c78a8", "lua": "#d97706", "fastapi": "#54a24b", "ours": "#b23a48", "forward": "#8d6cab"}


def table(head: list[str], rows: list[list[str]]) -> str:
    """In Markdown; the first column is text, the others are figures."""
    marks = ["---", *("---:" for _ in head[1:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, marks, *rows]) + "\n"


def with_spread(values: Spread, digits: int = 0) -> str:
    """Median, and in brackets the least and the most."""
    middle, least, most = (f"{value:,.{digits}f}" for value in values)
    return middle if least == most else f"{middle} ({least}–{most})"


def goals(results: Results) -> str:
    """Goal, must, measured, verdict."""
    rows = []
    for goal, measured in judged(results):
        if measured is None and not results["how"]["whole"]:
            continue
        rows.append([goal.label, goal.text(goal.must), goal.text(goal.goal), *judgement(goal, measured)])
    return table(["", "must", "goal", "measured", "verdict"], rows)


def judgement(goal: Goal, measured: Spread | None) -> list[str]:
    """What was measured, and what that means."""
    if measured is None:
        return ["", f"not measured (`{goal.scenario}`)"]
    return [with_spread(measured, goal.digits) + goal.unit, goal.verdict(measured[0])]


def throughput(runs_of: dict[str, Any]) -> str:
    """Events a second by server and connections, and what they are of the proxy's."""
    connections = list(next(iter(runs_of.values())))
    rows = []
    for name, runs in runs_of.items():
        row = [LABELS[name]]
        for many in connections:
            done = [run for run in runs[many] if run]
            if not done:
                row.append("failed" if runs[many] else "")
                continue
            cell = with_spread(spread([run["throughput"] for run in done]))
            if name != "nginx" and any(runs_of["nginx"][many]):
                share = paired(runs[many], runs_of["nginx"][many], by_throughput)[0]
                cell += f"; {share:.3f}" if share < 0.1 else f"; {share:.2f}"
            row.append(cell)
        rows.append(row)
    return table(["events/s (least–most); ratio to the proxy", *connections], rows)


def figures_of(runs_of: dict[str, Any], figure: str, scale: float, digits: int, title: str) -> str:
    """One figure by server and connections: medians."""
    connections = list(next(iter(runs_of.values())))
    rows = []
    for name, runs in runs_of.items():
        done = {many: [run[figure] * scale for run in runs[many] if run] for many in connections}
        cells = [f"{statistics.median(values):,.{digits}f}" if values else "" for values in done.values()]
        rows.append([LABELS[name], *cells])
    return table([title, *connections], rows)


def latency(measured: dict[str, Any]) -> str:
    """Open loop, by rate."""
    how = f"Medians of {measured['rounds']} rounds of {measured['seconds']:g} s each.\n\n"
    rows = []
    for name, by_share in measured["runs"].items():
        for share, runs in by_share.items():
            done = [run for run in runs if run]
            if done:
                times = [f"{statistics.median(run[p] for run in done) / 1e3:.2f}" for p in ("p50", "p99", "p999")]
                rows.append([LABELS[name], f"{float(share) * measured['maximum']:,.0f}", *times])
    return how + table(["", "events/s", "p50 ms", "p99 ms", "p99.9 ms"], rows)


def slow_target(measured: dict[str, Any]) -> str:
    """What comes through, and what is held meanwhile."""
    rows = []
    for name, runs in measured["runs"].items():
        done = [run["throughput"] for run in runs if run]
        rate = with_spread(spread(done)) if done else "failed"
        rows.append([LABELS[name], rate, f"{measured['memory'][name] / 1024:,.0f}"])
    return table(["1,024 connections", "events/s", "KiB per event in flight"], rows)


def large_event(measured: dict[str, Any]) -> str:
    """Time and memory."""
    rows = []
    for name, runs in measured["runs"].items():
        done = [run["cpu"] / 1e3 for run in runs if run]
        cpu = with_spread(spread(done), 2) if done else "failed"
        rows.append([LABELS[name], cpu, f"{measured['multiple'][name]:.1f}"])
    return table(["one at a time", "CPU per event, ms", "memory, times the event"], rows)


def endurance(measured: dict[str, Any]) -> str:
    """Ten stretches, one after the other."""
    rows = []
    for number, (run, memory) in enumerate(zip(measured["runs"], measured["memory"], strict=True), 1):
        figures = [f"{run['throughput']:,.0f}", f"{run['cpu']:.1f}"] if run else ["failed", ""]
        rows.append([str(number), *figures, f"{memory / 1e6:.1f}"])
    return table(["tenth", "events/s", "CPU per event, µs", "resident MB"], rows)


def pictures(results: Results) -> dict[str, str]:
    """By file name."""
    drawn = {}
    if "throughput" in results:
        lines, ticks = [], [float(many) for many in next(iter(results["throughput"].values()))]
        for name, runs in results["throughput"].items():
            medians = {many: [run["throughput"] for run in each if run] for many, each in runs.items()}
            points = [(float(many), statistics.median(each)) for many, each in medians.items() if each]
            lines.append(Line(LABELS[name], COLOURS[name], points))
        up = Axis("events a second", round_ticks(max(y for line in lines for _, y in line.points)))
        across = Axis("connections", ticks, logarithmic=True)
        drawn["throughput.svg"] = chart("Throughput by concurrency, server on one core", across, up, lines)
    if "latency" in results:
        lines = []
        for name, by_share in results["latency"]["runs"].items():
            most = results["latency"]["maximum"]
            times = {share: [run["p99"] / 1e3 for run in runs if run] for share, runs in by_share.items()}
            points = [(float(share) * most, statistics.median(each)) for share, each in times.items() if each]
            lines.append(Line(LABELS[name], COLOURS[name], points))
        points = [point for line in lines for point in line.points]
        across = Axis("events a second, at a constant rate", round_ticks(max(x for x, _ in points)))
        seen = [y for _, y in points]
        up = Axis("99th percentile, ms", decades(min(seen), max(seen)), logarithmic=True)
        drawn["latency.svg"] = chart("Latency by rate, open loop, server on one core", across, up, lines)
    return drawn


def sections(results: Results) -> list[str]:
    """The tables, each under its title."""
    parts = ["## Goals\n", goals(results)]
    if "throughput" in results:
        runs = results["throughput"]
        parts += ["## One core for the server, by connections\n", "![Throughput by concurrency](throughput.svg)\n"]
        parts.append(throughput(runs))
        parts.append(figures_of(runs, "cpu", 1, 1, "CPU per event, µs"))
        parts.append(figures_of(runs, "p50", 1e-3, 2, "p50, ms"))
        parts.append(figures_of(runs, "p99", 1e-3, 2, "p99, ms"))
        parts.append(figures_of(runs, "p999", 1e-3, 2, "p99.9, ms"))
        parts.append(figures_of(runs, "busy", 100, 0, "core used by the server, %"))
    if "unpinned" in results:
        parts += ["## All cores, shared with client and target\n", throughput(results["unpinned"])]
        parts.append(figures_of(results["unpinned"], "cpu", 1, 1, "CPU per event, µs"))
    if "latency" in results:
        parts += ["## At a constant rate\n", "![Latency by rate](latency.svg)\n", latency(results["latency"])]
    if "slow_target" in results:
        parts += ["## A target that takes 20 ms\n", slow_target(results["slow_target"])]
    if "large_event" in results:
        parts += ["## An event of 1 MB\n", large_event(results["large_event"])]
    if "endurance" in results:
        parts += ["## Many events in a row\n", endurance(results["endurance"])]
    return parts


def write(results: Results, folder: Path) -> None:
    """The results and the pictures, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    how = results["how"]
    machine = table(["", ""], [[name, value] for name, value in results["machine"].items()])
    intro = (
        "# Results\n\n"
        f"By `benches/compare/run`: medians of {how['rounds']} interleaved rounds of {how['seconds']:g} s each. "
        "What is measured, and how, is told in [README.md](README.md).\n"
    )
    failures = [f"- {failure}" for failure in results["failures"]]
    parts = [intro, *sections(results), "## Machine\n", machine.replace("---:", "---")]
    if failures:
        parts += ["## Runs that failed\n", "\n".join(failures) + "\n"]
    (folder / "RESULTS.md").write_text("\n".join(parts))
    for name, picture in pictures(results).items():
        (folder / name).write_text(picture)

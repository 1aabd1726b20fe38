"""Line charts as SVG, without a library: a few lines, two axes, and a legend at the ends of the lines."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 44, 56


@dataclass(frozen=True)
class Line:
    """One line: its name, its colour, and its points."""

    name: str
    colour: str
    points: list[tuple[float, float]]


@dataclass(frozen=True)
class Axis:
    """What is told along it, and whether each step doubles, or multiplies by ten."""

    title: str
    ticks: list[float]
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """How far along it a value is, from 0 to 1."""
        place: Callable[[float], float] = math.log if self.logarithmic else float
        least, most = place(self.ticks[0]), place(self.ticks[-1])
        return (place(value) - least) / (most - least) if most > least else 0.5


def round_ticks(most: float) -> list[float]:
    """From zero in about five round steps."""
    step = 10 ** math.floor(math.log10(most / 4)) if most > 0 else 1
    step *= next(factor for factor in (1, 2, 5, 10) if most / (step * factor) <= 6)
    return [step * number for number in range(math.ceil(most / step) + 1)]


def decades(least: float, most: float) -> list[float]:
    """Powers of ten around both."""
    first, last = math.floor(math.log10(least)), math.ceil(math.log10(most))
    return [10.0**power for power in range(first, max(last, first + 1) + 1)]


def number(value: float) -> str:
    """As short as it can be read."""
    thousands = value / 1000
    return f"{thousands:g}k" if value >= 1000 and round(thousands, 1) == thousands else f"{value:g}"


def apart(places: list[float], distance: float = 15) -> list[float]:
    """Ascending places, moved so that names beside them do not lie upon each other."""
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + distance) if moved else place)
    lowest: float = HEIGHT - BOTTOM
    for index in range(len(moved) - 1, -1, -1):
        moved[index] = min(moved[index], lowest)
        lowest = moved[index] - distance
    return moved


def chart(title: str, across: Axis, up: Axis, lines: list[Line]) -> str:
    """The picture, as text."""
    inner_width, inner_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(value: float) -> float:
        return LEFT + inner_width * across.share(value)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - inner_height * up.share(value)

    def text(at: tuple[float, float], words: str, more: str = "") -> str:
        return f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" {more}>{escape(words)}</text>'

    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="12" fill="#333">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        text((LEFT, 24), title, 'font-size="15"'),
        text((LEFT + inner_width / 2, HEIGHT - 14), across.title, 'text-anchor="middle"'),
        text((0, 0), up.title, f'text-anchor="middle" transform="translate(16 {TOP + inner_height / 2}) rotate(-90)"'),
    ]
    for tick in up.ticks:
        drawn.append(f'<path d="M{LEFT} {y(tick):.1f}h{inner_width}" stroke="#ddd"/>')
        drawn.append(text((LEFT - 8, y(tick) + 4), number(tick), 'text-anchor="end"'))
    for tick in across.ticks:
        drawn.append(f'<path d="M{x(tick):.1f} {HEIGHT - BOTTOM}v5" stroke="#333"/>')
        drawn.append(text((x(tick), HEIGHT - BOTTOM + 18), number(tick), 'text-anchor="middle"'))
    shown = sorted((line for line in lines if line.points), key=lambda line: y(line.points[-1][1]))
    for line, place in zip(shown, apart([y(line.points[-1][1]) for line in shown]), strict=True):
        way = " ".join(f"{x(across_):.1f},{y(up_):.1f}" for across_, up_ in line.points)
        drawn.append(f'<polyline points="{way}" fill="none" stroke="{line.colour}" stroke-width="2"/>')
        drawn += [f'<circle cx="{x(a):.1f}" cy="{y(u):.1f}" r="3" fill="{line.colour}"/>' for a, u in line.points]
        drawn.append(text((LEFT + inner_width + 10, place + 4), line.name, f'fill="{line.colour}"'))
    return "\n".join([*drawn, "</svg>", ""])

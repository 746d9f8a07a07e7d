"""Charts as SVG: the flooded area under its rain, hydrographs at gauges, bars."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

W, H = 380, 165
LEFT, RIGHT, TOP, BOTTOM = 40, 34, 16, 26
SHADES = ("#1864ab", "#c2255c", "#2b8a3e", "#e8590c", "#6741d9", "#0c8599")

type Series = tuple[str, Sequence[float], Sequence[float]]  # name, minutes, values


def nice(top: float) -> float:
    """The next round number from ``top`` on: 1, 2, 2.5 or 5 times a power of ten."""
    if top <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(top))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= top * 0.999)


def over_time(
    series: Sequence[Series],
    unit: str,
    minutes_word: str,
    *,
    filled: bool = False,
    rain: tuple[Sequence[float], Sequence[float]] | None = None,
    rain_word: str = "",
) -> str:
    """Lines over minutes; ``rain`` (start minutes, mm/h) hangs from the top on an axis of its own."""
    end = max(max(minutes) for _, minutes, _ in series)
    low = min(0.0, *(min(values) for _, _, values in series))
    most = max(max(values) for _, _, values in series) * (1.45 if rain else 1.0)
    step = nice(max(most, -low, 1e-3) / 4.5)
    low, top = step * math.floor(low / step), step * max(math.ceil(most / step), 1)

    def x(minute: float) -> float:
        return LEFT + (W - LEFT - RIGHT) * minute / max(end, 1e-9)

    def y(value: float) -> float:
        return TOP + (H - TOP - BOTTOM) * (top - value) / (top - low)

    parts = [_frame(low, top, step, end, unit, minutes_word)]
    if rain is not None:
        parts.append(_rain(rain, end, rain_word))
    for number, (_, minutes, values) in enumerate(series):
        shade = SHADES[number % len(SHADES)]
        points = " ".join(f"{x(m):.1f},{y(v):.1f}" for m, v in zip(minutes, values, strict=True))
        if filled:
            foot = f"{x(minutes[-1]):.1f},{y(0):.1f} {x(minutes[0]):.1f},{y(0):.1f}"
            parts.append(f'<polygon points="{points} {foot}" fill="{shade}" fill-opacity=".18"/>')
        parts.append(f'<polyline points="{points}" fill="none" stroke="{shade}" stroke-width="2"/>')
    return f'<svg viewBox="0 0 {W} {H}" role="img">{"".join(parts)}</svg>'


def legend(series: Sequence[Series]) -> str:
    """Names beside their colours."""
    items = (
        f'<span><i style="background:{SHADES[number % len(SHADES)]}"></i>{escape(name)}</span>'
        for number, (name, _, _) in enumerate(series)
    )
    return f'<div class="key">{"".join(items)}</div>'


def _frame(low: float, top: float, step: float, end: float, unit: str, minutes_word: str) -> str:
    parts = []
    for value in np.arange(low, top + step / 2, step):
        place = TOP + (H - TOP - BOTTOM) * (top - value) / (top - low)
        parts.append(f'<line x1="{LEFT}" x2="{W - RIGHT}" y1="{place:.1f}" y2="{place:.1f}" class="grid"/>')
        parts.append(f'<text x="{LEFT - 5}" y="{place + 3.5:.1f}" class="r">{value:.4g}</text>')
    pace = next(s for s in (5, 10, 15, 20, 30, 60, 120, 180, 360, 720, 1440, 1e9) if end / s <= 7)
    for minute in np.arange(0, end + 0.01, pace):
        place = LEFT + (W - LEFT - RIGHT) * minute / max(end, 1e-9)
        parts.append(f'<text x="{place:.1f}" y="{H - BOTTOM + 13}" class="m">{minute:g}</text>')
    parts.append(f'<text x="{LEFT}" y="{TOP - 6}" class="r u">{escape(unit)}</text>')
    parts.append(f'<text x="{W - RIGHT}" y="{H - 2}" class="r">{escape(minutes_word)}</text>')
    return "".join(parts)


def _rain(rain: tuple[Sequence[float], Sequence[float]], end: float, word: str) -> str:
    """Bars from the top, over the upper third of the chart."""
    starts, rates = rain
    most = nice(max(rates) if len(rates) else 1.0)
    deep = (H - TOP - BOTTOM) * 0.36
    edges = [*starts, end]
    parts = [f'<text x="{W - 2}" y="{TOP - 6}" class="r">{escape(word)}</text>']
    for number, rate in enumerate(rates):
        if rate <= 0 or edges[number] >= end:
            continue
        left = LEFT + (W - LEFT - RIGHT) * edges[number] / end
        right = LEFT + (W - LEFT - RIGHT) * min(edges[number + 1], end) / end
        tall = deep * rate / most
        parts.append(
            f'<rect x="{left:.1f}" y="{TOP}" width="{max(right - left - 0.6, 0.6):.1f}" height="{tall:.1f}" '
            'fill="#74a9d8"/>'
        )
    for share in (0.5, 1.0):
        parts.append(f'<text x="{W - RIGHT + 4}" y="{TOP + deep * share + 3:.1f}">{most * share:.4g}</text>')
    return "".join(parts)


def bars(rows: Sequence[tuple[str, float, str, str]]) -> str:
    """Horizontal bars: label, value, told value, colour."""
    most = max((value for _, value, _, _ in rows), default=0.0) or 1.0
    cells = "".join(
        f'<div class="bar"><span>{escape(label)}</span><b><i style="width:{100 * value / most:.1f}%;background:{shade}">'
        f"</i></b><em>{escape(told)}</em></div>"
        for label, value, told, shade in rows
    )
    return f'<div class="bars">{cells}</div>'

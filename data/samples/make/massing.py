"""How buildings stand on a piece of land: rows, chunks, courts, ovals. All return plain footprints."""

from __future__ import annotations

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import LineString, Polygon, box

from .shapes import Box, box_of, largest, polygons, rectangle
from .uses import halves

Draw = np.random.Generator


def south(shape: Polygon, most: float = 28.0) -> float:
    """Direction of facades (radians from east): along the land where that still looks about south."""
    degrees = (np.degrees(box_of(shape).angle) + 45.0) % 90.0 - 45.0
    return float(np.radians(degrees if abs(degrees) <= most else np.sign(degrees) * 12.0))


def inset(shape: Polygon, distance: float) -> list[Polygon]:
    return polygons(shape.buffer(-distance, join_style="mitre"))


def turned(shape: Polygon, angle: float) -> Polygon:
    return affinity.rotate(shape, angle, origin=(0, 0), use_radians=True)


def _clear(shape: Polygon, y0: float, y1: float) -> list[tuple[float, float]]:
    """Stretches in x where the band from y0 to y1 lies inside a shape."""
    low, _, high, _ = shape.bounds
    spans = [(low, high)]
    for y in (y0, (y0 + y1) / 2, y1):
        line = shapely.intersection(shape, LineString([(low - 1, y), (high + 1, y)]))
        found = [(g.bounds[0], g.bounds[2]) for g in shapely.get_parts(line) if g.length > 1]
        spans = [(max(a, c), min(b, d)) for a, b in spans for c, d in found if min(b, d) - max(a, c) > 4]
    return spans


def _along(a: float, b: float, length: float, side: float) -> list[tuple[float, float]]:
    """A stretch filled with even pieces about ``length`` long, ``side`` apart."""
    number = max(1, round((b - a + side) / (length + side)))
    size = min((b - a + side) / number - side, 1.35 * length)
    if size < 0.5 * length:
        return []
    if number == 1:
        middle = (a + b) / 2
        return [(middle - size / 2, middle + size / 2)]
    pitch = (b - a - size) / (number - 1)
    return [(a + n * pitch, a + n * pitch + size) for n in range(number)]


def rows(
    shape: Polygon, angle: float, depth: float, gap: float, length: float, side: float, draw: Draw
) -> list[Polygon]:
    """Rows of slabs: ``depth`` deep, ``gap`` between rows, about ``length`` long with ``side`` between ends (m)."""
    flat = turned(shape, -angle)
    _, low, _, high = flat.bounds
    count = int((high - low + gap) // (depth + gap))
    if count < 1:
        return []
    slack = min((high - low - count * depth - (count - 1) * gap) / count, 0.6 * gap)
    first = low + (high - low - count * depth - (count - 1) * (gap + slack)) / 2
    out = []
    for k in range(count):
        y = first + k * (depth + gap + slack)
        for a, b in _clear(flat, y, y + depth):
            for x0, x1 in _along(a, b, length, side):
                trim = (x1 - x0) * draw.uniform(0.0, 0.04)
                out.append(box(x0 + trim, y, x1 - trim, y + depth))
    shell = flat.buffer(0.3)
    return [turned(g, angle) for g in out if shell.contains(g)]


def notched(shape: Polygon, angle: float, draw: Draw) -> Polygon:
    """A tower's plan: a notch between the flats on its south side."""
    flat = turned(shape, -angle)
    x0, y0, x1, _ = flat.bounds
    width = x1 - x0
    notch = box(x0 + 0.38 * width, y0 - 1, x0 + 0.62 * width, y0 + draw.uniform(2.5, 4.5))
    return turned(largest(flat.difference(notch)), angle)


def chunks(shape: Polygon, target: float, gap: float, draw: Draw, jitter: float = 0.04) -> list[Polygon]:
    """The land cut into lots of about ``target`` m2, each built on but for half a gap around."""
    out = []
    for lot in halves(shape, target, draw, jitter):
        body = largest(lot.buffer(-gap / 2, join_style="mitre"))
        if body.area > 0.25 * target and box_of(body).short > 4.5:
            out.append(body.simplify(0.2))
    return out


def court(shape: Polygon, wing: float) -> Polygon:
    """A house around a court: wings ``wing`` deep on all sides, or the solid shape where it is too small."""
    inner = largest(shape.buffer(-wing, join_style="mitre"))
    if inner.area < 25:
        return shape
    b = box_of(inner)
    gate = rectangle(b.x, b.y - b.short, 2.4, 2 * b.short + 2 * wing, b.angle)
    return largest(shape.difference(inner).difference(gate))


def oval(b: Box, long: float, short: float) -> Polygon:
    """An ellipse about a box's centre along its long side."""
    t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    unit = Polygon(np.column_stack([np.cos(t) * long / 2, np.sin(t) * short / 2]))
    return affinity.translate(turned(unit, b.angle), b.x, b.y)


def tower_on(lot: Polygon, most: tuple[float, float], size: float, side: int) -> tuple[Polygon, Polygon]:
    """A podium in the middle of a lot and a tower at one of its ends: the tower, and the podium around it."""
    b = box_of(lot)
    long, short = min(b.long, most[0]), min(b.short, most[1])
    podium = largest(rectangle(b.x, b.y, long, short, b.angle).intersection(lot))
    reach = side * max(0.0, long / 2 - size / 2 - 1.5)
    x, y = b.x + np.cos(b.angle) * reach, b.y + np.sin(b.angle) * reach
    tower = largest(rectangle(x, y, size, min(size, short - 3), b.angle).intersection(podium))
    return tower, largest(podium.difference(tower.buffer(0.02, join_style="mitre")))


def track(shape: Polygon) -> Polygon | None:
    """A running track on the land: 400, 300 or 200 m where one fits beside room for buildings, else none."""
    b = box_of(shape)
    inner = shape.buffer(-5)
    for long, short in ((176.0, 96.0), (138.0, 76.0), (96.0, 52.0), (74.0, 40.0)):
        if short + 10 > b.short or long * short > 0.46 * shape.area:
            continue
        for across in (np.pi / 2, 0.0):
            reach = (short if across else long) / 2 + 6
            for away in (b.long / 2 - reach, reach - b.long / 2):
                x, y = b.x + np.cos(b.angle) * away, b.y + np.sin(b.angle) * away
                core = rectangle(x, y, long - short, 0.5, b.angle + across)
                made = core.buffer(short / 2 - 0.25, quad_segs=6)
                if inner.contains(made):
                    return made
    return None

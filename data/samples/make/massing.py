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


def _clear(shape: Polygon, y0: float, y1: float) -> list[tuple[float, float]]:
    """Stretches in x where the band from y0 to y1 lies inside a shape."""
    low, _, high, _ = shape.bounds
    spans = [(low, high)]
    for y in (y0, (y0 + y1) / 2, y1):
        line = shapely.intersection(shape, LineString([(low - 1, y), (high + 1, y)]))
        found = [(g.bounds[0], g.bounds[2]) for g in shapely.get_parts(line) if g.length > 1]
        spans = [(max(a, c), min(b, d)) for a, b in spans for c, d in found if min(b, d) - max(a, c) > 4]
    return spans


def rows(
    shape: Polygon, angle: float, depth: float, gap: float, length: float, side: float, draw: Draw
) -> list[Polygon]:
    """Rows of slabs: ``depth`` deep, ``gap`` between rows, about ``length`` long with ``side`` between ends (m)."""
    flat = affinity.rotate(shape, -angle, origin=(0, 0), use_radians=True)
    _, low, _, high = flat.bounds
    count = int((high - low + gap) // (depth + gap))
    if count < 1:
        return []
    slack = (high - low - count * depth - (count - 1) * gap) / max(count, 1)
    out = []
    for k in range(count):
        y = low + slack / 2 + k * (depth + gap + slack)
        for a, b in _clear(flat, y, y + depth):
            number = max(1, round((b - a + side) / (length + side)))
            size = (b - a + side) / number - side
            if size > 1.35 * length:
                size = length
            if size < 0.45 * length:
                continue
            pitch = (b - a - size) / max(number - 1, 1)
            for n in range(number):
                x = a + n * pitch if number > 1 else (a + b - size) / 2
                trim = size * draw.uniform(0.92, 1.0)
                out.append(box(x + (size - trim) / 2, y, x + (size + trim) / 2, y + depth))
    good = [g for g in out if flat.buffer(0.3).contains(g)]
    return [affinity.rotate(g, angle, origin=(0, 0), use_radians=True) for g in good]


def towers(
    shape: Polygon, angle: float, size: tuple[float, float], gap: tuple[float, float], draw: Draw
) -> list[Polygon]:
    """Point blocks in staggered rows; the corner notches make the plan of a lift core with four flats."""
    width, depth = size
    flat = affinity.rotate(shape, -angle, origin=(0, 0), use_radians=True)
    x0, y0, x1, y1 = flat.bounds
    nx = max(1, int((x1 - x0 + gap[0]) // (width + gap[0])))
    ny = max(1, int((y1 - y0 + gap[1]) // (depth + gap[1])))
    px = (x1 - x0 - width) / max(nx - 1, 1)
    py = (y1 - y0 - depth) / max(ny - 1, 1)
    shell, out = flat.buffer(0.3), []
    for j in range(ny):
        shift = 0.0 if j % 2 == 0 or nx < 3 else min(px / 2, 22.0)
        for i in range(nx):
            x, y = x0 + i * px + shift, y0 + j * py + (0 if ny > 1 else (y1 - y0 - depth) / 2)
            body = box(x, y, x + width, y + depth)
            if not shell.contains(body):
                continue
            notch = draw.uniform(2.5, 4.5)
            body = body.difference(box(x + width * 0.38, y, x + width * 0.62, y + notch))
            out.append(affinity.rotate(largest(body), angle, origin=(0, 0), use_radians=True))
    return out


def chunks(shape: Polygon, target: float, gap: float, draw: Draw, jitter: float = 0.04) -> list[Polygon]:
    """The land cut into lots of about ``target`` m2, each built on but for half a gap around."""
    out = []
    for lot in halves(shape, target, draw, jitter):
        body = largest(lot.buffer(-gap / 2, join_style="mitre"))
        if body.area > 0.3 * target and box_of(body).short > 4.5:
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


def ring(b: Box, long: float, short: float, hole: float) -> Polygon:
    """A stadium: an oval about a box's centre with an oval pitch of share ``hole`` left open."""
    unit = Polygon([(np.cos(t), np.sin(t)) for t in np.linspace(0, 2 * np.pi, 40, endpoint=False)])

    def oval(k: float) -> Polygon:
        grown = affinity.scale(unit, long / 2 * k, short / 2 * k, origin=(0, 0))
        return affinity.translate(affinity.rotate(grown, b.angle, origin=(0, 0), use_radians=True), b.x, b.y)

    return oval(1.0).difference(oval(hole)) if hole else oval(1.0)


def track(shape: Polygon) -> Polygon | None:
    """A running track on the land: 400, 300 or 200 m where one fits beside room for buildings, else none."""
    b = box_of(shape)
    for long, short in ((176.0, 96.0), (138.0, 76.0), (96.0, 52.0)):
        if short + 10 > b.short or long * short > 0.5 * shape.area:
            continue
        for across in (np.pi / 2, 0.0):
            reach = (short if across else long) / 2 + 6
            for side in (1, -1):
                away = side * (b.long / 2 - reach)
                x, y = b.x + np.cos(b.angle) * away, b.y + np.sin(b.angle) * away
                core = rectangle(x, y, long - short, 1.0, b.angle + across)
                oval = core.buffer(short / 2 - 0.5, quad_segs=6)
                if shape.buffer(-3).contains(oval):
                    return oval
    return None

"""How a block is divided: the rule of its zone, after the plan's sites took theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon

from . import plan
from .frame import rng
from .graph import links
from .names import ESTATES, VIRTUES
from .plan import RANK, WIDTHS
from .shapes import box_of, chord, cut, polygons
from .sites import Site

Draw = np.random.Generator


@dataclass
class Piece:
    shape: Polygon
    zone: str
    site: Site | None = None
    use: str = ""
    name: str = ""


def halves(shape: Polygon, limit: float, draw: Draw, jitter: float = 0.05) -> list[Polygon]:
    """A shape in pieces below ``limit`` m2 by cuts across the long side, as owners divide land."""
    done, pending = [], [shape]
    while pending:
        part = pending.pop()
        if part.area < limit * draw.uniform(0.8, 1.35):
            done.append(part)
            continue
        pieces = _halve(part, draw, jitter)
        if pieces:
            pending += pieces
        else:
            done.append(part)
    return done


def _halve(part: Polygon, draw: Draw, jitter: float) -> list[Polygon]:
    """Two or more fair pieces of a shape, or none where five tries gave none."""
    b = box_of(part)
    for k in range(5):
        along = np.array([np.cos(b.angle), np.sin(b.angle)]) * b.long * draw.normal(0, 0.04 + jitter)
        turn = draw.normal(0, jitter + 0.1 * k)
        line = chord(part, (b.x + along[0], b.y + along[1]), b.angle + np.pi / 2 + turn)
        pieces = cut(part, line) if line is not None else []
        if len(pieces) > 1 and min(p.area for p in pieces) > 0.15 * part.area:
            return pieces
    return []


@cache
def _roads() -> tuple[shapely.STRtree, tuple[int, ...], tuple[float, ...]]:
    made = links()
    return (
        shapely.STRtree([k.line for k in made]),
        tuple(RANK[k.kind] for k in made),
        tuple(WIDTHS[k.kind] / 2 for k in made),
    )


def front(shape: Polygon) -> tuple[int, LineString | None]:
    """The rank and line of the most important street along a piece of land; 9 where none is near."""
    tree, rank, half = _roads()
    near = [
        i for i in tree.query(shape.buffer(32)).tolist() if tree.geometries[i].distance(shape) < half[i] + 4
    ]
    near = [i for i in near if tree.geometries[i].intersection(shape.buffer(half[i] + 8)).length > 40]
    if not near:
        return 9, None
    best = min(
        near, key=lambda i: (rank[i], -tree.geometries[i].intersection(shape.buffer(half[i] + 8)).length)
    )
    return rank[best], tree.geometries[best]


def strip(shape: Polygon, depth: float) -> tuple[list[Polygon], list[Polygon]]:
    """The land within ``depth`` of the main frontage, and the rest."""
    rank, line = front(shape)
    if line is None or rank > 3:
        return [], [shape]
    reach = line.distance(shape)
    band = line.buffer(reach + depth, cap_style="flat")
    near = [p for p in polygons(shape.intersection(band)) if p.area > 700]
    rest = [p for p in polygons(shape.difference(shapely.union_all(near))) if p.area > 1]
    if not near or not rest or min(p.area for p in rest) < 900:
        return [], [shape]
    return near, rest


@cache
def _estate_names() -> Iterator[str]:
    draw = rng("estate names")
    first = [ESTATES[i] for i in draw.permutation(len(ESTATES))]
    second = [
        f"{VIRTUES[i]}{end}"
        for end in ("花园", "小区", "家园", "苑", "新村")
        for i in draw.permutation(len(VIRTUES))
    ]
    return iter([*first, *second])


def _plain(parts: list[Polygon], piece: Piece, uses: dict[str, float], draw: Draw) -> list[Piece]:
    codes, weights = list(uses), np.array(list(uses.values()))
    picked = draw.choice(len(codes), len(parts), p=weights / weights.sum())
    return [Piece(p, piece.zone, None, codes[k]) for p, k in zip(parts, picked, strict=True)]


def _estate(piece: Piece, draw: Draw) -> list[Piece]:
    """A gated estate, with shops along the main street, a kindergarten or a pocket park cut off its end."""
    out: list[Piece] = []
    rest = [piece.shape]
    old = piece.zone == "old_res"
    if piece.shape.area > 11_000 and draw.random() < (0.55 if old else 0.4):
        near, rest = strip(piece.shape, draw.uniform(24, 34) if old else draw.uniform(34, 48))
        out += [
            Piece(p, piece.zone, None, "090101")
            for n in near
            for p in halves(n, 5_000 if old else 9_000, draw)
        ]
    for part in rest:
        if part.area > 24_000 and draw.random() < 0.5:
            b = box_of(part)
            share = min(4_500 / part.area, 0.3)
            side = draw.choice([-1, 1]) * (0.5 - share) * b.long
            line = chord(
                part, (b.x + np.cos(b.angle) * side, b.y + np.sin(b.angle) * side), b.angle + np.pi / 2
            )
            pieces = cut(part, line) if line is not None else [part]
            small = min(pieces, key=lambda g: g.area)
            if len(pieces) == 2 and 2_500 < small.area < 9_000:
                use = str(draw.choice(["080404", "1401", "0702"], p=[0.55, 0.25, 0.2]))
                out.append(Piece(small, piece.zone, None, use))
                part = max(pieces, key=lambda g: g.area)
        limit = 15_000 if old else 42_000
        for home in halves(part, limit, draw):
            use = "070102" if home.area > 2_500 else "070103" if old else "1401"
            name = next(_estate_names()) if home.area > 6_000 else ""
            out.append(Piece(home, piece.zone, None, use, name))
    return out


def _old_town(piece: Piece, draw: Draw) -> list[Piece]:
    shops, rest = strip(piece.shape, 17.0) if front(piece.shape)[0] <= 2 else ([], [piece.shape])
    out = [Piece(p, piece.zone, None, "090101") for s in shops for p in halves(s, 1_800, draw, 0.1)]
    for part in rest:
        out += _plain(
            halves(part, 3_600, draw, 0.12),
            piece,
            {"070103": 0.86, "090101": 0.06, "0702": 0.03, "1401": 0.03, "080302": 0.02},
            draw,
        )
    return out


def _business(piece: Piece, draw: Draw) -> list[Piece]:
    parts = halves(piece.shape, 9_500, draw)
    return _plain(
        parts,
        piece,
        {"0902": 0.5, "090101": 0.2, "090104": 0.08, "070102": 0.12, "1403": 0.05, "1401": 0.05},
        draw,
    )


def _works(limit: float, uses: dict[str, float]) -> Callable[[Piece, Draw], list[Piece]]:
    def rule(piece: Piece, draw: Draw) -> list[Piece]:
        return _plain(halves(piece.shape, limit, draw, 0.02), piece, uses, draw)

    return rule


def _village(piece: Piece, draw: Draw) -> list[Piece]:
    return _plain(
        halves(piece.shape, 9_000, draw, 0.15),
        piece,
        {"070301": 0.68, "0201": 0.1, "0103": 0.12, "1704": 0.06, "0304": 0.04},
        draw,
    )


def _farm(piece: Piece, draw: Draw, main: str) -> list[Piece]:
    """Fields in strips: mostly the kind of the whole stretch, with a pond, a grove or sheds among it."""
    others = {"0101": 0.05, "0103": 0.06, "1704": 0.05, "0301": 0.05, "060201": 0.02, "0201": 0.03}
    uses = {**others, main: others.get(main, 0.0) + 0.74}
    return _plain(halves(piece.shape, 17_000, draw, 0.03), piece, uses, draw)


def _country(piece: Piece, draw: Draw) -> list[Piece]:
    """Open country: fields, or a village where the middle of a stretch lies in one."""
    kinds = ["0101", "0103", "0201", "1704", "0102"]
    main = str(draw.choice(kinds, p=[0.54, 0.16, 0.1, 0.1, 0.1]))
    out = []
    for land in halves(piece.shape, 26_000, draw, 0.03):
        at = land.representative_point()
        zone = "village" if plan.zone_at(at.x, at.y) == "village" else "farm"
        part = Piece(land, zone)
        out += _village(part, draw) if zone == "village" else _farm(part, draw, main)
    return out


RULES: dict[str, Callable[[Piece, Draw], list[Piece]]] = {
    "old_town": _old_town,
    "old_res": _estate,
    "res": _estate,
    "new_res": _estate,
    "cbd": _business,
    "station": _works(14_000, {"0902": 0.25, "090101": 0.2, "070102": 0.3, "120803": 0.1, "090104": 0.15}),
    "campus": _works(80_000, {"080401": 0.84, "1401": 0.16}),
    "hightech": _works(26_000, {"100101": 0.62, "0802": 0.22, "0902": 0.1, "1402": 0.06}),
    "logistics": _works(55_000, {"110101": 0.75, "100102": 0.15, "1208": 0.1}),
    "industry": _works(42_000, {"100102": 0.74, "100101": 0.12, "110101": 0.08, "16": 0.06}),
    "village": _country,
    "farm": _country,
}


def subdivide(piece: Piece, draw: Draw) -> list[Piece]:
    """The parcels of a piece, each with its code: the site's own, or those of the zone."""
    if piece.site is not None:
        return [Piece(piece.shape, piece.zone, piece.site, piece.site.use, piece.site.name)]
    if min(box_of(piece.shape).short, piece.shape.area / 40) < 16 and piece.zone not in ("farm", "village"):
        return [Piece(piece.shape, piece.zone, None, "1402")]
    return RULES[piece.zone](piece, draw)

"""Buildings on the parcels: what stands there, how high, how old; nothing overlaps, nothing leaves its parcel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
from shapely.geometry import Polygon, box

from .frame import lay, rng
from .land import Parcel, parcels
from .massing import chunks, court, inset, ring, rows, south, towers, track
from .shapes import box_of, largest, polygons, rectangle
from .units import cells

Draw = np.random.Generator
CENTRE = (3300.0, 2650.0)


@dataclass
class Building:
    shape: Polygon
    use: str
    floors: int
    storey: float = 3.0
    name: str = ""
    year: int = 2005
    structure: str = "concrete"
    below: int = 0
    parcel: int = -1

    @property
    def height(self) -> float:
        return round(self.floors * self.storey + 0.6, 1)


Rule = Callable[[Parcel, Polygon, Draw], list[Building]]


def _flats(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    """An estate of one design: walk-up slabs, lift slabs or towers, by zone; its name goes on the numbered blocks."""
    kinds = {
        "old_town": [("walkup", 1.0)],
        "old_res": [("walkup", 0.85), ("mid", 0.1), ("tower", 0.05)],
        "res": [("walkup", 0.38), ("mid", 0.34), ("slab", 0.2), ("tower", 0.08)],
        "new_res": [("mid", 0.2), ("slab", 0.36), ("tower", 0.36), ("villa", 0.08)],
    }.get(p.zone, [("slab", 0.5), ("tower", 0.5)])
    kind = str(draw.choice([k for k, _ in kinds], p=[w for _, w in kinds]))
    if land.area < 5_000 and kind in ("slab", "tower", "villa"):
        kind = "mid"
    angle = south(land)
    year = int(
        draw.integers(
            *{"walkup": (1982, 2002), "mid": (2000, 2014), "villa": (2004, 2016)}.get(kind, (2009, 2024))
        )
    )
    if kind == "walkup":
        made, floors = (
            rows(land, angle, 11.5, draw.uniform(17, 21), draw.uniform(38, 56), 8.0, draw),
            int(draw.integers(5, 8)),
        )
    elif kind == "mid":
        made, floors = (
            rows(land, angle, 13.5, draw.uniform(27, 32), draw.uniform(36, 52), 11.0, draw),
            int(draw.integers(9, 12)),
        )
    elif kind == "slab":
        made, floors = (
            rows(land, angle, 15.0, draw.uniform(38, 46), draw.uniform(34, 50), 15.0, draw),
            int(draw.integers(15, 19)),
        )
    elif kind == "villa":
        made, floors = rows(land, angle, 12.0, 17.0, 15.0, 9.0, draw), 3
    else:
        made, floors = towers(land, angle, (30.0, 17.0), (20.0, 44.0), draw), int(draw.integers(24, 34))
    made = _garden(made, land) if kind in ("slab", "tower") else made
    structure = "masonry_concrete" if kind == "walkup" else "concrete"
    below = 0 if kind in ("walkup", "villa") else int(draw.integers(1, 3))
    out = []
    for n, shape in enumerate(made, start=1):
        name = f"{p.name}{n}号楼" if p.name else ""
        own = floors if kind in ("walkup", "villa") else floors - int(draw.choice([0, 0, 0, 1, 2]))
        out.append(Building(shape, "residential", own, 2.9, name, year, structure, below))
    return out


def _garden(made: list[Polygon], land: Polygon) -> list[Polygon]:
    """A large estate keeps its middle open."""
    if len(made) < 8:
        return made
    at = land.centroid
    return [g for g in made if g.centroid.distance(at) > 26]


def _old_houses(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    out = []
    for shape in chunks(land, draw.uniform(130, 230), draw.uniform(1.6, 2.6), draw, 0.1):
        if draw.random() < 0.05:
            continue
        body = court(shape, 4.6) if shape.area > 190 and draw.random() < 0.6 else shape
        floors = int(draw.choice([1, 2, 3, 4], p=[0.34, 0.4, 0.2, 0.06]))
        wood = floors < 3 and draw.random() < 0.6
        year = int(draw.integers(1890, 1955)) if wood else int(draw.integers(1955, 1998))
        out.append(
            Building(body, "residential", floors, 3.2, "", year, "brick_wood" if wood else "masonry_concrete")
        )
    return out


def _village(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    angle = south(land)
    made = rows(land, angle, draw.uniform(9.5, 11.5), draw.uniform(9, 14), 11.5, draw.uniform(2.5, 6.0), draw)
    out = []
    for shape in made:
        if draw.random() < 0.16:
            continue
        turn = shapely.affinity.rotate(shape, draw.normal(0, 2.5))
        move = shapely.affinity.translate(turn, draw.normal(0, 0.7), draw.normal(0, 1.1))
        floors = int(draw.choice([1, 2, 3], p=[0.18, 0.52, 0.3]))
        out.append(
            Building(move, "residential", floors, 3.2, "", int(draw.integers(1975, 2020)), "masonry_concrete")
        )
    return out


def _shops(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    if p.zone == "old_town":
        return [
            Building(
                g,
                "mixed",
                int(draw.integers(2, 4)),
                3.3,
                "",
                int(draw.integers(1930, 2000)),
                "masonry_concrete",
            )
            for g in chunks(land, 190, 1.4, draw)
        ]
    if land.area > 5_500:
        return _mall(p, land, draw)
    out = []
    for shape in chunks(land, draw.uniform(700, 1300), 5.0, draw, 0.02):
        use = str(draw.choice(["commercial", "mixed", "hotel", "office"], p=[0.6, 0.22, 0.06, 0.12]))
        floors = int(draw.integers(2, 6)) if use == "commercial" else int(draw.integers(4, 10))
        out.append(
            Building(shape, use, floors, 3.8 if floors < 6 else 3.3, "", int(draw.integers(1990, 2020)))
        )
    return out


def _mall(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    b = box_of(land)
    angle = b.angle
    podium = largest(
        rectangle(b.x, b.y, min(b.long * 0.82, 170), min(b.short * 0.8, 105), angle).intersection(land)
    )
    year, floors = int(draw.integers(2004, 2024)), int(draw.integers(4, 7))
    if podium.area < 900:
        return []
    if podium.area < 3_500:
        return [Building(podium, "commercial", floors, 4.8, p.name, year, "concrete", 1)]
    box_ = box_of(podium)
    side = 1 if draw.random() < 0.5 else -1
    x = box_.x + np.cos(angle) * side * (box_.long / 2 - 19)
    y = box_.y + np.sin(angle) * side * (box_.long / 2 - 19)
    tower = largest(rectangle(x, y, 38, min(box_.short, 30), angle).intersection(podium))
    base = largest(podium.difference(tower.buffer(0.02, join_style="mitre")))
    high = _high(tower, draw, 14, 26)
    use = str(draw.choice(["hotel", "office", "apartment"]))
    return [
        Building(base, "commercial", floors, 4.8, p.name, year, "steel_concrete", 2),
        Building(tower, use, high, 3.6, f"{p.name}塔楼" if p.name else "", year, "steel_concrete", 2),
    ]


def _high(shape: Polygon, draw: Draw, low: int, high: int) -> int:
    """Floors that fall with the distance to the business centre."""
    at = shape.centroid
    near = np.exp(-((np.hypot(at.x - CENTRE[0], at.y - CENTRE[1]) / 520.0) ** 2))
    return int(low + (high - low) * near * draw.uniform(0.75, 1.25) + draw.integers(0, 4))


def _offices(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    out = []
    for lot in chunks(land, 6_500, 14.0, draw, 0.02):
        b = box_of(lot)
        podium = largest(rectangle(b.x, b.y, min(b.long, 74), min(b.short, 52), b.angle).intersection(lot))
        side = draw.choice([-1, 1]) * max(0.0, min(b.long, 74) / 2 - 19)
        size = draw.uniform(30, 40)
        x, y = b.x + np.cos(b.angle) * side, b.y + np.sin(b.angle) * side
        tower = largest(rectangle(x, y, size, min(size, b.short), b.angle).intersection(podium))
        base = largest(podium.difference(tower.buffer(0.02, join_style="mitre")))
        year = int(draw.integers(2003, 2024))
        use = (
            str(draw.choice(["office", "hotel", "apartment"], p=[0.78, 0.1, 0.12]))
            if p.use == "0902"
            else "hotel"
        )
        out.append(Building(tower, use, _high(tower, draw, 13, 44), 3.9, p.name, year, "steel_concrete", 3))
        if base.area > 250:
            out.append(Building(base, "commercial", int(draw.integers(3, 6)), 4.8, "", year, "concrete", 2))
    return out


def _works(use: str, depth: tuple[float, float], length: tuple[float, float], storey: float) -> Rule:
    def rule(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
        b = box_of(land)
        angle = b.angle if draw.random() < 0.75 else b.angle + np.pi / 2
        made = rows(
            land, angle, draw.uniform(*depth), draw.uniform(13, 18), draw.uniform(*length), 14.0, draw
        )
        year = int(draw.integers(1988, 2023))
        out = []
        for n, shape in enumerate(made):
            if n == 0 and len(made) > 2 and shape.area > 900:
                bb = box_of(shape)
                out.append(
                    Building(
                        rectangle(bb.x, bb.y, min(bb.long, 48), min(bb.short, 15), bb.angle),
                        "office",
                        int(draw.integers(3, 7)),
                        3.6,
                        "",
                        year,
                    )
                )
                continue
            if draw.random() < 0.06:
                continue
            floors = int(draw.choice([1, 1, 1, 2]))
            out.append(
                Building(shape, use, floors, storey if floors == 1 else storey * 0.62, "", year, "steel")
            )
        return out

    return rule


def _bars(use: str, floors: tuple[int, int], depth: float = 13.0, most: int = 6, tall: int = 0) -> Rule:
    """Institute buildings: bars facing south, the first of them a tower where ``tall`` is given."""

    def rule(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
        oval = track(land) if use == "education" else None
        free = max(polygons(land.difference(box_of_track(oval))), key=lambda g: g.area) if oval else land
        made = rows(free, south(free), depth, draw.uniform(21, 27), draw.uniform(44, 60), 12.0, draw)
        made.sort(key=lambda g: -g.area)
        year = int(draw.integers(1985, 2022))
        out = []
        for n, shape in enumerate(made[:most]):
            own = tall if tall and n == 0 else int(draw.integers(*floors))
            out.append(Building(shape, use, own, 3.7, p.name if n == 0 else "", year))
        return out

    return rule


def box_of_track(oval: Polygon) -> Polygon:
    return oval.buffer(7, quad_segs=2)


def _hall(use: str, floors: int, storey: float, share: float = 0.62) -> Rule:
    """One large hall in the middle of its land."""

    def rule(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
        b = box_of(land)
        body = largest(
            rectangle(b.x, b.y, min(b.long * share, 150), min(b.short * share, 64), b.angle).intersection(
                land
            )
        )
        return (
            [Building(body, use, floors, storey, p.name, int(draw.integers(1998, 2022)))]
            if body.area > 150
            else []
        )

    return rule


def _stadium(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    b = box_of(land)
    out = [Building(ring(b, 214, 172, 0.66), "sports", 4, 7.5, p.name, 2012, "steel")]
    for side in (-1, 1):
        x, y = (
            b.x + np.cos(b.angle) * side * (b.long / 2 - 46),
            b.y + np.sin(b.angle) * side * (b.long / 2 - 46),
        )
        hall = ring(b._replace(x=x, y=y), 74, 96 if b.short > 120 else 60, 0)
        if land.contains(hall) and not hall.intersects(out[0].shape):
            out.append(
                Building(hall, "sports", 2, 9.0, "云泽体育馆" if side > 0 else "云泽游泳馆", 2012, "steel")
            )
    return out


def _station(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    b = box_of(land)
    angle = b.angle
    n = np.array([-np.sin(angle), np.cos(angle)])
    n = n if n[0] > 0 else -n
    x, y = np.array([b.x, b.y]) + n * (b.short / 2 - 30)
    hall = largest(rectangle(x, y, min(b.long * 0.86, 210), 46, angle).intersection(land))
    return [Building(hall, "transport", 2, 11.0, p.name + "站房", 2016, "steel", 1)]


def _temple(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    b = box_of(land)
    out = []
    for k, (size, floors) in enumerate(((16, 1), (26, 2), (20, 1))):
        y = land.centroid.y + (k - 1) * min(b.short, b.long) * 0.27
        body = box(land.centroid.x - size / 2, y - 6, land.centroid.x + size / 2, y + 6)
        if land.contains(body):
            out.append(Building(body, "religious", floors, 6.5, p.name if k == 1 else "", 1736, "wood"))
    return out


def _park(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    if land.area < 9_000 or p.zone == "corridor":
        return []
    spots = [land.representative_point()]
    return [Building(rectangle(s.x, s.y, 14, 9, 0.2), "cultural", 1, 4.0, "", 2008, "wood") for s in spots]


def _tanks(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    made = rows(land, box_of(land).angle, 24, 16, 40, 14, draw)[:9]
    return [Building(g, "utility", 1, 6.0, p.name if n == 0 else "", 2006) for n, g in enumerate(made)]


_SHED = _works("warehouse", (32, 44), (80, 130), 10.5)
RULES: dict[str, Rule] = {
    "070102": _flats, "070103": _old_houses, "070301": _village, "090101": _shops, "090102": _SHED,
    "090104": _offices, "0902": _offices, "100101": _works("industrial", (22, 32), (46, 80), 9.0),
    "100102": _works("industrial", (28, 46), (60, 120), 11.0), "110101": _SHED, "1102": _SHED,
    "0802": _bars("office", (4, 9), 16, 4), "0801": _bars("government", (4, 8), 15, 3, 12),
    "080401": _bars("education", (4, 8), 15, 26), "080402": _bars("education", (4, 7), 14, 9),
    "080403": _bars("education", (4, 6), 11, 7), "080404": _hall("education", 3, 3.6, 0.55),
    "080601": _bars("medical", (4, 9), 20, 6, 17), "080602": _hall("medical", 4, 3.6), "080603": _bars("medical", (5, 8), 16, 3),
    "080701": _bars("welfare", (4, 6), 13, 4), "080301": _hall("cultural", 5, 5.0), "080302": _hall("cultural", 3, 6.0),
    "0702": _hall("government", 3, 3.6, 0.5), "1301": _tanks, "1302": _tanks, "1303": _hall("utility", 1, 7.0, 0.5),
    "1304": _hall("utility", 1, 6.0, 0.3), "1309": _hall("utility", 1, 8.0, 0.5), "1310": _hall("government", 4, 4.0, 0.6),
    "120801": _station, "120802": _hall("transport", 1, 7.0, 0.35), "1208": _SHED, "1503": _temple, "1504": _temple,
    "090105": _hall("commercial", 1, 6.0, 0.4), "1401": _park, "060201": _hall("agricultural", 1, 4.0, 0.6),
}  # fmt: skip
SETBACK = {
    "070103": 0.8,
    "070301": 2.0,
    "070102": 8.0,
    "100102": 11.0,
    "110101": 11.0,
    "0902": 8.0,
    "1401": 4.0,
}


def _on(parcel: Parcel, draw: Draw) -> list[Building]:
    if parcel.use == "080501":
        rule: Rule = _stadium if parcel.shape.area > 40_000 else _hall("sports", 2, 9.0, 0.7)
    elif parcel.use == "120801" and "汽车" in parcel.name:
        rule = _hall("transport", 2, 6.0, 0.5)
    elif parcel.use in RULES:
        rule = RULES[parcel.use]
    else:
        return []
    back = SETBACK.get(parcel.use, 5.0 if parcel.zone != "old_town" else 1.0)
    return [
        b
        for part in polygons(parcel.shape)
        for land in inset(part, back)
        if land.area > 60
        for b in rule(parcel, land, draw)
    ]


@cache
def buildings() -> tuple[Building, ...]:
    """All buildings in the order of their parcels."""
    draw = rng("buildings")
    units = [c.shape for c in cells()]
    tree = shapely.STRtree(units)
    out: list[Building] = []
    for number, parcel in enumerate(parcels()):
        kept: list[Polygon] = []
        for b in _on(parcel, draw):
            shape = largest(lay(b.shape))
            inside = parcel.shape.contains(shape) and shape.area > 24
            if (
                inside
                and not any(shape.intersects(k) and shape.intersection(k).area > 1e-6 for k in kept)
                and tree.query(shape, predicate="within").size
            ):
                kept.append(shape)
                b.shape, b.parcel = shape, number
                out.append(b)
    return tuple(out)

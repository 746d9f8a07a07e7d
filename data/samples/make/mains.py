"""Water and gas mains along the streets: the street graph set a few metres aside, so that loops stay closed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from shapely import affinity
from shapely.geometry import LineString

from . import plan
from .frame import EXTENT, lay, rng
from .graph import Key, Link, links, nodes

# One shift for the whole net of a kind (m), off the axes of nearly all streets: clear of the sewer and of each other.
WATER_SHIFT, GAS_SHIFT = (4.5, 2.5), (-3.5, -4.75)
TRUNK = ("西环路", "人民路", "建设路", "东环路", "滨江大道", "中山路")


@dataclass(frozen=True)
class Main:
    code: str
    start: str
    end: str
    line: LineString
    diameter: int
    material: str
    grade: str  # pipe class of water, pressure class of gas
    zone: str
    depth: float
    year: int


def _shifted(line: LineString, shift: tuple[float, float]) -> LineString | None:
    moved = lay(affinity.translate(line, *shift))
    return moved if EXTENT.covers(moved) else None


def _numbered(prefix: str) -> dict[Key, str]:
    return {key: f"{prefix}{n:05d}" for n, key in enumerate(nodes(), start=1)}


def _zone(link: Link) -> str:
    at = link.line.interpolate(0.5, normalized=True)
    return plan.zone_at(at.x, at.y)


def _water_size(link: Link, draw: np.random.Generator) -> tuple[int, str]:
    if link.name in TRUNK:
        return (1000, "102") if link.name == "西环路" else (800, "102")
    by = {
        "expressway": (600,),
        "arterial": (500, 600),
        "collector": (300, 400),
        "local": (150, 200),
        "lane": (100, 150),
    }
    return int(draw.choice(by.get(link.kind, (100, 110)))), "104"


@cache
def water() -> tuple[Main, ...]:
    draw, node = rng("water"), _numbered("JSJ")
    out: list[Main] = []
    for link in links():
        line = _shifted(link.line, WATER_SHIFT)
        zone = _zone(link)
        if line is None or link.kind == "expressway" or (link.kind == "rural" and zone != "village"):
            continue
        size, grade = _water_size(link, draw)
        old = zone in ("old_town", "old_res")
        material = (
            "ZT"
            if old and size < 500 and draw.random() < 0.6
            else "G"
            if size >= 800
            else "QM"
            if size >= 200
            else "PE"
        )
        year = int(draw.integers(1968, 1999) if material == "ZT" else draw.integers(1996, 2024))
        a, b = (node[k] for k in link.ends)
        level = "high" if zone in ("cbd",) else "low" if link.line.centroid.y < 1900 else "medium"
        depth = round(float(draw.uniform(0.9, 1.4)) + size / 2000, 2)
        out.append(Main(f"JSG{len(out) + 1:05d}", a, b, line, size, material, grade, level, depth, year))
    return tuple(out)


@cache
def gas() -> tuple[Main, ...]:
    draw, node = rng("gas"), _numbered("RQJ")
    out: list[Main] = []
    for link in links():
        line = _shifted(link.line, GAS_SHIFT)
        zone = _zone(link)
        if line is None or link.kind in ("rural",) or link.underpass or zone in ("farm", "village"):
            continue
        if link.kind == "expressway" and (link.line.centroid.x < 4600 or link.bridge):
            continue
        if zone == "old_town" and draw.random() < 0.25:
            continue
        size, grade, material = {
            "expressway": (500, "sub_high_b", "G"),
            "arterial": (int(draw.choice((300, 400))), "medium_a", "G"),
            "collector": (int(draw.choice((200, 250))), "medium_a", "PE"),
            "local": (int(draw.choice((110, 160))), "medium_b", "PE"),
        }.get(link.kind, (90, "low", "PE"))
        a, b = (node[k] for k in link.ends)
        year = int(draw.integers(1998, 2024))
        depth = round(float(draw.uniform(0.95, 1.35)), 2)
        out.append(Main(f"RQG{len(out) + 1:05d}", a, b, line, size, material, grade, zone, depth, year))
    return tuple(out)

"""Street furniture (城市部件) along the streets: covers on the sewer's manholes, lamps, bins, hydrants, trees, stops."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
import shapely
from shapely.geometry import Point

from .drains import network
from .frame import lay, rng
from .graph import Link, links, nodes
from .land import parcels
from .mains import gas, water
from .plan import WIDTHS
from .units import cells


@dataclass(frozen=True)
class Component:
    code: str
    at: Point
    kind: str
    name: str
    state: str
    grid: str
    owner: str
    keeper: str
    recorded: date


# class → name, owner, keeper
KINDS = {
    "0101": ("上水井盖", "市水务集团"),
    "0102": ("污水井盖", "市排水管理中心"),
    "0103": ("雨水井盖", "市排水管理中心"),
    "0104": ("雨水箅子", "市排水管理中心"),
    "0106": ("路灯井盖", "市路灯管理所"),
    "0111": ("燃气井盖", "市燃气公司"),
    "0125": ("供水器", "市水务集团"),
    "0127": ("通讯交接箱", "市通信运营企业"),
    "0131": ("通信立杆", "市通信运营企业"),
    "0137": ("路灯", "市路灯管理所"),
    "0139": ("景观灯", "市路灯管理所"),
    "0146": ("户外健身设施", "市体育局"),
    "0150": ("监控电子眼", "市公安局"),
    "0154": ("充电桩", "市电力公司"),
    "0204": ("公交站亭", "市公交集团"),
    "0212": ("路名牌", "市民政局"),
    "0217": ("交通护栏", "市公安局交通管理支队"),
    "0225": ("非机动车停放点", "市城市管理局"),
    "0301": ("公共厕所", "市环境卫生管理处"),
    "0305": ("垃圾箱", "市环境卫生管理处"),
    "0402": ("行道树", "市园林管理处"),
    "0401": ("古树名木", "市园林管理处"),
    "0407": ("街头座椅", "市园林管理处"),
    "0406": ("雕塑", "市园林管理处"),
    "0507": ("水域护栏", "市水务局"),
}


def _beside(
    link: Link, step: float, inset: float, draw: np.random.Generator, *, both: bool = True
) -> list[tuple[float, float]]:
    """Places along the kerbs of a street, ``inset`` m inside its red line, one about each ``step`` m."""
    half = WIDTHS[link.kind] / 2 - inset
    out = []
    for side in (1, -1) if both else (1,):
        line = shapely.offset_curve(link.line, side * half)
        if line.is_empty:
            continue
        for s in np.arange(step / 2 + draw.uniform(0, step / 3), line.length - 12, step):
            p = line.interpolate(float(s))
            out.append((p.x, p.y))
    return out


def _some(
    places: list[tuple[float, float]], count: int, draw: np.random.Generator
) -> list[tuple[float, float]]:
    if len(places) <= count:
        return places
    return [places[i] for i in sorted(draw.permutation(len(places))[:count].tolist())]


def _spots(draw: np.random.Generator) -> dict[str, list[tuple[float, float]]]:
    city = [
        k for k in links() if k.kind not in ("rural", "expressway") and not k.bridge and k.line.length > 60
    ]
    main = [k for k in city if k.kind in ("arterial", "collector")]
    small = [k for k in city if k.kind in ("local", "lane")]
    parks = [p.shape for p in parcels() if p.use == "1401" and p.shape.area > 4_000]
    kerb = [p for k in city for p in _beside(k, 60, 1.2, draw)]
    rows = [p for k in main for p in _beside(k, 90, 2.6, draw)]
    manholes = [m.at for m in network().manholes if m.ground < 900]
    valve = [k.line.coords[0] for k in water()]
    gate = [k.line.coords[0] for k in gas()]
    corners = [(k[0] + 11, k[1] + 11) for k, ids in nodes().items() if len(ids) >= 3]
    stops = [p for k in main for p in _beside(k, 420, 3.0, draw)]
    green = [(q.x, q.y) for shape in parks for q in _scatter(shape, 6, draw)]
    river = [
        p
        for k in links()
        if k.name in ("滨江大道", "玉带河东路", "玉带河西路") and not k.bridge
        for p in _beside(k, 150, 1.0, draw, both=False)
    ]
    return {
        "0103": _some(manholes, 620, draw),
        "0104": _some(kerb, 260, draw),
        "0101": _some(valve, 150, draw),
        "0111": _some(gate, 120, draw),
        "0102": [(x + 2.5, y - 2.0) for x, y in _some(manholes, 150, draw)],
        "0137": _some(kerb, 560, draw),
        "0402": _some(rows, 520, draw),
        "0305": _some(kerb, 260, draw),
        "0125": _some(kerb, 140, draw),
        "0204": _some(stops, 120, draw),
        "0212": _some(corners, 150, draw),
        "0106": _some(kerb, 70, draw),
        "0127": _some(kerb, 70, draw),
        "0131": _some(kerb, 60, draw),
        "0150": _some(corners, 60, draw),
        "0154": _some([p for k in small for p in _beside(k, 200, 2.0, draw)], 50, draw),
        "0217": _some([p for k in main for p in _beside(k, 240, 6.0, draw)], 50, draw),
        "0225": _some(kerb, 60, draw),
        "0301": _some(kerb, 34, draw),
        "0407": _some(green, 70, draw),
        "0146": _some(green, 40, draw),
        "0139": _some(green, 70, draw),
        "0406": _some(green, 14, draw),
        "0401": _some(green, 18, draw),
        "0507": _some(river, 40, draw),
    }


def _scatter(shape: shapely.Geometry, count: int, draw: np.random.Generator) -> list[Point]:
    x0, y0, x1, y1 = shape.bounds
    drawn = shapely.points(draw.uniform(x0, x1, 6 * count), draw.uniform(y0, y1, 6 * count))
    return list(drawn[shapely.contains(shape.buffer(-4), drawn)][:count])


@cache
def components() -> tuple[Component, ...]:
    """All components: county, class and a sequence of their own make the 16 digits."""
    draw = rng("components")
    tree = shapely.STRtree([c.shape for c in cells()])
    sequence: Counter[str] = Counter()
    out = []
    for kind, places in _spots(draw).items():
        for x, y in places:
            at = lay(Point(x, y))
            inside = tree.query(at, predicate="within")
            if inside.size != 1:
                continue
            grid = cells()[int(inside[0])].code
            stem = f"{grid[:6]}{kind}"
            sequence[stem] += 1
            state = str(
                draw.choice(["intact", "damaged", "lost", "abandoned"], p=[0.955, 0.03, 0.008, 0.007])
            )
            day = date(2021, 4, 1) + timedelta(days=int(draw.integers(0, 1500)))
            name, owner = KINDS[kind]
            district = "泽城区" if grid[4:6] == "01" else "东澜区"
            out.append(
                Component(
                    f"{stem}{sequence[stem]:06d}",
                    at,
                    kind,
                    name,
                    state,
                    grid,
                    owner,
                    f"{district}市政养护所",
                    day,
                )
            )
    return tuple(out)

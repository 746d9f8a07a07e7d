"""The master plan, drawn by hand: waters, railway, main roads, zones. Metres; ``warp`` bends the drawing gently."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from .frame import EXTENT, HEIGHT, WIDTH, lay
from .shapes import largest, ribbon, spline

Path = tuple[tuple[float, float], ...]

# The Ze, its creek and its canal, upstream first; not warped.
RIVER: Path = (
    (-500, 1610), (0, 1580), (520, 1390), (1150, 860), (1850, 520), (2600, 560), (3180, 960),
    (3720, 1290), (4300, 1240), (4850, 830), (5400, 520), (6000, 560), (6500, 760),
)  # fmt: skip
CREEK: Path = (
    (1690, 5200), (1640, 4700), (1720, 4300), (1600, 3850), (1420, 3500), (1560, 3120), (1500, 2780),
    (1330, 2480), (1400, 2120), (1480, 1760), (1380, 1350), (1340, 1000), (1380, 640),
)  # fmt: skip
CANAL: Path = (
    (4980, 5200), (4960, 4700), (5060, 4250), (5190, 3700), (5230, 3100), (5190, 2500), (5230, 1900),
    (5180, 1350), (5060, 1000), (4960, 640),
)  # fmt: skip
RAIL: Path = (
    (3900, 5200), (4080, 4700), (4250, 4200), (4340, 3700), (4370, 3200), (4390, 2600), (4430, 2000),
    (4500, 1500), (4540, 1000), (4500, 500), (4380, -200),
)  # fmt: skip
LAKE: Path = (
    (1120, 3190),
    (1170, 3310),
    (1290, 3370),
    (1400, 3330),
    (1440, 3220),
    (1400, 3110),
    (1290, 3065),
    (1180, 3090),
)


class Road(NamedTuple):
    name: str
    kind: str
    points: Path


ROADS: tuple[Road, ...] = (
    Road("绕城快速路", "expressway", (
        (-80, 4330), (1500, 4420), (3000, 4440), (4300, 4360), (5060, 4060),
        (5480, 3560), (5590, 2900), (5590, 2000), (5500, 1200), (5450, 500), (5490, -80))),
    Road("西环路", "arterial", ((640, -80), (600, 700), (570, 1400), (540, 2200), (560, 3000), (640, 3600), (760, 4480))),
    Road("北环路", "arterial", ((-80, 3800), (700, 3860), (2000, 3900), (3200, 3900), (4300, 3800), (5000, 3690), (5480, 3640))),
    Road("东环路", "arterial", ((3880, 4460), (3850, 3800), (3830, 3000), (3850, 2200), (3860, 1500), (3900, 800), (3880, -80))),
    Road("解放路", "arterial", ((1900, 4480), (1900, 3000), (1890, 2000), (1880, 600))),
    Road("中山路", "arterial", ((2700, 5080), (2700, 4400), (2720, 3000), (2730, 2000), (2730, 1000), (2720, -80))),
    Road("人民路", "arterial", ((-80, 2300), (1000, 2340), (2400, 2330), (3800, 2330), (4800, 2330), (5640, 2340))),
    Road("建设路", "arterial", ((-80, 2960), (1000, 2960), (2400, 2950), (3800, 2960), (4800, 2980), (5640, 2980))),
    Road("工业大道", "arterial", ((4880, 4200), (4870, 3400), (4880, 2600), (4860, 1800), (4830, 1200), (4800, 700), (4770, 330))),
    Road("迎宾大道", "arterial", ((2725, 2330), (3300, 2610), (3840, 2860), (4215, 3060))),
    Road("文昌路", "collector", ((1080, 4440), (1070, 3400), (1060, 2400), (1080, 1500), (1100, 800))),
    Road("府前路", "collector", ((3290, 4460), (3290, 3400), (3290, 2400), (3300, 1000))),
    Road("站西路", "collector", ((4130, 3850), (4200, 3300), (4230, 2700), (4250, 2330), (4270, 1740))),
    Road("朝阳路", "collector", ((520, 1720), (1080, 1700), (1890, 1660), (2730, 1700), (3800, 1740), (4860, 1740), (5620, 1760))),
    Road("学府路", "collector", ((540, 3430), (1080, 3420), (1900, 3430), (2720, 3430), (3840, 3420), (4200, 3420))),
    Road("临港路", "collector", ((4860, 1260), (5200, 1230), (5520, 1200))),
    Road("科技路", "collector", ((4860, 3330), (5250, 3340), (5560, 3330))),
    Road("西大街", "collector", ((1880, 1230), (2060, 1245), (2290, 1215))),
    Road("东大街", "collector", ((2290, 1215), (2500, 1190), (2740, 1200))),
    Road("南大街", "collector", ((2290, 1215), (2262, 1000), (2290, 620))),
    Road("北大街", "collector", ((2290, 1215), (2318, 1440), (2300, 1700))),
    Road("江南大道", "arterial", (
        (-80, 640), (640, 560), (1300, 300), (1950, 130), (2720, 230),
        (3300, 540), (3890, 760), (4420, 620), (5000, 300), (5470, 160), (6080, 170))),
    Road("南湾路", "collector", ((2710, 30), (3300, 150), (3890, 330), (4420, 260), (4700, 180))),
    Road("西郊路", "collector", ((40, 5080), (120, 4380), (160, 3800), (180, 2960), (160, 2310), (140, 1850))),
)  # fmt: skip

# Roads that follow a water or the railway: name, class, axis, offset (left of its direction is positive), y from and to.
BESIDE = (
    ("玉带河东路", "local", "creek", 46.0, 950, 4440),
    ("玉带河西路", "local", "creek", -44.0, 950, 3440),
    ("港渠西路", "local", "canal", -40.0, 1150, 3640),
    ("铁东路", "local", "rail", 112.0, 1690, 3740),
)

# Carriageway and footways between the red lines, metres; lanes each way, pcu/h each way, free speed km/h.
WIDTHS = {"expressway": 46.0, "arterial": 38.0, "collector": 24.0, "local": 14.0, "lane": 7.0, "rural": 7.0}
RANK = {"expressway": 0, "arterial": 1, "collector": 2, "local": 3, "lane": 4, "rural": 5}

# Zones in the same drawing; the first that holds a point wins.
ZONES: tuple[tuple[str, tuple[float, float, float, float]], ...] = (
    ("old_town", (1880, 200, 2730, 1680)),
    ("cbd", (2730, 2330, 3850, 2960)),
    ("cbd", (3290, 1720, 3850, 2330)),
    ("campus", (2720, 3425, 3840, 3900)),
    ("station", (3840, 2660, 4420, 3420)),
    ("old_res", (1060, 300, 1890, 2330)),
    ("old_res", (1880, 1660, 2730, 2340)),
    ("old_res", (2720, 600, 3300, 2330)),
    ("hightech", (4380, 2970, 5600, 3800)),
    ("logistics", (4380, 3600, 5600, 4250)),
    ("industry", (4380, 600, 5600, 2980)),
    ("res", (1060, 2330, 2730, 3430)),
    ("new_res", (2700, 2940, 3860, 3440)),
    ("res", (3290, 900, 4430, 1740)),
    ("res", (3840, 1700, 4430, 2700)),
    ("new_res", (560, 2300, 1080, 4440)),
    ("new_res", (1060, 3420, 4430, 4440)),
    ("new_res", (2715, -50, 4480, 1250)),
    ("res", (540, 900, 1090, 2340)),
)
VILLAGES: tuple[tuple[str, float, float, float], ...] = (
    ("柳家湾", 330, 1000, 190), ("石桥", 1130, 230, 120), ("李家台", 980, 560, 150), ("周湾", 2180, 290, 120),
    ("吴家庄", 330, 2620, 170), ("赵家岗", 350, 3420, 170), ("陈家坪", 900, 4740, 180), ("双堰", 2180, 4760, 180),
    ("新桥", 3350, 4760, 180), ("杨树垸", 4560, 4720, 160), ("大堤口", 5800, 2400, 160), ("沙洲", 5800, 1200, 150),
    ("渡口", 5720, 60, 110), ("何家墩", 5800, 3700, 170), ("南垸", 430, 420, 150), ("鱼塘口", 5020, 420, 130),
)  # fmt: skip
# Streets and towns (level 3): name, code in the district, district, communities, corner points in the drawing.
STREETS = (
    ("鼓楼街道", "001", "01", 5, ((1080, 300), (1080, 2340), (2730, 2340), (2730, 300))),
    ("中山街道", "002", "01", 4, ((2730, 300), (2730, 2960), (3860, 2960), (3860, 300))),
    (
        "学府街道",
        "003",
        "01",
        4,
        ((1900, 2340), (1900, 5200), (3860, 5200), (3860, 2960), (2730, 2960), (2730, 2340)),
    ),
    (
        "月湖街道",
        "004",
        "01",
        4,
        ((-200, 300), (-200, 5200), (1900, 5200), (1900, 2340), (1080, 2340), (1080, 300)),
    ),
    ("临港街道", "001", "02", 3, ((3860, 300), (3860, 2960), (6200, 2960), (6200, 300))),
    ("东站街道", "002", "02", 3, ((3860, 2960), (3860, 5200), (6200, 5200), (6200, 2960))),
)
SOUTH_TOWN = ("江南镇", "101", "02", 4)
DISTRICTS = (("泽城区", "01"), ("东澜区", "02"))


def warp(points: np.ndarray) -> np.ndarray:
    """The drawing bent by long waves (about 70 m over 5 km), as old roads and rivers bend a grid."""
    x, y = points[:, 0], points[:, 1]
    dx = 62 * np.sin(2 * np.pi * y / 5200 + 0.6) + 22 * np.sin(2 * np.pi * (x / 3100 + y / 3700))
    dy = 58 * np.sin(2 * np.pi * x / 6400 + 0.4) + 24 * np.sin(2 * np.pi * (x / 2900 - y / 4100))
    return np.column_stack([x + dx, y + dy])


def bend(path: Path) -> LineString:
    return spline([(float(x), float(y)) for x, y in warp(np.asarray(path, float))], 30.0)


@cache
def river_axis() -> LineString:
    return lay(spline(RIVER, 25.0))


@cache
def river_widths() -> tuple[np.ndarray, np.ndarray]:
    """Half widths left and right of the axis at its vertices (m): wider inside the bends, as rivers are."""
    p = np.asarray(river_axis().coords)
    s = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(p, axis=0).T))])
    left = 96 + 13 * np.sin(s / 410) + 5 * np.sin(s / 97 + 1)
    right = 96 + 14 * np.sin(s / 370 + 2) + 5 * np.sin(s / 83)
    return left, right


@cache
def river() -> Polygon:
    return largest(lay(ribbon(river_axis(), *river_widths()).simplify(0.4)).intersection(EXTENT))


@cache
def levees() -> tuple[LineString, LineString]:
    """Crest lines of the north and south levee, 34 m behind the banks."""
    return offset_bank(34.0, north=True), offset_bank(34.0, north=False)


def offset_bank(distance: float, *, north: bool) -> LineString:
    """A smooth line ``distance`` metres landward of a bank of the river, over the whole width of the city."""
    left, right = river_widths()
    p = np.asarray(river_axis().coords)
    t = np.gradient(p, axis=0)
    t /= np.hypot(t[:, 0], t[:, 1])[:, None]
    n = np.column_stack([-t[:, 1], t[:, 0]])
    q = p + n * (left + distance)[:, None] if north else p - n * (right + distance)[:, None]
    line = LineString(q).simplify(0.3)
    # Offsetting inwards of a bend may fold the line: smooth by closing its own band.
    return line if line.is_simple else LineString(shapely.get_parts(shapely.node(line))[0])


@cache
def creek_axis() -> LineString:
    return lay(spline(CREEK, 20.0))


@cache
def canal_axis() -> LineString:
    return lay(spline(CANAL, 20.0))


@cache
def rail_axis() -> LineString:
    return lay(spline(RAIL, 30.0))


@cache
def lake() -> Polygon:
    ring = spline((*LAKE, LAKE[0], LAKE[1]), 20.0)
    shape = Polygon(LineString(ring).coords).buffer(0)
    island = Point(1260, 3235).buffer(24, quad_segs=4)
    return largest(lay(shapely.make_valid(shape.buffer(8).buffer(-8)).difference(island)))


@cache
def brooks() -> Polygon | MultiPolygon:
    """Creek (24 m) and canal (18 m) as water surfaces outside the river."""
    both = shapely.union_all(
        [creek_axis().buffer(12, cap_style="flat"), canal_axis().buffer(9, cap_style="flat")]
    )
    return lay(both.intersection(EXTENT).difference(river()))


@cache
def rail_land() -> Polygon | MultiPolygon:
    """The railway's own land, 36 m wide, and 90 m at the station."""
    yard = rail_axis().intersection(box(0, 2750, WIDTH, 3500)).buffer(45, cap_style="flat")
    return lay(shapely.union_all([rail_axis().buffer(18, cap_style="flat"), yard]).intersection(EXTENT))


AXES = {"creek": creek_axis, "canal": canal_axis, "rail": rail_axis}


@cache
def roads() -> tuple[tuple[str, str, LineString], ...]:
    """Name, class and line of the planned roads, with the riverside avenue that follows the bank."""
    out = [(r.name, r.kind, lay(bend(r.points))) for r in ROADS]
    avenue = offset_bank(92.0, north=True).intersection(box(-50, 0, 5540, HEIGHT))
    out.append(("滨江大道", "arterial", lay(avenue)))
    for name, kind, axis, offset, low, high in BESIDE:
        line = shapely.offset_curve(AXES[axis](), offset).intersection(box(0, low, WIDTH, high))
        out.append((name, kind, lay(line.simplify(0.3))))
    return tuple(out)


@cache
def zones() -> tuple[tuple[str, Polygon], ...]:
    out = []
    for name, bounds in ZONES:
        ring = np.asarray(shapely.segmentize(box(*bounds), 60.0).exterior.coords)
        out.append((name, Polygon(warp(ring))))
    return tuple(out)


def river_y(x: float) -> float:
    """Northing of the river's axis at an easting."""
    axis = np.asarray(river_axis().coords)
    return float(np.interp(x, axis[:, 0], axis[:, 1]))


def zone_at(x: float, y: float) -> str:
    """The zone of a point: the plan's, ``village`` near a village's centre, else ``farm``."""
    here = Point(x, y)
    inside_ring = next((name for name, shape in zones() if shape.contains(here)), None)
    if inside_ring and (inside_ring == "new_res" or y > river_y(x)):
        return inside_ring
    return "village" if any(np.hypot(x - a, y - b) < r for _, a, b, r in VILLAGES) else "farm"

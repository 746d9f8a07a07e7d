"""Buildings on the parcels: the rule of the land-use code, then the checks: inside the parcel, clear of each other."""

from __future__ import annotations

from functools import cache

import shapely
from shapely.geometry import Polygon

from .frame import lay, rng
from .homes import Building, Draw, Rule, flats, old_houses, village
from .institutes import bars, hall, park, sports, station, tanks, temple
from .land import Parcel, parcels
from .massing import inset
from .shapes import largest, polygons
from .trades import offices, shops, works
from .units import cells

_SHED = works("warehouse", (32, 44), (80, 130), 10.5)
RULES: dict[str, Rule] = {
    "070102": flats,
    "070103": old_houses,
    "070301": village,
    "0702": hall("government", 3, 3.6, 0.5),
    "0801": bars("government", (4, 8), 15, 3, 12),
    "0802": bars("office", (4, 9), 16, 4),
    "080301": hall("cultural", 5, 5.0),
    "080302": hall("cultural", 3, 6.0),
    "080401": bars("education", (4, 8), 15, 30),
    "080402": bars("education", (4, 7), 14, 9),
    "080403": bars("education", (4, 6), 11, 8),
    "080404": hall("education", 3, 3.6, 0.55),
    "080501": sports,
    "080601": bars("medical", (4, 9), 20, 7, 17),
    "080602": hall("medical", 4, 3.6),
    "080603": bars("medical", (5, 8), 16, 3),
    "080701": bars("welfare", (4, 6), 13, 4),
    "090101": shops,
    "090102": _SHED,
    "090104": offices,
    "090105": hall("commercial", 1, 6.0, 0.4),
    "0902": offices,
    "100101": works("industrial", (22, 32), (46, 80), 9.0),
    "100102": works("industrial", (28, 46), (60, 120), 11.0),
    "110101": _SHED,
    "1102": _SHED,
    "120801": station,
    "120802": hall("transport", 1, 7.0, 0.35),
    "1208": _SHED,
    "1301": tanks,
    "1302": tanks,
    "1303": hall("utility", 1, 7.0, 0.5),
    "1304": hall("utility", 1, 6.0, 0.3),
    "1309": hall("utility", 1, 8.0, 0.5),
    "1310": hall("government", 4, 4.0, 0.6),
    "1401": park,
    "1503": temple,
    "1504": temple,
    "060201": hall("agricultural", 1, 4.0, 0.6),
}
SETBACK = {
    "070103": 0.8,
    "070301": 1.8,
    "070102": 8.0,
    "100102": 10.0,
    "110101": 10.0,
    "0902": 7.0,
    "1401": 4.0,
}


def _on(parcel: Parcel, draw: Draw) -> list[Building]:
    """What the rule puts on a parcel, on each part of it that the setback leaves."""
    if parcel.use not in RULES or parcel.zone == "track":
        return []
    back = SETBACK.get(parcel.use, 5.0 if parcel.zone != "old_town" else 1.0)
    lands = [land for part in polygons(parcel.shape) for land in inset(part, back)]
    return [b for land in lands if land.area > 60 for b in RULES[parcel.use](parcel, land, draw)]


def _clear(shape: Polygon, kept: list[Polygon]) -> bool:
    return not any(shape.intersects(k) and shape.intersection(k).area > 1e-6 for k in kept)


@cache
def buildings() -> tuple[Building, ...]:
    """All buildings in the order of their parcels; none is split between two cells of the grid."""
    draw = rng("buildings")
    tree = shapely.STRtree([c.shape for c in cells()])
    out: list[Building] = []
    for number, parcel in enumerate(parcels()):
        kept: list[Polygon] = []
        for b in _on(parcel, draw):
            shape = largest(lay(b.shape))
            if shape.area < 24 or not parcel.shape.contains(shape) or not _clear(shape, kept):
                continue
            if tree.query(shape, predicate="within").size:
                kept.append(shape)
                b.shape, b.parcel = shape, number
                out.append(b)
    return tuple(out)

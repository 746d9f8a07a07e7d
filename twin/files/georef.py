"""Where a file's coordinates are: its reference system read, recognised and carried to the storage CRS."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from twin.files.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from affine import Affine
    from numpy.typing import NDArray

if TYPE_CHECKING:
    Floats = NDArray[np.float64]
    Move = Callable[[Floats, Floats], tuple[Floats, Floats]]
# Datums that agree within a decimetre or two: between them coordinates are taken as they are, as PROJ and
# PostGIS do (a "ballpark" operation with no parameters). Any other pair needs a known transformation.
_MODERN = re.compile(
    r"wgs.?(19)?84|world geodetic system 1984|china.?2000|cgcs.?2000|china geodetic|itrf|gda2020"
)
_LOCAL = re.compile(r"beijing|xian")


@dataclass(frozen=True, slots=True)
class Place:
    """How source coordinates become storage coordinates (x = easting, y = northing; both arrays of doubles),
    and the box (w, s, e, n) of the storage CRS that they must land in."""

    name: str
    srid: int | None
    move: Move
    moves: bool
    box: tuple[float, float, float, float]
    geographic: bool


def known(text: str | None) -> CRS | None:
    """The CRS that a file's text (EPSG:n, WKT, PROJJSON) means; None for no text, an engineering or unknown CRS."""
    if not text:
        return None
    try:
        crs = CRS.from_user_input(text)
    except CRSError as error:
        raise refusal(
            "TWIN-235",
            crs=text[:120],
            reason_zh="无法识别，请用 --crs 声明",
            reason_en="it is not recognised; say --crs",
        ) from error
    if crs.type_name == "Engineering CRS" or not (crs.is_geographic or crs.is_projected or crs.is_compound):
        return None
    flat = crs.to_2d() if len(crs.axis_info) > 2 or crs.is_compound else crs
    code = epsg_code(flat)
    return CRS.from_epsg(code) if code else flat


def epsg_code(crs: CRS) -> int | None:
    """The EPSG code, also of an ESRI text of CGCS2000 (GCS_China_Geodetic_Coordinate_System_2000 and its zones)."""
    code = crs.to_epsg(min_confidence=70) or cgcs2000_code(crs)
    return int(code) if code else None


def cgcs2000_code(crs: CRS) -> int | None:
    """EPSG 4490, 4491-4501, 4513-4533 or 4534-4554 from the parameters of a CGCS2000 text (any spelling)."""
    datum = (crs.geodetic_crs.datum.name if crs.geodetic_crs and crs.geodetic_crs.datum else "").lower()
    if not re.search(r"china.?2000|cgcs.?2000|china geodetic", datum.replace("_", " ")):
        return None
    if crs.is_geographic:
        return 4490
    steps = crs.coordinate_operation.params if crs.coordinate_operation else []
    parameters = {step.name.lower().replace("_", " "): float(step.value) for step in steps}
    meridian = parameters.get("longitude of natural origin", parameters.get("central meridian", 0.0))
    easting = parameters.get("false easting", 0.0)
    scale = parameters.get("scale factor at natural origin", parameters.get("scale factor", 1.0))
    zone, rest = divmod(easting, 1e6)
    if rest != 500_000 or scale != 1 or meridian % 1:
        return None
    if zone == 0 and meridian % 3 == 0 and 75 <= meridian <= 135:
        return 4534 + int(meridian) // 3 - 25
    if zone and meridian == 3 * zone and 25 <= zone <= 45:
        return 4513 + int(zone) - 25
    if zone and meridian == 6 * zone - 3 and 13 <= zone <= 23:
        return 4491 + int(zone) - 13
    return None


def place(source: CRS, srid: int) -> Place:
    """The way from ``source`` to EPSG:``srid``. Raises TWIN-235 when no transformation of the datum is known."""
    target = CRS.from_epsg(srid)
    moves = epsg_code(source) != srid
    return Place(
        name=source.name,
        srid=epsg_code(source),
        move=_steps(source, target) if moves else (lambda x, y: (x, y)),
        moves=moves,
        box=_box(target),
        geographic=source.is_geographic,
    )


def moved(shapes: NDArray[np.object_], way: Place) -> NDArray[np.object_]:
    """Shapely geometries carried along ``way``; heights stay as they are."""
    if not way.moves:
        return shapes

    def move(x: Floats, y: Floats, *z: Floats) -> tuple[Floats, ...]:
        return (*way.move(x, y), *z)

    tall = bool(shapely.has_z(shapes).any())
    made: NDArray[np.object_] = shapely.transform(shapes, move, include_z=tall, interleaved=False)
    return made


def grid(way: Place, transform: Affine, width: int, height: int) -> tuple[Affine, int, int]:
    """The grid in the storage CRS that holds a raster of ``width`` x ``height`` cells: cells as large as its own in
    the middle (to 1 %, a round number), edges on multiples of them, so that rasters of one cell size fit together."""
    columns, rows = np.meshgrid(np.linspace(0, width, 33), np.linspace(0, height, 33))
    x, y = _corner(way, transform, columns.ravel(), rows.ravel())
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise refusal("TWIN-276", box="inf", where="crs")
    mx, my = _corner(way, transform, np.array([0, 1, 0]) + width / 2, np.array([0, 0, 1]) + height / 2)
    cell = float(np.hypot(mx[1:] - mx[0], my[1:] - my[0]).mean())
    size = _round_cell(cell)
    west, south = np.floor(x.min() / size + 1e-6) * size, np.floor(y.min() / size + 1e-6) * size
    east, north = np.ceil(x.max() / size - 1e-6) * size, np.ceil(y.max() / size - 1e-6) * size
    made = type(transform)(size, 0.0, float(west), 0.0, -size, float(north))
    return made, max(1, round((east - west) / size)), max(1, round((north - south) / size))


def _corner(way: Place, grid: Affine, columns: Floats, rows: Floats) -> tuple[Floats, Floats]:
    x = grid.c + grid.a * columns + grid.b * rows
    y = grid.f + grid.d * columns + grid.e * rows
    return way.move(x, y)


def _round_cell(cell: float) -> float:
    digits = 1 - math.floor(math.log10(cell))
    near = round(cell, digits)
    return near if abs(near - cell) < 0.01 * cell else cell


def _steps(source: CRS, target: CRS) -> Move:
    """Unproject and project within each datum: the same numbers as one transformer between two modern datums,
    which takes PROJ 0.3 s to find. Another datum goes through WGS 84 by a transformation that PROJ knows."""
    steps = [*_to_modern(source), *_from_modern(target)]

    def move(x: Floats, y: Floats) -> tuple[Floats, Floats]:
        for step in steps:
            x, y = step.transform(x, y)
        return x, y

    return move


def _to_modern(source: CRS) -> list[Transformer]:
    base = source.geodetic_crs
    if base is not None and _modern(base):
        return [] if source.is_geographic else [Transformer.from_crs(source, base, always_xy=True)]
    return [_known_shift(source, CRS.from_epsg(4326), source.name)]


def _from_modern(target: CRS) -> list[Transformer]:
    base = target.geodetic_crs
    if base is not None and _modern(base):
        return [] if target.is_geographic else [Transformer.from_crs(base, target, always_xy=True)]
    return [_known_shift(CRS.from_epsg(4326), target, target.name)]


def _known_shift(source: CRS, target: CRS, name: str) -> Transformer:
    """PROJ's transformation, never a guessed one; the parameters of the older Chinese datums are not public, and
    what PROJ knows of them is off by metres."""
    try:
        if not _LOCAL.search(name.lower()):
            return Transformer.from_crs(source, target, always_xy=True, allow_ballpark=False)
    except ProjError:
        pass
    raise refusal(
        "TWIN-235",
        crs=name,
        reason_zh="没有已知的基准转换参数，请先转换到 CGCS2000 或 WGS 84",
        reason_en="no transformation of its datum is known; convert to CGCS2000 or WGS 84 first",
    )


def _modern(crs: CRS) -> bool:
    name = crs.datum.name if crs.datum else ""
    return bool(_MODERN.search(name.lower().replace("_", " ")))


def _box(target: CRS) -> tuple[float, float, float, float]:
    """The storage CRS's area of use widened by 6 degrees: room for the next zones, none for a wrong one."""
    if target.is_geographic:
        return -180.0, -90.0, 180.0, 90.0
    area = target.area_of_use
    if area is None:
        return -1e8, -1e8, 1e8, 1e8
    west, south = max(-180.0, area.west - 6), max(-85.0, area.south - 6)
    east, north = min(180.0, area.east + 6), min(85.0, area.north + 6)
    frame = Transformer.from_crs(target.geodetic_crs, target, always_xy=True)
    box = frame.transform_bounds(west, south, east, north, densify_pts=21)
    return (box[0], box[1], box[2], box[3])

"""Coordinate reference systems at the doors: URI or code to (SRID, axis order), and cached transformers.

Inside, coordinates are always x = easting or longitude, y = northing or latitude (``always_xy``). The authority's
order, northing first for CGCS2000 (GB 22021, EPSG:4490 and 4491-4554), counts only where a document is read or
written: ``Crs.flip`` says so.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from functools import cache

from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from twin.errors import TwinError

_FORMS = (
    re.compile(r"https?://www\.opengis\.net/def/crs/(EPSG|OGC)/[0-9.]{1,6}/(\w{1,12})"),
    re.compile(r"urn:ogc:def:crs:(EPSG|OGC):[0-9.]{0,6}:(\w{1,12})"),
    re.compile(r"\[?(EPSG|OGC):(\w{1,12})\]?", re.IGNORECASE),
)
_DEGREES = {4326: "WGS 84", 4490: "CGCS2000"}
_CGCS2000 = range(4491, 4555)  # Gauss-Krueger zones, 6 and 3 degrees wide, with and without the zone's number
_METRES = 7, 3  # decimals that say centimetres: of a degree, of a metre


@dataclass(frozen=True, slots=True)
class Crs:
    """An EPSG code, and whether its authority writes northing (latitude) first. ``uri`` is the OGC's name for it."""

    srid: int
    flip: bool
    uri: str
    degrees: bool

    @property
    def digits(self) -> int:
        """Decimals of a coordinate that keep millimetres to centimetres."""
        return _METRES[0] if self.degrees else _METRES[1]


CRS84 = Crs(4326, False, "http://www.opengis.net/def/crs/OGC/1.3/CRS84", True)


def parse_crs(text: str, parameter: str = "crs") -> Crs:
    """The CRS that ``text`` names: an OGC URI or URN, ``EPSG:4547``, ``CRS84``.

    Raises TWIN-395, naming ``parameter``, for anything else: PROJ strings, WKT, paths, unknown codes, and systems
    that are neither geographic nor projected in two dimensions.
    """
    if text in ("CRS84", "OGC:CRS84"):
        return CRS84
    for form in _FORMS:
        found = form.fullmatch(text)
        if found is None:
            continue
        authority, code = found[1].upper(), found[2]
        if authority == "OGC" and code.upper() == "CRS84":
            return CRS84
        if authority == "EPSG" and code.isascii() and code.isdecimal():
            known = crs_of(int(code)) if len(code) <= 6 else None
            if known is not None:
                return known
    raise TwinError(
        "TWIN-395",
        f"未知坐标系“{text[:80]}”：请用 http://www.opengis.net/def/crs/EPSG/0/4490 或 EPSG:4547 的形式",
        f'unknown coordinate system "{text[:80]}": write http://www.opengis.net/def/crs/EPSG/0/4490 or EPSG:4547',
        where=parameter,
    )


@cache
def crs_of(srid: int) -> Crs | None:
    """The CRS of an EPSG code in its authority's axis order; ``None`` when there is none for maps."""
    uri = f"http://www.opengis.net/def/crs/EPSG/0/{srid}"
    if srid in _DEGREES:
        return Crs(srid, True, uri, True)
    if srid in _CGCS2000:
        return Crs(srid, True, uri, False)
    if srid == 3857 or 32601 <= srid <= 32660 or 32701 <= srid <= 32760:
        return Crs(srid, False, uri, False)
    return _looked_up(srid, uri)


def _looked_up(srid: int, uri: str) -> Crs | None:
    try:
        found = CRS.from_epsg(srid)
    except CRSError:
        return None
    axes = found.axis_info
    if len(axes) != 2 or not (found.is_geographic or found.is_projected):
        return None
    return Crs(srid, axes[0].direction.lower() in ("north", "south"), uri, found.is_geographic)


_local = threading.local()


def transformer(source: int, target: int) -> Transformer:
    """A transformer between two EPSG codes, x first on both sides.

    Kept per thread: making one for CGCS2000 costs 0.3-0.4 s, and they are not safe to share. Raises TWIN-396 when
    PROJ knows no way.
    """
    kept: dict[tuple[int, int], Transformer] = _local.__dict__.setdefault("kept", {})
    if (source, target) not in kept:
        try:
            kept[source, target] = Transformer.from_crs(source, target, always_xy=True)
        except (CRSError, ProjError) as error:
            raise TwinError(
                "TWIN-396",
                f"无法从 EPSG:{source} 转换到 EPSG:{target}",
                f"no way from EPSG:{source} to EPSG:{target}",
            ) from error
    return kept[source, target]

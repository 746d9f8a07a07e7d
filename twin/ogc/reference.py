"""The reference systems that the door offers for a city."""

from __future__ import annotations

from functools import cache

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
# CGCS2000 / 3-degree Gauss-Krueger: the same belt stands with and without the zone number before its eastings.
_WITH_ZONE, _WITHOUT_ZONE = range(4513, 4534), range(4534, 4555)


@cache
def offered(srid: int) -> tuple[str, ...]:
    """Every CRS that ``crs``, ``bbox-crs`` and ``filter-crs`` take, for the storage CRS ``srid``."""
    codes = [4326, 4490, 3857, srid]
    if srid in _WITH_ZONE:
        codes.append(srid + 21)
    if srid in _WITHOUT_ZONE:
        codes.append(srid - 21)
    return (CRS84, *(uri(code) for code in dict.fromkeys(codes)))


def uri(srid: int) -> str:
    """The OGC's name of an EPSG code."""
    return f"{_EPSG}{srid}"

"""Which format a file is in, told from its first bytes; the name decides for CSV only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from twin.files.refusals import refusal

if TYPE_CHECKING:
    from pathlib import Path

HEAD_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: its name here, the driver that opens it (None: not GDAL), its suffixes, the first one ours."""

    name: str
    title: str
    kind: Literal["vector", "raster"]
    suffixes: tuple[str, ...]
    driver: str | None


FORMATS: dict[str, Format] = {
    f.name: f
    for f in (
        Format("gpkg", "GeoPackage", "vector", (".gpkg",), "GPKG"),
        Format("shp", "Shapefile", "vector", (".shp",), "ESRI Shapefile"),
        Format("geojson", "GeoJSON", "vector", (".geojson", ".json"), "GeoJSON"),
        Format("fgb", "FlatGeobuf", "vector", (".fgb",), "FlatGeobuf"),
        Format("parquet", "GeoParquet", "vector", (".parquet", ".geoparquet"), None),
        Format("csv", "CSV", "vector", (".csv", ".tsv", ".txt"), None),
        Format("tif", "GeoTIFF", "raster", (".tif", ".tiff"), "GTiff"),
        Format("asc", "ESRI ASCII", "raster", (".asc", ".dem", ".grd"), "AAIGrid"),
    )
}
SUFFIXES = {suffix: f for f in FORMATS.values() for suffix in f.suffixes}
SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_GRID = re.compile(rb"\s*(ncols|nrows|xllcorner|xllcenter|yllcorner|yllcenter|cellsize)\s+[-+.\d]", re.I)
_GEOJSON = re.compile(
    rb'"type"\s*:\s*"(FeatureCollection|Feature|(Multi)?(Point|LineString|Polygon)|GeometryCollection)"'
)


def identify(path: Path, name: str) -> Format:
    """The format of the file at ``path``; ``name`` is what the user called it. Raises TWIN-230."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    suffix = name[name.rfind(".") :].lower() if "." in name else ""
    found = _binary(head, suffix) or _text(head, suffix)
    if found is None:
        raise refusal("TWIN-230", name=name, formats=", ".join(f.title for f in FORMATS.values()))
    return FORMATS[found]


def _binary(head: bytes, suffix: str) -> str | None:
    if head.startswith(b"SQLite format 3\0"):
        return "gpkg" if head[68:70] == b"GP" or suffix == ".gpkg" else None
    if head.startswith(b"\x00\x00\x27\x0a"):
        return "shp"
    if head.startswith(b"fgb\x03fgb"):
        return "fgb"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "tif"
    return None


def _text(head: bytes, suffix: str) -> str | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{"):
        return "geojson" if _GEOJSON.search(text) and b"gdal_streamed_alg" not in text else None
    if _GRID.match(text):
        return "asc"
    utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if suffix in FORMATS["csv"].suffixes and head and (utf16 or b"\0" not in head):
        return None if text.startswith((b"<", b"[")) else "csv"
    return None

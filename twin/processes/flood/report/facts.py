"""What a report is made of: the run's own account, and the rows and rasters of it that the reader may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from twin.catalog.spec import Catalog
    from twin.text import Language

type Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Rows of one layer that the report shows; ``shape`` asks for the geometry as GeoJSON text in ``geojson``."""

    layer: str
    columns: tuple[str, ...]
    sortby: tuple[tuple[str, bool], ...] = ()
    limit: int = 20_000
    shape: bool = False
    filter: tuple[str, tuple[str, ...]] | None = None  # a column and the values it may have


RESULTS = (
    Wanted("flood_waterlogging", ("code", "grade", "depth", "area_m2", "volume_m3", "duration_min", "road_name"),
           sortby=(("depth", True),), limit=12, shape=True),
    Wanted("flood_road", ("name", "class", "depth", "closed_min"), sortby=(("closed_min", True),), limit=400),
    Wanted("flood_building", ("use", "depth", "hazard_class", "damage_ratio"), limit=100_000),
    Wanted("flood_facility", ("name", "kind", "depth", "arrival_min"), sortby=(("depth", True),), limit=8),
    Wanted("flood_land_use", ("land_use", "area_m2", "flooded_area_m2", "mean_depth")),
    Wanted("flood_series", ("place_kind", "place", "minute", "depth", "level", "discharge", "flooded_area_m2"),
           sortby=(("minute", False),), limit=20_000, filter=("place_kind", ("city", "gauge", "section"))),
)  # fmt: skip
GROUND = (
    Wanted("land_use", ("land_use",), limit=5_000, shape=True, filter=("land_use", ("17", "1701", "1702", "1703", "1704", "1705", "1706"))),
    Wanted("road_link", ("class",), limit=30_000, shape=True),
    Wanted("building", ("use",), limit=30_000, shape=True),
)  # fmt: skip
RASTERS = ("flood_depth", "flood_hazard")


@dataclass(frozen=True, slots=True)
class Facts:
    """One run for one reader. ``rows`` holds the layers that the reader may see, ``rasters`` their files; bounds and
    shapes are in metres of the city's CRS. ``people`` tells whether figures of people may be shown."""

    run: str
    version: str
    ended: datetime | None
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    rows: dict[str, list[Row]]
    rasters: dict[str, Path]
    bounds: tuple[float, float, float, float] | None
    people: bool
    catalog: Catalog
    language: Language

    def say(self, zh: str, en: str) -> str:
        """The text in the reader's language."""
        return zh if self.language == "zh" else en

    def term(self, vocabulary: str, code: str | None) -> str:
        """The title of a code."""
        found = self.catalog.vocabularies[vocabulary].terms.get(code or "")
        return found.text[self.language] if found else (code or "")

    def of(self, layer: str) -> list[Row] | None:
        """The rows of a layer, None where the reader may not see it."""
        return self.rows.get(layer)

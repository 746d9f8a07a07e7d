"""Bring a raster file into a coverage layer: made a COG in a child process, stored under its hash, catalogued."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.errors import TwinError
from twin.files import cog
from twin.files.sandbox import convert_raster
from twin.store import artifacts as rows
from twin.text import Text

if TYPE_CHECKING:
    from datetime import datetime

    from twin.access.actor import Actor
    from twin.catalog.spec import Layer
    from twin.files.cog import Grid
    from twin.store.artifacts import ArtifactStore
    from twin.store.database import Store


@dataclass(frozen=True, slots=True)
class Stored:
    """A raster in the artifact store, as ``twin.store.artifacts.record`` takes it."""

    name: str
    grid: Grid
    size: int
    valid_time: datetime | None


def import_raster(
    store: Store,
    actor: Actor,
    path: Path,
    layer: Layer,
    *,
    crs: str | None,
    artifacts: ArtifactStore | None,
    at: datetime | None = None,
) -> tuple[bool, tuple[Text, ...]]:
    """Import ``path`` (GeoTIFF, ESRI ASCII, or a zip of one) as the raster of ``layer`` at valid time ``at``.

    Whether it is new (else the layer's raster is this one already), and what is worth knowing of it. Raises TWIN-23n, 27n for the file.
    """
    if layer.raster is None or artifacts is None:
        raise TwinError(
            "TWIN-279",
            "缺少栅格存储：请设置 TWIN_ARTIFACTS",
            "there is no store for rasters: set TWIN_ARTIFACTS",
            status=500,
            where="artifacts",
        )
    cells = {
        "dtype": layer.raster.dtype,
        "nodata": layer.raster.nodata,
        "unit": layer.raster.unit,
        "srid": store.srid,
    }
    with tempfile.TemporaryDirectory(prefix="twin-raster-") as folder:
        made = Path(folder) / "coverage.tif"
        notes = _notes(convert_raster(path, made, layer=layer, cells=cells, crs=crs))
        stored = Stored(artifacts.put(made), cog.describe(made), made.stat().st_size, at)
    with store.transaction(actor, write=True) as conn:
        now = rows.current(conn, layer, at=at)
        if now is not None and (now.name, now.valid_from) == (stored.name, at):
            return False, notes
        rows.record(conn, layer, stored)
    return True, notes


def _notes(made: dict[str, Any]) -> tuple[Text, ...]:
    notes = []
    if made["reprojected"]:
        notes.append(Text(zh=f"已从 {made['crs']} 重投影", en=f"warped from {made['crs']}"))
    cells = made["width"] * made["height"]
    if made["valid"] < cells:
        share = 100 * (1 - made["valid"] / cells)
        notes.append(Text(zh=f"{share:.1f}% 的像元没有值", en=f"{share:.1f} % of the cells have no value"))
    return tuple(notes)

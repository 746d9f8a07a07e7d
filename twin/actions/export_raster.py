"""Write a coverage layer's raster to a GeoTIFF."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from twin.files import cog, export
from twin.files.refusals import refusal
from twin.store import artifacts as rows

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from twin.access.actor import Actor
    from twin.catalog.spec import Layer
    from twin.store.artifacts import ArtifactStore
    from twin.store.database import Store


def export_raster(
    store: Store,
    actor: Actor,
    layer: Layer,
    path: Path,
    *,
    run: UUID | None,
    srid: int | None,
    bbox: tuple[float, float, float, float] | None,
    artifacts: ArtifactStore | None,
) -> int:
    """Write the raster of ``layer`` (of ``run``, else the newest) to ``path``; the number of rasters, 1.

    Byte for byte as it is stored, unless ``srid`` or ``bbox`` (in that CRS) ask for another grid. Raises TWIN-249 where
    the layer has none that the actor may see.
    """
    export.raster_format(path)
    with store.transaction(actor) as conn:
        found = rows.current(conn, layer, run=run)
    if found is None or artifacts is None:
        raise refusal("TWIN-249", layer=layer.name, status=404, where="layer")
    source = artifacts.path(found.name)
    if bbox is None and srid in (None, found.srid):
        part = path.with_name(f".{path.name}.part")
        try:
            shutil.copyfile(source, part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    else:
        cog.regrid(source, path, srid or found.srid, bbox)
    return 1

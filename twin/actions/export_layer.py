"""Write a layer to a file, as the actor sees it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa
from pyproj import CRS

from twin.access.decide import decide, readable_columns
from twin.actions.export_raster import export_raster
from twin.catalog.coerce import ARROW
from twin.crs import parse_crs
from twin.errors import did_you_mean
from twin.files import export, georef
from twin.files.refusals import refusal
from twin.store import features, names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from twin.access.actor import Actor
    from twin.catalog.spec import Catalog, Layer
    from twin.store.artifacts import ArtifactStore
    from twin.store.database import Store
    from twin.text import Text

_SYSTEM = {
    "id": pa.int64(),
    "source": pa.string(),
    "source_id": pa.string(),
    "valid_from": ARROW["datetime"],
    "valid_to": ARROW["datetime"],
}


def export_layer(
    store: Store,
    actor: Actor,
    layer: Layer | str,
    path: str | Path,
    *,
    run: UUID | str | None = None,
    crs: str | None = None,
    bbox: tuple[float, float, float, float] | None = None,
    artifacts: ArtifactStore | None = None,
    progress: Callable[[int, int | None], None] | None = None,
    notes: list[Text] | None = None,
) -> int:
    """Write the rows (or the raster) of ``layer`` to ``path``, whose suffix names the format; how many were written.

    ``crs`` (EPSG:n) defaults to the storage CRS, and to WGS 84 for GeoJSON (RFC 7946). ``bbox`` (x, y, x, y) is in
    that CRS. Rows are read in batches as the actor, only with the columns that he may read; the file appears under its
    name when it is whole. ``notes`` gets what the format could not hold. Raises TWIN-246, TWIN-248, TWIN-395.
    """
    target, place = _readable(store.catalog, actor, layer), Path(path)
    which = UUID(run) if isinstance(run, str) else run
    if target.kind == "coverage":
        asked = parse_crs(crs).srid if crs else None
        return export_raster(
            store, actor, target, place, run=which, srid=asked, bbox=bbox, artifacts=artifacts
        )
    form = export.vector_format(place)
    srid = parse_crs(crs).srid if crs else (4326 if form.name == "geojson" else store.srid)
    columns = (*_system(target), *readable_columns(store.catalog, actor, target))
    query = features.Query(
        layer=target,
        columns=columns,
        bbox=bbox,
        bbox_srid=srid,
        run=which,
    )
    schema = pa.schema([pa.field(name, _type(target, name)) for name in columns])
    counted = _Counted(progress)
    with store.transaction(actor, timeout_s=0) as conn:
        counted.total, _ = features.count(conn, query)
        batches = features.batches(conn, query)
        rows = _rows(batches, columns, schema, georef.place(CRS.from_epsg(store.srid), srid), counted)
        tall = target.dimensions == 3
        told = export.write(place, target.name, target.geometry, srid, schema, rows, tall=tall)
    if notes is not None:
        notes += told
    return counted.rows


def _readable(catalog: Catalog, actor: Actor, layer: Layer | str) -> Layer:
    name = layer if isinstance(layer, str) else layer.name
    found = catalog.layer(name)
    if found is None or not decide(catalog, actor, found, "read").allowed:
        hint = did_you_mean(name, catalog.layers)
        raise refusal("TWIN-248", layer=name, hint_zh=hint.zh, hint_en=hint.en, status=404, where="layer")
    return found


def _system(layer: Layer) -> tuple[str, ...]:
    return tuple(name for name in _SYSTEM if name in names.stored_columns(layer))


def _type(layer: Layer, name: str) -> pa.DataType:
    return ARROW[layer.columns[name].type] if name in layer.columns else _SYSTEM[name]


class _Counted:
    """Rows as they pass."""

    def __init__(self, progress: Callable[[int, int | None], None] | None) -> None:
        self.rows = 0
        self.total: int | None = None
        self._progress = progress

    def add(self, rows: int) -> None:
        self.rows += rows
        if self._progress is not None:
            self._progress(self.rows, self.total)


def _rows(
    batches: Iterator[features.Features],
    columns: tuple[str, ...],
    schema: pa.Schema,
    place: georef.Place,
    counted: _Counted,
) -> Iterator[tuple[list[pa.Array], NDArray[Any] | None]]:
    for batch in batches:
        arrays = [pa.array(batch.columns[name], schema.field(name).type) for name in columns]
        yield arrays, None if batch.geometry is None else georef.moved(batch.geometry, place)
        counted.add(len(batch))

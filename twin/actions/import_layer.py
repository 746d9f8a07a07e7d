"""Bring a file into a layer: opened in a child process, every record checked, written in one transaction."""

from __future__ import annotations

import dataclasses
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.access.decide import decide
from twin.actions.import_raster import import_raster
from twin.actions.staging import Staging
from twin.catalog.validate import check_table
from twin.crs import parse_crs
from twin.errors import Problem, Refused, did_you_mean
from twin.files.mapping import Fields, match
from twin.files.refusals import TEXTS, refusal
from twin.files.report import Report
from twin.files.sandbox import Table, open_table
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from numpy.typing import NDArray
    from psycopg import Connection

    from twin.access.actor import Actor
    from twin.catalog.spec import Catalog, Layer
    from twin.store.artifacts import ArtifactStore
    from twin.store.database import Store

    Progress = Callable[[int, int | None], None]


AXES = ("x", "y", "z", "wkt")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How an import ended: records read, new, known (updated where they differ) and refused, and where the refusals
    are listed. ``unused`` are fields of the file that no column takes; ``notes`` say what else is worth knowing."""

    read: int
    inserted: int
    updated: int
    refused: int
    problems_csv: Path | None
    seconds: float
    unused: tuple[str, ...] = ()
    notes: tuple[Text, ...] = ()


class ImportRefused(Refused):
    """Records were refused and nothing was stored; ``report`` says how many and where they are listed."""

    def __init__(self, report: ImportReport, problems: list[Problem]) -> None:
        text = TEXTS["TWIN-245"].format(refused=report.refused, report=report.problems_csv)
        super().__init__("TWIN-245", text.zh, text.en, problems, status=422)
        self.report = report


def import_file(
    store: Store,
    actor: Actor,
    path: str | Path,
    layer: Layer | str,
    *,
    mapping: Mapping[str, str] | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    skip_invalid: bool = False,
    source: str | None = None,
    artifacts: ArtifactStore | None = None,
    progress: Progress | None = None,
    report_to: Path | None = None,
    at: datetime | None = None,
    conn: Connection[Any] | None = None,
) -> ImportReport:
    """Import ``path`` (GeoPackage, Shapefile, GeoJSON, FlatGeobuf, GeoParquet, CSV; GeoTIFF, ESRI ASCII for coverages;
    or a zip of one) into ``layer`` as ``actor``.

    ``mapping`` is column to field (and x, y, z or wkt to a CSV's column of coordinates); further fields are matched
    by name, title and alias. ``crs`` (EPSG:n) declares the file's CRS and wins over what the file says; coordinates end
    in the storage CRS. ``source`` defaults to the file's stem; records are known again by it and by ``source_id``: the
    field mapped or named so, else ``code``, else the file's own record id. One layer of several in a GeoPackage is
    chosen by ``path|layername=NAME``. ``at`` is the valid time of a raster. ``conn``: a write transaction of the actor's, to which the
    rows belong, where several files are to be stored together or not at all.

    Raises TwinError for the file as a whole (TWIN-23n, 24n) and ImportRefused (TWIN-245) when records were refused and
    ``skip_invalid`` is false; nothing is stored then. ``report_to`` names the CSV of refused records (default: a file
    in the system's temporary folder).
    """
    target = _layer(store.catalog, actor, layer)
    crs = f"EPSG:{parse_crs(crs).srid}" if crs else None
    place, sublayer = _sublayer(path)
    began = time.monotonic()
    if target.kind == "coverage":
        new, notes = import_raster(store, actor, place, target, crs=crs, artifacts=artifacts, at=at)
        seconds = time.monotonic() - began
        return ImportReport(1, int(new), int(not new), 0, None, seconds, notes=notes)
    axes, columns = _axes(target, mapping or {})
    with (
        Report(report_to, place.stem) as report,
        open_table(
            place, layer=target, srid=store.srid, crs=crs, encoding=encoding, sublayer=sublayer, axes=axes
        ) as table,
    ):
        fields = match(target, table.fields, columns)
        load = _Load(store, target, table, fields, source, place.stem, report, progress)
        inserted, updated = load.run(actor, conn, keep_going=skip_invalid)
    return load.report(inserted, updated, time.monotonic() - began)


def _layer(catalog: Catalog, actor: Actor, layer: Layer | str) -> Layer:
    name = layer if isinstance(layer, str) else layer.name
    found = catalog.layer(name)
    if found is None or not decide(catalog, actor, found, "read").allowed:
        hint = did_you_mean(name, catalog.layers)
        raise refusal("TWIN-248", layer=name, hint_zh=hint.zh, hint_en=hint.en, status=404, where="layer")
    if found.is_result:
        raise refusal("TWIN-259", layer=name, status=403, where="layer")
    if not decide(catalog, actor, found, "write").allowed:
        raise refusal("TWIN-247", layer=name, status=403, where="layer")
    return found


def _axes(layer: Layer, mapping: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The mapping of coordinates (x, y, z, wkt, where no column of the layer is called so) and that of columns."""
    axes = {name: field for name, field in mapping.items() if name in AXES and name not in layer.columns}
    return axes, {name: field for name, field in mapping.items() if name not in axes}


def _sublayer(path: str | Path) -> tuple[Path, str | None]:
    place, _, name = str(path).partition("|layername=")
    return Path(place), name or None


@dataclass(slots=True)
class _Load:
    """One import on its way."""

    store: Store
    layer: Layer
    table: Table
    fields: Fields
    source: str | None
    stem: str
    listed: Report
    progress: Progress | None
    read: int = 0

    def run(self, actor: Actor, conn: Connection[Any] | None, *, keep_going: bool) -> tuple[int, int]:
        """In the caller's transaction, else in one of its own."""
        if conn is not None:
            return self._stored(conn, keep_going)
        with self.store.transaction(actor, write=True, timeout_s=0) as own:
            return self._stored(own, keep_going)

    def _stored(self, conn: Connection[Any], keep_going: bool) -> tuple[int, int]:
        staging = Staging(conn, self.layer, self.fields.columns)
        staging.fill(self._batches())
        for problems in staging.findings():
            if problems:
                staging.remove(self.listed.add(problems))
        if self.listed.rows and not keep_going:
            raise ImportRefused(self.report(0, 0, 0.0), self.listed.first)
        inserted, updated = staging.write()
        staging.drop()
        return inserted, updated

    def report(self, inserted: int, updated: int, seconds: float) -> ImportReport:
        return ImportReport(
            read=self.read,
            inserted=inserted,
            updated=updated,
            refused=self.listed.rows,
            problems_csv=self.listed.written,
            seconds=seconds,
            unused=self.fields.unused,
            notes=tuple(self.table.notes),
        )

    def _batches(self) -> Iterator[pa.Table]:
        for batch in self.table.batches():
            yield self._checked(batch)
            self.read += batch.num_rows
            if self.progress is not None:
                self.progress(self.read, self.table.total)

    def _checked(self, batch: pa.RecordBatch) -> pa.Table:
        """The good records of a batch, their columns as the catalogue's types; the others go to the report."""
        rows = np.asarray(batch.column("_row"))
        columns = {name: batch.column(f"f{number}") for name, number in self.fields.columns.items()}
        columns |= self._origin(batch)
        alike = self.layer.model_copy(update={"kind": "records"})  # its geometry was checked in the child
        first = int(rows[0]) if len(rows) else 1
        checked = check_table(alike, self.store.catalog, columns, first_row=first)
        whole = [one for one in checked.problems if one.row is None and one.fatal]
        if whole:
            raise Refused("TWIN-201", *_sentence(whole), whole, status=422)
        problems = [
            dataclasses.replace(one, row=int(rows[(one.row or 0) - first]))
            for one in checked.problems
            if one.column != "source_id" or self.fields.source_id is not None
        ]
        problems += _faults(batch, rows)
        self.listed.add(problems)
        good = checked.good & np.asarray(batch.column("_fault").is_null())
        taken: dict[str, pa.Array] = {"row": batch.column("_row"), **checked.columns}
        if "_geom" in batch.schema.names:
            taken["geom"] = batch.column("_geom")
        kept = pa.table(taken)
        return kept if good.all() else kept.filter(pa.array(good))

    def _origin(self, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        """source and source_id of each record: the file's own fields, else ``code``, else the file's record id."""
        size, fields = batch.num_rows, self.fields
        own = batch.column("_id")
        number = fields.source_id if fields.source_id is not None else fields.columns.get("code")
        if number is not None:
            given = pc.cast(batch.column(f"f{number}"), pa.string())
            own = pc.coalesce(given, pc.binary_join_element_wise("#", own, ""))
        source = pa.repeat(self.source or self.stem, size)
        if fields.source is not None and fields.source_id is not None and self.source is None:
            source = pc.coalesce(pc.cast(batch.column(f"f{fields.source}"), pa.string()), source)
        return {"source": source, "source_id": own}


def _faults(batch: pa.RecordBatch, rows: NDArray[np.int64]) -> list[Problem]:
    column = batch.column("_fault")
    if column.null_count == len(column):
        return []
    found = []
    for index in np.flatnonzero(np.asarray(column.is_valid())):
        told = json.loads(column[int(index)].as_py())
        text = Text(zh=told["zh"], en=told["en"])
        found.append(Problem(code=told["code"], text=text, row=int(rows[index]), column=told["column"]))
    return found


def _sentence(problems: list[Problem]) -> tuple[str, str]:
    return "；".join(p.text.zh for p in problems[:5]), "; ".join(p.text.en for p in problems[:5])

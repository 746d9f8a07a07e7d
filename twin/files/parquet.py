"""GeoParquet in the reader child."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from twin.files.records import BATCH, Opened, Records, check_text, plain, wkb_of
from twin.files.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def open_parquet(path: Path) -> Opened:
    """GeoParquet (1.0, 1.1): the primary column in WKB, its CRS from the metadata; CRS84 where that is silent."""
    file = pq.ParquetFile(path)
    meta = json.loads((file.metadata.metadata or {}).get(b"geo", b"{}"))
    primary = meta.get("primary_column")
    about = meta.get("columns", {}).get(primary, {})
    if primary is not None and about.get("encoding") != "WKB":
        raise refusal("TWIN-232", format="GeoParquet", reason=f"encoding {about.get('encoding')}")
    located = [name for name in meta.get("columns", {}) if name != primary]
    names = [name for name in file.schema_arrow.names if name != primary and name not in located]
    crs = about.get("crs", "OGC:CRS84") if primary is not None else None
    opened = Opened(
        fields=names,
        crs=json.dumps(crs) if isinstance(crs, dict) else crs,
        total=file.metadata.num_rows,
        batches=iter(()),
        located=primary is not None,
    )
    opened.batches = _parquet_batches(file, names, primary)
    return opened


def _parquet_batches(file: pq.ParquetFile, names: list[str], primary: str | None) -> Iterator[Records]:
    wanted = [*names, *([primary] if primary is not None else [])]
    row = 0
    for batch in file.iter_batches(batch_size=BATCH, columns=wanted, use_threads=False):
        columns = [plain(batch.column(batch.schema.names.index(name))) for name in names]
        check_text(columns, names, row)
        row += batch.num_rows
        geometry = None if primary is None else wkb_of(batch.column(batch.schema.names.index(primary)))
        yield Records(geometry=geometry, ids=None, columns=columns)

"""Rows on their way into a layer: a temporary table that takes Arrow batches, set-wise checks, one INSERT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
from psycopg import sql

from twin.catalog.messages import message
from twin.errors import Problem
from twin.files.refusals import problem
from twin.store import names
from twin.store.loading import loading
from twin.store.queryfile import composed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import psycopg

    from twin.catalog.spec import Layer

STAGED = sql.Identifier("pg_temp", "staged")
LIMIT = 50_000  # findings of one kind that a report lists at most
_TYPES = {
    "text": "text",
    "integer": "bigint",
    "number": "double precision",
    "boolean": "boolean",
    "date": "date",
    "datetime": "timestamp with time zone",
}
_KEY = ("source", "source_id")
_AS_CSV = pv.WriteOptions(include_header=False, quoting_style="needed")


class Staging:
    """The rows of one import into ``layer``; ``columns`` are the ones that the file brings (the others keep their
    values where a row is updated). Lives in the caller's transaction and ends with it, or with ``drop``."""

    def __init__(self, conn: psycopg.Connection, layer: Layer, columns: Iterable[str]) -> None:
        self._conn = conn
        self._layer = layer
        self.columns = tuple(columns)
        kinds = {name: _TYPES[column.type] for name, column in layer.columns.items()}
        kinds |= {"valid_from": _TYPES["datetime"], "valid_to": _TYPES["datetime"]}
        types = {"row": "bigint", "source": "text", "source_id": "text"}
        types |= {name: kinds[name] for name in self.columns}
        if names.has_geometry(layer):
            types["geom"] = "geometry"
        self._all = tuple(types)
        self._stored = tuple(name for name in types if name != "row")
        columns_sql = sql.SQL(", ").join(
            sql.SQL("{} " + kind).format(sql.Identifier(name)) for name, kind in types.items()
        )
        conn.execute(composed("staging", "table", staged=STAGED, columns=columns_sql))

    def fill(self, batches: Iterable[pa.Table]) -> None:
        """COPY the batches (row, source, source_id, the columns, geom as EWKB; in this order) as they come."""
        columns = sql.SQL(", ").join(map(sql.Identifier, self._all))
        command = composed("staging", "copy", staged=STAGED, columns=columns)
        with self._conn.cursor() as cursor, cursor.copy(command) as copy:
            for batch in batches:
                copy.write(as_csv(batch.select(self._all)))
        # what is compared with other tables; the planner needs nothing of geometries, whose turn takes longest
        listed = sql.SQL(", ").join(sql.Identifier(name) for name in self._all if name != "geom")
        self._conn.execute(composed("staging", "analyze", staged=STAGED, columns=listed))

    def findings(self) -> Iterator[list[Problem]]:
        """What is wrong with rows as a set, one list a rule: repeated origins and unique values, values that another
        origin has, references to nothing. Rows of a list that was removed do not count in the next ones."""
        yield self._repeated(_KEY, "source_id")
        for group in self._unique():
            yield self._repeated(group, "+".join(group))
            yield self._taken(group)
        for name in self.columns:
            reference = self._layer.columns[name].references if name in self._layer.columns else None
            while reference and (lost := self._missing(name, reference)):
                yield lost
                if len(lost) >= LIMIT or not reference.startswith(f"{self._layer.name}."):
                    break  # in a tree, rows below a removed one come up in the next round

    def remove(self, rows: Iterable[int]) -> None:
        self._conn.execute(composed("staging", "remove", staged=STAGED), {"rows": list(rows)})

    def write(self) -> tuple[int, int]:
        """INSERT or update by (source, source_id): how many rows were new and how many were known."""
        parts = self._parts()
        counted = self._conn.execute(composed("staging", "known", **parts)).fetchone()
        known, staged = counted if counted else (0, 0)
        changed = [name for name in self._stored if name not in _KEY]
        own = [sql.SQL("t.{}").format(sql.Identifier(name)) for name in changed]
        new = [sql.SQL("excluded.{}").format(sql.Identifier(name)) for name in changed]
        setting = [sql.SQL("{} = ").format(sql.Identifier(n)) + v for n, v in zip(changed, new, strict=True)]
        geometry = names.has_geometry(self._layer)
        text = composed(
            "staging",
            "write",
            columns=sql.SQL(", ").join(map(sql.Identifier, self._stored)),
            order=sql.SQL("geom, row" if geometry else "row"),
            changes=sql.SQL(", ").join(setting),
            old=sql.SQL(", ").join(own),
            new=sql.SQL(", ").join(new),
            **parts,
        )
        with loading(self._conn, self._layer, int(staged)):
            self._conn.execute(text)
        return int(staged) - int(known), int(known)

    def drop(self) -> None:
        """Make room for the next file of the same transaction."""
        self._conn.execute(composed("staging", "drop", staged=STAGED))

    def _parts(self) -> dict[str, sql.Composable]:
        return {"staged": STAGED, "city": names.in_city(self._layer)}

    def _unique(self) -> list[tuple[str, ...]]:
        single = [
            (name,)
            for name in self.columns
            if name in self._layer.columns and self._layer.columns[name].unique
        ]
        return single + [group for group in self._layer.unique_together if set(group) <= set(self.columns)]

    def _matching(self, columns: tuple[str, ...], other: str) -> dict[str, sql.Composable]:
        pair = sql.SQL("s.{0} = " + other + ".{0}")
        return self._parts() | {
            "columns": sql.SQL(", ").join(map(sql.Identifier, columns)),
            "values": sql.SQL(", ").join(sql.SQL("s.{}").format(sql.Identifier(name)) for name in columns),
            "pairs": sql.SQL(" AND ").join(pair.format(sql.Identifier(name)) for name in columns),
        }

    def _rows(self, name: str, parts: dict[str, sql.Composable]) -> list[tuple[Any, ...]]:
        kept = composed("staging", name, **parts)
        return self._conn.execute(kept, {"limit": LIMIT}).fetchall()

    def _title(self, columns: tuple[str, ...]) -> dict[str, str]:
        titles = [self._layer.columns[name].title for name in columns if name in self._layer.columns]
        if not titles:
            return {"title_zh": "来源标识", "title_en": "Identity in the source"}
        return {"title_zh": "、".join(t.zh for t in titles), "title_en": " + ".join(t.en for t in titles)}

    def _repeated(self, columns: tuple[str, ...], shown: str) -> list[Problem]:
        title = self._title(columns)
        return [
            Problem(
                code="TWIN-208",
                text=message("TWIN-208", value=value, first=first, **title),
                row=row,
                column=shown,
                value=value,
            )
            for row, value, first in self._rows("repeated", self._matching(columns, "f"))
        ]

    def _taken(self, columns: tuple[str, ...]) -> list[Problem]:
        return [
            problem("TWIN-261", row, column="+".join(columns), value=value, origin=origin)
            for row, value, origin in self._rows("taken", self._matching(columns, "t"))
        ]

    def _missing(self, name: str, reference: str) -> list[Problem]:
        layer, key = reference.split(".")
        itself = layer == self._layer.name and key in self.columns
        parts = self._parts() | {
            "column": sql.Identifier(name),
            "target": sql.Identifier("city", layer),
            "key": sql.Identifier(key),
            "own": sql.Identifier(key if itself else name),
            "itself": sql.Literal(itself),
        }
        return [
            problem("TWIN-262", row, column=name, value=value, target=reference)
            for row, value in self._rows("missing", parts)
        ]


def as_csv(table: pa.Table) -> memoryview:
    """The rows as CSV for COPY: null is nothing, empty text is "", bytes are hexadecimal."""
    table = table.combine_chunks()
    columns = [
        _hexadecimal(column.chunk(0)) if pa.types.is_binary(column.type) and column.num_chunks else column
        for column in table.columns
    ]
    out = pa.BufferOutputStream()
    pv.write_csv(pa.table(columns, names=table.column_names), out, _AS_CSV)
    return memoryview(out.getvalue())


def _hexadecimal(column: pa.Array) -> pa.Array:
    """All values in one call: the hexadecimal of the joined bytes, cut at twice the offsets."""
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    joined = memoryview(data)[ends[0] : ends[-1]] if data is not None else b""
    text = bytes(joined).hex().encode()
    places = pa.py_buffer(((ends - ends[0]) * 2).astype(np.int32).tobytes())
    mask = pa.array(np.asarray(column.is_valid())) if column.null_count else None
    made = pa.StringArray.from_buffers(len(column), places, pa.py_buffer(text))
    return made if mask is None else pc.if_else(mask, made, pa.scalar(None, pa.string()))

"""The roads of the sample city in a real store, and processes run on them as a worker runs them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from twin.access.actor import Actor
from twin.actions.identifier import uuid7
from twin.actions.import_layer import import_file
from twin.jobs import recording
from twin.processes.context import RunContext
from twin.processes.registry import find
from twin.store.artifacts import ArtifactStore
from twin.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from uuid import UUID

    import pytest

    from twin.catalog.spec import Catalog
    from twin.processes.context import Features

SAMPLES = Path(__file__).resolve().parents[3] / "data" / "samples"
ROADS = ("admin_area", "grid_cell", "road_node", "road_link", "turn_restriction")
QUICK: dict[str, Any] = {"zones": "community", "gap": 1e-9}
OPERATOR = Actor("operator", "fixture", "fixture")


@dataclass
class Done:
    """A run, as the process handed it over."""

    run: UUID
    outputs: Any
    rows: dict[str, Features]

    def table(self, layer: str) -> list[dict[str, Any]]:
        """Rows as dictionaries."""
        columns = self.rows[layer].columns
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


@contextmanager
def sample_city(
    new_database: Callable[..., Any], catalog: Catalog, folders: pytest.TempPathFactory, layers: Sequence[str]
) -> Iterator[SampleCity]:
    """The sample city in a database of its own, with ``layers`` beside its roads."""
    database, folder = new_database(catalog), folders.mktemp("artifacts")
    with Store.open(database.url, catalog) as store:
        city = SampleCity(store, ArtifactStore(str(folder)))
        city.load((*ROADS, *layers))
        yield city


@dataclass
class SampleCity:
    """A store with layers of the sample city."""

    store: Store
    files: ArtifactStore
    loaded: set[str] = field(default_factory=set)

    def load(self, layers: Sequence[str]) -> None:
        """Bring the sample's files into the store, in the order given, once."""
        for layer in layers:
            if layer in self.loaded:
                continue
            self.loaded.add(layer)
            import_file(self.store, OPERATOR, SAMPLES / f"{layer}.fgb", layer, artifacts=self.files)

    def context(self, reads: Sequence[str], writes: Sequence[str] = ()) -> RunContext:
        return RunContext(
            run=uuid7(), actor=OPERATOR, seed=1, store=self.store, artifacts=self.files, reads=reads, writes=writes
        )  # fmt: skip

    def run(self, name: str, inputs: dict[str, Any]) -> Done:
        """Run a process and commit what it hands over."""
        process = find(name)
        asked = process.validate(inputs)
        reads = (*process.reads, *(layer for _, layer in asked.layers()))
        run = self.context(reads, process.writes)
        outputs = process.function(asked, run)
        self._commit(run, name, json.dumps(asked.model_dump(mode="json")), outputs.model_dump_json())
        return Done(run.id, outputs, dict(run.features_written))

    def left(self, process: str, rows: dict[str, Features]) -> UUID:
        """A finished run of ``process`` that left these rows; its id."""
        run = self.context((), tuple(rows))
        for layer, features in rows.items():
            run.write_features(layer, features)
        self._commit(run, process, "{}", "{}")
        return run.id

    def _commit(self, run: RunContext, process: str, inputs: str, outputs: str) -> None:
        with self.store.service() as conn:
            conn.execute(RUN, {"id": run.id, "process": process, "inputs": inputs, "outputs": outputs})
        with self.store.transaction(OPERATOR, write=True) as conn:
            self.store.become_service(conn)
            recording.record(conn, self.store, SimpleNamespace(run=run.id, actor=OPERATOR), run)  # type: ignore[arg-type]


RUN = """
INSERT INTO run.run (id, process, process_version, code_version, inputs, outputs, role, actor, seed, state, published,
                     started, ended)
VALUES (%(id)s, %(process)s, '1.0.0', 'test', %(inputs)s, %(outputs)s, 'operator', 'fixture', 1, 'successful', true,
        now(), now())
"""

"""A run as its process sees it: reading the city, telling progress, handing over results.

Reads happen as the run's actor and note the version of each layer read. Results are kept until the process returns
and become visible together, in the run's final transaction.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.actions.runs import MAX_LISTED, list_runs, state_made, state_of
from twin.errors import TwinError
from twin.processes import reading
from twin.processes.data import Kept, Raster, Written
from twin.processes.patience import patiently
from twin.store.features import Features
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from affine import Affine
    from numpy.typing import NDArray

    from twin.access.actor import Actor
    from twin.actions.run_row import RunRow
    from twin.catalog.spec import Catalog, Layer
    from twin.store.artifacts import ArtifactStore
    from twin.store.database import Store

__all__ = ["Cancelled", "Features", "Raster", "RunContext"]
BETWEEN_REPORTS_S = 0.5
BETWEEN_LOOKS_S = 0.02

type Box = tuple[float, float, float, float]
type Period = tuple[datetime | None, datetime | None]
type Report = Callable[[float, Text], None]


class Cancelled(Exception):  # noqa: N818 - an order, not an error
    """The run was dismissed or taken over: stop computing, nothing will be stored."""


class RunContext:
    """What a process function is given beside its inputs."""

    def __init__(
        self,
        *,
        run: UUID,
        actor: Actor,
        seed: int,
        store: Store,
        artifacts: ArtifactStore,
        reads: Sequence[str],
        writes: Sequence[str],
        report: Report = lambda fraction, message: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self.id = run
        self.actor = actor
        self.seed = seed
        self.srid: int = store.srid
        self.catalog: Catalog = store.catalog
        self.data_versions: dict[str, int] = {}
        self.features_written: list[tuple[str, Features]] = []
        self.rasters_written: list[Written] = []
        self.state_kept: Kept | None = None
        self.sources: set[UUID] = set()  # runs whose results were read
        self._store = store
        self._artifacts = artifacts
        self._reads = frozenset(reads)
        self._writes = frozenset(writes)
        self._report = report
        self._stopped = stopped
        self._told = self._looked = float("-inf")
        self._is_stopped = False

    def progress(self, fraction: float, zh: str, en: str) -> None:
        """Say how far the run is (0..1) and what it does; cheap, may be called in every step."""
        now = time.monotonic()
        if now - self._told >= BETWEEN_REPORTS_S:
            self._told = now
            self._report(min(max(fraction, 0.0), 1.0), Text(zh=zh, en=en))

    def cancelled(self) -> bool:
        """Whether to stop; cheap, may be asked in every step."""
        now = time.monotonic()
        if not self._is_stopped and now - self._looked >= BETWEEN_LOOKS_S:
            self._looked = now
            self._is_stopped = self._stopped()
        return self._is_stopped

    def check(self) -> None:
        """Raise ``Cancelled`` when the run is to stop."""
        if self.cancelled():
            raise Cancelled

    def members(self) -> list[RunRow]:
        """The runs that this one is made of, in their order; every one has ended, well or not."""
        found = patiently(lambda: list_runs(self._store, self.actor, parent=self.id, limit=MAX_LISTED))
        return sorted(found, key=lambda row: row.member or 0)

    def features(
        self,
        layer: str,
        *,
        columns: Sequence[str] | None = None,
        bbox: Box | None = None,
        run: UUID | None = None,
        period: Period | None = None,
    ) -> Features:
        """The rows of a declared feature layer (all columns unless named) that meet ``bbox`` (storage CRS) and are valid in
        ``period`` (start, end; open where None); of a result those of ``run``, else of the newest published run.

        Raises TWIN-534 for a layer that the process does not declare, TWIN-403 for one that the actor may not read.
        """
        declared = self._declared(layer)
        found, version = patiently(
            lambda: reading.features(self._store, self.actor, declared, columns, bbox, run, period)
        )
        self._note(layer, version, run)
        return found

    def latest(self, layer: str) -> datetime | None:
        """When the newest row of a declared layer begins to be valid; None while it has none."""
        declared = self._declared(layer)
        return patiently(lambda: reading.latest(self._store, self.actor, declared))

    def raster(self, layer: str, *, bbox: Box | None = None, run: UUID | None = None) -> Raster | None:
        """The current raster of a coverage layer, cut to the cells that meet ``bbox`` (storage CRS), of a result that
        of ``run``; None while the layer has none there, or none that the actor may see."""
        frames = self._frames(layer, None, None, bbox, run, current=True)
        return frames[0][1] if frames else None

    def rasters(
        self,
        layer: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        bbox: Box | None = None,
        run: UUID | None = None,
    ) -> list[tuple[datetime | None, Raster]]:
        """The rasters of a layer with time between ``start`` and ``end`` (open where None), oldest first; the
        current one alone when neither is given."""
        return self._frames(layer, start, end, bbox, run, current=start is None and end is None)

    def write_features(self, layer: str, rows: Features) -> None:
        """Hand over rows of a result layer (geometry in storage CRS); they become visible when the run ends well.

        Raises TWIN-533 for a layer that the process does not declare.
        """
        self._writable(layer)
        self.features_written.append((layer, rows))

    def write_raster(
        self,
        layer: str,
        array: NDArray[Any],
        transform: Affine,
        nodata: float | None = None,
        *,
        valid_time: datetime | None = None,
        quickly: bool = False,
    ) -> None:
        """Hand over a raster (rows, columns; storage CRS) of a result layer; ``nodata`` defaults to the layer's,
        NaN becomes it; ``quickly`` for one of many (packed less tightly). Raises TWIN-533 for a layer that the process does not declare."""
        declared = self._writable(layer)
        with tempfile.TemporaryDirectory(prefix="twin-run-") as folder:
            written = reading.write(
                self._artifacts,
                declared,
                array,
                transform,
                self.srid,
                nodata,
                Path(folder),
                valid_time,
                quickly=quickly,
            )
        self.rasters_written.append(written)

    def keep_state(self, path: Path, minute: float) -> None:
        """Keep a model's exact state (a file) with this run, for another run to go on from; one state a run."""
        self.state_kept = Kept(self._artifacts.put(path, path.suffix), path.stat().st_size, minute)

    def state_of(self, run: UUID) -> Path | None:
        """The state that ``run`` kept, as a file to be read; ``None`` where there is none that the actor may use."""
        name = patiently(lambda: state_of(self._store, self.actor, run))
        self.sources.add(run)
        return None if name is None else self._artifacts.path(name)

    def state_made(self, run: UUID) -> tuple[str | None, str | None]:
        """Time 0 (ISO) of the run that kept a state and where its sewers came from; ``None`` for what is not known."""
        return patiently(lambda: state_made(self._store, self.actor, run))

    def _frames(
        self,
        layer: str,
        start: datetime | None,
        end: datetime | None,
        bbox: Box | None,
        run: UUID | None,
        *,
        current: bool,
    ) -> list[tuple[datetime | None, Raster]]:
        declared = self._declared(layer)
        frames, version = patiently(
            lambda: reading.rasters(
                self._store, self._artifacts, self.actor, declared, start, end, bbox, run, current=current
            )
        )
        self._note(layer, version, run)
        return frames

    def _note(self, layer: str, version: int, run: UUID | None) -> None:
        """What a named run left never changes: the inputs, which name it, are lineage enough."""
        if run is None:
            self.data_versions[layer] = version
        else:
            self.sources.add(run)

    def _declared(self, name: str) -> Layer:
        layer = self.catalog.layer(name)
        if layer is None or name not in self._reads:
            raise TwinError(
                "TWIN-534",
                f"模拟过程未声明读取图层“{name}”；请在 reads 或输入的 layers() 中声明。",
                f'The process does not declare that it reads "{name}"; declare it in reads or in layers().',
                status=500,
                where=name,
            )
        return layer

    def written(self) -> set[str]:
        """The layers that results were handed over for."""
        rasters = {one.layer for one in self.rasters_written}
        return rasters | {layer for layer, _ in self.features_written}

    def _writable(self, name: str) -> Layer:
        layer = self.catalog.layer(name)
        if layer is None or name not in self._writes:
            raise TwinError(
                "TWIN-533",
                f"模拟过程未声明写入图层“{name}”；请在 writes 中声明。",
                f'The process does not declare that it writes "{name}"; declare it in writes.',
                status=500,
                where=name,
            )
        return layer

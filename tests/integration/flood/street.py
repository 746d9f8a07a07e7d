"""The bowl city with a storm sewer under its street and a worker: floods asked for as a user asks for them."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.integration.flood.bowl import EAST, NORTH, SIDE, fill, inputs
from tests.integration.web.city import OPERATOR, insert
from twin.actions import runs
from twin.actions.run_row import ENDED
from twin.processes.registry import find

if TYPE_CHECKING:
    from twin.actions.run_row import RunRow
    from twin.store.artifacts import ArtifactStore
    from twin.store.database import Store

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
MIDDLE_Y = NORTH + SIDE / 2
# code, metres east, ground and bottom in m: from the middle of the bowl to its eastern rim
MANHOLES = (
    ("M1", 200.0, 10.0, 8.6),
    ("M2", 250.0, 10.1, 8.4),
    ("M3", 300.0, 10.5, 8.2),
    ("M4", 350.0, 11.1, 8.0),
)


def lay(store: Store, *, gate: bool = False) -> None:
    """Three pipes of 400 mm in the road, an outfall and a pump station that no pipe names."""
    insert(store, OPERATOR, "manhole", [
        {"code": code, "pipe_class": "201", "kind": "inspection", "ground_elevation": ground, "invert_elevation": low,
         "geom": f"POINT({EAST + x} {MIDDLE_Y})"} for code, x, ground, low in MANHOLES
    ])  # fmt: skip
    insert(store, OPERATOR, "outfall", [
        {"code": "O1", "pipe_class": "201", "invert_elevation": 7.8, "tide_gate": gate,
         "geom": f"POINT({EAST + 395} {MIDDLE_Y})"},
    ])  # fmt: skip
    ends = [*((code, x, low) for code, x, _, low in MANHOLES), ("O1", 395.0, 7.8)]
    insert(store, OPERATOR, "drain_pipe", [
        {"code": f"P{number}", "from_node": a[0], "to_node": b[0], "pipe_class": "201", "diameter": 400.0,
         "start_invert": a[2], "end_invert": b[2],
         "geom": f"LINESTRING({EAST + a[1]} {MIDDLE_Y}, {EAST + b[1]} {MIDDLE_Y})"}
        for number, (a, b) in enumerate(itertools.pairwise(ends), 1)
    ])  # fmt: skip
    insert(store, OPERATOR, "pump_station", [
        {"code": "S1", "name": "中心泵站", "kind": "storm", "capacity_m3_s": 0.1, "start_level": 8.2, "stop_level": 8.0,
         "pumps": 2, "status": "0", "geom": f"POINT({EAST + 200} {MIDDLE_Y + 30})"},
    ])  # fmt: skip


class Street:
    """The filled city; floods run through the queue, as the operator unless said otherwise."""

    def __init__(self, store: Store, files: ArtifactStore, folder: Path, url: str) -> None:
        self.store, self.files, self.folder, self.url = store, files, folder, url
        fill(store, files, folder)
        lay(store)
        self.worker = self.start_worker()

    def start_worker(self) -> subprocess.Popen[bytes]:
        log = self.folder / "worker.log"
        command = [sys.executable, str(HERE / "run_worker.py"), self.url, str(self.folder / "artifacts")]
        with log.open("ab") as output:
            return subprocess.Popen(
                command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=output, stderr=output
            )

    def stop_worker(self) -> None:
        self.worker.terminate()
        self.worker.wait(30)

    def ask(self, *, sewers: dict[str, Any] | None = None, **more: Any) -> RunRow:
        """An hour of flood on cells of 10 m, waited for."""
        given = inputs(cell_m=10.0, sewers={"source": "layers", "gully_l_s": 60.0} | (sewers or {}), **more)
        return self.ended(runs.submit(self.store, OPERATOR, find("flood"), given)[0])

    def ended(self, row: RunRow, within_s: float = 120.0) -> RunRow:
        deadline = time.monotonic() + within_s
        while row.state not in ENDED:
            assert time.monotonic() < deadline, (self.folder / "worker.log").read_text()[-2000:]
            time.sleep(0.1)
            row = runs.get(self.store, OPERATOR, row.id)
        return row

    def good(self, **asked: Any) -> dict[str, Any]:
        """The sewers' outputs of a run that has to end well."""
        row = self.ask(**asked)
        assert row.state == "successful", row.error
        assert row.outputs is not None
        told: dict[str, Any] = row.outputs["sewers"]
        assert abs(row.outputs["mass_error"]) < 1e-6
        assert abs(told["booking_error"]) < 1e-6
        return told

    def refused(self, **asked: Any) -> dict[str, Any]:
        """The error of a run that has to be refused."""
        row = self.ask(**asked)
        assert row.state == "failed", row.outputs
        assert row.error is not None
        return row.error

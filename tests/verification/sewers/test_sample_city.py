"""The sample city's sewers under a storm of 50 years, as the flood process computes them: both accounts, and the pumps."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.verification.report import ROOT, Report
from twin.access.actor import Actor
from twin.actions.identifier import uuid7
from twin.actions.import_layer import import_file
from twin.processes.context import RunContext
from twin.processes.registry import find
from twin.store.artifact_store import ArtifactStore

if TYPE_CHECKING:
    from twin.store.database import Store

NEEDED = {
    "terrain", "building", "land_use", "soil", "road_node", "road_link", "drain_pipe", "manhole", "outfall", "pump_station",
    "admin_area", "grid_cell", "facility",
}  # fmt: skip
ASKED = {
    "storm": {"kind": "design", "formula": "chongqing", "return_period_a": 50.0, "duration_min": 60.0, "peak_ratio": 0.4},
    "duration_min": 40.0, "cell_m": 20.0, "sewers": {"source": "layers"},
}  # fmt: skip


@pytest.mark.long
def test_both_accounts_close_on_the_sample_city(store: Store, report: Report, tmp_path: Path) -> None:
    folder, actor = ROOT / "data" / "samples", Actor("operator", "verification", "verification")
    tmp_path.joinpath("artifacts").mkdir()
    files = ArtifactStore(str(tmp_path / "artifacts"))
    for entry in tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))["layers"]:
        if entry["layer"] in NEEDED:
            layer = store.catalog.layers[entry["layer"]]
            import_file(
                store,
                actor,
                folder / entry["file"],
                layer,
                crs=entry.get("crs"),
                source="sample",
                artifacts=files,
            )
    process = find("flood")
    inputs = process.validate(ASKED)
    run = RunContext(
        run=uuid7(), actor=actor, seed=1, store=store, artifacts=files, writes=process.writes,
        reads=(*process.reads, *(layer for _, layer in inputs.layers())),
    )  # fmt: skip
    outputs = process.function(inputs, run)
    told = outputs.model_dump()["sewers"]
    case = "sample city, 20 m, 40 min"
    report.hold(case, "SWMM's own continuity error", "%", told["continuity_error_percent"], 1.0)
    report.hold(case, "water account", "booked on both sides, relative", told["booking_error"], 1e-6)
    report.hold(case, "water account", "surface ledger, relative", outputs.model_dump()["mass_error"], 1e-6)
    assert told["mended"]["pump_station_joined"] + told["mended"]["pump_station_own_sump"] == 8
    assert sum(told["pumped_m3"].values()) > 0.0

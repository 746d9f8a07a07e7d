"""Uncoupled, a network stepped here gives SWMM's own result, byte for byte (US EPA regression inputs)."""

from __future__ import annotations

from pathlib import Path

import pytest
from swmm.toolkit import solver

from tests.verification.report import Report
from twin.engines.sewers import Inp, Sewer

QUICK = (
    "extran/extran1", "extran/extran4", "extran/extran8a", "extran/extran10", "routing/test1", "routing/test3",
    "user/user2", "user/user3", "examples/Example2", "update_v52/Type5_Pump_Test", "update_v52/street_curb_inlet_9a",
)  # fmt: skip
LONG = (
    "extran/extran2", "extran/extran3", "extran/extran5", "extran/extran6", "extran/extran7", "extran/extran9",
    "routing/test2", "routing/test4", "routing/test5", "user/user1", "user/user4", "user/user5", "examples/Example1",
    "examples/Example3", "examples/Example4", "update_v52/Example7-Final", "update_v52/Example7-Inlets",
    "update_v52/Storage_Shape_Test", "update_v52/control_rules_test", "update_v52/onsag_grate_inlet_11",
    "update_v5111/gate_control_2", "update_v5111/gate_control_3",
)  # fmt: skip


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(n, marks=pytest.mark.long) for n in LONG)])
def test_same_bytes_as_swmm_itself(
    name: str, benchmarks: Path, report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # some inputs have SWMM write reports of its own
    source = benchmarks / "swmm" / f"{name}.inp"
    own = tmp_path / "own.bin"
    solver.swmm_run(str(source), str(tmp_path / "own.rpt"), str(own))
    with Sewer(Inp.parse(source.read_text(encoding="latin-1")), save=True) as sewer:
        sewer.start()
        while sewer.step():
            pass
        sewer.end()
        sewer.shut()
        ours = sewer.results().read_bytes()
    theirs = own.read_bytes()
    different = sum(a != b for a, b in zip(ours, theirs, strict=False)) + abs(len(ours) - len(theirs))
    report.hold(
        f"SWMM {name}", "US EPA regression input, swmm-toolkit's own run", "bytes that differ", different, 0.0
    )

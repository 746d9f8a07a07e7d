"""EA test 8B: a surcharged culvert spills through one manhole; and the price of one exchange."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from tests.verification.report import Report
from twin.engines.flood import Boundary, Domain, Opening, Sewers, patch, simulate
from twin.engines.sewers import Inp, Sewer, library

CELL = 2.0
ROW, COL = 60, 20
GROUND = 31.46  # m, at the manhole


def test_ea_8b_exchange_on_a_stand_in_surface(benchmarks: Path, report: Report) -> None:
    """The official terrain is not at hand: a plane falling 1:100 stands in for the street, and 1 m2 (MIN_SURFAREA of the
    official file) for the manhole's mouth; all coefficients are the defaults. XPSTORM's series is the reference."""
    folder = benchmarks / "ea_test8" / "b"
    reference = np.loadtxt(folder / "xpstorm.csv", delimiter=",")
    x = np.broadcast_to((np.arange(160) - COL) * CELL, (120, 160))
    domain = Domain(z=GROUND - 0.01 * x, cell=CELL, manning=0.02)
    rows, cols = patch(ROW, COL, CELL, np.ones(domain.z.shape, bool))
    sewers = Sewers(
        Inp.parse((folder / "test8b_drainage_ponding.inp").read_text(encoding="utf-8")),
        [Opening("J1", rows, cols, area=1.0, width=3.545)],
        step_s=1.0,
        record=("J1",),
    )
    result = simulate(domain, boundary=Boundary.free(), duration_s=18_000.0, sewers=sewers, threads=1)
    s = result.sewers
    assert s is not None
    flow = np.interp(reference[:, 0], s.series.times_s / 60.0, -s.series.exchange[:, 0])
    spread = reference[:, 1] - reference[:, 1].mean()
    efficiency = 1.0 - ((flow - reference[:, 1]) ** 2).sum() / (spread**2).sum()
    case = "EA 8B, stand-in surface"
    source = "Environment Agency SC120002 test 8B, XPSTORM"
    report.hold(case, source, "1 - NSE of the exchange flow", 1.0 - efficiency, 0.03)
    report.hold(case, source, "peak exchange, relative error", s.max_overflow.max() / 2.003 - 1.0, 0.10)
    report.hold(case, "water account", "booked on both sides, relative", s.relative_booking_error, 1e-6)
    report.hold(case, "water account", "surface ledger, relative", result.ledger.relative_error, 1e-6)
    report.hold(case, "SWMM's own continuity error", "%", s.account.error_percent, 1.0)
    wobble = np.abs(np.diff(s.series.exchange[:, 0])).sum() / (2.0 * s.max_overflow.max())
    report.hold(
        case, "water account", "up and down of the exchange beyond one rise and fall", wobble - 1.0, 1.0
    )


def test_one_exchange_costs_a_few_hundredths_of_a_microsecond(benchmarks: Path, report: Report) -> None:
    text = (benchmarks / "ea_test8" / "b" / "test8b_drainage_ponding.inp").read_text(encoding="utf-8")
    with Sewer(Inp.parse(text)) as sewer:
        sewer.start()
        sewer.step()
        nodes = np.tile(np.arange(7, dtype=np.int32), 3000)
        head, flow = np.empty(nodes.size), np.zeros(nodes.size)
        best = np.inf
        for _ in range(20):
            began = time.perf_counter()
            library.read_nodes(nodes, library.HEAD, 1.0, head)
            library.write_inflows(nodes, flow, 1.0)
            best = min(best, time.perf_counter() - began)
        assert head[1] == pytest.approx(sewer.heads(np.array([1], np.int32))[0])
    report.hold(
        "SWMM exchange",
        "measured",
        "microseconds a node, head read and inflow set",
        best / nodes.size * 1e6,
        0.05,
    )

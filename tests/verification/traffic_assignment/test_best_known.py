"""Equilibria beside the best known objectives and flows of the TransportationNetworks collection, and beyond."""

from __future__ import annotations

import numpy as np
import pytest

from tests.verification.report import Report, shared
from tests.verification.traffic_assignment.conftest import Case
from twin.engines.traffic.assignment import assign, close

BEST = "best known objective, TransportationNetworks"
TWICE = "two independent codes"


@pytest.mark.parametrize(
    ("name", "times", "best", "tolerance", "source"),
    [
        ("SiouxFalls", 1, 4231335.28710744, 1e-12, BEST),
        ("Anaheim", 1, 1286032.171096032, 1e-12, BEST),
        ("Eastern-Massachusetts", 1, 26160.34592291, 1e-11, TWICE),
        ("Chicago-Sketch", 1, 17313018.7387477, 1e-12, BEST),
        ("Chicago-Sketch", 2, 42113311.518545, 1e-12, TWICE),
    ],
)
def test_objective(
    name: str, times: int, best: float, tolerance: float, source: str, case: Case, report: Report
) -> None:
    net, demand = case(name, times)
    found = assign(net, [demand], gap=1e-12)
    label = name if times == 1 else f"{name}, demand x{times}"
    report.hold(label, source, "objective, relative", found.objective / best - 1, tolerance)
    report.hold(label, "definition", "relative gap", found.gap, 1e-12)


@pytest.mark.parametrize(
    ("name", "file"),
    [("SiouxFalls", "SiouxFalls_flow.tntp"), ("Chicago-Sketch", "ChicagoSketch_flow.tntp")],
)
def test_flows_where_the_cost_strictly_increases(name: str, file: str, case: Case, report: Report) -> None:
    """On the others flows are not unique."""
    net, demand = case(name)
    lines = (shared() / "data" / "traffic" / name / file).read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.replace(":", " ").replace(";", " ").split() for line in lines if line.strip()]
    known = {(int(row[0]) - 1, int(row[1]) - 1): float(row[2]) for row in rows}
    theirs = np.array([known[(int(a), int(b))] for a, b in zip(net.tail, net.head, strict=True)])
    found = assign(net, [demand], gap=1e-12)
    strict = (net.free_time > 0) & (net.alpha > 0) & (net.power > 0)
    report.hold(name, "published best-known flows", "greatest link-flow difference, veh",
                float(np.abs(found.flow - theirs)[strict].max()), 1e-3)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "times"),
    [("SiouxFalls", 4), ("Anaheim", 4), ("Eastern-Massachusetts", 4), ("Eastern-Massachusetts", 8)],
)
def test_very_congested_networks_converge(name: str, times: int, case: Case, report: Report) -> None:
    net, demand = case(name, times)
    found = assign(net, [demand], gap=1e-8)
    report.hold(f"{name}, demand x{times}", "definition", "relative gap", found.gap, 1e-8)


@pytest.mark.long
def test_chicago_with_four_times_its_demand(case: Case, report: Report) -> None:
    net, demand = case("Chicago-Sketch", 4)
    report.hold("Chicago-Sketch, demand x4", "definition", "relative gap", assign(net, [demand], gap=1e-8).gap, 1e-8)  # fmt: skip


@pytest.mark.long
def test_austin(case: Case, report: Report) -> None:
    """1,462 zones, 35,940 links; 1,157 pairs have no way and are cut off."""
    net, demand = case("Austin-VISTA")
    found = assign(net, [demand], gap=1e-10)
    report.hold("Austin-VISTA", "another code at gap 2.5e-12", "objective, relative",
                found.objective / 17720214.50050457 - 1, 1e-11)  # fmt: skip
    report.hold("Austin-VISTA", "definition", "relative gap", found.gap, 1e-10)
    assert found.cut_off.trips.size == 1157


def test_warm_equals_cold_after_closures(case: Case, report: Report) -> None:
    net, demand = case("Chicago-Sketch")
    base = assign(net, [demand], gap=1e-8)
    streets = np.flatnonzero(net.free_time > 0)
    busiest = streets[np.argsort(-base.flow[streets])][:3]
    worst = 0.0
    for link in busiest:
        shut = np.zeros(net.links, dtype=np.bool_)
        shut[link] = True
        warm = close(base, shut, gap=1e-9)
        cold = assign(net, [demand], gap=1e-9, closed=shut)
        worst = max(worst, abs(warm.objective / cold.objective - 1))
        assert warm.flow[link] == 0.0
    report.hold("Chicago-Sketch, busiest links closed", "the same from nothing", "objective, relative", worst, 1e-8)  # fmt: skip
    assert close(base, (), net.free_time.copy(), gap=1e-8) is base

"""Surface and sewers: one volume on both sides, each side limited, no flutter, no water made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from twin.engines.flood import (
    Boundary,
    Domain,
    Inflow,
    Opening,
    Outlet,
    Rain,
    Result,
    Sewers,
    Snapshot,
    simulate,
)
from twin.engines.sewers import Conduit, Inp, Network, Node, Outfall, Pump, SewerEngineError, SewerInputError

FLAT = Domain(z=np.full((40, 70), 5.0), cell=2.0, manning=0.03)
PIPES = Network(
    nodes=(Node("上游 1", 2.0, 3.0), Node("b", 1.8, 3.2), Node("c", 1.6, 3.4)),
    outfalls=(Outfall("out", 1.4),),
    conduits=(
        Conduit("1", "上游 1", "b", 60.0, 0.6, 2.0, 1.8),
        Conduit("2", "b", "c", 60.0, 0.6, 1.8, 1.6),
        Conduit("3", "c", "out", 60.0, 0.6, 1.6, 1.4),
    ),
)  # fmt: skip
MOUTHS = tuple(Opening(n.name, 20, 10 + 20 * i, area=0.4, width=2.4) for i, n in enumerate(PIPES.nodes))
RAIN = Rain(np.array([0.0, 600.0]), np.array([60.0, 0.0]))


def run(sewers: Sewers, minutes: float = 20.0, **more: object) -> Result:
    asked: dict[str, object] = {"domain": FLAT, "boundary": Boundary.closed(), "threads": 1} | more
    return simulate(duration_s=60.0 * minutes, sewers=sewers, **asked)  # type: ignore[arg-type]


def closed(result: Result) -> None:
    assert result.sewers is not None
    assert abs(result.ledger.relative_error) < 1e-6
    assert abs(result.sewers.relative_booking_error) < 1e-6


def test_rain_goes_down_and_both_ledgers_close() -> None:
    result = run(Sewers(PIPES, MOUTHS), rain=RAIN)
    closed(result)
    s = result.sewers
    assert s is not None
    assert s.inflow.sum() > 5.0
    assert s.overflow.sum() < 0.01 * s.inflow.sum()
    assert s.account.inflow == pytest.approx(s.inflow.sum() - s.overflow.sum(), rel=1e-6)
    assert abs(s.account.error_percent) < 8.0  # SWMM's own, on a trickle through dry pipes


def test_a_drowned_outfall_fills_the_street_and_lets_it_go_again() -> None:
    tide = (np.array([0.0, 300.0, 1200.0, 1500.0]), np.array([1.0, 6.0, 6.0, 1.0]))
    network = replace(PIPES, outfalls=(Outfall("out", 1.4, stage=tide),))
    result = run(Sewers(network, MOUTHS, record=("b",)), 60.0)
    closed(result)
    s = result.sewers
    assert s is not None
    assert s.overflow.sum() > 20.0  # the tide comes up through the manholes
    assert s.inflow.sum() > 10.0  # and runs back
    q = s.series.exchange[:, 0]
    turns = np.count_nonzero(q[1:] * q[:-1] < 0)
    assert turns <= 6  # filling, spilling, running back: not a flutter
    assert np.abs(np.diff(q)).sum() < 4.0 * (q.max() - q.min())  # up, down, and hardly more
    gated = run(Sewers(replace(PIPES, outfalls=(Outfall("out", 1.4, stage=tide, gate=True),)), MOUTHS), 60.0)
    assert gated.sewers is not None
    assert gated.sewers.overflow.sum() < 0.01


def test_no_more_goes_down_than_is_there() -> None:
    wet = replace(FLAT, initial_depth=0.001)
    wide = tuple(replace(m, area=5.0, width=30.0) for m in MOUTHS)
    result = run(Sewers(PIPES, wide), 5.0, domain=wet)
    closed(result)
    assert np.nanmin(result.depth) >= 0.0
    assert result.ledger.exchange_out <= result.ledger.initial * (1 + 1e-9)


def test_no_more_comes_up_than_the_pipe_brings() -> None:
    text = (
        "[OPTIONS]\nFLOW_UNITS CMS\nFLOW_ROUTING DYNWAVE\nROUTING_STEP 5\nSTART_DATE 01/01/2000\nEND_DATE 01/02/2000\n"
        "[JUNCTIONS]\nA 2 3 0 0 0\nB 4.5 0.5 0 0 0\n[OUTFALLS]\nO 4.6 FREE\n[CONDUITS]\nC1 A B 50 0.013 0 0\n"
        "C2 B O 100 0.013 0 0\n[XSECTIONS]\nC1 CIRCULAR 0.5 0 0 0\nC2 CIRCULAR 0.1 0 0 0\n[INFLOWS]\nA FLOW q\n"
        "[TIMESERIES]\nq 0 0\nq 0.1 0.3\nq 1 0.3\n"
    )
    result = run(Sewers(Inp.parse(text), [Opening("B", 20, 30, area=10.0, width=10.0)]), 30.0)
    closed(result)
    s = result.sewers
    assert s is not None
    assert s.max_overflow.max() < 0.36  # a great mouth does not make water
    assert abs(s.account.error) < 0.02 * s.account.inflow + 1.0


def test_inlets_share_a_node_and_its_grates_hold_back() -> None:
    wet = replace(FLAT, initial_depth=0.15)
    three = [Opening("上游 1", 20, col, area=0.2, width=1.2, capacity=0.02) for col in (5, 10, 15)]
    result = run(Sewers(PIPES, three), 10.0, domain=wet)
    closed(result)
    s = result.sewers
    assert s is not None
    assert 3 * 0.02 * 590 < s.inflow.sum() <= 3 * 0.02 * 605


def test_the_surface_stands_against_an_outfall() -> None:
    z = FLAT.z.copy()
    z[:, 60:] = 1.0  # a river bed
    river = Inflow(np.arange(40), np.full(40, 65), np.array([0.0, 600.0]), np.array([40.0, 40.0]))
    result = run(
        Sewers(PIPES, MOUTHS, (Outlet("out", 20, 66),)),
        20.0,
        domain=replace(FLAT, z=z),
        rain=RAIN,
        inflows=[river],
    )
    closed(result)
    assert result.sewers is not None
    assert result.sewers.outlet_m3 < 0.0  # the river rose above the streets' sewers and ran in


def test_feet_are_metres_here() -> None:
    def text(units: str, metre: float, flow: float) -> str:
        return (
            f"[OPTIONS]\nFLOW_UNITS {units}\nFLOW_ROUTING DYNWAVE\nROUTING_STEP 2\nSTART_DATE 01/01/2000\n"
            f"END_DATE 01/02/2000\n[JUNCTIONS]\nA {2 / metre} {3 / metre} 0 0 0\nB {1.8 / metre} {3.2 / metre} 0 0 0\n"
            f"[OUTFALLS]\nO {1.6 / metre} FREE\n[CONDUITS]\nC1 A B {60 / metre} 0.013 0 0\nC2 B O {60 / metre} 0.013 0 0\n"
            f"[XSECTIONS]\nC1 CIRCULAR {0.6 / metre} 0 0 0\nC2 CIRCULAR {0.3 / metre} 0 0 0\n[INFLOWS]\nA FLOW q\n"
            f"[TIMESERIES]\nq 0 {0.5 / flow}\nq 1 {0.5 / flow}\n"
        )

    mouths = [Opening("A", 20, 10, area=0.4), Opening("B", 20, 50, area=0.4)]
    both = []
    for units, metre, flow in (("CMS", 1.0, 1.0), ("CFS", 0.3048, 0.3048**3), ("LPS", 1.0, 1e-3)):
        result = run(Sewers(Inp.parse(text(units, metre, flow)), mouths, step_s=2.0), 20.0)
        closed(result)
        assert result.sewers is not None
        both.append(result.sewers)
    assert both[0].overflow.sum() > 100.0
    for other in both[1:]:
        assert other.overflow.sum() == pytest.approx(both[0].overflow.sum(), rel=0.01)
        assert other.nodes.max_head == pytest.approx(both[0].nodes.max_head, abs=0.02)


def test_going_on_from_a_snapshot() -> None:
    sewers = Sewers(PIPES, MOUTHS)
    whole = run(sewers, 20.0, rain=RAIN)
    first = run(sewers, 10.0, rain=RAIN, keep_end=True)
    assert isinstance(first.end, Snapshot)
    second = run(sewers, 20.0, rain=RAIN, start=first.end)
    closed(second)
    assert np.nanmax(np.abs(second.depth - whole.depth)) < 1e-3
    assert second.sewers is not None
    assert whole.sewers is not None
    assert second.sewers.links.max_flow[2] == pytest.approx(whole.sewers.links.max_flow[2], rel=0.05)


def test_refusals() -> None:
    with pytest.raises(SewerInputError, match="上游 1"):
        run(Sewers(replace(PIPES, conduits=PIPES.conduits[1:]), MOUTHS))
    with pytest.raises(SewerInputError, match="排放口"):
        run(Sewers(replace(PIPES, outfalls=()), MOUTHS))
    with pytest.raises(SewerInputError, match="nowhere"):
        run(Sewers(PIPES, [Opening("nowhere", 1, 1)]))
    with pytest.raises(SewerInputError, match="DYNWAVE"):
        run(Sewers(Inp.parse("[JUNCTIONS]\nA 1\n[OPTIONS]\nFLOW_ROUTING KINWAVE\n"), MOUTHS))
    with pytest.raises(SewerInputError, match="file"):
        run(
            Sewers(
                Inp.parse(
                    '[JUNCTIONS]\nA 1\n[OPTIONS]\nFLOW_ROUTING DYNWAVE\n[TIMESERIES]\nq FILE "/etc/passwd"\n'
                ),
                MOUTHS,
            )
        )
    from twin.engines.sewers import Sewer

    with Sewer.of(PIPES), pytest.raises(SewerEngineError, match="TWIN-513"):
        run(Sewers(PIPES, MOUTHS))
    closed(run(Sewers(PIPES, MOUTHS), 1.0, rain=RAIN))  # and it is free again


def test_a_cell_below_a_manholes_bottom_draws_no_water_out_of_a_dry_sewer() -> None:
    """A coarse cell beside a bank may lie lower than the pipes: what it gave was water that SWMM did not have."""
    pit = np.full((40, 70), 5.0)
    pit[20, 10] = 0.5  # the manhole "上游 1" ends at 2.0
    result = run(Sewers(PIPES, MOUTHS), domain=replace(FLAT, z=pit), rain=RAIN)
    closed(result)
    s = result.sewers
    assert s is not None
    assert s.overflow[s.nodes.names.index("上游 1")] == 0.0
    # what SWMM makes or loses is far less than what it would have spilled
    assert abs(s.account.error) < 0.1 * s.inflow.sum()


def test_pumps_lift_what_they_are_told_to() -> None:
    lifted = replace(
        PIPES, nodes=(*PIPES.nodes[:2], Node("c", 1.0, 4.0, area=5.0)), outfalls=(Outfall("out", 6.0),),
        conduits=PIPES.conduits[:2], pumps=(Pump("P", "c", "out", 0.1, 2.0, 1.4),),
    )  # fmt: skip
    result = run(Sewers(lifted, MOUTHS), 40.0, rain=RAIN)
    closed(result)
    s = result.sewers
    assert s is not None
    through = s.passed[s.links.names.index("P")]
    assert through == pytest.approx(s.account.outflow, rel=0.02)
    assert through > 10.0


def test_two_stages_told_as_one() -> None:
    whole = run(Sewers(PIPES, MOUTHS, record=("b",)), rain=RAIN).sewers
    first = run(Sewers(PIPES, MOUTHS, record=("b",)), 8.0, rain=RAIN, keep_end=True)
    after = run(Sewers(PIPES, MOUTHS, record=("b",)), 20.0, rain=RAIN, start=first.end).sewers
    assert whole is not None
    assert first.sewers is not None
    assert after is not None
    both = first.sewers.then(after)
    assert both.inflow.sum() == pytest.approx(whole.inflow.sum(), rel=0.02)
    assert both.steps == first.sewers.steps + after.steps
    assert both.nodes.max_head == pytest.approx(whole.nodes.max_head, abs=0.02)
    assert both.links.full_s == pytest.approx(whole.links.full_s, abs=20.0)
    assert both.passed == pytest.approx(whole.passed, rel=0.03)
    assert both.account.initial == first.sewers.account.initial
    assert both.account.final == after.account.final
    assert both.account.outflow == first.sewers.account.outflow + after.account.outflow
    assert (np.diff(both.series.times_s) > 0).all()
    assert both.series.head.shape == (both.series.times_s.size, 1)

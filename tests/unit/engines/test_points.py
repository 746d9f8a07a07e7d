"""Places that give and take water: what they move is what they book."""

import numpy as np
import pytest

from twin.engines.flood import Boundary, Domain, FloodInputError
from twin.engines.flood.solver import Run


@pytest.fixture(params=[np.float32, np.float64])
def run(request: pytest.FixtureRequest) -> Run:
    ground = Domain(z=np.zeros((40, 70)), cell=2.0, manning=0.03, initial_depth=0.2)
    return Run(
        ground, None, [], Boundary.closed(), threads=1, dtype=request.param, theta=0.9, alpha=0.7, dt_max_s=10.0,
        threshold_m=0.05, film_m=1e-5, source_interval_s=2.0,
    )  # fmt: skip


def test_what_is_taken_here_arrives_there(run: Run) -> None:
    run.points.add([(np.array([5, 5, 6, 6]), np.array([5, 6, 5, 6])), (np.array([30]), np.array([60]))])
    for i in range(20):
        moved = run.points.draw(np.array([0.5, 0.0]))
        run.points.give(np.array([0.0, moved[0] / 3.0]))
        run.advance(3.0 * (i + 1))
    ledger = run.ledger()
    assert ledger.exchange_out == pytest.approx(10.0, rel=1e-6)
    assert ledger.exchange_in == pytest.approx(ledger.exchange_out, rel=1e-6)
    assert abs(ledger.relative_error) < (1e-9 if run.state.h.dtype == np.float32 else 1e-15)


def test_no_more_is_taken_than_is_there(run: Run) -> None:
    run.points.add([(np.array([0, 0]), np.array([0, 1])), (np.array([9]), np.array([9]))])
    assert run.points.stored() == pytest.approx([1.6, 0.8])
    assert run.points.draw(np.array([100.0, 0.25])) == pytest.approx([1.6, 0.25])
    assert run.points.stored() == pytest.approx([0.0, 0.55], abs=1e-6)
    assert (run.state.h >= 0).all()
    assert abs(run.ledger().relative_error) < 1e-12


def test_dry_ground_wakes_where_water_is_given() -> None:
    run = Run(
        Domain(z=np.zeros((60, 200)), cell=2.0, manning=0.03), None, [], Boundary.closed(), threads=1,
        dtype=np.float32, theta=0.9, alpha=0.7, dt_max_s=10.0, threshold_m=0.05, film_m=1e-5, source_interval_s=2.0,
    )  # fmt: skip
    run.points.add([(np.array([30]), np.array([100])), (np.array([3]), np.array([3]))])
    run.advance(60.0)
    run.points.give(np.array([2.0, 0.0]))
    run.advance(120.0)
    run.points.give(np.zeros(2))
    run.advance(180.0)
    ledger = run.ledger()
    assert ledger.exchange_in == pytest.approx(120.0, rel=1e-6)
    assert abs(ledger.relative_error) < 1e-7
    assert np.isfinite(run.state.h).all()
    assert run.state.h.max() < 0.5  # it spread


def test_a_place_outside_is_refused(run: Run) -> None:
    with pytest.raises(FloodInputError, match="TWIN-510"):
        run.points.add([(np.array([40]), np.array([0]))])

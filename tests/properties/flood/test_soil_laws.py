"""What the soil takes, against each law's own formula, and no water lost beside it."""

from __future__ import annotations

import numpy as np
import pytest

from twin.engines.flood import CurveNumber, Domain, FloodInputError, GreenAmpt, Horton, Rain, simulate
from twin.engines.flood.outputs import Result

CLOSURE = 1e-6  # float32
FLAT = np.zeros((8, 40))


def run(domain: Domain, intensity: list[float], hours: list[float]) -> Result:
    times = np.concatenate([[0.0], np.cumsum(hours)]) * 3600.0
    rain = Rain(times, np.array([*intensity, 0.0]))
    out = simulate(domain, rain=rain, duration_s=float(times[-1]) + 600.0, threads=1)
    assert abs(out.ledger.relative_error) <= CLOSURE
    return out


@pytest.mark.parametrize(("number", "intensity"), [(98.0, 20.0), (80.0, 60.0), (61.0, 60.0), (61.0, 5.0)])
def test_curve_number_runs_off_what_the_formula_says(number: float, intensity: float) -> None:
    """TR-55 eq. 2-1 to 2-4: Q = (P - 0.2 S)^2 / (P + 0.8 S), S = 25400 / CN - 254, all in mm."""
    retention = 25400.0 / number - 254.0
    soil = CurveNumber(retention, 0.2 * retention)
    out = run(Domain(FLAT, 5.0, 0.03, curve_number=soil), [intensity, intensity / 2], [1.0, 1.0])
    fell = 1.5 * intensity
    expected = max(fell - 0.2 * retention, 0.0) ** 2 / (fell + 0.8 * retention)
    assert out.depth.mean() * 1000.0 == pytest.approx(expected, rel=2e-3, abs=0.02)
    assert out.ledger.infiltration == pytest.approx((fell - expected) / 1000.0 * FLAT.size * 25.0, rel=2e-3)


def test_curve_number_takes_rain_only_and_books_what_it_takes() -> None:
    """A pond under no rain loses nothing; under rain it loses what the law takes of the rain."""
    soil = CurveNumber(50.0, 10.0)
    still = run(Domain(FLAT, 5.0, 0.03, curve_number=soil, initial_depth=0.5), [0.0], [1.0])
    assert still.ledger.infiltration == 0.0
    wet = run(Domain(FLAT, 5.0, 0.03, curve_number=soil, initial_depth=0.5), [30.0], [1.0])
    assert wet.ledger.infiltration / (FLAT.size * 25.0) * 1000.0 == pytest.approx(
        30.0 - 400.0 / 70.0, rel=1e-2
    )


@pytest.mark.parametrize("hours", [0.25, 1.0, 3.0])
def test_horton_under_water_follows_the_exponential(hours: float) -> None:
    """F(t) = fc t + (f0 - fc)(1 - exp(-k t))/k."""
    soil = Horton(76.0, 6.0, 4.14)
    out = simulate(
        Domain(FLAT, 5.0, 0.03, horton=soil, initial_depth=0.5), duration_s=hours * 3600.0, threads=1
    )
    expected = 6.0 * hours + 70.0 * (1.0 - np.exp(-4.14 * hours)) / 4.14
    assert out.ledger.infiltration / (FLAT.size * 25.0) * 1000.0 == pytest.approx(expected, rel=2e-3)
    assert abs(out.ledger.relative_error) <= CLOSURE


def test_horton_keeps_its_capacity_under_light_rain() -> None:
    """An hour of drizzle below fc first, then the same storm: what the soil takes of the storm is the same."""
    soil = Horton(76.0, 6.0, 4.14)
    storm = run(Domain(FLAT, 5.0, 0.03, horton=soil), [120.0], [0.5])
    later = run(Domain(FLAT, 5.0, 0.03, horton=soil), [4.0, 120.0], [1.0, 0.5])
    drizzle = 4.0 / 1000.0 * FLAT.size * 25.0
    assert later.ledger.infiltration - drizzle == pytest.approx(storm.ledger.infiltration, rel=1e-2)


def test_one_soil_law_at_a_time() -> None:
    domain = Domain(FLAT, 5.0, 0.03, green_ampt=GreenAmpt(5.0, 100.0, 0.3), horton=Horton(76.0, 6.0))
    with pytest.raises(FloodInputError, match="horton"):
        simulate(domain, duration_s=60.0)
    with pytest.raises(FloodInputError, match=r"curve_number\.retention_mm"):
        simulate(Domain(FLAT, 5.0, 0.03, curve_number=CurveNumber(-1.0, 0.0)), duration_s=60.0)

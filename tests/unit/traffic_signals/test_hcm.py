"""Delay formulas against values worked by hand, and levels of service at their break points."""

from __future__ import annotations

import numpy as np
import pytest

from twin.engines.traffic.signals import hcm


def test_uniform_delay_by_hand() -> None:
    # C = 90 s, g = 45 s, x = 0.8: 0.5 * 90 * 0.25 / (1 - 0.8 * 0.5) = 18.75 s
    assert hcm.uniform_delay(90.0, 45.0, 0.8) == pytest.approx(18.75)
    assert hcm.uniform_delay(90.0, 90.0, 0.8) == pytest.approx(0.0)


def test_uniform_delay_grows_no_more_past_capacity() -> None:
    assert hcm.uniform_delay(90.0, 45.0, 1.4) == pytest.approx(float(hcm.uniform_delay(90.0, 45.0, 1.0)))


def test_overflow_delay_by_hand() -> None:
    # c = 800 veh/h, x = 0.9, T = 0.25 h, k = 0.5, I = 1: 225 (-0.1 + sqrt(0.01 + 3.6 / 200)) = 15.15 s
    assert hcm.overflow_delay(800.0, 0.9) == pytest.approx(225 * (-0.1 + np.sqrt(0.028)), rel=1e-9)
    assert float(hcm.overflow_delay(800.0, 0.9)) == pytest.approx(15.15, abs=0.01)


def test_overflow_delay_approaches_the_deterministic_queue() -> None:
    # far above capacity: T (x - 1) / 2
    assert float(hcm.overflow_delay(1800.0, 3.0)) == pytest.approx(1800 * 0.25 * 2.0, rel=0.01)


def test_initial_queue_delay_by_hand() -> None:
    # 10 vehicles wait, c = 800, v = 600 veh/h: they are gone after 0.05 h; 24 (0.25 - 0.0625) = 4.5 s
    assert float(hcm.initial_queue_delay(10.0, 800.0, 600.0)) == pytest.approx(4.5)
    assert float(hcm.initial_queue_delay(0.0, 800.0, 600.0)) == pytest.approx(0.0)


def test_initial_queue_delay_above_capacity_counts_the_old_queue_only() -> None:
    # v > c: the old queue stays ahead of everybody: 3600 Q / c
    assert float(hcm.initial_queue_delay(10.0, 800.0, 900.0)) == pytest.approx(3600 * 10 / 800, rel=0.13)


def test_webster_delay_by_hand() -> None:
    # C = 60, g = 30, q = 600, s = 1,800 veh/h: x = 2/3; 0.9 (60 / 4 / (2 (1 - 1/3)) + 3600 (4/9) / (1200 / 3)) = 13.725
    assert float(hcm.webster_delay(60.0, 30.0, 600.0, 1800.0)) == pytest.approx(0.9 * (11.25 + 4.0), rel=1e-9)


def test_delay_of_even_arrivals_is_that_of_a_published_example() -> None:
    # Wikibooks, Fundamentals of Transportation, Traffic Signals: 500 veh/h, s = 3,000 veh/h, g = 30 s of C = 100 s, even
    # arrivals and departures (D/D/1): 29.41 s/veh as printed, from a rounded ratio
    x = 500 / (3000 * 30 / 100)
    assert float(hcm.uniform_delay(100.0, 30.0, x)) == pytest.approx(29.41, abs=0.02)


@pytest.mark.parametrize(
    ("lost", "ratios", "printed"),
    [
        (
            16.0,
            [500 / 1600, 300 / 1600],
            58,
        ),  # two approaches of 500 and 300 pcu/h, s = 1,600 pcu/h, L = 16 s
        (12.0, [1000 / 2500, 900 / 3000], 77),  # 1,000 of 2,500 and 900 of 3,000, L = 12 s
    ],
)
def test_webster_cycle_is_that_of_published_exam_questions(
    lost: float, ratios: list[float], printed: int
) -> None:
    assert hcm.webster_cycle(lost, ratios) == pytest.approx(printed, abs=0.5)


@pytest.mark.parametrize(
    ("lost", "ratios", "cycle"),
    [(10.0, [0.3, 0.3], 50.0), (8.0, [0.2, 0.2], 30.0), (10.0, [0.6, 0.5], 180.0)],
)
def test_webster_cycle(lost: float, ratios: list[float], cycle: float) -> None:
    assert hcm.webster_cycle(lost, ratios) == pytest.approx(cycle)


def test_permitted_saturation_falls_from_the_follow_up_rate() -> None:
    flows = np.array([0.0, 200.0, 600.0, 1200.0])
    found = hcm.permitted_saturation(flows)
    assert found[0] == pytest.approx(3600 / 2.5, rel=1e-4)
    assert (np.diff(found) < 0).all()
    # 600 veh/h: 600 exp(-0.75) / (1 - exp(-0.41667)) = 832 veh/h
    assert found[2] == pytest.approx(600 * np.exp(-0.75) / (1 - np.exp(-600 * 2.5 / 3600)))


@pytest.mark.parametrize(
    ("delay", "level"),
    [(0.0, "A"), (10.0, "A"), (10.01, "B"), (20.0, "B"), (35.0, "C"), (55.0, "D"), (80.0, "E"), (80.01, "F")],
)
def test_level_of_service_at_its_break_points(delay: float, level: str) -> None:
    assert hcm.level_of_service(delay) == level


def test_level_is_f_above_capacity() -> None:
    assert hcm.level_of_service(5.0, 1.01) == "F"

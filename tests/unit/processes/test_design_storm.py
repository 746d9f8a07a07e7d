"""The design storm against its formula, computed here by hand."""

from __future__ import annotations

import math
from typing import Any
from uuid import uuid4

import pytest

from twin.processes.design_storm import DesignStormInputs, DesignStormOutputs, design_storm
from twin.processes.intensity import formulas
from twin.processes.registry import registry


class Listener:
    """The only part of a run that this process uses."""

    id = uuid4()

    def progress(self, fraction: float, zh: str, en: str) -> None:
        assert 0 <= fraction <= 1
        assert zh
        assert en


def storm(**asked: Any) -> DesignStormOutputs:
    inputs = registry()["design-storm"].validate({"storm": {"kind": "design", **asked}})
    assert isinstance(inputs, DesignStormInputs)
    answer = design_storm(inputs, Listener())  # type: ignore[arg-type]
    assert isinstance(answer, DesignStormOutputs)
    return answer


@pytest.mark.parametrize("years", [1, 2, 20, 100])
@pytest.mark.parametrize("minutes", [30, 60, 120, 180])
def test_the_total_is_the_formula_s_depth(years: float, minutes: float) -> None:
    """Chongqing: q = 1563.609 (1 + 0.633 lg P) / (t + 6.947)^0.624 L/(s ha); depth = q T 60 / 10000 mm."""
    q = 1563.609 * (1 + 0.633 * math.log10(years)) / (minutes + 6.947) ** 0.624
    expected = q * minutes * 60 / 10_000
    answer = storm(
        formula="chongqing", return_period_a=years, duration_min=minutes, step_min=5, peak_ratio=0.4
    )
    assert answer.total_mm == pytest.approx(expected, rel=1e-9)


def test_suzhou_s_check_value() -> None:
    """P = 2 a, t = 60 min: 0.804 mm/min (the city's publication)."""
    assert formulas()["suzhou"].mean_mm_min(60, 2) == pytest.approx(0.804, abs=5e-4)
    answer = storm(formula="suzhou", return_period_a=2, duration_min=60, step_min=5)
    assert answer.total_mm == pytest.approx(60 * 0.804, rel=1e-3)
    assert answer.peak_ratio == 0.43
    assert answer.verified


def test_the_peak_lies_where_asked_and_steps_never_rise_after_it() -> None:
    answer = storm(return_period_a=20, duration_min=120, step_min=5, peak_ratio=0.4)
    assert answer.peak_min in (45.0, 48.0, 50.0)
    assert answer.peak_mm_h == max(answer.intensity_mm_h)
    top = answer.intensity_mm_h.index(answer.peak_mm_h)
    assert list(answer.intensity_mm_h[: top + 1]) == sorted(answer.intensity_mm_h[: top + 1])
    assert list(answer.intensity_mm_h[top:]) == sorted(answer.intensity_mm_h[top:], reverse=True)


def test_any_window_around_the_peak_keeps_the_formula() -> None:
    """Keifer and Chu: the wettest window of each duration rains at the formula's mean intensity."""
    answer = storm(return_period_a=10, duration_min=120, step_min=1, peak_ratio=0.5)
    step_mm = [value / 60 for value in answer.intensity_mm_h]
    for minutes in (10, 30, 60):
        start = 60 - minutes // 2
        window = sum(step_mm[start : start + minutes])
        assert window == pytest.approx(minutes * formulas()["chongqing"].mean_mm_min(minutes, 10), rel=1e-9)


def test_own_coefficients_override_the_formula() -> None:
    own = {"A1": 10.0, "C": 0.8, "b": 10.0, "n": 0.7}
    answer = storm(coefficients=own, return_period_a=10, duration_min=60, step_min=5)
    assert answer.total_mm == pytest.approx(60 * 10 * 1.8 / 70**0.7, rel=1e-9)
    assert answer.formula_en == "Own coefficients"
    assert not answer.verified


def test_every_shipped_formula_names_its_source() -> None:
    for name, formula in formulas().items():
        assert formula.source, name
        assert formula.title.zh
        assert formula.title.en
        assert 10 < formula.mean_mm_min(120, 20) * 120 < 300, name

"""How well a model meets observations: the scores where they are defined, none where they are not."""

from __future__ import annotations

import numpy as np
import pytest

from twin.processes.flood.observed import efficiency


def test_a_perfect_model_scores_one_and_the_mean_scores_nought() -> None:
    told = np.array([0.1, 0.3, 0.2])
    assert efficiency(np.zeros(3), told) == 1.0
    assert efficiency(told.mean() - told, told) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("value", [0.0, 0.1, 0.39, 21.3])
def test_observations_that_do_not_vary_have_no_efficiency(value: float) -> None:
    """Their mean is not always the value itself: 1e-34 of spread would make a score of -1e28."""
    for count in range(1, 12):
        assert efficiency(np.full(count, 0.05), np.full(count, value)) is None

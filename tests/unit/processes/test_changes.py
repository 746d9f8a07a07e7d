"""States over time, kept as the moments at which they changed."""

from __future__ import annotations

import numpy as np

from twin.processes.flood.outcomes.changes import Changes


def test_intervals_join_what_stays_alike() -> None:
    changes = Changes(3, np.array([0.02]))
    for minute, states in (
        (0.0, [0.0, 0.0, 0.5]),
        (5.0, [0.1, 0.0, 0.51]),
        (10.0, [0.11, 0.0, 0.40]),
        (15.0, [0.30, 0.0, 0.40]),
        (20.0, [0.0, 0.0, 0.40]),
        (25.0, [0.0, 0.0, 0.0]),
        (30.0, [0.005, 0.0, 0.0]),
    ):
        changes.look(minute, np.array(states)[:, None])
    found = [(thing, begin, end, float(state[0])) for thing, begin, end, state in changes.intervals()]
    assert found == [
        (0, 5.0, 15.0, 0.1),
        (0, 15.0, 20.0, 0.3),
        (0, 30.0, None, 0.005),
        (2, 0.0, 10.0, 0.5),
        (2, 10.0, 25.0, 0.4),
    ]


def test_slow_changes_are_noted_before_they_grow() -> None:
    """Each small step is within the tolerance, their sum is not: what was told never lags by more than a step."""
    changes = Changes(1, np.array([0.02]))
    depths = np.arange(1, 101) * 0.01
    for minute, depth in enumerate(depths):
        changes.look(float(minute), np.array([[depth]]))
    rows = list(changes.intervals())
    for _, begin, end, state in rows:
        held = depths[int(begin) : int(end) if end is not None else None]
        assert (np.abs(held - state[0]) <= 0.02 + 1e-9).all()
    assert len(rows) < 50


def test_nothing_ever_is_no_interval() -> None:
    changes = Changes(2, np.array([0.1, 0.1]))
    changes.look(0.0, np.zeros((2, 2)))
    assert list(changes.intervals()) == []

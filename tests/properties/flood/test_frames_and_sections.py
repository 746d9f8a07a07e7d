"""What is recorded while a run goes on: pictures at regular times, discharge through lines."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from twin.engines.flood import (
    Boundary,
    Domain,
    Edge,
    FloodInputError,
    Frames,
    Inflow,
    Rain,
    Section,
    View,
    simulate,
)

ROWS, COLS, CELL = 12, 40, 5.0


def test_frames_come_at_their_times_and_are_of_the_state() -> None:
    seen: list[tuple[float, NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]] = []

    def take(time_s: float, view: View) -> None:
        assert view.time_s == time_s
        seen.append((time_s, view.depth(), view.speed(), view.level()))

    z = np.tile(np.linspace(2.0, 0.0, COLS), (ROWS, 1))
    z[0, :5] = np.nan
    shut = np.zeros(z.shape, bool)
    shut[6, 6] = True
    out = simulate(
        Domain(z, CELL, 0.03, blocked=shut), rain=Rain(np.array([0.0]), np.array([60.0])), duration_s=250.0,
        frames=Frames(100.0, take), boundary=Boundary.free(),
    )  # fmt: skip
    assert [frame[0] for frame in seen] == [0.0, 100.0, 200.0, 250.0]
    assert np.nanmax(seen[0][1]) == 0.0
    _, depth, speed, level = seen[-1]
    np.testing.assert_array_equal(depth, out.depth)
    np.testing.assert_array_equal(level, out.level)
    assert depth.dtype == speed.dtype == level.dtype == np.float32
    assert np.isnan(depth[0, :5]).all()
    assert np.isnan(speed[0, :5]).all()
    assert depth[6, 6] == speed[6, 6] == 0.0
    assert np.isnan(level[6, 6])
    inner = speed[2:5, 10:30]
    expected = depth[2:5, 10:30] ** (2 / 3) * np.sqrt(2.0 / (COLS - 1) / CELL) / 0.03
    assert inner == pytest.approx(np.where(depth[2:5, 10:30] >= 0.01, expected, 0), rel=0.1, abs=1e-3)
    assert (np.nanmax(speed) <= np.nanmax(out.max_speed) + 1e-6).all()


def test_discharge_through_any_line_is_the_same_at_rest_with_the_inflow() -> None:
    """A channel in steady flow: straight, slanted and bent lines across it all carry the inflow."""
    z = np.tile(np.linspace(1.0, 0.0, COLS), (ROWS, 1))
    pour = Inflow(np.arange(ROWS), np.zeros(ROWS, int), np.array([0.0, 1e6]), np.array([6.0, 6.0]))
    lines = [
        Section("straight", [(ROWS, 20), (0, 20)]),
        Section("slanted", [(ROWS, 12), (0, 30)]),
        Section("bent", [(ROWS, 18), (4.3, 25.6), (0, 11)]),
        Section("back", [(0, 20), (ROWS, 20)]),
        Section("outlet", [(ROWS, COLS), (0, COLS)]),
        Section("along", [(6, 5), (6, 30)]),
    ]
    out = simulate(
        Domain(z, CELL, 0.03), inflows=[pour], boundary=Boundary((Edge("east", "free", slope=0.005),)), duration_s=7200.0, sections=lines,
        gauge_interval_s=600.0,
    )  # fmt: skip
    assert out.sections.names == ("straight", "slanted", "bent", "back", "outlet", "along")
    assert out.sections.times_s.tolist() == [600.0 * i for i in range(13)]
    assert out.sections.discharge_m3_s[0].tolist() == [0.0] * 6
    assert out.sections.discharge_m3_s[-1] == pytest.approx([6, 6, 6, -6, 6, 0], abs=0.02)


def test_a_wall_carries_nothing() -> None:
    out = simulate(
        Domain(np.zeros((6, 6)), CELL, 0.03, initial_depth=1.0), duration_s=60.0,
        sections=[Section("west wall", [(6, 0), (0, 0)]), Section("north wall", [(0, 0), (0, 6)])],
    )  # fmt: skip
    assert (out.sections.discharge_m3_s == 0).all()


@pytest.mark.parametrize(
    "points", [[(0, 0)], [(0, 0), (0, 99)], [(1, 1), (1.2, 1.2)], [(0, float("nan")), (1, 1)]]
)
def test_lines_that_are_none_are_refused(points: list[tuple[float, float]]) -> None:
    with pytest.raises(FloodInputError) as caught:
        simulate(Domain(np.zeros((6, 6)), CELL, 0.03), duration_s=1.0, sections=[Section("a", points)])
    assert caught.value.where == "sections[0].points"


def test_an_interval_of_nothing_is_refused() -> None:
    with pytest.raises(FloodInputError) as caught:
        simulate(
            Domain(np.zeros((6, 6)), CELL, 0.03), duration_s=1.0, frames=Frames(0.0, lambda _t, _v: None)
        )
    assert caught.value.where == "frames.interval_s"

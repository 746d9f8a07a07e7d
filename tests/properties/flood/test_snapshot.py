"""A run that stops and goes on is the run that never stopped, bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twin.engines.flood import (
    Boundary,
    Culvert,
    Domain,
    FloodInputError,
    Frames,
    GreenAmpt,
    Inflow,
    Link,
    Pump,
    Rain,
    Result,
    Rule,
    Snapshot,
    View,
    Weir,
    simulate,
)

GRIDS = ("depth", "max_depth", "max_speed", "max_hazard", "arrival_s", "wet_duration_s", "qx", "qy")
HALF, WHOLE = 307.0, 600.0


def ground(seed: int = 2) -> Domain:
    rng = np.random.default_rng(seed)
    blocked = rng.random((90, 140)) < 0.1
    blocked[[80, 3], [100, 3]] = False
    return Domain(
        rng.random((90, 140)),
        5.0,
        0.03,
        blocked=blocked,
        initial_loss=2.0,
        green_ampt=GreenAmpt(4.0, 100.0, 0.3),
    )


def stormy(**more: Any) -> Result:
    pour = Inflow(np.array([80]), np.array([100]), np.array([0.0, 600.0]), np.array([5.0, 0.0]))
    rain = Rain(np.array([0.0, 300.0]), np.array([90.0, 20.0]))
    return simulate(
        **{
            "domain": ground(),
            "rain": rain,
            "inflows": [pour],
            "boundary": Boundary.free(),
            "duration_s": WHOLE,
            "threads": 1,
        }
        | more
    )


def same(one: Result, two: Result) -> None:
    for name in GRIDS:
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes(), name
    assert one.ledger == two.ledger
    assert one.steps == two.steps


@pytest.mark.parametrize("threads", [1, 2])
def test_going_on_is_never_having_stopped(tmp_path: Path, threads: int) -> None:
    kept: list[Snapshot] = []

    def take(time_s: float, view: View) -> None:
        if time_s == HALF:
            kept.append(view.snapshot())

    whole = stormy(frames=Frames(HALF, take))
    part = stormy(duration_s=HALF, keep_end=True)
    assert part.end is not None
    assert part.end.time_s == HALF
    for start in (kept[0], part.end, Snapshot.load(part.end.save(tmp_path / "state.npz"))):
        same(whole, stormy(start=start, threads=threads))


def test_new_rain_from_an_old_state() -> None:
    part = stormy(duration_s=HALF, keep_end=True)
    more = Rain(np.array([HALF]), np.array([120.0]))
    far = Inflow(np.array([3]), np.array([3]), np.array([HALF, WHOLE]), np.array([1.0, 1.0]))
    out = stormy(start=part.end, rain=more, inflows=[far])
    assert out.ledger.rain == pytest.approx(part.ledger.rain + 120e-3 / 3600 * (WHOLE - HALF) * 90 * 140 * 25)
    assert out.ledger.inflow == pytest.approx(part.ledger.inflow + WHOLE - HALF)
    assert abs(out.ledger.relative_error) < 1e-6


def test_the_portions_of_work_do_not_matter() -> None:
    """However often the caller is asked (on a slow machine after each step), the result is the same."""
    asked: list[float] = []

    def slow() -> bool:
        asked.append(0.0)
        end = 0.002 * len(asked) % 0.03
        np.linalg.norm(np.zeros(int(1e6 * end)))
        return False

    same(stormy(), stormy(cancelled=slow, progress=asked.append, progress_interval_s=0.0))
    assert asked


def bad_file(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    return path


def other_version(tmp_path: Path) -> Path:
    path = tmp_path / "old.npz"
    np.savez(path, head=np.frombuffer(b'{"version": 0, "digest": "", "time_s": 0}', np.uint8))
    return path


REFUSED: dict[str, Callable[[Snapshot, Path], object]] = {
    "other ground": lambda end, _: stormy(start=end, domain=ground(3)),
    "other precision": lambda end, _: stormy(start=end, dtype=np.float64),
    "no losses": lambda end, _: stormy(start=end, domain=Domain(ground().z, 5.0, 0.03)),
    "missing array": lambda end, _: stormy(start=Snapshot(end.digest, 0.0, {})),
    "not a snapshot": lambda _, folder: Snapshot.load(bad_file(folder, b"PK\x03\x04 nonsense")),
    "text": lambda _, folder: Snapshot.load(bad_file(folder, b"hello")),
    "no file": lambda _, folder: Snapshot.load(folder / "nothing.npz"),
    "version": lambda _, folder: Snapshot.load(other_version(folder)),
}


@pytest.fixture(scope="module")
def end() -> Snapshot:
    out = stormy(duration_s=20.0, keep_end=True)
    assert out.end is not None
    return out.end


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused(name: str, end: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(FloodInputError) as caught:
        REFUSED[name](end, tmp_path)
    assert caught.value.where == "start"


def test_a_duration_that_is_over_is_refused(end: Snapshot) -> None:
    with pytest.raises(FloodInputError, match="counts from the first start"):
        stormy(start=end, duration_s=10.0)


def works() -> list[Link]:
    """A culvert, a gate that is raised in time, and a pump between two levels, part of the way to another place."""
    return [
        Culvert("culvert", place(70, 98), place(20, 30), width=0.6, length=40.0),
        Weir("gate", place(78, 104), place(40, 90), crest=0.3, width=3.0, height=1.0,
             rule=Rule(times_s=np.array([0.0, 290.0]), opening=np.array([0.4, 1.0]))),
        Pump("pump", place(79, 100), None, capacity=0.4, rule=Rule(start=0.5, stop=0.05)),
    ]  # fmt: skip


def place(row: int, col: int) -> tuple[Any, Any]:
    """The open cells of a patch."""
    rows, cols = np.mgrid[row : row + 3, col : col + 3]
    blocked = ground().blocked
    assert blocked is not None
    fit = ~np.asarray(blocked)[rows, cols]
    return rows[fit], cols[fit]


@pytest.mark.parametrize("solver", ["inertial", "shallow_water"])
def test_links_go_on_too(tmp_path: Path, solver: str) -> None:
    kept: list[Snapshot] = []
    told: dict[str, Any] = {"links": works(), "solver": solver}
    whole = stormy(
        **told, frames=Frames(HALF, lambda at, view: kept.append(view.snapshot()) if at == HALF else None)
    )
    part = stormy(**told, duration_s=HALF, keep_end=True)
    assert whole.links is not None
    assert part.links is not None
    assert part.end is not None
    assert (np.abs(whole.links.volume_m3) > 0.5).all()
    for start in (kept[0], part.end, Snapshot.load(part.end.save(tmp_path / "state.npz"))):
        rest = stormy(**told, start=start)
        assert rest.links is not None
        for name in GRIDS:
            assert getattr(whole, name).tobytes() == getattr(rest, name).tobytes(), name
        assert whole.steps == rest.steps
        passed = part.links.volume_m3 + rest.links.volume_m3
        np.testing.assert_allclose(passed, whole.links.volume_m3, rtol=1e-12)
        for one in ("exchange_in", "exchange_out", "final_storage"):
            assert getattr(rest.ledger, one) == pytest.approx(getattr(whole.ledger, one), rel=1e-12)


@pytest.mark.parametrize("others", [[], works()[:1]])
def test_water_on_its_way_through_links_that_are_gone_is_not_lost(others: list[Link]) -> None:
    part = stormy(links=works(), duration_s=151.7, keep_end=True)
    assert part.end is not None
    rest = stormy(links=others, start=part.end)
    on_its_way = part.end.arrays["link_owed"]
    assert on_its_way.max() > 0.01
    assert abs(rest.ledger.relative_error) < 1e-6
    if not others:
        assert rest.ledger.exchange_in == pytest.approx(part.ledger.exchange_in, rel=1e-6)
        assert rest.ledger.exchange_out == part.ledger.exchange_out

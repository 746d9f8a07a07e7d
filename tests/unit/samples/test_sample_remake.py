"""The script makes the committed content again: checked on parts that need no minute."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def make(folder: Path) -> Iterator[Any]:
    sys.path.insert(0, str(folder))
    from make import frame, output, plan, rain

    yield type("Make", (), {"frame": frame, "output": output, "plan": plan, "rain": rain})
    sys.path.remove(str(folder))
    for name in [n for n in sys.modules if n == "make" or n.startswith("make.")]:
        del sys.modules[name]


def test_river_reaches_come_out_the_same(make: Any, tmp_path: Path, sample: Callable[[str], Any]) -> None:
    import pyogrio

    make.output.write_layers(tmp_path, ["river_reach"])
    _, again = pyogrio.read_arrow(tmp_path / "river_reach.fgb")
    assert again.equals(sample("river_reach").table)


def test_rain_comes_out_the_same(make: Any, folder: Path) -> None:
    for step, file in enumerate(sorted(folder.glob("rainfall_*.tif"))):
        with rasterio.open(file) as source:
            assert np.array_equal(source.read(1), make.rain.intensity(step))


def test_a_gauge_tells_the_rain_that_fell_on_it(make: Any, folder: Path) -> None:
    """Every gauge within the error it was given of the rasters' sum at its place; made again, the file is the same."""
    from make.devices import sensors
    from make.sensing import TIP, bucket, rain_at

    for device in sensors():
        if device.prop == "rainfall":
            whole = bucket(device.at, 1.0)
            assert abs(whole.sum() - rain_at(device.at).sum() / 12) <= TIP
            assert np.allclose(whole / TIP, np.round(whole / TIP))


def test_a_pool_holds_the_water_that_came(make: Any) -> None:
    """Level over a plane of one height: the water that did not drain, spread evenly."""
    from make import sensing

    flat = np.full(5, 2.0)
    assert sensing.level(flat, 0.5) == pytest.approx(2.1)
    assert sensing.level(np.array([0.0, 1.0, 3.0]), 1.0) == pytest.approx(1.0)
    assert sensing.level(np.array([0.0, 1.0, 3.0]), 2.0) == pytest.approx(1.5)


def test_the_plan_is_the_committed_one(make: Any, sample: Callable[[str], Any]) -> None:
    links = sample("road_link")
    lines = dict.fromkeys(links["name"])
    for name, _, line in make.plan.roads():
        assert name in lines
        own = links.geometry[np.array([n == name for n in links["name"]])]
        drawn = shapely.transform(line, lambda c: c + np.array(make.frame.ORIGIN))
        assert shapely.covers(
            drawn.buffer(0.1), shapely.line_interpolate_point(own, 0.5, normalized=True)
        ).all()


def test_each_topic_draws_on_its_own(make: Any) -> None:
    first = make.frame.rng("streets").random(3)
    make.frame.rng("buildings").random(1000)
    assert np.array_equal(first, make.frame.rng("streets").random(3))
    assert not np.array_equal(first, make.frame.rng("parcels").random(3))


def test_writing_is_the_same_to_the_byte(make: Any, tmp_path: Path) -> None:
    for name in ("a.tif", "b.tif"):
        make.output.write_raster(
            tmp_path / name, make.rain.intensity(3), make.rain.CELL, make.rain.times()[3]
        )
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()

"""Our own rasters: written once, read by window, by point and as map tiles."""

from __future__ import annotations

import io
import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from PIL import Image
from pyproj import Transformer
from rasterio.transform import from_origin

from twin.catalog.spec import Stop
from twin.errors import TwinError
from twin.files import cog

if TYPE_CHECKING:
    from pathlib import Path

NODATA = -9999.0
PLACE = from_origin(500_000, 2_560_000, 5, 5)
STOPS = (
    Stop(value=0.1, colour="#aaddff"),
    Stop(value=0.5, colour="#4488ff"),
    Stop(value=2.0, colour="#0000aa"),
)


def depth(rows: int = 600, columns: int = 400) -> np.ndarray:
    """A pond: deep in the middle, dry (NaN) on the left edge."""
    y, x = np.mgrid[0:rows, 0:columns]
    cells = 3.0 * np.exp(-(((x - columns / 2) / 80) ** 2) - ((y - rows / 2) / 120) ** 2)
    cells[:, :20] = np.nan
    return cells.astype(np.float32)


@pytest.fixture
def pond(tmp_path: Path) -> Path:
    return cog.write_cog(tmp_path / "pond.tif", depth(), transform=PLACE, crs=4547, nodata=NODATA, unit="m")


def tile_of(x: float, y: float, z: int) -> tuple[int, int]:
    mx, my = Transformer.from_crs(4547, 3857, always_xy=True).transform(x, y)
    span = 2 * math.pi * 6378137 / 2**z
    return int((mx + math.pi * 6378137) // span), int((math.pi * 6378137 - my) // span)


def test_what_is_written_is_a_cog_and_comes_back(pond: Path) -> None:
    with rasterio.open(pond) as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.overviews(1)
        assert dataset.nodata == NODATA
        assert dataset.units == ("m",)
        assert dataset.crs.to_epsg() == 4547
    cells, transform = cog.read(pond)
    np.testing.assert_array_equal(cells, depth())
    assert transform == PLACE
    assert not list(pond.parent.glob(".*part"))


def test_equal_arrays_give_equal_bytes(tmp_path: Path) -> None:
    first, second = (
        cog.write_cog(tmp_path / name, depth(), transform=PLACE, crs=4547, nodata=NODATA).read_bytes()
        for name in ("a.tif", "b.tif")
    )
    assert first == second


def test_a_window_grows_to_whole_cells_and_stops_at_the_edge(pond: Path) -> None:
    cells, transform = cog.read(pond, bbox=(500_101, 2_559_001, 500_149, 2_559_049))
    np.testing.assert_array_equal(cells, depth()[190:200, 20:30])
    assert (transform.c, transform.f) == (500_100, 2_559_050)
    edge, _ = cog.read(pond, bbox=(499_000, 2_559_990, 500_010, 2_561_000))
    assert edge.shape == (2, 2)
    nothing, _ = cog.read(pond, bbox=(0, 0, 10, 10))
    assert nothing.size == 0


def test_fewer_cells_are_averages_and_more_are_not_invented(pond: Path) -> None:
    cells, transform = cog.read(pond, shape=(60, 40))
    assert cells.shape == (60, 40)
    assert (transform.a, transform.e) == (50, -50)
    whole = np.nanmean(depth()[300:310, 200:210])
    assert cells[30, 20] == pytest.approx(whole, rel=0.02)
    same, _ = cog.read(pond, shape=(9_999, 9_999))
    assert same.shape == (600, 400)


def test_bytes_read_like_a_path(pond: Path) -> None:
    cells, _ = cog.read(pond.read_bytes())
    np.testing.assert_array_equal(cells, depth())


def test_value_at_a_point(pond: Path) -> None:
    assert cog.value_at(pond, 500_000 + 200.5 * 5, 2_560_000 - 300.5 * 5) == depth()[300, 200]
    assert cog.value_at(pond, 500_010, 2_559_000) is None
    assert cog.value_at(pond, 499_999, 2_559_000) is None
    assert cog.value_at(pond, math.nan, 2_559_000) is None


def test_describe_reports_range_and_place(pond: Path) -> None:
    grid = cog.describe(pond)
    assert grid.srid == 4547
    assert grid.shape == (600, 400)
    assert grid.bounds == (500_000, 2_557_000, 502_000, 2_560_000)
    assert grid.unit == "m"
    assert (grid.minimum, grid.maximum) == (np.nanmin(depth()), np.nanmax(depth()))


def test_axes_are_cell_centres_and_plain_values_carry_none(pond: Path) -> None:
    cells, transform = cog.read(pond, bbox=(500_095, 2_559_995, 500_105, 2_560_000))
    x, y = cog.axes(cells, transform)
    assert x.tolist() == [500_097.5, 500_102.5]
    assert y.tolist() == [2_559_997.5]
    assert cog.plain_values(cells)[0] is None


def picture(pond: Path, z: int, x: float, y: float) -> np.ndarray | None:
    png = cog.render_png(pond, z, *tile_of(x, y, z), STOPS)
    return None if png is None else np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def test_a_tile_shows_the_stop_of_each_cell(pond: Path) -> None:
    z, x, y = 16, 501_002.5, 2_558_497.5
    shown = picture(pond, z, x, y)
    assert shown is not None
    assert shown.shape == (256, 256, 4)
    west, _, _, north = cog.tile_bounds(z, *tile_of(x, y, z))
    span = 2 * math.pi * 6378137 / 2**z / 256
    mx, my = Transformer.from_crs(4547, 3857, always_xy=True).transform(x, y)
    assert tuple(shown[int((north - my) / span), int((mx - west) / span)]) == (0x00, 0x00, 0xAA, 255)


def test_cells_below_the_first_stop_and_without_data_are_clear(pond: Path) -> None:
    shown = picture(pond, 13, 501_000, 2_558_500)
    assert shown is not None
    assert set(np.unique(shown[..., 3])) == {0, 255}
    colours = {tuple(c) for c in shown[shown[..., 3] == 255][:, :3]}
    assert colours <= {(0xAA, 0xDD, 0xFF), (0x44, 0x88, 0xFF), (0, 0, 0xAA)}


def test_a_tile_elsewhere_is_none(pond: Path) -> None:
    assert cog.render_png(pond, 14, 0, 0, STOPS) is None
    assert cog.render_png(pond, 16, *tile_of(500_000, 2_559_990, 16), ()) is None


def test_the_world_tile_of_a_small_raster_does_not_fail(pond: Path) -> None:
    cog.render_png(pond, 0, 0, 0, STOPS)
    assert cog.render_png(pond, 10, *tile_of(501_000, 2_558_500, 10), STOPS) is not None


def test_threads_share_a_path(pond: Path) -> None:
    tile = tile_of(501_000, 2_558_500, 15)
    with ThreadPoolExecutor(8) as pool:
        pictures = set(pool.map(lambda _: cog.render_png(pond, 15, *tile, STOPS), range(32)))
    assert len(pictures) == 1


def test_codes_keep_their_values_in_tiles_and_overviews(tmp_path: Path) -> None:
    codes = np.full((600, 600), 7, np.uint8)
    codes[:, 300:] = 9
    path = cog.write_cog(tmp_path / "c.tif", codes, transform=PLACE, crs=4547, nodata=0, classes=True)
    shrunk, _ = cog.read(path, shape=(60, 60))
    assert set(np.unique(shrunk)) == {7.0, 9.0}
    stops = (
        Stop(value=7, colour="#000001"),
        Stop(value=8, colour="#000002"),
        Stop(value=9, colour="#000003"),
    )
    png = cog.render_png(path, 13, *tile_of(501_500, 2_558_500, 13), stops)
    assert png is not None
    shown = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))
    assert {int(c) for c in shown[shown[..., 3] > 0][:, 2]} <= {1, 3}


@pytest.mark.parametrize("shape", [(0, 5), (3, 3, 3), (4,)])
def test_only_a_grid_is_a_raster(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(TwinError, match="TWIN-270"):
        cog.write_cog(tmp_path / "x.tif", np.zeros(shape, np.float32), transform=PLACE, crs=4547, nodata=-1)


def test_a_damaged_file_says_so(tmp_path: Path, pond: Path) -> None:
    broken = tmp_path / "broken.tif"
    broken.write_bytes(pond.read_bytes()[:200])
    with pytest.raises(TwinError, match="TWIN-271"):
        cog.read(broken)
    with pytest.raises(TwinError, match="TWIN-271"):
        cog.read(tmp_path / "missing.tif")

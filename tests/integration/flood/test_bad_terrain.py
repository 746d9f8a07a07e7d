"""Terrain that cannot be meant, or has holes: refused with its reason, or computed and told of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.integration.flood.ground_city import BED, CELL, GRID, City, fill, put_raster
from twin.engines.flood import simulate
from twin.errors import TwinError
from twin.store.artifacts import ArtifactStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twin.store.database import Store

DRY = {"soil_mm_h": 0.0, "drainage_mm_h": 0.0, "initial_loss_mm": 0.0, "structures": False}


@pytest.fixture(scope="module")
def laid(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Any], City]]:
    """The city of one of everything on another terrain."""
    folder = tmp_path_factory.mktemp("terrain")
    folder.joinpath("artifacts").mkdir()
    files = ArtifactStore(str(folder / "artifacts"))
    fill(store, files, folder)

    def lay(z: Any) -> City:
        put_raster(store, files, folder, "terrain", np.asarray(z, np.float32), GRID)
        return City(store, files)

    yield lay
    lay(BED)


def test_a_hole_swallows_no_water_and_is_told_of(laid: Callable[[Any], City]) -> None:
    z = BED.copy()
    z[10:14, 20:26] = np.nan
    ground = laid(z).ground(**DRY)
    assert any("1 holes (600 m2)" in one.en for one in ground.remarks)
    out = simulate(ground.domain, rain=ground.rain, boundary=ground.boundary, duration_s=1200.0, threads=1)
    assert abs(out.ledger.relative_error) < 1e-6
    told = np.isfinite(out.max_depth)
    assert np.array_equal(told, np.isfinite(z)), "a depth wherever there is ground, and nowhere else"
    wide = laid(np.where(np.isnan(z), BED, z)).ground(**DRY)
    whole = simulate(wide.domain, rain=wide.rain, boundary=wide.boundary, duration_s=1200.0, threads=1)
    fell = out.ledger.rain / whole.ledger.rain
    assert fell == pytest.approx(1.0 - 600.0 / (BED.size * CELL**2), rel=1e-6)


@pytest.mark.parametrize(
    ("change", "code"), [(-32768.0, "TWIN-681"), (3.0e8, "TWIN-681"), (np.nan, "TWIN-521")]
)
def test_terrain_that_no_land_has_is_refused(laid: Callable[[Any], City], change: float, code: str) -> None:
    z = np.full_like(BED, np.nan) if np.isnan(change) else BED.copy()
    if np.isfinite(change):
        z[:, :3] = change
    with pytest.raises(TwinError) as error:
        laid(z).ground(**DRY)
    assert error.value.code == code

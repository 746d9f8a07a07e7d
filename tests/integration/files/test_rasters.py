"""Rasters into coverage layers and back."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from rasterio.transform import from_origin

from tests.verification.report import shared
from twin.actions.export_layer import export_layer
from twin.actions.import_layer import import_file
from twin.errors import TwinError
from twin.files import cog
from twin.store.artifacts import ArtifactStore, current

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.access.actor import Actor
    from twin.store.database import Store

MEREWETHER = shared() / "data" / "flood" / "merewether" / "topography1.zip"


@pytest.fixture
def artifacts(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


def tif(path: Path, cells: np.ndarray[Any, Any], srid: int | None = 4547, **rest: Any) -> Path:
    height, width = cells.shape[-2:]
    profile = {"driver": "GTiff", "height": height, "width": width, "count": 1, "dtype": cells.dtype} | {
        "transform": from_origin(505_000, 2_500_000, 5, 5),
        "crs": None if srid is None else f"EPSG:{srid}",
    }
    with rasterio.open(path, "w", **(profile | rest)) as dataset:
        dataset.write(cells if cells.ndim == 3 else cells[None])
    return path


def slope(rows: int = 400, columns: int = 300) -> np.ndarray[Any, Any]:
    y, x = np.mgrid[0:rows, 0:columns]
    return (20 + x * 0.01 - y * 0.02).astype(np.float32)


def raster_of(store: Store, actor: Actor, artifacts: ArtifactStore) -> Path:
    layer = store.catalog.layers["terrain"]
    with store.transaction(actor) as conn:
        found = current(conn, layer)
    assert found is not None
    assert layer.raster is not None
    assert (found.srid, found.nodata, found.unit) == (4547, layer.raster.nodata, layer.raster.unit)
    return artifacts.path(found.name)


@pytest.mark.parametrize("form", ["tif", "asc", "tif.zip", "asc.zip"])
def test_a_terrain_comes_in_cell_for_cell(
    clean: Store, operator: Actor, artifacts: ArtifactStore, tmp_path: Path, form: str
) -> None:
    cells = slope()
    cells[:10, :10] = -32767
    path = tif(tmp_path / "t.tif", cells, nodata=-32767)
    if form.startswith("asc"):
        path = tmp_path / "t.asc"
        head = "ncols 300\nnrows 400\nxllcorner 505000\nyllcorner 2498000\ncellsize 5\nNODATA_value -32767\n"
        path.write_text(head + "\n".join(" ".join(f"{v:.3f}" for v in row) for row in cells))
    if form.endswith("zip"):
        with zipfile.ZipFile(tmp_path / "t.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(path, f"地形/{path.name}")
        path = tmp_path / "t.zip"
    report = import_file(clean, operator, path, "terrain", crs="EPSG:4547", artifacts=artifacts)
    assert report.inserted + report.updated == 1
    assert "0.1 %" in report.notes[0].en
    got, transform = cog.read(raster_of(clean, operator, artifacts))
    assert (transform.c, transform.f, transform.a) == (505_000, 2_500_000, 5)
    expected = np.where(cells == -32767, np.nan, cells)
    np.testing.assert_allclose(got, expected, atol=1e-3)


def test_the_same_raster_again_is_known(
    clean: Store, operator: Actor, artifacts: ArtifactStore, tmp_path: Path
) -> None:
    path = tif(tmp_path / "t.tif", slope() + 1)
    import_file(clean, operator, path, "terrain", artifacts=artifacts)
    again = import_file(clean, operator, path, "terrain", artifacts=artifacts)
    assert (again.inserted, again.updated) == (0, 1)


@pytest.mark.parametrize("srid", [4549, 32650, 4526])
def test_another_crs_is_warped_into_place(
    clean: Store, operator: Actor, artifacts: ArtifactStore, tmp_path: Path, srid: int
) -> None:
    x, y = Transformer.from_crs(4547, srid, always_xy=True).transform(505_000, 2_500_000)
    path = tif(tmp_path / "t.tif", slope(), srid, transform=from_origin(x, y, 5, 5))
    report = import_file(clean, operator, path, "terrain", artifacts=artifacts)
    assert (srid == 4526) or "CM 120E" in report.notes[0].zh or "UTM" in report.notes[0].zh
    made = raster_of(clean, operator, artifacts)
    back = Transformer.from_crs(srid, 4547, always_xy=True)
    for column, row in ((150, 200), (20, 380), (290, 10)):
        px, py = back.transform(x + (column + 0.5) * 5, y - (row + 0.5) * 5)
        value = cog.value_at(made, px, py)
        assert value == pytest.approx(slope()[row, column], abs=0.2)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"cells": np.zeros((3, 4, 4), np.float32), "count": 3}, "TWIN-272"),
        ({"cells": np.zeros((4, 4), np.complex64)}, "TWIN-274"),
        ({"cells": np.full((4, 4), np.nan, np.float32)}, "TWIN-273"),
        ({"cells": np.full((4, 4), 7, np.float32), "nodata": 7}, "TWIN-273"),
        ({"cells": np.zeros((4, 4), np.float32), "srid": None}, "TWIN-234"),
        ({"cells": np.zeros((4, 4), np.float32), "transform": rasterio.Affine.identity()}, "TWIN-275"),
        (
            {"cells": np.zeros((4, 4), np.float32), "transform": from_origin(39_505_000, 2.5e6, 5, 5)},
            "TWIN-276",
        ),
    ],
)
def test_rasters_that_do_not_fit(
    clean: Store, operator: Actor, artifacts: ArtifactStore, tmp_path: Path, change: dict[str, Any], code: str
) -> None:
    path = tif(tmp_path / "t.tif", change.pop("cells"), change.pop("srid", 4547), **change)
    with pytest.raises(TwinError) as caught:
        import_file(clean, operator, path, "terrain", artifacts=artifacts)
    assert caught.value.code == code
    assert not list((tmp_path / "artifacts").rglob("*.tif"))


def test_features_are_no_terrain(
    clean: Store, operator: Actor, artifacts: ArtifactStore, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("code,lon,lat\na,114,22\n")
    with pytest.raises(TwinError) as caught:
        import_file(clean, operator, path, "terrain", artifacts=artifacts)
    assert caught.value.code == "TWIN-240"


def test_a_terrain_goes_out_whole_cut_and_warped(
    clean: Store, operator: Actor, artifacts: ArtifactStore, tmp_path: Path, actor: Callable[[str], Actor]
) -> None:
    import_file(clean, operator, tif(tmp_path / "t.tif", slope()), "terrain", artifacts=artifacts)
    out = tmp_path / "o.tif"
    assert export_layer(clean, actor("anonymous"), "terrain", out, artifacts=artifacts) == 1
    assert out.read_bytes() == raster_of(clean, operator, artifacts).read_bytes()
    export_layer(
        clean, operator, "terrain", out, artifacts=artifacts, bbox=(505_100, 2_499_000, 505_200, 2_499_100)
    )
    cut, _ = cog.read(out)
    np.testing.assert_allclose(cut, slope()[180:200, 20:40], atol=1e-4)
    export_layer(clean, operator, "terrain", out, artifacts=artifacts, crs="EPSG:4490")
    assert cog.describe(out).srid == 4490
    with pytest.raises(TwinError, match="TWIN-246"):
        export_layer(clean, operator, "terrain", tmp_path / "o.gpkg", artifacts=artifacts)


@pytest.mark.skipif(not MEREWETHER.exists(), reason="the real flood case is not here")
def test_a_real_terrain_needs_its_zone_said(
    new_database: Callable[..., Any], catalog: Any, operator: Actor, artifacts: ArtifactStore
) -> None:
    from twin.store.database import Store

    with Store.open(new_database(catalog, 32756).url, catalog) as store:
        with pytest.raises(TwinError, match="TWIN-234"):
            import_file(store, operator, MEREWETHER, "terrain", artifacts=artifacts)
        import_file(store, operator, MEREWETHER, "terrain", crs="EPSG:32756", artifacts=artifacts)
        with store.transaction(operator) as conn:
            found = current(conn, catalog.layers["terrain"])
    assert found is not None
    assert (found.width, found.height, found.srid) == (321, 416, 32756)

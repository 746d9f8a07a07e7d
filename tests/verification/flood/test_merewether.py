"""The flood of Merewether (Newcastle, NSW, June 2007): a real city, from its files to the water levels observed there.

Terrain, houses and road come in by ``import_file`` as any city's would; ``flood`` runs on the layers; the final levels
are compared with the five that were observed, as the draft and the final ARR report give them, and with TUFLOW's
error against the same levels (0.114 m against the draft's, 0.148 m against the final ones).
Data: ANUGA validation case (Apache-2.0), see the folder's LICENSE_NOTE.txt.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np
import pytest
import rasterio
from pyproj import Transformer

from tests.verification.report import Report, shared
from twin.actions.import_layer import import_file
from twin.processes.context import RunContext
from twin.processes.registry import find
from twin.store.artifacts import ArtifactStore
from twin.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twin.access.actor import Actor
    from twin.catalog.spec import Catalog

SRID = 32756
COLUMNS = {"draft": 3, "final": 4}
TUFLOW_RMSE_M = {"draft": 0.114, "final": 0.148}
TOLERANCE_M = {"draft": 0.12, "final": 0.16}
CASE = shared() / "data" / "flood" / "merewether"

pytestmark = pytest.mark.skipif(not CASE.is_dir(), reason=f"the flood case is not here: {CASE}")


@dataclass(frozen=True)
class City:
    store: Store
    artifacts: ArtifactStore
    actor: Actor


def ring(path: Path) -> list[list[float]]:
    points = [[float(x) for x in row[:2]] for row in csv.reader(path.open()) if row]
    return [*points, points[0]] if points[0] != points[-1] else points


def geojson(path: Path, features: list[tuple[dict[str, object], list[list[float]]]]) -> Path:
    """Rings in the case's own coordinates as a file to import."""
    collection = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": properties,
                "geometry": {"type": "Polygon", "coordinates": [outline]},
            }
            for properties, outline in features
        ],
    }
    path.write_text(json.dumps(collection))
    return path


@pytest.fixture(scope="module")
def city(
    new_database: Callable[..., object],
    catalog: Catalog,
    actor: Callable[[str], Actor],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[City]:
    folder = tmp_path_factory.mktemp("merewether")
    database = new_database(catalog, srid=SRID)
    artifacts = ArtifactStore(folder / "artifacts")
    operator = actor("operator")
    houses = sorted((CASE / "houses").glob("*.csv"))
    with Store.open(database.url, catalog) as store:
        for layer, path in (
            ("terrain", CASE / "topography1.zip"),
            ("building", geojson(folder / "houses.geojson", [({"code": p.stem}, ring(p)) for p in houses])),
            (
                "land_use",
                geojson(
                    folder / "road.geojson",
                    [
                        (
                            {"code": "road", "land_use": "1207", "status": "current"},
                            ring(CASE / "Road" / "RoadPolygon.csv"),
                        )
                    ],
                ),
            ),
        ):
            report = import_file(store, operator, path, layer, crs=f"EPSG:{SRID}", artifacts=artifacts)
            assert report.refused == 0
        yield City(store, artifacts, operator)


def points() -> list[list[str]]:
    """Rows: x, y, number, observed level (draft), observed level (final), TUFLOW's level."""
    with (CASE / "Observations" / "ObservationPoints.csv").open() as file:
        return [row for row in list(csv.reader(file, skipinitialspace=True))[1:] if row]


def rmse(errors: np.ndarray) -> float:
    return float(np.sqrt(np.mean(errors**2)))


def draw(target: Path, city: City, run: RunContext) -> None:
    """The picture of the verification page: maximum depth, houses and the five points."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    written = next(raster for raster in run.rasters_written if raster.layer == "flood_depth")
    with rasterio.open(city.artifacts.path(written.name)) as raster:
        depth = raster.read(1, masked=True).filled(np.nan)
        west, south, east, north = raster.bounds
    figure, axes = plt.subplots(figsize=(7, 7.6), layout="constrained")
    shown = axes.imshow(
        np.where(depth < 0.05, np.nan, depth), extent=(west, east, south, north), cmap="Blues", vmax=1.5
    )
    figure.colorbar(shown, ax=axes, label="maximum depth (m)", shrink=0.8)
    for path in sorted((CASE / "houses").glob("*.csv")):
        axes.fill(*np.array(ring(path)).T, color="#8a8f98", lw=0)
    for row in points():
        axes.plot(float(row[0]), float(row[1]), "o", color="#d62728", ms=5)
        axes.annotate(
            row[2], (float(row[0]), float(row[1])), xytext=(5, 5), textcoords="offset points", color="#d62728"
        )
    axes.set(xlabel="EPSG:32756 easting (m)", ylabel="northing (m)", title="Merewether, June 2007")
    axes.ticklabel_format(style="plain", useOffset=False)
    axes.tick_params(axis="x", rotation=30)
    figure.savefig(target, dpi=110)
    plt.close(figure)


def test_levels_against_the_observed(city: City) -> None:
    to_lonlat = Transformer.from_crs(SRID, 4326, always_xy=True)
    inlet = to_lonlat.transform(382265.0, 6354280.0)
    places = [(row[2], *to_lonlat.transform(float(row[0]), float(row[1]))) for row in points()]
    gauges = [{"name": name, "lon": lon, "lat": lat} for name, lon, lat in places]
    process = find("flood")
    inputs = process.validate(
        {
            "inflows": [
                {
                    "lon": inlet[0],
                    "lat": inlet[1],
                    "radius_m": 10.0,
                    "times_min": [0.0, 60.0],
                    "discharge_m3_s": [19.7, 19.7],
                }
            ],
            "duration_min": 1000.0 / 60.0,
            "buildings": "raised",
            "building_rise_m": 3.0,
            "roughness": {"1207": 0.02, "*": 0.04},
            "soil_mm_h": 0.0,
            "drainage_mm_h": 0.0,
            "initial_loss_mm": 0.0,
            "edges": {"north": "free", "east": "free", "south": "closed", "west": "closed"},
            "gauges": gauges,
        }
    )
    run = RunContext(
        run=uuid4(),
        actor=city.actor,
        seed=0,
        store=city.store,
        artifacts=city.artifacts,
        reads=process.reads,
        writes=process.writes,
    )
    outputs = process.function(inputs, run)
    found = np.array([gauge.final_level_m for gauge in outputs.gauges])
    tuflow = np.array([float(row[5]) for row in points()])
    report = Report("merewether")
    try:
        for edition, column in COLUMNS.items():
            levels = np.array([float(row[column]) for row in points()])
            source = f"observed level, {edition} ARR report"
            assert rmse(tuflow - levels) == pytest.approx(TUFLOW_RMSE_M[edition], abs=0.001)
            for row, error in zip(points(), found - levels, strict=True):
                report.hold("Merewether 2007", source, f"level at point {row[2]} (m)", error, 0.40)
            report.hold(
                "Merewether 2007",
                source,
                "RMSE of five levels (m)",
                rmse(found - levels),
                TOLERANCE_M[edition],
            )
        report.hold("Merewether 2007", "water account", "relative mass error", outputs.mass_error, 1e-3)
        assert outputs.flooded_buildings > 5
    finally:
        draw(report.write().with_suffix(".png"), city, run)

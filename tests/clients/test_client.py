"""The notebook client against the running service and the sample city."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pytest

from twin.client import Twin, connect
from twin.errors import TwinError

if TYPE_CHECKING:
    from tests.clients.conftest import Served

mpl.use("Agg")
STORM = {"kind": "design", "formula": "chongqing", "return_period_a": 50, "duration_min": 30, "step_min": 5}


@pytest.fixture(scope="module")
def box(city: Twin) -> tuple[float, ...]:
    """About 600 m of the city's middle, in degrees."""
    west, south, east, north = city.layer("building", columns=["code"]).total_bounds
    x, y = (west + east) / 2, (south + north) / 2
    return (x - 0.003, y - 0.003, x + 0.003, y + 0.003)


def count(served: Served, layer: str) -> int:
    with served.store.service() as conn:
        row = conn.execute("SELECT rows FROM run.layer_version WHERE layer = %s", [layer]).fetchone()
    assert row is not None
    return int(row[0])


def test_layers_are_listed_with_titles(city: Twin) -> None:
    layers = city.layers()
    assert layers.loc["building", "title"] == "建筑物" or "建筑" in layers.loc["building", "title"]
    assert "gas_pipe" not in layers.index
    assert layers.loc["terrain", "kind"] == "coverage"


def test_every_row_comes_over_all_pages(city: Twin, served: Served) -> None:
    buildings = city.layer("building")
    assert len(buildings) == count(served, "building") > 5000
    assert buildings.index.is_unique
    assert buildings.crs == "OGC:CRS84"
    assert buildings.geometry.is_valid.all()


def test_rows_come_in_the_storage_crs_with_the_right_axes(city: Twin, box: tuple[float, ...]) -> None:
    degrees = city.layer("building", bbox=box)
    metres = city.layer("building", bbox=box, crs="storage")
    assert metres.crs.to_epsg() == 4547
    assert len(metres) == len(degrees) > 0
    expected = degrees.to_crs(4547)
    assert np.allclose(metres.total_bounds, expected.loc[metres.index].total_bounds, atol=0.05)
    named = city.layer("building", bbox=box, crs="EPSG:4490", limit=5)
    assert named.total_bounds[0] > 90, "longitude is x, whatever the authority's order"


def test_columns_have_their_types_titles_units_and_terms(city: Twin, box: tuple[float, ...]) -> None:
    buildings = city.layer("building", bbox=box)
    assert buildings["code"].dtype == "string"
    assert buildings["floors"].dtype == "Int64"
    assert buildings["height"].dtype == "float64"
    assert buildings.attrs["units"]["height"] == "m"
    assert "居住" in "".join(buildings.attrs["terms"]["use"].values()) or buildings.attrs["terms"]["use"]
    titled = city.layer("building", bbox=box, titles=True)
    assert buildings.attrs["titles"]["height"] in titled.columns
    assert "height" not in titled.columns


def test_titles_come_in_english_too(served: Served, box: tuple[float, ...]) -> None:
    with connect(served.url, language="en") as twin:
        assert twin.layer("building", bbox=box, limit=1).attrs["titles"]["height"].isascii()


def test_filters_columns_and_limits_hold(city: Twin, box: tuple[float, ...]) -> None:
    tall = city.layer("building", filter="height > 30", columns=["code", "height"])
    assert (tall["height"] > 30).all()
    assert len(tall) > 0
    assert set(tall.columns) == {"code", "height", "geometry"}
    assert len(city.layer("building", limit=7)) == 7
    assert isinstance(city.layer("building", filter="height > 100000"), gpd.GeoDataFrame)


def test_a_raster_carries_crs_unit_and_holes(city: Twin) -> None:
    terrain = city.raster("terrain")
    assert terrain.rio.crs.to_epsg() == 4547
    assert terrain.attrs["units"] == "m"
    assert terrain.dims == ("y", "x")
    assert float(terrain.max()) < 200
    assert float(terrain.min()) > -50


def test_a_quick_run(city: Twin) -> None:
    run = city.run("design-storm", bar=False, storm=STORM)
    assert run.state == "successful"
    assert run.outputs["total_mm"] == pytest.approx(68, rel=0.2)
    assert run.layers == []


def test_faulty_inputs_are_refused_with_their_name(city: Twin) -> None:
    with pytest.raises(TwinError) as refused:
        city.run("design-storm", bar=False, storm=STORM | {"duration_mim": 3})
    assert refused.value.code == "TWIN-501"
    assert refused.value.where == "storm.duration_mim"
    assert "duration_min" in refused.value.text.zh


def test_a_run_s_own_failure_is_raised(city: Twin, box: tuple[float, ...]) -> None:
    with pytest.raises(TwinError) as failed:
        city.run("flood", bar=False, storm=STORM, bbox=[0.0, 0.0, 0.01, 0.01])
    assert failed.value.code.startswith("TWIN-5")


def test_unknown_names_are_told(city: Twin, served: Served) -> None:
    for ask in (lambda: city.layer("bilding"), lambda: city.run("flod"), lambda: city.layer("gas_pipe")):
        with pytest.raises(TwinError) as refused:
            ask()
        assert refused.value.status == 404
    with pytest.raises(TwinError) as wrong:
        connect(served.url, key="twin_no_such")
    assert wrong.value.status == 401
    with pytest.raises(TwinError) as nobody:
        connect("http://127.0.0.1:9")
    assert nobody.value.code == "TWIN-590"


def test_anonymous_may_look_and_not_run(served: Served) -> None:
    with connect(served.url) as twin:
        assert len(twin.layer("building", limit=3)) == 3
        with pytest.raises(TwinError) as refused:
            twin.run("design-storm", bar=False, storm=STORM)
        assert refused.value.status in (401, 403)


def test_the_same_key_gives_the_same_run(city: Twin) -> None:
    key = str(uuid.uuid4())
    first = city.run("design-storm", idempotency_key=key, bar=False, storm=STORM)
    assert city.run("design-storm", idempotency_key=key, bar=False, storm=STORM).id == first.id


def test_a_flood_from_the_notebook(city: Twin, box: tuple[float, ...]) -> None:
    """Ask, follow, and look at rows, raster and map."""
    run = city.run("flood", storm=STORM, bbox=list(box), duration_min=45.0)
    assert run.state == "successful"
    assert abs(run.outputs["mass_error"]) < 1e-3
    assert "flood_depth" in run.layers
    depth = run.raster("flood_depth")
    assert depth.rio.crs.to_epsg() == 4547
    assert float(depth.max()) == pytest.approx(run.outputs["max_depth_m"], abs=6e-4)  # kept to the millimetre
    cells = run.layer("flood_cell", titles=True)
    assert len(cells) == run.outputs["flooded_cells"]
    for shown in (depth, run.layer("flood_cell"), cells, run.layer("flood_road")):
        axes = city.plot(shown)
        axes.figure.canvas.draw()
        assert axes.get_title()
        mpl.pyplot.close(axes.figure)
    assert run.id in {other.id for other in city.runs(process="flood")}


def test_an_ensemble_is_what_its_members_are(city: Twin, box: tuple[float, ...]) -> None:
    """Probability and median, recomputed from the members' own rasters."""
    storms = [
        {"storm": STORM | {"return_period_a": period}, "weight": weight}
        for period, weight in ((5, 3.0), (100, 1.0))
    ]
    drainage = {"parameter": "drainage_mm_h", "low": 5.0, "high": 40.0}
    base = {"storm": STORM, "bbox": list(box), "cell_m": 10.0, "duration_min": 40.0}
    run = city.run(
        "flood-ensemble", bar=False, base=base, storms=storms, spreads=[drainage], samples=2, depth_m=0.1
    )
    members = run.members()
    assert [one.state for one in members] == ["successful"] * 4
    depths = np.stack([one.raster("flood_depth").values for one in members])
    weights = np.array([3.0, 3.0, 1.0, 1.0]) / 8.0
    known = ~np.isnan(depths[0])
    chance = run.raster("flood_probability").values
    assert np.allclose(
        chance[known], np.tensordot(weights, depths >= np.float32(0.1), axes=1)[known], atol=1e-6
    )
    assert 0 < chance[known].max() <= 1
    assert np.array_equal(np.isnan(chance), ~known)
    # three quarters of the weight lie with the smaller storm, whose members are the first two
    median, high = (run.raster(f"flood_depth_{name}").values for name in ("median", "p90"))
    assert np.all(high[known] >= median[known])
    assert np.all(median[known] <= depths.max(axis=0)[known])
    rows = run.layer("flood_building_probability")
    assert rows["probability"].between(0, 1).all()
    one = run.layer("flood_member")
    assert one["weight"].sum() == pytest.approx(1.0)
    assert run.outputs["members"] == 4
    low, middle, top = (run.outputs["flooded_area_m2"][name] for name in ("p10", "median", "p90"))
    assert low <= middle <= top
    assert {other.id for other in members}.isdisjoint(other.id for other in city.runs(process="flood"))


def test_a_forecast_goes_on_where_the_last_one_kept_its_state(city: Twin, box: tuple[float, ...]) -> None:
    """A now-cast in two cycles ends exactly as one run without a stop."""
    places = (
        city.layer("building", bbox=box, limit=1).to_crs(4326).geometry.iloc[0].buffer(4e-4).exterior.coords
    )
    lon, lat = places[0]
    seen = {"name": "水位站", "lon": lon, "lat": lat, "times_min": [5.0, 15.0], "values_m": [0.02, 0.05]}
    # a step ends at every frame and at every value of a gauge, so these are the same in all runs
    asked = {
        "storm": STORM,
        "bbox": list(box),
        "cell_m": 10.0,
        "outcomes": {"frame_interval_min": 5.0},
        "observed": [seen],
    }
    whole = city.run("flood", bar=False, **asked, duration_min=40.0)
    first = city.run("flood", bar=False, **asked, duration_min=30.0, hot_start={"keep_at_min": 20.0})
    assert first.outputs["state_min"] == 20.0
    second = city.run("flood", bar=False, **asked, duration_min=40.0, hot_start={"previous": first.id})
    for name in ("flood_depth", "flood_level", "flood_arrival", "flood_duration"):
        assert np.array_equal(second.raster(name).values, whole.raster(name).values, equal_nan=True), name
    assert second.outputs["rain_m3"] == pytest.approx(whole.outputs["rain_m3"], rel=1e-9)
    [fit] = first.outputs["observed"]
    assert (fit["name"], fit["count"]) == ("水位站", 2)
    assert fit["rmse_m"] >= abs(fit["bias_m"])
    told = first.layer("flood_series", filter="place_kind = 'observed'")
    assert sorted(told["depth"]) == [0.02, 0.05]
    for changed, code in (
        ({"cell_m": 20.0}, "TWIN-543"),
        ({"start": "2026-07-05T06:00:00Z"}, "TWIN-543"),  # its clock counts from another time
        ({"sewers": {"source": "layers"}}, "TWIN-543"),
        ({"duration_min": 15.0}, "TWIN-544"),
        ({"hot_start": {"previous": whole.id}}, "TWIN-542"),
        ({"hot_start": {"previous": first.id, "keep_at_min": 10.0}}, "TWIN-544"),
    ):
        with pytest.raises(TwinError) as refused:
            city.run(
                "flood",
                bar=False,
                **asked | {"duration_min": 40.0, "hot_start": {"previous": first.id}} | changed,
            )
        assert refused.value.code == code


def test_a_run_can_be_cancelled(city: Twin, box: tuple[float, ...]) -> None:
    run = city.run("flood", wait=False, storm=STORM | {"duration_min": 600}, duration_min=2880.0)
    assert run.state in ("accepted", "running")
    assert run.cancel().state == "dismissed"
    assert city.get_run(run.id).state == "dismissed"


def test_maps_are_drawn_from_names(city: Twin) -> None:
    for name in ("land_use", "terrain"):
        axes = city.plot(name)
        axes.figure.canvas.draw()
        mpl.pyplot.close(axes.figure)

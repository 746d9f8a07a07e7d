"""The Environment Agency's tests whose terrain only the official archives hold: 1, 8A and 8B; and the reading of their files.

Where the archives are not at hand (`official`), test 1 is computed on a profile of our own with its sill and its levels.
"""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.verification.flood import fetch, official
from tests.verification.flood.test_environment_agency import stages
from tests.verification.report import Report
from twin.engines.flood import Boundary, Domain, Edge, Inflow, Opening, Rain, Sewers, patch, simulate
from twin.engines.flood.solver import Solver
from twin.engines.sewers import Inp

BOX = (263976.0, 664408.0, 264940.0, 664808.0)  # of tests 8A and 8B, m


def write_grid(path: Path, z: np.ndarray, cell: float, west: float = 0.0, south: float = 0.0) -> None:
    head = (
        f"ncols {z.shape[1]}\nnrows {z.shape[0]}\nxllcorner {west}\nyllcorner {south}\ncellsize {cell}\n"
        "NODATA_value -9999\n"
    )
    body = np.where(np.isnan(z), -9999.0, z)
    path.write_text(head + "\n".join(" ".join(f"{v:g}" for v in row) for row in body) + "\n")


def stand_in(root: Path) -> Path:
    """Files as test 1 has them, on a profile of our own: a hollow behind a crest of 10.25 m, 700 m by 100 m."""
    x = (np.arange(70) + 0.5) * 10.0
    z = np.interp(x, [0, 300, 320, 400, 600, 700], [9.3, 10.25, 10.25, 9.8, 9.6, 10.6])
    place = root / "Test1 dataset 2010"
    place.mkdir(parents=True)
    write_grid(place / "test1DEM.asc", np.tile(z, (10, 1)), 10.0)
    (place / "Test1BC.csv").write_text("Time (h),Level (m)\n0,9.7\n1,10.35\n11,10.35\n12,9.7\n20,9.7\n")
    (place / "Test1output.csv").write_text("Point ID,X,Y\n1,400,50\n2,600,50\n")
    return root


@pytest.mark.parametrize("solver", ["inertial", "shallow_water"])
@pytest.mark.parametrize("data", ["official", "profile of our own"])
def test_1_a_body_of_water_cut_off(report: Report, tmp_path: Path, data: str, solver: Solver) -> None:
    """20 h: the level at the west side rises over the crest and falls; the hollow keeps what stands below the crest."""
    root = official.folder() if data == "official" else stand_in(tmp_path)
    ground = official.read_grid(official.found("1", "dem", ".asc", root))
    times, level = official.read_series(official.found("1", "bc", ".csv", root))
    points = official.read_points(official.found("1", "output", ".csv", root))
    out = simulate(
        Domain(ground.values, ground.cell, 0.03, initial_depth=np.nan_to_num(np.maximum(9.7 - ground.values, 0.0))),
        boundary=Boundary((Edge("west", "level", times_s=times, values=level),)), duration_s=72000.0, solver=solver,
        gauges=[ground.at(*point) for point in points], gauge_interval_s=300.0, threads=1,
    )  # fmt: skip
    case, source = f"EA test 1, {data}, {solver}", "level held, crest of 10.25 m"
    report.hold(
        case, source, "peak level, m", float(np.abs(out.gauges.level.max(axis=0) - 10.35).max()), 0.01
    )
    report.hold(case, source, "final level, m", float(np.abs(out.gauges.level[-1] - 10.25).max()), 0.02)
    report.hold(case, "ledger", "closure, relative", out.ledger.relative_error, 1e-6)


def ground_8(test: str) -> tuple[official.Raster, np.ndarray]:
    """Terrain of 2 m (means of 0.5 m) and Manning's n: 0.02 on pavement, 0.05 elsewhere; 8B's houses stand 5 m higher."""
    z = official.read_grid(official.found(test, "dem", ".asc")).window(*BOX).coarser(4)
    road = official.read_grid(official.found(test, "road", ".asc")).window(*BOX)
    n = np.where(np.isnan(road.values[2::4, 2::4]), 0.05, 0.02)
    if test == "8B":
        house = official.read_grid(official.found(test, "building", ".asc")).window(*BOX)
        z.values[~np.isnan(house.values[2::4, 2::4])] += 5.0
    return z, n


def test_8a_rain_and_a_point_inflow(report: Report, benchmarks: Path) -> None:
    """400 mm/h from minute 1 to 4 and 5 m3/s from a point in the streets of Glasgow, 5 h: LISFLOOD-FP at nine points."""
    ground, n = ground_8("8A")
    reference = stages((benchmarks / "ea_test8" / "a" / "ea2dt8a.stage").read_text())
    told = np.loadtxt(benchmarks / "ea_test8" / "a" / "point-inflow.csv", delimiter=",", skiprows=1)
    place = official.found("8A", "location", ".csv").read_text().splitlines()[1].split(",")
    row, col = ground.at(float(place[0]), float(place[1]))
    times, flow = told[:, :2].ravel(), np.repeat(told[:, 2] * ground.cell**2, 2)
    out = simulate(
        Domain(ground.values, ground.cell, n), duration_s=18000.0,
        rain=Rain(np.array([60.0, 240.0]), np.array([400.0, 0.0])),
        inflows=[Inflow(np.array([row]), np.array([col]), times, flow)],
        gauges=[ground.at(*point) for point in official.read_points(official.found("8A", "output", ".csv"))],
        gauge_interval_s=30.0,
    )  # fmt: skip
    for i in range(9):
        ours = np.interp(reference[:, 0], out.gauges.times_s, out.gauges.depth[:, i])
        error = float(np.mean(np.abs(ours - reference[:, i + 1])))
        report.hold("EA test 8A", "LISFLOOD-FP", f"P{i + 1} mean depth error, m", error, 0.04)
    report.hold("EA test 8A", "ledger", "closure, relative", out.ledger.relative_error, 1e-6)


def test_8b_a_surcharged_culvert(report: Report, benchmarks: Path) -> None:
    """The sewer of 8B under its own streets: the exchange at the manhole against XPSTORM's; coefficients as they come."""
    ground, n = ground_8("8B")
    folder = benchmarks / "ea_test8" / "b"
    network = Inp.parse((folder / "test8b_drainage_ponding.inp").read_text(encoding="utf-8"))
    rows, cols = patch(*ground.at(264895.0, 664747.0), ground.cell, np.isfinite(ground.values))
    mouth = Opening("J1", rows, cols, area=1.0, width=3.545)
    out = simulate(
        Domain(ground.values, ground.cell, n), duration_s=18000.0, threads=1,
        sewers=Sewers(network, [mouth], step_s=1.0, record=("J1",)),
    )  # fmt: skip
    reference = np.loadtxt(folder / "xpstorm.csv", delimiter=",")
    assert out.sewers is not None
    flow = np.interp(reference[:, 0], out.sewers.series.times_s / 60.0, -out.sewers.series.exchange[:, 0])
    lost = ((flow - reference[:, 1]) ** 2).sum() / ((reference[:, 1] - reference[:, 1].mean()) ** 2).sum()
    report.hold("EA test 8B", "XPSTORM", "1 - NSE of the exchange flow", float(lost), 0.01)
    report.hold("EA test 8B", "ledger", "closure, relative", out.ledger.relative_error, 1e-6)


def test_a_grid_is_read_as_it_lies(tmp_path: Path) -> None:
    z = np.arange(48.0).reshape(6, 8)
    z[0, 0] = np.nan
    write_grid(tmp_path / "test5DEM.asc", z, 0.5, 100.0, 200.0)
    grid = official.read_grid(official.found("5", "dem", ".asc", tmp_path))
    np.testing.assert_array_equal(grid.values, z)
    assert grid.at(100.1, 200.1) == (5, 0)
    assert grid.at(103.9, 202.9) == (0, 7)
    with pytest.raises(IndexError):
        grid.at(99.9, 201.0)
    half = grid.coarser(2)
    assert (half.cell, half.values.shape) == (1.0, (3, 4))
    assert half.values[2, 0] == z[4:6, 0:2].mean()
    part = grid.window(101.0, 200.0, 103.0, 201.0)
    np.testing.assert_array_equal(part.values, z[4:6, 2:6])
    assert part.at(101.1, 200.9) == (0, 0)


def test_a_grid_may_tell_its_corner_by_the_cell_and_wrap_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "test6ADEM.asc"
    path.write_text("NCOLS 3\nNROWS 2\nXLLCENTER 10\nYLLCENTER 20\nCELLSIZE 2\n1 2\n3 4\n5 6\n")
    grid = official.read_grid(path)
    assert (grid.west, grid.south) == (9.0, 19.0)
    np.testing.assert_array_equal(grid.values, [[1, 2, 3], [4, 5, 6]])


def test_a_series_tells_its_unit_of_time(tmp_path: Path) -> None:
    path = tmp_path / "Test2_BC.csv"
    path.write_text("Time (min),Inflow (cumecs)\n0,0\n5,20\n\n")
    times, flow = official.read_series(official.found("2", "bc", ".csv", tmp_path))
    assert times.tolist() == [0.0, 300.0]
    assert flow.tolist() == [0.0, 20.0]
    path.write_text("Time,Inflow\n0,0\n")
    with pytest.raises(ValueError, match="unit of time"):
        official.read_series(path)


def test_a_line_is_read_from_a_shapefile(tmp_path: Path) -> None:
    geopandas = pytest.importorskip("geopandas")
    from shapely.geometry import LineString

    path = tmp_path / "test5BC.shp"
    geopandas.GeoDataFrame(geometry=[LineString([(1, 2), (3, 4)])], crs="EPSG:27700").to_file(path)
    assert official.read_line(path) == [(1.0, 2.0), (3.0, 4.0)]


def test_8a_is_not_taken_for_8b(tmp_path: Path) -> None:
    for letter in "AB":
        place = tmp_path / f"Test8{letter} dataset 2010"
        place.mkdir()
        write_grid(place / "Test8DEM.asc", np.full((2, 2), float(ord(letter))), 1.0)
    assert "Test8B" in str(official.found("8B", "dem", ".asc", tmp_path))
    with pytest.raises(pytest.skip.Exception, match="TWIN_EA_DATA"):
        official.found("1", "dem", ".asc", tmp_path)


def test_only_archives_with_the_right_hash_are_unpacked(tmp_path: Path) -> None:
    inner, outer = tmp_path / "Test1.zip", tmp_path / "all.zip"
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr("Test1 dataset 2010/Test1BC.csv", "Time (h),Level\n0,9.7\n")
    with zipfile.ZipFile(outer, "w") as file:
        file.write(inner, "Test1.zip")
    right = hashlib.sha256(outer.read_bytes()).hexdigest()
    there = {"all.zip": (outer.as_uri(), "sha256", right)}
    assert fetch.fetch(tmp_path / "good", there) == []
    assert official.found("1", "bc", ".csv", tmp_path / "good").is_file()
    assert fetch.fetch(tmp_path / "bad", {"all.zip": (outer.as_uri(), "sha256", "0" * 64)}) == ["all.zip"]
    assert list((tmp_path / "bad").iterdir()) == []


def test_an_archive_does_not_write_outside(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("../evil.csv", "1")
    with pytest.raises(ValueError, match="outside"):
        fetch.unpack(path, tmp_path / "target")

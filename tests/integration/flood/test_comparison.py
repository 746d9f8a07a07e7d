"""Two runs compared: maps of differences on common ground, places told apart by effect, and who may see what."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest
from affine import Affine

from tests.integration.flood.ground_city import CELL, EAST, NORTH, OPERATOR
from tests.integration.web.city import RUN, insert, square
from twin.access.actor import Actor
from twin.errors import Refused, TwinError
from twin.files import cog
from twin.processes.context import RunContext
from twin.processes.flood_comparison import ComparisonOutputs
from twin.processes.reading import write
from twin.processes.registry import find
from twin.store import artifacts
from twin.store.artifacts import ArtifactStore
from twin.store.database import Store

ROWS, COLS = 20, 30
STRANGER = Actor("planner", "somebody else", "key-else")


class Runs:
    """Finished flood runs made by hand, and a comparison of two of them."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder, self.files = store, folder, ArtifactStore(str(folder / "artifacts"))

    def add(
        self, depth: np.ndarray, buildings: dict[str, float], *, cell: float = CELL, published: bool = False
    ) -> UUID:
        run = uuid4()
        with self.store.service() as conn:
            conn.execute(
                RUN, {"id": run, "published": published, "role": OPERATOR.role, "actor": OPERATOR.key}
            )
        grid = Affine(cell, 0, EAST, 0, -cell, NORTH + ROWS * CELL)
        arrival = np.where(depth > 0.05, 10.0 + depth, np.nan)
        layers = {
            "flood_depth": depth,
            "flood_speed": depth / 2,
            "flood_hazard": depth * 2,
            "flood_arrival": arrival,
        }
        for name, array in layers.items():
            layer = self.store.catalog.layers[name]
            stored = write(
                self.files, layer, array.astype(np.float32), grid, self.store.srid, None, self.folder, None
            )
            with self.store.transaction(OPERATOR, write=True) as conn:
                artifacts.record(conn, layer, stored, run=run)
        for number, (code, deep) in enumerate(buildings.items()):
            row = {
                "run": run,
                "building_code": code,
                "depth": deep,
                "geom": square(EAST + 40 * number, NORTH),
            }
            insert(self.store, OPERATOR, "flood_building", [row])
        return run

    def compare(
        self, base: UUID, variant: UUID, actor: Actor = OPERATOR
    ) -> tuple[ComparisonOutputs, RunContext]:
        process = find("flood-comparison")
        inputs = process.validate({"base": str(base), "variant": str(variant)})
        run = RunContext(
            run=uuid4(),
            actor=actor,
            seed=1,
            store=self.store,
            artifacts=self.files,
            reads=process.reads,
            writes=process.writes,
        )
        found = process.function(inputs, run)
        assert isinstance(found, ComparisonOutputs)
        return found, run

    def raster(self, run: RunContext, layer: str) -> np.ndarray:
        name = next(written.name for written in run.rasters_written if written.layer == layer)
        return cog.read(self.files.source(name))[0]


@pytest.fixture(scope="module")
def runs(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder: Path = tmp_path_factory.mktemp("comparison")
    folder.joinpath("artifacts").mkdir()
    return Runs(store, folder)


def depths() -> tuple[np.ndarray, np.ndarray]:
    """The variant is 0.2 m deeper in the west and dry in the east, where 0.4 m stood; one row lies outside."""
    base = np.zeros((ROWS, COLS))
    base[:, :10] = 0.3
    base[:, 20:] = 0.4
    variant = base.copy()
    variant[:, :10] += 0.2
    variant[:, 20:] = 0.0
    base[-1] = variant[-1] = np.nan
    return base, variant


def test_differences_and_table(runs: Runs) -> None:
    old, new = depths()
    base = runs.add(old, {"B1": 0.30, "B2": 0.40, "B3": 0.20, "B4": 0.10})
    variant = runs.add(new, {"B1": 0.50, "B3": 0.205, "B5": 0.60})
    out, run = runs.compare(base, variant)
    cells = ROWS - 1
    assert out.deeper_m2 == pytest.approx(cells * 10 * CELL**2)
    assert out.shallower_m2 == out.relieved_m2 == pytest.approx(cells * 10 * CELL**2)
    assert out.newly_flooded_m2 == 0.0
    assert out.greatest_rise_m == pytest.approx(0.2, abs=1e-6)
    assert out.greatest_fall_m == pytest.approx(0.4, abs=1e-6)
    assert (out.buildings_new, out.buildings_relieved) == (1, 1)
    area = out.table[0]
    assert (area.base, area.variant, area.change) == pytest.approx((9500.0, 4750.0, -4750.0))
    change = runs.raster(run, "flood_depth_change")
    assert np.nanmax(np.abs(change - (new - old))) < 1e-6
    assert np.isnan(change[-1]).all()
    arrival = runs.raster(run, "flood_arrival_change")
    assert np.isfinite(arrival[:-1, :10]).all()
    assert np.isnan(arrival[:, 10:]).all(), "no time where water comes in one run only"


def test_places_are_told_by_effect(runs: Runs) -> None:
    old, new = depths()
    base = runs.add(old, {"B1": 0.30, "B2": 0.40, "B3": 0.20, "B4": 0.10, "B6": 0.5})
    variant = runs.add(new, {"B1": 0.50, "B3": 0.205, "B5": 0.60, "B6": 0.3})
    _, run = runs.compare(base, variant)
    rows = dict(run.features_written)["flood_building_change"]
    found = dict(zip(rows.columns["building_code"], rows.columns["effect"], strict=True))
    assert found == {"B1": "deeper", "B2": "relieved", "B5": "new", "B6": "shallower"}
    assert len(rows.shapes) == 4


def test_other_cells_are_taken_at_the_centres_of_the_base_run(runs: Runs) -> None:
    old, new = depths()
    coarse = new[::2, ::2]
    out, run = runs.compare(runs.add(old, {}), runs.add(coarse, {}, cell=2 * CELL))
    change = runs.raster(run, "flood_depth_change")
    assert np.nanmax(np.abs(change[:-2] - (new - old)[:-2])) < 1e-6
    assert out.greatest_rise_m == pytest.approx(0.2, abs=1e-6)
    [told] = out.remarks
    assert f"{CELL:g} and of {2 * CELL:g} m" in told.en


def test_a_run_compared_with_itself_and_runs_that_are_not_there(runs: Runs) -> None:
    old, _ = depths()
    one = runs.add(old, {})
    with pytest.raises(Refused, match="TWIN-501"):
        runs.compare(one, one)
    with pytest.raises(TwinError, match="TWIN-515") as refused:
        runs.compare(one, uuid4())
    assert refused.value.where == "variant"


def test_the_runs_of_others_stay_theirs(runs: Runs) -> None:
    old, new = depths()
    mine, open_to_all = runs.add(old, {}), runs.add(new, {}, published=True)
    with pytest.raises(TwinError, match="TWIN-515") as refused:
        runs.compare(mine, open_to_all, STRANGER)
    assert refused.value.where == "base"


def test_equal_runs_differ_nowhere(runs: Runs) -> None:
    old, _ = depths()
    out, run = runs.compare(runs.add(old, {"B1": 0.3}), runs.add(old, {"B1": 0.3}))
    assert out.deeper_m2 == out.shallower_m2 == out.greatest_rise_m == out.greatest_fall_m == 0.0
    assert all(row.change == 0.0 for row in out.table)
    assert out.remarks == ()
    assert len(dict(run.features_written)["flood_building_change"].columns["building_code"]) == 0

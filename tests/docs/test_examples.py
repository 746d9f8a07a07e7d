"""The examples of the pages do what the pages say, on a real database."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.docs.conftest import DOCS, blocks
from twin.access.actor import Actor
from twin.access.decide import readable_columns
from twin.actions.import_layer import ImportRefused, import_file
from twin.catalog.load import load, shipped_layers
from twin.catalog.schema import json_schema
from twin.processes import registry
from twin.processes.context import RunContext
from twin.store.artifacts import ArtifactStore
from twin.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twin.catalog.spec import Catalog

CELL = "POLYGON((500000 2500000,500100 2500000,500100 2500100,500000 2500100,500000 2500000))"
HOUSE = "POLYGON((500010 2500010,500030 2500010,500030 2500030,500010 2500030,500010 2500010))"


def example(page: str, language: str) -> list[str]:
    return blocks((DOCS / "en" / page).read_text(encoding="utf-8"), language)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a reader of own-data.md and own-process.md ends up with."""
    folder = tmp_path_factory.mktemp("city")
    layer, codes = example("own-data.md", "toml")
    (result,) = example("own-process.md", "toml")
    for name, text in (
        ("public/charging_station", layer),
        ("vocabularies/charging_current", codes),
        ("results/plot_ratio", result),
    ):
        path = folder / f"{name}.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def own(city: Path) -> Catalog:
    return load(shipped_layers(), city)


@pytest.fixture(scope="module")
def opened(own: Catalog, new_database: Callable[..., object]) -> Iterator[Store]:
    database = new_database(own)
    with Store.open(database.url, own) as store:  # type: ignore[attr-defined]
        yield store


@pytest.mark.parametrize("page", ["own-data.md", "own-process.md"])
@pytest.mark.parametrize("language", ["toml", "python", "sh"])
def test_the_examples_are_the_same_in_both_languages(page: str, language: str) -> None:
    assert blocks((DOCS / "zh" / page).read_text(encoding="utf-8"), language) == example(page, language)


def test_the_example_layer_takes_good_records_and_refuses_bad_ones(
    opened: Store, own: Catalog, tmp_path: Path
) -> None:
    layer, admin = own.layers["charging_station"], Actor("admin")
    good = tmp_path / "stations.csv"
    good.write_text("code,站名,current,power,lon,lat\nCS000001,东站,dc,480,114.05,22.6\n", encoding="utf-8")
    assert import_file(opened, admin, good, layer, crs="EPSG:4326").inserted == 1
    assert import_file(opened, admin, good, layer, crs="EPSG:4326").inserted == 0
    bad = tmp_path / "bad.csv"
    bad.write_text(
        "code,current,lon,lat\nCS000002,hydrogen,114.05,22.6\nX,ac,114.05,22.6\n", encoding="utf-8"
    )
    with pytest.raises(ImportRefused) as refused:
        import_file(opened, admin, bad, layer, crs="EPSG:4326", report_to=tmp_path / "report.csv")
    assert [problem.code for problem in refused.value.problems] == ["TWIN-204", "TWIN-206"]
    assert (tmp_path / "report.csv").is_file()


def test_the_example_column_is_for_planners(own: Catalog) -> None:
    layer = own.layers["charging_station"]
    assert "contact" not in readable_columns(own, Actor("viewer"), layer)
    assert "contact" in readable_columns(own, Actor("planner"), layer)
    assert json_schema(layer, own, "zh")["properties"]["current"]["title"] == "电流类型"


def test_the_example_process_computes_what_it_says(opened: Store, tmp_path: Path) -> None:
    (code,) = example("own-process.md", "python")
    module = tmp_path / "plot_ratio.py"
    module.write_text(code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("plot_ratio_of_the_page", module)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = loaded
    try:
        spec.loader.exec_module(loaded)
        process = registry.find("plot_ratio", spec.name)
        run = _run(opened, process, tmp_path)
        outputs = process.function(process.validate(process.example), run)
        assert "default" in process.inputs_schema("zh")["properties"]["floors"]
    finally:
        del sys.modules[spec.name]
        registry._found.pop("plot_ratio", None)
    assert outputs.cells == 1
    assert outputs.highest == pytest.approx(3 * 400 / 10_000)
    ((name, rows),) = run.features_written
    assert (name, rows.columns["ratio"]) == ("plot_ratio", [pytest.approx(0.12)])
    assert set(run.data_versions) == {"building", "grid_cell"}


def _run(store: Store, process: registry.Process, folder: Path) -> RunContext:
    """A run on a city of one grid cell with one house of unknown height."""
    with store.transaction(Actor("admin"), write=True) as conn:
        conn.execute(
            "INSERT INTO city.building (code, geom) VALUES ('B1', ST_GeomFromText(%s, 4547))", [HOUSE]
        )
        conn.execute(
            "INSERT INTO city.admin_area (code, name, level, geom) "
            "VALUES ('440100000000', '示例社区', 4, ST_Multi(ST_GeomFromText(%s, 4547)))",
            [CELL],
        )
        conn.execute(
            "INSERT INTO city.grid_cell (code, community_code, status, geom) "
            "VALUES ('440100000000001', '440100000000', %s, ST_GeomFromText(%s, 4547))",
            [next(iter(store.catalog.vocabularies["grid_status"].terms)), CELL],
        )
    return RunContext(
        run=uuid4(),
        actor=Actor("planner"),
        seed=1,
        store=store,
        artifacts=ArtifactStore(folder / "artifacts"),
        reads=process.reads,
        writes=process.writes,
    )

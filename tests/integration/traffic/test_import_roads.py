"""A road network of another format becomes the city's roads, and carries traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.traffic.sample import OPERATOR, SampleCity
from tests.unit.traffic_network.sample_network import sample_network
from tests.unit.traffic_network.test_readers import OSM
from twin.actions import import_roads as import_roads_action
from twin.actions.import_roads import import_roads
from twin.errors import TwinError
from twin.files import gmns
from twin.processes.traffic.network import LAYERS, read
from twin.store.artifacts import ArtifactStore
from twin.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from twin.catalog.spec import Catalog


@pytest.fixture
def empty(new_database: Callable[..., Any], catalog: Catalog, tmp_path: Path) -> Iterator[SampleCity]:
    database = new_database(catalog)
    (tmp_path / "artifacts").mkdir()
    with Store.open(database.url, catalog) as store:
        yield SampleCity(store, ArtifactStore(str(tmp_path / "artifacts")))


def test_openstreetmap_becomes_the_city_s_roads(empty: SampleCity, tmp_path: Path) -> None:
    path = tmp_path / "town.osm"
    path.write_text(OSM, encoding="utf-8")
    report = import_roads(empty.store, OPERATOR, path)
    assert {layer: one.inserted for layer, one in report.layers.items()} == {
        "road_node": 6, "road_link": 6, "turn_restriction": 1}  # fmt: skip
    assert report.skipped == {"restriction": 2}
    found = read(empty.context(LAYERS))
    assert len(found.network.links) == 2 * 2 + 4
    assert found.faults == []
    assert found.network.banned_from.size == 1
    assert 90 < found.network.links.length.min() < found.network.links.length.max() < 250
    again = import_roads(empty.store, OPERATOR, path)
    assert all(one.inserted == 0 for one in again.layers.values())


def test_gmns_from_a_folder_is_the_same_network(empty: SampleCity, tmp_path: Path) -> None:
    network, folder = sample_network(), tmp_path / "gmns"
    folder.mkdir()
    gmns.write(network, folder)
    (folder / "config.csv").unlink()
    with pytest.raises(TwinError, match="TWIN-234"):
        import_roads(empty.store, OPERATOR, folder)
    import_roads(empty.store, OPERATOR, folder, crs="EPSG:4547")
    found = read(empty.context(LAYERS)).network.links
    assert len(found) == (network.links.road_class != "connector").sum()
    assert found.length.sum() == pytest.approx(
        network.links.length[network.links.road_class != "connector"].sum(), rel=1e-5
    )


def test_a_fault_in_the_last_layer_leaves_nothing(
    empty: SampleCity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A turn restriction whose road is not there: nodes and links, good by themselves, are not stored either."""
    path = tmp_path / "town.osm"
    path.write_text(OSM, encoding="utf-8")
    whole = import_roads_action.read_network

    def broken(place: Path, folder: Path, **more: Any) -> dict[str, Any]:
        made = whole(place, folder, **more)
        table = folder / "turn_restriction.csv"
        head, row, *_ = table.read_text(encoding="utf-8").splitlines()
        fields = row.split(",")
        fields[head.split(",").index("to_link")] = "NOPE"
        table.write_text("\n".join([head, ",".join(fields)]), encoding="utf-8")
        return made

    monkeypatch.setattr(import_roads_action, "read_network", broken)
    with pytest.raises(TwinError, match="TWIN-245"):
        import_roads(empty.store, OPERATOR, path)
    for layer in import_roads_action.LAYERS:
        assert len(empty.context((layer,)).features(layer, columns=["code"])) == 0
    monkeypatch.undo()
    assert import_roads(empty.store, OPERATOR, path).layers["turn_restriction"].inserted == 1

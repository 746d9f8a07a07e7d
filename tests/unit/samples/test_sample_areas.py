"""Areas nest exactly: five administrative levels, the unit grid in the communities, land use over everything."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable

CITY_M2 = 30e6


@pytest.fixture(scope="module")
def areas(sample: Callable[[str], Any]) -> dict[str, tuple[int, str | None, Any, int]]:
    table = sample("admin_area")
    rows = zip(
        table["code"], table["level"], table["parent_code"], table.geometry, table["population"], strict=True
    )
    return {code: (level, parent, shape, people) for code, level, parent, shape, people in rows}


def test_five_levels(areas: dict[str, Any]) -> None:
    levels = [a[0] for a in areas.values()]
    assert [levels.count(n) for n in range(1, 5)] == [1, 2, 7, 27]
    assert 90 <= levels.count(5) <= 120


def test_children_make_up_their_parent(areas: dict[str, Any]) -> None:
    children = defaultdict(list)
    for level, parent, shape, people in areas.values():
        if parent:
            assert areas[parent][0] == level - 1
            children[parent].append((shape, people))
    for code, parts in children.items():
        whole = shapely.union_all([shape for shape, _ in parts])
        assert whole.symmetric_difference(areas[code][2]).area < 1e-3, code
        assert sum(shape.area for shape, _ in parts) == pytest.approx(areas[code][2].area, abs=1e-3)
        assert sum(people for _, people in parts) == areas[code][3]


def test_cells_fill_their_community_without_overlap(
    areas: dict[str, Any], sample: Callable[[str], Any]
) -> None:
    table = sample("grid_cell")
    members = defaultdict(list)
    for code, community, shape in zip(table["code"], table["community_code"], table.geometry, strict=True):
        assert code[:12] == community
        members[community].append(shape)
    assert set(members) == {code for code, a in areas.items() if a[0] == 4}
    for code, shapes in members.items():
        assert sum(s.area for s in shapes) == pytest.approx(areas[code][2].area, abs=1e-3)
        assert shapely.union_all(shapes).symmetric_difference(areas[code][2]).area < 1e-3


@pytest.mark.parametrize("name", ["grid_cell", "land_use"])
def test_coverages_have_exact_edges(name: str, sample: Callable[[str], Any]) -> None:
    table = sample(name)
    shapes = table.geometry
    if name == "land_use":
        shapes = shapes[np.array(table["status"]) == "current"]
    assert shapely.area(shapes).sum() == pytest.approx(CITY_M2, abs=0.01)
    assert shapely.coverage_is_valid(shapes)
    assert np.abs(shapely.area(table.geometry) - np.array(table["area_m2"])).max() < 0.06


def test_most_people_live_in_the_city(sample: Callable[[str], Any]) -> None:
    assert 150_000 < sum(sample("grid_cell")["population"]) < 600_000


def test_every_kind_of_land_is_there(sample: Callable[[str], Any]) -> None:
    codes = set(sample("land_use")["land_use"])
    assert {code[:2] for code in codes} >= set(
        ["01", "02", "03", "07", "08", "09", "10", "11", "12", "13", "14", "15", "17"]
    )
    assert set(sample("land_use")["status"]) == {"current", "planned"}

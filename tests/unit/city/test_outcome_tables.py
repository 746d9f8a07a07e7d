"""Damage, passability, exposure and waterlogging: the shipped tables, and the functions on arrays."""

from __future__ import annotations

import numpy as np
import pytest

from twin.catalog.load import load, shipped_layers
from twin.city import damage, passability
from twin.city.exposure import by_class, earliest, greatest, living_area, people_by_building
from twin.city.waterlogging import GRADE_LIMITS_M, GRADES, grades, ponds

CATALOG = load(shipped_layers())


def test_every_use_of_a_building_has_one_curve() -> None:
    uses = [use for curve in damage.curves().values() for use in curve.uses]
    assert len(uses) == len(set(uses))
    assert set(uses) == set(CATALOG.vocabularies["building_use"].terms)


@pytest.mark.parametrize("curve", damage.curves().values(), ids=lambda curve: curve.name)
def test_curves_rise_from_nothing_to_all(curve: damage.Curve) -> None:
    depths = np.linspace(0, 8, 200)
    shares = curve.share(depths)
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert (np.diff(shares) >= 0).all()
    assert curve.source
    assert curve.title.zh != curve.title.en


def test_the_residential_curve_is_the_published_one() -> None:
    """Huizinga et al. (2017), Asia, as also published with CLIMADA's river flood impact functions."""
    shares = damage.curves()["residential"].share(np.array([0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0]))
    published = [0.3266, 0.4941, 0.6166, 0.7207, 0.8695, 0.9315, 0.9836, 1.0]
    assert shares == pytest.approx(published)


def test_water_below_the_floor_harms_nothing() -> None:
    inside, height = damage.inside_depth(
        np.array([0.1, 0.5, 0.5, 0.5]), [None, 10.4, 9.0, 10.4], [None, 10.0, 10.0, None], 0.15
    )
    assert height == pytest.approx([0.15, 0.4, 0.0, 0.15])
    assert inside == pytest.approx([0.0, 0.1, 0.5, 0.35])
    kinds = damage.classes(["residential", "office", None, "unheard of"], damage.curves())
    assert kinds == ["residential", "commercial", "residential", "residential"]
    lost = damage.ratios(inside, kinds, damage.curves())
    assert lost[0] == 0.0
    assert lost[1] == pytest.approx(0.38 * 0.1 / 0.5)


def test_vehicles_are_terms_of_their_vocabulary_and_ever_harder_to_stop() -> None:
    known = passability.vehicles()
    terms = CATALOG.vocabularies["vehicle_class"].terms
    assert list(known) == list(terms)
    assert [one.title for one in known.values()] == [terms[name].text for name in known]
    limits = [one.depth_m for one in known.values()]
    assert limits == sorted(limits)


def test_safe_speed_is_that_of_the_paper() -> None:
    depth = np.array([0.0, 0.1, 0.15, 0.2999, 0.3, 1.0])
    speed = passability.safe_speed(depth, np.full(6, 120.0))
    assert speed[0] == pytest.approx(86.9448)
    assert speed[2] == pytest.approx(0.0009 * 150**2 - 0.5529 * 150 + 86.9448)
    assert (np.diff(speed) <= 0).all()
    assert speed[-2:].tolist() == [0.0, 0.0]
    assert passability.safe_speed(depth[:3], np.full(3, 30.0)).tolist() == pytest.approx(
        [30.0, 30.0, speed[2]]
    )


def test_a_vehicle_stops_for_depth_or_for_force() -> None:
    car = passability.vehicles()["car"]
    depth, flow = np.array([0.1, 0.3, 0.1, 0.0]), np.array([0.0, 0.0, 0.31, 0.0])
    assert passability.closed(depth, flow, car).tolist() == [False, True, True, False]


def test_people_go_by_living_space_and_none_gets_lost() -> None:
    living = living_area(
        np.array([100.0, 100.0, 50.0, 200.0]),
        [3, None, 2, 1],
        ["residential", "mixed", "welfare", "industrial"],
    )
    assert living.tolist() == [300.0, 50.0, 100.0, 0.0]
    area = np.array([0, 0, 1, 2])
    people = people_by_building([70, None, 40, 9], area, living)
    assert people.tolist() == pytest.approx([60.0, 10.0, 0.0, 0.0])
    assert people_by_building([10], np.array([-1]), np.array([5.0])).tolist() == [0.0]


def test_greatest_and_earliest_of_owners() -> None:
    owner = np.array([0, 0, 2])
    assert greatest(np.array([0.2, np.nan, 0.7]), owner, 3).tolist() == [0.2, 0.0, 0.7]
    assert earliest(np.array([5.0, np.nan, np.nan]), owner, 3) == [5.0, None, None]


def test_classes_are_counted_and_averaged() -> None:
    label = np.array([[1, 1, 0], [2, 2, 2]])
    depth = np.array([[0.2, 0.4, 9.0], [0.0, 1.0, 0.0]])
    cells, wet, mean = by_class(label, depth > 0.1, depth, 2)
    assert (cells.tolist(), wet.tolist()) == ([2, 3], [2, 1])
    assert mean.tolist() == pytest.approx([0.3, 1.0])


def dry(rows: int = 60, columns: int = 90) -> np.ndarray:
    return np.zeros((rows, columns), np.float32)


def test_ponds_apart_stay_apart_and_small_ones_are_dropped() -> None:
    depth = dry()
    depth[5:15, 5:15] = 0.2
    depth[9, 9] = 0.5
    depth[40:44, 60:64] = 0.35
    depth[50, 5] = 2.0
    found = ponds(depth, np.ones(depth.shape, bool), 5.0, threshold_m=0.15)
    assert found.depth.tolist() == pytest.approx([0.5, 0.35])
    assert (found.row[0], found.column[0]) == (9, 9)
    assert found.area_m2.tolist() == [2500.0, 400.0]
    assert found.volume_m3.tolist() == pytest.approx([(99 * 0.2 + 0.5) * 25, 16 * 0.35 * 25])
    assert (found.label == 1).sum() == 100
    assert found.label[50, 5] == 0


def test_a_long_pond_falls_apart_around_its_deepest_places() -> None:
    depth = dry()
    depth[20:24, 5:85] = 0.2
    depth[21, 10] = depth[21, 75] = 0.6
    found = ponds(depth, np.ones(depth.shape, bool), 5.0, threshold_m=0.15)
    assert sorted(found.column[:2].tolist()) == [10, 75]
    assert found.area_m2.sum() == 4 * 80 * 25
    left, right = found.label[21, 12], found.label[21, 73]
    assert left != right


def test_ponds_that_do_not_touch_share_no_water() -> None:
    depth = dry()
    depth[20, 5:40] = 0.3
    depth[22, 5:40] = 0.2
    found = ponds(depth, np.ones(depth.shape, bool), 5.0, threshold_m=0.15)
    assert (found.label[20, 5:40] != found.label[22, 5:40]).all()


def test_no_pond_where_nothing_counts() -> None:
    depth = dry() + 1.0
    depth[:, :5] = np.nan
    assert len(ponds(depth, np.zeros(depth.shape, bool), 5.0, threshold_m=0.15)) == 0
    assert len(ponds(dry(), np.ones((60, 90), bool), 5.0, threshold_m=0.15)) == 0
    assert len(ponds(np.full((60, 90), np.nan), np.ones((60, 90), bool), 5.0, threshold_m=0.15)) == 0


def test_flat_water_is_one_pond() -> None:
    depth = dry(10, 10)
    depth[2:8, 2:8] = 0.3
    found = ponds(depth, np.ones(depth.shape, bool), 5.0, threshold_m=0.15)
    assert len(found) == 1
    assert found.area_m2.tolist() == [900.0]


def test_grades_begin_at_their_limits() -> None:
    assert grades(np.array([0.10, *GRADE_LIMITS_M, 3.0])) == [GRADES[0], *GRADES, GRADES[-1]]
    assert tuple(CATALOG.vocabularies["waterlogging_grade"].terms) == GRADES

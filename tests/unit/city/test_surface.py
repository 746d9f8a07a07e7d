"""The tables of ground cover and soil: found by the longest beginning of a code, changed by a city or a run."""

from __future__ import annotations

import pytest

from twin.catalog.load import load
from twin.city.surface import curve_number, retention_mm, table
from twin.errors import TwinError

CATALOG = load()
COVER = table(CATALOG.vocabularies["ground_cover"])
SOIL = table(CATALOG.vocabularies["soil_texture"])


def test_every_land_use_has_all_numbers_in_range() -> None:
    for code in [*CATALOG.vocabularies["land_use_2023"].terms, None, "", "99"]:
        assert 0.01 <= COVER.value(code, "manning") <= 0.2
        assert 0.0 <= COVER.value(code, "sealed") <= 1.0
        numbers = [COVER.value(code, name) for name in ("cn_a", "cn_b", "cn_c", "cn_d")]
        assert numbers == sorted(numbers)
        assert 30 <= numbers[0] <= numbers[3] <= 98


def test_the_longest_beginning_holds() -> None:
    assert COVER.value("070102", "manning") == COVER.value("07", "manning") == 0.030
    assert COVER.value("070301", "manning") == COVER.value("0703", "manning") == 0.035
    assert COVER.value("zz", "manning") == COVER.value("*", "manning") == 0.035


def test_a_change_of_one_number_leaves_the_others() -> None:
    changed = table(CATALOG.vocabularies["ground_cover"], {"0701": {"manning": 0.05}})
    assert changed.value("070101", "manning") == 0.05
    assert changed.value("070101", "sealed") == COVER.value("07", "sealed")
    assert changed.value("0702", "manning") == COVER.value("07", "manning")


def test_a_number_that_nobody_gave_is_asked_for() -> None:
    with pytest.raises(TwinError, match="TWIN-525"):
        SOIL.exact("peat", "conductivity_mm_h")
    with pytest.raises(TwinError, match="TWIN-525"):
        COVER.value("07", "albedo")


def test_soils_are_those_of_rawls_1983() -> None:
    assert SOIL.exact("silt_loam", "conductivity_mm_h") == 6.5
    assert SOIL.exact("clay", "suction_mm") == 316.3
    order = [SOIL.exact(code, "group") for code in ("sand", "loam", "sandy_clay_loam", "clay")]
    assert order == [1, 2, 3, 4]


def test_composite_curve_numbers_are_those_of_tr_55() -> None:
    """Table 2-2a: residential lots of 1/8 acre, 65 % sealed: 77 85 90 92; commercial, 85 %: 89 92 94 95."""
    for sealed, numbers in ((0.65, (77, 85, 90, 92)), (0.85, (89, 92, 94, 95))):
        for pervious, said in zip((39, 61, 74, 80), numbers, strict=True):
            assert curve_number(pervious, sealed) == pytest.approx(said, abs=0.55)


def test_dry_and_wet_soil() -> None:
    """Conditions I and III of 80: 63 and 91 (NEH-4 table 10.1), by the fitted formulas to 1."""
    assert curve_number(80, 0.0, -1) == pytest.approx(63, abs=1)
    assert curve_number(80, 0.0, 1) == pytest.approx(91, abs=1)
    assert retention_mm(98) == pytest.approx(5.18, abs=0.01)

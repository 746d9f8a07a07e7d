"""Rule sets as data: what each grade asks, at its threshold and just below."""

from __future__ import annotations

import pytest

from twin.city.black_spot_rules import Crash, rule_sets


def plain(number: int, **more: object) -> list[Crash]:
    return [
        Crash(**({"deaths": 0, "injuries": 0, "general_procedure": False, "road_defect": False} | more))
    ] * number


@pytest.mark.parametrize(
    ("crashes", "grade"),
    [
        (plain(1, deaths=3, road_defect=True), "city"),
        (plain(1, deaths=3), None),
        (plain(2, deaths=3), "city"),
        (plain(3, deaths=1), "city"),
        (plain(2, deaths=1), None),
        (plain(5, general_procedure=True), "city"),
        (plain(4, general_procedure=True), None),
        (plain(4, general_procedure=True) + plain(1), "county"),
        (plain(5), "county"),
        (plain(4), None),
    ],
)
def test_the_municipal_rules(crashes: list[Crash], grade: str | None) -> None:
    said = rule_sets()["municipal"].judge(crashes)
    assert (said[0].name if said else None) == grade


def test_the_ministry_asks_for_crashes_and_deaths_in_all() -> None:
    rules = rule_sets()["ministry"]
    assert rules.judge(plain(10) + plain(1, deaths=11)) is not None
    assert rules.judge(plain(10) + plain(1, deaths=10)) is None
    assert rules.judge(plain(3, deaths=4)) is None


def test_the_equivalent_number_weighs_casualties() -> None:
    rules = rule_sets()["equivalent"]
    assert rules.weight(2, 3) == 1 + 4 + 4.5
    assert rules.judge(plain(4, injuries=2)).__getitem__(0).name == "second"  # type: ignore[union-attr]
    assert rules.judge(plain(3, injuries=2)) is None
    assert rules.judge(plain(5, deaths=2)).__getitem__(0).name == "first"  # type: ignore[union-attr]


def test_every_set_names_its_source_in_both_languages_and_whether_it_was_read() -> None:
    for rules in rule_sets().values():
        assert rules.source.zh
        assert rules.source.en
        assert rules.unit_m > 0
        assert rules.years > 0
    assert {name for name, rules in rule_sets().items() if not rules.verified} == {"equivalent"}

"""When a stretch of road or a junction counts as a black spot: rule sets as data (``black_spot_rules.toml``)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Crash:
    """What rules look at: people dead and injured, how it was handled and whether the road had a part in it."""

    deaths: int
    injuries: int
    general_procedure: bool
    road_defect: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """At least ``crashes`` of the crashes that have ``deaths`` dead or more and the other marks; together with at least
    ``deaths_in_all`` dead and ``equivalent`` equivalent crashes."""

    title: Text
    crashes: int
    deaths: int
    casualties: bool
    general_procedure: bool
    road_defect: bool
    deaths_in_all: int
    equivalent: float

    def met(self, crashes: Iterable[Crash], equivalent: float) -> int | None:
        """How many crashes meet it, or None where it is not met."""
        counted = [one for one in crashes if self._counts(one)]
        enough = len(counted) >= self.crashes and sum(one.deaths for one in counted) >= self.deaths_in_all
        return len(counted) if enough and equivalent >= self.equivalent else None

    def _counts(self, one: Crash) -> bool:
        return (
            one.deaths >= self.deaths
            and (not self.casualties or one.deaths + one.injuries > 0)
            and (not self.general_procedure or one.general_procedure)
            and (not self.road_defect or one.road_defect)
        )


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade of black spot: any one of its conditions suffices."""

    name: str
    title: Text
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Unit length (m), years looked at, grades from the gravest on, and the weights of the equivalent crash number:
    1 + death_weight * deaths + injury_weight * injuries."""

    name: str
    title: Text
    source: Text
    verified: bool
    unit_m: float
    years: float
    death_weight: float
    injury_weight: float
    grades: tuple[Grade, ...]

    def weight(self, deaths: int, injuries: int) -> float:
        """Equivalent crashes of one crash."""
        return 1.0 + self.death_weight * deaths + self.injury_weight * injuries

    def judge(self, crashes: list[Crash]) -> tuple[Grade, Condition, int] | None:
        """The gravest grade that the crashes of one place reach, by which condition, and how many crashes count."""
        equivalent = sum(self.weight(one.deaths, one.injuries) for one in crashes)
        for grade in self.grades:
            for condition in grade.conditions:
                count = condition.met(crashes, equivalent)
                if count is not None:
                    return grade, condition, count
        return None


@cache
def rule_sets() -> dict[str, RuleSet]:
    """The shipped rule sets by name."""
    text = resources.files(__package__).joinpath("black_spot_rules.toml").read_text(encoding="utf-8")
    return {name: _rule_set(name, row) for name, row in tomllib.loads(text).items()}


def _rule_set(name: str, row: Mapping[str, Any]) -> RuleSet:
    return RuleSet(
        name=name,
        title=Text.model_validate(row["title"]),
        source=Text.model_validate(row["source"]),
        verified=bool(row["verified"]),
        unit_m=float(row["unit_m"]),
        years=float(row["years"]),
        death_weight=float(row["death_weight"]),
        injury_weight=float(row["injury_weight"]),
        grades=tuple(
            Grade(key, Text.model_validate(one["title"]), tuple(map(condition, one["conditions"])))
            for key, one in row["grades"].items()
        ),
    )


def condition(row: Mapping[str, Any]) -> Condition:
    """A condition from its keys; what is not named is not asked for."""
    return Condition(
        title=Text.model_validate(row["title"]),
        crashes=int(row.get("crashes", 0)),
        deaths=int(row.get("deaths", 0)),
        casualties=bool(row.get("casualties", False)),
        general_procedure=bool(row.get("general_procedure", False)),
        road_defect=bool(row.get("road_defect", False)),
        deaths_in_all=int(row.get("deaths_in_all", 0)),
        equivalent=float(row.get("equivalent", 0.0)),
    )

"""Each site against its peers and against the rules; the ranked list and its reasons."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.processes.black_spots import sites as cutting
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from shapely.geometry import MultiLineString

    from twin.catalog.spec import Vocabulary
    from twin.city.black_spot_rules import Condition, Grade, RuleSet
    from twin.engines.traffic.black_spots.safety import Estimate, Performance
    from twin.processes.black_spots.case import Crashes, Period, Streets
    from twin.processes.black_spots.sites import Sites

    type Numbers = NDArray[np.float64]
    type Indices = NDArray[np.int32]
    type Words = Mapping[str, Vocabulary]

CERTAIN = 0.95  # chance of being worse than its peers from which a site is listed without a rule
LEAST = 3  # and as many crashes


@dataclass(frozen=True, slots=True)
class Peers:
    """Sites of one kind: ``site`` their numbers, counts, columns and exposure, the fitted function and what follows."""

    kind: str
    site: Indices
    count: Numbers
    columns: Numbers
    exposure: Numbers
    flow: Numbers
    years: float
    performance: Performance
    mean: Numbers
    estimate: Estimate

    @property
    def excess(self) -> Numbers:
        """(sites,) expected crashes a year above the peers' mean."""
        return (self.estimate.expected - self.mean) / self.years


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule set says of a site: the grade, the condition met, how many crashes count, and where (sections)."""

    order: int
    grade: Grade
    condition: Condition
    count: int
    stretch: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Spot:
    """One row of the list."""

    kind: str
    code: str
    name: str | None
    crashes: Crashes
    peers: Peers
    at: int
    verdict: Verdict | None
    shape: MultiLineString
    length: float


def fit(
    kind: str, site: Indices, count: Numbers, columns: Numbers, exposure: Numbers, flow: Numbers, years: float
) -> Peers:
    """Fit the performance function of one kind of site and combine it with their counts."""
    from twin.engines.traffic.black_spots import safety

    found = safety.fit(count, columns, exposure)
    mean = found.mean(columns, exposure)
    return Peers(kind, site, count, columns, exposure, flow, years, found, mean,
                 safety.empirical_bayes(count, mean, found.dispersion))  # fmt: skip


def compare(
    sites: Sites, streets: Streets, crashes: Crashes, flow: Numbers | None, years: float
) -> list[Peers]:
    """Sections and junctions against their peers; a kind with fewer than five sites is left out."""
    junction, section = cutting.owners(sites, streets, crashes)
    free = junction < 0
    on_roads = np.bincount(section[free], minlength=sites.free.size).astype(float)
    at_junctions = np.bincount(junction[~free], minlength=sites.junctions.size).astype(float)
    keep = sites.counted
    found = []
    if keep.size >= 5:
        columns, daily = cutting.columns_of_sections(sites, streets, flow)
        found.append(
            fit("section", keep, on_roads[keep], columns, sites.free[keep] / 1000 * years, daily, years)
        )
    if sites.junctions.size >= 5:
        columns, daily = cutting.columns_of_junctions(sites, streets, flow)
        every = np.arange(sites.junctions.size, dtype=np.int32)
        found.append(fit("junction", every, at_junctions, columns, np.full(every.size, years), daily, years))
    return found


def verdicts(
    sites: Sites, streets: Streets, crashes: Crashes, rules: RuleSet
) -> dict[tuple[str, int], Verdict]:
    """What the rules say: of junctions by their own crashes, of sections by the fullest windows along their road."""
    from twin.engines.traffic.black_spots import roads as engine

    order = {grade.name: i for i, grade in enumerate(rules.grades)}
    junction, _ = cutting.owners(sites, streets, crashes)
    found: dict[tuple[str, int], Verdict] = {}

    def judge(key: tuple[str, int], members: Indices, stretch: tuple[float, float] | None) -> None:
        said = rules.judge([crashes.facts[i] for i in members])
        if said is not None:
            verdict = Verdict(order[said[0].name], said[0], said[1], said[2], stretch)
            if key not in found or (verdict.order, -verdict.count) < (found[key].order, -found[key].count):
                found[key] = verdict

    for number in np.unique(junction[junction >= 0]).tolist():
        judge(("junction", number), np.flatnonzero(junction == number).astype(np.int32), None)
    weight = crashes.weight(rules)
    road = sites.roads.road[crashes.edge]
    along = sites.roads.along(crashes.edge, crashes.position, streets.length)
    for number in np.unique(road).tolist():
        own = np.flatnonzero(road == number)
        for window in engine.windows(along[own], weight[own], rules.unit_m):
            members = own[window.members].astype(np.int32)
            middle = np.array([np.average(along[members], weights=weight[members])])
            section = int(sites.sections.of(np.array([number], np.int32), middle)[0])
            judge(("section", section), members, (window.start, window.end))
    return found


def ranked(
    sites: Sites,
    streets: Streets,
    crashes: Crashes,
    peers: list[Peers],
    said: dict[tuple[str, int], Verdict],
    top: int,
) -> list[Spot]:
    """The gravest grade first, within a grade by the excess over the peers; then those that only the statistics show."""
    junction, section = cutting.owners(sites, streets, crashes)
    of = {"junction": junction, "section": np.where(junction < 0, section, -1)}
    whole = {"junction": junction, "section": section}
    rows = []
    for group in peers:
        excess = group.excess
        for at, site in enumerate(group.site.tolist()):
            verdict = said.get((group.kind, site))
            sure = group.estimate.chance[at] >= CERTAIN and group.count[at] >= LEAST
            if verdict is not None or sure:
                rows.append(
                    (99 if verdict is None else verdict.order, -float(excess[at]), group, at, site, verdict)
                )
    rows.sort(key=lambda row: (row[0], row[1], row[2].kind, row[4]))
    spots = []
    for _, _, group, at, site, verdict in rows[:top]:
        mine = (whole if verdict is not None else of)[group.kind] == site
        code, name, shape, length = _place(sites, streets, group.kind, site)
        spots.append(Spot(group.kind, code, name, crashes.only(mine), group, at, verdict, shape, length))
    return spots


def _place(
    sites: Sites, streets: Streets, kind: str, site: int
) -> tuple[str, str | None, MultiLineString, float]:
    if kind == "junction":
        shape, length = cutting.junction_shape(sites, streets, site)
        node = int(sites.junctions[site])
        arms = {name for end in (streets.tail, streets.head) for name in streets.name[end == node] if name}
        return (
            str(streets.node[node]),
            streets.node_name[node] or "-".join(sorted(arms)[:3]) or None,
            shape,
            length,
        )
    shape, length = cutting.section_shape(sites, streets, site)
    first = sites.site_parts[site][0].edge
    part = site - int(sites.sections.first[sites.roads.road[first]]) + 1
    lead = int(np.flatnonzero(sites.roads.road == sites.roads.road[first])[0])
    return f"{streets.code[lead]}/{part}", streets.name[first], shape, length


def reasons(spot: Spot, words: Words, by_flow: bool) -> Text:
    """Why a place is on the list, in both languages."""
    zh, en = [], []
    if spot.verdict is not None:
        said = spot.verdict
        zh.append(f"{said.grade.title.zh}：{said.condition.title.zh}（{said.count} 起）")
        en.append(f"{said.grade.title.en}: {said.condition.title.en} ({said.count})")
        if said.stretch is not None:
            zh[-1] += f"，集中在道路 {said.stretch[0]:.0f}-{said.stretch[1]:.0f} 米处"
            en[-1] += f", within metres {said.stretch[0]:.0f}-{said.stretch[1]:.0f} of the road"
    group, at = spot.peers, spot.at
    expected, mean = group.estimate.expected[at] / group.years, group.mean[at] / group.years
    chance = 100 * group.estimate.chance[at]
    basis = ("同流量", "of its flow") if by_flow else ("同类（仅按长度）", "of its kind (by length only)")
    where = ("路口范围外", " outside junctions") if spot.kind == "section" else ("", "")
    zh.append(
        f"{where[0]}期望每年 {expected:.1f} 起，{basis[0]}平均 {mean:.1f} 起，劣于同类的概率 {chance:.0f}%"
    )
    en.append(
        f"{expected:.1f} a year expected{where[1]}, {mean:.1f} at sites {basis[1]}, {chance:.0f} % sure to be worse"
    )
    for layer, prefix in (
        ("crash_kind", ("以", "为主", "mostly ")),
        ("crash_cause", ("主因", "", "main cause ")),
    ):
        values = spot.crashes.kind if layer == "crash_kind" else spot.crashes.cause
        common = commonest(values)
        if common is not None and common[0] in words[layer].terms:
            term, share = words[layer].terms[common[0]], f"{common[1]}/{len(spot.crashes)}"
            zh.append(f"{prefix[0]}{term.zh}{prefix[1]}（{share}）")
            en.append(f"{prefix[2]}{term.en.lower()} ({share})")
    return Text(zh="；".join(zh) + "。", en="; ".join(en) + ".")


def commonest(values: NDArray[np.object_]) -> tuple[str, int] | None:
    """The commonest value and how often it is there; the first in the alphabet of equals."""
    counts = Counter(value for value in values if value is not None)
    return min(counts.items(), key=lambda item: (-item[1], item[0])) if counts else None


def years_of(rules: RuleSet, period: Period) -> tuple[float, float]:
    """The days that the rules look at: their years up to the period's end."""
    return max(period.start, period.end - rules.years * 365.25), period.end

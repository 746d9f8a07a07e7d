"""Roads and crashes as arrays, each crash at its place along a link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.city.black_spot_rules import Crash
from twin.city.road_position import named
from twin.errors import TwinError

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from twin.city.black_spot_rules import RuleSet
    from twin.processes.black_spots.inputs import BlackSpotsInputs
    from twin.processes.context import RunContext

    type Numbers = NDArray[np.float64]
    type Indices = NDArray[np.int32]
    type Codes = NDArray[np.object_]

DAYS_A_YEAR = 365.25
_CRASH = ("occurred_at", "deaths", "injuries", "kind", "cause", "procedure", "road_defect", "road_code")


@dataclass(frozen=True, slots=True)
class Streets:
    """Road links (edges) between nodes: columns by edge, ``node`` the codes of the nodes."""

    code: Codes
    name: Codes
    road_class: Codes
    aadt: Numbers
    tail: Indices
    head: Indices
    length: Numbers
    shape: Codes
    node: Codes
    node_name: Codes

    def degree(self) -> Indices:
        """(nodes,) how many link ends meet."""
        both = np.concatenate([self.tail, self.head])
        return np.asarray(np.bincount(both, minlength=self.node.size), np.int32)


@dataclass(frozen=True, slots=True)
class Crashes:
    """(crashes,) day since 1970, edge, metres from the edge's tail, place, and what rules ask of each."""

    day: Numbers
    edge: Indices
    position: Numbers
    x: Numbers
    y: Numbers
    kind: Codes
    cause: Codes
    facts: Codes

    def __len__(self) -> int:
        return self.day.size

    def only(self, kept: NDArray[Any]) -> Crashes:
        """Those of a mask or of positions."""
        return Crashes(
            self.day[kept], self.edge[kept], self.position[kept], self.x[kept], self.y[kept],
            self.kind[kept], self.cause[kept], self.facts[kept],
        )  # fmt: skip

    def weight(self, rules: RuleSet) -> Numbers:
        """(crashes,) equivalent crashes."""
        return np.array([rules.weight(one.deaths, one.injuries) for one in self.facts], np.float64)


@dataclass(frozen=True, slots=True)
class Period:
    """Days since 1970: from ``start`` to before ``end``."""

    start: float
    end: float

    @property
    def years(self) -> float:
        """How long it is."""
        return (self.end - self.start) / DAYS_A_YEAR

    def of(self, crashes: Crashes) -> Crashes:
        """The crashes of the period."""
        return crashes.only((crashes.day >= self.start) & (crashes.day < self.end))


def streets(run: RunContext) -> Streets:
    """Every road link but footways and connectors. Raises TWIN-730 where there are none."""
    nodes = run.features("road_node", columns=["code", "name"])
    links = run.features("road_link", columns=["code", "name", "class", "from_node", "to_node", "aadt"])
    place = {code: i for i, code in enumerate(nodes.columns["code"])}
    columns = links.columns
    kept = [
        i
        for i, (a, b, kind) in enumerate(
            zip(columns["from_node"], columns["to_node"], columns["class"], strict=True)
        )
        if a in place and b in place and kind not in ("footway", "connector")
    ]
    if not kept:
        raise TwinError(
            "TWIN-730",
            "路网为空：road_link 中没有可用的路段；请先导入道路路段和节点。",
            "There are no roads: road_link holds no link between known nodes; import road nodes and links first.",
            status=422,
            where="road_link",
        )
    shape = links.shapes[kept]
    return Streets(
        code=_objects([columns["code"][i] for i in kept]),
        name=_objects([columns["name"][i] for i in kept]),
        road_class=_objects([columns["class"][i] for i in kept]),
        aadt=np.array([np.nan if columns["aadt"][i] is None else float(columns["aadt"][i]) for i in kept]),
        tail=np.array([place[columns["from_node"][i]] for i in kept], np.int32),
        head=np.array([place[columns["to_node"][i]] for i in kept], np.int32),
        length=np.asarray(shapely.length(shape), np.float64),
        shape=shape,
        node=_objects(nodes.columns["code"]),
        node_name=_objects(nodes.columns["name"]),
    )


def crashes(run: RunContext, roads: Streets, snap_m: float) -> tuple[Crashes, int, int]:
    """All crashes within ``snap_m`` of a road, how many lie beyond, and how many are dated in the future and left out. Raises
    TWIN-731 where there are none."""
    found = run.features("traffic_crash", columns=_CRASH)
    link = {code: i for i, code in enumerate(roads.code)}
    told = np.array([link.get(code, -1) for code in found.columns["road_code"]], np.int32)
    at = named(roads.shape, found.shapes, told, snap_m)
    day = np.array([_day(one) for one in found.columns["occurred_at"]], np.float64)
    ahead = day > _day(datetime.now(UTC)) + 1.0  # a day for time zones
    if not (at.found & ~ahead).any():
        raise TwinError(
            "TWIN-731",
            f"没有可分析的交通事故：traffic_crash 共 {len(found)} 行，"
            f"离路 {snap_m:g} 米以内且不在将来的为 0；请先导入事故、核对时间，或放宽 snap_m。",
            f"There are no crashes to analyse: traffic_crash has {len(found)} rows, none of them within {snap_m:g} m of a "
            "road and not in the future; import crashes, check their times, or widen snap_m.",
            status=422,
            where="traffic_crash",
        )
    columns = {name: _objects(values) for name, values in found.columns.items()}
    facts = [
        Crash(int(deaths or 0), int(injuries or 0), procedure == "general", bool(defect))
        for deaths, injuries, procedure, defect in zip(
            columns["deaths"], columns["injuries"], columns["procedure"], columns["road_defect"], strict=True
        )
    ]
    every = Crashes(
        day=day,
        edge=at.line,
        position=np.clip(at.along, 0.0, roads.length[np.maximum(at.line, 0)]),
        x=np.asarray(shapely.get_x(found.shapes), np.float64),
        y=np.asarray(shapely.get_y(found.shapes), np.float64),
        kind=columns["kind"],
        cause=columns["cause"],
        facts=_objects(facts),
    )
    return every.only(at.found & ~ahead), int((~at.found & ~ahead).sum()), int(ahead.sum())


def period(inputs: BlackSpotsInputs, rules: RuleSet, every: Crashes) -> Period:
    """The days that are looked at. Raises TWIN-731 when no crash falls into them."""
    end = np.floor(every.day.max()) + 1.0 if inputs.end is None else _date(inputs.end)
    start = end - rules.years * DAYS_A_YEAR if inputs.start is None else _date(inputs.start)
    chosen = Period(start, end)
    if not len(chosen.of(every)):
        raise TwinError(
            "TWIN-731",
            "统计期内没有交通事故；请核对 start 与 end。",
            "No crash falls into the period; check start and end.",
            status=422,
            where="start",
        )
    return chosen


def _day(moment: datetime) -> float:
    return moment.timestamp() / 86_400.0


def _date(day: date) -> float:
    return day.toordinal() - 719_163.0


def day_of(number: float) -> str:
    """A day since 1970 as ISO text."""
    from datetime import date as calendar

    return (calendar(1970, 1, 1) + timedelta(days=int(number))).isoformat()


def _objects(values: list[Any]) -> Codes:
    made = np.empty(len(values), object)
    made[:] = values
    return made

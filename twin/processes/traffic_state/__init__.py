"""``traffic-state``: how the roads are now, from detectors, floating cars and the trips that fit the counts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pydantic import ConfigDict

from twin.city.traffic_index import LEVELS
from twin.processes.models import Inputs, Outputs, Value, field, titled
from twin.processes.registry import process
from twin.processes.traffic.asked import PERIODS, ZONES, ZoneKind
from twin.processes.traffic.demand import LAYERS as DEMAND_LAYERS
from twin.processes.traffic.network import LAYERS as NETWORK_LAYERS
from twin.processes.traffic.observed import LAYERS as OBSERVED_LAYERS
from twin.text import Text

if TYPE_CHECKING:
    from twin.processes.context import RunContext

FORMULAS = {
    "severe_mileage": Text(zh="严重拥堵里程比例法", en="Share of severely congested mileage"),
    "travel_time": Text(zh="行程时间比法", en="Travel-time ratio"),
    "speed_ratio": Text(zh="速度比法", en="Speed ratio"),
}
LEVEL_TERMS = {
    "clear": Text(zh="畅通", en="Clear"),
    "mostly_clear": Text(zh="基本畅通", en="Mostly clear"),
    "light": Text(zh="轻度拥堵", en="Lightly congested"),
    "moderate": Text(zh="中度拥堵", en="Moderately congested"),
    "severe": Text(zh="严重拥堵", en="Severely congested"),
}


type LevelName = Literal["clear", "mostly_clear", "light", "moderate", "severe"]


class StateInputs(Inputs):
    """When, by what background, and how the index is made."""

    at: datetime | None = field(
        "时刻", "Time", None,
        description=Text(zh="缺省为最新观测的时刻。", en="The time of the newest observation unless given."),
    )  # fmt: skip
    background: Literal["estimated", "assigned", "free_flow"] = field(
        "背景场", "Background", "estimated",
        terms={
            "estimated": Text(zh="由计数修正的 OD 分配", en="Trips moved to the counts, assigned"),
            "assigned": Text(zh="先验 OD 分配", en="Prior trips, assigned"),
            "free_flow": Text(zh="自由流", en="Free flow"),
        },
        description=Text(zh="未观测路段的依据。", en="What links that nobody observed rest on."),
    )  # fmt: skip
    period: Literal["auto", "am_peak", "pm_peak", "off_peak", "night"] = field(
        "OD 时段", "Period of the trips", "auto",
        terms={"auto": Text(zh="按时刻自动选取", en="By the time of day"), **PERIODS},
    )  # fmt: skip
    zones: ZoneKind = field("交通小区", "Zones", "grid_cell", terms=ZONES)
    formula: Literal["severe_mileage", "travel_time", "speed_ratio"] = field(
        "指数算法", "Formula of the index", "severe_mileage", terms=FORMULAS,
        description=Text(zh="三种算法都会给出；此处为作结论的一种。", en="All three are given; this one makes the headline."),
    )  # fmt: skip
    incident_deviate: float = field(
        "事件判定标准差倍数", "Standard deviates that make an incident", 3.0, unit="1", ge=2, le=8
    )
    incident_hours: float = field("回看事件的时段", "Look back for incidents", 2.0, unit="h", ge=0.25, le=48)
    history_days: float = field("常值所据时段", "Days that the usual rests on", 14.0, unit="d", ge=1, le=60)
    utc_offset_h: float = field("时区", "Offset of local time from UTC", 8.0, unit="h", ge=-12, le=14)


class SourceRow(Value):
    """How one source fits the background."""

    model_config = ConfigDict(json_schema_extra=titled("来源", "Source"))

    source: Literal["detector", "floating_car"] = field(
        "来源", "Source",
        terms={"detector": Text(zh="固定检测器", en="Detectors"), "floating_car": Text(zh="浮动车", en="Floating cars")},
    )  # fmt: skip
    links: int = field("路段数", "Links")
    mean_sd: float = field("速度相对标准差", "Relative standard deviation of its speeds", unit="1")


class FitRow(Value):
    """How the trips fit the counts."""

    model_config = ConfigDict(json_schema_extra=titled("与计数的吻合", "Fit to the counts"))

    counts: int = field("计数断面", "Counts")
    geh_before: float = field("修正前 GEH<5 比例", "GEH < 5 before", unit="1")
    geh_after: float = field("修正后 GEH<5 比例", "GEH < 5 after", unit="1")
    held_out: int = field("留出检验断面", "Counts held out")
    geh_held_out: float | None = field("留出断面 GEH<5 比例", "GEH < 5 at counts held out", unit="1")
    trips_before: float = field("修正前出行", "Trips before", unit="veh/h")
    trips_after: float = field("修正后出行", "Trips after", unit="veh/h")
    pair_error: float = field("先验误差：OD 对", "Error of the prior by pair", unit="1")
    origin_error: float = field("先验误差：起点", "Error of the prior by origin", unit="1")
    destination_error: float = field("先验误差：终点", "Error of the prior by destination", unit="1")
    whole_error: float = field("先验误差：总量", "Error of the prior as a whole", unit="1")


class IndexRow(Value):
    """The city's index by one formula."""

    model_config = ConfigDict(json_schema_extra=titled("指数", "Index"))

    formula: Literal["severe_mileage", "travel_time", "speed_ratio"] = field(
        "算法", "Formula", terms=FORMULAS
    )
    index: float = field("指数", "Index", unit="1")
    level: LevelName = field("等级", "Level", terms=LEVEL_TERMS)


class LevelRow(Value):
    """How much of the network is at one level."""

    model_config = ConfigDict(json_schema_extra=titled("等级里程", "Mileage of a level"))

    level: LevelName = field("等级", "Level", terms=LEVEL_TERMS)
    km: float = field("里程", "Mileage", unit="km")


class StateOutputs(Outputs):
    """The city in a few numbers, and what they rest on."""

    time: datetime = field("估计时段末", "End of the interval")
    index: float = field("交通指数", "Traffic index", unit="1")
    level: Literal["clear", "mostly_clear", "light", "moderate", "severe"] = field(
        "等级", "Level", terms=LEVEL_TERMS
    )
    indices: tuple[IndexRow, ...] = field("各算法的指数", "Index by formula")
    mean_speed: float = field("平均速度", "Mean speed", unit="km/h")
    links: int = field("有向路段", "Directed links")
    observed_links: int = field("有观测的有向路段", "Directed links observed")
    levels: tuple[LevelRow, ...] = field("各等级里程", "Mileage by level")
    mean_speed_sd: float = field("速度相对不确定度均值", "Mean relative uncertainty of speeds", unit="1")
    sources: tuple[SourceRow, ...] = field("来源", "Sources")
    fit: FitRow | None = field("与计数的吻合", "Fit to the counts", None)
    incidents: int = field("疑似事件", "Suspected incidents")
    incidents_going_on: int = field("持续中的疑似事件", "Incidents still going on")
    thresholds_verified: bool = field(
        "阈值已核对标准", "Thresholds checked against the standards",
        description=Text(
            zh="否：阈值取自二手资料，引用前须核对标准文本。",
            en="No: thresholds come from secondary texts; compare with the standards before quoting.",
        ),
    )  # fmt: skip
    notes_zh: tuple[str, ...] = field("提示", "Notes (Chinese)")
    notes_en: tuple[str, ...] = field("提示（英文）", "Notes")


@process(
    name="traffic-state",
    version="1.0.0",
    title=Text(zh="交通运行状态", en="Traffic state"),
    description=Text(
        zh="融合检测器、浮动车与由计数修正的 OD 分配，估计各有向路段此刻的速度与流量及其不确定度、拥堵等级，"
        "全市、各区和各道路等级的交通指数，并由读数反常发现疑似事件。",
        en="Speed and flow of each directed link now, with uncertainty, fused from detectors, floating cars and trips moved to the "
        "counts; levels of congestion, the traffic index of the city, its districts and road classes, and suspected incidents.",
    ),
    inputs=StateInputs,
    outputs=StateOutputs,
    example={"background": "estimated"},
    reads=tuple(dict.fromkeys((*OBSERVED_LAYERS, *NETWORK_LAYERS, *DEMAND_LAYERS, "admin_area"))),
    writes=("traffic_state", "traffic_index", "traffic_incident"),
)
def traffic_state(inputs: StateInputs, run: RunContext) -> StateOutputs:
    """Read, estimate the trips, fuse, judge. Raises TWIN-649 (nothing observed), TWIN-744 (its interval), TWIN-710, TWIN-713 to
    715 (no network, no trips) and what the assignment refuses."""
    from twin.processes.traffic.network import road_network
    from twin.processes.traffic.observed import notes, observed
    from twin.processes.traffic_state import areas, background, incidents, links

    seen = observed(run, inputs.at, inputs.history_days, inputs.utc_offset_h)
    run.progress(0.1, "读取路网", "reading the network")
    network = road_network(run, zones=inputs.zones)
    ground = background.background(inputs, run, network, seen)
    run.progress(0.8, "融合各来源", "fusing the sources")
    run.check()
    state = links.fused(network, seen, ground)
    links.write(run, network, seen, state)
    told = areas.write(run, network, seen, state)
    found = incidents.write(inputs, run, network, seen)
    remarks = (*ground.notes, *notes(seen), *links.notes(network, seen))
    city = told[inputs.formula]
    length = network.links.length[state.road]
    return StateOutputs(
        time=seen.end,
        index=round(city.index, 2),
        level=city.level,
        indices=tuple(
            IndexRow(formula=name, index=round(one.index, 2), level=one.level)  # type: ignore[arg-type]
            for name, one in told.items()
        ),
        mean_speed=round(city.area.speed, 1),
        links=int(state.road.size),
        observed_links=sum(bool(one) for one in state.speed.sources),
        levels=tuple(
            LevelRow(level=name, km=round(float(length[state.level == n].sum()) / 1000, 2))
            for n, name in enumerate(LEVELS)
        ),
        mean_speed_sd=round(float(state.speed.sd.mean()), 3),
        sources=tuple(
            SourceRow(source=name, links=count, mean_sd=round(sd, 3))  # type: ignore[arg-type]
            for name, count, sd in state.used
        ),
        fit=None if ground.fit is None else FitRow(**ground.fit),
        incidents=len(found),
        incidents_going_on=sum(one.going_on for one in found),
        thresholds_verified=all(one.verified for one in areas.formulas()),
        notes_zh=tuple(note.zh for note in remarks),
        notes_en=tuple(note.en for note in remarks),
    )

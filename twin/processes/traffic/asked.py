"""What the traffic processes are asked in common: the hour, the zones, the demand and the classes of users."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, model_validator

from twin.processes.models import Value, codes_of, field, titled
from twin.processes.validation import impossible
from twin.text import Text

ZONES = {
    "grid_cell": Text(zh="单元网格", en="Grid cells"),
    "community": Text(zh="社区", en="Communities"),
    "town": Text(zh="镇街", en="Towns"),
    "node": Text(zh="路网节点所标小区", en="Road nodes that name a zone"),
}
PERIODS = {
    "am_peak": Text(zh="早高峰小时", en="Morning peak hour"),
    "pm_peak": Text(zh="晚高峰小时", en="Evening peak hour"),
    "off_peak": Text(zh="平峰小时", en="Hour between the peaks"),
    "night": Text(zh="夜间小时", en="Hour at night"),
}
CLASSES = {
    "car": Text(zh="小客车", en="Cars"),
    "taxi": Text(zh="出租与网约车", en="Taxis"),
    "bus": Text(zh="公交与大客车", en="Buses and coaches"),
    "truck": Text(zh="货车", en="Lorries"),
    "emergency": Text(zh="应急车辆", en="Emergency vehicles"),
}
ZoneKind = Literal["grid_cell", "community", "town", "node"]
ROAD_CLASS_TERMS = {
    "motorway": Text(zh="高速公路", en="Motorway"),
    "expressway": Text(zh="城市快速路", en="Urban expressway"),
    "arterial": Text(zh="主干路", en="Arterial road"),
    "secondary": Text(zh="次干路", en="Secondary road"),
    "local": Text(zh="支路", en="Local road"),
    "highway": Text(zh="普通公路", en="Ordinary highway"),
    "ramp": Text(zh="匝道", en="Ramp"),
    "service": Text(zh="内部道路", en="Service road"),
    "rural": Text(zh="农村道路", en="Rural road"),
    "footway": Text(zh="人行道路", en="Footway"),
    "connector": Text(zh="小区连接线", en="Connector of a zone"),
}
RoadClass = Annotated[
    Literal[
        "motorway", "expressway", "arterial", "secondary", "local", "highway", "ramp", "service", "rural",
        "footway", "connector",
    ],
    field("道路等级", "Road class", terms=ROAD_CLASS_TERMS),
]  # fmt: skip
Code = Annotated[
    str, field("路段编号", "Road link", min_length=1, max_length=40, extra=codes_of("road_link"))
]


class UserClass(Value):
    """One class of users: how many cars it stands for, and what it minds beside time."""

    model_config = ConfigDict(json_schema_extra=titled("车种", "Class of users"))

    name: Literal["car", "taxi", "bus", "truck", "emergency"] = field("车种", "Class", "car", terms=CLASSES)
    share: float = field(
        "占推算需求的比例", "Share of the estimated demand", 1.0, unit="1", gt=0, le=10,
        description=Text(
            zh="乘以重力模型的小客车车次；OD 表已分车种，不用此项。",
            en="Times the trips by car of the gravity model; a table of trips tells the classes itself.",
        ),
    )  # fmt: skip
    pce: float = field("标准车换算系数", "Passenger cars that one stands for", 1.0, unit="1", gt=0, le=20)
    toll_weight_s: float = field(
        "每单位收费折合时间", "Time that a unit of money is worth", 0.0, unit="s", ge=0, le=1e5
    )
    distance_weight_s_km: float = field(
        "每公里折合时间", "Time that a kilometre is worth", 0.0, unit="s/km", ge=0, le=1e5
    )
    avoids: tuple[RoadClass, ...] = field("禁行的道路等级", "Road classes closed to it", (), max_length=10)


class Toll(Value):
    """What driving over a road costs, in each direction."""

    model_config = ConfigDict(json_schema_extra=titled("通行费", "Toll"))

    road: Code = field("路段编号", "Road link", extra=codes_of("road_link"), min_length=1, max_length=40)
    money: float = field("费用", "Money", ge=0, le=1e6)


class DelayAsked(Value):
    """The volume-delay function of a class of roads: t at flow v, x = v / capacity (``twin.engines.traffic.network.Delay``)."""

    model_config = ConfigDict(json_schema_extra=titled("延误函数", "Volume-delay function"))

    road_class: RoadClass = field("道路等级", "Road class", terms=ROAD_CLASS_TERMS)
    function: Literal["bpr", "conical", "akcelik"] = field(
        "函数", "Function", "bpr",
        terms={
            "bpr": Text(zh="BPR：t0 (1 + a x^b)", en="BPR: t0 (1 + a x^b)"),
            "conical": Text(zh="锥形（Spiess 1990），b > 1", en="Conical (Spiess 1990), b > 1"),
            "akcelik": Text(zh="Akcelik（1991），J = a", en="Akcelik (1991), J = a"),
        },
    )  # fmt: skip
    a: float = field("a", "a", 0.15, unit="1", ge=0, le=100)
    b: float = field("b", "b", 4.0, unit="1", ge=0, le=20)

    @model_validator(mode="after")
    def _increasing(self) -> Self:
        if self.function == "conical" and self.b <= 1:
            raise impossible("b", "锥形函数要求 b > 1。", "The conical function wants b > 1.", self.b)
        return self


class DemandAsked(Value):
    """Where the trips come from."""

    model_config = ConfigDict(json_schema_extra=titled("出行需求", "Demand"))

    source: Literal["auto", "table", "gravity"] = field(
        "来源", "Source", "auto",
        terms={
            "auto": Text(zh="有 OD 表则用，否则推算", en="The table where there is one, else estimated"),
            "table": Text(zh="OD 表（travel_demand）", en="Table of trips (travel_demand)"),
            "gravity": Text(zh="重力模型推算", en="Estimated by the gravity model"),
        },
    )  # fmt: skip
    factor: float = field("倍数", "Times as many", 1.0, unit="1", gt=0, le=20)
    beta_per_min: float = field("阻抗系数", "Deterrence per minute", 0.10, unit="1/min", ge=0, le=5)
    power: float = field(
        "阻抗幂次", "Power of the deterrence", 0.0, unit="1", ge=-3, le=3,
        description=Text(
            zh="f(t) = t^幂次 exp(-系数 t)；0 为指数型，否则为伽马型。",
            en="f(t) = t^power exp(-beta t): exponential with 0, else a gamma function.",
        ),
    )  # fmt: skip


class Asked(Value):
    """Hour, zones, demand, classes, tolls and delay functions of an assignment."""

    model_config = ConfigDict(json_schema_extra=titled("交通分配", "Assignment"))

    period: Literal["am_peak", "pm_peak", "off_peak", "night"] = field(
        "时段", "Hour", "am_peak", terms=PERIODS
    )
    zones: ZoneKind = field("交通小区", "Zones", "grid_cell", terms=ZONES)
    demand: DemandAsked = field("出行需求", "Demand", DemandAsked())
    classes: tuple[UserClass, ...] = field(
        "车种", "Classes of users", (UserClass(),), min_length=1, max_length=5
    )
    tolls: tuple[Toll, ...] = field("通行费", "Tolls", (), max_length=2000)
    delays: tuple[DelayAsked, ...] = field(
        "延误函数", "Volume-delay functions", (), max_length=10,
        description=Text(
            zh="按道路等级，取代路段自带的函数；未列的等级取路段自带的，否则取缺省表（BPR）。",
            en="By class of road, instead of what its roads say; others take their own, else the shipped table's (BPR).",
        ),
    )  # fmt: skip

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [one.name for one in self.classes]
        if len(set(names)) < len(names):
            raise impossible(
                "classes", "同一车种只能出现一次。", "A class may stand there only once.", ", ".join(names)
            )
        kinds = [one.road_class for one in self.delays]
        if len(set(kinds)) < len(kinds):
            raise impossible(
                "delays",
                "同一道路等级只能出现一次。",
                "A class of roads may stand there only once.",
                ", ".join(kinds),
            )
        return self

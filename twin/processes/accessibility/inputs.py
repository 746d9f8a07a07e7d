"""What an accessibility analysis is asked: from or to what, how fast, within what times, before and after what."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Discriminator, Field, model_validator

from twin.processes.flood.geometry import Latitude, Longitude
from twin.processes.models import Inputs, Value, codes_of, field, run_of, titled
from twin.processes.validation import impossible
from twin.text import Text

type Kind = Annotated[str, Field(min_length=1, max_length=40)]
type Code = Annotated[str, Field(min_length=1, max_length=40)]
VEHICLES = {
    "car": Text(zh="小型客车", en="Small car"),
    "large_car": Text(zh="大型客车与货车", en="Large car, van, bus or lorry"),
    "four_wheel_drive": Text(zh="越野车", en="Large four-wheel drive"),
    "emergency": Text(zh="应急救援车辆", en="Emergency vehicle"),
}


class Point(Value):
    """A place of one's own."""

    model_config = ConfigDict(json_schema_extra=titled("位置", "Place"))

    lon: Longitude = field("经度", "Longitude")
    lat: Latitude = field("纬度", "Latitude")
    name: str = field("名称", "Name", "", max_length=100)
    capacity: float = field("容量", "Capacity", 1.0, ge=0, le=1e9)


class Facilities(Value):
    """The places that people go to or help comes from."""

    model_config = ConfigDict(json_schema_extra=titled("设施", "Facilities"))

    kinds: tuple[Kind, ...] = field("设施类型", "Kinds", (), max_length=30,
        description=Text(zh="词表 facility_kind 的代码。", en="Codes of the vocabulary facility_kind."))  # fmt: skip
    codes: tuple[Code, ...] = field("设施编号", "Codes", (), max_length=2000, extra=codes_of("facility"))
    places: tuple[Point, ...] = field("另加位置", "Further places", (), max_length=500,
        description=Text(zh="拟建设施等。", en="Planned facilities and the like."))  # fmt: skip

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not (self.kinds or self.codes or self.places):
            raise impossible("facilities", "须给出类型、编号或位置。", "Name kinds, codes or places.", None)
        return self


class Free(Value):
    """Free-flow times."""

    model_config = ConfigDict(json_schema_extra=titled("自由流", "Free flow"))

    kind: Literal["free"] = field("类型", "Kind of times", "free")


class Flooded(Value):
    """Times through the water of a flood run."""

    model_config = ConfigDict(json_schema_extra=titled("积水", "Flooded"))

    kind: Literal["flooded"] = field("类型", "Kind of times", "flooded")
    run: UUID = field("内涝模拟", "Flood run", extra=run_of("flood"))
    at_min: float | None = field("时刻", "At", None, unit="min", ge=0, le=100_000,
        description=Text(zh="内涝开始后的分钟；不填时取全程最不利。",
                         en="Minutes after the flood's start; left out, the worst of it all."))  # fmt: skip
    vehicle: Literal["car", "large_car", "four_wheel_drive", "emergency"] = field(
        "车辆类别", "Vehicle", "car", terms=VEHICLES
    )


class Congested(Value):
    """Times of an assignment."""

    model_config = ConfigDict(json_schema_extra=titled("拥堵", "Congested"))

    kind: Literal["congested"] = field("类型", "Kind of times", "congested")
    run: UUID | None = field("交通分配", "Assignment", None, extra=run_of("traffic-assignment"),
        description=Text(zh="不填时取最新发布的。", en="Left out: the newest published one."))  # fmt: skip


class Closed(Value):
    """Times after a closure: links closed, slowed or flooded, and traffic found anew."""

    model_config = ConfigDict(json_schema_extra=titled("封闭之后", "After a closure"))

    kind: Literal["closed"] = field("类型", "Kind of times", "closed")
    run: UUID = field("道路封闭分析", "Closure run", extra=run_of("traffic-closure"))


type State = Annotated[Free | Congested | Flooded | Closed, Discriminator("kind")]


class Catchment(Value):
    """Enhanced two-step floating catchment areas (Luo and Qi 2009)."""

    model_config = ConfigDict(json_schema_extra=titled("两步移动搜寻", "Floating catchment"))

    rings_min: tuple[Annotated[float, Field(gt=0, le=240)], ...] = field(
        "时间圈", "Rings", (10.0, 20.0, 30.0), unit="min", min_length=1, max_length=10
    )
    weights: tuple[Annotated[float, Field(ge=0, le=1)], ...] = field(
        "权重", "Weights", (1.0, 0.68, 0.22), min_length=1, max_length=10
    )

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if len(self.rings_min) != len(self.weights) or list(self.rings_min) != sorted(set(self.rings_min)):
            raise impossible(
                "catchment", "时间圈须递增，且与权重一一对应。", "Rings must increase, one weight each.", None
            )
        return self


class Daily(Value):
    """The 15-minute city: which kinds of facilities people reach on foot."""

    model_config = ConfigDict(json_schema_extra=titled("15 分钟生活圈", "15-minute city"))

    kinds: tuple[Kind, ...] = field(
        "设施类型",
        "Kinds",
        (
            "kindergarten",
            "school",
            "clinic",
            "market",
            "park",
            "community_centre",
            "elderly_care",
            "service_outlet",
        ),
        min_length=1,
        max_length=30,
    )
    minutes: float = field("时间", "Minutes", 15.0, unit="min", gt=0, le=120)


class AccessibilityInputs(Inputs):
    """Times in minutes."""

    facilities: Facilities = field("设施", "Facilities")
    direction: Literal["to", "from"] = field(
        "方向", "Direction", "to",
        terms={"to": Text(zh="居民前往设施", en="people go to them"), "from": Text(zh="自设施出动", en="help comes from them")},
    )  # fmt: skip
    mode: Literal["car", "walk"] = field(
        "方式", "Mode", "car", terms={"car": Text(zh="驾车", en="by car"), "walk": Text(zh="步行", en="on foot")},
    )  # fmt: skip
    minutes: tuple[Annotated[float, Field(gt=0, le=240)], ...] = field(
        "时限", "Limits", (5.0, 10.0, 15.0), unit="min", min_length=1, max_length=10
    )
    base: State = field("基准行程时间", "Times", Free())
    variant: State | None = field(
        "对比行程时间",
        "Times to compare",
        None,
        description=Text(zh="例如积水时。", en="Under a flood, for example."),
    )
    turnout_min: float = field("出动时间", "Turnout time", 0.0, unit="min", ge=0, le=60,
        description=Text(zh="接令到出发，计入每个时间。", en="From call to start, part of every time."))  # fmt: skip
    walk_km_h: float = field("步行速度", "Walking speed", 4.5, unit="km/h", gt=0, le=20)
    off_road_km_h: float = field("路外速度", "Speed off the roads", 15.0, unit="km/h", gt=0, le=100,
        description=Text(zh="地点与最近道路之间；步行时取步行速度。",
                         en="Between a place and the nearest road; on foot, the walking speed."))  # fmt: skip
    snap_m: float = field("离路限距", "Farthest from a road", 500.0, unit="m", ge=1, le=10_000)
    buildings: bool = field("逐栋建筑", "Every building", True)
    isochrones: bool = field("等时圈", "Isochrones", True)
    buffer_m: float = field(
        "等时圈离路距离", "Isochrones reach beside the roads", 60.0, unit="m", ge=5, le=500
    )
    catchment: Catchment | None = field("两步移动搜寻", "Floating catchment", None)
    daily: Daily | None = field("15 分钟生活圈", "15-minute city", None)

    @model_validator(mode="after")
    def _increase(self) -> Self:
        if list(self.minutes) != sorted(set(self.minutes)):
            raise impossible("minutes", "时限须递增。", "The limits must increase.", list(self.minutes))
        return self

    def layers(self) -> tuple[tuple[str, str], ...]:
        """Buildings are read when asked for."""
        return (("buildings", "building"),) if self.buildings else ()


EXAMPLE: dict[str, Any] = {
    "facilities": {"kinds": ["hospital", "clinic"]},
    "minutes": [1, 2, 3],
    "catchment": {"rings_min": [1, 2, 3]},
    "daily": {},
}

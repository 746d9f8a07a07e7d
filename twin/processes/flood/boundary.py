"""Water that comes and goes: inflows, edges, boundary series, initial levels, as inputs."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, model_validator

from twin.processes.flood.geometry import Area, Latitude, Longitude, Shape
from twin.processes.models import Value, field, titled
from twin.processes.validation import impossible
from twin.text import Text

EDGE = {
    "free": Text(zh="自由出流", en="free outflow"),
    "closed": Text(zh="封闭", en="closed"),
}
SIDE = {
    "north": Text(zh="北", en="north"),
    "east": Text(zh="东", en="east"),
    "south": Text(zh="南", en="south"),
    "west": Text(zh="西", en="west"),
}
Times = tuple[Annotated[float, field("时刻", "Time", unit="min", ge=0, le=1e6)], ...]


def rising(key: str, times: tuple[float, ...], values: tuple[float, ...]) -> None:
    """Refuse a series whose times do not increase or do not match its values."""
    if len(times) != len(values) or any(b <= a for a, b in itertools.pairwise(times)):
        raise impossible(
            key,
            "时刻与数值的个数必须相等，且时刻严格递增。",
            "There must be one value for each time, and the times must increase strictly.",
        )


class PointInflow(Value):
    """Water let in around a point: a burst, a breach, a river's discharge."""

    model_config = ConfigDict(json_schema_extra=titled("点源入流", "Inflow"))

    lon: Longitude
    lat: Latitude
    radius_m: float = field("半径", "Radius", 5.0, unit="m", gt=0, le=5000)
    times_min: tuple[float, ...] = field(
        "时刻", "Times", (0.0, 1e6), unit="min", min_length=2, max_length=10_000
    )
    discharge_m3_s: tuple[Annotated[float, field("流量", "Discharge", ge=0, le=1e6)], ...] = field(
        "流量", "Discharges", unit="m3/s", min_length=2, max_length=10_000
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        rising("inflows.times_min", self.times_min, self.discharge_m3_s)
        return self


class Gauge(Value):
    """A place whose level is recorded."""

    model_config = ConfigDict(json_schema_extra=titled("监测点", "Gauge"))

    name: str = field("名称", "Name", min_length=1, max_length=80)
    lon: Longitude
    lat: Latitude


class Edges(Value):
    """What happens at the four sides of the computed area."""

    model_config = ConfigDict(json_schema_extra=titled("边界", "Edges"))

    north: Literal["free", "closed"] = field("北边界", "North", "free", terms=EDGE)
    east: Literal["free", "closed"] = field("东边界", "East", "free", terms=EDGE)
    south: Literal["free", "closed"] = field("南边界", "South", "free", terms=EDGE)
    west: Literal["free", "closed"] = field("西边界", "West", "free", terms=EDGE)


class Stretch(Value):
    """A river or the tide at the rim of the area: a series of levels or discharges, or free outflow of a given slope."""

    model_config = ConfigDict(json_schema_extra=titled("河流与潮位边界", "River or tide"))

    name: str = field("名称", "Name", "", max_length=80)
    kind: Literal["level", "open_water", "discharge", "free"] = field(
        "类型",
        "Kind",
        "level",
        terms={
            "level": Text(zh="水位过程", en="level over time"),
            "open_water": Text(
                zh="开阔水面（海、江、湖）的水位过程", en="sea, river or lake of a level over time"
            ),
            "discharge": Text(zh="流量过程", en="discharge over time"),
            "free": Text(zh="自由出流（给定坡降）", en="free outflow (given slope)"),
        },
    )
    side: Literal["north", "east", "south", "west"] | None = field("边", "Side", None, terms=SIDE)
    geometry: Shape | None = field(
        "线或面",
        "Line or polygon",
        None,
        description=Text(
            zh="与计算范围边缘相交的部分即为边界；流量过程可画在范围之内；开阔水面的多边形不参与计算。与“边”至少给出一项。",
            en="The cells under it at the rim of the area are the boundary; a discharge may be drawn anywhere inside; the "
            "polygon of open water is taken out of the computed ground. This or a side is needed.",
        ),
    )
    times_min: Times = field("时刻", "Times", (), unit="min", max_length=10_000)
    values: tuple[Annotated[float, field("数值", "Value", ge=-500, le=1e6)], ...] = field(
        "水位或流量",
        "Levels or discharges",
        (),
        description=Text(
            zh="水位（m，与地形同一高程基准）或流量（m³/s）；时刻之间线性变化。",
            en="Levels (m, same datum as the terrain) or discharges (m3/s), linear between the times.",
        ),
        max_length=10_000,
    )
    slope: float = field("坡降", "Slope", 0.001, unit="1", gt=0, le=0.5)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.side is None and self.geometry is None:
            raise impossible(
                "boundaries.side", "须给出边、线或面之一。", "A side, a line or a polygon is needed."
            )
        if self.kind == "open_water" and not isinstance(self.geometry, Area):
            raise impossible("boundaries.geometry", "开阔水面须给出多边形。", "Open water takes a polygon.")
        if self.kind == "free":
            return self
        rising("boundaries.times_min", self.times_min, self.values)
        if not self.values or (self.kind == "discharge" and min(self.values) < 0):
            raise impossible(
                "boundaries.values",
                "水位或流量过程不能为空，流量不得为负。",
                "A series of levels or discharges is needed; discharges must not be negative.",
            )
        if self.kind == "discharge" and len(self.values) < 2:
            raise impossible(
                "boundaries.values",
                "流量过程至少需要两个时刻。",
                "A discharge needs two times at least.",
            )
        return self


class InitialWater(Value):
    """Water that stands when the run begins."""

    model_config = ConfigDict(json_schema_extra=titled("初始水面", "Initial water"))

    where: Literal["dry", "water_bodies", "everywhere"] = field(
        "范围",
        "Where",
        "dry",
        terms={
            "dry": Text(zh="无积水", en="none"),
            "water_bodies": Text(zh="河湖（用地 17）", en="rivers and lakes (land use 17)"),
            "everywhere": Text(zh="低于该水位的各处", en="everywhere below the level"),
        },
    )
    level_m: float | None = field("水位", "Level", None, unit="m", ge=-500, le=9000)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.where != "dry" and self.level_m is None:
            raise impossible(
                "initial_water.level_m", "须给出初始水位。", "The level of the initial water is needed."
            )
        return self

"""What a flood run is asked: the storm, the time, the ground's treatment, inflows, edges and gauges."""

from __future__ import annotations

import itertools
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, ConfigDict, model_validator

from twin.processes.flood.asked import Asked, Latitude, Longitude
from twin.processes.models import Inputs, Value, field, titled
from twin.processes.storm import RainRaster, Storm
from twin.processes.validation import impossible
from twin.text import Text

EDGE = {
    "free": Text(zh="自由出流", en="free outflow"),
    "closed": Text(zh="封闭", en="closed"),
}


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
        times = self.times_min
        if len(times) != len(self.discharge_m3_s) or any(b <= a for a, b in itertools.pairwise(times)):
            raise impossible(
                "inflows.times_min",
                "时刻与流量的个数必须相等，且时刻严格递增。",
                "There must be one discharge for each time, and the times must increase strictly.",
            )
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


class FloodInputs(Inputs):
    """Lengths in m, times in min, positions in CRS84."""

    storm: Storm | None = field("降雨", "Rain", None)
    start: AwareDatetime | None = field(
        "起始时间",
        "Start",
        None,
        description=Text(
            zh="时刻 0 的日期时间；不填时取降雨栅格的起点，否则取 2000-01-01T00:00:00Z。",
            en="Date and time of time 0; left out: that of the rain rasters, else 2000-01-01T00:00:00Z.",
        ),
    )
    duration_min: float | None = field(
        "模拟时长",
        "Simulated time",
        None,
        unit="min",
        description=Text(
            zh="不填时为降雨历时加 60 分钟。", en="Left out: the rain's duration and 60 minutes more."
        ),
        ge=1,
        le=2880,
    )
    cell_m: float | None = field(
        "计算网格",
        "Cell size",
        None,
        unit="m",
        description=Text(
            zh="不填时用地形的网格；较大的值取其整数倍。",
            en="Left out: the terrain's own cells; larger values are taken as a multiple of them.",
        ),
        ge=0.1,
        le=1000,
    )
    bbox: tuple[Longitude, Latitude, Longitude, Latitude] | None = field(
        "计算范围", "Area", None, description=Text(zh="西、南、东、北。", en="West, south, east, north.")
    )
    buildings: Literal["blocked", "raised", "ignored"] = field(
        "建筑处理",
        "Buildings",
        "blocked",
        terms={
            "blocked": Text(zh="阻水", en="blocked"),
            "raised": Text(zh="抬高地面", en="raised ground"),
            "ignored": Text(zh="不考虑", en="ignored"),
        },
    )
    building_rise_m: float = field("建筑抬高", "Rise of buildings", 3.0, unit="m", gt=0, le=50)
    roughness: dict[str, Annotated[float, field("糙率", "Manning's n", ge=0.005, le=1.0)]] = field(
        "糙率（按用地代码）",
        "Manning's n by land-use code",
        {},
        description=Text(
            zh="覆盖默认表：用地代码或其前缀 → 糙率；“*” 为其余各处。",
            en='Instead of the table: a land-use code or its beginning → n; "*" for everywhere else.',
        ),
        unit="s m^-1/3",
        max_length=200,
    )
    soil_mm_h: float = field(
        "土壤下渗能力",
        "Soil infiltration capacity",
        6.5,
        unit="mm/h",
        description=Text(
            zh="透水部分的饱和下渗率，默认粉砂壤土。", en="On the pervious share; the default is a silt loam."
        ),
        ge=0,
        le=500,
    )
    drainage_mm_h: float = field(
        "管网排除能力",
        "Drainage capacity",
        20.0,
        unit="mm/h",
        description=Text(
            zh="硬化部分由雨水管网带走的雨强上限（管网模型接入之前的替代）。",
            en="What the sewers take from the sealed share at most (in place of a sewer model).",
        ),
        ge=0,
        le=500,
    )
    initial_loss_mm: float = field("初损", "Initial loss", 2.0, unit="mm", ge=0, le=200)
    inflows: tuple[PointInflow, ...] = field("点源入流", "Inflows", (), max_length=100)
    edges: Edges = field("边界", "Edges", Edges())
    gauges: tuple[Gauge, ...] = field("监测点", "Gauges", (), max_length=500)
    threshold_m: float = field("到达判定水深", "Depth of arrival", 0.05, unit="m", ge=0.01, le=1)
    flooded_m: float = field(
        "内涝判定水深",
        "Depth that counts as flooded",
        0.15,
        unit="m",
        description=Text(
            zh="建筑、网格和淹没面积按此统计；GB 51222 以 15 cm 为限。",
            en="For buildings, grid cells and the flooded area; GB 51222 draws the line at 15 cm.",
        ),
        ge=0.01,
        le=5,
    )
    road_threshold_m: float = field("道路积水水深", "Depth that floods a road", 0.05, unit="m", ge=0.01, le=5)
    outcomes: Asked = field("结果", "Outcomes", Asked())

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.storm is None and not self.inflows:
            raise impossible(
                "storm",
                "既没有降雨也没有入流；请至少给出一项。",
                "There is neither rain nor inflow; give one of them.",
            )
        if self.storm is None and self.duration_min is None:
            raise impossible(
                "duration_min",
                "没有降雨时必须给出模拟时长。",
                "Without rain the simulated time must be given.",
            )
        if self.bbox is not None and (self.bbox[0] >= self.bbox[2] or self.bbox[1] >= self.bbox[3]):
            raise impossible(
                "bbox", "计算范围须为西、南、东、北。", "The area must be given as west, south, east, north."
            )
        return self

    def layers(self) -> tuple[tuple[str, str], ...]:
        """The rain layer, when the storm is one."""
        return (("storm.layer", self.storm.layer),) if isinstance(self.storm, RainRaster) else ()


EXAMPLE: dict[str, Any] = {
    "storm": {
        "kind": "design",
        "formula": "chongqing",
        "return_period_a": 50.0,
        "duration_min": 60.0,
        "step_min": 5.0,
        "peak_ratio": 0.4,
    },
    "duration_min": 75.0,
    "buildings": "blocked",
}

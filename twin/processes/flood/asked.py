"""What may be asked of the outcomes: frames, sections, and the tables that a city sets for itself."""

from __future__ import annotations

import itertools
from typing import Annotated, Self

import numpy as np
from pydantic import ConfigDict, model_validator

from twin.city.damage import Curve, curves
from twin.city.passability import Vehicle, vehicles
from twin.city.waterlogging import GRADE_LIMITS_M, SMALLEST_M2
from twin.processes.models import Value, field, titled
from twin.processes.validation import impossible
from twin.text import Text

Longitude = Annotated[float, field("经度", "Longitude", unit="deg", ge=-180, le=180)]
Latitude = Annotated[float, field("纬度", "Latitude", unit="deg", ge=-90, le=90)]
MOST_FRAMES = 600
USUAL_FRAMES = 24
SOLVER = {
    "inertial": Text(zh="局部惯性方程（快）", en="local inertial (fast)"),
    "shallow_water": Text(zh="完整浅水方程（陡坡、急流）", en="full shallow water (steep, fast flow)"),
    "auto": Text(zh="按地形自动选择", en="chosen by the terrain"),
}
NICE_MIN = (1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0)


class Section(Value):
    """A line through which the discharge is recorded, positive to the right of its direction."""

    model_config = ConfigDict(json_schema_extra=titled("断面", "Section"))

    name: str = field("名称", "Name", min_length=1, max_length=80)
    line: tuple[tuple[Longitude, Latitude], ...] = field(
        "折线", "Line", description=Text(zh="经纬度点列。", en="Points of longitude and latitude."),
        min_length=2, max_length=200,
    )  # fmt: skip


class DamageCurve(Value):
    """A city's own curve instead of a shipped one."""

    model_config = ConfigDict(json_schema_extra=titled("损失率曲线", "Damage curve"))

    depth_m: tuple[Annotated[float, field("水深", "Depth", unit="m", ge=0, le=50)], ...] = field(
        "室内水深", "Depth above the ground floor", unit="m", min_length=2, max_length=50
    )
    ratio: tuple[Annotated[float, field("损失率", "Share lost", ge=0, le=1)], ...] = field(
        "损失率", "Share of value lost", unit="1", min_length=2, max_length=50
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        falls = any(b <= a for a, b in itertools.pairwise(self.depth_m))
        falls = falls or any(b < a for a, b in itertools.pairwise(self.ratio))
        if falls or len(self.depth_m) != len(self.ratio):
            raise impossible(
                "outcomes.damage_curves",
                "水深与损失率的个数必须相等，水深严格递增，损失率不得下降。",
                "There must be one share for each depth; depths must increase and shares must not fall.",
            )
        return self


class Asked(Value):
    """The outcomes of a run; the defaults need nothing."""

    model_config = ConfigDict(json_schema_extra=titled("结果", "Outcomes"))

    frame_interval_min: float | None = field(
        "动画帧间隔",
        "Time between frames",
        None,
        unit="min",
        description=Text(
            zh="水深动画、道路通行与网格过程线的时间间隔；不填时取使帧数不超过 24 的整数间隔。",
            en="Of the depth animation, the roads' states and the grid cells' series; left out: the shortest round "
            "interval that gives at most 24 frames.",
        ),
        ge=0.5,
        le=1440,
    )
    gauge_interval_min: float | None = field(
        "过程线间隔", "Time between values at gauges", None, unit="min",
        description=Text(zh="不填时 1 分钟，长时间模拟相应放大。", en="Left out: 1 minute, longer in long runs."),
        ge=0.1, le=1440,
    )  # fmt: skip
    sections: tuple[Section, ...] = field("流量断面", "Sections", (), max_length=100)
    floor_height_m: float = field(
        "首层高出室外地面",
        "Height of ground floors",
        0.15,
        unit="m",
        description=Text(
            zh="建筑图层未给出首层地面高程时的假定。",
            en="Assumed above the ground outside where the building layer does not tell.",
        ),
        ge=0,
        le=5,
    )
    damage_curves: dict[str, DamageCurve] = field(
        "自定损失率曲线", "Damage curves of one's own", {},
        description=Text(
            zh="覆盖默认曲线：residential、commercial、industrial。",
            en="Instead of the shipped ones: residential, commercial, industrial.",
        ),
        max_length=10,
    )  # fmt: skip
    unit_values: dict[str, Annotated[float, field("单位面积价值", "Value per area", ge=0, le=1e7)]] = field(
        "建筑单位面积价值", "Value of buildings per floor area", {},
        description=Text(
            zh="按类别（同上）给出每平方米首层面积的建筑与财产价值；不给则只报损失率。",
            en="By class (as above): value of fabric and contents per m2 of ground floor; without it, shares only.",
        ),
        unit="CNY/m2", max_length=10,
    )  # fmt: skip
    vehicle_limits_m: dict[str, Annotated[float, field("限行水深", "Limit", gt=0, le=5)]] = field(
        "车辆涉水限值", "Depths that stop vehicles", {},
        description=Text(
            zh="覆盖默认表：car、large_car、four_wheel_drive、emergency。",
            en="Instead of the table: car, large_car, four_wheel_drive, emergency.",
        ),
        unit="m", max_length=10,
    )  # fmt: skip
    waterlogging_grades_m: tuple[float, float, float, float] = field(
        "积水点分级水深", "Depths of the waterlogging grades", GRADE_LIMITS_M, unit="m",
        description=Text(zh="轻微、较重、严重、特别严重的起点。", en="From which it is light, moderate, severe, extreme."),
    )  # fmt: skip
    smallest_pond_m2: float = field("最小积水点面积", "Smallest pond", SMALLEST_M2, unit="m2", ge=0, le=1e6)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for name, given, known in (
            ("damage_curves", self.damage_curves, curves()),
            ("unit_values", self.unit_values, curves()),
            ("vehicle_limits_m", self.vehicle_limits_m, vehicles()),
        ):
            for key in given:
                if key not in known:
                    listed = ", ".join(known)
                    raise impossible(
                        f"outcomes.{name}",
                        f"没有类别“{key[:80]}”；可用：{listed}。",
                        f'There is no class "{key[:80]}"; known: {listed}.',
                        key,
                    )
        if any(b <= a for a, b in itertools.pairwise((0.0, *self.waterlogging_grades_m))):
            raise impossible(
                "outcomes.waterlogging_grades_m",
                "四个水深须为递增的正数。",
                "The four depths must be positive and increase.",
            )
        return self

    def frame_interval_s(self, duration_s: float) -> float:
        """Seconds between frames; raises TWIN-501 when there would be more than ``MOST_FRAMES``."""
        if self.frame_interval_min is not None:
            if duration_s / 60.0 / self.frame_interval_min > MOST_FRAMES:
                raise impossible(
                    "outcomes.frame_interval_min",
                    f"帧数超过 {MOST_FRAMES}；请加大间隔。",
                    f"There would be more than {MOST_FRAMES} frames; take a longer interval.",
                    self.frame_interval_min,
                )
            return 60.0 * self.frame_interval_min
        fits = (60.0 * minutes for minutes in NICE_MIN if duration_s / (60.0 * minutes) <= USUAL_FRAMES - 1)
        return next(fits, float(np.ceil(duration_s / (USUAL_FRAMES - 1) / 3600.0) * 3600.0))

    def gauge_interval_s(self, duration_s: float) -> float:
        """Seconds between values at gauges: as asked, else a minute, or longer where that were over 1,500 values."""
        if self.gauge_interval_min is not None:
            return max(60.0 * self.gauge_interval_min, duration_s / 20_000)
        return max(60.0, float(np.ceil(duration_s / 1500 / 60.0)) * 60.0)

    def curves(self) -> dict[str, Curve]:
        """The curves that hold: the shipped ones, the city's own over them."""
        own = self.damage_curves
        return {
            name: curve
            if name not in own
            else Curve(name, curve.title, "", False, own[name].depth_m, own[name].ratio, curve.uses)
            for name, curve in curves().items()
        }

    def vehicles(self) -> dict[str, Vehicle]:
        """The classes of vehicles with the limits that hold."""
        return {
            name: Vehicle(
                name, one.title, self.vehicle_limits_m.get(name, one.depth_m), one.flow_m2_s, one.verified
            )
            for name, one in vehicles().items()
        }

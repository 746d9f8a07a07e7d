"""The storm as an input: a design storm by formula, a series of intensities, gauges, or a rain raster layer.

Design storms are Chicago hyetographs (Keifer and Chu 1957) of the Chinese intensity formula, as GB 50014-2021 and
GB 51222-2017 ask for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from pydantic import AwareDatetime, ConfigDict, Discriminator, model_validator

from twin.engines.flood import rain
from twin.processes.intensity import Formula, formulas
from twin.processes.models import Value, codes_of, field, titled
from twin.processes.validation import impossible
from twin.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEFAULT_PEAK_RATIO = 0.4
MAX_STEPS = 10_000
FORMULAS = {name: formula.title for name, formula in formulas().items()}


class Coefficients(Value):
    """A city's own formula q = 167 A1 (1 + C lgP) / (t + b)^n, A1 in mm/min and t in minutes."""

    model_config = ConfigDict(
        json_schema_extra=titled("暴雨强度公式参数", "Coefficients of the intensity formula")
    )

    A1: float = field("雨力参数 A1", "Rain power A1", unit="mm/min", gt=0, le=200)
    C: float = field("雨力变动参数 C", "Variation C", ge=0, le=5)
    b: float = field("降雨历时修正参数 b", "Duration correction b", unit="min", ge=0, le=100)
    n: float = field("暴雨衰减指数 n", "Decay exponent n", gt=0, le=1)


class DesignStorm(Value):
    """A Chicago storm of a return period, by a published formula or the city's own coefficients."""

    model_config = ConfigDict(json_schema_extra=titled("设计暴雨", "Design storm"))

    kind: Literal["design"] = field("类型", "Kind", "design")
    formula: str = field(
        "暴雨强度公式",
        "Intensity formula",
        "chongqing",
        description=Text(
            zh="已收录的城市公式；给出 coefficients 时不用它。",
            en="One of the shipped formulas; not used where coefficients are given.",
        ),
        terms=FORMULAS,
        extra={"enum": list(FORMULAS)},
    )
    coefficients: Coefficients | None = field("自定公式参数", "Coefficients of another formula", None)
    return_period_a: float = field("重现期", "Return period", 20.0, unit="a", ge=0.5, le=1000)
    duration_min: float = field("历时", "Duration", 120.0, unit="min", ge=5, le=2880)
    step_min: float = field("时间步长", "Time step", 5.0, unit="min", ge=0.5, le=60)
    peak_ratio: float | None = field(
        "雨峰系数 r",
        "Peak position r",
        None,
        description=Text(
            zh="峰前历时占总历时之比；不填时用公式公布值，无公布值时取 0.4。",
            en="Share of the duration before the peak; left out: as published with the formula, else 0.4.",
        ),
        gt=0,
        lt=1,
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.formula not in FORMULAS:
            known = ", ".join(FORMULAS)
            raise impossible(
                "storm.formula",
                f"没有名为“{self.formula[:80]}”的暴雨强度公式；可用：{known}；或给出 coefficients。",
                f'There is no formula "{self.formula[:80]}"; known: {known}; or give coefficients.',
                self.formula,
            )
        if self.step_min > self.duration_min:
            raise impossible(
                "storm.step_min",
                f"时间步长不得大于历时 {self.duration_min:g} min。",
                f"The time step must not exceed the duration of {self.duration_min:g} min.",
                self.step_min,
            )
        if self.resolved().mean_mm_min(self.duration_min, self.return_period_a) <= 0:
            raise impossible(
                "storm.return_period_a",
                "此重现期下公式给出的雨强不为正；请增大重现期。",
                "The formula gives no rain at this return period; use a longer one.",
                self.return_period_a,
            )
        return self

    def resolved(self) -> Formula:
        """The formula that holds: the given coefficients, else the shipped one."""
        if self.coefficients is None:
            return formulas()[self.formula]
        own = self.coefficients
        title = Text(zh="自定公式", en="Own coefficients")
        return Formula("own", title, "", False, own.A1, own.C, own.b, own.n)

    def peak(self) -> float:
        """The peak position r that holds, 0..1."""
        return self.peak_ratio or self.resolved().peak_ratio or DEFAULT_PEAK_RATIO


class RainSeries(Value):
    """Intensities that hold from each time to the next; the last one holds as long as the step before it."""

    model_config = ConfigDict(json_schema_extra=titled("雨强序列", "Rain series"))

    kind: Literal["series"] = field("类型", "Kind", "series")
    times_min: tuple[float, ...] = field(
        "时刻", "Times", unit="min", min_length=1, max_length=MAX_STEPS,
        description=Text(zh="自 0 起严格递增。", en="From 0 on, strictly increasing."),
    )  # fmt: skip
    intensity_mm_h: tuple[Annotated[float, field("雨强", "Intensity", ge=0, le=1000)], ...] = field(
        "雨强", "Intensities", unit="mm/h", min_length=1, max_length=MAX_STEPS
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if len(self.times_min) != len(self.intensity_mm_h):
            raise impossible(
                "storm.intensity_mm_h",
                f"雨强个数 {len(self.intensity_mm_h)} 与时刻个数 {len(self.times_min)} 不等。",
                f"There are {len(self.intensity_mm_h)} intensities for {len(self.times_min)} times.",
            )
        if self.times_min[0] != 0 or bool(np.any(np.diff(self.times_min) <= 0)):
            raise impossible(
                "storm.times_min",
                "时刻必须自 0 起严格递增。",
                "The times must start at 0 and increase strictly.",
            )
        return self


class RainRaster(Value):
    """The rasters of a rain layer (mm/h) between two times; the current raster alone where no time is given."""

    model_config = ConfigDict(json_schema_extra=titled("雨强栅格", "Rain rasters"))

    kind: Literal["raster"] = field("类型", "Kind", "raster")
    layer: str = field("雨强图层", "Rain layer", "rainfall", extra={"x-layer": "coverage"}, max_length=40)
    start: AwareDatetime | None = field("开始时间", "From", None)
    end: AwareDatetime | None = field("结束时间", "Until", None)
    duration_min: float = field("历时", "Duration", 60.0, unit="min", ge=5, le=2880)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if isinstance(self.start, datetime) and isinstance(self.end, datetime) and self.start >= self.end:
            raise impossible(
                "storm.end", "结束时间必须晚于开始时间。", "The end must be later than the start."
            )
        return self


class RainGauge(Value):
    """What one gauge recorded; it stands where the sensor of that code stands, or at the given place."""

    model_config = ConfigDict(json_schema_extra=titled("雨量站", "Rain gauge"))

    sensor: str | None = field(
        "传感器编码", "Sensor", None, max_length=64, extra=codes_of("sensor"),
        description=Text(zh="取传感器图层中的位置。", en="Its place in the sensor layer is taken."),
    )  # fmt: skip
    lon: float | None = field("经度", "Longitude", None, unit="deg", ge=-180, le=180)
    lat: float | None = field("纬度", "Latitude", None, unit="deg", ge=-90, le=90)
    times_min: tuple[float, ...] = field("时刻", "Times", unit="min", min_length=1, max_length=MAX_STEPS)
    intensity_mm_h: tuple[Annotated[float, field("雨强", "Intensity", ge=0, le=1000)], ...] = field(
        "雨强", "Intensities", unit="mm/h", min_length=1, max_length=MAX_STEPS
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if (self.sensor is None) == (self.lon is None or self.lat is None):
            raise impossible(
                "storm.gauges",
                "每个雨量站须给出传感器编码，或经度与纬度，二者取一。",
                "Each gauge needs the code of a sensor, or longitude and latitude: one of the two.",
            )
        RainSeries(times_min=self.times_min, intensity_mm_h=self.intensity_mm_h)
        return self


class RainGauges(Value):
    """Rain between gauges: by inverse distance, or that of the nearest one."""

    model_config = ConfigDict(json_schema_extra=titled("雨量站插值", "Rain gauges"))

    kind: Literal["gauges"] = field("类型", "Kind", "gauges")
    method: Literal["inverse_distance", "thiessen"] = field(
        "插值方法",
        "Method",
        "inverse_distance",
        terms={
            "inverse_distance": Text(zh="反距离加权", en="inverse distance"),
            "thiessen": Text(zh="泰森多边形（最近站）", en="Thiessen (nearest gauge)"),
        },
    )
    power: float = field("反距离的幂", "Power of the distance", 2.0, ge=0.5, le=6)
    gauges: tuple[RainGauge, ...] = field("雨量站", "Gauges", min_length=1, max_length=200)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        ends = {_end_s(gauge.times_min) for gauge in self.gauges}
        if len(ends) > 1:
            raise impossible(
                "storm.gauges",
                "各雨量站的序列须同时结束；缺测时段请先补齐。",
                "The series of all gauges must end at the same time; fill gaps first.",
            )
        return self

    def together(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """All series on one set of times: ``times_s`` (k + 1,), the last one the end; intensities (k, gauges), mm/h."""
        starts = np.unique(np.concatenate([gauge.times_min for gauge in self.gauges]))
        values = [
            np.asarray(gauge.intensity_mm_h)[np.searchsorted(gauge.times_min, starts, side="right") - 1]
            for gauge in self.gauges
        ]
        end = _end_s(self.gauges[0].times_min)
        return np.append(starts * 60.0, end), np.array(values, dtype=np.float64).T


def _end_s(times_min: tuple[float, ...]) -> float:
    """When a series ends (s): its last step is as long as the one before, an hour where there is one step only."""
    last = times_min[-1] - times_min[-2] if len(times_min) > 1 else 60.0
    return 60.0 * (times_min[-1] + last)


Storm = Annotated[DesignStorm | RainSeries | RainGauges | RainRaster, Discriminator("kind")]


@dataclass(frozen=True, slots=True)
class Hyetograph:
    """Rain over time: ``intensity_mm_h[i]`` holds from ``times_s[i]`` to the next time, the last one to ``end_s``."""

    times_s: NDArray[np.float64]
    intensity_mm_h: NDArray[np.float64]
    end_s: float

    @property
    def total_mm(self) -> float:
        return float(np.sum(self.intensity_mm_h * np.diff(np.append(self.times_s, self.end_s))) / 3600.0)


def hyetograph(storm: DesignStorm | RainSeries) -> Hyetograph:
    """The storm as steps of constant intensity (times in s from the start, intensities in mm/h)."""
    if isinstance(storm, RainSeries):
        times = np.asarray(storm.times_min, dtype=np.float64) * 60.0
        return Hyetograph(times, np.asarray(storm.intensity_mm_h, dtype=np.float64), _end_s(storm.times_min))
    by = storm.resolved()
    times, intensity = rain.chicago(
        storm.duration_min, storm.return_period_a, storm.peak(), by.A1, by.C, by.b, by.n, storm.step_min
    )
    return Hyetograph(np.asarray(times), np.asarray(intensity), storm.duration_min * 60.0)

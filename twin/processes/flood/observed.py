"""Levels measured at places, and how well the model meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
from pydantic import ConfigDict, model_validator

from twin.processes.flood.boundary import Gauge, rising
from twin.processes.flood.geometry import Latitude, Longitude
from twin.processes.models import Value, field, titled
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.engines.flood import Gauges

    Floats = NDArray[np.float64]


class Observed(Value):
    """Levels or depths measured at one place."""

    model_config = ConfigDict(json_schema_extra=titled("观测序列", "Observed series"))

    name: str = field("名称", "Name", min_length=1, max_length=80)
    lon: Longitude
    lat: Latitude
    quantity: Literal["level", "depth"] = field(
        "观测量",
        "Quantity",
        "depth",
        terms={
            "level": Text(zh="水位（高程）", en="level (elevation)"),
            "depth": Text(zh="积水深度", en="depth on the ground"),
        },
    )
    times_min: tuple[float, ...] = field("时刻", "Times", unit="min", min_length=1, max_length=5000)
    values_m: tuple[Annotated[float, field("数值", "Value", ge=-500, le=9000)], ...] = field(
        "观测值", "Values", unit="m", min_length=1, max_length=5000
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        rising("observed.times_min", self.times_min, self.values_m)
        return self

    def gauge(self) -> Gauge:
        """The place as one whose level is recorded."""
        return Gauge(name=self.name, lon=self.lon, lat=self.lat)


class Fit(Value):
    """How well the model meets one place's observations; ``count`` of them lie within the simulated time."""

    model_config = ConfigDict(json_schema_extra=titled("模型与观测", "Model against observation"))

    name: str = field("名称", "Name")
    count: int = field("比较的观测数", "Observations compared")
    rmse_m: float = field("均方根误差", "RMSE", unit="m")
    bias_m: float = field("平均偏差", "Mean bias", unit="m")
    peak_error_m: float = field(
        "峰值误差", "Error of the peak", unit="m",
        description=Text(zh="模拟峰值减观测峰值。", en="Modelled peak less observed."),
    )  # fmt: skip
    nse: float | None = field(
        "纳什系数", "Nash-Sutcliffe efficiency", None,
        description=Text(zh="观测值不变时无定义。", en="Not defined where the observations do not vary."),
    )  # fmt: skip


def pairs(observed: Observed, gauges: Gauges, number: int) -> tuple[Floats, Floats]:
    """Modelled and observed values (m) at the times that the gauge ``number`` of a run covers."""
    modelled = gauges.level if observed.quantity == "level" else gauges.depth
    times = 60.0 * np.asarray(observed.times_min)
    within = (times >= gauges.times_s[0]) & (times <= gauges.times_s[-1])
    model = np.interp(times[within], gauges.times_s, modelled[:, number])
    return model, np.asarray(observed.values_m, np.float64)[within]


def fits(observed: Sequence[Observed], gauges: Gauges, first: int) -> tuple[Fit, ...]:
    """The fit of each series with observations in time; its gauge is number ``first`` plus its own place."""
    found = []
    for number, one in enumerate(observed):
        model, told = pairs(one, gauges, first + number)
        if told.size:
            found.append(_fit(one.name, model, told))
    return tuple(found)


def _fit(name: str, model: Floats, told: Floats) -> Fit:
    residuals = model - told
    return Fit(
        name=name,
        count=int(told.size),
        rmse_m=rmse(residuals),
        bias_m=float(residuals.mean()),
        peak_error_m=float(model.max() - told.max()),
        nse=efficiency(residuals, told),
    )


def efficiency(residuals: Floats, told: Floats) -> float | None:
    """Nash and Sutcliffe (1970), J. Hydrol. 10, eq. 3; ``None`` where the observations do not vary."""
    if told.min() == told.max():  # their mean may differ from them in the last place
        return None
    return 1.0 - float(np.sum(residuals**2)) / float(np.sum((told - told.mean()) ** 2))


def rmse(residuals: Any) -> float:
    """Root mean square, in the residuals' unit."""
    return float(np.sqrt(np.mean(np.square(residuals))))

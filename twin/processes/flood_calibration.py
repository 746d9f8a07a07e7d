"""``flood-calibration``: the factor on Manning's n and the drainage capacity that fit observed water levels best."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from pydantic import ConfigDict, model_validator

from twin.engines.flood import Cancelled
from twin.errors import TwinError
from twin.processes.flood import sewers
from twin.processes.flood.engine import settings
from twin.processes.flood.ground import build
from twin.processes.flood.inputs import EXAMPLE, FloodInputs
from twin.processes.flood.observed import Observed, efficiency, pairs, rmse
from twin.processes.models import Inputs, Outputs, Value, field, titled
from twin.processes.registry import process
from twin.processes.validation import impossible
from twin.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.engines.flood import Domain
    from twin.processes.context import RunContext
    from twin.processes.flood.ground import Ground

    Floats = NDArray[np.float64]

READS = ("terrain", "soil", "break_line", "hydraulic_structure", "building", "land_use", "road_link")
STEP = 0.08  # finite difference: 8 % of a parameter's range, well above the solver's own noise


class Range(Value):
    """A parameter is sought between two bounds."""

    model_config = ConfigDict(json_schema_extra=titled("范围", "Range"))

    least: float = field("下限", "Least", ge=0, le=500)
    most: float = field("上限", "Most", ge=0, le=500)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.least >= self.most:
            raise impossible(
                "most", "上限须大于下限。", "The upper bound must exceed the lower one.", self.most
            )
        return self


class CalibrationInputs(Inputs):
    """A flood to repeat, what was measured in it, and what may be changed."""

    flood: FloodInputs = field("内涝模拟", "Flood")
    observed: tuple[Observed, ...] = field("观测", "Observations", min_length=1, max_length=100)
    roughness_factor: Range | None = field(
        "糙率系数", "Factor on Manning's n", Range(least=0.5, most=2.0),
        description=Text(zh="不填则不率定。", en="Left out (null): stays as in the flood."),
    )  # fmt: skip
    drainage_mm_h: Range | None = field(
        "管网排除能力", "Drainage capacity", Range(least=0.0, most=60.0), unit="mm/h",
        description=Text(zh="不填则不率定。", en="Left out (null): stays as in the flood."),
    )  # fmt: skip
    most_runs: int = field(
        "模拟次数上限", "Most simulations", 20, ge=3, le=200,
        description=Text(zh="到达上限时取其中最好的一次。", en="At the limit, the best one so far holds."),
    )  # fmt: skip

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.flood.sewers.source != "none" and self.drainage_mm_h is not None:
            raise impossible(
                "drainage_mm_h",
                "计算管网时没有管网排除能力可率定；请将 drainage_mm_h 设为 null。",
                "With sewers computed there is no drainage capacity to calibrate; set drainage_mm_h to null.",
            )
        if self.roughness_factor is None and self.drainage_mm_h is None:
            raise impossible("roughness_factor", "没有可率定的参数。", "There is nothing to calibrate.")
        if (
            self.roughness_factor is not None
            and not 0.1 <= self.roughness_factor.least < self.roughness_factor.most <= 10
        ):
            raise impossible(
                "roughness_factor", "糙率系数须在 0.1 与 10 之间。", "The factor must lie between 0.1 and 10."
            )
        return self

    def layers(self) -> tuple[tuple[str, str], ...]:
        """Those of the flood."""
        return tuple((f"flood.{name}", layer) for name, layer in self.flood.layers())


class Trial(Value):
    """One simulation of the search."""

    model_config = ConfigDict(json_schema_extra=titled("试算", "Trial"))

    roughness_factor: float = field("糙率系数", "Factor on n")
    drainage_mm_h: float = field("管网排除能力", "Drainage capacity", unit="mm/h")
    rmse_m: float = field("均方根误差", "RMSE", unit="m")


class Skill(Value):
    """How well one place is met, before and after."""

    model_config = ConfigDict(json_schema_extra=titled("拟合", "Skill"))

    name: str = field("名称", "Name")
    rmse_before_m: float = field("率定前误差", "RMSE before", unit="m")
    rmse_after_m: float = field("率定后误差", "RMSE after", unit="m")
    bias_after_m: float = field("率定后偏差", "Bias after", unit="m")
    nse_after: float | None = field(
        "率定后纳什系数", "Nash-Sutcliffe after", None,
        description=Text(zh="观测值不变时无定义。", en="Not defined where the observations do not vary."),
    )  # fmt: skip


class CalibrationOutputs(Outputs):
    """The best parameters and how they were found."""

    roughness_factor: float = field("糙率系数", "Factor on Manning's n", unit="1")
    drainage_mm_h: float = field("管网排除能力", "Drainage capacity", unit="mm/h")
    rmse_before_m: float = field("率定前误差", "RMSE before", unit="m")
    rmse_after_m: float = field("率定后误差", "RMSE after", unit="m")
    at_bound: bool = field(
        "到达范围边界", "At a bound",
        description=Text(zh="最优值落在给定范围的边上：请检查数据或放宽范围。", en="Look at the data, or widen the range."),
    )  # fmt: skip
    simulations: int = field("模拟次数", "Simulations")
    trials: tuple[Trial, ...] = field("试算过程", "Trials")
    places: tuple[Skill, ...] = field("各点拟合", "Places")


@process(
    name="flood-calibration",
    version="1.0.0",
    title=Text(zh="内涝模型率定", en="Calibration of the flood"),
    description=Text(
        zh="在给定范围内调整糙率系数与管网排除能力，使模拟水位与观测之差的平方和最小（SciPy 信赖域最小二乘）。",
        en="The factor on Manning's n and the drainage capacity within given bounds that make the squares of the "
        "differences to the observed levels least (trust-region least squares of SciPy).",
    ),
    inputs=CalibrationInputs,
    outputs=CalibrationOutputs,
    example={
        "flood": {**EXAMPLE, "cell_m": 20.0},
        "observed": [
            {
                "name": "鼓楼",
                "lon": 114.1488,
                "lat": 30.0105,
                "times_min": [30, 45, 60, 75],
                "values_m": [0.3, 0.5, 0.7, 0.7],
            }
        ],
        "most_runs": 6,
    },
    reads=READS,
)
def flood_calibration(inputs: CalibrationInputs, run: RunContext) -> CalibrationOutputs:
    """Branch, Coleman and Li (1999), SIAM J. Sci. Comput. 21, as `scipy.optimize.least_squares` has it.

    Raises ``TwinError`` TWIN-514 when no observation lies within the simulated time, and what the flood itself raises.
    """
    from scipy.optimize import least_squares  # not for the doors, which load this module too

    search = Search(inputs, run)
    start = search.start()
    before = search.residuals(start)
    with contextlib.suppress(Enough):  # then the best trial holds
        least_squares(
            search.residuals, start, bounds=(np.zeros(start.size), np.ones(start.size)), diff_step=STEP, x_scale=1.0,
            ftol=1e-4, xtol=1e-3, gtol=1e-10, max_nfev=inputs.most_runs,
        )  # fmt: skip
    best = min(search.trials, key=lambda trial: trial.rmse)
    values = search.values(best.at)
    return CalibrationOutputs(
        roughness_factor=values["roughness_factor"],
        drainage_mm_h=values["drainage_mm_h"],
        rmse_before_m=rmse(before),
        rmse_after_m=best.rmse,
        at_bound=bool((best.at < 1e-3).any() or (best.at > 1 - 1e-3).any()),
        simulations=len(search.trials),
        trials=tuple(Trial(**search.values(trial.at), rmse_m=trial.rmse) for trial in search.trials),
        places=search.skills(before, best.residuals),
    )


class Enough(Exception):  # noqa: N818 - an end, not an error
    """The simulations that were allowed are done."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A trial: ``at`` in the unit cube of the parameters, residuals modelled less observed (m)."""

    at: Floats
    residuals: Floats
    rmse: float


class Search:
    """The simulations of one calibration. Parameters run from 0 to 1 within their bounds, n by its logarithm."""

    def __init__(self, inputs: CalibrationInputs, run: RunContext) -> None:
        self.inputs, self.run = inputs, run
        self.names = [
            name for name in ("roughness_factor", "drainage_mm_h") if getattr(inputs, name) is not None
        ]
        gauges = tuple(one.gauge() for one in inputs.observed)
        self.flood = inputs.flood.model_copy(update={"gauges": gauges})
        self.flood = sewers.without_capacity(self.flood)
        self.ground, self.steeper = self._grounds()
        self.drains = sewers.plan(self.flood, self.ground, run)
        self.trials: list[Tried] = []
        self.told: list[Floats] = []  # observed values within the simulated time, place by place

    def _grounds(self) -> tuple[Ground, Ground]:
        """The ground with both parameters at 1 and at 2: n and the capacity are linear in them, all else is the same."""
        made = (
            build(self.flood.model_copy(update={"roughness_factor": at, "drainage_mm_h": at}), self.run)
            for at in (1.0, 2.0)
        )
        return next(made), next(made)

    def _domain(self, values: dict[str, float]) -> Domain:
        """The ground of a trial."""
        once, twice = self.ground.domain, self.steeper.domain

        def at(name: str, value: float) -> Floats:
            first, second = (np.asarray(getattr(one, name), np.float64) for one in (once, twice))
            return first + (value - 1.0) * (second - first)

        return replace(
            once,
            manning=at("manning", values["roughness_factor"]),
            infiltration=at("infiltration", values["drainage_mm_h"]),
        )

    def start(self) -> Floats:
        """Where the flood's own parameters stand, kept off the bounds."""
        at = [self._place(name, getattr(self.flood, name)) for name in self.names]
        return np.clip(at, 0.02, 0.98)

    def _place(self, name: str, value: float) -> float:
        limits: Range = getattr(self.inputs, name)
        if name == "roughness_factor":
            return math.log(max(value, 1e-3) / limits.least) / math.log(limits.most / limits.least)
        return (value - limits.least) / (limits.most - limits.least)

    def values(self, at: Floats) -> dict[str, float]:
        """The parameters at a point of the unit cube, those not sought as in the flood."""
        found = {name: float(getattr(self.flood, name)) for name in ("roughness_factor", "drainage_mm_h")}
        for name, share in zip(self.names, at.tolist(), strict=True):
            limits: Range = getattr(self.inputs, name)
            if name == "roughness_factor":
                found[name] = limits.least * (limits.most / limits.least) ** share
            else:
                found[name] = limits.least + share * (limits.most - limits.least)
        return found

    def residuals(self, at: Floats) -> Floats:
        """Modelled less observed (m) at every observation within the simulated time; remembers the trial."""
        for known in self.trials:
            if np.array_equal(known.at, at):
                return known.residuals
        if len(self.trials) >= self.inputs.most_runs:
            raise Enough
        self.run.check()
        found = self._simulate(self.values(at))
        self.trials.append(Tried(at.copy(), found, rmse(found)))
        share = len(self.trials) / self.inputs.most_runs
        self.run.progress(share, f"第 {len(self.trials)} 次试算", f"trial {len(self.trials)}")
        return found

    def _simulate(self, values: dict[str, float]) -> Floats:
        from twin.engines.flood import simulate  # with the compiler, which declarations go without

        asked = self.flood.model_copy(update=values)
        try:
            result = simulate(
                self._domain(values),
                duration_s=self.ground.duration_s,
                sewers=None if self.drains is None else self.drains.sewers,
                **settings(asked, self.ground, self.run),
            )
        except Cancelled:
            self.run.check()
            raise
        parts: list[Floats] = []
        told: list[Floats] = []
        for number, one in enumerate(self.inputs.observed):
            model, measured = pairs(one, result.gauges, number)
            told.append(measured)
            parts.append(model - measured)
        self.told = told
        if not any(part.size for part in parts):
            raise TwinError(
                "TWIN-514",
                "没有观测落在模拟时段之内；请核对时刻（自降雨开始的分钟数）。",
                "No observation lies within the simulated time; check the times (minutes from the start of the rain).",
                status=422,
                where="observed",
            )
        return np.concatenate(parts)

    def skills(self, before: Floats, after: Floats) -> tuple[Skill, ...]:
        """How well each place with an observation in time is met."""
        cuts = np.cumsum([told.size for told in self.told])[:-1]
        parts = zip(
            self.inputs.observed, self.told, np.split(before, cuts), np.split(after, cuts), strict=True
        )
        return tuple(_skill(one.name, told, old, new) for one, told, old, new in parts if new.size)


def _skill(name: str, told: Floats, before: Floats, after: Floats) -> Skill:
    return Skill(
        name=name,
        rmse_before_m=rmse(before),
        rmse_after_m=rmse(after),
        bias_after_m=float(after.mean()),
        nse_after=efficiency(after, told),
    )

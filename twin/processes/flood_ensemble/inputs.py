"""What may differ between the members, and the members that follow from it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
from pydantic import ConfigDict, model_validator

from twin.processes.flood.inputs import EXAMPLE as ONE
from twin.processes.flood.inputs import FloodInputs
from twin.processes.models import Inputs, Value, field, titled
from twin.processes.registry import MAX_MEMBERS, Member
from twin.processes.storm import Storm
from twin.processes.validation import impossible
from twin.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.actions.ground import Ground

Parameter = Literal[
    "rain_factor", "roughness_factor", "drainage_mm_h", "soil_mm_h", "initial_loss_mm", "building_rise_m"
]  # fmt: skip
PARAMETERS = {
    "rain_factor": Text(zh="雨量系数", en="factor on the rain"),
    "roughness_factor": Text(zh="糙率系数", en="factor on Manning's n"),
    "drainage_mm_h": Text(zh="管网排除能力", en="drainage capacity"),
    "soil_mm_h": Text(zh="土壤下渗能力", en="soil infiltration capacity"),
    "initial_loss_mm": Text(zh="初损", en="initial loss"),
    "building_rise_m": Text(zh="建筑抬高", en="rise of buildings"),
}
LONG_MIN = 1440.0  # members keep no frames but the first and the last


class Alternative(Value):
    """One storm among those that may come, with its weight."""

    model_config = ConfigDict(json_schema_extra=titled("可能的降雨", "Storm that may come"))

    storm: Storm = field("降雨", "Rain")
    weight: float = field("权重", "Weight", 1.0, gt=0, le=1e6)


class Spread(Value):
    """A parameter of the model that is not known exactly."""

    model_config = ConfigDict(json_schema_extra=titled("不确定参数", "Uncertain parameter"))

    parameter: Parameter = field("参数", "Parameter", terms=PARAMETERS)
    low: float = field("下限", "Lowest", ge=0, le=1e4)
    high: float = field("上限", "Highest", ge=0, le=1e4)
    distribution: Literal["uniform", "log_uniform"] = field(
        "分布",
        "Distribution",
        "uniform",
        terms={
            "uniform": Text(zh="均匀", en="uniform"),
            "log_uniform": Text(zh="对数均匀", en="log-uniform"),
        },
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.low >= self.high or (self.distribution == "log_uniform" and self.low <= 0):
            raise impossible(
                "spreads",
                f"{self.parameter}：上限必须大于下限，对数均匀分布的下限必须大于 0。",
                f"{self.parameter}: high must be above low, and low above 0 for a log-uniform one.",
                self.low,
            )
        return self

    def at(self, share: float) -> float:
        """The value below which ``share`` (0..1) of the distribution lies."""
        if self.distribution == "log_uniform":
            return float(self.low * (self.high / self.low) ** share)
        return float(self.low + share * (self.high - self.low))


class FloodEnsembleInputs(Inputs):
    """A flood, and what of it is uncertain."""

    base: FloodInputs = field(
        "基本情景", "Base", description=Text(zh="成员由它变化而来。", en="Members are variations of it.")
    )
    storms: tuple[Alternative, ...] = field(
        "可能的降雨",
        "Storms",
        (),
        description=Text(zh="不填时用基本情景的降雨。", en="Left out: the base's own rain."),
        max_length=100,
    )
    spreads: tuple[Spread, ...] = field("不确定参数", "Uncertain parameters", (), max_length=6)
    samples: int = field(
        "每种降雨的抽样数",
        "Samples for each storm",
        8,
        description=Text(
            zh="参数组合的个数（拉丁超立方抽样）；没有不确定参数时不用。",
            en="How many sets of parameters (Latin hypercube); not used without uncertain parameters.",
        ),
        ge=1,
        le=MAX_MEMBERS,
    )
    seed: int = field("随机种子", "Seed", 1, ge=0, le=2**31 - 1)
    depth_m: Annotated[float, field("水深", "Depth")] = field(
        "概率所指的水深",
        "Depth whose probability is told",
        0.15,
        unit="m",
        description=Text(
            zh="GB 51222 以 15 cm 为道路积水限值。", en="GB 51222 draws the line for roads at 15 cm."
        ),
        ge=0.01,
        le=10,
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        names = [spread.parameter for spread in self.spreads]
        if len(set(names)) < len(names):
            raise impossible(
                "spreads", "同一参数只能出现一次。", "Each parameter may be named once.", names[0]
            )
        count = self.count()
        if not 2 <= count <= MAX_MEMBERS:
            raise impossible(
                "samples",
                f"共 {count} 个成员，须为 2 至 {MAX_MEMBERS} 个：请增减 storms、spreads 或 samples。",
                f"That makes {count} members; it takes 2 to {MAX_MEMBERS}: change storms, spreads or samples.",
                count,
            )
        return self

    def layers(self) -> tuple[tuple[str, str], ...]:
        """The rain layers that the base and the storms name."""
        found = [(f"base.{name}", layer) for name, layer in self.base.layers()]
        for number, one in enumerate(self.storms):
            member = self.base.model_copy(update={"storm": one.storm})
            found += [(f"storms.{number}.{name}", layer) for name, layer in member.layers()]
        return tuple(found)

    def published(self) -> bool:
        """As the base."""
        return self.base.published()

    def check(self, ground: Ground) -> None:
        """As for the base."""
        self.base.check(ground)

    def count(self) -> int:
        """How many members these inputs make."""
        return max(1, len(self.storms)) * (self.samples if self.spreads else 1)

    def weights(self) -> list[float]:
        """Weight of each member, in their order."""
        each = self.samples if self.spreads else 1
        return [one.weight for one in self.storms for _ in range(each)] or [1.0] * each

    def draws(self) -> list[dict[str, float]]:
        """The sets of parameters: ``samples`` of them, or one empty set where nothing is uncertain."""
        if not self.spreads:
            return [{}]
        from scipy.stats import qmc  # a second of imports that no door needs

        sampler = qmc.LatinHypercube(len(self.spreads), rng=np.random.default_rng(self.seed))
        shares: NDArray[np.float64] = sampler.random(self.samples)
        return [
            {
                spread.parameter: _short(spread.at(share))
                for spread, share in zip(self.spreads, row, strict=True)
            }
            for row in shares
        ]

    def members(self) -> list[Member]:
        """The floods to compute: storm by storm, the same sets of parameters under each."""
        base = self.base.model_dump(mode="json")
        base["outcomes"] = base["outcomes"] | {"frame_interval_min": LONG_MIN, "sections": []}
        storms = [one.storm.model_dump(mode="json") for one in self.storms] or [base["storm"]]
        return [Member("flood", base | {"storm": storm} | draw) for storm in storms for draw in self.draws()]


def _short(number: float) -> float:
    """Six significant digits: what is told is what is computed."""
    return float(f"{number:.6g}") if math.isfinite(number) else number


EXAMPLE: dict[str, Any] = {
    "base": ONE | {"cell_m": 20.0},
    "storms": [
        {"storm": ONE["storm"] | {"return_period_a": period}, "weight": weight}
        for period, weight in ((20.0, 3.0), (50.0, 2.0), (100.0, 1.0))
    ],
    "spreads": [
        {"parameter": "roughness_factor", "low": 0.7, "high": 1.4, "distribution": "log_uniform"},
        {"parameter": "drainage_mm_h", "low": 10.0, "high": 30.0},
    ],
    "samples": 4,
}

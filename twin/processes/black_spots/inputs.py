"""What a black spot analysis is asked: the period, the rules, how to cut the roads, and a before/after study."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from twin.processes.models import Inputs, Value, codes_of, field, run_of, titled
from twin.processes.validation import impossible
from twin.text import Text

type Code = Annotated[str, Field(min_length=1, max_length=40)]


class OwnCondition(Value):
    """One condition of a rule of one's own; what is left at nothing is not asked for."""

    crashes: int = field("事故数", "Crashes", 0, ge=0, le=100_000)
    deaths: int = field("单起死亡人数", "Deaths in each", 0, ge=0, le=1000)
    casualties: bool = field("须有伤亡", "With casualties", False)
    general_procedure: bool = field("适用一般程序", "General procedure", False)
    road_defect: bool = field("道路存在不安全因素", "Road unsafe", False)
    deaths_in_all: int = field("合计死亡人数", "Deaths in all", 0, ge=0, le=100_000)
    equivalent: float = field("当量事故数", "Equivalent crashes", 0.0, ge=0, le=1e6)

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not (self.crashes or self.deaths_in_all or self.equivalent):
            raise impossible(
                "own_rules",
                "条件须至少给出事故数、合计死亡人数或当量事故数之一。",
                "A condition needs crashes, deaths_in_all or equivalent.",
                None,
            )
        return self


class OwnRules(Value):
    """A city's own rule set with one grade."""

    model_config = ConfigDict(json_schema_extra=titled("自定规则", "Own rules"))

    title: str = field("名称", "Name", max_length=100, min_length=1)
    unit_m: float = field("单元长度", "Unit length", 500.0, unit="m", ge=50, le=50_000)
    years: float = field("统计年数", "Years", 3.0, unit="a", ge=0.1, le=20)
    death_weight: float = field("死亡权重", "Weight of a death", 2.0, ge=0, le=1000)
    injury_weight: float = field("受伤权重", "Weight of an injury", 1.5, ge=0, le=1000)
    conditions: tuple[OwnCondition, ...] = field(
        "条件（满足其一）", "Conditions (any of them)", min_length=1, max_length=20
    )


class Study(Value):
    """A before/after study of places that were changed on one day."""

    model_config = ConfigDict(json_schema_extra=titled("前后对比研究", "Before/after study"))

    changed: date = field("改造日期", "Day of the change")
    junctions: tuple[Code, ...] = field("路口", "Junctions", (), max_length=2000, extra=codes_of("road_node"),
        description=Text(zh="道路节点编号。", en="Codes of road nodes."))  # fmt: skip
    roads: tuple[Code, ...] = field("路段", "Road links", (), max_length=5000, extra=codes_of("road_link"),
        description=Text(zh="道路路段编号。", en="Codes of road links."))  # fmt: skip

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not self.junctions and not self.roads:
            raise impossible("study", "须给出路口或路段。", "Name junctions or road links.", None)
        return self


class BlackSpotsInputs(Inputs):
    """Lengths in m; the period is that of the rule set unless given."""

    start: date | None = field(
        "起始日期", "First day", None,
        description=Text(zh="不填时按规则集的年数自末日往前推。", en="Left out: the rule set's years before the last day."),
    )  # fmt: skip
    end: date | None = field(
        "末日（不含）", "Day after the last", None,
        description=Text(zh="不填时取最后一起事故的次日。", en="Left out: the day after the last crash."),
    )  # fmt: skip
    rules: Literal["municipal", "ministry", "equivalent"] = field(
        "规则集", "Rule set", "municipal",
        terms={
            "municipal": Text(zh="市县两级（三年）", en="Municipal and county level (three years)"),
            "ministry": Text(zh="部级年度榜（10 公里）", en="Ministry's yearly list (10 km)"),
            "equivalent": Text(zh="当量总事故次数法", en="Equivalent crash number"),
        },
    )  # fmt: skip
    own_rules: OwnRules | None = field(
        "自定规则", "Own rules", None, description=Text(zh="代替规则集。", en="Instead of the rule set.")
    )
    assignment: UUID | None = field(
        "交通分配", "Assignment", None, extra=run_of("traffic-assignment"),
        description=Text(
            zh="流量取自这次交通分配；不填时取最新发布的，没有则取路段的 aadt，再没有则只按长度比较。",
            en="Flows are this assignment's; left out: the newest published one's, else the links' aadt, else by length only.",
        ),
    )  # fmt: skip
    peak_share: float = field(
        "高峰小时占全日比例", "Peak hour's share of the day", 0.1, unit="1", ge=0.02, le=1,
        description=Text(zh="分配的小时流量除以此值得日流量。", en="The assignment's hourly flow over this is the day's."),
    )  # fmt: skip
    junction_m: float = field("路口范围", "Reach of a junction", 30.0, unit="m", ge=1, le=200)
    snap_m: float = field("离路限距", "Farthest from a road", 50.0, unit="m", ge=1, le=1000)
    lixel_m: float = field("小段长度", "Length of a piece", 25.0, unit="m", ge=1, le=500)
    bandwidth_m: float | None = field(
        "核密度带宽", "Bandwidth", None, unit="m", ge=10, le=1000,
        description=Text(zh="不填时为多个带宽的混合，权重由留一似然得出。",
                         en="Left out: a mixture of bandwidths, weighted by leave-one-out likelihood."),
    )  # fmt: skip
    weighted: bool = field("密度按后果加权", "Weight the density by consequences", False)
    top: int = field("列出数", "How many to list", 100, ge=1, le=5000)
    study: Study | None = field("前后对比研究", "Before/after study", None)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start and self.end and self.start >= self.end:
            raise impossible(
                "end", "末日须晚于起始日期。", "The last day must be after the first.", str(self.end)
            )
        return self


EXAMPLE: dict[str, Any] = {
    "rules": "municipal",
    "study": {
        "changed": "2023-07-01",
        "junctions": [
            "JD00485",
            "JD00127",
            "JD00515",
            "JD00385",
            "JD00644",
            "JD00189",
            "JD00065",
            "JD00384",
            "JD00041",
            "JD00072",
            "JD00248",
            "JD00491",
            "JD00380",
            "JD00723",
            "JD00441",
            "JD00702",
            "JD00704",
            "JD00324",
            "JD00255",
            "JD00419",
        ],
    },
}

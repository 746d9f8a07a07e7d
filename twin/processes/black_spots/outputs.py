"""What a black spot analysis answers beside its layers."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict

from twin.processes.models import Outputs, Value, field, titled
from twin.text import Text

EXPOSURE = {
    "assignment": Text(zh="交通分配的流量", en="flows of the assignment"),
    "aadt": Text(zh="路段的日交通量", en="daily traffic of the links"),
    "length": Text(zh="仅按长度", en="length only"),
}


class Function(Value):
    """A safety performance function as fitted."""

    model_config = ConfigDict(json_schema_extra=titled("安全性能函数", "Safety performance function"))

    site: Literal["junction", "section"] = field("类型", "Kind of site")
    sites: int = field("地点数", "Sites")
    crashes: int = field("事故数", "Crashes")
    dispersion: float = field(
        "离散参数",
        "Dispersion",
        description=Text(zh="方差 = 均值 + 离散 × 均值²。", en="Variance = mean + dispersion x mean^2."),
    )
    flow_exponent: float | None = field("流量指数", "Exponent of the flow", None)
    flow_exponent_error: float | None = field("流量指数标准误", "Its standard error", None)
    better_than_poisson: float = field("对数似然增量", "Gain of log likelihood over Poisson")


class StudyResult(Value):
    """Effect of a change; below 1 it saved crashes."""

    model_config = ConfigDict(json_schema_extra=titled("前后对比结果", "Result of the study"))

    sites: int = field("地点数", "Sites")
    before_years: float = field("改造前年数", "Years before", unit="a")
    after_years: float = field("改造后年数", "Years after", unit="a")
    observed_before: int = field("改造前事故", "Crashes before")
    observed_after: int = field("改造后事故", "Crashes after")
    expected_after: float = field("若未改造的期望事故", "Expected without the change")
    naive_index: float = field(
        "简单前后比",
        "Plain ratio after/before",
        description=Text(zh="未消除回归均值。", en="Regression to the mean not removed."),
    )
    index: float = field("效果指数", "Index of effectiveness")
    standard_error: float = field("标准误", "Standard error")
    low: float = field("95% 置信下限", "95 % interval, lower end")
    high: float = field("95% 置信上限", "95 % interval, upper end")
    certain: bool = field("效果是否显著", "Whether 1 lies outside the interval")


class BlackSpotsOutputs(Outputs):
    """The list itself is the layer ``black_spot``."""

    start: str = field("起始日期", "First day")
    end: str = field("末日（不含）", "Day after the last")
    crashes: int = field("事故数", "Crashes")
    off_road: int = field(
        "离路过远的事故", "Crashes too far from a road", description=Text(zh="不参加分析。", en="Left out.")
    )
    dated_ahead: int = field(
        "时间在将来的事故",
        "Crashes dated in the future",
        0,
        description=Text(zh="不参加分析。", en="Left out."),
    )
    spots: int = field("黑点数", "Black spots listed")
    by_rules: int = field("达到规则的地点", "Places that the rules name")
    rules_title_zh: str = field("规则集", "Rule set (Chinese)")
    rules_title_en: str = field("规则集（英文）", "Rule set")
    rules_source_zh: str = field("规则出处", "Source of the rules (Chinese)")
    rules_source_en: str = field("规则出处（英文）", "Source of the rules")
    rules_verified: bool = field("规则是否核对原文", "Whether the rules' text was read")
    exposure: Literal["assignment", "aadt", "length"] = field("暴露量", "Exposure", terms=EXPOSURE)
    functions: tuple[Function, ...] = field("安全性能函数", "Safety performance functions")
    bandwidth_m: float = field("核密度带宽（平均）", "Bandwidth (mean)", unit="m")
    foretold_1: float | None = field(
        "最密 1% 路段命中率", "Foretold by the densest 1 %", None, unit="1",
        description=Text(
            zh="用此前的事故画密度，最后一年的事故落在最密 1% 路段上的比例；不足 20 起时为空。",
            en="Share of the last year's crashes on the 1 % of the network that earlier crashes made densest; empty below 20.",
        ),
    )  # fmt: skip
    foretold_5: float | None = field("最密 5% 路段命中率", "Foretold by the densest 5 %", None, unit="1")
    study: StudyResult | None = field("前后对比研究", "Before/after study", None)

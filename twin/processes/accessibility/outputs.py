"""What an accessibility analysis answers beside its layers."""

from __future__ import annotations

from pydantic import ConfigDict

from twin.processes.models import Outputs, Value, field, titled
from twin.text import Text


class Within(Value):
    """One limit: whom and how much it reaches, before and after."""

    model_config = ConfigDict(json_schema_extra=titled("时限", "Limit"))

    minutes: float = field("时限", "Within", unit="min")
    people: float = field("人口", "People", unit="people")
    share: float = field("人口占比", "Share of the people", unit="1")
    area_km2: float | None = field("等时圈面积", "Area of the isochrone", None, unit="km2")
    people_variant: float | None = field("对比人口", "People in the variant", None, unit="people")
    share_variant: float | None = field("对比占比", "Share in the variant", None, unit="1")
    area_variant_km2: float | None = field("对比面积", "Area in the variant", None, unit="km2")


class KindReached(Value):
    """One kind of facility in the 15-minute city."""

    model_config = ConfigDict(json_schema_extra=titled("设施类型", "Kind"))

    kind: str = field("类型", "Kind")
    facilities: int = field("设施数", "Facilities")
    share: float = field("可达人口占比", "Share of the people", unit="1")


class AccessibilityOutputs(Outputs):
    """Times by people: those of buildings where they are asked for, else those of the grid cells."""

    facilities: int = field("设施数", "Facilities")
    off_road: int = field("附近无路的设施", "Facilities without a road nearby")
    people: float = field("人口", "People", unit="people")
    within: tuple[Within, ...] = field("时限内", "Within the limits")
    median_min: float | None = field(
        "时间中位数",
        "Median time",
        None,
        unit="min",
        description=Text(zh="空值：半数以上不可达。", en="Empty: more than half cannot be reached."),
    )
    time_90_min: float | None = field("90% 居民在内的时间", "Time that holds 90 %", None, unit="min")
    unreached_people: float = field("不可达人口", "People not reached", unit="people")
    median_variant_min: float | None = field("对比中位数", "Median in the variant", None, unit="min")
    time_90_variant_min: float | None = field("对比 90% 时间", "90 % in the variant", None, unit="min")
    cut_off_people: float | None = field(
        "不再可达人口",
        "People cut off",
        None,
        unit="people",
        description=Text(zh="基准可达而对比不可达。", en="Reached in the base, not in the variant."),
    )
    slower_people: float | None = field("变慢人口", "People slower by a minute or more", None, unit="people")
    catchment_mean: float | None = field("人均可达供给（每千人）", "Mean supply in reach per 1,000", None)
    catchment_gini: float | None = field("可达供给基尼系数", "Gini of the supply in reach", None, unit="1")
    all_kinds_share: float | None = field(
        "步行可达全部类型的人口占比", "Share with every kind on foot", None, unit="1"
    )
    kinds: tuple[KindReached, ...] = field("各类设施", "By kind", ())

"""``design-storm``: the design rain of a return period over time, quick enough to preview in a form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.processes.models import Inputs, Outputs, field
from twin.processes.registry import process
from twin.processes.storm import DesignStorm, hyetograph
from twin.text import Text

if TYPE_CHECKING:
    from twin.processes.context import RunContext


class DesignStormInputs(Inputs):
    """One design storm; see ``twin.processes.storm.DesignStorm``."""

    storm: DesignStorm = field("设计暴雨", "Design storm")


class DesignStormOutputs(Outputs):
    """The hyetograph: each intensity holds from its time for one step."""

    times_min: tuple[float, ...] = field("时刻", "Times", unit="min")
    intensity_mm_h: tuple[float, ...] = field("雨强", "Intensities", unit="mm/h")
    total_mm: float = field("总雨量", "Total rain", unit="mm")
    peak_mm_h: float = field("最大雨强", "Highest intensity", unit="mm/h")
    peak_min: float = field("雨峰时刻", "Start of the highest step", unit="min")
    peak_ratio: float = field("雨峰系数 r", "Peak position r")
    formula_zh: str = field("所用公式", "Formula used (Chinese)")
    formula_en: str = field("所用公式（英文）", "Formula used (English)")
    verified: bool = field("公式已核对来源", "Formula read in its source")


@process(
    name="design-storm",
    version="1.0.0",
    title=Text(zh="设计暴雨过程", en="Design storm"),
    description=Text(
        zh="按暴雨强度公式 q=167·A1(1+C·lgP)/(t+b)^n 推求芝加哥雨型，给出雨强过程与总雨量。",
        en="The Chicago hyetograph of the intensity formula q=167·A1(1+C·lgP)/(t+b)^n: intensities over time and total.",
    ),
    inputs=DesignStormInputs,
    outputs=DesignStormOutputs,
    example={
        "storm": {
            "kind": "design",
            "formula": "chongqing",
            "return_period_a": 20,
            "duration_min": 120,
            "step_min": 5,
            "peak_ratio": 0.4,
        }
    },
    quick=True,
)
def design_storm(inputs: DesignStormInputs, run: RunContext) -> DesignStormOutputs:
    """Keifer and Chu (1957), "Synthetic storm pattern for drainage design"; total over T equals T·i(T)."""
    storm = inputs.storm
    rain = hyetograph(storm)
    by = storm.resolved()
    peak = int(np.argmax(rain.intensity_mm_h))
    run.progress(1.0, "雨型已算出", "the hyetograph is made")
    return DesignStormOutputs(
        times_min=tuple(float(time) for time in rain.times_s / 60.0),
        intensity_mm_h=tuple(float(value) for value in rain.intensity_mm_h),
        total_mm=rain.total_mm,
        peak_mm_h=float(rain.intensity_mm_h[peak]),
        peak_min=float(rain.times_s[peak] / 60.0),
        peak_ratio=storm.peak(),
        formula_zh=by.title.zh,
        formula_en=by.title.en,
        verified=by.verified,
    )

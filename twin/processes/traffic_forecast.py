"""``traffic-forecast``: what each traffic detector will read within the hour, with a backtest in every answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import ConfigDict

from twin.city.traffic_index import LEVELS, rules
from twin.processes.context import Features
from twin.processes.models import Inputs, Outputs, Value, field, titled
from twin.processes.registry import process
from twin.processes.traffic.observed import LAYERS, notes, observed
from twin.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.engines.traffic.forecast.backtest import Backtest, Trained
    from twin.engines.traffic.forecast.blend import Prediction
    from twin.engines.traffic.forecast.series import Series
    from twin.processes.context import RunContext
    from twin.processes.traffic.observed import Detectors, Observed

    type Numbers = NDArray[np.float64]

SHOWN_MIN = 15  # forecasts are handed over every quarter of an hour, or every step where steps are longer
UNIT = {"speed": "km/h", "flow": "veh/h"}
PROPERTY = {"speed": "traffic_speed", "flow": "traffic_flow"}
NEEDED_READINGS = 20


class ForecastInputs(Inputs):
    """Which readings, from when, and how far ahead."""

    quantity: Literal["speed", "flow"] = field(
        "观测量", "Quantity", "speed",
        terms={"speed": Text(zh="速度", en="Speed"), "flow": Text(zh="流量", en="Flow")},
    )  # fmt: skip
    at: datetime | None = field(
        "预测时刻", "Now", None,
        description=Text(zh="缺省为最新观测的时刻。", en="The time of the newest observation unless given."),
    )  # fmt: skip
    ahead_min: int = field("预测时长", "Ahead", 60, unit="min", ge=15, le=180)
    history_days: float = field("训练时段", "Days to learn from", 28.0, unit="d", ge=1, le=120)
    utc_offset_h: float = field("时区", "Offset of local time from UTC", 8.0, unit="h", ge=-12, le=14)


class Row(Value):
    """One line of the backtest."""

    model_config = ConfigDict(json_schema_extra=titled("回测", "Backtest"))

    minutes: int = field("提前量", "Ahead", unit="min")
    rmse: float = field("均方根误差", "RMSE")
    mae: float = field("平均绝对误差", "MAE")
    rmse_last: float = field("沿用最近读数的均方根误差", "RMSE of the last reading")
    mae_last: float = field("沿用最近读数的平均绝对误差", "MAE of the last reading")
    rmse_usual: float = field("常值的均方根误差", "RMSE of the usual reading")
    skill: float = field(
        "技巧评分",
        "Skill",
        description=Text(zh="大于 0 为优于沿用最近读数。", en="Above 0 is better than the last reading."),
    )
    covered: float = field("区间覆盖率", "Readings in the interval", unit="1")
    better: bool = field("显著优于沿用最近读数", "Better than the last reading beyond chance")


class ForecastOutputs(Outputs):
    """How far the forecast can be trusted; the forecast itself is the layer."""

    now: datetime = field("预测时刻", "Now")
    detectors: int = field("检测器", "Detectors")
    alive: int = field("此刻有读数", "Read at this time")
    dead: tuple[str, ...] = field(
        "此刻无读数的检测器", "Detectors without a reading",
        description=Text(
            zh="由其他检测器推得；至多列出 100 个。", en="Forecast from the others; 100 listed at most."
        ),
    )  # fmt: skip
    not_forecast: int = field("历史不足而未预测", "Without enough history, not forecast")
    learnt_from: int = field("训练时刻数", "Times learnt from")
    step_min: int = field("步长", "Step", unit="min")
    backtest: tuple[Row, ...] = field("回测", "Backtest")
    useful_to_min: int = field(
        "可用提前量", "Useful up to", unit="min",
        description=Text(
            zh="显著优于沿用最近读数的最大提前量；0 表示无。",
            en="The farthest that is better than the last reading beyond chance; 0 for none.",
        ),
    )  # fmt: skip
    notes_zh: tuple[str, ...] = field("提示", "Notes (Chinese)", ())
    notes_en: tuple[str, ...] = field("提示（英文）", "Notes", ())
    verdict_zh: str = field("结论", "Verdict (Chinese)")
    verdict_en: str = field("结论（英文）", "Verdict")


@process(
    name="traffic-forecast",
    version="1.0.0",
    title=Text(zh="交通短时预测", en="Traffic forecast"),
    description=Text(
        zh="由检测器历史预测未来 15 至 60 分钟的速度或流量，附区间；每次都用历史末段回测，并说明是否优于沿用最近读数；"
        "无读数的检测器由其他检测器推得。",
        en="Speeds or flows of the next 15 to 60 minutes from the detectors' history, with intervals; each answer carries a "
        "backtest on the end of the history and says whether it beats the last reading; dead detectors are forecast from the others.",
    ),
    inputs=ForecastInputs,
    outputs=ForecastOutputs,
    example={"quantity": "speed", "ahead_min": 60},
    reads=(*LAYERS, "road_link"),
    writes=("traffic_forecast", "traffic_forecast_backtest"),
)
def traffic_forecast(inputs: ForecastInputs, run: RunContext) -> ForecastOutputs:
    """Train on the history up to now, forecast from it. Raises TWIN-649 (nothing observed), TWIN-744 (its
    interval), TWIN-646 (steps longer than an hour), TWIN-647, TWIN-648."""
    from twin.engines.traffic.forecast.backtest import train
    from twin.engines.traffic.forecast.problems import silent
    from twin.engines.traffic.forecast.series import Series

    seen = observed(run, inputs.at, inputs.history_days, inputs.utc_offset_h)
    values = seen.speed if inputs.quantity == "speed" else seen.flow
    known = np.isfinite(values).sum(0) >= NEEDED_READINGS
    if not known.any():
        raise silent()
    run.progress(0.05, "训练预测模型", "training the forecast")

    def report(share: float) -> None:
        run.check()
        run.progress(0.05 + 0.9 * share, "训练预测模型", "training the forecast")

    series = Series(values[:, known], seen.step_min, seen.first_min)
    model = train(series, ahead_min=inputs.ahead_min, seed=run.seed, progress=report)
    told = model.predict(series, np.array([len(values) - 1]))
    _write(inputs, run, seen, np.flatnonzero(known), series, model, told)
    _write_backtest(run, model.backtest)
    return _outputs(inputs, seen, known, model.backtest)


def _shown(test: Backtest, step_min: int) -> list[int]:
    """Positions of the steps that are handed over: every quarter of an hour, the last in any case."""
    every = max(round(SHOWN_MIN / step_min), 1)
    count = test.minutes.size
    return sorted({*range(every - 1, count, every), count - 1})


def _write(
    inputs: ForecastInputs,
    run: RunContext,
    seen: Observed,
    known: NDArray[np.intp],
    series: Series,
    model: Trained,
    told: Prediction,
) -> None:
    test, detectors = model.backtest, seen.detectors
    last = series.values[-1]
    levels = _levels(run, detectors)
    rows: list[tuple[Any, ...]] = []
    shapes = []
    for step in _shown(test, seen.step_min):
        keeps = not test.skill[step] > 0
        for number, who in enumerate(known.tolist()):
            if not model.forecaster.alive[number]:
                continue
            mean, low, high = (float(part[0, step, number]) for part in (told.mean, told.lower, told.upper))
            read = bool(np.isfinite(last[number]))
            if keeps and read:  # nothing was learnt that beats the last reading: then that is the forecast
                low, high = low + last[number] - mean, high + last[number] - mean
                mean = float(last[number])
            begins = seen.start_of_last + timedelta(minutes=float(test.minutes[step]))
            ours, theirs = test.sd[step, number], test.sd_last[step, number]
            rows.append(
                (
                    detectors.code[who],
                    detectors.road_code[who],
                    bool(detectors.forward[who]),
                    PROPERTY[inputs.quantity],
                    UNIT[inputs.quantity],
                    int(test.minutes[step]),
                    *(round(max(v, 0.0), 2) for v in (mean, low, high)),
                    float(last[number]) if read else None,
                    read,
                    _number(ours),
                    _number(theirs),
                    bool(ours < theirs) if np.isfinite([ours, theirs]).all() else None,
                    levels(who, max(mean, 0.0)) if inputs.quantity == "speed" else None,
                    begins,
                    begins + timedelta(minutes=seen.step_min),
                )
            )
            shapes.append(detectors.point[who])
    names = ("detector", "road_code", "forward", "quantity", "unit", "minutes", "expected", "lower", "upper", "last",
             "alive", "rmse", "rmse_last", "better", "level", "valid_from", "valid_to")  # fmt: skip
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    run.write_features("traffic_forecast", Features(columns, np.array(shapes, dtype=object)))


def _number(value: float) -> float | None:
    return round(float(value), 3) if np.isfinite(value) else None


def _levels(run: RunContext, detectors: Detectors) -> Any:
    """A function (detector, speed) -> level of congestion, None on roads that are not known."""
    found = run.features("road_link", columns=["code", "class", "free_speed"]).columns
    roads = {
        code: (kind, free)
        for code, kind, free in zip(found["code"], found["class"], found["free_speed"], strict=True)
    }

    def level(who: int, speed: float) -> str | None:
        kind, free = roads.get(detectors.road_code[who], (None, None))
        if kind is None or not free:
            return None
        return LEVELS[int(rules().link_levels(np.array([speed]), np.array([float(free)]), [kind])[0])]

    return level


def _rows(test: Backtest) -> list[Row]:
    return [
        Row(
            minutes=int(test.minutes[i]),
            rmse=round(float(test.rmse[i]), 3),
            mae=round(float(test.mae[i]), 3),
            rmse_last=round(float(test.rmse_last[i]), 3),
            mae_last=round(float(test.mae_last[i]), 3),
            rmse_usual=round(float(test.rmse_usual[i]), 3),
            skill=round(float(test.skill[i]), 3),
            covered=round(float(test.covered[i]), 3),
            better=bool(test.better[i]),
        )
        for i in range(test.minutes.size)
    ]


def _write_backtest(run: RunContext, test: Backtest) -> None:
    told = [row.model_dump() | {"origins": test.origins} for row in _rows(test)]
    run.write_features(
        "traffic_forecast_backtest", Features({name: [row[name] for row in told] for name in told[0]}, None)
    )


def _outputs(
    inputs: ForecastInputs, seen: Observed, known: NDArray[np.bool_], test: Backtest
) -> ForecastOutputs:
    values = seen.speed if inputs.quantity == "speed" else seen.flow
    silent = known & ~np.isfinite(values[-1])
    shown = _shown(test, seen.step_min)
    useful = max((int(test.minutes[i]) for i in shown if test.better[i]), default=0)
    worse = [str(int(test.minutes[i])) for i in shown if not test.better[i]]
    if worse:
        zh = f"提前 {'、'.join(worse)} 分钟的预测不优于沿用最近读数。"
        en = f"At {', '.join(worse)} min the forecast is no better than keeping the last reading."
    else:
        zh, en = (
            "各提前量的预测均显著优于沿用最近读数。",
            "The forecast beats the last reading at every step shown.",
        )
    return ForecastOutputs(
        now=seen.end,
        detectors=len(seen.detectors),
        alive=int((known & np.isfinite(values[-1])).sum()),
        dead=tuple(seen.detectors.code[i] for i in np.flatnonzero(silent).tolist()[:100]),
        not_forecast=int((~known).sum()),
        learnt_from=len(values),
        step_min=seen.step_min,
        backtest=tuple(_rows(test)),
        useful_to_min=useful,
        notes_zh=tuple(note.zh for note in notes(seen)),
        notes_en=tuple(note.en for note in notes(seen)),
        verdict_zh=zh,
        verdict_en=en,
    )

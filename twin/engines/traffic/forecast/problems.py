"""Refusals of the forecast."""

from __future__ import annotations

from twin.errors import TwinError


def faulty(name: str, zh: str, en: str) -> TwinError:
    """TWIN-646: an argument of the engine that cannot be."""
    return TwinError(
        "TWIN-646",
        f"交通预测的 {name} 有误：{zh}。",
        f"Traffic forecast: {name} {en}.",
        status=422,
        where=name,
    )


def too_short(times: int, needed: int) -> TwinError:
    """TWIN-647: too little history to learn from."""
    return TwinError(
        "TWIN-647",
        f"历史数据只有 {times} 个时刻，至少需要 {needed} 个；请延长历史时段。",
        f"The history has {times} times, {needed} are needed; take a longer period.",
        status=422,
        where="history",
    )


def silent() -> TwinError:
    """TWIN-648: no detector has enough readings."""
    return TwinError(
        "TWIN-648",
        "没有检测器具备足够的读数（至少一成时刻）；请检查观测数据或更换观测量。",
        "No detector has enough readings (a tenth of the times at least); check the observations or take another quantity.",
        status=422,
        where="observations",
    )

"""What a run with sewers tells of them."""

from __future__ import annotations

from pydantic import ConfigDict

from twin.processes.models import Value, field, titled
from twin.text import Text


class SewerOutputs(Value):
    """The sewers' account, and what had to be mended in the network."""

    model_config = ConfigDict(json_schema_extra=titled("管网结果", "Sewers"))

    nodes: int = field("节点数", "Nodes")
    pipes: int = field("管段数", "Pipes")
    openings: int = field("与地面相通的节点数", "Nodes open to the surface")
    inflow_m3: float = field("进入管网水量", "Taken in from the surface", unit="m3")
    overflow_m3: float = field("溢出水量", "Spilled to the surface", unit="m3")
    outflow_m3: float = field("排放口出流量", "Left through outfalls", unit="m3")
    to_surface_m3: float = field(
        "排放口排到地面水量", "Brought to the surface by outfalls", 0.0, unit="m3",
        description=Text(zh="扣除倒灌；已计入排放口出流量。", en="Less what ran back in; part of what left through outfalls."),
    )  # fmt: skip
    stored_m3: float = field("管网终了蓄水量", "Final storage in the sewers", unit="m3")
    overflowing_manholes: int = field("溢流井数", "Manholes that spilled")
    full_pipes: int = field("满管管段数", "Pipes that ran full")
    pumped_m3: dict[str, float] = field(
        "泵站提升水量（按编号）", "Lifted by pump stations, by code", {}, unit="m3"
    )
    booking_error: float = field("两侧交换量之差", "Exchange booked, surface less sewers", unit="1")
    continuity_error_percent: float = field("SWMM 连续性误差", "SWMM's own continuity error", unit="%")
    mended: dict[str, int] = field("管网修补（按类计数）", "Mended in the network, by kind", {})

"""The standing now-cast: at every interval the newest rain starts a flood from the last one's state."""

from twin.jobs.nowcast.cycle import Told, cycle
from twin.jobs.nowcast.loop import serve
from twin.jobs.nowcast.plan import Plan

__all__ = ["Plan", "Told", "cycle", "serve"]

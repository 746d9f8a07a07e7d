"""Two-dimensional surface flood: rain, rivers and breaches over terrain (numpy, scipy, numba only).

Names are found when they are first used (PEP 562): who only declares inputs does not load the compiler.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.engines.flood.buildings import nearest_open, raise_buildings
    from twin.engines.flood.chance import exceedance, quantile
    from twin.engines.flood.exchange import Sewers
    from twin.engines.flood.frames import Frames, View
    from twin.engines.flood.froude import Regime, regime
    from twin.engines.flood.hazard import classes, rating
    from twin.engines.flood.inputs import (
        Boundary,
        CurveNumber,
        Domain,
        Edge,
        GreenAmpt,
        Horton,
        Inflow,
        Rain,
        Solver,
    )
    from twin.engines.flood.links import Culvert, Link, LinkSeries, Pump, Rule, Weir
    from twin.engines.flood.openings import Coefficients, Opening, Outlet, patch
    from twin.engines.flood.outputs import Gauges, Ledger, Result, Sections
    from twin.engines.flood.problems import Cancelled, FloodInputError
    from twin.engines.flood.rain import chicago, storm_intensity
    from twin.engines.flood.sections import Section
    from twin.engines.flood.sewer_result import SewerResult
    from twin.engines.flood.simulation import simulate
    from twin.engines.flood.snapshot import Snapshot
    from twin.engines.flood.solver import Run

__all__ = [
    "Boundary",
    "Cancelled",
    "Coefficients",
    "Culvert",
    "CurveNumber",
    "Domain",
    "Edge",
    "FloodInputError",
    "Frames",
    "Gauges",
    "GreenAmpt",
    "Horton",
    "Inflow",
    "Ledger",
    "Link",
    "LinkSeries",
    "Opening",
    "Outlet",
    "Pump",
    "Rain",
    "Regime",
    "Result",
    "Rule",
    "Run",
    "Section",
    "Sections",
    "SewerResult",
    "Sewers",
    "Snapshot",
    "Solver",
    "View",
    "Weir",
    "chicago",
    "classes",
    "exceedance",
    "nearest_open",
    "patch",
    "quantile",
    "raise_buildings",
    "rating",
    "regime",
    "simulate",
    "storm_intensity",
]  # fmt: skip

_HOME = {
    "buildings": ("nearest_open", "raise_buildings"),
    "chance": ("exceedance", "quantile"),
    "exchange": ("Sewers",),
    "froude": ("Regime", "regime"),
    "frames": ("Frames", "View"),
    "hazard": ("classes", "rating"),
    "inputs": (
        "Boundary",
        "CurveNumber",
        "Domain",
        "Edge",
        "GreenAmpt",
        "Horton",
        "Inflow",
        "Rain",
        "Solver",
    ),
    "links": ("Culvert", "Link", "LinkSeries", "Pump", "Rule", "Weir"),
    "openings": ("Coefficients", "Opening", "Outlet", "patch"),
    "outputs": ("Gauges", "Ledger", "Result", "Sections"),
    "problems": ("Cancelled", "FloodInputError"),
    "rain": ("chicago", "storm_intensity"),
    "sections": ("Section",),
    "sewer_result": ("SewerResult",),
    "simulation": ("simulate",),
    "snapshot": ("Snapshot",),
    "solver": ("Run",),
}
_MODULE = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_MODULE[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""Two-dimensional surface flood: rain, rivers and breaches over terrain (numpy, scipy, numba only)."""

from twin.engines.flood.buildings import nearest_open, raise_buildings
from twin.engines.flood.chance import exceedance, quantile
from twin.engines.flood.exchange import SewerResult, Sewers
from twin.engines.flood.frames import Frames, View
from twin.engines.flood.hazard import classes, rating
from twin.engines.flood.inputs import Boundary, CurveNumber, Domain, Edge, GreenAmpt, Horton, Inflow, Rain
from twin.engines.flood.links import Culvert, Link, LinkSeries, Pump, Rule, Weir
from twin.engines.flood.openings import Coefficients, Opening, Outlet, patch
from twin.engines.flood.outputs import Gauges, Ledger, Result, Sections
from twin.engines.flood.problems import Cancelled, FloodInputError
from twin.engines.flood.rain import chicago, storm_intensity
from twin.engines.flood.regime import Regime, regime
from twin.engines.flood.sections import Section
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

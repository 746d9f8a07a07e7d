"""Two-dimensional surface flood: rain, rivers and breaches over terrain (numpy, scipy, numba only)."""

from twin.engines.flood.buildings import nearest_open, raise_buildings
from twin.engines.flood.hazard import classes, rating
from twin.engines.flood.inputs import Boundary, CurveNumber, Domain, Edge, GreenAmpt, Horton, Inflow, Rain
from twin.engines.flood.outputs import Gauges, Ledger, Result
from twin.engines.flood.problems import Cancelled, FloodInputError
from twin.engines.flood.rain import chicago, storm_intensity
from twin.engines.flood.solver import Run, simulate

__all__ = [
    "Boundary", "Cancelled", "CurveNumber", "Domain", "Edge", "FloodInputError", "Gauges", "GreenAmpt",
    "Horton", "Inflow", "Ledger", "Rain", "Result", "Run", "chicago", "classes", "nearest_open",
    "raise_buildings", "rating", "simulate", "storm_intensity",
]  # fmt: skip

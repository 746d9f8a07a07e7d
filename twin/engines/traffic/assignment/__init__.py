"""Assignment of trips to a road network: equilibrium of users to machine precision, system optimum, closures.

``assign(network, demands)`` gives an ``Equilibrium``, ``close`` another from it with links closed or slowed, ``rank`` the
links whose closure costs most. What is compiled is loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from twin.engines.traffic.assignment.demand import Demand
from twin.engines.traffic.assignment.equilibrium import (
    Aim,
    CutOff,
    Equilibrium,
    Iteration,
    Selection,
    Turns,
)
from twin.engines.traffic.assignment.problems import AssignmentInputError, Cancelled, NetworkRefused

if TYPE_CHECKING:
    from twin.engines.traffic.assignment.closures import Ranked, added_time, close, rank
    from twin.engines.traffic.assignment.solve import assign

__all__ = [
    "Aim",
    "AssignmentInputError",
    "Cancelled",
    "CutOff",
    "Demand",
    "Equilibrium",
    "Iteration",
    "NetworkRefused",
    "Ranked",
    "Selection",
    "Turns",
    "added_time",
    "assign",
    "close",
    "rank",
]

_COMPILED = {
    "Ranked": "closures",
    "added_time": "closures",
    "assign": "solve",
    "close": "closures",
    "rank": "closures",
}


def __getattr__(name: str) -> Any:
    if name not in _COMPILED:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_COMPILED[name]}"), name)

"""Sewers: EPA SWMM 5.2 through its shared library; it knows nothing of the surface (see `twin.engines.flood.exchange`)."""

from twin.engines.sewers.inp import Inp, write
from twin.engines.sewers.model import Sewer
from twin.engines.sewers.network import Conduit, Network, Node, Outfall, Pump
from twin.engines.sewers.outputs import LinkTable, NodeTable, SewerAccount
from twin.engines.sewers.problems import SewerEngineError, SewerInputError

__all__ = [
    "Conduit", "Inp", "LinkTable", "Network", "Node", "NodeTable", "Outfall", "Pump", "Sewer", "SewerAccount",
    "SewerEngineError", "SewerInputError", "write",
]  # fmt: skip

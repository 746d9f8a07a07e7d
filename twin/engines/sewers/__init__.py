"""Sewers: EPA SWMM 5.2 through its shared library; it knows nothing of the surface (see `twin.engines.flood.exchange`).

What computes is loaded when it is first used (PEP 562): who only describes a network does not load the compiler.
"""

from typing import TYPE_CHECKING, Any

from twin.engines.sewers.inp import Inp, write
from twin.engines.sewers.network import Conduit, Network, Node, Outfall, Pump
from twin.engines.sewers.outputs import LinkTable, NodeTable, SewerAccount
from twin.engines.sewers.problems import SewerEngineError, SewerInputError

if TYPE_CHECKING:
    from twin.engines.sewers.model import Sewer

__all__ = [
    "Conduit", "Inp", "LinkTable", "Network", "Node", "NodeTable", "Outfall", "Pump", "Sewer", "SewerAccount",
    "SewerEngineError", "SewerInputError", "write",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name != "Sewer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from twin.engines.sewers.model import Sewer

    return Sewer

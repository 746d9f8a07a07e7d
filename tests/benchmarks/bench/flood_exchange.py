"""What the exchange with SWMM costs a node: heads read and inflows written through its library."""

from __future__ import annotations

import time

import numpy as np

from bench.table import Table
from twin.engines.sewers import Conduit, Network, Node, Outfall, Sewer

SIDE, ROUNDS = 50, 400


def measure(table: Table) -> None:
    """Microseconds of CPU a node and exchange, on a network of 2,500 manholes; best of five rounds of 400."""
    with Sewer.of(_network(), step_s=5.0, duration_s=600.0) as sewer:
        nodes = sewer.number([f"n{i}" for i in range(SIDE * SIDE)])
        sewer.prepare(nodes)
        sewer.start()
        flow = np.zeros(nodes.size)
        sewer.set_inflows(nodes, flow)
        sewer.heads(nodes)  # compile
        best = min(_round(sewer, nodes, flow) for _ in range(5))
    table.add("flood, SWMM: head read, inflow written, a node", f"{best:.3f} µs", "<= 0.05 µs", best <= 0.05)
    table.figures["flood_exchange_us"] = best


def _round(sewer: Sewer, nodes: np.ndarray, flow: np.ndarray) -> float:
    began = time.process_time()
    for _ in range(ROUNDS):
        sewer.heads(nodes)
        sewer.set_inflows(nodes, flow)
    return (time.process_time() - began) / (ROUNDS * nodes.size) * 1e6


def _network() -> Network:
    """Lines of manholes 50 m apart that fall to one trunk, and the trunk to an outfall."""
    nodes, pipes = [], []
    for row in range(SIDE):
        for col in range(SIDE):
            here = row * SIDE + col
            nodes.append(Node(f"n{here}", _bottom(row, col), 3.0))
            below = f"n{here - 1}" if col else f"n{here - SIDE}" if row else "out"
            end = _bottom(row, col - 1) if col else _bottom(row - 1, 0)
            pipes.append(Conduit(f"p{here}", f"n{here}", below, 50.0, 0.8, _bottom(row, col), end))
    return Network(tuple(nodes), (Outfall("out", _bottom(-1, 0)),), tuple(pipes))


def _bottom(row: int, col: int) -> float:
    return 10.0 + 0.1 * (row + col)

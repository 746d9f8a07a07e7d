"""How long manholes and pipes were full, in seconds whatever unit SWMM counts in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from twin.engines.sewers import Conduit, Network, Node, Outfall, Sewer

if TYPE_CHECKING:
    from collections.abc import Iterator

NARROW = Network(
    nodes=(Node("a", 2.0, 6.0), Node("b", 1.8, 6.0)),
    outfalls=(Outfall("out", 1.6),),
    conduits=(
        Conduit("wide", "a", "b", 40.0, 1.0, start_invert=2.0, end_invert=1.8),
        Conduit("narrow", "b", "out", 40.0, 0.2, start_invert=1.8, end_invert=1.6),
    ),
)
HOUR = 3600.0


@pytest.fixture(scope="module")
def ran() -> Iterator[Sewer]:
    """Two hours of more water than the lower pipe takes for the first of them."""
    with Sewer.of(NARROW, step_s=5.0, duration_s=2 * HOUR) as sewer:
        top = sewer.number(["a"])
        sewer.start()
        while sewer.time_s < 2 * HOUR - 6.0:
            sewer.set_inflows(top, np.array([0.15 if sewer.time_s < HOUR else 0.0]))
            sewer.step()
        yield sewer


def test_pipes_and_manholes_tell_how_long_they_were_full(ran: Sewer) -> None:
    links, nodes = ran.link_table(), ran.node_table()
    narrow = links.names.index("narrow")
    assert links.max_depth[narrow] == pytest.approx(0.2)
    assert 0.5 * HOUR < links.full_s[narrow] < 1.6 * HOUR
    assert 0.5 * HOUR < nodes.surcharged_s[nodes.names.index("b")] < 1.6 * HOUR

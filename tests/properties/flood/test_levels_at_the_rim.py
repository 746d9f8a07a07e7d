"""A held level lets in what it books, on every side and along every outline, over ground that is dry at first."""

from __future__ import annotations

import numpy as np
import pytest

from twin.engines.flood import Boundary, Domain, Edge, FloodInputError, simulate
from twin.engines.flood.inputs import Side

TIMES, LEVELS = np.array([0.0, 600.0]), np.array([10.0, 10.6])


def ground(rows: int, cols: int) -> np.ndarray:
    return 10.0 + 0.005 * (np.arange(cols)[None, :] + np.arange(rows)[:, None])


@pytest.mark.parametrize("side", ["west", "east", "north", "south"])
@pytest.mark.parametrize("shape", [(16, 32), (21, 45), (40, 60)])
def test_every_side_closes_its_account(side: Side, shape: tuple[int, int]) -> None:
    """Also where the rim does not fall on the rim of a tile, so that cells beside the grid lie in a tile."""
    boundary = Boundary((Edge(side, "level", times_s=TIMES, values=LEVELS),))
    out = simulate(Domain(ground(*shape), 5.0, 0.03), boundary=boundary, duration_s=7200.0, threads=1)
    assert abs(out.ledger.relative_error) < 1e-6
    assert out.level[out.depth > 0.01] == pytest.approx(10.6, abs=0.03)


def test_an_outline_holds_a_level_where_it_is_asked_to() -> None:
    """Two holes in the ground: a sea that rises, and a rock that lets nothing through."""
    z = ground(40, 60)
    sea, rock = np.zeros(z.shape, bool), np.zeros(z.shape, bool)
    sea[12:28, 20:40], rock[5:9, 45:55] = True, True
    z[sea | rock] = np.nan
    edge = Edge("outline", "level", times_s=TIMES, values=LEVELS, within=sea)
    out = simulate(Domain(z, 5.0, 0.03), boundary=Boundary((edge,)), duration_s=14_400.0, threads=1)
    assert abs(out.ledger.relative_error) < 1e-6
    assert out.level[out.depth > 0.01] == pytest.approx(10.6, abs=0.02)
    assert out.ledger.boundary_in > 1000.0
    none = Edge("outline", "level", times_s=TIMES, values=LEVELS, within=np.zeros(z.shape, bool))
    dry = simulate(Domain(z, 5.0, 0.03), boundary=Boundary((none,)), duration_s=600.0, threads=1)
    assert dry.ledger.boundary_in == 0.0


def test_an_outline_is_refused_where_it_cannot_be() -> None:
    z = ground(16, 32)
    wrong = Edge("outline", "level", times_s=TIMES, values=LEVELS, within=np.zeros((3, 3), bool))
    for edge in (wrong, Edge("outline", "discharge", times_s=TIMES, values=LEVELS)):
        with pytest.raises(FloodInputError, match="boundary"):
            simulate(Domain(z, 5.0, 0.03), boundary=Boundary((edge,)), duration_s=60.0)

"""Walls keep water in, openings let it through, whatever way the line runs across the grid."""

from __future__ import annotations

import numpy as np
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from twin.city.breakline import band, crossed, hold, let, thinned

SHAPE = (40, 50)
GRID = Affine(2.0, 0.0, 1000.0, 0.0, -2.0, 5000.0)
FACES = ndimage.generate_binary_structure(2, 1)
TOUCH = ndimage.generate_binary_structure(2, 2)
X = st.one_of(st.floats(1006.0, 1094.0), st.integers(503, 547).map(lambda i: 2.0 * i))  # on grid lines too
Y = st.one_of(st.floats(4926.0, 4994.0), st.integers(2463, 2497).map(lambda i: 2.0 * i))
POINTS = st.lists(st.tuples(X, Y), min_size=3, max_size=8, unique=True)


@settings(max_examples=300, deadline=None)
@given(points=POINTS)
def test_a_ring_of_wall_holds_water_both_ways(points: list[tuple[float, float]]) -> None:
    ring = shapely.LineString([*points, points[0]])
    wall = band(ring, 0.0, GRID, SHAPE, tight=True)
    dry, _ = ndimage.label(~wall, structure=FACES)
    centres = shapely.points(
        *(GRID @ (np.arange(SHAPE[1])[None, :] + 0.5, np.arange(SHAPE[0])[:, None] + 0.5))
    )
    inside, _ = ndimage.label(~wall, structure=FACES)
    for area in shapely.get_parts(shapely.polygonize([shapely.node(ring)])):
        far = shapely.contains(shapely.buffer(area, -3.0), centres) & ~wall
        assert not np.isin(inside[far], dry[0, 0]).any(), "water of outside stands inside"


@settings(max_examples=300, deadline=None)
@given(points=POINTS)
def test_the_chain_is_one_piece_and_touches_the_line_only(points: list[tuple[float, float]]) -> None:
    line = shapely.LineString(points)
    rows, cols = crossed(line, GRID, SHAPE)
    steps = np.abs(np.diff(rows)) + np.abs(np.diff(cols))
    assert (steps == 1).all()
    x, y = GRID @ (cols, rows)
    boxes = shapely.box(x, y - 2.0, x + 2.0, y)
    assert (shapely.distance(boxes, line) < 1e-6).all()
    thin = np.zeros(SHAPE, bool)
    thin[thinned(rows, cols)] = True
    assert ndimage.label(thin, structure=TOUCH)[1] == 1
    assert thin.sum() <= len(set(zip(rows.tolist(), cols.tolist(), strict=True)))


def test_a_line_that_leaves_the_grid_is_cut() -> None:
    rows, cols = crossed(shapely.LineString([(900.0, 4999.0), (1300.0, 4999.0)]), GRID, SHAPE)
    assert rows.tolist() == [0] * 50
    assert cols.tolist() == list(range(50))
    assert crossed(shapely.LineString([(0.0, 0.0), (10.0, 10.0)]), GRID, SHAPE)[0].size == 0


def test_width_takes_the_cells_it_covers() -> None:
    line = shapely.LineString([(1010.0, 4961.0), (1090.0, 4961.0)])
    assert band(line, 1.0, GRID, SHAPE, tight=True).any(axis=1).sum() == 1
    assert band(line, 6.0, GRID, SHAPE, tight=True).any(axis=1).sum() == 3


def test_crest_and_bottom_never_work_against_their_purpose() -> None:
    z = np.array([[1.0, 5.0, np.nan]])
    cells = np.array([[True, True, True]])
    assert hold(z, cells, 3.0, None)[0, :2].tolist() == [3.0, 5.0]
    assert hold(z, cells, None, 0.5)[0, :2].tolist() == [1.5, 5.5]
    assert let(z, cells, 3.0, None)[0, :2].tolist() == [1.0, 3.0]
    assert let(z, cells, None, 0.5)[0, :2].tolist() == [0.5, 4.5]
    for out in (hold(z, cells, 3.0, None), let(z, cells, None, 1.0)):
        assert np.isnan(out[0, 2]), "outside stays outside"
    assert hold(z, cells, None, None) is z

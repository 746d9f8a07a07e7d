"""Crash data of others."""

from __future__ import annotations

import numpy as np
import pytest

from tests.verification.report import at_hand

LONDON = (-0.51, 51.28, 0.33, 51.69)


@pytest.fixture(scope="session")
def britain() -> np.ndarray:
    """140,029 injury crashes of Great Britain (DfT, Open Government Licence): longitude, latitude."""
    path = at_hand("traffic", "accidents", "uk_heatmap-data.csv")
    points = np.genfromtxt(path, delimiter=",", skip_header=1)
    return np.asarray(points[np.isfinite(points).all(1)])


@pytest.fixture(scope="session")
def london(britain: np.ndarray) -> np.ndarray:
    """The 28,608 of them in London: easting and northing (EPSG:27700, m)."""
    from pyproj import Transformer

    west, south, east, north = LONDON
    lon, lat = britain.T
    inside = britain[(lon > west) & (lon < east) & (lat > south) & (lat < north)]
    assert len(inside) == 28_608
    return np.column_stack(Transformer.from_crs(4326, 27700, always_xy=True).transform(*inside.T))

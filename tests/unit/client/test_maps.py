"""Rasters are drawn in the colours of their layer's steps, the highest ones included."""

from __future__ import annotations

import numpy as np
import pytest


def test_the_last_step_has_its_own_colour() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    import xarray as xr
    from matplotlib import pyplot as plt

    from twin.client.maps import _draw_raster

    stops = [
        {"value": 0.05, "colour": "#0000ff"},
        {"value": 0.8, "colour": "#00ff00"},
        {"value": 0.95, "colour": "#ff0000"},
    ]
    told = {"style": {"stops": stops}, "title": "p", "unit": "1"}
    array = xr.DataArray(
        np.array([[0.0, 0.1], [0.9, 1.0]], np.float32),
        dims=("y", "x"),
        coords={"y": [1.0, 0.0], "x": [0.0, 1.0]},
    )
    figure, axes = plt.subplots()
    _draw_raster(array, told, axes, legend=False)
    drawn = axes.images[0]
    shade = drawn.cmap(drawn.norm(drawn.get_array()))
    plt.close(figure)
    assert np.allclose(shade[0, 1, :3], (0, 0, 1))
    assert np.allclose(shade[1, 0, :3], (0, 1, 0))
    assert np.allclose(shade[1, 1, :3], (1, 0, 0))  # certain: 0.95 in single precision lies below the step

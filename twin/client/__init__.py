"""The city in a notebook: layers as GeoDataFrames, rasters as xarray, runs with a progress bar, maps.

>>> city = connect("http://127.0.0.1:8000", key="twin_...")
>>> city.layer("building", bbox=(114.0, 30.5, 114.1, 30.6), titles=True)
>>> run = city.run("flood", storm={"kind": "design", "return_period_a": 50})
>>> city.plot(run.raster("flood_depth"))

Speaks HTTP only. What the service refuses comes as ``twin.errors.TwinError`` with its code and text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.client.city import Twin
from twin.client.run import Run

if TYPE_CHECKING:
    from twin.text import Language

__all__ = ["Run", "Twin", "connect"]


def connect(url: str, key: str | None = None, language: Language = "zh", timeout_s: float = 120.0) -> Twin:
    """A client for the service at ``url``; without ``key`` it asks anonymously. Titles come in ``language``.

    Raises TWIN-590 (503) when nothing answers there, TWIN-401 for a key that is not valid.
    """
    twin = Twin(url, key, language, timeout_s)
    twin.get("/layers")
    return twin

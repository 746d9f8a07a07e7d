"""Maps as PNG: the water in the colours of its layer over a quiet drawing of rivers, roads and buildings."""

from __future__ import annotations

import base64
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from twin.files import cog

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from twin.catalog.spec import Layer
    from twin.processes.flood.report.facts import Row

type Box = tuple[float, float, float, float]

PAPER, RIVER, ROAD, STREET, HOUSE, EDGE = "#f6f4ee", "#bcd9ec", "#ffffff", "#fbfaf6", "#ddd6c9", "#c9c0b0"
WIDE = {"motorway": 14.0, "expressway": 12.0, "arterial": 10.0, "secondary": 8.0, "highway": 8.0}
STREET_M = 5.0
OPACITY = 0.88


class Sheet:
    """A drawing of ``bounds`` (metres), ``width`` pixels wide."""

    def __init__(self, bounds: Box, width: int) -> None:
        self.bounds = bounds
        self.scale = width / (bounds[2] - bounds[0])  # pixels a metre
        self.size = (width, max(1, round((bounds[3] - bounds[1]) * self.scale)))
        self.image = Image.new("RGB", self.size, PAPER)

    def place(self, points: Any) -> list[tuple[float, float]]:
        """Pixels of points in metres."""
        return [((x - self.bounds[0]) * self.scale, (self.bounds[3] - y) * self.scale) for x, y, *_ in points]

    def areas(self, rows: list[Row], fill: str, outline: str | None = None) -> None:
        pen = ImageDraw.Draw(self.image)
        for row in rows:
            for rings in _polygons(json.loads(row["geojson"])):
                pen.polygon(self.place(rings[0]), fill=fill, outline=outline)

    def lines(self, rows: list[Row]) -> None:
        """Roads, the lesser ones first, as wide as they are."""
        pen = ImageDraw.Draw(self.image)
        for row in sorted(rows, key=lambda row: WIDE.get(row["class"] or "", 0.0)):
            broad = WIDE.get(row["class"] or "", STREET_M)
            shape = json.loads(row["geojson"])
            parts = shape["coordinates"] if shape["type"] == "MultiLineString" else [shape["coordinates"]]
            for part in parts:
                width = max(1, round(broad * self.scale * 1.5))
                pen.line(
                    self.place(part), fill=ROAD if broad > STREET_M else STREET, width=width, joint="curve"
                )

    def water(self, values: NDArray[np.float32], layer: Layer) -> None:
        """Cells in the colours of the layer's stops; those below the first stop stay as they are."""
        rows = np.arange(self.size[1]) * values.shape[0] // self.size[1]
        columns = np.arange(self.size[0]) * values.shape[1] // self.size[0]
        cells = values[rows[:, None], columns]
        stops = layer.style.stops
        index = np.searchsorted([stop.value for stop in stops], np.nan_to_num(cells, nan=-1e9), side="right")
        shades = np.array([(0, 0, 0), *(ImageColor.getrgb(stop.colour) for stop in stops)], np.float32)
        under = np.asarray(self.image, np.float32)
        mixed = OPACITY * shades[index] + (1 - OPACITY) * under
        shown = np.where((index > 0)[..., None], mixed, under)
        self.image = Image.fromarray(np.round(shown).astype(np.uint8))

    def png(self) -> str:
        """As a data address for an ``img``."""
        out = io.BytesIO()
        picture = self.image.quantize(128, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        picture.save(out, "PNG", optimize=False, compress_level=6)
        return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode("ascii")


def draw(
    path: Path, layer: Layer, bounds: Box, ground: dict[str, list[Row]], width: int, *, houses: bool = True
) -> tuple[str, Sheet]:
    """The map of one raster over the ground that the reader may see."""
    sheet = Sheet(bounds, width)
    if houses:
        sheet.lines(ground.get("road_link", []))
        sheet.areas(ground.get("building", []), HOUSE, EDGE)
    values, _ = cog.read(path, bounds, (sheet.size[1], sheet.size[0]))
    sheet.water(values, layer)
    sheet.areas(ground.get("land_use", []), RIVER)
    return sheet.png(), sheet


def _polygons(shape: dict[str, Any]) -> list[Any]:
    if shape["type"] == "MultiPolygon":
        return list(shape["coordinates"])
    return [shape["coordinates"]] if shape["type"] == "Polygon" else []

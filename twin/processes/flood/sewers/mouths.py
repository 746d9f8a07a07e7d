"""Where the network opens to the streets: gullies on roads, lids elsewhere, the sumps of stations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.city.surface import burn, extent
from twin.engines.flood import Opening

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from twin.processes.context import RunContext
    from twin.processes.flood.ground import Ground
    from twin.processes.flood.sewers.asked import Sewerage
    from twin.processes.flood.sewers.survey import Place

REACH_M = 15.0  # a gully lies at the lowest open cell of the road this near its manhole
SUMP_REACH_M = 60.0  # a station's inlet at the lowest one this near the station
WIDTH_M = 7.0  # of a road that does not tell its own
GRATE_M2, RIM_M = 0.15, 1.65  # open area and free edge of a gully of 0.75 x 0.45 m at a kerb
COVER_M2, COVER_RIM_M = 0.2, 1.6  # of a manhole's lid that lifts
SUMP_M2, SUMP_RIM_M = 1.0, 11.0  # of a sump's inlet for each m3/s of its pumps: 1 m/s, a weir under 15 cm
MOST_GULLIES = 10
FAR_M = 1.0  # a rim that stands this far off the terrain is told of
SPILL_ONLY = 1e-6  # m3/s: a lid lets water out, none in


def roads(run: RunContext, ground: Ground) -> NDArray[np.bool_]:
    """Cells of carriageways on the ground, (rows, cols)."""
    shape = ground.domain.z.shape
    links = run.features(
        "road_link", columns=["width", "bridge", "tunnel"], bbox=extent(ground.transform, shape)
    )
    c = links.columns
    cell = ground.domain.cell  # a narrow road is as wide as a cell
    kept = [i for i in range(len(links.shapes)) if not (c["bridge"][i] or c["tunnel"][i])]
    areas = [
        links.shapes[i].buffer(0.5 * max(c["width"][i] or WIDTH_M, cell), cap_style="flat") for i in kept
    ]
    if not areas:
        return np.zeros(shape, bool)
    return burn(areas, [1] * len(areas), ground.transform, shape, fill=0, dtype="uint8") > 0


class Mouths:
    """The openings of a network on one ground; counts in ``report`` what lies off it."""

    def __init__(
        self, ground: Ground, asked: Sewerage, road: NDArray[np.bool_], report: Counter[str]
    ) -> None:
        self.ground, self.asked, self.report = ground, asked, report
        blocked = ground.domain.blocked
        self.z = np.where(blocked, np.nan, ground.domain.z) if blocked is not None else ground.domain.z
        self.road = road

    def open(self, places: Mapping[str, Place], pipes: Iterable[tuple[str, str, float]]) -> list[Opening]:
        """One opening for each manhole and each station's own sump on open ground.

        ``pipes`` are (start, end, length in m). A manhole on a road has a gully every so many metres of its pipes on
        either side, unless the survey has gullies that lead to it; one off the roads has a single gully.
        """
        served: dict[str, float] = {}
        fed: set[str] = set()
        for start, end, length in pipes:
            served[start] = served.get(start, 0.0) + 0.5 * length
            served[end] = served.get(end, 0.0) + 0.5 * length
            for one, other in ((start, end), (end, start)):
                if one in places and places[one].gully:
                    fed.add(other)
        out = []
        for name, place in places.items():
            if place.outfall or (place.pump is not None and not place.own_sump):
                continue
            made = (
                self._sump(name, place) if place.own_sump else self._manhole(name, place, served, name in fed)
            )
            if made is None:
                self.report["manhole_off_the_ground"] += 1
            else:
                out.append(made)
        return out

    def _manhole(self, name: str, place: Place, served: Mapping[str, float], fed: bool) -> Opening | None:
        found = self.lowest(place, REACH_M, self.road)
        on_road = found is not None
        found = found or self.lowest(place, REACH_M)
        if found is None:
            return None
        if place.ground is not None and abs(place.ground - float(self.z[found])) > FAR_M:
            self.report["rim_off_the_terrain"] += 1
        if fed and not place.gully:
            return Opening(name, *found, area=COVER_M2, width=COVER_RIM_M, capacity=SPILL_ONLY)
        count = 1
        if place.gully:
            self.report["gully_of_the_survey"] += 1
        elif on_road:
            spaced = round(2.0 * served.get(name, 30.0) / self.asked.gully_spacing_m)
            count = int(np.clip(spaced, 2, MOST_GULLIES))
        else:
            self.report["manhole_off_the_roads"] += 1
        return Opening(
            name, *found, area=count * GRATE_M2 + COVER_M2, width=count * RIM_M,
            capacity=max(count * self.asked.gully_l_s / 1000.0, SPILL_ONLY),
        )  # fmt: skip

    def _sump(self, name: str, place: Place) -> Opening | None:
        found = self.lowest(place, SUMP_REACH_M)
        if found is None or place.pump is None:
            return None
        most = place.pump.capacity
        return Opening(name, *found, area=SUMP_M2 * most, width=SUMP_RIM_M * most, capacity=most)

    def lowest(
        self, place: Place, reach_m: float = REACH_M, within: NDArray[np.bool_] | None = None
    ) -> tuple[int, int] | None:
        """The lowest open cell whose centre lies within reach, or the place's own cell; None where there is none."""
        cell = self.ground.domain.cell
        column, row = ~self.ground.transform @ (place.x, place.y)
        i, j = math.floor(row), math.floor(column)
        rows, cols = self.z.shape
        if not (0 <= i < rows and 0 <= j < cols):
            return None
        n = math.ceil(reach_m / cell)
        top, left = max(i - n, 0), max(j - n, 0)
        window = self.z[top : i + n + 1, left : j + n + 1].astype(np.float64)
        r, c = np.indices(window.shape)
        near = np.hypot(r + top + 0.5 - row, c + left + 0.5 - column) * cell <= reach_m
        near |= (r + top == i) & (c + left == j)
        if within is not None:
            near &= within[top : i + n + 1, left : j + n + 1]
        window[~near] = np.nan
        if not np.isfinite(window).any():
            return None
        a, b = np.unravel_index(int(np.nanargmin(window)), window.shape)
        return top + int(a), left + int(b)


def level_at(ground: Ground, x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64]:
    """Level of the ground at points (city CRS); NaN outside."""
    z = ground.domain.z
    columns, rows = ~ground.transform @ (np.asarray(x), np.asarray(y))
    i, j = np.floor(rows).astype(int), np.floor(columns).astype(int)
    inside = (i >= 0) & (i < z.shape[0]) & (j >= 0) & (j < z.shape[1])
    out = np.full(i.shape, np.nan)
    out[inside] = z[i[inside], j[inside]]
    return out

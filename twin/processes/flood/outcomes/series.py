"""Hydrographs: at gauges, through sections, in grid cells and over the whole area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.crs import transformer
from twin.engines.flood import Section
from twin.errors import TwinError
from twin.processes.context import Features
from twin.processes.flood.outcomes.recorder import rounded

if TYPE_CHECKING:
    from affine import Affine
    from numpy.typing import NDArray

    from twin.processes.flood.inputs import FloodInputs
    from twin.processes.flood.outcomes.case import Case
    from twin.processes.flood.outcomes.recorder import Recorder

WRITES = ("flood_series", "flood_gauge", "flood_section")
COLUMNS = ("depth", "level", "discharge", "flooded_area_m2", "volume_m3")
CITY = "city"


def sections(
    inputs: FloodInputs, transform: Affine, shape: tuple[int, ...], srid: int
) -> tuple[Section, ...]:
    """The asked lines in cell coordinates; raises TWIN-536 for one that leaves the area."""
    return tuple(
        Section(asked.name, _cells(asked.line, asked.name, transform, shape, srid))
        for asked in inputs.outcomes.sections
    )


def _cells(
    line: tuple[tuple[float, float], ...], name: str, transform: Affine, shape: tuple[int, ...], srid: int
) -> list[tuple[float, float]]:
    x, y = _placed(line, srid)
    column, row = ~transform @ (x, y)
    if (row < 0).any() or (row > shape[0]).any() or (column < 0).any() or (column > shape[1]).any():
        raise TwinError(
            "TWIN-536",
            f"断面“{name[:80]}”超出计算范围；请截短折线。",
            f'The section "{name[:80]}" leaves the computed area; shorten its line.',
            status=422,
            where="outcomes.sections",
        )
    return [(float(r), float(c)) for r, c in zip(row, column, strict=True)]


def _placed(
    line: tuple[tuple[float, float], ...], srid: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lon, lat = np.asarray(line, np.float64).T
    x, y = transformer(4326, srid).transform(lon, lat)
    return np.asarray(x, np.float64), np.asarray(y, np.float64)


class Rows:
    """Rows of ``flood_series`` as they are gathered."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self.columns: dict[str, list[Any]] = {
            name: [] for name in ("place_kind", "place", "minute", "valid_from", "valid_to", *COLUMNS)
        }

    def add(self, kind: str, place: str, minutes: list[float], **values: Any) -> None:
        """One place's series; each row holds until the next one, the last as long as the one before it."""
        count, at = len(minutes), [self._case.at(minute) for minute in minutes]
        last = at[-1] - at[-2] if count > 1 else self._case.at(1.0) - self._case.start
        into = self.columns
        into["place_kind"] += [kind] * count
        into["place"] += [place] * count
        into["minute"] += rounded(minutes, 2)
        into["valid_from"] += at
        into["valid_to"] += [*at[1:], at[-1] + last]
        for name in COLUMNS:
            into[name] += rounded(values[name]) if name in values else [None] * count


def write(case: Case, recorder: Recorder) -> None:
    """Hand over all series, and the places that were asked for with their peaks."""
    rows = Rows(case)
    _gauges(case, rows)
    _observed(case, rows)
    _sections(case, rows)
    _cells_and_city(case, recorder, rows)
    case.run.write_features("flood_series", Features(rows.columns, None))


def _gauges(case: Case, rows: Rows) -> None:
    found, asked = case.result.gauges, case.inputs.gauges
    minutes = [float(second) / 60.0 for second in found.times_s]
    for i, gauge in enumerate(asked):
        rows.add("gauge", gauge.name, minutes, depth=found.depth[:, i], level=found.level[:, i])
    x, y = (
        _placed(tuple((g.lon, g.lat) for g in asked), case.run.srid) if asked else (np.empty(0), np.empty(0))
    )
    peak = found.depth.argmax(axis=0) if asked else np.empty(0, np.intp)
    case.run.write_features(
        "flood_gauge",
        Features(
            {
                "name": [gauge.name for gauge in asked],
                "max_depth": rounded(found.depth[:, i].max() for i in range(len(asked))),
                "max_level": rounded(found.level[:, i].max() for i in range(len(asked))),
                "final_level": rounded(found.level[-1, i] for i in range(len(asked))),
                "peak_min": [round(minutes[k], 2) for k in peak],
            },
            np.asarray(shapely.points(x, y)),
        ),
    )


def _observed(case: Case, rows: Rows) -> None:
    """What was measured, beside what was computed."""
    for one in case.inputs.observed:
        rows.add("observed", one.name, list(one.times_min), **{one.quantity: np.asarray(one.values_m)})


def _sections(case: Case, rows: Rows) -> None:
    found, asked = case.result.sections, case.inputs.outcomes.sections
    flow = found.discharge_m3_s
    minutes = [float(second) / 60.0 for second in found.times_s]
    lines = [shapely.LineString(np.column_stack(_placed(one.line, case.run.srid))) for one in asked]
    peak = np.abs(flow).argmax(axis=0) if asked else np.empty(0, int)
    for i, one in enumerate(asked):
        rows.add("section", one.name, minutes, discharge=flow[:, i])
    case.run.write_features(
        "flood_section",
        Features(
            {
                "name": [one.name for one in asked],
                "peak_m3_s": rounded(flow[k, i] for i, k in enumerate(peak)),
                "peak_min": [round(minutes[k], 2) for k in peak],
                "volume_m3": rounded((np.trapezoid(flow[:, i], found.times_s) for i in range(len(asked))), 1),
            },
            np.array(lines, dtype=object),
        ),
    )


def _cells_and_city(case: Case, recorder: Recorder, rows: Rows) -> None:
    number, total = np.array(recorder.wet_cells), np.array(recorder.depth_sums)
    area, volume = number * case.cell_m2, total * case.cell_m2
    mean = total / np.maximum(number, 1)
    rows.add(
        "city", CITY, recorder.minutes, flooded_area_m2=area.sum(axis=1), volume_m3=volume.sum(axis=1),
        depth=total.sum(axis=1) / np.maximum(number.sum(axis=1), 1),
    )  # fmt: skip
    ever = np.nonzero(number[:, 1:].any(axis=0))[0]
    codes = recorder.cells.columns["code"]
    for i in ever:
        k = i + 1
        rows.add(
            "grid_cell", codes[i], recorder.minutes, depth=mean[:, k], flooded_area_m2=area[:, k],
            volume_m3=volume[:, k],
        )  # fmt: skip

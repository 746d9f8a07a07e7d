"""Table of what sensors of rain and water observed."""

from __future__ import annotations

from typing import Any

import numpy as np

from .sensing import STEPS, told, when
from .table import Table


def sensor_observation() -> Table:
    """Sensor after sensor; a sum of rain has its interval, a level or depth its moment, the end of the step."""
    times = [when(step) for step in range(STEPS + 1)]
    columns: dict[str, list[Any]] = {"sensor": [], "value": [], "valid_from": [], "valid_to": []}
    for device, values in told():
        sums = device.prop == "rainfall"
        for step in np.flatnonzero(~np.isnan(values)).tolist():
            row = (
                device.code,
                float(values[step]),
                times[step if sums else step + 1],
                times[step + 1] if sums else None,
            )
            for name, value in zip(columns, row, strict=True):
                columns[name].append(value)
    return Table([], columns)

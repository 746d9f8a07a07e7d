"""A moving storm: two cells that cross the city from the south-west in two hours, as rain intensity in mm/h."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from .frame import HEIGHT, WIDTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

CELL = 100.0
STEP = timedelta(minutes=15)
START = datetime(2026, 7, 5, 6, 0, tzinfo=UTC)  # 14:00 in Beijing
STEPS = 8


def intensity(step: int) -> NDArray[np.float32]:
    """Mean intensity over a step (mm/h, to 0.1), rows from north to south, 100 m cells."""
    x = (np.arange(int(WIDTH / CELL)) + 0.5) * CELL
    y = HEIGHT - (np.arange(int(HEIGHT / CELL)) + 0.5) * CELL
    gx, gy = np.meshgrid(x, y)
    t = (step + 0.5) / STEPS
    rain = np.full(gx.shape, 3.0 * np.sin(np.pi * t))
    for x0, y0, dx, dy, peak, across, along, when in (
        (-900.0, 200.0, 5600.0, 3300.0, 118.0, 1150.0, 1900.0, 0.5),
        (600.0, -1400.0, 4700.0, 5200.0, 74.0, 900.0, 1400.0, 0.68),
    ):
        u = np.array([dx, dy]) / np.hypot(dx, dy)
        rx, ry = gx - (x0 + dx * t), gy - (y0 + dy * t)
        a, c = rx * u[0] + ry * u[1], -rx * u[1] + ry * u[0]
        life = np.exp(-(((t - when) / 0.34) ** 2))
        rain = rain + peak * life * np.exp(-((a / along) ** 2) - (c / across) ** 2)
    return np.round(rain, 1).astype(np.float32)


def times() -> list[datetime]:
    """The start of each step, UTC."""
    return [START + STEP * k for k in range(STEPS)]

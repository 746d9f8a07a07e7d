"""Driving through water: speed by depth, and when a road link is closed to a class of vehicle (``vehicles.toml``)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

STOP_M = 0.30  # Pregnolato et al. (2017): nothing moves in 300 mm of water


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A class of vehicles: stopped from ``depth_m`` of water on, or from ``flow_m2_s`` (depth times speed) on."""

    name: str
    title: Text
    depth_m: float
    flow_m2_s: float
    verified: bool


@cache
def vehicles() -> dict[str, Vehicle]:
    """The shipped classes by name, the most easily stopped first."""
    rows = tomllib.loads(resources.files(__package__).joinpath("vehicles.toml").read_text(encoding="utf-8"))
    return {
        name: Vehicle(
            name,
            Text.model_validate(row["title"]),
            float(row["depth_m"]),
            float(row["flow_m2_s"]),
            bool(row["verified"]),
        )
        for name, row in rows.items()
    }


def safe_speed(depth_m: NDArray[Any], free_km_h: NDArray[Any]) -> NDArray[np.float64]:
    """The speed (km/h) at which cars still drive safely: Pregnolato et al. (2017), eq. 1,
    v = 0.0009 w^2 - 0.5529 w + 86.9448 with w the depth in mm, 0 from 300 mm on, and never above the free speed."""
    w = 1000.0 * np.asarray(depth_m, np.float64)
    speed = np.where(w < 1000.0 * STOP_M, 0.0009 * w**2 - 0.5529 * w + 86.9448, 0.0)
    return np.asarray(np.minimum(np.maximum(speed, 0.0), free_km_h), np.float64)


def closed(depth_m: NDArray[Any], flow_m2_s: NDArray[Any], vehicle: Vehicle) -> NDArray[np.bool_]:
    """Whether each link is closed to the vehicle, by its greatest depth (m) and depth times speed (m2/s)."""
    return np.asarray((depth_m >= vehicle.depth_m) | (flow_m2_s >= vehicle.flow_m2_s), bool)

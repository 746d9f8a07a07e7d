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


def speed_in_water(
    depth_m: NDArray[Any], flow_m2_s: NDArray[Any], free_km_h: NDArray[Any], vehicle: Vehicle
) -> NDArray[np.float64]:
    """The speed (km/h) of a class of vehicle in water: ``safe_speed`` with the depth taken in proportion to what stops the
    class (0.45 m is to a vehicle that 0.6 m stops what 0.225 m is to a car: an assumption, the relation was
    measured on cars), 0 where it is closed to it, the free speed itself where dry."""
    depth = np.asarray(depth_m, np.float64)
    speed = safe_speed(depth * (STOP_M / vehicle.depth_m), free_km_h)
    wet = np.where(closed(depth, np.asarray(flow_m2_s, np.float64), vehicle), 0.0, speed)
    return np.where(depth > 0, wet, np.asarray(free_km_h, np.float64))


def closed(depth_m: NDArray[Any], flow_m2_s: NDArray[Any], vehicle: Vehicle) -> NDArray[np.bool_]:
    """Whether each link is closed to the vehicle, by its greatest depth (m) and depth times speed (m2/s)."""
    return np.asarray((depth_m >= vehicle.depth_m) | (flow_m2_s >= vehicle.flow_m2_s), bool)

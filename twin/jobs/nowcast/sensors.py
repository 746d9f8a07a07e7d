"""Rain and levels from the city's own sensors: their places in the layer ``sensor``, their values in ``sensor_observation``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from twin.crs import transformer
from twin.errors import TwinError
from twin.jobs.nowcast.series import Series
from twin.processes import reading

if TYPE_CHECKING:
    from datetime import datetime

    from twin.access.actor import Actor
    from twin.store.database import Store

LAYERS = ("sensor", "sensor_observation")
LENGTH = {"m": 1.0, "cm": 0.01, "mm": 0.001}
RAIN = {
    "rain_intensity": {"mm/h": 1.0, "mm/min": 60.0},
    "rainfall": {"mm": 1.0},
}  # of rainfall: the sum of its interval
LEVEL = {"water_level": "level", "water_depth": "depth"}
BACK = timedelta(days=2)  # no chain of now-casts is longer


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor that tells of rain or water; ``factor`` brings its values to mm/h (mm where it tells sums) or m."""

    code: str
    name: str
    observes: str
    factor: float
    lon: float
    lat: float
    online: bool


class Sensors:
    """The sensors of the city and what they told in the two days before ``now``; read as ``actor`` when first asked for."""

    def __init__(self, store: Store, actor: Actor, now: datetime) -> None:
        self.store, self.actor, self.now = store, actor, now
        self._known: dict[str, Sensor] | None = None
        self._told: dict[str, list[tuple[datetime, datetime | None, float]]] | None = None

    def known(self) -> dict[str, Sensor]:
        """Sensors of rain and water by code; those of another unit are left out."""
        if self._known is None:
            columns = ["code", "name", "observed_property", "unit", "status"]
            rows = self._rows("sensor", columns, None)
            to_lonlat = transformer(self.store.srid, 4326)
            self._known = {}
            for i, point in enumerate(rows.shapes):
                code, name, observes, unit, status = (rows.columns[c][i] for c in columns)
                factor = RAIN.get(observes, LENGTH if observes in LEVEL else {}).get(unit)
                if factor is not None and point is not None:
                    lon, lat = to_lonlat.transform(point.x, point.y)
                    self._known[code] = Sensor(code, name, observes, factor, lon, lat, status == "online")
        return self._known

    def of(self, code: str, kinds: Any, where: str) -> Sensor:
        """The sensor of a code.

        Raises TWIN-682 where there is none, or none that observes one of ``kinds`` in a unit that is understood.
        """
        found = self.known().get(code)
        if found is not None and found.observes in kinds:
            return found
        wanted = ", ".join(kinds)
        raise TwinError(
            "TWIN-682",
            f"传感器图层中没有可用的“{code[:80]}”：观测属性须为 {wanted}；水位、水深以 m、cm、mm 计，雨强以 mm/h、mm/min 计，"
            "雨量以 mm 计。",
            f'The sensor layer has no usable "{code[:80]}": it must observe {wanted}, in m, cm or mm (level, depth), mm/h or '
            "mm/min (intensity) or mm (rainfall).",
            where=where,
        )

    def series(self, sensor: Sensor) -> Series:
        """What a sensor told, in mm/h or m; sums are spread over their interval."""
        if self._told is None:
            self._told = {}
            names = ["sensor", "value", "valid_from", "valid_to"]
            rows = self._rows("sensor_observation", names, (self.now - BACK, self.now)).columns
            for code, value, start, end in zip(*(rows[name] for name in names), strict=True):
                self._told.setdefault(code, []).append((start, end, float(value)))
        values: dict[datetime, float] = {}
        last: tuple[datetime, float] | None = None
        for start, end, value in sorted(self._told.get(sensor.code, ()), key=lambda row: row[0]):
            value *= sensor.factor
            if sensor.observes == "rainfall":
                if end is None or end <= start:
                    continue  # a sum without its interval says nothing of the intensity
                value /= (end - start).total_seconds() / 3600.0
            values[start] = value
            if end is not None:
                last = (end, value)
        if last is not None and sensor.observes in RAIN:
            values.setdefault(*last)  # known until there
        return Series(tuple(sorted(values.items())))

    def _rows(self, name: str, columns: list[str], period: Any) -> Any:
        layer = self.store.catalog.layers[name]
        return reading.features(self.store, self.actor, layer, columns, None, period=period)[0]

"""What a now-cast hears: its gauges' rain and the levels beside the model, from files or from the city's sensors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from twin.jobs.nowcast.sensors import LEVEL, RAIN, Sensors

if TYPE_CHECKING:
    from datetime import datetime

    from twin.access.actor import Actor
    from twin.jobs.nowcast.plan import Plan
    from twin.jobs.nowcast.sensors import Sensor
    from twin.jobs.nowcast.series import Series
    from twin.store.database import Store

SILENT = timedelta(minutes=30)  # a gauge that lags this far behind the others is not waited for
MOST_GAUGES, MOST_LEVELS = 200, 100  # that a flood takes


@dataclass(frozen=True, slots=True)
class Heard:
    """Each series beside the part of the flood's inputs that says whose it is."""

    gauges: tuple[tuple[dict[str, Any], Series], ...]
    levels: tuple[tuple[dict[str, Any], Series], ...]


def hear(store: Store, actor: Actor, plan: Plan, now: datetime) -> Heard:
    """Raises TWIN-581 for a file that cannot be read, TWIN-682 for a sensor that cannot be used."""
    sensors = Sensors(store, actor, now)
    return Heard(_gauges(plan, sensors), _levels(plan, sensors))


def _gauges(plan: Plan, sensors: Sensors) -> tuple[tuple[dict[str, Any], Series], ...]:
    if plan.rain_layer is not None:
        return ()
    out = []
    for number, gauge in enumerate(plan.gauges):
        place = {"sensor": gauge.sensor, "lon": gauge.lon, "lat": gauge.lat}
        if gauge.file is not None:
            out.append((place, plan.series(gauge.file)))
        elif gauge.sensor is not None:
            told = sensors.series(sensors.of(gauge.sensor, RAIN, f"gauges.{number}.sensor"))
            out.append((place, told))
    if plan.gauges:
        return tuple(out)
    every = [one for one in sensors.known().values() if one.online and one.observes in RAIN]
    heard = [(one, told, end) for one in every if (end := (told := sensors.series(one)).until(sensors.now))]
    newest = max((end for *_, end in heard), default=sensors.now)
    kept = [(one, told) for one, told, end in heard if end >= newest - SILENT][:MOST_GAUGES]
    return tuple(({"sensor": one.code, "lon": None, "lat": None}, told) for one, told in kept)


def _levels(plan: Plan, sensors: Sensors) -> tuple[tuple[dict[str, Any], Series], ...]:
    out: list[tuple[dict[str, Any], Series]] = []
    named = set()
    for number, level in enumerate(plan.levels):
        if level.file is not None:
            place = {"name": level.name, "lon": level.lon, "lat": level.lat, "quantity": level.quantity}
            out.append((place, plan.series(level.file)))
        elif level.sensor is not None:
            one = sensors.of(level.sensor, LEVEL, f"levels.{number}.sensor")
            named.add(one.code)
            out.append((_place(one, level.name), sensors.series(one)))
    if plan.sensors:
        every = [one for one in sensors.known().values() if one.online and one.observes == "water_depth"]
        asked = [one for one in every if one.code not in named and _within(one, plan.flood.get("bbox"))]
        out += [(_place(one, None), sensors.series(one)) for one in asked]
    return tuple(pair for pair in out if pair[1].times)[:MOST_LEVELS]


def _within(one: Sensor, box: Any) -> bool:
    return not box or (box[0] <= one.lon <= box[2] and box[1] <= one.lat <= box[3])


def _place(one: Sensor, name: str | None) -> dict[str, Any]:
    told = name or f"{one.name} {one.code}"
    return {"name": told[:80], "lon": one.lon, "lat": one.lat, "quantity": LEVEL[one.observes]}

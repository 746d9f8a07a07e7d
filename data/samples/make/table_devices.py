"""Tables of sensors, cameras and street furniture."""

from __future__ import annotations

from .components import components
from .devices import UNIT, cameras, sensors
from .table import Table, rows_of


def sensor() -> Table:
    rows = [
        {
            "code": s.code,
            "name": s.name,
            "observed_property": s.prop,
            "unit": UNIT[s.prop],
            "manufacturer": s.maker,
            "model": s.model,
            "status": s.status,
            "install_date": s.installed,
            "mount_height": s.mount,
            "urn": s.urn,
        }
        for s in sensors()
    ]
    return rows_of([s.at for s in sensors()], rows)


def camera() -> Table:
    rows = [
        {
            "code": c.code,
            "name": c.name,
            "kind": c.kind,
            "direction_deg": c.direction,
            "view_angle_deg": c.angle,
            "range_m": c.reach,
            "mount_height": c.mount,
            "status": c.status,
            "install_date": c.installed,
            "urn": c.urn,
        }
        for c in cameras()
    ]
    return rows_of([c.at for c in cameras()], rows)


def component() -> Table:
    rows = [
        {
            "code": c.code,
            "component_class": c.kind,
            "name": c.name,
            "state": c.state,
            "grid_code": c.grid,
            "managing_department": "市城市管理局",
            "owner_department": c.owner,
            "maintaining_department": c.keeper,
            "recorded_date": c.recorded,
            "data_source": "simulated",
        }
        for c in components()
    ]
    return rows_of([c.at for c in components()], rows)

"""All layers of the sample city, in the order of their references."""

from __future__ import annotations

from collections.abc import Callable

from .signals import signal_plan
from .table import Table
from .table_base import admin_area, building, facility, grid_cell, land_use, river_reach
from .table_counting import traffic_detector, traffic_observation
from .table_devices import camera, component, sensor
from .table_hydraulics import break_line, hydraulic_structure, soil
from .table_networks import drain_pipe, gas_pipe, manhole, outfall, pump_station, water_pipe
from .table_roads import road_link, road_node
from .table_sensing import sensor_observation
from .table_traffic import traffic_crash
from .turning import turn_restriction

# In the order of their references: what is named comes before what names it.
LAYERS: dict[str, Callable[[], Table]] = {
    "admin_area": admin_area,
    "grid_cell": grid_cell,
    "land_use": land_use,
    "river_reach": river_reach,
    "road_node": road_node,
    "road_link": road_link,
    "turn_restriction": turn_restriction,
    "signal_plan": signal_plan,
    "building": building,
    "facility": facility,
    "soil": soil,
    "break_line": break_line,
    "hydraulic_structure": hydraulic_structure,
    "manhole": manhole,
    "outfall": outfall,
    "drain_pipe": drain_pipe,
    "pump_station": pump_station,
    "water_pipe": water_pipe,
    "gas_pipe": gas_pipe,
    "sensor": sensor,
    "sensor_observation": sensor_observation,
    "camera": camera,
    "component": component,
    "traffic_crash": traffic_crash,
    "traffic_detector": traffic_detector,
    "traffic_observation": traffic_observation,
}

"""Mesoscopic simulation with UXsim (Newell's simplified car-following in platoons; Seo 2025, JOSS), its C++ engine.

Traps met here: a link shorter than a platoon or than a step's drive blocks for ever, so such links are lengthened; flows
per pair of nodes below a platoon vanish, so vehicles are handed over one by one with their routes.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.engines.traffic.dynamics.states import States
from twin.errors import TwinError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from twin.engines.traffic.dynamics.walks import Vehicles

    type Numbers = NDArray[np.float64]

JAM = 0.15  # veh/m of one lane
MOST = 20_000  # vehicles simulated one by one; beyond that in platoons
PLATOON = 5
SLICE_S = 300.0  # the world ends this much later than we do: at its end it would analyse every trip, which takes longest


@dataclass(frozen=True, slots=True)
class Roads:
    """Links between numbered nodes: ``tail``, ``head``; ``length`` m, ``speed`` m/s (0: closed), ``lanes``, ``capacity``
    veh/h; ``x``, ``y`` of the nodes (m)."""

    x: Numbers
    y: Numbers
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    length: Numbers
    speed: Numbers
    lanes: Numbers
    capacity: Numbers


def require() -> None:
    """Raises ``TwinError`` TWIN-752 where UXsim is not installed."""
    if find_spec("uxsim") is None:
        raise TwinError(
            "TWIN-752",
            "未安装 UXsim，无法进行中观交通仿真；请运行 pip install 'city-twin[simulation]'。",
            "UXsim is not installed, so traffic cannot be simulated in platoons; run pip install 'city-twin[simulation]'.",
            status=501,
        )


def simulate(
    roads: Roads,
    vehicles: Vehicles,
    *,
    seconds: float,
    interval: float,
    seed: int,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], None] | None = None,
) -> States:
    """Drive the vehicles for ``seconds``; those whose route meets a closed link choose their way to its end themselves.

    Raises ``TwinError`` TWIN-752.
    """
    require()
    from uxsim import World

    platoon = 1 if len(vehicles) <= MOST else PLATOON
    world = World(
        name="", deltan=platoon, reaction_time=1, tmax=seconds + SLICE_S, print_mode=0, save_mode=0, show_mode=0,
        random_seed=seed, cpp=True,
    )  # fmt: skip
    open_links = np.nonzero(roads.speed > 0)[0]
    for node in np.unique(np.concatenate([roads.tail[open_links], roads.head[open_links]])):
        world.addNode(str(node), float(roads.x[node]), float(roads.y[node]))
    length = lengthened(roads, platoon)
    for i in open_links:
        world.addLink(
            f"l{i}", str(roads.tail[i]), str(roads.head[i]), float(length[i]), free_flow_speed=float(roads.speed[i]),
            jam_density_per_lane=JAM, number_of_lanes=int(max(roads.lanes[i], 1)),
            merge_priority=float(max(roads.lanes[i], 1)), capacity_out=float(roads.capacity[i]) / 3600.0,
        )  # fmt: skip
    _depart(world, roads, vehicles, platoon)
    _run(world, seconds, progress, cancelled)
    return _states(world, roads, length, open_links, seconds, interval, platoon, len(vehicles))


def lengthened(roads: Roads, platoon: int) -> Numbers:
    """Lengths (m) at least of a platoon standing and of what is driven in a step."""
    least = np.maximum(1.1 * platoon / (JAM * np.maximum(roads.lanes, 1)), 1.1 * roads.speed * platoon)
    return np.maximum(roads.length, least)


def _depart(world: Any, roads: Roads, vehicles: Vehicles, platoon: int) -> None:
    """Hand over every vehicle, or one in ``platoon`` for a platoon of its route's beginning."""
    shut = set(np.nonzero(roads.speed <= 0)[0].tolist())
    queued: dict[int, int] = {}
    for depart, route in zip(vehicles.departs.tolist(), vehicles.routes, strict=True):
        queued[route[0]] = queued.get(route[0], 0) + 1
        if queued[route[0]] % platoon:
            continue
        if len(route) > 1 and roads.tail[route[0]] == roads.head[route[-1]]:
            route = route[:-1]  # a round trip ends a link before its beginning
        free = not shut.intersection(route)
        tail, head = str(roads.tail[route[0]]), str(roads.head[route[-1]])
        if not (tail in world.NODES_NAME_DICT and head in world.NODES_NAME_DICT):
            continue
        one = world.addVehicle(tail, head, depart)
        if free:
            one.enforce_route([f"l{i}" for i in route])


def _run(
    world: Any, seconds: float, progress: Callable[[float], None] | None, cancelled: Callable[[], None] | None
) -> None:
    at = 0.0
    while at < seconds and world.check_simulation_ongoing():
        at += SLICE_S
        world.exec_simulation(until_t=min(at, seconds))
        if cancelled is not None:
            cancelled()
        if progress is not None:
            progress(min(at / seconds, 1.0))


def _states(
    world: Any, roads: Roads, length: Numbers, open_links: NDArray[np.intp], seconds: float, interval: float,
    platoon: int, asked: int,
) -> States:  # fmt: skip
    bins = int(np.ceil(seconds / interval))
    size = roads.tail.size
    flow, stock = np.zeros((bins, size)), np.zeros((bins, size))
    step = float(world.DELTAT)
    per_bin = interval / step
    for i in open_links:
        link = world.get_link(f"l{i}")
        into, out = np.asarray(link.cum_arrival, float), np.asarray(link.cum_departure, float)
        there = into - out
        bounds = np.minimum((np.arange(bins + 1) * per_bin).astype(int), out.size - 1)
        flow[:, i] = np.diff(out[bounds]) * 3600.0 / interval
        summed = np.concatenate([[0.0], np.cumsum(there)])
        stock[:, i] = np.diff(summed[bounds]) / np.maximum(np.diff(bounds), 1)
    free = np.where(roads.speed > 0, roads.speed, 0.0)
    driven = flow / 3600.0 * length  # vehicle-metres a second
    speed = np.where(stock > 0.05, np.minimum(driven / np.maximum(stock, 1e-9), free), free)
    queue = np.maximum(stock - driven / np.maximum(free, 1e-9), 0.0)
    arrived = int(sum(one.state == "end" for one in world.VEHICLES.values())) * platoon
    spent = sum(_under_way(one, seconds, step) for one in world.VEHICLES.values()) * platoon / 3600.0
    return States(
        np.arange(bins, dtype=np.float64) * interval, interval, flow, 3.6 * speed, stock / length * 1000.0, queue,
        asked, min(arrived, asked), float(spent),
    )  # fmt: skip


def _under_way(vehicle: Any, seconds: float, step: float) -> float:
    begun = float(vehicle.departure_time) * step
    ended = float(vehicle.arrival_time)
    return (ended * step if ended >= 0 else seconds) - begun

"""What ``traffic-dynamics`` does: vehicles of an assignment driven over time, links told interval by interval."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.processes.context import Features
from twin.processes.traffic.simulated import edge_values, loaded, sumo_city
from twin.processes.traffic.told import said

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.road_network import Numbers
    from twin.engines.traffic.dynamics.states import States
    from twin.engines.traffic.dynamics.walks import Vehicles
    from twin.processes.context import RunContext
    from twin.processes.traffic.in_force import InForce
    from twin.processes.traffic.simulated import Loaded
    from twin.processes.traffic_dynamics import DynamicsInputs

HOUR = 3600.0
SLOW = 0.5  # of the free speed
UNBOUNDED = 1e5  # veh/h where a road has no capacity


def played(inputs: DynamicsInputs, run: RunContext) -> dict[str, Any]:
    """The outputs; the states of links are handed over on the way."""
    from twin.engines.traffic.dynamics import meso, sumo
    from twin.engines.traffic.dynamics.walks import walks

    (meso if inputs.method == "uxsim" else sumo).require()
    traffic = loaded(run, inputs.base, inputs.assignment)
    speed = _speeds(inputs, run, traffic)
    seconds = 60.0 * inputs.minutes
    vehicles = walks(
        traffic.flow * inputs.factor, traffic.turn_from, traffic.turn_to, traffic.turn_flow * inputs.factor,
        seconds=seconds, seed=run.seed, inside=traffic.roads,
    )  # fmt: skip
    run.progress(0.35, f"仿真 {len(vehicles)} 辆车", f"simulating {len(vehicles)} vehicles")
    drive = _meso if inputs.method == "uxsim" else _micro
    states, lost, signals = drive(inputs, run, traffic, vehicles, speed)
    run.progress(0.9, "输出结果", "handing over the results")
    _hand_over(inputs, run, traffic, states)
    return _outputs(inputs, traffic, states, speed, lost) | _signals(signals)


def _speeds(inputs: DynamicsInputs, run: RunContext, traffic: Loaded) -> Numbers:
    """(links,) km/h, 0 where closed or no road."""
    from twin.processes.traffic.solving import known_roads
    from twin.processes.traffic.water import link_speeds_under_flood

    network = traffic.network
    speed = network.links.free_speed
    if inputs.flood is not None:
        speed = link_speeds_under_flood(run, network, inputs.flood, inputs.flood_minute)
    if inputs.closed:
        known_roads(network, inputs.closed, "closed")
        speed = np.where(np.isin(network.links.code.astype(str), inputs.closed), 0.0, speed)
    return np.where(traffic.roads, speed, 0.0)


def _meso(
    inputs: DynamicsInputs, run: RunContext, traffic: Loaded, vehicles: Vehicles, speed: Numbers
) -> tuple[States, int, InForce | None]:
    from twin.engines.traffic.dynamics import meso

    links, nodes = traffic.network.links, traffic.network.nodes
    roads = meso.Roads(
        nodes.x, nodes.y, links.tail, links.head, links.length, speed / 3.6, np.nan_to_num(links.lanes, nan=1.0),
        np.where(np.isfinite(links.capacity) & (links.capacity > 0), links.capacity, UNBOUNDED),
    )  # fmt: skip
    shut = speed <= 0
    lost = sum(bool(shut[route[0]] or shut[route[-1]]) for route in vehicles.routes)
    states = meso.simulate(
        roads, vehicles, seconds=60.0 * (inputs.minutes + inputs.after), interval=60.0 * inputs.interval,
        seed=run.seed % 2**31, cancelled=run.check,
        progress=lambda part: run.progress(0.35 + 0.5 * part, "中观仿真", "driving in platoons"),
    )  # fmt: skip
    return states, lost, None


def _micro(
    inputs: DynamicsInputs, run: RunContext, traffic: Loaded, vehicles: Vehicles, speed: Numbers
) -> tuple[States, int, InForce | None]:
    from dataclasses import replace

    from twin.engines.traffic.dynamics.states import States
    from twin.engines.traffic.dynamics.sumo import MEASURES, drive
    from twin.engines.traffic.signals.sumo_plan import additional
    from twin.processes.traffic.in_force import in_force

    network = traffic.network
    slowed = replace(
        network, links=replace(network.links, free_speed=np.where(speed > 0, speed, network.links.free_speed))
    )
    kept = np.nonzero(speed > 0)[0]
    with tempfile.TemporaryDirectory(prefix="twin-dynamics-") as folder:
        everywhere = np.ones(len(network.nodes), bool)
        city = sumo_city(
            slowed, kept, everywhere, vehicles, Path(folder), seconds=60.0 * inputs.minutes,
            shut=frozenset(np.nonzero(traffic.roads & (speed <= 0))[0].tolist()),
        )  # fmt: skip
        signals = in_force(run, network, city, inputs.signals)
        plans = Path(folder) / "signals.add.xml"
        plans.write_text(additional(signals.programs), encoding="utf-8")
        run.progress(0.45, "逐车仿真", "driving vehicle by vehicle")
        done = drive(
            city.scenario, run.seed % 2**31, additional=[plans], period=60.0 * inputs.interval, grace=60.0 * inputs.after, teleport=300,
            cancelled=run.check,
        )  # fmt: skip
    bins = -(-(inputs.minutes + inputs.after) // inputs.interval)
    size, seconds = len(network.links), 60.0 * inputs.interval
    flow, pace, density = np.zeros((bins, size)), np.tile(speed, (bins, 1)), np.zeros((bins, size))
    for interval in done.intervals:
        n = round(interval.begin / seconds)
        if n < bins:
            # vehicles that leave the link at its end or arrive on it
            out = edge_values(interval.edges, city, MEASURES.index("left"), size, 0.0)
            ended = edge_values(interval.edges, city, MEASURES.index("arrived"), size, 0.0)
            flow[n] = np.nan_to_num(out + ended) * HOUR / max(interval.end - interval.begin, 1.0)
            seen = edge_values(interval.edges, city, MEASURES.index("speed"), size)
            pace[n] = np.where(np.isfinite(seen), np.minimum(3.6 * seen, speed), speed)
            density[n] = np.nan_to_num(
                edge_values(interval.edges, city, MEASURES.index("density"), size, 0.0)
            )
    stock = density * network.links.length / 1000.0
    queue = np.maximum(stock * (1.0 - pace / np.where(speed > 0, speed, 1.0)), 0.0)
    hours = (done.travel_time + done.depart_delay) / HOUR
    states = States(
        np.arange(bins, dtype=np.float64) * seconds,
        seconds,
        flow,
        pace,
        density,
        queue,
        done.vehicles,
        done.arrived,
        hours,
    )
    return states, len(vehicles) - city.vehicles, signals


def _hand_over(inputs: DynamicsInputs, run: RunContext, traffic: Loaded, states: States) -> None:
    links = traffic.network.links
    shown = (states.density > 0.01) | (states.flow > 0)
    n, i = np.nonzero(shown & traffic.roads[None, :])
    free = links.free_speed[i]
    begins = [inputs.start + timedelta(seconds=float(states.begin[k])) for k in range(states.begin.size)]
    ends = [at + timedelta(seconds=states.interval) for at in begins]
    speed = np.minimum(states.speed[n, i], free)
    columns: dict[str, list[Any]] = {
        "road_code": links.code[i].tolist(),
        "forward": links.forward[i].tolist(),
        "name": links.name[i].tolist(),
        "minute": (states.begin[n] / 60.0).tolist(),
        "speed": np.round(speed, 1).tolist(),
        "speed_ratio": np.round(speed / free, 3).tolist(),
        "density": np.round(states.density[n, i], 2).tolist(),
        "queue": np.round(states.queue[n, i], 2).tolist(),
        "flow": np.round(states.flow[n, i], 1).tolist(),
        "valid_from": [begins[k] for k in n],
        "valid_to": [ends[k] for k in n],
    }
    run.write_features("traffic_dynamics", Features(columns, links.shape[i]))


def _outputs(
    inputs: DynamicsInputs, traffic: Loaded, states: States, speed: Numbers, lost: int
) -> dict[str, Any]:
    links = traffic.network.links
    stock = states.density * links.length / 1000.0
    slow = (states.speed < SLOW * links.free_speed) & (stock > 0.5) & traffic.roads
    worst = np.unravel_index(int(np.argmax(states.queue)), states.queue.shape)
    longest = float(states.queue[worst])
    moving = stock.sum()
    return {
        "method": inputs.method,
        "vehicles": states.vehicles,
        "arrived": states.arrived,
        "not_driven": lost,
        "time_h": round(states.time_h, 2),
        "mean_speed": round(float((states.speed * stock)[:, traffic.roads].sum() / max(moving, 1e-9)), 2),
        "slow_km": round(float((slow * links.length).sum(axis=1).max()) / 1000.0, 3),
        "longest_queue": round(longest, 1),
        "longest_queue_road": str(links.code[worst[1]]) if longest > 0 else None,
        "geh_share": _geh(inputs, traffic, states),
        "closed_links": int((traffic.roads & (speed <= 0)).sum()),
        "intervals": int(states.begin.size),
    }


def _signals(found: InForce | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {
        "signals": len(found.net.junctions), "without_plan": found.unplanned, "notes": said(found.problems),
    }  # fmt: skip


def _geh(inputs: DynamicsInputs, traffic: Loaded, states: States) -> float | None:
    """Share of links that the first hour's flow fits: counted from the vehicles that leave each link."""
    from twin.engines.traffic.dynamics.walks import geh

    whole = 60 // inputs.interval
    if not inputs.published() or 60 % inputs.interval or inputs.minutes < 60:
        return None
    first: NDArray[np.float64] = states.flow[:whole].mean(axis=0)
    return round(float((geh(first, traffic.flow)[traffic.roads] < 5.0).mean()), 4)

"""Suspected incidents of the last hours, handed over as a layer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.processes.context import Features
from twin.processes.traffic_state.background import place_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.road_network import RoadNetwork
    from twin.engines.traffic.state.incidents import Incident
    from twin.processes.context import RunContext
    from twin.processes.traffic.observed import Observed
    from twin.processes.traffic_state import StateInputs


def write(inputs: StateInputs, run: RunContext, network: RoadNetwork, seen: Observed) -> list[Incident]:
    """The layer ``traffic_incident``."""
    from twin.engines.traffic.state.incidents import detect

    times = len(seen.speed)
    first = times - max(round(60 * inputs.incident_hours / seen.step_min), 1)
    found = detect(
        seen.speed,
        seen.occupancy,
        seen.step_min,
        downstream(network, seen),
        first_min=seen.first_min,
        deviate=inputs.incident_deviate,
    )
    found = [one for one in found if one.last >= first]
    begin = seen.end - timedelta(minutes=times * seen.step_min)
    step = timedelta(minutes=seen.step_min)
    who = seen.detectors
    columns: dict[str, list[Any]] = {
        "detector": [who.code[one.detector] for one in found],
        "road_code": [who.road_code[one.detector] for one in found],
        "forward": [bool(who.forward[one.detector]) for one in found],
        "speed": [round(one.speed, 1) for one in found],
        "usual_speed": [round(one.usual, 1) for one in found],
        "deviate": [round(one.deviate, 2) for one in found],
        "going_on": [one.going_on for one in found],
        "confirmed": [one.confirmed for one in found],
        "valid_from": [begin + one.first * step for one in found],
        "valid_to": [begin + (one.last + 1) * step for one in found],
    }
    points = np.array([who.point[one.detector] for one in found], dtype=object)
    run.write_features("traffic_incident", Features(columns, points))
    return found


def downstream(network: RoadNetwork, seen: Observed) -> NDArray[np.intp]:
    """(detectors,) the detector on one of the next two links ahead, or -1; the road of the same name goes first."""
    place, links = place_of(network), network.links
    at = [
        place.get((road, bool(way)), -1)
        for road, way in zip(seen.detectors.road_code, seen.detectors.forward, strict=True)
    ]
    here = {link: who for who, link in enumerate(at) if link >= 0}
    leaving: dict[int, list[int]] = {}
    for link, tail in enumerate(links.tail.tolist()):
        leaving.setdefault(tail, []).append(link)
    out = np.full(len(at), -1, np.intp)
    for who, link in enumerate(at):
        if link < 0:
            continue
        ahead = _ahead(link, links.tail, links.head, leaving)
        ahead += [one for link_ahead in ahead for one in _ahead(link_ahead, links.tail, links.head, leaving)]
        ahead.sort(key=lambda one, name=links.name[link]: links.name[one] != name)  # type: ignore[misc]
        out[who] = next((here[one] for one in ahead if one in here and here[one] != who), -1)
    return out


def _ahead(
    link: int, tail: NDArray[np.int32], head: NDArray[np.int32], leaving: dict[int, list[int]]
) -> list[int]:
    """Links that go on from one, back along the same road left out."""
    return [one for one in leaving.get(int(head[link]), []) if head[one] != tail[link]]

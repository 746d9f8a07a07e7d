"""An equilibrium in a file and back: plain arrays and their structure, nothing that runs when it is read.

The structure stands in the file as JSON: dataclasses and named tuples of the assignment engine by name, tuples, numbers and
texts as they are, arrays by their number.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from twin.city.road_network import RoadNetwork
    from twin.engines.traffic.assignment import Equilibrium

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """An equilibrium with the codes of its links (connectors: of their zones), their directions, and the codes of its zones."""

    equilibrium: Equilibrium
    code: NDArray[Any]
    forward: NDArray[np.bool_]
    zone: NDArray[Any]

    def fits(self, network: RoadNetwork) -> bool:
        """Whether the network has the same links and zones in the same order."""
        links = network.links
        return (
            np.array_equal(self.code, links.code.astype(str))
            and np.array_equal(self.forward, links.forward)
            and np.array_equal(self.zone, network.zones.code.astype(str))
            and np.array_equal(self.equilibrium.network.turn_from, network.banned_from)
            and np.array_equal(self.equilibrium.network.turn_to, network.banned_to)
        )


def save(path: Path, network: RoadNetwork, equilibrium: Equilibrium) -> Path:
    """Write the equilibrium of a network to a ``.npz`` file."""
    arrays: list[NDArray[Any]] = []
    whole = {
        "equilibrium": dataclasses.replace(equilibrium, problems=()),
        "code": network.links.code.astype(str),
        "forward": network.links.forward,
        "zone": network.zones.code.astype(str),
    }
    told = {"format": FORMAT, **{name: _flat(value, arrays) for name, value in whole.items()}}
    named = {f"a{number}": array for number, array in enumerate(arrays)}
    text = np.frombuffer(json.dumps(told).encode(), np.uint8)
    with path.open("wb") as file:
        np.savez(file, structure=text, **named)  # type: ignore[arg-type]
    return path


def load(path: Path) -> Kept | None:
    """What ``save`` wrote; None for a file of another format."""
    with np.load(path, allow_pickle=False) as file:
        if "structure" not in file:
            return None
        told = json.loads(file["structure"].tobytes())
        if told.get("format") != FORMAT:
            return None
        return Kept(*(_whole(told[name], file) for name in ("equilibrium", "code", "forward", "zone")))


def _types() -> dict[str, type]:
    from twin.engines.traffic.assignment import CutOff, Demand, Equilibrium, Iteration
    from twin.engines.traffic.assignment.arrays import Bushes, Trips
    from twin.engines.traffic.assignment.equilibrium import Forest
    from twin.engines.traffic.assignment.expansion import Expansion
    from twin.engines.traffic.assignment.ground import Matrix
    from twin.engines.traffic.network import Network

    known = (Equilibrium, Network, Demand, Iteration, CutOff, Forest, Expansion, Matrix, Trips, Bushes)
    return {one.__name__: one for one in known}


def _flat(value: Any, arrays: list[NDArray[Any]]) -> Any:
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, np.generic):
        return value.item()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {one.name: _flat(getattr(value, one.name), arrays) for one in dataclasses.fields(value)}
        return {"type": type(value).__name__, "parts": parts}
    if hasattr(value, "_asdict"):
        return {
            "type": type(value).__name__,
            "parts": {k: _flat(v, arrays) for k, v in value._asdict().items()},
        }
    if isinstance(value, tuple | list):
        return {"list": [_flat(one, arrays) for one in value]}
    return value


def _whole(told: Any, file: Any) -> Any:
    if not isinstance(told, dict):
        return told
    if "array" in told:
        return file[f"a{told['array']}"]
    if "list" in told:
        return tuple(_whole(one, file) for one in told["list"])
    return _types()[told["type"]](**{name: _whole(value, file) for name, value in told["parts"].items()})

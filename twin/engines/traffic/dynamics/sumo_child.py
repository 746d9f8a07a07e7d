"""The process that runs SUMO: ``python -m twin.engines.traffic.dynamics.sumo_child``, one JSON object in, one out.

It never loads pyarrow or pandas: libsumo brings its own Arrow, and the two do not live in one process.
"""

from __future__ import annotations

import json
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType


def main() -> None:
    """Read the order from standard input, run it, write the outcome."""
    order = json.load(sys.stdin)
    import libsumo

    with tempfile.TemporaryDirectory(prefix="twin-sumo-") as folder:
        outcome = run(libsumo, order, Path(folder))
    json.dump(outcome, sys.stdout)


def run(sumo: ModuleType, order: dict[str, Any], folder: Path) -> dict[str, Any]:
    """One simulation to the last vehicle, or to ``limit`` seconds."""
    sumo.start(_arguments(order, folder))
    step = _controller(sumo, order)
    teleports, time = 0, float(order["begin"])
    while sumo.simulation.getMinExpectedNumber() > 0 and time < order["limit"]:
        sumo.simulationStep()
        time = sumo.simulation.getTime()
        teleports += sumo.simulation.getStartingTeleportNumber()
        if step is not None:
            step(time)
    sumo.close()
    outcome = _vehicles(folder / "trips.xml") | {"teleports": teleports, "ended": time}
    outcome["edges"] = _edges(folder / "edges.xml")
    if order.get("routes"):
        outcome["routes"] = _routes(folder / "routes.xml")
    return outcome


def _arguments(order: dict[str, Any], folder: Path) -> list[str]:
    period = f' period="{order["period"]}"' if order.get("period") else ""
    (folder / "measure.add.xml").write_text(
        f'<additional><edgeData id="e" file="edges.xml" excludeEmpty="true"{period}/></additional>',
        encoding="utf-8",
    )
    additional = [*order.get("additional", []), str(folder / "measure.add.xml")]
    arguments = [
        "sumo", "-n", order["net"], "-r", ",".join(order["demand"]), "-a", ",".join(additional),
        "--begin", str(order["begin"]), "--seed", str(order["seed"]),
        "--time-to-teleport", str(order.get("teleport", -1)),
        "--xml-validation", "never", "--xml-validation.net", "never", "--no-step-log", "true", "--no-warnings", "true",
        "--tripinfo-output", str(folder / "trips.xml"), "--tripinfo-output.write-unfinished", "true",
        "--tripinfo-output.write-undeparted", "true",
    ]  # fmt: skip
    if order.get("routes"):
        arguments += [
            "--vehroute-output", str(folder / "routes.xml"), "--vehroute-output.write-unfinished", "true",
        ]  # fmt: skip
    return arguments + list(order.get("options", []))


def _controller(sumo: ModuleType, order: dict[str, Any]) -> Any:
    control = order.get("control")
    if not control:
        return None
    from twin.engines.traffic.dynamics.sumo_control import controller

    return controller(sumo, control)


def _vehicles(path: Path) -> dict[str, Any]:
    """Sums over all vehicles of the demand, in vehicle-seconds; ``waiting`` were never let in."""
    found = {
        "vehicles": 0,
        "arrived": 0,
        "waiting": 0,
        "time_loss": 0.0,
        "depart_delay": 0.0,
        "travel_time": 0.0,
    }
    for _, row in ET.iterparse(path):  # noqa: S314
        if row.tag == "tripinfo":
            found["vehicles"] += 1
            found["arrived"] += float(row.attrib["arrival"]) >= 0
            found["waiting"] += float(row.attrib["depart"]) < 0
            found["time_loss"] += max(float(row.attrib["timeLoss"]), 0.0)
            found["depart_delay"] += max(float(row.attrib["departDelay"]), 0.0)
            found["travel_time"] += max(float(row.attrib["duration"]), 0.0)
            row.clear()
    return found


_EDGE = (
    "entered",
    "left",
    "departed",
    "arrived",
    "timeLoss",
    "traveltime",
    "speed",
    "density",
    "waitingTime",
)


def _edges(path: Path) -> list[dict[str, Any]]:
    """Per interval: begin, end, and for each edge the measures named in ``_EDGE``."""
    intervals = []
    for _, interval in ET.iterparse(path):  # noqa: S314
        if interval.tag == "interval":
            rows = {
                edge.attrib["id"]: [float(edge.get(name, "nan")) for name in _EDGE]
                for edge in interval.findall("edge")
                if not edge.attrib["id"].startswith(":")
            }
            intervals.append(
                {
                    "begin": float(interval.attrib["begin"]),
                    "end": float(interval.attrib["end"]),
                    "edges": rows,
                }
            )
            interval.clear()
    return intervals


def _routes(path: Path) -> list[tuple[str, int]]:
    """Routes as driven, and how many drove each."""
    driven: Counter[str] = Counter()
    for _, vehicle in ET.iterparse(path):  # noqa: S314
        if vehicle.tag == "vehicle":
            routes = vehicle.findall(".//route")
            if routes:
                driven[routes[-1].attrib["edges"]] += 1
            vehicle.clear()
    return sorted(driven.items())


if __name__ == "__main__":
    main()

"""The road network as the two tables that UXsim's ``World.generate_Nodes_from_csv`` and ``generate_Links_from_csv`` take."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

from twin.city.road_network import CONNECTOR
from twin.files.gmns import link_ids

if TYPE_CHECKING:
    from pathlib import Path

    from twin.city.road_network import RoadNetwork

JAM_VEH_M_LANE = 0.2  # UXsim's own default: 5 m a vehicle
PRIORITY = {"motorway": 5.0, "expressway": 4.0, "arterial": 3.0, "secondary": 2.0}


def write(network: RoadNetwork, folder: Path) -> list[Path]:
    """Roads without connectors (nodes.csv: name, x, y; links.csv: name, start, end, length, u, kappa, merge_priority; m, m/s,
    veh/m of all lanes). Merge junctions nearer than a time step first: see ``road_network_merge``."""
    nodes, links = network.nodes, network.links
    roads = np.flatnonzero(links.road_class != CONNECTOR)
    used = np.unique(np.concatenate([links.tail[roads], links.head[roads]]))
    ids = link_ids(network)
    paths = [folder / "nodes.csv", folder / "links.csv"]
    with paths[0].open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "x", "y"])
        writer.writerows([nodes.code[i], f"{nodes.x[i]:.3f}", f"{nodes.y[i]:.3f}"] for i in used)
    with paths[1].open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "start", "end", "length", "u", "kappa", "merge_priority"])
        for i in roads:
            lanes = max(float(np.nan_to_num(links.lanes[i], nan=1.0)), 1.0)
            writer.writerow([
                ids[i], nodes.code[links.tail[i]], nodes.code[links.head[i]], f"{links.length[i]:.3f}",
                f"{links.free_speed[i] / 3.6:.4f}", f"{JAM_VEH_M_LANE * lanes:.3f}", PRIORITY.get(str(links.road_class[i]), 1.0),
            ])  # fmt: skip
    return paths

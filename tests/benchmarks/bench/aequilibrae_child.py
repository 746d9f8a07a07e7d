"""Run in the peer's own environment: ``python aequilibrae_child.py CASE.npz GAP...`` prints its CPU seconds by gap as JSON."""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import pandas as pd
from aequilibrae.matrix import AequilibraeMatrix
from aequilibrae.paths import Graph, TrafficAssignment, TrafficClass


def main() -> None:
    case = np.load(sys.argv[1])
    zones = int(case["zones"])
    links = pd.DataFrame(
        {
            "link_id": np.arange(1, case["tail"].size + 1),
            "a_node": case["tail"].astype(np.int64) + 1,
            "b_node": case["head"].astype(np.int64) + 1,
            "direction": 1,
            "capacity": case["capacity"],
            "free_flow_time": np.maximum(case["free"], 1e-7),
            "b": case["alpha"],
            "power": case["power"],
            "fixed": case["fixed"],
        }
    )
    graph = Graph()
    graph.network = links
    graph.prepare_graph(np.arange(1, zones + 1))
    graph.set_graph("free_flow_time")
    graph.set_blocked_centroid_flows(bool(case["first"] > 0))
    matrix = AequilibraeMatrix()
    matrix.create_empty(zones=zones, matrix_names=["car"], memory_only=True)
    matrix.index[:] = np.arange(1, zones + 1)
    whole = np.zeros((zones, zones))
    goes = case["origin"] != case["destination"]
    np.add.at(whole, (case["origin"][goes], case["destination"][goes]), case["trips"][goes])
    matrix.matrix["car"][:, :] = whole
    matrix.computational_view(["car"])
    print(
        json.dumps({gap: _cpu(graph, matrix, float(gap), bool(case["fixed"].any())) for gap in sys.argv[2:]})
    )


def _cpu(graph: Graph, matrix: AequilibraeMatrix, gap: float, fixed: bool) -> float:
    group = TrafficClass("car", graph, matrix)
    if fixed:
        group.set_fixed_cost("fixed")
    work = TrafficAssignment()
    work.set_classes([group])
    work.set_vdf("BPR")
    work.set_vdf_parameters({"alpha": "b", "beta": "power"})
    work.set_capacity_field("capacity")
    work.set_time_field("free_flow_time")
    work.set_algorithm("bfw")
    work.max_iter = 3000
    work.rgap_target = gap
    work.set_cores(1)
    began = time.process_time()
    work.execute()
    return time.process_time() - began


if __name__ == "__main__":
    main()

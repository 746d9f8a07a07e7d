"""Run in the peer's own environment: ``python landlab_child.py CASE.npz STEPS`` prints its CPU seconds of that many steps."""

from __future__ import annotations

import sys
import time

import numpy as np
from landlab import RasterModelGrid
from landlab.components import OverlandFlow


def main() -> None:
    case, steps = np.load(sys.argv[1]), int(sys.argv[2])
    grid = RasterModelGrid(case["z"].shape, xy_spacing=float(case["cell"]))
    grid.set_closed_boundaries_at_grid_edges(True, True, True, True)
    grid.add_field("topographic__elevation", case["z"].ravel().astype(float), at="node")
    grid.add_field("surface_water__depth", case["depth"].ravel().astype(float), at="node")
    flow = OverlandFlow(grid, mannings_n=float(case["n"]), theta=0.9)
    for _ in range(3):
        flow.overland_flow()
    began = time.process_time()
    for _ in range(steps):
        flow.overland_flow()
    print(time.process_time() - began)


if __name__ == "__main__":
    main()

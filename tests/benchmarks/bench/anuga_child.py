"""Run in the peer's own environment: ``python anuga_child.py CASE.npz SECONDS`` prints its CPU seconds, two triangles a cell."""

from __future__ import annotations

import sys
import time

import anuga
import numpy as np
from anuga.abstract_2d_finite_volumes.mesh_factory import rectangular
from scipy.interpolate import RegularGridInterpolator


def main() -> None:
    case, seconds = np.load(sys.argv[1]), float(sys.argv[2])
    cell, (rows, cols) = float(case["cell"]), case["z"].shape
    domain = anuga.Domain(*rectangular(cols, rows, cols * cell, rows * cell))
    domain.set_flow_algorithm("DE0")
    domain.set_quantities_to_be_stored(None)
    middles = (np.arange(rows) + 0.5) * cell, (np.arange(cols) + 0.5) * cell
    ground = RegularGridInterpolator(middles, case["z"], "nearest", bounds_error=False, fill_value=None)
    level = RegularGridInterpolator(
        middles, case["z"] + case["depth"], "nearest", bounds_error=False, fill_value=None
    )
    at = domain.centroid_coordinates[:, ::-1]
    domain.set_quantity("elevation", ground(at), location="centroids")
    domain.set_quantity("friction", float(case["n"]), location="centroids")
    domain.set_quantity("stage", level(at), location="centroids")
    wall = anuga.Reflective_boundary(domain)
    domain.set_boundary(dict.fromkeys(domain.get_boundary_tags(), wall))
    for _ in domain.evolve(yieldstep=1.0, finaltime=1.0):
        pass
    began = time.process_time()
    for _ in domain.evolve(yieldstep=seconds, duration=seconds):
        pass
    print(time.process_time() - began)


if __name__ == "__main__":
    main()

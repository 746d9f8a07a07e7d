"""A worker of the shipped layers and processes: ``python tests/integration/flood/run_worker.py URL ARTIFACTS``."""

from __future__ import annotations

import sys

from twin.catalog.load import load, shipped_layers
from twin.jobs.worker import run_worker

if __name__ == "__main__":
    run_worker(sys.argv[1], load(shipped_layers()), sys.argv[2])

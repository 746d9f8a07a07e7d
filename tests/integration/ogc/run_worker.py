"""A worker as a process of its own: ``python tests/integration/ogc/run_worker.py URL ARTIFACTS``."""

from __future__ import annotations

import sys
from pathlib import Path

from twin.catalog.load import load, shipped_layers
from twin.jobs.worker import run_worker

if __name__ == "__main__":
    own = Path(__file__).parent / "layers"
    run_worker(sys.argv[1], load(shipped_layers(), own), sys.argv[2], concurrency=1)

"""A week of speeds in Los Angeles against published figures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.verification.report import ROOT, Report

CASE = "Los-loop, one week of 207 detectors"
TGCN = (5.13, 6.06, 6.71, 7.27)
SOURCE = "T-GCN (Zhao et al. 2020), first 80 % to learn from, 12 readings to 12"


@pytest.mark.long
def test_forecasts_beat_the_graph_network(los_loop: Path, report: Report) -> None:
    """Everything in one run: errors, cost on one thread, intervals, and 30 % of the detectors dead throughout."""
    alone = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    program = Path(__file__).with_name("los_loop.py")
    done = subprocess.run(
        [sys.executable, str(program), str(los_loop)],
        env=os.environ | alone,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    for minutes, ours, theirs in zip((15, 30, 45, 60), found["rmse"], TGCN, strict=True):
        report.hold(CASE, SOURCE, f"RMSE up to {minutes} min, ratio", ours / theirs, 0.95)
    for minutes, ours, aim in zip((15, 30, 60), found["mae"], (3.1, 3.5, 4.0), strict=True):
        report.hold(CASE, "no peer on this split", f"MAE at {minutes} min, mph", ours, aim)
    report.hold(CASE, "80 % asked for", "readings in the interval, difference", found["covered"] - 0.8, 0.04)
    report.hold(CASE, "one thread", "training with backtest, CPU s", found["cpu_s"], 60.0)
    loss = np.array(found["loss"])  # ten draws of the dead
    for minutes, mean, worst in zip((15, 30, 45, 60), loss.mean(axis=0), loss.max(axis=0), strict=True):
        metric = f"RMSE of all, 30 % of them dead, loss up to {minutes} min"
        report.hold(CASE, "all detectors read", f"{metric}, mean of draws", mean, 0.10)
        report.hold(CASE, "all detectors read", f"{metric}, worst draw", worst, 0.16)
    living = np.max(found["loss_alive"])
    report.hold(
        CASE, "all detectors read", "RMSE of the living, 30 % of all dead, loss, worst draw", living, 0.03
    )

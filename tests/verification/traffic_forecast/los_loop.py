"""Train on the first 80 % of a week of 207 detectors, forecast the rest; run as a program so that one thread is measured.

Protocol of T-GCN (Zhao et al. 2020, IEEE Trans. Intell. Transp. Syst. 21, 3848): first 80 % in time, no shuffling, 12 readings
give 12; errors over the steps 1..h, h = 3, 6, 9, 12. Forecasts look at no reading before the last twelve.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from twin.engines.traffic.forecast.backtest import train
from twin.engines.traffic.forecast.series import Series

LAGS = AHEAD = 12
STEPS = (3, 6, 9, 12)


def main(folder: Path) -> None:
    speed = np.genfromtxt(folder / "los_speed.csv", delimiter=",", skip_header=1)
    graph = np.genfromtxt(folder / "los_adj.csv", delimiter=",")
    kept, thursday = int(0.8 * len(speed)), 3 * 1440
    began = time.process_time()
    model = train(Series(speed[:kept], 5, thursday), graph=graph)
    cpu = time.process_time() - began
    test = speed[kept:]
    first_min = thursday + 5 * kept
    now = np.arange(LAGS - 1, len(test) - AHEAD)
    read = test[now[:, None] + 1 + np.arange(AHEAD)]
    told = model.predict(Series(test, 5, first_min), now)
    error = told.mean - read
    out: dict[str, object] = {"cpu_s": cpu, "rmse": _roots(error)}
    out["mae"] = [float(np.abs(told.median - read)[:, h - 1].mean()) for h in (3, 6, 12)]
    out["covered"] = float(((read >= told.lower) & (read <= told.upper)).mean())
    out["loss"], out["loss_alive"] = [], []
    for seed in range(10):
        dead = np.random.default_rng(seed).permutation(speed.shape[1]) < 0.3 * speed.shape[1]
        holed = np.where(dead, np.nan, test)
        hurt = model.predict(Series(holed, 5, first_min), now).mean - read
        out["loss"].append([a / b - 1 for a, b in zip(_roots(hurt), _roots(error), strict=True)])  # type: ignore[attr-defined]
        alive = zip(_roots(hurt[:, :, ~dead]), _roots(error[:, :, ~dead]), strict=True)
        out["loss_alive"].append([a / b - 1 for a, b in alive])  # type: ignore[attr-defined]
    print(json.dumps(out))


def _roots(error: np.ndarray) -> list[float]:
    return [float(np.sqrt((error[:, :h] ** 2).mean())) for h in STEPS]


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""A process for tests: takes as long as asked, writes what is asked, fails in every way.

It is handed to the worker by name, as a city hands over processes of its own.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely
from affine import Affine

from twin.errors import TwinError
from twin.processes.context import Features
from twin.processes.models import Inputs, Outputs, field
from twin.processes.registry import Member, process
from twin.processes.validation import impossible
from twin.text import Text

if TYPE_CHECKING:
    from twin.actions.ground import Ground
    from twin.processes.context import RunContext

ORIGIN = (500_000.0, 3_400_000.0)
Failure = Literal[
    "none", "told", "bug", "killed", "exit", "undeclared_write", "undeclared_read", "bad_row", "deaf"
]


class TrialInputs(Inputs):
    seconds: float = field("时长", "Duration", 0.0, unit="s", ge=0, le=600)
    rows: int = field("行数", "Rows", 0, ge=0, le=10_000)
    fail: Failure = field("失败方式", "Way to fail", "none")
    log: str = field("记录文件", "File to note each attempt in", "")
    megabytes: int = field("占用内存", "Memory to use", 0, unit="MB", ge=0, le=2000)
    layer: str = field("另读图层", "Layer to read as well", "")
    unlucky: int = field("不可能的数", "A number that no city can answer", 0)

    def layers(self) -> tuple[tuple[str, str], ...]:
        return (("layer", self.layer),) if self.layer else ()

    def check(self, ground: Ground) -> None:
        if self.unlucky == 13:
            raise impossible(
                "unlucky", f"EPSG:{ground.srid} 的城市没有 13", f"no 13 in EPSG:{ground.srid}", 13
            )


class TrialOutputs(Outputs):
    rows: int = field("行数", "Rows")
    buildings: int = field("建筑数", "Buildings")
    seed: int = field("随机种子", "Seed")


@process(
    name="trial",
    version="1.2.3",
    title=Text(zh="试验", en="Trial"),
    description=Text(zh="测试用。", en="For tests."),
    inputs=TrialInputs,
    outputs=TrialOutputs,
    example={"rows": 3},
    reads=("building",),
    writes=("trial_cell", "trial_depth"),
)
def trial(inputs: TrialInputs, run: RunContext) -> TrialOutputs:
    note(inputs, f"start {os.getpid()}")
    ballast = np.ones(inputs.megabytes * 131_072) if inputs.megabytes else None
    buildings = run.features("building", columns=["code"])
    if inputs.layer:
        run.features(inputs.layer)
    until = time.monotonic() + inputs.seconds
    while (left := until - time.monotonic()) > 0:
        run.progress(1 - left / inputs.seconds, "正在等待", "waiting")
        if inputs.fail != "deaf":
            run.check()
        time.sleep(0.02)
    fail(inputs, run)
    if inputs.rows:
        write(inputs, run)
    note(inputs, f"end {os.getpid()}")
    del ballast
    return TrialOutputs(rows=inputs.rows, buildings=len(buildings), seed=run.seed)


def note(inputs: TrialInputs, what: str) -> None:
    if inputs.log:
        with Path(inputs.log).open("a") as log:
            log.write(f"{what}\n")


def fail(inputs: TrialInputs, run: RunContext) -> None:
    if inputs.fail == "told":
        raise TwinError("TWIN-599", "试验失败：请改正", "the trial failed: mend it", where="fail")
    if inputs.fail == "bug":
        raise ZeroDivisionError("a bug")
    if inputs.fail == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if inputs.fail == "exit":
        os._exit(7)
    if inputs.fail == "undeclared_write":
        run.write_features("flood_cell", Features({}, np.empty(0, dtype=object)))
    if inputs.fail == "undeclared_read":
        run.features("road_link")
    if inputs.fail == "bad_row":
        run.write_features("trial_cell", Features({"number": [-1]}, np.array([square(0)])))


def write(inputs: TrialInputs, run: RunContext) -> None:
    numbers = list(range(inputs.rows))
    writer = [str(os.getpid())] * inputs.rows
    squares = np.array([square(number) for number in numbers])
    run.write_features("trial_cell", Features({"number": numbers, "attempt": writer}, squares))
    array = np.arange(600, dtype=np.float32).reshape(20, 30) / 600
    array[0, 0] = np.nan
    run.write_raster("trial_depth", array, Affine(10.0, 0.0, ORIGIN[0], 0.0, -10.0, ORIGIN[1]), -9999.0)


def square(number: int) -> shapely.Polygon:
    x, y = ORIGIN[0] + 20.0 * number, ORIGIN[1]
    return shapely.box(x, y, x + 10.0, y + 10.0)


class SeriesInputs(Inputs):
    members: int = field("成员数", "Members", 3, ge=0, le=10_000)
    seconds: float = field("每个成员的时长", "Duration of each", 0.0, unit="s", ge=0, le=60)
    failing: tuple[int, ...] = field("失败的成员", "Members that fail", ())
    layer: str = field("成员另读图层", "Layer that members read as well", "")


class SeriesOutputs(Outputs):
    states: tuple[str, ...] = field("成员状态", "States of the members")
    rows: tuple[int, ...] = field("各成员的行数", "Rows of each member")
    deepest: float = field("最大值", "Greatest value of the members' rasters")


def series_members(inputs: SeriesInputs) -> list[Member]:
    return [
        Member(
            "trial",
            {
                "rows": number + 1,
                "seconds": inputs.seconds,
                "fail": "told" if number in inputs.failing else "none",
                "layer": inputs.layer,
            },
        )
        for number in range(inputs.members)
    ]


@process(
    name="trial-series",
    version="1.0.0",
    title=Text(zh="试验系列", en="Series of trials"),
    description=Text(zh="测试用。", en="For tests."),
    inputs=SeriesInputs,
    outputs=SeriesOutputs,
    example={"members": 2},
    reads=("trial_cell", "trial_depth"),
    members=series_members,
)
def trial_series(inputs: SeriesInputs, run: RunContext) -> SeriesOutputs:
    done = run.members()
    well = [one for one in done if one.state == "successful"]
    rasters = [run.raster("trial_depth", run=one.id) for one in well]
    return SeriesOutputs(
        states=tuple(one.state for one in done),
        rows=tuple(len(run.features("trial_cell", run=one.id)) for one in well),
        deepest=max((float(np.nanmax(raster.array)) for raster in rasters if raster), default=0.0),
    )

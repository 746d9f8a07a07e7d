"""Never worse: candidates of the model are driven in SUMO on training seeds, and taken only where they win.

Seeds for choosing, for deciding (by whoever calls) and for reporting are different ones, so that luck in the choice
flatters neither the decision nor the report.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from twin.engines.traffic.dynamics.sumo import MEASURES, drive
from twin.engines.traffic.signals import area
from twin.engines.traffic.signals.streams import build
from twin.engines.traffic.signals.sumo_plan import additional

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twin.engines.traffic.dynamics.sumo import Control, Drive, Scenario
    from twin.engines.traffic.signals.program import Program
    from twin.engines.traffic.signals.streams import Streams
    from twin.engines.traffic.signals.sumo_net import SignalNet

CANDIDATES = 4
TRAINING = (101, 102)
REPORTING = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Trial:
    """Programs with their name and the drives, one a seed."""

    name: str
    programs: tuple[Program, ...]
    drives: tuple[Drive, ...]

    @property
    def delay(self) -> float:
        """Mean delay over the seeds (s/veh), time waiting to be let in included."""
        return float(np.mean([one.mean_delay for one in self.drives]))

    @property
    def unserved(self) -> int:
        """Vehicles of all seeds that did not drive to their end."""
        return sum(one.unserved for one in self.drives)

    @property
    def served(self) -> bool:
        """Whether every vehicle of every seed drove to its end."""
        return self.unserved == 0


@dataclass(frozen=True, slots=True)
class Choice:
    """What was tried on the training seeds, the trial of the programs as built first, and the programs taken."""

    streams: Streams
    built: Trial
    trials: tuple[Trial, ...]
    chosen: Trial

    @property
    def adopted(self) -> bool:
        """Whether any program changes."""
        return self.chosen is not self.built


def better(trial: Trial, than: Trial) -> bool:
    """Less delay on every seed, and no vehicle left behind that was not left before."""
    pairs = list(zip(trial.drives, than.drives, strict=True))
    return all(new.mean_delay < old.mean_delay and new.unserved <= old.unserved for new, old in pairs)


def run(
    scenario: Scenario,
    programs: Sequence[Program],
    seeds: Sequence[int],
    *,
    name: str = "",
    built: Sequence[Program] = (),
    text: str | None = None,
    control: Control | None = None,
    routes: bool = False,
    cancelled: Callable[[], None] | None = None,
) -> Trial:
    """Drive the scenario on each seed under the programs (or under ``text``, an additional file, or a ``control``).

    Programs that are among ``built`` run as the network has them, to the letter.
    """
    changed = [one for one in programs if one not in built]
    with tempfile.TemporaryDirectory(prefix="twin-signals-") as folder:
        files = []
        if control is None and (changed or text is not None):
            files.append(Path(folder) / "signals.add.xml")
            files[0].write_text(additional(changed) if text is None else text, encoding="utf-8")
        drives = tuple(
            drive(scenario, seed, additional=files, control=control, routes=routes, cancelled=cancelled)
            for seed in seeds
        )
    return Trial(name, tuple(programs), drives)


def choose(
    net: SignalNet,
    scenario: Scenario,
    *,
    training: Sequence[int] = TRAINING,
    cycles: Sequence[int] = area.CYCLES,
    candidates: int = CANDIDATES,
    in_file: Sequence[Program] | None = None,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], None] | None = None,
) -> Choice:
    """Optimise the area on the turning flows of the training seeds, and choose in SUMO on the same seeds.

    ``in_file``: the programs that the network file holds, where they are not those of ``net``.

    Raises ``TwinError`` TWIN-750 (no SUMO) and TWIN-751 (SUMO failed).
    """
    said = progress or (lambda _: None)
    before = tuple(one.program for one in net.junctions)
    held = before if in_file is None else tuple(in_file)
    built = run(scenario, before, training, name="built", built=held, routes=True, cancelled=cancelled)
    said(0.2)
    streams = build(net, _together(built.drives), (scenario.end - scenario.begin) * len(training))
    timings = area.timings(streams, before, cycles=cycles, cancelled=cancelled)[:candidates]
    options = {f"cycle {timing.cycle} s": timing.programs for timing in timings}
    options["isolated"] = tuple(area.isolated(streams, before, cycles))
    said(0.3)
    trials = [built]
    for number, (name, programs) in enumerate(options.items()):
        trials.append(run(scenario, programs, training, name=name, built=held, cancelled=cancelled))
        said(0.3 + 0.6 * (number + 1) / len(options))
    best = min(trials[1:], key=lambda trial: (not trial.served, trial.delay))
    kept = _keep_where_worse(net, built, best)
    if kept is not None:
        name = f"{best.name}, part"
        trials.append(run(scenario, kept, training, name=name, built=held, cancelled=cancelled))
        best = min(best, trials[-1], key=lambda trial: (not trial.served, trial.delay))
    said(1.0)
    return Choice(streams, built, tuple(trials), best if better(best, built) else built)


def approach_delay(net: SignalNet, drives: Sequence[Drive]) -> dict[str, float]:
    """Time lost on the approaches of each junction (vehicle-seconds, mean over the drives)."""
    approaches = {one.name: {s.from_edge for row in one.signals for s in row} for one in net.junctions}
    column = MEASURES.index("time_loss")
    lost: dict[str, float] = defaultdict(float)
    for one in drives:
        for interval in one.intervals:
            for name, edges in approaches.items():
                values = (interval.edges[edge][column] for edge in edges if edge in interval.edges)
                lost[name] += sum(value for value in values if value == value) / len(drives)
    return {name: lost[name] for name in approaches}


def _keep_where_worse(net: SignalNet, built: Trial, best: Trial) -> tuple[Program, ...] | None:
    """The best programs, with those as built at junctions whose approaches lose more time than before."""
    before, after = approach_delay(net, built.drives), approach_delay(net, best.drives)
    worse = [after[one.name] > 1.02 * before[one.name] for one in net.junctions]
    if not any(worse) or all(worse):
        return None
    pairs = zip(built.programs, best.programs, worse, strict=True)
    return tuple(old if bad else new for old, new, bad in pairs)


def _together(drives: Sequence[Drive]) -> list[tuple[str, int]]:
    total: dict[str, int] = defaultdict(int)
    for one in drives:
        for edges, count in one.routes:
            total[edges] += count
    return sorted(total.items())


def answering(net: SignalNet, kind: str, **settings: float | bool) -> Control:
    """The control of a kind ("max_pressure", "anticipating") over the stages of the network's programs."""
    from dataclasses import asdict

    from twin.engines.traffic.dynamics.sumo import Control

    programs = [
        {"junction": one.name, "stages": [asdict(stage) for stage in one.program.stages]}
        for one in net.junctions
    ]
    yields = {
        one.name: [sorted({y for s in row for y in s.yields}) for row in one.signals] for one in net.junctions
    }
    return Control(kind, {"programs": programs, "yields": yields, **settings})

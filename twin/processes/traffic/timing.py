"""What ``signal-timing`` does: the junctions chosen, cut out with their traffic, timed, driven, told."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.errors import TwinError
from twin.processes.context import Features
from twin.processes.traffic import approaches, plans
from twin.processes.traffic.simulated import loaded, sumo_city
from twin.processes.traffic.told import said

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.engines.traffic.dynamics.walks import Vehicles
    from twin.engines.traffic.signals.choose import Choice, Trial
    from twin.engines.traffic.signals.program import Stage
    from twin.engines.traffic.signals.sumo_net import SignalJunction, SignalNet
    from twin.processes.context import RunContext
    from twin.processes.signal_timing import SignalInputs
    from twin.processes.traffic.in_force import InForce
    from twin.processes.traffic.simulated import Loaded, SumoCity

AROUND_M = 60.0  # nodes this near to the chosen signals belong to their area
MOST = 60
CROWDED = 0.4  # flow over capacity of an approach: its green is about half of the time
TRAINING, CHECKING = 101, 201  # first seeds for choosing and for deciding; those for reporting count from 1


@dataclass(frozen=True, slots=True)
class Scene:
    """An area ready to be timed: its SUMO files, and its signals with the plans in force."""

    city: SumoCity
    signals: InForce

    @property
    def net(self) -> SignalNet:
        return self.signals.net


def timing(inputs: SignalInputs, run: RunContext) -> dict[str, Any]:
    """The outputs; junctions and proposed plans are handed over on the way."""
    from twin.engines.traffic.dynamics.sumo import require
    from twin.engines.traffic.dynamics.walks import walks
    from twin.engines.traffic.signals.choose import choose

    require()
    traffic = loaded(run, inputs.base, inputs.assignment)
    inner = chosen(inputs, run, traffic)
    network = traffic.network
    links = np.nonzero(traffic.roads & (inner[network.links.tail] | inner[network.links.head]))[0]
    if links.size == 0:
        raise _none_there()
    inside = np.zeros(len(network.links), bool)
    inside[links] = True
    seconds = 60.0 * inputs.minutes
    vehicles = walks(
        traffic.flow,
        traffic.turn_from,
        traffic.turn_to,
        traffic.turn_flow,
        seconds=seconds,
        seed=run.seed,
        inside=inside,
    )
    with tempfile.TemporaryDirectory(prefix="twin-signal-timing-") as folder:
        run.progress(0.32, "生成 SUMO 路网", "making the SUMO network")
        scene = _scene(run, traffic, links, inner, vehicles, Path(folder), seconds)
        run.progress(0.35, "优化并仿真检验", "timing and driving")
        found = choose(
            scene.net, scene.city.scenario,
            training=tuple(range(TRAINING, TRAINING + inputs.training_seeds)), candidates=inputs.candidates,
            in_file=scene.signals.in_file, cancelled=run.check,
            progress=lambda part: run.progress(0.35 + 0.35 * part, "优化并仿真检验", "timing and driving"),
        )  # fmt: skip
        return _told(inputs, run, traffic, scene, found)


def chosen(inputs: SignalInputs, run: RunContext, traffic: Loaded) -> NDArray[np.bool_]:
    """(nodes,) the nodes of the area. Raises TWIN-754 where it holds no signal, TWIN-755 where too many."""
    nodes = traffic.network.nodes
    signal = np.asarray(nodes.kind == "signal", bool)
    points = shapely.points(nodes.x, nodes.y)
    if inputs.area is not None:
        from twin.crs import transformer
        from twin.processes.flood.geometry import in_city

        hull = in_city(inputs.area, transformer(4326, run.srid))
    else:
        hull = shapely.convex_hull(shapely.multipoints(points[_named(inputs, traffic, signal)]))
    inner = np.asarray(shapely.dwithin(points, hull, AROUND_M), bool)
    count = int((inner & signal).sum())
    if count == 0:
        raise _none_there()
    if count > MOST:
        raise TwinError(
            "TWIN-755",
            f"范围内有 {count} 个信号路口，一次至多 {MOST} 个；请缩小范围或分片优化。",
            f"The area holds {count} signals; {MOST} are the most at once: choose a smaller area, or time it in parts.",
            status=422,
            where="junctions",
        )
    return inner


def _none_there() -> TwinError:
    return TwinError(
        "TWIN-754",
        "所选范围内没有信号交叉口（road_node.kind 为 signal，且有进口道路）；请另选路口或范围。",
        "There is no junction with signals there (road_node.kind signal, with roads that lead to it); choose others, or "
        "another area.",
        status=422,
        where="junctions",
    )


def _named(inputs: SignalInputs, traffic: Loaded, signal: NDArray[np.bool_]) -> NDArray[np.intp]:
    nodes, links = traffic.network.nodes, traffic.network.links
    if inputs.junctions:
        found = np.nonzero(signal & np.isin(nodes.code.astype(str), inputs.junctions))[0]
        missing = sorted(set(inputs.junctions) - set(nodes.code[found]))
        if missing:
            raise TwinError(
                "TWIN-756",
                f"这些节点不是路网中的信号交叉口：{'、'.join(missing[:8])}；请核对 road_node 的编号与类型。",
                f"These are no junctions with signals of the network: {', '.join(missing[:8])}; check code and kind in road_node.",
                status=422,
                where="junctions",
            )
        return found
    entering = np.bincount(links.head, weights=traffic.flow, minlength=len(nodes))
    if not signal.any():
        return np.zeros(0, np.intp)
    # timing does not help a junction whose roads are beyond their capacity anyway
    full = traffic.roads & (traffic.flow > CROWDED * links.capacity)
    fit = signal & (np.bincount(links.head[full], minlength=len(nodes)) == 0)
    first = int(np.argmax(np.where(fit if fit.any() else signal, entering, -1.0)))
    away = np.hypot(nodes.x - nodes.x[first], nodes.y - nodes.y[first])
    return np.argsort(np.where(signal, away, np.inf), kind="stable")[: inputs.most]


def _scene(
    run: RunContext, traffic: Loaded, links: NDArray[np.intp], inner: NDArray[np.bool_], vehicles: Vehicles,
    folder: Path, seconds: float,
) -> Scene:  # fmt: skip
    from twin.processes.traffic.in_force import in_force

    city = sumo_city(traffic.network, links, inner, vehicles, folder, seconds=seconds)
    signals = in_force(run, traffic.network, city)
    if not signals.net.junctions:
        raise _none_there()
    return Scene(city, signals)


def _told(
    inputs: SignalInputs, run: RunContext, traffic: Loaded, scene: Scene, found: Choice
) -> dict[str, Any]:
    from twin.engines.traffic.signals.sumo_plan import additional

    seeds = tuple(range(1, 1 + inputs.reporting_seeds))
    passed, checked = _checked(inputs, run, scene, found)
    run.progress(0.8, "报告用种子", "reporting seeds")
    before = _driven(run, scene, found.built, seeds)
    after = _driven(run, scene, found.chosen, seeds) if passed else before
    adopted = passed and after.delay < before.delay and after.unserved <= before.unserved
    programs = found.chosen.programs if adopted else found.built.programs
    changed = [new != old for new, old in zip(programs, found.built.programs, strict=True)]
    _hand_over(run, traffic, scene, found, before, after if adopted else before, changed, adopted)
    others = _others(inputs, run, scene, seeds) if inputs.compare else ()
    return {
        "junctions": len(programs),
        "changed": sum(changed),
        "adopted": adopted,
        "ratio": after.delay / max(before.delay, 1e-9) if passed else 1.0,
        "vehicles": scene.city.vehicles,
        "shortened": scene.city.shortened,
        "without_plan": scene.signals.unplanned,
        "seeds": _seeds(seeds, before, after),
        "checks": checked,
        "trials": tuple(_trial(one) for one in found.trials),
        "others": tuple(_trial(one) for one in others),
        "notes": said(scene.signals.problems),
        "sumo_program": additional(one for one, new in zip(programs, changed, strict=True) if new),
    }


def _checked(
    inputs: SignalInputs, run: RunContext, scene: Scene, found: Choice
) -> tuple[bool, tuple[dict[str, Any], ...]]:
    """Whether the winner does better on every seed of a set that it was not chosen on, and that is not reported on."""
    from twin.engines.traffic.signals.choose import better

    if not found.adopted:
        return False, ()
    run.progress(0.7, "检验优化方案", "checking seeds")
    seeds = tuple(range(CHECKING, CHECKING + inputs.checking_seeds))
    before, after = (_driven(run, scene, trial, seeds) for trial in (found.built, found.chosen))
    return better(after, before), _seeds(seeds, before, after)


def _driven(run: RunContext, scene: Scene, trial: Trial, seeds: tuple[int, ...]) -> Trial:
    from twin.engines.traffic.signals.choose import run as drive

    scenario, held = scene.city.scenario, scene.signals.in_file
    return drive(scenario, trial.programs, seeds, name=trial.name, built=held, cancelled=run.check)


def _seeds(seeds: tuple[int, ...], before: Trial, after: Trial) -> tuple[dict[str, Any], ...]:
    return tuple(_seed(seed, b, a) for seed, b, a in zip(seeds, before.drives, after.drives, strict=True))


def _seed(seed: int, before: Any, after: Any) -> dict[str, Any]:
    return {
        "seed": seed, "before_s": round(before.mean_delay, 2), "after_s": round(after.mean_delay, 2),
        "unserved_before": before.unserved, "unserved_after": after.unserved,
    }  # fmt: skip


def _trial(one: Trial) -> dict[str, Any]:
    return {"name": one.name, "delay_s": round(one.delay, 2), "served": one.served}


def _others(inputs: SignalInputs, run: RunContext, scene: Scene, seeds: tuple[int, ...]) -> list[Trial]:
    from twin.engines.traffic.signals.choose import answering
    from twin.engines.traffic.signals.choose import run as drive
    from twin.engines.traffic.signals.sumo_plan import actuated

    scenario = scene.city.scenario
    text = actuated([one.program for one in scene.net.junctions])
    found = [drive(scenario, (), seeds, name="actuated", text=text, cancelled=run.check)]
    for kind in ("max_pressure", "anticipating"):
        control = answering(scene.net, kind)
        found.append(drive(scenario, (), seeds, name=kind, control=control, cancelled=run.check))
    return found


def _hand_over(
    run: RunContext, traffic: Loaded, scene: Scene, found: Choice, before: Trial, after: Trial, changed: list[bool],
    adopted: bool,
) -> None:  # fmt: skip
    from twin.engines.traffic.signals.assess import assess
    from twin.engines.traffic.signals.choose import approach_delay

    nodes = traffic.network.nodes
    built = found.built.programs
    programs = [
        new if ch else old for new, old, ch in zip(found.chosen.programs, built, changed, strict=True)
    ]
    hcm = list(zip(assess(found.streams, built, built), assess(found.streams, built, programs), strict=True))
    lost = [approach_delay(scene.net, trial.drives) for trial in (before, after)]
    names = dict(zip(*_names(run), strict=True))
    junctions, proposed, places, points = [], [], [], []
    for one, new, old, (b, a), is_new in zip(scene.net.junctions, programs, built, hcm, changed, strict=True):
        code, at = scene.signals.code[one.name], scene.city.node.get(one.name)
        point = None if at is None else shapely.Point(nodes.x[at], nodes.y[at])
        passed = max(b.flow * (scene.city.scenario.end / 3600.0), 1e-9)
        junctions.append(
            {
                "node_code": code, "name": names.get(code), "flow": round(b.flow, 1),
                "delay_before": round(b.delay, 2), "delay_after": round(a.delay, 2),
                "los_before": b.level, "los_after": a.level,
                "saturation_before": round(b.saturation, 3), "saturation_after": round(a.saturation, 3),
                "loss_before": round(lost[0][one.name] / passed, 2), "loss_after": round(lost[1][one.name] / passed, 2),
                "cycle_before": old.cycle, "cycle_after": new.cycle, "adopted": is_new,
                "reason": _reason(is_new, adopted, code in scene.signals.unplanned),
            }
        )  # fmt: skip
        points.append(point)
        if is_new:
            made = plans.rows(one, new, code, scene.signals.road)
            spoken = [_spoken(traffic, scene, one, stage) for stage in new.stages]
            named = {"name": names.get(code)}
            proposed += [named | row | words for row, words in zip(made, spoken, strict=True)]
            places += [point] * len(made)
    run.write_features("signal_junction", Features(_columns(junctions), np.array(points, object)))
    if proposed:
        run.write_features("signal_plan_proposed", Features(_columns(proposed), np.array(places, object)))


def _spoken(traffic: Loaded, scene: Scene, junction: SignalJunction, stage: Stage) -> dict[str, str]:
    """The movements of a stage in words."""
    edge = scene.city.edge
    turns = {edge[name]: turns for name, turns in plans.turning(junction, stage).items() if name in edge}
    words = approaches.told(turns, traffic.network)
    return {"movements_zh": words.zh, "movements_en": words.en}


def _names(run: RunContext) -> tuple[list[Any], list[Any]]:
    found = run.features("road_node", columns=["code", "name"]).columns
    return found["code"], found["name"]


def _reason(new: bool, adopted: bool, unplanned: bool) -> str:
    if new:
        return "better"
    if adopted:
        return "worse_here"
    return "no_plan" if unplanned else "area_not_better"


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}

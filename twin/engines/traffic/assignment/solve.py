"""Assignment of trips to a network: equilibrium of users, or least cost of all, by bushes.

An iteration takes each bush at the costs of the moment, measures what its travel costs beyond shortest paths, trims and
widens it; then sweeps shift flow within the bushes one after the other, each at the costs the last one left. Where they creep,
leaps carry on in their direction (see ``leap``), and where those creep, too, Newton's steps for all bushes (see ``newton``).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from twin.engines.traffic.assignment import bush, check, ground, leap, replant, shift
from twin.engines.traffic.assignment.delay import beckmann, refresh
from twin.engines.traffic.assignment.equilibrium import Aim, CutOff, Equilibrium, Forest, Iteration
from twin.engines.traffic.assignment.expansion import expand
from twin.engines.traffic.assignment.problems import AssignmentInputError, Cancelled, NetworkRefused, named

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from twin.engines.traffic.assignment.arrays import Trips
    from twin.engines.traffic.assignment.demand import Demand
    from twin.engines.traffic.network import Network
    from twin.errors import Problem

    type Numbers = NDArray[np.float64]
    type Told = Callable[[Iteration], None]
    type Asked = Callable[[], bool]

_SWEEPS = 8
_FEWER = 0.1  # what the sweeps of an iteration may leave of the excess found
_SMALL = 0.05  # share of the mean excess below which a bush waits for the next iteration
_CREEP = 0.9  # sweeps that leave more of the excess than this creep: more of them follow, each with a leap
_LEAPS = 40
_FULL = 4  # every so many leaps no bush waits
_LEAPS_FIRST = 3  # leaps of an iteration before Newton's steps follow
_JUMPS = 3  # Newton's steps after a leap
_FEW_LINKS = 1500  # networks of more links have leaps alone in their first iterations, since a step costs the cube of the links
_PATIENCE = 20
_STUCK = 0.9  # of the gap before: after an iteration that left more no bush waits, since little flow on long ways bars better ones
_LITTLE = 1e-3


class Assignment:
    """One run: the state of links and bushes between iterations."""

    def __init__(
        self,
        network: Network,
        demands: Sequence[Demand],
        aim: Aim,
        closed: NDArray[np.bool_],
        problems: Sequence[Problem],
        start: Equilibrium | None,
    ) -> None:
        self.began = time.process_time()
        self.network, self.demands, self.aim, self.closed = network, tuple(demands), aim, closed
        self.problems = list(problems)
        self.start = start
        known = start is not None and _same_links(network, start.network)
        self.expansion = start.forest.expansion if start is not None and known else expand(network)
        self.graph = ground.graph(self.expansion)
        self.curves = ground.curves(network, self.expansion, aim)
        self.fixed = ground.fixed_costs(network, demands, closed, self.expansion)
        self.links = ground.links(self.expansion, self.fixed)
        kept = start.forest.matrix if start is not None and _same(self.demands, start.demands) else None
        self.matrix = ground.matrix(demands) if kept is None else kept
        self.trips = self.matrix.trips()
        self.missed = np.zeros(self.trips.node.size, dtype=np.bool_)
        nodes, arcs = self.graph.through.size, self.graph.tail.size
        self.desk, self.bench = bush.desk(nodes, arcs), shift.bench(nodes, arcs)
        self.bushes = ground.empty(0, nodes, arcs)
        self.iterations: list[Iteration] = []

    def plant(self) -> None:
        """First bushes: all on shortest paths, one bush after the other on the network as the last one left it."""
        self.bushes = ground.empty(self.trips.origin.size, self.graph.through.size, self.graph.tail.size)
        refresh(self.curves, self.links.flow, self.links.time, self.links.slope)
        self._whole(
            lambda first: bush.grow(
                self.graph, self.trips, self.curves, self.links, self.bushes, self.desk, first, self.missed
            )
        )
        self._left_out()

    def take_up(self, start: Equilibrium) -> None:
        """Bushes of an earlier equilibrium of the same links, replanted where trips or open links are others."""
        old = start.forest
        if not self._same_graph(old):
            raise AssignmentInputError(
                "start", "路段、转向或首个可通行节点与先前结果不同；请不带 start 重新分配。",
                "belongs to other links or turns; assign without start.",
            )  # fmt: skip
        if self.matrix is old.matrix:
            which = np.arange(self.trips.origin.size, dtype=np.int64)
            other = self.trips.pcu != old.trips.pcu
            touched = np.add.reduceat(other, self.trips.start[:-1]) > 0 if other.size else np.zeros(0, bool)
        else:
            which = _matched(self.trips, old.trips)
            touched = np.array(
                [_other_trips(self.trips, old.trips, b, int(was)) for b, was in enumerate(which)], bool
            )
        self.bushes = ground.copied(old.bushes, which, self.graph.tail.size * 8 + old.bushes.link.size // 4)
        replant.broken(self.trips, self.links, self.bushes, touched)
        bush.load_all(self.curves, self.links, self.bushes)
        self._whole(
            lambda first: replant.replant(
                self.graph, self.trips, self.links, self.bushes, self.desk, first, touched, self.missed
            )
        )
        self._left_out()

    def run(self, gap: float, most: int, progress: Told | None, cancelled: Asked | None) -> Equilibrium:
        """Iterate to a gap, or as often as allowed."""
        reached = np.inf
        for number in range(most + 1):
            bush.load_all(self.curves, self.links, self.bushes)
            tally = np.zeros(2)
            self._whole(lambda first, tally=tally: bush.update(  # type: ignore[misc]
                self.graph, self.trips, self.links, self.bushes, self.desk, first, tally))  # fmt: skip
            reached = float(tally[0] / tally.sum()) if tally[0] > 0 else 0.0
            self.iterations.append(Iteration(reached, self._objective(), time.process_time() - self.began))
            if progress is not None:
                progress(self.iterations[-1])
            if reached <= gap or number == most:
                break
            self._sweep(float(tally[0]), number, cancelled)
        return self._result(reached, gap)

    def _sweep(self, excess: float, number: int, cancelled: Asked | None) -> None:
        """Sweep until little of the excess is left; where sweeps alone creep, leap after each."""
        left = np.full(self.trips.origin.size, np.inf)
        least, found = 0.0, excess
        leaps: leap.Leaps | None = None
        last = self.iterations[-2].gap if len(self.iterations) > 1 else np.inf
        stuck = self.iterations[-1].gap > _STUCK * last
        few = self.graph.tail.size <= _FEW_LINKS
        enough = (_LITTLE if stuck else _FEWER) * excess
        for k in range(_SWEEPS + _LEAPS):
            if cancelled is not None and cancelled():
                raise Cancelled(number, self.iterations[-1].gap)
            if leaps is not None:
                leaps.begin()
                if k % _FULL == 0:
                    left[:] = np.inf
            before = found
            found = shift.sweep(
                self.graph, self.trips, self.curves, self.links, self.bushes, self.bench, left, least, 1
            )
            least = 0.0 if stuck else _SMALL * found / left.size
            if found <= enough and k >= (_SWEEPS if stuck else 1):
                return
            if leaps is not None:
                leaps.leap()
                if k >= _SWEEPS + _LEAPS_FIRST and (few or number >= _PATIENCE):
                    self._jump(leaps)
            elif k >= _SWEEPS - 1:
                if found <= _CREEP * before and not stuck:
                    return
                leaps = leap.Leaps(self.graph, self.trips, self.curves, self.links, self.bushes, self.desk)

    def _jump(self, leaps: leap.Leaps) -> None:
        for _ in range(_JUMPS):
            if not leaps.jump(self.bench):
                return

    def _whole(self, work: Callable[[int], int]) -> None:
        """Work over all bushes, with more room as often as they need it."""
        first = work(0)
        while first < self.trips.origin.size:
            which = np.arange(self.trips.origin.size, dtype=np.int64)
            spare = self.graph.tail.size * 2 + int(self.bushes.count.sum()) // 4
            self.bushes = ground.copied(self.bushes, which, spare)
            first = work(first)

    def _same_graph(self, old: Forest) -> bool:
        ours, theirs = self.expansion, old.expansion
        pairs = (
            (ours.tail, theirs.tail),
            (ours.head, theirs.head),
            (ours.link, theirs.link),
            (ours.through, theirs.through),
        )
        return all(np.array_equal(a, b) for a, b in pairs)  # fmt: skip

    def _left_out(self) -> None:
        self.trips.pcu[self.missed] = 0.0
        for number in np.unique(self.matrix.demand[self.missed]):
            mine = self.missed & (self.matrix.demand == number)
            nodes = np.unique(self.matrix.destination[mine]).tolist()
            self.problems.append(
                named("TWIN-709", nodes, what=f"demands[{number}]", column="node", fatal=False)
            )

    def _objective(self) -> float:
        flow = self.links.flow
        own = 0.0
        loads = np.zeros(self.fixed.shape)
        replant.class_flows(self.trips, self.bushes, loads)
        for load, fixed in zip(loads, self.fixed, strict=True):
            own += float(load[load > 0] @ fixed[load > 0])
        return float(beckmann(self.curves, flow)) + own

    def _result(self, reached: float, gap: float) -> Equilibrium:
        bush.load_all(self.curves, self.links, self.bushes)
        loads = np.zeros(self.fixed.shape)
        replant.class_flows(self.trips, self.bushes, loads)
        loads /= np.array([one.pce for one in self.demands])[:, None]
        times = self._times()
        arc = self.expansion.arc[: self.network.links]
        which = np.arange(self.trips.origin.size, dtype=np.int64)
        kept = ground.copied(self.bushes, which, 0)
        return Equilibrium(
            self.network, self.demands, self.aim, self.closed,
            flow=self.links.flow[arc], class_flow=loads[:, arc], time=times[arc], gap=reached, converged=reached <= gap,
            objective=self._objective(), total_time=float(np.where(loads > 0, loads * np.where(loads > 0, times, 0.0), 0.0).sum()),
            iterations=tuple(self.iterations), cut_off=self._cut_off(), intrazonal=self.matrix.intrazonal,
            problems=tuple(self.problems), forest=Forest(self.expansion, self.trips, kept, self.fixed, self.matrix),
        )  # fmt: skip

    def _times(self) -> Numbers:
        """(arcs,) times at the flows, also where the costs are marginal ones."""
        own = ground.curves(self.network, self.expansion, "user")
        times = np.zeros(self.graph.tail.size)
        slopes = np.zeros_like(times)
        refresh(own, self.links.flow, times, slopes)
        return times

    def _cut_off(self) -> CutOff:
        lost, m = self.missed, self.matrix
        pce = np.array([one.pce for one in self.demands])
        return CutOff(m.demand[lost], m.origin[lost], m.destination[lost], m.pcu[lost] / pce[m.demand[lost]])


def assign(
    network: Network,
    demands: Sequence[Demand],
    *,
    gap: float = 1e-6,
    aim: Aim = "user",
    start: Equilibrium | None = None,
    closed: NDArray[np.bool_] | None = None,
    max_iterations: int = 5000,
    progress: Told | None = None,
    cancelled: Asked | None = None,
) -> Equilibrium:
    """Assign trips to a network until nobody gains more than ``gap`` (relative) by another route.

    ``aim``: ``user`` (each takes what is quickest, Wardrop 1952) or ``system`` (least total cost). ``start``: an earlier
    equilibrium of the same links, whose routes are taken up. ``closed``: (links,) closed to all classes. ``progress`` is told of
    each iteration; ``cancelled`` is asked between sweeps.

    Raises AssignmentInputError, NetworkRefused (with the links, turns or rows named), Cancelled. Where the gap is not
    reached within ``max_iterations``, ``converged`` is False.
    """
    if aim not in ("user", "system"):
        raise AssignmentInputError(
            "aim", f"应为 user 或 system，实为 {aim}。", f'must be "user" or "system", got "{aim}".'
        )
    if not gap >= 0:
        raise AssignmentInputError("gap", f"应不小于 0，实为 {gap}。", f"must be 0 or more, got {gap}.")
    problems = check.network(network)
    if not any(problem.fatal for problem in problems):
        problems += check.demands(network, demands)
    if any(problem.fatal for problem in problems):
        raise NetworkRefused(problems)
    shut = np.zeros(network.links, dtype=np.bool_) if closed is None else np.asarray(closed, dtype=np.bool_)
    work = Assignment(network, demands, aim, shut, problems, start)
    if start is None:
        work.plant()
    else:
        work.take_up(start)
    return work.run(gap, max_iterations, progress, cancelled)


def _same(ours: Sequence[Demand], theirs: Sequence[Demand]) -> bool:
    return len(ours) == len(theirs) and all(a is b for a, b in zip(ours, theirs, strict=True))


def _same_links(network: Network, other: Network) -> bool:
    """Whether two networks share their very arrays of links and turns, as one made of the other does."""
    names = ("tail", "head", "turn_from", "turn_to", "turn_time")
    same = all(getattr(network, name) is getattr(other, name) for name in names)
    return same and (network.nodes, network.first_through) == (other.nodes, other.first_through)


def _matched(trips: Trips, old: Trips) -> NDArray[np.int64]:
    """Number of the old bush of the same class and origin, or -1."""
    known = {
        (int(user), int(origin)): b for b, (user, origin) in enumerate(zip(old.user, old.origin, strict=True))
    }
    keys = zip(trips.user, trips.origin, strict=True)
    return np.array([known.get((int(user), int(origin)), -1) for user, origin in keys], dtype=np.int64)


def _other_trips(trips: Trips, old: Trips, b: int, was: int) -> bool:
    if was < 0:
        return True
    new, before = (
        slice(trips.start[b], trips.start[b + 1]),
        slice(old.start[was], old.start[was + 1]),
    )
    return not (
        np.array_equal(trips.node[new], old.node[before]) and np.array_equal(trips.pcu[new], old.pcu[before])
    )

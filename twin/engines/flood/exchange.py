"""Surface and sewers, coupled both ways.

Between two exchanges each side goes its way; at an exchange they stand at the same moment, and for each opening a flow is
found from the two levels, eased against the last one, never turned round without a moment of rest, and limited by what
either side has. One volume is booked, the one that SWMM really routes: the mean of the old and the new flow over its
step. What flows in is drawn from the surface before SWMM sees it and kept in ``held`` until routed, so no side can be
short of it; what flows out is given to the surface over the very time in which SWMM lost it.

SWMM's own spilling is switched off at coupled nodes (surcharge depth beyond reach, no ponded area): the water above a
manhole stands in one ledger only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.engines.flood.layout import GRAVITY
from twin.engines.flood.openings import Coefficients, Mouths, Opening, Outlet
from twin.engines.flood.problems import FloodInputError
from twin.engines.flood.sewer_result import SewerResult, SewerSeries
from twin.engines.sewers import Inp, Network, write

if TYPE_CHECKING:
    from twin.engines.flood.solver import Run
    from twin.engines.sewers import Sewer

Floats = NDArray[np.float64]
LEAST = 1e-6  # m3/s: SWMM drops lateral flows below 2.8e-7
EASE = 0.5  # share of the way to the new flow taken at one exchange
SHAFT = 1.167  # m2: the surface of a manhole without storage of its own, SWMM's default


@dataclass(frozen=True, slots=True)
class Sewers:
    """What `simulate` needs to couple a sewer network.

    ``network``: ours, or an imported file (its rain, subcatchments and water quality are left out: the rain falls on the
    grid). ``step_s``: SWMM's longest step, and how long the surface goes on by itself. ``record``: nodes whose head and
    exchange are kept at every exchange. ``hot``: SWMM's hot start file of an earlier run.
    """

    network: Network | Inp
    openings: Sequence[Opening]
    outlets: Sequence[Outlet] = ()
    coefficients: Coefficients = field(default_factory=Coefficients)
    step_s: float = 5.0
    record: tuple[str, ...] = ()
    hot: bytes | None = None


class SewerCoupling:
    """Drives one SWMM network beside a run; ``due_s`` is when the next exchange falls."""

    def __init__(self, run: Run, sewers: Sewers, duration_s: float) -> None:
        self.run, self.asked = run, sewers
        if not sewers.openings and not sewers.outlets:
            raise FloodInputError(
                "sewers.openings", "没有与地面相通的节点；请给出雨水口或检查井。",
                "nothing leads from the surface into the sewers; give openings.",
            )  # fmt: skip
        self.mouths = Mouths.of(sewers.openings, sewers.coefficients)
        self.first_s = self.due_s = run.time
        self.left_out: tuple[str, ...] = ()
        self.fed: frozenset[str] = frozenset()
        self.sewer = self._open(duration_s - run.time)
        try:
            self._connect()
        except BaseException:
            self.sewer.close()
            raise

    def _open(self, duration_s: float) -> Sewer:
        from twin.engines.sewers import Sewer  # with the compiler, which declarations go without

        asked = self.asked
        if isinstance(asked.network, Network):
            inp, nodes, links = write(asked.network, asked.step_s)
            inp, _ = inp.coupled(duration_s, asked.step_s)
            return Sewer(inp, nodes, links)
        inp, self.left_out = asked.network.coupled(duration_s, asked.step_s)
        self.fed = inp.fed()
        return Sewer(inp)

    def _connect(self) -> None:
        s, run, asked = self.sewer, self.run, self.asked
        names = [opening.node for opening in asked.openings]
        self.nodes, self.node_of = np.unique(s.number(names), return_inverse=True)
        self.outlets = s.number([outlet.node for outlet in asked.outlets])
        s.prepare(self.nodes)
        places = [(o.rows, o.cols) for o in asked.openings] + [(o.rows, o.cols) for o in asked.outlets]
        self.places = run.points.add(places)
        bed = run.points.bed()[self.places]
        self.floor, self.bed = bed[: len(names)], bed[len(names) :]
        self.ends, self.sign = s.ends_at(self.outlets)
        self.invert = s.inverts(self.nodes)
        # no water stands below a manhole's bottom, so none leaves it there, however low a coarse cell lies
        self.crest = np.maximum(self.floor, self.invert[self.node_of])
        self.length = s.lengths()
        total = np.bincount(self.node_of, self.mouths.area, self.nodes.size)
        self.beside = total[self.node_of] / self.mouths.area  # openings of one node share its head
        s.start(asked.hot)
        every = len(places)
        self.flow = self._first_flow()  # m3/s into the sewer, as SWMM holds it now
        self.out_flow = np.zeros(self.outlets.size)  # m3/s out of each outlet, of the last step
        self.held = np.zeros(
            every
        )  # m3 drawn from the surface, not routed yet; below 0: routed, not drawn yet
        self.owed = np.zeros(every)  # m3 that left the sewer and is on its way to the surface
        self.seen = run.points.given()[self.places]
        self.routed = np.zeros(every)  # m3 net into the sewer, as SWMM routed it
        self.overflow, self.inflow = np.zeros(len(s.nodes)), np.zeros(len(s.nodes))
        self.overflow_s, self.max_overflow = np.zeros(len(s.nodes)), np.zeros(len(s.nodes))
        self.before = s.lateral(self.nodes)
        self.every_link = np.arange(len(s.links), dtype=np.int32)
        self.passed = np.zeros(len(s.links))
        self.along = s.flows(self.every_link)
        self.recorded = s.number(asked.record)
        self.times = [run.time]
        self.heads = [s.heads(self.recorded)]
        self.exchange = [np.zeros(self.recorded.size)]
        self.steps = 0

    def _first_flow(self) -> Floats:
        """After a hot start SWMM goes on from the lateral flows of its file, the mean of which it routes first."""
        flow = self.sewer.laterals(self.nodes) if self.asked.hot is not None else np.zeros(self.nodes.size)
        flow[[self.sewer.nodes[i] in self.fed for i in self.nodes.tolist()]] = 0.0
        return flow[self.node_of] / np.bincount(self.node_of)[self.node_of]

    def act(self) -> None:
        """SWMM goes ahead by ``step_s`` with an exchange at each of its steps; the surface has then to be brought there.

        What is drawn is drawn at once, what comes back is given over the whole of that time.
        """
        self._settle_given()
        began = self.sewer.time_s
        while self.sewer.time_s < began + 0.999 * self.asked.step_s:
            self._exchange()
        points = self.run.points
        rate = np.zeros(len(points))
        rate[self.places] = self.owed / (self.sewer.time_s - began)
        points.give(rate, self.places)
        self.due_s = self.first_s + self.sewer.time_s

    def _exchange(self) -> None:
        """One exchange and one step of SWMM."""
        points, s = self.run.points, self.sewer
        count = self.flow.size
        depth = points.depth()[self.places]
        head = s.heads(self.nodes)
        give = self._give()
        still = head - np.bincount(self.node_of, self.flow, head.size) * give
        above = np.maximum(self.floor + depth[:count] - self.crest, 0.0)
        wanted = self.mouths.flow(self.crest, above, still[self.node_of], give[self.node_of] * self.beside)
        flow = self._eased(wanted)
        flow = self._within_sewer(flow, head)
        flow = self._within_surface(flow)
        s.set_inflows(self.nodes, np.bincount(self.node_of, flow, self.nodes.size))
        if self.outlets.size:
            s.set_stages(self.outlets, self.bed + depth[count:])
        took = s.step()
        if took <= 0.0:  # its period ends an hour after ours: it stopped
            raise FloodInputError(
                "sewers", "管网计算提前结束。", "the sewers' period ended before the run's."
            )
        self.steps += 1
        self._book(flow, took)

    def _give(self) -> Floats:
        """How much each node's head rises for 1 m3/s more (s/m2), as SWMM's surcharge equation has it: 1 / sum dQ/dH.

        A pipe of area A and length L answers with dQ/dH = g A dt / L; a basin with its surface over dt.
        """
        s = self.sewer
        dt = s.step_s or self.asked.step_s
        area = s.link_volumes() / np.maximum(self.length, 1.0)
        pipe = np.where(self.length > 0.0, GRAVITY * dt * area / np.maximum(self.length, 1.0), 0.0)
        both = np.bincount(s.link_ends[0], pipe, len(s.nodes)) + np.bincount(
            s.link_ends[1], pipe, len(s.nodes)
        )
        basin = s.volumes(self.nodes) / np.maximum(s.heads(self.nodes) - self.invert, 0.1)
        return np.asarray(1.0 / np.maximum(both[self.nodes] + basin / dt, 1e-3))

    def _eased(self, wanted: Floats) -> Floats:
        """Part of the way from the last flow; a change of sign stops at rest first."""
        flow = self.flow + EASE * (wanted - self.flow)
        flow[(flow * self.flow < 0.0) | (np.abs(flow) < LEAST)] = 0.0
        return flow

    def _within_sewer(self, flow: Floats, head: Floats) -> Floats:
        """No more out of a node than flows into it and stands in it above the lowest rim."""
        size, step = self.nodes.size, self.asked.step_s
        out = np.bincount(self.node_of, np.maximum(-flow, 0.0), size)
        if not out.any():
            return flow
        rim = np.full(size, np.inf)
        np.minimum.at(rim, self.node_of, self.crest)
        lateral = np.bincount(self.node_of, self.flow, size)
        arriving = self.sewer.inflows(self.nodes) - np.maximum(lateral, 0.0)
        stored = np.maximum(self.sewer.volumes(self.nodes), SHAFT * np.maximum(head - rim, 0.0))
        can = np.maximum(arriving, 0.0) + stored / step
        share = np.minimum(1.0, can / np.maximum(out, LEAST))
        return np.where(flow < 0.0, flow * share[self.node_of], flow)

    def _within_surface(self, flow: Floats) -> Floats:
        """Draw what the flow may need until the end of this step and the half step after it; cut it where that lacks."""
        step, count = self.asked.step_s, self.flow.size
        tail = np.maximum(self.flow, 0.0) * 0.5 * step
        inward = np.maximum(flow, 0.0)
        need = np.zeros(len(self.run.points))
        place = np.arange(self.places.start, self.places.stop)
        need[place[:count]] = np.maximum(tail + step * inward - self.held[:count], 0.0)
        need[place[count:]] = np.maximum(-self.held[count:], 0.0)  # what came back through outlets
        self.held += self.run.points.draw(need)[self.places]
        funded = np.maximum(self.held[:count] - tail, 0.0) / step
        cut = np.minimum(flow, funded)
        return np.where(np.abs(cut) < LEAST, 0.0, cut)

    def _book(self, flow: Floats, took: float) -> None:
        """Move what SWMM routed from the surface's side to the sewers'."""
        count, s = self.flow.size, self.sewer
        along = s.flows(self.every_link)
        self.passed += 0.5 * (self.along + along) * took
        self.along = along
        out_flow = along[self.ends] * self.sign
        moved = np.concatenate([0.5 * (self.flow + flow), -0.5 * (self.out_flow + out_flow)]) * took
        self.flow, self.out_flow = flow, out_flow
        self.routed += moved
        self.held -= np.maximum(moved, 0.0)
        self.owed += np.maximum(-moved, 0.0)
        idle = np.concatenate([flow <= 0.0, out_flow >= 0.0])
        back = np.where(idle, np.maximum(self.held, 0.0), 0.0)  # drawn and not needed: given back
        self.held -= back
        self.owed += back
        self._tally(moved[:count] / took, took)

    def _tally(self, flow: Floats, took: float) -> None:
        out = np.bincount(self.node_of, np.maximum(-flow, 0.0), self.nodes.size)
        self.overflow[self.nodes] += out * took
        self.inflow[self.nodes] += np.bincount(self.node_of, np.maximum(flow, 0.0), self.nodes.size) * took
        self.overflow_s[self.nodes] += np.where(out > LEAST, took, 0.0)
        self.max_overflow[self.nodes] = np.maximum(self.max_overflow[self.nodes], out)
        if self.recorded.size:
            every = np.zeros(len(self.sewer.nodes))
            every[self.nodes] = np.bincount(self.node_of, flow, self.nodes.size)
            self.times.append(self.first_s + self.sewer.time_s)
            self.heads.append(self.sewer.heads(self.recorded))
            self.exchange.append(every[self.recorded])

    def _settle_given(self) -> None:
        """Take off the debt what the surface has really got since the last look."""
        given = self.run.points.given()[self.places]
        self.owed -= given - self.seen
        self.seen = given

    def finish(self) -> SewerResult:
        """Give back what is on its way, close SWMM and tell."""
        points, s = self.run.points, self.sewer
        self._settle_given()
        points.give(np.zeros(len(points)), self.places)
        lump, unpaid = np.zeros(len(points)), np.zeros(len(points))
        unpaid[self.places] = np.maximum(-self.held, 0.0)
        self.held += points.draw(unpaid)[self.places]
        lump[self.places] = np.maximum(self.owed + np.maximum(self.held, 0.0), 0.0)
        points.put(lump, self.places)
        account, hot = s.account(), s.hot()
        result = SewerResult(
            nodes=s.node_table(), links=s.link_table(), overflow=self.overflow, inflow=self.inflow,
            overflow_s=self.overflow_s, max_overflow=self.max_overflow, passed=self.passed,
            outlet_m3=float(-self.routed[self.flow.size :].sum()), account=account,
            exchanged=float(self.overflow.sum() + self.inflow.sum()), booking_error=self._booking_error(),
            steps=self.steps, left_out=self.left_out, hot=hot,
            series=SewerSeries(
                self.asked.record, np.array(self.times), np.array(self.heads), np.array(self.exchange)
            ),
        )  # fmt: skip
        self.close()
        return result

    def _booking_error(self) -> float:
        """What the surface lost at openings less what SWMM counted at their nodes, m3.

        Nodes that the network's own file feeds are left out: SWMM counts both together there.
        """
        points, s = self.run.points, self.sewer
        count = self.flow.size
        net = (points.taken() - points.given())[self.places]
        own = np.bincount(self.node_of, net[:count], self.nodes.size)
        clear = np.array([s.nodes[i] not in self.fed for i in self.nodes.tolist()], bool)
        counted = s.lateral(self.nodes) - self.before
        return float((own - counted)[clear].sum() + (net - self.routed)[count:].sum())

    def close(self) -> None:
        """Let SWMM go."""
        self.sewer.close()

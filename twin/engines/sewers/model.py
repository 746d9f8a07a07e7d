"""A running sewer network: opened, stepped, read and closed; SI units whatever the file's."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from twin.engines.sewers import library as swmm
from twin.engines.sewers.inp import Inp, write
from twin.engines.sewers.network import Network
from twin.engines.sewers.outputs import LinkTable, NodeTable, SewerAccount
from twin.engines.sewers.problems import SewerEngineError, SewerInputError

Floats = NDArray[np.float64]
Index = NDArray[np.int32]

_one = threading.Lock()  # the library holds one network in global variables
_MANY = 1000.0  # m: a surcharge depth that no head reaches, so that SWMM never spills by itself
_HOUR = 3600.0  # s
_ASIDE = {"SAVE": 1, "USE": 0}


class Sewer:
    """One network being computed; use it as a context manager, or `close` it.

    Raises `SewerInputError` for a network that SWMM refuses, `SewerEngineError` where another one is open already in
    this process. Node and link numbers are places in ``nodes`` and ``links``.
    """

    def __init__(self, inp: Inp, node_names: dict[str, str] | None = None,
                 link_names: dict[str, str] | None = None, *, save: bool = False) -> None:  # fmt: skip
        if not _one.acquire(blocking=False):
            raise SewerEngineError(
                "同一进程中已有一个管网在计算；请等它结束，或在另一个进程中运行。",
                "a network is being computed in this process already; wait for it, or use another process.",
            )
        self._mine, self._open = True, False
        self.time_s = 0.0
        self.step_s = 0.0  # the last step
        self._library = swmm.library()
        self._folder = TemporaryDirectory(prefix="sewer")
        self._save, self._inp = save, inp
        try:
            self._load(inp)
            self.nodes = self._names(swmm.NODE, node_names)
            self.links = self._names(swmm.LINK, link_names)
            self._short = self._names(swmm.LINK, None)
            self._every_link = np.arange(len(self.links), dtype=np.int32)
            self.link_ends = self._ends()
        except BaseException:
            self.close()
            raise
        self._started = False

    @classmethod
    def of(cls, network: Network, *, step_s: float = 5.0, duration_s: float | None = None) -> Self:
        """A network of ours; with ``duration_s`` made ready for coupling."""
        inp, nodes, links = write(network, step_s)
        if duration_s is not None:
            inp, _ = inp.coupled(duration_s, step_s)
        return cls(inp, nodes, links)

    def _load(self, inp: Inp) -> None:
        folder = Path(self._folder.name)
        (folder / "in.inp").write_text(inp.text(), encoding="utf-8")
        names = [str(folder / name).encode() for name in ("in.inp", "out.rpt", "out.bin")]
        code = self._library.swmm_open(*names)
        self._open = True
        if code:
            said = self._said(code)
            raise SewerInputError("inp", f"SWMM 拒绝：{said}", f"SWMM refuses it: {said}")
        system, flow = ctypes.c_int(), ctypes.c_int()
        self._library.swmm_getSimulationUnit(0, ctypes.byref(system))
        self._library.swmm_getSimulationUnit(1, ctypes.byref(flow))
        self.metre = swmm.FOOT if system.value == 0 else 1.0
        self.foot3 = swmm.CUBIC_FOOT[system.value]  # m3
        self.cubic = self.foot3 / swmm.PER_CFS[flow.value]  # m3/s in the file's unit of flow
        self.volume = self.foot3 if system.value == 0 else 1.0  # m3 in its unit of volume

    def _said(self, code: int) -> str:
        """What SWMM wrote into its report about an error."""
        self._library.swmm_close()  # once only: a second time frees twice
        self._open = False
        report = Path(self._folder.name) / "out.rpt"
        lines = report.read_text(encoding="utf-8", errors="replace").splitlines() if report.exists() else []
        told = [" ".join(line.split()) for line in lines if "ERROR" in line]
        return "; ".join(told[:3]) or f"error {code}"

    def _names(self, kind: int, ours: dict[str, str] | None) -> tuple[str, ...]:
        count = ctypes.c_int()
        self._library.swmm_countObjects(kind, ctypes.byref(count))
        back = {theirs: name for name, theirs in (ours or {}).items()}
        out = []
        for i in range(count.value):
            text = ctypes.c_char_p()
            self._library.swmm_getObjectId(kind, i, ctypes.byref(text))
            name = (text.value or b"").decode("utf-8", "replace")
            out.append(back.get(name, name))
        return tuple(out)

    def _ends(self) -> tuple[Index, Index]:
        """Numbers of the nodes that each link runs from and to."""
        first, second = ctypes.c_int(), ctypes.c_int()
        out = np.zeros((2, len(self.links)), np.int32)
        for link in range(len(self.links)):
            self._library.swmm_getLinkConnections(link, ctypes.byref(first), ctypes.byref(second))
            out[:, link] = first.value, second.value
        return out[0], out[1]

    def start(self, hot: bytes | None = None) -> None:
        """Begin, from a hot start file's bytes where given."""
        if hot is not None:
            path = Path(self._folder.name) / "start.hsf"
            path.write_bytes(hot)
            self._ask(self._library.swmm_hotstart(_ASIDE["USE"], str(path).encode()))
        self._ask(self._library.swmm_start(int(self._save)))
        self._started = True
        self.time_s = self.step_s = 0.0

    def hot(self) -> bytes:
        """SWMM's own hot start file of this moment: heads and flows, float32."""
        path = Path(self._folder.name) / "save.hsf"
        self._ask(self._library.swmm_hotstart(_ASIDE["SAVE"], str(path).encode()))
        return path.read_bytes()

    def step(self) -> float:
        """One routing step, as long as SWMM finds good; returns its length (s), 0 at the end of its period."""
        days = ctypes.c_double()
        self._ask(self._library.swmm_step(ctypes.byref(days)))
        if days.value <= 0.0:
            return 0.0
        now = round(days.value * 86400.0, 3)  # its clock counts whole milliseconds
        self.step_s, self.time_s = now - self.time_s, now
        return self.step_s

    def results(self) -> Path:
        """Where SWMM's binary results lie once the run is `shut`; gone with `close`."""
        return Path(self._folder.name) / "out.bin"

    def end(self) -> None:
        """Finish the run and write its report."""
        self._ask(self._library.swmm_end())
        self._started = False

    def shut(self) -> None:
        """Close SWMM's files, so that its results are whole; nothing can be asked of the network after that."""
        if self._open:
            self._library.swmm_end()
            self._library.swmm_close()
            self._open = False

    def close(self) -> None:
        """Let the library go, so that another network can be opened."""
        self.shut()
        self._folder.cleanup()
        if self._mine:
            self._mine = False
            _one.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, code: int) -> None:
        if code:
            said = self._said(code)
            raise SewerEngineError(f"计算中止：{said}", f"the run stopped: {said}")

    def number(self, names: Sequence[str], *, of: str = "nodes") -> Index:
        """Numbers of named nodes or links.

        Raises `SewerInputError` for a name that is not there.
        """
        place = {name: i for i, name in enumerate(getattr(self, of))}
        for name in names:
            if name not in place:
                raise SewerInputError(name, "不在管网中。", "is not in the network.")
        return np.array([place[name] for name in names], np.int32)

    def prepare(self, nodes: Index) -> None:
        """Before `start`: let the head of these nodes rise freely, so that only the coupling spills their water."""
        for i in nodes.tolist():
            self._ask(self._library.swmm_setNodeParam(i, swmm.SURCHARGE_DEPTH, _MANY / self.metre))
            self._ask(self._library.swmm_setNodeParam(i, swmm.POND_AREA, 0.0))

    def _node(self, nodes: Index, kind: int, scale: float) -> Floats:
        out = np.empty(nodes.size)
        swmm.read_nodes(nodes, kind, scale, out)
        return out

    def heads(self, nodes: Index) -> Floats:
        """Hydraulic head, m."""
        return self._node(nodes, swmm.HEAD, self.metre)

    def volumes(self, nodes: Index) -> Floats:
        """Water in each node itself, m3."""
        return self._node(nodes, swmm.VOLUME, self.volume)

    def inflows(self, nodes: Index) -> Floats:
        """Everything that flows in, m3/s."""
        return self._node(nodes, swmm.INFLOW, self.cubic)

    def laterals(self, nodes: Index) -> Floats:
        """Lateral inflow as it is set and as the file feeds it, m3/s."""
        return self._node(nodes, swmm.LATERAL, self.cubic)

    def flows(self, links: Index) -> Floats:
        """Flow along each link, m3/s, positive from start to end."""
        out = np.empty(links.size)
        swmm.read_links(links, swmm.FLOW, self.cubic, out)
        return out

    def set_inflows(self, nodes: Index, flow: Floats) -> None:
        """Lateral inflow (m3/s; negative takes water out), held until set again."""
        swmm.write_inflows(nodes, flow, 1.0 / self.cubic)

    def set_stages(self, outfalls: Index, level: Floats) -> None:
        """Water level (m) outside outfalls, held until set again; NaN leaves one as it is."""
        swmm.write_stages(outfalls, level, 1.0 / self.metre)

    def inverts(self, nodes: Index) -> Floats:
        """Bottom of each node, m."""
        return self._parameter(nodes, swmm.INVERT)

    def _parameter(self, nodes: Index, kind: int) -> Floats:
        out, box = np.empty(nodes.size), ctypes.c_double()
        for place, i in enumerate(nodes.tolist()):
            self._library.swmm_getNodeParam(i, kind, ctypes.byref(box))
            out[place] = box.value * self.metre
        return out

    def outfalls(self) -> Index:
        """Numbers of the outfalls."""
        return np.array([i for i in range(len(self.nodes)) if self._kind(i) == 1], np.int32)

    def _kind(self, node: int) -> int:
        kind = ctypes.c_int()
        self._library.swmm_getNodeType(node, ctypes.byref(kind))
        return kind.value

    def account(self) -> SewerAccount:
        """SWMM's own water account up to now, m3."""
        t = swmm.Totals()
        self._library.swmm_getSystemRoutingTotals(ctypes.byref(t))
        cubic = self.volume
        return SewerAccount(
            inflow=t.external * cubic,
            dry_weather=t.dry_weather * cubic,
            flooding=t.flooding * cubic,
            outflow=t.outflow * cubic,
            losses=(t.evaporation + t.seepage) * cubic,
            initial=t.initial * cubic,
            final=t.final * self.foot3,
            error_percent=t.error_percent,
        )

    def lateral(self, nodes: Index) -> Floats:
        """SWMM's own sum of the lateral inflow of each node so far, m3."""
        out, box = np.empty(nodes.size), swmm.NodeStats()
        for place, i in enumerate(nodes.tolist()):
            self._library.swmm_getNodeStats(i, ctypes.byref(box))
            out[place] = box.lateral * self.volume
        return out

    def ends_at(self, nodes: Index) -> tuple[Index, Floats]:
        """For each outfall the link that ends there, and +1 where its flow runs to the outfall, -1 where from it."""
        first, second = self.link_ends
        at = {int(node): (link, -1.0) for link, node in enumerate(first)}
        at |= {int(node): (link, 1.0) for link, node in enumerate(second)}
        pairs = [at[node] for node in nodes.tolist()]
        return np.array([link for link, _ in pairs], np.int32), np.array([sign for _, sign in pairs])

    def lengths(self) -> Floats:
        """Lengths of the conduits, m; 0 for pumps, orifices, weirs and outlets."""
        known = {
            words[0]: float(words[3]) * self.metre for words in map(str.split, self._inp.section("CONDUITS"))
        }
        back = {name: theirs for theirs, name in zip(self._short, self.links, strict=True)}
        return np.array([known.get(back[name], 0.0) for name in self.links])

    def link_volumes(self) -> Floats:
        """Water in each link, m3."""
        out = np.empty(len(self.links))
        swmm.read_links(self._every_link, swmm.LINK_VOLUME, self.volume, out)
        return out

    def node_table(self) -> NodeTable:
        """Greatest depth and flow of each node and how long it was surcharged."""
        every = np.arange(len(self.nodes), dtype=np.int32)
        rows = [self._statistics(swmm.NodeStats, "swmm_getNodeStats", i) for i in every.tolist()]
        invert = self.inverts(every)
        deepest = np.array([row.max_depth for row in rows]) * self.metre
        return NodeTable(
            names=self.nodes,
            max_head=invert + deepest,
            max_depth=deepest,
            surcharged_s=np.array([row.surcharged_h for row in rows]) * _HOUR,
            max_inflow=np.array([row.max_inflow for row in rows]) * self.cubic,
        )

    def link_table(self) -> LinkTable:
        """Greatest flow, speed and depth of each link and how long it was full."""
        rows = [self._statistics(swmm.LinkStats, "swmm_getLinkStats", i) for i in range(len(self.links))]
        return LinkTable(
            names=self.links,
            max_flow=np.array([row.max_flow for row in rows]) * self.cubic,
            max_speed=np.array([row.max_speed for row in rows]) * self.metre,
            max_depth=np.array([row.max_depth for row in rows]) * self.metre,
            full_s=np.array([row.full_h for row in rows]) * _HOUR,
        )

    def _statistics(self, kind: Any, function: str, index: int) -> Any:
        box = kind()
        getattr(self._library, function)(index, ctypes.byref(box))
        return box

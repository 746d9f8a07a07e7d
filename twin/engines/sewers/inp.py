"""SWMM input files: written from a network, read and made fit for coupling from others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from twin.engines.sewers.network import Network, Outfall, cut_off, unreached
from twin.engines.sewers.problems import SewerInputError

# what makes runoff or water quality: the surface model does the first, nobody asks for the second
SURFACE = (
    "RAINGAGES", "EVAPORATION", "TEMPERATURE", "ADJUSTMENTS", "SUBCATCHMENTS", "SUBAREAS", "INFILTRATION",
    "LID_CONTROLS", "LID_USAGE", "AQUIFERS", "GROUNDWATER", "GWF", "SNOWPACKS", "RDII", "HYDROGRAPHS",
    "POLLUTANTS", "LANDUSES", "COVERAGES", "LOADINGS", "BUILDUP", "WASHOFF", "TREATMENT", "FILES",
    "EVENTS", "MAP", "POLYGONS", "SYMBOLS", "LABELS", "BACKDROP", "TAGS", "PROFILES",
)  # fmt: skip
_NODES, _LINKS = ("JUNCTIONS", "STORAGE", "DIVIDERS"), ("CONDUITS", "PUMPS", "ORIFICES", "WEIRS", "OUTLETS")
_SHORT = 4  # SWMM knows a section by its first letters: [OUTFALL] is [OUTFALLS]


@dataclass(slots=True)
class Inp:
    """Sections in order of appearance, each a list of lines without comments; names in capitals."""

    sections: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Inp:
        """Read the text of a file."""
        out = cls()
        current: list[str] | None = None
        for raw in text.splitlines():
            line = raw.split(";")[0].rstrip()
            if line.lstrip().startswith("["):
                name = line.strip().strip("[]").strip().upper()
                current = out.sections.setdefault(name, [])
            elif line.strip() and current is not None:
                current.append(line)
        return out

    def check(self) -> None:
        """Raises `SewerInputError` where there are no manholes, or no outfall that all of them reach."""
        if not self.section("JUNCTIONS") and not self.section("STORAGE"):
            raise SewerInputError(
                "inp",
                "文件中没有检查井（[JUNCTIONS]）；请确认是 SWMM 输入文件。",
                "the file holds no [JUNCTIONS]; is it a SWMM input file?",
            )
        if not self.section("OUTFALLS"):
            raise SewerInputError(
                "OUTFALLS",
                "没有排放口，水无处可去；请补充 [OUTFALLS]。",
                "there is no outfall, water has nowhere to go; add [OUTFALLS].",
            )
        beside: dict[str, list[str]] = {}
        for kind in _LINKS:
            for words in map(str.split, self.section(kind)):
                if len(words) > 2:
                    beside.setdefault(words[1], []).append(words[2])
                    beside.setdefault(words[2], []).append(words[1])
        lost = unreached((line.split()[0] for line in self.section("OUTFALLS")), beside,
                         [line.split()[0] for kind in _NODES for line in self.section(kind)])  # fmt: skip
        if lost:
            raise cut_off(lost)

    def section(self, name: str) -> list[str]:
        """Lines of a section, however far its name is written out."""
        for key, lines in self.sections.items():
            if key[:_SHORT] == name[:_SHORT] and (name.startswith(key) or key.startswith(name)):
                return lines
        return []

    def option(self, name: str) -> str | None:
        """The value of an option."""
        for line in self.section("OPTIONS"):
            words = line.split(maxsplit=1)
            if words[0].upper() == name and len(words) > 1:
                return words[1].strip()
        return None

    def set_options(self, values: dict[str, str]) -> None:
        """Set options, replacing those that stand there."""
        lines = self.section("OPTIONS")
        if not lines:
            lines = self.sections.setdefault("OPTIONS", [])
        lines[:] = [line for line in lines if line.split()[0].upper() not in values]
        lines.extend(f"{name} {value}" for name, value in values.items())

    def fed(self) -> frozenset[str]:
        """Nodes that the file itself lets water into."""
        return frozenset(line.split()[0] for name in ("INFLOWS", "DWF") for line in self.section(name))

    def text(self) -> str:
        """The file."""
        return "".join(f"[{name}]\n" + "".join(f"{line}\n" for line in lines) + "\n"
                       for name, lines in self.sections.items())  # fmt: skip

    def start(self) -> datetime:
        """When its clock begins."""
        day = self.option("START_DATE") or "01/01/2004"
        hour = self.option("START_TIME") or "00:00:00"
        return _moment(day, hour)

    def coupled(self, duration_s: float, step_s: float) -> tuple[Inp, tuple[str, ...]]:
        """A copy that carries only the pipes, for ``duration_s`` from its start, and the sections left out.

        Raises `SewerInputError` for a routing method without backwater, for references to other files, and as `check`.
        """
        routing = (self.option("FLOW_ROUTING") or "KINWAVE").upper()
        if routing != "DYNWAVE":
            raise SewerInputError(
                "FLOW_ROUTING",
                f"为 {routing}，没有回水，不能与地面耦合；请改为 DYNWAVE。",
                f"is {routing}, which knows no backwater and cannot be coupled to a surface; set it to DYNWAVE.",
            )
        kept = {k: list(v) for k, v in self.sections.items() if not _one_of(k, SURFACE)}
        left = tuple(k for k, v in self.sections.items() if v and k not in kept)
        for name, lines in kept.items():
            _no_files(name, lines)
            if _one_of(name, ("INFLOWS", "DWF")):  # only water, no pollutant
                lines[:] = [
                    line for line in lines if len(line.split()) > 1 and line.split()[1].upper() == "FLOW"
                ]
        self.check()
        out = Inp(kept)
        start = self.start()
        end = start + timedelta(seconds=duration_s + 3600.0)
        own = _seconds(self.option("ROUTING_STEP") or "20")
        out.set_options({
            "START_DATE": f"{start:%m/%d/%Y}", "START_TIME": f"{start:%H:%M:%S}",
            "REPORT_START_DATE": f"{start:%m/%d/%Y}", "REPORT_START_TIME": f"{start:%H:%M:%S}",
            "END_DATE": f"{end:%m/%d/%Y}", "END_TIME": f"{end:%H:%M:%S}", "ROUTING_STEP": f"{min(own, step_s):g}",
            "ALLOW_PONDING": "NO", "SKIP_STEADY_STATE": "NO", "IGNORE_RAINFALL": "YES", "IGNORE_SNOWMELT": "YES",
            "IGNORE_GROUNDWATER": "YES", "IGNORE_RDII": "YES", "IGNORE_QUALITY": "YES", "THREADS": "1",
        })  # fmt: skip
        out.sections["REPORT"] = ["INPUT NO", "CONTROLS NO"]
        return out, left


def write(network: Network, step_s: float) -> tuple[Inp, dict[str, str], dict[str, str]]:
    """The file of a network, and SWMM's short names of its nodes and links.

    Names of our own may hold blanks or any script; in the file they are N1, N2 ... and L1, L2 ...
    """
    network.check()
    names = [*(n.name for n in network.nodes), *(o.name for o in network.outfalls)]
    nodes = {name: f"N{i}" for i, name in enumerate(names, 1)}
    links = {link.name: f"L{i}" for i, link in enumerate(network.links(), 1)}
    lines: dict[str, list[str]] = {
        "TITLE": ["network"],
        "OPTIONS": [
            "FLOW_UNITS CMS", "FLOW_ROUTING DYNWAVE", "LINK_OFFSETS ELEVATION", "START_DATE 01/01/2000",
            "START_TIME 00:00:00", "END_DATE 01/02/2000", "END_TIME 00:00:00", f"ROUTING_STEP {step_s:g}",
            "REPORT_STEP 00:05:00", "VARIABLE_STEP 0.75", "MINIMUM_STEP 0.5", "INERTIAL_DAMPING PARTIAL",
            "NORMAL_FLOW_LIMITED BOTH", "MIN_SURFAREA 1.167", "MAX_TRIALS 8", "HEAD_TOLERANCE 0.0015",
        ],
        "JUNCTIONS": [
            f"{nodes[n.name]} {n.invert:.6g} {n.depth:.6g} {n.initial_depth:.6g} 0 0" for n in network.nodes if not n.area
        ],
        "STORAGE": [
            f"{nodes[n.name]} {n.invert:.6g} {n.depth:.6g} {n.initial_depth:.6g} FUNCTIONAL 0 0 {n.area:.6g} 0 0"
            for n in network.nodes if n.area
        ],
        "OUTFALLS": [], "TIMESERIES": [], "CONDUITS": [], "LOSSES": [], "XSECTIONS": [], "PUMPS": [], "CURVES": [],
    }  # fmt: skip
    for outfall in network.outfalls:
        _outfall(outfall, nodes[outfall.name], lines)
    for c in network.conduits:
        name = links[c.name]
        lines["CONDUITS"].append(
            f"{name} {nodes[c.start]} {nodes[c.end]} {c.length:.6g} {c.manning:.6g} "
            f"{c.start_invert:.6g} {c.end_invert:.6g} 0 0"
        )
        if c.gate:
            lines["LOSSES"].append(f"{name} 0 0 0 YES")
        shape = f"CIRCULAR {c.diameter:.6g} 0"
        if c.shape == "box":
            shape = f"RECT_CLOSED {c.height or c.diameter:.6g} {c.diameter:.6g}"
        lines["XSECTIONS"].append(f"{name} {shape} 0 0 1")
    invert = {n.name: n.invert for n in network.nodes}
    for p in network.pumps:
        name = links[p.name]
        base = invert.get(p.start, 0.0)
        lines["PUMPS"].append(
            f"{name} {nodes[p.start]} {nodes[p.end]} C{name} OFF {max(p.start_level - base, 0.01):.6g} "
            f"{max(p.stop_level - base, 0.005):.6g}"
        )
        # capacity does not depend on depth: the levels decide
        lines["CURVES"].append(f"C{name} PUMP2 1000 {p.capacity:.6g}")
    return Inp({k: v for k, v in lines.items() if v}), nodes, links


def _outfall(outfall: Outfall, name: str, lines: dict[str, list[str]]) -> None:
    gate = "YES" if outfall.gate else "NO"
    if outfall.stage is None:
        kind = "FREE"
    elif isinstance(outfall.stage, tuple):
        times, levels = outfall.stage
        kind = f"TIMESERIES T{name}"
        lines["TIMESERIES"].extend(
            f"T{name} {time / 3600.0:.9g} {level:.6g}" for time, level in zip(times, levels, strict=True)
        )
    else:
        kind = f"FIXED {outfall.stage:.6g}"
    lines["OUTFALLS"].append(f"{name} {outfall.invert:.6g} {kind} {gate}")


def _one_of(name: str, names: Iterable[str]) -> bool:
    return any(known.startswith(name) or name.startswith(known) for known in names)


def _no_files(section: str, lines: Sequence[str]) -> None:
    """Another file named inside would be read by SWMM: only what was handed over is computed with."""
    for line in lines:
        words = line.split()
        if len(words) > 1 and words[1].upper() == "FILE":
            raise SewerInputError(
                section,
                f"第 {words[0]} 项引用了另一个文件；请把数据写进本文件。",
                f"{words[0]} refers to another file; write its data into this one.",
            )
        if section.startswith("OPT") and words[0].upper() == "TEMPDIR":
            raise SewerInputError(section, "不能指定 TEMPDIR。", "TEMPDIR cannot be set.")


def _moment(day: str, hour: str) -> datetime:
    parts = [int(p) for p in re.split(r"[/\-]", day)]
    return datetime(parts[2], parts[0], parts[1]) + timedelta(seconds=_seconds(hour))


def _seconds(text: str) -> float:
    parts = [float(p) for p in text.split(":")]
    if len(parts) == 1:
        return parts[0]
    return sum(p * unit for p, unit in zip(parts, (3600.0, 60.0, 1.0), strict=False))

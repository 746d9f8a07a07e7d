"""The exact state of a run, to go on from: now-casting, what-if branches, and going on after a stop."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.engines.flood.layout import WALL
from twin.engines.flood.problems import FloodInputError

if TYPE_CHECKING:
    from twin.engines.flood.solver import Run

VERSION = 2
# what of the State has a memory; the rest is ground, settings or scratch
REMEMBERED = (
    "h", "e", "q", "left", "wetted", "depth_max", "speed_max", "hazard_max", "arrival", "wet_s", "active", "row_taken",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Depth, discharges, the soil's memory, maxima, clock, water account and what links hold at one moment, bit for bit.

    A run started from it on the same ground, with the same solver, precision and links, goes on as if it had never stopped;
    rain, inflows, edges and roughness may be others. Links of the snapshot that are not the run's set down what they carry.
    Its clock goes on too: times of rain and ``duration_s`` count from the start of the first run.
    """

    digest: str  # of ground, precision and solver
    time_s: float
    arrays: dict[str, NDArray[Any]]

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write an .npz file (numpy arrays only, nothing executable); an old file is replaced in one move."""
        target = Path(path)
        whole = target.with_name(f".{target.name}.part")
        head = json.dumps({"version": VERSION, "digest": self.digest, "time_s": self.time_s})
        with whole.open("wb") as file:
            np.savez(file, head=np.frombuffer(head.encode(), np.uint8), **self.arrays)  # type: ignore[arg-type]
        whole.replace(target)
        return target

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Snapshot:
        """Read what `save` wrote.

        Raises `FloodInputError` where the file is not such a snapshot, or one of another version.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            head = json.loads(arrays.pop("head").tobytes())
            version, digest, time_s = head["version"], str(head["digest"]), float(head["time_s"])
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as problem:
            raise _refused(
                f"无法读取快照 {path}；请重新保存。", f"cannot read the snapshot {path}; save it again."
            ) from problem
        if version != VERSION:
            raise _refused(
                f"快照版本为 {version}，本程序需要 {VERSION}；请用当前版本重新计算。",
                f"is of version {version}, this program reads {VERSION}; compute it again.",
            )
        return cls(digest, time_s, arrays)


def digest(run: Run) -> str:
    """What a snapshot must have in common with the run that it starts."""
    s = run.state
    told = hashlib.sha256(repr((run.solver, str(s.h.dtype), run.layout, run.cell, run.datum)).encode())
    told.update(np.minimum(s.z, s.z.dtype.type(WALL)).tobytes())
    told.update(repr((s.left.size > 1, s.law.tolist())).encode())
    return told.hexdigest()


def take(run: Run) -> Snapshot:
    """The state of a run now."""
    arrays = {name: getattr(run.state, name).copy() for name in REMEMBERED}
    arrays |= run.beside()
    arrays["clock"] = run.clock.copy()
    given, taken = run.exchanged
    arrays["account"] = np.array(
        [run.initial, run.rain_m3, given + run.points.given().sum(), taken + run.points.taken().sum()]
    )
    return Snapshot(digest(run), run.time, arrays)


def restore(run: Run, start: Snapshot) -> None:
    """Put a run into the state of a snapshot; refuses one of other ground, precision or solver."""
    own = take(run).arrays
    if start.digest != digest(run):
        raise _refused(
            "地形、网格、下渗类型、精度或求解器与快照不同；请用同样的设置，或从头计算。",
            "belongs to other ground, cells, soil law, precision or solver; use the same or start afresh.",
        )
    wrong = [n for n, a in own.items() if n not in start.arrays or start.arrays[n].shape != a.shape]
    if wrong:
        raise _refused(f"快照缺少 {', '.join(wrong)}。", f"lacks {', '.join(wrong)}; save it again.")
    for name in REMEMBERED:
        getattr(run.state, name)[...] = start.arrays[name]
    run.clock[:] = start.arrays["clock"]
    run.initial, run.rain_m3, given, taken = (float(x) for x in start.arrays["account"])
    run.exchanged = (given, taken)


def _refused(zh: str, en: str) -> FloodInputError:
    return FloodInputError("start", zh, en)

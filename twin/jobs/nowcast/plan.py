"""What a standing now-cast is asked: a TOML file beside which its observations arrive."""

from __future__ import annotations

import csv
import itertools
import tomllib
from bisect import bisect_left
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from twin.errors import TwinError


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Gauge(_Part):
    """A rain gauge: the sensor of a code, or a place; ``file`` has rows time,mm/h, each until the next one."""

    file: str
    sensor: str | None = None
    lon: float | None = None
    lat: float | None = None


class Level(_Part):
    """A level sensor to be shown beside the model; ``file`` has rows time,m."""

    name: str
    lon: float
    lat: float
    file: str
    quantity: Literal["level", "depth"] = "depth"


class Plan(_Part):
    """Times in minutes. Rain comes from the rasters of ``rain_layer``, or from ``gauges``."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,40}$")]
    flood: dict[str, Any] = {}
    rain_layer: str | None = None
    gauges: tuple[Gauge, ...] = ()
    levels: tuple[Level, ...] = ()
    interval_min: Annotated[float, Field(ge=1, le=360)] = 10.0
    forecast_min: Annotated[float, Field(ge=1, le=720)] = 60.0
    spin_up_min: Annotated[float, Field(ge=5, le=1440)] = 60.0  # of rain before the first state
    longest_min: Annotated[float, Field(ge=60, le=2160)] = 1440.0  # then it begins anew
    folder: Path = Path()

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if (self.rain_layer is None) == (not self.gauges):
            raise ValueError("rain_layer or gauges: one of the two")
        if taken := {"storm", "start", "duration_min", "hot_start", "observed", "edits"} & set(self.flood):
            raise ValueError(f"flood.{min(taken)} is set by the now-cast itself")
        return self

    @classmethod
    def read(cls, path: Path) -> Plan:
        """The plan in a file.

        Raises TWIN-580 where the file is none.
        """
        try:
            given = tomllib.loads(path.read_text(encoding="utf-8"))
            return cls(**given | {"folder": path.parent})
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError, TypeError) as error:
            said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            where = ".".join(map(str, error.errors()[0]["loc"])) if isinstance(error, ValidationError) else ""
            raise TwinError(
                "TWIN-580",
                f"即时预报的计划文件 {path.name} 不可用：{where} {said}",
                f"the plan of the now-cast {path.name} cannot be used: {where} {said}",
                where=where or path.name,
            ) from error

    def prefix(self) -> str:
        """With which the idempotency keys of its runs begin."""
        return f"nowcast:{self.name}:"

    def series(self, file: str) -> Series:
        """The rows of an observation file, by time; a last row that is still being written is left.

        Raises TWIN-581 for a file that cannot be read.
        """
        path = self.folder / file
        found: dict[datetime, float] = {}
        try:
            with path.open(newline="", encoding="utf-8") as rows:
                for row in csv.reader(rows):
                    if len(row) == 2 and (pair := _pair(row)) is not None:
                        found[pair[0]] = pair[1]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise TwinError(
                "TWIN-581",
                f"读不到观测文件 {file}：{error}",
                f"the observations {file} cannot be read: {error}",
                where=file,
            ) from error
        return Series(tuple(sorted(found.items())))


class Series:
    """Values by time, oldest first."""

    def __init__(self, rows: tuple[tuple[datetime, float], ...]) -> None:
        self.times = [at for at, _ in rows]
        self.values = [value for _, value in rows]

    def until(self, end: datetime) -> datetime | None:
        """The time of the newest value not after ``end``."""
        place = bisect_left(self.times, end)
        if place < len(self.times) and self.times[place] == end:
            return end
        return self.times[place - 1] if place else None

    def between(self, start: datetime, end: datetime) -> list[tuple[float, float]]:
        """Minutes since ``start`` and values, up to ``end``."""
        return [
            ((at - start).total_seconds() / 60.0, value)
            for at, value in zip(self.times, self.values, strict=True)
            if start <= at <= end
        ]

    def mean(self, start: datetime, end: datetime) -> float:
        """Time mean over a period; each value holds until the next one, none before the first."""
        edges = [start, *(at for at in self.times if start < at < end), end]
        total = 0.0
        for one, other in itertools.pairwise(edges):
            place = bisect_left(self.times, one)
            if not (place < len(self.times) and self.times[place] == one):
                place -= 1
            if place >= 0:
                total += self.values[place] * (other - one).total_seconds()
        return total / (end - start).total_seconds()


def _pair(row: list[str]) -> tuple[datetime, float] | None:
    """Time with its offset and a number; None for a heading or half a row."""
    try:
        at, value = datetime.fromisoformat(row[0].strip()), float(row[1])
    except ValueError:
        return None
    return (at, value) if at.tzinfo is not None and value == value else None

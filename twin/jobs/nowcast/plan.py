"""What a standing now-cast is asked: a TOML file beside which its observations arrive."""

from __future__ import annotations

import csv
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from twin.errors import TwinError
from twin.jobs.nowcast.series import Series


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Gauge(_Part):
    """A rain gauge: the sensor of a code, or a place; ``file`` has rows time,mm/h, each until the next one. Without a file
    the sensor's own observations count."""

    file: str | None = None
    sensor: str | None = None
    lon: float | None = None
    lat: float | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.sensor is None and (self.file is None or self.lon is None or self.lat is None):
            raise ValueError("a gauge needs a sensor, or a file with lon and lat")
        return self


class Level(_Part):
    """A level to be shown beside the model: of a place with a ``file`` of rows time,m, or of the sensor of a code, whose
    place and observations are the city's."""

    name: str | None = None
    lon: float | None = None
    lat: float | None = None
    file: str | None = None
    sensor: str | None = None
    quantity: Literal["level", "depth"] = "depth"

    @model_validator(mode="after")
    def _possible(self) -> Self:
        placed = None not in (self.name, self.lon, self.lat, self.file)
        if placed == (self.sensor is not None):
            raise ValueError("a level needs a sensor, or name, lon, lat and file: one of the two")
        return self


class Plan(_Part):
    """Times in minutes. Rain comes from the rasters of ``rain_layer``, from ``gauges``, or with ``sensors`` from all rain
    gauges of the city that are heard; ``sensors`` also shows all its sensors of water on the ground beside the
    model."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,40}$")]
    flood: dict[str, Any] = {}
    rain_layer: str | None = None
    gauges: tuple[Gauge, ...] = ()
    levels: tuple[Level, ...] = ()
    sensors: bool = False
    interval_min: Annotated[float, Field(ge=1, le=360)] = 10.0
    forecast_min: Annotated[float, Field(ge=1, le=720)] = 60.0
    spin_up_min: Annotated[float, Field(ge=5, le=1440)] = 60.0  # of rain before the first state
    longest_min: Annotated[float, Field(ge=60, le=2160)] = 1440.0  # then it begins anew
    folder: Path = Path()

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.rain_layer is not None and self.gauges:
            raise ValueError("rain_layer or gauges: one of the two")
        if self.rain_layer is None and not self.gauges and not self.sensors:
            raise ValueError("rain_layer, gauges or sensors: one of them")
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


def _pair(row: list[str]) -> tuple[datetime, float] | None:
    """Time with its offset and a number; None for a heading or half a row."""
    try:
        at, value = datetime.fromisoformat(row[0].strip()), float(row[1])
    except ValueError:
        return None
    return (at, value) if at.tzinfo is not None and value == value else None

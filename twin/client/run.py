"""A run as the notebook sees it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tqdm.auto import tqdm

from twin.errors import TwinError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from twin.client.city import Twin
    from twin.text import Language

ENDED = frozenset({"successful", "failed", "dismissed"})


@dataclass(slots=True)
class Run:
    """One run, as last heard of; ``refresh`` asks again."""

    twin: Twin
    facts: dict[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        return str(self.facts["id"])

    @property
    def state(self) -> str:
        """accepted, running, successful, failed or dismissed."""
        return str(self.facts["state"])

    @property
    def progress(self) -> int:
        """Percent."""
        return int(self.facts["progress"])

    @property
    def outputs(self) -> dict[str, Any]:
        return dict(self.facts["outputs"] or {})

    @property
    def error(self) -> dict[str, Any] | None:
        told: dict[str, Any] | None = self.facts["error"]
        return told

    @property
    def layers(self) -> list[str]:
        """The layers that the run wrote."""
        return list(self.facts["layers"])

    def refresh(self) -> Self:
        self.facts = self.twin.get(f"/runs/{self.id}").json()
        return self

    def cancel(self) -> Self:
        """Dismiss the run; nothing of it becomes visible. Raises TWIN-508 when it has ended."""
        self.facts = self.twin.send("DELETE", f"/runs/{self.id}").json()
        return self

    def wait(self, *, bar: bool = True) -> Self:
        """Follow the run to its end. Raises ``TwinError`` with the run's own code when it failed.

        Interrupting the wait leaves the run going.
        """
        pause = 0.1
        with tqdm(total=100, unit="%", desc=self.facts["process"], disable=not bar) as shown:
            while self.state not in ENDED:
                time.sleep(pause)
                pause = min(pause * 1.3, 1.0)
                self.refresh()
                shown.set_postfix_str(self.facts.get("message") or "", refresh=False)
                shown.update(max(0, self.progress - shown.n))
        if self.state == "failed":
            error = self.error or {}
            said = str(error.get("detail") or "")
            raise TwinError(str(error.get("code") or "TWIN-530"), said, said, where=error.get("parameter"))
        return self

    def members(self) -> list[Run]:
        """The runs that this one is made of (an ensemble's), in their order."""
        asked = {"parent": self.id, "limit": 1000}
        found = [Run(self.twin, facts) for facts in self.twin.get("/runs", **asked).json()["runs"]]
        return sorted(found, key=lambda run: int(run.facts["member"]))

    def layer(self, name: str, **narrowed: Any) -> gpd.GeoDataFrame:
        """The rows that this run wrote to a layer; arguments as in ``Twin.layer``."""
        return self.twin.layer(name, run=self.id, **narrowed)

    def table(self, name: str, **narrowed: Any) -> pd.DataFrame:
        """The same without geometry."""
        return self.twin.table(name, run=self.id, **narrowed)

    def raster(self, name: str, *, datetime: str | pd.Timestamp | None = None) -> xr.DataArray:
        """The raster that this run wrote to a coverage layer; with time, that of a moment."""
        return self.twin.raster(name, run=self.id, datetime=datetime)

    def times(self, name: str) -> pd.DatetimeIndex:
        """The moments of a coverage layer with time."""
        return self.twin.times(name, run=self.id)

    def hydrograph(self, name: str, lon: float, lat: float) -> pd.Series[Any]:
        """The values of a coverage layer with time at a place (degrees)."""
        return self.twin.hydrograph(name, lon, lat, run=self.id)

    def report(self, path: str | Path | None = None, *, language: Language | None = None) -> str:
        """The run's report as HTML, also written to ``path`` where one is given. Raises TWIN-339 (404) for a process
        that makes none."""
        page = self.twin.get(f"/runs/{self.id}/report", lang=language or self.twin.language).text
        if path is not None:
            Path(path).write_text(page, encoding="utf-8")
        return page

"""The connection to one city: every request of the client goes through here."""

from __future__ import annotations

import io
import uuid
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import geopandas as gpd
import httpx
import orjson
import pandas as pd
import rioxarray

from twin.client import frames, maps
from twin.client.run import Run
from twin.errors import TwinError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import xarray as xr
    from matplotlib.axes import Axes

    from twin.text import Language

PAGE = 5000
EPSG_URI = "http://www.opengis.net/def/crs/EPSG/0/"
LONLAT = "OGC:CRS84"


class Twin:
    """A connection to one city."""

    def __init__(self, url: str, key: str | None, language: Language, timeout_s: float) -> None:
        self.url = url.rstrip("/")
        self.language: Language = language
        headers = {"Accept-Language": language} | ({"Authorization": f"Bearer {key}"} if key else {})
        self._http = httpx.Client(
            base_url=self.url,
            headers=headers,
            timeout=timeout_s,
            follow_redirects=False,
            transport=httpx.HTTPTransport(retries=2),
        )
        self._described: dict[tuple[str, str], dict[str, Any]] = {}

    def __repr__(self) -> str:
        return f"Twin({self.url!r}, language={self.language!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def send(self, method: str, path: str, **asked: Any) -> httpx.Response:
        """One request; raises ``TwinError`` for whatever is not a success."""
        try:
            answer = self._http.request(method, path, **asked)
        except httpx.HTTPError as error:
            raise TwinError(
                "TWIN-590",
                f"无法访问 {self.url}：{error}；请检查地址，并确认服务已启动。",
                f"Cannot reach {self.url}: {error}; check the address and that the service is up.",
                status=503,
            ) from error
        if not answer.is_success:
            raise _refusal(answer)
        return answer

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.send(
            "GET", path, params={name: value for name, value in params.items() if value is not None} or None
        )

    def layers(self) -> pd.DataFrame:
        """The layers that one may see, one row each, by name."""
        told = self.get("/layers").json()["layers"]
        shown = (
            "name",
            "title",
            "kind",
            "data_class",
            "access",
            "geometry",
            "unit",
            "process",
            "description",
        )
        return pd.DataFrame([{key: layer.get(key) for key in shown} for layer in told]).set_index("name")

    def describe(self, name: str, language: Language | None = None) -> dict[str, Any]:
        """What the service tells of one layer: titles, columns, style."""
        asked = (name, language or self.language)
        if asked not in self._described:
            self._described[asked] = self.get(f"/layers/{name}", lang=asked[1]).json()
        return self._described[asked]

    def layer(
        self,
        name: str,
        *,
        bbox: Sequence[float] | None = None,
        filter: str | None = None,
        columns: Sequence[str] | None = None,
        datetime: str | None = None,
        run: str | None = None,
        crs: int | str | None = None,
        limit: int | None = None,
        titles: bool = False,
    ) -> gpd.GeoDataFrame:
        """The rows of a feature layer.

        ``bbox`` is west, south, east, north in degrees; ``filter`` is CQL2 text; ``crs`` an EPSG code (default:
        longitude and latitude), ``"storage"`` the CRS in which the city is kept; ``limit`` caps the number of rows
        (default: all of them); ``titles`` names the columns by their titles. ``attrs`` carries the titles and units.
        """
        told = self.describe(name)
        uri = self._crs_uri(name, crs)
        asked = {
            "f": "json",
            "limit": min(PAGE, limit) if limit is not None else PAGE,
            "bbox": ",".join(repr(float(edge)) for edge in bbox) if bbox is not None else None,
            "filter": filter,
            "filter-lang": "cql2-text" if filter else None,
            "properties": ",".join(columns) if columns else None,
            "datetime": datetime,
            "run": run,
            "crs": uri,
        }
        features = list(self._features(f"/ogc/collections/{name}/items", asked, limit))
        frame = frames.frame(features, told, columns, int(uri.removeprefix(EPSG_URI)) if uri else LONLAT)
        frame.attrs = frames.attributes(told, run)
        return frame.rename(columns=frame.attrs["titles"]) if titles else frame

    def table(self, name: str, **narrowed: Any) -> pd.DataFrame:
        """The rows of a layer without their geometry; arguments as in ``layer``."""
        found = self.layer(name, **narrowed)
        return pd.DataFrame(found.drop(columns="geometry"))

    def times(self, name: str, *, run: str | None = None) -> pd.DatetimeIndex:
        """The moments of a coverage layer with time."""
        return pd.DatetimeIndex(self.get(f"/tiles/{name}.json", run=run).json().get("times", []))

    def hydrograph(self, name: str, lon: float, lat: float, *, run: str | None = None) -> pd.Series[Any]:
        """The values of a coverage layer with time at a place (degrees)."""
        told = self.get(f"/coverages/{name}/series", lon=lon, lat=lat, run=run).json()
        values = pd.Series(told["values"], pd.DatetimeIndex(told["times"]), dtype="float64", name=name)
        values.attrs |= {"long_name": told["quantity"], "units": told["unit"]}
        return values

    def raster(
        self, name: str, *, run: str | None = None, datetime: str | pd.Timestamp | None = None
    ) -> xr.DataArray:
        """The raster of a coverage layer (of one run, else the newest published; with time: at the moment
        ``datetime``, else the latest), NaN where there is no data; its CRS is in ``.rio.crs``."""
        told = self.describe(name)
        moment = datetime.isoformat() if isinstance(datetime, pd.Timestamp) else datetime
        body = self.get(f"/coverages/{name}", run=run, datetime=moment).content
        opened = rioxarray.open_rasterio(io.BytesIO(body), masked=True)
        array: xr.DataArray = opened.squeeze("band", drop=True).load()  # type: ignore[union-attr, assignment]
        array.name = name
        array.attrs |= {
            "long_name": told["title"],
            "units": told["unit"],
            "layer": name,
            "style": told["style"],
        }
        return array

    def processes(self) -> pd.DataFrame:
        """The processes, one row each, by name."""
        return pd.DataFrame(self.get("/simulations").json()).set_index("name")

    def process(self, name: str) -> dict[str, Any]:
        """One process: its texts, an example input, the JSON Schemas of inputs and outputs."""
        told: dict[str, Any] = self.get(f"/simulations/{name}").json()
        return told

    def run(
        self,
        process: str,
        *,
        idempotency_key: str | None = None,
        wait: bool = True,
        bar: bool = True,
        **inputs: Any,
    ) -> Run:
        """Ask for a run and follow it to its end (``wait=False``: return at once).

        The same ``idempotency_key`` and inputs give the same run. Raises TWIN-501 naming each faulty input.
        """
        # A key of our own makes it safe to send the request again when the answer gets lost.
        headers = {
            "Idempotency-Key": idempotency_key or str(uuid.uuid4()),
            "Content-Type": "application/json",
        }
        body = orjson.dumps(inputs, option=orjson.OPT_SERIALIZE_NUMPY)
        run = Run(self, self.send("POST", f"/simulations/{process}", content=body, headers=headers).json())
        return run.wait(bar=bar) if wait else run

    def runs(self, **narrowed: Any) -> list[Run]:
        """One's runs, newest first (``process=``, ``state=``, ``limit=``)."""
        return [Run(self, facts) for facts in self.get("/runs", **narrowed).json()["runs"]]

    def get_run(self, run: str) -> Run:
        return Run(self, self.get(f"/runs/{run}").json())

    def plot(
        self,
        shown: str | gpd.GeoDataFrame | xr.DataArray,
        *,
        ax: Axes | None = None,
        title: str | None = None,
        legend: bool = True,
    ) -> Axes:
        """Draw a layer by name, or rows or a raster of this client, in the layer's own colours on equal axes."""
        if isinstance(shown, str):
            shown = self.raster(shown) if self.describe(shown)["kind"] == "coverage" else self.layer(shown)
        told = self.describe(shown.attrs["layer"], self.language if maps.has_chinese_type() else "en")
        return maps.draw(shown, told, ax=ax, title=title, legend=legend)

    def _features(self, path: str, asked: dict[str, Any], limit: int | None) -> Iterator[dict[str, Any]]:
        """All pages, by their ``next`` links. Only the link's path is followed: the key stays with this service."""
        left = float("inf") if limit is None else limit
        prefix = urlsplit(self.url).path
        page = orjson.loads(self.get(path, **asked).content)
        while True:
            for feature in page["features"]:
                if left <= 0:
                    return
                left -= 1
                yield feature
            following = next((link["href"] for link in page.get("links", ()) if link["rel"] == "next"), None)
            if following is None or left <= 0:
                return
            parts = urlsplit(following)
            page = orjson.loads(self.send("GET", f"{parts.path.removeprefix(prefix)}?{parts.query}").content)

    def _crs_uri(self, layer: str, crs: int | str | None) -> str | None:
        if crs is None:
            return None
        if crs == "storage":
            uri = self.get(f"/ogc/collections/{layer}", f="json").json().get("storageCrs", "")
            return uri if uri.startswith(EPSG_URI) else None
        return f"{EPSG_URI}{str(crs).upper().removeprefix('EPSG:')}"


def _refusal(answer: httpx.Response) -> TwinError:
    try:
        told = answer.json()
    except ValueError:
        told = {}
    said = str(told.get("detail") or told.get("title") or f"HTTP {answer.status_code}")
    return TwinError(
        str(told.get("code") or "TWIN-591"),
        str(told.get("zh") or said),
        str(told.get("en") or said),
        status=answer.status_code,
        where=told.get("parameter"),
    )

"""What a closure does to the roads: links closed or slowed by list, by area, or by the water of a flood run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal, Self
from uuid import UUID

import numpy as np
from pydantic import ConfigDict, model_validator

from twin.city.passability import Vehicle, speed_in_water, vehicles
from twin.city.road_network import CONNECTOR
from twin.errors import Problem, TwinError
from twin.processes.flood.geometry import Area
from twin.processes.models import Value, codes_of, field, run_of, titled
from twin.processes.traffic.network import arrays
from twin.processes.traffic.solving import known_roads
from twin.processes.traffic.water import depths
from twin.processes.validation import impossible
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from numpy.typing import NDArray

    from twin.city.road_network import Numbers, RoadNetwork
    from twin.engines.traffic.assignment import Demand
    from twin.engines.traffic.network import Network
    from twin.processes.context import RunContext

SHOWN = 20  # codes told in a refusal
# What stops a class of users in water: the class of vehicle of ``vehicles.toml``.
IN_WATER = {"car": "car", "taxi": "car", "bus": "large_car", "truck": "large_car", "emergency": "emergency"}


FeatureCode = Annotated[str, field("编号", "Code", min_length=1, max_length=200)]
FeatureId = Annotated[int, field("要素标识", "Feature id", ge=1, le=2**63 - 1)]


class RoadChange(Value):
    """A road closed, or driven more slowly."""

    model_config = ConfigDict(json_schema_extra=titled("封闭或减速的路段", "Road closed or slowed"))

    road: str = field("路段编号", "Road link", extra=codes_of("road_link"), min_length=1, max_length=40)
    direction: Literal["both", "forward", "backward"] = field(
        "方向", "Direction", "both",
        terms={
            "both": Text(zh="双向", en="Both ways"),
            "forward": Text(zh="正向", en="Along the line"),
            "backward": Text(zh="逆向", en="Against the line"),
        },
    )  # fmt: skip
    speed_km_h: float | None = field(
        "限速", "Speed", None, unit="km/h", gt=0, le=200,
        description=Text(zh="空值：封闭。", en="Empty: closed."),
    )  # fmt: skip


class AreaChange(Value):
    """All roads that meet a polygon closed, or driven more slowly."""

    model_config = ConfigDict(json_schema_extra=titled("封闭或减速的范围", "Area closed or slowed"))

    area: Area = field("范围", "Area")
    speed_km_h: float | None = field(
        "限速", "Speed", None, unit="km/h", gt=0, le=200,
        description=Text(zh="空值：封闭。", en="Empty: closed."),
    )  # fmt: skip


class FeatureChange(Value):
    """The roads that features of a layer touch closed, or driven more slowly: cases, road works, places of an incident."""

    model_config = ConfigDict(json_schema_extra=titled("按要素封闭或减速", "Closed or slowed by features"))

    layer: str = field("图层", "Layer", min_length=1, max_length=63)
    codes: tuple[FeatureCode, ...] = field(
        "编号", "Codes", (), max_length=2000,
        description=Text(zh="图层中 code 列的值。", en="Values of the column code of the layer."),
    )  # fmt: skip
    ids: tuple[FeatureId, ...] = field(
        "要素标识", "Feature ids", (), max_length=2000,
        description=Text(zh="OGC API 要素接口中的 id，用于没有编号的要素。", en="The id of OGC API Features, for features without a code."),
    )  # fmt: skip
    buffer_m: float = field("外扩距离", "Reach around the features", 10.0, unit="m", ge=0, le=2000)
    speed_km_h: float | None = field(
        "限速", "Speed", None, unit="km/h", gt=0, le=200,
        description=Text(zh="空值：封闭。", en="Empty: closed."),
    )  # fmt: skip

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.codes and not self.ids:
            raise impossible(
                "features.codes",
                "请给出要素的编号（codes）或标识（ids）。",
                "Name the features by codes or ids.",
            )
        return self


class Limit(Value):
    """What stops a class of users in water, instead of the shipped table."""

    model_config = ConfigDict(json_schema_extra=titled("涉水限值", "Limit in water"))

    name: Literal["car", "taxi", "bus", "truck", "emergency"] = field("车种", "Class")
    depth_m: float = field("水深", "Depth", unit="m", gt=0, le=3)
    flow_m2_s: float = field("水深与流速之积", "Depth times speed", 0.6, unit="m2/s", gt=0, le=10)


class FloodChange(Value):
    """The water of a flood run on the roads."""

    model_config = ConfigDict(json_schema_extra=titled("内涝", "Flood"))

    run: UUID = field("内涝模拟", "Flood run", extra=run_of("flood"))
    at_min: float | None = field(
        "时刻", "Time", None, unit="min", ge=0, le=100_000,
        description=Text(zh="内涝开始后的分钟数；空值：各处最深时。", en="Minutes after its start; empty: the worst everywhere."),
    )  # fmt: skip
    limits: tuple[Limit, ...] = field("涉水限值", "Limits in water", (), max_length=5)

    @model_validator(mode="after")
    def _each_class_once(self) -> Self:
        names = [one.name for one in self.limits]
        if len(set(names)) < len(names):
            raise impossible("flood.limits", "同一车种只能出现一次。", "A class may stand there only once.")
        return self

    def vehicle(self, name: str) -> Vehicle:
        """What stops the class: as given, else as in the table."""
        usual = vehicles()[IN_WATER[name]]
        for one in self.limits:
            if one.name == name:
                return replace(usual, depth_m=one.depth_m, flow_m2_s=one.flow_m2_s)
        return usual


@dataclass(frozen=True, slots=True)
class Changed:
    """The roads after a closure. ``speed``: (classes, links) km/h still driven on the empty road, 0 where closed to the class;
    ``depth``: (links,) m of water; ``beside``: the inputs whose areas or features meet no road."""

    speed: Numbers
    depth: Numbers
    beside: tuple[str, ...] = ()

    @property
    def closed(self) -> NDArray[np.bool_]:
        """(links,) closed to every class."""
        return np.asarray((self.speed == 0).all(axis=0), np.bool_)

    @property
    def shared(self) -> Numbers:
        """(links,) the speed that times are reckoned with: the first class's, where it may not drive the next one's; 0 where closed."""
        found: Numbers = self.speed[0].copy()
        for one in self.speed[1:]:
            found = np.asarray(np.where(found > 0, found, one), np.float64)
        return found

    def slowed(self, network: RoadNetwork) -> NDArray[np.bool_]:
        """(links,) driven more slowly, or closed to some class, but not to all."""
        return np.asarray(~self.closed & (self.speed != network.links.free_speed).any(axis=0), np.bool_)

    def nothing(self, network: RoadNetwork) -> bool:
        """Whether everything is as it was."""
        return bool((self.speed == network.links.free_speed).all())


def changed(
    run: RunContext,
    network: RoadNetwork,
    classes: Sequence[str],
    roads: Sequence[RoadChange],
    areas: Sequence[AreaChange],
    flood: FloodChange | None,
    features: Sequence[FeatureChange] = (),
) -> Changed:
    """Raises TWIN-716 for unknown roads, TWIN-711 for no such flood run, TWIN-690 and 691 for features that are not there."""
    free = network.links.free_speed
    speed = np.tile(free, (len(classes), 1))
    depth = np.zeros(free.size)
    if flood is not None:
        depth, flow = depths(run, network, flood.run, flood.at_min)
        speed = np.stack([speed_in_water(depth, flow, free, flood.vehicle(name)) for name in classes])
    known_roads(network, [one.road for one in roads], "roads")
    for one in roads:
        speed[:, _of_road(network, one)] = _least(speed[:, _of_road(network, one)], one.speed_km_h)
    beside = []
    for where, touched, limit in _places(run, network, areas, features):
        speed[:, touched] = _least(speed[:, touched], limit)
        if not touched.any():
            beside.append(where)
    return Changed(speed, depth, tuple(beside))


def _places(
    run: RunContext, network: RoadNetwork, areas: Sequence[AreaChange], features: Sequence[FeatureChange]
) -> Iterator[tuple[str, NDArray[np.bool_], float | None]]:
    """Each area and set of features: the input that names it, the links that meet it, and the speed left."""
    for number, area in enumerate(areas):
        yield f"areas.{number}", _inside(run, network, area.area), area.speed_km_h
    for number, asked in enumerate(features):
        where = f"features.{number}"
        yield where, _touched(run, network, asked, where), asked.speed_km_h


def notes(to: Changed) -> tuple[Problem, ...]:
    """Areas and features that close nothing."""
    if not to.beside:
        return ()
    shown = ", ".join(to.beside[:SHOWN])
    return (
        Problem(
            "TWIN-697",
            Text(
                zh=f"这些范围或要素没有碰到任何道路，未封闭道路：{shown}；请核对位置与坐标顺序（经度、纬度）。",
                en=f"These areas or features meet no road and close nothing: {shown}; check the place, and the order of the "
                "coordinates (longitude, latitude).",
            ),
            fatal=False,
        ),
    )


def _least(speed: Numbers, limit: float | None) -> Numbers:
    return np.minimum(speed, 0.0 if limit is None else limit)


def _of_road(network: RoadNetwork, one: RoadChange) -> NDArray[np.bool_]:
    links = network.links
    mine = (links.code == one.road) & (links.road_class != CONNECTOR)
    if one.direction == "both":
        return np.asarray(mine, np.bool_)
    return np.asarray(mine & (links.forward == (one.direction == "forward")), np.bool_)


def _touched(run: RunContext, network: RoadNetwork, asked: FeatureChange, where: str) -> NDArray[np.bool_]:
    import shapely

    known = run.catalog.layer(asked.layer)
    if known is None or known.geometry is None or (asked.codes and "code" not in known.columns):
        raise TwinError(
            "TWIN-690",
            f"图层“{asked.layer}”没有几何，或没有编号列（code），不能用来封闭道路；请选有几何的要素图层，没有编号时以 ids 指明要素。",
            f'The layer "{asked.layer}" has no geometry or no column "code" and cannot close roads; name a layer of features, and '
            "where they have no codes, name them by ids.",
            status=422,
            where=f"{where}.layer",
        )
    rows = run.features(asked.layer, columns=["code"] if asked.codes else [])
    codes = (
        np.array([str(code) for code in rows.columns["code"]], object) if asked.codes else np.empty(0, object)
    )
    ids = np.array(rows.columns["id"], np.int64)
    _there(asked.layer, asked.codes, set(codes), f"{where}.codes")
    _there(asked.layer, asked.ids, set(ids.tolist()), f"{where}.ids")
    chosen = np.isin(ids, asked.ids)
    if asked.codes:
        chosen |= np.isin(codes, list(asked.codes))
    shapes = rows.shapes[chosen]
    links = network.links
    roads = np.flatnonzero(links.road_class != CONNECTOR)
    near, _ = shapely.STRtree(shapes).query(links.shape[roads], predicate="dwithin", distance=asked.buffer_m)
    found = np.zeros(len(links), bool)
    found[roads[near]] = True
    return found


def _there(layer: str, asked: Sequence[str] | Sequence[int], known: Container[str | int], where: str) -> None:
    missing = [str(one) for one in asked if one not in known]
    if missing:
        shown = ", ".join(missing[:SHOWN])
        raise TwinError(
            "TWIN-691",
            f"图层“{layer}”中没有这些要素：{shown}；请核对编号或标识。",
            f'The layer "{layer}" has no such features: {shown}; check their codes or ids.',
            status=422,
            where=where,
        )


def _inside(run: RunContext, network: RoadNetwork, area: Area) -> NDArray[np.bool_]:
    import shapely

    from twin.crs import transformer
    from twin.processes.flood.geometry import in_city

    shape = in_city(area, transformer(4326, run.srid))
    links = network.links
    roads = links.road_class != CONNECTOR
    found = np.zeros(len(links), bool)
    found[roads] = shapely.intersects(links.shape[roads], shape)
    return found


def applied(
    network: RoadNetwork, base: Network, demands: Sequence[Demand], to: Changed
) -> tuple[Network, tuple[Demand, ...]]:
    """The engine's network with the slowed times (to the bit the base's elsewhere), and demands that keep off what is closed
    to their class alone."""
    times = arrays(network, free_speed=to.shared).free_time
    shut = to.closed
    kept = []
    for k, one in enumerate(demands):
        alone = (to.speed[k] == 0) & ~shut
        before = np.zeros(shut.size, bool) if one.closed is None else one.closed
        kept.append(replace(one, closed=before | alone) if alone.any() else one)
    slowed = times != network.links.free_time
    return replace(base, free_time=np.where(slowed, times, base.free_time)), tuple(kept)

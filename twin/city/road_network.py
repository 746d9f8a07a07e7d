"""The city's roads as traffic uses them: nodes, directed links, turn bans and zones, with codes, shapes and attributes.

Read from the road layers or from a file of another network format; the engines get its arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    type Codes = NDArray[np.object_]
    type Numbers = NDArray[np.float64]
    type Indices = NDArray[np.int32]

CONNECTOR = "connector"  # the class of the links between a zone and the roads, drawn by the city or made here
CENTROID = "centroid"  # the kind of nodes where trips begin and end and that no path passes through


@dataclass(frozen=True, slots=True)
class RoadNodes:
    """Nodes as columns: code, easting and northing (m, storage CRS), kind (vocabulary ``road_node_kind`` or None)."""

    code: Codes
    x: Numbers
    y: Numbers
    kind: Codes

    def __len__(self) -> int:
        return self.code.size


@dataclass(frozen=True, slots=True)
class RoadLinks:
    """Directed links as columns; a two-way road is two of them with one code.

    ``code``: of the road link (of the zone for connectors made here); ``forward``: whether it runs along the line as drawn.
    ``tail``, ``head``: (links,) positions in the nodes. ``road_class``: vocabulary ``road_class``. ``lanes``: in this
    direction, NaN where unknown. ``length`` m, ``free_speed`` km/h, ``free_time`` s without other traffic (0 for links
    without time), ``capacity`` pcu/h of the whole direction (may be infinite). ``function``: its volume-delay function
    ("bpr", "conical" or "akcelik"), ``alpha`` and ``power`` the numbers a and b of it. ``toll``: money. ``name``: or None.
    ``shape``: LineStrings in the direction of travel (storage CRS), None for connectors made here.
    """

    code: Codes
    forward: NDArray[np.bool_]
    tail: Indices
    head: Indices
    road_class: Codes
    lanes: Numbers
    length: Numbers
    free_speed: Numbers
    free_time: Numbers
    capacity: Numbers
    function: Codes
    alpha: Numbers
    power: Numbers
    toll: Numbers
    name: Codes
    shape: Codes

    def __len__(self) -> int:
        return self.code.size


@dataclass(frozen=True, slots=True)
class Zones:
    """Where trips begin and end: code, easting and northing (m), population (or NaN), and the ``node`` of each.
    ``layer``: the one whose features they are, "grid_cell" (also of communities and towns) or "road_node"."""

    code: Codes
    x: Numbers
    y: Numbers
    population: Numbers
    node: Indices
    layer: str = "grid_cell"

    def __len__(self) -> int:
        return self.code.size


@dataclass(frozen=True, slots=True)
class RoadNetwork:
    """Nodes, directed links, turns that are banned (pairs of positions in the links: from, to) and zones.

    ``first_through``: paths begin and end at the nodes before it but do not pass through them.
    """

    srid: int | None
    nodes: RoadNodes
    links: RoadLinks
    banned_from: Indices
    banned_to: Indices
    zones: Zones
    first_through: int = 0

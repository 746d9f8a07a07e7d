"""Structures of the layer become the engine's links, each with its own law."""

from __future__ import annotations

import numpy as np

from twin.engines.flood import Boundary, Culvert, Domain, Pump, Weir, simulate
from twin.processes.flood.structures import Structure
from twin.processes.flood.working import as_links


def structure(kind: str, **more: object) -> Structure:
    given: dict[str, object] = {
        "code": kind, "kind": kind, "start": (10, 10), "end": (10, 30), "length": 20.0, "width": 1.0, "height": None,
        "barrels": 2, "start_invert": 0.0, "end_invert": 0.0, "crest": 0.5, "roughness": 0.014, "one_way": False,
        "capacity": None, "on": None, "off": None,
    }  # fmt: skip
    return Structure(**(given | more))  # type: ignore[arg-type]


def test_each_kind_passes_water() -> None:
    z = np.zeros((20, 41))
    z[:, 20] = 5.0
    depth = np.zeros(z.shape)
    depth[:, :20] = 1.0
    domain = Domain(z=z, cell=5.0, manning=0.03, initial_depth=depth)
    asked = (
        structure("culvert"), structure("bridge", height=0.4), structure("weir"), structure("gate", on=0.9, off=0.5, height=0.3),
        structure("pump", capacity=0.2, on=0.5, off=0.2, end=None),
    )  # fmt: skip
    links = as_links(asked, domain)
    assert [type(link) for link in links] == [Culvert, Weir, Weir, Weir, Pump]
    result = simulate(domain, boundary=Boundary.closed(), duration_s=120.0, links=links, threads=1)
    assert result.links is not None
    assert (result.links.volume_m3 > 5.0).all()
    assert abs(result.ledger.relative_error) < 1e-6

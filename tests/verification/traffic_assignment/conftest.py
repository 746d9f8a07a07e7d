"""The TransportationNetworks cases and Austin, as far as they are at hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.verification.report import at_hand
from twin.engines.traffic.assignment import Demand
from twin.engines.traffic.network import Network
from twin.files import tntp

FILES = {
    "SiouxFalls": ("SiouxFalls_net.tntp", "SiouxFalls_trips.tntp"),
    "Anaheim": ("Anaheim_net.tntp", "Anaheim_trips.tntp"),
    "Eastern-Massachusetts": ("EMA_net.tntp", "EMA_trips.tntp"),
    "Chicago-Sketch": ("ChicagoSketch_net.tntp", "ChicagoSketch_trips.tntp"),
    "Austin-VISTA": ("austin_closure_net.txt", "austin_trips.txt"),
}
WEIGHTS = {"Chicago-Sketch": (0.02, 0.04)}  # minutes per cent and per mile

Case = Callable[..., tuple[Network, Demand]]


@pytest.fixture(scope="session")
def case() -> Case:
    def read(name: str, times: float = 1.0) -> tuple[Network, Demand]:
        folder = at_hand("traffic", name)
        net = tntp.read_network(folder / FILES[name][0])
        table = tntp.read_trips(folder / FILES[name][1])
        toll, distance = WEIGHTS.get(name, (0.0, 0.0))
        return net, Demand(name, table.origin, table.destination, table.trips * times, 1.0, toll, distance)

    return read

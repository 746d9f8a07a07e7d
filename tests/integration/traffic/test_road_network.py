"""The report on the sample city's roads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.processes.registry import find

if TYPE_CHECKING:
    from tests.integration.traffic.sample import SampleCity


def test_the_example_on_the_sample_city(city: SampleCity) -> None:
    done = city.run("road-network", dict(find("road-network").example))
    told = done.outputs
    assert (told.nodes, told.links, told.zones) == (760, 2 * 1158 + 42, 630)
    assert told.parts == 1
    assert told.left_out == 0
    counts = {row.kind: row.count for row in told.faults}
    assert not counts.keys() & {"island", "trap", "duplicate", "loose_end", "missing", "zone_without_access"}
    assert len(done.table("road_fault")) == sum(counts.values())

"""The report of each topic, and the benchmark data of others that several topics use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.verification.report import Report, at_hand


@pytest.fixture(scope="module")
def report(request: pytest.FixtureRequest) -> Iterator[Report]:
    """Figures of the topic that the test module's folder names."""
    collected = Report(request.path.parent.name)
    yield collected
    if collected.rows:
        collected.write()


@pytest.fixture(scope="session")
def benchmarks() -> Path:
    """Cases of the flood."""
    return at_hand("flood")


@pytest.fixture(scope="session")
def networks() -> Path:
    """Networks and demands of the traffic."""
    return at_hand("traffic")


@pytest.fixture(scope="session")
def los_loop() -> Path:
    """The week of Los Angeles."""
    return at_hand("traffic", "los-loop")

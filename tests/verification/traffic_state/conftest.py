"""Fixtures of the estimation's verification: test networks of others and the report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.verification.report import Report, shared


@pytest.fixture(scope="session")
def networks() -> Path:
    folder = shared() / "data" / "traffic"
    if not folder.is_dir():
        pytest.skip(
            f"benchmark data not at hand: {folder} is missing; set TWIN_SHARED to the folder that holds data/traffic"
        )
    return folder


@pytest.fixture(scope="session")
def report() -> Iterator[Report]:
    out = Report("traffic_state")
    yield out
    out.write()

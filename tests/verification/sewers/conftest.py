"""Fixtures of the sewer verification: the report and the benchmark data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.verification.report import Report, shared


@pytest.fixture(scope="session")
def report() -> Iterator[Report]:
    out = Report("sewers")
    yield out
    out.write()


@pytest.fixture(scope="session")
def benchmarks() -> Path:
    folder = shared() / "data" / "flood"
    if not folder.is_dir():
        pytest.skip(
            f"benchmark data not at hand: {folder} is missing; set TWIN_SHARED to the folder that holds data/flood"
        )
    return folder

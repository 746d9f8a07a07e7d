"""Fixture of the sewer verification: its report."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.verification.report import Report


@pytest.fixture(scope="session")
def report() -> Iterator[Report]:
    out = Report("sewers")
    yield out
    out.write()

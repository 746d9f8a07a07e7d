"""The figures of this topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.verification.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def report() -> Iterator[Report]:
    kept = Report("accessibility")
    yield kept
    kept.write()

"""The week of Los Angeles."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.verification.report import at_hand


@pytest.fixture(scope="session")
def los_loop() -> Path:
    return at_hand("traffic", "los-loop")

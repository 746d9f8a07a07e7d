"""The benchmark data of others, for every verification of the flood."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.verification.report import shared


@pytest.fixture(scope="session")
def benchmarks() -> Path:
    folder = shared() / "data" / "flood"
    if not folder.is_dir():
        pytest.skip(
            f"benchmark data not at hand: {folder} is missing; set TWIN_SHARED to the folder that holds data/flood"
        )
    return folder

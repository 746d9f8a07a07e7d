"""Days driven in SUMO, once for all tests of the topic."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import pytest

from tests.verification.traffic_state.driven import TOWNS, Days, driven_days


@pytest.fixture(scope="session")
def days(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Days]:
    """By the name of a town."""
    if find_spec("sumo") is None:
        pytest.skip("SUMO is not installed")
    folders = {name: tmp_path_factory.mktemp(name) for name in TOWNS}
    return lambda name: driven_days(name, folders[name])

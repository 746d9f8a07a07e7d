"""The HTTP status that a failed job's results and synchronous execution answer with."""

from __future__ import annotations

import pytest

from twin.errors import TwinError
from twin.jobs.endings import told
from twin.ogc.jobs import status_of


@pytest.mark.parametrize(
    ("code", "own", "answered"),
    [
        ("TWIN-716", 422, 422),
        ("TWIN-711", 404, 422),
        ("TWIN-501", 400, 422),
        ("TWIN-530", 500, 500),
        ("TWIN-531", 500, 500),
        ("TWIN-750", 501, 501),
        ("TWIN-601", 503, 503),
    ],
)
def test_what_was_asked_for_is_told_from_what_went_wrong(code: str, own: int, answered: int) -> None:
    """An unknown road was a 500, and a run that crashed a 422: the status went by the number of the code."""
    assert status_of(told(TwinError(code, "中", "en", status=own))) == answered


def test_a_run_from_before_statuses_were_kept() -> None:
    assert status_of({"code": "TWIN-716", "zh": "中", "en": "en"}) == 500

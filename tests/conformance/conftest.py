"""The door of tests/integration/ogc, here held against the standards and against what clients send."""

from __future__ import annotations

from tests.integration.ogc.conftest import city, door, trial_catalog

__all__ = ["city", "door", "trial_catalog"]
